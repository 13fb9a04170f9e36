"""The pages of what is in the ledger: the result of a run, what needs a person, history, one invoice."""

import csv
import io
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.background import BackgroundTask
from starlette.responses import FileResponse

from importer.domain.findings import Finding, Severity
from importer.domain.identity import Account
from importer.domain.outcomes import OUTCOME_CODES
from importer.domain.states import PlanClass, State
from importer.errors import ConfigError, ImporterError, Unfinished
from importer.language.speech import Speech
from importer.ledger.origin import decided, files_of_runs, origins
from importer.ledger.records import InvoiceRecord, RunRecord
from importer.ledger.search import search_invoices, stored_body
from importer.stations.report import write_report
from importer.tools.giveback import run_report
from importer.web.desk import Desk
from importer.web.given import TheDesk
from importer.web.roles import name_of
from importer.web.show import ACCOUNT_COOKIE, account_of, language_of, page, page_number

PAGE: Final = 100
RUNS: Final = 200
DECISIONS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    State.UNKNOWN: (("posted", "rs_there"), ("not-posted", "rs_notthere")),
    State.HELD: (("release", "f_release"), ("settled", "f_settle")),
    State.REJECTED: (("hold", "f_hold"), ("settled", "f_settle")),
    State.READY: (("hold", "f_hold"),),
}


pages = APIRouter()


def _run(number: str, desk: TheDesk) -> RunRecord:
    """The run of that number, if its account is one of ours. 404 otherwise."""
    try:
        run = desk.ledger.run_record(number)
    except ConfigError:
        raise HTTPException(404) from None
    if run.account not in {desk.account(name).account for name in desk.settings.accounts()}:
        raise HTTPException(404)
    return run


TheRun = Annotated[RunRecord, Depends(_run)]


def _owner(request: Request, identity: str, desk: TheDesk) -> Account:
    """The account that holds an invoice: the chosen one first, then the others."""
    for name in dict.fromkeys([account_of(request, desk), *desk.settings.accounts()]):
        account = desk.account(name).account
        try:
            desk.ledger.invoice(account, identity)
        except ConfigError:
            continue
        return account
    raise HTTPException(404)


TheOwner = Annotated[Account, Depends(_owner)]


