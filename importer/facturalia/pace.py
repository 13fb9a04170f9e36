"""How fast requests may leave: evenly spaced slots per API key, and pauses learned from the API's own headers."""

import math
import random
import threading
from collections.abc import Callable, Mapping
from datetime import datetime

from importer.domain.clock import Clock

SLICE = 0.5  # seconds: how long a wait goes on before it looks whether the run was stopped
MAX_QUOTA_PAUSE = 900.0  # seconds; a reset beyond this is more likely a misread unit than a wish
_EPOCH = 1_000_000_000.0  # a reset above this is a moment in seconds since 1970, not a duration


def back_off(failures: int, rng: random.Random, *, base: float = 1.0, cap: float = 20.0) -> float:
    """Seconds to wait after `failures` (from 1) failed attempts: anywhere from 0 to `base` doubled each time ("full jitter").

    Never above `cap`.
    """
    return rng.uniform(0.0, min(cap, base * 2.0 ** min(failures - 1, 32)))


class Pace:
    """Shared by all workers that use one key. Times are those of `clock.elapsed`, in seconds.

    `rate` is in requests a second; None: no limit of our own (pauses the API asks for are kept all the same).
    `on_pause` is told, from whichever thread, for how many seconds from now nothing leaves, each time that grows.
    """

    def __init__(self, clock: Clock, rate: float | None, on_pause: Callable[[float], object] = lambda _: None) -> None:
        if rate is not None and not rate > 0:
            raise ValueError("rate must be above 0, or None")
        self._clock = clock
        self._on_pause = on_pause
        self._gap = 1.0 / rate if rate is not None else 0.0
        self._lock = threading.Lock()
        self._next = -math.inf  # when the next slot begins
        self._until = -math.inf  # nothing leaves before this
        self._pauses = 0

    def wait(self, go_on: Callable[[], bool]) -> bool:
        """Take the next slot and wait for it. False as soon as `go_on` is: then the slot is lost and nothing may leave."""
        slot = self._take()
        while go_on():
            if slot < self._until:  # a pause began after this slot was given: line up behind it
                slot = self._take()
            left = slot - self._clock.elapsed()
            if left <= 0:
                return True
            self._clock.sleep(min(left, SLICE))
        return False

    def _take(self) -> float:
        """The moment of a free slot. Without a rate there are no slots, only the end of the last pause."""
        if not self._gap:
            return self._until
        with self._lock:
            slot = max(self._next, self._until, self._clock.elapsed())
            self._next = slot + self._gap
            return slot

    @property
    def pauses(self) -> int:
        """How many pauses have begun. Note it before a send: it tells news from echoes, see `pause`."""
        return self._pauses

    def pause(self, seconds: float, *, seen: int) -> bool:
        """Nothing leaves for so long; never shortens a pause that holds.

        `seen` is the number of pauses when the request was sent that brought the news. False if another began since:
        then this one tells of the same trouble, not of a new one.
        """
        with self._lock:
            new = seen == self._pauses
            self._pauses += new
            longer = self._until < (until := self._clock.elapsed() + seconds)
            self._until = max(self._until, until)
        if longer:
            self._on_pause(seconds)
        return new

    def learn(self, headers: Mapping[str, str], now: datetime) -> None:
        """Pause until the quota is refilled where an answer says that it is used up (`X-RateLimit-Remaining: 0`)."""
        remaining = headers.get("x-ratelimit-remaining")
        if remaining is None or remaining.strip() != "0":
            return
        seconds = quota_reset(headers, now)
        if seconds is not None:
            self.pause(seconds, seen=self._pauses)


def quota_reset(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds until `X-RateLimit-Reset`, read as a duration or, if too large for one, as a moment. None if unusable.

    The unit is documented nowhere: what is negative or longer than a quarter of an hour is not believed.
    """
    try:
        value = float(headers.get("x-ratelimit-reset", ""))
    except ValueError:
        return None
    seconds = value - now.timestamp() if value >= _EPOCH else value
    return seconds if 0 <= seconds <= MAX_QUOTA_PAUSE else None


def wait_for(seconds: float, clock: Clock, go_on: Callable[[], bool]) -> bool:
    """Wait so long; False as soon as `go_on` is."""
    until = clock.elapsed() + seconds
    while go_on():
        left = until - clock.elapsed()
        if left <= 0:
            return True
        clock.sleep(min(left, SLICE))
    return False
