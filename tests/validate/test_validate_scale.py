"""Size: nothing falls off a cliff, whether no row is bad, one, or all; and no sheet is too empty."""

import time

import numpy as np
import pyarrow as pa
import pytest
from sources import COLUMNS, Run, go, profile

from importer.domain.invoice import SourceFile
from importer.profile.model import Profile
from importer.stations.table import Table

HEADERS = COLUMNS.split(";")


def large(rows: int, **columns: list[str]) -> Table:
    """A table of this many rows, four to an invoice."""
    numbers = np.arange(rows) // 4
    cells = {
        "Nr": [f"{number:07}" for number in numbers.tolist()],
        "Datum": ["01/03/2026"] * rows,
        "Klant": [f"Klant {number % 500}" for number in numbers.tolist()],
        "Code": ["A1"] * rows,
        "Aantal": ["2"] * rows,
        "Prijs": ["10,50"] * rows,
        "BTW": ["21"] * rows,
    } | columns
    return Table(
        file=SourceFile("maart.csv", "0" * 64, 1),
        sheet="",
        header_row=1,
        headers=tuple(HEADERS),
        columns=[pa.chunked_array([pa.array(cells[name], pa.large_string())]) for name in HEADERS],
        rows=np.arange(2, rows + 2),
        kinds=[None] * len(HEADERS),
        detected={},
    )


def timed(table: Table, rules: Profile | None = None) -> tuple[Run, float]:
    """A run and its processor seconds."""
    start = time.process_time()
    run = go([table], rules or profile())
    return run, time.process_time() - start


@pytest.mark.parametrize("rows", [0, 1])
def test_an_empty_sheet_and_a_single_row(rows: int) -> None:
    """A header without rows gives nothing and breaks nothing; one row is a whole source."""
    run = go([large(rows)])

    assert run.grouped.rows == (rows, rows, 0, 0)
    assert (len(run.grouped.invoices), run.findings) == (rows, [])
    assert run.plan().rows.read == rows


def test_every_row_bad_in_seconds() -> None:
    """Two hundred thousand bad cells are two hundred thousand findings, each with its cell, within seconds."""
    run, seconds = timed(large(200_000, Prijs=["10,5O"] * 200_000))

    assert len(run.findings) == 200_000
    assert (run.findings[-1].cell, run.findings[-1].invoice) == ("F200001", "0049999")
    assert len(run.grouped.refused) == 50_000
    assert seconds < 30


def test_one_bad_row_among_many_is_no_cliff() -> None:
    """One bad amount and one bad date among two hundred thousand rows cost no more than none."""
    rows = 200_000
    dates, prices = ["01/03/2026"] * rows, ["10,50"] * rows
    dates[123_456], prices[7] = "32/03/2026", "x"

    _, clean = timed(large(rows))
    run, seconds = timed(large(rows, Datum=dates, Prijs=prices))

    assert run.cells("bad-amount") == ["F9"]
    assert run.cells("bad-date") == ["B123458"]
    assert len(run.grouped.refused) == 2
    assert seconds < 3 * clean + 1


@pytest.mark.parametrize(
    "column",
    [
        {"Klant": [f"Klant {row}" for row in range(100_000)]},
        {"Nr": [f"{row // 4}" if row % 2 else f"{row // 4}.0" for row in range(100_000)]},
        {"Nr": [""] * 100_000},
        {"Datum": ["32/03/2026"] * 100_000},
        {"Aantal": ["-2"] * 100_000},
        {"Prijs": ["0,00"] * 100_000},
        {"Prijs": ["999999999999"] * 100_000, "Aantal": ["999999999999"] * 100_000},
    ],
    ids=[
        "customers differ",
        "keys in two spellings",
        "no keys",
        "no dates",
        "credit notes",
        "zero totals",
        "too large",
    ],
)
def test_every_row_odd_in_seconds(column: dict[str, list[str]]) -> None:
    """No kind of trouble in every row costs more than its findings: nothing is quadratic."""
    run, seconds = timed(large(100_000, **column))

    assert len(run.findings) >= 25_000
    assert seconds < 20


def test_many_ragged_rows_in_seconds() -> None:
    """Every second row ragged: each is looked up, none against all others."""
    table = large(100_000)
    table.ragged = {row: (f"{row // 4:07}", "x") for row in range(0, 100_000, 2)}

    run, seconds = timed(table)

    assert len(run.grouped.refused) == 25_000
    assert seconds < 20


def test_prices_with_vat_that_do_not_come_back_in_seconds() -> None:
    """Every invoice of four lines brought back by other prices, or refused for its total: no total of 10.00 exists."""
    for price, codes in (("10,00", set[str]()), ("2,50", {"incl-not-exact"})):
        run, seconds = timed(
            large(100_000, Prijs=[price] * 100_000, Aantal=["1"] * 100_000), profile({"prices": "incl_vat"})
        )

        assert set(run.codes) == codes
        assert seconds < 20
