"""Texts: invisible characters, codes a spreadsheet has damaged, check digits, fixed sets of values, required cells."""

import unicodedata

import pytest
from sources import COLUMNS, go, table_of

LINE = "1001;01/03/2026;Zoë;A1;2;10,00;21"


def code_is(cell: str) -> list[str]:
    """What is told of a product code."""
    return go(f"1001;01/03/2026;Zoë;{cell};2;10,00;21").codes


INVISIBLE = [chr(point) for point in range(0x110000) if unicodedata.category(chr(point)) in {"Cc", "Cf", "Zl", "Zp"}]


def test_every_control_and_format_character_is_caught_in_a_code() -> None:
    """Controls, zero-width and direction marks, soft hyphens, separators: none passes inside an identifier."""
    signs = [sign for sign in INVISIBLE if sign not in "\n\r"]
    rows = [f"{number};01/03/2026;Zoë;A{sign}1;2;10,00;21" for number, sign in enumerate(signs, start=1)]

    run = go([table_of([row.split(";") for row in rows], COLUMNS.split(";"))])

    caught = {finding.value[1] for finding in run.findings if finding.code == "control-character"}
    assert [hex(ord(sign)) for sign in signs if sign not in caught] == []


@pytest.mark.parametrize(
    "cell", ["é", "ß", "Ω", "日本", "İ", "😀", "ﬁ", "x\u00a0y", "A-1/2", "€", "e\u0301", "5" + '"']
)
def test_letters_of_all_alphabets_pass(cell: str) -> None:
    """Only what cannot be seen is refused."""
    assert code_is(cell) == []


def test_a_note_may_have_lines_and_tabs() -> None:
    """Line breaks belong in a note; other controls do not, and bidirectional marks are a matter of alphabets."""

    def note(text: str) -> list[str]:
        table = table_of([[*LINE.split(";"), text]], [*COLUMNS.split(";"), "Opmerking"])
        return go([table], {"invoice": {"note": {"column": "Opmerking"}}}).codes

    assert note("eerste\nregel\ttwee\r\ndrie") == []
    assert note("a\u200fb") == []
    assert note("a\x00b") == note("a\x1bb") == note("a\x7fb") == note("a\x85b") == ["control-character"]


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        ("<n>1001", []),
        ("<n>123456789012345", []),
        ("<n>1234567890123456", ["number-as-id"]),
        ("<n>1.23E+15", ["number-as-id"]),
        ("<n>0.5", []),
        ("<n>0000000000000000042", []),
        ("1234567890123456789", []),
        ("1.23E+15", ["number-as-id"]),
        ("1,23457E+15", ["number-as-id"]),
        ("1.23E+1", []),
        ("E+15", []),
        ("11.23E+15", []),
        ("CODE-E", []),
        ("<b>TRUE", ["not-text"]),
        ("<d>2026-03-12", ["not-text"]),
        ("TRUE", []),
        ("2026-03-12", []),
    ],
)
def test_what_a_spreadsheet_does_to_codes(cell: str, codes: list[str]) -> None:
    """Long numbers, dates and logical values in a code column were text once; text that looks like them is text.

    But not what a spreadsheet leaves of a long number when it saves it as text.
    """
    assert code_is(cell) == codes


@pytest.mark.parametrize(
    ("check", "good", "bad", "code"),
    [
        ("be-vat", ["BE0403170701", "BE 0403.170.701", "0403170701", "BTW BE 0403.170.701", "TVA BE 0403 170 701"], ["BE0403170702", "NL004495445B01", "x"], "bad-vat-number"),
        ("eu-vat", ["NL004495445B01", "BE0403170701", "FR 40 303 265 045"], ["NL004495446B01", "GB123456789", "12"], "bad-vat-number"),
        ("be-or-eu-vat", ["0403170701", "NL004495445B01"], ["0403170702", "NL1"], "bad-vat-number"),
        ("iban", ["BE68 5390 0754 7034", "be68539007547034", "NL91ABNA0417164300"], ["BE68539007547035", "BE68"], "bad-iban"),
        ("ogm", ["+++090/9337/55493+++", "090933755493", "***090/9337/55493***"], ["+++090/9337/55494+++", "1"], "bad-ogm"),
    ],
)  # fmt: skip
def test_check_digits(check: str, good: list[str], bad: list[str], code: str) -> None:
    """The checks take the spellings people use, refuse a wrong digit, and say nothing of an empty cell."""
    rows = [f"{number};01/03/2026;Zoë;A1;2;10,00;21;{text}" for number, text in enumerate([*good, ".", *bad])]

    run = go("\n".join(rows), {"invoice": {"reference": {"column": "Ref", "check": check}}}, columns=COLUMNS + ";Ref")

    assert [(finding.code, finding.value) for finding in run.findings] == [(code, text) for text in bad]


