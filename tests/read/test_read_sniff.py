import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from importer.errors import SourceError
from importer.profile.model import SourceRule
from importer.stations.read import read_tables
from importer.stations.read.child.books import SCANS
from importer.stations.read.sniff import REFUSALS, Format
from importer.stations.table import Table

RawWorkbook = Callable[..., bytes]
Reading = Callable[..., list[Table]]
HEADER = '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def archive(**parts: bytes) -> bytes:
    """A zip archive; `__` in a name stands for a slash, `_dot_` for a dot."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in parts.items():
            file.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (OLE + "Workbook".encode("utf-16-le") + bytes(8), "unreadable-workbook"),
        (OLE + "EncryptedPackage".encode("utf-16-le") + bytes(8), "password-protected"),
        (OLE + "WordDocument".encode("utf-16-le") + bytes(8), "no-workbook"),
        (b"\x09\x08\x10\x00" + bytes(20), "format-xls-old"),
        (b"\x09\x04\x06\x00" + bytes(20), "format-xls-old"),
        (archive(xl__workbook_dot_bin=b"x"), "unreadable-workbook"),
        (archive(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), "unreadable-workbook"),
        (archive(mimetype=b"application/vnd.oasis.opendocument.text"), "no-workbook"),
        (archive(word__document_dot_xml=b"x"), "no-workbook"),
        (archive(Index__Document_dot_iwa=b"x"), "format-numbers"),
        (archive(verkoop_dot_csv=b"a;b"), "no-workbook"),
        (archive(), "no-workbook"),
        (b"PK\x03\x04" + bytes(40), "unreadable-workbook"),
        (b"<html><body><table><tr><td>a</td></tr></table>", "format-html"),
        (b"\xef\xbb\xbf\r\n <!DOCTYPE html>\n<html>", "format-html"),
        ("<table><tr><td>a".encode("utf-16"), "format-html"),
        (b"MIME-Version: 1.0\r\n", "format-html"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">', "format-xml"),
        (b'<?xml version="1.0"?><Invoice/>', "format-xml"),
        (b'<Invoice xmlns="urn:x"><ID>1</ID></Invoice>', "format-xml"),
        (b"%PDF-1.7\n", "format-pdf"),
        (b"{\\rtf1 a;b}", "format-rtf"),
        (b"\x1f\x8b\x08\x00", "format-archive"),
        (b"\x89PNG\r\n\x1a\n", "format-picture"),
        (b"SQLite format 3\x00", "format-database"),
    ],
)
@pytest.mark.parametrize("name", ["verkoop.xls", "verkoop.xlsx", "verkoop.csv"])
def test_a_file_is_what_its_bytes_say(reading: Reading, data: bytes, code: str, name: str) -> None:
    """Whatever its name, content that is not read is refused with a sentence of its own and a remedy."""
    with pytest.raises(SourceError) as caught:
        reading(data, "a", name=name)

    assert caught.value.code == code
    assert caught.value.message.startswith(f"{name} ")
    assert caught.value.fix.endswith(".")


def test_suffixes_are_never_believed(reading: Reading, raw_workbook: RawWorkbook) -> None:
    """A CSV called .xlsx is read as CSV, a workbook called .csv as a workbook."""
    (text,) = reading("a;b\n1;2\n", "a", name="verkoop.xlsx")
    (book,) = reading(raw_workbook(HEADER), "a", name="verkoop.csv")

    assert (text.sheet, text.detected["format"]) == ("", "text (CSV)")
    assert (book.sheet, book.detected["format"]) == ("Blad1", "Excel workbook")


def test_the_profile_can_force_the_kind(reading: Reading, raw_workbook: RawWorkbook) -> None:
    """`csv` and `excel` refuse the other; text that looks like markup is read when the profile says csv."""
    with pytest.raises(SourceError, match="is a workbook") as caught:
        reading(raw_workbook(HEADER), "a", source=SourceRule(kind="csv"))
    assert caught.value.code == "wrong-kind"
    with pytest.raises(SourceError, match="is a text file") as caught:
        reading("a;b\n", "a", source=SourceRule(kind="excel"))
    assert caught.value.code == "wrong-kind"
    (table,) = reading("<b>;a\n1;2\n", "a", source=SourceRule(kind="csv"))
    assert table.headers == ("<b>", "a")
    (book,) = reading(raw_workbook(HEADER), "a", source=SourceRule(kind="excel"))
    assert book.headers == ("a",)


def test_text_that_begins_like_a_mark_is_text(reading: Reading) -> None:
    """A header may begin with PK or with a sign."""
    for text in ("PK;a\n1;2\n", "PKnr;a\n1;2\n", "<;a\n1;2\n", "< 5 stuks;a\n1;2\n"):
        (table,) = reading(text, "a")
        assert len(table.rows) == 1


def test_every_format_has_a_reader_or_a_refusal() -> None:
    """No content can fall between the two tables."""
    readers = {Format.TEXT, Format.XLSX, *SCANS}

    assert readers | set(REFUSALS) == set(Format)
    assert not readers & set(REFUSALS)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf", b"\xff\xfe", b" \t\r\n" * 3000])
def test_an_empty_file_is_told_as_such(reading: Reading, data: bytes) -> None:
    """White space and byte order marks are nothing."""
    with pytest.raises(SourceError) as caught:
        reading(data, "a")
    assert caught.value.code == "empty-file"


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    """A missing file, a folder, a pipe, a link to itself, a name with NUL: each has its sentence, none hangs."""
    pipe, loop = tmp_path / "pipe", tmp_path / "loop"
    os.mkfifo(pipe)
    loop.symlink_to(loop)

    codes = {}
    for path in (tmp_path / "weg.csv", tmp_path, pipe, loop, tmp_path / "a\0b"):
        with pytest.raises(SourceError) as caught:
            read_tables(path, SourceRule(), ())
        codes[path.name] = caught.value.code

    assert list(codes.values()) == ["file-missing", "not-a-file", "not-a-file", "file-unreadable", "file-unreadable"]


def test_the_fingerprint_is_of_the_bytes_read(reading: Reading) -> None:
    """Name, size and SHA-256 are those of the file."""
    (table,) = reading(b"a;b\n1;2\n", "a", name="maart.csv")

    assert table.file.name == "maart.csv"
    assert table.file.size == 8
    assert table.file.sha256 == "403bea5152c251c5bc7ef420d824d191605723f99392e83a0549ad58c6d46291"
