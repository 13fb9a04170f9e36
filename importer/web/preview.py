"""A plan as a person looks at it: one row an invoice, and what there is to do, grouped by who must do it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from importer.domain.findings import Finding, Severity
from importer.domain.invoice import Invoice, Refused, Span
from importer.domain.records import Plan, PlanItem
from importer.domain.states import SENDABLE, PlanClass
from importer.profile.load import LoadedProfile

PAGE: Final = 50  # invoices on one page
SHOWN: Final = 100  # findings of one group on the page; all are in the workbook
GROUPS: Final = ("g_file", "g_decide", "g_fact", "g_look", "g_info")
DECIDE: Final = frozenset({"credit-note", "negative-line", "changed-since-posted", "held-by-hand", "unknown"})
BADGES: Final = {
    PlanClass.NEW: "new",
    PlanClass.READY: "ready",
    PlanClass.RETRY: "ready",
    PlanClass.REPLAY: "sending",
    PlanClass.ALREADY_POSTED: "already",
    PlanClass.CHANGED: "changed",
    PlanClass.HELD: "held",
    PlanClass.SETTLED: "settled",
    PlanClass.UNKNOWN: "unknown",
    PlanClass.REFUSED: "refused",
}
ORDER: Final = ("new", "ready", "sending", "already", "changed", "held", "settled", "unknown", "refused")
SORTS: Final = ("file", "number", "customer", "date", "incl")


class Row(NamedTuple):
    """One invoice of the table. `place` is its number in the preview; a refused one has no amounts."""

    place: int
    label: str
    customer: str
    date: str
    lines: int
    excl: int | None
    vat: int | None
    incl: int | None
    badge: str
    first: tuple[int, int]  # sheet and row it begins in


class Group(NamedTuple):
    """What there is to do of one kind."""

    key: str  # of GROUPS
    findings: list[Finding]
    invoices: int


@dataclass(frozen=True, slots=True)
class Preview:
    """A plan with its files; made once, looked at many times."""

    plan: Plan
    files: tuple[Path, ...]
    loaded: LoadedProfile
    rows: tuple[Row, ...]
    counts: Counter[str]
    groups: tuple[Group, ...]

    @property
    def sendable(self) -> int:
        """How many invoices confirming would post."""
        return sum(item.plan_class in SENDABLE for item in self.plan.items)

    def item(self, row: Row) -> PlanItem | None:
        """The planned invoice of a row; None where it was refused."""
        return self.plan.items[row.place] if row.place < len(self.plan.items) else None

    def refused(self, row: Row) -> Refused | None:
        """The refused invoice of a row, if it is one."""
        number = row.place - len(self.plan.items)
        return self.plan.refused[number] if number >= 0 else None

    def chosen(self, state: str, search: str, sort: str) -> list[Row]:
        """The rows of one state (all: empty) whose number or customer holds the words, in an order of SORTS."""
        words = search.casefold().split()
        found = [
            row
            for row in self.rows
            if (not state or row.badge == state)
            and all(word in f"{row.label} {row.customer}".casefold() for word in words)
        ]
        down = sort.startswith("-")
        match sort.lstrip("-"):
            case "number":
                found.sort(key=lambda row: row.label, reverse=down)
            case "customer":
                found.sort(key=lambda row: row.customer.casefold(), reverse=down)
            case "date":
                found.sort(key=lambda row: row.date, reverse=down)
            case "incl":
                found.sort(key=lambda row: row.incl or 0, reverse=down)
        return found

    def findings_of(self, label: str) -> list[Finding]:
        """All that was found about one invoice."""
        return [finding for finding in self.plan.findings if finding.invoice == label]


def preview_of(plan: Plan, files: Sequence[Path], loaded: LoadedProfile) -> Preview:
    """The plan laid out, its invoices in file order."""
    rows = [_planned(number, item) for number, item in enumerate(plan.items)]
    rows += [_refused(len(plan.items) + number, one) for number, one in enumerate(plan.refused)]
    rows.sort(key=lambda row: row.first)
    return Preview(plan, tuple(files), loaded, tuple(rows), Counter(row.badge for row in rows), _groups(plan))


def mended(before: Preview, after: Preview) -> dict[str, int]:
    """What a corrected file changes: invoices that were refused and may go, that still may not, and all others."""
    refused = {row.label for row in before.rows if row.badge == "refused"}
    known = {row.label for row in before.rows} - refused
    failing = {row.label for row in after.rows if row.badge == "refused"}
    return {
        "mended": sum(row.label in refused and row.badge != "refused" for row in after.rows),
        "still_failing": len(failing),
        "unchanged": sum(row.label in known and row.badge != "refused" for row in after.rows),
    }


def _planned(place: int, item: PlanItem) -> Row:
    invoice = item.frozen.invoice
    return Row(
        place, invoice.label, _customer(invoice), invoice.header.get("date", ""), len(invoice.lines),
        invoice.excl, invoice.vat, invoice.incl, BADGES[item.plan_class], _first(invoice.spans),
    )  # fmt: skip


def _refused(place: int, one: Refused) -> Row:
    lines = sum(span.last - span.first + 1 for span in one.spans)
    return Row(place, one.label, "", "", lines, None, None, None, "refused", _first(one.spans))


def _first(spans: Sequence[Span]) -> tuple[int, int]:
    return (spans[0].sheet, spans[0].first) if spans else (0, 0)


def _customer(invoice: Invoice) -> str:
    customer = invoice.customer
    return customer.get("name") or customer.get("vat_number") or customer.get("customer_id", "")


def _groups(plan: Plan) -> tuple[Group, ...]:
    found: dict[str, list[Finding]] = {key: [] for key in GROUPS}
    for finding in plan.findings:
        found[_group(finding)].append(finding)
    return tuple(
        Group(key, findings, len({finding.invoice for finding in findings if finding.invoice}))
        for key, findings in found.items()
        if findings
        or (key == "g_fact" and plan.new_products)
        or (key == "g_info" and (plan.skipped or plan.new_customers))
    )


def _group(finding: Finding) -> str:
    if finding.code in DECIDE:
        return "g_decide"
    if finding.severity is Severity.ERROR:
        return "g_file"
    return "g_look" if finding.severity is Severity.WARNING else "g_info"
