"""Invoices as the source says them: plain data, exact amounts, and the rows each came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

from importer.domain.money import RateTotal

NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class SourceFile(NamedTuple):
    """A file as it was read. `name` is the base name, `sha256` of its bytes, `size` in bytes."""

    name: str
    sha256: str
    size: int


class Above(NamedTuple):
    """A cell with text above the header: titles, the name and number of a company. `cell` is `B2`."""

    row: int
    cell: str
    text: str


class Sheet(NamedTuple):
    """A sheet that was read. `name` is empty for text files; `header_row` as the spreadsheet shows it.

    `columns` maps our field paths (`lines.unit_price`) to the header and the letter of the column it came from.
    `detected` says how it was read (encoding, delimiter, ...), in words for the report. `proved` holds what the profile
    left open and the file showed, by the keys of `source` in the profile. `above` are cells above the header; the ledger
    does not keep them.
    """

    file: SourceFile
    name: str
    header_row: int
    columns: Mapping[str, tuple[str, str]]
    detected: Mapping[str, str]
    proved: Mapping[str, str] = NOTHING
    above: tuple[Above, ...] = ()


class Span(NamedTuple):
    """Rows `first` to `last` (both included, as the spreadsheet shows them) of sheet number `sheet` of the run."""

    sheet: int
    first: int
    last: int


class Line(NamedTuple):
    """A line of an invoice. Numbers are exact decimal literals without trailing zeros; `amount` in cents excl. VAT."""

    product_code: str
    quantity: str
    unit_price: str  # excl. VAT
    vat_rate: int  # percent
    amount: int
    extra: tuple[tuple[str, str], ...] = ()  # further fields the profile sends, as text


class LinePlace(NamedTuple):
    """Where a line stands: a row of sheet number `sheet`, and header and letter of its fields (`lines.unit_price`)."""

    sheet: int
    row: int
    columns: Mapping[str, tuple[str, str]]


@dataclass(slots=True, kw_only=True, eq=False)
class Invoice:
    """One source invoice that passed every check; lines in file order. Built only by `group`.

    `header` and `customer` hold the API's field names with text values (numbers as literals), absent fields left out.
    `hold` is the finding code that holds it (`credit-note`, `negative-line`), or empty. `places` tells for each line
    where it stands; empty where that is simply the rows of `spans`, one after the other.
    """

    key: tuple[str, ...]  # normalised key parts
    label: str  # the key as a person reads it
    header: Mapping[str, str]
    customer: Mapping[str, str]
    lines: tuple[Line, ...]
    excl: int  # cents
    vat: int
    incl: int
    rates: tuple[RateTotal, ...]
    spans: tuple[Span, ...]
    hold: str = ""
    places: tuple[LinePlace, ...] = ()


@dataclass(slots=True, kw_only=True)
class Refused:
    """An invoice that has at least one error: none of its lines is sent. `codes` say why."""

    label: str
    spans: tuple[Span, ...]
    codes: tuple[str, ...]


class RowCounts(NamedTuple):
    """Every row read ends in exactly one bucket: `read == invoiced + skipped + refused`, or the run fails."""

    read: int
    invoiced: int
    skipped: int
    refused: int


class SkippedRows(NamedTuple):
    """Rows left out by a rule, with its reason."""

    span: Span
    reason: str


class Agreement(NamedTuple):
    """A control column of the file over all invoices that may go: its sum `stated`, and what we reckon, in cents.

    `path` is what the profile calls it (`controls.line_total`), `header` what the file does.
    """

    path: str
    header: str
    stated: int
    reckoned: int


class Grouped(NamedTuple):
    """The whole source as invoices, in order of first row: those that may go (or are held), and those refused.

    `rows` balance. Rows that belong to no invoice are one `Refused` with an empty label. `agreements` are the file's own
    totals beside ours.
    """

    invoices: list[Invoice]
    refused: list[Refused]
    rows: RowCounts
    agreements: tuple[Agreement, ...] = ()
