"""What is said of the rows and cells of the files that are given back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from importer.domain.findings import Severity
from importer.domain.invoice import Sheet
from importer.language.speech import ENGLISH, Speech
from importer.stations.report.book import EXCEL_ROWS
from importer.stations.report.model import Place, Tone

AUTHOR = "Importer"  # of comments
FREEZE = 15  # a header further down would fill the screen if it stayed in sight
FAILS = frozenset({Place.REFUSED, Place.REJECTED})  # what a corrected file mends


class Stretch(NamedTuple):
    """Rows `first` to `last` of sheet number `sheet`, and where they stand.

    `label` is the invoice's, `number` what Facturalia calls it. `why` is the rule that skipped the rows, or the codes
    that refused them, separated by commas.
    """

    sheet: int
    first: int
    last: int
    place: Place
    label: str
    number: str = ""
    why: str = ""


class Said(NamedTuple):
    """A finding in words: what is wrong, why that matters, how to mend it. Row 0: it is about no row."""

    code: str
    severity: Severity
    file: str
    sheet: str
    row: int
    cell: str
    column: str
    invoice: str
    what: str
    why: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Everything that is known of the rows of a plan or a run. `stretches` in order of sheet and row.

    `run` is empty for a plan, which sends nothing.
    """

    sheets: Sequence[Sheet]
    stretches: Sequence[Stretch]
    said: Sequence[Said]
    run: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a workbook is given back: when, in which language, for which profile.

    `sheet` is how to call the sheet of a text file, `header_rows` how many rows the header takes, `header_first` whether
    that of a workbook of failures may begin in row 1, `headings` whether rows that are no data may open an invoice and
    so belong to the one below.
    """

    made_at: datetime
    profile: str
    speech: Speech = ENGLISH
    sheet: str = ""
    header_rows: int = 1
    header_first: bool = True
    headings: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What goes into a workbook: rows of a sheet, header included; comments, of which programs bear no more.

    Workbooks with more rows or cells, all sheets together, are not copied but written anew: a copy would take too long.
    """

    rows: int = EXCEL_ROWS
    comments: int = 10_000
    copied_rows: int = 10_000
    copied_cells: int = 500_000


class RowNote(NamedTuple):
    """What stands in the added columns of a row."""

    place: Place
    number: str
    todo: str


@dataclass(slots=True)
class CellNote:
    """The colour of a cell, and what its comment says."""

    tone: Tone
    texts: list[str] = field(default_factory=list)


STATUS = -1  # stands for the added column of the status where a column is asked for

CellNotes = Mapping[int, Mapping[int, CellNote]]  # row -> column from 0 (or STATUS) -> note


_LEAD = f"{AUTHOR}:"  # by which we know our comments again, whatever program saved them
_LONGEST = 8_000  # characters of a comment of ours; the column "what to do" and the report have all of it
_WIDE, _LINE, _HIGH = 330, 46, 17  # of a comment: pixels, characters in a line, pixels of a line


def comment_text(texts: Sequence[str], theirs: str = "") -> str:
    """A comment of ours, below what a person wrote there."""
    ours = f"{_LEAD}\n" + "\n\n".join(texts)
    if len(ours) > _LONGEST:
        ours = ours[:_LONGEST] + " …"
    return f"{theirs.rstrip()}\n\n{ours}" if theirs else ours


def without_comment(text: str) -> str:
    """What a person wrote of a comment that may be ours in whole or in part."""
    if text.startswith(f"{_LEAD}\n"):
        return ""
    return text.partition(f"\n\n{_LEAD}\n")[0]


def comment_size(text: str) -> tuple[int, int]:
    """Width and height, in pixels, of a comment that shows all of a text."""
    lines = sum(max(1, -(-len(line) // _LINE)) for line in text.split("\n"))
    return _WIDE, min(_HIGH * (lines + 1), 600)
