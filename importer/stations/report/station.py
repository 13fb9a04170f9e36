"""REPORT: write what the ledger knows of a run as a workbook."""

from pathlib import Path

from importer.language.speech import ENGLISH, Speech
from importer.stations.report.accounts import add_up
from importer.stations.report.book import EXCEL_ROWS, Book
from importer.stations.report.model import RunReport
from importer.stations.report.sheets import columns, finding_rows, invoice_rows, source_rows, todo_rows
from importer.stations.report.summary import write_summary
from importer.stations.report.target import whole_file
from importer.stations.report.todo import tasks
from importer.stations.report.told import tell
from importer.stations.report.totals import write_totals
from importer.stations.report.words import words_in


def write_report(path: Path, report: RunReport, *, speech: Speech = ENGLISH, rows_per_sheet: int = EXCEL_ROWS) -> None:
    """Write the workbook to `path` in a language, whole or not at all; an earlier report there is replaced.

    The same report gives the same cells, whenever it is written. A list longer than `rows_per_sheet`, header
    included, goes on in further sheets. ConfigError where `path` cannot be written or holds another file;
    RuntimeError where the rows of the run do not balance.
    """
    words = words_in(speech)
    accounts = add_up(report)
    findings = tell(report, accounts, speech)
    run, names = report.run, words.sheets
    empty = words.phrases["nothing"]
    title = words.titles.get(run.command, words.titles[""])
    with (
        whole_file(path) as (made, scratch),
        Book(
            made,
            scratch=scratch,
            made_at=run.finished_at or run.started_at,
            properties={"title": f"{title} {run.run}", "subject": words.phrases["subject"]},
            footer=words.phrases["footer"].format(run=run.run),
            shortened=words.phrases["shortened"],
            rows_per_sheet=rows_per_sheet,
        ) as book,
    ):
        write_summary(book, report, accounts, words)
        todo = todo_rows(tasks(report, accounts, findings, words))
        book.table(names["todo"], columns("todo", words), todo, empty=words.phrases["nothing_todo"])
        invoices = invoice_rows(report, accounts, words)
        book.table(names["invoices"], columns("invoices", words), invoices, empty=empty)
        rows = source_rows(report, accounts, findings, words)
        book.table(names["rows"], columns("rows", words), rows, empty=empty)
        write_totals(book, report, accounts, words)
        book.table(names["findings"], columns("findings", words), finding_rows(findings, words), empty=empty)
