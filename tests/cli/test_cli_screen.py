"""What people see: findings with their code at the right, progress that counts, streams that survive."""

import io
import os
import sys
from pathlib import Path

import pytest
from desk import Desk, row

from importer.cli.findings import MOST, MOST_OF_A_KIND, beside
from importer.cli.progress import ProgressBar
from importer.cli.streams import Patient
from importer.domain.states import State


class Clock:
    """Seconds that pass when told."""

    now = 0.0

    def __call__(self) -> float:
        """The seconds so far."""
        return self.now


class Settled:
    """An invoice that has its outcome."""

    def __init__(self, state: State) -> None:
        self.state = state


def test_a_finding_is_place_value_code_and_then_the_remedy(tmp_path: Path) -> None:
    """The place and the quoted value come first, the code at the end of the line, the remedy on the next."""
    desk = Desk(tmp_path, None)
    desk.file("maart.csv", [row("B-1", price="1.250,0O"), row("B-2", price="x")])

    lines = desk.run("check", "maart.csv", "-m", "demo").out.splitlines()

    start = lines.index("2 errors")
    assert lines[start + 1 : start + 4] == [
        'maart.csv, N2 (column "Prijs"): "1.250,0O" is not an amount.  bad-amount',
        'maart.csv, N3 (column "Prijs"): "x" is not an amount.  bad-amount',
        '  Use digits only; this profile expects "," before the cents and "." between thousands.',
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_findings_fit_the_terminal(width: int) -> None:
    """No line is wider than the terminal, the code ends at its right edge, and no word is lost."""
    text = 'maart.csv, N2 (column "Prijs"): "1.250,0O" is not an amount, and this sentence goes on for a while yet.'

    lines = list(beside(text, "bad-amount", width))

    assert max(map(len, lines)) <= width
    assert lines[-1].endswith("bad-amount")
    assert len(lines[-1]) == width
    assert " ".join(" ".join(lines).split()) == f"{text} bad-amount"


def test_many_findings_are_counted_not_poured_out(tmp_path: Path) -> None:
    """Of a thousand equal findings a person sees the first few, the number of the others, and the remedy once."""
    desk = Desk(tmp_path, None)
    desk.file("maart.csv", [row(f"B-{number}", price="x") for number in range(1000)])

    shown = desk.run("check", "maart.csv", "-m", "demo").out

    assert shown.count("is not an amount") == MOST_OF_A_KIND < MOST
    assert f"… and {1000 - MOST_OF_A_KIND:,} more of bad-amount" in shown
    assert shown.count("Use digits only") == 1
    assert "1,000 errors" in shown


def test_cells_are_never_markup(tmp_path: Path) -> None:
    """A cell with square brackets or control sequences is shown as text, and steers no terminal."""
    desk = Desk(tmp_path, None)
    desk.file("maart.csv", [row("B-1", price="[bold red]x[/]"), row("B-2", price="\x1b[31mx")])

    shown = desk.run("check", "maart.csv", "-m", "demo").out

    assert '"[bold red]x[/]"' in shown
    assert "\x1b" not in shown


def test_progress_tells_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere than in a terminal a line comes every five seconds and at the end, with rate and time left."""
    clock, err = Clock(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", err)
    with ProgressBar(clock) as bar:
        bar.settled(Settled(State.POSTED))  # left over from an earlier run
        clock.now = 100.0
        bar.expect(400)
        bar.step("sending")
        for _ in range(100):
            clock.now += 0.125
            bar.settled(Settled(State.POSTED))
        bar.settled(Settled(State.SENDING))

    assert err.getvalue().splitlines() == [
        "  sending …",
        "  41 of 401: 41 posted; 8.0 a second, 45 s left",
        "  81 of 401: 81 posted; 8.0 a second, 40 s left",
        "  102 of 401: 101 posted, 1 unanswered; 8.1 a second, 37 s left",
    ]


@pytest.mark.parametrize(("seconds", "words"), [(59, "59 s"), (61, "1 min 1 s"), (3_725, "1 h 2 min")])
def test_time_left_is_told_in_words(seconds: int, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds, minutes, hours."""
    clock, err = Clock(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", err)
    with ProgressBar(clock) as bar:
        bar.expect(seconds + 1)
        clock.now = 1.0
        bar.settled(Settled(State.POSTED))

    assert f", {words} left" in err.getvalue()


def test_a_stream_remembers_what_went_wrong_and_lets_its_writer_go_on() -> None:
    """A closed pipe swallows what comes and is no loss; any other failure is one."""
    reading, writing = os.pipe()
    os.close(reading)
    with Patient(writing, "w") as raw:
        assert raw.write(b"word") == 4
        assert raw.write(b"more") == 4
        assert isinstance(raw.failure, BrokenPipeError)
        assert not raw.lost
    if Path("/dev/full").exists():
        with Patient(os.open("/dev/full", os.O_WRONLY), "w") as full:
            assert full.write(b"word") == 4
            assert full.lost
