"""The sample a profile names in its head comment: where it is, and whether its headers are those of the profile."""

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from importer.profile.headers import joined_headers
from importer.profile.load import LoadedProfile
from importer.profile.model import Profile, normal_header
from importer.profile.shipped import mappings_folder, samples_folder

SAMPLE: Final = re.compile(r'\bSample:\s*(?:"([^"]+)"|(\S+?)[.,;]?(?=\s|$))')
ROWS_LOOKED_AT: Final = 60  # headers stand near the top
DELIMITERS: Final = ";,\t|"


class Sample(NamedTuple):
    """A sample as it is named, and the file, or None where there is none."""

    name: str
    path: Path | None


def head_comment(text: str) -> list[str]:
    """The comment lines at the beginning of a profile, without their sign."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line[1:])
    return lines


def samples_of(loaded: LoadedProfile) -> list[Sample]:
    """The samples named in the head comment, in order."""
    names = [quoted or plain for quoted, plain in SAMPLE.findall("\n".join(head_comment(loaded.text)))]
    return [Sample(name, _find(name, loaded.path)) for name in names]


def rows_of(path: Path, profile: Profile) -> Iterator[Sequence[str]]:
    """The first rows of every sheet of a sample, cells as text. Raises OSError or ValueError if it cannot be read."""
    if is_workbook(path):
        yield from _workbook_rows(path)
        return
    text = _decoded(path.read_bytes(), profile.source.encoding)
    lines = text.splitlines(keepends=True)[:ROWS_LOOKED_AT]
    readings = [list(csv.reader(lines, delimiter=sign)) for sign in profile.source.delimiter or DELIMITERS]
    yield from min(readings, key=lambda rows: len(missing_columns(rows, profile)))


def missing_columns(rows: Sequence[Sequence[str]], profile: Profile) -> tuple[str, ...]:
    """The columns the profile needs that the best headers of a sample lack; empty if they are all there.

    Where headers and lines stand on two sheets, the headers of both are looked for.
    """
    names = [{normal_header(cell) for cell in row} for row in rows]
    if profile.source.header.rows > 1:
        names = [_names(upper, lower) for upper, lower in pairwise(rows)]
    lacking: list[str] = []
    for _, needed in profile.readings():
        best = tuple(spellings[0] for spellings in needed)
        for present in names:
            here = tuple(
                spellings[0]
                for spellings in needed
                if not present & {normal_header(spelling) for spelling in spellings}
            )
            best = min(best, here, key=len)
        lacking += best
    return tuple(lacking)


def _names(upper: Sequence[str], lower: Sequence[str]) -> set[str]:
    """What the columns under two rows may be called: which cells are merged is not looked at here."""
    return {normal_header(name) for merges in (None, ()) for name in joined_headers(1, upper, lower, merges)}


def is_workbook(path: Path) -> bool:
    """Whether a sample is a workbook, by its name."""
    return path.suffix.lower() in {".xlsx", ".xlsm"}


def shows_lines(comment: Sequence[str], rows: Sequence[Sequence[str]], least: int) -> bool:
    """Whether the head comment quotes `least` rows of the sample (of a text file: the headers and a row of data)."""
    quoted = ["".join(line.split()) for line in comment]
    found = 0
    for row in rows:
        cells = ["".join(cell.replace('"', '""').split()) for cell in row if cell.strip()]
        found += len(cells) > 1 and any(_in_order(cells, line) for line in quoted)
    return found >= least


def _in_order(cells: Sequence[str], line: str) -> bool:
    """Whether all cells stand in the line, one after the other; quotes as in the cell or doubled."""
    place = 0
    for cell in cells:
        hits = [
            line.find(spelling, place) + len(spelling)
            for spelling in {cell, cell.replace('""', '"')}
            if spelling in line[place:]
        ]
        if not hits:
            return False
        place = min(hits)
    return True


def _find(name: str, profile: Path | None) -> Path | None:
    places = [] if profile is None else [profile.parent / name, profile.parent.parent / name]
    if profile is not None and profile.resolve().parent == mappings_folder():
        places.insert(0, samples_folder().joinpath(*Path(name).parts[1:]))  # in a wheel the folder has another name
    return next((place for place in places if place.is_file()), None)


def _decoded(content: bytes, encodings: Sequence[str]) -> str:
    for encoding in encodings:
        try:
            return content.decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
    raise ValueError(f"it is not {' or '.join(encodings)} text")


def _workbook_rows(path: Path) -> Iterator[Sequence[str]]:
    import openpyxl  # noqa: PLC0415 - only for workbooks
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415 - same

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, BadZipFile, ParseError, KeyError, EOFError) as error:
        raise ValueError("it is no workbook") from error
    try:
        for sheet in book.worksheets:
            for row in sheet.iter_rows(max_row=ROWS_LOOKED_AT, values_only=True):
                yield ["" if cell is None else str(cell) for cell in row]
    finally:
        book.close()
