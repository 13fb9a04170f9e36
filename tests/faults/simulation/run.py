"""Long runs of the simulation, in one process.

    python -m tests.faults.simulation.run --count 50000 --seed 0

Sequence N of a seed is always the same; `--first` begins later, so that parts of a long run add up. Each violation is
printed with its number, its law and its deeds. The last line counts invoices that were lost or doubled, everything else
that broke a law, and the invoices that a person had to look for. Exit 1 if any law was broken.
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence

from tests.faults.simulation.stage import Stage
from tests.faults.simulation.walk import setup, walk
from tests.faults.simulation.world import World

TOLD = 10  # violations shown in full
PROGRESS = 1_000


def sequence(stage: Stage, seed: int, number: int, counts: Counter[str]) -> World:
    """One whole sequence, ended. Law if one is broken; other exceptions are violations as well: nothing may fall over."""
    rng = random.Random(f"{seed}:{number}")
    world = World(stage, setup(rng.choice))
    try:
        counts["steps"] += walk(world, rng)
        counts["unknown"] += world.ends().unknown
    except Exception as error:
        error.add_note("\n".join([f"sequence {number} of seed {seed}: {world.setup}", *world.log]))
        raise
    finally:
        counts["sequences"] += 1
        counts["posts"] += world.watch.posts
        counts["invoices"] += len(world.server.made)
    return world


def kind_of(error: Exception) -> str:
    """lost, duplicated or corrupt."""
    law = str(error)
    if law.startswith("lost"):
        return "lost"
    return "duplicated" if law.startswith("made twice") else "corrupt"


def run(seed: int, first: int, count: int, *, stop_at_first: bool = False) -> tuple[Counter[str], list[Exception]]:
    """Run so many sequences; returns the counts and what went wrong."""
    counts: Counter[str] = Counter()
    wrong: list[Exception] = []
    stage = Stage()
    try:
        for number in range(first, first + count):
            try:
                sequence(stage, seed, number, counts)
            except Exception as error:  # noqa: BLE001 - whatever falls over is a violation, told below
                counts[kind_of(error)] += 1
                wrong.append(error)
                if stop_at_first:
                    break
            if number % PROGRESS == PROGRESS - 1:
                print(f"{number + 1 - first} of {count}, {len(wrong)} violations", file=sys.stderr, flush=True)
    finally:
        stage.close()
    return counts, wrong


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.simulation.run", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000, help="how many sequences")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first sequence")
    parser.add_argument("--stop-at-first", action="store_true", help="end at the first violation")
    options = parser.parse_args(arguments)
    start, worked = time.perf_counter(), time.process_time()
    counts, wrong = run(options.seed, options.first, options.count, stop_at_first=options.stop_at_first)
    seconds, worked = time.perf_counter() - start, time.process_time() - worked
    for error in wrong[:TOLD]:
        print(f"VIOLATION {type(error).__name__}: {error}")
        print("\n".join(getattr(error, "__notes__", [])))
    print(
        f"sequences={counts['sequences']} steps={counts['steps']} posts={counts['posts']} invoices={counts['invoices']} "
        f"violations={len(wrong)} seed={options.seed} first={options.first} seconds={seconds:.0f} cpu={worked:.0f}"
    )
    print(" ".join(f"{name}={counts[name]}" for name in ("lost", "duplicated", "corrupt", "unknown")))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
