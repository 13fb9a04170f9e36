"""`import`, `resume` and `demo`: the commands that send."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from importer.cli.accepting import accepting
from importer.cli.approval import approval
from importer.cli.language import speech, tr
from importer.cli.options import (
    Accept,
    AcceptedBy,
    AcceptReason,
    AccountName,
    Annotate,
    Failures,
    Files,
    Json,
    ProfileName,
)

if TYPE_CHECKING:
    from importer.cli.giveback import Back
    from importer.domain.records import Plan
    from importer.domain.summary import Summary
    from importer.ledger.store import Ledger
    from importer.pipeline import Approve
    from importer.profile.load import LoadedProfile
    from importer.settings import AccountSettings
    from importer.tools.giveback import Given, Wanted


def import_(
    files: Files,
    mapping: ProfileName = None,
    account: AccountName = "default",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    plan: Annotated[
        str | None,
        typer.Option("--plan", help="Send exactly the plan with this digest, without asking; refuse another."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Post at most so many; the rest stays ready.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write a workbook that accounts for every row.")
    ] = None,
    annotate: Annotate = None,
    failures: Failures = None,
    accept: Accept = None,
    reason: AcceptReason = "",
    by: AcceptedBy = "",
    json: Json = False,
) -> int:
    """Plan, ask, and post the invoices. Run again after any stop: nothing is ever posted twice.

    Example: importer import maart.csv -m demo --report maart-verslag.xlsx
    """
    from importer.stations.read.early import start_reader

    start_reader(*files)  # it starts while the libraries below are loaded
    from importer.cli.choose import chosen_profile
    from importer.cli.giveback import asked
    from importer.cli.setup import opened

    approve = approval(yes=yes or plan is not None, json=json, account=account)
    if plan is not None:
        _require_digest(plan)
    if report is not None:
        _require_target(report)
    wanted = asked(annotate, failures, files)
    _, loaded = chosen_profile(mapping, files)
    loaded = accepting(loaded, accept, reason, by)
    with opened(account, key=True) as (settings, ledger):
        return run_import(
            files,
            loaded,
            settings,
            ledger,
            approve=approve,
            digest=plan,
            limit=limit,
            report=report,
            wanted=wanted,
            json=json,
        )


def run_import(
    files: list[Path],
    loaded: "LoadedProfile",
    settings: "AccountSettings",
    ledger: "Ledger",
    *,
    approve: "Approve",
    digest: str | None = None,
    limit: int | None = None,
    report: Path | None = None,
    wanted: "Wanted | None" = None,
    json: bool = False,
) -> int:
    """One import with progress, report and its telling; returns the exit code."""
    from importer.cli.giveback import Back
    from importer.cli.progress import ProgressBar
    from importer.cli.setup import sending
    from importer.domain.states import SENDABLE
    from importer.pipeline import import_files

    with ProgressBar() as bar:

        def approve_and_expect(plan: "Plan") -> bool:
            approved = approve(plan)
            bar.expect(sum(1 for item in plan.items if item.plan_class in SENDABLE))
            return approved

        with sending(settings, on_step=bar.step, on_settled=bar.settled, on_pause=bar.paused) as how:
            summary, plan = import_files(
                files, loaded, ledger, how, approve=approve_and_expect, digest=digest, limit=limit
            )
    if not summary.run:
        from importer.cli.screen import say

        say(tr("Nothing was sent."))
        return 3
    back = Back(files, loaded, wanted) if wanted is not None else None
    return _finish(summary, plan, ledger, settings, report=report, back=back, json=json)


def resume(
    account: AccountName = "default",
    run: Annotated[str | None, typer.Option("--run", help="Only the invoices of this run.")] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write the report of the resumed run (needs --run).")
    ] = None,
    json: Json = False,
) -> int:
    """Finish what is ready or unanswered. Rejected invoices wait for an import; unknown ones for a person.

    Example: importer resume
    """
    from importer.cli.progress import ProgressBar
    from importer.cli.setup import opened, require_run, sending
    from importer.domain.states import State
    from importer.errors import ConfigError
    from importer.pipeline import resume as resume_run

    if report is not None:
        if run is None:
            raise ConfigError(
                "report-needs-run",
                "The report of `resume` is that of one import, and --run does not say which.",
                fix="Add --run (`importer runs` lists them), or leave --report out.",
            )
        _require_target(report)
    with opened(account, key=True) as (settings, ledger), ProgressBar() as bar:
        if run is not None:
            require_run(ledger, settings.account, run)
        counts = ledger.counts(settings.account, run)
        bar.expect(counts.get(State.READY, 0) + counts.get(State.SENDING, 0))
        with sending(settings, on_step=bar.step, on_settled=bar.settled, on_pause=bar.paused) as how:
            summary = resume_run(ledger, how, run=run)
        return _finish(summary, None, ledger, settings, report=report, of=run, json=json)


def demo(
    folder: Annotated[
        Path | None,
        typer.Option("--folder", help="Where the ledger and the report go; default: a new temporary folder."),
    ] = None,
    json: Json = False,
) -> int:
    """Start a sandbox, import a shipped sample into a fresh ledger, and show what came of it.

    Example: importer demo
    """
    import tempfile

    from importer.cli.screen import say
    from importer.domain.clock import SystemClock
    from importer.errors import ConfigError
    from importer.facturalia.sandbox import SandboxSettings, running
    from importer.ledger.store import open_ledger
    from importer.profile.load import load_profile
    from importer.profile.shipped import samples_folder
    from importer.settings import sandbox_account

    try:
        place = folder or Path(tempfile.mkdtemp(prefix="importer-demo-"))
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            "bad-folder", f'The folder "{folder}" cannot be made: {error.strerror}.', fix="Choose another --folder."
        ) from None
    report = place / "report.xlsx"
    _require_target(report)
    sample = samples_folder() / "demo" / "facturen-maart.xlsx"
    with running(SandboxSettings()) as server:
        say(tr("A sandbox answers on {url}; nothing leaves this machine.", url=server.base_url))
        settings = sandbox_account(server.base_url, server.api_key)
        with open_ledger(f"sqlite:///{place / 'ledger.db'}", clock=SystemClock()) as ledger:
            code = run_import(
                [sample], load_profile("demo"), settings, ledger, approve=lambda _: True, report=report, json=json
            )
        received = tr(
            "The sandbox received {count} invoices and is closed again. Ledger and report are in {folder}",
            count=server.count(),
            folder=str(place),
        )
        say(
            received
            + "\n"
            + tr(
                "Next: `importer web --practice --browser` in the browser, or `importer sandbox` in a second window, "
                "and your own file; see `importer --help`."
            )
        )
    return code


def write_run_report(ledger: "Ledger", run: str, path: Path) -> None:
    """The workbook of a run, from what the ledger knows."""
    from importer.stations.report import write_report
    from importer.tools.giveback import run_report

    write_report(path, run_report(ledger, run), speech=speech())


def _require_target(path: Path) -> None:
    """ConfigError now, before anything is sent, where the report could not be written at the end."""
    from importer.stations.report import require_target

    require_target(path)


def _require_digest(digest: str) -> None:
    """ConfigError where this is no digest at all: then no file needs to be read to know that the plan is another."""
    import re

    from importer.errors import PlanMismatch

    if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        raise PlanMismatch(
            "bad-digest",
            f'"{digest}" is not the digest of a plan.',
            fix="Give all of what `importer plan` prints: sha256: and 64 digits.",
        )


def _finish(
    summary: "Summary",
    plan: "Plan | None",
    ledger: "Ledger",
    settings: "AccountSettings",
    *,
    report: Path | None,
    of: str | None = None,
    back: "Back | None" = None,
    json: bool,
) -> int:
    """Write the report and tell the end of a run. Whatever goes wrong with the report, what was sent is told.

    `of` is the run the report is about, if not this one; `back` says what to give back of the files.
    """
    from dataclasses import replace

    from importer.cli.findings import show_findings
    from importer.cli.giveback import show_given
    from importer.cli.screen import console, print_json, say, show_summary
    from importer.domain.states import State

    code, error, given = summary.exit, None, None
    if report is not None:
        code, error = _try(lambda: write_run_report(ledger, of or summary.run, report), code)
        if error is None:
            summary = replace(summary, report=str(report))
    if back is not None:
        made: list[Given] = []
        code, failed = _try(lambda: made.append(back.give(ledger, summary.run)), code)
        given, error = (made[0] if made else None), error or failed
    if json:
        more = {**({"error": error} if error else {}), **(given.as_json() if given else {})}
        print_json({**summary.as_json(speech()), "exit": code, **more})
    else:
        show_summary(summary, plan.sheets if plan is not None else [], sends=True)
        show_findings(summary.findings)
        out = console()
        account = settings.account
        out.print(
            tr("Run {run}, account {account} at {origin}", run=summary.run, account=account.name, origin=account.origin)
        )
        if summary.report:
            out.print(tr("Report: {path}", path=summary.report))
        show_given(given)
        if any(summary.invoices[name] for name in (State.HELD, State.UNKNOWN, "changed")):
            out.print(tr("What needs a person: `importer status`"))
    if summary.stop is not None:
        message, fix = speech().told(summary.stop)
        say(tr("Stopped early: {message}", message=message) + f"\n  {fix}")
    if error is not None:
        say(f"importer: {error['message']}\n  {error['fix']}")
    return code


def _try(write: "Callable[[], None]", code: int) -> tuple[int, dict[str, str] | None]:
    """Write something at the end of a run; the exit code, and what went wrong if something did."""
    from importer.cli.version import bug
    from importer.domain.summary import worst
    from importer.errors import ImporterError

    try:
        write()
    except ImporterError as error:
        return worst(code, error.exit_code), _told(error.code, *speech().told(error))
    except Exception as error:  # noqa: BLE001 - the invoices exist: a bug in here must not hide what was done
        name, message, fix = bug(error)
        return worst(code, 70), _told(name, speech().words(message), speech().words(fix))
    return code, None


def _told(code: str, message: str, fix: str) -> dict[str, str]:
    return {"code": code, "message": message, "fix": fix}
