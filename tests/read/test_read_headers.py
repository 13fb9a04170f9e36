"""Headers of two rows, read from text files and workbooks."""

from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from importer.errors import SourceError
from importer.profile.headers import Merge
from importer.profile.source import HeaderRule, SourceRule
from importer.stations.read import read_tables
from importer.stations.read.headers import Found, Missed, find_header, rows_to_search

TWO = {"rows": 2}
NEEDED = (("Factuur / Nr",), ("Klant / Naam",), ("Lijn / Prijs",), ("Opmerking",))


def source(**header: Any) -> SourceRule:
    """A source whose header takes two rows."""
    return SourceRule.model_validate({"header": TWO | header})


def text(path: Path, lines: str) -> Path:
    """A text file."""
    path.write_text(lines, encoding="utf-8")
    return path


def workbook(path: Path) -> Path:
    """A title row, groups merged over their columns, one name merged over both rows, and data."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Verkoop")
        sheet.merge_range("A1:F1", "Verkoop maart")
        sheet.write("A3", "Factuur")
        sheet.merge_range("B3:C3", "Klant")
        sheet.merge_range("D3:E3", "Lijn")
        sheet.merge_range("F3:F4", "Opmerking")
        sheet.write_row("A4", ["Nr", "Naam", "BTW", "Code", "Prijs"])
        sheet.write("G4", "Los")
        sheet.write_row("A5", ["1001", "Zoë", "BE0403170701", "A1", 10.5, "x", "y"])
    return path


def test_a_text_file_with_groups_above_its_columns(tmp_path: Path) -> None:
    """Names are joined, data begins below the second row, and rows keep their numbers."""
    lines = "Verkoop maart;;;;\nFactuur;Klant;;Lijn;Opmerking\nNr;Naam;BTW;Prijs;\n1001;Zoë;BE1;10,50;x\n"
    (table,) = read_tables(text(tmp_path / "maart.csv", lines), source(), NEEDED)

    assert table.headers == ("Factuur / Nr", "Klant / Naam", "Klant / BTW", "Lijn / Prijs", "Opmerking")
    assert table.header_row == 3
    assert table.rows.tolist() == [4]


def test_a_workbook_with_merged_groups(tmp_path: Path) -> None:
    """A merged cell stands over its columns or its two rows; a column beside it belongs to no group."""
    (table,) = read_tables(workbook(tmp_path / "maart.xlsx"), source(), NEEDED)

    assert table.headers == (
        "Factuur / Nr", "Klant / Naam", "Klant / BTW", "Lijn / Code", "Lijn / Prijs", "Opmerking", "Los",
    )  # fmt: skip
    assert (table.header_row, table.rows.tolist()) == (4, [5])
    assert [column[0].as_py() for column in table.columns] == ["1001", "Zoë", "BE0403170701", "A1", "10.5", "x", "y"]


def test_the_row_of_the_header_may_be_said(tmp_path: Path) -> None:
    """`row` is the first of the two rows; a wrong one is refused with both row numbers."""
    path = workbook(tmp_path / "maart.xlsx")

    assert read_tables(path, source(row="3"), NEEDED)[0].header_row == 4
    with pytest.raises(SourceError, match=r"not found in rows 2 and 3, where the profile expects them"):
        read_tables(path, source(row="2"), NEEDED)


def test_two_columns_of_one_joined_name_are_refused(tmp_path: Path) -> None:
    """Which of the two is meant cannot be known."""
    lines = "Factuur;Klant;;Lijn;Opmerking\nNr;Naam;Naam;Prijs;\n1001;Zoë;Jan;10,50;x\n"
    with pytest.raises(SourceError) as caught:
        read_tables(text(tmp_path / "maart.csv", lines), source(), NEEDED)

    assert caught.value.code == "duplicate-header"
    assert 'the header "Klant / Naam" stands above two columns, B and C (row 2)' in caught.value.message


def test_merged_cells_are_only_asked_for_where_the_header_takes_two_rows() -> None:
    """A header of one row costs no look at merged cells."""
    asked = []

    def merges() -> list[Merge]:
        asked.append(1)
        return []

    rows = [(1, ["Nr", "Naam"]), (2, ["1", "2"])]
    assert find_header(rows, (("Nr",),), HeaderRule(), merges) == Found(1, ("Nr", "Naam"))
    assert asked == []
    assert find_header(rows, (("Nr / 1",),), HeaderRule(rows=2), merges) == Found(2, ("Nr / 1", "Naam / 2"))
    assert asked == [1]


@pytest.mark.parametrize(("rule", "rows"), [({}, 50), ({"row": 7}, 7), ({"rows": 2}, 51), ({"row": 7, "rows": 2}, 8)])
def test_how_far_the_header_is_looked_for(rule: dict[str, Any], rows: int) -> None:
    """A header of two rows may begin in the last row that is looked at."""
    assert rows_to_search(HeaderRule.model_validate(rule)) == rows


def test_a_single_row_holds_no_header_of_two() -> None:
    """A file that ends after its first header row has none."""
    assert isinstance(find_header([(1, ["Nr"])], (("Nr",),), HeaderRule(rows=2)), Missed)
