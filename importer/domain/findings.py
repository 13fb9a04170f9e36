"""Findings: what is wrong or odd in the data, where it is, and what to do. Data, never exceptions."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from importer.domain.catalogue import CATALOGUE, NO_FACTS, Entry
from importer.domain.wording import ENGLISH, Wording, fill

MAX_SHOWN = 120  # characters of a cell quoted in a message
PLACES = {
    "sheet_row": "{sheet} row {row}",
    "row": "row {row}",
    "sheet": "sheet {sheet}",
    "column": '(column "{column}")',
}
_SPACES = "\u00a0\u202f"  # spaces that keep numbers together; they look like what they are


class Severity(StrEnum):
    """An error refuses the invoice or row; a warning is shown and sent; a note is for information."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Finding(NamedTuple):
    """One finding. Empty text and row 0 mean "does not apply". `facts` fill the catalogue's sentences.

    `weight` is the severity that a profile gives it; empty: the catalogue's.
    """

    code: str
    file: str = ""
    sheet: str = ""
    row: int = 0
    column: str = ""  # the header as the file writes it
    cell: str = ""  # `D14`
    value: str = ""  # as found
    invoice: str = ""  # the invoice's label
    facts: Mapping[str, str] = NO_FACTS
    weight: str = ""

    @property
    def entry(self) -> Entry:
        """What the catalogue says about the code."""
        return CATALOGUE[self.code]

    @property
    def severity(self) -> Severity:
        """How much it matters."""
        return Severity(self.weight or self.entry.severity)

    @property
    def message(self) -> str:
        """What is wrong, value quoted, without the place; in English."""
        return self.message_in(ENGLISH)

    @property
    def fix(self) -> str:
        """What to do, in English."""
        return self.fix_in(ENGLISH)

    @property
    def place(self) -> str:
        """Where, as a person says it in English: `maart.xlsx, Blad1!E14 (column "Prijs")`."""
        return self.place_in(ENGLISH)

    def message_in(self, wording: Wording) -> str:
        """What is wrong, in another language."""
        return fill(wording.sentence(self.entry.message), self._words(), wording)

    def fix_in(self, wording: Wording) -> str:
        """What to do, in another language."""
        return fill(wording.sentence(self.entry.fix), self._words(), wording)

    def place_in(self, wording: Wording) -> str:
        """Where, as a person says it in another language."""
        where = f"{self.sheet}!{self.cell}" if self.sheet and self.cell else self.cell
        known = {"sheet": self.sheet, "row": str(self.row), "column": self.column}
        if not where and self.row:
            where = fill(wording.sentence(PLACES["sheet_row" if self.sheet else "row"]), known, wording)
        if not where and self.sheet:
            where = fill(wording.sentence(PLACES["sheet"]), known, wording)
        column = " " + fill(wording.sentence(PLACES["column"]), known, wording) if self.column else ""
        return ", ".join(part for part in (self.file, where) if part) + column

    def as_json(self, wording: Wording = ENGLISH) -> dict[str, object]:
        """The object listed under `findings` by `--json`: sentences in the language, all else the same in every one."""
        return {
            "code": self.code,
            "severity": str(self.severity),
            "message": self.message_in(wording),
            "fix": self.fix_in(wording),
            "file": self.file,
            "sheet": self.sheet,
            "row": self.row or None,
            "column": self.column,
            "cell": self.cell,
            "value": self.value,
            "invoice": self.invoice,
        }

    def _words(self) -> dict[str, str]:
        shown = self.value if len(self.value) <= MAX_SHOWN else self.value[:MAX_SHOWN] + "…"
        words = {"value": shown, "column": self.column, "invoice": self.invoice, **self.facts}
        return {name: word if word.isprintable() else visible(word) for name, word in words.items()}


def weighed(finding: Finding, severity: Mapping[str, str]) -> Finding:
    """The finding with the severity that a profile gives to its code, if it gives one."""
    weight = severity.get(finding.code)
    return finding if weight is None else finding._replace(weight=weight)


def visible(text: str) -> str:
    r"""Text whose invisible characters are written out (`\u200b`), so that nobody is misled and no terminal obeys them."""
    return "".join(
        sign if sign.isprintable() or sign in _SPACES else sign.encode("unicode_escape").decode() for sign in text
    )


def column_letter(position: int) -> str:
    """The spreadsheet's letter of a column counted from 0: 0 is A, 26 is AA."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
