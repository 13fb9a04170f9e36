"""The only module that knows the order of the stations. Every front door calls these functions.

    file -> READ -> MAP -> VALIDATE -> GROUP -> PLAN -> SUBMIT -> REPORT

Reading to planning needs no ledger and sends nothing; the ledger gives a snapshot before the plan, takes the intent
before each POST and the outcome after it.
"""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from importer.domain.acceptance import occurring
from importer.domain.circumstances import UNKNOWN, Circumstances
from importer.domain.clock import belgian_day
from importer.domain.findings import Finding
from importer.domain.identity import Account
from importer.domain.invoice import Grouped, Sheet, SkippedRows
from importer.domain.outcomes import tell_outcomes
from importer.domain.records import Frozen, Plan, ProfileRecord, Snapshot, Totals
from importer.domain.states import State
from importer.domain.summary import (
    Summary,
    count_invoices,
    count_recovered,
    count_rejoined,
    count_sent,
    exit_code,
    summarise_plan,
)
from importer.errors import PlanMismatch, SourceError
from importer.ledger.store import Ledger
from importer.profile.load import LoadedProfile
from importer.sending import Sending as Sending  # noqa: PLC0414 - also handed on
from importer.sending import Step, only_sender, quiet, send, settle
from importer.stations.group import group_invoices
from importer.stations.map import map_columns
from importer.stations.plan import freeze_invoices, make_plan
from importer.stations.read import read_tables
from importer.stations.submit import SubmitResult, Timekeeper
from importer.stations.table import Table, let_go
from importer.stations.validate import validate_rows

EMPTY = Snapshot({}, frozenset(), frozenset())
NO_TOTALS = Totals(0, 0, 0, ())

Approve = Callable[[Plan], bool]


@dataclass(frozen=True, slots=True)
class Source:
    """What files say, before any ledger was asked."""

    grouped: Grouped
    findings: list[Finding]
    sheets: list[Sheet]
    skipped: list[SkippedRows]
    profile: LoadedProfile


def read_source(
    paths: Sequence[Path], loaded: LoadedProfile, *, given: Circumstances = UNKNOWN, on_step: Step = quiet
) -> Source:
    """Read files with a profile: invoices, refused ones, and every finding. Writes nothing, asks no ledger.

    `given`: the day and the account's VAT number, with which dates and companies are compared.
    Raises SourceError if any of the files cannot be read as a whole: then none is used.
    """
    profile = loaded.profile
    tables: list[Table] = []
    seen: dict[str, Path] = {}
    for path in paths:
        on_step(f"reading {path.name}")
        begin = len(tables)
        for source, needed in profile.readings():
            tables += read_tables(path, source, needed)
        digest = tables[-1].file.sha256
        if any(table.file.sha256 != digest for table in tables[begin:]):  # two sheets are two looks
            message = f"{path.name} was changed while it was read."
            raise SourceError(
                "file-changed", message, fix="Wait until the program that writes it is done, and try again."
            )
        if digest in seen:  # one file given twice would double every line
            message = f'"{path}" and "{seen[digest]}" hold exactly the same bytes.'
            raise SourceError("same-file-twice", message, fix="Give each file once.")
        seen[digest] = path
    if not any(len(table.rows) for table in tables):
        names = ", ".join(path.name for path in paths)
        raise SourceError(
            "no-rows",
            f"{names}: there is a header, and no rows below it.",
            fix="Check that the export ran over the right period.",
        )
    on_step("checking")
    mapped = map_columns(tables, profile)
    let_go(tables)  # the columns nobody mapped
    validated = validate_rows(mapped, profile)
    grouped, findings = group_invoices(validated, profile, given)
    return Source(grouped, findings, list(validated.sheets), mapped.skipped, loaded)


def check_files(
    paths: Sequence[Path],
    loaded: LoadedProfile,
    account: Account,
    *,
    given: Circumstances = UNKNOWN,
    on_step: Step = quiet,
) -> Plan:
    """The plan against an empty ledger: everything that can be said of the files alone."""
    with _collector_paused():
        source = read_source(paths, loaded, given=given, on_step=on_step)
        return _plan(source, _freeze(source, account), EMPTY, account)


def plan_files(
    paths: Sequence[Path],
    loaded: LoadedProfile,
    account: Account,
    ledger: Ledger,
    *,
    given: Circumstances = UNKNOWN,
    on_step: Step = quiet,
) -> Plan:
    """The plan against the ledger as it is now. Writes nothing, sends nothing."""
    with _collector_paused():
        source = read_source(paths, loaded, given=given, on_step=on_step)
        on_step("planning")
        return _plan_with(ledger, source, _freeze(source, account), account)


def import_files(
    paths: Sequence[Path],
    loaded: LoadedProfile,
    ledger: Ledger,
    sending: Sending,
    *,
    approve: Approve,
    digest: str | None = None,
    limit: int | None = None,
) -> tuple[Summary, Plan]:
    """Plan, ask, submit. First settles what earlier runs of the account left unanswered, by their stored bytes alone.

    `approve` is shown the plan and may say no: then nothing is stored or sent and the summary's run is empty.
    `digest` is the plan that was approved elsewhere; another one raises PlanMismatch. `limit`: at most so many are
    posted, the rest stays ready. Raises what reading raises, and LedgerBusy while another process sends.
    """
    with _collector_paused():
        given = Circumstances(belgian_day(sending.clock.now()), sending.vat_number)
        source = read_source(paths, loaded, given=given, on_step=sending.on_step)
        frozen = _freeze(source, sending.account)
    with only_sender(ledger, sending):
        times = Timekeeper(sending.clock, ledger.newest_event())
        recovered = settle(ledger, sending, times)
        sending.on_step("planning")
        with _collector_paused():
            plan = _plan_with(ledger, source, frozen, sending.account)
        if digest is not None and digest != plan.digest:
            raise PlanMismatch(
                "plan-differs",
                f"The plan is now {plan.digest}, not {digest}: the files, the profile or the ledger have changed since.",
                fix="Look at the new plan with `importer plan`, then import with its digest.",
            )
        if not approve(plan):
            return summarise_plan(plan), plan
        return _carry_out(plan, source, ledger, sending, times, recovered, limit), plan


