"""The workbook comes back, is corrected, and joins: thirty planted errors of fifteen kinds, all the way to the sandbox."""

import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, a_desk
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from planted import COLUMNS, HEADER_ROW, INVOICES, LINES, PLANTS, SHEET, corrected, planted

from importer.domain.returned import ADDED

SOFFICE = shutil.which("soffice")
RED = "FFF8D7D7"
ADDED_EN = ADDED["en"]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with the planted workbook."""
    with a_desk(tmp_path) as made:
        planted(tmp_path / "maart.xlsx")
        yield made


def sheet_of(path: Path) -> Worksheet:
    """The sheet of invoices."""
    sheet = load_workbook(path)[SHEET]
    assert isinstance(sheet, Worksheet)
    return sheet


def comments(sheet: Worksheet) -> dict[str, str]:
    """What each comment of a sheet says, by cell."""
    return {cell.coordinate: cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment is not None}


def column(sheet: Worksheet, header: str) -> dict[int, Any]:
    """The cells below one of the added headers, by row."""
    places = [cell.column for cell in sheet[HEADER_ROW] if cell.value == header]
    assert len(places) == 1
    return {row: sheet.cell(row, places[0]).value for row in range(HEADER_ROW + 1, sheet.max_row + 1)}


def posted_once(desk: Desk) -> Counter[str]:
    """How often the sandbox holds each number."""
    assert desk.server is not None
    return Counter(str(one.number) for one in desk.server.invoices())


def test_thirty_errors_come_back_at_their_cells(desk: Desk) -> None:
    """Each of thirty errors of fifteen kinds is a red cell with a comment that says what, why and how; no other is."""
    said = desk.run("check", "maart.xlsx", "-m", "demo", "--annotate", "terug.xlsx", "--json")
    found = said.object()
    sheet = sheet_of(desk.folder / "terug.xlsx")

    assert {(one["code"], one["cell"]) for one in found["findings"]} == {(one.kind, one.cell) for one in PLANTS}
    assert (said.code, found["findings_total"], len({one.kind for one in PLANTS})) == (1, 30, 15)
    assert found["annotated"] == ["terug.xlsx"]
    told = comments(sheet)
    assert set(told) == {one.cell for one in PLANTS}
    for one in found["findings"]:
        assert one["message"] in told[one["cell"]]
        assert one["fix"] in told[one["cell"]]
    assert {cell.coordinate for row in sheet.iter_rows(max_col=len(COLUMNS)) for cell in row
            if cell.fill.fgColor.rgb == RED} == set(told)  # fmt: skip


def test_everything_else_of_the_workbook_stays(desk: Desk) -> None:
    """Title, header, other sheet, widths, formats and every good cell are what they were; further columns come after."""
    desk.run("check", "maart.xlsx", "-m", "demo", "--annotate", "terug.xlsx")
    before, after = sheet_of(desk.folder / "maart.xlsx"), sheet_of(desk.folder / "terug.xlsx")
    uncalculated = {one.cell for one in PLANTS if one.kind == "formula-not-calculated"}

    for row in before.iter_rows():
        for cell in row:
            other = after[cell.coordinate]
            if cell.coordinate not in uncalculated:
                assert (other.value, other.data_type) == (cell.value, cell.data_type), cell.coordinate
            assert other.number_format == cell.number_format
            assert repr(other.font) == repr(cell.font)
    assert after.merged_cells == before.merged_cells
    assert after.column_dimensions["E"].width == 22
    assert load_workbook(desk.folder / "terug.xlsx").sheetnames == [SHEET, "Notities", ADDED_EN.sheet]
    assert [cell.value for cell in after[HEADER_ROW]] == [*COLUMNS, ADDED_EN.status, ADDED_EN.number, ADDED_EN.todo]
    last = HEADER_ROW + LINES * INVOICES
    assert (after.freeze_panes, after.auto_filter.ref) == (f"A{HEADER_ROW + 1}", f"A{HEADER_ROW}:W{last}")
    failing = {one.invoice for one in PLANTS}
    assert column(after, ADDED_EN.status) == {
        HEADER_ROW + 1 + row: "Refused" if row // LINES in failing else "Ready" for row in range(LINES * INVOICES)
    }


def test_a_corrected_workbook_joins_and_all_is_posted_once(desk: Desk) -> None:
    """Ten invoices go at first; after correction the thirty others go too, none twice, and the screen says so."""
    first = desk.run("import", "maart.xlsx", "-m", "demo", "--yes", "--annotate", "terug.xlsx", "--json").object()
    assert (first["invoices"]["posted"], first["invoices"]["refused"]) == (10, 30)
    assert first["rejoined"] == {"mended": 0, "still_failing": 0, "unchanged": 0}
    numbers = column(sheet_of(desk.folder / "terug.xlsx"), ADDED_EN.number)
    assert sum(value is not None for value in numbers.values()) == 10 * LINES

    corrected(desk.folder / "terug.xlsx", PLANTS[:-2])  # two are forgotten
    planned = desk.run("plan", "terug.xlsx", "-m", "demo", "--json").object()
    second = desk.run("import", "terug.xlsx", "-m", "demo", "--yes", "--annotate", "weer.xlsx")
    assert planned["rejoined"] == {"mended": 28, "still_failing": 2, "unchanged": 10}
    assert "28 mended, 2 still failing, 10 unchanged" in second.out

    assert set(comments(sheet_of(desk.folder / "weer.xlsx"))) == {one.cell for one in PLANTS[-2:]}
    corrected(desk.folder / "weer.xlsx", PLANTS[-2:])
    third = desk.run("import", "weer.xlsx", "-m", "demo", "--yes", "--json").object()

    assert (third["exit"], third["rejoined"]) == (0, {"mended": 2, "still_failing": 0, "unchanged": 38})
    assert set(posted_once(desk).values()) == {1}
    assert len(posted_once(desk)) == desk.count == INVOICES


def test_the_report_says_what_was_mended(desk: Desk) -> None:
    """The report of the second import has the same three numbers."""
    desk.run("import", "maart.xlsx", "-m", "demo", "--yes")
    corrected(desk.folder / "maart.xlsx")
    desk.run("import", "maart.xlsx", "-m", "demo", "--yes", "--report", "verslag.xlsx")

    shown = [
        cell
        for row in load_workbook(desk.folder / "verslag.xlsx")["Summary"].iter_rows(values_only=True)
        for cell in row
    ]
    assert "30 mended, 0 still failing, 10 unchanged" in shown


def test_only_what_failed_comes_back_and_joins(desk: Desk) -> None:
    """The workbook of failures holds all rows of the thirty failing invoices and nothing else; corrected, it joins."""
    desk.run("import", "maart.xlsx", "-m", "demo", "--yes", "--failures", "fouten.xlsx")
    sheet = sheet_of(desk.folder / "fouten.xlsx")
    header, *rows = sheet.iter_rows(values_only=True)
    assert header[: len(COLUMNS)] == tuple(COLUMNS)
    assert [row[0] for row in rows] == [f"2026-{number + 1:04}" for number in range(30) for _ in range(LINES)]
    where = header.index(ADDED_EN.row)
    assert [row[where] for row in rows] == list(range(HEADER_ROW + 1, HEADER_ROW + 1 + 60))

    book = load_workbook(desk.folder / "fouten.xlsx")
    for one in PLANTS:  # the header is in row 1 here
        book[SHEET][one.cell.rstrip("0123456789") + str(one.row - HEADER_ROW + 1)].value = one.right
    book.save(desk.folder / "fouten.xlsx")
    second = desk.run("import", "fouten.xlsx", "-m", "demo", "--yes", "--json").object()

    assert (second["exit"], second["rejoined"]) == (0, {"mended": 30, "still_failing": 0, "unchanged": 0})
    assert set(posted_once(desk).values()) == {1}
    assert desk.count == INVOICES


def test_an_uncorrected_workbook_fails_again_in_the_same_cells(desk: Desk) -> None:
    """Nothing slips through by coming back: the same thirty findings at the same cells, the same invoices refused."""
    first = desk.run("check", "maart.xlsx", "-m", "demo", "--annotate", "terug.xlsx", "--json").object()
    again = desk.run("check", "terug.xlsx", "-m", "demo", "--json").object()

    places = {(one["cell"], one["invoice"]) for one in first["findings"]}
    assert {(one["cell"], one["invoice"]) for one in again["findings"]} == places
    assert again["invoices"] == first["invoices"]
    assert again["rows"] == first["rows"]


def test_later_the_files_of_a_run_come_back_with_the_states_of_today(desk: Desk) -> None:
    """`report RUN --annotate` finds the file by its name in the folder, and by --source; never another one."""
    run = desk.run("import", "maart.xlsx", "-m", "demo", "--yes", "--json").object()["run"]
    said = desk.run("report", run, "--annotate", "later.xlsx", "--failures", "fouten.xlsx", "--json").object()
    assert said == {"exit": 0, "run": run, "report": None, "annotated": ["later.xlsx"], "failures": ["fouten.xlsx"]}
    assert set(comments(sheet_of(desk.folder / "later.xlsx"))) == {one.cell for one in PLANTS}

    (desk.folder / "elders").mkdir()
    (desk.folder / "maart.xlsx").rename(desk.folder / "elders" / "anders.xlsx")
    assert desk.run("report", run, "--annotate", "nog.xlsx", "--json").refusal() == "file-missing"
    again = desk.run("report", run, "--annotate", "nog.xlsx", "--source", "elders/anders.xlsx", "--json")
    assert again.object()["annotated"] == ["nog.xlsx"]

    planted(desk.folder / "maart.xlsx", PLANTS[:3])
    assert desk.run("report", run, "--annotate", "meer.xlsx", "--json").refusal() == "file-differs"


@pytest.mark.skipif(SOFFICE is None, reason="needs LibreOffice (soffice)")
def test_a_workbook_saved_by_libreoffice_joins_too(desk: Desk) -> None:
    """The annotated and corrected workbook, opened and saved by LibreOffice, joins as well: all posted, none twice."""
    desk.run("import", "maart.xlsx", "-m", "demo", "--yes", "--annotate", "terug.xlsx")
    corrected(desk.folder / "terug.xlsx")
    profile = (desk.folder / "office").as_uri()
    subprocess.run(
        [str(SOFFICE), f"-env:UserInstallation={profile}", "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML",
         "--outdir", "bewaard", "terug.xlsx"],
        cwd=desk.folder, check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    said = desk.run("import", "bewaard/terug.xlsx", "-m", "demo", "--yes", "--annotate", "weer.xlsx", "--json").object()

    assert (said["exit"], said["rejoined"]) == (0, {"mended": 30, "still_failing": 0, "unchanged": 10})
    assert set(posted_once(desk).values()) == {1}
    assert desk.count == INVOICES
    again = sheet_of(desk.folder / "weer.xlsx")
    assert comments(again) == {}
    assert RED not in {cell.fill.fgColor.rgb for row in again.iter_rows() for cell in row}
    assert [cell.value for cell in again[HEADER_ROW]].count(ADDED_EN.status) == 1
