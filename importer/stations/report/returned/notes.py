"""From what is known of the rows to what is written into each sheet: colours, comments, added columns."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from importer.domain.findings import Severity
from importer.domain.invoice import Sheet
from importer.language.speech import Speech
from importer.stations.report.model import Place, Tone
from importer.stations.report.returned.model import FAILS, STATUS, CellNote, RowNote, Said, Standing, Stretch
from importer.stations.report.text import visible

RAGGED = "ragged-row"

_TONES = {Severity.ERROR: Tone.BAD, Severity.WARNING: Tone.ATTENTION, Severity.NOTE: Tone.QUIET}
_WORST = (Tone.BAD, Tone.ATTENTION, Tone.QUIET)
_CELL = re.compile(r"([A-Z]+)[0-9]+")
_MOST = 5  # findings of one row told in the column "what to do"; all of them are in the comments
_WAITS = frozenset({Place.REFUSED, Place.REJECTED, Place.HELD, Place.CHANGED, Place.UNKNOWN})
# a row is refused without one of these, so an error there keeps a doubtful row from passing for whole
_NEEDED = ("lines.quantity", "lines.unit_price", "lines.vat_rate", "lines.product_code", "invoice.date")


@dataclass(slots=True)
class SheetNotes:
    """What is said of one sheet.

    `cells` by row and column from 0 (STATUS: the row as a whole). `blocked` gives for some rows the column of a cell
    that is to show an error until a person has put the row right. `general` is what is said of no row.
    """

    sheet: Sheet
    speech: Speech
    stretches: Sequence[Stretch]
    sends: bool
    cells: dict[int, dict[int, CellNote]] = field(default_factory=dict)
    blocked: dict[int, int] = field(default_factory=dict)
    general: list[str] = field(default_factory=list)
    todo: dict[int, list[str]] = field(default_factory=dict)  # by row
    pointers: dict[str, str] = field(default_factory=dict)  # by invoice: where its own row has nothing to say
    _starts: list[int] = field(default_factory=list)

    def at(self, row: int) -> RowNote | None:
        """What stands in the added columns of a row; None where it is no data."""
        stretch = self.stretch(row)
        if stretch is None or (stretch.place is Place.SKIPPED and not stretch.why):
            return None
        told = self.todo.get(row)
        todo = self._joined(told) if told else self._of_stretch(stretch)
        return RowNote(stretch.place, stretch.number, todo)

    def stretch(self, row: int) -> Stretch | None:
        """The stretch a row is in; None for rows that are no data."""
        if len(self._starts) != len(self.stretches):
            self._starts = [one.first for one in self.stretches]
        position = bisect_right(self._starts, row) - 1
        if position < 0 or self.stretches[position].last < row:
            return None
        return self.stretches[position]

    def failing(self) -> Iterator[Stretch]:
        """The rows of failing invoices, and those that belong to no invoice, from top to bottom."""
        return (one for one in self.stretches if one.place in FAILS)

    def comment(self, row: int, column: int, tone: Tone, text: str) -> None:
        """Colour a cell and add to its comment."""
        note = self.cells.setdefault(row, {}).setdefault(column, CellNote(tone))
        note.tone = min(note.tone, tone, key=_WORST.index)
        if text not in note.texts:
            note.texts.append(text)

    def _joined(self, told: Sequence[str]) -> str:
        text = " ".join(told[:_MOST])
        if len(told) > _MOST:
            text += " " + self.speech.say("… and {count} more, see the comments.", count=len(told) - _MOST)
        return text

    def _of_stretch(self, stretch: Stretch) -> str:
        if stretch.place is Place.SKIPPED:
            return self.speech.say("Left out: {reason:words}.", reason=visible(stretch.why, "{count}"))
        if stretch.place in _WAITS:
            return self.pointers.get(stretch.label, "")
        if stretch.place is Place.READY and self.sends:
            return self.speech.sentence("Nothing was made yet; `importer resume` sends it.")
        return ""


def take_notes(standing: Standing, speech: Speech) -> list[SheetNotes]:
    """What is said of each sheet, in the order of `standing.sheets`."""
    rows: list[list[Stretch]] = [[] for _ in standing.sheets]
    for stretch in standing.stretches:
        rows[stretch.sheet].append(stretch)
    notes = [
        SheetNotes(sheet, speech, stretches, bool(standing.run))
        for sheet, stretches in zip(standing.sheets, rows, strict=True)
    ]
    _Writer(notes, speech).write(standing.said)
    return notes


class _Writer:
    """Puts what is said where it belongs."""

    def __init__(self, notes: Sequence[SheetNotes], speech: Speech) -> None:
        self._notes = notes
        self._speech = speech
        self._places: dict[tuple[str, str], list[int]] = {}
        self._files: dict[str, int] = {}
        for number, one in enumerate(notes):
            self._places.setdefault((one.sheet.file.name, one.sheet.name), []).append(number)
            self._files.setdefault(one.sheet.file.name, number)
        self._anchors: dict[str, tuple[Severity, int, int]] = {}  # by invoice: severity, sheet, row
        self._ragged: set[str] = set()  # invoices that own a ragged row themselves

    def write(self, said: Sequence[Said]) -> None:
        for one in said:
            numbers = self._sheets_of(one)
            for number in numbers:
                self._tell(number, one)
            if not numbers and one.file in self._files:
                text = " ".join((one.sheet and f"{one.sheet}: ", one.what, one.fix)).strip()
                self._notes[self._files[one.file]].general.append(visible(text, "{count}"))
        self._point()
        self._block_suspects()

    def _sheets_of(self, said: Said) -> list[int]:
        """The sheets a finding is about: one, unless two files of one name were read; then the invoice tells."""
        if not said.row:
            return []
        numbers = self._places.get((said.file, said.sheet), [])
        if len(numbers) <= 1:
            return numbers
        own = [n for n in numbers if (found := self._notes[n].stretch(said.row)) and found.label == said.invoice]
        return own or numbers

    def _tell(self, number: int, said: Said) -> None:
        notes = self._notes[number]
        tone = _TONES[said.severity]
        cell = _CELL.fullmatch(said.cell)
        column = _position(cell[1]) if cell else STATUS
        text = "\n\n".join(part for part in (said.what, said.why, said.fix) if part)
        notes.comment(said.row, column, tone, visible_lines(text))
        if said.severity is not Severity.NOTE:
            lead = f"{said.cell}: " if cell else ""
            notes.todo.setdefault(said.row, []).append(visible(f"{lead}{said.what} {said.fix}", "{count}"))
        if said.invoice:
            known = self._anchors.get(said.invoice)
            if known is None or (known[0] is not Severity.ERROR and said.severity is Severity.ERROR):
                self._anchors[said.invoice] = (said.severity, number, said.row)
        if said.code == RAGGED and not notes.sheet.name:
            self._block(notes, said.row)
            stretch = notes.stretch(said.row)
            if stretch is not None:
                self._ragged.add(stretch.label)

    def _point(self) -> None:
        """For rows of an invoice that have nothing of their own: the row that has."""
        for notes in self._notes:
            for stretch in notes.stretches:
                anchor = self._anchors.get(stretch.label) if stretch.label else None
                if anchor is None or stretch.place not in _WAITS or stretch.label in notes.pointers:
                    continue
                where = self._where(notes, *anchor[1:])
                if stretch.place is Place.REFUSED:
                    said = "Its invoice {invoice} is refused because of {where}."
                else:
                    said = "See {where}."
                told = self._speech.say(said, invoice=visible(stretch.label, "{count}"), where=where)
                notes.pointers[stretch.label] = told

    def _where(self, here: SheetNotes, number: int, row: int) -> str:
        there = self._notes[number]
        told = self._speech.say("row {row}", row=str(row))
        if there is here:
            return told
        other_file = there.sheet.file != here.sheet.file
        return ", ".join(part for part in (there.sheet.file.name if other_file else "", there.sheet.name, told) if part)

    def _block_suspects(self) -> None:
        """An invoice that may own a ragged row written under another key would, without that row, look whole."""
        for notes in self._notes:
            blocked: set[str] = set()
            for stretch in notes.stretches:
                label = stretch.label
                if notes.sheet.name or stretch.place is not Place.REFUSED or label in self._ragged or label in blocked:
                    continue
                if RAGGED in stretch.why.split(","):
                    blocked.add(label)
                    column = self._block(notes, stretch.first)
                    told = self._speech.say(
                        "A row with too many or too few fields may belong to invoice {invoice}.",
                        invoice=visible(label, "{count}"),
                    )
                    notes.comment(stretch.first, column, Tone.BAD, told)
                    notes.todo.setdefault(stretch.first, []).append(told)

    @staticmethod
    def _block(notes: SheetNotes, row: int) -> int:
        """Choose the cell of a row that is to show an error; returns its column."""
        for path in _NEEDED:
            _, letter = notes.sheet.columns.get(path, ("", ""))
            if letter:
                notes.blocked[row] = _position(letter)
                return notes.blocked[row]
        return STATUS


def visible_lines(text: str) -> str:
    """A text for a comment: invisible characters written out, line ends kept."""
    return "\n".join(visible(line, "{count}") for line in text.split("\n"))


def _position(letters: str) -> int:
    """The position, from 0, of a column by its letter: A is 0, AA is 26."""
    position = 0
    for letter in letters:
        position = position * 26 + ord(letter) - 64
    return position - 1
