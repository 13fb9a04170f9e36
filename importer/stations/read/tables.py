"""The station's public function: open, look at what the file truly is, hand it to the reader of that format."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from importer.errors import SourceError
from importer.profile.model import SourceRule
from importer.stations.read.content import Content, load
from importer.stations.read.sniff import REFUSALS, TEXT_LIKE, WORKBOOKS, Format, sniff
from importer.stations.read.text import read_text
from importer.stations.read.workbook import read_workbook
from importer.stations.table import Table

Reader = Callable[[Content, SourceRule, Sequence[tuple[str, ...]]], list[Table]]

# A reader for another format is one line here, and its sentence leaves `sniff.REFUSALS`.
READERS: Mapping[Format, Reader] = {Format.TEXT: read_text, Format.XLSX: read_workbook}


def read_tables(path: Path, source: SourceRule, needed: Sequence[tuple[str, ...]]) -> list[Table]:
    """Read every sheet of a file that the profile asks for, in workbook order (a text file is one sheet called "").

    `needed` lists the columns that must be there, each as its accepted spellings; they find the header row, and for
    text files the delimiter. Cells are text exactly as stored; nothing is trimmed, guessed or dropped: see `Table`.
    The bytes are read once, so the fingerprint in `Table.file` is of exactly what was read.

    Raises SourceError for whatever concerns the file as a whole; its `code` is kebab-case and its sentence names the
    file. Findings of single rows and cells are in `Table.findings`.
    """
    content = load(path)
    return READERS[file_format(content, source)](content, source, needed)


def file_format(content: Content, source: SourceRule) -> Format:
    """What the file is, if that is read and the profile allows it. Raises SourceError otherwise."""
    found = sniff(content.data)
    name = content.file.name
    if source.kind == "csv" and found in TEXT_LIKE:
        return Format.TEXT
    if source.kind == "csv" and found in WORKBOOKS:
        raise SourceError(
            "wrong-kind",
            f"{name} is a workbook, but the profile expects a text file (source.kind: csv).",
            fix="Export as CSV, or set source.kind to auto or excel in the profile.",
        )
    if found in REFUSALS:
        refusal = REFUSALS[found]
        raise SourceError(refusal.code, f"{name} {refusal.sentence}", fix=refusal.fix)
    if source.kind == "excel" and found is Format.TEXT:
        raise SourceError(
            "wrong-kind",
            f"{name} is a text file, but the profile expects a workbook (source.kind: excel).",
            fix="Save as Excel Workbook (.xlsx), or set source.kind to auto or csv in the profile.",
        )
    return found
