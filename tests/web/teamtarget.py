"""What is attacked of a team: a real `importer web --team` with people in it, spoken to over a bare socket."""

import contextlib
import os
import re
import socket
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from importer.domain.clock import SystemClock
from importer.facturalia.sandbox import SandboxSettings, SandboxThread, running
from importer.web.users import FILE, Role, Users
from tests.secrets.canaries import KEY
from tests.web.target import IMPORTER, WAIT, Answer, Target

NONE: Final[Mapping[str, str]] = MappingProxyType({})
PEOPLE: Final = {
    "Piet": Role.PREPARE,
    "Ann": Role.APPROVE,
    "Bob": Role.APPROVE,
    "Jan Peeters": Role.PREPARE,
    "Zoë": Role.ADMINISTER,
}
MARKUP: Final = '<img src=x onerror="alert(1)">'  # a name that somebody wrote into the file by hand


def password_of(name: str) -> str:
    """Everybody has one of their own."""
    return f"vier woorden van {name}"


class TeamTarget(Target):
    """A server of a team. `public` is the https address before it, empty for none; nobody is in at first."""

    def __init__(
        self, folder: Path, sandbox: SandboxThread, process: "subprocess.Popen[str]", port: int, public: str
    ) -> None:
        super().__init__(folder, sandbox, process, f"http://127.0.0.1:{port}/")
        self.origin = public or f"http://{self.host}"
        self.host = self.origin.partition("://")[2]
        self.users = Users(folder / FILE, SystemClock().now)
        self.browsers: dict[str, str] = {}

    def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str | None] | None = None,
        body: bytes = b"",
        *,
        cookie: str | None = None,
    ) -> Answer:
        """A request as our own page would send it; a form names the address that people open as its origin."""
        own = {"Origin": self.origin} if method == "POST" else {}
        return super().ask(method, path, {**own, **(headers or {})}, body, cookie=cookie)

    def try_in(self, name: str, password: str, *, cookie: str = "", **fields: str) -> Answer:
        """The form of signing in, sent by a browser that has this cookie."""
        before = self.cookie
        self.cookie = cookie
        try:
            return self.form("/login", more={"name": name, "password": password, **fields})
        finally:
            self.cookie = before

    def enter(self, name: str) -> str:
        """Sign somebody in; the cookies of that browser, which go with every later request."""
        answer = self.try_in(name, password_of(name), cookie=self.browsers.get(name, ""))
        assert answer.status == 303, (name, answer)
        jar = cookies_of(answer)
        self.cookie = "; ".join(f"{key}={text}" for key, text in jar.items())
        self.browsers[name] = self.cookie
        return self.cookie


def cookies_of(answer: Answer) -> dict[str, str]:
    """What an answer sets, without the attributes."""
    pairs = [text.partition(";")[0].partition("=") for name, text in answer.headers if name == "set-cookie"]
    return {name.strip(): value for name, _, value in pairs if value and value != '""'}


@contextlib.contextmanager
def a_team(
    folder: Path, *, public: str = "", four_eyes: bool = False, settings: Mapping[str, str] = NONE
) -> Iterator[TeamTarget]:
    """A team of PEOPLE at a server of its own with these settings, ended afterwards."""
    users = Users(folder / FILE, SystemClock().now)
    for name, role in PEOPLE.items():
        users.add(name, role, password_of(name))
    with running(SandboxSettings(api_key=KEY)) as sandbox:
        env = {
            **os.environ,
            "IMPORTER_LEDGER_URL": f"sqlite:///{folder / 'ledger.db'}",
            "IMPORTER_BASE_URL": sandbox.base_url,
            "IMPORTER_API_KEY": KEY,
            "IMPORTER_WEB_FOUR_EYES": str(four_eyes).lower(),
            "TMPDIR": str(folder),
            **settings,
        }
        port = _free_port()
        arguments = ["--port", str(port), "--team", "--json", *(["--public-url", public] if public else [])]
        with (folder / "web.err").open("w") as errors, subprocess.Popen(
            [IMPORTER, "web", *arguments], cwd=folder, env=env, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=errors,
        ) as process:  # fmt: skip
            try:
                assert process.stdout is not None
                told = process.stdout.readline()
                assert re.search(r'"link": "http', told), (folder / "web.err").read_text()
                yield TeamTarget(folder, sandbox, process, port, public)
            finally:
                process.terminate()
                process.wait(WAIT)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
