"""Figures as they are written in Belgium."""

import pytest

from importer.domain.findings import Finding
from importer.web.show import Writer


@pytest.mark.parametrize(
    ("literal", "quantity", "price"),
    [
        ("8.5", "8,5", "8,50"),
        ("1300", "1.300", "1.300,00"),
        ("-1234567.125", "-1.234.567,125", "-1.234.567,125"),
        ("-0.5", "-0,5", "-0,50"),
        ("0", "0", "0,00"),
    ],
)
def test_exact_decimals_lose_nothing_and_prices_show_cents(literal: str, quantity: str, price: str) -> None:
    """Groups of three and a comma; no digit is rounded away, and a price has two decimals at least."""
    writer = Writer("nl")
    assert (writer.decimal(literal), writer.price(literal)) == (quantity, price)


def test_french_groups_by_a_space() -> None:
    """The same in French: a narrow space that does not break, and a comma."""
    assert Writer("fr").price("1250") == "1\u202f250,00"


@pytest.mark.parametrize(
    ("reason", "written"), [("customer calls back", "calls back. Release"), ("Wait!", "is held: Wait! Release")]
)
def test_what_a_person_wrote_ends_before_the_remedy_begins(reason: str, written: str) -> None:
    """A reason without a full stop gets one, and one that has its own keeps it."""
    held = Finding("held-by-hand", invoice="F-1", facts={"invoice": "F-1", "reason": reason})
    assert written in Writer("en").message(held)


@pytest.mark.parametrize(("language", "written"), [("nl", "velden. Lijn 1, pro"), ("fr", "velden. Ligne 1, code")])
def test_what_facturalia_answers_is_written_as_sentences(language: str, written: str) -> None:
    """No full stop before a semicolon, whatever space the language puts there, and a capital after it."""
    answer = "Facturalia rejected invoice F-1: Controleer de velden.; lines.0.product_code: Product bestaat niet."
    said = Writer(language).words(answer)
    assert written in said
    assert ";" not in said
