"""The sheet that explains: the colours, how to go on, and everything that differs from the file as it was."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from importer.domain.invoice import SourceFile
from importer.stations.report.model import TONES, Place, Tone
from importer.stations.report.returned.model import Manner
from importer.stations.report.returned.words import COUNTED, HAPPENED, MEANINGS, status
from importer.stations.report.text import visible

LEGEND_WIDTHS = (26, 110)

_NAME = 31  # characters of the name of a sheet
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_LISTED = 40  # shortened cells named one by one


class Line(NamedTuple):
    """A line of the legend: a word in its colour, and what it means. Without word: a sentence over both columns."""

    word: str
    text: str
    tone: Tone = Tone.PLAIN
    bold: bool = False


@dataclass(slots=True)
class Remarks:
    """What became other than it was in the file. Collected while the sheets are written."""

    formulas: bool = False
    uncalculated: int = 0  # cells that now show an error
    blocked: int = 0  # cells of doubtful rows that now show an error
    links: int = 0
    macros: bool = False
    drawings: bool = False
    tables: bool = False
    extras: bool = False  # what Excel adds of its own to a sheet
    anew: bool = False  # a new workbook in place of a copy
    names: int = 0
    comments: int = 0  # that were too many
    escaped: int = 0  # characters no workbook can hold
    shortened: list[str] = field(default_factory=list)
    columns: int = 0  # cells beyond the last column of a sheet
    further: list[str] = field(default_factory=list)  # sheets that go on where one was full
    left_out: list[str] = field(default_factory=list)  # sheets that were not read


def legend(
    file: SourceFile,
    manner: Manner,
    remarks: Remarks,
    general: Sequence[str],
    *,
    present: Collection[Place],
    run: str,
    failures: bool,
) -> Iterator[Line]:
    """The lines of the sheet, from top to bottom. `present` are the places its rows stand in."""
    say, sentence = manner.speech.say, manner.speech.sentence
    if failures:
        title = say("The invoices of {file} that failed", file=visible(file.name, "{count}"))
    else:
        title = say("{file}, with remarks", file=visible(file.name, "{count}"))
    yield Line("", title, bold=True)
    yield Line(
        "", say("Profile {profile}.", profile=manner.profile) + (" " + say("Run {run}.", run=run) if run else "")
    )
    yield Line("", "")
    yield from _colours(manner, present)
    yield Line("", "")
    yield Line("", sentence("How to go on"), bold=True)
    yield Line("", sentence("Correct the red cells and save. A comment says what is wrong, why, and what to do."))
    yield Line(
        "",
        sentence(
            "Then import this workbook with the same profile. What was posted before is never sent a second time."
        ),
    )
    yield Line("", sentence("The added columns and this sheet are passed over when the workbook is read."))
    if failures:
        yield Line("", sentence("Rows that messages name are those of the file; the last column tells which is which."))
    if general:
        yield Line("", "")
        yield Line("", sentence("About the file as a whole"), bold=True)
        yield from (Line("", text) for text in general)
    told = list(_told(remarks, manner))
    if told:
        yield Line("", "")
        yield Line("", sentence("What differs from the file"), bold=True)
        yield from (Line("", text) for text in told)


def _colours(manner: Manner, present: Collection[Place]) -> Iterator[Line]:
    sentence = manner.speech.sentence
    yield Line("", sentence("What the colours mean"), bold=True)
    yield Line(
        sentence("error"), sentence("The invoice of this row is not sent until the cell is corrected."), Tone.BAD
    )
    yield Line(sentence("warning"), sentence("It is sent as it is, unless it is held; have a look."), Tone.ATTENTION)
    yield Line(sentence("note"), sentence("For information."), Tone.QUIET)
    for place, meaning in MEANINGS.items():
        if place in present or (place is Place.POSTED and Place.POSTED_LATER in present):
            yield Line(status(place, manner.speech), sentence(meaning), TONES[place])


def _told(remarks: Remarks, manner: Manner) -> Iterator[str]:
    """What was counted, then what was moved or left out, then what simply happened."""
    speech = manner.speech
    more = " …" if len(remarks.shortened) > _LISTED else ""
    cells = ", ".join(remarks.shortened[:_LISTED]) + more
    for name, (one, several) in COUNTED.items():
        found = getattr(remarks, name)
        count = len(found) if isinstance(found, list) else found
        if count:
            yield speech.count(count, one, several, cells=cells)
    if remarks.further:
        yield speech.say(
            "The file has more rows than a sheet can hold; they go on in {sheets}. To import this workbook, set "
            'source.sheets to "*" in the profile.',
            sheets=", ".join(remarks.further),
        )
    if remarks.left_out:
        yield speech.say("Sheets that were not read were left out: {sheets}.", sheets=", ".join(remarks.left_out))
    yield from (speech.sentence(sentence) for name, sentence in HAPPENED.items() if getattr(remarks, name))


def free_title(title: str, taken: Collection[str]) -> str:
    """A name for a sheet: `title` as far as it is allowed, numbered where `taken` (casefolded) holds it already."""
    name = _FORBIDDEN.sub("_", title).strip().strip("'")[:_NAME].strip() or "1"
    if name.casefold() == "history":
        name += "_"  # the one name that Excel keeps for itself
    number, free = 1, name
    while free.casefold() in taken:
        number += 1
        free = f"{name[: _NAME - len(str(number)) - 1]} {number}"
    return free
