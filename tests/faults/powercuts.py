"""The power goes off: whatever the ledger had called durable must be there on the next start.

A writer works on an ext4 image behind a loop device. A cut stops it, copies the image as it is below the page cache of
its file system, and mounts the copy: what had not been flushed is not in it. A drive that lies about flushes is not
modelled.
"""

import argparse
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

from importer.domain.clock import SystemClock
from importer.errors import LedgerError
from importer.ledger.store import open_ledger
from importer.ledger.verify import verify
from importer.tools.sample import write_sample
from tests.faults.mounts import mounted, need_mounts
from tests.faults.verdict import Skip, Verdict
from tests.faults.world import ROOT, end

IMAGE_MIB = 32
CUTS_PER_IMAGE = 10
START = 60.0  # seconds a writer may take to begin


class Writer:
    """A writing process and what it has been told is durable, as far as it could say so."""

    def __init__(self, ledger: Path, sample: Path) -> None:
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.writer", f"sqlite:///{ledger}", str(sample)],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.decode().strip())

    def stop(self) -> list[str]:
        """Stop it where it stands; everything it has said until now."""
        os.kill(self.process.pid, signal.SIGSTOP)
        while not _is_stopped(self.process.pid):
            time.sleep(0.001)
        before = -1
        while before != len(self.lines):  # what is in the pipe was said before
            before = len(self.lines)
            time.sleep(0.02)
        return list(self.lines)

    def go_on(self) -> None:
        """Let it run."""
        os.kill(self.process.pid, signal.SIGCONT)

    def end(self) -> None:
        """Kill it, and leave nothing of it open."""
        end(self.process)
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


def _is_stopped(pid: int) -> bool:
    """Whether every thread of a process stands still (or it has ended)."""
    try:
        states = [
            (task / "stat").read_text().rpartition(")")[2].split()[0] for task in Path(f"/proc/{pid}/task").iterdir()
        ]
    except OSError:
        return False
    return all(state in {"T", "Z"} for state in states)


def powercut(options: argparse.Namespace) -> Verdict:
    """Cut the power under a writing ledger: every commit it had acknowledged is there afterwards."""
    need_mounts("mkfs.ext4")
    if not Path("/dev/loop-control").exists():
        raise Skip("there are no loop devices")
    rng = random.Random(options.seed)
    verdict = Verdict()
    cuts = acknowledged = most = 0
    while cuts < options.count:
        with tempfile.TemporaryDirectory() as text:
            folder = Path(text)
            write_sample(folder / "sample.csv", invoices=options.invoices, lines=2, seed=options.seed)
            image = folder / "disk.img"
            _format(image)
            with mounted(folder / "disk", "-o", "loop", str(image)) as disk:
                writer = Writer(disk / "ledger.db", folder / "sample.csv")
                try:
                    for _ in range(min(CUTS_PER_IMAGE, options.count - cuts)):
                        _let_run(writer, rng)
                        said = writer.stop()
                        shutil.copyfile(image, folder / "copy.img")
                        lost = _inspect(folder, said, verdict)
                        cuts += 1
                        acknowledged += len(said)
                        verdict.lost += lost
                        most = max(most, lost)
                        if "done" in said:
                            break
                        writer.go_on()
                finally:
                    writer.end()
    print(f"{cuts} cuts, {acknowledged} acknowledged commits looked for, at most {most} lost in one cut")
    verdict.figures |= {"cuts": cuts, "acknowledged": acknowledged}
    return verdict


def _format(image: Path) -> None:
    with image.open("wb") as file:
        file.truncate(IMAGE_MIB * 2**20)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)


def _let_run(writer: Writer, rng: random.Random) -> None:
    """Until the plan is stored (one cut in ten comes before), and then for a moment."""
    if rng.random() < 0.1:
        time.sleep(rng.random() * 2)
        return
    waited = time.monotonic()
    while not writer.lines and writer.process.poll() is None and time.monotonic() - waited < START:
        time.sleep(0.005)
    time.sleep(0.02 + rng.random() * 0.15)


def _inspect(folder: Path, said: list[str], verdict: Verdict) -> int:
    """Mount the copy, open the ledger as the next start would, and count what was acknowledged and is not there."""
    with mounted(folder / "after", "-o", "loop", str(folder / "copy.img")) as after:
        ledger = after / "ledger.db"
        if not said and not ledger.exists():
            return 0
        try:
            with open_ledger(f"sqlite:///{ledger}", clock=SystemClock(), threaded=False) as opened:
                problems = verify(opened.database)
        except LedgerError as error:
            print(f"after a cut the ledger does not open: {error.message}")
            verdict.corrupt += 1
            return len(said)
        for problem in problems:
            print(problem)
        verdict.corrupt += bool(problems)
        with closing(sqlite3.connect(ledger)) as raw:
            rows = raw.execute("SELECT external_id, state, attempts FROM invoices").fetchall()
    there = {"planned"} if rows else set()
    there |= {f"attempt {name}" for name, _, attempts in rows if attempts}
    there |= {f"outcome {name}" for name, state, _ in rows if state == "posted"}
    return len(set(said) - there - {"done"})
