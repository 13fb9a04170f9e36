"""Group commit: one thread writes everything that waits in one transaction, so one flush of the disk serves many."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue

from importer.domain.records import Attempt, Outcome
from importer.errors import LedgerError

Transition = Attempt | Outcome
# Applies transitions in one durable transaction; gives each its refusal, or None. Raises if nothing was committed.
Commit = Callable[[Sequence[Transition]], Sequence[LedgerError | None]]
Job = tuple[Transition, "Future[None]"]

GROUP = 256  # transitions in one transaction: more gains nothing, and holds up those that wait


class Writer:
    """Hands transitions to `commit`. After a failed commit it takes no more: what is durable is then unsure."""

    def __init__(self, commit: Commit, *, threaded: bool) -> None:
        self._commit = commit
        self._threaded = threaded
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._state = threading.Lock()
        self._closed = False
        self._failure: BaseException | None = None

    def write(self, transition: Transition) -> "Future[None]":
        """A future that resolves when the transition is durable, or holds why it was refused. LedgerError once broken."""
        future: Future[None] = Future()
        future.set_running_or_notify_cancel()  # what was handed over is written: there is no calling it back
        with self._state:
            self._check()
            if self._threaded:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
                    self._thread.start()
                self._jobs.put((transition, future))
                return future
            self._serve([(transition, future)])
        return future

    def close(self) -> None:
        """Write what waits, then end the thread."""
        with self._state:
            self._closed = True
            thread, self._thread = self._thread, None
        if thread is not None:
            self._jobs.put(None)
            thread.join()

    def _check(self) -> None:
        if self._closed:
            raise LedgerError("ledger-closed", "The ledger is closed.", fix="Run `importer resume`.")
        if self._failure is not None:
            raise self._stopped()

    def _stopped(self) -> LedgerError:
        cause = self._failure
        message = cause.message if isinstance(cause, LedgerError) else "A write to the ledger failed."
        error = LedgerError("ledger-write-failed", message, fix="Mend the cause, then run `importer resume`.")
        error.__cause__ = cause
        return error

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            group, last = [job], False
            while len(group) < GROUP:
                try:
                    more = self._jobs.get_nowait()
                except Empty:
                    break
                if more is None:
                    last = True
                    break
                group.append(more)
            self._serve(group)
            if last:
                return

    def _serve(self, group: Sequence[Job]) -> None:
        if self._failure is not None:
            for _, future in group:
                future.set_exception(self._stopped())
            return
        try:
            refusals = self._commit([transition for transition, _ in group])
        except BaseException as failure:  # noqa: BLE001 - whatever it was, those who wait must hear of it
            self._failure = failure
            for _, future in group:
                future.set_exception(failure)
            return
        for (_, future), refusal in zip(group, refusals, strict=True):
            if refusal is None:
                future.set_result(None)
            else:
                future.set_exception(refusal)
