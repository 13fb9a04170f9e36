"""Laws that hold for any source: nothing is lost, one bad line costs one invoice, order does not matter."""

import csv
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st
from sources import COLUMNS, Run, go, go_file, table_of

from importer.domain.invoice import Span
from importer.stations.plan import add_up

HEADERS = (*COLUMNS.split(";"), "Omschrijving")
SKIP = {"rows": {"skip": [{"column": "Omschrijving", "equals": "Totaal", "reason": "total row"}]}}
CENT = Decimal("0.01")

Cells = tuple[str, ...]


class Source(NamedTuple):
    """Rows in order, and what an honest reader would say of each."""

    rows: list[Cells]
    owner: list[str]  # the invoice a row belongs to; empty: none, it is blank, a total, or names none
    fate: list[str]  # fine, bad, skipped, nameless
    sheets: list[int]  # how many rows the first, second, ... sheet has


def _line(key: str, amount: Decimal, quantity: int, rate: str, code: str) -> Cells:
    return (key, "01/03/2026", f"Klant {key}", code, str(quantity), f"{amount}".replace(".", ","), rate, "")


ERRORS: dict[str, Callable[[Cells], Cells]] = {
    "a letter in the price": lambda cells: (*cells[:5], "1O,00", *cells[6:]),
    "a day that does not exist": lambda cells: (cells[0], "31/02/2026", *cells[2:]),
    "no product": lambda cells: (*cells[:3], "", *cells[4:]),
    "a rate of another country": lambda cells: (*cells[:6], "19", *cells[7:]),
    "another customer": lambda cells: (*cells[:2], "Somebody else", *cells[3:]),
    "an error of the spreadsheet": lambda cells: (*cells[:4], "<e>#REF!", *cells[5:]),
    "a field too many": lambda cells: (*cells, "x"),
    "fields too few": lambda cells: cells[:5],
    "a number no longer exact": lambda cells: (*cells[:3], "<n>1.2E+17", *cells[4:]),
}
NO_ROW = {"skipped": ("",) * 7 + ("Totaal",), "blank": (), "nameless": ("", *_line("x", Decimal(1), 1, "21", "P1")[1:])}

_prices = st.decimals(min_value=0, max_value=99_999, places=2)


@st.composite
def sources(draw: st.DrawFn, *, errors: bool = True) -> Source:
    """A few invoices of a few lines, rows in any order, with total rows, blank rows and errors between."""
    keys = draw(st.lists(st.integers(1, 40), min_size=1, max_size=6, unique=True))
    entries: list[tuple[Cells, str, str]] = []
    for number in keys:
        key = f"INV-{number:03}"
        lines = [
            _line(
                key, draw(_prices), draw(st.integers(1, 50)), draw(st.sampled_from(["0", "6", "12", "21"])), f"P{place}"
            )
            for place in range(draw(st.integers(1, 4)))
        ]
        broken = draw(st.integers(-3 * len(lines), len(lines) - 1)) if errors else -1
        for place, line in enumerate(lines):
            fate = "fine"
            cells = line
            if place == broken:
                # a customer can only differ where there is another row to differ from
                name = draw(st.sampled_from([name for name in ERRORS if len(lines) > 1 or name != "another customer"]))
                cells, fate = ERRORS[name](line), "bad"
            entries.append((cells, key, fate))
    for name in draw(st.lists(st.sampled_from(sorted(NO_ROW)), max_size=5)):
        fate = "nameless" if name == "nameless" else "skipped"
        if errors or fate == "skipped":
            entries.append((NO_ROW[name], "", fate))
    entries = draw(st.permutations(entries))
    rows, owner, fate_of = ([entry[place] for entry in entries] for place in range(3))
    cut = draw(st.integers(0, len(rows)))
    return Source(rows, owner, fate_of, [cut, len(rows) - cut])  # type: ignore[arg-type]  # the columns of `entries`


def _go(source: Source, *, sheets: bool = True) -> Run:
    cuts = source.sheets if sheets else [len(source.rows)]
    tables, start = [], 0
    for number, count in enumerate(cuts):
        tables.append(table_of(source.rows[start : start + count], HEADERS, sheet=f"Blad{number}"))
        start += count
    return go(tables, SKIP)


def _amount(cells: Cells) -> Decimal:
    price = Decimal(cells[5].replace(",", "."))
    return (price * int(cells[4])).quantize(CENT, ROUND_HALF_UP)


def _places(source: Source) -> list[tuple[int, int]]:
    return [(sheet, row) for sheet, count in enumerate(source.sheets) for row in range(2, count + 2)]


def _covered(spans: list[Span]) -> list[tuple[int, int]]:
    return [(span.sheet, row) for span in spans for row in range(span.first, span.last + 1)]


