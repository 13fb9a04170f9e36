"""The table of words is whole, so that another language is another table."""

import ast
import re
from pathlib import Path

import pytest

from importer.domain.summary import INVOICE_COUNTS
from importer.language.speech import LANGUAGES, Speech
from importer.stations import report
from importer.stations.report.model import TONES, Place
from importer.stations.report.words import ENGLISH, words_in

ROOM = Path(report.__file__).parent


def names_used(table: str) -> set[str]:
    """The names looked up in one of the tables by the modules of the room."""
    texts: set[str] = set()
    for module in ROOM.glob("*.py"):
        if module.name != "words.py":
            tree = ast.parse(module.read_text(encoding="utf-8"))
            texts |= {
                node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
            }
    return texts & set(getattr(ENGLISH, table))


@pytest.mark.parametrize("table", ["sheets", "headers", "labels", "phrases"])
def test_every_word_is_used(table: str) -> None:
    """No word stands in the table for nothing."""
    assert names_used(table) == set(getattr(ENGLISH, table))


def test_every_place_has_a_word_and_a_colour() -> None:
    """Whatever the run's JSON can count has a name here, a meaning and a colour."""
    assert set(ENGLISH.places) == set(TONES) == set(Place)
    assert set(ENGLISH.meanings) == set(Place) - {Place.SKIPPED}
    assert {str(place) for place in Place} >= set(INVOICE_COUNTS) - {"total", "new", "replayed"}


def test_every_exit_code_is_explained() -> None:
    """The exit codes of the command line all have a meaning."""
    assert set(ENGLISH.exits) == {0, 1, 2, 3, 4, 70}


@pytest.mark.parametrize("language", LANGUAGES)
def test_sheet_names_leave_room_for_a_number(language: str) -> None:
    """A sheet's name has at most 31 characters, also with a number after it, and no two are the same."""
    names = list(words_in(Speech(language)).sheets.values())

    assert all(len(name) <= 25 and not set(name) & set("[]:*?/\\'") for name in names)
    assert len({name.casefold() for name in names}) == len(names)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_whole_table(language: str) -> None:
    """Each language has every word, with the same names in braces and as many headers as columns."""
    words = words_in(Speech(language))

    for table in ("sheets", "headers", "titles", "places", "meanings", "exits", "labels", "phrases", "fixes", "nouns"):
        ours, theirs = getattr(ENGLISH, table), getattr(words, table)
        assert set(theirs) == set(ours)
        for key, word in ours.items():
            assert sorted(re.findall(r"\{\w+\}", str(theirs[key]))) == sorted(re.findall(r"\{\w+\}", str(word)))
            assert not isinstance(word, tuple) or len(theirs[key]) == len(word)
    assert (words.speech.language, words_in(Speech()) == ENGLISH) == (language, True)
