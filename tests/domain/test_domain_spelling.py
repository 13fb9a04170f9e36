"""One number has many spellings and one normal form; two numbers never become one."""

import pytest

from importer.domain.spelling import country_of, iban_form, ogm_form, same_number, vat_form


@pytest.mark.parametrize(
    "text",
    [
        "BE0403170701",
        "BE 0403.170.701",
        "403170701",
        "0403170701",
        "be 403.170.701",
        "BE\u00a00403\u202f170\u00a0701",
        "BE-0403-170-701",
        "BTW BE 0403.170.701",
        "BTW-nr. BE 0403.170.701",
        "TVA: 0403 170 701",
        "VAT BE0403170701",
        "\uff22\uff25 0403170701",
    ],
)
def test_every_spelling_of_a_belgian_number_is_one(text: str) -> None:
    """Word, country, leading zero, capitals and signs make no difference."""
    assert vat_form(text) == "BE0403170701"


@pytest.mark.parametrize(
    ("text", "form", "country"),
    [
        ("EL 094259216", "EL094259216", "EL"),
        ("GR094259216", "EL094259216", "EL"),
        ("XI 123456789", "XI123456789", "XI"),
        ("nl 0044.95.445.b01", "NL004495445B01", "NL"),
        ("1000.000.123", "BE1000000123", "BE"),
        ("2403170701", "2403170701", ""),
        ("Particulier", "PARTICULIER", ""),
        ("", "", ""),
    ],
)
def test_other_numbers_keep_their_country(text: str, form: str, country: str) -> None:
    """Greece writes EL; what is no number has no country."""
    assert (vat_form(text), country_of(vat_form(text))) == (form, country)


def test_banks_have_one_form_too() -> None:
    """A structured communication and an IBAN are written as banks print them; other text stays as it is."""
    for text in ("090/9337/55493", "***090/9337/55493***", "+++090/9337/55493+++", "090933755493", "090 9337 55493"):
        assert ogm_form(text) == "+++090/9337/55493+++"
    assert ogm_form("Order 090933755493") == "Order 090933755493"
    assert iban_form("be68 5390 0754 7034") == "BE68539007547034"
    assert iban_form("Rekening 12") == "Rekening 12"


@pytest.mark.parametrize(
    ("path", "one", "other", "same"),
    [
        ("customer.vat_number", "BE 0403.170.701", "0403170701", True),
        ("customer.vat_number", "BE0403170701", "BE0403170702", False),
        ("customer.vat_number", "", "-", False),
        ("customer.name", "403170701", "BE0403170701", False),
        ("invoice.reference", "090/9337/55493", "+++090/9337/55493+++", True),
        ("invoice.reference", "090/9337/55493", "+++090/9337/55494+++", False),
        ("invoice.note", "BE68 5390 0754 7034", "BE68539007547034", True),
        ("invoice.note", "Zoë", "zoë", False),
    ],
)
def test_only_a_spelling_is_no_difference(path: str, one: str, other: str, same: bool) -> None:
    """Digits count; names and other texts are compared as they are."""
    assert same_number(path, one, other) is same
