"""Every row and every invoice of a run stands in its report, in one place, with its own fate."""

from pathlib import Path
from typing import Any

import pytest
from report_world import Fate, World, invoice, listed, posted, refused, sheet, skipped, text_of

from importer.domain.findings import Finding
from importer.domain.states import State
from importer.stations.report import write_report

SHEETS = [sheet(), sheet("maart.xlsx", "Blad2"), sheet("april.csv", "", {"delimiter": ";"})]
WORDS = {
    "A-1": "posted in this run",
    "A-2": "posted in this run",
    "B-1": "posted before this run",
    "C-1": "changed since it was posted",
    "D-1": "held",
    "E-1": "rejected by Facturalia",
    "F-1": "outcome unknown",
    "G-1": "ready, not sent",
    "H-1": "refused",
}


def everything(world: World) -> str:
    """A run in which each thing that can become of a row has become of one, with interleaved rows on three sheets."""
    earlier = world.plan([invoice("B-1", (0, 2, 2)), invoice("C-1", (0, 3, 3))], sheets=[sheet("februari.csv", "")])
    world.run(earlier, {"B-1": posted("B-1", excl=10_000, incl=12_100), "C-1": posted("C-1")})
    bad = Finding("bad-amount", "maart.xlsx", "Blad1", 9, "Prijs", "I9", "1.250,0O", "H-1", {"expected": '","'})
    held = Finding("credit-note", "maart.xlsx", "Blad1", 8, invoice="D-1", facts={"total": "-100.00"})
    plan = world.plan(
        [
            invoice("A-1", (0, 2, 3), (0, 6, 6), (1, 2, 2)),
            invoice("A-2", (0, 4, 5), (2, 2, 4), rate=6),
            invoice("B-1", (1, 3, 3)),
            invoice("C-1", (1, 4, 4), price=20_000),
            invoice("D-1", (0, 8, 8), hold="credit-note"),
            invoice("E-1", (1, 5, 5)),
            invoice("F-1", (1, 6, 6)),
            invoice("G-1", (1, 7, 8), rate=0),
        ],
        sheets=SHEETS,
        refused=[refused("H-1", (0, 9, 10), (2, 5, 5)), refused("", (1, 9, 9), codes=("missing-key",))],
        skipped=[skipped("total row", (0, 7, 7)), skipped("blank row", (2, 6, 7))],
        findings=[bad, held],
    )
    fates = {
        "A-1": posted("A-1", excl=40_000, incl=48_400),
        "A-2": posted("A-2", replayed=True, excl=50_000, incl=53_000),
        "E-1": Fate(State.REJECTED, code="INVALID_INPUT", detail="lines.0.unit_price is too high"),
        "F-1": Fate(State.UNKNOWN, code="no-answer", detail="the window is over"),
    }
    return world.run(plan, fates)


def by_place(rows: list[dict[str, Any]]) -> dict[tuple[str, str, int], dict[str, Any]]:
    """Rows of the report by file, sheet and row; none twice."""
    found = {(row["File"], row["Sheet"] or "", row["Row"]): row for row in rows}
    assert len(found) == len(rows)
    return found


def test_every_row_read_is_there_once_with_its_own_fate(world: World, tmp_path: Path) -> None:
    """The rows of the report are the rows read, joined by file, sheet and row, each with its own invoice's outcome."""
    report = world.report(everything(world))
    write_report(tmp_path / "r.xlsx", report)
    found = by_place(listed(tmp_path / "r.xlsx", "Rows"))
    owners = {
        ("maart.xlsx", "Blad1"): {2: "A-1", 3: "A-1", 4: "A-2", 5: "A-2", 6: "A-1", 8: "D-1", 9: "H-1", 10: "H-1"},
        ("maart.xlsx", "Blad2"): {2: "A-1", 3: "B-1", 4: "C-1", 5: "E-1", 6: "F-1", 7: "G-1", 8: "G-1"},
        ("april.csv", ""): {2: "A-2", 3: "A-2", 4: "A-2", 5: "H-1"},
    }
    for (file, name), rows in owners.items():
        for row, label in rows.items():
            line = found.pop((file, name, row))
            assert (line["Invoice"], line["Outcome"]) == (label, WORDS[label])
            known = WORDS[label].startswith(("posted", "changed"))
            assert line["Facturalia id"] == (f"R-{label}" if known else None)
            assert line["Facturalia number"] == (f"VF/{label}" if known else None)
    assert {place: line["Outcome"] for place, line in found.items()} == {
        ("maart.xlsx", "Blad1", 7): "skipped",
        ("april.csv", "", 6): "skipped",
        ("april.csv", "", 7): "skipped",
        ("maart.xlsx", "Blad2", 9): "refused",
    }
    told = report.run.summary["rows"]
    assert isinstance(told, dict)
    assert told == {"read": 23, "invoiced": 16, "skipped": 3, "refused": 4}


