"""The reader process, seen from the importer: started when the first workbook comes, kept for the next, never trusted.

It runs with a bounded memory and time, no network of ours, no settings and no open files but its two pipes. Whatever
happens to it, the importer lives on and says one sentence about the file.
"""

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from importer.errors import SourceError
from importer.stations.read.prescan import unreadable
from importer.stations.read.wire import BYTES, receive, send, send_words

SECONDS = 20  # of work for a small file; a sound one takes a fraction
SECONDS_PER_MIB = 12
_WALL = 3  # times as long by the clock: other programs want the machine too
_FAREWELL = 2  # seconds a process may take to die
_SIGXCPU = getattr(signal, "SIGXCPU", -1)  # not on every system
_LARGE = 4 << 20  # bytes of a file after which the process is let go, and its memory with it
_ROOT = Path(__file__).parents[3]
_START = "import sys; sys.path.append(sys.argv[1]); from importer.stations.read.child.main import run; run()"
_KEPT = ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP", "LANG", "LC_ALL")
_THREADS = {  # one thread is enough, and each would map memory that counts
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "ARROW_IO_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}


class Died(Exception):
    """The reader process ended in the middle of a request: because its time was over, or it got no more memory."""

    def __init__(self, *, overdue: bool, heavy: bool = False) -> None:
        super().__init__()
        self.overdue, self.heavy = overdue, heavy


class Unforeseen(Exception):
    """The reader process met an error that no code of its own had foreseen; its words are the name of the type."""


class ReaderProcess:
    """One process. Not for several threads at once."""

    def __init__(self) -> None:
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | _THREADS
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-I", "-X", "utf8", "-c", _START, str(_ROOT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what libraries say when they die is for nobody's eyes
            env=environment,
            close_fds=True,
        )
        self._overdue = False

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it can take requests."""
        return self._process.poll() is None

    def ask(
        self, words: Mapping[str, Any], *, seconds: int, data: bytes | None = None
    ) -> Iterator[bytes | dict[str, Any]]:
        """Send a request; gives its frames of bytes, and at last its answer. Raises Died.

        The answers must be taken to the end. `seconds` is the wall clock; then the process is ended.
        """
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        assert pipe_in is not None and pipe_out is not None  # noqa: S101, PT018 - as started
        clock = threading.Timer(seconds, self._end_overdue)
        clock.daemon = True
        clock.start()
        try:
            send_words(pipe_in, words)
            if data is not None:
                send(pipe_in, BYTES, data)
                pipe_in.flush()
            while True:
                tag, payload = receive(pipe_out)
                if tag == BYTES:
                    yield payload
                else:
                    yield json.loads(payload)
                    return
        except (EOFError, OSError, ValueError):
            code = self._death()
            raise Died(overdue=self._overdue or code == _SIGXCPU, heavy=code == signal.SIGABRT) from None
        finally:
            clock.cancel()

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._close()
        self._process.wait()

    def disown(self) -> None:
        """Let go of the process without ending it: after a fork it is another's."""
        self._close()
        self._process.returncode = 0  # so that nobody waits for it here

    def _close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # a request that never got through
                    pipe.close()

    def _death(self) -> int:
        """The signal that ended the process (0: none); it is given a moment to be quite dead."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_FAREWELL)
        code = self._process.returncode
        self.end()
        return -code if code is not None and code < 0 else 0

    def _end_overdue(self) -> None:
        self._overdue = True
        self._process.kill()


class _Keeper:
    """Keeps one idle process for the next file; every thread that reads meanwhile gets another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: ReaderProcess | None = None

    def take(self) -> ReaderProcess:
        """A process that is alive and belongs to the caller."""
        with self._lock:
            idle, self._idle = self._idle, None
        if idle is not None:
            if idle.alive:
                return idle
            idle.end()
        return ReaderProcess()

    def give_back(self, process: ReaderProcess) -> None:
        """The caller is done with it."""
        with self._lock:
            if self._idle is None and process.alive:
                self._idle = process
                return
        process.end()

    def pids(self) -> list[int]:
        """Of the idle process, if there is one."""
        with self._lock:
            return [] if self._idle is None else [self._idle.pid]

    def close(self) -> None:
        """End the idle process."""
        with self._lock:
            idle, self._idle = self._idle, None
        if idle is not None:
            idle.end()

    def forget(self) -> None:
        """After a fork: the process belongs to the other side; only our ends of its pipes are closed."""
        self._lock = threading.Lock()  # it may be held over there
        idle, self._idle = self._idle, None
        if idle is not None:
            idle.disown()


