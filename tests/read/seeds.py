"""The same small sheet of sales in every format, written here byte by byte: seeds for damage, and for comparisons.

Rows of `SHEET` hold text, numbers, a day, a percentage, a code filled up with zeros, a logical value, an error and an
empty cell. Nothing is taken from a spreadsheet program, so each byte is known.
"""

import io
import struct
import zipfile
from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

import xlsxwriter


class Percent(float):
    """A number shown in percent."""


class Code(int):
    """A number filled up to five digits."""


class Error(str):
    """An error cell; empty: #N/A."""

    __slots__ = ()


Cell = str | float | bool | date | Percent | Code | Error | None
HEADER = ("Factuurnr", "Datum", "Klant", "Aantal", "Prijs", "BTW", "Code", "Betaald", "Fout")
SHEET: list[tuple[Cell, ...]] = [
    HEADER,
    ("2026-001", date(2026, 3, 1), "Café Zoë BV", 8.5, 1250.0, Percent(0.21), Code(42), True, None),
    ("2026-001", date(2026, 3, 1), " spatie ", 1.0, 19.99, Percent(0.065), Code(7), False, None),
    (None, None, None, None, None, None, None, None, None),
    ("2026-002", date(2026, 12, 31), "x & y <z>", -2.0, 0.005, Percent(0.0), Code(123456), True, Error("#N/A")),
]
# the same as a person sees it, with what each cell is: text, number, day, logical value, error
SEEN = [
    list(HEADER),
    ["2026-001", "2026-03-01", "Café Zoë BV", "8.5", "1250", "21%", "00042", "TRUE", ""],
    ["2026-001", "2026-03-01", " spatie ", "1", "19.99", "6.5%", "00007", "FALSE", ""],
    [""] * 9,
    ["2026-002", "2026-12-31", "x & y <z>", "-2", "0.005", "0%", "123456", "TRUE", "#N/A"],
]
KINDS = [b"\0" * 9, *[b"\0\2\0\1\1\1\1\3\0"] * 2, b"\0" * 9, b"\0\2\0\1\1\1\1\3\4"]
_FORMATS = {date: (164, "dd/mm/yyyy"), Percent: (10, "0.00%"), Code: (165, "00000")}
_STYLES = [0, 164, 10, 165]  # the number format of each cell style


def _style(cell: Cell) -> int:
    return next((_STYLES.index(number) for kind, (number, _) in _FORMATS.items() if type(cell) is kind), 0)


def _serial(cell: date) -> int:
    return (datetime(cell.year, cell.month, cell.day) - datetime(1899, 12, 30)).days  # noqa: DTZ001 - as spreadsheets count


def xlsx(sheet: list[tuple[Cell, ...]] | None = None) -> bytes:
    """As an .xlsx workbook, through XlsxWriter."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet("Blad1")
        formats = {kind: book.add_format({"num_format": code}) for kind, (_, code) in _FORMATS.items()}
        for row, cells in enumerate(sheet or SHEET):
            for column, cell in enumerate(cells):
                if isinstance(cell, Error):
                    page.write_formula(row, column, "=NA()", None, str(cell))
                elif isinstance(cell, bool):
                    page.write_boolean(row, column, cell)
                elif isinstance(cell, date):
                    page.write_datetime(row, column, cell, formats[date])
                elif isinstance(cell, str):
                    page.write_string(row, column, cell)
                elif cell is not None:
                    page.write_number(row, column, cell, formats.get(type(cell)))
    return out.getvalue()


def strict(book: bytes) -> bytes:
    """The same .xlsx workbook in the words of Strict Open XML."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            for usual, other in (
                (
                    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
                    b"http://purl.oclc.org/ooxml/spreadsheetml/main",
                ),
                (
                    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
                    b"http://purl.oclc.org/ooxml/officeDocument/relationships",
                ),
            ):
                content = content.replace(usual, other)
            new.writestr(name, content)
    return out.getvalue()


def ods(sheet: list[tuple[Cell, ...]] | None = None, *, parts: Mapping[str, bytes] | None = None) -> bytes:
    """As an OpenDocument spreadsheet."""
    rows = "".join(
        "<table:table-row>" + "".join(_ods_cell(cell) for cell in cells) + "</table:table-row>"
        for cells in sheet or SHEET
    )
    return ods_of(f'<table:table table:name="Blad1">{rows}</table:table>', parts=parts)