def test_rows_say_why(world: World, tmp_path: Path) -> None:
    """A row that was not sent says why: its own error, its invoice's error, the rule that skipped it, or the answer."""
    write_report(tmp_path / "r.xlsx", world.report(everything(world)))
    said = {place: line["Message"] for place, line in by_place(listed(tmp_path / "r.xlsx", "Rows")).items()}
    assert said["maart.xlsx", "Blad1", 9] == '"1.250,0O" is not an amount.'
    assert said["maart.xlsx", "Blad1", 10] == "Refused with its invoice: Not an amount."
    assert said["maart.xlsx", "Blad1", 7] == "total row"
    assert said["maart.xlsx", "Blad1", 8] == "Credit note held"
    assert said["maart.xlsx", "Blad2", 5] == "INVALID_INPUT: lines.0.unit_price is too high"
    assert "200" in said["maart.xlsx", "Blad2", 4]
    assert said["maart.xlsx", "Blad1", 2] is None


def test_each_invoice_has_one_row(world: World, tmp_path: Path) -> None:
    """The list of invoices holds each invoice of the files once, refused ones too, with its amounts and its state."""
    write_report(tmp_path / "r.xlsx", world.report(everything(world)))
    rows = listed(tmp_path / "r.xlsx", "Invoices")
    assert {row["Invoice"]: row["State"] for row in rows} == WORDS
    assert len(rows) == len(WORDS)
    first = rows[0]
    assert (first["Lines"], first["Excl. VAT"], first["VAT"], first["Incl. VAT"]) == (4, 400, 84, 484)
    assert first["PDF"] == "https://invoices.example/pdf/R-A-1"
    assert first["Attempts"] == 1
    assert rows[-1]["Excl. VAT"] is None


def test_a_person_gets_each_task_once_with_a_remedy(world: World, tmp_path: Path) -> None:
    """Unknown, rejected, refused, changed and held invoices are listed worst first, each with why, where and what to do."""
    write_report(tmp_path / "r.xlsx", world.report(everything(world)))
    rows = listed(tmp_path / "r.xlsx", "To do")
    assert [row["Invoice"] for row in rows] == ["F-1", "E-1", "H-1", "(rows of no invoice)", "C-1", "D-1", None]
    assert all(row["Why"] and row["What to do"] for row in rows)
    by_invoice = {row["Invoice"]: row for row in rows}
    assert by_invoice["H-1"]["Where"] == 'maart.xlsx, Blad1!I9 (column "Prijs")'
    assert by_invoice["E-1"]["Where"] == 'maart.xlsx, Blad2!I5 (column "Prijs")'
    assert "Blad2!I5 is too high" in by_invoice["E-1"]["Why"]
    assert by_invoice["F-1"]["Identity"].startswith("imp-")
    assert by_invoice["C-1"]["Where"] == "maart.xlsx, Blad2 row 4"
    assert by_invoice[None]["What"] == "ready, not sent"


