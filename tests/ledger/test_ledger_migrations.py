import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

import importer
from importer.domain.states import State
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
from tests.ledger.builders import TestClock, ledger_at, queued, run_to, stored, url_of

NEXT = """
import sqlalchemy as sa
from alembic import op
revision = "0003"
down_revision = "0002"
def upgrade():
    op.create_table("more", sa.Column("id", sa.Integer, primary_key=True))
    op.add_column("runs", sa.Column("note", sa.Text))
    {then}
"""


def scripts_with(tmp_path: Path, then: str) -> Path:
    """A copy of the migrations with one more."""
    folder = tmp_path / "scripts"
    shutil.copytree(scripts_folder(), folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "0003_more.py").write_text(NEXT.format(then=then))
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
    copy = bring_up(database, path, TestClock(), upgrade=True, scripts=scripts_with(tmp_path, "pass"), head="0003")
    assert schema_version(database) == "0003"
    database.close()
    assert copy is not None
    with ledger_at(copy) as before:
        assert before.events_head() == head
        assert verify(before.database) == []


OLD_HEAD = "efc8cebfc3486a109a11c6b0a34b5e135fcabd0e4fa1be900a4503c9154a935b"  # of the newest event in ledger_0001.sql


def old_ledger(path: Path) -> None:
    """A ledger as the program of schema 0001 left it: four attempts, one without outcome, one doubtful."""
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript(Path(__file__).with_name("ledger_0001.sql").read_text(encoding="utf-8"))
    path.chmod(0o600)


def test_the_ledgers_of_the_first_version_are_brought_up(tmp_path: Path) -> None:
    """Attempts from before their boot was stored keep their seals; the backup beside holds what was."""
    path = tmp_path / "ledger.sqlite"
    old_ledger(path)
    with ledger_at(path) as ledger:
        assert verify(ledger.database, head=OLD_HEAD) == []
        assert ledger.events_head()[1] == OLD_HEAD
        assert schema_texts(ledger.database) == expected_schema()
        with ledger.database.reading() as connection:
            found = connection.exec_driver_sql("SELECT boot, elapsed_ms, event FROM attempts").all()
        assert found == [(None, None, None)] * 4
    (backup,) = tmp_path.glob("*.backup")
    with closing(sqlite3.connect(backup)) as raw:
        assert raw.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
        assert raw.execute("SELECT count(*) FROM attempts").fetchone() == (4,)


def test_sending_goes_on_in_a_ledger_of_the_first_version(tmp_path: Path) -> None:
    """What the older program left open or doubtful is tried again and proved, and the chain holds over both."""
    path = tmp_path / "ledger.sqlite"
    old_ledger(path)
    with ledger_at(path) as ledger:
        for label in ("C", "D"):
            one = queued(ledger, label)
            assert (one.ambiguous, one.first_elapsed) == (True, None)
            run_to(ledger, label, State.POSTED)
        assert verify(ledger.database, head=OLD_HEAD) == []


def test_a_ledger_that_is_upgraded_twice_at_once_is_upgraded_once(tmp_path: Path) -> None:
    """Processes that come at the same moment make one backup and one upgrade."""
    path = tmp_path / "ledger.sqlite"
    old_ledger(path)
    code = (
        "import sys\n"
        "from importer.domain.clock import SystemClock\n"
        "from importer.ledger.store import open_ledger\n"
        "open_ledger('sqlite:///' + sys.argv[1], clock=SystemClock()).close()\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(path)]) for _ in range(3)]
    assert [one.wait(60) for one in running] == [0, 0, 0]
    assert len(list(tmp_path.glob("*.backup"))) == 1
    with ledger_at(path) as ledger:
        assert verify(ledger.database, head=OLD_HEAD) == []


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE attempts SET event = 7 WHERE id = 3",
        "UPDATE attempts SET boot = 'b', elapsed_ms = 0 WHERE id = 4",
        "UPDATE attempts SET replayed = 1 WHERE id = 4",
    ],
)
def test_an_edit_of_an_old_attempt_is_found(tmp_path: Path, edit: str) -> None:
    """An attempt that was sealed without the new columns may not be given any."""
    path = tmp_path / "ledger.sqlite"
    old_ledger(path)
    ledger_at(path).close()
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute(edit)
    with ledger_at(path) as ledger:
        assert [(each.code, each.where[:8]) for each in verify(ledger.database)] == [("row-changed", "attempts")]


def test_an_older_ledger_is_left_alone_when_upgrades_are_not_wanted(tmp_path: Path) -> None:
    """Without `upgrade` an older schema is refused and nothing is written."""
    path = tmp_path / "ledger.sqlite"
    ledger_at(path).close()
    database = Database(path)
    with pytest.raises(LedgerError) as caught:
        bring_up(database, path, TestClock(), upgrade=False, scripts=scripts_with(tmp_path, "pass"), head="0003")
    assert caught.value.code == "ledger-older"
    assert schema_version(database) == "0002"
    database.close()
    assert not list(tmp_path.glob("*.backup"))


def test_a_failing_migration_leaves_nothing_half_done(tmp_path: Path) -> None:
    """When a migration fails after its first tables, the schema is that of before."""
    path = tmp_path / "ledger.sqlite"
    ledger_at(path).close()
    database = Database(path)
    before = schema_texts(database)
    with pytest.raises(ZeroDivisionError):
        run_migrations(database, scripts_with(tmp_path, "1 / 0"), "0003")
    assert schema_texts(database) == before
    assert schema_version(database) == "0002"
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
