"""Quick first looks at large texts may be too careful, but never miss what the exact look finds."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.domain.identity import all_normal, normalise_part
from importer.stations.group.keys import _alike, _all_differ
from importer.stations.read.oddities import MOJIBAKE, may_be_damaged
from importer.stations.read.plausible import IMPLAUSIBLE, _may_be_doubtful

WESTERN_TEXT = st.text("abcZ é€ÃÂâç¤¥¦Š‚„ƒˆ†ÀÿŸ–ß,;\n\x83\x82", max_size=40)  # noqa: RUF001 - these very signs are meant
KEYS = st.lists(st.text("aA0O1-/. \u00a0\tÅＡо", max_size=6), max_size=6, unique=True)  # noqa: RUF001 - full width and Cyrillic


@given(WESTERN_TEXT)
def test_no_implausible_text_passes_the_first_look(text: str) -> None:
    """Where the pattern finds a word that no language has, the look at the bytes has said that it might."""
    if re.search(IMPLAUSIBLE, text):
        assert _may_be_doubtful(text.encode())


@given(WESTERN_TEXT, st.sampled_from(["utf-8", "windows-1252", "iso-8859-1", "iso-8859-15"]))
def test_no_damaged_text_passes_the_first_look(text: str, encoding: str) -> None:
    """Where the pattern finds damaged letters, the look at the bytes, in whichever encoding, has said that it might."""
    octets = text.encode(encoding, "ignore")
    if re.search(MOJIBAKE, octets.decode(encoding)):
        assert may_be_damaged(octets, encoding)


@pytest.mark.parametrize("before", range(9))
def test_four_letters_are_seen_wherever_they_stand(before: int) -> None:
    """Words of letters beyond ASCII are found at every distance from a word's edge."""
    assert _may_be_doubtful(b"a" * before + "éééé".encode() + b"a" * 9)
    assert not _may_be_doubtful(b"a" * before + "é".encode() + b"a" * 9)


@given(KEYS)
def test_texts_taken_for_normal_are(texts: list[str]) -> None:
    """No text that normalising would change is passed over."""
    if all_normal(texts):
        assert [normalise_part(text) for text in texts] == texts


@given(KEYS)
def test_keys_taken_for_different_have_none_alike(texts: list[str]) -> None:
    """Keys that are said to differ on whole columns have no pair alike one by one."""
    parts = [(text,) for text in dict.fromkeys(map(normalise_part, texts)) if text]
    if _all_differ(parts):
        pairs = _alike([*parts, ("ééé",)])  # a key beyond ASCII makes it look one by one
        assert pairs == []


@pytest.mark.parametrize("text", ["1001.0", "-1.00", " 1", "a  b", "a\u00a0b", "1\t", "Ａ1", "ﬁ", "\x1f1"])  # noqa: RUF001 - full width
def test_texts_that_normalising_changes_are_not_taken_for_normal(text: str) -> None:
    """Each kind of change is seen."""
    assert normalise_part(text) != text
    assert not all_normal(["1", text])


@pytest.mark.parametrize("pair", [("A1", "a1"), ("01", "1"), ("1-0", "10"), ("0-01", "1"), ("а", "a")])  # noqa: RUF001 - Cyrillic
def test_keys_alike_are_not_taken_for_different(pair: tuple[str, str]) -> None:
    """Case, leading zeros, signs and alphabet: each way to be alike is seen."""
    parts = [(text,) for text in pair]
    assert _alike(parts) == [(0, 1)]
    assert not _all_differ(parts)