def test_the_summary_tells_the_run(world: World, tmp_path: Path) -> None:
    """The first sheet says in one sentence what happened, and names run, account, profile, plan, files and ledger event."""
    run = everything(world)
    report = world.report(run)
    write_report(tmp_path / "r.xlsx", report)
    lines = text_of(tmp_path / "r.xlsx", "Summary")
    assert lines[1][0] == (
        "A person must look in Facturalia: an outcome is unknown, or the answers are not what they should be: "
        "9 invoices, 2 posted in this run, 1 posted before this run, 1 changed since it was posted, 1 refused, "
        "1 rejected by Facturalia, 1 held, 1 outcome unknown, 1 ready, not sent."
    )
    pairs = {line[0]: line[1] for line in lines if len(line) == 2}
    assert pairs["Run"] == run
    assert (pairs["Account"], pairs["Facturalia at"]) == ("kantoor", "https://invoices.example")
    assert pairs["Profile"] == "acme-webshop, version 7"
    assert pairs["Plan"] == report.run.plan_digest
    assert pairs["Ledger event"] == f"{report.head[0]}, {report.head[1]}"
    assert pairs["Exit code"].startswith("4: ")
    assert ["23 read = 16 invoiced + 3 skipped + 4 refused"] in lines
    assert ["all", 9, 9] in lines
    assert ["april.csv", 1, 1_234_567, "delimiter ;", SHEETS[2].file.sha256] in lines
    assert ["all", 900, 114, 1_014] in lines  # posted: 400 at 21 %, 500 at 6 %


def test_totals_per_state_and_rate_add_up(world: World, tmp_path: Path) -> None:
    """The totals give base, VAT and sum per state and rate, and every control sum agrees."""
    write_report(tmp_path / "r.xlsx", world.report(everything(world)))
    lines = text_of(tmp_path / "r.xlsx", "Totals")
    assert ["posted in this run", "6 %", 500, 30, 530] in lines
    assert ["posted in this run", "21 %", 400, 84, 484] in lines
    assert ["posted in this run", 2, "all", 900, 114, 1_014] in lines
    assert ["refused", 1, "not computed"] in lines
    controls = lines[next(number for number, line in enumerate(lines) if line and line[0] == "Control") + 1 :]
    assert len(controls) == 7
    assert all(line[1] == line[2] and line[3] == 0 and line[4] == "agrees" for line in controls)
    assert any(line[0].startswith("Ledger = Facturalia, incl. VAT, of 3 invoices") for line in controls)


def test_findings_are_listed_with_place_and_remedy(world: World, tmp_path: Path) -> None:
    """Findings of the file and of sending stand in one list, each once."""
    write_report(tmp_path / "r.xlsx", world.report(everything(world)))
    rows = listed(tmp_path / "r.xlsx", "Findings")
    assert [(row["Code"], row["Invoice"], row["Severity"]) for row in rows] == [
        ("bad-amount", "H-1", "error"),
        ("credit-note", "D-1", "warning"),
        ("changed-since-posted", "C-1", "warning"),
        ("rejected", "E-1", "error"),
        ("unknown", "F-1", "error"),
    ]
    assert (rows[0]["Value"], rows[0]["Column"]) == ("1.250,0O", "Prijs")


def test_totals_that_facturalia_counts_otherwise_are_a_task(world: World, tmp_path: Path) -> None:
    """An answer whose total is more than a cent per line from ours is shown to a person and in the control sums."""
    plan = world.plan([invoice("A", (0, 2, 3)), invoice("B", (0, 4, 4))])
    run = world.run(plan, {"A": posted("A", excl=20_002, incl=24_203), "B": posted("B", excl=10_000, incl=12_099)})
    write_report(tmp_path / "r.xlsx", world.report(run))
    rows = listed(tmp_path / "r.xlsx", "To do")
    assert [(row["What"], row["Invoice"]) for row in rows] == [("totals differ", "A")]
    assert rows[0]["Why"] == "Facturalia counts 242.03 where this report counts 242.00."
    assert text_of(tmp_path / "r.xlsx", "Totals")[-1][1:] == [363, 363.02, -0.02, "differs"]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM source_rows WHERE first = 9 AND sheet = 0",
        "UPDATE source_rows SET first = 5, last = 6 WHERE first = 4 AND sheet = 0",
        "UPDATE source_rows SET bucket = 'skipped' WHERE first = 9 AND sheet = 0",
    ],
)
def test_rows_that_do_not_balance_make_no_report(world: World, tmp_path: Path, statement: str) -> None:
    """A row missing, or in two buckets, or in another than the run told, is a bug and never a report."""
    run = everything(world)
    world.edit(statement)
    with pytest.raises(RuntimeError, match=r"balance|two buckets"):
        write_report(tmp_path / "r.xlsx", world.report(run))
    assert not (tmp_path / "r.xlsx").exists()
