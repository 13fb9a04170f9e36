"""Prices including VAT that do not come back: the unit prices without VAT with which the invoice's total does.

Turned into a price without VAT each line is rounded to the cent, and the lines of an invoice together may miss its
total by some cents. A line may then take the price, still of four decimals, that rounds it to the other cent, as long as
quantity times price stays within half a cent of what the line truly comes to without VAT. Only invoices whose total
does not come back are touched: what came back once keeps its prices, and so its bytes, for ever.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from importer.domain.money import divide_half_up
from importer.profile.model import Profile
from importer.stations.table import Numbers

PRICE_SCALE = 4
NEAR = (0, 1, -1)  # cents beside the nearest base of a rate that are tried


class Part(NamedTuple):
    """A line as exact numbers. `true` is what it comes to without VAT: a numerator over `over`, in cents."""

    line: int
    quantity: int
    scale: int  # of the quantity
    rate: int
    price: int  # without VAT, scale 4
    amount: int  # cents, as rounded
    true: int
    over: int


class Move(NamedTuple):
    """Another price for a line: by how many cents it moves the sum, and how far from the true amount it must go."""

    step: int
    cost: float
    line: int
    price: int


class Prices(NamedTuple):
    """The prices of all lines: as the file gives them (`given`, including VAT) and as they are sent (`own`)."""

    quantity: Numbers
    given: Numbers
    own: np.ndarray  # scale 4; changed in place
    rate: np.ndarray
    amount: np.ndarray  # cents excl. VAT


def bring_back(prices: Prices, lines: Sequence[int], total: int, profile: Profile) -> bool:
    """Find prices with which one invoice comes to `total` cents including VAT; says whether there are any."""
    parts = _parts(prices, lines)
    if not parts:
        return False
    if profile.rounding == "per_line":
        moves = _spread(
            total - sum(_with_vat(part.amount, part.rate) for part in parts),
            [_moves(part, with_vat=True) for part in parts],
        )
        return _taken(prices, moves)
    return any(_taken(prices, _to_bases(parts, bases)) for bases in _bases(parts, total))


def nearest_totals(prices: Prices, lines: Sequence[int], total: int) -> tuple[int, int]:
    """The totals just below and just above `total` that bases in whole cents can give at all, VAT per rate; in cents."""
    sums = [sum(_with_vat(base, rate) for rate, base in bases) for bases in _every_base(_parts(prices, lines))]
    return max((each for each in sums if each < total), default=total), min(
        (each for each in sums if each > total), default=total
    )


def _parts(prices: Prices, lines: Sequence[int]) -> list[Part]:
    """The lines with exact numbers; none at all where one of them is negative: such an invoice is held."""
    parts = []
    for line in lines:
        quantity, given, rate = (
            int(prices.quantity.mantissa[line]),
            int(prices.given.mantissa[line]),
            int(prices.rate[line]),
        )
        if quantity < 0 or given < 0:
            return []
        true = quantity * given * 100 * 100
        over = 10 ** (prices.quantity.scale + prices.given.scale) * (100 + rate)
        parts.append(
            Part(
                line, quantity, prices.quantity.scale, rate, int(prices.own[line]), int(prices.amount[line]), true, over
            )
        )
    return parts


def _every_base(parts: Sequence[Part]) -> Iterator[tuple[tuple[int, int], ...]]:
    """Bases per rate close to the true ones, as (rate, cents); the closest first."""
    rates: dict[int, int] = {}
    common = {part.rate: part.over for part in parts}
    for part in parts:
        rates[part.rate] = rates.get(part.rate, 0) + part.true
    choices = [
        [(rate, divide_half_up(true, common[rate]) + shift) for shift in (NEAR if rate else NEAR[:1])]
        for rate, true in sorted(rates.items())
    ]
    return product(*choices)


def _bases(parts: Sequence[Part], total: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """Those with which the invoice comes to `total`."""
    return (bases for bases in _every_base(parts) if sum(_with_vat(base, rate) for rate, base in bases) == total)


def _to_bases(parts: Sequence[Part], bases: Sequence[tuple[int, int]]) -> list[Move] | None:
    moves = []
    for rate, base in bases:
        own = [part for part in parts if part.rate == rate]
        found = _spread(base - sum(part.amount for part in own), [_moves(part, with_vat=False) for part in own])
        if found is None:
            return None
        moves += found
    return moves


def _spread(missing: int, choices: Sequence[Sequence[Move]]) -> list[Move] | None:
    """Moves of different lines that make up what is missing, the shortest ways first; None if they cannot."""
    sign = 1 if missing > 0 else -1
    left = abs(missing)
    useful = sorted(
        (move for moves in choices for move in moves if move.step * sign > 0),
        key=lambda move: (-abs(move.step), move.cost, move.line),
    )
    taken: dict[int, Move] = {}
    for move in useful:
        if move.line not in taken and abs(move.step) <= left:
            taken[move.line] = move
            left -= abs(move.step)
    return list(taken.values()) if left == 0 else None


def _moves(part: Part, *, with_vat: bool) -> list[Move]:
    """The other cents a line may be rounded to, with the price for each."""
    moves = []
    down = part.true // part.over
    for amount in (down, down + 1):
        price = _price_for(part, amount) if amount != part.amount else None
        if price is not None:
            step = (
                _with_vat(amount, part.rate) - _with_vat(part.amount, part.rate) if with_vat else amount - part.amount
            )
            moves.append(Move(step, abs(part.true / part.over - amount), part.line, price))
    return moves


def _price_for(part: Part, amount: int) -> int | None:
    """The price of four decimals nearest to its own that rounds the line to `amount` cents; None if none may."""
    if part.quantity == 0:
        return None
    unit = 10 ** (part.scale + PRICE_SCALE - 2)
    lowest = -(-(2 * amount - 1) * unit // (2 * part.quantity))
    highest = -(-(2 * amount + 1) * unit // (2 * part.quantity)) - 1
    price = min(max(part.price, lowest, 0), highest)
    if price < max(lowest, 0):
        return None
    beside = abs(part.quantity * price * part.over - part.true * unit)
    return price if 2 * beside <= part.over * unit else None


def _taken(prices: Prices, moves: list[Move] | None) -> bool:
    for move in moves or ():
        prices.own[move.line] = move.price
    return moves is not None


def _with_vat(amount: int, rate: int) -> int:
    return amount + divide_half_up(amount * rate, 100)
