import asyncio
import contextlib
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from importer.web.guard import MAX_BODY, Guard
from importer.web.sessions import FREE, LASTS, LONGEST, Sessions, Throttle
from importer.web.uploads import Uploads, safe_name
from tests.web.attack import INSIDE, OUTSIDE, TEXTS, Attacks, attack
from tests.web.attacks_door import before_signing_in, other_sites, told
from tests.web.target import Answer, Target

HOST = "127.0.0.1:8087"


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def now(self) -> datetime:
        """The time it shows."""
        return self.time

    def later(self, **much: float) -> None:
        """Move it on."""
        self.time += timedelta(**much)


class Open:
    """A target that answers every request with the same answer."""

    port, host, link, cookie, folder = 8087, HOST, f"http://{HOST}/enter?key=x", "", Path()

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def ask(self, *_: object, **__: object) -> Answer:
        """The answer, whatever is asked."""
        return self._answer

    form = ask


async def _asked(
    app: ASGIApp, sessions: Sessions, method: str, path: str, *, body: int = 0, **headers: str
) -> list[Message]:
    """What a guard answers to one request with a body of so many bytes."""
    given = {"host": HOST, **{name.replace("_", "-"): text for name, text in headers.items()}}
    scope = {
        "type": "http", "method": method, "path": path, "query_string": b"", "http_version": "1.1", "scheme": "http",
        "headers": [(name.encode(), text.encode()) for name, text in given.items()],
    }  # fmt: skip
    sent: list[Message] = []
    left = body

    async def receive() -> Message:
        nonlocal left
        part = min(left, 1 << 20)
        left -= part
        return {"type": "http.request", "body": b"x" * part, "more_body": left > 0}

    async def send(message: Message) -> None:
        sent.append(message)

    await Guard(app, sessions, [HOST], ["/static/style.css"])(scope, receive, send)
    return sent


@pytest.mark.parametrize("groups", [OUTSIDE, INSIDE, TEXTS], ids=["outside", "inside", "texts"])
def test_every_attack_on_a_real_server_is_refused(tmp_path: Path, groups: Sequence[Attacks]) -> None:
    """Of more than two hundred hostile requests to `importer web`, not one gets through."""
    seen = list(attack(tmp_path, groups))
    assert [one for one in seen if not one.held] == []
    assert len(seen) > 60


Said = TypeVar("Said")


def _apart(asked: Coroutine[object, object, Said]) -> Said:
    """Run it in a thread of its own: the browser of other tests may keep a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, asked).result()


def test_a_server_that_lets_everybody_in_is_caught() -> None:
    """The judge of the attacks sees a server that answers every form with 200, and one that only lacks its guards."""
    lax = cast("Target", Open(Answer(200, [], "default")))
    assert not any(one.held for one in other_sites(lax))
    with pytest.raises(FileNotFoundError):  # it never wrote a session
        assert not any(one.held for one in before_signing_in(lax))
    bare = told(
        "x", Answer(403, [("server", "uvicorn"), ("set-cookie", "a=b")], "Traceback (most recent call last)"), 403
    )
    assert not bare.held
    for fault in (
        "stack trace",
        "names its server",
        "open cookie",
        "strict policy",
        "x-content",
        "cached",
    ):
        assert fault in bare.why


def test_waits_grow_with_every_wrong_link() -> None:
    """Twenty wrong links are free; then each costs twice the wait of the one before, up to a minute."""
    clock = Hand()
    throttle = Throttle(clock.now)
    waits = []
    for _ in range(FREE + 8):
        throttle.wrong()
        waits.append(throttle.left())
        clock.later(seconds=throttle.left())
    assert waits == [0] * (FREE - 1) + [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert max(waits) == LONGEST


def test_wrong_links_are_forgotten() -> None:
    """After ten quiet minutes a wrong link is again the first."""
    clock = Hand()
    throttle = Throttle(clock.now)
    for _ in range(FREE + 3):
        throttle.wrong()
    clock.later(minutes=11)
    throttle.wrong()
    assert throttle.left() == 0


def test_nobody_is_heard_during_a_wait(tmp_path: Path) -> None:
    """During a wait even the right link opens nothing; after it, it does, and only once."""
    clock = Hand()
    sessions = Sessions(tmp_path / "sessions.json", clock.now)
    for _ in range(FREE):
        assert sessions.enter("wrong") is None
    assert sessions.enter(sessions.link) is None
    clock.later(seconds=1)
    link = sessions.link
    cookie = sessions.enter(link)
    assert cookie is not None
    assert sessions.knows(cookie)
    assert sessions.enter(link) is None
    assert sessions.enter("") is None


def test_a_session_ends(tmp_path: Path) -> None:
    """A session outlives the server, but not its twelve hours; its cookie stands nowhere on disk."""
    clock = Hand()
    file = tmp_path / "sessions.json"
    first = Sessions(file, clock.now)
    cookie = first.enter(first.link)
    assert cookie is not None
    assert cookie not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    clock.later(hours=11)
    again = Sessions(file, clock.now)
    assert again.knows(cookie)
    clock.time += LASTS
    assert not again.knows(cookie)


@pytest.mark.parametrize("content", ["", "[]", "null", '{"a": 1}', "{", '{"a": null}', "\x00"])
def test_a_damaged_file_of_sessions_lets_nobody_in(tmp_path: Path, content: str) -> None:
    """Whatever stands in the file, the server starts, knows nobody, and opens to its link."""
    file = tmp_path / "sessions.json"
    file.write_text(content)
    sessions = Sessions(file, Hand().now)
    assert not sessions.knows("a")
    assert sessions.enter(sessions.link) is not None


def test_a_link_in_the_place_of_the_sessions_is_not_followed(tmp_path: Path) -> None:
    """Where somebody put a symbolic link, the file it leads to keeps its content."""
    other = tmp_path / "other"
    other.write_text("precious")
    (tmp_path / "sessions.json").symlink_to(other)
    sessions = Sessions(tmp_path / "sessions.json", Hand().now)
    sessions.enter(sessions.link)
    assert other.read_text() == "precious"


def _inside(folder: Path) -> tuple[Sessions, str]:
    sessions = Sessions(folder / "sessions.json", Hand().now)
    return sessions, f"importer_session={sessions.enter(sessions.link)}"


def test_a_page_that_fails_shows_no_trace(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A bug in a page is answered with 500, the kind of bug, and all guards; the log holds no cell of a customer."""

    async def broken(_: Scope, __: Receive, ___: Send) -> None:
        raise ZeroDivisionError("a customer's name")

    sessions, cookie = _inside(tmp_path)
    start, body = _apart(_asked(broken, sessions, "GET", "/", cookie=cookie))
    assert start["status"] == 500
    assert b"ZeroDivisionError" in body["body"]
    assert b"customer" not in body["body"]
    assert (b"cache-control", b"no-store") in start["headers"]
    assert caplog.messages == ["A page failed: ZeroDivisionError"]


