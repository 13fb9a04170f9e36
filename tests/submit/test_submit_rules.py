"""The life of one invoice: answers, attempts and the window."""

import threading
from datetime import timedelta

import pytest
from submit_world import (
    CONFLICT,
    FAILS,
    INVALID,
    LIMITED,
    LOST,
    MADE,
    REPLAYED,
    START,
    UNREACHED,
    World,
    doubtful,
    invoice,
    script,
)

from importer.domain.records import Answered, Attempt, Outcome, Queued, Result
from importer.domain.states import State
from importer.facturalia.reply import Reply
from importer.stations.submit import SubmitResult


def test_every_invoice_is_posted_once_in_order() -> None:
    """With one worker the queue goes out in its order, one POST each, in the calling thread."""
    threads = set()
    world = World(script(MADE))
    world.before_send = lambda *_: threads.add(threading.get_ident())
    result = world.submit(invoice(n) for n in range(50))

    assert [each.body for each in world.sent] == [invoice(n).body for n in range(50)]
    assert threads == {threading.get_ident()}
    assert (result.counts, result.stop, result.untouched, result.requests) == ({Result.POSTED: 50}, None, 0, 50)
    assert world.progress == list(result.settled.values())
    assert result.settled["imp-7"].answered == Answered("9", "N-9")
    assert set(world.states.values()) == {State.POSTED}


def test_an_empty_queue_needs_nothing() -> None:
    """Nothing to send opens no connection and writes nothing."""
    world = World(script(MADE))

    assert world.submit([]) == SubmitResult()
    assert (world.clients, world.records) == (0, [])


def test_intent_and_outcome_alternate() -> None:
    """Without claims ahead, the ledger reads intent, outcome, intent, outcome, numbered from 1, outcome complete."""
    world = World(script(LOST, MADE))
    world.submit([invoice(1), invoice(2)])
    read = [
        (r.external_id, r.number) if isinstance(r, Attempt) else (r.result, r.state, r.ambiguous) for r in world.records
    ]

    one = [(Result.AMBIGUOUS, State.SENDING, True), (Result.POSTED, State.POSTED, False)]
    assert read == [("imp-1", 1), one[0], ("imp-1", 2), one[1], ("imp-2", 1), one[0], ("imp-2", 2), one[1]]
    last = world.outcomes("imp-1")[1]
    assert (last.status, last.body, last.answered.remote_id) == (201, MADE.body, "9")


@pytest.mark.parametrize(
    ("replies", "result", "state", "attempts"),
    [
        ([MADE], Result.POSTED, State.POSTED, 1),
        ([LOST, MADE], Result.POSTED, State.POSTED, 2),
        ([LOST, REPLAYED], Result.POSTED, State.POSTED, 2),
        ([UNREACHED, LIMITED, MADE], Result.POSTED, State.POSTED, 3),
        ([INVALID], Result.REJECTED, State.REJECTED, 1),
        ([UNREACHED, INVALID], Result.REJECTED, State.REJECTED, 2),
        ([LIMITED, INVALID], Result.REJECTED, State.REJECTED, 2),
        ([LOST, INVALID], Result.UNKNOWN, State.UNKNOWN, 2),
        ([FAILS, UNREACHED, INVALID], Result.UNKNOWN, State.UNKNOWN, 3),
        ([CONFLICT, CONFLICT], Result.UNKNOWN, State.UNKNOWN, 2),
        ([CONFLICT, REPLAYED], Result.POSTED, State.POSTED, 2),
        ([CONFLICT, INVALID], Result.UNKNOWN, State.UNKNOWN, 2),
        ([CONFLICT, LOST, CONFLICT, CONFLICT], Result.UNKNOWN, State.UNKNOWN, 4),
        ([FAILS, FAILS._replace(headers={"idempotency-status": "replayed"})], Result.UNKNOWN, State.UNKNOWN, 2),
        ([LOST], Result.AMBIGUOUS, State.SENDING, 5),
        ([FAILS], Result.AMBIGUOUS, State.SENDING, 5),
        ([UNREACHED], Result.NOT_SENT, State.READY, 5),
        ([LIMITED], Result.NOT_SENT, State.READY, 5),
        ([LOST, UNREACHED], Result.NOT_SENT, State.SENDING, 5),
        ([LOST, LIMITED], Result.NOT_SENT, State.SENDING, 5),
    ],
    ids=str,
)
def test_where_an_invoice_ends(replies: list[Reply], result: Result, state: State, attempts: int) -> None:
    """A history of answers leads to exactly one result and state, in at most five attempts."""
    world = World(script(*replies))
    settled = world.submit([invoice(1)]).settled["imp-1"]

    assert (settled.result, settled.state, settled.attempts) == (result, state, attempts)
    assert world.states["imp-1"] is state
    assert len(world.sent) == attempts
    assert settled.replayed == (replies[-1] is REPLAYED)


