import io
from pathlib import Path

import pytest
from openpyxl import Workbook

from importer.errors import SourceError
from importer.profile.model import SourceRule
from importer.stations.read import read_grids
from importer.stations.table import Kind


def test_a_workbook_shows_every_sheet_as_it_stands(tmp_path: Path) -> None:
    """No header is looked for, hidden sheets and merged areas are told, numbers keep their kind."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Blad1"
    sheet.append(["Verkoop maart"])
    sheet.append([])
    sheet.append(["nr", "bedrag"])
    sheet.append(["A1", 12.5])
    sheet.merge_cells("A1:B1")
    book.create_sheet("Oud").sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    path = tmp_path / "a.xlsx"
    path.write_bytes(out.getvalue())

    first, second = read_grids(path, None, None)

    assert (first.sheet, first.visible, second.sheet, second.visible) == ("Blad1", True, "Oud", False)
    assert [[cell for cell in row if cell] for row in first.cells] == [
        ["Verkoop maart"],
        [],
        ["nr", "bedrag"],
        ["A1", "12.5"],
    ]
    assert list(first.rows) == [1, 2, 3, 4]
    assert first.kinds[3] == bytes([Kind.TEXT, Kind.NUMBER])
    assert first.merges == ((1, 1, 1, 2),)
    assert [len(grid.cells) for grid in read_grids(path, None, 2)] == [2, 0]


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("Gent, maart 2026\n\nnr;bedrag;klant\n1;12,50;A\n2;3,75;B\n", ";"),
        ("nr;bedrag\n1;2,5\n", ";"),
        ("nr,bedrag\n1,2.5\n", ","),
        ("nr\tbedrag\n1\t2,5\n", "tab"),
        ("nr|bedrag\n1|2,5\n", "|"),
        ("nr\n1\n", ";"),
    ],
)
def test_the_rows_of_the_table_speak_for_the_delimiter(tmp_path: Path, text: str, delimiter: str) -> None:
    """Title lines and decimal commas do not hide how a text file is cut."""
    path = tmp_path / "a.csv"
    path.write_text(text)

    (grid,) = read_grids(path, None, None)

    assert grid.detected["delimiter"].startswith(f'"{delimiter}"')
    assert grid.cells[0] == text.splitlines()[0].split(delimiter.replace("tab", "\t"))
    assert len(grid.cells) == text.count("\n")


def test_what_the_source_rule_states_is_not_detected(tmp_path: Path) -> None:
    """A stated delimiter cuts, and a text file is refused where a workbook is stated."""
    path = tmp_path / "a.csv"
    path.write_text("a;b,c\n")

    (grid,) = read_grids(path, SourceRule(delimiter=","), None)

    assert grid.cells == [["a;b", "c"]]
    with pytest.raises(SourceError):
        read_grids(path, SourceRule(kind="excel"), None)
