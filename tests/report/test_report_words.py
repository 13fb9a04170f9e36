"""The table of words is whole, so that another language is another table."""

import ast
from pathlib import Path

import pytest

from importer.domain.summary import INVOICE_COUNTS
from importer.stations import report
from importer.stations.report.model import TONES, Place
from importer.stations.report.words import ENGLISH

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


def test_sheet_names_leave_room_for_a_number() -> None:
    """A sheet's name has at most 31 characters, also with a number after it."""
    assert all(len(name) <= 25 and not set(name) & set("[]:*?/\\'") for name in ENGLISH.sheets.values())