def ods_of(tables: str, *, parts: Mapping[str, bytes] | None = None) -> bytes:
    """An OpenDocument spreadsheet with these tables. Cell style ce1 is 00000."""
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
        for short, long in (
            ("office", "office"),
            ("table", "table"),
            ("text", "text"),
            ("style", "style"),
            ("number", "datastyle"),
        )
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} '
        'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" office:version="1.3">'
        '<office:automatic-styles><number:number-style style:name="N1"><number:number number:decimal-places="0" '
        'number:min-integer-digits="5"/></number:number-style><style:style style:name="ce1" style:family="table-cell" '
        'style:data-style-name="N1"/></office:automatic-styles>'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        book.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
        book.writestr("content.xml", content)
        for name, part in (parts or {}).items():
            book.writestr(name, part)
    return out.getvalue()


def _ods_cell(cell: Cell) -> str:
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, Error):
        return (
            '<table:table-cell table:formula="of:=NA()" office:value-type="string" office:string-value="" '
            f'calcext:value-type="error"><text:p>{cell}</text:p></table:table-cell>'
        )
    if isinstance(cell, str):
        text = cell.replace("&", "&amp;").replace("<", "&lt;")
        text = "<text:s/>" + text[1:] if text.startswith(" ") else text
        return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
    if isinstance(cell, bool):
        word = str(cell).lower()
        return (
            f'<table:table-cell office:value-type="boolean" office:boolean-value="{word}"><text:p>{word}</text:p>'
            "</table:table-cell>"
        )
    if isinstance(cell, date):
        return (
            f'<table:table-cell office:value-type="date" office:date-value="{cell}"><text:p>{cell}</text:p>'
            "</table:table-cell>"
        )
    kind = "percentage" if isinstance(cell, Percent) else "float"
    style = ' table:style-name="ce1"' if isinstance(cell, Code) else ""
    number = repr(float(cell))
    return (
        f'<table:table-cell{style} office:value-type="{kind}" office:value="{number}"><text:p>{number}</text:p>'
        "</table:table-cell>"
    )


def _record(kind: int, body: bytes = b"") -> bytes:
    """A record of .xlsb."""
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, length = b"", len(body)
    while True:
        size += bytes([length & 0x7F | (0x80 if length > 0x7F else 0)])
        length >>= 7
        if not length:
            return head + size + body


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def xlsb(sheet: list[tuple[Cell, ...]] | None = None, *, hidden: frozenset[int] = frozenset()) -> bytes:
    """As a binary .xlsb workbook. `hidden` rows, from 0, are hidden."""
    body = b""
    for row, cells in enumerate(sheet or SHEET):
        flags = 0x1000 if row in hidden else 0
        body += _record(0, struct.pack("<IIHHBI", row, 0, 300, flags, 0, 0))
        for column, cell in enumerate(cells):
            if cell is None:
                continue
            place = struct.pack("<II", column, _style(cell))
            if isinstance(cell, Error):
                body += _record(3, place + b"\x2a")
            elif isinstance(cell, bool):
                body += _record(4, place + bytes([cell]))
            elif isinstance(cell, str):
                body += _record(6, place + _wide(cell))
            else:
                body += _record(5, place + struct.pack("<d", _serial(cell) if isinstance(cell, date) else cell))
    extent = struct.pack("<IIII", 0, len(sheet or SHEET) - 1, 0, len((sheet or SHEET)[0]) - 1)
    page = _record(129) + _record(148, extent) + _record(145) + body + _record(146) + _record(130)
    formats = b"".join(
        _record(44, struct.pack("<H", number) + _wide(code)) for number, code in _FORMATS.values() if number > 163
    )
    styles = b"".join(_record(47, struct.pack("<HH", 0, number) + bytes(12)) for number in _STYLES)
    book = _record(131) + _record(153, bytes(8) + _wide("")) + _record(143)
    book += _record(156, struct.pack("<II", 0, 1) + _wide("rId1") + _wide("Blad1")) + _record(144) + _record(132)
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{relations}"><Relationship Id="a" Type="{office}/officeDocument" Target="xl/workbook.bin"/></Relationships>',
        )
        archive.writestr(
            "xl/_rels/workbook.bin.rels",
            f'<Relationships xmlns="{relations}"><Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.bin"/>'
            f'<Relationship Id="rId2" Type="{office}/styles" Target="styles.bin"/></Relationships>',
        )
        archive.writestr("xl/workbook.bin", book)
        archive.writestr(
            "xl/styles.bin",
            _record(278)
            + _record(615, struct.pack("<I", 2))
            + formats
            + _record(616)
            + _record(617, struct.pack("<I", len(_STYLES)))
            + styles
            + _record(618)
            + _record(279),
        )
        archive.writestr("xl/worksheets/sheet1.bin", page)
    return out.getvalue()


