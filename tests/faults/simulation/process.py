"""One process of the importer that may end anywhere: its clock, its ledger, its wire, and the doors between its steps.

Every look at the clock, every transaction and every POST passes a door. At one of them the process may die, be asked
to stop, be suspended, or find the disk full. What the ledger has committed stays, everything else is gone with it.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection

from importer.domain.records import Attempt, Outcome
from importer.errors import LedgerError
from importer.ledger.database import Database
from importer.ledger.store import Ledger

START = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
HOUR = 3_600.0


class Crash(BaseException):
    """The process is gone: no handler may treat this as an error of its own."""


class Kind(StrEnum):
    """What may befall a process at a door."""

    CRASH = "crash"
    STOP = "stop"  # Ctrl-C: ends the run between invoices
    DISK_FULL = "disk full"  # the next commit fails
    DISK_FAILS = "disk fails"  # the next commit is made, and reported as failed
    SUSPEND = "suspend"  # the lid closes for `seconds`, anywhere but in the one gap no program can close
    GAP = "gap"  # the lid closes exactly between the last look at the clock and the send


class Trouble(NamedTuple):
    """What befalls a process, and at which door (from 1)."""

    kind: Kind
    at: int
    seconds: float = 0.0


class Time:
    """True time since START, the wall clock of the machine, which may be wrong, and when it was started. In seconds."""

    def __init__(self) -> None:
        self.true = 0.0
        self.wrong = 0.0  # the wall clock less the truth
        self.set_back = 0.0  # how far corrections have set it back so far
        self.boots = 0  # how often the machine was started anew
        self.started = 0.0  # when that was

    @property
    def wall(self) -> datetime:
        """What the wall clock shows."""
        return START + timedelta(seconds=self.true + self.wrong)


class Doors:
    """Counts the doors a process passes, and lets its trouble happen at the right one. A dead process passes none."""

    def __init__(self, time: Time, trouble: Trouble | None = None) -> None:
        self.time = time
        self.trouble = trouble
        self.stop = threading.Event()
        self.dead = False
        self.passed = 0

    def at(self, place: str) -> None:
        """Pass a door. Raises Crash, or the LedgerError of a failing disk."""
        if self.dead:
            raise Crash(place)
        self.passed += 1
        trouble = self.trouble
        if trouble is None or self.passed < trouble.at or not _fits(trouble.kind, place):
            return
        self.trouble = None
        match trouble.kind:
            case Kind.CRASH:
                self.dead = True
                raise Crash(place)
            case Kind.STOP:
                self.stop.set()
            case Kind.DISK_FULL | Kind.DISK_FAILS:
                raise LedgerError("ledger-io", f"The disk fails ({trouble.kind}).", fix="Mend it.")
            case _:
                self.time.true += trouble.seconds


_PLACES = {Kind.DISK_FULL: "commit", Kind.DISK_FAILS: "committed", Kind.GAP: "post"}


def _fits(kind: Kind, place: str) -> bool:
    if kind is Kind.SUSPEND:
        return place != "post"  # here the residual risk lies: only the directed tests go there, with GAP
    return place == _PLACES.get(kind, place)


class Machine:
    """The database and the clock that outlive a process; `doors` are those of the process that runs now."""

    def __init__(self, time: Time) -> None:
        self.time = time
        self.doors = Doors(time)

    def start(self, trouble: Trouble | None = None) -> Doors:
        """A new process begins."""
        self.doors = Doors(self.time, trouble)
        return self.doors


class SimulatedClock:
    """The clocks as a process sees them. Waiting makes time pass; each look is a door."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def now(self) -> datetime:
        """The wall clock."""
        self._machine.doors.at("now")
        return self._machine.time.wall

    def elapsed(self) -> float:
        """The clock that counts suspension and never jumps; it begins anew with the machine."""
        self._machine.doors.at("elapsed")
        return self._machine.time.true - self._machine.time.started

    def boot(self) -> str:
        """The start of the machine it counts from."""
        return f"boot-{self._machine.time.boots}"

    def sleep(self, seconds: float) -> None:
        """Wait without waiting. No wait is too short for a float to show it."""
        self._machine.time.true += max(seconds, 1e-6)


class FragileDatabase(Database):
    """The real database in memory, with a door before, at the end of, and after each transaction."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(None)
        self.machine = machine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """As the real one."""
        self.machine.doors.at("read")
        with super().reading() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """As the real one. An exception at the door before the commit undoes the transaction."""
        self.machine.doors.at("write")
        with super().writing() as connection:
            yield connection
            self.machine.doors.at("commit")
        self.machine.doors.at("committed")


class WatchedLedger(Ledger):
    """The real ledger as one process opens it; tells of every attempt that became durable."""

    def __init__(self, database: FragileDatabase, told: Callable[[Attempt], None]) -> None:
        super().__init__(database, clock=SimulatedClock(database.machine), threaded=False, entropy=bytes)
        self._told = told

    def write(self, transition: Attempt | Outcome) -> "Future[None]":
        """As the real one."""
        future = super().write(transition)
        if isinstance(transition, Attempt) and future.exception() is None:
            self._told(transition)
        return future
