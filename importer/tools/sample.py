"""An invented export in the layout of the profile `demo`, of any size: for trying, measuring and showing.

Every invoice is valid, every number unique. The same arguments give the same bytes, on every machine: chance comes
from the seed alone, dates are fixed, amounts are integers (prices in cents, quantities in hundredths).
"""

import os
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from importer.errors import ConfigError

HEADERS: Final = (
    *("Factuurnr", "Datum", "Vervaldatum", "Klantnr", "Klant", "BTW-nummer", "Straat", "Postcode", "Gemeente", "Land"),
    *("Code", "Omschrijving", "Aantal", "Prijs", "BTW", "Bedrag", "Verkoper", "Magazijn", "Project", "Opmerking"),
)
MAX_SHEET_ROWS: Final = 1_048_576
FIRST_DAY: Final = date(2026, 1, 1)
DAYS: Final = 300
BLOCK: Final = 2_000  # invoices written at a time

_NAMES: Final = ("Bakkerij", "Brasserie", "Drukkerij", "Garage", "Kapsalon", "Schrijnwerkerij", "Tuinen", "Zagerij")
_FANCIES: Final = ("Fictief", "Verzonnen", "Denkbeeldig", "Façade", "Voorbeeld", "Hersenspinsel", "Nergens", "Zoë")
_FORMS: Final = ("BV", "NV", "CommV", "VOF")
_STREETS: Final = ("Verzonnenstraat", "Denkbeeldige Kaai", "Fantasieplein", "Luchtkasteellaan", "Nergensweg")
_PLACES: Final = ("9000;Gent", "2000;Antwerpen", "3000;Leuven", "1000;Brussel", "8500;Kortrijk", "4000;Liège")
_GOODS: Final = ("Stoel", "Tafel", "Lamp", "Kast", "Gordijn", "Tapijt", "Spiegel", "Bank", "Bureau", "Kruk")
_KINDS: Final = ("eik", "beuk", "wit", "zwart", "groot", "klein", "op maat", "naturel")
_RATES: Final = (21, 21, 21, 21, 21, 6, 6, 12)
_SELLERS: Final = ("Ann", "Bart", "Chloë", "Dirk")
_REMARKS: Final = ("", "", "", "Levering aan de achterdeur", "Vanaf € 500 zonder kosten", "Bestelling per telefoon")
_CUSTOMERS: Final = 997
_PRODUCTS: Final = 499


def write_sample(path: Path, *, invoices: int, lines: int = 4, seed: int = 0) -> None:
    """Write `invoices` invoices of `lines` lines each to a .csv or .xlsx file; a file of that name is replaced.

    The text file is windows-1252 with semicolons, like the sample of the profile; the workbook holds every cell as
    text. Memory does not grow with the size. Raises ConfigError `bad-sample`; a half-written file is never left.
    """
    suffix = path.suffix.lower()
    if suffix not in {".csv", ".xlsx"}:
        raise _bad(f'"{path.name}" ends neither in .csv nor in .xlsx.', "Give the file one of these endings.")
    if invoices < 1 or lines < 1 or seed < 0:
        raise _bad("Invoices and lines must be 1 or more, the seed 0 or more.", "Give other numbers.")
    if suffix == ".xlsx" and invoices * lines >= MAX_SHEET_ROWS:
        raise _bad(f"A sheet holds {MAX_SHEET_ROWS - 1:,} lines at most.", "Ask for fewer, or for a .csv file.")
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    write = _write_csv if suffix == ".csv" else _write_xlsx
    try:
        write(unfinished, _rows(invoices, lines, seed))
        unfinished.replace(path)
    except OSError as error:
        raise _bad(
            f'"{path}" cannot be written: {error.strerror or error}.', "Check the folder and the disk."
        ) from None
    finally:
        unfinished.unlink(missing_ok=True)


def _bad(message: str, fix: str) -> ConfigError:
    return ConfigError("bad-sample", message, fix=fix)


