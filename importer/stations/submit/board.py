"""What the workers of a run share: the queue, the claims, the ledger's promises, the results, the reasons to stop."""

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from importer.domain.clock import Clock
from importer.domain.records import Attempt, Outcome, Queued, Result
from importer.domain.states import State
from importer.errors import ImporterError, LedgerError, Unfinished
from importer.stations.submit.model import LedgerWriter, Progress, Settled, SubmitResult, SubmitSettings
from importer.stations.submit.timekeeper import First, Timekeeper

_DOUBTFUL_STATES = frozenset({State.SENDING, State.UNKNOWN})
_PERHAPS_MADE = frozenset({Result.POSTED, Result.AMBIGUOUS, Result.UNKNOWN})
_WORST_FIRST = (70, 2, 4, 3, 1)  # exit codes


@dataclass(slots=True)
class Claim:
    """An invoice whose intent is written, on its way to the wire. `doubt`: an attempt before may have made it.

    `first` is its first attempt, in this run or before.
    """

    queued: Queued
    attempt: Attempt
    intent: Future[None]
    doubt: bool
    first: First

    def rest(self) -> State:
        """The state of the invoice once it is proved that this attempt changed nothing."""
        if self.queued.state is State.UNKNOWN:
            return State.UNKNOWN
        return State.SENDING if self.doubt else State.READY


def is_doubtful(queued: Queued) -> bool:
    """Whether an earlier attempt may have made the invoice."""
    return queued.ambiguous or queued.state in _DOUBTFUL_STATES


