"""Sending for the pipeline: how, alone, and first of all what earlier runs left unanswered."""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta

from importer.domain.clock import Clock
from importer.domain.identity import Account
from importer.domain.records import Queued
from importer.domain.states import State
from importer.domain.summary import count_recovered
from importer.errors import LedgerBusy
from importer.facturalia.pace import Pace
from importer.facturalia.reading import NO_PATHS, Paths
from importer.facturalia.reply import Poster
from importer.ledger.store import Ledger
from importer.stations.submit import Settled, SubmitResult, SubmitSettings, Timekeeper, submit

Step = Callable[[str], None]
Progress = Callable[[Settled], None]


def quiet(_: object, /) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """How to send for one account. `make_client` is called once per worker; `stop` ends the run between invoices.

    `vat_number` is that of the account in its normal form, or empty: with it the seller in a file is compared.
    `by` is the person who said so, where people sign in; the run remembers them.
    `on_pause` is told until when nothing is sent because Facturalia asks to wait; the run goes on by itself.
    `under_way` is entered while requests may be under way: there an interrupt sets `stop` instead of ending the process.
    """

    account: Account
    by: str = ""
    vat_number: str = ""
    make_client: Callable[[], Poster]
    clock: Clock
    rng: random.Random
    concurrency: int = 4
    rate: float | None = 5.0
    importer_version: str = ""
    stop: threading.Event
    under_way: Callable[[], AbstractContextManager[object]] = nullcontext
    on_step: Step = quiet
    on_settled: Progress = quiet
    on_pause: Callable[[datetime], object] = quiet


def send(
    queue: Sequence[Queued],
    ledger: Ledger,
    sending: Sending,
    times: Timekeeper,
    *,
    run: str,
    ordered: bool = False,
    limit: int | None = None,
    canary: bool = True,
    paths: Paths = NO_PATHS,
) -> SubmitResult:
    """Send what is queued, as one run."""
    settings = SubmitSettings(
        run=run, concurrency=sending.concurrency, rate=sending.rate, ordered=ordered, canary_first=canary, limit=limit
    )

    def paused(seconds: float) -> None:
        sending.on_pause(sending.clock.now() + timedelta(seconds=seconds))

    with sending.under_way():
        return submit(
            queue,
            ledger=ledger,
            make_client=sending.make_client,
            clock=sending.clock,
            rng=sending.rng,
            settings=settings,
            progress=sending.on_settled,
            stop=sending.stop,
            answer_paths=paths,
            pace=Pace(sending.clock, sending.rate, paused),
            times=times,
        )


@contextmanager
def only_sender(ledger: Ledger, sending: Sending) -> Iterator[None]:
    """Be the only sender of the account for the block; says so where another one has to be waited for."""
    with ExitStack() as stack:
        try:
            stack.enter_context(ledger.lock_sender(sending.account, wait=0))
        except LedgerBusy:
            sending.on_step("waiting up to a minute for another import of this account to finish")
            stack.enter_context(ledger.lock_sender(sending.account))
        yield


def settle(ledger: Ledger, sending: Sending, times: Timekeeper, *, run: str | None = None) -> SubmitResult:
    """Replay what earlier runs of the account left unanswered; each invoice keeps the bytes and key it was tried with."""
    queue = ledger.queue(sending.account, run=run, states=[State.SENDING])
    if not queue:
        return SubmitResult()
    sending.on_step("settling what an earlier run left unanswered")
    number = ledger.begin_run(
        sending.account, "recover", profile=None, plan_digest="", importer_version=sending.importer_version
    )
    result = send(queue, ledger, sending, times, run=number, canary=False)
    ledger.end_run(
        number, result.stop.exit_code if result.stop is not None else 0, count_recovered(result.settled.values())
    )
    return result
