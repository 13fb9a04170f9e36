"""A workbook as an archive of parts: bounds kept, small parts checked, sheets found. Sheets themselves come later."""

import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from importer.stations.read.child.formats import Look, looks
from importer.stations.read.child.plaintags import NotPlain, plain_text, require
from importer.stations.read.prescan import (
    DAMAGE,
    MAX_UNPACKED,
    Package,
    WatchedPart,
    blocks,
    bomb,
    refuse_bombs,
    unreadable,
)
from importer.stations.read.sheetscan import MAX_CELLS

WORKBOOK, RELATIONS, STYLES, TEXTS = (
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
    "xl/sharedStrings.xml",
)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_ID = "http://schemas.openxmlformats.org/officeDocument/2006/relationships id"
_STRICT = b"http://purl.oclc.org/ooxml/"
_TRIMMED = re.compile(rb"<t>(?:[\x00- ]|[^<]*[\x00- ]</t>)")  # outer blanks that not every reader keeps
_MODERN = (  # how the strict variant calls what the usual one calls otherwise
    (b"http://purl.oclc.org/ooxml/spreadsheetml/main", MAIN.encode()),
    (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    ),
    (b"http://purl.oclc.org/ooxml/drawingml/main", b"http://schemas.openxmlformats.org/drawingml/2006/main"),
)


@dataclass(slots=True)
class Parts:
    """What the archive says beside its sheets: their names and parts in order, the look of each cell style."""

    sheets: dict[str, str] = field(default_factory=dict)  # name -> part, in workbook order
    looks: list[Look] = field(default_factory=list)
    macros: bool = False
    since_1904: bool = False
    plain: bool = True  # False: only the exact reader understands what is written here
    style_formats: list[int] = field(default_factory=list)
    written_formats: dict[int, str] = field(default_factory=dict)


def survey(data: bytes, name: str) -> Parts:
    """Look through every part but the sheets. Raises SourceError if the archive is damaged, hostile or too large."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = {entry.filename: entry for entry in archive.infolist()}
            refuse_bombs(archive.infolist(), name)
            parts = Parts(macros=any(part.lower().endswith("vbaproject.bin") for part in entries))
            if not {WORKBOOK, RELATIONS} <= entries.keys():
                parts.plain = False
                return parts
            _Reader(parts).workbook(archive)
            _watch(archive, parts, name)
            if TEXTS in entries and parts.plain:
                parts.plain = _texts_are_plain(archive, name)
            if STYLES in entries and parts.plain:
                _Reader(parts).styles(archive)
            parts.looks = looks(parts.written_formats, parts.style_formats) or looks({}, [0])
            return parts
    except DAMAGE as error:
        raise unreadable(name) from error
    except expat.ExpatError as error:
        raise unreadable(name) from error


def modern(data: bytes, name: str) -> bytes:
    """The same workbook; one of the strict variant in the words of the usual one, which all readers know."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            refuse_bombs(archive.infolist(), name)
            if WORKBOOK not in archive.namelist() or _STRICT not in archive.read(WORKBOOK)[:4096]:
                return data
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as renewed:
                for entry in archive.infolist():
                    content = archive.read(entry)
                    if entry.filename.lower().endswith((".xml", ".rels")):
                        for strict, usual in _MODERN:
                            content = content.replace(strict, usual)
                    renewed.writestr(entry.filename, content)
            return out.getvalue()
    except DAMAGE as error:
        raise unreadable(name) from error


