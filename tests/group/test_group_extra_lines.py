"""Amounts of the whole invoice (shipping, a tip, a discount) become lines of it, once."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sources import COLUMNS, go, table

from importer.domain.outcomes import tell_outcomes
from importer.domain.records import Answered
from importer.domain.states import State

EXTRA_COLUMNS = COLUMNS + ";Verzending;Korting"
SHIPPING: dict[str, Any] = {
    "extra_lines": {
        "shipping": {
            "amount": {"column": "Verzending"},
            "product_code": {"value": "VERZEND"},
            "vat_rate": {"value": "21"},
            "description": {"value": "Verzendkosten"},
        }
    }
}
DISCOUNT = {
    "extra_lines": SHIPPING["extra_lines"]
    | {
        "discount": {
            "amount": {"column": "Korting"},
            "product_code": {"value": "KORT"},
            "vat_rate": {"value": "21"},
            "negate": "true",
        }
    }
}


def test_an_amount_becomes_one_line_behind_the_others() -> None:
    """Quantity one, the amount as price, once for the invoice however many rows repeat it."""
    run = go("""
        1001;01/03/2026;Zoë;A1;2;10,00;6;4,95;.
        1002;01/03/2026;Jan;A1;1;10,00;6;0,00;.
        1001;01/03/2026;Zoë;A2;1;5,00;6;4,95;.
        1003;01/03/2026;An;A1;1;10,00;6;.;.
    """, SHIPPING, columns=EXTRA_COLUMNS)  # fmt: skip

    assert run.codes == []
    first = run.invoices["1001"]
    assert [line[:5] for line in first.lines] == [
        ("A1", "2", "10", 6, 2000),
        ("A2", "1", "5", 6, 500),
        ("VERZEND", "1", "4.95", 21, 495),
    ]
    assert first.lines[2].extra == (("description", "Verzendkosten"),)
    assert first.lines[0].extra == ()
    assert (first.excl, first.vat, [tuple(rate) for rate in first.rates]) == (
        2995,
        254,
        [(6, 2500, 150), (21, 495, 104)],
    )
    assert [len(run.invoices[label].lines) for label in ("1002", "1003")] == [1, 1]
    assert run.grouped.rows == (4, 4, 0, 0)


def test_an_amount_on_the_first_row_only_is_filled_down() -> None:
    """Where the export leaves the other rows empty, `fill_down` says so; else the rows disagree."""
    text = "1001;01/03/2026;Zoë;A1;2;10,00;6;4,95;.\n1001;01/03/2026;Zoë;A2;1;5,00;6;.;."
    filled = go(text, SHIPPING | {"rows": {"fill_down": ["Verzending"]}}, columns=EXTRA_COLUMNS)
    differs = go(text, SHIPPING, columns=EXTRA_COLUMNS)

    assert len(filled.invoice.lines) == 3
    assert differs.cells("header-differs") == ["H3"]
    assert differs.refused == {"1001": ("header-differs",)}


def test_a_discount_without_a_minus_is_taken_off_and_holds() -> None:
    """`negate` takes the amount off; a line below zero cannot be sent, so the invoice is held."""
    run = go("1001;01/03/2026;Zoë;A1;2;10,00;21;4,95;5,00", DISCOUNT, columns=EXTRA_COLUMNS)

    invoice = run.invoice
    assert [(line.product_code, line.unit_price, line.amount) for line in invoice.lines] == [
        ("A1", "10", 2000),
        ("VERZEND", "4.95", 495),
        ("KORT", "-5", -500),
    ]
    assert (invoice.excl, invoice.hold, run.codes) == (1995, "negative-line", ["negative-line"])


def test_prices_with_vat_count_for_the_amount_too() -> None:
    """Shipping including VAT is turned into a price without, and the total must come back to the cent."""
    run = go("1001;01/03/2026;Zoë;A1;1;12,10;21;6,05;.", SHIPPING | {"prices": "incl_vat"}, columns=EXTRA_COLUMNS)

    assert [(line.unit_price, line.amount) for line in run.invoice.lines] == [("10", 1000), ("5", 500)]
    assert run.invoice.incl == 1815


def test_the_invoice_total_of_the_file_counts_the_extra_line() -> None:
    """A control total proves lines and amounts of the whole invoice together."""
    changes = SHIPPING | {"controls": {"invoice_total_excl": {"column": "Korting"}}}
    right = go("1001;01/03/2026;Zoë;A1;2;10,00;21;4,95;24,95", changes, columns=EXTRA_COLUMNS)
    wrong = go("1001;01/03/2026;Zoë;A1;2;10,00;21;4,95;20,00", changes, columns=EXTRA_COLUMNS)

    assert right.codes == []
    assert wrong.the("invoice-total").facts == {"computed": "24.95"}


@pytest.mark.parametrize(
    ("cell", "code", "where"),
    [("x", "bad-amount", "H2"), ("1,1234567", "too-many-decimals", "H2"), ("<e>#REF!", "error-cell", "H2")],
)
def test_an_amount_that_cannot_be_read_refuses_the_invoice(cell: str, code: str, where: str) -> None:
    """Nothing is sent without its shipping: a wrong amount is an error at its own cell."""
    run = go([table(f"1001;01/03/2026;Zoë;A1;2;10,00;21;{cell};.", columns=EXTRA_COLUMNS)], SHIPPING)

    assert run.cells(code) == [where]
    assert run.refused == {"1001": (code,)}


def test_code_and_rate_are_needed_only_where_there_is_an_amount() -> None:
    """A column for the rate of shipping may be empty on invoices without shipping."""
    columns = COLUMNS + ";Verzending;Tarief"
    changes: dict[str, Any] = {
        "extra_lines": {
            "shipping": SHIPPING["extra_lines"]["shipping"] | {"vat_rate": {"column": "Tarief", "strip": "%"}}
        }
    }
    run = go("""
        1001;01/03/2026;Zoë;A1;2;10,00;21;.;.
        1002;01/03/2026;Zoë;A1;2;10,00;21;4,95;.
        1003;01/03/2026;Zoë;A1;2;10,00;21;4,95;19%
        1004;01/03/2026;Zoë;A1;2;10,00;21;4,95;6%
    """, changes, columns=columns)  # fmt: skip

    assert [(finding.code, finding.cell) for finding in run.findings] == [("missing-value", "I3"), ("vat-rate", "I4")]
    assert run.invoices["1004"].lines[1].vat_rate == 6
    assert len(run.invoices["1001"].lines) == 1


def test_lines_of_different_precision_keep_their_prices() -> None:
    """Numbers of the rows and of the extra lines are put on one scale without losing a digit."""
    run = go("1001;01/03/2026;Zoë;A1;1,5;999999999999,123456;21;0,000001;.", SHIPPING, columns=EXTRA_COLUMNS)
    fine = go("1001;01/03/2026;Zoë;A1;1,5;0,123456;21;12345678901,5;.", SHIPPING, columns=EXTRA_COLUMNS)

    assert run.codes == ["amount-too-large"]
    assert [(line.quantity, line.unit_price) for line in fine.invoice.lines] == [
        ("1.5", "0.123456"),
        ("1", "12345678901.5"),
    ]


def test_a_description_of_its_own_beside_those_of_the_lines() -> None:
    """Lines that send a description keep theirs."""
    changes = SHIPPING | {"lines": {"description": {"column": "Korting"}}}
    run = go("1001;01/03/2026;Zoë;A1;2;10,00;21;4,95;Appels", changes, columns=EXTRA_COLUMNS)

    assert [line.extra for line in run.invoice.lines] == [
        (("description", "Appels"),),
        (("description", "Verzendkosten"),),
    ]


def test_an_answer_about_an_extra_line_is_told_at_its_amount() -> None:
    """Facturalia names line 2; in the file that is the shipping cell of the invoice's first row."""
    text = "1000;01/03/2026;Jan;A1;1;1,00;6;.;.\n1001;01/03/2026;Zoë;A1;2;10,00;6;4,95;.\n1001;01/03/2026;Zoë;A2;1;5,00;6;4,95;."
    plan = go(text, SHIPPING, columns=EXTRA_COLUMNS).plan()

    class Sent:
        external_id, label, state, replayed, code = (
            plan.items[1].frozen.external_id,
            "1001",
            State.REJECTED,
            False,
            "422",
        )
        detail, answered = "lines.2.unit_price: Moet ≥ 0 zijn.", Answered()

    (finding,) = tell_outcomes([Sent()], (), plan)

    assert (finding.cell, finding.column) == ("H3", "Verzending")


