import hashlib
import io
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from importer.errors import ProfileError
from importer.profile.keys import known_keys
from importer.profile.load import load_profile, parse_profile, shipped
from importer.profile.model import INVOICE_FIELDS, FieldRule, Profile, SourceRule
from importer.profile.shipped import mappings_folder

GOOD = """\
# Acme webshop. Sample: sample_data/acme/maart.csv
profile: acme
version: 1
system: acme
invoice_key: Factuurnr
prices: excl_vat
invoice: {date: {column: Datum}}
customer: {name: {column: Klant}}
lines:
  product_code: {column: Code}
  quantity: {column: Aantal}
  unit_price: {column: Prijs}
  vat_rate: {value: 21}
"""
JARGON = re.compile(
    r"pydantic|https?:|Input should|valid dictionary|valid string|constrained|literal\[|dict_type|NoneType",
    re.IGNORECASE,
)


def problems(text: str) -> list[str]:
    """The sentences with which a profile is refused."""
    with pytest.raises(ProfileError) as caught:
        parse_profile(text.encode(), "mappings/x.yaml")
    return caught.value.message.splitlines()


def test_a_profile_knows_its_file() -> None:
    """Name, text, digest of the bytes and the values come with a loaded profile; scalars are text."""
    content = b"\xef\xbb\xbf" + GOOD.encode()
    loaded = parse_profile(content, "acme.yaml")
    assert loaded.name == "acme.yaml"
    assert loaded.text == GOOD
    assert loaded.digest == hashlib.sha256(content).hexdigest()
    assert (loaded.profile.version, loaded.profile.lines["vat_rate"].value) == ("1", "21")
    assert loaded.profile.invoice_key == ("Factuurnr",)


def test_a_path_is_loaded_from_there(tmp_path: Path) -> None:
    """A path, as text or as Path, is read from disk and named in messages as it was given."""
    file = tmp_path / "acme.yaml"
    file.write_text(GOOD, encoding="utf-8")
    assert load_profile(file).path == file
    assert load_profile(str(file)).name == str(file)


def test_every_problem_is_listed_with_its_place() -> None:
    """One refusal names all that is wrong, in file order, by line and column and key."""
    text = (
        GOOD.replace("version: 1\n", "")
        .replace("quantity: {column:", "quantity: {colum:")
        .replace("prices: excl_vat", "prices: net")
    )
    assert problems(text.replace("invoice: {date: {column: Datum}}", "invoice: {dat: {column: Datum}}")) == [
        'mappings/x.yaml:2:1: the required key "version" is missing; the keys here are '
        + ", ".join(known_keys(()))
        + ".",
        'mappings/x.yaml:5:1 (prices): "net" is not one of "excl_vat", "incl_vat".',
        "mappings/x.yaml:6:1 (invoice.date): is required.",
        'mappings/x.yaml:6:11 (invoice.dat): "dat" is not a known field; did you mean "date"? Known are '
        + ", ".join(sorted(INVOICE_FIELDS))
        + ".",
        'mappings/x.yaml:10:14 (lines.quantity.colum): "colum" is not a known key; did you mean "column"? Known are '
        + ", ".join(FieldRule.model_fields)
        + ".",
    ]


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        (("prices:", "delimiter: x\nprices:"), "6:1 (delimiter)", 'it belongs under "source"'),
        (("prices:", "zzz: x\nprices:"), "6:1 (zzz)", '"zzz" is not a known key; known are profile'),
        (("{column: Datum}", "Datum"), "7:11 (invoice.date)", 'write {column: "Datum"} for a column'),
        (("{column: Datum}", ""), "7:11 (invoice.date)", "is empty"),
        (
            ("{column: Datum}", "{column: x, value: y}"),
            "7:11 (invoice.date)",
            "exactly one of column, value, join, first_of (found column and value)",
        ),
        (("{column: Datum}", "{map: {a: b}}"), "7:11 (invoice.date)", "found none"),
        (("{column: Datum}", "{column: x, default: }"), "7:29 (invoice.date.default)", "is empty"),
        (
            ("{column: Datum}", "{column: x, map: [a]}"),
            "7:29 (invoice.date.map)",
            "a group of words and their meanings",
        ),
        (
            ("{column: Datum}", "{column: x, map: {a: [b]}}"),
            "7:35 (invoice.date.map.a)",
            "must be one text, not a list",
        ),
        (
            ("{column: Datum}", "{column: x, check: vat}"),
            "7:29 (invoice.date.check)",
            '"vat" is not one of "be-vat", "eu-vat"',
        ),
        (
            ("{column: Datum}", "{join: {separator: x}}"),
            "7:18 (invoice.date.join)",
            'the required key "columns" is missing',
        ),
        (("{column: Datum}", "{column: {a: b}}"), "7:18 (invoice.date.column)", "a text or a list of texts"),
        (
            ("date: {column: Datum}", "date: {column: D}, due_date: {column: V}, due_days: {value: 1}"),
            "7:53 (invoice.due_days)",
            "cannot stand beside invoice.due_date",
        ),
        (
            ("name: {column: Klant}", "city: {column: Klant}"),
            "8:1 (customer)",
            "at least one of name, vat_number, customer_id",
        ),
        (("profile: acme", "profile: Acme BV"), "2:1 (profile)", "small letters, digits"),
        (("prices: excl_vat", "prices: [excl_vat]"), "6:1 (prices)", 'a list is not one of "excl_vat"'),
        (("lines:", "controls: x\nlines:"), "9:1 (controls)", 'not "x"'),
        (("lines:", "source: {decimal: '.', thousands: '.'}\nlines:"), "9:1 (source)", "the same sign"),
        (("lines:", "source: {header: 0}\nlines:"), "9:10 (source.header)", "auto, or the number of the row"),
        (("lines:", "source: {header: x}\nlines:"), "9:10 (source.header)", "auto, or the number of the row"),
        (("lines:", "source: {delimiter: ';;'}\nlines:"), "9:10 (source.delimiter)", "exactly one sign"),
        (
            ("lines:", "source: {encoding: [utf-8, base64]}\nlines:"),
            "9:10 (source.encoding)",
            '"base64" is not an encoding',
        ),
        (("lines:", "source: {dates: dd/mm/yyyy}\nlines:"), "9:10 (source.dates)", "does not say day, month and year"),
        (("lines:", "source: {dates: '%m/%Y'}\nlines:"), "9:10 (source.dates)", "does not say day, month and year"),
        (("lines:", "rows: {skip: {column: x}}\nlines:"), "9:8 (rows.skip)", "a list of rules"),
        (
            ("lines:", "rows: {skip: [{column: x, reason: y}]}\nlines:"),
            "9:15 (rows.skip[1])",
            "exactly one of equals, other_than, contains, starts_with, matches, blank",
        ),
        (
            ("lines:", "rows: {skip: [{column: x, matches: '(', reason: y}]}\nlines:"),
            "9:15 (rows.skip[1])",
            "not a regular expression",
        ),
        (
            ("lines:", "rows: {skip: [{column: x, blank: yes, reason: y}]}\nlines:"),
            "9:27 (rows.skip[1].blank)",
            '"yes" is not one of "true"',
        ),
        (("lines:", "rows: {fill_down: x}\nlines:"), "9:8 (rows.fill_down)", "write [x]"),
        (("vat_rate:", "Omschrijving: {column: x}\n  vat_rate:"), "13:3 (lines.Omschrijving)", "not a field name"),
    ],
)
def test_a_mistake_is_said_plainly_at_its_place(change: tuple[str, str], place: str, words: str) -> None:
    """Each kind of mistake is one sentence with line, column and key, without the words of the machinery."""
    (sentence,) = problems(GOOD.replace(*change, 1))
    assert sentence.startswith(f"mappings/x.yaml:{place}: ")
    assert words in sentence
    assert not JARGON.search(sentence)


