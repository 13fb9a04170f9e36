"""Every word of a report in one table, so that another language is another table and nothing else.

Names in braces are filled in. What the catalogue of findings says comes from the catalogue.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from importer.language.speech import ENGLISH as IN_ENGLISH
from importer.language.speech import Speech
from importer.stations.report.model import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of one language. Headers are in the order of their columns."""

    sheets: Mapping[str, str]  # names of sheets, at most 25 characters
    headers: Mapping[str, tuple[str, ...]]
    titles: Mapping[str, str]  # by command
    places: Mapping[Place, str]
    meanings: Mapping[Place, str]
    exits: Mapping[int, str]
    cut_off: str
    labels: Mapping[str, str]
    phrases: Mapping[str, str]
    severities: Mapping[str, str]
    fixes: Mapping[Place, str]  # where the finding that says it is gone
    reasons: Mapping[str, str]  # how the ledger begins a reason that a person gave
    nouns: Mapping[str, tuple[str, str]]  # one, several
    speech: Speech = field(default=IN_ENGLISH)  # how the language writes numbers, days and the catalogue


def words_in(speech: Speech) -> "Words":
    """The table in another language."""
    tables = {
        table.name: _translated(getattr(ENGLISH, table.name), speech)
        for table in fields(Words)
        if table.name != "speech"
    }
    return replace(ENGLISH, **tables, speech=speech)


def _translated(value: Any, speech: Speech) -> Any:
    if isinstance(value, str):
        return speech.sentence(value)
    if isinstance(value, tuple):
        return tuple(_translated(one, speech) for one in value)
    return {key: _translated(one, speech) for key, one in value.items()}


