"""The look-alike on a port: for the command `importer sandbox` (`serve`), for the demo and for tests (`running`)."""

import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

import uvicorn
from fastapi import FastAPI

from importer.domain.clock import Clock
from importer.errors import SettingsError
from importer.facturalia.sandbox.app import create_app
from importer.facturalia.sandbox.settings import SandboxSettings
from importer.facturalia.sandbox.store import Received, Seen, Store
from importer.facturalia.sandbox.wire import Protocol

DEFAULT_PORT = 8089
LOOPBACK = "127.0.0.1"
_KEEP_ALIVE = 300  # seconds: a caller that reuses a connection must not find it closed under its hands
_START = 30  # seconds a start may take on a busy machine
_BACKLOG = 1024


class Sandbox:
    """A sandbox that listens: where it is, and what it has received."""

    def __init__(self, settings: SandboxSettings, store: Store, host: str, port: int) -> None:
        shown = f"[{host}]" if ":" in host else host
        self.page_url = f"http://{shown}:{port}/"
        self.base_url = f"http://{shown}:{port}{settings.base_path}"
        self.api_key = settings.api_key
        self.port = port
        self.store = store

    def count(self) -> int:
        """How many invoices exist."""
        return self.store.count()

    def invoices(self) -> list[Received]:
        """Every invoice, oldest first."""
        return self.store.invoices()

    def requests(self) -> list[Seen]:
        """Every request to the API, oldest first."""
        return self.store.requests()


class SandboxThread(Sandbox):
    """A sandbox in a thread of this process, listening when the constructor returns. `stop` it, or use `with`.

    `port` 0 takes a free one. Raises `SettingsError` (`sandbox-port`, `sandbox-database`).
    """

    def __init__(
        self,
        settings: SandboxSettings | None = None,
        *,
        port: int = 0,
        host: str = LOOPBACK,
        clock: Clock | None = None,
    ) -> None:
        settings = settings or SandboxSettings()
        listener = _listen(host, port)
        try:
            app = create_app(settings, clock)
        except BaseException:
            listener.close()
            raise
        super().__init__(settings, app.state.store, host, listener.getsockname()[1])
        listening = threading.Event()
        self._server = _Server(app, listening.set)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="facturalia-sandbox", daemon=True
        )
        self._thread.start()
        if not listening.wait(_START):
            self.stop()
            raise SettingsError(
                "sandbox-port", "The sandbox did not start.", fix="Try again, or choose another --port."
            )

    def stop(self) -> None:
        """Answer what is in flight, close all connections, the thread and the file. May be called twice.

        What was received can no longer be asked for afterwards, except from a database file.
        """
        self._server.should_exit = True
        self._thread.join()
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None:
        self.stop()


@contextlib.contextmanager
def running(
    settings: SandboxSettings | None = None, port: int = 0, host: str = LOOPBACK, clock: Clock | None = None
) -> Iterator[SandboxThread]:
    """A sandbox for the length of a `with` block."""
    with SandboxThread(settings, port=port, host=host, clock=clock) as sandbox:
        yield sandbox


def serve(
    settings: SandboxSettings,
    port: int = DEFAULT_PORT,
    host: str = LOOPBACK,
    ready: Callable[[Sandbox], None] | None = None,
    clock: Clock | None = None,
) -> None:
    """Serve until interrupted (Ctrl-C returns normally; SIGTERM ends the process as usual after a clean stop).

    `ready` is called once, when connections are accepted. Raises `SettingsError` (`sandbox-port`, `sandbox-database`).
    """
    with contextlib.closing(_listen(host, port)) as listener:
        app = create_app(settings, clock)
        sandbox = Sandbox(settings, app.state.store, host, listener.getsockname()[1])
        with contextlib.closing(sandbox.store), contextlib.suppress(KeyboardInterrupt):
            _Server(app, lambda: ready(sandbox) if ready else None).run(sockets=[listener])


class _Server(uvicorn.Server):
    """uvicorn, silent but for real errors, that says when it listens."""

    def __init__(self, app: FastAPI, listening: Callable[[], None]) -> None:
        config = uvicorn.Config(
            app,
            http=Protocol,
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,  # ours lives by the clock that was handed in
            timeout_keep_alive=_KEEP_ALIVE,
        )
        # a test that sends nonsense, or hangs up, is the daily work of this server
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        self._listening()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # the protocol must be named: only then asyncio turns Nagle off, and without that each answer takes 40 ms
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # without it a stopped sandbox blocks its own port for a minute
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        raise SettingsError(
            "sandbox-port",
            f"The sandbox cannot listen on {host}, port {port}.",
            fix="Another program may hold the port: choose another with --port.",
        ) from error
    return listener
