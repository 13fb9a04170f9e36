"""Differences between two bodies: what they say, not how they say it."""

import json
import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.facturalia.payload import differences

LINE = {"product_code": "A1", "quantity": 2, "unit_price": 10.5, "vat_rate": 21}
BODY: dict[str, Any] = {
    "external_id": "imp-1",
    "invoice": {"number": "1001", "date": "2026-03-01", "autosend": 0},
    "customer": {"name": "Zoë"},
    "lines": [LINE, LINE | {"product_code": "A2"}],
}


def raw(body: dict[str, Any]) -> bytes:
    """As any JSON library writes it."""
    return json.dumps(body).encode()


def changed(**changes: Any) -> dict[str, tuple[str, str]]:
    """What differs between the body and one with changes."""
    return differences(raw(BODY), raw(BODY | changes))


def test_order_and_spelling_mean_nothing() -> None:
    """Lines in another order, numbers and strings in another spelling, keys in another order, white space."""
    other = (
        b'{ "lines": [{"vat_rate": 21.0, "unit_price": 10.50, "quantity": 2.000, "product_code": "A2"},\n'
        b'{"product_code": "\\u0041\\u0031", "quantity": 2e0, "unit_price": 105e-1, "vat_rate": 21}],'
        b'"customer": {"name": "Zo\xc3\xab"}, "invoice": {"date": "2026-03-01", "autosend": 0, "number": "1001"}, "external_id": "imp-1"}'
    )

    assert differences(raw(BODY), other) == {}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"invoice": BODY["invoice"] | {"date": "2026-03-02"}}, {"invoice.date": ("2026-03-01", "2026-03-02")}),
        ({"invoice": {"number": "1001", "date": "2026-03-01"}}, {"invoice.autosend": ("0", "")}),
        ({"invoice": BODY["invoice"] | {"due_days": 30}}, {"invoice.due_days": ("", "30")}),
        ({"invoice": BODY["invoice"] | {"number": 1001}}, {"invoice.number": ("1001", "1001")}),
        ({"customer": {"vat_number": "x"}}, {"customer.name": ("Zoë", ""), "customer.vat_number": ("", "x")}),
        ({"lines": [LINE]}, {"lines": ("2 lines", "1 lines")}),
        ({"lines": [*BODY["lines"], LINE]}, {"lines": ("2 lines", "3 lines")}),
        ({"lines": [LINE, LINE]}, {"lines.product_code": ("A2", "A1")}),
        ({"lines": [LINE | {"quantity": 3}, BODY["lines"][1]]}, {"lines.quantity": ("2", "3")}),
        ({"lines": [LINE | {"unit_price": 10.51}, BODY["lines"][1]]}, {"lines.unit_price": ("10.5", "10.51")}),
        ({"lines": [LINE | {"description": "x"}, BODY["lines"][1]]}, {"lines.description": ("", "x")}),
    ],
)  # fmt: skip
def test_real_changes_are_told_with_their_path(changes: dict[str, Any], expected: dict[str, tuple[str, str]]) -> None:
    """Dotted path, what it was, what it is; absent is empty."""
    assert changed(**changes) == expected


def test_lines_are_compared_as_a_multiset() -> None:
    """Twice the one and once the other is not once the one and twice the other, and the difference has a name."""
    other = LINE | {"quantity": 5}

    found = differences(raw(BODY | {"lines": [LINE, LINE, other]}), raw(BODY | {"lines": [LINE, other, other]}))

    assert found == {"lines.quantity": ("2", "5")}


def test_numbers_are_compared_exactly() -> None:
    """Two literals that a float would call equal are told apart, and equal ones of any spelling are equal."""
    one = raw(BODY | {"invoice": {"discount_amount": 0}}).replace(b'"discount_amount": 0', b'"discount_amount": 0.1')
    other = one.replace(b": 0.1", b": 0.1000000000000000055511151231257827")

    assert differences(one, one.replace(b": 0.1", b": 0.10")) == {}
    assert list(differences(one, other)) == ["invoice.discount_amount"]


_lines = st.lists(
    st.fixed_dictionaries(
        {
            "product_code": st.sampled_from("ABC"),
            "quantity": st.integers(1, 3),
            "unit_price": st.sampled_from([Decimal(1), Decimal("1.5")]).map(float),
            "vat_rate": st.sampled_from([6, 21]),
        }
    ),
    max_size=6,
)


@given(_lines, _lines, st.randoms(use_true_random=False))
def test_no_difference_exactly_where_the_bags_are_equal(
    one: list[dict[str, Any]], other: list[dict[str, Any]], chance: random.Random
) -> None:
    """Shuffling never makes a difference; another bag of lines always does, whichever side it is on."""
    shuffled = one[:]
    chance.shuffle(shuffled)
    same = sorted(map(repr, map(sorted, map(dict.items, one)))) == sorted(
        map(repr, map(sorted, map(dict.items, other)))
    )

    assert differences(raw(BODY | {"lines": one}), raw(BODY | {"lines": shuffled})) == {}
    forth = differences(raw(BODY | {"lines": one}), raw(BODY | {"lines": other}))
    back = differences(raw(BODY | {"lines": other}), raw(BODY | {"lines": one}))
    assert (forth == {}) is same
    assert {path: (new, old) for path, (old, new) in forth.items()} == back


def test_a_very_long_invoice_is_compared_in_seconds() -> None:
    """Ten thousand lines, all but one the same."""
    many = [LINE | {"product_code": f"A{number}"} for number in range(10_000)]

    found = differences(raw(BODY | {"lines": many}), raw(BODY | {"lines": [*many[:-1], many[-1] | {"quantity": 7}]}))

    assert found == {"lines.quantity": ("2", "7")}
