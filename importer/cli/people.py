"""`status`, `runs`, `resolve`, `hold`, `release`, `report`: what stands, and what only a person can decide."""

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from importer.cli.language import speech, tr, trn
from importer.cli.options import AccountName, Annotate, Failures, Identity, Json, Reason

if TYPE_CHECKING:
    from importer.ledger.records import Attention

MOST_WAITING = 20  # of a state on the screen; all of them are in --json
MEANINGS = {
    "ready": "not sent yet: `importer resume` sends it",
    "sending": "tried, and not answered: `importer resume` settles it",
    "posted": "exists in Facturalia",
    "rejected": "refused by Facturalia: no invoice was made",
    "unknown": "may exist in Facturalia: look there",
    "held": "a person decides",
}
REMEDIES = {
    "unknown": "Look it up in Facturalia, then `importer resolve INVOICE --as posted` or `--as not-posted`.",
    "rejected": "Correct the file or Facturalia, and import again; or `importer resolve INVOICE --as settled`.",
    "changed": "Correct it in Facturalia by hand, then `importer resolve INVOICE --as settled`.",
    "held": "Make it in Facturalia by hand, then `importer resolve INVOICE --as settled`; "
    "what a person held goes on with `importer release INVOICE`.",
}


class How(StrEnum):
    """What a person found out."""

    POSTED = "posted"
    NOT_POSTED = "not-posted"
    SETTLED = "settled"


def status(
    account: AccountName = "default",
    run: Annotated[str | None, typer.Option("--run", help="Only the invoices of this run.")] = None,
    json: Json = False,
) -> int:
    """Count invoices by state, and list those that need a person.

    Example: importer status
    """
    from importer.cli.screen import console, print_json, table
    from importer.cli.setup import opened, require_run
    from importer.domain.clock import stamp
    from importer.domain.states import State

    with opened(account, create=False) as (settings, ledger):
        if run is not None:
            require_run(ledger, settings.account, run)
        counts = ledger.counts(settings.account, run)
        waiting = ledger.attention(settings.account)
        if run is not None:
            of_run = {one.external_id for one in ledger.invoice_records(run)}
            waiting = [one for one in waiting if one.external_id in of_run]
    by_state = {str(state): counts.get(state, 0) for state in State}
    if json:
        attention = [
            {
                "identity": one.external_id,
                "invoice": one.invoice,
                "state": one.state,
                "reason": one.reason,
                "since": stamp(one.since),
            }
            for one in waiting
        ]
        print_json({"exit": 0, "account": settings.account._asdict(), "states": by_state, "attention": attention})
        return 0
    out = console()
    out.print(tr("Account {account} at {origin}", account=settings.account.name, origin=settings.account.origin))
    out.print()
    rows = [(tr(name), speech().number(count), tr(MEANINGS[name])) for name, count in by_state.items() if count]
    if rows:
        out.print(table((tr("state"), tr("invoices"), ""), rows, right=(1,)))
    else:
        out.print(tr("No invoices yet."))
    _show_waiting(waiting)
    return 0


def _show_waiting(waiting: "Sequence[Attention]") -> None:
    """Those that need a person, kind by kind, with why, since when, and what to do about the kind."""
    from importer.cli.screen import console, wrapped

    if not waiting:
        return
    out = console()
    width = out.width if out.is_terminal else 0
    kinds: dict[str, list[Attention]] = {}
    for one in waiting:
        kinds.setdefault(one.state, []).append(one)
    out.print()
    out.print(trn(len(waiting), "{count} needs a person", "{count} need a person"), style="bold")
    for state, remedy in REMEDIES.items():
        for one in kinds.get(state, [])[:MOST_WAITING]:
            since = speech().moment(one.since, seconds=False)
            out.print(tr("{invoice}  {state:words} since {since} UTC", invoice=one.invoice, state=state, since=since))
            for line in wrapped(f"    {_in_words(one.reason)}", width, indent="    "):
                out.print(line)
            out.print(f"    {one.external_id}")
        if len(kinds.get(state, ())) > MOST_WAITING:
            left = len(kinds[state]) - MOST_WAITING
            out.print(tr("… and {count} more {state:words} (all are in --json)", count=left, state=state))
        if state in kinds:
            for line in wrapped(f"  {tr(remedy)}", width, indent="  "):
                out.print(line)


def _in_words(reason: str) -> str:
    """A reason of the ledger for a person: codes as sentences, `lines.0.product_code` as `line 1, product_code`."""
    from importer.domain.catalogue import CATALOGUE

    if reason in CATALOGUE:
        return f"{tr(CATALOGUE[reason].title)}."
    if reason.startswith("hold: "):
        return tr("Held by a person: {reason}", reason=reason.removeprefix("hold: "))
    said = speech().words(re.sub(r"^[a-z_]+_error: ", "", reason)).replace(".; ", ". ")
    return re.sub(
        r"\blines\.(\d+)\.(\w+)",
        lambda found: tr("line {number}, {field}", number=int(found[1]) + 1, field=found[2]),
        said,
    )


