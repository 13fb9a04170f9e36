"""Small invented exports for the tests of suggesting: their rows as text, and as workbooks."""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from openpyxl import Workbook

DUTCH = """\
Factuurnummer;Factuurdatum;Vervaldatum;Klantnaam;BTW-nummer;Adres;Postcode;Gemeente;Land;Artikelcode;Omschrijving;Aantal;Eenheidsprijs;BTW %;Totaal excl. BTW;BTW-bedrag;Totaal incl. BTW
VF26-001;03-04-2026;03-05-2026;Verzonnen Tuinen BV;BE0101004219;Luchtkasteellaan 4;9000;Gent;België;T-1;Snoeien;3;45,00;21;135,00;28,35;163,35
VF26-001;03-04-2026;03-05-2026;Verzonnen Tuinen BV;BE0101004219;Luchtkasteellaan 4;9000;Gent;België;T-2;Compost;12;1.104,50;6;13.254,00;795,24;14.049,24
VF26-002;14-04-2026;14-05-2026;Denkbeeldig Café NV;BE0101010751;Nergensweg 1;2000;Antwerpen;Nederland;T-1;Snoeien;1;45,00;21;45,00;9,45;54,45
VF26-003;05-04-2026;05-05-2026;Fictief;;Nergensweg 9;1000;Brussel;Duitsland;T-3;Gras;2,5;9,95;12;24,88;2,99;27,87
Totaal;;;;;;;;;;;;;;13458,88;836,03;14294,91
"""
FRENCH = """\
N° facture;Date facture;Échéance;Client;N° TVA;Code article;Désignation;Qté;Prix unitaire HT;Taux TVA;Montant HT;Montant TVA;Total TTC
F1;28/01/2026;27/02/2026;Boulangerie Imaginaire SRL;BE0102000151;PAIN;Pain;60;2,10;TVA 6%;126,00;7,56;133,56
F1;28/01/2026;27/02/2026;Boulangerie Imaginaire SRL;BE0102000151;LIVR;Livraison;1;15,00;TVA 21%;15,00;3,15;18,15
F2;03/02/2026;05/03/2026;Club L’Exemple;;SALLE;Salle;1;85,00;TVA 21%;85,00;17,85;102,85
"""  # noqa: RUF001 - French apostrophes are these
ENGLISH = """\
Order Number,Order Date,Billing Company,Billing Name,Billing Address1,Billing Zip,Billing City,Billing Country,Lineitem sku,Lineitem quantity,Lineitem price,Shipping,Total,Currency,Tax rate
#1001,2026-03-02 10:11:12,,Zoe Invented,Street 1,9000,Gent,BE,S1,2,10.00,5.00,36.30,EUR,0.21
#1001,,,,,,,,S2,1,5.00,,,,0.21
#1002,2026-03-03 11:00:00,Made Up Ltd,Bob Invented,Street 2,75008,Paris,FR,S1,1,10.00,0.00,12.10,EUR,0.21
"""


def written(folder: Path, text: str, name: str = "export.csv", encoding: str = "utf-8") -> Path:
    """A text file."""
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def workbook(folder: Path, sheets: dict[str, Iterable[Sequence[object]]], name: str = "export.xlsx") -> Path:
    """A workbook of typed cells; a date becomes a true date."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    path = folder / name
    book.save(path)
    return path


DAY = date(2026, 3, 2)
