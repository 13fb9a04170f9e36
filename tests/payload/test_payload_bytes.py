"""The request bytes: golden, valid JSON for any text, exact in every number."""

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sources import COLUMNS, go, table_of

from importer.domain.invoice import Invoice, Line, Span
from importer.facturalia.payload import CUSTOMER_ORDER, INVOICE_ORDER, LITERALS, PayloadWriter
from importer.profile.model import CUSTOMER_FIELDS, INVOICE_FIELDS, INVOICE_INTEGER, INVOICE_NUMBER

IDENTITY = "imp-0123456789abcdef0123456789abcdef"


def an_invoice(**changes: Any) -> Invoice:
    """An invoice of one line."""
    fields: dict[str, Any] = {
        "key": ("1",), "label": "1", "header": {"number": "1", "date": "2026-03-01"}, "customer": {"name": "Zoë"},
        "lines": (Line("A1", "2", "10", 21, 2000),), "excl": 2000, "vat": 420, "incl": 2420, "rates": (), "spans": (Span(0, 2, 2),),
    }  # fmt: skip
    return Invoice(**fields | changes)


def body(**changes: Any) -> str:
    """Its bytes as text."""
    return PayloadWriter().body(an_invoice(**changes), IDENTITY).decode()


GOLDEN = (
    '{"external_id":"imp-0123456789abcdef0123456789abcdef",'
    '"invoice":{"number":"2026-0312","date":"2026-03-03","due_days":30,"due_days_after":"nf","language":"nl",'
    '"note":"twee\\nregels","reference":"P-1","delivery_address_line_1":"Kaai 1","delivery_address_line_2":"9000 Gent",'
    '"delivery_address_line_3":"België","is_paid":0,"vat_exemption_code":2,"layout":7,"autosend":1,"email_tpl":3,'
    '"discount_amount":2.5,"discount_percent":10},'
    '"customer":{"customer_id":42,"vat_number":"BE0403170701","name":"Café \\"Zoë\\"","street":"Kaai 12",'
    '"postal_code":"9000","city":"Gent","country":"BE","email":"zoe@example.com","phone":"+32 9 000 00 00",'
    '"external_customer_no":"00042"},'
    '"lines":[{"product_code":"00042","quantity":8.5,"unit_price":1250,"vat_rate":21,"description":"Consultancy"},'
    '{"product_code":"A/1","quantity":0.000001,"unit_price":999999999999.999999,"vat_rate":0}]}'
)


def test_golden_bytes() -> None:
    """Every field in its place: these bytes may not change, or all that was posted would look changed."""
    header = {
        "number": "2026-0312", "date": "2026-03-03", "due_days": "30", "due_days_after": "nf", "language": "nl",
        "note": "twee\nregels", "reference": "P-1", "delivery_address_line_1": "Kaai 1", "delivery_address_line_2": "9000 Gent",
        "delivery_address_line_3": "België", "is_paid": "0", "vat_exemption_code": "2", "layout": "7", "autosend": "1",
        "email_tpl": "3", "discount_amount": "2.5", "discount_percent": "10",
    }  # fmt: skip
    customer = {
        "customer_id": "42", "vat_number": "BE0403170701", "name": 'Café "Zoë"', "street": "Kaai 12", "postal_code": "9000",
        "city": "Gent", "country": "BE", "email": "zoe@example.com", "phone": "+32 9 000 00 00", "external_customer_no": "00042",
    }  # fmt: skip
    lines = (
        Line("00042", "8.5", "1250", 21, 1062500, (("description", "Consultancy"),)),
        Line("A/1", "0.000001", "999999999999.999999", 0, 100000000),
    )
    backwards = [dict(reversed(list(fields.items()))) for fields in (header, customer)]

    assert body(header=header, customer=customer, lines=lines) == GOLDEN
    assert body(header=backwards[0], customer=backwards[1], lines=lines) == GOLDEN


def test_golden_bytes_of_a_source() -> None:
    """From cells to bytes: the whole way gives these very bytes, and one writer does not mix two invoices up."""
    run = go("1001;01/03/2026;Zoë;00042;8,50;1.250,00;21%\n1002;1/3/2026;Zoë;A1;1,0;0,10;6")

    assert run.bodies() == {
        "1001": '{"external_id":"imp-e04c1070c2b755e90b735cd96a4f3896","invoice":{"number":"1001","date":"2026-03-01","autosend":0},'
        '"customer":{"name":"Zoë"},"lines":[{"product_code":"00042","quantity":8.5,"unit_price":1250,"vat_rate":21}]}'.encode(),
        "1002": b'{"external_id":"imp-' + run.frozen()[1].external_id[4:].encode()
        + b'","invoice":{"number":"1002","date":"2026-03-01","autosend":0},'
        + '"customer":{"name":"Zoë"},"lines":[{"product_code":"A1","quantity":1,"unit_price":0.1,"vat_rate":6}]}'.encode(),
    }  # fmt: skip


