"""What the ledger tells of the age of a doubt, beside the wall clock."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from importer.domain.clock import moment
from importer.domain.records import Attempt, Outcome, Queued, Result
from importer.domain.states import State
from importer.ledger.store import Ledger
from tests.ledger.builders import ACCOUNT, START, TestClock, attempt_of, ledger_at, outcome_of, queued, stored


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger on file whose clock the tests move."""
    with ledger_at(tmp_path / "ledger.sqlite", threaded=False) as opened:
        yield opened


def clock_of(ledger: Ledger) -> TestClock:
    """The clock it was opened with."""
    clock = ledger._clock
    assert isinstance(clock, TestClock)
    return clock


def numberless(ledger: Ledger, label: str) -> Queued:
    """What the queue says of an invoice, as if its profile mapped no number."""
    with ledger.database.writing() as connection:
        connection.exec_driver_sql("UPDATE invoices SET has_number = 0")
    return queued(ledger, label)


def tried(ledger: Ledger, label: str, *, seconds: float, result: Result, boot: str = "boot-1") -> None:
    """An attempt at so many seconds, with this result."""
    attempt = attempt_of(queued(ledger, label), seconds=seconds, boot=boot)
    ledger.write(attempt).result(10)
    doubt = queued(ledger, label).ambiguous and result is Result.NOT_SENT
    state = State.SENDING if result is Result.AMBIGUOUS or doubt else State.READY
    ledger.write(outcome_of(attempt, state, result=result, ambiguous=state is State.SENDING)).result(10)


def seen(ledger: Ledger, label: str = "A") -> float | None:
    """When the boot's clock saw the first attempt that may have made the invoice."""
    return numberless(ledger, label).first_elapsed


def test_the_first_doubtful_attempt_of_this_boot_counts(ledger: Ledger) -> None:
    """Of several attempts the earliest; what was proved not sent made nothing, so it is not one of them."""
    stored(ledger, "A", "B")
    tried(ledger, "A", seconds=50.5, result=Result.NOT_SENT)
    assert seen(ledger) is None
    tried(ledger, "A", seconds=100.25, result=Result.AMBIGUOUS)
    tried(ledger, "A", seconds=200, result=Result.NOT_SENT)
    tried(ledger, "A", seconds=300, result=Result.AMBIGUOUS)

    assert seen(ledger) == 100.25
    assert numberless(ledger, "A").same_boot
    assert seen(ledger, "B") is None


def test_an_attempt_without_outcome_counts(ledger: Ledger) -> None:
    """What a crash cut off may have made the invoice."""
    stored(ledger, "A")
    ledger.write(attempt_of(queued(ledger, "A"), seconds=70)).result(10)

    assert seen(ledger) == 70.0
    assert numberless(ledger, "A").same_boot


def test_attempts_of_another_boot_say_nothing_by_that_clock(ledger: Ledger) -> None:
    """After a restart of the machine its clock began anew; an attempt of the new boot counts from there."""
    stored(ledger, "A")
    tried(ledger, "A", seconds=100, result=Result.AMBIGUOUS, boot="boot-0")
    assert seen(ledger) is None
    tried(ledger, "A", seconds=30, result=Result.AMBIGUOUS)
    assert seen(ledger) == 30.0
    assert not numberless(ledger, "A").same_boot  # the first attempt was made in the other one
    clock_of(ledger).boot_name = "boot-2"
    assert seen(ledger) is None


def test_where_no_boot_is_known_nothing_is_claimed(ledger: Ledger) -> None:
    """Two processes that both do not know their boot have none in common."""
    clock_of(ledger).boot_name = ""
    stored(ledger, "A")
    tried(ledger, "A", seconds=100, result=Result.AMBIGUOUS, boot="")
    with ledger.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT boot, elapsed_ms FROM attempts").one() == (None, None)

    assert seen(ledger) is None


def test_an_earlier_generation_does_not_count(ledger: Ledger) -> None:
    """What a person said does not exist is not the first attempt of what is sent under the next key."""
    stored(ledger, "A")
    tried(ledger, "A", seconds=100, result=Result.AMBIGUOUS)
    ledger.resolve(ACCOUNT, "A", "not-posted", reason="looked")
    assert seen(ledger) is None
    tried(ledger, "A", seconds=400, result=Result.AMBIGUOUS)

    assert seen(ledger) == 400.0


def newest(ledger: Ledger, label: str = "A") -> float | None:
    """The latest moment since, in seconds after START."""
    at = numberless(ledger, label).newest_event
    return None if at is None else (at - START).total_seconds()


