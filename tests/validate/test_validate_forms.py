"""Numbers with check digits: proved, explained where they are wrong, and sent in one spelling."""

import pytest
from sources import go, known

from importer.domain.states import PlanClass, State
from importer.stations.validate.texts import normal_form, vat_problem

COLUMNS = "Nr;Datum;Klant;Code;Aantal;Prijs;BTW;BTW-nr"
LINE = "1001;01/03/2026;Zoë;A1;2;10,00;21"
CHECKED = {"customer": {"vat_number": {"column": "BTW-nr", "check": "be-or-eu-vat"}}}
UNCHECKED = {"customer": {"vat_number": {"column": "BTW-nr"}}}


@pytest.mark.parametrize("text", ["BE 0403.170.701", "403170701", "btw be 0403-170-701", "BE\u00a00403170701"])
def test_a_vat_number_is_sent_in_one_spelling(text: str) -> None:
    """However the file writes it, the same bytes leave."""
    run = go(f"{LINE};{text}", CHECKED, columns=COLUMNS)
    assert run.codes == []
    assert run.invoice.customer["vat_number"] == "BE0403170701"


@pytest.mark.parametrize(
    ("text", "sent"), [("403170701", "403170701"), ("BE 0403.170.701", "BE0403170701"), ("BE 0403.170.702", "BE 0403.170.702")]
)  # fmt: skip
def test_without_a_check_only_a_proved_number_is_rewritten(text: str, sent: str) -> None:
    """Nine digits without a country may be anything, and a number whose check fails is no number."""
    assert go(f"{LINE};{text}", UNCHECKED, columns=COLUMNS).invoice.customer["vat_number"] == sent


def test_rows_of_one_invoice_agree_in_any_spelling() -> None:
    """Two spellings of one number are no disagreement; two numbers are."""
    other = LINE.replace("A1", "A2")
    assert go(f"{LINE};BE 0403.170.701\n{other};0403170701", CHECKED, columns=COLUMNS).codes == []
    assert go(f"{LINE};BE 0403.170.701\n{other};BE0102030439", CHECKED, columns=COLUMNS).codes == ["header-differs"]


@pytest.mark.parametrize(
    ("text", "check", "problem"),
    [
        ("BE 0403.170.702", "be-or-eu-vat", "with the digits before them its last two should be 01"),
        ("0403.170.7", "be-vat", "it has 8 digits, a Belgian number has 10 and begins with 0 or 1"),
        ("BE2403170701", "be-vat", "it has 10 digits, a Belgian number has 10 and begins with 0 or 1"),
        ("NL004495445B01", "be-vat", "it is not a Belgian number"),
        ("NL004495446B01", "eu-vat", "it does not have the form or the check digits of a number of NL"),
        ("US123456789", "be-or-eu-vat", "it does not begin with the code of a country of the EU"),
    ],
)
def test_a_wrong_number_is_explained(text: str, check: str, problem: str) -> None:
    """What is wrong is said as precisely as the number allows."""
    (finding,) = go(f"{LINE};{text}", {"customer": {"vat_number": {"column": "BTW-nr", "check": check}}}, columns=COLUMNS).findings  # fmt: skip
    assert finding.code == "bad-vat-number"
    assert finding.facts["problem"] == problem == vat_problem(text, check)  # type: ignore[arg-type] # a check by name


def test_check_digits_that_are_said_are_right() -> None:
    """The two digits the message proposes make the number valid."""
    for eight in range(1_000_000, 1_000_200):
        digits = vat_problem(f"BE{eight:08d}00", "be-vat")[-2:]
        assert normal_form(f"{eight:08d}{digits}", "be-vat") == f"BE{eight:08d}{digits}"


@pytest.mark.parametrize("digits", ["000000009797", "000000009700", "090933755493", "000000000197"])
def test_a_structured_communication_ends_on_its_remainder_and_97_stands_for_0(digits: str) -> None:
    """The last two of twelve digits are the remainder by 97 of the others; never 00."""
    first, last = int(digits[:10]), int(digits[10:])
    right = last == (first % 97 or 97)
    text = f"+++{digits[:3]}/{digits[3:7]}/{digits[7:]}+++"
    run = go(f"{LINE};{digits}", {"invoice": {"reference": {"column": "BTW-nr", "check": "ogm"}}}, columns=COLUMNS)
    assert run.codes == ([] if right else ["bad-ogm"])
    assert [invoice.header["reference"] for invoice in run.grouped.invoices] == ([text] if right else [])


def test_an_iban_is_sent_without_spaces() -> None:
    """The form banks exchange; check digits are proved."""
    rules = {"invoice": {"note": {"column": "BTW-nr", "check": "iban"}}}
    assert go(f"{LINE};be68 5390 0754 7034", rules, columns=COLUMNS).invoice.header["note"] == "BE68539007547034"
    assert go(f"{LINE};BE69 5390 0754 7034", rules, columns=COLUMNS).codes == ["bad-iban"]


def test_an_older_spelling_is_no_change() -> None:
    """Posted as the file wrote it, before numbers had a normal form: still the same invoice; another number is not."""
    run = go(f"{LINE};BE 0403.170.701", CHECKED, columns=COLUMNS)
    (now,) = run.frozen()
    old = now.body.replace(b"BE0403170701", b"BE 0403.170.701")
    assert old != now.body
    (item,) = run.plan(known(now, State.POSTED, body=old, digest="0" * 64)).items
    assert item.plan_class is PlanClass.ALREADY_POSTED
    other = now.body.replace(b"BE0403170701", b"BE0102030439")
    (item,) = run.plan(known(now, State.POSTED, body=other, digest="0" * 64)).items
    assert item.plan_class is PlanClass.CHANGED
