"""One sheet of sales in every format is read alike; what is odd in a format is told."""

import io
import re
import shutil
import struct
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from importer.errors import SourceError
from importer.profile.model import SourceRule
from importer.stations.read import read_grids, read_tables
from importer.stations.table import Kind, Table
from tests.read import seeds

SAMPLES = Path(__file__).parents[2] / ".." / "shared" / "samples"
Reading = Callable[..., list[Table]]
Rows = Callable[[Table], list[list[str]]]
MAKERS: dict[str, Callable[[], bytes]] = {
    "xlsx": seeds.xlsx,
    "strict xlsx": lambda: seeds.strict(seeds.xlsx()),
    "xlsb": seeds.xlsb,
    "xls 97": seeds.xls,
    "xls 95": lambda: seeds.xls(biff=seeds.BIFF5),
    "ods": seeds.ods,
}


def kinds_of(table: Table) -> list[bytes]:
    """The kinds of each row."""
    count = len(table.rows)
    return [bytes(0 if own is None else int(own[row]) for own in table.kinds) for row in range(count)]


@pytest.mark.parametrize("made", MAKERS)
@pytest.mark.parametrize("name", ["verkoop.xlsx", "verkoop.csv"])
def test_every_format_gives_the_same_table(reading: Reading, rows_of: Rows, made: str, name: str) -> None:
    """Text, numbers, days, percents, filled-up codes, logical values, errors and blanks are the same in all formats."""
    (table,) = reading(MAKERS[made](), "Factuurnr", "Prijs", name=name)

    assert (table.sheet, table.header_row, table.headers) == ("Blad1", 1, seeds.HEADER)
    assert rows_of(table) == seeds.SEEN[1:]
    assert kinds_of(table) == seeds.KINDS[1:]
    assert table.rows.tolist() == [2, 3, 4, 5]


def test_the_text_form_of_the_sheet_is_the_same(reading: Reading, rows_of: Rows) -> None:
    """As CSV the texts are those a person sees in the workbooks."""
    (table,) = reading(seeds.csv(), "Factuurnr", "Prijs")

    assert rows_of(table) == seeds.SEEN[1:]


@pytest.mark.parametrize("make", [seeds.xlsb, seeds.xls], ids=["xlsb", "xls"])
def test_hidden_rows_are_reported_in_binary_workbooks(reading: Reading, make: Callable[..., bytes]) -> None:
    """A filter hides rows from the eye only; a hidden row without content does not count."""
    (table,) = reading(make(hidden=frozenset({2, 3, 4})), "Factuurnr")

    assert len(table.rows) == 4
    assert [(f.code, f.row, dict(f.facts)) for f in table.findings] == [
        ("hidden-rows", 3, {"count": "2", "first": "3"})
    ]


def test_hidden_and_repeated_rows_of_ods_are_told(reading: Reading, rows_of: Rows) -> None:
    """Rows and cells that a file writes once for many are many; a filtered row is read and reported."""
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    percent = (
        '<table:table-cell table:number-columns-repeated="2" office:value-type="percentage" office:value="0.21">'
        "<text:p>21%</text:p></table:table-cell>"
    )
    data = seeds.ods_of(
        '<table:table table:name="Blad1">'
        f"<table:table-row>{cell.format('nr')}{cell.format('a')}{cell.format('b')}</table:table-row>"
        f'<table:table-row table:number-rows-repeated="2">{cell.format("x")}{percent}</table:table-row>'
        f'<table:table-row table:visibility="filter">{cell.format("y")}{percent}</table:table-row>'
        '<table:table-row table:number-rows-repeated="1048572"><table:table-cell/></table:table-row></table:table>'
    )

    (table,) = reading(data, "nr", name="a.ods")

    assert rows_of(table) == [["x", "21%", "21%"], ["x", "21%", "21%"], ["y", "21%", "21%"]]
    assert [(f.code, f.row) for f in table.findings] == [("hidden-rows", 4)]


