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


@dataclass(frozen=True, slots=True)
class First:
    """The first attempt of an invoice that may have made it, as far as it is known.

    `at`: by the wall clock of then, None if that is not known. `born`: it was no later than this, on the clock of this
    boot. `seen`: that clock saw it, so `born` alone proves its age. `newest`: the latest moment the ledger has
    recorded since. `earlier`: made by an earlier process, whose wall clock may have been another.
    """

    at: datetime | None
    born: float
    seen: bool
    newest: datetime | None = None
    earlier: bool = False

    @property
    def latest(self) -> datetime | None:
        """The latest moment that is known to have been; None if there is none."""
        return max((moment for moment in (self.at, self.newest) if moment is not None), default=None)


class Timekeeper:
    """The present, by all witnesses. Shared by all workers, and by the parts of one command.

    `newest` is when the newest event of the ledger was recorded before the command wrote any.
    """

    def __init__(self, clock: Clock, newest: datetime | None = None) -> None:
        self._clock = clock
        self._boot = clock.boot()
        self._lock = threading.Lock()
        self._behind = timedelta(0)  # how far the wall clock is behind Facturalia's
        self._here_and_there: tuple[datetime, datetime] | None = None  # both clocks when that was seen
        self._went_back: tuple[datetime, datetime] | None = None  # the wall clock, and what the ledger has seen
        if newest is not None:
            self._look_back(clock.now(), newest)

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
        return First(at, born, here is not None and queued.same_boot, queued.newest_event, earlier=True)

    def age(self, first: First) -> timedelta | None:
        """How long ago it was, at least; None where nothing proves that it was not much longer ago.

        The wall clock proves nothing if it is behind what the ledger has seen: it was set back since.
        """
        now, elapsed = self._clock.now(), self._clock.elapsed()
        age = timedelta(seconds=elapsed - first.born)
        if first.at is not None:
            age = max(age, now - first.at + (self._behind if first.earlier else timedelta(0)))
        went_back = first.newest is not None and self._look_back(now, first.newest)
        wall_proves = first.at is not None and now >= first.at and not went_back
        return age if wall_proves or first.seen else None

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
            now, newest = self._went_back
            found.append(Finding("clock-went-back", facts={"now": plain(now), "newest": plain(newest)}))
        if self._here_and_there is not None and self._behind > WORTH_TELLING:
            now, theirs = self._here_and_there
            found.append(Finding("clock-behind", facts={"now": plain(now), "theirs": plain(theirs)}))
        return found

    def _look_back(self, now: datetime, newest: datetime) -> bool:
        """Whether the wall clock is behind what the ledger has seen; remembers the worst that was."""
        if newest - now <= TOLERANCE:
            return False
        with self._lock:
            if self._went_back is None or newest > self._went_back[1]:
                self._went_back = (now, newest)
        return True
