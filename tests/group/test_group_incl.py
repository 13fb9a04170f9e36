"""Prices including VAT come back to the cent wherever that is possible, and the refusal says what is possible."""

import random
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from sources import Run, go

from importer.domain.invoice import Invoice

INCL: dict[str, Any] = {"prices": "incl_vat"}
CENT = Decimal("0.01")


def cent(amount: Decimal) -> Decimal:
    """Half up to the cent."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def reachable(total: int, rate: int) -> bool:
    """Whether some base in whole cents and its VAT come to this total: tried, not reckoned."""
    near = total * 100 // (100 + rate)
    return any(base + (base * rate * 2 + 100) // 200 == total for base in range(max(near - 2, 0), near + 3))


def total_of(invoice: Invoice, *, per_line: bool = False) -> Decimal:
    """What the lines that are sent come to, including VAT, by other means than the importer's own."""
    bases: Counter[int] = Counter()
    vat = Decimal(0)
    for line in invoice.lines:
        amount = cent(Decimal(line.quantity) * Decimal(line.unit_price))
        bases[line.vat_rate] += int(amount * 100)
        vat += cent(amount * line.vat_rate / 100) if per_line else Decimal(0)
    excl = sum((Decimal(base) / 100 for base in bases.values()), Decimal(0))
    return excl + (vat if per_line else sum((cent(Decimal(base) * r / 10000) for r, base in bases.items()), Decimal(0)))


def random_invoices(seed: int, count: int, *, rates: tuple[int, ...]) -> tuple[Run, Run, dict[str, list[tuple[Decimal, ...]]]]:  # fmt: skip
    """Invoices of one to six lines as a shop has them, read with VAT per invoice and per line; and what they say."""
    chance = random.Random(seed)
    said: dict[str, list[tuple[Decimal, ...]]] = {}
    rows = []
    for number in range(count):
        for _ in range(chance.randint(1, 6)):
            quantity, price, rate = chance.randint(1, 5), chance.randint(1, 20_000), chance.choice(rates)
            said.setdefault(str(number), []).append((Decimal(quantity), Decimal(price) / 100, Decimal(rate)))
            rows.append(f"{number};01/03/2026;Zoë;A1;{quantity};{price // 100},{price % 100:02d};{rate}")
    text = "\n".join(rows)
    return go(text, INCL), go(text, {**INCL, "rounding": "per_line"}), said


def test_two_lines_of_ten_euro_come_back() -> None:
    """8.26 and 8.26 would be 19.99; one of the two takes the price that rounds it to 8.27, and no more than that."""
    run = go("1001;01/03/2026;Zoë;A1;1;10,00;21\n1001;01/03/2026;Zoë;A2;1;10,00;21", INCL)
    assert run.codes == []
    assert sorted(line.unit_price for line in run.invoice.lines) == ["8.2645", "8.265"]
    assert run.invoice.incl == 2000


def test_a_price_for_many_pieces_takes_its_other_neighbour() -> None:
    """Sixty times 0.8264 is a cent short of the truth; 0.8265 is not, and stays within half a cent of it."""
    run = go("1001;01/03/2026;Zoë;A1;60;1,00;21", INCL)
    assert run.codes == []
    assert [line.unit_price for line in run.invoice.lines] == ["0.8265"]
    assert run.invoice.incl == 6000


@pytest.mark.parametrize("rates", [(21,), (6, 12, 21), (0, 6, 21)])
def test_totals_come_back_wherever_one_exists(rates: tuple[int, ...]) -> None:
    """What passes comes to the file's total, each line within half a cent of the truth; the rest has no base at all."""
    per_invoice, per_line, said = random_invoices(len(rates), 600, rates=rates)
    for run in (per_invoice, per_line):
        for label, invoice in run.invoices.items():
            given = sum((cent(quantity * price) for quantity, price, _ in said[label]), Decimal(0))
            assert total_of(invoice, per_line=run is per_line) == given
            for line, (quantity, price, rate) in zip(invoice.lines, said[label], strict=True):
                true = quantity * price * 100 / (100 + rate)
                assert abs(quantity * Decimal(line.unit_price) - true) <= Decimal("0.005")
    if len(rates) == 1:
        totals = {
            label: int(sum(quantity * price for quantity, price, _ in lines) * 100) for label, lines in said.items()
        }
        assert set(per_invoice.refused) == {label for label, total in totals.items() if not reachable(total, rates[0])}
        assert 0.15 < len(per_invoice.refused) / 600 < 0.2
    else:
        assert len(per_invoice.refused) / 600 < 0.12, "several rates reach nearly every total"


@pytest.mark.parametrize(("rate", "expected"), [(6, 47170), (12, 44643), (21, 41322)])
def test_how_many_totals_exist(rate: int, expected: int) -> None:
    """Of the totals 0.01 to 500.00 so many can be reached with one rate: the figures of docs/profiles.md."""
    assert sum(reachable(total, rate) for total in range(1, 50_001)) == expected


@pytest.mark.parametrize("rate", [6, 12, 21])
def test_single_lines_pass_exactly_where_a_total_exists(rate: int) -> None:
    """Of every total from 0.01 to 12.00 exactly the unreachable ones are refused, and the two nearest ones are named."""
    text = "\n".join(f"{total};01/03/2026;Zoë;A1;1;{total // 100},{total % 100:02d};{rate}" for total in range(1, 1201))
    run = go(text, INCL)
    assert set(run.refused) == {str(total) for total in range(1, 1201) if not reachable(total, rate)}
    for finding in run.findings:
        total = int(finding.invoice)
        assert finding.facts == {"one": f"{(total - 1) / 100:.2f}", "other": f"{(total + 1) / 100:.2f}"}


def test_what_came_back_before_keeps_its_prices() -> None:
    """An invoice whose total fits is sent with the plain prices, half up to four decimals: its bytes never change."""
    run = go("1001;01/03/2026;Zoë;A1;3;12,10;21\n1001;01/03/2026;Zoë;A2;1;9,99;21", INCL)
    assert [line.unit_price for line in run.invoice.lines] == ["10", "8.2562"]
