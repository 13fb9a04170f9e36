"""The application: pages, static files, and what is said when something is not there or goes wrong."""

import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.responses import FileResponse

from importer.errors import ImporterError
from importer.language.speech import Speech
from importer.tools.template import write_template
from importer.web import imports, ledgerpages, login, progress, provided, workshop
from importer.web.bench import Benches
from importer.web.desk import Desk
from importer.web.door import turned_away
from importer.web.given import TheDesk
from importer.web.roles import allowed
from importer.web.show import LANGUAGE_COOKIE, language_of, local, page
from importer.web.users import Role
from importer.web.words import LANGUAGES, Words

STATIC: Final = {
    "style.css": "text/css; charset=utf-8",
    "pages.js": "text/javascript; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
    "htmx-sse.min.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
TEMPLATE_PROFILE: Final = "plain-nl"
FORBIDDEN: Final = 403
ROOMS: Final = (imports.pages, workshop.pages, progress.pages, ledgerpages.pages, login.pages, provided.pages)


pages = APIRouter()


def create_app(desk: Desk) -> FastAPI:
    """The pages of a desk, without what guards them."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(allowed)])
    app.state.desk = desk
    app.state.benches = Benches(desk)
    for router in (pages, *ROOMS):
        app.include_router(router)
    app.add_exception_handler(ImporterError, _refused)
    app.add_exception_handler(StarletteHTTPException, _missing)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(Exception, _bug)
    return app


@pages.get("/static/{name}")
def static(name: str) -> Response:
    """Style sheet and script; they change with the version alone."""
    if name not in STATIC:
        raise HTTPException(404)
    content = (files("importer.web") / "static" / name).read_bytes()
    return Response(content, media_type=STATIC[name], headers={"Cache-Control": "max-age=300"})


@pages.get("/language/{code}")
def language(code: str, back: str = "/") -> Response:
    """Choose a language and go back; only to a page of this server."""
    answer = RedirectResponse(local(back), 303)
    if code in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, code, httponly=True, samesite="strict", max_age=31_536_000)
    return answer


@pages.get("/template.xlsx")
def template(request: Request, desk: TheDesk) -> Response:
    """An empty workbook to fill in."""
    folder = tempfile.TemporaryDirectory(prefix="importer-web-")
    out = Path(folder.name) / "facturen.xlsx"
    write_template(desk.profile(TEMPLATE_PROFILE), out, Speech(language_of(request)).say)
    return FileResponse(out, filename=out.name, background=BackgroundTask(folder.cleanup))


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


def _refused(request: Request, error: Exception) -> Response:
    if not request.state.inside:  # a stranger learns nothing of what lies behind, not even of what is wrong there
        return turned_away(request.scope, 500, "e500", c=getattr(error, "code", ""))
    return page(request, _desk(request), "message.html", status=422, error=error)


def _missing(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, StarletteHTTPException) else 404
    team = _desk(request).team
    if status == FORBIDDEN and team is not None:
        named = [role for role in Role if isinstance(error, StarletteHTTPException) and error.detail == role]
        who = team.users.who_may(named[0] if named else Role.ADMINISTER)
        return _told(request, status, Words(language_of(request))("norole", p=", ".join(who[:5])))
    return _told(request, status, Words(language_of(request))("e404"))


def _malformed(request: Request, _: Exception) -> Response:
    return _told(request, 422, Words(language_of(request))("e_nofile"))


def _bug(request: Request, error: Exception) -> Response:
    return _told(request, 500, Words(language_of(request))("e500", c=type(error).__name__))


def _told(request: Request, status: int, text: str) -> Response:
    if not request.state.inside:
        return turned_away(request.scope, status, "e404")
    return page(request, _desk(request), "message.html", status=status, error=None, text=text)
