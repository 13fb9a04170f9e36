"""Thousands of damaged files are read: the importer must live, say one sentence each, and stay within its bounds.

    python -m tests.read.mutations [--count 20000] [--seed 1] [--part K/N] [--compare]

Seeds are small workbooks of every format written here, and the sample files where they are at hand. The reading goes
on in a process that plays the importer, so that even its death would be counted. With `--compare`, .xlsx files that
can be read are read again by the exact reader; both must say the same. Ends with 1 if anything is not as promised.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.read import seeds
from tests.read.damage import damaged

SAMPLES = Path(__file__).parents[2] / ".." / "shared" / "samples"
MEMORY = 1 << 30  # bytes at most, the importer's own and the reader's each
SECONDS = 30.0  # at most for a file
LARGEST = 120_000  # bytes of a sample that is used as a seed


def all_seeds() -> list[tuple[str, bytes]]:
    """Every seed: its name and its bytes."""
    own = [
        ("seed.xlsx", seeds.xlsx()),
        ("strict.xlsx", seeds.strict(seeds.xlsx())),
        ("seed.xlsb", seeds.xlsb()),
        ("seed.xls", seeds.xls()),
        ("seed95.xls", seeds.xls(biff=seeds.BIFF5)),
        ("seed.ods", seeds.ods()),
        ("seed.csv", seeds.csv()),
    ]
    found = sorted(
        path
        for path in SAMPLES.rglob("*")
        if path.suffix in {".xlsx", ".xls", ".xlsb", ".ods"} and path.stat().st_size <= LARGEST
    )
    return [*own, *own, *((path.name, path.read_bytes()) for path in found)]  # our own more often: all is known of them


def numbers(count: int, part: str) -> Iterator[int]:
    """The mutants of a part: `2/4` is the second of four."""
    which, of = map(int, part.split("/"))
    return iter(range(which - 1, count, of))


@dataclass(slots=True)
class Tally:
    """What became of the files."""

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    peak: int = 0

    def add(self, line: dict[str, object]) -> None:
        """Count the outcome of one file."""
        self.outcomes[str(line["outcome"])] += 1
        for fault in line["faults"]:  # type: ignore[attr-defined]  # a list, as written below
            self.faults[fault] += 1
        self.slowest = max(self.slowest, float(str(line["seconds"])))
        self.peak = max(self.peak, int(str(line["peak"])))

    def last_line(self) -> str:
        """The sums."""
        named = ("parent_deaths", "tracebacks", "over_memory", "over_time", "disagreed", "unforeseen")
        return " ".join(f"{name}={self.faults[name]}" for name in named)


def run(count: int, seed: int, part: str, *, compare: bool, importer_command: Sequence[str] = ()) -> Tally:
    """Read the mutants of a part in a process of their own, as often started anew as it dies."""
    tally = Tally()
    left = list(numbers(count, part))
    while left:
        command = importer_command or [
            sys.executable,
            "-m",
            "tests.read.mutations",
            "--play",
            f"--seed={seed}",
            *["--compare"] * compare,
        ]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
        ) as importer:
            assert importer.stdin is not None
            assert importer.stdout is not None
            while left:
                try:
                    importer.stdin.write(f"{left[0]}\n")
                    importer.stdin.flush()
                    line = importer.stdout.readline()
                except BrokenPipeError:
                    line = ""
                number = left.pop(0)
                if not line:
                    print(f"mutant {number} of seed {seed}: the importer died", file=sys.stderr)
                    tally.faults["parent_deaths"] += 1
                    break
                tally.add(json.loads(line))
    return tally


def play(seed: int, *, compare: bool) -> None:
    """Be the importer: read the mutants whose numbers come in, say what became of each."""
    from importer.errors import SourceError
    from importer.profile.model import SourceRule
    from importer.stations.read import process
    from importer.stations.read.process import Unforeseen
    from importer.stations.read.tables import read_tables

    every = all_seeds()
    with tempfile.TemporaryDirectory() as folder:
        for request in sys.stdin:
            number = int(request)
            chance = random.Random(f"{seed}:{number}")
            name, original = chance.choice(every)
            path = Path(folder) / name
            path.write_bytes(damaged(original, chance))
            faults = []
            begun = time.perf_counter()
            try:
                tables = read_tables(path, SourceRule(sheets=("*",)), ())
                outcome = "table"
                if compare and tables[0].detected["format"] == "Excel workbook" and _differs(path, tables):
                    faults.append("disagreed")
            except SourceError as error:
                outcome = error.code
                if not error.message.startswith(name) or not error.fix:
                    faults.append("tracebacks")
                if isinstance(error.__cause__, Unforeseen):
                    faults.append("unforeseen")
                    print(f"mutant {number}: unforeseen {error.__cause__}", file=sys.stderr)
            except Exception as error:  # noqa: BLE001 - this is what is looked for
                outcome = "traceback"
                faults.append("tracebacks")
                print(f"mutant {number} ({name}): {error!r}", file=sys.stderr)
            seconds = time.perf_counter() - begun
            peak = max(_peak(os.getpid()), *(_peak(pid) for pid in process.idle_pids()), _children_peak())
            if seconds > SECONDS:
                faults.append("over_time")
            if peak > MEMORY:
                faults.append("over_memory")
            for fault in faults:
                print(f"mutant {number} of seed {seed} ({name}): {fault}", file=sys.stderr)
            line = {"outcome": outcome, "faults": faults, "seconds": round(seconds, 3), "peak": peak}
            print(json.dumps(line), flush=True)


def _differs(path: Path, tables: Sequence[object]) -> bool:
    """Whether the exact reader sees another workbook, or none."""
    from importer.errors import SourceError
    from importer.profile.model import SourceRule
    from importer.stations.read.content import load
    from importer.stations.read.workbook import read_exactly

    try:
        exact = read_exactly(load(path), SourceRule(sheets=("*",)), ())
    except SourceError:
        return False  # it is stricter about parts that hold no cells
    return _contents(exact) != _contents(tables)


def _contents(tables: Sequence[object]) -> list[object]:
    return [
        (
            table.sheet,  # type: ignore[attr-defined]  # Table, imported late
            table.headers,  # type: ignore[attr-defined]  # the same
            [column.to_pylist() for column in table.columns],  # type: ignore[attr-defined]  # the same
            [None if kinds is None else kinds.tolist() for kinds in table.kinds],  # type: ignore[attr-defined]  # the same
        )
        for table in tables
    ]


def _peak(pid: int) -> int:
    """Bytes a process has had in memory at most; 0 if it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)


def _children_peak() -> int:
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def main() -> int:
    """Run a campaign and print its sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", default="1/1", help="K/N: the K-th of N parts, whose sums add up")
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--play", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.play:
        play(options.seed, compare=options.compare)
        return 0
    tally = run(options.count, options.seed, options.part, compare=options.compare)
    for outcome, times in tally.outcomes.most_common():
        print(f"{times:7} {outcome}")
    print(f"slowest file {tally.slowest:.2f} s, highest memory {tally.peak / (1 << 20):.0f} MiB")
    print(f"files={sum(tally.outcomes.values()) + tally.faults['parent_deaths']} {tally.last_line()}")
    return 1 if any(tally.faults.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
