"""Stops by a person, ledgers that fail, bugs: nothing is left claimed but unsent."""

import random
import threading
import time

import pytest
from submit_world import (
    CONFLICT,
    FAILS,
    INVALID,
    LIMITED,
    LOST,
    MADE,
    REFUSED,
    REPLAYED,
    UNREACHED,
    World,
    doubtful,
    invoice,
    script,
)

from importer.domain.records import Attempt, Outcome, Result
from importer.domain.states import State
from importer.errors import ApiRefused, LedgerBusy, LedgerError, Unfinished
from importer.facturalia.reply import Answer, Reply


@pytest.mark.parametrize("concurrency", [1, 6])
def test_a_stop_finishes_what_is_under_way(concurrency: int) -> None:
    """After Ctrl-C no new request leaves; what was claimed and not sent is ready again; the answers are kept."""
    world = World(script(MADE))
    world.before_send = lambda *_: world.stop.set() if len(world.sent) >= 10 else None
    done = world.submit((invoice(n) for n in range(100)), concurrency=concurrency)

    assert isinstance(done.stop, Unfinished)
    assert done.stop.code == "stopped"
    assert 10 <= len(world.sent) <= 10 + concurrency
    assert done.counts == {Result.POSTED: len(world.sent)}
    assert done.untouched == 100 - len(world.sent)
    assert sum(state is State.READY for state in world.states.values()) == done.untouched
    assert State.SENDING not in world.states.values()


def test_a_stop_during_a_wait_leaves_at_once() -> None:
    """A stop while an invoice waits for its next attempt ends the wait, and the invoice stays open."""
    world = World(script(Answer(503, {"retry-after": "600"}, b"")))
    world.before_send = lambda *_: world.stop.set()
    done = world.submit([invoice(1)])

    assert done.settled["imp-1"].state is State.SENDING
    assert world.seconds < 1
    assert done.stop is not None
    assert done.stop.code == "stopped"


def test_a_stop_after_the_last_invoice_is_no_stop() -> None:
    """A run that has done everything is done, even if somebody asked it to stop at the last moment."""
    world = World(script(MADE))
    world.before_send = lambda *_: world.stop.set()

    assert world.submit([invoice(1)]).stop is None


@pytest.mark.parametrize("concurrency", [1, 6])
@pytest.mark.parametrize("kind", [Attempt, Outcome])
def test_a_ledger_that_fails_stops_everything(concurrency: int, kind: type) -> None:
    """Once a write failed, at most what is already under way is sent, and the failure is raised."""
    world = World(script(MADE))
    failed: list[int] = []

    def fail(record: Attempt | Outcome) -> Exception | None:
        if failed or (isinstance(record, kind) and len(world.sent) >= 20):
            failed.append(len(world.sent))
            return OSError(28, "No space left on device")
        return None

    world.ledger_failure = fail
    with pytest.raises(LedgerError) as caught:
        world.submit((invoice(n) for n in range(200)), concurrency=concurrency)

    assert caught.value.code == "ledger-write"
    assert isinstance(caught.value.__cause__, OSError)
    assert len(world.sent) <= failed[0] + concurrency


def test_the_ledgers_own_error_is_kept() -> None:
    """A ledger that says why it refuses, such as a lost lease, is heard with its own exit code."""
    world = World(script(MADE))
    world.ledger_failure = lambda _: LedgerBusy("lease-lost", "Another sender took over.", fix="Wait.")
    with pytest.raises(LedgerBusy, match="Another sender"):
        world.submit([invoice(1)])

    assert world.sent == []


def test_a_bug_in_a_worker_reaches_the_caller() -> None:
    """A programming error ends the run, is raised as it is, and leaves nothing claimed but unsent behind."""

    def broken(external_id: str, _: int) -> Reply:
        if external_id == "imp-20":
            raise ZeroDivisionError
        return MADE

    world = World(broken)
    with pytest.raises(ZeroDivisionError):
        world.submit((invoice(n) for n in range(100)), concurrency=4)

    assert [name for name, state in world.states.items() if state is State.SENDING] == ["imp-20"]


def test_a_client_that_cannot_be_made_reaches_the_caller() -> None:
    """A client that fails to start is raised, and nothing was sent."""

    def no_client() -> World:
        raise OSError("no certificate store")

    world = World(script(MADE))
    world.client = no_client  # type: ignore[method-assign] # the world is the test's own
    with pytest.raises(OSError, match="certificate"):
        world.submit([invoice(1), invoice(2)], concurrency=2)

    assert world.sent == []


@pytest.mark.parametrize("second", ["imp-0", "imp-1"])
def test_the_worst_reason_stays(second: str) -> None:
    """Of two reasons that end a run, the one with the worse exit code is reported, whichever comes first."""
    both = threading.Barrier(2, timeout=10)

    def answers(external_id: str, _: int) -> Reply:
        both.wait()
        while external_id == second and not any(isinstance(record, Outcome) for record in world.records):
            time.sleep(0.001)
        time.sleep(0.05 if external_id == second else 0)  # the first one's reason follows its outcome at once
        return REFUSED if external_id == "imp-0" else Answer(201, {"idempotency-status": "ignored"}, MADE.body)

    world = World(answers)
    done = world.submit([invoice(0), invoice(1)], concurrency=2)

    assert isinstance(done.stop, ApiRefused)


def test_a_single_lost_outcome_stops_everything() -> None:
    """An outcome that could not be written is noticed before the next invoice, even if the ledger then works again."""
    world = World(script(MADE))
    world.ledger_failure = lambda record: OSError(5, "I/O error") if record in lost(world) else None
    with pytest.raises(LedgerError):
        world.submit(invoice(n) for n in range(9))

    assert len(world.sent) == 3


def lost(world: World) -> list[Outcome]:
    """The third outcome, once it comes."""
    return [record for record in world.offered if isinstance(record, Outcome)][2:3]


@pytest.mark.parametrize("concurrency", [2, 16])
def test_claims_stay_within_bounds(concurrency: int) -> None:
    """At most two invoices a worker, beyond those under way, are claimed at any moment."""
    world = World(script(MADE))
    most: list[int] = []

    def count(*_: object) -> None:
        with world.lock:
            open_ones = sum(1 if isinstance(record, Attempt) else -1 for record in world.records)
        most.append(open_ones)

    world.before_send = count
    world.submit((invoice(n) for n in range(300)), concurrency=concurrency)

    assert max(most) <= 3 * concurrency
    assert {each.body for each in world.sent} == {invoice(n).body for n in range(300)}
    assert len(world.sent) == 300


def test_random_trouble_never_breaks_a_law() -> None:
    """Whatever mix of answers comes, with any number of workers, each invoice ends in one state and no law is broken."""
    replies: list[Reply] = [
        MADE,
        MADE,
        REPLAYED,
        LOST,
        UNREACHED,
        FAILS,
        LIMITED._replace(headers={}),
        INVALID,
        CONFLICT,
    ]
    for seed in range(60):
        rng = random.Random(seed)
        world = World(lambda *_: rng.choice(replies))  # noqa: B023 - called within this turn
        queue = [
            doubtful(n, rng.uniform(0, 30), has_number=n % 2 == 0) if n % 5 == 0 else invoice(n) for n in range(40)
        ]
        done = world.submit(queue, concurrency=rng.choice([1, 2, 7]), canary_first=seed % 2 == 0, failures=40)

        assert len(done.settled) + done.untouched == 40
        assert all(world.states[name] is settled.state for name, settled in done.settled.items())
        assert all(one.attempts <= 5 for one in done.settled.values())
