"""Several processes at once on one ledger file: for one account they take turns, for several they share the file."""

import argparse
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from importer.facturalia.sandbox import SandboxSettings
from tests.faults.verdict import Ended, Verdict
from tests.faults.world import World

GIVES_WAY = {"sender-active"}
PATIENCE = "0.5"  # seconds an impatient sender waits


def contention(options: argparse.Namespace) -> Verdict:
    """Processes on one ledger: no invoice is claimed twice, nobody meets a locked file, who gives way exits with 3.

    Three rounds: `count` commands import one file for one account and wait for each other; the same with senders that
    do not wait; and one command for each of `count` accounts, all sending at the same time. No faults: each invoice
    may be asked for exactly once.
    """
    total = Verdict(figures={"double_claims": 0, "locked": 0, "gave_way": 0})
    with tempfile.TemporaryDirectory() as folder:
        for round_name in ("one account", "impatient", "an account each"):
            one_round(Path(folder) / round_name.replace(" ", "-"), round_name, options, total)
    return total


def one_round(folder: Path, name: str, options: argparse.Namespace, total: Verdict) -> None:
    """One round; its counts are added to `total`."""
    accounts = [f"account-{number}" for number in range(options.count)] if name == "an account each" else ["default"]
    # the impatient must find the first one still at work when their patience ends
    latency = 10.0 / options.invoices if name == "impatient" else 0.0
    settings = SandboxSettings(keep_external_ids=False, latency=latency)
    with World(folder, invoices=options.invoices, settings=settings, accounts=accounts, concurrency=4) as world:
        if name == "impatient":
            commands = [world.driving("--patience", PATIENCE)] * options.count
        else:
            commands = [world.importing(account) for account in accounts] * (options.count // len(accounts))
        senders = [world.start(one, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for one in commands]
        ended = [world.wait(one) for one in senders]
        seen = Counter(one.external_id for one in world.server.requests())
        for account in accounts if world.server.count() < options.invoices * len(accounts) else ():
            world.finish(world.importing(account))
        verdict = world.judge()
    double = sum(seen.values()) - len(seen)
    locked = sum(_met_a_lock(one) for one in ended)
    gave_way = [one for one in ended if one.error in GIVES_WAY]
    codes = Counter(one.code for one in ended)
    print(
        f"{name}: {len(ended)} processes x {options.invoices} invoices: exits {dict(codes)}, {len(gave_way)} gave way"
    )
    total.figures = {
        "double_claims": int(str(total.figures["double_claims"])) + double,
        "locked": int(str(total.figures["locked"])) + locked,
        "gave_way": int(str(total.figures["gave_way"])) + len(gave_way),
    }
    total.add(verdict)
    total.demand(not double, f"{name}: {double} second requests")
    total.demand(not locked, f"{name}: {locked} processes met a locked file: {[one.said[-300:] for one in ended]}")
    total.demand(all(one.code == 3 for one in gave_way), f"{name}: those that gave way did not exit with 3")
    total.demand(set(codes) <= {0, 3}, f"{name}: exits {dict(codes)}")
    if name == "impatient":
        total.demand(
            len(gave_way) == options.count - 1, f"{len(gave_way)} of {options.count} gave way, not all but one"
        )


def _met_a_lock(ended: Ended) -> bool:
    return ended.error == "ledger-locked" or "is locked" in ended.said
