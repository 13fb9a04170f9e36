"""Bring a ledger's schema to the version this program knows, after a backup; refuse a newer one."""

import re
import sqlite3
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import importer
from importer.domain.clock import Clock
from importer.errors import LedgerBusy, LedgerError
from importer.ledger.backup import copy_database
from importer.ledger.database import Database
from importer.ledger.place import locked
from importer.ledger.tables import metadata

HEAD = "0002"  # the newest migration; a test compares it with the folder
UPGRADE_WAIT = 60.0
_CONSTRAINTS = re.compile(r", (?=CONSTRAINT|PRIMARY|UNIQUE|FOREIGN|CHECK)")


def scripts_folder() -> Path:
    """The migrations: inside an installed package, or at the root of a checkout."""
    package = Path(importer.__file__).parent
    for folder in (package / "_alembic", package.parent / "alembic"):
        if (folder / "env.py").is_file():
            return folder
    raise LedgerError("ledger-migrations", "The ledger's migrations are missing.", fix="Install the importer again.")


def schema_version(database: Database) -> str | None:
    """The schema's version; None for an empty file. LedgerError if it holds something else than a ledger."""
    with database.reading() as connection:
        names = set(connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars())
        if not names:
            return None
        version = None
        if "alembic_version" in names:
            version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if version is None:
        raise LedgerError(
            "ledger-foreign",
            f'"{database.path}" is an SQLite file of another program.',
            fix="Set IMPORTER_LEDGER_URL to a ledger file, or to a path where none exists yet.",
        )
    return str(version)


def create_in_memory(database: Database) -> None:
    """The whole schema at once, for a ledger that lives as long as its process."""
    with database.writing() as connection:
        metadata.create_all(connection, checkfirst=False)


def schema_texts(database: Database) -> dict[str, str]:
    """Every table, index and trigger by name with its SQL; white space and the order of constraints are evened out.

    A ledger that migrations made and one made at once then give the same texts.
    """
    with database.reading() as connection:
        found = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        texts = {name: " ".join(sql.split()) for name, sql in found if name != "alembic_version"}
    evened = {}
    for name, text in texts.items():
        start, _, body = text.partition("(")
        parts = _CONSTRAINTS.split(body.rpartition(")")[0])
        evened[name] = f"{start}({' | '.join(sorted(part.strip() for part in parts))}"
    return evened


@cache
def expected_schema() -> Mapping[str, str]:
    """What `schema_texts` must say of a ledger of this version."""
    fresh = Database(None)
    try:
        create_in_memory(fresh)
        return schema_texts(fresh)
    finally:
        fresh.close()


def bring_up(
    database: Database, path: Path, clock: Clock, *, upgrade: bool, scripts: Path | None = None, head: str = HEAD
) -> Path | None:
    """Create or upgrade the schema of the file `path`; returns the backup made before an upgrade, if any.

    A failing migration leaves the file as it was. LedgerError for a newer schema, and for an older one without
    `upgrade`. Processes that come at the same moment wait for each other.
    """
    version = schema_version(database)
    if version == head:
        return None
    lock = path.with_name(path.name + ".upgrade.lock")
    busy = LedgerBusy(
        "ledger-upgrading",
        "Another process is upgrading the ledger.",
        fix="Wait until it has finished, then run again.",
    )
    with locked(lock, wait=UPGRADE_WAIT, busy=busy):
        version = schema_version(database)  # the process before us may have done it
        if version == head:
            return None
        folder = scripts or scripts_folder()
        backup = None
        if version is not None:
            _refuse(path, version, folder, upgrade=upgrade)
            backup = path.with_name(f"{path.name}.{version}-{clock.now():%Y%m%d-%H%M%S}.backup")
            with database.reading() as connection:
                source = connection.connection.driver_connection
                if not isinstance(source, sqlite3.Connection):
                    raise TypeError(source)
                copy_database(source, backup)
        run_migrations(database, folder, head)
        return backup


def run_migrations(database: Database, folder: Path, head: str) -> None:
    """All migrations up to `head` in one transaction, so that a failing one leaves nothing half done."""
    from alembic.config import Config  # noqa: PLC0415

    from alembic import command  # noqa: PLC0415 - only when there is something to do; it takes a quarter of a second

    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, head)


def _refuse(path: Path, version: str, folder: Path, *, upgrade: bool) -> None:
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see above

    known = {script.revision for script in ScriptDirectory(str(folder)).walk_revisions()}
    if version not in known:
        raise LedgerError(
            "ledger-newer",
            f'The ledger "{path}" was made by a newer version of the importer (schema {version}).',
            fix="Install that version of the importer, or a newer one.",
        )
    if not upgrade:
        raise LedgerError(
            "ledger-older",
            f'The ledger "{path}" was made by an older version of the importer (schema {version}).',
            fix="Run `importer ledger upgrade`; it makes a backup first.",
        )
