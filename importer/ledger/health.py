"""Facts about a ledger for `doctor`: what SQLite really does, and what the place allows."""

import shutil
import sqlite3
import stat
from pathlib import Path
from typing import NamedTuple

from importer.ledger.database import SYNCHRONOUS, Database
from importer.ledger.migrate import schema_version
from importer.ledger.place import NETWORK, OTHERS, mount_of

LOW_SPACE = 200_000_000  # bytes: room for the journal of a large import


class Health(NamedTuple):
    """What was read back, not what was asked for. `path` is None in memory; `warnings` are sentences for people."""

    path: Path | None
    sqlite_version: str
    journal_mode: str
    synchronous: str
    schema: str
    size: int
    free_space: int
    file_rights: str  # octal, such as 600
    folder_rights: str
    file_system: str
    warnings: tuple[str, ...]


def health(database: Database) -> Health:
    """The facts of an open ledger."""
    with database.reading() as connection:
        mode = str(connection.exec_driver_sql("PRAGMA journal_mode").scalar()).upper()
        level = connection.exec_driver_sql("PRAGMA synchronous").scalar()
    sync = next((word for word, number in SYNCHRONOUS.items() if number == level), str(level))
    path = database.path
    if path is None:
        return Health(None, sqlite3.sqlite_version, mode, sync, "", 0, 0, "", "", "memory", ())
    facts, folder = path.stat(), path.parent.stat()
    free = shutil.disk_usage(path.parent).free
    mount = mount_of(path)
    kind = mount.kind if mount else "unknown"
    warnings = []
    if (mode, sync) != (database.choice.mode, database.choice.sync):
        warnings.append(f"SQLite writes with {mode}/{sync}; {database.choice.mode}/{database.choice.sync} is needed.")
    if facts.st_mode & OTHERS:
        warnings.append("Other users of this machine can read the ledger: `chmod 600` it.")
    if folder.st_mode & stat.S_IWOTH and not folder.st_mode & stat.S_ISVTX:
        warnings.append("Other users of this machine can replace the ledger: take their right to write its folder.")
    if free < LOW_SPACE:
        warnings.append("The ledger's disk is nearly full.")
    if kind in NETWORK or kind.startswith("fuse"):
        warnings.append(f"The ledger lies on a {kind} file system, where locks and flushes may not be honoured.")
    return Health(
        path,
        sqlite3.sqlite_version,
        mode,
        sync,
        schema_version(database) or "",
        facts.st_size,
        free,
        f"{stat.S_IMODE(facts.st_mode):o}",
        f"{stat.S_IMODE(folder.st_mode):o}",
        kind,
        tuple(warnings),
    )
