import io
import zipfile
from collections.abc import Callable

import pytest

from importer.errors import SourceError
from importer.stations.read import prescan as module
from importer.stations.read.prescan import prescan
from importer.stations.table import Table

RawWorkbook = Callable[..., bytes]
Reading = Callable[..., list[Table]]
HEADER = '<row r="1"><c r="A1" t="inlineStr"><is><t>v</t></is></c></row>'
DOCTYPE = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'


def test_one_far_cell_is_refused_at_once(reading: Reading, raw_workbook: RawWorkbook) -> None:
    """A legal file of two kilobytes can span 17 thousand million cells."""
    data = raw_workbook(HEADER + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')

    with pytest.raises(SourceError, match="20 million") as caught:
        reading(data, "v", name="a.xlsx")
    assert caught.value.code == "sheet-too-large"


def test_a_tall_sheet_is_no_far_cell(reading: Reading, raw_workbook: RawWorkbook) -> None:
    """Twenty columns of a million rows are the limit, one column is far from it; empty styled cells do not count."""
    data = raw_workbook(HEADER + '<row r="70000"><c r="A70000"><v>1</v></c><c r="XFD70000" s="1"/></row>')

    (table,) = reading(data, "v", name="a.xlsx")

    assert len(table.rows) == 69_999


@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "_rels/.rels", "docProps/core.xml"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_entities_are_refused_in_every_part(raw_workbook: RawWorkbook, part: str, encoding: str) -> None:
    """No spreadsheet program declares entities; whoever does wants to read files or fill memory."""
    prolog = f'<?xml version="1.0" encoding="{encoding}"?>'
    with pytest.raises(SourceError, match="XML entities") as caught:
        prescan(raw_workbook(HEADER, parts={part: (prolog + DOCTYPE + "<x>&b;</x>").encode(encoding)}), "a.xlsx")
    assert caught.value.code == "hostile-workbook"


def test_an_external_entity_is_never_read(raw_workbook: RawWorkbook) -> None:
    """The refusal comes before anything outside the file is opened."""
    data = raw_workbook(HEADER, before='<!DOCTYPE x SYSTEM "file:///etc/hostname">')

    with pytest.raises(SourceError) as caught:
        prescan(data, "a.xlsx")
    assert caught.value.code == "hostile-workbook"


def test_a_bomb_is_seen_by_its_ratio(raw_workbook: RawWorkbook) -> None:
    """Forty megabytes of nothing pack into forty kilobytes; no sheet of sales does."""
    data = raw_workbook(HEADER, after=" " * (40 << 20))

    assert len(data) < 100_000
    with pytest.raises(SourceError, match="packed more tightly") as caught:
        prescan(data, "a.xlsx")
    assert caught.value.code == "hostile-workbook"


def test_declared_and_counted_sizes_are_capped(raw_workbook: RawWorkbook, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit holds for what the archive says, and for what it gives."""
    data = raw_workbook(HEADER)
    total = sum(entry.file_size for entry in zipfile.ZipFile(io.BytesIO(data)).infolist())

    monkeypatch.setattr(module, "MAX_UNPACKED", total)
    assert prescan(data, "a.xlsx").sheets == ["Blad1"]
    monkeypatch.setattr(module, "MAX_UNPACKED", total - 1)
    with pytest.raises(SourceError, match="1 GiB"):
        prescan(data, "a.xlsx")


def test_too_many_parts_are_refused(raw_workbook: RawWorkbook) -> None:
    """A workbook has some dozens of parts."""
    data = raw_workbook(HEADER, parts={f"xl/media/{number}.png": b"" for number in range(10_001)})

    with pytest.raises(SourceError, match="parts"):
        prescan(data, "a.xlsx")


def test_two_parts_of_one_name_are_refused(raw_workbook: RawWorkbook) -> None:
    """Two readers could take different ones for the truth."""
    out = io.BytesIO(raw_workbook(HEADER))
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(out, "a") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", "<worksheet/>")

    with pytest.raises(SourceError, match="two parts of one name"):
        prescan(out.getvalue(), "a.xlsx")


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="3"><c r="A3"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>',
        '<row r="2"><c r="A2"><v>1</v></c></row><row r="2"><c r="B2"><v>1</v></c></row>',
        '<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>2</v></c></row>',
        '<row r="2"><c r="A2"><v>1</v></c><c r="A2"><v>2</v></c></row>',
        '<row r="2"><c r="A9"><v>1</v></c></row>',
        '<row r="0"><c r="A0"><v>1</v></c></row>',
        '<row r="x"><c r="A2"><v>1</v></c></row>',
        '<row r="1048577"><c r="A1048577"><v>1</v></c></row>',
        '<row r="2"><c r="XFE2"><v>1</v></c></row>',
        '<row r="2"><c r="2"><v>1</v></c></row>',
    ],
)
def test_rows_and_cells_out_of_order_are_refused(reading: Reading, raw_workbook: RawWorkbook, rows: str) -> None:
    """Readers drop such cells without a word; a lost row of sales is worse than a refused file."""
    with pytest.raises(SourceError, match="out of order") as caught:
        reading(raw_workbook(HEADER + rows), "v", name="a.xlsx")
    assert caught.value.code == "unreadable-workbook"


def test_a_row_number_may_be_written_with_a_decimal(reading: Reading, raw_workbook: RawWorkbook) -> None:
    """Some programs write r="2.0"."""
    (table,) = reading(raw_workbook(HEADER + '<row r="2.0"><c r="A2"><v>7</v></c></row>'), "v", name="a.xlsx")

    assert table.columns[0].to_pylist() == ["7"]


def test_a_sheet_whose_part_is_missing_is_not_passed_over(reading: Reading, raw_workbook: RawWorkbook) -> None:
    """A workbook that names a sheet it does not hold is damaged, even if another sheet could be read."""
    workbook = (
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
        ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
        '<sheet name="Blad1" sheetId="1" r:id="rId1"/><sheet name="Blad2" sheetId="2" r:id="rId3"/></sheets></workbook>'
    )
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Target="worksheets/sheet1.xml"'
        ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/>'
        '<Relationship Id="rId3" Target="worksheets/sheet2.xml"'
        ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/></Relationships>'
    )
    data = raw_workbook(HEADER, parts={"xl/workbook.xml": workbook, "xl/_rels/workbook.xml.rels": relations})

    with pytest.raises(SourceError) as caught:
        reading(data, "v", name="a.xlsx")
    assert caught.value.code == "unreadable-workbook"


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("xl/worksheets/sheet1.xml", '<?xml version="1.0" encoding="YTF-8"?><worksheet/>'),
        ("xl/worksheets/sheet1.xml", "<worksheet><sheetData>"),
        ("xl/worksheets/sheet1.xml", None),
        ("xl/workbook.xml", None),
        ("xl/workbook.xml", "<html/>"),
        ("_rels/.rels", "<x"),
    ],
)
def test_every_broken_part_gives_the_same_sentence(
    reading: Reading, raw_workbook: RawWorkbook, part: str, content: str | None
) -> None:
    """Whatever the libraries raise, the reader learns that the workbook cannot be read and what to do."""
    with pytest.raises(SourceError, match="cannot be read as a workbook") as caught:
        reading(raw_workbook(HEADER, parts={part: content}), "v", name="a.xlsx")
    assert caught.value.code == "unreadable-workbook"


def test_a_strict_workbook_is_told_apart(raw_workbook: RawWorkbook) -> None:
    """The strict variant of the format looks alike and would read as a workbook without sheets."""
    strict = '<workbook xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"><sheets/></workbook>'

    with pytest.raises(SourceError) as caught:
        prescan(raw_workbook(HEADER, parts={"xl/workbook.xml": strict}), "a.xlsx")
    assert caught.value.code == "strict-workbook"
