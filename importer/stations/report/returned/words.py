"""The words of the added columns and of the legend, as far as they stand in tables."""

from typing import NamedTuple

from importer.language.speech import Speech
from importer.stations.report.model import Place


class Widths(NamedTuple):
    """Of the added columns, in characters."""

    surplus: int = 30
    status: int = 22
    number: int = 32
    row: int = 28
    todo: int = 100  # the last one: a longer text runs on to the right


WIDTHS = Widths()

STATUS_WORDS = {
    Place.POSTED: "Posted",
    Place.POSTED_LATER: "Posted",
    Place.ALREADY_POSTED: "Already posted",
    Place.CHANGED: "Changed since posted",
    Place.REFUSED: "Refused",
    Place.REJECTED: "Rejected by Facturalia",
    Place.HELD: "Held",
    Place.SETTLED: "Settled",
    Place.UNKNOWN: "Outcome unknown",
    Place.READY: "Ready",
    Place.SKIPPED: "Skipped",
}

MEANINGS = {
    Place.POSTED: "It exists in Facturalia.",
    Place.ALREADY_POSTED: "It was in Facturalia already, so nothing was sent.",
    Place.READY: "Nothing is wrong with it; it has not been sent.",
    Place.REFUSED: "One of its rows has an error, so no row of the invoice is sent.",
    Place.REJECTED: "Facturalia refused it, and no invoice was made.",
    Place.CHANGED: "Facturalia has it, and the file now says something else: shown, never sent.",
    Place.HELD: "A person decides: a credit note, a negative line, or held by hand.",
    Place.SETTLED: "A person took it off the list.",
    Place.UNKNOWN: "Whether Facturalia has it cannot be proved: look there.",
    Place.SKIPPED: "A rule of the profile says that this row is no data.",
}

# What became other than it was in the file, by the fields of `Remarks`.
COUNTED = {
    "uncalculated": (
        "{count} cell with a formula that was saved without its result shows #N/A; the comment says which formula.",
        "{count} cells with formulas that were saved without their results show #N/A; the comments say which.",
    ),
    "blocked": (
        "{count} cell of a row with too many or too few fields shows #N/A; the comment says what it held.",
        "{count} cells of rows with too many or too few fields show #N/A; the comments say what they held.",
    ),
    "shortened": (
        "{count} text is longer than the 32,767 characters a cell can hold, and was shortened: {cells}",
        "{count} texts are longer than the 32,767 characters a cell can hold, and were shortened: {cells}",
    ),
    "escaped": (
        "{count} character that no workbook can hold is written as its number, such as _xFFFF_.",
        "{count} characters that no workbook can hold are written as their numbers, such as _xFFFF_.",
    ),
    "columns": (
        "{count} cell stands beyond the last column a sheet can have, and was left out.",
        "{count} cells stand beyond the last column a sheet can have, and were left out.",
    ),
    "comments": (
        "{count} cell is coloured without a comment, because there would be too many; its row says what to do.",
        "{count} cells are coloured without a comment, because there would be too many; their rows say what to do.",
    ),
    "links": ("{count} link became plain text.", "{count} links became plain text."),
    "names": (
        "{count} name for a formula or for another workbook was left out.",
        "{count} names for formulas or for other workbooks were left out.",
    ),
}
HAPPENED = {
    "formulas": "Formulas were replaced by their results.",
    "tables": "Tables became plain ranges.",
    "macros": "Macros were left out.",
    "extras": "Slicers, sparklines, form controls, replies to comments and drop-downs from other sheets may be missing.",
    "anew": "This is a new workbook: comments, pictures, macros, merged cells, colours and widths of the file are not in it.",
    "drawings": "Pictures, charts, shapes and pivot tables may look different or be missing.",
}


def status(place: Place, speech: Speech) -> str:
    """The status of a row, as a filter lists it."""
    return speech.sentence(STATUS_WORDS[place])


def shortened(speech: Speech) -> str:
    """The note at the end of a text that had to be cut, with `{count}` for its true number of characters."""
    return speech.sentence("(shortened: {count} characters in all)")


def was_formula(formula: str, speech: Speech) -> str:
    """What a cell was that now shows an error."""
    return speech.say('In the file this cell is "{value}", without a result.', value=formula)


def was_whole(value: str, speech: Speech) -> str:
    """Why a cell of a doubtful row shows an error."""
    return speech.say(
        'This cell held "{value}". It shows an error so that its row is not taken for whole: put the row right, then '
        "type the value here again.",
        value=value,
    )
