import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.errors import ProfileError
from importer.profile.yamltext import MAX_CHARACTERS, read_yaml


@pytest.mark.parametrize(
    "written",
    [
        "NO",
        "no",
        "yes",
        "true",
        "0403170701",
        "0x1F",
        "21",
        "1_000",
        "12:30",
        "2026-03-01",
        "1.50",
        "1e3",
        ".inf",
        "=",
        "<<",
    ],
)
def test_scalars_stay_text_as_written(written: str) -> None:
    """No word of a spreadsheet becomes a boolean, a number or a date, as value, as list item or as key."""
    document = read_yaml(f"a: {written}\nb: [{written}]\nc: {{{written}: x}}\n", "x.yaml")
    assert document.data == {"a": written, "b": [written], "c": {written: "x"}}


def test_empty_values_differ_from_empty_text() -> None:
    """A key without value is None; quoted empty text, and quoted words that mean empty, are text."""
    document = read_yaml("a:\nb: ~\nc: null\nd: ''\ne: 'null'\nf: \"~\"\n", "x.yaml")
    assert document.data == {"a": None, "b": None, "c": None, "d": "", "e": "null", "f": "~"}


@pytest.mark.parametrize("text", ["", "# only a comment\n", "\ufeff"])
def test_an_empty_file_has_no_data(text: str) -> None:
    """A file without content is read, and holds nothing."""
    assert read_yaml(text, "x.yaml").data is None


def test_marks_are_those_an_editor_shows() -> None:
    """Lines and columns count from 1 and point at keys and list items; an absent key points at its group."""
    document = read_yaml("# head\nlines:\n  quantity: {column: Aantal}\n  items:\n    - a\n    - b\n", "x.yaml")
    assert document.mark(("lines",)) == (2, 1)
    assert document.mark(("lines", "quantity", "column")) == (3, 14)
    assert document.mark(("lines", "items", 1)) == (6, 7)
    assert document.mark(("lines", "quantity", "absent", "deep")) == (3, 3)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: 1\nb: 2\na: 3", "3:1", 'the key "a" stands here twice, first in line 1'),
        ("x: {b: 1, b: 2}", "1:11", "twice"),
        ("a: &name b", "1:4", "anchor"),
        ("a: *name", "1:4", "reference"),
        ("a: !!int 3", "1:4", "tag"),
        ("a: !python/object:os.system {}", "1:4", "tag"),
        ("&x a: 1", "1:1", "anchor"),
        ("a: 1\n---\nb: 2", "2:1", "second document"),
        ("%YAML 1.1\n---\na: 1", "2:1", "another YAML version"),
        ("a:\n\tb: 1", "2:1", "tab"),
        ("a: 'x\ty'", "1:6", "tab"),
        ("a: b: c", "1:5", '":" is not expected'),
        ("a: %d/%m/%Y", "1:4", '"%" unless it is in quotes'),
        ("a: @x", "1:4", '"@" unless'),
        ("a: 'x", "1:4", "never closed"),
        ("a: [1, 2", "1:9", "not closed"),
        ("a: {b: c", "1:9", "not closed"),
        ("a:\n  - b\n c: d", "3:2", "indentation"),
        ('a: "\\q"', "1:6", "twice"),
        ("a: b\nc\n", "3:1", 'no ":"'),
        ("a: ,", "1:4", "in quotes"),
        ("a: - b", "1:4", "line of its own"),
        ('a: "\\ud83d"', "1:4", "half a character"),
        ("? [a]\n: b", "1:3", "a key must be a text"),
        ("a: \x01", "1:4", "U+0001"),
        ("ok: 1\na: x\u2028\x7f", "2:6", "U+007F"),
        ("[" * 40, "1:22", "levels"),
        ("a: " + "b" * MAX_CHARACTERS, "1:1", "larger than"),
    ],
)
def test_what_is_not_plain_yaml_is_refused_with_its_place(text: str, place: str, words: str) -> None:
    """Everything beyond one plain document is refused in words, with file, line and column."""
    with pytest.raises(ProfileError) as caught:
        read_yaml(text, "mappings/x.yaml")
    assert caught.value.message.startswith(f"mappings/x.yaml:{place}: ")
    assert words in caught.value.message
    assert caught.value.exit_code == 2


def test_a_comment_may_quote_a_tab_separated_export() -> None:
    """Tabs are refused where they could mean something, not in comments."""
    assert read_yaml("# Nr\tDatum\na: b\n", "x.yaml").data == {"a": "b"}


@given(st.text(alphabet=" \n:-[]{}#&*!|>'\"%@`,?abc0\t\ufeff\u2028~", max_size=60))
def test_any_text_is_data_or_a_refusal(text: str) -> None:
    """No input escapes as another error, and what is read holds only groups, lists, text and None."""
    message, data = "x.yaml:1:1: fine.", None
    try:
        data = read_yaml(text, "x.yaml").data
    except ProfileError as error:
        message = error.message
    assert re.match(r"x\.yaml:\d+:\d+: .*\.\Z", message, re.DOTALL)
    waiting = [data]
    while waiting:
        item = waiting.pop()
        assert item is None or type(item) in {str, list, dict}
        if isinstance(item, dict):
            assert all(type(key) is str for key in item)
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item


# JSON writes higher characters as two halves, and leaves DEL as it is
PLAIN = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"], exclude_characters="\x7f"), max_size=40)


@given(st.dictionaries(PLAIN, st.one_of(PLAIN, st.lists(PLAIN))))
def test_quoted_text_comes_back_unchanged(data: dict[str, object]) -> None:
    """Text in double quotes, escaped as JSON does it, is read as it was written."""
    assert read_yaml(json.dumps(data), "x.yaml").data == data
