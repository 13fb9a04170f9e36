"""Progress of long work on standard error: a bar in a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from importer.domain.states import State


class ProgressBar:
    """Counts settled invoices with rate and time left. `total` is known once the plan is approved."""

    def __init__(self, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._elapsed = elapsed
        self._total = 0
        self._done = 0
        self._counts: dict[State, int] = {}
        self._start = 0.0
        self._told = 0.0
        self._terminal = sys.stderr.isatty()
        self._bar: object = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._terminal and self._done:
            print(file=sys.stderr)

    def expect(self, total: int) -> None:
        """How many invoices are to be sent."""
        self._total = total
        self._start = self._told = self._elapsed()

    def step(self, words: str) -> None:
        """What is going on now."""
        if self._terminal and self._done:
            print(file=sys.stderr)
        print(f"  {words} …", file=sys.stderr, flush=True)

    def settled(self, one: object) -> None:
        """One more invoice has its outcome."""
        state = getattr(one, "state", State.READY)
        self._counts[state] = self._counts.get(state, 0) + 1
        self._done += 1
        now = self._elapsed()
        if now - self._told >= (0.1 if self._terminal else 5.0) or self._done == self._total:
            self._told = now
            self._tell(now)

    def _tell(self, now: float) -> None:
        rate = self._done / (now - self._start) if now > self._start else 0.0
        left = (self._total - self._done) / rate if rate and self._total > self._done else 0.0
        counts = ", ".join(f"{count:,} {state}" for state, count in self._counts.items())
        text = f"  {self._done:,} of {max(self._total, self._done):,} sent ({counts}), {rate:.1f} a second, {_duration(left)} left"
        if self._terminal:
            print(f"\r{text:<100}", end="", file=sys.stderr, flush=True)
        else:
            print(text, file=sys.stderr, flush=True)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
