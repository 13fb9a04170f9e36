"""Workbooks that ask for more than a machine has, and what a copy cannot keep: given back all the same, and told."""

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from desk import Desk
from openpyxl import load_workbook
from openpyxl.comments import Comment
from planted import PLANTS, SHEET, planted

from importer.stations.report.returned.burden import is_bearable
from importer.stations.report.returned.model import Limits

SHEET_XML = "xl/worksheets/sheet1.xml"
Change = Callable[[str], str]


def _before(tag: str, text: str) -> Change:
    return lambda xml: xml.replace(tag, text + tag, 1)


def _merged(areas: str) -> Change:
    return lambda xml: re.sub(r"<mergeCells.*?</mergeCells>", f"<mergeCells>{areas}</mergeCells>", xml)


def _link(area: str) -> Change:
    return _before("<pageMargins", f'<hyperlinks><hyperlink ref="{area}" location="Notities!A1"/></hyperlinks>')


# What openpyxl would make millions of cells or objects of, in a file of a few kilobytes.
HOSTILE: dict[str, Change] = {
    "a coloured cell far away": _before("</sheetData>", '<row r="1048576"><c r="XFD1048576" s="1"/></row>'),
    "the same with its attributes turned": _before("</sheetData>", '<row r="1048576"><c s="1" r="XFD1048576"/></row>'),
    "a last column": _before("</sheetData>", '<row r="200"><c r="XFD200" s="1"/></row>'),
    "one merged area": _merged('<mergeCell ref="A90:XFD1048576"/>'),
    "its corners turned": _merged('<mergeCell ref="XFD1048576:A90"/>'),
    "many merged areas": _merged("".join(f'<mergeCell ref="A{row}:B{row}"/>' for row in range(100, 20_200))),
    "a link over everything": _link("A1:XFD1048576"),
    "rows of a height": _before("</sheetData>", "".join(f'<row r="{row}" ht="20"/>' for row in range(100, 50_200))),
    "conditional formats": _before(
        "<pageMargins",
        "".join(
            f'<conditionalFormatting sqref="A{row}"><cfRule type="duplicateValues" priority="{row}"/></conditionalFormatting>'
            for row in range(1, 20_100)
        ),
    ),
}
HARMLESS: dict[str, Change] = {
    "nothing": lambda xml: xml,
    "a dimension that lies": lambda xml: re.sub(r'<dimension ref="[^"]*"', '<dimension ref="A1:XFD1048576"', xml),
    "a drop-down for whole columns": _before(
        "<pageMargins",
        '<dataValidations count="1"><dataValidation type="list" sqref="T5:T1048576"><formula1>"a,b"</formula1>'
        "</dataValidation></dataValidations>",
    ),
    "a protected sheet": lambda xml: xml.replace("</sheetData>", '</sheetData><sheetProtection sheet="1"/>'),
}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk with the planted workbook, and no sandbox: nothing is sent here."""
    planted(tmp_path / "maart.xlsx")
    return Desk(tmp_path, None)


def spoilt(path: Path, change: Change) -> bytes:
    """The bytes of a workbook with another first sheet, which are written back to its place."""
    made = BytesIO()
    with ZipFile(path) as old, ZipFile(made, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == SHEET_XML:
                changed = change(content.decode())
                assert (changed != content.decode()) or change is HARMLESS["nothing"]
                content = changed.encode()
            new.writestr(name, content)
    path.write_bytes(made.getvalue())
    return made.getvalue()


@pytest.mark.parametrize("what", HOSTILE)
def test_what_openpyxl_could_not_bear_is_seen_before(what: str, desk: Desk) -> None:
    """Cells, areas, rows and rules are counted in the file itself, and a copy is not even begun."""
    assert not is_bearable(spoilt(desk.folder / "maart.xlsx", HOSTILE[what]), Limits())


@pytest.mark.parametrize("what", HARMLESS)
def test_what_only_looks_large_is_copied(what: str, desk: Desk) -> None:
    """A dimension that lies, rules for whole columns and protection cost nothing: the copy keeps everything."""
    assert is_bearable(spoilt(desk.folder / "maart.xlsx", HARMLESS[what]), Limits())
    assert desk.run("check", "maart.xlsx", "-m", "demo", "--annotate", "terug.xlsx", "--json").object()["annotated"]

    assert load_workbook(desk.folder / "terug.xlsx").sheetnames[:2] == [SHEET, "Notities"]


@pytest.mark.parametrize("what", ["a last column", "one merged area", "a link over everything"])
def test_a_hostile_workbook_comes_back_fresh(what: str, desk: Desk) -> None:
    """It comes back as a new workbook, with every finding at its cell and a sentence about what is not in it."""
    spoilt(desk.folder / "maart.xlsx", HOSTILE[what])
    said = desk.run("check", "maart.xlsx", "-m", "demo", "--annotate", "terug.xlsx", "--json").object()

    book = load_workbook(desk.folder / "terug.xlsx")
    commented = {cell.coordinate for row in book[SHEET].iter_rows() for cell in row if cell.comment is not None}
    assert said["findings_total"] == len(PLANTS)
    assert commented == {one.cell for one in PLANTS}
    told = {str(row[0]) for row in book[book.sheetnames[-1]].iter_rows(values_only=True)}
    assert any(sentence.startswith("This is a new workbook") for sentence in told)


def test_too_many_comments_of_a_person_make_no_copy(desk: Desk) -> None:
    """Notes are counted too: with more than a copy can bear, the workbook is written anew."""
    path = desk.folder / "maart.xlsx"
    book = load_workbook(path)
    for row in range(100, 110):
        book[SHEET].cell(row, 30).comment = Comment("nakijken", "Ann")
    book.save(path)
    assert is_bearable(path.read_bytes(), Limits())

    made = BytesIO()
    with ZipFile(path) as old, ZipFile(made, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if "comments" in name.lower() and name.endswith(".xml"):
                content = re.sub(rb"(<comment .*?</comment>)", rb"\1" * 2_100, content, flags=re.DOTALL)
            new.writestr(name, content)
    assert not is_bearable(made.getvalue(), Limits())


def test_what_excel_adds_of_its_own_is_told(desk: Desk) -> None:
    """Sparklines, slicers and the like are not carried over: a sentence of the legend says so."""
    spoilt(
        desk.folder / "maart.xlsx",
        _before("</worksheet>", '<extLst><ext uri="{05C60535-1F16-4fd2-B633-F4F36F0B64E0}"/></extLst>'),
    )
    desk.run("check", "maart.xlsx", "-m", "demo", "--annotate", "terug.xlsx")

    book = load_workbook(desk.folder / "terug.xlsx")
    told = {str(row[0]) for row in book[book.sheetnames[-1]].iter_rows(values_only=True)}
    assert any(sentence.startswith("Slicers, sparklines") for sentence in told)
