"""What a command tells at its end: counts that balance, totals, and the exit code. The same for page, JSON and screen."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Protocol

from importer.domain.acceptance import Acceptance
from importer.domain.findings import Finding
from importer.domain.money import euros
from importer.domain.outcomes import OUTCOME_CODES
from importer.domain.records import Plan, Totals
from importer.domain.states import SENDABLE, PlanClass, State
from importer.domain.wording import ENGLISH, Wording
from importer.errors import ImporterError

MAX_LISTED = 1_000  # findings listed in JSON; all are counted
_WORST_FIRST = (70, 2, 4, 3, 1, 0)

INVOICE_COUNTS = (
    "total",
    "new",
    "posted",
    "replayed",
    "already_posted",
    "changed",
    "refused",
    "rejected",
    "held",
    "settled",
    "unknown",
    "ready",
)

NOT_REJOINED: Mapping[str, int] = MappingProxyType({"mended": 0, "still_failing": 0, "unchanged": 0})


class Ended(Protocol):
    """Where sending left an invoice."""

    @property
    def state(self) -> State:
        """Its state in the ledger."""

    @property
    def replayed(self) -> bool:
        """Facturalia had made it before, and said so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The object of `--json`. `invoices` has the names of INVOICE_COUNTS; `stop` is why the run ended early, if it did."""

    run: str
    plan: str
    exit: int
    rows: Mapping[str, int]
    invoices: Mapping[str, int]
    totals: Totals
    file_totals: Totals
    recovered: Mapping[str, int]
    findings: list[Finding]
    rejoined: Mapping[str, int] = field(default_factory=lambda: dict(NOT_REJOINED))
    report: str | None = None
    accepted: Sequence[Acceptance] = ()
    stop: ImporterError | None = None
    extra: Mapping[str, object] = field(default_factory=dict)

    def for_ledger(self) -> dict[str, object]:
        """What the ledger keeps of it for ever: of the findings only those about sending, which quote no cell."""
        told = [finding for finding in self.findings if finding.code in OUTCOME_CODES]
        kept = replace(self, findings=told).as_json()  # in English: who reads it later may speak another language
        return {name: value for name, value in kept.items() if name not in self.extra}

    def as_json(self, wording: Wording = ENGLISH) -> dict[str, object]:
        """Plain data for `--json`: sentences in the language, all else the same in every one."""
        found: dict[str, object] = {
            "run": self.run,
            "plan": self.plan,
            "exit": self.exit,
            "rows": dict(self.rows),
            "invoices": dict(self.invoices),
            "totals": totals_json(self.totals),
            "file_totals": totals_json(self.file_totals),
            "recovered": dict(self.recovered),
            "rejoined": dict(self.rejoined),
            "findings": [finding.as_json(wording) for finding in self.findings[:MAX_LISTED]],
            "findings_total": len(self.findings),
            "report": self.report,
            **self.extra,
        }
        if self.accepted:
            found["accepted"] = [one._asdict() for one in self.accepted]
        if self.stop is not None:
            message, fix = wording.fact("words", self.stop.message), wording.fact("words", self.stop.fix)
            found["stopped"] = {"code": self.stop.code, "message": message, "fix": fix}
        return found


def totals_json(totals: Totals) -> dict[str, object]:
    """Totals as decimal text in euros."""
    return {
        "excl_vat": euros(totals.excl),
        "vat": euros(totals.vat),
        "incl_vat": euros(totals.incl),
        "by_rate": {str(rate): {"base": euros(base), "vat": euros(vat)} for rate, base, vat in totals.rates},
    }


def count_invoices(plan: Plan, outcomes: Mapping[str, Ended]) -> dict[str, int]:
    """The `invoices` object: every invoice of the files in exactly one place; `new` and `replayed` are views.

    Raises RuntimeError when they do not balance.
    """
    counts = dict.fromkeys(INVOICE_COUNTS, 0)
    by_class = Counter(item.plan_class for item in plan.items)
    for name in (PlanClass.ALREADY_POSTED, PlanClass.CHANGED, PlanClass.HELD, PlanClass.SETTLED, PlanClass.UNKNOWN):
        counts[name] = by_class[name]
    counts["new"] = by_class[PlanClass.NEW]
    counts["refused"] = sum(1 for refused in plan.refused if refused.label)
    for item in plan.items:
        if item.plan_class in SENDABLE:
            outcome = outcomes.get(item.frozen.external_id)
            state = outcome.state if outcome is not None else State.READY
            counts["ready" if state is State.SENDING else state] += 1
            counts["replayed"] += outcome is not None and state is State.POSTED and outcome.replayed
    counts["total"] = len(plan.items) + counts["refused"]
    places = sum(counts[name] for name in INVOICE_COUNTS if name not in ("total", "new", "replayed"))
    if places != counts["total"]:
        msg = f"invoices do not balance: {counts}"
        raise RuntimeError(msg)
    return counts


def worst(*codes: int) -> int:
    """The exit code that says most: a bug, then what a person must mend or look at, then what a rerun settles."""
    return next(code for code in _WORST_FIRST if code in codes)


def exit_code(
    counts: Mapping[str, int],
    rows: Mapping[str, int],
    *,
    stop: ImporterError | None,
    sends: bool,
    recovered_unknown: int = 0,
) -> int:
    """The worst of what happened. `sends` is False for commands that only look: ready invoices are then no fault."""
    codes = {0}
    if counts["refused"] or counts["rejected"] or counts["changed"] or counts["held"] or rows["refused"]:
        codes.add(1)
    if sends and counts["ready"]:
        codes.add(3)
    if counts["unknown"] or recovered_unknown:
        codes.add(4)
    if stop is not None:
        codes.add(stop.exit_code)
    return worst(*codes)


def summarise_plan(plan: Plan) -> Summary:
    """What `check` and `plan` tell: nothing is sent, so ready invoices are no fault."""
    counts = count_invoices(plan, {})
    rows = plan.rows._asdict()
    return Summary(
        run="",
        plan=plan.digest,
        exit=exit_code(counts, rows, stop=None, sends=False),
        rows=rows,
        invoices=counts,
        totals=plan.totals,
        file_totals=plan.file_totals,
        recovered=count_recovered(()),
        findings=plan.findings,
        rejoined=count_rejoined(plan, None),
        accepted=plan.accepted,
        extra={"new_products": plan.new_products, "new_customers": [dict(customer) for customer in plan.new_customers]},
    )


def count_rejoined(plan: Plan, outcomes: Mapping[str, Ended] | None) -> dict[str, int]:
    """The `rejoined` object: what a corrected file mended of what failed before.

    Mended is what failed before and now is posted; without `outcomes`, what would be. Still failing is what failed
    before and is refused, or rejected, again. Unchanged is what was posted before.
    """
    counts = dict(NOT_REJOINED)
    counts["still_failing"] = len({refused.label for refused in plan.refused} & plan.failed_before)
    for item in plan.items:
        if item.plan_class is PlanClass.ALREADY_POSTED:
            counts["unchanged"] += 1
        elif item.plan_class in SENDABLE and item.frozen.invoice.label in plan.failed_before:
            outcome = None if outcomes is None else outcomes.get(item.frozen.external_id)
            state = State.POSTED if outcomes is None else outcome.state if outcome is not None else State.READY
            counts["mended"] += state is State.POSTED
            counts["still_failing"] += state is State.REJECTED
    return counts


def count_sent(queued: Sequence[str], ended: Mapping[str, Ended]) -> dict[str, int]:
    """The `invoices` object of a run without files: `queued` external_ids, and where sending left those it reached."""
    counts = dict.fromkeys(INVOICE_COUNTS, 0)
    counts["total"] = len(queued)
    for external_id in queued:
        one = ended.get(external_id)
        state = State.READY if one is None or one.state is State.SENDING else one.state
        counts[state] += 1
        counts["replayed"] += one is not None and one.replayed and state is State.POSTED
    return counts


def count_recovered(ended: Iterable[Ended]) -> dict[str, int]:
    """The `recovered` object: what earlier runs had left unanswered."""
    states = [one.state for one in ended]
    return {"posted": states.count(State.POSTED), "unknown": states.count(State.UNKNOWN)}