@pytest.mark.parametrize(
    ("cell", "text", "kind"),
    [
        ('table:formula="of:=[.A1]*2"/>', "=[.A1]*2", Kind.UNCALCULATED),
        ('table:formula="of:=&quot;&quot;"><text:p/></table:table-cell>', "", Kind.TEXT),
        ('office:value-type="string" calcext:value-type="error"><text:p>#REF!</text:p></table:table-cell>', "#REF!", Kind.ERROR),
        ('office:value-type="float" office:value="1"><text:p>WAAR</text:p></table:table-cell>', "TRUE", Kind.BOOLEAN),
        ('office:value-type="time" office:time-value="PT26H30M00S"><text:p>26:30</text:p></table:table-cell>', "26:30:00", Kind.TEXT),
        ('office:value-type="date" office:date-value="2026-03-01T23:59:59"><text:p>1/3</text:p></table:table-cell>', "2026-03-01", Kind.DATE),
        (
            'office:value-type="float" office:value="8.5"><office:annotation><text:p>9</text:p></office:annotation></table:table-cell>',
            "8.5",
            Kind.NUMBER,
        ),
        ('office:value-type="currency" office:value="19.99"><text:p>€ 20</text:p></table:table-cell>', "19.99", Kind.NUMBER),
    ],
)  # fmt: skip
def test_cells_of_ods_that_a_value_reader_hides(reading: Reading, cell: str, text: str, kind: Kind) -> None:
    """Errors, formulas without result, logical values, long times; notes on a cell are not part of it."""
    data = seeds.ods_of(
        '<table:table table:name="Blad1"><table:table-row><table:table-cell office:value-type="string"><text:p>v</text:p>'
        '</table:table-cell><table:table-cell office:value-type="string"><text:p>w</text:p></table:table-cell></table:table-row>'
        f'<table:table-row><table:table-cell {cell}<table:table-cell office:value-type="string"><text:p>x</text:p>'
        "</table:table-cell></table:table-row></table:table>"
    )

    (table,) = reading(data, "v", name="a.ods")

    assert table.columns[0].to_pylist() == [text]
    assert kinds_of(table)[0][0] == kind


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: seeds.xls(extra=struct.pack("<HH", 0x2F, 54) + bytes(54)), "password-protected"),
        (lambda: seeds.xls(biff=seeds.Biff(0x400, "Book")), "format-xls-old"),
        (lambda: seeds.container("Workbook", b""), "unreadable-workbook"),
        (lambda: seeds.xls()[:3000], "unreadable-workbook"),
        (lambda: seeds.xlsb()[:900], "unreadable-workbook"),
        (lambda: seeds.ods()[:900], "unreadable-workbook"),
        (lambda: seeds.xlsx()[:900], "unreadable-workbook"),
        (lambda: seeds.container("EncryptedPackage", b"x"), "password-protected"),
        (lambda: seeds.ods_of('<table:table table:name="A"/>'), "header-not-found"),
        (lambda: seeds.ods_of("<!DOCTYPE x>"), "unreadable-workbook"),
    ],
    ids=["xls password", "xls 4", "no records", "xls cut", "xlsb cut", "ods cut", "xlsx cut", "encrypted", "blank ods", "doctype"],
)  # fmt: skip
def test_what_cannot_be_read_has_its_own_sentence(reading: Reading, make: Callable[[], bytes], code: str) -> None:
    """Protected, too old, cut off, blank: each is told apart, with a remedy."""
    with pytest.raises(SourceError) as caught:
        reading(make(), "a", name="verkoop.xls")

    assert caught.value.code == code
    assert caught.value.message.startswith("verkoop.xls")
    assert caught.value.fix


def test_a_protected_ods_is_told_as_such(reading: Reading) -> None:
    """Its content is there, but scrambled."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(seeds.ods())) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, b"<x><encryption-data/></x>" if name == "META-INF/manifest.xml" else content)

    with pytest.raises(SourceError) as caught:
        reading(out.getvalue(), "a", name="a.ods")
    assert caught.value.code == "password-protected"


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder of sample files is not here")
def test_real_binary_and_opendocument_files_are_read() -> None:
    """Files of other programs: sheets, visibility and cells are those that their programs show."""
    workbooks = SAMPLES / "workbooks"

    xls = read_grids(workbooks / "45761.xls", None, None)
    xlsb = read_grids(workbooks / "sample.xlsb", None, None)
    ods = read_grids(workbooks / "SampleSS.ods", None, None)

    assert [(grid.sheet, grid.visible, grid.cells) for grid in xls] == [
        ("VisibleSheet", True, [["Visible"]]),
        ("HiddenSheet", False, [["Hidden"]]),
        ("VeryHiddenSheet", False, [["Very Hidden"]]),
    ]
    assert [grid.sheet for grid in xlsb] == ["Sheet1", "rich test", "Sheet3"]
    assert xlsb[0].cells[0] == ["Lorem", "111"]
    assert ods[0].cells == [
        ["Test spreadsheet", ""],
        ["2nd row", "2nd row 2nd column"],
        ["", ""],
        ["This one is red", ""],
    ]


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_a_spreadsheet_program_agrees(tmp_path: Path, rows_of: Rows) -> None:
    """LibreOffice saves our sheet as .xls and .ods; both are read as the .xlsx it came from."""
    (tmp_path / "a.xlsx").write_bytes(seeds.xlsx())
    for suffix in ("xls", "ods"):
        subprocess.run(
            [
                "soffice",
                f"-env:UserInstallation=file://{tmp_path}/home",
                "--headless",
                "--convert-to",
                suffix,
                "--outdir",
                tmp_path,
                tmp_path / "a.xlsx",
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )

    for suffix in ("xls", "ods"):
        (table,) = read_tables(tmp_path / f"a.{suffix}", SourceRule(), [("Factuurnr",)])
        assert rows_of(table) == seeds.SEEN[1:], suffix
        assert kinds_of(table) == seeds.KINDS[1:], suffix


def test_no_sentence_names_a_library(reading: Reading) -> None:
    """Whatever a library says of damage stays inside."""
    for make in MAKERS.values():
        data = make()
        with pytest.raises(SourceError) as caught:
            reading(data[: len(data) // 2], "a", name="verkoop.xls")
        assert not re.search(r"calamine|openpyxl|zipfile|Error|Traceback|0x", caught.value.message)
