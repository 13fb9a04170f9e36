"""The sheets that are lists: to do, invoices, rows, findings. Each gives its rows one by one."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from importer.domain.findings import Severity
from importer.domain.invoice import Sheet
from importer.ledger.records import RunRow
from importer.stations.report.accounts import Accounts
from importer.stations.report.book import Column, Kind, TableRow
from importer.stations.report.model import TONES, Place, RunReport, Tone
from importer.stations.report.speech import reason, said_of, titles
from importer.stations.report.todo import Task
from importer.stations.report.told import Findings
from importer.stations.report.words import Words

_LAYOUT: dict[str, tuple[tuple[Kind, int], ...]] = {
    "todo": (
        (Kind.STATE, 24),
        (Kind.TEXT, 22),
        (Kind.LONG, 60),
        (Kind.LONG, 50),
        (Kind.LONG, 40),
        (Kind.MONEY, 14),
        (Kind.TEXT, 39),
    ),
    "invoices": (
        (Kind.TEXT, 22),
        (Kind.STATE, 24),
        (Kind.TEXT, 20),
        (Kind.TEXT, 20),
        (Kind.TEXT, 30),
        (Kind.COUNT, 7),
        (Kind.MONEY, 14),
        (Kind.MONEY, 14),
        (Kind.MONEY, 14),
        (Kind.COUNT, 10),
        (Kind.TEXT, 20),
        (Kind.TEXT, 30),
        (Kind.LONG, 50),
        (Kind.TEXT, 39),
    ),
    "rows": (
        (Kind.TEXT, 26),
        (Kind.TEXT, 16),
        (Kind.COUNT, 10),
        (Kind.STATE, 24),
        (Kind.TEXT, 22),
        (Kind.TEXT, 20),
        (Kind.TEXT, 20),
        (Kind.TEXT, 80),
    ),
    "findings": (
        (Kind.STATE, 11),
        (Kind.LONG, 40),
        (Kind.TEXT, 20),
        (Kind.LONG, 24),
        (Kind.TEXT, 22),
        (Kind.LONG, 60),
        (Kind.LONG, 50),
        (Kind.TEXT, 24),
    ),
}
_SEVERITIES = {Severity.ERROR: Tone.BAD, Severity.WARNING: Tone.ATTENTION, Severity.NOTE: Tone.QUIET}


def columns(name: str, words: Words) -> list[Column]:
    """The columns of a list."""
    return [Column(title, *layout) for title, layout in zip(words.headers[name], _LAYOUT[name], strict=True)]


def todo_rows(tasks: Iterable[Task]) -> Iterator[TableRow]:
    """One row for each task."""
    for task in tasks:
        yield (
            task.tone,
            (task.what, task.invoice, task.why, task.fix, task.where, task.incl, task.external_id),
        )


def invoice_rows(report: RunReport, accounts: Accounts, words: Words) -> Iterator[TableRow]:
    """One row for each invoice of the files: those of the plan, then the refused ones."""
    for one in report.invoices:
        place = accounts.places[one.external_id]
        yield (
            TONES[place],
            (
                one.label,
                words.places[place],
                one.number,
                one.remote_id,
                one.customer,
                one.lines,
                one.excl,
                one.vat,
                one.incl,
                one.attempts,
                words.speech.moment(one.posted_at) if one.posted_at else None,
                one.pdf_url,
                said_of(one, place, words),
                one.external_id,
            ),
        )
    codes = {row.label: row.message for row in report.rows if row.bucket == "refused"}
    nothing = (None,) * 10
    for label in accounts.refused:
        said = words.phrases["refused_for"].format(titles=titles(codes[label], words))
        yield TONES[Place.REFUSED], (label, words.places[Place.REFUSED], *nothing, said, None)


def source_rows(report: RunReport, accounts: Accounts, findings: Findings, words: Words) -> Iterator[TableRow]:
    """One row for each row read, named by its file, sheet and row, with what became of its own invoice."""
    said = {one.external_id: said_of(one, accounts.places[one.external_id], words) for one in report.invoices}
    told_apart = _told_apart(report.sheets)
    for span in report.rows:
        place = _place(span, accounts)
        tone, outcome = TONES[place], words.places[place]
        sheet = span.sheet_name or None
        rest = (outcome, span.label, span.number, span.remote_id)
        if span.bucket == "refused":
            other = words.phrases["refused_with" if span.label else "refused_for"].format(
                titles=titles(span.message, words)
            )
            known = (span.file, span.sheet_name) in told_apart
            for number in range(span.first, span.last + 1):
                errors = findings.errors_at.get((span.file, span.sheet_name, number), ()) if known else ()
                message = " ".join(dict.fromkeys(told.message for told in errors)) or other
                yield tone, (span.file, sheet, number, *rest, message)
        else:
            why = said[span.external_id] if span.external_id else reason(span.message, words)
            for number in range(span.first, span.last + 1):
                yield tone, (span.file, sheet, number, *rest, why)


def finding_rows(findings: Findings, words: Words) -> Iterator[TableRow]:
    """One row for each finding."""
    for one in findings.all:
        yield (
            _SEVERITIES[one.severity],
            (
                words.severities[one.severity],
                one.place,
                one.column,
                one.value,
                one.invoice,
                one.message,
                one.fix,
                one.code,
            ),
        )


def _place(span: RunRow, accounts: Accounts) -> Place:
    if span.bucket == "invoiced":
        return accounts.places[span.external_id]  # by identity, never by position
    return Place(span.bucket)


def _told_apart(sheets: Sequence[Sheet]) -> frozenset[tuple[str, str]]:
    """File and sheet names that mean one sheet only; findings name files, and two folders may hold the same name."""
    counts = Counter((sheet.file.name, sheet.name) for sheet in sheets)
    return frozenset(name for name, count in counts.items() if count == 1)
