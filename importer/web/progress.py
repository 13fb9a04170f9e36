"""The pages of confirming and posting: what will happen, how far it is, stop and go on."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from importer.domain.clock import stamp
from importer.domain.states import State
from importer.errors import ConfigError, ImporterError
from importer.web.desk import Desk
from importer.web.given import TheDesk, TheWork
from importer.web.preview import ORDER
from importer.web.roles import name_of, user_of
from importer.web.sender import Posting
from importer.web.show import Writer, environment, language_of, page
from importer.web.uploads import Work
from importer.web.users import Role
from importer.web.words import Words

EVERY: Final = 0.5  # seconds between two looks
MINUTE: Final = 60
TRIAL: Final = "1"  # post one invoice first
LIMIT: Final = "limit"  # the code of the stop that a trial ends with

pages = APIRouter()


@pages.get("/import/{name}/confirm")
def confirm(request: Request, work: TheWork, desk: TheDesk) -> Response:
    """What will happen, in words."""
    if not work.profile or work.digest:
        return RedirectResponse(f"/import/{work.id}", 303)
    return _confirm(request, desk, work)


@pages.post("/import/{name}/confirm")
def post(
    request: Request,
    work: TheWork,
    desk: TheDesk,
    digest: Annotated[str, Form()],
    limit: Annotated[Literal["", "1"], Form()] = "",  # anything else is no button of ours
) -> Response:
    """Post exactly the plan that was looked at."""
    if work.digest:
        return RedirectResponse(f"/import/{work.id}/progress", 303)  # pressed twice
    try:
        if digest != desk.preview(work).plan.digest:
            raise ConfigError(
                "plan-differs",
                "The plan has changed since you looked at it.",
                fix="Check it again; nothing has been created.",
            )
        desk.post(work, digest, 1 if limit == TRIAL else None, name_of(request))
    except ImporterError as error:
        return _confirm(request, desk, work, error)
    return RedirectResponse(f"/import/{work.id}/progress", 303)


@pages.post("/import/{name}/ask")
def ask(request: Request, work: TheWork, desk: TheDesk) -> Response:
    """Ask a colleague to approve what the preview shows now."""
    if work.digest or desk.team is None:
        return RedirectResponse(f"/import/{work.id}", 303)
    made = desk.preview(work)
    work.prepare(name_of(request))
    work.asked_at, work.asked_for = stamp(desk.clock.now()), (made.sendable, made.plan.totals.incl)
    desk.uploads.save(work)
    return RedirectResponse(f"/import/{work.id}/confirm", 303)


@pages.post("/import/{name}/retry")
def retry(work: TheWork, desk: TheDesk) -> Response:
    """Look at the file again, to send what Facturalia has rejected once more."""
    posting = desk.senders.of(work.id)
    if posting is None or posting.ended:
        work.digest = work.run = ""
        desk.uploads.save(work)
    return RedirectResponse(f"/import/{work.id}/preview", 303)


@pages.get("/import/{name}/progress")
def progress(request: Request, work: TheWork, desk: TheDesk) -> Response:
    """How far posting is. Once it has ended well, its result."""
    if not work.digest:
        return RedirectResponse(f"/import/{work.id}", 303)
    found = _facts(request, desk, work)
    posting: Posting | None = found["posting"]
    if posting is not None and posting.ended and found["run"] and not found["stopped"] and not posting.bug:
        return RedirectResponse(f"/runs/{found['run']}", 303)
    return page(request, desk, "progress.html", step=5, account=work.account, **found)


@pages.get("/import/{name}/events")
def events(request: Request, work: TheWork, desk: TheDesk) -> StreamingResponse:
    """The changing part of the page, whenever it has changed; several browsers may listen."""
    language = language_of(request)

    def drawn() -> tuple[str, bool]:
        found = _facts(request, desk, work)
        facts = {**found, "w": Words(language), "t": Writer(language), "account": desk.view(work.account)}
        return environment().get_template("_progress.html").render(facts), found["running"]

    async def stream() -> AsyncIterator[str]:
        before = ""
        while True:
            text, running = await run_in_threadpool(drawn)
            if text != before:
                yield _event("progress", text)
                before = text
            if not running:
                yield _event("end", "")
                return
            await asyncio.sleep(EVERY)

    return StreamingResponse(stream(), media_type="text/event-stream")


@pages.post("/import/{name}/stop")
def stop(work: TheWork, desk: TheDesk) -> Response:
    """Finish what is on its way; the rest stays ready."""
    posting = desk.senders.of(work.id)
    if posting is not None:
        posting.stop.set()
    return RedirectResponse(f"/import/{work.id}/progress", 303)


@pages.post("/import/{name}/go-on")
def go_on(request: Request, work: TheWork, desk: TheDesk) -> Response:
    """Finish what is ready or unanswered."""
    try:
        if desk.run_of(work) is None:  # stopped before the plan was stored: nothing was sent, so it is asked again
            work.digest = ""
            desk.uploads.save(work)
            return RedirectResponse(f"/import/{work.id}", 303)
        desk.go_on(work, name_of(request))
    except ImporterError as error:
        return page(request, desk, "message.html", status=422, account=work.account, error=error)
    return RedirectResponse(f"/import/{work.id}/progress", 303)


def _confirm(request: Request, desk: Desk, work: Work, error: ImporterError | None = None) -> Response:
    made = desk.preview(work)
    if not made.sendable and error is None:
        return RedirectResponse(f"/import/{work.id}/preview", 303)
    headers = [item.frozen.invoice.header for item in made.plan.items]
    numbers = sorted(header["number"] for header in headers if header.get("number"))
    return page(
        request,
        desk,
        "confirm.html",
        status=409 if error else 200,
        step=4,
        account=work.account,
        work=work,
        made=made,
        order=ORDER,
        error=error,
        approves=(user := user_of(request)) is None or (user.may(Role.APPROVE) and desk.may_approve(work, user.name)),
        others=[] if desk.team is None else _approvers(desk, work),
        numbers=(numbers[0], numbers[-1]) if numbers else None,
        autosend=any(header.get("autosend") == "1" for header in headers),
    )


def _approvers(desk: Desk, work: Work) -> list[str]:
    """Who may confirm a work."""
    names = [] if desk.team is None else desk.team.users.who_may(Role.APPROVE)
    return [name for name in names if desk.may_approve(work, name)]


def _event(name: str, text: str) -> str:
    """One event as the stream carries it."""
    return "\n".join([f"event: {name}", *(f"data: {line}" for line in text.split("\n")), "", ""])


def _facts(request: Request, desk: Desk, work: Work) -> dict[str, Any]:
    """What the page of posting shows now."""
    posting = desk.senders.of(work.id)
    writer = Writer(language_of(request))
    running = posting is not None and not posting.ended
    run = None if running else desk.run_of(work)  # the ledger is left alone while invoices are written into it
    whole = max(posting.total, posting.done) if posting is not None else 0
    now = desk.clock.now()
    pace = posting.left(now) if posting is not None and running else None
    until = posting.paused_until if posting is not None and running else None
    waiting = 0
    if run is not None and not running:
        counts = desk.ledger.counts(desk.account(work.account).account, run.run)
        waiting = counts.get(State.READY, 0) + counts.get(State.SENDING, 0)
    return {
        "work": work,
        "approves": (user := user_of(request)) is None or user.may(Role.APPROVE),
        "posting": posting,
        "running": running,
        "whole": whole,
        "percent": 100 * posting.done // max(whole, 1) if posting is not None else 0,
        "eta": _duration(pace[1]) if pace is not None else "",
        "rate": f"{pace[0]:.1f}".replace(".", ",") if pace is not None else "",
        "wait": writer.time(until) if until is not None and until > now else "",
        "now": writer.moment(now)[-5:],
        "stopped": _stopped(posting),
        "run": run.run if run is not None else "",
        "unfinished": waiting > 0 or (run is None and not running),
    }


def _stopped(posting: Posting | None) -> ImporterError | None:
    """Why posting ended before its end, if it did; a trial of one invoice was meant to."""
    if posting is None or not posting.ended:
        return None
    stop = posting.error or (posting.summary.stop if posting.summary is not None else None)
    return None if stop is not None and stop.code == LIMIT else stop


def _duration(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole} s" if whole < MINUTE else f"{whole // MINUTE} min {whole % MINUTE} s"
