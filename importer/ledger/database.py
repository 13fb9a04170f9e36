"""Connections to the ledger's SQLite file: durable commits, honest locking, errors in our own words."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool, StaticPool

from importer.errors import LedgerBusy, LedgerError
from importer.ledger.place import inode

BUSY_SECONDS = 60.0
CACHE_KIB = 65_536  # a plan of 250,000 invoices touches its random-keyed indexes all over; 2 MB would thrash
SYNCHRONOUS = {"FULL": 2, "EXTRA": 3}


class JournalChoice(NamedTuple):
    """How a SQLite library must write so that an acknowledged commit survives a power cut."""

    mode: str  # WAL or DELETE
    sync: str  # FULL or EXTRA


def journal_choice(version: tuple[int, int, int]) -> JournalChoice:
    """WAL where the library is free of the WAL-reset bug (3.7.0 to 3.51.2, mended in 3.44.6 and 3.50.7 as well).

    The bug can corrupt a file that two connections write. Elsewhere the rollback journal is used, with EXTRA: its
    folder is synced too, so that a deleted journal cannot come back after a power cut and undo a commit.
    """
    line = version[:2]
    mended = (
        version >= (3, 51, 3)
        or (line == (3, 50) and version >= (3, 50, 7))
        or (line == (3, 44) and version >= (3, 44, 6))
    )
    return JournalChoice("WAL", "FULL") if mended else JournalChoice("DELETE", "EXTRA")


class Database:
    """An engine and the two ways to use it: `reading` and `writing`. `path` is None for a ledger in memory."""

    def __init__(self, path: Path | None, *, busy: float = BUSY_SECONDS, choice: JournalChoice | None = None) -> None:
        self.path = path
        if path is None:
            self.choice = JournalChoice("MEMORY", "FULL")
        else:
            self.choice = choice or journal_choice(sqlite3.sqlite_version_info[:3])
        self.engine = _engine(path, self.choice, busy)
        self._inode = inode(path) if path else None
        # In memory all threads share one connection, so they take turns; on file each has its own.
        self._turn = threading.RLock()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view; nothing may be written. LedgerError (LedgerBusy if locked) when SQLite fails."""
        with self._turns(), self._own_words(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that excludes all other writers from its start; durable when the block has ended.

        An exception in the block undoes everything. Commits are refused once the path names another file.
        """
        with self._turns(), self._own_words(), self.engine.connect() as plain:
            connection = plain.execution_options(ledger_begin="BEGIN IMMEDIATE")
            with connection.begin():
                self.check_file()
                yield connection
                self.check_file()

    def check_file(self) -> None:
        """LedgerError if the file was removed or replaced: SQLite would go on committing into the void."""
        if self.path is not None and inode(self.path) != self._inode:
            raise LedgerError(
                "ledger-moved",
                f'The ledger "{self.path}" was moved, removed or replaced while it was in use.',
                fix="Put the file back and start again; nothing may touch it while the importer runs.",
            )

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def _turns(self) -> Iterator[None]:
        if self.path is not None:
            yield
            return
        with self._turn:
            yield

    @contextmanager
    def _own_words(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise _translated(error, self.path) from error
        except UnicodeDecodeError as error:  # the driver decodes SQLite's own message, which quotes the damage
            raise _damaged(self.path) from error


def _engine(path: Path | None, choice: JournalChoice, busy: float) -> Engine:
    # hide_parameters: errors would quote request bodies, and so customers
    engine = create_engine(
        "sqlite://",
        hide_parameters=True,
        poolclass=QueuePool if path else StaticPool,
        creator=lambda: sqlite3.connect(path or ":memory:", timeout=busy, check_same_thread=False),
    )

    @event.listens_for(engine, "connect")
    def prepare(raw: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        raw.isolation_level = None  # the driver begins nothing by itself: it would begin too late, and too weakly
        raw.execute("PRAGMA foreign_keys = ON")
        raw.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        if path is not None:
            _make_durable(raw, choice)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("ledger_begin", "BEGIN"))

    return engine


def _make_durable(raw: sqlite3.Connection, choice: JournalChoice) -> None:
    """Set journal mode and synchronous, and believe neither until read back."""
    if str(_pragma(raw, "journal_mode")).upper() != choice.mode:
        raw.execute(f"PRAGMA journal_mode = {choice.mode}")
    raw.execute(f"PRAGMA synchronous = {choice.sync}")
    mode, sync = str(_pragma(raw, "journal_mode")).upper(), _pragma(raw, "synchronous")
    if mode != choice.mode or sync != SYNCHRONOUS[choice.sync]:
        raise LedgerError(
            "ledger-not-durable",
            f"SQLite writes with {mode}/{sync} where {choice.mode}/{choice.sync} was asked: a power cut could lose commits.",
            fix="Close every other program that has the ledger open, then try again.",
        )


def _pragma(raw: sqlite3.Connection, name: str) -> object:
    return raw.execute(f"PRAGMA {name}").fetchone()[0]


def _damaged(path: Path | None) -> LedgerError:
    where = f'The ledger "{path}"' if path else "The ledger"
    return LedgerError("ledger-damaged", f"{where} is damaged.", fix="Stop sending and restore a backup of the ledger.")


def _translated(error: DBAPIError, path: Path | None) -> LedgerError:
    """Our error for SQLite's. Never the parameters, which hold customer data."""
    code = getattr(error.orig, "sqlite_errorname", "") or ""
    where = f'The ledger "{path}"' if path else "The ledger"
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return LedgerBusy(
            "ledger-locked", f"{where} is locked by another program.", fix="Wait until it has finished, then run again."
        )
    if code.startswith("SQLITE_CORRUPT"):
        return _damaged(path)
    for start, name, sentence, fix in (
        ("SQLITE_FULL", "ledger-disk-full", "cannot grow: the disk is full.", "Make room on the disk, then run again."),
        ("SQLITE_READONLY", "ledger-read-only", "may not be written.", "Give your user the right to write it."),
        ("SQLITE_CANTOPEN", "ledger-unreadable", "cannot be opened.", "Check the path and its rights."),
        ("SQLITE_NOTADB", "ledger-not-sqlite", "is not an SQLite file.", "Restore a backup of the ledger."),
        ("SQLITE_IOERR", "ledger-io", "cannot be read or written: the disk fails.", "Check the disk, then run again."),
        ("SQLITE_CONSTRAINT", "ledger-constraint", "refuses a state that cannot be.", "Report this as a bug."),
    ):
        if code.startswith(start):
            return LedgerError(name, f"{where} {sentence}", fix=fix)
    kind = "schema" if isinstance(error, OperationalError) else "database"
    return LedgerError(
        "ledger-error",
        f"{where} gave a {kind} error ({code or type(error.orig).__name__}).",
        fix="Run `importer ledger verify`.",
    )
