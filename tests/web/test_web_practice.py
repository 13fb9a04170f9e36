"""Trying the pages out: one command, a sandbox, nothing left behind."""

import json
import os
import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.support.office import DEMO, IMPORTER


def test_practice_needs_one_command_and_leaves_nothing(tmp_path: Path) -> None:
    """Without a setting the pages work before a sandbox; Ctrl-C forgets it all. A key that is set goes nowhere."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("IMPORTER_")}
    environment |= {"TMPDIR": str(tmp_path), "IMPORTER_API_KEY": "fac_live_not_to_be_used"}
    with subprocess.Popen(
        [IMPORTER, "web", "--practice", "--port", "0", "--json"],
        env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as started:  # fmt: skip
        try:
            assert started.stdout is not None
            link = json.loads(started.stdout.readline())["link"]
            assert [path.name for path in tmp_path.glob("importer-practice-*/ledger.db")] == ["ledger.db"]
            origin = link.partition("/enter")[0]
            with httpx.Client(base_url=origin, headers={"Origin": origin, "Accept-Language": "en"}) as browser:
                assert "Sandbox. Nothing is created" in browser.get(link, follow_redirects=True).text
                page = browser.post(
                    "/import",
                    data={"account": "default"},
                    files={"files": (DEMO.name, DEMO.read_bytes())},
                    follow_redirects=True,
                )
                assert "12 of 12 invoices can be posted" in page.text
        finally:
            started.send_signal(signal.SIGINT)
        _, said = started.communicate(timeout=60)
    assert "nothing leaves this machine" in said
    assert DEMO.name in said
    assert started.returncode == 0
    assert list(tmp_path.glob("importer-practice-*")) == []


@pytest.mark.parametrize("more", [("--team",), ("--team", "--listen", "127.0.0.1")])
def test_a_team_does_not_practise(more: tuple[str, ...], tmp_path: Path) -> None:
    """It is refused in a sentence."""
    said = subprocess.run(
        [IMPORTER, "web", "--practice", *more, "--json"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert json.loads(said.stdout)["error"]["code"] == "practice-alone"
