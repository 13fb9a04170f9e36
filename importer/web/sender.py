"""Posting in the background: one thread for an account, its counts for whoever looks, a way to stop."""

import random
import threading
from collections import Counter, deque
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from importer.domain.clock import Clock
from importer.domain.summary import Summary
from importer.errors import ImporterError
from importer.facturalia.client import Client
from importer.ledger.store import Ledger
from importer.pipeline import Sending, import_files, resume
from importer.profile.load import LoadedProfile
from importer.settings import AccountSettings
from importer.stations.submit import Settled

LAST: Final = 8


@dataclass(slots=True)
class Posting:
    """One piece of sending, under way or done. Read it with `seen`; times are UTC."""

    total: int
    started_at: datetime
    counts: Counter[str] = field(default_factory=Counter)
    last: deque[Settled] = field(default_factory=lambda: deque(maxlen=LAST))
    step: str = ""
    summary: Summary | None = None
    error: ImporterError | None = None
    bug: str = ""
    ended: bool = False
    first_at: datetime | None = None
    paused_until: datetime | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def done(self) -> int:
        """How many invoices have their outcome."""
        return sum(self.counts.values())

    def left(self, now: datetime) -> tuple[float, float] | None:
        """Invoices a second, and seconds left; None while that cannot be said yet."""
        if self.first_at is None or self.done < 2:  # noqa: PLR2004 - a rate takes two
            return None
        seconds = (now - self.first_at).total_seconds()
        if seconds <= 0:
            return None
        rate = (self.done - 1) / seconds
        return rate, (self.total - self.done) / rate if rate else 0.0


class Senders:
    """The postings of this server, by work. An account has one at a time; others wait for the ledger's lock."""

    def __init__(self, ledger: Ledger, clock: Clock, version: str) -> None:
        self._ledger = ledger
        self._clock = clock
        self._version = version
        self._turn = threading.Lock()
        self._postings: dict[str, Posting] = {}
        self._threads: list[threading.Thread] = []

    def of(self, work: str) -> Posting | None:
        """The posting of a work, if this server has one."""
        return self._postings.get(work)

    def post(
        self,
        work: str,
        settings: AccountSettings,
        files: list[Path],
        loaded: LoadedProfile,
        *,
        digest: str,
        total: int,
        limit: int | None,
        by: str,
        ended: Callable[[Posting], None],
    ) -> Posting:
        """Import files whose plan was confirmed by its digest. A second call while the first lasts changes nothing."""
        return self._begin(
            work, settings, total, by, ended,
            lambda how: import_files(files, loaded, self._ledger, how, approve=lambda _: True, digest=digest, limit=limit)[0],
        )  # fmt: skip

    def go_on(
        self,
        work: str,
        settings: AccountSettings,
        *,
        run: str | None,
        total: int,
        by: str,
        ended: Callable[[Posting], None],
    ) -> Posting:
        """Finish what an earlier posting left ready or unanswered."""
        return self._begin(work, settings, total, by, ended, lambda how: resume(self._ledger, how, run=run))

    def close(self) -> None:
        """Let requests under way finish, then end."""
        for posting in self._postings.values():
            posting.stop.set()
        for thread in self._threads:
            thread.join()

    def _begin(
        self,
        work: str,
        settings: AccountSettings,
        total: int,
        by: str,
        ended: Callable[[Posting], None],
        send: Callable[[Sending], Summary],
    ) -> Posting:
        key = settings.api_key()  # a missing key is said now, not in a thread
        with self._turn:
            before = self._postings.get(work)
            if before is not None and not before.ended:
                return before
            posting = self._postings[work] = Posting(total, self._clock.now())

        def on_step(words: str) -> None:
            posting.step = words

        def on_settled(one: Settled) -> None:
            posting.first_at = posting.first_at or self._clock.now()
            posting.counts[str(one.state)] += 1
            posting.last.appendleft(one)

        def on_pause(until: datetime) -> None:
            posting.paused_until = until

        how = Sending(
            account=settings.account,
            by=by,
            vat_number=settings.vat_number,
            make_client=lambda: Client(settings.base_url, key),
            clock=self._clock,
            rng=random.Random(),
            concurrency=settings.concurrency,
            rate=settings.rate,
            importer_version=self._version,
            stop=posting.stop,
            under_way=nullcontext,
            on_step=on_step,
            on_settled=on_settled,
            on_pause=on_pause,
        )

        def run() -> None:
            try:
                posting.summary = send(how)
            except ImporterError as error:
                posting.error = error
            except Exception as error:  # noqa: BLE001 - told on the page; what was sent is in the ledger
                posting.bug = type(error).__name__
            posting.ended = True
            ended(posting)

        thread = threading.Thread(target=run, name=f"posting-{work[:8]}", daemon=True)
        self._threads.append(thread)
        thread.start()
        return posting
