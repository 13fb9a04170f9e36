"""Shared by the tests of READ: files made on the spot, workbooks down to their XML."""

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from importer.profile.model import SourceRule
from importer.stations.read import read_tables
from importer.stations.table import Table

CONTENT_TYPES = """<?xml version="1.0" encoding="UTF-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>
<Override PartName="/xl/styles.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>
</Types>"""
WORKBOOK = """<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">
<sheets><sheet name="Blad1" sheetId="1" r:id="rId1"/></sheets></workbook>"""
RELS = """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Target="worksheets/sheet1.xml"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/>
<Relationship Id="rId2" Target="styles.xml"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles"/></Relationships>"""
TOP_RELS = """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Target="xl/workbook.xml"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>"""
STYLES = """<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<numFmts count="1"><numFmt numFmtId="164" formatCode="00000"/></numFmts>
<fonts count="1"><font/></fonts><fills count="1"><fill><patternFill/></fill></fills><borders count="1"><border/></borders>
<cellStyleXfs count="1"><xf/></cellStyleXfs>
<cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="9"/><xf numFmtId="164"/></cellXfs></styleSheet>"""

RawWorkbook = Callable[..., bytes]
Reading = Callable[..., list[Table]]


@pytest.fixture
def raw_workbook() -> RawWorkbook:
    """A workbook with one sheet, "Blad1", from the XML of its rows. Styles: 1 is a date, 2 percent, 3 is 00000."""

    def make(
        rows: str, *, parts: Mapping[str, str | bytes | None] | None = None, before: str = "", after: str = ""
    ) -> bytes:
        sheet = (
            f'{before}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            f"<sheetData>{rows}</sheetData>{after}</worksheet>"
        )
        contents: dict[str, str | bytes | None] = {
            "[Content_Types].xml": CONTENT_TYPES,
            "_rels/.rels": TOP_RELS,
            "xl/workbook.xml": WORKBOOK,
            "xl/_rels/workbook.xml.rels": RELS,
            "xl/styles.xml": STYLES,
            "xl/worksheets/sheet1.xml": sheet,
            **(parts or {}),
        }
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in contents.items():
                if content is not None:
                    archive.writestr(name, content)
        return out.getvalue()

    return make


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    """Write bytes (or text as UTF-8) to a file and read it."""

    def read(
        data: bytes | str, *needed: str, name: str = "verkoop.csv", source: SourceRule | None = None
    ) -> list[Table]:
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return read_tables(path, source or SourceRule(), [(header,) for header in needed])

    return read


@pytest.fixture
def rows_of() -> Callable[[Table], list[list[str]]]:
    """The cells of a table, row by row."""

    def rows(table: Table) -> list[list[str]]:
        columns: Sequence[list[str]] = [column.to_pylist() for column in table.columns]
        return [list(row) for row in zip(*columns, strict=True)]

    return rows