def test_the_latest_event_since_the_attempt_is_remembered(ledger: Ledger) -> None:
    """However many runs were begun by the new time: what the ledger saw since the attempt counts, not its newest event."""
    clock = clock_of(ledger)
    stored(ledger, "A", "B")
    clock.seconds = 100
    tried(ledger, "A", seconds=100, result=Result.AMBIGUOUS)
    clock.seconds = 9_000
    ledger.hold(ACCOUNT, "B", "a person, hours later")
    late = newest(ledger)
    assert late is not None
    assert late > 9_000
    clock.seconds = 500  # set back
    stored(ledger, "C")

    newest_event = ledger.newest_event()
    assert newest_event is not None
    assert newest_event < START + timedelta(seconds=600)
    assert newest(ledger) == late
    clock.seconds = 20_000  # the new time has caught up with the old
    stored(ledger, "D")
    step = numberless(ledger, "A").set_back
    assert step is not None
    assert (step[0] - START).total_seconds() == late
    assert 500 < (step[1] - START).total_seconds() < 600


@pytest.mark.parametrize(("seconds", "seen"), [(1.0, False), (290.0, False), (310.0, True)])
def test_a_correction_of_some_minutes_is_no_step_back(ledger: Ledger, seconds: float, *, seen: bool) -> None:
    """Clocks are corrected all the time; beyond five minutes one of the two times was wrong."""
    clock = clock_of(ledger)
    stored(ledger, "A", "B")
    clock.seconds = 5_000
    tried(ledger, "A", seconds=5_000, result=Result.AMBIGUOUS)
    clock.seconds -= seconds
    ledger.hold(ACCOUNT, "B", "a moment earlier")

    assert (numberless(ledger, "A").set_back is not None) == seen


def test_what_the_ledger_saw_before_the_attempt_says_nothing(ledger: Ledger) -> None:
    """A clock that was years ahead once, and was put right, throws no doubt on what was tried since."""
    clock = clock_of(ledger)
    clock.seconds = 1e8
    stored(ledger, "A")
    clock.seconds = 100
    tried(ledger, "A", seconds=100, result=Result.AMBIGUOUS)

    assert newest(ledger) == clock.seconds
    assert numberless(ledger, "A").set_back is None


def test_only_doubts_without_a_number_are_looked_up(ledger: Ledger) -> None:
    """Ready invoices, and those that carry a number, need no witness."""
    stored(ledger, "A", "B")
    tried(ledger, "A", seconds=100, result=Result.AMBIGUOUS)

    assert queued(ledger, "A")[-4:] == (None, False, None, None)
    assert newest(ledger, "B") is None
    assert newest(ledger, "A") is not None


def test_every_invoice_stands_in_the_queue_once(ledger: Ledger) -> None:
    """Many attempts of many invoices, and still one place each, in the order first planned."""
    labels = [f"{number:04}" for number in range(600)]  # more than fit into one statement
    stored(ledger, *labels)
    writes: list[Attempt | Outcome] = []
    for one in ledger.queue(ACCOUNT, states=list(State)):
        for number in range(1, 4):
            at = START + timedelta(seconds=number)
            attempt = Attempt(one.external_id, "run", number, 0, at, "boot-1", 1000 * number)
            writes += [attempt, Outcome(attempt, at, Result.AMBIGUOUS, State.SENDING, ambiguous=True)]
    ledger._commit(writes)
    numberless(ledger, "0000")
    found = ledger.queue(ACCOUNT, states=list(State))

    assert [one.label for one in found] == labels
    assert {one.first_elapsed for one in found} == {1.0}
    assert len({one.newest_event for one in found}) == 1


def test_the_newest_event_of_an_empty_ledger_is_none(ledger: Ledger) -> None:
    """Before anything happened there is no moment to compare with; afterwards it is the one of the last event."""
    assert ledger.newest_event() is None
    stored(ledger, "A")
    with ledger.database.reading() as connection:
        last = connection.exec_driver_sql("SELECT at FROM events ORDER BY seq DESC LIMIT 1").scalar_one()

    assert ledger.newest_event() == moment(last)


def test_asking_for_ages_takes_no_time(ledger: Ledger) -> None:
    """Thousands of doubts with their attempts are looked up within a second or two."""
    stored(ledger, *[f"{number:05}" for number in range(4_000)])
    attempts = [
        Attempt(one.external_id, "run", 1, 0, START, "boot-1", 5) for one in ledger.queue(ACCOUNT, states=list(State))
    ]
    ledger._commit(attempts)
    numberless(ledger, "00000")
    began = time.process_time()
    found = ledger.queue(ACCOUNT, states=[State.SENDING])

    assert time.process_time() - began < 2.0
    assert len(found) == 4_000
