"""`doctor` and `profile test`: they look, say what is wrong, and change nothing."""

import re
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from desk import ROOT, Desk, a_desk, rows

from importer.domain.clock import SystemClock
from importer.domain.identity import Account
from importer.ledger.store import open_ledger
from tests.secrets.canaries import KEY


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with a sandbox."""
    with a_desk(tmp_path) as made:
        yield made


def test_doctor_finds_a_healthy_house_healthy(desk: Desk) -> None:
    """With key and ledger in place every fact is fine, and the key is not among the words."""
    desk.file("maart.csv", rows(1))
    assert desk.run("import", "maart.csv", "-m", "demo", "--yes").code == 0

    said = desk.run("doctor", "--json")

    assert said.code == 0
    found = {fact["what"]: fact for fact in said.object()["facts"]}
    assert {"account", "pace", "API key", "ledger", "durability", "disk", "audit chain", "clock"} <= set(found)
    assert all(fact["exit"] == 0 for fact in found.values())
    assert desk.server is not None
    assert desk.server.api_key not in said.out
    assert desk.requests == 1


class Tomorrow(SystemClock):
    """The machine's clock, a day ahead."""

    def now(self) -> datetime:
        """The wall clock."""
        return super().now() + timedelta(days=1)


def test_doctor_sees_a_clock_that_was_set_back(desk: Desk) -> None:
    """Where the ledger has seen a later moment than the clock shows, both are named with the remedy: exit 1."""
    path = desk.folder / "ledger.db"
    with open_ledger(f"sqlite:///{path}", clock=Tomorrow()) as ledger:
        account = Account("https://invoices.example", "default")
        ledger.begin_run(account, "import", profile=None, plan_digest="", importer_version="")

    said = desk.run("doctor", "--json")

    (fact,) = (fact for fact in said.object()["facts"] if fact["what"] == "clock")
    assert (said.code, fact["exit"]) == (1, 1)
    assert re.fullmatch(
        r"This machine's clock was set back: the ledger saw [\d-]+ [\d:]+ UTC, and after that [\d-]+ [\d:]+ UTC\.",
        fact["found"],
    )
    assert fact["fix"].startswith("Set the date and time")


def test_doctor_makes_no_ledger(desk: Desk) -> None:
    """Looking leaves no trace."""
    assert desk.run("doctor", "--json").code == 0
    assert not (desk.folder / "ledger.db").exists()


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"IMPORTER_API_KEY": ""}, "API key"),
        ({"IMPORTER_API_KEY": f"{KEY} {KEY}"}, "API key"),
        ({"IMPORTER_BASE_URL": "http://facturalia.example"}, "settings"),
        ({"IMPORTER_LEDGER_URL": "postgresql://kanarie@db/x"}, "ledger"),
    ],
)
def test_doctor_names_what_is_wrong(desk: Desk, settings: dict[str, str], what: str) -> None:
    """A missing or bad key, address or ledger: exit 2, named with a remedy, its value never shown."""
    said = desk.run("doctor", "--json", **settings)
    shown = desk.run("doctor", **settings)

    assert said.code == shown.code == 2
    (wrong,) = [fact for fact in said.object()["facts"] if fact["exit"]]
    assert wrong["what"] == what
    assert wrong["found"]
    assert wrong["fix"]
    assert "kanarie" not in (said.out + said.err + shown.out + shown.err).lower()
    assert "!!" in shown.out


def test_profile_test_tells_a_difference_and_regen_accepts_it(tmp_path: Path) -> None:
    """A profile that makes another plan of its sample: exit 1 and the difference; --regen writes what it makes now."""
    shutil.copytree(ROOT / "sample_data" / "demo", tmp_path / "demo")
    text = (ROOT / "mappings" / "demo.yaml").read_text(encoding="utf-8")
    mine = tmp_path / "mijn.yaml"
    mine.write_text(text.replace("sample_data/demo/", f"{tmp_path}/demo/"), encoding="utf-8")
    desk = Desk(tmp_path, None)
    assert desk.run("profile", "test", "mijn.yaml", "--json").code == 0

    mine.write_text(mine.read_text(encoding="utf-8").replace("{value: nl}", "{value: fr}"), encoding="utf-8")
    said = desk.run("profile", "test", "mijn.yaml", "--json")

    assert said.code == 1
    assert said.object()["problems"]
    assert all("fr" in problem for problem in said.object()["problems"])
    assert desk.run("profile", "test", "mijn.yaml", "--regen", "--json").code == 0
    assert desk.run("profile", "test", "mijn.yaml", "--json").code == 0


def test_the_template_is_a_profile(tmp_path: Path) -> None:
    """What `profile new --empty` writes passes `profile lint` but for its missing sample, and is never written over."""
    desk = Desk(tmp_path, None)

    assert desk.run("profile", "new", "--empty", "--out", "mijn.yaml").code == 0
    linted = desk.run("profile", "lint", "mijn.yaml", "--json").object()

    assert all("ample" in problem for problem in linted["problems"]), linted
    assert desk.run("profile", "new", "--empty", "--out", "mijn.yaml", "--json").refusal() == "file-exists"
    assert desk.run("profile", "new", "--empty").out == (tmp_path / "mijn.yaml").read_text(encoding="utf-8")