@given(sources())
def test_every_row_ends_in_exactly_one_bucket(source: Source) -> None:
    """Rows read are invoiced, skipped or refused, each in one of the three, and the report can name each of them."""
    run = _go(source)
    rows = run.grouped.rows

    invoiced = _covered([span for invoice in run.grouped.invoices for span in invoice.spans])
    refused = _covered([span for refused in run.grouped.refused for span in refused.spans])
    skipped = _covered([skip.span for skip in run.mapped.skipped])

    assert sorted(invoiced + refused + skipped) == _places(source)
    assert rows.read == len(source.rows) == rows.invoiced + rows.skipped + rows.refused
    assert (rows.invoiced, rows.skipped, rows.refused) == (len(invoiced), len(skipped), len(refused))


@given(sources())
def test_one_bad_line_refuses_its_invoice_and_only_that_one(source: Source) -> None:
    """Invoices with a bad row are refused whole, all others pass, rows without a key are refused one by one."""
    run = _go(source)

    bad = {key for key, fate in zip(source.owner, source.fate, strict=True) if fate == "bad"}
    good = {key for key in source.owner if key} - bad

    assert set(run.invoices) == good
    assert {label for label in run.refused if label} == bad
    assert sum(not refused.label for refused in run.grouped.refused) == source.fate.count("nameless")
    assert all(codes for codes in run.refused.values())


@given(sources())
def test_cents_balance(source: Source) -> None:
    """The sum of what may go is the sum of its rows, and each invoice comes to the sum of its own rows, to the cent."""
    run = _go(source)

    expected: dict[str, Decimal] = {}
    for cells, key in zip(source.rows, source.owner, strict=True):
        if key in run.invoices:
            expected[key] = expected.get(key, Decimal(0)) + _amount(cells)

    assert {key: Decimal(invoice.excl) / 100 for key, invoice in run.invoices.items()} == expected
    totals = add_up(run.grouped.invoices)
    assert Decimal(totals.excl) / 100 == sum(expected.values())
    assert totals.incl == totals.excl + totals.vat
    assert sum(rate.base for rate in totals.rates) == totals.excl
    assert sum(rate.vat for rate in totals.rates) == totals.vat


@given(sources(), st.randoms(use_true_random=False))
def test_the_order_of_invoices_does_not_matter(source: Source, random: object) -> None:
    """Rows of other invoices may stand anywhere, on any sheet: each invoice keeps its exact bytes, the plan its digest."""
    entries = list(zip(source.rows, source.owner, source.fate, strict=True))
    queues = {key: [entry for entry in entries if entry[1] == key] for key in source.owner}
    order = list(source.owner)
    random.shuffle(order)  # type: ignore[attr-defined]  # a random.Random
    moved = [queues[key].pop(0) for key in order]
    shuffled = Source([row for row, _, _ in moved], order, [fate for _, _, fate in moved], [len(moved), 0])

    before, after = _go(source), _go(shuffled)

    assert before.bodies() == after.bodies()
    assert before.plan().digest == after.plan().digest


@given(sources())
def test_planning_twice_gives_the_same_plan(source: Source) -> None:
    """The same files against the same ledger are the same plan, whatever the machine did in between."""
    assert _go(source).plan().digest == _go(source).plan().digest


@given(sources())
def test_invoices_come_in_the_order_of_their_first_row(source: Source) -> None:
    """What is shown and sent follows the file."""
    run = _go(source, sheets=False)

    seen = [key for key, _ in groupby(dict.fromkeys(source.owner)) if key]

    assert [invoice.label for invoice in run.grouped.invoices] == [key for key in seen if key in run.invoices]


@given(sources())
def test_a_file_on_disk_says_the_same_as_its_cells(tmp_path_factory: object, source: Source) -> None:
    """READ and the stations after it agree: the same cells give the same invoices, refusals and counts."""
    folder: Path = tmp_path_factory.mktemp("file")  # type: ignore[attr-defined]  # pytest's factory
    rows = [tuple(cell.removeprefix("<e>").removeprefix("<n>") for cell in row) for row in source.rows]
    with (folder / "maart.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows([HEADERS, *rows])

    from_cells, from_file = go([table_of(rows, HEADERS)], SKIP), go_file(folder / "maart.csv", SKIP)

    assert from_file.bodies() == from_cells.bodies()
    assert from_file.refused == from_cells.refused
    blank_end = from_cells.grouped.rows.read - from_file.grouped.rows.read
    assert from_file.grouped.rows.refused == from_cells.grouped.rows.refused
    assert from_file.grouped.rows.skipped == from_cells.grouped.rows.skipped - blank_end
    assert rows[len(rows) - blank_end :] == [()] * blank_end
