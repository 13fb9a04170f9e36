"""Every finding code has a smallest source that raises it; what a person then reads is written beside that source.

`cases/CODE.yaml` holds the files, the changes to the base profile of `sources`, and all that comes of it. Codes that
need a workbook, a ledger or an answer of the API are made by the functions below.
"""

import re
import string
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import xlsxwriter
from ruamel.yaml import YAML
from sources import COLUMNS, Run, go, go_file, known, profile, table

from importer.domain.catalogue import CATALOGUE
from importer.domain.circumstances import Circumstances
from importer.domain.entries import cells, invoices, sense
from importer.domain.entries import table as table_entries
from importer.domain.findings import Finding, Severity, visible
from importer.domain.outcomes import tell_outcomes
from importer.domain.records import Answered
from importer.domain.states import State
from importer.language.speech import LANGUAGES, Speech
from importer.stations.submit import Timekeeper

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
LINE = "1001;01/03/2026;Zoë;A1;2;10,00;21"


def _case(path: Path) -> dict[str, Any]:
    case: dict[str, Any] = YAML(typ="safe", pure=True).load(path)
    return case


def _run(case: dict[str, Any]) -> Run:
    columns = case.get("columns", COLUMNS)
    tables = [table(text, file=name, columns=columns) for name, text in case.get("files", {}).items()]
    tables += [table(text, file="maart.xlsx", sheet=name, columns="") for name, text in case.get("sheets", {}).items()]
    today = case.get("today")
    given = Circumstances(date.fromisoformat(today) if today else None, case.get("account_vat", ""))
    return go(tables, case.get("profile"), given=given)


class Sent(NamedTuple):
    """Where sending left an invoice."""

    external_id: str
    label: str
    state: State
    code: str = ""
    detail: str = ""
    answered: Answered = Answered()
    replayed: bool = False


def _workbook(path: Path, *, hide: Callable[[Any, Any], None]) -> Path:
    with xlsxwriter.Workbook(path / "maart.xlsx") as book:
        sheet = book.add_worksheet("Facturen")
        for number, line in enumerate([COLUMNS, LINE]):
            sheet.write_row(number, 0, line.split(";"))
        hide(book, sheet)
    return path / "maart.xlsx"


def _title(path: Path) -> list[Finding]:
    (path / "maart.csv").write_text(f"Verzonnen BV - BTW BE 0403.170.701\n\n{COLUMNS}\n{LINE}\n", encoding="utf-8")
    return go_file(path / "maart.csv", given=Circumstances(None, "BE0102030439")).findings


def _hidden_rows(path: Path) -> list[Finding]:
    return go_file(_workbook(path, hide=lambda _, sheet: sheet.set_row(1, None, None, {"hidden": True}))).findings


def _hidden_sheet(path: Path) -> list[Finding]:
    def hide(book: Any, _: Any) -> None:
        other = book.add_worksheet("Oud")
        other.write_row(0, 0, COLUMNS.split(";"))
        other.hide()

    return go_file(_workbook(path, hide=hide)).findings


def _row_limit(path: Path) -> list[Finding]:
    rows = [COLUMNS, *[LINE] * 65_535]
    (path / "maart.csv").write_text("\n".join(rows), encoding="utf-8")
    return go_file(path / "maart.csv").findings


def _mojibake(path: Path) -> list[Finding]:
    (path / "maart.csv").write_text(f"{COLUMNS}\n{LINE.replace('Zoë', 'MÃ¼ller')}", encoding="utf-8")
    return go_file(path / "maart.csv").findings


def _changed(_: Path) -> list[Finding]:
    before, now = go(LINE), go(LINE.replace("10,00", "12,50"))
    (old,) = before.frozen()
    return now.plan(known(old, State.POSTED, body=old.body, number="F-77")).findings


def _profile_changed(_: Path) -> list[Finding]:
    before, now = (go(LINE, {"invoice": {"language": {"value": word}}}) for word in ("nl", "fr"))
    (old,) = before.frozen()
    return now.plan(known(old, State.POSTED, body=old.body)).findings


def _held_by_hand(_: Path) -> list[Finding]:
    run = go(LINE)
    return run.plan(known(run.frozen()[0], State.HELD, reason="hold: the customer asked to wait")).findings


def _stored_bytes(_: Path) -> list[Finding]:
    (old,) = go(LINE).frozen()
    return go(LINE.replace("A1", "A2")).plan(known(old, State.SENDING, body=old.body)).findings


def _unknown(_: Path) -> list[Finding]:
    run = go(LINE)
    return run.plan(known(run.frozen()[0], State.UNKNOWN, reason="the answer was lost 21 hours ago")).findings


def _rejected(_: Path) -> list[Finding]:
    run = go(f"{LINE}\n{LINE.replace('A1', 'A2')}")
    plan = run.plan()
    answer = "lines.1.product_code: Product bestaat niet."
    return tell_outcomes([Sent(plan.items[0].frozen.external_id, "1001", State.REJECTED, "422", answer)], (), plan)


def _id_not_found(_: Path) -> list[Finding]:
    plan = go(LINE).plan()
    return tell_outcomes([Sent(plan.items[0].frozen.external_id, "1001", State.POSTED)], (), plan)


