"""Senders killed at random moments: alone, with a server that forgets, and with a ledger that is lost or put back."""

import argparse
import random
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from importer.domain.clock import SystemClock
from importer.facturalia.sandbox import SandboxSettings
from importer.ledger.backup import backup
from importer.ledger.store import open_ledger
from tests.faults.verdict import Verdict
from tests.faults.world import World

MOVED, MOVED_SAYS = "ledger-moved", "was moved, removed or replaced"
# A file that goes between the ledger's own look at it and the first write is noticed by SQLite, in other words.
NOTICED = {MOVED, "ledger-read-only", "ledger-io", "ledger-write-failed"}
ENOUGH = 3  # so many that noticed tell whether the ledger's own look works, or SQLite alone
AFTERWARDS = 3  # requests a sender may still make: what was announced in time, one at a time without invoice.number


def kill(options: argparse.Namespace) -> Verdict:
    """SIGKILL senders at random moments, then let one finish."""
    return _killing(options, forget=())


def keys(options: argparse.Namespace) -> Verdict:
    """The server forgets every Idempotency-Key and external_id after each kill: only invoice.number is left.

    With --no-number nothing is left, and duplicates must be found: that shows that this campaign can see them.
    """
    return _killing(options, forget=("key", "external_id"))


def _killing(options: argparse.Namespace, *, forget: tuple[str, ...]) -> Verdict:
    rng = random.Random(options.seed)
    # of the three things a server may know an invoice by, it is left the weakest set that must be enough
    settings = SandboxSettings(faults=options.faults, seed=options.seed, keep_external_ids=bool(forget))
    with (
        tempfile.TemporaryDirectory() as folder,
        World(Path(folder), invoices=options.invoices, settings=settings, number=not options.no_number) as world,
    ):
        kills = middle = 0
        while kills < options.count:
            before = world.server.count()
            kills += world.strike(rng, options.count - kills, options.senders)
            middle += before < world.server.count() < options.invoices
            if forget:
                world.forget(*forget)
        world.finish()
        verdict = world.judge()
        seen = world.server.requests()
        replays = sum(one.replayed for one in seen)
        print(
            f"{kills} kills ({middle} rounds in mid-flight), {options.senders} senders, {options.invoices} invoices, "
            f"faults {options.faults or 'none'}"
        )
        print(f"{len(seen)} requests, {replays} replays; exits of the runs to the end: {dict(world.codes)}")
        verdict.figures |= {"kills": kills, "replays": replays}
        return verdict


def ledger(options: argparse.Namespace) -> Verdict:
    """Take the ledger away in mid-run, or put an old backup in its place, inside the window; then go on.

    The server knows nothing but Idempotency-Keys. A sender whose file vanished must notice and stop by itself.
    """
    rng = random.Random(options.seed)
    total = Verdict()
    figures = {"rounds": 0, "noticed": 0, "named": 0, "finished": 0, "replays": 0, "most_sent_after": 0}
    for number in range(options.count):
        # slow enough for a run to be caught in its middle
        settings = SandboxSettings(
            faults=options.faults, seed=options.seed + number, keep_external_ids=False, latency=0.01
        )
        with (
            tempfile.TemporaryDirectory() as folder,
            World(Path(folder), invoices=options.invoices, settings=settings, number=False) as world,
        ):
            _lose_ledger(world, rng, ("deleted", "rolled-back", "replaced")[number % 3], figures, total)
            world.finish()
            total.add(world.judge(whole=False))
            figures["replays"] += sum(one.replayed for one in world.server.requests())
            figures["rounds"] += 1
    print(
        f"{options.count} ledgers lost or rolled back in mid-run, {options.invoices} invoices each, no invoice.number"
    )
    noticed, named = figures["noticed"], figures["named"]
    total.demand(noticed < ENOUGH or 2 * named >= noticed, f"only {named} of {noticed} senders said that it was moved")
    total.figures = dict(figures)
    return total


def _lose_ledger(world: World, rng: random.Random, how: str, figures: dict[str, int], total: Verdict) -> None:
    """One accident in the middle of a run; the sender that was at work has ended afterwards."""
    invoices = len(world.identities["default"])
    sender = world.start(stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    world.await_count(rng.randint(2, invoices // 3), [sender])
    copy = world.folder / "backup.db"
    if how != "deleted":
        with open_ledger(world.ledger_url, clock=SystemClock()) as opened:
            backup(opened.database, copy)
        world.await_count(rng.randint(invoices // 3, invoices // 2), [sender])
    if how == "rolled-back":
        sender.kill()
        world.wait(sender)
        _remove(world.ledger)
        copy.replace(world.ledger)
        return
    alive = sender.poll() is None
    if how == "deleted":
        _remove(world.ledger)
    else:
        copy.replace(world.ledger)
    time.sleep(0.05)
    before = len(world.server.requests())
    ended = world.wait(sender)
    after = len(world.server.requests()) - before
    total.demand(after <= AFTERWARDS, f"a sender whose ledger was {how} made {after} more requests")
    if alive and ended.code in {0, 3}:
        figures["finished"] += 1  # it was past its last write
        total.demand(world.server.count() >= invoices, f"a sender whose ledger was {how} went on unmoved")
    else:
        figures["noticed"] += 1
        figures["named"] += ended.error == MOVED or MOVED_SAYS in str(ended.told.get("error", {}).get("message", ""))
        told = ended.code == 2 and ended.error in NOTICED
        total.demand(told, f"a sender whose ledger was {how} ended with {ended.code} {ended.error}")
    figures["most_sent_after"] = max(figures["most_sent_after"], after)


def _remove(path: Path) -> None:
    """A database file and what SQLite keeps beside it."""
    for suffix in ("", "-journal", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).unlink()
