"""What stands before every page: who may come in, from which page a form may come, and how large it may be."""

import logging
from collections.abc import Collection, Sequence
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs, quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from importer.errors import ImporterError
from importer.web.door import turned_away
from importer.web.sessions import LASTS, Sessions
from importer.web.team import Team
from importer.web.words import LANGUAGES

COOKIE: Final = "importer_session"
SECURE_COOKIE: Final = f"__Host-{COOKIE}"
MAX_BODY: Final = 52_428_800 + 1_048_576  # bytes: a file of 50 MB and the form around it
MAX_LOGIN: Final = 16_384  # bytes of the one form that strangers may send
SAFE: Final = frozenset({"GET", "HEAD"})
ENTER: Final = "/enter"
LOGIN: Final = "/login"
DOORS: Final = frozenset({LOGIN, f"{LOGIN}/provider", f"{LOGIN}/back"})
CHOICES: Final = frozenset(f"/language/{code}" for code in LANGUAGES)
STATIC: Final = "/static/"
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

log = logging.getLogger(__name__)


class Guard:
    """ASGI middleware. `hosts` are the values of the Host header that mean this server, `open_paths` need no session.

    With a `team` people sign in on a page instead of by a link. `secure`: browsers come by https, through a proxy.
    """

    def __init__(
        self,
        app: ASGIApp,
        sessions: Sessions,
        hosts: Sequence[str],
        open_paths: Collection[str],
        *,
        team: Team | None = None,
        secure: bool = False,
    ) -> None:
        self._app = app
        self._sessions = sessions
        self._hosts = frozenset(hosts)
        self._open = frozenset(open_paths)
        self._team = team
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, let in, or pass on."""
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        scope.setdefault("state", {}).update(secure=self._secure, inside=False, listens=False)

        async def send_guarded(message: Message) -> None:
            self._need_session(scope)
            if message["type"] == "http.response.start":
                given = MutableHeaders(scope=message)
                given.update(HEADERS)
                if self._secure:
                    _secured(given)
                if not scope["path"].startswith(STATIC) or message["status"] != HTTPStatus.OK:
                    given["Cache-Control"] = "no-store"
                scope["state"]["listens"] = given.get("content-type", "").startswith("text/event-stream")
            await send(message)

        answer = self._refusal(scope, headers)
        if answer is None and self._team is not None:
            answer = self._known(scope, headers, self._team)
        elif answer is None and scope["path"] == ENTER:
            answer = self._enter(scope, headers)
        if answer is None:
            answer = await self._pass_on(scope, receive, send_guarded)
        if answer is not None:
            await answer(scope, receive, send_guarded)

    def _need_session(self, scope: Scope) -> None:
        """End a stream of events with the session it was opened in; whoever was sent away hears nothing more."""
        if self._team is not None and scope["state"]["listens"]:
            cookie = scope["state"].get("cookie", "")
            if self._team.who(cookie, noted=False) is None:
                raise SignedOut

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> Response | None:
        """Let the pages answer. What is left to be said where they cannot: too large, or a fault of ours."""
        body = Body(receive, MAX_BODY if scope["state"]["inside"] else MAX_LOGIN)
        answering, gone, fault = False, False, ""

        async def send_of_page(message: Message) -> None:
            nonlocal answering, gone
            if not body.too_large:  # what a page makes of half a form is not said
                answering = gone = True
                await send(message)
                gone = False

        try:
            await self._app(scope, body.receive, send_of_page)
        except Exception as error:  # noqa: BLE001 - no stack trace on any screen
            left = gone or isinstance(error, ClientDisconnect)  # nobody is there any more: no fault of a page
            fault = "" if left else type(error).__name__
        if body.too_large and not answering:
            return turned_away(scope, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "no_size")
        if fault:
            log.error("A page failed: %s", fault)
        return None if answering else turned_away(scope, HTTPStatus.INTERNAL_SERVER_ERROR, "e500", c=fault)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """Why this request goes no further; None if it may."""
        host = headers.get("host", "")
        if host not in self._hosts or len(headers.getlist("host")) != 1:
            return turned_away(scope, HTTPStatus.MISDIRECTED_REQUEST, "no_name")
        if scope["method"] not in SAFE and scope["method"] != "POST":
            answer = turned_away(scope, HTTPStatus.METHOD_NOT_ALLOWED, "no_way")
            answer.headers["Allow"] = "GET, HEAD, POST"
            return answer
        if scope["method"] not in SAFE and not _from_here(headers, f"{'https' if self._secure else 'http'}://{host}"):
            return turned_away(scope, HTTPStatus.FORBIDDEN, "no_elsewhere")
        if not _from_us(headers) and headers.get("sec-fetch-mode") != "navigate":
            return turned_away(scope, HTTPStatus.FORBIDDEN, "no_from_page")  # a picture or script of another site
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdecimal()) or int(length[:20]) > MAX_BODY:
            return turned_away(scope, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "no_size")
        if scope["path"] in self._open or scope["path"] == ENTER or self._team is not None:
            return None
        if not any(self._sessions.knows(cookie) for cookie in _cookies(headers)):
            return turned_away(scope, HTTPStatus.UNAUTHORIZED, "no_session")
        scope["state"]["inside"] = True
        return None

    def _known(self, scope: Scope, headers: Headers, team: Team) -> Response | None:
        """Note who asks; send strangers to the page where they sign in, and from there back to where they were."""
        cookies = _cookies(headers, SECURE_COOKIE if self._secure else COOKIE)
        try:
            known = {cookie: user for cookie in cookies if (user := team.who(cookie)) is not None}
        except ImporterError as error:  # nobody can be told apart: the file of users is damaged
            log.error("Nobody can sign in: %s", error.code)  # noqa: TRY400 - no stack trace on any screen
            return turned_away(scope, HTTPStatus.INTERNAL_SERVER_ERROR, "e500", c=error.code)
        cookie, user = next(iter(known.items()), ("", None))
        scope["state"].update(user=user, cookie=cookie, inside=user is not None)
        path = str(scope["path"])
        if user is not None or path in self._open or path in DOORS or path in CHOICES:
            return None
        if scope["method"] != "GET" or headers.get("sec-fetch-mode", "navigate") != "navigate":
            own = f"{'https' if self._secure else 'http'}://{headers['host']}"
            page = headers.get("referer", "")  # where the form stands, or the script that asked
            way = _way_in(page.removeprefix(own) if page.startswith(f"{own}/") else "/", ended=True)
            answer = turned_away(scope, HTTPStatus.UNAUTHORIZED, "expired", way=way)
            answer.headers["HX-Redirect"] = way  # htmx shows no answer that is none to what it asked
            return answer
        asked = path + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
        return RedirectResponse(_way_in(asked, ended=bool(cookies)), HTTPStatus.SEE_OTHER)

    def _enter(self, scope: Scope, headers: Headers) -> Response:
        """Open a session for the right link. Another site can neither follow it nor use up the tries."""
        if scope["method"] != "GET":
            return turned_away(scope, HTTPStatus.METHOD_NOT_ALLOWED, "no_way")
        if not _from_us(headers):
            return turned_away(scope, HTTPStatus.FORBIDDEN, "no_from_page")
        wait = self._sessions.throttle.left()
        if wait:
            answer: Response = turned_away(scope, HTTPStatus.TOO_MANY_REQUESTS, "no_link_wait", n=wait)
            answer.headers["Retry-After"] = str(wait)
            return answer
        word = parse_qs(scope["query_string"].decode("latin-1")).get("key", [""])[0]
        cookie = self._sessions.enter(word)
        if cookie is None:
            return turned_away(scope, HTTPStatus.UNAUTHORIZED, "no_link")
        answer = RedirectResponse("/", HTTPStatus.SEE_OTHER)
        answer.set_cookie(
            COOKIE, cookie, httponly=True, samesite="strict", path="/", max_age=int(LASTS.total_seconds())
        )
        return answer


class SignedOut(Exception):
    """A session ended while its page was still being told what happens."""


class TooLarge(Exception):
    """More bytes came than were announced, or than are allowed."""


class Body:
    """The body of a request. It ends with TooLarge once it is longer than allowed, whatever was announced."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = most
        self._seen = 0

    @property
    def too_large(self) -> bool:
        """Whether more bytes have come than are allowed."""
        return self._seen > self._most

    async def receive(self) -> Message:
        """The next part."""
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        if self.too_large:
            raise TooLarge
        return message


