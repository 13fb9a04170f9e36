"""The server of the pages: on this machine alone, opened by a link that works once."""

import contextlib
import logging
import socket
from collections.abc import Callable
from typing import Final

import uvicorn

from importer.domain.clock import Clock
from importer.errors import SettingsError
from importer.ledger.store import open_ledger
from importer.settings import Settings
from importer.web.app import STATIC, create_app
from importer.web.desk import Desk
from importer.web.guard import Guard
from importer.web.private import folder_of
from importer.web.sessions import Sessions
from importer.web.uploads import Uploads

DEFAULT_PORT: Final = 8087
LOOPBACK: Final = "127.0.0.1"
CONNECTIONS: Final = 800  # at once: far more than a few browsers need, fewer than a process may have files open
LEDGER_WAIT: Final = 30.0  # seconds another program may keep the ledger's file locked


def serve(
    settings: Settings,
    clock: Clock,
    version: str,
    *,
    port: int = DEFAULT_PORT,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until interrupted. `ready` is called once with the link that lets one browser in.

    Uploads and sessions are kept beside the ledger. Raises SettingsError `web-port`, and what opening the ledger raises.
    """
    folder = folder_of(settings.ledger_url)
    with (
        contextlib.closing(_listen(port)) as listener,
        open_ledger(settings.ledger_url, clock=clock, busy=LEDGER_WAIT) as ledger,
    ):
        port = listener.getsockname()[1]
        desk = Desk(settings, ledger, Uploads(folder / "uploads"), clock, version)
        sessions = Sessions(folder / "web-sessions.json", clock.now)
        hosts = (f"{LOOPBACK}:{port}", f"localhost:{port}")
        guard = Guard(create_app(desk), sessions, hosts, [f"/static/{name}" for name in STATIC])
        config = uvicorn.Config(
            guard, loop="asyncio", http="h11", ws="none", lifespan="off", log_config=None, access_log=False,
            proxy_headers=False, server_header=False, timeout_graceful_shutdown=3, limit_concurrency=CONNECTIONS,
        )  # fmt: skip
        for name in ("uvicorn.error", "python_multipart"):  # what odd requests hold is nothing for the screen
            logging.getLogger(name).setLevel(logging.ERROR)
        try:
            with contextlib.suppress(KeyboardInterrupt):
                if ready is not None:
                    ready(f"http://{LOOPBACK}:{port}/enter?key={sessions.link}")
                uvicorn.Server(config).run(sockets=[listener])
        finally:
            desk.close()


def _listen(port: int) -> socket.socket:
    # with the protocol named, asyncio sends at once what is written; without, each page waits 40 ms for the other side
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise SettingsError(
            "web-port", f"Port {port} cannot be used: {error.strerror}.", fix="Choose another one with --port."
        ) from None
    return listener
