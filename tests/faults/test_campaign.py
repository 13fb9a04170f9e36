"""A small size of every campaign, each in a process of its own, as a person would start it."""

import re
import subprocess
import sys

import pytest

from tests.faults.verdict import SKIPPED
from tests.faults.world import ROOT

SMALL = {
    "kill": "--count 3 --invoices 60 --senders 2",
    "keys": "--count 3 --invoices 60",
    "ledger": "--count 2 --invoices 9 --faults lost-after:0.05",
    "syscalls": "--count 2 --seed 1 --sender alone",
    "disk": "--count 1 --seed 1 --sender alone",
    "contention": "--count 2 --invoices 24",
    "clock": "--count 2 --invoices 4",
    "outage": "--count 1 --invoices 36",
    "resume": "--count 1 --invoices 60 --ledger-invoices 2000 --slack 10",
    "powercut": "--count 3 --invoices 300",
    "bits": "--count 40 --invoices 12",
}


def campaign(command: str, arguments: str) -> tuple[int, list[str]]:
    """Exit code and lines of one campaign."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.campaign", command, *arguments.split()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert lines, done.stderr
    return done.returncode, lines


def verdict(lines: list[str]) -> dict[str, float]:
    """The figures of the last line."""
    found = {name: float(value) for name, value in re.findall(r"(\w+)=([\d.]+)", lines[-1])}
    assert list(found)[:4] == ["lost", "duplicated", "corrupt", "unknown"], lines
    return found


@pytest.mark.parametrize("command", SMALL)
def test_a_campaign_of_real_processes(command: str) -> None:
    """Nothing is lost, doubled or corrupted, whatever is done to the processes, the disk, the server or the clock."""
    code, lines = campaign(command, SMALL[command])
    if code == SKIPPED:
        pytest.skip(lines[-1])
    found = verdict(lines)
    assert (code, found["lost"], found["duplicated"], found["corrupt"]) == (0, 0, 0, 0), lines


def test_parts_are_checked() -> None:
    """A part that does not exist is refused before anything runs."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.campaign", "syscalls", "--part", "3/2"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "--part" in done.stderr
