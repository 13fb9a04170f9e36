"""Where every row stands: told from a plan, which sends nothing, or from what the ledger knows of a run."""

from collections.abc import Iterator, Mapping

from importer.domain.catalogue import CATALOGUE
from importer.domain.findings import Finding, Severity
from importer.domain.outcomes import OUTCOME_CODES
from importer.domain.records import Plan
from importer.domain.states import PlanClass
from importer.language.speech import Speech
from importer.stations.report.accounts import add_up
from importer.stations.report.model import Place, RunReport
from importer.stations.report.returned.model import Said, Standing, Stretch
from importer.stations.report.told import finding_about, first_rows

_PLACES = {
    PlanClass.NEW: Place.READY,
    PlanClass.READY: Place.READY,
    PlanClass.RETRY: Place.READY,
    PlanClass.REPLAY: Place.READY,
    PlanClass.ALREADY_POSTED: Place.ALREADY_POSTED,
    PlanClass.CHANGED: Place.CHANGED,
    PlanClass.HELD: Place.HELD,
    PlanClass.SETTLED: Place.SETTLED,
    PlanClass.UNKNOWN: Place.UNKNOWN,
    PlanClass.REFUSED: Place.REFUSED,
}
_TOLD_OF = {Place.REJECTED: "rejected", Place.UNKNOWN: "unknown"}


def plan_standing(plan: Plan, numbers: Mapping[str, str], speech: Speech) -> Standing:
    """The rows of a plan. `numbers` says what Facturalia calls the invoices that exist there, by external_id."""
    stretches = [
        Stretch(
            span.sheet,
            span.first,
            span.last,
            _PLACES[item.plan_class],
            item.frozen.invoice.label,
            numbers.get(item.frozen.external_id, ""),
        )
        for item in plan.items
        for span in item.frozen.invoice.spans
    ]
    stretches += [
        Stretch(span.sheet, span.first, span.last, Place.REFUSED, refused.label, "", ",".join(refused.codes))
        for refused in plan.refused
        for span in refused.spans
    ]
    stretches += [Stretch(*skipped.span, Place.SKIPPED, "", "", skipped.reason) for skipped in plan.skipped]
    stretches.sort(key=lambda one: one[:2])
    return Standing(sheets=plan.sheets, stretches=stretches, said=[_said(one, speech) for one in plan.findings])


def run_standing(report: RunReport, speech: Speech) -> Standing:
    """The rows of a run, in their state of now."""
    places = add_up(report).places
    stretches = [
        Stretch(
            row.sheet,
            row.first,
            row.last,
            places[row.external_id] if row.bucket == "invoiced" else Place(row.bucket),
            row.label,
            row.number or row.remote_id,
            "" if row.bucket == "invoiced" else row.message,
        )
        for row in report.rows
    ]
    said = [_said(one, speech) for one in report.findings]
    said += _of_sending(report, places, speech)
    return Standing(sheets=report.sheets, stretches=stretches, said=said, run=report.run.run)


def _of_sending(report: RunReport, places: Mapping[str, Place], speech: Speech) -> Iterator[Said]:
    """Why an invoice was rejected or cannot be proved: as the run told it, in its cell, else as the ledger has it now."""
    listed = report.run.summary.get("findings")
    told = {
        (str(one.get("code")), str(one.get("invoice"))): one
        for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, Mapping) and one.get("code") in OUTCOME_CODES
    }
    first = first_rows(report.rows)
    for invoice in report.invoices:
        code = _TOLD_OF.get(places[invoice.external_id])
        if code is None:
            continue
        known = told.get((code, invoice.label))
        if known is not None:
            yield _from_json(known, speech)
        else:
            yield _said(finding_about(invoice, code, first.get(invoice.external_id)), speech)


def _said(finding: Finding, speech: Speech) -> Said:
    return Said(
        finding.code,
        finding.severity,
        finding.file,
        finding.sheet,
        finding.row,
        finding.cell,
        finding.column,
        finding.invoice,
        finding.message_in(speech),
        speech.sentence(finding.entry.why),
        finding.fix_in(speech),
    )


def _from_json(one: Mapping[str, object], speech: Speech) -> Said:
    """The inverse of `Finding.as_json`, whose sentences are English in the ledger."""
    text = {name: value for name, value in one.items() if isinstance(value, str)}
    row = one.get("row")
    entry = CATALOGUE[text["code"]]
    return Said(
        text["code"],
        Severity(text.get("severity") or entry.severity),
        text.get("file", ""),
        text.get("sheet", ""),
        row if isinstance(row, int) else 0,
        text.get("cell", ""),
        text.get("column", ""),
        text.get("invoice", ""),
        speech.words(text.get("message", "")),
        speech.sentence(entry.why),
        speech.words(text.get("fix", "")),
    )
