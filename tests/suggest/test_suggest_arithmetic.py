"""What amounts prove about each other."""

import numpy as np
import pytest

from importer.stations.table import Numbers
from importer.suggest.arithmetic import Proofs, prove, prove_extra, rates_from_amounts
from importer.suggest.model import Column
from importer.suggest.numbers import Amounts

LINES = np.array([13500, 1325400, 4500, 2488])
RATES = np.array([21, 6, 21, 12])
GROUPS = np.array([0, 0, 1, 2])
VAT = np.array([2835, 79524, 945, 299])


def amounts(cents: np.ndarray) -> Amounts:
    """A column of these cents; a negative one stands for an empty cell."""
    texts = ["" if each < 0 else f"{each / 100:.2f}" for each in cents.tolist()]
    shown = Column(5, "F", "x", texts, None)
    return Amounts(shown, Numbers(np.maximum(cents, 0), 2), np.zeros(len(cents), dtype=bool), ())


def proved(cents: np.ndarray, rates: np.ndarray | None = RATES) -> set[tuple[str, str | None]]:
    """The equations that hold for a column of these cents, and that could have failed."""
    proofs = prove(LINES, np.ones(len(LINES), dtype=bool), rates, GROUPS, [amounts(cents)])
    return {(one.role, one.side) for one in proofs.equations if one.telling}


def by_invoice(values: np.ndarray) -> np.ndarray:
    """The sums of an invoice on all its rows."""
    sums: np.ndarray = np.bincount(GROUPS, weights=values).astype(np.int64)
    return np.asarray(sums[GROUPS])


@pytest.mark.parametrize(
    ("cents", "expected"),
    [
        (LINES, {("line_total", None)}),
        (LINES + VAT, {("line_incl", "excl_vat")}),
        (VAT, {("line_vat", "excl_vat")}),
        (by_invoice(LINES), {("invoice_excl", None)}),
        (by_invoice(LINES + VAT), {("invoice_incl", "excl_vat")}),
        (by_invoice(VAT), {("invoice_vat", "excl_vat")}),
        (np.round(LINES * 100 / (100 + RATES)).astype(np.int64), {("line_excl", "incl_vat")}),
        (LINES + 1, set()),
        (np.array([13501, 1325400, 4500, 2488]), set()),
        (np.array([-1, -1, -1, -1]), set()),
    ],
)
def test_each_column_is_what_it_comes_to(cents: np.ndarray, expected: set[tuple[str, str | None]]) -> None:
    """A column proves exactly the one equation that holds on all its rows; one wrong cent proves nothing."""
    assert proved(cents) == expected


def test_a_slip_is_told_with_its_row() -> None:
    """A column that comes to quantity times price on all rows but one names that row."""
    proofs = prove(LINES, np.ones(4, dtype=bool), RATES, GROUPS, [amounts(np.array([13501, 1325400, 4500, 2488]))])
    assert [(role, rows) for _, role, rows in proofs.near] == [("line_total", [0])]


def test_without_rates_nothing_is_said_of_vat() -> None:
    """Which side of VAT a total is on needs the rates."""
    assert proved(LINES + VAT, rates=None) == set()


def test_rates_of_zero_prove_no_side() -> None:
    """Where no VAT is due, with and without VAT are the same: no side is proved."""
    proofs = prove(LINES, np.ones(4, dtype=bool), np.zeros(4, dtype=np.int64), GROUPS, [amounts(LINES)])
    assert {one.side for one in proofs.equations} == {None}


def test_rounding_on_each_line_is_told_from_rounding_once() -> None:
    """Totals that are only reached by rounding VAT on each line say so."""
    lines, groups = np.array([103, 103, 103]), np.zeros(3, dtype=np.int64)
    rates = np.full(3, 21)
    once, each = 309 + 65, 309 + 3 * 22
    for total, rounding in ((once, "per_invoice"), (each, "per_line")):
        proofs = prove(lines, np.ones(3, dtype=bool), rates, groups, [amounts(np.full(3, total))])
        assert [one.rounding for one in proofs.of("invoice_incl")] == [rounding]


def proofs_of(lines: np.ndarray) -> Proofs:
    """Lines that are all known."""
    return Proofs(lines, np.ones(len(lines), dtype=bool))


def test_shipping_is_found_in_the_total_with_its_rate() -> None:
    """A total that is reached only with an order's shipping proves the side and the rate of shipping."""
    lines, rates, groups = np.array([2000, 500, 1000]), np.full(3, 21), np.array([0, 0, 1])
    shipping = amounts(np.array([500, -1, 0]))
    total = amounts(np.array([3630, -1, 1210]))
    found = prove_extra(proofs_of(lines), rates, groups, [total], shipping)
    assert found is not None
    assert (found.side, found.rate, found.on) == ("excl_vat", 21, 2)
    without = amounts(np.array([3025, -1, 1210]))
    assert prove_extra(proofs_of(lines), rates, groups, [without], shipping) is None


def test_one_rate_is_worked_out_from_vat_amounts() -> None:
    """VAT amounts that come to one rate on all lines, on one side of VAT, name it; several rates name none."""
    base, usable = np.array([10000, 5000]), np.ones(2, dtype=bool)
    assert rates_from_amounts(base, np.array([2100, 1050]), usable) == ("excl_vat", 21)
    assert rates_from_amounts(base, np.array([1736, 868]), usable) == ("incl_vat", 21)
    assert rates_from_amounts(base, np.array([2100, 300]), usable) is None
