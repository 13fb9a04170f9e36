"""What the amounts of a file prove about each other: which column is which total, and on which side of VAT prices are.

A line comes to quantity times price, half up to the cent, exactly as GROUP reckons it. An equation counts as proved only
if it holds on every line it can be tried on, and if at least one line could have broken it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from importer.stations.columns import multiply_to_cents, to_cents
from importer.suggest.model import Column
from importer.suggest.numbers import Amounts

Role = Literal["line_total", "line_incl", "line_excl", "line_vat", "invoice_excl", "invoice_incl", "invoice_vat"]
PriceSide = Literal["excl_vat", "incl_vat"]
MOST_PRICE: Final = 10**12


@dataclass(frozen=True)
class Equation:
    """A column that comes to what `role` says, on prices of this side (None: whichever). `on` counts lines or invoices."""

    column: Column
    role: Role
    side: PriceSide | None
    on: int
    telling: int  # lines or invoices on which another reading would have failed
    rounding: Literal["", "per_invoice", "per_line"] = ""  # how VAT is rounded, where the totals show it
    exact: bool = True  # to the cent; else within a cent a line


@dataclass
class Proofs:
    """All equations that hold. `near` are those that fail on a few rows only: their positions."""

    lines: np.ndarray  # cents of each row: quantity x price
    usable: np.ndarray
    equations: list[Equation] = field(default_factory=list)
    near: list[tuple[Column, Role, list[int]]] = field(default_factory=list)

    def of(self, *roles: Role, side: PriceSide | None = None) -> list[Equation]:
        """The equations of these roles, on prices of this side or of whichever."""
        return [
            one
            for one in self.equations
            if one.role in roles and (side is None or one.side is None or one.side == side)
        ]


def line_cents(quantity: Amounts, price: Amounts) -> tuple[np.ndarray, np.ndarray]:
    """Cents of each line, and the rows on which both are known."""
    usable = quantity.good & price.good
    q, p = np.where(usable, quantity.numbers.mantissa, 0), np.where(usable, price.numbers.mantissa, 0)
    return multiply_to_cents(q, p, quantity.numbers.scale + price.numbers.scale), usable


def prove(
    lines: np.ndarray,
    usable: np.ndarray,
    rates: np.ndarray | None,
    groups: np.ndarray,
    amounts: Sequence[Amounts],
) -> Proofs:
    """Try every equation on every column of amounts.

    `lines` and `usable` as `line_cents` gives them, `rates` in percent (-1 unknown; None: no column), `groups` the
    invoice number of each row, from 0.
    """
    proofs = Proofs(lines, usable)
    for amount in amounts:
        cents = to_cents(amount.numbers.mantissa, amount.numbers.scale)
        _by_line(proofs, amount, cents, rates)
        _by_invoice(proofs, amount, cents, rates, groups)
    return proofs


def _by_line(proofs: Proofs, amount: Amounts, cents: np.ndarray, rates: np.ndarray | None) -> None:
    base = proofs.lines
    rows = amount.good & proofs.usable
    if not rows.any():
        return
    off = np.abs(cents - base)
    if not off[rows].any():
        proofs.equations.append(
            Equation(amount.column, "line_total", None, int(rows.sum()), int((rows & (base != 0)).sum()))
        )
    else:
        wrong = np.flatnonzero(rows & (off > 0))
        if len(wrong) * 20 <= int(rows.sum()) or (len(wrong) == 1 and int(rows.sum()) > 2):  # noqa: PLR2004 - one slip among three
            proofs.near.append((amount.column, "line_total", wrong.tolist()))
    if rates is None:
        return
    known = rows & (rates >= 0)
    telling = int((known & (rates > 0) & (base != 0)).sum())
    if not telling or bool((rows & ~known).any()):
        return
    for role, side, wanted in (
        ("line_incl", "excl_vat", share(base, 100 + rates, 100)),
        ("line_vat", "excl_vat", share(base, rates, 100)),
        ("line_excl", "incl_vat", share(base, 100, 100 + rates)),
        ("line_vat", "incl_vat", share(base, rates, 100 + rates)),
    ):
        if (np.abs(cents - wanted)[known] <= 1).all() and (np.abs(cents - base)[known & (rates > 0)] > 0).any():
            proofs.equations.append(Equation(amount.column, role, side, int(known.sum()), telling))  # type: ignore[arg-type]  # words of the two types


def _by_invoice(
    proofs: Proofs, amount: Amounts, cents: np.ndarray, rates: np.ndarray | None, groups: np.ndarray
) -> None:
    count = int(groups.max()) + 1 if len(groups) else 0
    whole = np.ones(count, dtype=bool)
    whole[groups[~proofs.usable]] = False
    said = np.full(count, -1, dtype=np.int64)
    for row in np.flatnonzero(amount.good)[::-1].tolist():
        said[groups[row]] = row
    has = whole & (said >= 0)
    if not has.any():
        return
    stated = cents[np.maximum(said, 0)]
    if bool((amount.good & (cents != stated[groups])).any()):
        return  # it is not the same on all rows of an invoice
    sizes = np.bincount(groups, minlength=count)
    base = sums(proofs.lines, groups, count)
    several = has & (sizes > 1) & (base != 0)
    if not np.abs(stated - base)[has].any():
        proofs.equations.append(Equation(amount.column, "invoice_excl", None, int(has.sum()), int(several.sum())))
    if rates is not None:
        has &= ~np.isin(np.arange(count), groups[rates < 0])
        _with_vat(proofs, amount.column, stated, has, rates, groups)


def _with_vat(
    proofs: Proofs, column: Column, stated: np.ndarray, has: np.ndarray, rates: np.ndarray, groups: np.ndarray
) -> None:
    """The equations of an invoice that need VAT. `stated` are the cents the column gives for each, where it `has` any."""
    count = len(stated)
    sizes = np.bincount(groups, minlength=count)
    base = sums(proofs.lines, groups, count)
    vat_on, vat_in = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    for rate in (6, 12, 21):
        own = sums(np.where(rates == rate, proofs.lines, 0), groups, count)
        vat_on += share(own, rate, 100)
        vat_in += share(own, rate, 100 + rate)
    by_line = sums(share(proofs.lines, np.maximum(rates, 0), 100), groups, count)
    taxed = has & (vat_on != 0)
    if not taxed.any():
        return
    for role, wanted, other in (
        ("invoice_incl", base + vat_on, base + by_line),
        ("invoice_vat", vat_on, by_line),
    ):
        off, off_by_line = np.abs(stated - wanted)[has], np.abs(stated - other)[has]
        if (off <= sizes[has]).all() and (np.abs(stated - base)[taxed] > sizes[taxed]).any():
            differs = bool((wanted != other)[has].any())
            rounding = (
                "" if not differs else "per_invoice" if not off.any() else "per_line" if not off_by_line.any() else ""
            )
            proofs.equations.append(
                Equation(
                    column,
                    role,  # type: ignore[arg-type]  # one of Role's words
                    "excl_vat",
                    int(has.sum()),
                    int((taxed & (sizes > 1)).sum()),
                    rounding,  # type: ignore[arg-type]  # same
                    exact=not off.any() or not off_by_line.any(),
                )
            )
    for role, wanted in (("invoice_excl", base - vat_in), ("invoice_vat", vat_in)):
        if (np.abs(stated - wanted)[has] <= sizes[has]).all() and (np.abs(stated - base)[taxed] > sizes[taxed]).any():
            exact = not np.abs(stated - wanted)[has].any()
            proofs.equations.append(
                Equation(column, role, "incl_vat", int(has.sum()), int((taxed & (sizes > 1)).sum()), exact=exact)  # type: ignore[arg-type]  # same
            )


def share(cents: np.ndarray, up: np.ndarray | int, down: np.ndarray | int) -> np.ndarray:
    """`cents * up / down` half up, away from zero."""
    product = cents * up
    size = np.abs(product)
    whole, rest = np.divmod(size, down)
    whole += rest * 2 >= down
    return np.where(product < 0, -whole, whole)


def sums(values: np.ndarray, groups: np.ndarray, count: int) -> np.ndarray:
    """The sum of the values of each group."""
    total = np.zeros(count, dtype=np.int64)
    np.add.at(total, groups, values)
    return total
