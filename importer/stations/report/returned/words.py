"""The words of the added columns."""

from importer.language.speech import Speech
from importer.stations.report.model import Place

ADDED_WIDTHS = (22, 24, 80, 24)  # of status, number, what to do, row in the file; in characters

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
