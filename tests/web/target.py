"""What is attacked: a real `importer web` with a sandbox behind it, spoken to over a bare socket.

Nothing stands between an attack and the server: every byte of a request is the attack's own.
"""

import contextlib
import hashlib
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlencode

from importer.facturalia.sandbox import SandboxSettings, SandboxThread, running
from tests.secrets.canaries import KEY

IMPORTER: Final = str(Path(sys.executable).parent / "importer")
BOUNDARY: Final = "----importer-attack"
ENDED: Final = "the-cookie-of-a-session-that-has-ended"
WAIT: Final = 20.0  # seconds for an answer


class Verdict(NamedTuple):
    """How one attack ended. `why` tells what the server did."""

    name: str
    held: bool
    why: str


@dataclass(frozen=True)
class Answer:
    """What came back; status 0 if the server only closed the connection."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: str = ""

    def header(self, name: str) -> str:
        """The values of one header, joined; empty if it is not there."""
        return ", ".join(value for key, value in self.headers if key == name)

    def faults(self) -> list[str]:
        """What no answer may show: missing guards, stack traces, cookies that scripts or other sites may use."""
        traces = any(sign in self.body for sign in ("Traceback", 'File "', "site-packages"))
        found = ["shows a stack trace"] if traces else []
        found += ["names its server"] if self.header("server") else []
        cookies = [value.lower() for key, value in self.headers if key == "set-cookie"]
        found += ["sets an open cookie" for one in cookies if "httponly" not in one or "samesite=strict" not in one]
        if self.status == 0 or self.body == "Invalid HTTP request received.":
            return found  # this was never HTTP: there is no page to guard
        policy = self.header("content-security-policy")
        if not policy.startswith("default-src 'none'") or "unsafe" in policy:
            found.append("has no strict policy")
        for name, value in (("x-content-type-options", "nosniff"), ("x-frame-options", "DENY")):
            found += [f"lacks {name}"] if self.header(name) != value else []
        if self.header("cache-control") not in ("no-store", "max-age=300"):
            found.append("may be cached")
        return found


class Target:
    """One server of the pages, and a session on it. `folder` holds its ledger and uploads."""

    def __init__(self, folder: Path, sandbox: SandboxThread, process: "subprocess.Popen[str]", link: str) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.process = process
        self.link = link
        self.port = int(re.findall(r":(\d+)/", link)[0])
        self.host = f"127.0.0.1:{self.port}"
        self.cookie = ""

    @property
    def uploads(self) -> Path:
        """Where the server keeps works."""
        return self.folder / "uploads"

    def sign_in(self) -> Answer:
        """Open the link; its cookie goes with every later request."""
        answer = self.ask("GET", self.link.partition(self.host)[2], cookie="")
        self.cookie = answer.header("set-cookie").partition(";")[0]
        return answer

    def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str | None] | None = None,
        body: bytes = b"",
        *,
        cookie: str | None = None,
    ) -> Answer:
        """A request as our own page would send it, but for the given headers; None takes a header away."""
        given: dict[str, str | None] = {"Host": self.host, "Connection": "close"}
        given["Cookie"] = self.cookie if cookie is None else cookie or None
        if method == "POST":
            given |= {"Origin": f"http://{self.host}", "Content-Length": str(len(body))}
            given["Content-Type"] = "application/x-www-form-urlencoded"
        given |= headers or {}
        head = [f"{method} {path} HTTP/1.1"] + [
            f"{name}: {value}" for name, value in given.items() if value is not None
        ]
        return self.raw("\r\n".join([*head, "", ""]).encode() + body)

    def form(
        self,
        path: str,
        headers: Mapping[str, str | None] | None = None,
        more: Mapping[str, str] | None = None,
        **fields: str,
    ) -> Answer:
        """A form of our own page. `more` are fields whose names are no words of Python."""
        body = urlencode({**{key.rstrip("_"): text for key, text in fields.items()}, **(more or {})})
        return self.ask("POST", path, headers, body.encode())

    def upload(
        self,
        *files: tuple[str | bytes, bytes],
        account: str = "default",
        fields: Iterable[tuple[str, str]] = (),
        to: str = "/import",
    ) -> Answer:
        """Files as a browser uploads them; each has its name, as bytes where it is no text."""
        parts = [_part(f'name="{name}"', text.encode()) for name, text in [("account", account), *fields]]
        parts += [_part(b'name="files"; filename="' + _bytes(name) + b'"', content) for name, content in files]
        body = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
        return self.ask("POST", to, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}, body)

    def raw(self, request: bytes | Iterable[bytes]) -> Answer:
        """Bytes as they are, and what comes back until the server closes the connection."""
        received = bytearray()
        with socket.create_connection(("127.0.0.1", self.port), timeout=WAIT) as wire:
            with contextlib.suppress(ConnectionError):  # it may close before all is sent
                for part in [request] if isinstance(request, bytes) else request:
                    wire.sendall(part)
            with contextlib.suppress(ConnectionError):
                while part := wire.recv(65536):
                    received += part
        return _answer(bytes(received))

    def alive(self) -> bool:
        """Whether the server still shows its first page."""
        return self.process.poll() is None and self.ask("GET", "/").status == 200


@contextlib.contextmanager
def a_target(folder: Path) -> Iterator[Target]:
    """A target of its own, ended afterwards."""
    with running(SandboxSettings(api_key=KEY)) as sandbox:
        env = {
            **os.environ,
            "IMPORTER_LEDGER_URL": f"sqlite:///{folder / 'ledger.db'}",
            "IMPORTER_BASE_URL": sandbox.base_url,
            "IMPORTER_API_KEY": KEY,
            "TMPDIR": str(folder),
        }
        ended = {hashlib.sha256(ENDED.encode()).hexdigest(): "2020-01-01T00:00:00+00:00"}
        (folder / "web-sessions.json").write_text(json.dumps(ended))
        with (folder / "web.err").open("w") as errors, subprocess.Popen(
            [IMPORTER, "web", "--port", "0", "--json"], cwd=folder, env=env, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=errors,
        ) as process:  # fmt: skip
            try:
                assert process.stdout is not None
                yield Target(folder, sandbox, process, json.loads(process.stdout.readline())["link"])
            finally:
                process.terminate()
                process.wait(WAIT)


def _part(called: str | bytes, content: bytes) -> bytes:
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; ".encode() + _bytes(called)
    return head + b"\r\n\r\n" + content + b"\r\n"


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def _answer(received: bytes) -> Answer:
    head, _, body = received.partition(b"\r\n\r\n")
    if not head:
        return Answer(0)
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = [line.partition(": ") for line in lines]
    return Answer(
        int(first.split()[1]), [(name.lower(), value) for name, _, value in pairs], body.decode("utf-8", "replace")
    )
