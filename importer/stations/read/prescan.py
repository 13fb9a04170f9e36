"""A workbook is looked through before any library opens it: sizes, bombs, forbidden XML, and facts of each sheet.

Everything here streams: memory stays small whatever the file claims to be.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from importer.errors import SourceError
from importer.stations.read.sheetscan import MAX_CELLS, SheetFacts, SheetScanner

MAX_ENTRIES = 10_000
MAX_UNPACKED = 1 << 30  # bytes, declared and counted
MAX_RATIO = 200  # of unpacked to packed, for parts above RATIO_FROM
RATIO_FROM = 32 << 20
_BLOCK = 1 << 18
_STRICT = "http://purl.oclc.org/ooxml/"
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    LookupError,
)


@dataclass(slots=True)
class Package:
    """A workbook that may be opened: facts by part name (`xl/worksheets/sheet1.xml`), sheet names in order."""

    facts: dict[str, SheetFacts] = field(default_factory=dict)
    sheets: list[str] = field(default_factory=list)
    macros: bool = False


def prescan(data: bytes, name: str) -> Package:
    """Look through the zip archive of a workbook. Raises SourceError if it is damaged, hostile or too large."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            refuse_bombs(entries, name)
            package = Package(macros=any(entry.filename.lower().endswith("vbaproject.bin") for entry in entries))
            counted = 0
            for entry in entries:
                if entry.filename.lower().endswith((".xml", ".rels")):
                    part = WatchedPart(entry.filename, name, package)
                    for block in blocks(archive, entry):
                        counted += len(block)
                        if counted > MAX_UNPACKED:
                            raise bomb(name, "it unpacks to more than 1 GiB")
                        part.feed(block)
                    part.close()
    except SourceError:
        raise
    except DAMAGE as error:
        raise unreadable(name) from error
    return package


def unreadable(name: str) -> SourceError:
    """The one sentence for a workbook that is damaged, whatever the library says about it."""
    return SourceError(
        "unreadable-workbook",
        f"{name} cannot be read as a workbook: it is damaged, cut off, or written in an unusual way.",
        fix="Open it in a spreadsheet program, save it as Excel Workbook (.xlsx), and import that; or export it again.",
    )


def protected(name: str) -> SourceError:
    """The error for a workbook that only opens with a password."""
    return SourceError(
        "password-protected",
        f"{name} is protected with a password.",
        fix="Open it in a spreadsheet program, remove the password, and save it again.",
    )


def too_old(name: str) -> SourceError:
    """The error for workbooks of Excel 2 to 4, and for those of Excel 5 outside their usual container."""
    return SourceError(
        "format-xls-old",
        f"{name} is a workbook of a very old Excel (before 1995, or without its container), which is not read.",
        fix="Open it in a spreadsheet program, save it as Excel Workbook (.xlsx), and import that.",
    )


def refuse_bombs(entries: list[zipfile.ZipInfo], name: str) -> None:
    """Raise SourceError for an archive that says of itself that it is a bomb, or protected."""
    if len(entries) > MAX_ENTRIES:
        raise bomb(name, f"it has more than {MAX_ENTRIES} parts")
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise bomb(name, "it unpacks to more than 1 GiB")
    if len({entry.filename for entry in entries}) != len(entries):
        raise bomb(name, "it holds two parts of one name")
    for entry in entries:
        if entry.flag_bits & 1:
            raise protected(name)
        if entry.file_size > RATIO_FROM and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise bomb(name, "a part of it is packed more tightly than any real sheet")


def bomb(name: str, reason: str) -> SourceError:
    """The error for a workbook made to harm."""
    return SourceError(
        "hostile-workbook",
        f"{name} is not opened for safety: {reason}.",
        fix="Export it again in smaller parts, or save it anew in a spreadsheet program.",
    )


def blocks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The content of a part, block by block."""
    with archive.open(entry) as part:
        while block := part.read(_BLOCK):
            yield block


class WatchedPart:
    """One XML part, parsed as it streams by. What it is, its root element says."""

    def __init__(self, part: str, name: str, package: Package) -> None:
        self._part, self._name, self._package = part, name, package
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.EntityDeclHandler = self._doctype
        self._parser.StartElementHandler = self._root
        self._scanner: SheetScanner | None = None
        self._strings = 0
        self._broken = False

    def feed(self, block: bytes) -> None:
        """Parse the next block. Only sheets must be well-formed here; of other parts the library is the judge."""
        if not self._broken:
            self._parse(block, final=False)

    def close(self) -> None:
        """The part is at its end."""
        if not self._broken:
            self._parse(b"", final=True)
        if self._scanner is not None:
            self._package.facts[self._part] = self._scanner.finish()

    def _parse(self, block: bytes, *, final: bool) -> None:
        try:
            self._parser.Parse(block, final)
        except expat.ExpatError as error:
            if self._scanner is not None or not self._part.startswith(("xl/drawings/", "xl/media/", "customXml/")):
                raise unreadable(self._name) from error
            self._broken = True  # drawings are often sloppy, and never read

    def _root(self, tag: str, _attributes: dict[str, str]) -> None:
        namespace, _, local = tag.rpartition(" ")
        self._parser.StartElementHandler = None
        if namespace.startswith(_STRICT) and local in {"workbook", "worksheet"}:
            raise SourceError(
                "strict-workbook",
                f"{self._name} is written partly as Strict Open XML Spreadsheet and partly as the usual kind.",
                fix="Save it as the ordinary Excel Workbook (.xlsx).",
            )
        if local == "worksheet":
            self._scanner = SheetScanner(self._parser, namespace, self._name, self._part)
            self._parser.StartElementHandler = self._scanner.start
        elif local == "workbook":
            self._parser.StartElementHandler = self._workbook
        elif local == "sst":
            self._parser.StartElementHandler = self._string

    def _workbook(self, tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(" ")[2] == "sheet" and "name" in attributes:
            self._package.sheets.append(attributes["name"])

    def _string(self, _tag: str, _attributes: dict[str, str]) -> None:
        self._strings += 1
        if self._strings > 2 * MAX_CELLS:
            raise bomb(self._name, "it holds more texts than a sheet has cells")

    def _doctype(self, *_arguments: object) -> None:
        raise bomb(self._name, "it declares XML entities, which no spreadsheet program does")
