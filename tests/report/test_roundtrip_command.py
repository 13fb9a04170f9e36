"""The round trip that `python -m tests.report.roundtrip` shows, and that it would notice if anything went wrong."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, Said, a_desk
from openpyxl import load_workbook
from openpyxl.comments import Comment
from planted import INVOICES, PLANTS, SHEET

from tests.report.roundtrip import travel


def test_the_round_trip_ends_with_everything_posted_once(tmp_path: Path) -> None:
    """Thirty errors are found in three languages, told in each, corrected, and all forty invoices are posted once."""
    with a_desk(tmp_path) as desk:
        trip = travel(desk, desk.run, None)

    assert trip.wrong == []
    assert trip.line() == (
        "planted=30 kinds=15 found nl=30 fr=30 en=30 posted=40 doubled=0 mended=30 still failing=0"
        " libreoffice=skipped (not installed)"
    )
    assert (len(PLANTS), INVOICES) == (30, 40)


@pytest.mark.parametrize("fault", ["comment gone", "English", "wrong cell"])
def test_a_fault_on_the_way_is_told(fault: str, tmp_path: Path) -> None:
    """A comment that is missing, is in English or hangs on another cell makes the round trip fail."""

    def run(desk: Desk, *arguments: str) -> Said:
        said = desk.run(*arguments)
        if arguments[:3] == ("--lang", "fr", "check"):
            _spoil(desk.folder / "terug-fr.xlsx", fault)
        return said

    with a_desk(tmp_path) as desk:
        trip = travel(desk, lambda *arguments: run(desk, *arguments), None)

    assert trip.wrong
    assert all("fr" in sentence for sentence in trip.wrong)


def _spoil(path: Path, fault: str) -> None:
    book = load_workbook(path)
    cell: Any = book[SHEET][PLANTS[0].cell]
    other: Mapping[str, Any] = {"wrong cell": book[SHEET]["R40"], "comment gone": None}
    if fault == "English":
        cell.comment.text += "\nUse digits only, with the comma before the cents."
    else:
        comment, cell.comment = cell.comment, None
        if other[fault] is not None:
            other[fault].comment = Comment(comment.text, comment.author)
    book.save(path)
