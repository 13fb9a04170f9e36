import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

import importer
from importer.errors import LedgerError
from importer.ledger.database import Database
from importer.ledger.migrate import (
    HEAD,
    bring_up,
    expected_schema,
    run_migrations,
    schema_texts,
    schema_version,
    scripts_folder,
)
from importer.ledger.store import open_ledger
from importer.ledger.verify import verify
from tests.ledger.builders import TestClock, ledger_at, stored, url_of

NEXT = """
import sqlalchemy as sa
from alembic import op
revision = "0002"
down_revision = "0001"
def upgrade():
    op.create_table("more", sa.Column("id", sa.Integer, primary_key=True))
    op.add_column("runs", sa.Column("note", sa.Text))
    {then}
"""


def scripts_with(tmp_path: Path, then: str) -> Path:
    """A copy of the migrations with one more."""
    folder = tmp_path / "scripts"
    shutil.copytree(scripts_folder(), folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "0002_more.py").write_text(NEXT.format(then=then))
    return folder


def test_migrated_and_fresh_schema_are_one(tmp_path: Path) -> None:
    """The migrations make exactly the tables, indexes, checks and triggers that the code declares."""
    with ledger_at(tmp_path / "ledger.sqlite") as migrated:
        made = schema_texts(migrated.database)
    assert made.keys() == expected_schema().keys()
    assert made == expected_schema()
    assert "CHECK (generation >= 0 AND attempts >= 0)" in made["invoices"]
    assert {"events_no_update", "events_no_delete", "uq_attempts_one_open"} <= made.keys()


def test_the_newest_migration_is_the_one_the_code_expects() -> None:
    """The migrations form one line that ends at HEAD."""
    assert ScriptDirectory(str(scripts_folder())).get_heads() == [HEAD]


def test_the_migrations_folder_never_shadows_the_library() -> None:
    """`alembic/` is no package: with an `__init__.py` it would hide the library of that name."""
    assert not (scripts_folder() / "__init__.py").exists()
    assert scripts_folder().name in {"alembic", "_alembic"}


def test_no_column_can_round_money(tmp_path: Path) -> None:
    """No column has a type whose affinity would turn text into numbers or numbers into floats."""
    with ledger_at(tmp_path / "ledger.sqlite") as ledger, ledger.database.reading() as connection:
        tables = list(connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars())
        types = {row[2] for table in tables for row in connection.exec_driver_sql(f"PRAGMA table_info({table})")}
    assert types <= {"INTEGER", "BIGINT", "TEXT", "BLOB", "VARCHAR(32)"}  # the last is the library's own version table


def test_an_upgrade_makes_a_backup_first(tmp_path: Path) -> None:
    """An older ledger is upgraded, and its state before lies beside it, whole."""
    path = tmp_path / "ledger.sqlite"
    with ledger_at(path) as ledger:
        stored(ledger, "A")
        head = ledger.events_head()
    database = Database(path)
    copy = bring_up(database, path, TestClock(), upgrade=True, scripts=scripts_with(tmp_path, "pass"), head="0002")
    assert schema_version(database) == "0002"
    database.close()
    assert copy is not None
    with ledger_at(copy) as before:
        assert before.events_head() == head
        assert verify(before.database) == []


def test_an_older_ledger_is_left_alone_when_upgrades_are_not_wanted(tmp_path: Path) -> None:
    """Without `upgrade` an older schema is refused and nothing is written."""
    path = tmp_path / "ledger.sqlite"
    ledger_at(path).close()
    database = Database(path)
    with pytest.raises(LedgerError) as caught:
        bring_up(database, path, TestClock(), upgrade=False, scripts=scripts_with(tmp_path, "pass"), head="0002")
    assert caught.value.code == "ledger-older"
    assert schema_version(database) == "0001"
    database.close()
    assert not list(tmp_path.glob("*.backup"))


def test_a_failing_migration_leaves_nothing_half_done(tmp_path: Path) -> None:
    """When a migration fails after its first tables, the schema is that of before."""
    path = tmp_path / "ledger.sqlite"
    ledger_at(path).close()
    database = Database(path)
    before = schema_texts(database)
    with pytest.raises(ZeroDivisionError):
        run_migrations(database, scripts_with(tmp_path, "1 / 0"), "0002")
    assert schema_texts(database) == before
    assert schema_version(database) == "0001"
    database.close()


def test_a_newer_ledger_is_refused(tmp_path: Path) -> None:
    """A ledger of a newer version is refused with the remedy, and not touched."""
    path = tmp_path / "ledger.sqlite"
    ledger_at(path).close()
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE alembic_version SET version_num = '0999'")
    with pytest.raises(LedgerError) as caught:
        open_ledger(url_of(path), clock=TestClock())
    assert caught.value.code == "ledger-newer"
    assert "0999" in caught.value.message


def test_an_installed_package_finds_its_own_migrations(tmp_path: Path) -> None:
    """Where there is no checkout, as in an installed wheel, the migrations inside the package are used."""
    root = Path(importer.__file__).parent
    site = tmp_path / "site"
    for part in ("ledger", "domain"):
        shutil.copytree(root / part, site / "importer" / part)
    for part in ("__init__.py", "errors.py"):
        shutil.copy(root / part, site / "importer" / part)
    shutil.copytree(scripts_folder(), site / "importer" / "_alembic")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from importer.domain.clock import SystemClock\n"
        "from importer.ledger.migrate import scripts_folder\n"
        "from importer.ledger.store import open_ledger\n"
        "open_ledger('sqlite:///' + sys.argv[2], clock=SystemClock()).close()\n"
        "print(scripts_folder())\n"
    )
    command = [sys.executable, "-c", code, str(site), str(tmp_path / "ledger.sqlite")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(site / "importer" / "_alembic")
    with ledger_at(tmp_path / "ledger.sqlite") as ledger:
        assert verify(ledger.database) == []