_keeper = _Keeper()  # of the whole process: a file must not pay for a start that another has paid
atexit.register(_keeper.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_keeper.forget)


def warm_up() -> None:
    """Start a process for the next file, if none is waiting."""
    _keeper.give_back(_keeper.take())


def idle_pids() -> list[int]:
    """The process that waits for the next file, if any."""
    return _keeper.pids()


class OpenBook:
    """A workbook opened in the reader process: its sheets, and what the reader found out about it."""

    def __init__(self, process: ReaderProcess, data: bytes, name: str, kind: str, *, exact: bool) -> None:
        self._process, self._name = process, name
        work = SECONDS + SECONDS_PER_MIB * (len(data) >> 20)
        self._seconds = work * _WALL
        request = {"do": "open", "name": name, "kind": kind, "seconds": work, "exact": exact}
        answer = self._one(request, data)
        self.format: str = answer["format"]
        self.detected: dict[str, str] = answer["detected"]
        self.sheets: list[dict[str, Any]] = answer["sheets"]

    def facts(self, sheet: int) -> dict[str, Any]:
        """last_row, last_column, hidden rows and merges of a sheet. Raises SourceError, Died."""
        return self._one({"do": "facts", "sheet": sheet})

    def rows(self, sheet: int, first: int, last: int | None, width: int | None) -> tuple[list[bytes], bool]:
        """Rows as Arrow streams (see `packed`), and whether they can be trusted. Raises SourceError, Died."""
        frames: list[bytes] = []
        request = {"do": "rows", "sheet": sheet, "first": first, "last": last, "width": width}
        for answer in self._process.ask(request, seconds=self._seconds):
            if isinstance(answer, bytes):
                frames.append(answer)
            else:
                return frames, "again" not in self._checked(answer)
        raise Died(overdue=False)

    def _one(self, request: Mapping[str, Any], data: bytes | None = None) -> dict[str, Any]:
        answers = list(self._process.ask(request, seconds=self._seconds, data=data))
        answer = answers[-1]
        assert isinstance(answer, dict)  # noqa: S101 - the last one always is
        return self._checked(answer)

    def _checked(self, answer: dict[str, Any]) -> dict[str, Any]:
        if "error" in answer:
            code, message, fix = answer["error"]
            if code == "memory":
                raise too_heavy(self._name)
            if code == "damage":
                raise unreadable(self._name) from Unforeseen(message)
            raise SourceError(code, message, fix=fix)
        return answer


def too_heavy(name: str) -> SourceError:
    """The error for a workbook that would take too much memory."""
    return SourceError(
        "file-too-heavy",
        f"{name} needs more memory than the importer gives to reading one file (1 GiB): it is very large, or damaged.",
        fix="Export in smaller parts, a month at a time; or open it in a spreadsheet program and save it anew.",
    )


def too_slow(name: str) -> SourceError:
    """The error for a workbook that takes too long."""
    return SourceError(
        "file-too-slow",
        f"{name} takes far longer to read than a workbook of its size should, so reading was stopped.",
        fix="Open it in a spreadsheet program, save it as Excel Workbook (.xlsx), and import that; or export smaller parts.",
    )


@contextmanager
def reader(size: int) -> Iterator[ReaderProcess]:
    """A reader process for a file of `size` bytes. It is kept for the next file, unless it grew or something broke."""
    process = _keeper.take()
    try:
        yield process
    except SourceError:
        if size > _LARGE:
            process.end()
        else:
            _keeper.give_back(process)
        raise
    except BaseException:
        process.end()
        raise
    if size > _LARGE:
        process.end()
    else:
        for _ in process.ask({"do": "close"}, seconds=SECONDS):
            pass
        _keeper.give_back(process)
