"""The part of a test session that looks for canaries everywhere and fails the session where one got out.

While tests run: log records, what commands print, their arguments as the system shows them, the texts of refusals, in
every process. At the end: every file the session has left, reports and ledgers included. All temporary files of the
session, also those of the processes it starts, lie in one folder of its own for that.
"""

import contextlib
import logging
import os
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from importer.errors import ImporterError
from tests.secrets.allowed import reason
from tests.secrets.canaries import CANARIES
from tests.secrets.everywhere import canary_notes
from tests.secrets.everywhere.canary_notes import FOLDER, Canary, Notes, Sighting, command_of
from tests.secrets.files import sightings_in

EVERYWHERE = Path(canary_notes.__file__).parent
SHOWN = 40  # leaks told at most
NODE = "tests/secrets/watch.py::canaries"


class Watch:
    """A plugin of pytest, registered in `pytest_configure`. With xdist each worker has one; that of the controller judges."""

    def __init__(self, config: pytest.Config, canaries: Iterable[Canary] = CANARIES) -> None:
        self.config = config
        # pytest's own folder, which it clears away some sessions later; its fixture would come too late
        self.root: Path = config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
        self.judges = not hasattr(config, "workerinput")
        if self.judges:
            self.notes = Notes.begin(self.root / "canaries", canaries)
            os.environ[FOLDER] = str(self.notes.folder)
            path = [str(EVERYWHERE), *filter(None, [os.environ.get("PYTHONPATH")])]
            os.environ["PYTHONPATH"] = os.pathsep.join(path)
        else:
            self.notes = Notes.of_session()
        (self.root / "tmp").mkdir()
        os.environ["TMPDIR"] = str(self.root / "tmp")
        tempfile.tempdir = None  # somebody may have asked before
        self.notes.watch_logs(logging.DEBUG)
        watch_refusals(self.notes)
        watch_commands(self.notes)
        self.told = ""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Look through what a test printed itself; log records were looked through as they were made."""
        report = yield
        if report.when == "teardown":  # it has the output of all phases
            for name, text in report.sections:
                if name.startswith(("Captured stdout", "Captured stderr")):
                    self.notes.look(f"{name.split()[1]} of a test", text, item.nodeid)
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Judge when all tests are through: a leak is one more failed test."""
        began = time.monotonic()
        if not self.judges:  # each worker looks through its own files, all at the same time
            for sighting in sightings_in(self.root, self.notes):
                self.notes.write(sighting)
            self.notes.finish(self.root)
            return
        finished = self.notes.finished()
        seen = {*sightings_in(self.root, self.notes, but=finished), *self.notes.sightings()}
        looked = self.notes.looked + sum(finished.values())
        leaks = sorted(sighting for sighting in seen if not reason(sighting))
        self.told = (
            f"canaries: {looked} texts and files looked through, {time.monotonic() - began:.1f} s at the end, "
            f"seen {len(seen) - len(leaks)} times where they may be, {len(leaks)} leaks"
        )
        if leaks:
            self.config.hook.pytest_runtest_logreport(report=_failed(leaks))
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """One line, so that nobody need believe that the check was made."""
        if self.told:
            terminalreporter.write_line(self.told)


def _failed(leaks: Sequence[Sighting]) -> pytest.TestReport:
    lines = [
        f"{sighting.kind} in: {sighting.place}\n    {sighting.excerpt}\n    {sighting.test or 'found at the end'}"
        for sighting in leaks[:SHOWN]
    ]
    lines.append(f"{len(leaks)} leaks. Where a key or a customer may be stands in tests/secrets/allowed.py.")
    return pytest.TestReport(NODE, (NODE, None, "canaries"), {}, "failed", "\n".join(lines), "call")


def watch_refusals(notes: Notes) -> None:
    """Look through the text of every refusal, also of those that a test catches before anybody is told."""
    usual = ImporterError.__init__

    def begin(self: ImporterError, code: str, message: str, *, fix: str) -> None:
        usual(self, code, message, fix=fix)
        notes.look(f"error {code}", f"{message}\n{fix}")

    setattr(ImporterError, "__init__", begin)  # noqa: B010 - a method is not assigned to in plain sight of the type checker


def watch_commands(notes: Notes) -> None:
    """Look through the arguments of every command a test starts, as the system shows them to all, and what it prints."""

    class Watched(subprocess.Popen[Any]):
        def __init__(self, arguments: Any, *positional: Any, **more: Any) -> None:
            super().__init__(arguments, *positional, **more)
            words = [arguments] if isinstance(arguments, str | bytes | os.PathLike) else list(arguments)
            self.command = command_of([os.fsdecode(word) for word in words])
            notes.look("argv", "\0".join(os.fsdecode(word) for word in words))
            with contextlib.suppress(OSError):  # it may be over already
                notes.look("argv", Path(f"/proc/{self.pid}/cmdline").read_bytes())

        def communicate(self, *arguments: Any, **more: Any) -> tuple[Any, Any]:
            out, err = super().communicate(*arguments, **more)
            notes.look(f"stdout {self.command}", out)
            notes.look(f"stderr {self.command}", err)
            return out, err

    setattr(subprocess, "Popen", Watched)  # noqa: B010 - same
