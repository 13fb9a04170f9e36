"""The lines of invoices: those of their rows, and behind them one for each amount of the whole invoice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow.compute as pc

from importer.profile.model import Profile
from importer.stations.columns import mask
from importer.stations.group.keys import Keys
from importer.stations.table import Numbers, Validated


class Extra(NamedTuple):
    """The lines of one entry of `extra_lines`: the invoices that have one, in order, and where they begin in `Lines`."""

    path: str
    invoices: np.ndarray
    begin: int


@dataclass(slots=True)
class Lines:
    """All lines of a run. The first ones are the rows of the frame, in order; `extras` follow.

    `quantity`, `price` (as the file gives it) and `rate` are per line. `order` lists the lines of all invoices, invoice
    by invoice, its extra ones last; `start` and `end` delimit each invoice in it.
    """

    quantity: Numbers
    price: Numbers
    rate: Numbers
    order: np.ndarray
    start: np.ndarray
    end: np.ndarray
    extras: Sequence[Extra] = ()


def all_lines(validated: Validated, keys: Keys, profile: Profile) -> Lines:
    """Lines of rows, and an extra one wherever its amount is not zero; an amount that could not be read makes none."""
    quantity, price, rate = (validated.numbers[f"lines.{name}"] for name in ("quantity", "unit_price", "vat_rate"))
    lines = Lines(quantity, price, rate, keys.order, keys.start, keys.end)
    found = list(_extras(validated, keys, profile))
    if not found:
        return lines
    begin = len(quantity.mantissa)
    extras = []
    for extra, amount, given in found:
        one = Numbers(np.ones(len(extra.invoices), dtype=np.int64), 0)
        lines.quantity = _appended(lines.quantity, one)
        lines.price = _appended(lines.price, amount)
        lines.rate = _appended(lines.rate, given)
        extras.append(extra._replace(begin=begin))
        begin += len(extra.invoices)
    group = np.concatenate([keys.group[keys.order], *(extra.invoices for extra in extras)])
    order = np.concatenate(
        [keys.order, *(np.arange(len(extra.invoices), dtype=np.int64) + extra.begin for extra in extras)]
    )
    lines.order = order[np.argsort(group, kind="stable")]
    lines.end = np.cumsum(np.bincount(group, minlength=len(keys.parts)))
    lines.start = np.r_[0, lines.end[:-1]]
    lines.extras = extras
    return lines


def _extras(validated: Validated, keys: Keys, profile: Profile) -> Iterator[tuple[Extra, Numbers, Numbers]]:
    """For each entry of the profile: its invoices, and their amounts and VAT rates."""
    for name, rule in profile.extra_lines.items():
        path = f"extra_lines.{name}"
        amount, rate = (validated.numbers[f"{path}.{field}"] for field in ("amount", "vat_rate"))
        readable = ~validated.failed.get(f"{path}.amount", np.zeros(len(keys.group), dtype=bool))
        written = mask(pc.not_equal(validated.mapped.cells(f"{path}.amount"), ""))
        invoices = np.flatnonzero((readable & written & (amount.mantissa != 0))[keys.first])
        rows = keys.first[invoices]
        sign = -1 if rule.negate is not None else 1
        yield (
            Extra(path, invoices, 0),
            Numbers(amount.mantissa[rows] * sign, amount.scale),
            Numbers(rate.mantissa[rows], rate.scale),
        )


def _appended(one: Numbers, other: Numbers) -> Numbers:
    """Two columns of numbers behind each other. Numbers have at most 18 digits at the largest scale: 64 bits hold them."""
    scale = max(one.scale, other.scale)
    return Numbers(np.concatenate([each.mantissa * int(10 ** (scale - each.scale)) for each in (one, other)]), scale)
