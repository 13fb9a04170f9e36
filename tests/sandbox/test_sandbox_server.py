"""Starting, stopping, ports, files: the sandbox as a process lives with it."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from importer.domain.clock import SystemClock
from importer.errors import SettingsError
from importer.facturalia.sandbox import DEFAULT_API_KEY, SandboxSettings, SandboxThread, running
from importer.facturalia.sandbox.openapi import EXAMPLE

SERVE = """
import sys
from importer.facturalia.sandbox import SandboxSettings, serve
serve(SandboxSettings(database=sys.argv[1]), 0, ready=lambda sandbox: print(sandbox.base_url, flush=True))
print("stopped", flush=True)
"""


def post(sandbox_url: str, **parts: Any) -> httpx.Response:
    """The example order, with top-level parts replaced."""
    headers = {"Authorization": f"Bearer {DEFAULT_API_KEY}"}
    return httpx.post(f"{sandbox_url}/invoices", json={**EXAMPLE, **parts}, headers=headers, trust_env=False)


def test_a_sandbox_in_a_thread_is_there_at_once_and_gone_after() -> None:
    """Listening when the block is entered; port, thread and socket are free when it is left."""
    with running() as sandbox:
        assert sandbox.base_url == f"http://127.0.0.1:{sandbox.port}/api/v1"
        assert post(sandbox.base_url).status_code == 201
        assert sandbox.count() == len(sandbox.requests()) == len(sandbox.invoices()) == 1
        assert httpx.get(sandbox.page_url, trust_env=False).status_code == 200

    assert "facturalia-sandbox" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(httpx.ConnectError):
        post(sandbox.base_url)
    with running(port=sandbox.port) as again:  # at once, on the same port
        assert post(again.base_url).status_code == 201


class SlowClock(SystemClock):
    """A clock that is two days behind."""

    def now(self) -> datetime:
        """The wall clock."""
        return super().now() - timedelta(days=2)


def test_answers_are_dated_by_the_sandboxs_own_clock() -> None:
    """One `Date` stands in every answer, whatever it says, and it is that of the clock the sandbox lives by."""
    with running(clock=SlowClock()) as sandbox:
        answers = [
            post(sandbox.base_url),
            post(sandbox.base_url, lines=[]),
            httpx.get(sandbox.page_url, trust_env=False),
        ]
        missing = httpx.get(f"{sandbox.base_url}/nothing", trust_env=False)
    now = SystemClock().now()
    for answer in [*answers, missing]:
        (date,) = answer.headers.get_list("date")
        assert timedelta(0) <= now - timedelta(days=2) - parsedate_to_datetime(date) < timedelta(minutes=1)


def test_stopping_twice_is_stopping() -> None:
    """`stop` inside the block does no harm."""
    with running() as sandbox:
        sandbox.stop()


def test_stopping_does_not_wait_for_slow_answers() -> None:
    """A request that would take a minute is cut off when the sandbox stops."""
    sandbox = SandboxThread(SandboxSettings(faults="slow:60:1"))
    ends: list[str] = []

    def wait() -> None:
        try:
            post(sandbox.base_url)
        except httpx.TransportError as error:
            ends.append(type(error).__name__)

    caller = threading.Thread(target=wait)
    caller.start()
    while sandbox.count() == 0:
        time.sleep(0.01)
    begin = time.monotonic()
    sandbox.stop()
    caller.join()

    assert time.monotonic() - begin < 3
    assert ends == ["RemoteProtocolError"]


def test_answers_are_not_held_back() -> None:
    """On one connection a request takes a few milliseconds: Nagle's algorithm, which adds 40, is off."""
    headers = {"Authorization": f"Bearer {DEFAULT_API_KEY}"}
    with running() as sandbox, httpx.Client(headers=headers, trust_env=False) as client:
        durations = []
        for _ in range(30):
            begin = time.monotonic()
            client.post(f"{sandbox.base_url}/invoices", json=EXAMPLE)
            durations.append(time.monotonic() - begin)

    assert sorted(durations)[10] < 0.035


def test_a_taken_port_is_a_settings_error() -> None:
    """The message names the port and the remedy; no thread and no socket stay behind."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(SettingsError) as caught:
            SandboxThread(port=port)

    assert caught.value.code == "sandbox-port"
    assert str(port) in caught.value.message


@pytest.mark.parametrize("content", [None, b"this is no database, it is a text of some length" * 100])
def test_a_file_that_cannot_be_used_is_a_settings_error(tmp_path: Path, content: bytes | None) -> None:
    """A folder that does not exist, or a file of another kind, stops the start with a remedy."""
    path = tmp_path / "nowhere" / "sandbox.db"
    if content is not None:
        path = tmp_path / "notes.txt"
        path.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        SandboxThread(SandboxSettings(database=path))

    assert caught.value.code == "sandbox-database"
    assert content is None or path.read_bytes() == content


def test_a_database_remembers_over_restarts(tmp_path: Path) -> None:
    """Invoices, keys and numbers go on where they were."""
    settings = SandboxSettings(database=tmp_path / "sandbox.db")
    with running(settings) as sandbox:
        first = post(sandbox.base_url, external_id="e-1")
    with running(settings) as sandbox:
        again = post(sandbox.base_url, external_id="e-1")
        other = post(sandbox.base_url, external_id="e-2")

    assert again.content == first.content
    assert other.json()["invoice"]["number"] == "2026/0002"


def test_another_base_path_is_served() -> None:
    """The API stands where it is told to; elsewhere is 404."""
    with running(SandboxSettings(base_path="/v9")) as sandbox:
        assert post(sandbox.base_url).status_code == 201
        assert post(f"{sandbox.page_url}api/v1").status_code == 404


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_serve_survives_in_its_file(tmp_path: Path, ending: signal.Signals) -> None:
    """`serve` says when it is ready; Ctrl-C returns; however it ends, what was answered 201 is in the file."""
    command = [sys.executable, "-W", "error", "-c", SERVE, str(tmp_path / "sandbox.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        answer = post(process.stdout.readline().strip())
        os.kill(process.pid, ending)
        out, err = process.communicate(timeout=20)

    assert answer.status_code == 201
    assert err == ""
    assert (process.returncode, out) == ((0, "stopped\n") if ending is signal.SIGINT else (-ending, ""))
    with running(SandboxSettings(database=tmp_path / "sandbox.db")) as sandbox:
        assert [invoice.answer for invoice in sandbox.invoices()] == [answer.content]
