"""What a file truly is, by its first bytes; its suffix is never believed."""

import io
import re
import zipfile
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Format(StrEnum):
    """Every kind of content that is told apart."""

    TEXT = "text"
    XLSX = "xlsx"
    XLS = "xls"
    XLS_OLD = "xls-old"
    XLSB = "xlsb"
    ODS = "ods"
    ENCRYPTED = "encrypted"
    NUMBERS = "numbers"
    OFFICE = "office"
    ZIP = "zip"
    BROKEN_ZIP = "broken-zip"
    HTML = "html"
    XML_SPREADSHEET = "xml-spreadsheet"
    XML = "xml"
    RTF = "rtf"
    PDF = "pdf"
    ARCHIVE = "archive"
    PICTURE = "picture"
    DATABASE = "database"


class Refusal(NamedTuple):
    """Why a format is not read. `sentence` follows the file's name."""

    code: str
    sentence: str
    fix: str


WORKBOOKS = frozenset(
    {
        Format.XLSX,
        Format.XLS,
        Format.XLS_OLD,
        Format.XLSB,
        Format.ODS,
        Format.ENCRYPTED,
        Format.NUMBERS,
        Format.BROKEN_ZIP,
    }
)
TEXT_LIKE = frozenset({Format.TEXT, Format.HTML, Format.XML_SPREADSHEET, Format.XML, Format.RTF})
_AS_XLSX = "Open it in a spreadsheet program, save it as Excel Workbook (.xlsx) or CSV, and import that."

REFUSALS: Mapping[Format, Refusal] = MappingProxyType(
    {
        Format.XLS_OLD: Refusal(
            "format-xls-old",
            "is a workbook of a very old Excel (before 1995, or without its container), which is not read.",
            _AS_XLSX,
        ),
        Format.ENCRYPTED: Refusal(
            "password-protected",
            "is protected with a password.",
            "Open it in a spreadsheet program, remove the password, and save it again.",
        ),
        Format.NUMBERS: Refusal("format-numbers", "is a Numbers document, which is not read.", _AS_XLSX),
        Format.OFFICE: Refusal(
            "no-workbook", "is an Office document, but no workbook.", "Export the sales as a workbook or CSV."
        ),
        Format.ZIP: Refusal(
            "no-workbook", "is a zip archive that holds no workbook.", "Unpack it, and import the file inside."
        ),
        Format.BROKEN_ZIP: Refusal(
            "unreadable-workbook",
            "begins like a workbook, but is damaged or was cut off.",
            "Export or download it again, and wait until it is complete.",
        ),
        Format.HTML: Refusal("format-html", "is a web page (HTML), whatever its name says.", _AS_XLSX),
        Format.XML_SPREADSHEET: Refusal("format-xml", "is an XML Spreadsheet of 2003, which is not read.", _AS_XLSX),
        Format.XML: Refusal("format-xml", "is an XML document, no spreadsheet.", "Export as a workbook or CSV."),
        Format.RTF: Refusal("format-rtf", "is a text document (RTF), no spreadsheet.", "Export as a workbook or CSV."),
        Format.PDF: Refusal("format-pdf", "is a PDF, no spreadsheet.", "Export as a workbook or CSV."),
        Format.ARCHIVE: Refusal("format-archive", "is a compressed archive.", "Unpack it, and import the file inside."),
        Format.PICTURE: Refusal("format-picture", "is a picture, no spreadsheet.", "Export as a workbook or CSV."),
        Format.DATABASE: Refusal("format-database", "is a database file, no spreadsheet.", "Export as CSV."),
    }
)

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = frozenset({b"\x03\x04", b"\x05\x06", b"\x07\x08"})
_MAGIC: tuple[tuple[bytes, Format], ...] = (
    (b"%PDF-", Format.PDF),
    (b"{\\rtf", Format.RTF),
    (b"\x09\x00\x04\x00", Format.XLS_OLD),  # Excel 2 to 4 wrote bare records
    (b"\x09\x02\x06\x00", Format.XLS_OLD),
    (b"\x09\x04\x06\x00", Format.XLS_OLD),
    (b"\x09\x08", Format.XLS_OLD),
    (b"\x1f\x8b", Format.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", Format.ARCHIVE),
    (b"Rar!\x1a\x07", Format.ARCHIVE),
    (b"\x89PNG\r\n\x1a\n", Format.PICTURE),
    (b"\xff\xd8\xff", Format.PICTURE),
    (b"GIF8", Format.PICTURE),
    (b"SQLite format 3\x00", Format.DATABASE),
    (b"PAR1", Format.DATABASE),
)
_HTML = re.compile(r"(<!doctype\s+html|<(html|head|body|table|meta|style|script|title|div)\b|mime-version:)")
_XML = re.compile(r"<(\?xml\b|!doctype\b|!--|[a-z_][\w.:-]*(\s+[\w.:-]+\s*=|\s*/?>))")
_MIMETYPE = 80  # bytes of an OpenDocument's own word on what it is
_HEAD = 4096  # bytes looked at for markup


def contained(data: bytes) -> bool:
    """Whether the file is an archive or a container, which only the reader process may open."""
    return data.startswith(_OLE) or (data.startswith(b"PK") and data[2:4] in _ZIP)


def sniff(data: bytes) -> Format:
    """What these bytes are. Anything without a known mark is text; never raises."""
    if data.startswith(_OLE):
        return _compound(data)
    if data.startswith(b"PK"):
        found = _package(data)
        if found is not None:
            return found
    for magic, found in _MAGIC:
        if data.startswith(magic):
            return found
    return _markup(data[:_HEAD])


def _compound(data: bytes) -> Format:
    """An OLE container: its directory names the streams in UTF-16."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        return Format.ENCRYPTED
    if any(name.encode("utf-16-le") + b"\0\0" in data for name in ("Workbook", "Book", "WORKBOOK", "BOOK")):
        return Format.XLS
    return Format.OFFICE


def _package(data: bytes) -> Format | None:
    """A zip archive, by the names in it; None for text that happens to begin with PK."""
    if data[2:4] not in _ZIP:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {info.filename for info in archive.infolist()}
            kind = archive.open("mimetype").read(_MIMETYPE) if "mimetype" in names else b""
    except Exception:  # noqa: BLE001 - the zip module raises many types on damage; all of them mean the same here
        return Format.BROKEN_ZIP
    if "opendocument.spreadsheet" in kind.decode("ascii", "replace"):
        return Format.ODS
    if kind or any(name.startswith(("word/", "ppt/", "visio/")) for name in names):
        return Format.OFFICE
    if any(re.fullmatch(r"xl/workbook\d*\.bin", name, re.IGNORECASE) for name in names):
        return Format.XLSB
    if "[Content_Types].xml" in names and any(name.lower().startswith("xl/") for name in names):
        return Format.XLSX
    if any(name.endswith(".iwa") or name == "Index.zip" for name in names):
        return Format.NUMBERS
    return Format.ZIP


def _markup(head: bytes) -> Format:
    """HTML and XML, which programs like to call .xls; everything else is text."""
    encoding = "utf-16" if head[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8"
    text = head.decode(encoding, "replace").lstrip("\ufeff \t\r\n").lower()
    if not text.startswith(("<", "mime-version:")):
        return Format.TEXT
    if "urn:schemas-microsoft-com:office:spreadsheet" in text and text.startswith("<?xml"):
        return Format.XML_SPREADSHEET
    if _HTML.match(text) or re.search(r"<(!doctype\s+html|html\b)", text):
        return Format.HTML
    return Format.XML if _XML.match(text) else Format.TEXT
