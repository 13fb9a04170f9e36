"""A real wholesaler's day and month, into the sandbox: the figures are known, to the cent."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from importer.facturalia.sandbox import Sandbox, SandboxSettings, running
from tests.secrets.canaries import KEY

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples" / "uci-online-retail"
IMPORTER = Path(sys.executable).parent / "importer"

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the real samples are not beside this checkout")


def _import(file: Path, server: Sandbox, folder: Path) -> tuple[int, dict[str, Any]]:
    environment = {
        **os.environ,
        "IMPORTER_BASE_URL": server.base_url,
        "IMPORTER_API_KEY": server.api_key,
        "IMPORTER_LEDGER_URL": f"sqlite:///{folder / 'ledger.db'}",
        "IMPORTER_CONCURRENCY": "16",
    }
    command = [str(IMPORTER), "import", str(file), "-m", "online-retail", "--yes", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)


def test_a_day_again_and_its_month(tmp_path: Path) -> None:
    """The day's file posts 136 of 143 and holds 7; again it posts none; the workbook holds the day and posts the rest."""
    with running(SandboxSettings(api_key=KEY)) as server:
        code, day = _import(SAMPLES / "2010-12-01.csv", server, tmp_path)
        assert (code, day["rows"]["read"]) == (1, 3_108)
        assert (day["invoices"]["total"], day["invoices"]["posted"], day["invoices"]["held"]) == (143, 136, 7)
        assert day["totals"]["excl_vat"] == "58960.79"

        code, again = _import(SAMPLES / "2010-12-01.csv", server, tmp_path)
        assert (code, again["invoices"]["posted"], again["invoices"]["already_posted"]) == (1, 0, 136)
        assert server.count() == 136

        code, month = _import(SAMPLES / "Online Retail.xlsx", server, tmp_path)
        invoices = month["invoices"]
        assert (code, month["rows"]["read"], invoices["total"]) == (1, 70_051, 3_056)
        assert (invoices["already_posted"], invoices["posted"], invoices["held"], invoices["changed"]) == (
            136,
            2_304,
            616,
            0,
        )
        assert month["file_totals"]["excl_vat"] == "1395514.62"
        assert server.count() == 2_440