def runs(
    account: AccountName = "default",
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many, newest first.")] = 20,
    json: Json = False,
) -> int:
    """List the runs of an account, newest first.

    Example: importer runs
    """
    from importer.cli.screen import console, print_json, table
    from importer.cli.setup import opened
    from importer.domain.clock import stamp

    with opened(account, create=False) as (settings, ledger):
        records = ledger.runs(settings.account, limit)
    shown = [
        {
            "run": one.run,
            "command": one.command,
            "profile": one.profile,
            "profile_version": one.profile_version,
            "started": stamp(one.started_at),
            "finished": stamp(one.finished_at) if one.finished_at else None,
            "exit": one.exit_code,
            "invoices": one.summary.get("invoices"),
        }
        for one in records
    ]
    if json:
        print_json({"exit": 0, "runs": shown})
        return 0
    rows = []
    for one in records:
        invoices = one.summary.get("invoices")
        posted = str(invoices.get("posted", "")) if isinstance(invoices, dict) else ""
        end = tr("unfinished") if one.exit_code is None else str(one.exit_code)
        started = speech().moment(one.started_at, seconds=False)
        rows.append((one.run, one.command, one.profile, started, posted, end))
    if not rows:
        console().print(tr("No runs yet."))
        return 0
    headers = (tr("run"), tr("command"), tr("profile"), tr("started (UTC)"), tr("posted"), tr("exit"))
    console().print(table(headers, rows, right=(4, 5)))
    return 0


def resolve(
    identity: Identity,
    how: Annotated[
        How,
        typer.Option(
            "--as",
            help="posted: it is in Facturalia. not-posted: it is not; it may be sent again. settled: off the list.",
            show_default=False,
        ),
    ],
    reason: Reason,
    remote_id: Annotated[str, typer.Option("--id", help="With posted: its id in Facturalia.")] = "",
    number: Annotated[str, typer.Option("--number", help="With posted: its number in Facturalia.")] = "",
    account: AccountName = "default",
    json: Json = False,
) -> int:
    """Settle by hand what cannot be proved, after looking it up in Facturalia.

    Example: importer resolve 2026-0312 --as posted --id 4711 --reason "seen in Facturalia"
    """
    from importer.cli.setup import opened

    with opened(account) as (settings, ledger):
        record = ledger.resolve(
            settings.account, identity, how.value, reason=reason, remote_id=remote_id, number=number
        )
    return _decided(record.external_id, record.label, str(record.state), json=json, settled=record.settled)


def hold(identity: Identity, reason: Reason, account: AccountName = "default", json: Json = False) -> int:
    """Keep an invoice from being sent until it is released.

    Example: importer hold 2026-0312 --reason "customer disputes it"
    """
    from importer.cli.setup import opened

    with opened(account) as (settings, ledger):
        record = ledger.hold(settings.account, identity, reason)
    return _decided(record.external_id, record.label, str(record.state), json=json)


def release(identity: Identity, reason: Reason, account: AccountName = "default", json: Json = False) -> int:
    """Let a held invoice go with the next import or resume.

    Example: importer release 2026-0312 --reason "agreed with the customer"
    """
    from importer.cli.setup import opened

    with opened(account) as (settings, ledger):
        record = ledger.release(settings.account, identity, reason)
    return _decided(record.external_id, record.label, str(record.state), json=json)


def report(
    run: Annotated[str, typer.Argument(help="The run (`importer runs`).", show_default=False)],
    out: Annotated[Path | None, typer.Option("--out", help="The report to write.", show_default=False)] = None,
    annotate: Annotate = None,
    failures: Failures = None,
    source: Annotated[
        list[Path] | None,
        typer.Option("--source", help="A file of the run; default: those of its names in this folder."),
    ] = None,
    mapping: Annotated[
        str | None, typer.Option("--mapping", "-m", help="How to read the files; default: as the run did.")
    ] = None,
    json: Json = False,
) -> int:
    """Write the report of an earlier run again, with the states of today; or give its files back with remarks.

    Example: importer report 20260302-091500-1a2b --out verslag.xlsx
    """
    from importer.cli.giveback import give_back_run, show_given
    from importer.cli.screen import print_json, say
    from importer.cli.send import write_run_report
    from importer.cli.setup import existing
    from importer.domain.clock import SystemClock
    from importer.errors import ConfigError
    from importer.ledger.store import open_ledger
    from importer.settings import load_settings

    if out is None and annotate is None and failures is None:
        raise ConfigError(
            "nothing-to-write",
            "`report` does not know what to write.",
            fix="Add --out FILE for the report, --annotate FILE or --failures FILE for the files of the run.",
        )
    given = None
    with open_ledger(existing(load_settings().ledger_url), clock=SystemClock()) as ledger:
        if out is not None:
            write_run_report(ledger, run, out)
        if annotate is not None or failures is not None:
            given = give_back_run(ledger, run, source or [], mapping, annotate, failures)
    if json:
        path = None if out is None else str(out)
        print_json({"exit": 0, "run": run, "report": path, **(given.as_json() if given else {})})
        return 0
    if out is not None:
        say(tr("Report: {path}", path=str(out)))
    show_given(given)
    return 0


def _decided(identity: str, label: str, state: str, *, json: bool, settled: bool = False) -> int:
    from importer.cli.screen import print_json, say

    if json:
        print_json({"exit": 0, "identity": identity, "invoice": label, "state": state, "settled": settled})
    else:
        now = "settled" if settled else state
        say(tr("Invoice {invoice} is {state:words} ({identity}).", invoice=label, state=now, identity=identity))
    return 0
