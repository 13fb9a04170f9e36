"""Disks that are full, fail, or may not be written."""

import argparse
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from importer.facturalia.sandbox import SandboxSettings
from tests.faults.injected import failing_writes
from tests.faults.mounts import in_memory, need_mounts, remount
from tests.faults.verdict import Skip, Verdict
from tests.faults.world import World

SMALL = "300k"  # holds the schema and a plan of 54 invoices, but not the outcomes of all of them
PLANNED = 54


class Folder(NamedTuple):
    """A folder that can be closed for writing and opened again."""

    path: Path
    close: Callable[[], object]
    reopen: Callable[[], object]


def disk(options: argparse.Namespace) -> Verdict:
    """A read-only folder, a disk of 300 KB, and ENOSPC and EIO at every write and fsync of the ledger; then run again."""
    total = Verdict()
    skipped = []
    parts = (read_only, small_disk, failing_writes)
    for part in parts:
        try:
            verdict = part(options)
        except Skip as reason:
            skipped.append(f"{part.__name__}: {reason}")
            print(f"skipped {skipped[-1]}")
            continue
        total.add(verdict)
        total.figures |= verdict.figures
    if len(skipped) == len(parts):
        raise Skip("; ".join(skipped))
    return total


def read_only(_: argparse.Namespace) -> Verdict:
    """The ledger's folder may no longer be written: nothing is sent, exit 2, and all goes on once it may."""
    settings = SandboxSettings(keep_external_ids=False)
    with (
        tempfile.TemporaryDirectory() as folder,
        _closable(Path(folder) / "disk") as place,
        World(Path(folder) / "world", invoices=20, settings=settings, ledger=place.path / "ledger.db") as world,
    ):
        world.run([*world.importing(), "--limit", "5"])
        before = len(world.server.requests())
        place.close()
        refused = world.run()
        sent = len(world.server.requests()) - before
        place.reopen()
        world.finish()
        verdict = world.judge()
    print(f"read-only: exit {refused.code} {refused.error}, {sent} requests")
    verdict.demand(refused.code == 2 and not sent, f"read-only ledger: exit {refused.code}, {sent} requests")
    return verdict


@contextmanager
def _closable(path: Path) -> Iterator[Folder]:
    """Rights suffice for a user; root is stopped by nothing but a mount."""
    if os.geteuid() == 0:
        need_mounts()
        with in_memory(path, "4m"):
            yield Folder(path, lambda: remount(path, "ro"), lambda: remount(path, "rw"))
        return
    path.mkdir()
    try:
        yield Folder(path, lambda: path.chmod(0o500), lambda: path.chmod(0o700))
    finally:
        path.chmod(0o700)


def small_disk(_: argparse.Namespace) -> Verdict:
    """The ledger's disk is full in mid-run: exit 2, what was committed is readable, and with room all goes on."""
    need_mounts()
    settings = SandboxSettings(keep_external_ids=False)
    with (
        tempfile.TemporaryDirectory() as folder,
        in_memory(Path(folder) / "disk", SMALL) as place,
        World(Path(folder) / "world", invoices=PLANNED, settings=settings, ledger=place / "ledger.db") as world,
    ):
        full = world.run()
        made = {one.external_id for one in world.server.invoices()}
        again = world.run()
        with closing(sqlite3.connect(world.ledger)) as raw:
            known = {name for (name,) in raw.execute("SELECT external_id FROM invoices WHERE state != 'ready'")}
        remount(place, "size=16m")
        world.finish()
        verdict = world.judge()
    print(
        f"{SMALL} disk: exit {full.code} {full.error} with {len(made)} of {PLANNED} made, all of them known to the ledger:"
        f" {made <= known}; the same again: exit {again.code} {again.error}"
    )
    verdict.demand(made, "the small disk was full before anything was sent")
    verdict.demand((full.code, full.error) == (2, "ledger-disk-full"), f"small disk: exit {full.code} {full.error}")
    verdict.demand(made <= known, "an invoice was sent without an intent in the ledger")
    return verdict
