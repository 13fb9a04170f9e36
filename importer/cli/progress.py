"""Progress of long work on standard error: one moving line in a terminal, a line now and then elsewhere."""

import shutil
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from importer.cli.language import speech, tr
from importer.domain.clock import in_belgium
from importer.domain.states import State

EVERY_IN_TERMINAL = 0.1  # seconds
EVERY_ELSEWHERE = 5.0
ECHO = timedelta(seconds=1)  # requests under way tell of the same pause a moment later
WORDS = {
    State.POSTED: "posted",
    State.REJECTED: "rejected",
    State.UNKNOWN: "unknown",
    State.SENDING: "unanswered",  # an attempt was made and proved nothing
    State.READY: "not sent",
}


class ProgressBar:
    """Counts settled invoices with rate and time left. `expect` is called once the plan is approved.

    `settled` may be called from any thread, one call at a time.
    """

    def __init__(self, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._total = 0
        self._done = 0
        self._before = 0  # done before the clock of the rate was started
        self._told_done = 0
        self._counts: dict[str, int] = {}
        self._start = self._told = elapsed()
        self._terminal = sys.stderr.isatty()
        self._open_line = False
        self._paused: datetime | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            if self._done > self._told_done:
                self._tell(self._elapsed())
            self._end_line()

    def expect(self, total: int) -> None:
        """How many invoices are to be sent from now on."""
        with self._lock:
            self._before = self._done
            self._total = self._done + total
            self._start = self._told = self._elapsed()

    def step(self, words: str) -> None:
        """What is going on now."""
        with self._lock:
            self._end_line()
            print(f"  {speech().words(words)} …", file=sys.stderr, flush=True)

    def paused(self, until: datetime) -> None:
        """Facturalia asks to wait until then."""
        with self._lock:
            if self._paused is not None and until - self._paused < ECHO:
                return
            self._paused = until
            self._end_line()
            moment = f"{in_belgium(until):%H:%M:%S}"
            said = tr("Facturalia asks to wait until {time}; it goes on by itself.", time=moment)
            print(f"  {said}", file=sys.stderr, flush=True)

    def settled(self, one: object) -> None:
        """One more invoice has its outcome."""
        state = getattr(one, "state", State.READY)
        with self._lock:
            word = WORDS.get(state, str(state))
            self._counts[word] = self._counts.get(word, 0) + 1
            self._done += 1
            now = self._elapsed()
            every = EVERY_IN_TERMINAL if self._terminal else EVERY_ELSEWHERE
            if now - self._told >= every or self._done == self._total:
                self._tell(now)

    def _tell(self, now: float) -> None:
        self._told, self._told_done = now, self._done
        total = max(self._total, self._done)
        rate = (self._done - self._before) / (now - self._start) if now > self._start else 0.0
        counts = ", ".join(f"{speech().number(count)} {tr(word)}" for word, count in self._counts.items())
        pace = speech().fact("number", f"{rate:,.1f}")
        text = "  " + tr(
            "{done} of {total}: {counts}; {rate} a second", done=self._done, total=total, counts=counts, rate=pace
        )
        if rate and total > self._done:
            text += ", " + tr("{time} left", time=_duration((total - self._done) / rate))
        if not self._terminal:
            print(text, file=sys.stderr, flush=True)
            return
        width = shutil.get_terminal_size().columns - 1  # a full line would scroll
        print(f"\r{text[:width]:<{width}}", end="", file=sys.stderr, flush=True)
        self._open_line = True

    def _end_line(self) -> None:
        if self._open_line:
            print(file=sys.stderr, flush=True)
            self._open_line = False


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return tr("{hours} h {minutes} min", hours=hours, minutes=minutes)
    return tr("{minutes} min {seconds} s", minutes=minutes, seconds=rest) if minutes else f"{rest} s"