@pytest.mark.parametrize("text", ["", "# nothing\n", "just words\n", "[a, b]\n"])
def test_a_file_without_keys_is_no_profile(text: str) -> None:
    """An empty file, or one that holds no group of keys, is refused in one sentence."""
    (sentence,) = problems(text)
    assert "must begin with keys such as profile:" in sentence


def test_optional_sections_may_stand_empty() -> None:
    """`source:` with all its keys commented out means the defaults."""
    assert parse_profile((GOOD + "source:\nrows:\n").encode(), "x.yaml").profile.source.decimal is None


def test_text_in_another_encoding_is_refused_with_its_line() -> None:
    """A profile saved as windows-1252 is refused; the line of the first wrong letter is named."""
    with pytest.raises(ProfileError, match=r"x\.yaml:14: the file is not UTF-8 text"):
        parse_profile(GOOD.encode() + "# België\n".encode("windows-1252"), "x.yaml")


def test_an_unknown_name_lists_the_shipped_profiles() -> None:
    """A mistyped name is answered with the nearest and with all that exist."""
    with pytest.raises(ProfileError) as caught:
        load_profile("dmeo")
    assert 'Did you mean "demo"?' in caught.value.message
    assert all(profile.name in caught.value.message for profile in shipped())


def test_an_absent_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    """A path that leads to nothing, or to a folder, is refused in a sentence."""
    with pytest.raises(ProfileError, match="There is no profile file"):
        load_profile(tmp_path / "none.yaml")
    with pytest.raises(ProfileError, match="cannot be read"):
        load_profile(tmp_path)


def test_shared_files_are_not_listed() -> None:
    """Files whose name begins with an underscore are no profiles to choose from."""
    names = [profile.name for profile in shipped()]
    assert names == sorted(names)
    assert (mappings_folder() / "_template.yaml").is_file()
    assert not [name for name in names if name.startswith("_")]


WORDS = st.sampled_from(
    [
        *Profile.model_fields,
        *FieldRule.model_fields,
        *SourceRule.model_fields,
        "skip",
        "date",
        "name",
        "quantity",
        "columns",
        "id",
        "auto",
        "21",
        "x",
    ]
)
TREES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(WORDS, st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=4)),
)


@given(st.dictionaries(WORDS, TREES, max_size=5))
def test_whatever_is_wrong_is_said_without_jargon(data: dict[str, Any]) -> None:
    """Any wrong profile is refused by sentences with a place, never by an unforeseen error or in machine words."""
    text = io.StringIO()
    YAML(typ="safe", pure=True).dump(data, text)
    with pytest.raises(ProfileError) as caught:
        parse_profile(text.getvalue().encode(), "x.yaml")
    for sentence in caught.value.message.splitlines():
        assert re.match(r"x\.yaml:\d+:\d+( \([^)]*\))?: .+\.\Z", sentence), sentence
        assert not JARGON.search(sentence)
        assert "cannot be used" not in sentence  # the fallback of a kind of mistake nobody put into words