class Board:
    """Shared by the workers of one run; every method may be called from any of them."""

    def __init__(
        self,
        queue: Sequence[Queued],
        *,
        ledger: LedgerWriter,
        clock: Clock,
        times: Timekeeper,
        settings: SubmitSettings,
        progress: Progress,
        stop: threading.Event,
    ) -> None:
        self._todo = deque(queue)
        self._ledger = ledger
        self._clock = clock
        self._times = times
        self._settings = settings
        self._progress = progress
        self._asked_to_stop = stop
        self._turn = threading.Condition(threading.Lock())
        self._claimed: deque[Claim] = deque()
        self._writes: deque[Future[None]] = deque()
        self._outstanding = 0  # claimed and not settled
        self._spent = 0  # settled, and perhaps made in Facturalia: counts against the limit
        self._failures = 0
        self._halt: ImporterError | None = None
        self._ledger_failure: LedgerError | None = None
        self._crash: BaseException | None = None
        self._result = SubmitResult()
        self.posted = False

    # --- the queue ---------------------------------------------------------------------------------------------

    def go_on(self) -> bool:
        """Whether anything may still be sent. Cheap: asked next to every send."""
        return not (self._halt or self._ledger_failure or self._crash or self._asked_to_stop.is_set())

    def take(self, *, ahead: int = 0, new_only: bool = False) -> Claim | None:
        """The next invoice, its intent on the way to the disk; None when there is no more to do.

        Keeps `ahead` further invoices claimed, so that the next worker need not wait for the disk. `new_only` passes
        over those an earlier attempt may have made. Waits where only the end of another worker's invoice can tell
        whether the limit leaves room.
        """
        with self._turn:
            while True:
                self._look_at_writes()
                if not self.go_on():
                    return None
                room = self._claim_more(ahead + 1, new_only=new_only)
                if self._claimed:
                    return self._claimed.popleft()
                if room or not self._todo:
                    return None
                if not self._outstanding:
                    self._stop_with(_limit_reached(self._settings.limit))
                    return None
                self._turn.wait()

    def _claim_more(self, wanted: int, *, new_only: bool) -> bool:
        """Fill up the claims, one at every turn: the longest lead over a slow disk. False if the limit forbids the next."""
        limit = self._settings.limit
        while self._todo and len(self._claimed) < wanted:
            if limit is not None and self._outstanding + self._spent >= limit:
                return False
            queued = self._next(new_only=new_only)
            if queued is None:
                return True
            attempt = self._times.attempt(queued, self._settings.run, queued.attempts + 1)
            doubt = is_doubtful(queued)
            first = self._times.earlier(queued) if doubt else self._times.own(attempt)
            self._outstanding += 1
            self._claimed.append(Claim(queued, attempt, self._write(attempt), doubt, first))
        return True

    def _next(self, *, new_only: bool) -> Queued | None:
        if not new_only:
            return self._todo.popleft()
        for place, queued in enumerate(self._todo):
            if not is_doubtful(queued):
                del self._todo[place]
                return queued
        return None

    # --- the ledger --------------------------------------------------------------------------------------------

    def write(self, record: Attempt | Outcome) -> Future[None]:
        """Hand a record to the ledger."""
        with self._turn:
            return self._write(record)

    def is_durable(self, intent: Future[None]) -> bool:
        """Wait until it is; False if the ledger failed, and then nothing may be sent any more."""
        try:
            intent.result()
        except Exception as error:  # noqa: BLE001 - whatever it is, the intent is not on the disk
            with self._turn:
                self._fail(error)
            return False
        return True

    def _write(self, record: Attempt | Outcome) -> Future[None]:
        try:
            future = self._ledger.write(record)
        except Exception as error:  # noqa: BLE001 - a ledger that refuses at once has failed as well
            future = Future()
            future.set_exception(error)
        self._writes.append(future)
        return future

    def _look_at_writes(self) -> None:
        """Notice failures among the writes that are done, without waiting."""
        while self._writes and self._writes[0].done():
            error = self._writes.popleft().exception()
            if error is not None:
                self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if self._ledger_failure is None:
            failure = error if isinstance(error, LedgerError) else _ledger_failed(error)
            if failure is not error:
                failure.__cause__ = error
            self._ledger_failure = failure
        self._turn.notify_all()

    # --- results -----------------------------------------------------------------------------------------------

    def settle(self, settled: Settled) -> None:
        """This run is done with the invoice. `progress` is called here, one call at a time."""
        with self._turn:
            self._outstanding -= 1
            if settled.result in _PERHAPS_MADE:
                self._spent += 1
            if settled.result is Result.POSTED:
                self.posted = True
            self._result.settled[settled.external_id] = settled
            self._turn.notify_all()
            self._progress(settled)

    def release(self, claim: Claim, *, touched: bool = False) -> None:
        """Write back that the attempt of a claim was not made. `touched`: an attempt before it, in this run, was."""
        with self._turn:
            self._release(claim)
            if not touched:
                self._outstanding -= 1
                self._result.untouched += 1
                self._turn.notify_all()

    def _release(self, claim: Claim) -> None:
        self._write(
            Outcome(
                claim.attempt,
                self._clock.now(),
                Result.NOT_SENT,
                claim.rest(),
                claim.doubt,
                code="stopped",
                detail="The run stopped before this was sent.",
            )
        )

    def failed(self, *, pause: ImporterError) -> None:
        """An attempt failed and the API looks down; enough of them without a success between end the run."""
        with self._turn:
            self._failures += 1
            if self._failures >= self._settings.failures:
                self._stop_with(pause)

    def answered(self) -> None:
        """The API is alive."""
        self._failures = 0

    # --- the end -----------------------------------------------------------------------------------------------

    def stop_with(self, error: ImporterError) -> None:
        """Nothing more is sent. Of several reasons the worst stays."""
        with self._turn:
            self._stop_with(error)

    def _stop_with(self, error: ImporterError) -> None:
        if self._halt is None or _rank(error) < _rank(self._halt):
            self._halt = error
        self._turn.notify_all()

    def crashed(self, error: BaseException) -> None:
        """A bug or an interrupt: nothing more is sent, and the caller will see it."""
        with self._turn:
            if self._crash is None:
                self._crash = error
            self._turn.notify_all()

    def finish(self) -> SubmitResult:
        """Write back what was claimed and not sent, wait for every write, and hand over the result.

        Raises what crashed a worker, or LedgerError.
        """
        with self._turn:
            left = len(self._todo) + len(self._claimed)
            for claim in self._claimed:
                self._release(claim)
            for future in self._writes:
                error = future.exception()  # waits
                if error is not None:
                    self._fail(error)
            if self._crash is not None:
                raise self._crash
            if self._ledger_failure is not None:
                raise self._ledger_failure
            self._result.untouched += left
            if self._asked_to_stop.is_set() and (self._result.untouched or self._has_loose_ends()):
                self._stop_with(_stopped())
            self._result.stop = self._halt
            return self._result

    def _has_loose_ends(self) -> bool:
        counts = self._result.counts
        return bool(counts[Result.NOT_SENT] or counts[Result.AMBIGUOUS])


def _rank(error: ImporterError) -> int:
    return _WORST_FIRST.index(error.exit_code)


def _limit_reached(limit: int | None) -> Unfinished:
    return Unfinished(
        "limit",
        f"The limit of {limit} invoices is reached; the rest is ready.",
        fix="Look at the posted ones in Facturalia, then run the same command again, or `importer resume`.",
    )


def _stopped() -> Unfinished:
    return Unfinished(
        "stopped",
        "The run was stopped; what was under way was finished first.",
        fix="Run the same command again, or `importer resume`: it goes on where this one stopped.",
    )


def _ledger_failed(error: BaseException) -> LedgerError:
    return LedgerError(
        "ledger-write",
        f"The ledger could not be written ({type(error).__name__}); nothing more was sent.",
        fix="Make room on the disk or mend what is wrong with it, then run `importer ledger verify` and `importer resume`.",
    )
