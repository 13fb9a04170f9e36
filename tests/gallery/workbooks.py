"""The workbooks of the gallery, written anew: `python -m tests.gallery.workbooks [FOLDER]`. The same cells every time."""

import sys
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font

ROOT = Path(__file__).parents[2] / "sample_data"

NL_HEADERS = (
    "Factuurnummer", "Factuurdatum", "Vervaldatum", "Klant", "BTW-nummer", "Postcode", "Gemeente", "Land", "Artikelcode",
    "Omschrijving", "Aantal", "Prijs excl. BTW", "BTW %", "Bedrag excl. BTW", "Totaal incl. BTW",
)  # fmt: skip
NL_INVOICES = (
    (("F26-0101", date(2026, 3, 2), date(2026, 4, 1), "Café Zoë Voorbeeld BV", "BE 0102.030.439", "9000", "Gent", "België"),
     (("ADV", "Advies", 7.5, 90, 21), ("KM", "Verplaatsing", 48, 0.4, 21), ("BOEK", "Handleiding", 3, 18.25, 6)), 898.02),
    (("F26-0102", date(2026, 3, 12), date(2026, 4, 11), "Fietsen Verzonnen NV", "BE0107770265", "3000", "Leuven", "België"),
     (("ADV", "Advies", 12, 90, 21),), 1306.80),
    (("F26-0103", date(2026, 3, 30), date(2026, 4, 29), "Sprookjesbouw BV", "BE 0109.090.455", "8000", "Brugge", "België"),
     (("HUUR", "Huur toestel", 1, 191, 21),), 231.11),
)  # fmt: skip

FR_HEADERS = (
    "N° Facture", "Date", "Échéance", "Client", "N° TVA", "Code postal", "Localité", "Code article", "Désignation",
    "Quantité", "Prix unitaire HT", "Taux TVA", "Montant HT",
)  # fmt: skip
FR_INVOICES = (
    (("2026/031", date(2026, 3, 3), date(2026, 4, 2), "Imprimerie Fictive SRL", "BE0105550153", "5000", "Namur"),
     (("IMP", "Impression", 1500, 0.08, 0.21), ("LIV", "Livre relié", 20, 14.5, 0.06))),
    (("2026/032", date(2026, 3, 16), date(2026, 4, 15), "Atelier Inventé SA", "BE0108880322", "4000", "Liège"),
     (("IMP", "Impression", 2500, 0.08, 0.21), ("PLI", "Pliage", 2500, 0.02, 0.21))),
    (("2026/033", date(2026, 3, 31), date(2026, 4, 30), "Boulangerie Imaginaire SRL", "", "7000", "Mons"),
     (("PAIN", "Pain de mie", 30, 2.5, 0.06),)),
)  # fmt: skip


def dutch() -> Workbook:
    """Title and blank row above the headers, everything repeated on each row, the invoice's total too."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Verkoop"
    sheet["A1"] = "Verkoop maart 2026"
    sheet["A1"].font = Font(bold=True, size=14)
    rows: list[tuple[Any, ...]] = [NL_HEADERS]
    for head, lines, total in NL_INVOICES:
        rows += [(*head, *line, round(line[2] * line[3], 2), total) for line in lines]
    grand = sum(line[2] * line[3] for _, lines, _ in NL_INVOICES for line in lines)
    rows.append(("Totaal", *[None] * 12, round(grand, 2)))
    for number, row in enumerate(rows, 3):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(number, column, value)
            if isinstance(value, date):
                cell.number_format = "DD/MM/YYYY"
            elif isinstance(value, int | float) and column in {12, 14, 15}:
                cell.number_format = "#,##0.00"
    return book


def french() -> Workbook:
    """The document on the first row of its lines only; rates as percentages."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Ventes"
    rows: list[tuple[Any, ...]] = [FR_HEADERS]
    for head, lines in FR_INVOICES:
        for place, line in enumerate(lines):
            rows.append((*(head if place == 0 else [None] * len(head)), *line, round(line[2] * line[3], 2)))
    grand = sum(line[2] * line[3] for _, lines in FR_INVOICES for line in lines)
    rows.append((*[None] * 8, "Total", None, None, None, round(grand, 2)))
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(number, column, value)
            if isinstance(value, date):
                cell.number_format = "DD/MM/YYYY"
            elif column == 12 and isinstance(value, float):
                cell.number_format = "0%"
    return book


def main(folder: Path = ROOT) -> None:
    """Write both workbooks where the samples stand."""
    for book, place in ((dutch(), "plain-nl/verkoop-maart.xlsx"), (french(), "plain-fr/ventes-mars.xlsx")):
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        book.save(path)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
