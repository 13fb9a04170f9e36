"""What a report is made of, all of it from the ledger, and where each invoice and each row stands in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from importer.domain.findings import Finding
from importer.domain.invoice import Sheet
from importer.ledger.records import InvoiceRecord, RunRecord, RunRow


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """One run as the ledger tells it. `sheets` are in the order that rows number them; money is in cents.

    `rows` are stretches of rows in order of sheet and row, `invoices` those of the plan in file order, both in their
    state of now; `findings` those of the plan; `head` the number and hash of the newest event.
    """

    run: RunRecord
    rows: Sequence[RunRow]
    sheets: Sequence[Sheet]
    invoices: Sequence[InvoiceRecord]
    findings: Sequence[Finding]
    head: tuple[int, str]


class Place(StrEnum):
    """Where an invoice of a run, or a row, ended. Each has exactly one; the names are those of the run's JSON object."""

    POSTED = "posted"
    POSTED_LATER = "posted_later"  # after this run ended: by a later run, or proved by a person
    ALREADY_POSTED = "already_posted"
    CHANGED = "changed"
    REFUSED = "refused"
    REJECTED = "rejected"
    HELD = "held"
    SETTLED = "settled"
    UNKNOWN = "unknown"
    READY = "ready"
    SKIPPED = "skipped"  # rows only


class Tone(StrEnum):
    """The colour that goes with a word; the word always stands beside it."""

    PLAIN = "plain"
    GOOD = "good"
    QUIET = "quiet"
    WAITING = "waiting"
    ATTENTION = "attention"
    BAD = "bad"


TONES = {
    Place.POSTED: Tone.GOOD,
    Place.POSTED_LATER: Tone.GOOD,
    Place.ALREADY_POSTED: Tone.GOOD,
    Place.CHANGED: Tone.ATTENTION,
    Place.REFUSED: Tone.BAD,
    Place.REJECTED: Tone.BAD,
    Place.HELD: Tone.ATTENTION,
    Place.SETTLED: Tone.QUIET,
    Place.UNKNOWN: Tone.BAD,
    Place.READY: Tone.WAITING,
    Place.SKIPPED: Tone.QUIET,
}