def test_a_browser_that_leaves_is_no_fault(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where an answer cannot be sent because nobody is there any more, nothing is logged as a fault of a page."""

    async def leaving() -> None:
        sessions, cookie = _inside(tmp_path)
        scope = {
            "type": "http", "method": "GET", "path": "/", "query_string": b"",
            "headers": [(b"host", HOST.encode()), (b"cookie", cookie.encode())],
        }  # fmt: skip

        async def receive() -> Message:
            return {"type": "http.disconnect"}

        async def send(_: Message) -> None:
            raise ConnectionResetError

        async def half(*_: object) -> None:
            raise ClientDisconnect  # it left before all of its form had come

        for app in (PlainTextResponse("inside"), half):
            with contextlib.suppress(ConnectionResetError):
                await Guard(app, sessions, [HOST], [])(scope, receive, send)

    _apart(leaving())
    assert caplog.messages == []


@pytest.mark.parametrize(("size", "status"), [(MAX_BODY, 200), (MAX_BODY + 1, 413)])
def test_a_body_ends_where_it_is_too_large(tmp_path: Path, size: int, status: int) -> None:
    """Whatever length was announced, the byte beyond the limit ends the request, and what the page said is not said."""

    async def swallowing(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await Request(scope, receive).body()
        except Exception:  # noqa: BLE001 - as form parsers do
            await PlainTextResponse("half a form", 400)(scope, receive, send)
            return
        await PlainTextResponse("ok")(scope, receive, send)

    sessions, cookie = _inside(tmp_path)
    answer = _apart(_asked(swallowing, sessions, "POST", "/import", body=size, cookie=cookie, origin=f"http://{HOST}"))
    assert answer[0]["status"] == status


@pytest.mark.parametrize(
    ("language", "words"), [("nl-BE", "niemand aangemeld"), ("fr", "est connecté ici"), ("de", "Nobody is")]
)
def test_strangers_are_answered_in_their_language(tmp_path: Path, language: str, words: str) -> None:
    """Who is not in reads why in the language of the browser, and nothing of what lies behind."""
    sessions = Sessions(tmp_path / "sessions.json", Hand().now)
    answer = _apart(_asked(PlainTextResponse("inside"), sessions, "GET", "/", accept_language=language))
    assert answer[0]["status"] == 401
    assert words in answer[1]["body"].decode()
    assert b"inside" not in answer[1]["body"]


@given(st.text(max_size=400))
def test_a_file_name_is_harmless(name: str) -> None:
    """Whatever a file is called, its name on disk is one name, not hidden, and short enough for any disk."""
    safe = safe_name(name)
    assert safe
    assert "/" not in safe
    assert "\\" not in safe
    assert "\0" not in safe
    assert not safe.startswith(".")
    assert len(safe.encode("utf-8", "surrogatepass")) <= 255
    assert safe.isprintable()


def test_the_longest_names_fit_on_a_disk(tmp_path: Path) -> None:
    """Three hundred letters of four bytes are kept, shortened, with their suffix."""
    uploads = Uploads(tmp_path / "uploads")
    work = uploads.begin("default", "2026-03-02T09:00:00+00:00")
    path = uploads.add(work, "\U00020000" * 300 + ".xlsx", [b"a"])
    assert path.read_bytes() == b"a"
    assert path.suffix == ".xlsx"


def test_a_work_behind_a_link_is_none(tmp_path: Path) -> None:
    """A symbolic link among the works leads nowhere."""
    uploads = Uploads(tmp_path / "uploads")
    work = uploads.begin("default", "2026-03-02T09:00:00+00:00")
    uploads.save(work)
    (tmp_path / "uploads" / work.id).rename(tmp_path / "elsewhere")
    (tmp_path / "uploads" / work.id).symlink_to(tmp_path / "elsewhere")
    assert uploads.find(work.id) is None
