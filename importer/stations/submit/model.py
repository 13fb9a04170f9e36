"""What `submit` is given, what it hands back, and the ledger as it sees it."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple, Protocol

from importer.domain.records import Answered, Attempt, Outcome, Result
from importer.domain.states import State
from importer.errors import ImporterError


class LedgerWriter(Protocol):
    """The part of the ledger that `submit` needs."""

    def write(self, record: Attempt | Outcome, /) -> Future[None]:
        """Take a record at once; the future is done when it is durable, in order of writing, or holds the LedgerError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitSettings:
    """How to send. `run` is the identity of the run; times are in seconds where they are no timedelta.

    `rate` is in requests a second, None: no limit of our own. `ordered` keeps the queue's order strictly (where
    Facturalia numbers the invoices), as does a concurrency of 1. `canary_first`: the first new invoice goes alone.
    `limit`: at most so many are posted. `longest_wait`: what asks for a longer wait ends the run instead.
    """

    run: str
    concurrency: int = 4
    rate: float | None = 5.0
    ordered: bool = False
    canary_first: bool = True
    limit: int | None = None
    window: timedelta = timedelta(hours=20)
    attempts: int = 5
    failures: int = 10
    longest_wait: float = 900.0
    back_off_base: float = 1.0
    back_off_cap: float = 20.0

    def __post_init__(self) -> None:
        if self.concurrency < 1 or self.attempts < 1 or self.failures < 1:
            raise ValueError("concurrency, attempts and failures are at least 1")
        if self.limit is not None and self.limit < 0:
            raise ValueError("limit is at least 0, or None")

    @property
    def workers(self) -> int:
        """How many requests may be under way at a time."""
        return 1 if self.ordered else self.concurrency


class Settled(NamedTuple):
    """Where one invoice stands when this run is done with it.

    `result` is that of its last attempt, `state` the one in the ledger. NOT_SENT, AMBIGUOUS and REFUSED_US leave it to
    a later run. `attempts` counts those of this run.
    """

    external_id: str
    label: str
    result: Result
    state: State
    attempts: int
    status: int = 0
    code: str = ""
    detail: str = ""
    answered: Answered = Answered()

    @property
    def replayed(self) -> bool:
        """Facturalia had made it before, and said so."""
        return self.answered.replayed


Progress = Callable[[Settled], None]


@dataclass(slots=True, kw_only=True)
class SubmitResult:
    """What became of a queue. `settled` in order of settling; what is not in it was not touched and is as it was.

    `stop` is why the run ended before the end of its queue, None if it did not.
    """

    settled: dict[str, Settled] = field(default_factory=dict)
    untouched: int = 0
    stop: ImporterError | None = None

    @property
    def requests(self) -> int:
        """How many POSTs were made."""
        return sum(one.attempts for one in self.settled.values())

    @property
    def counts(self) -> Counter[Result]:
        """How many invoices ended in each result."""
        return Counter(one.result for one in self.settled.values())

    @property
    def replayed(self) -> int:
        """How many of the posted ones Facturalia had made before."""
        return sum(one.replayed for one in self.settled.values() if one.result is Result.POSTED)
