"""Tables of unusual shape through the whole house: read, sent to a sandbox, kept in the ledger, planned again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import xlsxwriter
from desk import Desk, a_desk

from importer.domain.clock import SystemClock
from importer.domain.findings import Severity
from importer.ledger.store import open_ledger
from importer.profile.load import load_profile, parse_profile

BASE = """\
profile: robo-base
version: 1
system: robo
invoice_key: NR
prices: excl_vat
source: {join: {header: {sheet: invoices, key: NR}, lines: {sheet: invoicelines, key: NR}}}
invoice: {date: {column: DATE}, number: {column: NR}}
customer: {name: {column: CLIENT}, vat_number: {column: VAT, check: be-vat}}
lines: {product_code: {column: ARTICLE}, quantity: {column: AMOUNT}, unit_price: {column: PRICE}, vat_rate: {value: 21}}
"""
OWN = """\
# Robo with shipping.
profile: robo
version: 2
extends: base.yaml
extra_lines:
  shipping: {amount: {column: SHIPPING}, product_code: {value: SHIP}, vat_rate: {value: 21}}
severity: {bad-vat-number: warning}
"""
HEADS = [
    ["NR", "DATE", "CLIENT", "VAT", "SHIPPING"],
    [1, "2026-03-01", "Zoë", "BE0403170702", 4.5],
    [2, "2026-03-02", "Jan", "", 0],
    [3, "2026-03-02", "An", "", 0],
]
LINES = [["NR", "AMOUNT", "PRICE", "ARTICLE"], [1, 2, 10, "A1"], [2, 1, 3, "A1"], [1, 1, 1, "A1"], [9, 1, 1, "A1"]]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with a workbook of two joined sheets, and a profile that extends another."""
    with a_desk(tmp_path) as made:
        (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
        (tmp_path / "robo.yaml").write_text(OWN, encoding="utf-8")
        with xlsxwriter.Workbook(tmp_path / "maart.xlsx") as book:
            for name, rows in (("invoicelines", LINES), ("invoices", HEADS)):
                sheet = book.add_worksheet(name)
                for number, row in enumerate(rows):
                    sheet.write_row(number, 0, row)
        yield made


def test_joined_sheets_are_imported_once_and_every_row_is_kept(desk: Desk) -> None:
    """Rows and cents balance in the answer and in the ledger; a second import of the same workbook posts nothing."""
    first = desk.run("import", "maart.xlsx", "-m", "robo.yaml", "--yes", "--json").object()
    again = desk.run("import", "maart.xlsx", "-m", "robo.yaml", "--yes", "--json").object()

    assert first["rows"] == {"read": 7, "invoiced": 5, "skipped": 0, "refused": 2}
    assert (first["invoices"]["posted"], first["invoices"]["refused"]) == (2, 2)
    assert first["totals"]["excl_vat"] == "28.50"
    assert (again["invoices"]["posted"], again["invoices"]["already_posted"]) == (0, 2)
    with open_ledger(desk.settings["IMPORTER_LEDGER_URL"], clock=SystemClock()) as ledger:
        kept = [(row.sheet_name, row.first, row.last, row.bucket) for row in ledger.run_rows(first["run"])]
    assert kept == [
        ("invoices", 2, 2, "invoiced"),
        ("invoices", 3, 3, "invoiced"),
        ("invoices", 4, 4, "refused"),
        ("invoicelines", 2, 2, "invoiced"),
        ("invoicelines", 3, 3, "invoiced"),
        ("invoicelines", 4, 4, "invoiced"),
        ("invoicelines", 5, 5, "refused"),
    ]


def test_the_ledger_keeps_weights_and_the_merged_profile(desk: Desk) -> None:
    """What a finding weighed in this run, and every key that counted, can be told years later without the files."""
    said = desk.run("import", "maart.xlsx", "-m", "robo.yaml", "--yes", "--json").object()
    loaded = load_profile(desk.folder / "robo.yaml")

    with open_ledger(desk.settings["IMPORTER_LEDGER_URL"], clock=SystemClock()) as ledger:
        weights = {finding.code: finding.severity for finding in ledger.run_findings(said["run"])}
        text = ledger.run_profile(said["run"])
        record = ledger.run_record(said["run"])

    assert weights["bad-vat-number"] is Severity.WARNING
    assert weights["line-without-header"] is Severity.ERROR
    assert {one["code"]: one["severity"] for one in said["findings"]}["bad-vat-number"] == "warning"
    assert (record.profile, record.profile_version) == ("robo", "2")
    assert parse_profile(text.encode(), "kept.yaml").profile == loaded.profile
