"""How an answer leaves the machine, also when it must not: late, cut in half, or never.

Starlette and uvicorn live on an event loop, so these few lines are `async`; no rule of the API stands here.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

from fastapi.responses import Response
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from importer.domain.clock import Clock
from importer.facturalia.sandbox.answers import Answer

Scope = MutableMapping[str, Any]  # the shapes of ASGI
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

HANG_UP = "hang_up"  # where the protocol leaves the way to close the connection, in the state of a request
GRACE = 0.2  # seconds that answers in flight get when the server stops


class SandboxResponse(Response):
    """Sends an `Answer` in its manner."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body, answer.status or HTTPStatus.OK, dict(answer.headers), answer.media_type)
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait, then send all, half or nothing. A caller that hangs up while it waits ends it."""
        if self._answer.delay and await _left(receive, self._answer.delay):
            return
        if self._answer.manner == "whole":
            await super().__call__(scope, receive, send)
            return
        hang_up = _hang_up(scope)
        if self._answer.manner == "truncated":
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            half = self.body[: len(self.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
        hang_up()
        # uvicorn complains about a response that never ended unless it has seen the connection go
        await _left(receive, None)


class Dated:
    """Every answer says when it was made, by the sandbox's own clock: senders compare theirs with it."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Put the header `Date` in."""

        async def dated(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                date = format_datetime(self._clock.now(), usegmt=True).encode("ascii")
                message["headers"] = [*message.get("headers", ()), (b"date", date)]
            await send(message)

        await self._app(scope, receive, dated)


class Protocol(H11Protocol):
    """uvicorn's own HTTP protocol; it lends each request the means to close the connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in H11Protocol
        """`close` sends what was written before, then ends the connection."""
        super().connection_made(transport)
        self.access_log = False  # uvicorn's own switch for it looks at who listens to its logger
        self.app_state = {**self.app_state, HANG_UP: transport.close}

    def shutdown(self) -> None:
        """Also end requests that would take longer than the grace, such as `slow:60`."""
        super().shutdown()
        self.loop.call_later(GRACE, self.transport.abort)


def _hang_up(scope: Scope) -> Callable[[], Any]:
    try:
        found: Callable[[], Any] = scope["state"][HANG_UP]
    except KeyError:
        raise RuntimeError(
            "This fault closes a connection: it needs `running` or `serve`, there is none here."
        ) from None
    return found


async def _left(receive: Receive, seconds: float | None) -> bool:
    """Wait for the caller to hang up; False if it has not after `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True