@pytest.mark.parametrize(
    ("path", "good", "bad"),
    [
        ("invoice.language", ["nl", "fr", "en", ""], ["NL", "de", "nl-BE", " "]),
        ("invoice.due_days_after", ["nf", "em", ""], ["EM", "month"]),
        ("invoice.autosend", ["0", "1"], ["2", "TRUE", "yes", "01"]),
        ("invoice.is_paid", ["0", "1"], ["true", "-1"]),
        ("customer.country", ["BE", "NL", "XK", ""], ["B", "Atlantis", "Congo", "B3", "\u0412E"]),
    ],
)  # fmt: skip
def test_fixed_sets_of_values(path: str, good: list[str], bad: list[str]) -> None:
    """A field of the API with a fixed set takes these very words, and empty means left out."""
    section, name = path.split(".")
    bad = [text for text in bad if text.strip()]
    rows = [f"{number};01/03/2026;Zoë;A1;2;10,00;21;{text or '.'}" for number, text in enumerate([*good, *bad])]

    run = go("\n".join(rows), {section: {name: {"column": "Veld"}}}, columns=COLUMNS + ";Veld")

    assert [(finding.code, finding.value) for finding in run.findings] == [("bad-choice", text) for text in bad]


@pytest.mark.parametrize("currency", ["EUR", "."])
def test_euro_or_nothing_said(currency: str) -> None:
    """EUR passes, and so does an empty cell."""
    assert (
        go(f"{LINE};{currency}", {"controls": {"currency": {"column": "Munt"}}}, columns=COLUMNS + ";Munt").codes == []
    )


@pytest.mark.parametrize("currency", ["USD", "eur", "€", "EURO", "BEF"])
def test_any_other_currency_refuses(currency: str) -> None:
    """Nothing else is taken for euro, whatever it looks like."""
    run = go(f"{LINE};{currency}", {"controls": {"currency": {"column": "Munt"}}}, columns=COLUMNS + ";Munt")

    assert run.codes == ["not-eur"]


@pytest.mark.parametrize("place", range(7))
def test_every_required_cell_is_required(place: int) -> None:
    """An empty cell of a needed field is one finding at its place."""
    cells = LINE.split(";")
    cells[place] = "."

    run = go(";".join(cells))

    assert run.codes == (["missing-key", "missing-value"] if place == 0 else ["missing-value"])
    assert {finding.cell for finding in run.findings} == {f"{'ABCDEFG'[place]}2"}


def test_one_way_to_name_the_customer_is_enough() -> None:
    """VAT number, name or id: any one will do, none is told at the first of them."""
    changes = {"customer": {"name": {"column": "Klant"}, "vat_number": {"column": "Btw-nr"}}}
    columns = COLUMNS + ";Btw-nr"

    assert go(f"{LINE.replace('Zoë', '.')};BE0403170701", changes, columns=columns).codes == []
    assert go(f"{LINE};.", changes, columns=columns).codes == []
    assert go(f"{LINE.replace('Zoë', '.')};.", changes, columns=columns).cells("missing-value") == ["C2"]


def test_one_cell_has_one_finding() -> None:
    """An error cell in a required field with a check is an error cell, no more."""
    changes = {"customer": {"vat_number": {"column": "Btw-nr", "check": "be-vat"}, "name": None}}
    run = go(f"{LINE};<e>#N/A", changes, columns=COLUMNS + ";Btw-nr")

    assert run.codes == ["error-cell"]


def test_findings_follow_the_sheet() -> None:
    """All that is wrong is told in one go, row by row, then field by field."""
    run = go("""
        1001;x;Zoë;A1;y;10,00;21
        1002;01/03/2026;Zoë;.;2;z;21
        1003;01/03/2026;.;A1;2;10,00;19
    """)  # fmt: skip

    assert [finding.cell for finding in run.findings] == ["B2", "E2", "D3", "F3", "C4", "G4"]


@pytest.mark.parametrize("cell", ["<n>1.23E+18", "<n>1234567890123456"])
@pytest.mark.parametrize(
    "rule", [{"column": "Ref"}, {"join": {"columns": ["Klant", "Ref"]}}, {"first_of": ["Ref", "Klant"]}]
)
def test_a_damaged_number_is_sent_nowhere(cell: str, rule: dict[str, object]) -> None:
    """An order number of nineteen digits that the workbook rounded is told wherever it goes, also inside a join."""
    run = go(f"{LINE};{cell}", {"invoice": {"reference": rule}}, columns=COLUMNS + ";Ref")

    assert run.codes == ["number-as-id"]


def test_a_sound_number_may_be_joined() -> None:
    """Numbers and dates that are exact are text in a join."""
    rule = {"join": {"columns": ["Klant", "Ref"]}}

    assert go(f"{LINE};<n>42", {"invoice": {"reference": rule}}, columns=COLUMNS + ";Ref").invoice.header["reference"] == "Zoë 42"  # fmt: skip
