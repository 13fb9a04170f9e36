"""Clocks that jump between runs, without invoice.number: what may be too old to be known any more is never sent again.

The senders are real processes whose clock is set by an argument of theirs, through the pipeline's own Clock; no
library has to be put under them for it. The sandbox lives by the same clock and forgets keys after 24 hours of it.
"""

import argparse
import random
import tempfile
from datetime import timedelta
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from importer.domain.clock import moment
from importer.facturalia.sandbox import SandboxSettings
from tests.faults.sender import ShiftedClock
from tests.faults.verdict import Verdict
from tests.faults.world import World

JUMPS_PER_LEDGER = 5
LOSSES = "lost-before:0.25,lost-after:0.25"  # so that most kills leave invoices without an answer
WINDOW = timedelta(hours=20)
HOUR = 3_600.0


def clock(options: argparse.Namespace) -> Verdict:
    """Kill senders, and set the clock forwards or backwards by hours and days before the next one starts."""
    rng = random.Random(options.seed)
    total = Verdict()
    jumps = late = repeated = backwards = 0
    while jumps < options.count:
        here = min(JUMPS_PER_LEDGER, options.count - jumps)
        shifted = ShiftedClock()
        settings = SandboxSettings(faults=options.faults, seed=options.seed + jumps, keep_external_ids=False)
        with (
            tempfile.TemporaryDirectory() as folder,
            World(Path(folder), invoices=options.invoices, settings=settings, number=False, clock=shifted) as world,
        ):
            for left in range(here, 0, -1):
                world.strike(rng, left, command=_at(world, shifted))
                seconds = _jump(rng)
                shifted.seconds += seconds
                backwards += seconds < 0
            world.finish(_at(world, shifted))
            total.add(world.judge())
            late_here, repeated_here = _ages(world)
        jumps += here
        late += late_here
        repeated += repeated_here
    print(f"{jumps} jumps, {backwards} of them backwards, {options.invoices} invoices to a ledger, no invoice.number")
    print(f"{repeated} requests were repetitions, {late} of them outside the {WINDOW.total_seconds() / HOUR:.0f} hours")
    total.demand(not late, f"{late} invoices were sent again from 20 hours on, or before their own first attempt")
    total.figures |= {"jumps": jumps, "late": late, "repeated": repeated}
    return total


def _at(world: World, shifted: ShiftedClock) -> list[str]:
    return world.driving("--shift", str(shifted.seconds))


def _jump(rng: random.Random) -> float:
    """Seconds: a little, nearly the window, just beyond it, or days; half of them backwards."""
    hours = rng.choice([rng.uniform(0.1, 6), rng.uniform(15, 19.9), rng.uniform(20.1, 30), rng.uniform(48, 240)])
    return rng.choice([-1, 1]) * hours * HOUR


def _ages(world: World) -> tuple[int, int]:
    """How many requests repeated an earlier one too late (or from before it, by the clock), and how many repeated one."""
    late = repeated = 0
    who = attrgetter("external_id")
    for _, seen in groupby(sorted(world.server.requests(), key=who), key=who):
        first, *rest = (moment(one.at) for one in seen)  # sorting keeps the order of arrival
        repeated += len(rest)
        late += sum(not timedelta(0) <= at - first < WINDOW for at in rest)
    return late, repeated
