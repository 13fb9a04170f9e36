import json
from typing import Any

import pytest

from importer.domain.findings import Finding
from importer.domain.identity import Account
from importer.domain.invoice import Invoice, Line, Refused, RowCounts, Sheet, SkippedRows, SourceFile, Span
from importer.domain.money import RateTotal
from importer.domain.records import Frozen, Plan, PlanItem, Totals
from importer.domain.states import PlanClass
from importer.profile.golden import describe, difference, to_text

TOTALS = Totals(1062500, 223125, 1285625, (RateTotal(21, 1062500, 223125),))


def a_plan(*, origin: str = "https://example.test", quantity: str = "8.5", labels: tuple[str, ...] = ("A1",)) -> Plan:
    """A plan of invoices with one line each, one refused invoice, one skipped row and one finding."""
    line = Line("00042", quantity, "1250", 21, 1062500, (("description", "Café"),))
    invoices = [
        Invoice(
            key=(label,),
            label=label,
            header={"number": label, "date": "2026-03-03"},
            customer={"name": "Café Zoë"},
            lines=(line,),
            excl=1062500,
            vat=223125,
            incl=1285625,
            rates=TOTALS.rates,
            spans=(Span(0, 2, 2),),
        )
        for label in labels
    ]
    file = SourceFile("maart.xlsx", "0" * 64, 1)
    return Plan(
        account=Account(origin, "default"),
        digest=origin,
        items=[PlanItem(Frozen(invoice, f"imp-{origin}", b"{}", "0"), PlanClass.NEW) for invoice in invoices],
        refused=[Refused(label="B7", spans=(Span(0, 3, 3),), codes=("bad-date", "bad-amount"))],
        findings=[Finding("bad-amount", file="maart.xlsx", sheet="Blad1", row=3, column="Prijs", cell="E3", value="x")],
        rows=RowCounts(3, 1, 1, 1),
        skipped=[SkippedRows(Span(0, 4, 6), "total row")],
        sheets=[Sheet(file, "Blad1", 1, {}, {})],
        totals=TOTALS,
        file_totals=TOTALS,
    )


def test_a_description_is_readable_and_complete() -> None:
    """Invoices with key, header, customer, lines and totals; rows; refused and skipped; findings with their cells."""
    assert describe(a_plan()) == {
        "rows": {"read": 3, "invoiced": 1, "skipped": 1, "refused": 1},
        "invoices": [
            {
                "invoice": "A1",
                "key": ["A1"],
                "header": {"date": "2026-03-03", "number": "A1"},
                "customer": {"name": "Café Zoë"},
                "lines": ["00042: 8.5 x 1250 = 10625.00, 21 % VAT, description: Café"],
                "totals": {
                    "excl_vat": "10625.00",
                    "vat": "2231.25",
                    "incl_vat": "12856.25",
                    "by_rate": {"21": {"base": "10625.00", "vat": "2231.25"}},
                },
            }
        ],
        "refused": [{"invoice": "B7", "codes": ["bad-amount", "bad-date"]}],
        "skipped": ["Blad1: rows 4 to 6: total row"],
        "findings": ['bad-amount at maart.xlsx, Blad1!E3 (column "Prijs")'],
        "totals": {
            "excl_vat": "10625.00",
            "vat": "2231.25",
            "incl_vat": "12856.25",
            "by_rate": {"21": {"base": "10625.00", "vat": "2231.25"}},
        },
    }


def test_a_description_does_not_depend_on_the_account() -> None:
    """The golden plan is the same wherever the profile is tested, and survives being written as JSON."""
    live, sandbox = describe(a_plan()), describe(a_plan(origin="http://127.0.0.1:1"))
    assert live == sandbox
    assert difference(json.loads(to_text({"maart.xlsx": live}))["maart.xlsx"], sandbox) == []


def test_a_held_invoice_says_why() -> None:
    """The finding that holds an invoice is part of its description."""
    plan = a_plan()
    plan.items[0].frozen.invoice.hold = "credit-note"
    assert describe(plan)["invoices"][0]["hold"] == "credit-note"


def without(name: str, position: int) -> dict[str, Any]:
    """The usual description without one entry of a list."""
    described = describe(a_plan())
    del described[name][position]
    return described


@pytest.mark.parametrize(
    ("actual", "sentences"),
    [
        (
            describe(a_plan(quantity="9")),
            [
                'invoice A1, lines: "00042: 8.5 x 1250 = 10625.00, 21 % VAT, description: Café" is missing.',
                'invoice A1, lines: "00042: 9 x 1250 = 10625.00, 21 % VAT, description: Café" was not expected.',
            ],
        ),
        (describe(a_plan(labels=("A1", "A2"))), ["invoices: A2 was not expected."]),
        (describe(a_plan(labels=())), ["invoices: A1 is missing."]),
        (describe(a_plan(labels=("A1", "A1"))), ["invoices: expected 1, found 2."]),
        (
            describe(a_plan()) | {"rows": {"read": 4, "invoiced": 1, "skipped": 1, "refused": 1}},
            ['rows, read: expected "3", found "4".'],
        ),
        (
            describe(a_plan()) | {"rows": {"read": 3, "invoiced": 1, "skipped": 1}},
            ['rows, refused: expected "1", found nothing.'],
        ),
        (without("refused", 0), ["refused: B7 is missing."]),
        (without("findings", 0), ['findings: "bad-amount at maart.xlsx, Blad1!E3 (column "Prijs")" is missing.']),
        (without("skipped", 0), ['skipped: "Blad1: rows 4 to 6: total row" is missing.']),
    ],
)
def test_a_difference_is_a_sentence(actual: dict[str, Any], sentences: list[str]) -> None:
    """Whatever differs is named with its place, the expected and the found value."""
    assert difference(describe(a_plan()), actual) == sentences


def test_the_order_of_invoices_and_findings_counts() -> None:
    """The same invoices or findings in another order are told."""
    one, other = describe(a_plan(labels=("A1", "A2"))), describe(a_plan(labels=("A2", "A1")))
    assert difference(one, other) == ["invoices: the order differs."]
    swapped = one | {"findings": ["x", "y"]}
    assert difference(swapped, one | {"findings": ["y", "x"]}) == ["findings: the order differs."]
