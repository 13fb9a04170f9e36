"""What a suggestion is made of: the columns of a file, what is known of each key of the profile, and what is open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from importer.stations.read.grid import Grid
from importer.stations.table import Kind
from importer.suggest.synonyms import Meaning, meanings

MOST_EXAMPLES = 3


def counted(number: int, noun: str) -> str:
    """`1 row`, `1,200 rows`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


Path = tuple[str, ...]
Value = str | Sequence[str] | Mapping[str, "Value"] | Sequence[Mapping[str, "Value"]]


class Sure(StrEnum):
    """How sure a key is. Only `PROVED` and `LIKELY` keys work in the profile; the others are comments or open."""

    PROVED = "proved"  # the cells of the whole column show it
    LIKELY = "likely"  # the header says so, and no cell speaks against it
    CHOOSE = "choose"  # a person has to choose; until then the profile does not load
    ABSENT = "absent"  # not in this file


@dataclass(frozen=True)
class Column:
    """One column of the sheet below its header: trimmed cells of the rows looked at, and what they were.

    `position` counts from 0 (A). `kinds` is an int8 array of `Kind`, or None where every cell is text.
    """

    position: int
    letter: str
    header: str
    texts: Sequence[str]
    kinds: np.ndarray | None
    named: str = ""  # what the header says, where it is not the whole header
    told: tuple[Meaning, ...] | None = None  # what a person says it means, against its header

    @cached_property
    def meanings(self) -> tuple[Meaning, ...]:
        """What the header may mean, or what a person said of it."""
        if self.told is not None:
            return self.told
        return meanings(self.named or self.header) if self.header else ()

    @cached_property
    def cells(self) -> pa.ChunkedArray:
        """The cells as Arrow text, as the stations take them."""
        return pa.chunked_array([pa.array(self.texts, pa.large_string())])

    @cached_property
    def filled(self) -> np.ndarray:
        """Which rows have a cell that is not empty."""
        return np.fromiter((bool(text) for text in self.texts), dtype=bool, count=len(self.texts))

    @cached_property
    def distinct(self) -> tuple[str, ...]:
        """The different texts in order of first appearance, without the empty one."""
        return tuple(dict.fromkeys(text for text in self.texts if text))

    @property
    def examples(self) -> tuple[str, ...]:
        """The first different texts, shortened."""
        return tuple(text if len(text) <= 40 else f"{text[:39]}…" for text in self.distinct[:MOST_EXAMPLES])  # noqa: PLR2004 - what fits on a line

    def taken(self, rows: np.ndarray) -> "Column":
        """The same column of these rows only (positions, which may repeat)."""
        return Column(
            self.position,
            self.letter,
            self.header,
            [self.texts[row] for row in rows.tolist()],
            None if self.kinds is None else self.kinds[rows],
            self.named,
            self.told,
        )

    def has(self, role: str) -> Meaning | None:
        """How the header has this meaning, if it has."""
        return next((meaning for meaning in self.meanings if meaning.role == role), None)

    @property
    def only_text(self) -> bool:
        """Whether no cell was a number, a date or a logical value in a workbook."""
        return self.kinds is None or bool((self.kinds[self.filled] == Kind.TEXT).all())


@dataclass(frozen=True)
class Sheet:
    """The sheet the profile is made for, cut at its header, which takes `header_rows` rows. `rows[i]` is the spreadsheet row of cell i of a column.

    `others` are the visible sheets with the same headers; `doubled` the headers that stand above several columns.
    `whole` is False where only the first rows were looked at.
    """

    grid: Grid
    header_row: int
    header_rows: int
    headers: Sequence[str]
    columns: Sequence[Column]
    rows: np.ndarray
    others: Sequence[str] = ()
    doubled: frozenset[str] = frozenset()
    whole: bool = True

    def column(self, header: str) -> Column | None:
        """The column under this header."""
        return next((column for column in self.columns if column.header == header), None)

    def of_rows(self, keep: np.ndarray) -> "Sheet":
        """The same sheet with only these rows (positions)."""
        return replace(self, columns=[column.taken(keep) for column in self.columns], rows=self.rows[keep])


class Answer(NamedTuple):
    """One answer that fits an open question: the text to write, and what it means."""

    value: str
    meaning: str


@dataclass(frozen=True)
class Choice:
    """Something a person has to decide. `path` is where the answer goes.

    `options` are the answers that fit; empty: any text. `column_too`: the answer may be a header of the file as well.
    """

    path: Path
    question: str
    options: tuple[Answer, ...] = ()
    column_too: bool = False


@dataclass
class Entry:
    """One key of the profile. `value` None: a comment only. A `TO_CHOOSE` inside `value` is open: see `choices`.

    `columns` are headers of the file; `proof` says in a sentence why; `similar` are columns whose header only looks
    alike, with a score up to 100; `hints` are further comment lines.
    """

    path: Path
    value: Value | None
    sure: Sure
    proof: str
    columns: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    similar: tuple[tuple[str, int], ...] = ()
    hints: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unused:
    """A column no key uses, and why."""

    column: Column
    reason: str


@dataclass
class Draft:
    """A profile under way: its entries by path, in the order in which they were found out, and the rest of the file."""

    sheet: Sheet
    name: str
    entries: dict[Path, Entry] = field(default_factory=dict)
    unused: list[Unused] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        """Put an entry at its place; a second one for the same key takes the first one's."""
        self.entries[entry.path] = entry

    @property
    def choices(self) -> list[Choice]:
        """Everything that is still open, in file order."""
        return [choice for entry in self.entries.values() for choice in entry.choices]
