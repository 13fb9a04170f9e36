"""Accept once: `--accept CODE --reason TEXT` lets findings pass in one run, and says so for ever."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import Desk, a_desk, row
from openpyxl import load_workbook

from importer.domain.acceptance import Acceptance, acceptable, occurring
from importer.domain.catalogue import CATALOGUE
from importer.domain.findings import Finding

WRONG = "BE0403170702"
ACCEPT = ("--accept", "bad-vat-number", "--reason", "nagekeken in de KBO", "--by", "An Peeters")
PROTECTED = ("bad-amount", "vat-rate", "line-total", "invoice-total", "credit-note", "negative-line", "number-as-id",
             "missing-key", "invoice-in-two-files", "changed-since-posted", "unknown", "rejected", "not-eur")  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with a file whose one invoice has a VAT number with wrong check digits."""
    with a_desk(tmp_path) as made:
        line = row("T-1").split(";")
        line[5] = WRONG
        made.file("maart.csv", [";".join(line)])
        yield made


def test_an_accepted_finding_passes_and_is_recorded(desk: Desk) -> None:
    """The invoice is posted, the finding stays in sight as a warning, and name, reason and number are in the ledger."""
    refused = desk.run("import", "maart.csv", "-m", "demo", "--yes", "--json").object()
    posted = desk.run("import", "maart.csv", "-m", "demo", "--yes", "--json", "--report", "r.xlsx", *ACCEPT).object()

    assert (refused["exit"], refused["invoices"]["refused"]) == (1, 1)
    assert (posted["exit"], posted["invoices"]["posted"]) == (0, 1)
    assert "accepted" not in refused
    recorded = {"code": "bad-vat-number", "reason": "nagekeken in de KBO", "by": "An Peeters", "findings": 1}
    assert posted["accepted"] == [recorded]
    assert [(one["code"], one["severity"]) for one in posted["findings"]] == [("bad-vat-number", "warning")]
    with sqlite3.connect(desk.folder / "ledger.db") as ledger:
        events = ledger.execute("select data from events where kind = 'accepted'").fetchall()
    assert [json.loads(data) for (data,) in events] == [recorded]
    assert desk.run("ledger", "verify", "--json").code == 0
    page = load_workbook(desk.folder / "r.xlsx")["Summary"]
    pairs = {str(line[0].value): str(line[1].value) for line in page.iter_rows() if line[0].value}
    assert pairs["Accepted"] == "VAT number is wrong (bad-vat-number, 1), by An Peeters: nagekeken in de KBO"


def test_accepting_is_for_one_run(desk: Desk) -> None:
    """The next run without it refuses again what it has not posted."""
    assert desk.run("check", "maart.csv", "-m", "demo", *ACCEPT).code == 0
    assert desk.run("check", "maart.csv", "-m", "demo").code == 1


def test_plan_shows_the_command_that_accepts_the_same(desk: Desk) -> None:
    """The digest of a plan that accepts something is only good for an import that accepts the same."""
    said = desk.run("plan", "maart.csv", "-m", "demo", *ACCEPT)
    digest = desk.run("plan", "maart.csv", "-m", "demo", "--json", *ACCEPT).object()["plan"]

    assert "--accept bad-vat-number --reason 'nagekeken in de KBO' --by 'An Peeters'" in said.out
    assert "Accepted by An Peeters: 1 of bad-vat-number, because: nagekeken in de KBO" in said.out
    other = desk.run("import", "maart.csv", "-m", "demo", "--plan", digest, "--json")
    assert other.refusal() == "plan-differs"
    assert desk.run("import", "maart.csv", "-m", "demo", "--plan", digest, "--json", *ACCEPT).code == 0


@pytest.mark.parametrize("code", PROTECTED)
def test_what_protects_money_or_identity_is_never_accepted(desk: Desk, code: str) -> None:
    """A person cannot wave through an amount, a total, a key, a credit note or a changed invoice."""
    said = desk.run("import", "maart.csv", "-m", "demo", "--yes", "--json", "--accept", code, "--reason", "x")

    assert said.refusal() == "cannot-accept"
    assert desk.requests == 0


def test_a_code_or_reason_that_is_missing_is_asked_for(desk: Desk) -> None:
    """An unknown code gets the nearest one, an acceptance without reason is refused; both before anything is read."""
    typed = desk.run("check", "nergens.csv", "-m", "demo", "--json", "--accept", "bad-vat-numer", "--reason", "x")
    silent = desk.run("check", "nergens.csv", "-m", "demo", "--json", "--accept", "bad-vat-number")

    assert typed.refusal() == "cannot-accept"
    assert "bad-vat-number" in typed.object()["error"]["message"]
    assert silent.refusal() == "accept-needs-reason"


def test_only_codes_that_a_profile_may_weigh_can_be_accepted() -> None:
    """Accepting is no wider door than `severity:` in a profile."""
    assert acceptable() == tuple(code for code, entry in CATALOGUE.items() if entry.allowed)
    assert not set(PROTECTED) & set(acceptable())


def test_only_what_was_found_is_recorded() -> None:
    """An acceptance of nothing leaves no trace; several findings of a code are counted."""
    given = [Acceptance("bad-iban", "x", "An"), Acceptance("mojibake", "x", "An")]

    assert occurring(given, [Finding("mojibake"), Finding("mojibake"), Finding("bad-date")]) == (
        Acceptance("mojibake", "x", "An", 2),
    )
    assert occurring((), [Finding("mojibake")]) == ()
