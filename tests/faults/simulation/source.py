"""The sources of the simulation: a few invoices in a few versions, read once by the real stations, then dealt out freely."""

import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from importer.domain.invoice import Grouped, Invoice, Refused, RowCounts
from importer.pipeline import Source, read_source
from importer.profile.load import LoadedProfile, parse_profile

KEYS = ("1001", "1002", "1003", "1004")
SCARCE = "1002"  # needs a product that Facturalia may not have yet
BROKEN = "1009"  # refused: its amount is none
VERSIONS = ("first", "dearer", "credit", "shuffled")  # shuffled: the same lines in another order

_PROFILE = """\
profile: simulated
version: "1"
system: shop
source: {{kind: csv, delimiter: ";", decimal: ",", thousands: "", dates: "%d/%m/%Y"}}
invoice_key: [Nr]
prices: excl_vat
invoice:
{number}  date: {{column: Datum}}
customer:
  name: {{column: Klant}}
lines:
  product_code: {{column: Code}}
  quantity: {{column: Aantal}}
  unit_price: {{column: Prijs}}
  vat_rate: {{column: BTW}}
"""


class Item(NamedTuple):
    """One invoice in a file: its key, and what the file says of it."""

    key: str
    version: str = "first"


class Shop(NamedTuple):
    """Everything the sources are made of, for profiles that map an invoice number or do not."""

    loaded: LoadedProfile
    invoices: dict[Item, Invoice]
    whole: Source  # all versions, as read
    refused: Refused


@cache
def shop(*, numbered: bool) -> Shop:
    """Read every version of every invoice, once."""
    number = "  number: {column: Nr}\n" if numbered else ""
    loaded = parse_profile(_PROFILE.format(number=number).encode(), "simulated.yaml")
    invoices: dict[Item, Invoice] = {}
    with tempfile.TemporaryDirectory() as folder:
        for version in VERSIONS:
            path = Path(folder, f"{version}.csv")
            path.write_text(_file(version), encoding="utf-8")
            whole = read_source([path], loaded)
            for invoice in whole.grouped.invoices:
                invoices[Item(invoice.label, version)] = invoice
    return Shop(loaded, invoices, whole, whole.grouped.refused[0])


def _file(version: str) -> str:
    rows = ["Nr;Datum;Klant;Code;Aantal;Prijs;BTW"]
    for place, key in enumerate(KEYS, start=1):
        price = {"dearer": f"{place}1,50", "credit": f"-{place}0,25"}.get(version, f"{place}0,25")
        lines = [f"{key};03/03/2026;Klant {key};{'P2' if key == SCARCE else 'P1'};2;{price};21"]
        lines.append(f"{key};03/03/2026;Klant {key};P1;1;{place if version != 'credit' else -place};6")
        rows += reversed(lines) if version == "shuffled" else lines
    rows.append(f"{BROKEN};03/03/2026;Klant;P1;1;1O,00;21")
    return "\n".join(rows) + "\n"


def deal(items: Sequence[Item], *, numbered: bool, broken: bool) -> Source:
    """A file with these invoices in this order, and perhaps one that is refused."""
    made = shop(numbered=numbered)
    invoices = [made.invoices[item] for item in items]
    refused = [made.refused] if broken else []
    invoiced = sum(len(invoice.lines) for invoice in invoices)
    rows = RowCounts(invoiced + len(refused), invoiced, 0, len(refused))
    whole = made.whole
    findings = whole.findings if broken else []
    return Source(Grouped(invoices, refused, rows), findings, whole.sheets, [], made.loaded)
