"""Amounts of lines and invoices, in cents, as this project defines them.

A line comes to quantity times unit price, half up to the cent; VAT is reckoned per rate and invoice on the sum of its
lines (`per_invoice`), or per line and added up (`per_line`), half up to the cent.
"""

from dataclasses import dataclass, field

import numpy as np

from importer.domain.money import cents
from importer.domain.money import divide_half_up as exact_half_up
from importer.profile.model import Profile
from importer.stations.columns import SAFE, divide_half_up, multiply_to_cents
from importer.stations.group.incl import Prices, bring_back
from importer.stations.group.keys import Keys
from importer.stations.group.lines import Lines
from importer.stations.table import Numbers, Validated

RATES = (0, 6, 12, 21)
EXCL_SCALE = 4  # decimals of a price that was given including VAT


@dataclass(slots=True)
class Amounts:
    """Per line: `amount` (cents excl. VAT), `rate` (percent), `price` excl. VAT. Per invoice: sums in cents.

    `base` and `vat` have one column per rate of RATES. `given_incl` is what the file's own prices including VAT come
    to, or None where it gives prices without; `prices` are those beside the ones that are sent.
    """

    amount: np.ndarray
    rate: np.ndarray
    price: Numbers
    base: np.ndarray
    vat: np.ndarray
    given_incl: np.ndarray | None
    prices: Prices | None = None
    excl: np.ndarray = field(init=False)
    incl: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.excl = self.base.sum(axis=1)
        self.incl = self.excl + self.vat.sum(axis=1)


def reckon(validated: Validated, keys: Keys, lines: Lines, profile: Profile, bad: np.ndarray) -> Amounts:
    """All amounts of a run; rows with errors count with whatever could be read, their invoices (`bad`) are refused."""
    if profile.prices == "excl_vat":
        return _amounts(validated, keys, lines, profile, lines.price)
    own = multiply_to_cents(lines.quantity.mantissa, lines.price.mantissa, lines.quantity.scale + lines.price.scale)
    price = without_vat(lines.price, _rates(lines))
    amounts = _amounts(validated, keys, lines, profile, price)
    if {"invoice.discount_amount", "invoice.discount_percent"} & set(validated.numbers):
        return amounts  # a discount on the invoice leaves nothing to compare with
    given = _per_invoice(own, lines)
    wrong = np.flatnonzero(~bad & (given != amounts.incl)).tolist()
    prices = Prices(lines.quantity, lines.price, price.mantissa, amounts.rate, amounts.amount)
    start, end = lines.start, lines.end
    mended = [
        bring_back(prices, lines.order[start[number] : end[number]].tolist(), int(given[number]), profile)
        for number in wrong
    ]
    if any(mended):
        amounts = _amounts(validated, keys, lines, profile, price)
    amounts.given_incl, amounts.prices = given, prices
    return amounts


def _rates(lines: Lines) -> np.ndarray:
    return np.asarray(np.clip(lines.rate.mantissa // int(10**lines.rate.scale), 0, 100))


def _amounts(validated: Validated, keys: Keys, lines: Lines, profile: Profile, price: Numbers) -> Amounts:
    """The amounts at prices without VAT."""
    quantity, rate = lines.quantity, _rates(lines)
    amount = multiply_to_cents(quantity.mantissa, price.mantissa, quantity.scale + price.scale)
    base = np.stack([_per_invoice(np.where(rate == each, amount, 0), lines) for each in RATES], axis=1)
    off = _discount(base, validated, keys)
    if profile.rounding == "per_invoice":
        base -= off
        vat = np.stack([divide_half_up(base[:, column] * each, 100) for column, each in enumerate(RATES)], axis=1)
    else:
        by_line = divide_half_up(amount * rate, 100)
        vat = np.stack([_per_invoice(np.where(rate == each, by_line, 0), lines) for each in RATES], axis=1)
        vat -= np.stack([divide_half_up(off[:, column] * each, 100) for column, each in enumerate(RATES)], axis=1)
        base -= off
    return Amounts(amount, rate, price, base, vat, None)


def without_vat(price: Numbers, rate: np.ndarray) -> Numbers:
    """Prices including VAT turned into prices without, four decimals, half up."""
    up = 100 * int(10 ** max(EXCL_SCALE - price.scale, 0))
    divisor = (100 + rate) * int(10 ** max(price.scale - EXCL_SCALE, 0))
    result = divide_half_up(price.mantissa * up, divisor)
    for row in np.flatnonzero(np.abs(price.mantissa.astype(float)) * up > SAFE):
        result[row] = exact_half_up(int(price.mantissa[row]) * up, int(divisor[row]))
    return Numbers(result, EXCL_SCALE)


def _per_invoice(values: np.ndarray, lines: Lines) -> np.ndarray:
    if not len(lines.start):
        return np.zeros(0, dtype=np.int64)
    return np.add.reduceat(values[lines.order], lines.start)


def _discount(base: np.ndarray, validated: Validated, keys: Keys) -> np.ndarray:
    """The invoice's own discount in cents, spread over the rates in proportion, the rest on the largest base.

    It is one more (negative) line per rate. An invoice that comes to nothing or less has nothing to discount.
    """
    off = np.zeros_like(base)
    for path in ("invoice.discount_percent", "invoice.discount_amount"):
        if path not in validated.numbers:
            continue
        mantissa, scale = validated.numbers[path]
        given = mantissa[keys.first]
        totals = base.sum(axis=1)
        wanted = np.flatnonzero((given != 0) & (totals > 0))
        for number, discount, total, bases in zip(
            wanted.tolist(), given[wanted].tolist(), totals[wanted].tolist(), base[wanted].tolist(), strict=True
        ):
            whole = (
                exact_half_up(total * discount, 10 ** (scale + 2))
                if path.endswith("percent")
                else cents(discount, scale)
            )
            shares = [exact_half_up(each * whole, total) for each in bases]
            shares[bases.index(max(bases))] += whole - sum(shares)
            off[number] = shares
    return off
