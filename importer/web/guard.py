"""What stands before every page: who may come in, from which page a form may come, and how large it may be."""

import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE: Final = "importer_session"
LASTS: Final = timedelta(hours=12)
MAX_BODY: Final = 52_428_800 + 1_048_576  # bytes: a file of 50 MB and the form around it
SAFE: Final = frozenset({"GET", "HEAD"})
OPEN: Final = ("/static/", "/enter")  # paths that need no session
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Sessions:
    """Who is in. A one-time link opens a session; its cookie is kept as a hash, so that a restart ends nobody's work."""

    def __init__(self, file: Path, now: Callable[[], datetime]) -> None:
        self._file = file
        self._now = now
        self._link = secrets.token_urlsafe(24)
        try:
            self._until: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._until = {}

    @property
    def link(self) -> str:
        """The word in the link that lets one browser in, once."""
        return self._link

    def enter(self, word: str) -> str | None:
        """The cookie of a new session, if the word is the right one; the link is used up."""
        if not self._link or not secrets.compare_digest(word.encode(), self._link.encode()):
            return None
        self._link = ""
        cookie = secrets.token_urlsafe(32)
        self._until = {name: end for name, end in self._until.items() if end > self._now().isoformat()}
        self._until[_hash(cookie)] = (self._now() + LASTS).isoformat()
        self._file.touch(mode=0o600)
        self._file.write_text(json.dumps(self._until), encoding="utf-8")
        return cookie

    def knows(self, cookie: str) -> bool:
        """Whether a cookie is that of a session that has not ended."""
        return self._until.get(_hash(cookie), "") > self._now().isoformat()


class Guard:
    """ASGI middleware. `hosts` are the values of the Host header that mean this server."""

    def __init__(self, app: ASGIApp, sessions: Sessions, hosts: Sequence[str]) -> None:
        self._app = app
        self._sessions = sessions
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, let in, or pass on."""
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = MutableHeaders(scope=message)
                given.update(HEADERS)
                if not scope["path"].startswith("/static/"):
                    given["Cache-Control"] = "no-store"
            await send(message)

        answer = self._refusal(scope, headers)
        if answer is not None:
            await answer(scope, receive, send_guarded)
            return
        if scope["path"] == "/enter":
            await self._enter(scope)(scope, receive, send_guarded)
            return
        await self._app(scope, _limited(receive), send_guarded)

    def _refusal(self, scope: Scope, headers: Headers) -> PlainTextResponse | None:
        """Why this request goes no further; None if it may."""
        host = headers.get("host", "")
        if host not in self._hosts or len(headers.getlist("host")) != 1:
            return PlainTextResponse("This server does not answer to that name.", 421)
        if scope["method"] not in SAFE and scope["method"] != "POST":
            return PlainTextResponse("Not a way to ask anything here.", 405)
        if scope["method"] not in SAFE and not _from_here(headers, host):
            return PlainTextResponse("This form does not come from this page. Go back, reload, and try again.", 403)
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY:
            return PlainTextResponse("Too large: at most 50 MB can be read.", 413)
        if not scope["path"].startswith(OPEN) and not self._sessions.knows(_cookie(headers)):
            return PlainTextResponse(
                "Nobody is signed in here. Open the link that `importer web` has printed; "
                "start it again if the link was used.", 401,
            )  # fmt: skip
        return None

    def _enter(self, scope: Scope) -> PlainTextResponse | RedirectResponse:
        word = parse_qs(scope["query_string"].decode("latin-1")).get("key", [""])[0]
        cookie = self._sessions.enter(word) if scope["method"] == "GET" else None
        if cookie is None:
            return PlainTextResponse(
                "This link was used, or is not right. Start `importer web` again for a new one.", 401
            )
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            COOKIE, cookie, httponly=True, samesite="strict", path="/", max_age=int(LASTS.total_seconds())
        )
        return answer


class TooLarge(Exception):
    """More bytes came than were announced, or than are allowed."""


def _limited(receive: Receive) -> Receive:
    """A body that ends with TooLarge once it is longer than allowed, whatever was announced."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MAX_BODY:
            raise TooLarge
        return message

    return counted


def _from_here(headers: Headers, host: str) -> bool:
    """Whether a browser says that the form stands on a page of this server. No browser: no answer, so no."""
    site = headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return False
    return headers.get("origin", "") == f"http://{host}"


def _cookie(headers: Headers) -> str:
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(headers.get("cookie", ""))
    except CookieError:
        return ""
    return jar[COOKIE].value if COOKIE in jar else ""


def _hash(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
