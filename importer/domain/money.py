"""Exact amounts. Money is integer cents; other numbers are an integer mantissa and a scale. Never a float."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple


class RateTotal(NamedTuple):
    """Taxable base and VAT of one rate, both in cents. `rate` is a percentage: 0, 6, 12 or 21."""

    rate: int
    base: int
    vat: int


def divide_half_up(number: int, divisor: int) -> int:
    """`number / divisor` (divisor > 0) as a whole number, halves away from zero."""
    if number < 0:
        return -((-2 * number + divisor) // (2 * divisor))
    return (2 * number + divisor) // (2 * divisor)


def cents(mantissa: int, scale: int) -> int:
    """`mantissa * 10**-scale` euros in cents, half up (away from zero)."""
    if scale <= 2:  # noqa: PLR2004 - cents have two decimals
        return mantissa * int(10 ** (2 - scale))
    return divide_half_up(mantissa, 10 ** (scale - 2))


def literal(mantissa: int, scale: int) -> str:
    """The exact decimal literal without trailing zeros: (2550, 3) is "2.55", (600, 2) is "6"."""
    while scale > 0 and mantissa % 10 == 0:
        mantissa //= 10
        scale -= 1
    if scale == 0:
        return str(mantissa)
    sign = "-" if mantissa < 0 else ""
    digits = str(abs(mantissa)).rjust(scale + 1, "0")
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}"


def euros(amount: int) -> str:
    """Cents as text with two decimals: 5896079 is "58960.79"."""
    sign = "-" if amount < 0 else ""
    whole, rest = divmod(abs(amount), 100)
    return f"{sign}{whole}.{rest:02d}"


def cents_of(value: object) -> int | None:
    """Cents of a JSON number or numeric text (a total in an API answer), half up; None if it is no finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        return None
    try:
        amount = Decimal(value)
    except ArithmeticError:
        return None
    if not amount.is_finite():
        return None
    return int((amount * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def add_rates(totals: Iterable[RateTotal]) -> tuple[RateTotal, ...]:
    """Sum per rate, in rising order of rate."""
    sums: dict[int, list[int]] = {}
    for rate, base, vat in totals:
        entry = sums.setdefault(rate, [0, 0])
        entry[0] += base
        entry[1] += vat
    return tuple(RateTotal(rate, *sums[rate]) for rate in sorted(sums))