@pages.get("/runs/{number}")
def result(request: Request, run: TheRun, desk: TheDesk) -> HTMLResponse:
    """What a run has posted, and what needs a person; with the states of now."""
    records = desk.ledger.invoice_records(run.run)
    posted = [one.external_id for one in records if _posted_here(one)]
    last = max(1, -(-len(records) // PAGE))
    p = page_number(request, last)
    work = next((work for work in desk.uploads.all() if work.run == run.run), None)
    return page(
        request, desk, "result.html", step=6, account=run.account.name, run=run, summary=_counted(run, records),
        files=list(dict.fromkeys(sheet.file.name for sheet in desk.ledger.run_sheets(run.run))),
        totals=desk.ledger.totals(posted), rows=run.summary.get("rows"), work=work, records=records[(p - 1) * PAGE : p * PAGE], p=p,
        by=_people(desk, [run]).get(run.run, ""), pages=last, tail="", error=None, told=desk.told(run.account),
        tasks=[one for one in records if not one.settled and (one.state in (State.UNKNOWN, State.REJECTED, State.HELD) or one.changed)][:PAGE],
        retry=sum(one.state is State.REJECTED and not one.settled for one in records), wrong=_wrong(desk, run),
    )  # fmt: skip


@pages.get("/runs/{number}/report.xlsx")
def report(request: Request, run: TheRun, desk: TheDesk) -> Response:
    """The workbook that accounts for every row."""
    folder = tempfile.TemporaryDirectory(prefix="importer-web-")
    out = Path(folder.name) / f"report-{run.run}.xlsx"
    write_report(out, run_report(desk.ledger, run.run), speech=Speech(language_of(request)))
    return FileResponse(out, filename=out.name, background=BackgroundTask(folder.cleanup))


@pages.get("/runs/{number}/credit.csv")
def credit(run: TheRun, desk: TheDesk) -> Response:
    """What would have to be credited if this run should not have been."""
    made = [one for one in desk.ledger.invoice_records(run.run) if _posted_here(one)]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(["id", "number", "invoice", "incl_vat"])
    for one in made:
        writer.writerow([_plain(one.remote_id), _plain(one.number), _plain(one.label), _euros(one.incl)])
    return Response(
        "\ufeff" + text.getvalue(), media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="credit-{run.run}.csv"'},
    )  # fmt: skip


@pages.get("/todo")
def todo(request: Request, desk: TheDesk) -> HTMLResponse:
    """Invoices that wait for a person."""
    account = desk.account(account_of(request, desk)).account
    return page(
        request, desk, "todo.html", nav="todo", attending=desk.ledger.attention(account), told=desk.told(account)
    )


@pages.get("/history")
def history(
    request: Request, desk: TheDesk, q: str = "", month: str = "", account: str = "", file: str = "", who: str = ""
) -> HTMLResponse:
    """Runs by account, month, person and file; invoices by number or customer."""
    name = account if account in desk.settings.accounts() else account_of(request, desk)
    owner = desk.account(name).account
    every = [run for run in desk.ledger.runs(owner) if run.command == "import"]
    months = sorted({run.started_at.strftime("%Y-%m") for run in every}, reverse=True)
    names, signed = files_of_runs(desk.ledger, owner), _people(desk, every)
    wanted = file.strip().casefold()[:100]
    runs = [
        run
        for run in every
        if (not month or run.started_at.strftime("%Y-%m") == month)
        and (not who or signed.get(run.run) == who)
        and any(wanted in name.casefold() for name in names.get(run.run, ("",)))
    ][:RUNS]
    records = search_invoices(desk.ledger, owner, q[:100]) if q.strip() else []
    answer = page(
        request, desk, "history.html", nav="history", account=name, q=q.strip()[:100], month=month, months=months,
        accounts=desk.settings.accounts(), runs=[_told(desk, run) for run in runs], records=records, p=1, pages=1, tail="",
        names=names, signed=signed, people=sorted(set(signed.values())), file=file.strip()[:100], who=who,
    )  # fmt: skip
    if account == name:
        answer.set_cookie(ACCOUNT_COOKIE, name, httponly=True, samesite="strict")
    return answer


def _invoice(
    request: Request, desk: Desk, owner: Account, identity: str, error: ImporterError | None = None
) -> HTMLResponse:
    one = desk.ledger.invoice(owner, identity)
    decisions = () if one.settled else DECISIONS.get(one.state, ())
    if one.changed and not one.settled:
        decisions = (("settled", "f_settle"),)
    body = stored_body(desk.ledger, owner, identity)
    return page(
        request, desk, "record.html", nav="history", status=422 if error else 200, account=owner.name, one=one,
        attempts=desk.ledger.attempts(owner, identity), origins=origins(desk.ledger, owner, identity),
        decided=decided(desk.ledger, owner, identity), decisions=decisions, error=error, told=desk.told(owner),
        payload=json.dumps(json.loads(body), indent=2, ensure_ascii=False) if body else "",
    )  # fmt: skip


@pages.get("/invoices/{identity}")
def invoice(request: Request, identity: str, owner: TheOwner, desk: TheDesk) -> HTMLResponse:
    """One invoice of the ledger: payload, every attempt, what a person may decide."""
    return _invoice(request, desk, owner, identity)


@pages.post("/invoices/{identity}")
def decide(
    request: Request,
    identity: str,
    owner: TheOwner,
    desk: TheDesk,
    reason: Annotated[str, Form()] = "",
    number: Annotated[str, Form()] = "",
    how: Annotated[str, Form(alias="as")] = "",
) -> Response:
    """Record what a person has decided or found out, with the reason."""
    one = desk.ledger.invoice(owner, identity)
    allowed = {value for value, _ in DECISIONS.get(one.state, ())} | ({"settled"} if one.changed else set())
    try:
        if not reason.strip():
            raise ConfigError("no-reason", "A decision needs a reason.", fix="Give a reason.")
        if how not in allowed:
            raise ConfigError("no-decision", "This cannot be decided now.", fix="Reload the page.")
        _decide(desk, owner, identity, how, _signed(request, reason.strip()), number.strip())
    except ImporterError as error:
        return _invoice(request, desk, owner, identity, error)
    return RedirectResponse(f"/invoices/{identity}", 303)


def _signed(request: Request, reason: str) -> str:
    """A reason with the person who gave it, where people sign in."""
    name = name_of(request)
    return f"{name}: {reason}" if name else reason


def _decide(desk: Desk, owner: Account, identity: str, how: str, reason: str, number: str) -> None:
    match how:
        case "hold":
            desk.ledger.hold(owner, identity, reason)
        case "release":
            desk.ledger.release(owner, identity, reason)
        case "posted" | "not-posted" | "settled":
            desk.ledger.resolve(owner, identity, how, reason=reason, number=number if how == "posted" else "")


def _counted(run: RunRecord, records: list[InvoiceRecord]) -> dict[str, Any]:
    """Counts by the states of now; what was refused is in no record, so the run's own count stays."""
    before: Any = run.summary.get("invoices") or {}
    counts = {
        "refused": before.get("refused", 0),
        "posted": sum(
            one.state is State.POSTED and one.plan_class != "already_posted" and not one.changed for one in records
        ),
        "ready": sum(one.state in (State.READY, State.SENDING) for one in records),
        "changed": sum(one.changed and not one.settled for one in records),
    }
    for state in (State.REJECTED, State.UNKNOWN, State.HELD):
        counts[str(state)] = sum(one.state is state and not one.settled for one in records)
    return {"invoices": {**counts, "total": len(records) + counts["refused"]}}


def _posted_here(one: InvoiceRecord) -> bool:
    """Whether an invoice of a run's plan exists, and did not exist before."""
    return one.state is State.POSTED and one.plan_class not in (PlanClass.ALREADY_POSTED, PlanClass.CHANGED)


def _told(desk: Desk, run: RunRecord) -> SimpleNamespace:
    """One run as the history lists it. One that was stopped or killed is told by the states of now: it may have gone on."""
    counts: Any = run.summary.get("invoices") or {}
    totals: Any = run.summary.get("totals") or {}
    incl = int(str(totals.get("incl_vat", "0.00")).replace(".", ""))
    posted, total, code = counts.get("posted", 0), counts.get("total", 0), run.exit_code
    if code is None or code == Unfinished.exit_code:
        records = desk.ledger.invoice_records(run.run)
        made = [one.external_id for one in records if _posted_here(one)]
        posted, total, incl = len(made), len(records) + counts.get("refused", 0), desk.ledger.totals(made).incl
        waiting = any(one.state in (State.READY, State.SENDING) for one in records)
        code = Unfinished.exit_code if waiting or not records else int(posted < total)
    badge, sign, word = ("unknown", "decide", "done_some")
    if code == Unfinished.exit_code:
        badge, sign, word = ("held", "held", "done_stop")
    elif code == 0:
        badge, sign, word = ("posted", "posted", "done_all")
    return SimpleNamespace(
        run=run.run,
        when=run.started_at,
        profile=f"{run.profile} {run.profile_version}",
        posted=posted,
        total=total,
        incl=incl,
        badge=badge,
        sign=sign,
        word=word,
    )


def _wrong(desk: Desk, run: RunRecord) -> list[Finding]:
    """What refused invoices of a run's files: to be corrected there."""
    found = desk.ledger.run_findings(run.run)
    return [one for one in found if one.severity is Severity.ERROR and one.code not in OUTCOME_CODES][:PAGE]


def _people(desk: Desk, runs: list[RunRecord]) -> dict[str, str]:
    """Who said that a run should be, by run, in a team. A run that was killed told nobody: its work knows."""
    found = {work.run: work.approved_by for work in desk.uploads.all() if work.run and work.approved_by}
    return found | {run.run: str(run.summary["by"]) for run in runs if "by" in run.summary}


def _euros(cents: int) -> str:
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole},{rest:02d}"


def _plain(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
