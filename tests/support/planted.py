"""A workbook of forty invented invoices in the layout `demo`, with thirty planted errors of fifteen kinds."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from desk import HEADERS
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font, PatternFill

COLUMNS = HEADERS.split(";")
SHEET = "Facturen"
HEADER_ROW = 4
INVOICES = 40
LINES = 2


class Plant(NamedTuple):
    """An error of a kind in a cell of one invoice's line (both from 0), and what should stand there."""

    kind: str
    invoice: int
    line: int
    column: str
    wrong: Any
    right: Any

    @property
    def row(self) -> int:
        """The row in the spreadsheet."""
        return HEADER_ROW + 1 + LINES * self.invoice + self.line

    @property
    def cell(self) -> str:
        """Its address."""
        return f"{chr(ord('A') + COLUMNS.index(self.column))}{self.row}"


_WRONG: tuple[tuple[str, str, Any, Any], ...] = (
    ("bad-amount", "Prijs", "12x", 1250.5),
    ("bad-amount", "Aantal", "1.250,0O", 3),
    ("missing-value", "Code", None, "00041"),
    ("missing-value", "Prijs", None, 1250.5),
    ("bad-date", "Datum", "31/02/2026", date(2026, 3, 5)),
    ("bad-date", "Datum", "2026 maart", date(2026, 3, 6)),
    ("vat-rate", "BTW", "19%", 0.21),
    ("vat-rate", "BTW", 0.2, 0.21),
    ("bad-quantity", "Aantal", 0, 2),
    ("bad-quantity", "Aantal", 0, 3),
    ("bad-vat-number", "BTW-nummer", "BE0101004218", "BE0101004219"),
    ("bad-vat-number", "BTW-nummer", "BE 0101.004.291", "BE0101004219"),
    ("unmapped-value", "Land", "Belgie?", "België"),
    ("unmapped-value", "Land", "Atlantis", "België"),
    ("line-total", "Bedrag", 2501.5, 2501),
    ("line-total", "Bedrag", "1,00", None),
    ("too-many-decimals", "Prijs", 1.123456789, 1250.5),
    ("too-many-decimals", "Aantal", "2,123456789", 2),
    ("date-out-of-range", "Datum", date(1999, 3, 1), date(2026, 3, 19)),
    ("date-out-of-range", "Datum", "01/03/1998", date(2026, 3, 20)),
    ("amount-too-large", "Prijs", 12_345_678_901_234, 1250.5),
    ("amount-too-large", "Aantal", "99999999999999", 3),
    ("error-cell", "Prijs", "#N/A", 1250.5),
    ("error-cell", "Aantal", "#DIV/0!", 3),
    ("formula-not-calculated", "Prijs", "=M29*2", 1250.5),
    ("formula-not-calculated", "Aantal", "=1+1", 3),
    ("control-character", "Code", "00040\u200b", "00040"),
    ("control-character", "Klantnr", "00042\u202e", "00042"),
    ("number-as-id", "Code", 12345678901234567890, "00040"),
    ("number-as-id", "Klantnr", 1.5e20, "00042"),
)
_OF_LINES = frozenset({"Code", "Aantal", "Prijs", "BTW", "Bedrag"})
PLANTS = tuple(
    Plant(kind, number, number % LINES if column in _OF_LINES else 0, column, wrong, right)
    for number, (kind, column, wrong, right) in enumerate(_WRONG)
)


def planted(path: Path, plants: Iterable[Plant] = PLANTS) -> Path:
    """Write the workbook: a title, the header in row 4, formats and widths of its own, and a second sheet."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = SHEET
    sheet["A1"] = "Verkoop maart 2026"
    sheet.merge_cells("A1:H1")
    for place, header in enumerate(COLUMNS, 1):
        cell = sheet.cell(HEADER_ROW, place, header)
        cell.font, cell.fill = Font(bold=True, color="FFFFFFFF"), PatternFill("solid", fgColor="FF305496")
    for number in range(INVOICES):
        for line in range(LINES):
            day = date(2026, 3, 1 + number % 28)
            sheet.append(
                [f"2026-{number + 1:04}", day, date(2026, 5, 1), "00042", "Voorbeeldklant BV", "BE0101004219",
                 "Denkbeeldige Kaai 12", "9000", "Gent", "België", f"0004{line}", "Advies", 2 + line, 1250.5, 0.21, None,
                 "Ann", "M1", "P-1", None]
            )  # fmt: skip
            row = sheet.max_row
            for letter, form in (("B", "dd/mm/yyyy"), ("C", "dd/mm/yyyy"), ("N", "#,##0.00"), ("O", "0%")):
                sheet[f"{letter}{row}"].number_format = form
    for plant in plants:
        sheet[plant.cell].value = plant.wrong
    sheet.column_dimensions["E"].width = 22
    notes: Any = book.create_sheet("Notities")
    notes["A1"] = "Niet wissen"
    book.save(path)
    return path


def corrected(path: Path, plants: Iterable[Plant] = PLANTS) -> Path:
    """Correct cells as a person would, and save the workbook where it is."""
    book = load_workbook(path)
    for plant in plants:
        cell: Any = book[SHEET][plant.cell]
        cell.value = plant.right
        if isinstance(plant.right, date):
            cell.number_format = "dd/mm/yyyy"
    book.save(path)
    return path
