"""What commands need before they can work: settings, the ledger, a way to Facturalia."""

import random
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from importer.domain.clock import SystemClock
from importer.settings import AccountSettings, Settings, load_settings

if TYPE_CHECKING:
    from importer.ledger.store import Ledger
    from importer.pipeline import Sending


@contextmanager
def opened(
    account: str, *, create: bool = True, settings: Settings | None = None
) -> "Iterator[tuple[AccountSettings, Ledger]]":
    """The account's settings and the open ledger. With `create` False a ledger that does not exist stays so."""
    from importer.ledger.store import open_ledger

    settings = settings or load_settings()
    chosen = settings.account(account)
    url = settings.ledger_url if create else existing(settings.ledger_url)
    with open_ledger(url, clock=SystemClock()) as ledger:
        yield chosen, ledger


def existing(url: str) -> str:
    """The ledger's URL, or one of an empty ledger in memory where there is none yet: looking leaves no trace."""
    from importer.ledger.place import ledger_path

    path = ledger_path(url)
    return "sqlite://" if path is not None and not path.exists() else url


@contextmanager
def sending(
    account: AccountSettings, *, on_step: Callable[[str], None], on_settled: Callable[[object], None]
) -> "Iterator[Sending]":
    """All that sending needs. Ctrl-C (or SIGTERM) ends the run after what is under way; a second one ends it at once."""
    from importer.cli.version import version
    from importer.facturalia.client import Client
    from importer.pipeline import Sending

    key = account.api_key()
    stop = threading.Event()

    def ask_to_stop(*_: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        on_step("stopping after the invoices under way (again to stop at once)")

    before = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield Sending(
            account=account.account,
            make_client=lambda: Client(account.base_url, key),
            clock=SystemClock(),
            rng=random.Random(),
            concurrency=account.concurrency,
            rate=account.rate,
            importer_version=version(),
            stop=stop,
            on_step=on_step,
            on_settled=on_settled,
        )
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
