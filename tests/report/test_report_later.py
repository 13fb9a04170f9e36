"""The report of a run told again later, cut off, or without files."""

from pathlib import Path

import pytest
from report_world import ACCOUNT, Fate, World, invoice, listed, posted, refused, text_of

from importer.domain.states import State
from importer.domain.summary import INVOICE_COUNTS
from importer.stations.report import write_report

LOST = Fate(State.UNKNOWN, detail="the window is over")


def counts(path: Path) -> dict[str, tuple[object, object]]:
    """Invoices by state, at the end of the run and now, as the summary lists them."""
    lines = text_of(path, "Summary")
    start = next(number for number, line in enumerate(lines) if line and line[0] == "Invoices")
    end = next(number for number, line in enumerate(lines) if number > start and line[0] == "all")
    return {line[0]: (line[1], line[2]) for line in lines[start + 1 : end]}


def test_a_later_report_tells_then_and_now(world: World, tmp_path: Path) -> None:
    """What a person or a later run did after the run is told beside what the run told at its end."""
    plan = world.plan([invoice(label, (0, row, row)) for row, label in enumerate(("A", "B", "C", "D"), start=2)])
    run = world.run(plan, {"A": posted("A"), "B": LOST, "C": Fate(State.REJECTED, detail="no such product")})
    world.ledger.resolve(ACCOUNT, "B", "posted", reason="seen in Facturalia", remote_id="9", number="VF/9")
    world.ledger.resolve(ACCOUNT, "C", "settled", reason="made by hand")
    later = world.ledger.begin_run(ACCOUNT, "resume", profile=None, plan_digest="", importer_version="0.1.0")
    world.send(later, {"D": posted("D")}, of_run=run)
    write_report(tmp_path / "r.xlsx", world.report(run))
    assert counts(tmp_path / "r.xlsx") == {
        "posted in this run": (1, 1),
        "posted after this run": (0, 2),
        "rejected by Facturalia": (1, 0),
        "settled by a person": (0, 1),
        "outcome unknown": (1, 0),
        "ready, not sent": (1, 0),
    }
    rows = {row["Invoice"]: row for row in listed(tmp_path / "r.xlsx", "Rows")}
    assert rows["B"]["Facturalia number"] == "VF/9"
    assert rows["B"]["Message"] == "Decided by a person: seen in Facturalia"
    assert listed(tmp_path / "r.xlsx", "To do")[0]["What"] == "Nothing here needs a person."
    told = [row["Code"] for row in listed(tmp_path / "r.xlsx", "Findings")]
    assert told == ["unknown", "rejected"]  # what the run told stays told


def test_a_posted_invoice_stays_the_runs_own(world: World, tmp_path: Path) -> None:
    """A newer file that changes a posted invoice is the newer run's task; the older report still says posted."""
    first = world.run(world.plan([invoice("A", (0, 2, 2))]), {"A": posted("A")})
    second = world.run(world.plan([invoice("A", (0, 2, 2), price=1)]), {})
    write_report(tmp_path / "1.xlsx", world.report(first))
    write_report(tmp_path / "2.xlsx", world.report(second))
    assert counts(tmp_path / "1.xlsx") == {"posted in this run": (1, 1)}
    assert counts(tmp_path / "2.xlsx") == {"changed since it was posted": (1, 1)}
    world.ledger.resolve(ACCOUNT, "A", "settled", reason="credited by hand")
    write_report(tmp_path / "2.xlsx", world.report(second))
    assert counts(tmp_path / "2.xlsx") == {"changed since it was posted": (1, 0), "settled by a person": (0, 1)}


def test_held_by_hand_says_who_and_why(world: World, tmp_path: Path) -> None:
    """An invoice that a person holds is a task with the person's own reason, and goes once released."""
    world.run(world.plan([invoice("A", (0, 2, 2))]), {})
    world.ledger.hold(ACCOUNT, "A", "ask the customer first")
    run = world.run(world.plan([invoice("A", (0, 2, 2))]), {})
    write_report(tmp_path / "r.xlsx", world.report(run))
    (task,) = listed(tmp_path / "r.xlsx", "To do")
    assert (task["What"], task["Invoice"]) == ("held", "A")
    assert "ask the customer first" in task["Why"]
    world.ledger.release(ACCOUNT, "A", "they agreed")
    write_report(tmp_path / "r.xlsx", world.report(run))
    assert listed(tmp_path / "r.xlsx", "Invoices")[0]["Message"] == "Released by a person: they agreed"


def test_a_posted_invoice_that_a_file_turns_negative_is_held(world: World, tmp_path: Path) -> None:
    """An invoice posted before that a newer file makes a credit note stands where the newer run told it: held."""
    world.run(world.plan([invoice("A", (0, 2, 2))]), {"A": posted("A")})
    run = world.run(world.plan([invoice("A", (0, 2, 2), price=-5, hold="credit-note")]), {})
    write_report(tmp_path / "r.xlsx", world.report(run))
    assert counts(tmp_path / "r.xlsx") == {"held": (1, 1)}