def test_every_field_a_profile_may_name_is_written() -> None:
    """No field of the profile is dropped on its way out; a due date goes as due_days."""
    assert set(INVOICE_ORDER) == INVOICE_FIELDS - {"due_date"}
    assert set(CUSTOMER_ORDER) == CUSTOMER_FIELDS
    assert {"customer_id", *INVOICE_INTEGER, *INVOICE_NUMBER} == LITERALS


def test_autosend_is_always_sent() -> None:
    """The API's default is not documented: an invoice must never leave by surprise."""
    assert '"autosend":0' in body()
    assert '"autosend":1' in body(header={"date": "2026-03-01", "autosend": "1"})


HOSTILE = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(HOSTILE, HOSTILE, HOSTILE, st.lists(st.tuples(st.sampled_from(["description", "unit"]), HOSTILE), max_size=2, unique_by=lambda pair: pair[0]))  # fmt: skip
def test_any_text_comes_back_from_the_json(number: str, name: str, code: str, extra: list[tuple[str, str]]) -> None:
    """Quotes, backslashes, controls, line separators, emoji: valid JSON in UTF-8 that says the very text."""
    line = Line(code, "1", "1", 21, 100, tuple(extra))
    sent = PayloadWriter().body(an_invoice(header={"number": number, "date": "x"}, customer={"name": name}, lines=(line,)), IDENTITY)  # fmt: skip

    said = json.loads(sent)

    assert said["invoice"]["number"] == number
    assert said["customer"] == {"name": name}
    assert said["lines"] == [{"product_code": code, "quantity": 1, "unit_price": 1, "vat_rate": 21, **dict(extra)}]
    assert b"\n" not in sent


@pytest.mark.parametrize(
    "text", ['"', "\\", "\x00", "\x1f", "\x7f", "\u2028", "😀", "</script>", "\ufeff", "é", "\\u0041"]
)
def test_hostile_texts_through_the_stations(text: str) -> None:
    """What a cell may hold of them ends in the JSON as it is; what it may not is told, not sent."""
    run = go([table_of([["1001", "01/03/2026", f"a{text}b", "A1", "1", "10,00", "21"]], COLUMNS.split(";"))])

    if run.invoices:
        assert json.loads(run.bodies()["1001"])["customer"]["name"] == f"a{text}b"
    else:
        assert run.codes == ["control-character"]


@given(st.integers(1, 10**18), st.integers(0, 6), st.integers(0, 10**18), st.integers(0, 6))
def test_numbers_are_exact(quantity: int, quantity_scale: int, price: int, price_scale: int) -> None:
    """No number passes a float on its way from the cell to the bytes."""
    cells = [Decimal(quantity).scaleb(-quantity_scale), Decimal(price).scaleb(-price_scale)]
    run = go(
        [table_of([["1001", "01/03/2026", "Zoë", "A1", *(f"<n>{cell:f}" for cell in cells), "21"]], COLUMNS.split(";"))]
    )

    if run.invoices:
        said = json.loads(run.bodies()["1001"], parse_float=Decimal, parse_int=Decimal)["lines"][0]
        assert [said["quantity"], said["unit_price"]] == cells
        assert re.search(rb'"quantity":[0-9]+(\.[0-9]+)?,"unit_price":[0-9]+(\.[0-9]+)?,', run.bodies()["1001"])
    else:
        assert set(run.codes) == {"amount-too-large"}


def test_a_writer_tells_equal_looking_customers_apart() -> None:
    """Customers are remembered by object, and two objects are never taken for each other, alive or gone."""
    writer = PayloadWriter()

    said = [writer.body(an_invoice(customer={"name": f"n{number}"}), IDENTITY) for number in range(500)]

    assert [json.loads(each)["customer"]["name"] for each in said] == [f"n{number}" for number in range(500)]


def test_a_writer_remembers_which_fields_there_are_not_their_order_in_another_section() -> None:
    """A header and a customer with the same field names do not share a layout by accident."""
    writer = PayloadWriter()
    both = {"note": "x"}

    said = json.loads(writer.body(an_invoice(header={"date": "2026-03-01"} | both, customer={"name": "Zoë"}), IDENTITY))
    again = json.loads(writer.body(an_invoice(header={"date": "2026-03-01", "autosend": "0"}, customer={"name": "Jan"}), IDENTITY))  # fmt: skip

    assert said["invoice"] == {"date": "2026-03-01", "note": "x", "autosend": 0}
    assert again["invoice"] == {"date": "2026-03-01", "autosend": 0}
    assert again["customer"] == {"name": "Jan"}