def sheet_rows(data: bytes, part: str, piece: int) -> Iterator[tuple[str, bytes]]:
    """A sheet in pieces: ("before", up to its rows), ("rows", whole rows) any number of times, ("after", the rest).

    Raises NotPlain where the rows are not where they usually are.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(part) as stream:
            buffer = stream.read(piece)
            start = buffer.find(b"<sheetData>")
            if start < 0 and b"<sheetData/>" in buffer:  # a blank sheet
                yield "before", buffer
                while rest := stream.read(piece):
                    yield "after", rest
                return
            require(start >= 0)
            yield "before", buffer[: start + 11]
            buffer = buffer[start + 11 :]
            while (end := buffer.find(b"</sheetData>")) < 0:
                cut = buffer.rfind(b"</row>") + 6
                if cut > 6:  # noqa: PLR2004 - found
                    yield "rows", buffer[:cut]
                    buffer = buffer[cut:]
                more = stream.read(piece)
                require(more)
                require(len(buffer) < 8 * piece)
                buffer += more
            yield "rows", buffer[:end]
            yield "after", buffer[end:]
            while rest := stream.read(piece):
                yield "after", rest
    except (*DAMAGE, KeyError):
        raise NotPlain from None


class _Reader:
    """Takes from the small parts what is needed; the rest of them is judged by others."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._targets: dict[str, str] = {}
        self._in_styles = False

    def workbook(self, archive: zipfile.ZipFile) -> None:
        self._parse(archive.read(RELATIONS), self._relation)
        self._parse(archive.read(WORKBOOK), self._sheet)

    def styles(self, archive: zipfile.ZipFile) -> None:
        self._parse(archive.read(STYLES), self._style)

    def _parse(self, content: bytes, start: Callable[[str, dict[str, str]], None]) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = start
        parser.StartDoctypeDeclHandler = self._doctype
        parser.Parse(content, True)

    def _doctype(self, *_: object) -> None:
        self._parts.plain = False

    def _relation(self, tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(" ")[2] == "Relationship":
            target = attributes.get("Target", "")
            part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            self._targets[attributes.get("Id", "")] = part
            if attributes.get("Type", "").endswith("/sharedStrings") and part != TEXTS:
                self._parts.plain = False
            if attributes.get("Type", "").endswith("/styles") and part != STYLES:
                self._parts.plain = False

    def _sheet(self, tag: str, attributes: dict[str, str]) -> None:
        namespace, _, local = tag.rpartition(" ")
        if local == "sheet":
            name = attributes.get("name", "")
            if namespace != MAIN or name in self._parts.sheets or _ID not in attributes:
                self._parts.plain = False
            self._parts.sheets[name] = self._targets.get(attributes.get(_ID, ""), "")
        elif local == "workbookPr":
            self._parts.since_1904 = attributes.get("date1904", "0") in {"1", "true"}

    def _style(self, tag: str, attributes: dict[str, str]) -> None:
        local = tag.rpartition(" ")[2]
        if local == "numFmt" and not self._in_styles:
            self._parts.written_formats[_number(attributes.get("numFmtId", ""))] = attributes.get("formatCode", "")
        elif local == "cellXfs":
            self._in_styles = True
        elif local in {"cellStyles", "dxfs"}:
            self._in_styles = False
        elif local == "xf" and self._in_styles:
            self._parts.style_formats.append(_number(attributes.get("numFmtId", "0")))


def _number(text: str) -> int:
    require(text.isascii() and text.isdigit())
    return int(text)


def _watch(archive: zipfile.ZipFile, parts: Parts, name: str) -> None:
    """Every other part of XML: no entities, and well-formed where it matters."""
    counted, left_out = 0, {*parts.sheets.values(), TEXTS}
    for entry in archive.infolist():
        if entry.filename in left_out or not entry.filename.lower().endswith((".xml", ".rels")):
            continue
        watched = WatchedPart(entry.filename, name, Package())
        for block in blocks(archive, entry):
            counted += len(block)
            if counted > MAX_UNPACKED:
                raise bomb(name, "it unpacks to more than 1 GiB")
            watched.feed(block)
        watched.close()


def _texts_are_plain(archive: zipfile.ZipFile, name: str) -> bool:
    """Whether the table of texts holds nothing that readers take differently."""
    content = archive.read(TEXTS)
    if len(content) > MAX_UNPACKED:
        raise bomb(name, "it unpacks to more than 1 GiB")
    if content.count(b"<si") > 2 * MAX_CELLS:
        raise bomb(name, "it holds more texts than a sheet has cells")
    try:
        plain_text(content.replace(b"\r\n<", b"\n<", 1))  # the line end after the XML declaration
        require(b"<!" not in content and not _TRIMMED.search(content))
        require(b"<sst" in content[:512])
    except NotPlain:
        return False
    return True
