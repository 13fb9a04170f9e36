"""The pages of one import up to the preview: file, preview, one invoice. Each step is an address of its own."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, HTTPException, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.background import BackgroundTask
from starlette.responses import FileResponse

from importer.domain.clock import stamp
from importer.domain.summary import count_rejoined
from importer.errors import ConfigError, ImporterError
from importer.language.speech import Speech
from importer.tools.giveback import Wanted, give_back_plan
from importer.web.desk import Desk
from importer.web.given import TheDesk, TheWork
from importer.web.preview import ORDER, PAGE, SHOWN, SORTS, Preview, mended
from importer.web.roles import name_of, need
from importer.web.show import ACCOUNT_COOKIE, account_of, language_of, page, page_number
from importer.web.uploads import Work, step
from importer.web.users import Role
from importer.web.workshop import workshop_page

MAX_FILES: Final = 20
BLOCK: Final = 1 << 20
Text = Annotated[str, Form()]

pages = APIRouter()


# --- file ------------------------------------------------------------------------------------------------------------


@pages.get("/")
def start(request: Request, desk: TheDesk) -> HTMLResponse:
    """Choose an account and a file; go on with what was begun."""
    return _start(request, desk)


@pages.post("/import")
def upload(request: Request, desk: TheDesk, account: Text, files: list[UploadFile]) -> Response:
    """Keep the files, find their profile."""
    try:
        work = _keep(desk, desk.account(account).account.name, files, by=name_of(request))
        _look(desk, work)
    except ImporterError as error:
        return _start(request, desk, error)
    answer = RedirectResponse(step(work), 303)
    answer.set_cookie(ACCOUNT_COOKIE, work.account, httponly=True, samesite="strict")
    return answer


@pages.get("/import/{name}")
def reached(work: TheWork) -> Response:
    """Go on where it was left."""
    return RedirectResponse(step(work), 303)


@pages.post("/import/{name}/discard")
def discard(request: Request, work: TheWork, desk: TheDesk) -> Response:
    """Forget the files; what was posted stays in the ledger. What was confirmed is no longer the preparer's to discard."""
    if work.digest:
        need(request, Role.APPROVE)
    posting = desk.senders.of(work.id)
    if posting is None or posting.ended:
        desk.uploads.discard(work)
    return RedirectResponse("/", 303)


@pages.post("/import/{name}/again")
def again(request: Request, work: TheWork, desk: TheDesk, files: list[UploadFile]) -> Response:
    """A corrected file: a new work with the same profile."""
    try:
        fresh = _keep(desk, work.account, files, corrects=work.id, by=name_of(request))
        fresh.prepared_by = list(dict.fromkeys([*work.prepared_by, *fresh.prepared_by]))
        fresh.profile = work.profile
        desk.uploads.save(fresh)
        desk.preview(fresh)
    except ImporterError as error:
        return _preview(request, desk, work, error)
    return RedirectResponse(step(fresh), 303)


def _start(request: Request, desk: Desk, error: ImporterError | None = None) -> HTMLResponse:
    name = account_of(request, desk)
    account = desk.account(name).account
    works = [work for work in desk.uploads.all() if work.account == name and not work.run]
    return page(
        request,
        desk,
        "start.html",
        status=422 if error else 200,
        step=1,
        error=error,
        accounts=desk.settings.accounts(),
        asked=[work for work in works if work.asked_at and not work.digest],
        works=[work for work in works if not work.asked_at or work.digest][:10],
        attending=desk.ledger.attention(account)[:5],
        told=desk.told(account),
        runs=desk.ledger.runs(account, limit=1),
    )


def _keep(desk: Desk, account: str, files: list[UploadFile], *, by: str, corrects: str = "") -> Work:
    """The uploaded files as a new work."""
    given = [file for file in files if file.filename]
    if not given:
        raise ConfigError("no-file", "No file was chosen.", fix="Choose a file first.")
    if len(given) > MAX_FILES:
        raise ConfigError("too-many-files", f"At most {MAX_FILES} files can be read as one.", fix="Give fewer files.")
    work = desk.uploads.begin(account, stamp(desk.clock.now()))
    work.corrects = corrects
    work.prepare(by)
    for file in given:
        desk.uploads.add(work, file.filename or "", _blocks(file))
    desk.uploads.save(work)
    return work


