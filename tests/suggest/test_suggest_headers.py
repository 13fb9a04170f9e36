"""What headers mean, and what they only look like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.suggest.model import Column
from importer.suggest.similar import similar_roles
from importer.suggest.synonyms import header_key, meanings, spellings, split_side
from importer.suggest.tongue import language_shown


@pytest.mark.parametrize(
    ("header", "role", "side"),
    [
        ("Factuurnr.", "number", ""),
        ("FACTUUR_NUMMER", "number", ""),
        ("*InvoiceNumber", "number", ""),
        ("Invoice #", "number", ""),
        ("N° TVA", "vat_number", ""),
        ("Nº TVA", "vat_number", ""),
        ("Taux de TVA", "vat_rate", ""),
        ("BTW %", "vat_rate", ""),
        ("BTW-bedrag", "vat_amount", ""),
        ("Échéance", "due_date", ""),
        ("Echeance", "due_date", ""),
        ("Vervaldag", "due_date", ""),
        ("Prix unitaire HT", "price", "excl"),
        ("Prijs excl. btw", "price", "excl"),
        ("regel_prijs_ex_btw", "price", "excl"),
        ("Prix TTC", "price", "incl"),
        ("Bedrag\n(incl. BTW)", "amount", "incl"),
        ("Total HTVA", "amount", "excl"),
        ("Total TVAC", "amount", "incl"),
        ("Billable Rate (EUR)", "price", ""),
        ("Klant / Naam", "customer", ""),
    ],
)
def test_a_header_says_by_itself_what_it_is(header: str, role: str, side: str) -> None:
    """Case, accents, blanks and signs do not count; words for the side of VAT are understood and taken off."""
    first = meanings(header)[0]
    assert (first.role, first.side, first.weak) == (role, side, False)


@pytest.mark.parametrize("header", ["BTW", "TVA", "Code", "Naam", "Nom", "Factuur", "Référence", "Taux", "Name", "ID"])
def test_a_false_friend_is_never_decided_by_its_name(header: str) -> None:
    """Headers that mean several things are weak in every meaning: values have to agree first."""
    assert meanings(header)
    assert all(meaning.weak for meaning in meanings(header))


@pytest.mark.parametrize(
    ("header", "never"),
    [
        ("N° TVA", "vat_rate"),
        ("Billing Code", "product_code"),
        ("Kostprijs", "price"),
        ("Prix d'achat", "price"),
        ("Vervaldatum", "date"),
        ("Betalingstermijn", "due_date"),
        ("VAT Paid by Buyer", "vat_number"),
        ("Skonto", "discount"),
        ("Leverancier", "customer"),
        ("Montant TVA", "amount"),
    ],
)
def test_a_header_is_compared_as_a_whole(header: str, never: str) -> None:
    """A word inside another header counts for nothing."""
    assert never not in {meaning.role for meaning in meanings(header)}


@given(st.text(max_size=30))
def test_any_header_has_a_key_and_the_key_is_its_own(header: str) -> None:
    """Every text can be asked, and asking for its key again changes nothing."""
    assert header_key(header_key(header)) == header_key(header)
    assert all(meaning.role for meaning in meanings(header))
    split_side(header)


def test_every_spelling_of_the_table_is_found() -> None:
    """Each spelling leads back to a meaning, so none stands there in vain."""
    assert [word for word in spellings() if not meanings(word)] == []


@pytest.mark.parametrize(
    ("header", "role"), [("Faktuurnr", "number"), ("Artikelcod", "product_code"), ("BTW percent", "vat_rate")]
)
def test_a_likeness_names_the_role_and_its_score(header: str, role: str) -> None:
    """A header with a typing error is like a known one, but is not that one."""
    assert meanings(header) == ()
    (found, score), *_ = similar_roles(header)
    assert found == role
    assert 80 <= score <= 100


@pytest.mark.parametrize("header", ["BTW %", "% btw", "BTW-bedrag %"])
def test_a_percent_sign_turns_a_likeness_round(header: str) -> None:
    """The sign that libraries drop decides: "BTW %" is never like "BTW-bedrag"."""
    assert "vat_amount" not in dict(similar_roles(header))


def named(*headers: str) -> list[Column]:
    """Empty columns with these headers."""
    return [Column(number, "A", header, (), None) for number, header in enumerate(headers)]


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        (("Factuurnummer", "Factuurdatum", "Vervaldatum", "E-mail"), "nl"),
        (("Facture", "Date facture", "Échéance", "Prix unitaire HT"), "fr"),
        (("Invoice Number", "Invoice Date", "Due Date", "Customer Name"), ""),
        (("Factuurnummer", "Factuurdatum"), ""),
        (("Factuurnummer", "Factuurdatum", "Vervaldatum", "Échéance", "Date facture"), ""),
        (("Factuurnummer", "Factuurdatum", "Vervaldatum", "Invoice Number"), ""),
        (("Factuur", "Datum", "Nummer", "Naam", "Bedrijf"), ""),
    ],
    ids=["Dutch", "French", "English", "too few", "two languages", "one of four English", "weak ones"],
)
def test_headers_show_the_language_only_if_they_are_clearly_dutch_or_french(
    headers: tuple[str, ...], language: str
) -> None:
    """Three headers that one language alone writes, and four of five that tell one; English says nothing."""
    assert language_shown(named(*headers))[0] == language
