"""Failures at every single system call, by strace: SIGKILL, a full disk, a failing disk, a broken connection."""

import argparse
import os
import random
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import which
from typing import NamedTuple

from importer.facturalia.sandbox import SandboxSettings
from tests.faults.verdict import Skip, Verdict
from tests.faults.world import World

FILE_CALLS = ("write", "pwrite64", "fsync", "fdatasync")
NET_CALLS = ("sendto", "recvfrom")
INJECTED = "(INJECTED)"
CONCURRENCY = 4

# The two senders that are swept. Alone: a whole import, from the empty disk to the end, in one thread, so that every
# call has one number. Crowd: the real command that finishes a prepared ledger, with all its threads; strace counts the
# calls of each thread by itself, so call N is the N-th of whichever thread comes there first.
ALONE, CROWD = "alone", "crowd"


class Point(NamedTuple):
    """One place to strike: which sender, which call, its number from 1, and what happens there."""

    sender: str
    call: str
    number: int
    what: str  # as strace writes it: `signal=SIGKILL` or `error=EIO`

    def __str__(self) -> str:
        return f"{self.sender} {self.call} {self.number} {self.what}"


def syscalls(options: argparse.Namespace) -> Verdict:
    """SIGKILL, and broken connections, at every write, fsync, send and receive of a small import; then run again."""

    def strokes(call: str) -> Sequence[str]:
        return ("signal=SIGKILL", "error=ECONNRESET") if call in NET_CALLS else ("signal=SIGKILL",)

    return sweep(options, FILE_CALLS + NET_CALLS, strokes)


def failing_writes(options: argparse.Namespace) -> Verdict:
    """ENOSPC and EIO at every write to the ledger, EIO at every fsync; then run again."""

    def strokes(call: str) -> Sequence[str]:
        return ("error=EIO",) if "sync" in call else ("error=ENOSPC", "error=EIO")

    return sweep(options, FILE_CALLS[1:], strokes)


def sweep(options: argparse.Namespace, calls: Sequence[str], strokes: Callable[[str], Sequence[str]]) -> Verdict:
    """Strike each point in turn. `count` 0 takes all points of this part, else so many drawn by `seed`."""
    _need_strace()
    with tempfile.TemporaryDirectory() as folder:
        senders = (ALONE, CROWD) if options.sender == "both" else (options.sender,)
        found = {sender: _count_calls(Path(folder) / sender, sender, calls, options) for sender in senders}
        points = [
            Point(sender, call, number, what)
            for sender, counts in found.items()
            for call in calls
            for number in range(1, counts[call] + 1)
            for what in strokes(call)
        ]
        part, parts = options.part
        chosen = points[part - 1 :: parts]
        if options.count:
            chosen = random.Random(options.seed).sample(chosen, min(options.count, len(chosen)))
        for sender, counts in found.items():
            print(f"{sender}: {dict(counts)}")
        total, hits, exits = Verdict(), 0, Counter[int]()
        for place, point in enumerate(chosen):
            verdict, hit, code = _strike(Path(folder) / str(place), point, options)
            if not verdict.good:
                print(f"{point}: {verdict} {'; '.join(verdict.broken)}")
            total.add(verdict)
            hits += hit
            exits[code] += 1
    print(
        f"{len(chosen)} of {len(points)} points (part {part}/{parts}), {hits} hit; exits of the struck: {dict(exits)}"
    )
    total.demand(hits >= 0.8 * len(chosen), f"only {hits} of {len(chosen)} points were hit")
    total.figures |= {"points": len(chosen), "hit": hits}
    return total


def _need_strace() -> None:
    if which("strace") is None:
        raise Skip("strace is not installed")
    probe = subprocess.run(
        ["strace", "-f", "-e", "trace=write", "-e", "inject=write:error=EIO", "-o", os.devnull, "true"],
        capture_output=True,
        check=False,
    )
    if probe.returncode != 0:
        raise Skip("strace may not trace processes here")


def _world(folder: Path, sender: str, options: argparse.Namespace) -> World:
    # no number, no external_id: the Idempotency-Key alone must do
    number = sender == CROWD  # without numbers invoices go one by one
    world = World(
        folder,
        invoices=options.invoices * (3 if sender == CROWD else 1),
        settings=SandboxSettings(keep_external_ids=False),
        number=number,
        concurrency=CONCURRENCY,
    )
    if sender == CROWD:
        world.run([*world.importing(), "--limit", "1"])
    return world


def _command(world: World, sender: str) -> list[str]:
    return world.driving("--one-thread") if sender == ALONE else world.resuming()


def _strace(calls: Sequence[str], log: Path, *more: str) -> list[str]:
    return ["strace", "-f", "-qq", "-e", f"trace={','.join(calls)}", "-o", str(log), *more]


def _count_calls(folder: Path, sender: str, calls: Sequence[str], options: argparse.Namespace) -> Counter[str]:
    """How many of each call the busiest thread makes when nothing goes wrong."""
    with _world(folder, sender, options) as world:
        log = folder / "strace.log"
        # stopping at these calls alone takes a third of the time
        ended = world.run([*_strace(calls, log, "--seccomp-bpf"), *_command(world, sender)])
        if ended.code != 0 or not world.judge().good:
            raise RuntimeError(f"the undisturbed run failed: {ended}")
        per_thread: Counter[tuple[str, str]] = Counter()
        for line in log.read_text(errors="replace").splitlines():
            made = re.match(r"(\d+) +(?:<\.\.\. )?(\w+)(\(| resumed)", line)
            if made and made[3] == "(":
                per_thread[made[1], made[2]] += 1
    busiest = Counter({call: max((n for (_, c), n in per_thread.items() if c == call), default=0) for call in calls})
    # how a crowd groups its writes differs from run to run: its last calls are not always made
    return busiest if sender == ALONE else Counter({call: (count + 1) // 2 for call, count in busiest.items()})


def _strike(folder: Path, point: Point, options: argparse.Namespace) -> tuple[Verdict, bool, int]:
    """Let a sender run into the point, then run on normally; the verdict, whether it was hit, how the struck ended."""
    with _world(folder, point.sender, options) as world:
        log = folder / "strace.log"
        inject = ["-e", f"inject={point.call}:{point.what}:when={point.number}"]
        if point.what.startswith("error="):
            inject.append("--seccomp-bpf")  # stops at these calls alone: three times faster, but no signals
        struck = world.run([*_strace([point.call], log, *inject), *_command(world, point.sender)])
        text = log.read_text(errors="replace")
        hit = INJECTED in text or "killed by SIGKILL" in text
        ended = world.finish(world.driving() if point.sender == ALONE else None)
        verdict = world.judge()
        verdict.demand(ended.code == 0, f"{point}: the run afterwards ended with {ended.code} {ended.error}")
        return verdict, hit, struck.code
