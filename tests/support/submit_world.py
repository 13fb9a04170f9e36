"""A world for `submit`: a clock that only moves when somebody waits, a ledger in memory, a Facturalia made of answers.

It checks the laws that hold in every run: the stored bytes and key on every attempt, no send before its intent is
durable, no state that the ledger would refuse, every client closed.
"""

import random
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from importer.domain.records import Attempt, Outcome, Queued
from importer.domain.states import TRANSITIONS, State
from importer.facturalia.reply import Answer, NoAnswer, Reply
from importer.stations.submit import Settled, SubmitResult, SubmitSettings, submit

START = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
LOST = NoAnswer("read-timeout", maybe_sent=True, detail="Lost.")
UNREACHED = NoAnswer("connect-error", maybe_sent=False, detail="Nobody there.")
MADE = Answer(201, {}, b'{"invoice": {"id": 9, "number": "N-9"}}')
REPLAYED = Answer(200, {"idempotency-status": "replayed"}, b'{"invoice": {"id": 9}}')
CONFLICT = Answer(409, {}, b'{"error": {"code": "idempotency_conflict", "message": "x"}}')
INVALID = Answer(422, {}, b'{"error": {"code": "validation_error", "details": {"lines.0.product_code": "?"}}}')
LIMITED = Answer(429, {"retry-after": "30"}, b'{"error": {"code": "rate_limited"}}')
FAILS = Answer(500, {}, b'{"error": {"code": "server_error"}}')
REFUSED = Answer(401, {}, b'{"error": {"code": "unauthorized"}}')


def settings(**changes: Any) -> SubmitSettings:
    """One worker, no pace, no canary, unless changed."""
    plain: dict[str, Any] = {"run": "run-1", "concurrency": 1, "rate": None, "canary_first": False}
    return SubmitSettings(**(plain | changes))


def invoice(number: int, **changes: Any) -> Queued:
    """An invoice that was never sent."""
    plain = Queued(
        external_id=f"imp-{number}",
        label=f"2026-{number:04}",
        body=f'{{"external_id": "imp-{number}"}}'.encode(),
        key=f"key-{number}",
        generation=0,
        state=State.READY,
        first_attempt_at=None,
        ambiguous=False,
        has_number=False,
        lines=2,
        excl=10_000,
        incl=12_100,
    )
    return plain._replace(**changes)


def doubtful(number: int, hours: float, **changes: Any) -> Queued:
    """An invoice an earlier run sent `hours` ago without an answer."""
    first = START - timedelta(hours=hours)
    return invoice(number, **({"state": State.SENDING, "ambiguous": True, "first_attempt_at": first} | changes))


class Sent(NamedTuple):
    """A POST as Facturalia saw it. `intents` are the attempts that were durable at that moment."""

    body: bytes
    key: str
    at: float
    intents: frozenset[tuple[str, int]]


class World:
    """Ledger, clock and Facturalia of one run; `answers` is asked for each POST by external_id and attempt."""

    def __init__(self, answers: Callable[[str, int], Reply]) -> None:
        self.answers = answers
        self.lock = threading.Lock()
        self.seconds = 0.0
        self.wall_shift = timedelta(0)
        self.boot_name = "boot-1"
        self.offered: list[Attempt | Outcome] = []
        self.records: list[Attempt | Outcome] = []
        self.durable: set[tuple[str, int]] = set()
        self.sent: list[Sent] = []
        self.progress: list[Settled] = []
        self.stop = threading.Event()
        self.clients = 0
        self.closed = 0
        self.states: dict[str, State] = {}
        self.before_send: Callable[[str, int], None] = lambda *_: None
        self.ledger_failure: Callable[[Attempt | Outcome], Exception | None] = lambda *_: None

    # the clock
    def now(self) -> datetime:
        """The wall clock."""
        return START + timedelta(seconds=self.seconds) + self.wall_shift

    def elapsed(self) -> float:
        """The clock that never jumps."""
        return self.seconds

    def boot(self) -> str:
        """The start of the machine; empty where the test takes that knowledge away."""
        return self.boot_name

    def sleep(self, seconds: float) -> None:
        """Waiting is what makes time pass."""
        with self.lock:
            self.seconds += seconds

    # the ledger
    def write(self, record: Attempt | Outcome) -> "Future[None]":
        """Durable at once, unless the ledger fails."""
        future: Future[None] = Future()
        self.offered.append(record)
        failure = self.ledger_failure(record)
        with self.lock:
            if failure is not None:
                future.set_exception(failure)
                return future
            self.records.append(record)
            if isinstance(record, Attempt):
                self.durable.add((record.external_id, record.number))
        future.set_result(None)
        return future

    # Facturalia
    def post_invoice(self, body: bytes, key: str) -> Reply:
        """What the script says."""
        external_id = body.decode().split('"')[3]
        with self.lock:
            attempt = sum(each.body == body for each in self.sent) + 1
            self.sent.append(Sent(body, key, self.seconds, frozenset(self.durable)))
        self.before_send(external_id, attempt)
        return self.answers(external_id, attempt)

    def close(self) -> None:
        """Counted, like the opening."""
        self.closed += 1

    def client(self) -> "World":
        """Another worker comes."""
        self.clients += 1
        return self

    def submit(self, queue: Iterable[Queued], **changes: Any) -> SubmitResult:
        """Run the station and check the laws."""
        queue = list(queue)
        try:
            return submit(
                queue,
                ledger=self,
                make_client=self.client,
                clock=self,
                rng=random.Random(3),
                settings=settings(**changes),
                progress=self.progress.append,
                stop=self.stop,
            )
        finally:
            self.check(queue)

    def check(self, queue: list[Queued]) -> None:
        """The laws that hold in every run."""
        stored = {each.body: each.key for each in queue}
        before = {each.body: each.attempts for each in queue}
        for each in self.sent:
            assert stored[each.body] == each.key, "other bytes or another key were sent"
            external_id = each.body.decode().split('"')[3]
            number = before[each.body] + sum(
                other.body == each.body for other in self.sent[: self.sent.index(each) + 1]
            )
            assert (external_id, number) in each.intents, "sent before the intent was durable"
        states = {each.external_id: each.state for each in queue}
        for record in self.records:
            external_id = record.external_id if isinstance(record, Attempt) else record.attempt.external_id
            after = State.SENDING if isinstance(record, Attempt) else record.state
            assert (states[external_id], after) in TRANSITIONS or states[external_id] is after is State.UNKNOWN
            states[external_id] = after
        assert self.clients == self.closed
        self.states = states

    def outcomes(self, external_id: str) -> list[Outcome]:
        """The outcomes of one invoice, in order."""
        return [r for r in self.records if isinstance(r, Outcome) and r.attempt.external_id == external_id]


def script(*replies: Reply) -> Callable[[str, int], Reply]:
    """The first attempt of any invoice gets the first reply, and so on; the last one for ever."""
    return lambda _, attempt: replies[min(attempt, len(replies)) - 1]
