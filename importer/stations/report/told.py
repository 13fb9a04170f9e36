"""Findings as the report tells them: those of the plan, and those of sending, each with the place it is about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from importer.domain.catalogue import CATALOGUE
from importer.domain.findings import Finding, Severity
from importer.domain.money import euros
from importer.domain.outcomes import OUTCOME_CODES
from importer.domain.states import State
from importer.language.speech import Speech
from importer.ledger.records import InvoiceRecord, RunRow
from importer.stations.report.accounts import Accounts
from importer.stations.report.model import Place, RunReport


class Told(NamedTuple):
    """One finding in words. `at` is file, sheet and row; row 0 where it is about no row."""

    code: str
    severity: Severity
    place: str
    column: str
    value: str
    invoice: str
    message: str
    fix: str
    at: tuple[str, str, int]


@dataclass(slots=True)
class Findings:
    """All findings of a run. The dictionaries find those of an invoice by label, and errors by file, sheet and row."""

    all: list[Told] = field(default_factory=list)
    by_invoice: dict[str, list[Told]] = field(default_factory=dict)
    errors_at: dict[tuple[str, str, int], list[Told]] = field(default_factory=dict)

    def add(self, told: Told) -> None:
        """Take one in."""
        self.all.append(told)
        if told.invoice:
            self.by_invoice.setdefault(told.invoice, []).append(told)
        if told.severity is Severity.ERROR and told.at[2] and told.code not in OUTCOME_CODES:
            self.errors_at.setdefault(told.at, []).append(told)

    def of(self, label: str, code: str) -> Told | None:
        """The first finding of a code about an invoice."""
        return next((told for told in self.by_invoice.get(label, ()) if told.code == code), None)


def tell(report: RunReport, accounts: Accounts, speech: Speech) -> Findings:
    """The findings of the plan in their order, then what sending did: as the run told it, or as the ledger has it now.

    The run's own list of what sending did is cut at a thousand; invoices beyond it are told from their state.
    """
    found = Findings()
    for finding in report.findings:
        found.add(_told(finding, speech))
    listed = report.run.summary.get("findings")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, Mapping) and one.get("code") in OUTCOME_CODES:
            told = _from_json(one, speech)
            if found.of(told.invoice, told.code) is None:
                found.add(told)
    first = first_rows(report.rows)
    for invoice in report.invoices:
        code = _code_now(invoice, accounts.places[invoice.external_id])
        if code and found.of(invoice.label, code) is None:
            found.add(_told(finding_about(invoice, code, first.get(invoice.external_id)), speech))
    return found


def first_rows(rows: Iterable[RunRow]) -> dict[str, RunRow]:
    """The first stretch of rows of each invoice, by external_id."""
    first: dict[str, RunRow] = {}
    for row in rows:
        if row.external_id:
            first.setdefault(row.external_id, row)
    return first


def finding_about(invoice: InvoiceRecord, code: str, first: RunRow | None) -> Finding:
    """A finding about a whole invoice as the ledger has it, placed at its first row."""
    facts = {
        "answer": invoice.reason,
        "reason": invoice.reason,
        "difference": invoice.difference,
        "number": f" as {invoice.number}" if invoice.number else "",
        "total": euros(invoice.excl),
    }
    if first is None:
        return Finding(code, invoice=invoice.label, facts=facts)
    return Finding(code, file=first.file, sheet=first.sheet_name, row=first.first, invoice=invoice.label, facts=facts)


def _code_now(invoice: InvoiceRecord, place: Place) -> str:
    if place in {Place.REJECTED, Place.UNKNOWN}:
        return str(place)
    if place is Place.POSTED and invoice.state is State.POSTED and not invoice.remote_id:
        return "id-not-found"
    return ""


def _told(finding: Finding, speech: Speech) -> Told:
    return Told(
        finding.code,
        finding.severity,
        finding.place_in(speech),
        finding.column,
        finding.value,
        finding.invoice,
        finding.message_in(speech),
        finding.fix_in(speech),
        (finding.file, finding.sheet, finding.row),
    )


def _from_json(one: Mapping[str, object], speech: Speech) -> Told:
    """The inverse of `Finding.as_json`: the ledger keeps English, which is found again and put into the language."""
    text = {name: value for name, value in one.items() if isinstance(value, str)}
    number = one.get("row")
    place = Finding(
        text["code"],
        file=text.get("file", ""),
        sheet=text.get("sheet", ""),
        row=number if isinstance(number, int) else 0,
        column=text.get("column", ""),
        cell=text.get("cell", ""),
    )
    return Told(
        place.code,
        Severity(CATALOGUE[place.code].severity),
        place.place_in(speech),
        place.column,
        text.get("value", ""),
        text.get("invoice", ""),
        speech.words(text.get("message", "")),
        speech.words(text.get("fix", "")),
        (place.file, place.sheet, place.row),
    )
