"""The columns of the lines: quantity, price and VAT rate, chosen so that the amounts of the file prove each other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

import numpy as np

from importer.stations.columns import to_cents
from importer.suggest.arithmetic import Proofs, line_cents, prove
from importer.suggest.model import Column
from importer.suggest.numbers import Amounts, Signs, read_amounts
from importer.suggest.values import Rates, are_numbers, find_rates, fold, rates_by_row
from importer.suggest.work import Work

_MOST_TRIED: Final = 4  # columns for quantity and for price
_SINGLE: Final = (21, 12, 6)


@dataclass(frozen=True)
class Lines:
    """The columns of the lines as they prove each other best.

    `percent` is the rate of each row (-1 unknown; None: no column). `single` is the one rate that the totals of a file
    without such a column are reached with, else -1. `aside` counts the invoices with a discount, if the proofs leave
    them out.
    """

    quantity: Column | None
    price: Column | None
    rate: Column | None
    rates: Rates | None
    proofs: Proofs | None = None
    percent: np.ndarray | None = None
    single: int = -1
    aside: int = 0

    @property
    def weight(self) -> tuple[int, int, int]:
        """How much is proved: equations of lines first; the fewer invoices left out, the better."""
        if self.proofs is None:
            return (0, 0, 0)
        telling = [one for one in self.proofs.equations if one.telling or one.side is not None]
        return (sum(1 for one in telling if one.role == "line_total"), len(telling), -self.aside)


def find_lines(work: Work, signs: Signs) -> Lines:
    """Try the columns that may be quantity, price and rate in every combination; the best proved one wins, then rank."""
    numeric = {column.position for column in work.body.columns if are_numbers(column, signs)}
    quantities = work.free("quantity", lambda each: each.position in numeric)[:_MOST_TRIED]
    # what was taken back is not to be invoiced: where a quantity without it stands beside, rows that differ prove nothing
    net = [column for column in quantities if "refund" in fold(column.header)]
    rests = [np.array(column.texts, dtype=object) for column in (quantities if net else [])]
    prices = work.free("price", lambda each: each.position in numeric)[:_MOST_TRIED]
    rates: list[tuple[Column | None, Rates | None]] = []
    for column in work.free("vat_rate"):
        found = find_rates(work.by_invoice(column), signs)
        if found.are_rates:
            rates.append((column, found))
    rates = rates[:_MOST_TRIED] or [(None, None)]
    # one column is one field: a "Tarief" whose cells are all VAT rates is no price as well
    own = [each for each in prices if rates[0][0] is None or each.position != rates[0][0].position]
    counted = [each for each in quantities if not own or each.position != own[0].position]
    best = Lines(counted[0] if counted else None, own[0] if own else None, *rates[0])
    discounted = _discounted(work, signs, numeric)
    for quantity, price, (rate, known) in product(quantities, prices, rates):
        if len({quantity.position, price.position, -1 if rate is None else rate.position}) < 3:  # noqa: PLR2004 - three columns
            continue
        lines, usable = line_cents(read_amounts(quantity, signs), read_amounts(price, signs))
        for rest in rests:
            usable &= rest == rests[0]
        percent = None
        if rate is not None and known is not None:
            percent = rates_by_row(work.by_invoice(rate), known, signs)
        chosen = Lines(quantity, price, rate, known, percent=percent)
        taken = {column.position for column in (quantity, price, rate) if column is not None}
        amounts = _amounts(work, signs, numeric - taken)
        tried = _proved(chosen, lines, usable, work.groups, amounts)
        if discounted.any() and not discounted.all():
            apart = _proved(chosen, lines, usable & ~discounted, work.groups, amounts)
            apart = replace(apart, aside=len(np.unique(work.groups[discounted])))
            tried = max(tried, apart, key=lambda each: each.weight)
        if best.proofs is None or tried.weight > best.weight:
            best = tried
    return best


def _proved(
    chosen: Lines, lines: np.ndarray, usable: np.ndarray, groups: np.ndarray, amounts: Sequence[Amounts]
) -> Lines:
    """The equations of these columns; without a column of rates, with the one rate that brings VAT into them."""
    plain = replace(chosen, proofs=prove(lines, usable, chosen.percent, groups, amounts))
    if chosen.percent is not None:
        return plain
    fits = []
    for rate in _SINGLE:
        percent = np.full(len(lines), rate, dtype=np.int64)
        proofs = prove(lines, usable, percent, groups, amounts)
        if any(one.side is not None and one.exact for one in proofs.equations):
            fits.append(replace(chosen, proofs=proofs, percent=percent, single=rate))
    return fits[0] if len(fits) == 1 else plain


def _amounts(work: Work, signs: Signs, positions: set[int]) -> list[Amounts]:
    """The columns that may be totals or VAT amounts."""
    return [
        read_amounts(column, signs)
        for column in work.body.columns
        if column.position in positions and (column.has("amount") or column.has("vat_amount"))
    ]


def _discounted(work: Work, signs: Signs, numeric: set[int]) -> np.ndarray:
    """The rows of invoices that have a discount somewhere: their amounts may be before or after it."""
    hit = np.zeros(len(work.body.rows), dtype=bool)
    for column in work.body.columns:
        if column.position in numeric and column.has("discount") is not None:
            amounts = read_amounts(column, signs)
            hit |= amounts.good & (to_cents(amounts.numbers.mantissa, amounts.numbers.scale) != 0)
    return np.isin(work.groups, work.groups[hit])
