"""Take each protection away, alone and together, and see which test goes red.

    python -m tests.faults.simulation.mutants
    python -m tests.faults.simulation.mutants --only window --sequences 2000

Every mutant is made in a copy of the package; the copy's directed tests and a run of the simulation are asked. Prints a
table and exits 1 if a mutant survives that has no explanation, or if an edit no longer fits the code.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.faults.simulation.mutant_list import SINGLE, TOGETHER
from tests.faults.simulation.mutant_model import Edit, Mutant

ROOT = Path(__file__).parents[3]
HERE = Path("tests/faults/simulation")
COPIED = ("importer", "alembic", "mappings", "tests", "pyproject.toml")
DIRECTED = tuple(f"{HERE}/test_simulation_{scenes}.py" for scenes in ("clocks", "window", "directed"))
SECONDS = 900  # no mutant may take longer: one that hangs is red as well
_RED = re.compile(r"^(?:FAILED|ERROR) \S+?\.py(?:::(.+?))?(?: - .*)?$", re.MULTILINE)


class Seen(NamedTuple):
    """What became of a mutant: the test that went red first, and the law the simulation saw broken. Empty: none."""

    test: str
    law: str

    def __str__(self) -> str:
        said = [f"test {self.test}" if self.test else "", f"simulation: {self.law}" if self.law else ""]
        return "; ".join(part for part in said if part) or "survived"


def mutants() -> Iterator[Mutant]:
    """All of them, the single ones first."""
    by_name = {mutant.name: mutant for mutant in SINGLE}
    yield from SINGLE
    for names, survives in TOGETHER:
        parts = [by_name[name] for name in names]
        edits = tuple(edit for part in parts for edit in part.edits)
        tests = tuple(test for part in parts for test in part.tests)
        yield Mutant(" + ".join(names), edits, survives, tests)


def misfits(root: Path, edits: Sequence[Edit]) -> list[str]:
    """The edits whose text does not stand exactly once in the code."""
    return [
        f"{edit.file}: {edit.old!r}"
        for edit in edits
        if (root / edit.file).read_text(encoding="utf-8").count(edit.old) != 1
    ]


def apply(root: Path, edits: Sequence[Edit]) -> None:
    """Change the code. ValueError if an edit does not fit, or leaves something that is no Python."""
    for edit in edits:
        wrong = misfits(root, [edit])
        if wrong:
            raise ValueError("; ".join(wrong))
        path = root / edit.file
        text = path.read_text(encoding="utf-8").replace(edit.old, edit.new)
        compile(text, edit.file, "exec")
        path.write_text(text, encoding="utf-8")


def copy_of(root: Path, folder: Path) -> Path:
    """A copy of the package with its tests."""
    ignored = shutil.ignore_patterns("__pycache__", ".hypothesis", "*.pyc")
    for name in COPIED:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder / name)
    return folder


def judge(folder: Path, mutant: Mutant, sequences: int, seed: int, *, directed: Sequence[str] = DIRECTED) -> Seen:
    """Ask the tests and the simulation of a copy."""
    tests = [*directed, *dict.fromkeys(mutant.tests)]
    quiet = ["-n", "0", "-x", "-q", "--tb=no", "-p", "no:cacheprovider", "-rfE"]
    told = _run(folder, ["-m", "pytest", *quiet, *tests]) if tests else _Told(0, "")
    red = ""
    if told.code:
        found = _RED.search(told.text)
        red = (found[1] or "could not be collected") if found else told.text.strip()[-100:]
    law = ""
    told = _run(
        folder,
        ["-m", "tests.faults.simulation.run", "--count", str(sequences), "--seed", str(seed), "--stop-at-first"],
    )
    if told.code:
        found = re.search(r"^VIOLATION \w+: (.*)$", told.text, re.MULTILINE)
        law = found[1][:80] if found else told.text.strip()[-100:]
    return Seen(red, law)


class _Told(NamedTuple):
    code: int
    text: str


def _run(folder: Path, arguments: Sequence[str]) -> _Told:
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _Told(1, "took too long")
    return _Told(done.returncode, done.stdout if done.stdout.strip() else done.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.simulation.mutants", description=__doc__)
    parser.add_argument("--sequences", type=int, default=600, help="of the simulation, per mutant")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="mutants whose name holds this text")
    options = parser.parse_args(arguments)
    wanted = [mutant for mutant in mutants() if options.only in mutant.name]
    bad = 0
    print("| mutant | seen by |\n| --- | --- |", flush=True)
    for mutant in wanted:
        with tempfile.TemporaryDirectory() as scratch:
            folder = copy_of(ROOT, Path(scratch))
            try:
                apply(folder, mutant.edits)
            except ValueError as error:
                bad += 1
                print(f"| {mutant.name} | DOES NOT FIT: {error} |", flush=True)
                continue
            seen = judge(folder, mutant, options.sequences, options.seed)
        survived = not any(seen)
        bad += survived and not mutant.survives
        reason = f": {mutant.survives}" if survived and mutant.survives else ""
        print(f"| {mutant.name} | {seen}{reason or (' WITHOUT A REASON' if survived else '')} |", flush=True)
    print(f"mutants={len(wanted)} unexplained={bad}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
