"""How long ago a first attempt was, although clocks may be wrong: never less than any witness proves.

Four witnesses know of the past: the wall clock, the clock of this boot that never jumps, the newest event of the
ledger, and the clock of Facturalia in its answers. None of them can make an attempt younger than another one says.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from importer.domain.clock import TOLERANCE, Clock, plain
from importer.domain.findings import Finding
from importer.domain.records import Attempt, Queued
from importer.facturalia.dates import server_moment

WORTH_TELLING = timedelta(hours=1)  # a clock that is behind by more than this is told to the user


Step = tuple[datetime, datetime]  # what a clock showed before, and what it showed after


@dataclass(frozen=True, slots=True)
class First:
    """The first attempt of an invoice that may have made it, as far as it is known.

    `at`: by the wall clock of then, None if that is not known. `born`: it was no later than this, on the clock of this
    boot. `seen`: that clock saw it, so `born` alone proves its age. `newest`: the latest moment the ledger has
    seen since; `set_back`: two moments, one after the other, by which it has seen the wall clock go back since.
    `earlier`: made by an earlier process, whose wall clock may have been another.
    """

    at: datetime | None
    born: float
    seen: bool
    newest: datetime | None = None
    set_back: Step | None = None
    earlier: bool = False


class Timekeeper:
    """The present, by all witnesses. Shared by all workers, and by the parts of one command.

    `newest` is when the newest event of the ledger was recorded before the command wrote any.
    """

    def __init__(self, clock: Clock, newest: datetime | None = None) -> None:
        self._clock = clock
        self._boot = clock.boot()
        self._lock = threading.Lock()
        self._behind = timedelta(0)  # how far the wall clock is behind Facturalia's
        self._here_and_there: Step | None = None  # both clocks when that was seen
        self._went_back: Step | None = None  # the greatest step back of the wall clock
        if newest is not None:
            self._look_back(newest, clock.now())

    def attempt(self, queued: Queued, run: str, number: int) -> Attempt:
        """An attempt of now, with what will tell its age later."""
        elapsed_ms = int(self._clock.elapsed() * 1000)
        return Attempt(queued.external_id, run, number, queued.generation, self._clock.now(), self._boot, elapsed_ms)

    def own(self, attempt: Attempt) -> First:
        """An attempt of this process as the first one."""
        return First(attempt.at, attempt.elapsed_ms / 1000, seen=bool(self._boot))

    def earlier(self, queued: Queued) -> First:
        """The first attempt that an earlier process made."""
        now, elapsed = self._clock.now(), self._clock.elapsed()
        born, at = elapsed, queued.first_attempt_at
        # what says that it began in the future of its own boot belongs to another one, whatever name it bears
        here = queued.first_elapsed if queued.first_elapsed is not None and queued.first_elapsed <= elapsed else None
        if here is not None:
            born = here
        if at is not None:  # from here on the clock that never jumps keeps what the wall clock says now
            born = min(born, elapsed - (now - at).total_seconds())
        seen = here is not None and queued.same_boot
        return First(at, born, seen, queued.newest_event, queued.set_back, earlier=True)

    def age(self, first: First) -> timedelta | None:
        """How long ago it was, at least; None where nothing proves that it was not much longer ago.

        The wall clock proves nothing once it was set back.
        """
        now, elapsed = self._clock.now(), self._clock.elapsed()
        age = timedelta(seconds=elapsed - first.born)
        if first.at is not None:
            age = max(age, now - first.at + (self._behind if first.earlier else timedelta(0)))
        wall_proves = first.at is not None and self._step(first, now) is None
        return age if wall_proves or first.seen else None

    def set_back(self, first: First) -> Step | None:
        """How the wall clock was set back since that attempt; None if it was not, as far as anybody has seen."""
        return self._step(first, self._clock.now())

    def learn(self, headers: Mapping[str, str], now: datetime) -> None:
        """What an answer, received at `now`, says of the true time. A clock of theirs that is behind ours is not believed."""
        theirs = server_moment(headers)
        if theirs is None or theirs - now <= TOLERANCE:
            return
        with self._lock:
            if theirs - now > self._behind:
                self._behind = theirs - now
                self._here_and_there = (now, theirs)

    def findings(self) -> list[Finding]:
        """What a person must know of this machine's clock; each at most once."""
        found = []
        if self._went_back is not None:
            before, after = self._went_back
            found.append(Finding("clock-went-back", facts={"before": plain(before), "after": plain(after)}))
        if self._here_and_there is not None and self._behind > WORTH_TELLING:
            now, theirs = self._here_and_there
            found.append(Finding("clock-behind", facts={"now": plain(now), "theirs": plain(theirs)}))
        return found

    def _step(self, first: First, now: datetime) -> Step | None:
        if first.newest is not None and self._look_back(first.newest, now):
            return first.newest, now
        if first.set_back is not None:
            self._look_back(*first.set_back)
            return first.set_back
        return (first.at, now) if first.at is not None and first.at > now else None

    def _look_back(self, before: datetime, after: datetime) -> bool:
        """Whether this is a step back of the wall clock; remembers the greatest there was."""
        if before - after <= TOLERANCE:
            return False
        with self._lock:
            if self._went_back is None or before - after > self._went_back[0] - self._went_back[1]:
                self._went_back = (before, after)
        return True
