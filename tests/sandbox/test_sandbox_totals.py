"""The look-alike's arithmetic, against figures worked out by hand and against laws."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.domain.money import RateTotal
from importer.facturalia.sandbox import SandboxSettings
from importer.facturalia.sandbox.totals import sum_up


def lines_of(*rows: tuple[str, str, int]) -> list[dict[str, Any]]:
    """Checked lines from (quantity, unit price, rate)."""
    return [
        {"quantity": Decimal(quantity), "unit_price": Decimal(price), "vat_rate": Decimal(rate)}
        for quantity, price, rate in rows
    ]


def test_rates_are_summed_apart() -> None:
    """Base and VAT per rate, in rising order, and totals that are their sums."""
    sums = sum_up(lines_of(("8.5", "1250.00", 21), ("3", "9.99", 6), ("1", "5", 0)), {}, SandboxSettings())

    assert sums.lines == (1_062_500, 2_997, 500)
    assert sums.rates == (RateTotal(0, 500, 0), RateTotal(6, 2_997, 180), RateTotal(21, 1_062_500, 223_125))
    assert (sums.excl, sums.vat, sums.incl) == (1_065_997, 223_305, 1_289_302)


def test_a_line_is_rounded_half_up() -> None:
    """0.5 x 0.01 is a cent; what binary floats would get wrong is right; 30 digits are still exact."""
    sums = sum_up(
        lines_of(("0.5", "0.01", 0), ("1", "1.005", 0), ("1", "0.00499999999999999999999999999999", 0)),
        {},
        SandboxSettings(),
    )

    assert sums.lines == (1, 101, 0)


def test_vat_per_line_and_per_invoice_differ_where_they_should() -> None:
    """Three lines of 0.07 at 21 %: 0.0441 over the whole is 0.04, 0.0147 a line is three times 0.01."""
    rows = lines_of(*[("1", "0.07", 21)] * 3)

    assert sum_up(rows, {}, SandboxSettings(rounding="per_invoice")).vat == 4
    assert sum_up(rows, {}, SandboxSettings(rounding="per_line")).vat == 3


def test_prices_with_vat_are_taken_apart() -> None:
    """121 incl. at 21 % is 100 + 21, and the sum of the prices comes back exactly."""
    sums = sum_up(lines_of(("1", "121", 21), ("1", "0.10", 6)), {}, SandboxSettings(prices="incl_vat"))

    assert (sums.excl, sums.vat, sums.incl) == (10_009, 2_101, 12_110)


@pytest.mark.parametrize(
    ("discount", "excl", "vat"),
    [
        ({"discount_percent": Decimal(10)}, 18_000, 1_890),
        ({"discount_amount": Decimal("20.00")}, 18_000, 1_890),
        ({"discount_percent": Decimal(100)}, 0, 0),
    ],
)
def test_a_discount_is_spread_over_the_lines(discount: dict[str, Decimal], excl: int, vat: int) -> None:
    """100 at 21 % and 100 at 0 %: each bears half of the discount."""
    sums = sum_up(lines_of(("1", "100", 21), ("1", "100", 0)), discount, SandboxSettings())

    assert (sums.excl, sums.vat) == (excl, vat)


numbers = st.decimals(min_value=0, max_value=10_000, places=3)
rows = st.lists(st.tuples(numbers, numbers, st.sampled_from([0, 6, 12, 21])), min_size=1, max_size=8)


@given(
    rows,
    st.decimals(min_value=0, max_value=100, places=2),
    st.sampled_from(["per_invoice", "per_line"]),
    st.sampled_from(["excl_vat", "incl_vat"]),
)
def test_totals_always_add_up(
    given_rows: list[tuple[Decimal, Decimal, int]], percent: Decimal, rounding: Any, prices: Any
) -> None:
    """Without plus VAT is with VAT, rates add up to totals, and lines minus discount is what the prices say."""
    lines = [
        {"quantity": quantity, "unit_price": price, "vat_rate": Decimal(rate)} for quantity, price, rate in given_rows
    ]
    sums = sum_up(lines, {"discount_percent": percent}, SandboxSettings(rounding=rounding, prices=prices))

    assert sums.incl == sums.excl + sums.vat
    assert sum(rate.base for rate in sums.rates) == sums.excl
    assert sum(rate.vat for rate in sums.rates) == sums.vat
    assert sum(sums.lines) - sums.discount == (sums.excl if prices == "excl_vat" else sums.incl)
    assert all(rate.base >= 0 and rate.vat >= 0 for rate in sums.rates)
