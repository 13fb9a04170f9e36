"""Copies of a ledger, made by SQLite itself: copying the file while it is in use gives a broken one."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from importer.errors import LedgerError
from importer.ledger.database import Database
from importer.ledger.place import LONG_LIVED_FILE


def backup(database: Database, path: Path) -> None:
    """Copy a ledger, in use or not, to the new file `path`, readable by this user alone.

    LedgerError if `path` exists, cannot be written, or the copy does not prove whole; nothing is left behind then.
    """
    with database.reading() as connection:
        source = connection.connection.driver_connection
        if not isinstance(source, sqlite3.Connection):
            raise TypeError(source)
        copy_database(source, path)


def copy_database(source: sqlite3.Connection, path: Path) -> None:
    """Copy an open database to the new file `path` and prove the copy whole."""
    fix = "Name a file that does not exist, in a folder you may write."
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, LONG_LIVED_FILE))
    except FileExistsError:
        raise LedgerError("backup-exists", f'"{path}" exists already.', fix=fix) from None
    except OSError as error:
        raise LedgerError("backup-failed", f'"{path}" cannot be written: {error.strerror}.', fix=fix) from error
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as target:
            source.backup(target)
            # a copy of a file in WAL mode would need a second file beside it
            target.execute("PRAGMA journal_mode = DELETE")
            verdict = target.execute("PRAGMA integrity_check").fetchone()[0]
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
    except sqlite3.Error as error:
        with suppress(OSError):
            path.unlink()
        raise LedgerError("backup-failed", f'The backup to "{path}" failed ({error}).', fix=fix) from error