def _secured(given: MutableHeaders) -> None:
    """By https every cookie stays there."""
    given["Strict-Transport-Security"] = "max-age=31536000"
    cookies = given.getlist("set-cookie")
    del given["set-cookie"]
    for cookie in cookies:
        given.append("set-cookie", f"{cookie}; Secure")


def _way_in(back: str, *, ended: bool) -> str:
    """The page where people sign in, and from there go back."""
    return f"{LOGIN}?back={quote(back, safe='')}{'&ended=1' if ended else ''}"


def _from_us(headers: Headers) -> bool:
    """Whether a person or one of our pages asks, as far as the browser says. `same-site` is another port of this machine."""
    return all(site in ("none", "same-origin") for site in headers.getlist("sec-fetch-site"))


def _from_here(headers: Headers, origin: str) -> bool:
    """Whether a browser says that the form stands on a page of this server. No browser: no answer, so no."""
    if any(site != "same-origin" for site in headers.getlist("sec-fetch-site")):
        return False
    return headers.getlist("origin") == [origin]


def session_cookie(request: Request) -> str:
    """What the cookie of a session is called: by https with the prefix that lets no other server set it."""
    return SECURE_COOKIE if request.state.secure else COOKIE


def _cookies(headers: Headers, wanted: str = COOKIE) -> list[str]:
    """Every session cookie. Other servers of this machine may have set odd ones beside it: those are passed over."""
    pairs = (part.partition("=") for line in headers.getlist("cookie") for part in line.split(";"))
    return [value.strip() for name, _, value in pairs if name.strip() == wanted][:10]
