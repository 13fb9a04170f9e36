"""What amounts prove about each other."""

import numpy as np
import pytest

from importer.stations.table import Numbers
from importer.suggest.arithmetic import Proofs, prove
from importer.suggest.extras import Extra, prove_extras
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


LONG, RATE, OF = np.array([2000, 500, 1000]), np.full(3, 21), np.array([0, 0, 1])
SHIPPING = Extra("shipping", 1, amounts(np.array([500, -1, 0])))
DISCOUNT = Extra("discount", -1, amounts(np.array([0, -1, 300])))


@pytest.mark.parametrize(
    ("total", "extras", "expected"),
    [
        ([3630, -1, 1210], [SHIPPING], ("excl_vat", 21, {"shipping"})),
        ([3555, -1, 1210], [SHIPPING], ("excl_vat", 6, {"shipping"})),
        ([3630, -1, 847], [SHIPPING, DISCOUNT], ("excl_vat", 21, {"shipping", "discount"})),
        ([3630, -1, 1210], [SHIPPING, DISCOUNT], ("excl_vat", 21, {"shipping"})),
        ([3025, -1, 1210], [SHIPPING], None),
        ([3000, -1, 1000], [SHIPPING], None),
    ],
)
def test_extras_are_found_in_the_total_with_their_rate(
    total: list[int], extras: list[Extra], expected: tuple[str, int, set[str]] | None
) -> None:
    """A total reached only with shipping or a discount proves side and rate; reached without them, or without VAT, nothing."""
    found = prove_extras(proofs_of(LONG), RATE, OF, [amounts(np.array(total))], [], extras)
    shown = None if found is None else (found.side, found.rate, {extra.name for extra in found.extras})
    assert shown == expected


def test_vat_within_the_prices_shows_that_they_are_with_it() -> None:
    """The same total is one with VAT only if a column of VAT amounts is the VAT within it, shipping's included."""
    total, within = amounts(np.array([3000, -1, 1000])), amounts(np.array([521, -1, 174]))
    found = prove_extras(proofs_of(LONG), RATE, OF, [total], [within], [SHIPPING])
    assert found is not None
    assert (found.side, found.rate, found.on) == ("incl_vat", 21, 2)