class _Clock:
    """A clock that stands still at nine in the morning."""

    def now(self) -> datetime:
        """The wall clock."""
        return datetime(2026, 3, 3, 9, tzinfo=UTC)

    def elapsed(self) -> float:
        """Nothing passes."""
        return 0.0

    def boot(self) -> str:
        """Not known."""
        return ""

    def sleep(self, seconds: float) -> None:
        """Nobody waits."""


def _clock_went_back(_: Path) -> list[Finding]:
    return Timekeeper(_Clock(), datetime(2026, 3, 3, 23, 30, tzinfo=UTC)).findings()


def _clock_behind(_: Path) -> list[Finding]:
    times = Timekeeper(_Clock())
    times.learn({"date": "Tue, 03 Mar 2026 11:00:00 GMT"}, _Clock().now())
    return times.findings()


class Told(NamedTuple):
    """What a person reads."""

    place: str
    message: str
    fix: str


MADE: dict[str, tuple[Callable[[Path], list[Finding]], Told]] = {
    "other-company-in-title": (
        _title,
        Told(
            "maart.csv, A1",
            'Above the headers stands the company "0403.170.701", and the account\'s own VAT number is BE0102030439.',
            "Check that this is the right file for this account; if it is, go on.",
        ),
    ),
    "hidden-rows": (
        _hidden_rows,
        Told(
            "maart.xlsx, Facturen row 2",
            "Rows of this sheet that are hidden or filtered out: 1, the first is row 2; they are read like the others.",
            "Delete them from the file if they must not be invoiced.",
        ),
    ),
    "hidden-sheet": (
        _hidden_sheet,
        Told(
            "maart.xlsx, sheet Oud",
            'The hidden sheet "Oud" was not read.',
            "Name it under source.sheets in the profile if it must be read.",
        ),
    ),
    "row-limit": (
        _row_limit,
        Told(
            "maart.csv, row 65536",
            "This sheet ends exactly at row 65536, the limit of its format: rows may have been cut off.",
            "Compare with the source program, or export in smaller parts.",
        ),
    ),
    "mojibake": (
        _mojibake,
        Told(
            'maart.csv, C2 (column "Klant")',
            '"MÃ¼ller" looks like text that was read in the wrong encoding.',
            "Check the encoding with which the file was exported.",
        ),
    ),
    "changed-since-posted": (
        _changed,
        Told(
            "maart.csv, row 2",
            'Invoice 1001 was posted as F-77, and the file now says something else: lines.unit_price was "10", is "12.5".',
            "Correct it in Facturalia (credit note and new invoice), then `importer resolve` it as settled.",
        ),
    ),
    "profile-changed": (
        _profile_changed,
        Told(
            "maart.csv, row 2",
            'Invoice 1001 was posted with other fixed values (invoice.language was "nl", is "fr").',
            "Nothing.",
        ),
    ),
    "held-by-hand": (
        _held_by_hand,
        Told(
            "maart.csv, row 2",
            "Invoice 1001 is held: the customer asked to wait",
            "`importer release` it when it may go.",
        ),
    ),
    "stored-bytes": (
        _stored_bytes,
        Told(
            "maart.csv, row 2",
            "Invoice 1001 was being sent when the file said something else; the stored bytes go, not the new ones.",
            "Compare after this run: it may be reported as changed.",
        ),
    ),
    "unknown": (
        _unknown,
        Told(
            "maart.csv, row 2",
            "Whether invoice 1001 exists in Facturalia cannot be proved: the answer was lost 21 hours ago",
            "Look it up in Facturalia, then `importer resolve` it as posted or as not-posted.",
        ),
    ),
    "rejected": (
        _rejected,
        Told(
            'maart.csv, D3 (column "Code")',
            'Facturalia refused invoice 1001: D3 "A2": Product bestaat niet.',
            "Correct the file, or Facturalia (a missing product, for example), and import again.",
        ),
    ),
    "id-not-found": (
        _id_not_found,
        Told(
            "maart.csv, row 2",
            "Facturalia accepted invoice 1001, and its answer shows no id.",
            "Nothing; name the path under `answer` in the profile if you know it.",
        ),
    ),
    "clock-went-back": (
        _clock_went_back,
        Told(
            "",
            "This machine's clock was set back: the ledger saw 2026-03-03 23:30 UTC, and after that 2026-03-03 09:00 UTC.",
            "Set the date and time of this machine right before the next run.",
        ),
    ),
    "clock-behind": (
        _clock_behind,
        Told(
            "",
            "This machine's clock says 2026-03-03 09:00 UTC, and Facturalia's says 2026-03-03 11:00 UTC.",
            "Set the date and time of this machine right before the next run.",
        ),
    ),
}


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_a_reproducer_tells_what_is_written_beside_it(path: Path) -> None:
    """Code, cell, value, message, fix and what becomes of each invoice are exactly those of the case."""
    case = _case(path)
    run = _run(case)

    told = [
        {
            "code": finding.code,
            "severity": str(finding.severity),
            "place": finding.place,
            "value": finding.value,
            "invoice": finding.invoice,
            "message": finding.message,
            "fix": finding.fix,
        }
        for finding in run.findings
    ]

    assert told == case["findings"]
    assert {finding["code"] for finding in told} == {path.stem}
    assert [refused.label for refused in run.grouped.refused] == case["refused"]
    assert [invoice.label for invoice in run.grouped.invoices if invoice.hold] == case["held"]
    assert [invoice.label for invoice in run.grouped.invoices if not invoice.hold] == case["sent"]


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_only_errors_refuse(path: Path) -> None:
    """An error refuses what it stands in, a warning or note refuses nothing."""
    case = _case(path)

    errors = {finding["code"] for finding in case["findings"] if finding["severity"] == Severity.ERROR}
    refused = {code for refused in _run(case).grouped.refused for code in refused.codes}

    assert refused == errors


