"""Amounts of the whole invoice, such as shipping and a discount, that a total of the file is reached with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from importer.stations.columns import to_cents
from importer.suggest.arithmetic import PriceSide, Proofs, share, sums
from importer.suggest.model import Column
from importer.suggest.numbers import Amounts

_RATES: Final = (21, 12, 6, 0)


@dataclass(frozen=True)
class Extra:
    """One such amount: what it is called here, the sign with which it counts, and its column."""

    name: str
    sign: int
    amount: Amounts


@dataclass(frozen=True)
class ExtraProof:
    """Which extras a total is reached with, on which side of VAT. `rate` -1: their VAT rate cannot be told."""

    total: Column
    extras: tuple[Extra, ...]
    side: PriceSide
    rate: int
    on: int


def prove_extras(
    proofs: Proofs,
    rates: np.ndarray | None,
    groups: np.ndarray,
    totals: Sequence[Amounts],
    vats: Sequence[Amounts],
    extras: Sequence[Extra],
) -> ExtraProof | None:
    """The most extras with which one total of the file is reached on every invoice, and fails without them.

    `rates` as for `prove`. `vats` are columns of VAT amounts: where prices are with VAT only they show the extras' rate.
    """
    count = int(groups.max()) + 1 if len(groups) else 0
    usable = np.ones(count, dtype=bool)
    usable[groups[~proofs.usable]] = False
    amounts = {extra.name: _once(extra.amount, groups, count) for extra in extras}
    known = [extra for extra in extras if (own := amounts[extra.name]) is not None and own.any()]
    for size in range(len(known), 0, -1):
        for chosen in combinations(known, size):
            own = np.zeros(count, dtype=np.int64)
            for extra in chosen:
                own += extra.sign * np.asarray(amounts[extra.name])
            # an invoice with an amount that is not among the chosen ones says nothing
            left = [np.asarray(amounts[extra.name]) for extra in known if extra not in chosen]
            has = usable & ~np.any(np.stack([np.zeros(count), *left]) != 0, axis=0)
            proof = _reached(proofs, rates, groups, totals, vats, own, has)
            if proof is not None and all((np.asarray(amounts[extra.name]) * has).any() for extra in chosen):
                total, side, rate, on = proof
                return ExtraProof(total, chosen, side, rate, on)
    return None


def _reached(
    proofs: Proofs,
    rates: np.ndarray | None,
    groups: np.ndarray,
    totals: Sequence[Amounts],
    vats: Sequence[Amounts],
    own: np.ndarray,
    usable: np.ndarray,
) -> tuple[Column, PriceSide, int, int] | None:
    base = sums(proofs.lines, groups, len(own))
    sizes = np.bincount(groups, minlength=len(own)) + 1
    for total in totals:
        stated = _once(total, groups, len(own))
        if stated is None:
            continue
        has = usable & (stated != 0)
        if not (has & (own != 0)).any():
            continue
        if not np.abs(stated - base - own)[has].any():
            # the same sum may be one without VAT; only the VAT within the prices tells
            within = _rate_within(proofs, rates, groups, vats, own, has)
            if within >= 0:
                return total.column, "incl_vat", within, int(has.sum())
        fits = [
            rate
            for rate, vat in _vat_with(proofs.lines, rates, groups, own, within=False)
            if (np.abs(stated - base - own - vat)[has] <= sizes[has]).all() and vat[has].any()
        ]
        if fits:
            return total.column, "excl_vat", fits[0] if len(fits) == 1 else -1, int(has.sum())
    return None


def _rate_within(
    proofs: Proofs,
    rates: np.ndarray | None,
    groups: np.ndarray,
    vats: Sequence[Amounts],
    own: np.ndarray,
    has: np.ndarray,
) -> int:
    """The one rate of the extras with which a column of VAT amounts is the VAT within the prices; -1 if none or several."""
    sizes = np.bincount(groups, minlength=len(own)) + 1
    for each in vats:
        stated = _once(each, groups, len(own))
        if stated is None or not (stated * has).any():
            continue
        fits = [
            rate
            for rate, vat in _vat_with(proofs.lines, rates, groups, own, within=True)
            if (np.abs(stated - vat)[has] <= sizes[has]).all()
        ]
        if len(fits) == 1:
            return fits[0]
    return -1


def _vat_with(
    lines: np.ndarray, rates: np.ndarray | None, groups: np.ndarray, own: np.ndarray, *, within: bool
) -> Iterator[tuple[int, np.ndarray]]:
    """For each rate the extras may have: the VAT of each invoice, on top of the prices or within them."""
    if rates is None or (rates < 0).any():
        return
    bases = {rate: sums(np.where(rates == rate, lines, 0), groups, len(own)) for rate in _RATES if rate}
    for rate in _RATES:
        vat = [
            share(base + (own if each == rate else 0), each, 100 + each if within else 100)
            for each, base in bases.items()
        ]
        yield rate, np.sum(vat, axis=0)


def _once(amount: Amounts, groups: np.ndarray, count: int) -> np.ndarray | None:
    """The cents of a column for each invoice, 0 where it has none; None where an invoice has two different ones."""
    cents = to_cents(amount.numbers.mantissa, amount.numbers.scale)
    said = np.full(count, -1, dtype=np.int64)
    for row in np.flatnonzero(amount.good)[::-1].tolist():
        said[groups[row]] = row
    once = np.where(said >= 0, cents[np.maximum(said, 0)], 0)
    return None if bool((amount.good & (cents != once[groups])).any()) else once
