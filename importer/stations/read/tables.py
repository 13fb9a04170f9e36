"""Reading a file: open, look at what the file truly is, hand it to the reader of that format."""

from collections.abc import Sequence
from pathlib import Path

from importer.profile.model import SourceRule
from importer.stations.read.content import Content, load
from importer.stations.read.kinds import allowed, kind_of
from importer.stations.read.sniff import Format, contained, sniff
from importer.stations.read.text import read_text
from importer.stations.read.workbook import read_workbook
from importer.stations.table import Table


def read_tables(path: Path, source: SourceRule, needed: Sequence[tuple[str, ...]]) -> list[Table]:
    """See `station`."""
    content = load(path)
    if contained(content.data):
        return read_workbook(content, source, needed)
    file_format(content, source)
    return read_text(content, source, needed)


def file_format(content: Content, source: SourceRule) -> Format:
    """What the file is, if that is read and the profile allows it. Raises SourceError otherwise."""
    return allowed(sniff(content.data), kind_of(source.kind, content.data), content.file.name)