@pytest.mark.parametrize("code", MADE)
def test_codes_of_workbooks_ledger_and_answers(code: str, tmp_path: Path) -> None:
    """Codes that no text file can raise are told in full sentences too, at their true place."""
    make, expected = MADE[code]

    found = [finding for finding in make(tmp_path) if finding.code == code]

    assert [Told(finding.place, finding.message, finding.fix) for finding in found] == [expected]


def test_every_code_of_the_catalogue_has_a_reproducer() -> None:
    """No code without a source that raises it, and no case for a code that does not exist; there are no exceptions."""
    assert {path.stem for path in CASES} | set(MADE) == set(CATALOGUE)
    assert not {path.stem for path in CASES} & set(MADE)


def _names(template: str) -> Iterator[str]:
    return (name for _, name, _, _ in string.Formatter().parse(template) if name)


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_template_renders_with_the_facts_its_producer_gives(code: str, tmp_path: Path) -> None:
    """Each name in a sentence is the value, the column, the invoice or a fact that comes with the finding."""
    findings = MADE[code][0](tmp_path) if code in MADE else _run(_case(Path(__file__).parent / "cases" / f"{code}.yaml")).findings  # fmt: skip
    finding = next(finding for finding in findings if finding.code == code)
    entry = CATALOGUE[code]

    asked = {*_names(entry.message), *_names(entry.fix)}

    assert asked <= {"value", "column", "invoice", *finding.facts}
    assert not re.search(r"\{[a-z_]+\}", finding.message + finding.fix)
    assert set(finding.facts) - {"field"} <= asked, "facts that no sentence uses"


@pytest.mark.parametrize("code", CATALOGUE)
def test_sentences_end_and_never_blame(code: str) -> None:
    """Sentences are whole; codes are kebab-case; the severities are the three there are."""
    entry = CATALOGUE[code]

    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)
    assert entry.severity in {str(severity) for severity in Severity}
    assert entry.why.endswith(".")
    assert entry.fix.endswith(".")
    assert entry.message[-1] in '.}"'
    assert not re.search(
        r"\b(invalid|illegal|you must|wrong input|exception|null)\b", entry.message + entry.fix, re.IGNORECASE
    )


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_finding_is_told_in_three_languages(code: str, tmp_path: Path) -> None:
    """The cell, the value and every fact stand in the sentence of each language, and no language speaks another one."""
    findings = MADE[code][0](tmp_path) if code in MADE else _run(_case(Path(__file__).parent / "cases" / f"{code}.yaml")).findings  # fmt: skip
    finding = next(finding for finding in findings if finding.code == code)
    told = {
        language: (finding.message_in(Speech(language)), finding.fix_in(Speech(language))) for language in LANGUAGES
    }

    for language in LANGUAGES:
        speech = Speech(language)
        place, (message, fix) = finding.place_in(speech), told[language]
        assert finding.file in place
        assert finding.cell in place
        assert finding.column in place
        assert f"{finding.row}" in place or finding.cell or not finding.row
        assert not re.search(r"\{[a-z_]+(:[a-z]+)?\}", message + fix)
        assert ("{value}" in finding.entry.message) <= (visible(finding.value) in message)
        assert Speech(language).words(finding.message) == message or finding.facts, (
            "found again in the ledger's English"
        )
    assert len({message for message, _ in told.values()}) == 3
    assert len({fix for _, fix in told.values()}) == 3


def test_a_long_or_invisible_value_is_shown_safely() -> None:
    """A cell is quoted up to 120 characters, and what a terminal would obey is written out."""
    finding = Finding("bad-amount", value="\x1b[31m" + "9" * 200, facts={"expected": "a\u202eb"})

    assert finding.message == '"\\x1b[31m' + "9" * 115 + '…" is not an amount.'
    assert "a\\u202eb" in finding.fix


def test_profile_of_the_cases_is_a_real_profile() -> None:
    """The base of all cases loads, so that a case shows only what it changes."""
    assert profile().invoice_key == ("Nr",)


def test_no_code_stands_in_two_parts_of_the_catalogue() -> None:
    """The parts join without hiding anything."""
    parts = (table_entries.ENTRIES, cells.ENTRIES, sense.ENTRIES, invoices.ENTRIES)

    assert sum(map(len, parts)) == len(CATALOGUE)
