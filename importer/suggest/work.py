"""A suggestion under way: the rows that are data, the columns still free, and what was found out so far."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from importer.profile.open import TO_CHOOSE
from importer.suggest.days import DatesFound
from importer.suggest.keys import Key, disagreements, written_once
from importer.suggest.model import Answer, Choice, Column, Draft, Entry, Path, Sheet, Sure, Value
from importer.suggest.numbers import Signs
from importer.suggest.similar import similar_columns

_HEADS = ("date", "due_date", "customer", "company", "person", "country", "currency", "status", "document_type")
Test = Callable[[Column], bool]


@dataclass
class Work:
    """`body` holds the rows that are lines; `used` the columns that have a place, with the key they went to."""

    draft: Draft
    body: Sheet
    signs: Signs
    dates: dict[int, DatesFound]
    key: Key | None = None
    used: dict[int, Path] = field(default_factory=dict)
    why_not: dict[int, str] = field(default_factory=dict)

    def free(self, role: str, test: Test | None = None) -> list[Column]:
        """The free columns that may have a role, best first; those that fail the test are remembered with the reason."""
        found = []
        for column in self.body.columns:
            meaning = column.has(role)
            if meaning is None or column.position in self.used or column.header in self.body.doubled:
                continue
            if not column.filled.any():
                self.why_not.setdefault(column.position, "empty in this file")
            elif test is None or test(column):
                found.append((meaning.rank, column.position, column))
        return [column for _, _, column in sorted(found, key=lambda each: each[:2])]

    def best(self, role: str, test: Test | None = None, *, weak: bool = True) -> Column | None:
        """The best free column for a role, or None. With `weak` False only one whose header says it by itself."""
        for column in self.free(role, test):
            meaning = column.has(role)
            if meaning is not None and (weak or not meaning.weak):
                return column
        return None

    def take(self, column: Column, path: Path) -> None:
        """A column has found its place."""
        self.used[column.position] = path

    def by_invoice(self, column: Column) -> Column:
        """The column with what stands on the first row of an invoice written on its other rows too, where it is so."""
        if self.key is None or column.filled.all():
            return column
        return column.taken(self.key.source) if written_once(column, self.key) else column

    def add(
        self,
        path: str,
        value: Value | None,
        sure: Sure,
        proof: str,
        *columns: Column,
        choices: Sequence[Choice] = (),
        hints: Sequence[str] = (),
        similar: Sequence[tuple[str, int]] = (),
    ) -> None:
        """Put a key into the draft; its columns have their place then."""
        where = tuple(path.split("."))
        for column in columns:
            self.take(column, where)
        names = tuple(column.header for column in columns)
        self.draft.add(Entry(where, value, sure, proof, names, tuple(choices), tuple(similar), tuple(hints)))

    def column_field(
        self,
        path: str,
        column: Column,
        *,
        rule: dict[str, Value] | None = None,
        proof: str = "",
        sure: Sure | None = None,
        choices: Sequence[Choice] = (),
        hints: Sequence[str] = (),
    ) -> None:
        """A field from one column. Without a proof, the header alone speaks for it: likely."""
        value: dict[str, Value] = {"column": column.header, **(rule or {})}
        role_said = f'the header "{column.header}" says so'
        said = f"{role_said}; {proof}" if proof else role_said
        self.add(path, value, sure or Sure.LIKELY, said, column, choices=choices, hints=hints)

    def open_field(self, path: str, role: str, question: str, *, options: Sequence[Answer] = (), proof: str) -> None:
        """A field that the file does not show: a person names a column or a fixed text."""
        alike = similar_columns(
            role,
            [
                each
                for each in self.body.columns
                if each.position not in self.used and each.header not in self.body.doubled
            ],
        )
        choice = Choice((*path.split("."), "value"), question, tuple(options), column_too=True)
        self.add(path, {"value": TO_CHOOSE}, Sure.CHOOSE, proof, choices=[choice], similar=alike)

    def agrees(self, column: Column, key: Key | None = None) -> bool:
        """Whether a column says the same on all rows of an invoice; one that does not is no field of the invoice."""
        key = key or self.key
        if key is None or written_once(column, key):
            return True
        found = self.dates.get(column.position)
        days = found.readings[0].dates.day if found is not None and found.is_dates and found.readings else None
        rows = disagreements(column, key, days)
        if rows:
            where = self.cells(column, rows, 2)
            self.why_not.setdefault(column.position, f"differs within an invoice: {where}, unlike its first row")
        return not rows

    def cells(self, column: Column, rows: Sequence[int], most: int = 3) -> str:
        """Some cells of a column, in words: `D14 "x", D15 "y"`."""
        shown = ", ".join(f'{column.letter}{int(self.body.rows[row])} "{column.texts[row]}"' for row in rows[:most])
        return f"{shown} and {len(rows) - most:,} more" if len(rows) > most else shown

    @property
    def once(self) -> bool:
        """Whether the file writes what belongs to the whole invoice on its first row only."""
        if self.key is None:
            return False
        return self.key.down or any(
            written_once(column, self.key) for column in self.body.columns if any(column.has(role) for role in _HEADS)
        )

    def beside_first(self, column: Column) -> bool:
        """Whether a column is empty on every further row of the invoices, in a file that writes it once."""
        return self.once and self.key is not None and not bool((column.filled & ~self.key.first).any())

    @property
    def groups(self) -> np.ndarray:
        """The invoice of each row; each row its own where no key is known."""
        return self.key.groups if self.key is not None else np.arange(len(self.body.rows))