def resume(ledger: Ledger, sending: Sending, *, run: str | None = None) -> Summary:
    """Finish what is ready or unanswered, of one run or of the whole account; rejected invoices stay as they are."""
    with only_sender(ledger, sending):
        times = Timekeeper(sending.clock, ledger.newest_event())
        recovered = settle(ledger, sending, times, run=run)
        queue = ledger.queue(sending.account, run=run, states=[State.READY]) if recovered.stop is None else []
        number = ledger.begin_run(
            sending.account, "resume", profile=None, plan_digest="", importer_version=sending.importer_version
        )
        result = send(queue, ledger, sending, times, run=number)
        stop = recovered.stop or result.stop
        counts = count_sent([one.external_id for one in queue], result.settled)
        if recovered.stop is not None:
            counts["ready"] += len(ledger.queue(sending.account, run=run, states=[State.READY]))
            counts["total"] += counts["ready"]
        rows = {"read": 0, "invoiced": 0, "skipped": 0, "refused": 0}
        found = count_recovered(recovered.settled.values())
        summary = Summary(
            run=number,
            plan="",
            exit=exit_code(counts, rows, stop=stop, sends=True, recovered_unknown=found["unknown"]),
            rows=rows,
            invoices=counts,
            totals=ledger.totals(_posted(result)),
            file_totals=NO_TOTALS,
            recovered=found,
            findings=[*times.findings(), *tell_outcomes(result.settled.values(), recovered.settled.values())],
            stop=stop,
        )
        ledger.end_run(number, summary.exit, _signed(summary, sending))
        return summary


def _carry_out(
    plan: Plan,
    source: Source,
    ledger: Ledger,
    sending: Sending,
    times: Timekeeper,
    recovered: SubmitResult,
    limit: int | None,
) -> Summary:
    """Make the plan durable, send it, and tell what became of it."""
    profile = source.profile.profile
    record = ProfileRecord(
        profile.profile, profile.version, source.profile.digest, source.profile.text, profile.fixed_paths()
    )
    run = ledger.begin_run(
        sending.account, "import", profile=record, plan_digest=plan.digest, importer_version=sending.importer_version
    )
    sending.on_step("writing the plan into the ledger")
    ledger.store_plan(run, sending.account, profile.system, record, plan)
    sending.on_step("sending the invoices")
    queue = (
        ledger.queue(sending.account, run=run, states=[State.READY, State.SENDING]) if recovered.stop is None else []
    )
    ordered = "number" not in profile.invoice  # Facturalia numbers them: keep the file's order
    result = send(queue, ledger, sending, times, run=run, ordered=ordered, limit=limit, paths=profile.answer)
    stop = recovered.stop or result.stop
    counts = count_invoices(plan, result.settled)
    rows = plan.rows._asdict()
    found = count_recovered(recovered.settled.values())
    posted = _posted(result)
    summary = Summary(
        run=run,
        plan=plan.digest,
        exit=exit_code(counts, rows, stop=stop, sends=True, recovered_unknown=found["unknown"]),
        rows=rows,
        invoices=counts,
        totals=ledger.totals(posted),  # of the stored bytes: a replay sends those, whatever the newer file says
        file_totals=plan.file_totals,
        recovered=found,
        rejoined=count_rejoined(plan, result.settled),
        accepted=plan.accepted,
        findings=[
            *plan.findings,
            *times.findings(),
            *tell_outcomes(result.settled.values(), recovered.settled.values(), plan),
        ],
        stop=stop,
    )
    ledger.end_run(run, summary.exit, _signed(summary, sending))
    return summary


def _signed(summary: Summary, sending: Sending) -> Mapping[str, object]:
    """What the ledger keeps of a run, with the person who said so where people sign in."""
    return {**summary.for_ledger(), **({"by": sending.by} if sending.by else {})}


def _posted(result: SubmitResult) -> set[str]:
    return {external_id for external_id, one in result.settled.items() if one.state is State.POSTED}


def _freeze(source: Source, account: Account) -> list[Frozen]:
    return freeze_invoices(source.grouped.invoices, account, source.profile.profile.system)


def _plan_with(ledger: Ledger, source: Source, frozen: Sequence[Frozen], account: Account) -> Plan:
    """The plan against the ledger, which also knows what failed before."""
    snapshot = ledger.snapshot(account, {item.external_id: item.digest for item in frozen})
    plan = _plan(source, frozen, snapshot, account)
    plan.failed_before = ledger.failed_before(plan, snapshot, source.profile.profile.profile)
    return plan


def _plan(source: Source, frozen: Sequence[Frozen], snapshot: Snapshot, account: Account) -> Plan:
    plan = make_plan(
        frozen,
        source.grouped,
        source.findings,
        snapshot,
        account=account,
        fixed=source.profile.profile.fixed_paths(),
        sheets=source.sheets,
        skipped=source.skipped,
    )
    plan.accepted = occurring(source.profile.accepted, plan.findings)
    summarise_plan(plan)  # proves that invoices balance before anything is stored
    return plan


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Millions of small objects are made and none is garbage: the collector would walk them all, again and again."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # or enabling it would make it walk them all at once; what is not used any more goes all the same
        gc.enable()