@pytest.mark.parametrize(
    ("queued", "sent"),
    [
        (doubtful(1, 19.9), True),
        (doubtful(1, 20.0), False),
        (doubtful(1, 300), False),
        (doubtful(1, 300, has_number=True), True),
        (doubtful(1, -0.1), False),
        (doubtful(1, 0, first_attempt_at=None), False),
        (doubtful(1, 19.9, state=State.UNKNOWN), True),
        (doubtful(1, 20.1, state=State.UNKNOWN), False),
        (invoice(1, state=State.SENDING, first_attempt_at=START - timedelta(hours=30)), False),
        (invoice(1, first_attempt_at=START - timedelta(hours=30)), True),
    ],
    ids=[
        "inside",
        "at the end",
        "long over",
        "numbered",
        "clock back",
        "no time",
        "unknown",
        "old unknown",
        "no word",
        "ready",
    ],
)
def test_the_window(queued: Queued, sent: bool) -> None:
    """What may exist is repeated only within 20 hours of its first attempt, or if it carries a number."""
    world = World(script(REPLAYED))
    settled = world.submit([queued]).settled["imp-1"]

    assert len(world.sent) == sent
    if not sent:
        back = queued.first_attempt_at is not None and queued.first_attempt_at > START
        code = "clock-doubtful" if back else "window-over"
        assert (settled.result, settled.state, settled.code) == (Result.UNKNOWN, State.UNKNOWN, code)
        assert (settled.attempts, world.states["imp-1"]) == (0, State.UNKNOWN)


@pytest.mark.parametrize(
    ("jump", "boot", "code"),
    [
        (timedelta(hours=20), "boot-1", "window-over"),
        (timedelta(hours=20), "", "window-over"),
        (timedelta(seconds=-40), "", "clock-doubtful"),
    ],
)
def test_a_wall_clock_that_jumps_closes_the_window(jump: timedelta, boot: str, code: str) -> None:
    """After an unanswered attempt, a clock set forwards beyond the window means that a person decides.

    So does one set backwards, where no other clock counts the time that passes asleep.
    """
    world = World(script(LOST))
    world.boot_name = boot
    world.before_send = lambda *_: setattr(world, "wall_shift", jump)
    settled = world.submit([invoice(1)]).settled["imp-1"]

    assert (settled.result, settled.code, len(world.sent)) == (Result.UNKNOWN, code, 1)


def test_a_wall_clock_set_back_does_no_harm_while_another_clock_runs_on() -> None:
    """The clock of the boot counts every second since the attempt of this run: it goes on as if nothing had happened."""
    world = World(script(LOST, REPLAYED))
    world.before_send = lambda *_: setattr(world, "wall_shift", timedelta(hours=-5))
    settled = world.submit([invoice(1)]).settled["imp-1"]

    assert (settled.result, len(world.sent)) == (Result.POSTED, 2)


def test_a_suspended_machine_closes_the_window() -> None:
    """Time that passed asleep counts even if the wall clock did not notice."""
    world = World(script(LOST))

    def suspend(*_: object) -> None:
        world.seconds += 21 * 3600
        world.wall_shift -= timedelta(hours=21)

    world.before_send = suspend
    settled = world.submit([invoice(1)]).settled["imp-1"]

    assert (settled.result, settled.code, len(world.sent)) == (Result.UNKNOWN, "window-over", 1)


def test_a_long_wait_for_the_intent_is_seen_by_the_window() -> None:
    """The window is checked after the intent is durable, next to the send: a slow disk cannot slip a request past it."""
    world = World(script(MADE))

    def slow_disk(record: Attempt | Outcome) -> None:
        if isinstance(record, Attempt):
            world.seconds += 3600

    world.ledger_failure = slow_disk  # it fails nothing, it only takes an hour
    settled = world.submit([doubtful(1, 19.5)]).settled["imp-1"]

    assert (settled.code, world.sent) == ("window-over", [])


def test_what_was_never_sent_opens_no_window() -> None:
    """Hours of proved-not-sent attempts do not use up the window of the first one that may have arrived."""
    world = World(script(UNREACHED, LOST, MADE))

    def hours(_: str, attempt: int) -> None:
        world.seconds += 21 * 3600 if attempt == 1 else 0

    world.before_send = hours

    assert world.submit([invoice(1)]).counts == {Result.POSTED: 1}


def test_attempts_go_on_counting_and_have_five_a_run() -> None:
    """The ledger's numbers go on from those of earlier runs; the five attempts are those of this run."""
    world = World(script(LOST))
    settled = world.submit([doubtful(1, 1, attempts=7)]).settled["imp-1"]

    assert [r.number for r in world.records if isinstance(r, Attempt)] == [8, 9, 10, 11, 12]
    assert settled.attempts == 5
