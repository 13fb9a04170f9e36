"""What an invoice comes to: the look-alike's own arithmetic, so that an error of the importer's cannot hide in it.

UNKNOWN in the contract, chosen here: prices are without VAT (a setting), a line is rounded half up to the cent, VAT
per rate over the whole invoice (a setting), a discount is spread over the lines in proportion to their amounts.
"""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, NamedTuple

from importer.domain.money import RateTotal
from importer.facturalia.sandbox.settings import SandboxSettings

_EXACT = Context(prec=120, rounding=ROUND_HALF_UP)
_HUNDRED = Decimal(100)
_ONE = Decimal(1)


class Sums(NamedTuple):
    """Cents. `lines` are the amounts as priced, before any discount; `rates` in rising order."""

    lines: tuple[int, ...]
    discount: int
    excl: int
    vat: int
    incl: int
    rates: tuple[RateTotal, ...]


def sum_up(lines: Sequence[Mapping[str, Any]], invoice: Mapping[str, Any], settings: SandboxSettings) -> Sums:
    """Totals of checked lines (`quantity`, `unit_price`, `vat_rate` as Decimal) and the discount of `invoice`."""
    amounts = tuple(_round(_EXACT.multiply(line["quantity"], line["unit_price"]), _HUNDRED) for line in lines)
    discount = 0
    if "discount_percent" in invoice:
        discount = _round(_EXACT.multiply(Decimal(sum(amounts)), invoice["discount_percent"]), Decimal("0.01"))
    elif "discount_amount" in invoice:
        discount = _round(invoice["discount_amount"], _HUNDRED)
    per_line = settings.rounding == "per_line"
    groups: dict[tuple[int, int], int] = {}  # (rate, line or 0) -> cents
    for position, (line, amount) in enumerate(zip(lines, _less(amounts, discount), strict=True)):
        place = (int(line["vat_rate"]), position if per_line else 0)
        groups[place] = groups.get(place, 0) + amount
    rates: dict[int, tuple[int, int]] = {}
    for (rate, _), amount in groups.items():
        base, vat = _split(amount, rate, settings)
        before = rates.get(rate, (0, 0))
        rates[rate] = (before[0] + base, before[1] + vat)
    totals = tuple(RateTotal(rate, *rates[rate]) for rate in sorted(rates))
    excl, vat = sum(total.base for total in totals), sum(total.vat for total in totals)
    return Sums(amounts, discount, excl, vat, excl + vat, totals)


def _split(amount: int, rate: int, settings: SandboxSettings) -> tuple[int, int]:
    """Base and VAT in cents of an amount as priced."""
    if settings.prices == "incl_vat":
        base = _round(_EXACT.divide(_EXACT.multiply(Decimal(amount), _HUNDRED), Decimal(100 + rate)), _ONE)
        return base, amount - base
    return amount, _round(Decimal(amount * rate), Decimal("0.01"))


def _less(amounts: Sequence[int], discount: int) -> list[int]:
    """The amounts after a discount: each line bears its part by running total, so the parts add up exactly."""
    whole = sum(amounts)
    if not discount or not whole:
        return list(amounts)
    left, seen, borne = [], 0, 0
    for amount in amounts:
        seen += amount
        until = discount * seen // whole
        left.append(amount - (until - borne))
        borne = until
    return left


def _round(value: Decimal, factor: Decimal) -> int:
    return int(_EXACT.quantize(_EXACT.multiply(value, factor), _ONE))
