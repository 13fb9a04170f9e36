"""Clocks that jump between runs, without invoice.number: what may be too old to be known any more is never sent again.

The senders are real processes whose clocks are set by arguments of theirs, through the pipeline's own Clock; no library
has to be put under them for it. The sandbox lives by the true time, dates its answers by it, and forgets keys after 24
hours of it. Between two runs hours pass, the wall clock is set forwards or back, or the machine is started anew. A
clock that is set back after a restart stays behind what the ledger has seen: beyond that lies the limit that no program
can see, for which the simulation has its directed tests.
"""

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from importer.domain.clock import moment
from importer.domain.identity import Account
from importer.facturalia.access import origin
from importer.facturalia.sandbox import SandboxSettings
from importer.ledger.store import open_ledger
from tests.faults.sender import ShiftedClock
from tests.faults.verdict import Verdict
from tests.faults.world import World

JUMPS_PER_LEDGER = 5
LOSSES = "lost-before:0.25,lost-after:0.25"  # so that most kills leave invoices without an answer
WINDOW = timedelta(hours=20)
HOUR = 3_600.0


class Machine:
    """What the clocks of a machine show, as seconds more than the real ones do; `truth` is the clock of the sandbox."""

    def __init__(self) -> None:
        self.truth = ShiftedClock()
        self.wall = 0.0
        self.counted = 0.0
        self.boots = 1
        self.hours = 0.0  # that passed last
        self.seen: Counter[str] = Counter()

    def passes(self, hours: float) -> None:
        """Time goes by, for all clocks."""
        self.hours = hours
        self.truth.seconds += hours * HOUR
        self.wall += hours * HOUR
        self.counted += hours * HOUR
        self.seen["hours passed"] += 1

    def sets(self, hours: float) -> None:
        """Somebody sets the wall clock forwards, or (below zero) back."""
        self.wall += hours * HOUR
        self.seen["set forwards" if hours > 0 else "set back"] += 1

    def restarts(self) -> None:
        """The machine is started anew: what it counted is gone."""
        self.boots += 1
        self.counted = -self.truth.elapsed()
        self.seen["restarts"] += 1

    def clock(self) -> ShiftedClock:
        """The clocks as they are, for this process."""
        return ShiftedClock(self.wall, self.counted, f"boot-{self.boots}")

    def options(self) -> list[str]:
        """The same for a sender."""
        return ["--shift", str(self.wall), "--counted", str(self.counted), "--boot", f"boot-{self.boots}"]


def _some_hours(rng: random.Random) -> float:
    """A little, nearly the window, just beyond it, or days."""
    return rng.choice([rng.uniform(0.1, 6), rng.uniform(15, 19.9), rng.uniform(20.1, 30), rng.uniform(48, 240)])


def _one_boot(machine: Machine, rng: random.Random, _world: World) -> None:
    """Whatever becomes of the wall clock, the machine runs on. Most often it hides a day, so that the old looks young."""
    if rng.random() < 0.6:
        machine.passes(rng.uniform(25, 80))
        machine.sets(-machine.hours + rng.uniform(0.1, 15))
    else:
        machine.passes(_some_hours(rng))
        machine.sets(rng.choice([-1, 1]) * _some_hours(rng))


def _right_clock(machine: Machine, rng: random.Random, _world: World) -> None:
    """The wall clock is right, or ahead; the machine may be started anew."""
    if rng.random() < 0.5:
        machine.restarts()
    if rng.random() < 0.2:
        machine.sets(_some_hours(rng))
    else:
        machine.passes(_some_hours(rng))


def _behind_the_ledger(machine: Machine, rng: random.Random, world: World) -> None:
    """A day on somebody works for another account; then a restart, and a clock that hides the day: the old looks young."""
    machine.passes(rng.uniform(22, 30))
    hidden = machine.hours
    with open_ledger(world.ledger_url, clock=machine.clock()) as ledger:
        other = Account(origin(world.server.base_url), "other")
        ledger.begin_run(other, "import", profile=None, plan_digest="", importer_version="")
    machine.restarts()
    machine.passes(rng.uniform(0.5, 5))
    machine.sets(-hidden - machine.hours + rng.uniform(1, 15))


Story = Callable[[Machine, random.Random, World], None]
STORIES: tuple[Story, ...] = (_one_boot, _behind_the_ledger, _right_clock)


def clock(options: argparse.Namespace) -> Verdict:
    """Kill senders, and let hours pass, the clock be set or the machine be started anew before the next one starts."""
    rng = random.Random(options.seed)
    total = Verdict()
    jumps = late = repeated = 0
    seen: Counter[str] = Counter()
    while jumps < options.count:
        here = min(JUMPS_PER_LEDGER, options.count - jumps)
        machine = Machine()
        story = STORIES[(jumps // JUMPS_PER_LEDGER + options.seed) % len(STORIES)]
        settings = SandboxSettings(faults=options.faults, seed=options.seed + jumps, keep_external_ids=False)
        with (
            tempfile.TemporaryDirectory() as folder,
            World(
                Path(folder), invoices=options.invoices, settings=settings, number=False, clock=machine.truth
            ) as world,
        ):
            for left in range(here, 0, -1):
                world.strike(rng, left, command=world.driving(*machine.options()))
                story(machine, rng, world)
            world.finish(world.driving(*machine.options()))
            total.add(world.judge())
            late_here, repeated_here = _ages(world)
        jumps += here
        late += late_here
        repeated += repeated_here
        seen += machine.seen
    told = ", ".join(f"{count} x {what}" for what, count in sorted(seen.items()))
    print(f"{jumps} jumps ({told}), {options.invoices} invoices to a ledger, no invoice.number")
    print(f"{repeated} requests were repetitions, {late} of them outside the {WINDOW.total_seconds() / HOUR:.0f} hours")
    total.demand(not late, f"{late} requests repeated an earlier one from 20 hours on, by the true time")
    total.figures |= {"jumps": jumps, "late": late, "repeated": repeated}
    return total


def _ages(world: World) -> tuple[int, int]:
    """How many requests repeated an earlier one too late, by the true time, and how many repeated one."""
    late = repeated = 0
    who = attrgetter("external_id")
    for _, seen in groupby(sorted(world.server.requests(), key=who), key=who):
        first, *rest = (moment(one.at) for one in seen)  # sorting keeps the order of arrival
        repeated += len(rest)
        late += sum(at - first >= WINDOW for at in rest)
    return late, repeated