AMOUNT = st.decimals(min_value=0, max_value=1000, places=2)


@settings(max_examples=60, deadline=None)
@given(
    invoices=st.lists(st.tuples(st.lists(AMOUNT, min_size=1, max_size=3), AMOUNT, AMOUNT), min_size=1, max_size=5),
    seed=st.randoms(use_true_random=False),
)
def test_cents_are_those_of_the_file(invoices: list[tuple[list[Decimal], Decimal, Decimal]], seed: Any) -> None:
    """Lines plus shipping minus discount, whatever the order of the rows: no cent is lost and none counted twice."""
    rows = [
        f"{1000 + number};01/03/2026;Zoë;A1;1;{price};0;{shipping};{discount}".replace(".", ",")
        for number, (prices, shipping, discount) in enumerate(invoices)
        for price in prices
    ]
    seed.shuffle(rows)
    changes = {
        "extra_lines": {name: rule | {"vat_rate": {"value": "0"}} for name, rule in DISCOUNT["extra_lines"].items()}
    }
    run = go("\n".join(rows), changes, columns=EXTRA_COLUMNS)

    for number, (prices, shipping, discount) in enumerate(invoices):
        invoice = run.invoices[str(1000 + number)]
        expected = sum(prices) + shipping - discount
        assert invoice.excl == int((expected * 100).quantize(Decimal(1), ROUND_HALF_UP))
        assert len(invoice.lines) == len(prices) + bool(shipping) + bool(discount)
    assert run.grouped.rows.invoiced == len(rows)
