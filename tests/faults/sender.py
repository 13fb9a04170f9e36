"""An import in a process of its own, whose clock, threads and patience can be chosen; everything else is as in the CLI.

    python -m tests.faults.sender FILE PROFILE [--shift SECONDS] [--counted SECONDS] [--boot NAME]
                                  [--one-thread] [--patience SECONDS]

Prints the JSON object of the run and ends with its exit code. Settings come from the environment, as always.
"""

import argparse
import json
import random
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from importer.domain.clock import Clock, SystemClock
from importer.domain.identity import Account
from importer.errors import ImporterError
from importer.facturalia.client import Client
from importer.ledger.store import Ledger, open_ledger
from importer.pipeline import Sending, import_files
from importer.profile.load import load_profile
from importer.settings import load_settings


class ShiftedClock(SystemClock):
    """The machine's clocks as if somebody had set the wall clock forwards (or, below zero, backwards) by `seconds`.

    The clock that never jumps shows `counted` seconds more than it does, in a boot called `name`; empty: the real one.
    """

    def __init__(self, seconds: float = 0.0, counted: float = 0.0, name: str = "") -> None:
        self.seconds = seconds
        self.counted = counted
        self.name = name

    def now(self) -> datetime:
        """The wall clock, moved."""
        return super().now() + timedelta(seconds=self.seconds)

    def elapsed(self) -> float:
        """The clock that never jumps, moved."""
        return super().elapsed() + self.counted

    def boot(self) -> str:
        """The boot as it is called."""
        return self.name or super().boot()


class ImpatientLedger(Ledger):
    """Waits for another sender for as long as it is told, not the minute that is usual."""

    patience = 60.0

    @contextmanager
    def lock_sender(self, account: Account, *, wait: float | None = None) -> Iterator[None]:
        """As in the ledger."""
        with super().lock_sender(account, wait=self.patience if wait is None else wait):
            yield


def send(options: argparse.Namespace, clock: Clock) -> dict[str, object]:
    """One import; the object of its run."""
    settings = load_settings()
    account = settings.account()
    key = account.api_key()
    with open_ledger(settings.ledger_url, clock=clock, threaded=False) as opened:
        ledger = ImpatientLedger(opened.database, clock=clock, threaded=not options.one_thread)
        ledger.patience = options.patience
        try:
            summary, _ = import_files(
                [options.file],
                load_profile(options.profile),
                ledger,
                Sending(
                    account=account.account,
                    make_client=lambda: Client(account.base_url, key),
                    clock=clock,
                    rng=random.Random(),
                    concurrency=1 if options.one_thread else account.concurrency,
                    rate=account.rate,
                    stop=threading.Event(),
                ),
                approve=lambda _: True,
            )
        finally:
            ledger.close()
    return summary.as_json()


def main() -> int:
    """Send, print, return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("profile")
    parser.add_argument("--shift", type=float, default=0.0, help="seconds the clock is ahead")
    parser.add_argument("--counted", type=float, default=0.0, help="seconds the clock that never jumps is ahead")
    parser.add_argument("--boot", default="", help="what the start of the machine is called")
    parser.add_argument("--one-thread", action="store_true", help="everything in the main thread, one at a time")
    parser.add_argument("--patience", type=float, default=60.0, help="seconds to wait for another sender")
    options = parser.parse_args()
    try:
        told = send(options, ShiftedClock(options.shift, options.counted, options.boot))
    except ImporterError as error:
        told = error.as_json()
    print(json.dumps(told))
    return int(str(told["exit"]))


if __name__ == "__main__":
    sys.exit(main())