class Biff(NamedTuple):
    """How one version of .xls writes things."""

    version: int
    stream: str


BIFF8, BIFF5 = Biff(0x600, "Workbook"), Biff(0x500, "Book")


def xls(  # noqa: C901 - one record after the other, as the format wants them
    sheet: list[tuple[Cell, ...]] | None = None,
    biff: Biff = BIFF8,
    *,
    hidden: frozenset[int] = frozenset(),
    extra: bytes = b"",
) -> bytes:
    """As an .xls workbook of Excel 97 (or, with `BIFF5`, of Excel 95). `extra` records go before the sheets' names."""

    def record(kind: int, body: bytes = b"") -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def text(words: str, *, short: bool) -> bytes:
        count = "<B" if short else "<H"
        if biff is BIFF5:
            return struct.pack(count, len(words)) + words.encode("cp1252")
        return struct.pack(count + "B", len(words), 1) + words.encode("utf-16-le")

    page = record(0x809, struct.pack("<HHHHII", biff.version, 0x10, 0, 0, 0, 0)[: 16 if biff is BIFF8 else 8])
    rows = sheet or SHEET
    page += record(0x200, struct.pack("<IIHHH" if biff is BIFF8 else "<HHHHH", 0, len(rows), 0, len(rows[0]), 0))
    for row in range(len(rows)):
        page += record(
            0x208, struct.pack("<HHHHHHHH", row, 0, len(rows[0]), 300, 0, 0, 0x20 if row in hidden else 0, 0)
        )
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if cell is None:
                continue
            place = struct.pack("<HHH", row, column, _style(cell))
            if isinstance(cell, Error):
                page += record(0x205, place + b"\x2a\x01")
            elif isinstance(cell, bool):
                page += record(0x205, place + bytes([cell, 0]))
            elif isinstance(cell, str):
                page += record(0x204, place + text(cell, short=False))
            else:
                page += record(0x203, place + struct.pack("<d", _serial(cell) if isinstance(cell, date) else cell))
    page += record(0x0A)

    head = record(0x809, struct.pack("<HHHHII", biff.version, 0x05, 0, 0, 0, 0)[: 16 if biff is BIFF8 else 8])
    head += record(0x42, struct.pack("<H", 1200 if biff is BIFF8 else 1252)) + extra
    for number, code in _FORMATS.values():
        if number > 163:  # those below are known by number
            head += record(0x41E, struct.pack("<H", number) + text(code, short=biff is BIFF5))
    for number in _STYLES:
        head += record(0xE0, struct.pack("<HH", 0, number) + bytes(16 if biff is BIFF8 else 12))
    name = text("Blad1", short=True)
    end = record(0x0A)
    offset = len(head) + 4 + 6 + len(name) + len(end)
    return container(biff.stream, head + record(0x85, struct.pack("<IH", offset, 0) + name) + end + page)


def container(name: str, content: bytes) -> bytes:
    """The container of old Office files with one stream, made large enough to stand in ordinary sectors."""
    content = content.ljust(4096, b"\0")
    count = -(-len(content) // 512)
    content = content.ljust(count * 512, b"\0")
    tables = -(-(count + 1) // 127)
    fat = [0xFFFFFFFD] * tables + [0xFFFFFFFE] + [tables + 2 + place for place in range(count - 1)] + [0xFFFFFFFE]
    fat += [0xFFFFFFFF] * (tables * 128 - len(fat))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<9I", 0, tables, tables, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", *range(tables), *[0xFFFFFFFF] * (109 - tables))

    def entry(title: str, kind: int, child: int, start: int, size: int) -> bytes:
        raw = title.encode("utf-16-le").ljust(64, b"\0")
        return (
            raw
            + struct.pack("<HBBIII", 2 * len(title) + 2, kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
            + bytes(36)
            + struct.pack("<III", start, size, 0)
        )

    free = bytes(64) + struct.pack("<HBBIII", 0, 0, 0, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF) + bytes(48)
    directory = (
        entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry(name, 2, 0xFFFFFFFF, tables + 1, len(content)) + free * 2
    )
    return header + struct.pack(f"<{len(fat)}I", *fat) + directory + content


def csv() -> bytes:
    """As a semicolon-separated text in windows-1252."""
    lines = [";".join(cells) for cells in SEEN]
    return ("\r\n".join(lines) + "\r\n").encode("windows-1252")
