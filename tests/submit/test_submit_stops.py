"""What ends or pauses a run: refusals, outages, rate limits."""

import threading

import pytest
from submit_world import (
    FAILS,
    LIMITED,
    MADE,
    REFUSED,
    World,
    doubtful,
    invoice,
    script,
)

from importer.domain.records import Result
from importer.domain.states import State
from importer.errors import ApiRefused, Doubtful, Unfinished
from importer.facturalia.reply import Answer, Reply


@pytest.mark.parametrize(
    ("reply", "result", "state", "error"),
    [
        (REFUSED, Result.REFUSED_US, State.READY, ApiRefused),
        (Answer(403, {}, b""), Result.REFUSED_US, State.READY, ApiRefused),
        (Answer(404, {}, b""), Result.REFUSED_US, State.READY, ApiRefused),
        (Answer(405, {}, b""), Result.REFUSED_US, State.READY, ApiRefused),
        (Answer(415, {}, b""), Result.REFUSED_US, State.READY, ApiRefused),
        (Answer(418, {}, b""), Result.REFUSED_US, State.READY, ApiRefused),
        (Answer(302, {}, b""), Result.AMBIGUOUS, State.SENDING, ApiRefused),
        (Answer(201, {"idempotency-status": "ignored"}, MADE.body), Result.POSTED, State.POSTED, Doubtful),
        (Answer(500, {"idempotency-status": "ignored"}, b""), Result.AMBIGUOUS, State.SENDING, Doubtful),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Answer) else "",
)
def test_what_stops_the_run(reply: Reply, result: Result, state: State, error: type[Exception]) -> None:
    """An answer about us or about the API's promise ends the run after one request; the rest stays as it was."""
    world = World(script(reply))
    done = world.submit(invoice(n) for n in range(5))

    assert isinstance(done.stop, error)
    assert (len(world.sent), done.untouched) == (1, 4)
    assert (done.settled["imp-0"].result, done.settled["imp-0"].state) == (result, state)
    assert [world.states[f"imp-{n}"] for n in range(5)] == [state] + [State.READY] * 4


def test_a_refusal_leaves_what_may_exist_in_doubt() -> None:
    """A 401 on the repetition of an unanswered attempt does not make it free to be frozen anew."""
    for state in (State.SENDING, State.UNKNOWN):
        world = World(script(REFUSED))
        settled = world.submit([doubtful(1, 1, state=state)]).settled["imp-1"]

        assert (settled.state, world.states["imp-1"]) == (state, state)


def test_a_404_after_a_success_is_about_the_invoice() -> None:
    """Once this run has posted something the address is right, so a bare 404 rejects the invoice and the run goes on."""
    world = World(lambda external_id, _: Answer(404, {}, b"") if external_id == "imp-1" else MADE)
    done = world.submit(invoice(n) for n in range(3))

    assert (done.stop, done.settled["imp-1"].result) == (None, Result.REJECTED)


def test_ten_failures_in_a_row_pause_the_run() -> None:
    """With the API down, ten requests go out, whatever the number of invoices, and nothing is lost."""
    world = World(script(FAILS))
    done = world.submit(invoice(n) for n in range(100))

    assert isinstance(done.stop, Unfinished)
    assert (done.stop.code, done.requests, done.untouched) == ("api-down", 10, 98)


def test_a_success_between_breaks_the_row() -> None:
    """An API that fails half of the time is alive: the run goes on to its end."""
    world = World(lambda _, attempt: FAILS if attempt % 2 else MADE)
    done = world.submit(invoice(n) for n in range(40))

    assert (done.stop, done.counts) == (None, {Result.POSTED: 40})


def test_rate_limits_are_waited_for_by_all() -> None:
    """After a 429 nothing leaves before Retry-After ends, and then all goes on."""
    world = World(lambda external_id, attempt: LIMITED if (external_id, attempt) == ("imp-3", 1) else MADE)
    done = world.submit((invoice(n) for n in range(6)), concurrency=1)

    assert (done.counts, done.stop) == ({Result.POSTED: 6}, None)
    assert [each.at for each in world.sent[:4]] == [0.0] * 4
    assert all(each.at >= 30.0 for each in world.sent[4:])


def test_a_rate_limit_without_end_pauses_the_run() -> None:
    """Ten pauses in a row without a success end the run, and every invoice is ready again."""
    world = World(script(LIMITED))
    done = world.submit(invoice(n) for n in range(30))

    assert isinstance(done.stop, Unfinished)
    assert (done.stop.code, done.requests) == ("rate-limited", 10)
    assert set(world.states.values()) == {State.READY}


def test_a_very_long_wait_ends_the_run_and_names_the_time() -> None:
    """A wait above a quarter of an hour is not sat out: the run says until when."""
    world = World(script(Answer(429, {"retry-after": "7200"}, b"")))
    done = world.submit([invoice(1), invoice(2)])

    assert isinstance(done.stop, Unfinished)
    assert (done.stop.code, len(world.sent)) == ("rate-limited", 1)
    assert "2026-03-03T11:00:00" in done.stop.message
    assert world.seconds < 60


def test_an_absurd_wait_is_survived() -> None:
    """A Retry-After of centuries ends the run like any other that is too long."""
    done = World(script(Answer(503, {"retry-after": "9" * 30}, b""))).submit([invoice(1)])

    assert done.stop is not None
    assert done.stop.code == "api-down"


def test_one_rate_limit_is_one_failure_however_many_meet_it() -> None:
    """Sixteen 429s at once are one full window, not sixteen failures in a row: the run waits once and goes on."""
    gate = threading.Barrier(16, timeout=10)

    def answers(_: str, attempt: int) -> Reply:
        gate.wait()  # all of them, both times
        return LIMITED if attempt == 1 else MADE

    done = World(answers).submit((invoice(n) for n in range(16)), concurrency=16)

    assert (done.stop, done.counts) == (None, {Result.POSTED: 16})
