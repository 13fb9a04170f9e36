"""What commands need before they can work: settings, the ledger, a way to Facturalia."""

import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from importer.cli.language import tr
from importer.domain.clock import SystemClock
from importer.domain.identity import Account
from importer.settings import AccountSettings, load_settings

if TYPE_CHECKING:
    from datetime import datetime

    from importer.ledger.store import Ledger
    from importer.pipeline import Sending

LEDGER_WAIT = 30.0  # seconds another program may keep the ledger's file locked, such as one that stores a large plan


@contextmanager
def opened(account: str, *, create: bool = True, key: bool = False) -> "Iterator[tuple[AccountSettings, Ledger]]":
    """The account's settings and the open ledger. With `create` False a ledger that does not exist stays so.

    With `key` a missing or bad API key is told before the ledger is touched.
    """
    from importer.ledger.store import open_ledger

    settings = load_settings()
    chosen = settings.account(account)
    if key:
        chosen.api_key()
    url = settings.ledger_url if create else existing(settings.ledger_url)
    with open_ledger(url, clock=SystemClock(), busy=LEDGER_WAIT) as ledger:
        yield chosen, ledger


def existing(url: str) -> str:
    """The ledger's URL, or one of an empty ledger in memory where there is none yet: looking leaves no trace."""
    from importer.ledger.place import ledger_path

    path = ledger_path(url)
    return "sqlite://" if path is not None and not path.exists() else url


def require_run(ledger: "Ledger", account: Account, run: str) -> None:
    """ConfigError unless the ledger holds this run and it belongs to the account."""
    from importer.errors import ConfigError

    owner = ledger.run_record(run).account
    if owner != account:
        raise ConfigError(
            "run-of-other-account",
            f'Run "{run}" belongs to account "{owner.name}" at {owner.origin}, not to "{account.name}" at {account.origin}.',
            fix="Name its account with -a, and check IMPORTER_BASE_URL.",
        )


@contextmanager
def sending(
    account: AccountSettings,
    *,
    on_step: Callable[[str], None],
    on_settled: Callable[[object], None],
    on_pause: "Callable[[datetime], None]",
) -> "Iterator[Sending]":
    """All that sending needs, and how it is interrupted.

    While requests may be under way, Ctrl-C (or SIGTERM) lets them finish and ends the run; a second one ends it at
    once. Before and after, both end the process as usual: nothing is lost by it.
    """
    from importer.cli.version import version
    from importer.facturalia.client import Client
    from importer.pipeline import Sending

    key = account.api_key()
    stop = threading.Event()
    # looked up now: a signal is no moment to read files
    stopping = tr("stopping after the invoices under way; once more to stop at once")

    def ask_to_stop(*_: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        say(stopping)

    @contextmanager
    def under_way() -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():  # only there may handlers be set
            yield
            return
        before = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def say(words: str) -> None:
        # a signal arrives between any two steps: taking the lock of the progress line here could wait for itself
        with suppress(OSError):
            os.write(2, f"\n  {words} …\n".encode())

    yield Sending(
        account=account.account,
        vat_number=account.vat_number,
        make_client=lambda: Client(account.base_url, key),
        clock=SystemClock(),
        rng=random.Random(),
        concurrency=account.concurrency,
        rate=account.rate,
        importer_version=version(),
        stop=stop,
        under_way=under_way,
        on_step=on_step,
        on_settled=on_settled,
        on_pause=on_pause,
    )