def _rows(invoices: int, lines: int, seed: int) -> Iterator[list[str]]:
    """Blocks of rows, each row its 20 cells joined by semicolons (no cell holds one, nor a quote)."""
    chance = Random(seed)
    customers = [_customer(number) for number in range(_CUSTOMERS)]
    products = [_product(number) for number in range(_PRODUCTS)]
    dates = [f"{FIRST_DAY + timedelta(days=day):%d/%m/%Y}" for day in range(DAYS + 61)]
    block: list[str] = []
    for number in range(1, invoices + 1):
        draw = chance.getrandbits(64)
        draw, day = divmod(draw, DAYS)
        draw, term = divmod(draw, 3)
        draw, who = divmod(draw, _CUSTOMERS)
        draw, remark = divmod(draw, len(_REMARKS))
        head = f"S{seed}-{number:07d};{dates[day]};{dates[day + 14 + 16 * term]};{customers[who]}"
        tail = f"{_SELLERS[draw % 4]};M{1 + draw // 4 % 3};P-{1 + draw // 12 % 900};{_REMARKS[remark]}"
        for _ in range(lines):
            draw = chance.getrandbits(48)
            draw, which = divmod(draw, _PRODUCTS)
            draw, hundredths = divmod(draw, 2_000)
            product, price, shown, rate = products[which]
            # three lines of four have whole quantities
            quantity = (hundredths // 20 + 1) * 100 if draw % 4 else hundredths + 25
            total = (quantity * price + 50) // 100
            whole, rest = divmod(quantity, 100)
            count = str(whole) if not rest else f"{whole},{rest:02d}"
            block.append(f"{head};{product};{count};{shown};{rate};{_euros(total)};{tail}")
        if number % BLOCK == 0:
            yield block
            block = []
    yield block


def _euros(cents: int) -> str:
    """1062500 is 10.625,00."""
    whole, rest = divmod(cents, 100)
    text = str(whole) if whole < 1000 else f"{whole:,}".replace(",", ".")  # noqa: PLR2004 - the first dot
    return f"{text},{rest:02d}"


def _customer(number: int) -> str:
    """Klantnr to Land. The VAT number has valid check digits and begins with 01, which no real one does."""
    name = f"{_NAMES[number % 8]} {_FANCIES[number // 8 % 8]} {number + 1} {_FORMS[number % 4]}"
    base = 1_500_000 + number
    vat = f"BE0{base}{97 - base % 97:02d}"
    return f"{number + 1:05d};{name};{vat};{_STREETS[number % 5]} {number % 90 + 1};{_PLACES[number % 6]};België"


def _product(number: int) -> tuple[str, int, str, str]:
    """Code and description, price in cents, price and rate as shown."""
    price = 95 + number * 7919 % 180_000
    code = f"ART-{number + 1:04d}" if number % 5 else f"{number + 1:05d}"
    description = f"{_GOODS[number % 10]} {_KINDS[number // 10 % 8]}, model {number + 1}"
    return f"{code};{description}", price, _euros(price), f"{_RATES[number % 8]}%"


def _write_csv(path: Path, blocks: Iterator[list[str]]) -> None:
    with path.open("w", encoding="windows-1252", newline="") as file:
        file.write(";".join(HEADERS) + "\r\n")
        for block in blocks:
            file.write("".join(f"{row}\r\n" for row in block))


def _write_xlsx(path: Path, blocks: Iterator[list[str]]) -> None:
    import xlsxwriter  # noqa: PLC0415 - only where a workbook is written

    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    book.set_properties({"created": datetime(2026, 1, 1)})  # noqa: DTZ001 - the format knows no time zones
    sheet = book.add_worksheet("Facturen")
    for column, header in enumerate(HEADERS):
        sheet.write_string(0, column, header)
    number = 0
    for block in blocks:
        for row in block:
            number += 1
            for column, cell in enumerate(row.split(";")):
                if cell:
                    sheet.write_string(number, column, cell)
    book.close()
