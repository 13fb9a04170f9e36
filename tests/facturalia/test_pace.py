"""How fast requests may leave, on a clock that only moves when somebody waits."""

import random
import threading
from datetime import UTC, datetime, timedelta

import pytest

from importer.facturalia.pace import MAX_QUOTA_PAUSE, Pace, back_off, quota_reset, wait_for

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


class StillClock:
    """Time passes only in `sleep`."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        """The wall clock."""
        return NOW + timedelta(seconds=self.seconds)

    def elapsed(self) -> float:
        """The clock that never jumps."""
        return self.seconds

    def boot(self) -> str:
        """Not known."""
        return ""

    def sleep(self, seconds: float) -> None:
        """Waiting is what makes time pass."""
        self.slept.append(seconds)
        self.seconds += seconds


def always() -> bool:
    """A run that nobody stops."""
    return True


def test_slots_are_evenly_spaced() -> None:
    """At 5 a second, requests leave exactly 0.2 s apart, the first at once."""
    clock = StillClock()
    pace = Pace(clock, 5.0)
    moments = []
    for _ in range(6):
        assert pace.wait(always)
        moments.append(clock.elapsed())

    assert moments == pytest.approx([100.0, 100.2, 100.4, 100.6, 100.8, 101.0])


def test_idle_time_is_not_saved_up() -> None:
    """After a long rest requests still leave one slot apart: there is no burst."""
    clock = StillClock()
    pace = Pace(clock, 5.0)
    pace.wait(always)
    clock.seconds += 60
    moments = []
    for _ in range(3):
        pace.wait(always)
        moments.append(clock.elapsed())

    assert moments == pytest.approx([160.0, 160.2, 160.4])


def test_without_a_rate_nothing_waits() -> None:
    """No limit of our own means no wait at all."""
    clock = StillClock()
    pace = Pace(clock, None)
    for _ in range(1_000):
        assert pace.wait(always)

    assert clock.slept == []


@pytest.mark.parametrize("rate", [None, 5.0])
def test_nothing_leaves_before_a_pause_ends(rate: float | None) -> None:
    """A pause holds for everybody, is never shortened, and afterwards the spacing holds again."""
    clock = StillClock()
    pace = Pace(clock, rate)
    pace.wait(always)
    assert pace.pause(30.0, seen=0)
    assert not pace.pause(10.0, seen=0)
    assert pace.pauses == 1
    pace.wait(always)
    first = clock.elapsed()
    pace.wait(always)

    assert first == pytest.approx(130.0)
    assert clock.elapsed() == pytest.approx(130.0 + (0 if rate is None else 0.2))


def test_a_pause_that_begins_during_a_wait_is_kept() -> None:
    """A worker that already waits for its slot lines up behind a pause that begins meanwhile."""
    clock = StillClock()
    pace = Pace(clock, 1.0)
    pace.wait(always)

    def pausing(seconds: float) -> None:
        clock.seconds += seconds
        pace.pause(60.0, seen=0) if len(clock.slept) == 0 else None
        clock.slept.append(seconds)

    clock.sleep = pausing  # type: ignore[method-assign] # the clock is the test's own
    pace.wait(always)

    assert clock.elapsed() == pytest.approx(160.5)


def test_a_stopped_run_leaves_the_wait() -> None:
    """A wait ends within half a second once the run may not go on, and says so."""
    clock = StillClock()
    pace = Pace(clock, None)
    pace.pause(600.0, seen=0)

    assert not pace.wait(lambda: clock.elapsed() < 103.0)
    assert clock.elapsed() <= 103.5
    assert not wait_for(600.0, clock, lambda: clock.elapsed() < 110.0)
    assert clock.elapsed() <= 110.5
    assert wait_for(1.25, clock, always)


def test_a_used_up_quota_pauses_everybody() -> None:
    """Remaining 0 pauses until the reset, given in seconds or as a moment; with some left nothing waits."""
    clock = StillClock()
    pace = Pace(clock, None)
    pace.learn({"x-ratelimit-remaining": "1", "x-ratelimit-reset": "30"}, clock.now())
    pace.wait(always)
    assert clock.elapsed() == 100.0

    pace.learn({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "30"}, clock.now())
    pace.wait(always)
    assert clock.elapsed() == pytest.approx(130.0)

    until = clock.now().timestamp() + 12
    pace.learn({"x-ratelimit-remaining": " 0", "x-ratelimit-reset": str(until)}, clock.now())
    pace.wait(always)
    assert clock.elapsed() == pytest.approx(142.0, abs=1e-3)


@pytest.mark.parametrize(
    "text", ["", "soon", "nan", "inf", "-1", str(MAX_QUOTA_PAUSE + 1), "1772528400000", "1772000000"]
)
def test_an_unbelievable_reset_is_not_believed(text: str) -> None:
    """The unit is documented nowhere: milliseconds, the past and long spans change nothing."""
    assert quota_reset({"x-ratelimit-reset": text}, NOW) is None


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan")])
def test_a_rate_is_above_zero(rate: float) -> None:
    """A rate that would never let anything leave is refused at once."""
    with pytest.raises(ValueError, match="rate"):
        Pace(StillClock(), rate)


def test_back_off_is_full_jitter() -> None:
    """The wait is anywhere below a bound that doubles from 1 s and never passes 20 s, however many failures."""
    rng = random.Random(7)
    for failures, bound in ((1, 1.0), (2, 2.0), (3, 4.0), (5, 16.0), (6, 20.0), (10_000, 20.0)):
        waits = [back_off(failures, rng) for _ in range(400)]
        assert 0.0 <= min(waits) < bound * 0.1
        assert bound * 0.9 < max(waits) <= bound


def test_workers_share_the_slots() -> None:
    """Eight threads together get as many slots as one would: each slot is given once."""
    clock = StillClock()
    pace = Pace(clock, 10.0)
    taken: list[float] = []

    def take() -> None:
        taken.extend(pace._take() for _ in range(50))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == pytest.approx([100.0 + place / 10 for place in range(400)])


def test_a_pause_is_told_only_while_it_grows() -> None:
    """Who watches hears of a pause once; an answer that asks for less, or for the same again, is no news."""
    told: list[float] = []
    pace = Pace(StillClock(), None, told.append)
    for seconds in (2.0, 1.0, 2.0, 5.0):
        pace.pause(seconds, seen=pace.pauses)

    assert told == [2.0, 5.0]
