"""The server of the pages: on this machine alone, opened by a link that works once."""

import contextlib
import ipaddress
import logging
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import uvicorn

from importer.domain.clock import Clock
from importer.errors import SettingsError
from importer.ledger.store import open_ledger
from importer.settings import OidcSettings, Settings
from importer.web.app import STATIC, create_app
from importer.web.desk import Desk
from importer.web.guard import Guard
from importer.web.private import folder_of
from importer.web.sessions import Sessions
from importer.web.team import Team
from importer.web.uploads import Uploads

if TYPE_CHECKING:
    from importer.web.oidc import Provider

DEFAULT_PORT: Final = 8087
LOOPBACK: Final = "127.0.0.1"
CONNECTIONS: Final = 800  # at once: far more than a few browsers need, fewer than a process may have files open
LEDGER_WAIT: Final = 30.0  # seconds another program may keep the ledger's file locked


class Front(NamedTuple):
    """How a team reaches the pages: `address` as people open it, empty for this machine; `listen` is where it listens."""

    address: str
    listen: str

    @property
    def host(self) -> str:
        """What browsers send as Host; empty for this machine."""
        return self.address.partition("://")[2]

    @property
    def secure(self) -> bool:
        """Whether browsers come by https."""
        return self.address.startswith("https://")


def front(address: str, listen: str) -> Front:
    """The front of a team's pages. SettingsError `web-public-url`, `web-listen` for what would send passwords in the clear."""
    made = Front(address.rstrip("/").lower().removesuffix(":443"), listen or LOOPBACK)
    if made.address and not (re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?", made.address)):
        raise SettingsError(
            "web-public-url",
            f'"{address}" cannot be the address of the pages.',
            fix="Give scheme and name alone, such as https://facturen.example.be.",
        )
    if made.address and not made.secure and not _this_machine(made.host.partition(":")[0]):
        raise SettingsError(
            "web-public-url",
            "Without https anybody on the way could read the passwords.",
            fix="Put a proxy with a certificate before the pages, and give its https address.",
        )
    if not _this_machine(made.listen) and not made.secure:
        raise SettingsError(
            "web-listen",
            f"Listening on {made.listen} would send passwords in the clear.",
            fix="Leave --listen out, or add the https address of the proxy with --public-url.",
        )
    return made


def _this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def serve(
    settings: Settings,
    clock: Clock,
    version: str,
    *,
    port: int = DEFAULT_PORT,
    ready: Callable[[str], None] | None = None,
    team: Front | None = None,
) -> None:
    """Serve until interrupted. `ready` is called once with the link that lets one browser in.

    With a `team` people sign in instead, and `ready` gets the address they open. Uploads and sessions are kept beside
    the ledger. Raises SettingsError `web-port`, `web-no-users`, and what opening the ledger raises.
    """
    folder = folder_of(settings.ledger_url)
    with (
        contextlib.closing(_listen(port, LOOPBACK if team is None else team.listen)) as listener,
        open_ledger(settings.ledger_url, clock=clock, busy=LEDGER_WAIT) as ledger,
    ):
        port = listener.getsockname()[1]
        people = None if team is None else _team(folder, clock, settings.four_eyes)
        desk = Desk(settings, ledger, Uploads(folder / "uploads"), clock, version, people)
        sessions = Sessions(folder / "web-sessions.json", clock.now)
        own = f"http://{LOOPBACK}:{port}"
        if people is not None and team is not None and settings.oidc is not None:
            people.provider = _provider(settings.oidc, team.address or own, clock)
        public = team is not None and team.host
        hosts = (team.host,) if team is not None and public else (f"{LOOPBACK}:{port}", f"localhost:{port}")
        guard = Guard(
            create_app(desk), sessions, hosts, [f"/static/{name}" for name in STATIC],
            team=people, secure=team is not None and team.secure,
        )  # fmt: skip
        address = f"{own}/enter?key={sessions.link}" if team is None else team.address or own
        config = uvicorn.Config(
            guard, loop="asyncio", http="h11", ws="none", lifespan="off", log_config=None, access_log=False,
            proxy_headers=False, server_header=False, timeout_graceful_shutdown=3, limit_concurrency=CONNECTIONS,
        )  # fmt: skip
        for name in ("uvicorn.error", "python_multipart"):  # what odd requests hold is nothing for the screen
            logging.getLogger(name).setLevel(logging.ERROR)
        try:
            with contextlib.suppress(KeyboardInterrupt):
                if ready is not None:
                    ready(address)
                uvicorn.Server(config).run(sockets=[listener])
        finally:
            desk.close()


def _team(folder: Path, clock: Clock, four_eyes: bool) -> Team:
    made = Team(folder, clock.now, four_eyes=four_eyes)
    if not made.users.all():
        raise SettingsError(
            "web-no-users",
            "Nobody could sign in: there are no users yet.",
            fix="Add the first one with `importer users add NAME --role administer`.",
        )
    return made


def _provider(told: OidcSettings, address: str, clock: Clock) -> "Provider":
    try:
        from importer.web.oidc import provider  # noqa: PLC0415 - an extra, for those who set it
    except ImportError:
        raise SettingsError(
            "oidc-missing",
            "IMPORTER_OIDC_ISSUER is set, and what it needs is not installed.",
            fix='Run: pip install "facturalia-importer[oidc]".',
        ) from None
    return provider(told, f"{address}/login/back", clock.now)


def _listen(port: int, address: str) -> socket.socket:
    # with the protocol named, asyncio sends at once what is written; without, each page waits 40 ms for the other side
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise SettingsError(
            "web-port", f"Port {port} cannot be used: {error.strerror}.", fix="Choose another one with --port."
        ) from None
    return listener
