"""Money against a plain Decimal oracle, a hundred thousand lines at a time: not one cent of difference."""

import random
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

import numpy as np
import pytest
from sources import COLUMNS, go, table_of

from importer.domain.invoice import Invoice
from importer.stations.columns import multiply_to_cents, to_cents
from importer.stations.group.totals import without_vat
from importer.stations.table import Numbers

CENT, TEN_THOUSANDTH = Decimal("0.01"), Decimal("0.0001")
INVOICES, LINES = 25_000, 4
RATES = (0, 6, 12, 21)


class Row(NamedTuple):
    """One line as the file has it."""

    key: int
    quantity: Decimal
    price: Decimal
    rate: int
    discount: Decimal


class Expected(NamedTuple):
    """What the oracle makes of an invoice, in euros."""

    excl: Decimal
    vat: Decimal
    given: Decimal  # what the lines come to as they stand
    rates: dict[int, tuple[Decimal, Decimal]]


def cent(amount: Decimal) -> Decimal:
    """Half up, away from zero."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def oracle(rows: list[Row], *, incl: bool, per_line: bool, discount: str) -> Expected:
    """An invoice by the book, one Decimal at a time."""
    base = dict.fromkeys(RATES, Decimal(0))
    vat = dict.fromkeys(RATES, Decimal(0))
    given = Decimal(0)
    for row in rows:
        price = row.price
        given += cent(row.quantity * price)
        if incl:
            price = (price * 100 / (100 + row.rate)).quantize(TEN_THOUSANDTH, ROUND_HALF_UP)
        amount = cent(row.quantity * price)
        base[row.rate] += amount
        vat[row.rate] += cent(amount * row.rate / 100)
    total = sum(base.values())
    off = dict.fromkeys(RATES, Decimal(0))
    if discount and rows[0].discount and total > 0:
        whole = cent(total * rows[0].discount / 100) if discount == "discount_percent" else cent(rows[0].discount)
        off = {rate: cent(amount * whole / total) for rate, amount in base.items()}
        off[max(RATES, key=lambda rate: (base[rate], -rate))] += whole - sum(off.values())
    for rate in RATES:
        vat[rate] -= cent(off[rate] * rate / 100)
        base[rate] -= off[rate]
        if not per_line:
            vat[rate] = cent(base[rate] * rate / 100)
    used = {row.rate for row in rows}
    return Expected(
        sum(base.values(), Decimal(0)),
        sum(vat.values(), Decimal(0)),
        given,
        {rate: (base[rate], vat[rate]) for rate in sorted(used)},
    )


def random_rows(seed: int, *, decimals: int, discounts: tuple[str, ...] = ("0",)) -> list[list[Row]]:
    """Invoices whose prices and quantities lie near the halves where rounding goes wrong."""
    chance = random.Random(seed)
    invoices = []
    for key in range(INVOICES):
        discount = Decimal(chance.choice(discounts))
        invoices.append(
            [
                Row(
                    key,
                    Decimal(chance.randint(1, 10 ** chance.randint(1, 4))).scaleb(-chance.randint(0, 3)),
                    Decimal(chance.randint(0, 10 ** chance.randint(1, 6)) * 5).scaleb(-chance.randint(0, decimals)),
                    chance.choice(RATES),
                    discount,
                )
                for _ in range(LINES)
            ]
        )
    return invoices


def in_euros(invoice: Invoice) -> tuple[Decimal, Decimal, dict[int, tuple[Decimal, Decimal]]]:
    """Totals of an invoice in euros."""
    rates = {rate.rate: (Decimal(rate.base) / 100, Decimal(rate.vat) / 100) for rate in invoice.rates}
    return Decimal(invoice.excl) / 100, Decimal(invoice.vat) / 100, rates


DISCOUNTS = ("0", "0", "2.5", "10", "33.333333", "0.01", "100")


@pytest.mark.parametrize(
    ("changes", "decimals", "discount"),
    [
        ({}, 4, ""),
        ({"rounding": "per_line"}, 4, ""),
        ({}, 6, ""),
        ({}, 2, "discount_percent"),
        ({}, 2, "discount_amount"),
        ({"rounding": "per_line"}, 2, "discount_percent"),
        ({"prices": "incl_vat"}, 2, ""),
        ({"prices": "incl_vat"}, 4, ""),
        ({"prices": "incl_vat", "rounding": "per_line"}, 2, ""),
    ],
)
def test_a_hundred_thousand_lines_without_a_cent_of_difference(
    changes: Mapping[str, Any], decimals: int, discount: str
) -> None:
    """Lines, bases and VAT of every invoice are those of the oracle; prices with VAT pass only if they come back.

    Those that would not are given other prices (see the tests of incl): here only their total is compared.
    """
    invoices = random_rows(7, decimals=decimals, discounts=DISCOUNTS if discount else ("0",))
    rows = [
        [str(row.key), "01/03/2026", "Zoë", "A1", f"<n>{row.quantity:f}", f"<n>{row.price:f}", str(row.rate), f"<n>{row.discount:f}"]
        for invoice in invoices
        for row in invoice
    ]  # fmt: skip
    header = {**changes, "invoice": {discount: {"column": "Korting"}}} if discount else changes

    run = go([table_of(rows, [*COLUMNS.split(";"), "Korting"])], header)

    incl, per_line = changes.get("prices") == "incl_vat", changes.get("rounding") == "per_line"
    expected = {
        str(invoice[0].key): oracle(invoice, incl=incl, per_line=per_line, discount=discount) for invoice in invoices
    }
    passing = {key for key, one in expected.items() if not incl or one.excl + one.vat == one.given}
    mended = run.invoices.keys() - passing
    assert passing <= run.invoices.keys()
    assert all(Decimal(run.invoices[label].incl) / 100 == expected[label].given for label in mended)
    assert bool(mended) == incl
    differing = [
        label
        for label, invoice in run.invoices.items()
        if label not in mended
        and in_euros(invoice) != (expected[label].excl, expected[label].vat, expected[label].rates)
    ]
    assert differing == []
    assert all(invoice.incl == invoice.excl + invoice.vat for invoice in run.grouped.invoices)
    assert 0.1 < len(passing) / INVOICES <= 1, "the test would show nothing"


def test_products_beyond_64_bits_are_exact() -> None:
    """Where quantity times price does not fit 64 bits at its decimals, the cents are still exact, halves away from zero."""
    chance = random.Random(11)
    left = np.array([chance.choice((-1, 1)) * chance.randint(10**8, 10**12) for _ in range(20_000)])
    right = np.array([chance.choice((-1, 1)) * chance.randint(10**8, 10**12) for _ in range(20_000)])
    for scale in (6, 7, 9, 12):
        exact = [
            int(cent(Decimal(int(a)) * Decimal(int(b)) / 10**scale) * 100) for a, b in zip(left, right, strict=True)
        ]
        fits = np.array([abs(each) < 2**63 for each in exact])

        assert multiply_to_cents(left[fits], right[fits], scale).tolist() == [
            each for each, fit in zip(exact, fits, strict=True) if fit
        ]


def test_whole_numbers_are_brought_to_cents_without_overflow() -> None:
    """A product that fits 64 bits need not fit them in cents; it is exact or an OverflowError, never wrapped around."""
    assert multiply_to_cents(np.array([10**8]), np.array([9 * 10**8]), 0).tolist() == [9 * 10**18]
    with pytest.raises(OverflowError):
        multiply_to_cents(np.array([10**9]), np.array([10**9]), 0)


@pytest.mark.parametrize(("mantissa", "scale", "cents"), [(5, 3, 1), (-5, 3, -1), (4, 3, 0), (-4, 3, 0), (7, 0, 700), (125, 1, 1250), (12345, 4, 123), (12350, 4, 124)])  # fmt: skip
def test_halves_go_away_from_zero(mantissa: int, scale: int, cents: int) -> None:
    """0.005 is a cent and so is its negative."""
    assert to_cents(np.array([mantissa]), scale).tolist() == [cents]


@pytest.mark.parametrize("rate", RATES)
def test_the_largest_prices_lose_their_vat_exactly(rate: int) -> None:
    """Prices including VAT are turned into prices without at any size that VALIDATE lets pass."""
    prices = [999_999_999_999_999_999, 123_456_789_012_345_678, 92_233_720_368_547_758, -999_999_999_999_999_999, 1]
    excl = without_vat(Numbers(np.array(prices), 6), np.full(len(prices), rate))

    expected = [
        (Decimal(price).scaleb(-6) * 100 / (100 + rate)).quantize(TEN_THOUSANDTH, ROUND_HALF_UP) for price in prices
    ]
    assert [Decimal(int(each)).scaleb(-4) for each in excl.mantissa] == expected


def test_a_line_of_a_trillion_euros_is_told_not_wrapped() -> None:
    """Quantity and price may each be readable and their product absurd: a finding, no crash, no other invoice hurt."""
    run = go("""
        1001;01/03/2026;Zoë;A1;999999999999;999999999999,99;21
        1002;01/03/2026;Zoë;A1;-999999999999;2,00;21
        1003;01/03/2026;Zoë;A1;999999;999999;21
    """)

    assert run.refused == {"1001": ("amount-too-large",), "1002": ("amount-too-large",)}
    assert run.cells("amount-too-large") == ["F2", "F3"]
    assert run.invoices["1003"].excl == 999999 * 999999 * 100


def test_an_invoice_of_a_trillion_euros_is_told() -> None:
    """Lines below the limit whose sum is above it would not fit 64 bits in a larger file."""
    run = go("\n".join(["1001;01/03/2026;Zoë;A1;999;999000000,00;21"] * 2))

    assert run.the("amount-too-large").value == "1996002000000"
    assert run.refused == {"1001": ("amount-too-large",)}


def test_huge_discounts_do_not_overflow() -> None:
    """A discount on hundreds of millions is spread exactly: base times discount does not fit 64 bits."""
    run = go(
        "1001;01/03/2026;Zoë;A1;1;400000000,01;21;12,5\n1001;01/03/2026;Zoë;A2;1;100000000,02;6;12,5",
        {"invoice": {"discount_percent": {"column": "Korting"}}},
        columns=COLUMNS + ";Korting",
    )

    by_rate = {rate.rate: rate.base for rate in run.invoice.rates}
    whole = cent((Decimal("500000000.03")) * Decimal("0.125"))
    assert run.invoice.excl == int((Decimal("500000000.03") - whole) * 100)
    assert by_rate == {21: 35000000001, 6: 8750000002}


def test_the_discount_goes_out_as_written_and_lowers_the_totals() -> None:
    """The API is sent the discount; our own totals know it too, so that the answer can be compared."""
    run = go(
        "1001;01/03/2026;Zoë;A1;1;100,00;21;10,00",
        {"invoice": {"discount_amount": {"column": "Korting"}}},
        columns=COLUMNS + ";Korting",
    )

    assert (run.invoice.excl, run.invoice.vat) == (9000, 1890)
    assert run.invoice.header["discount_amount"] == "10"
    assert run.invoice.lines[0].amount == 10000


@pytest.mark.parametrize(("price", "passes"), [("121,00", True), ("12,10", True), ("10,00", False), ("0,01", True)])
def test_prices_with_vat_come_back_or_are_refused(price: str, passes: bool) -> None:
    """A total that does not come back to the cent is never rounded into place."""
    run = go(f"1001;01/03/2026;Zoë;A1;1;{price};21", {"prices": "incl_vat"})

    assert bool(run.invoices) is passes
    assert ("incl-not-exact" in run.codes) is not passes
