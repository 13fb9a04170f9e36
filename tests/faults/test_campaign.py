"""A small size of every campaign. The senders in them are real processes; the campaigns themselves need not be."""

import re
import subprocess
import sys

import pytest

from tests.faults.campaign import main
from tests.faults.verdict import SKIPPED
from tests.faults.world import ROOT

SMALL = {
    "kill": "--count 2 --invoices 60 --senders 2",
    "keys": "--count 2 --invoices 60",
    "ledger": "--count 2 --invoices 9 --faults lost-after:0.05",
    "syscalls": "--count 1 --seed 1 --sender alone",
    "disk": "--count 1 --seed 1 --sender alone",
    "contention": "--count 2 --invoices 24",
    "clock": "--count 2 --invoices 4",
    "outage": "--count 1 --invoices 24",
    "resume": "--count 1 --invoices 60 --ledger-invoices 2000 --slack 10",
    "powercut": "--count 3 --invoices 300",
    "bits": "--count 40 --invoices 12",
}
BY_COMMAND = {"clock"}  # as a person starts it; to start each like that would cost more than most of them do


def verdict(lines: list[str]) -> dict[str, float]:
    """The figures of the last line."""
    found = {name: float(value) for name, value in re.findall(r"(\w+)=([\d.]+)", lines[-1])}
    assert list(found)[:4] == ["lost", "duplicated", "corrupt", "unknown"], lines
    return found


@pytest.mark.parametrize("command", SMALL)
def test_a_campaign_of_real_processes(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is lost, doubled or corrupted, whatever is done to the processes, the disk, the server or the clock."""
    line = [command, *SMALL[command].split()]
    if command in BY_COMMAND:
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.campaign", *line],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        code, lines = done.returncode, done.stdout.splitlines()
    else:
        code, lines = main(line), capsys.readouterr().out.splitlines()
    if code == SKIPPED:
        pytest.skip(lines[-1])
    found = verdict(lines)
    assert (code, found["lost"], found["duplicated"], found["corrupt"]) == (0, 0, 0, 0), lines


def test_parts_are_checked(capsys: pytest.CaptureFixture[str]) -> None:
    """A part that does not exist is refused before anything runs."""
    with pytest.raises(SystemExit) as ended:
        main(["syscalls", "--part", "3/2"])
    assert ended.value.code == 2
    assert "--part" in capsys.readouterr().err
