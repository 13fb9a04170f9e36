"""The command as a real process: signals, pipes, locks, terminals, and the end of the machine's patience."""

import json
import os
import pty
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from desk import CUSTOMER, IMPORTER, Desk, a_desk, row, rows

from importer.facturalia.sandbox import RateLimit, SandboxSettings
from tests.secrets.canaries import KEY
from tests.secrets.everywhere.canary_notes import Notes, command_of

PATIENCE = 60.0  # seconds until a test gives up
BOOM = """
import os
import sys
import {module}
def boom(*_, **__):
    customer = os.environ["CUSTOMER"]  # arguments are for all to see
    raise RuntimeError(customer)
{module}.{what} = boom
from importer.cli.main import run
run(sys.argv[1:])
"""


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Desk]:
    """A desk whose sandbox takes a tenth of a second for each answer."""
    with a_desk(tmp_path, SandboxSettings(latency=0.1)) as made:
        yield made


def until(true: Callable[[], bool]) -> None:
    """Wait for something that must come true."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)


def halt(sender: "subprocess.Popen[str]", ledger: Path) -> None:
    """Stop a sender between two of its writes: halted inside one it would keep the ledger from everybody else."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        sender.send_signal(signal.SIGSTOP)
        with closing(sqlite3.connect(ledger, timeout=0, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                sender.send_signal(signal.SIGCONT)
                time.sleep(0.01)
                continue
            connection.execute("ROLLBACK")
            return
    pytest.fail("it was writing whenever it was looked at")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_finishes_what_is_under_way_and_the_rerun_goes_on(slow: Desk, how: signal.Signals) -> None:
    """Ctrl-C in mid-run: exit 3, no invoice left without its outcome; the rerun posts each of the rest exactly once."""
    slow.file("maart.csv", rows(60))
    with slow.start("import", "maart.csv", "-m", "demo", "--yes", "--json") as started:
        until(lambda: slow.count >= 5)
        started.send_signal(how)
        out, err = started.communicate(timeout=PATIENCE)

    found = json.loads(out)
    assert (started.returncode, found["exit"]) == (3, 3)
    assert "stopping after the invoices under way" in err
    assert "Traceback" not in err
    posted = found["invoices"]["posted"]
    assert 5 <= posted < 60
    assert posted == slow.count == slow.requests
    assert slow.run("status", "--json").object()["states"]["sending"] == 0

    again = slow.run("import", "maart.csv", "-m", "demo", "--yes", "--json")
    assert (again.code, again.object()["invoices"]["posted"]) == (0, 60 - posted)
    assert again.object()["recovered"] == {"posted": 0, "unknown": 0}
    assert slow.count == slow.requests == 60


def test_a_killed_run_is_settled_by_the_next(slow: Desk) -> None:
    """After SIGKILL the next import first settles what was unanswered, tells it as recovered, and doubles nothing."""
    slow.file("maart.csv", rows(40))
    with slow.start("import", "maart.csv", "-m", "demo", "--yes") as started:
        until(lambda: slow.count >= 5)
        started.kill()
        started.communicate(timeout=PATIENCE)
    assert started.returncode == -signal.SIGKILL
    open_ones = slow.run("status", "--json").object()["states"]["sending"]
    assert open_ones > 0

    said = slow.run("import", "maart.csv", "-m", "demo", "--yes", "--json")

    found = said.object()
    assert said.code == 0
    assert found["recovered"] == {"posted": open_ones, "unknown": 0}
    assert found["invoices"]["posted"] + found["invoices"]["already_posted"] == 40
    assert slow.count == 40
    assert slow.run("ledger", "verify", "--json").code == 0


def test_a_second_sender_gives_way(slow: Desk) -> None:
    """While one import sends, `resolve` gives way in seconds, and a second import waits and then posts nothing twice."""
    slow.file("maart.csv", rows(100))
    line = ("import", "maart.csv", "-m", "demo", "--yes", "--json")
    with slow.start(*line) as first:
        until(lambda: slow.count >= 3)
        halt(first, slow.folder / "ledger.db")  # however busy the machine is, the second comes while the first is at it
        with slow.start(*line) as second:
            try:
                assert second.stderr is not None
                assert any("waiting up to a minute for another import" in said for said in second.stderr)
            finally:
                first.send_signal(signal.SIGCONT)
            out, _ = second.communicate(timeout=PATIENCE)
        first.communicate(timeout=PATIENCE)

    assert (first.returncode, second.returncode) == (0, 0)
    assert json.loads(out)["invoices"]["already_posted"] == 100
    assert slow.count == slow.requests == 100


def test_a_limit_is_told_with_the_moment_it_ends(tmp_path: Path) -> None:
    """Facturalia asks for a pause: it is said once, with its end, and the run goes on by itself."""
    with a_desk(tmp_path, SandboxSettings(rate_limit=RateLimit(10, 2.0))) as desk:
        desk.file("maart.csv", rows(12))
        said = desk.process("import", "maart.csv", "-m", "demo", "--yes", "--json")

        assert said.code == 0
        assert 1 <= said.err.count("asks to wait until") <= 3  # not once for each of the requests
        assert desk.count == 12


def test_a_pipe_that_closes_is_no_fault(tmp_path: Path) -> None:
    """`importer check … | head -1` says nothing of it and keeps its exit code."""
    desk = Desk(tmp_path, None)
    desk.file("slecht.csv", [row(f"B-{number}", price="x" * 500) for number in range(400)])
    reading, writing = os.pipe()
    with subprocess.Popen(
        [IMPORTER, "check", "slecht.csv", "-m", "demo", "--json"],
        cwd=tmp_path, env={**os.environ, **desk.settings}, stdout=writing, stderr=subprocess.PIPE, text=True,
    ) as started:  # fmt: skip
        os.close(writing)
        os.close(reading)
        _, err = started.communicate(timeout=PATIENCE)

    assert started.returncode == 1
    assert "Broken" not in err
    assert "rror" not in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_output_that_is_lost_is_told(tmp_path: Path) -> None:
    """Invoices are posted although standard output is full; the exit code says that nobody could be told."""
    with a_desk(tmp_path) as desk:
        desk.file("maart.csv", rows(2))
        with Path("/dev/full").open("w") as full:
            made = subprocess.run(
                [IMPORTER, "import", "maart.csv", "-m", "demo", "--yes", "--json"],
                cwd=tmp_path, env={**os.environ, **desk.settings}, stdout=full, stderr=subprocess.PIPE, check=False,
            )  # fmt: skip
        assert made.returncode == 2
        assert b"could not be written" in made.stderr
        assert b"Traceback" not in made.stderr
        assert desk.count == 2


def test_closed_streams_harm_no_ledger(tmp_path: Path) -> None:
    """Started without any stream (`<&- >&- 2>&-`), an import does its work and writes no word into the ledger's file."""
    with a_desk(tmp_path) as desk:
        desk.file("maart.csv", rows(2))
        made = subprocess.run(
            ["sh", "-c", f'"{IMPORTER}" import maart.csv -m demo --yes <&- >&- 2>&-'],
            cwd=tmp_path, env={**os.environ, **desk.settings}, check=False,
        )  # fmt: skip
        assert made.returncode == 0
        assert desk.count == 2
        assert desk.run("ledger", "verify", "--json").code == 0


@pytest.mark.parametrize(("module", "what"), [("importer.pipeline", "read_tables"), ("importer.sending", "submit")])
def test_a_bug_ends_with_70_and_keeps_secrets(tmp_path: Path, module: str, what: str) -> None:
    """A planted fault: exit 70, one object, the trace in a private file that holds no data of customers."""
    with a_desk(tmp_path) as desk:
        desk.file("maart.csv", rows(2))
        made = subprocess.run(
            [sys.executable, "-c", BOOM.format(module=module, what=what), "import", "maart.csv", "-m", "demo", "--yes", "--json"],
            cwd=tmp_path, env={**os.environ, **desk.settings, "CUSTOMER": CUSTOMER}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        (kept,) = tmp_path.glob("importer-bug-*")
        api_key = desk.server.api_key if desk.server else ""

        assert made.returncode == 70
        assert json.loads(made.stdout)["error"]["code"] == "bug"
        assert str(kept) in json.loads(made.stdout)["error"]["fix"]
        assert kept.stat().st_mode & 0o077 == 0
        trace = kept.read_text(encoding="utf-8")
        assert "boom" in trace
        assert "RuntimeError" in trace
        for text in (made.stdout, made.stderr, trace):
            assert CUSTOMER not in text
            assert api_key not in text
        assert "Traceback" not in made.stderr
        # nothing is lost by it
        assert desk.run("import", "maart.csv", "-m", "demo", "--yes").code == 0
        assert desk.count == 2


def test_a_locked_ledger_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another program holds the ledger's write lock an import gives up in time, sends nothing, and works later."""
    monkeypatch.setattr("importer.cli.setup.LEDGER_WAIT", 0.2)
    with a_desk(tmp_path) as desk:
        desk.file("maart.csv", rows(2))
        assert desk.run("ledger", "upgrade").code == 0
        for lock in ("IMMEDIATE", "EXCLUSIVE"):
            with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as other:
                other.execute(f"BEGIN {lock}")
                said = desk.run("import", "maart.csv", "-m", "demo", "--yes", "--json")
                other.execute("ROLLBACK")
            assert said.code == 3
            assert said.refusal() == "ledger-locked"

        assert desk.requests == 0
        assert desk.run("import", "maart.csv", "-m", "demo", "--yes").code == 0


def test_a_server_that_is_down_costs_seconds_not_minutes(tmp_path: Path) -> None:
    """Nobody listens: five attempts, exit 3, the invoice ready for the next run, in less than half a minute."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    desk = Desk(tmp_path, None)
    desk.file("maart.csv", rows(1))
    begun = time.monotonic()

    said = desk.run(
        "import", "maart.csv", "-m", "demo", "--yes", "--json",
        IMPORTER_BASE_URL=f"http://127.0.0.1:{port}/api/v1", IMPORTER_API_KEY=KEY,
    )  # fmt: skip

    assert time.monotonic() - begun < 30
    assert (said.code, said.object()["invoices"]["ready"]) == (3, 1)
    assert (
        desk.run("status", "--json", IMPORTER_BASE_URL=f"http://127.0.0.1:{port}/api/v1").object()["states"]["ready"]
        == 1
    )


class _Down(BaseHTTPRequestHandler):
    """A server that does nothing and says so at once."""

    protocol_version = "HTTP/1.1"
    status = 503
    asked = 0

    def do_POST(self) -> None:
        """No, try again now."""
        type(self).asked += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.status)
        self.send_header("Retry-After", "0")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is that of the base class
        """Say nothing."""


@pytest.mark.parametrize(("status", "code"), [(503, "api-down"), (429, "rate-limited")])
def test_ten_failures_in_a_row_pause_the_run(tmp_path: Path, status: int, code: str) -> None:
    """A server that answers 503 or 429 is asked about ten times for a hundred invoices, then left alone: exit 3."""
    desk = Desk(tmp_path, None)
    desk.file("maart.csv", rows(100))
    _Down.asked, _Down.status = 0, status
    with ThreadingHTTPServer(("127.0.0.1", 0), _Down) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/api/v1"
        said = desk.run(
            "import", "maart.csv", "-m", "demo", "--yes", "--json", IMPORTER_BASE_URL=url, IMPORTER_API_KEY=KEY
        )
        server.shutdown()

    assert said.code == 3
    assert said.object()["stopped"]["code"] == code
    assert 10 <= _Down.asked <= 14  # four may be under way when the tenth fails
    assert said.object()["invoices"]["ready"] == 100


def test_the_sandbox_serves_until_it_is_stopped(tmp_path: Path) -> None:
    """`sandbox` prints settings to copy that work, lists what it received as CSV, and ends quietly with Ctrl-C."""
    desk = Desk(tmp_path, None)
    desk.file("maart.csv", rows(2))
    with desk.start("sandbox", "--port", "0") as started:
        assert started.stdout is not None
        lines = [started.stdout.readline() for _ in range(3)]
        settings = dict(line.removeprefix("export ").strip().split("=", 1) for line in lines[:2])
        said = desk.run("import", "maart.csv", "-m", "demo", "--yes", "--json", **settings)
        page = next(word for word in lines[2].split() if word.startswith("http"))
        with urlopen(f"{page}export.csv", timeout=PATIENCE) as answer:  # noqa: S310 - the page of our own sandbox
            listed = answer.read().decode("utf-8-sig")
        started.send_signal(signal.SIGINT)
        _, err = started.communicate(timeout=PATIENCE)

    assert (said.code, said.object()["invoices"]["posted"]) == (0, 2)
    assert "T-0001" in listed
    assert started.returncode == 0
    assert err == ""


def test_the_sandbox_tells_programs_where_it_is(tmp_path: Path) -> None:
    """`sandbox --json` prints one object with address and key, then serves."""
    with Desk(tmp_path, None).start("sandbox", "--port", "0", "--json") as started:
        assert started.stdout is not None
        found = json.loads(started.stdout.readline())
        started.send_signal(signal.SIGINT)
        out, _ = started.communicate(timeout=PATIENCE)

    assert set(found) == {"exit", "base_url", "api_key", "page"}
    assert out == ""


def test_the_pages_tell_programs_their_link(tmp_path: Path) -> None:
    """`web --json` prints one object with the link that lets one browser in, then serves until it is interrupted."""
    with a_desk(tmp_path) as desk, desk.start("web", "--port", "0", "--json") as started:
        assert started.stdout is not None
        found = json.loads(started.stdout.readline())
        with pytest.raises(HTTPError, match="401"):
            urlopen(found["link"].partition("/enter")[0] + "/")  # noqa: S310 - our own server
        started.send_signal(signal.SIGINT)
        out, _ = started.communicate(timeout=PATIENCE)

    assert set(found) == {"exit", "link"}
    assert out == ""
    assert started.returncode == 0


class Terminal:
    """A process that believes it sits in a terminal."""

    def __init__(self, desk: Desk, *arguments: str) -> None:
        master, slave = pty.openpty()
        self._master = master
        self._command = command_of(arguments)
        self.seen = ""
        self.process = subprocess.Popen(
            [IMPORTER, *arguments], cwd=desk.folder, env={**os.environ, **desk.settings, "COLUMNS": "80", "TERM": "xterm"},
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        )  # fmt: skip
        os.close(slave)

    def read_until(self, words: str) -> None:
        """Wait for words on the screen."""
        end = time.monotonic() + PATIENCE
        while words not in self.seen:
            assert time.monotonic() < end, self.seen
            self.seen += self._read()

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._master, keys)

    def end(self) -> int:
        """Read to the end; the exit code."""
        while part := self._read():
            self.seen += part
        os.close(self._master)
        Notes.of_session().look(f"screen {self._command}", self.seen)
        return self.process.wait(timeout=PATIENCE)

    def wait_for_input(self) -> None:
        """Wait until it sleeps at its question: a signal in the moment before would find nobody reading."""
        stat, end, asleep = Path(f"/proc/{self.process.pid}/stat"), time.monotonic() + PATIENCE, 0
        while asleep < 5:
            assert time.monotonic() < end, self.seen
            time.sleep(0.02)
            asleep = asleep + 1 if stat.read_text().rpartition(")")[2].split()[0] == "S" else 0

    def _read(self) -> str:
        assert select.select([self._master], [], [], PATIENCE)[0], f"silent after {self.seen}"
        try:
            return os.read(self._master, 65536).decode()
        except OSError:  # the other side is closed
            return ""


def test_a_person_is_asked_and_may_say_no(tmp_path: Path) -> None:
    """In a terminal the plan, its total and its address are shown first; "n", or just Enter, sends nothing: exit 3."""
    with a_desk(tmp_path) as desk:
        desk.file("maart.csv", rows(3))
        for keys in (b"n\n", b"\n"):
            screen = Terminal(desk, "import", "maart.csv", "-m", "demo")
            screen.read_until("Post them?")
            screen.type(keys)
            assert screen.end() == 3
            assert "3 invoices, 72.60 euro incl. VAT" in screen.seen
            assert "127.0.0.1" in screen.seen
            assert "Nothing was sent." in screen.seen
        assert desk.requests == 0


def test_ctrl_c_at_the_question_ends_at_once(tmp_path: Path) -> None:
    """The first Ctrl-C at the question is enough: exit 3, nothing stored, nothing sent."""
    with a_desk(tmp_path) as desk:
        desk.file("maart.csv", rows(3))
        screen = Terminal(desk, "import", "maart.csv", "-m", "demo")
        screen.read_until("Post them?")
        screen.wait_for_input()
        screen.process.send_signal(signal.SIGINT)

        assert screen.end() == 3
        assert "Stopped." in screen.seen
        assert desk.requests == 0
        assert desk.run("runs", "--json").object()["runs"] == []


def test_yes_in_a_terminal_posts_with_a_moving_line(tmp_path: Path) -> None:
    """After "y" the invoices go, one line counts them, and no line of the screen is wider than the terminal."""
    with a_desk(tmp_path) as desk:
        desk.file("maart.csv", rows(3))
        screen = Terminal(desk, "import", "maart.csv", "-m", "demo")
        screen.read_until("Post them?")
        screen.type(b"y\n")

        assert screen.end() == 0
        assert desk.count == 3
        assert "3 of 3: 3 posted" in screen.seen
        assert max(len(line) for line in screen.seen.replace("\r", "\n").split("\n") if "\x1b" not in line) <= 80
