import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from starlette.responses import StreamingResponse
from starlette.types import Message

from importer.domain.clock import SystemClock
from importer.errors import SettingsError
from importer.web.guard import Guard
from importer.web.server import front
from importer.web.sessions import Sessions
from importer.web.team import Team
from importer.web.users import Role, Users
from tests.web.attack import TEAMS, attack_team
from tests.web.attacks_team import exposed

HOST = "127.0.0.1:8087"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
WORDS = "vier woorden op rij"


@pytest.mark.parametrize("team", TEAMS)
def test_every_attack_on_a_team_is_refused(tmp_path: Path, team: str) -> None:
    """Of more than two hundred hostile requests to `importer web --team`, not one gets through."""
    seen = list(attack_team(tmp_path, team))
    assert [one for one in seen if not one.held] == []
    assert len(seen) >= {"door": 120, "proxy": 40, "eyes": 12}[team]


def test_the_pages_are_not_opened_to_everybody(tmp_path: Path) -> None:
    """Commands that would send passwords in the clear, or let nobody in, end with one sentence."""
    seen = list(exposed(tmp_path))
    assert [one for one in seen if not one.held] == []
    assert len(seen) == 4


@pytest.mark.parametrize(
    ("address", "listen"),
    [
        ("http://facturen.example", ""),
        ("ftp://facturen.example", ""),
        ("https://u:p@facturen.example", ""),
        ("https://facturen.example/x", ""),
        ("https://facturen.example?x", ""),
        ("https://facturen.example\nX: y", ""),
        ("facturen.example", ""),
        ("http://127.0.0.1.evil.example", ""),
        ("", "::"),
        ("", "192.0.2.1"),
        ("", "evil.example"),
        ("", "localhost.evil.example"),
        ("http://localhost", "192.0.2.1"),
    ],
)
def test_no_password_goes_in_the_clear(address: str, listen: str) -> None:
    """An address without https, or with more than a name, is refused; so is listening to others without https."""
    with pytest.raises(SettingsError) as caught:
        front(address, listen)
    assert caught.value.code in ("web-public-url", "web-listen")


@pytest.mark.parametrize(
    ("address", "listen", "host"),
    [
        ("https://Facturen.Example/", "", "facturen.example"),
        ("https://facturen.example:443", "", "facturen.example"),
        ("https://facturen.example:8443", "127.0.0.1", "facturen.example:8443"),
        ("http://localhost:9000", "", "localhost:9000"),
        ("", "", ""),
    ],
)
def test_the_host_is_what_browsers_send(address: str, listen: str, host: str) -> None:
    """Small letters, and no port where it is the usual one."""
    assert front(address, listen).host == host


@pytest.mark.parametrize(("changed", "heard"), [(False, 3), (True, 1)])
def test_a_stream_ends_with_its_session(tmp_path: Path, changed: bool, heard: int) -> None:
    """Whoever is sent away while watching the progress hears not one event more."""
    clock = SystemClock()
    team = Team(tmp_path, clock.now)
    team.users = Users(team.users.file, clock.now, QUICK)
    team.users.add("Zoë", Role.ADMINISTER, WORDS)
    team.users.add("Ann", Role.APPROVE, WORDS)
    inside = team.sign_in("Ann", WORDS, "")
    assert inside is not None
    told = _listened(Guard(_events, Sessions(tmp_path / "s.json", clock.now), [HOST], [], team=team), inside.cookie,
                     (lambda: team.users.remove("Ann")) if changed else (lambda: None))  # fmt: skip
    assert len([one for one in told if one.get("body")]) == heard


async def _events(scope: object, receive: object, send: object) -> None:
    async def words() -> AsyncIterator[str]:
        for number in range(3):
            await asyncio.sleep(0)
            yield f"data: {number}\n\n"

    await StreamingResponse(words(), media_type="text/event-stream")(scope, receive, send)  # type: ignore[arg-type] # as they came


def _listened(guard: Guard, cookie: str, then: Callable[[], object]) -> list[Message]:
    """What a browser hears; after the first event something is done."""
    told: list[Message] = []

    async def listen() -> None:
        async def receive() -> Message:
            await asyncio.sleep(60)
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            told.append(message)
            if message.get("body"):
                then()

        headers = [(b"host", HOST.encode()), (b"cookie", f"importer_session={cookie}".encode())]
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/e",
            "query_string": b"",
            "headers": headers,
            "asgi": {"spec_version": "2.3"},
        }
        await guard(scope, receive, send)

    with ThreadPoolExecutor(1) as pool:  # the browser of other tests may keep a loop in this thread
        pool.submit(asyncio.run, listen()).result(20)
    return told
