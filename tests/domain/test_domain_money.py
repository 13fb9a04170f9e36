"""Exact amounts without frames: the plain functions every other room uses."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.domain.money import RateTotal, add_rates, cents, cents_of, divide_half_up, euros, literal

NUMBERS = st.integers(-(10**20), 10**20)
SCALES = st.integers(0, 9)


@given(NUMBERS, st.integers(1, 10**12))
def test_halves_go_away_from_zero(number: int, divisor: int) -> None:
    """Division is Decimal's ROUND_HALF_UP at any size."""
    exact = (Decimal(number) / divisor) if abs(number) < 10**9 else None
    whole, rest = divmod(abs(number), divisor)
    expected = whole + (2 * rest >= divisor)

    assert divide_half_up(number, divisor) == (expected if number >= 0 else -expected)
    if exact is not None and divisor < 10**6:
        assert divide_half_up(number, divisor) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


@given(NUMBERS, SCALES)
def test_a_literal_is_the_exact_number(mantissa: int, scale: int) -> None:
    """The literal that goes into JSON is the number, without exponent and without trailing zeros."""
    text = literal(mantissa, scale)

    assert Decimal(text) == Decimal(mantissa).scaleb(-scale)
    assert "E" not in text
    assert "." not in text or text[-1] not in "0."


@given(NUMBERS, SCALES)
def test_cents_round_half_up(mantissa: int, scale: int) -> None:
    """Euros of any scale come to cents as Decimal rounds them."""
    size, scaled = abs(mantissa) * 100, 10**scale
    expected = (2 * size + scaled) // (2 * scaled)

    assert cents(mantissa, scale) == (expected if mantissa >= 0 else -expected)


@given(NUMBERS)
def test_euros_and_back(amount: int) -> None:
    """Cents written as euros are read back as the same cents."""
    assert cents_of(euros(amount)) == amount
    assert euros(amount)[-3] == "."


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("10.005"), 1001),
        (Decimal("-10.005"), -1001),
        ("12.50", 1250),
        (12, 1200),
        ("1e2", 10000),
        (True, None),
        (None, None),
        ("NaN", None),
        ("Infinity", None),
        ("12,50", None),
        ("", None),
        ([], None),
        (12.5, None),
    ],
)
def test_money_in_an_answer(value: object, expected: int | None) -> None:
    """A total in an answer is read exactly, or it says nothing; a float never counts."""
    assert cents_of(value) == expected


def test_rates_add_up_in_order() -> None:
    """Sums per rate, the lowest rate first."""
    totals = [RateTotal(21, 100, 21), RateTotal(6, 50, 3), RateTotal(21, -10, -2)]

    assert add_rates(totals) == (RateTotal(6, 50, 3), RateTotal(21, 90, 19))
    assert add_rates([]) == ()