ENGLISH = Words(
    sheets={
        "summary": "Summary",
        "todo": "To do",
        "invoices": "Invoices",
        "rows": "Rows",
        "totals": "Totals",
        "findings": "Findings",
    },
    headers={
        "todo": ("What", "Invoice", "Why", "What to do", "Where", "Incl. VAT", "Identity"),
        "invoices": (
            "Invoice",
            "State",
            "Facturalia number",
            "Facturalia id",
            "Customer",
            "Lines",
            "Excl. VAT",
            "VAT",
            "Incl. VAT",
            "Attempts",
            "Posted at (UTC)",
            "PDF",
            "Message",
            "Identity",
        ),
        "rows": ("File", "Sheet", "Row", "Outcome", "Invoice", "Facturalia number", "Facturalia id", "Message"),
        "totals": ("State", "Invoices", "VAT rate", "Base", "VAT", "Incl. VAT"),
        "controls": ("Control", "", "One side", "Other side", "Difference", "Result"),
        "findings": ("Severity", "Where", "Column", "Value", "Invoice", "Message", "What to do", "Code"),
        "counts": ("Invoices", "At the end of the run", "Now", "What it means"),
        "money": ("VAT rate", "Base", "VAT", "Incl. VAT"),
        "files": ("File", "Sheet", "Header in row", "Bytes", "How it was read", "SHA-256"),
    },
    titles={
        "import": "Report of an import",
        "resume": "Report of a resumed run",
        "recover": "Report of settling what an earlier run left open",
        "": "Report of a run",
    },
    places={
        Place.POSTED: "posted in this run",
        Place.POSTED_LATER: "posted after this run",
        Place.ALREADY_POSTED: "posted before this run",
        Place.CHANGED: "changed since it was posted",
        Place.REFUSED: "refused",
        Place.REJECTED: "rejected by Facturalia",
        Place.HELD: "held",
        Place.SETTLED: "settled by a person",
        Place.UNKNOWN: "outcome unknown",
        Place.READY: "ready, not sent",
        Place.SKIPPED: "skipped",
    },
    meanings={
        Place.POSTED: "It exists in Facturalia.",
        Place.POSTED_LATER: "It exists in Facturalia; a later run or a person saw to it.",
        Place.ALREADY_POSTED: "It was in Facturalia already, so nothing was sent.",
        Place.CHANGED: "Facturalia has it, and the file now says something else: shown, never sent.",
        Place.REFUSED: "The file has an error in it: correct the file.",
        Place.REJECTED: "Facturalia refused it, and no invoice was made.",
        Place.HELD: "A person decides: a credit note, a negative line, or held by hand.",
        Place.SETTLED: "A person took it off the list.",
        Place.UNKNOWN: "Whether Facturalia has it cannot be proved: look there.",
        Place.READY: "Nothing was made yet; `importer resume` sends it.",
    },
    exits={
        0: "All done",
        1: "A person or a corrected file is needed",
        2: "Stopped: the settings, the command, a file or the access to Facturalia need mending",
        3: "Not finished: the same import again, or `importer resume`, goes on",
        4: "A person must look in Facturalia: an outcome is unknown, or the answers are not what they should be",
        70: "The importer itself failed: please report it",
    },
    cut_off="The run is still going, or was cut off: `importer resume` goes on",
    labels={
        "run": "Run",
        "account": "Account",
        "origin": "Facturalia at",
        "profile": "Profile",
        "importer": "Importer",
        "started": "Started",
        "finished": "Finished",
        "plan": "Plan",
        "exit": "Exit code",
        "stopped": "Stopped early",
        "accepted": "Accepted",
        "head": "Ledger event",
        "recovered": "Settled from earlier runs",
        "rejoined": "Of what failed before",
        "rows": "Rows",
        "read": "read",
        "invoiced": "invoiced",
        "skipped": "skipped",
        "refused": "refused",
        "total": "all",
        "new": "of these, never seen before",
        "replayed": "of those posted, confirmed by a repeated request",
        "posted_totals": "Posted in this run, in euro",
        "file_totals": "In the files, without refused and held invoices, in euro",
        "files": "Files",
        "all_rates": "all",
        "every_place": "all, refused ones not counted",
    },
    phrases={
        "version": "{name}, version {version}",
        "exit": "{code}: {meaning}",
        "not_recorded": "not recorded",
        "head": "{number}, {hash}",
        "recovered": "{posted} posted, {unknown} unknown",
        "accepted": "{title} ({code}, {findings}), by {by}: {reason}",
        "rejoined": "{mended} mended, {still_failing} still failing, {unchanged} unchanged",
        "now": "States are those of the ledger when this report was written. Amounts are in euro, times in UTC.",
        "balance": "{read} read = {invoiced} invoiced + {skipped} skipped + {refused} refused",
        "happened": "{lead}: {count} {invoices}, {parts}.",
        "happened_none": "{lead}: no invoices.",
        "happened_recovered": "{lead}: of what earlier runs left open, {posted} posted, {unknown} unknown.",
        "part": "{count} {place}",
        "nothing_todo": "Nothing here needs a person.",
        "nothing": "Nothing.",
        "orphan_rows": "(rows of no invoice)",
        "ready": "{count} {invoices} not sent yet.",
        "ready_fix": "Run `importer resume`, or the same import again.",
        "totals_differ": "totals differ",
        "totals_differ_why": "Facturalia counts {theirs} where this report counts {ours}.",
        "totals_differ_fix": "Look at the invoice in Facturalia, and at how prices and VAT are rounded there.",
        "more": "{message} (and {count} more: see Findings)",
        "refused_for": "{titles}.",
        "refused_with": "Refused with its invoice: {titles}.",
        "no_id": "The answer of Facturalia shows no id.",
        "not_computed": "not computed",
        "shortened": "(shortened: {count} characters in all)",
        "labelled": "{label}: {text}",
        "agrees": "agrees",
        "differs": "differs",
        "rate": "{rate} %",
        "detected": "{what} {value}",
        "control_rows": "Rows read, as the run told at its end = rows invoiced, skipped and refused in this report",
        "control_invoices": "Invoices of the files, as told at the end = invoices over all states in this report",
        "control_rates": "Sum over VAT rates = sum over invoices, incl. VAT",
        "control_incl": "Base + VAT = incl. VAT",
        "control_posted": "Posted in this run, as told at its end = posted in the ledger, incl. VAT",
        "control_excl": "Ledger = Facturalia, excl. VAT, of {count} {invoices} whose answer shows it",
        "control_answered": "Ledger = Facturalia, incl. VAT, of {count} {invoices} whose answer shows it",
        "controls": "Control sums",
        "footer": "Run {run} · page &P of &N",
        "subject": "What became of every row and every invoice",
    },
    severities={"error": "error", "warning": "warning", "note": "note"},
    fixes={
        Place.REFUSED: "Correct the file and import it again.",
        Place.REJECTED: "Correct the file, or Facturalia, and import again.",
        Place.CHANGED: "Correct it in Facturalia, then `importer resolve` it as settled.",
        Place.HELD: "Decide: `importer release` it, or `importer resolve` it as settled.",
        Place.UNKNOWN: "Look it up in Facturalia, then `importer resolve` it as posted or as not-posted.",
    },
    reasons={
        "hold": "Held by a person",
        "release": "Released by a person",
        "resolved": "Decided by a person",
    },
    nouns={"invoice": ("invoice", "invoices")},
)
