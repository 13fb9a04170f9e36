"""Canary, order, limit and claims: which invoice goes when."""

import pytest
from submit_world import (
    INVALID,
    LOST,
    MADE,
    World,
    doubtful,
    invoice,
    script,
)

from importer.domain.records import Attempt, Result
from importer.domain.states import State
from importer.errors import Doubtful, Unfinished
from importer.facturalia.reply import Answer


def test_the_canary_goes_alone() -> None:
    """With many workers, nothing else is sent or claimed before the first new invoice is settled."""
    world = World(lambda _, attempt: LOST if attempt == 1 else MADE)
    seen: list[int] = []
    world.before_send = lambda *_: seen.append(len({r.external_id for r in world.records if isinstance(r, Attempt)}))
    world.submit((invoice(n) for n in range(30)), concurrency=8, canary_first=True)

    assert seen[:2] == [1, 1]
    assert world.sent[0].body == world.sent[1].body


@pytest.mark.parametrize(
    ("totals", "stops"),
    [
        ('"excl_vat": "100.00", "incl_vat": "121.00"', False),
        ('"excl_vat": "100.02", "incl_vat": "120.98"', False),
        ('"excl_vat": "100.03"', True),
        ('"incl_vat": "120.97"', True),
        ('"excl_vat": "82.64", "incl_vat": "100.00"', True),
        ('"vat": "0.00"', False),
    ],
)
def test_a_canary_with_other_totals_stops_the_run(totals: str, stops: bool) -> None:
    """Totals that differ by more than a cent per line stop everything else; the invoice is recorded as posted."""
    world = World(script(Answer(201, {}, f'{{"invoice": {{"id": 1, "totals": {{{totals}}}}}}}'.encode())))
    done = world.submit([invoice(1), invoice(2)], canary_first=True)

    assert world.states["imp-1"] is State.POSTED
    assert world.states["imp-2"] is (State.READY if stops else State.POSTED)
    if stops:
        assert isinstance(done.stop, Doubtful)
        assert (done.stop.code, done.untouched) == ("totals-differ", 1)
    else:
        assert done.stop is None


def test_without_a_canary_totals_are_not_compared() -> None:
    """`canary_first=False` sends on whatever the totals are."""
    world = World(script(Answer(201, {}, b'{"id": 1, "total_excl": 1}')))

    assert world.submit([invoice(1), invoice(2)]).counts == {Result.POSTED: 2}


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_rejected_canary_passes_the_task_on(concurrency: int) -> None:
    """A canary that was rejected proves nothing: the next new invoice is the canary, and it alone."""
    wrong = Answer(201, {}, b'{"id": 1, "total_excl": 1}')
    world = World(lambda external_id, _: INVALID if external_id in {"imp-0", "imp-1"} else wrong)
    done = world.submit((invoice(n) for n in range(9)), concurrency=concurrency, canary_first=True)

    assert done.counts == {Result.REJECTED: 2, Result.POSTED: 1}
    assert done.stop is not None
    assert done.untouched == 6


def test_a_repetition_is_no_canary() -> None:
    """What an earlier run may have made proves nothing of today's prices: with many workers it waits behind the canary."""
    wrong = Answer(201, {}, b'{"id": 1, "total_excl": 1}')
    world = World(script(wrong))
    done = world.submit([doubtful(0, 1), invoice(1), invoice(2)], concurrency=4, canary_first=True)

    assert list(done.settled) == ["imp-1"]
    assert done.stop is not None


def test_order_is_kept_where_it_matters() -> None:
    """`ordered` keeps the queue's order whatever the concurrency, repetitions and canary included."""
    world = World(lambda external_id, attempt: LOST if attempt == 1 and external_id == "imp-3" else MADE)
    queue = [doubtful(0, 1), *(invoice(n) for n in range(1, 12))]
    world.submit(queue, concurrency=8, ordered=True, canary_first=True)

    order = [each.body for each in world.sent]
    assert order == [q.body for q in queue[:4]] + [queue[3].body] + [q.body for q in queue[4:]]


@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize("canary", [True, False])
@pytest.mark.parametrize("limit", [0, 1, 7, 20])
def test_a_limit_is_never_passed(concurrency: int, canary: bool, limit: int) -> None:
    """At most N invoices can exist afterwards; those rejected do not count, the rest stays ready."""
    world = World(lambda external_id, _: INVALID if int(external_id[4:]) % 3 == 0 else MADE)
    done = world.submit((invoice(n) for n in range(40)), concurrency=concurrency, canary_first=canary, limit=limit)

    assert done.counts[Result.POSTED] == limit
    assert isinstance(done.stop, Unfinished)
    assert done.stop.code == "limit"
    assert done.untouched == 40 - len(done.settled)
    assert done.untouched == sum(state is State.READY for state in world.states.values())


def test_a_limit_counts_what_may_exist() -> None:
    """An invoice whose fate is open takes a place: it may be there already."""
    world = World(lambda external_id, _: LOST if external_id == "imp-0" else MADE)
    done = world.submit((invoice(n) for n in range(5)), limit=2)

    assert done.counts == {Result.AMBIGUOUS: 1, Result.POSTED: 1}


def test_a_limit_as_large_as_the_queue_is_no_stop() -> None:
    """Where the limit leaves nothing behind, the run is simply done."""
    assert World(script(MADE)).submit((invoice(n) for n in range(5)), limit=5).stop is None


def test_in_order_a_repetition_does_not_stand_in_for_the_canary() -> None:
    """Where the order holds, a repetition goes first and proves nothing: the first new invoice is still the canary."""
    wrong = Answer(201, {}, b'{"id": 1, "total_excl": 1}')
    done = World(script(wrong)).submit([doubtful(0, 1), invoice(1), invoice(2)], canary_first=True)

    assert list(done.settled) == ["imp-0", "imp-1"]
    assert done.stop is not None
