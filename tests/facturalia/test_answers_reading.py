"""Reading an answer whose field names no page shows."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.domain.records import Answered
from importer.facturalia.reading import as_object, find_answered, read_answer

FULL = {
    "id": 481,
    "number": "2026-0312",
    "pdf_url": "https://example.com/481.pdf",
    "totals": {"excl_vat": "120.00", "vat": "25.20", "incl_vat": 145.2},
}
READ = Answered("481", "2026-0312", "https://example.com/481.pdf", 12_000, 14_520)


@pytest.mark.parametrize(
    "wrapped",
    [
        FULL,
        {"invoice": FULL},
        {"data": FULL},
        {"data": {"invoice": FULL}},
        {"result": FULL},
        {"result": {"invoice": FULL}},
    ],
    ids=["bare", "invoice", "data", "data.invoice", "result", "result.invoice"],
)
def test_the_invoice_is_found_wherever_it_stands(wrapped: dict[str, object]) -> None:
    """The usual wrappings of a created resource all give the same reading."""
    assert read_answer(json.dumps(wrapped).encode(), {}) == READ


def test_the_inner_invoice_counts_before_the_outer_envelope() -> None:
    """An envelope's own id never stands in for the invoice's."""
    assert find_answered({"id": "request-9", "invoice": {"id": 481}}).remote_id == "481"


def test_places_of_the_profile_come_first() -> None:
    """A profile's path wins over our guesses, list positions included; where it finds nothing, the guesses hold."""
    document = {"id": 1, "number": "A", "documents": [{"ref": "X-9"}], "sum": "12,5"}
    answered = find_answered(document, {"id": ("nowhere", "documents.0.ref"), "number": ("missing.deep",)})

    assert answered == Answered(remote_id="X-9", number="A")


def test_a_field_that_is_not_of_its_kind_is_passed_over() -> None:
    """True is no id, a script is no link, a word is no total: the next place is tried, or nothing is said."""
    document = {
        "invoice": {"id": True, "number": "", "pdf_url": "javascript:alert(1)", "totals": {"excl_vat": "many"}},
        "data": {"id": 5, "number": {"a": 1}, "subtotal": "1.005"},
    }

    assert find_answered(document) == Answered(remote_id="5", excl=101)


def test_a_plain_total_is_not_taken_for_either() -> None:
    """`total` may mean with or without VAT, so it says nothing: a wrong reading would stop a run that is right."""
    answered = find_answered({"id": 1, "total": "121.00", "totals": {"total": "121.00"}})

    assert (answered.excl, answered.incl) == (None, None)


def test_totals_are_exact() -> None:
    """A total that no binary float can hold comes back to the cent."""
    assert read_answer(b'{"id": 1, "total_excl": 90071992547409.93}', {}).excl == 9_007_199_254_740_993


def test_replayed_comes_from_the_header() -> None:
    """The header alone says whether the invoice was there before."""
    assert read_answer(b'{"id": 1}', {"idempotency-status": "Replayed"}).replayed
    assert not read_answer(b'{"id": 1}', {}).replayed


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["invoice", "data", "id", "totals"]), inner)
        ),
    )
)
def test_no_json_breaks_the_reader(document: object) -> None:
    """Whatever JSON comes, reading it gives an Answered and never an exception."""
    body = json.dumps(document).encode()

    assert (as_object(body) is not None) == isinstance(document, dict)
    assert isinstance(read_answer(body, {}), Answered)


@given(st.binary())
def test_no_bytes_break_the_reader(body: bytes) -> None:
    """Bytes that are no JSON object are read as nothing."""
    assert as_object(body) is None or body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
