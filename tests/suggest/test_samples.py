"""The real exports of other people, where they are at hand: all understood or refused, none with a crash or a loss."""

from pathlib import Path

import pytest

from tests.samples import look_at_file

FOLDER = Path(__file__).parents[2] / ".." / "shared" / "samples"
SMALL = 300_000  # bytes; `python -m tests.samples` takes the large ones too
FILES = sorted(
    path
    for path in FOLDER.glob("*/*")
    if path.is_file() and path.suffix not in {".md", ".json"} and path.stat().st_size < SMALL
)


@pytest.mark.skipif(not FILES, reason="the folder of real exports is not here")
@pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")
def test_every_real_export_is_understood_or_refused_and_no_cell_is_lost() -> None:
    """Another library finds the same number of cells with content in each, and nothing ends in a crash."""
    lines = [look_at_file(path) for path in FILES]

    assert [line for line in lines if line.fate not in {"understood", "refused"}] == []
    assert sum(line.fate == "understood" for line in lines) > len(lines) / 2