def _look(desk: Desk, work: Work) -> None:
    """Find the profile of a new work. A file that cannot be read at all is not kept."""
    try:
        work.profile = desk.find_profile(work)
    except ConfigError:
        return  # none fits, or several: the next page asks
    except ImporterError:
        desk.uploads.discard(work)
        raise
    desk.uploads.save(work)


def _blocks(file: UploadFile) -> Iterator[bytes]:
    while part := file.file.read(BLOCK):
        yield part


# --- preview ---------------------------------------------------------------------------------------------------------


@pages.get("/import/{name}/preview")
def preview(request: Request, work: TheWork, desk: TheDesk) -> Response:
    """What would be created, what is wrong, and the table of invoices."""
    return _preview(request, desk, work) if work.profile else RedirectResponse(step(work), 303)


@pages.get("/import/{name}/invoice/{place}")
def invoice(request: Request, work: TheWork, desk: TheDesk, place: int) -> HTMLResponse:
    """One invoice: its lines, the rows they come from, exactly what would be sent."""
    made = desk.preview(work)
    row = next((row for row in made.rows if row.place == place), None)
    if row is None:
        raise HTTPException(404)
    item, refused = made.item(row), made.refused(row)
    spans = item.frozen.invoice.spans if item is not None else refused.spans if refused is not None else ()
    return page(
        request,
        desk,
        "invoice.html",
        step=3,
        account=work.account,
        work=work,
        made=made,
        row=row,
        item=item,
        spans=spans,
        payload=json.dumps(json.loads(item.frozen.body), indent=2, ensure_ascii=False) if item is not None else "",
        findings=made.findings_of(row.label),
    )


@pages.get("/import/{name}/annotated")
def annotated(request: Request, work: TheWork, desk: TheDesk) -> Response:
    """The user's own workbook with remarks."""
    return _workbook(request, desk, work, failures=False)


@pages.get("/import/{name}/failures")
def failures(request: Request, work: TheWork, desk: TheDesk) -> Response:
    """Only what failed of the file."""
    return _workbook(request, desk, work, failures=True)


def _preview(request: Request, desk: Desk, work: Work, error: ImporterError | None = None) -> HTMLResponse:
    try:
        made = desk.preview(work)
    except ImporterError as fault:
        return workshop_page(request, desk, work, fault)
    asked = request.query_params
    state, sort = asked.get("state", ""), asked.get("sort", "file")
    view: dict[str, Any] = {
        "state": state if state in ORDER else "",
        "q": asked.get("q", "")[:100],
        "sort": sort if sort.lstrip("-") in SORTS else "file",
    }
    rows = made.chosen(view["state"], view["q"], view["sort"])
    last = max(1, -(-len(rows) // PAGE))
    view["p"] = page_number(request, last)

    def link(**changes: object) -> str:
        wanted = {key: value for key, value in {**view, **changes}.items() if value not in ("", 1, "file")}
        return f"/import/{work.id}/preview" + (f"?{urlencode(wanted)}" if wanted else "")

    return page(
        request,
        desk,
        "preview.html",
        status=422 if error else 200,
        step=3,
        account=work.account,
        work=work,
        made=made,
        rows=rows[(view["p"] - 1) * PAGE : view["p"] * PAGE],
        total=len(rows),
        pages=last,
        view=view,
        link=link,
        order=ORDER,
        shown=SHOWN,
        per_page=PAGE,
        error=error,
        again=_rejoined(desk, made, work),
    )


def _rejoined(desk: Desk, made: Preview, work: Work) -> dict[str, int] | None:
    """What a corrected file mends: of the file it corrects or, once that was posted, of what the ledger knows."""
    if not work.corrects:
        return None
    before = desk.uploads.find(work.corrects)
    if before is None or before.run:
        return count_rejoined(made.plan, None)
    return mended(desk.preview(before), made)


def _workbook(request: Request, desk: Desk, work: Work, *, failures: bool) -> Response:
    made = desk.preview(work)
    folder = tempfile.TemporaryDirectory(prefix="importer-web-")
    out = Path(folder.name) / f"{Path(work.files[0]).stem}-{'failures' if failures else 'checked'}.xlsx"
    wanted = Wanted(failures=out) if failures else Wanted(annotate=out)
    speech, now = Speech(language_of(request)), desk.clock.now()
    try:
        give_back_plan(made.plan, made.files, made.loaded, wanted, ledger=desk.ledger, speech=speech, made_at=now)
    except BaseException:
        folder.cleanup()
        raise
    first = min(Path(folder.name).iterdir())
    return FileResponse(first, filename=first.name, background=BackgroundTask(folder.cleanup))
