"""What needs a person: each invoice once, worst first, with why and what to do."""

from collections.abc import Iterator
from typing import NamedTuple

from importer.domain.findings import Finding, Severity
from importer.domain.money import euros
from importer.ledger.records import InvoiceRecord, RunRow
from importer.stations.report.accounts import Accounts
from importer.stations.report.model import TONES, Place, RunReport, Tone
from importer.stations.report.speech import noun, said_of, titles
from importer.stations.report.told import Findings, Told, first_rows
from importer.stations.report.words import Words

_CODES = {Place.REJECTED: "rejected", Place.UNKNOWN: "unknown", Place.CHANGED: "changed-since-posted"}
_WORST_FIRST = (Place.UNKNOWN, Place.REJECTED, Place.REFUSED, Place.CHANGED, Place.HELD)


class Task(NamedTuple):
    """Something for a person to do. `incl` in cents, None where nothing was computed."""

    tone: Tone
    what: str
    invoice: str
    why: str
    fix: str
    where: str
    incl: int | None
    external_id: str


def tasks(report: RunReport, accounts: Accounts, findings: Findings, words: Words) -> Iterator[Task]:
    """All tasks of a run as the ledger stands now."""
    first = first_rows(report.rows)
    waiting: dict[Place, list[InvoiceRecord]] = {}
    for invoice in report.invoices:
        waiting.setdefault(accounts.places[invoice.external_id], []).append(invoice)
    for place in _WORST_FIRST:
        if place is Place.REFUSED:
            yield from _refused(report, findings, words)
        for invoice in waiting.get(place, ()):
            yield _waiting(invoice, place, findings, first.get(invoice.external_id), words)
    if not report.invoices:  # a run without files knows only what it told itself
        yield from (_as_told(told, words) for told in findings.all if told.code in {"rejected", "unknown"})
    yield from _totals_differ(accounts, first, words)
    ready = accounts.counts[Place.READY]
    if ready:
        yield Task(
            TONES[Place.READY],
            words.places[Place.READY],
            "",
            words.phrases["ready"].format(count=words.speech.number(ready), invoices=noun(ready, "invoice", words)),
            words.phrases["ready_fix"],
            "",
            accounts.sums[Place.READY].incl,
            "",
        )


def _waiting(invoice: InvoiceRecord, place: Place, findings: Findings, first: RunRow | None, words: Words) -> Task:
    told = findings.of(invoice.label, _CODES.get(place) or invoice.reason)
    if told is None and place is Place.HELD:
        told = next((one for one in findings.by_invoice.get(invoice.label, ()) if one.code == "held-by-hand"), None)
    return Task(
        TONES[place],
        words.places[place],
        invoice.label,
        told.message if told else said_of(invoice, place, words),
        told.fix if told else words.fixes[place],
        told.place if told and told.place else _where(first, words),
        invoice.incl,
        invoice.external_id,
    )


def _refused(report: RunReport, findings: Findings, words: Words) -> Iterator[Task]:
    """Each refused invoice once; rows that belong to no invoice one by one."""
    place = Place.REFUSED
    spans: dict[tuple[str, int, int], list[RunRow]] = {}
    for row in report.rows:
        if row.bucket == "refused":
            key = (row.label, 0, 0) if row.label else ("", row.sheet, row.first)
            spans.setdefault(key, []).append(row)
    for (label, _, _), rows in spans.items():
        errors = [told for told in findings.by_invoice.get(label, ()) if told.severity is Severity.ERROR]
        if not errors:
            errors = [told for row in rows for told in _errors_in(row, findings)]
        told = errors[0] if errors else None
        why = told.message if told else words.phrases["refused_for"].format(titles=titles(rows[0].message, words))
        if len(errors) > 1:
            why = words.phrases["more"].format(message=why, count=words.speech.number(len(errors) - 1))
        yield Task(
            TONES[place],
            words.places[place],
            label or words.phrases["orphan_rows"],
            why,
            told.fix if told else words.fixes[place],
            told.place if told and told.place else _where(rows[0], words),
            None,
            "",
        )


def _errors_in(row: RunRow, findings: Findings) -> Iterator[Told]:
    for number in range(row.first, row.last + 1):
        yield from findings.errors_at.get((row.file, row.sheet_name, number), ())


def _as_told(told: Told, words: Words) -> Task:
    place = Place(told.code)
    return Task(TONES[place], words.places[place], told.invoice, told.message, told.fix, told.place, None, "")


def _totals_differ(accounts: Accounts, first: dict[str, RunRow], words: Words) -> Iterator[Task]:
    """Invoices whose total in Facturalia's answer is more than a cent per line from ours."""
    for invoice in accounts.answered:
        if accounts.places[invoice.external_id] not in {Place.POSTED, Place.POSTED_LATER}:
            continue
        for ours, theirs in ((invoice.excl, invoice.remote_excl), (invoice.incl, invoice.remote_incl)):
            if theirs is not None and abs(theirs - ours) > max(invoice.lines, 1):
                yield Task(
                    Tone.ATTENTION,
                    words.phrases["totals_differ"],
                    invoice.label,
                    words.phrases["totals_differ_why"].format(theirs=_money(theirs, words), ours=_money(ours, words)),
                    words.phrases["totals_differ_fix"],
                    _where(first.get(invoice.external_id), words),
                    invoice.incl,
                    invoice.external_id,
                )
                break


def _money(cents: int, words: Words) -> str:
    return words.speech.fact("amount", euros(cents))


def _where(row: RunRow | None, words: Words) -> str:
    if row is None:
        return ""
    return Finding("", file=row.file, sheet=row.sheet_name, row=row.first).place_in(words.speech)