def test_a_run_that_was_cut_off_has_a_report(world: World, tmp_path: Path) -> None:
    """A run killed on the way tells what the ledger knows: what was posted, what is ready, and how to go on."""
    plan = world.plan([invoice("A", (0, 2, 2)), invoice("B", (0, 3, 3))], refused=[refused("C", (0, 4, 4))])
    run = world.run(plan, {"A": posted("A")}, ends=False)
    write_report(tmp_path / "r.xlsx", world.report(run))
    lines = text_of(tmp_path / "r.xlsx", "Summary")
    assert lines[1][0] == (
        "The run is still going, or was cut off: `importer resume` goes on: "
        "3 invoices, 1 posted in this run, 1 refused, 1 ready, not sent."
    )
    assert ["Finished", "not recorded"] in lines
    assert ["all", 100, 21, 121] in lines  # posted so far, from the ledger
    assert [row["Outcome"] for row in listed(tmp_path / "r.xlsx", "Rows")] == [
        "posted in this run",
        "ready, not sent",
        "refused",
    ]
    later = world.ledger.begin_run(ACCOUNT, "resume", profile=None, plan_digest="", importer_version="0.1.0")
    world.send(later, {"B": posted("B")}, of_run=run)
    write_report(tmp_path / "r.xlsx", world.report(run))
    assert listed(tmp_path / "r.xlsx", "Rows")[1]["Outcome"] == "posted after this run"


def test_a_run_without_files_tells_what_it_told_itself(world: World, tmp_path: Path) -> None:
    """A resumed run has no rows and no plan; its report still lists what it found unknown, with a remedy."""
    finding = {
        "code": "unknown", "severity": "error", "message": "Whether invoice B exists cannot be proved.",
        "fix": "Look it up.", "file": "", "sheet": "", "row": None, "column": "", "cell": "", "value": "", "invoice": "B",
    }  # fmt: skip
    told = dict.fromkeys(INVOICE_COUNTS, 0) | {"total": 2, "posted": 1, "unknown": 1}
    summary = {
        "rows": {"read": 0, "invoiced": 0, "skipped": 0, "refused": 0},
        "invoices": told,
        "totals": {
            "excl_vat": "100.00", "vat": "21.00", "incl_vat": "121.00", "by_rate": {"21": {"base": "100.00", "vat": "21.00"}},
        },
        "recovered": {"posted": 3, "unknown": 0},
        "findings": [finding],
        "stopped": {"code": "sender-active", "message": "Another process is sending.", "fix": "Wait."},
    }  # fmt: skip
    run = world.ledger.begin_run(ACCOUNT, "resume", profile=None, plan_digest="", importer_version="0.1.0")
    world.ledger.end_run(run, 4, summary)
    write_report(tmp_path / "r.xlsx", world.report(run))
    lines = text_of(tmp_path / "r.xlsx", "Summary")
    assert lines[0] == ["Report of a resumed run"]
    assert lines[1][0].endswith("2 invoices, 1 posted in this run, 1 outcome unknown.")
    assert ["Settled from earlier runs", "3 posted, 0 unknown"] in lines
    assert ["Stopped early", "Another process is sending. Wait."] in lines
    assert ["21 %", 100, 21, 121] in lines
    (task,) = listed(tmp_path / "r.xlsx", "To do")
    assert (task["Invoice"], task["What to do"]) == ("B", "Look it up.")


def test_a_run_that_settles_earlier_ones_tells_its_counts(world: World, tmp_path: Path) -> None:
    """The run that only settles what earlier runs left open says how many it settled, and how."""
    run = world.ledger.begin_run(ACCOUNT, "recover", profile=None, plan_digest="", importer_version="0.1.0")
    world.ledger.end_run(run, 0, {"posted": 2, "unknown": 1})
    write_report(tmp_path / "r.xlsx", world.report(run))
    lines = text_of(tmp_path / "r.xlsx", "Summary")
    assert lines[1] == ["All done: of what earlier runs left open, 2 posted, 1 unknown."]


def test_more_rejections_than_a_run_lists_are_all_told(world: World, tmp_path: Path) -> None:
    """The run's own list of findings is cut at a thousand; the report tells every rejected invoice."""
    labels = [f"A-{number}" for number in range(1_005)]
    plan = world.plan([invoice(label, (0, row, row)) for row, label in enumerate(labels, start=2)])
    run = world.begin(plan)
    world.ledger.end_run(run, 1, {"findings": []})
    world.edit("UPDATE invoices SET state = 'rejected', reason = 'INVALID_INPUT: no such product'")
    write_report(tmp_path / "r.xlsx", world.report(run))
    assert [row["Invoice"] for row in listed(tmp_path / "r.xlsx", "Findings")] == labels
    tasks = listed(tmp_path / "r.xlsx", "To do")
    assert [row["Invoice"] for row in tasks] == labels
    assert tasks[0]["Where"] == "maart.xlsx, Blad1 row 2"
    assert "no such product" in tasks[0]["Why"]


@pytest.mark.parametrize("word", ["customer", "findings"])
def test_a_purged_run_still_accounts_for_its_rows(world: World, tmp_path: Path, word: str) -> None:
    """Once personal data was purged, rows, states, amounts and reasons are still there; names are not."""
    plan = world.plan([invoice("A", (0, 2, 2))], refused=[refused("B", (0, 3, 3), codes=("bad-amount", "missing-key"))])
    run = world.run(plan, {"A": posted("A")})
    world.edit("DELETE FROM run_findings" if word == "findings" else "DELETE FROM bodies")
    write_report(tmp_path / "r.xlsx", world.report(run))
    first, second = listed(tmp_path / "r.xlsx", "Invoices")
    assert (first["Incl. VAT"], second["Message"]) == (121, "Not an amount, Row without invoice key.")
    assert (first["Customer"] is None) is (word == "customer")
    assert listed(tmp_path / "r.xlsx", "To do")[0]["What to do"] == "Correct the file and import it again."
