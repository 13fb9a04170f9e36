import os
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from importer.domain.states import State
from importer.errors import LedgerBusy, LedgerError
from importer.ledger.backup import backup
from importer.ledger.database import journal_choice
from importer.ledger.health import health
from importer.ledger.migrate import HEAD
from importer.ledger.place import ledger_path, mount_of, prepare
from importer.ledger.store import open_ledger
from importer.ledger.verify import verify
from tests.ledger.builders import ACCOUNT, TestClock, begin, ledger_at, run_to, stored, url_of

MOUNTS = (
    "/dev/sda1 / ext4 rw 0 0\n"
    "server:/home /mnt/share nfs4 rw 0 0\n"
    "//server/x /mnt/with\\040blank cifs rw 0 0\n"
    "C:\\134 /mnt/c 9p rw 0 0\n"
    "/dev/sdb1 /mnt/share/local xfs rw 0 0\n"
)


@pytest.mark.parametrize(
    ("version", "choice"),
    [
        ((3, 7, 0), ("DELETE", "EXTRA")),
        ((3, 40, 1), ("DELETE", "EXTRA")),
        ((3, 44, 5), ("DELETE", "EXTRA")),
        ((3, 44, 6), ("WAL", "FULL")),
        ((3, 45, 0), ("DELETE", "EXTRA")),
        ((3, 45, 9), ("DELETE", "EXTRA")),
        ((3, 50, 6), ("DELETE", "EXTRA")),
        ((3, 50, 7), ("WAL", "FULL")),
        ((3, 51, 0), ("DELETE", "EXTRA")),
        ((3, 51, 2), ("DELETE", "EXTRA")),
        ((3, 51, 3), ("WAL", "FULL")),
        ((3, 52, 0), ("WAL", "FULL")),
        ((4, 0, 0), ("WAL", "FULL")),
    ],
)
def test_the_write_ahead_log_needs_a_mended_sqlite(version: tuple[int, int, int], choice: tuple[str, str]) -> None:
    """Only SQLite versions without the WAL-reset bug use the write-ahead log."""
    assert journal_choice(version) == choice


def test_a_new_ledger_is_private(tmp_path: Path) -> None:
    """File and folder are made for this user alone, whatever the umask."""
    path = tmp_path / "deep" / "down" / "ledger.sqlite"
    old = os.umask(0)
    try:
        with ledger_at(path):
            pass
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_every_connection_writes_durably(tmp_path: Path) -> None:
    """Journal mode and synchronous are read back on several connections and are those of the version table."""
    with ledger_at(tmp_path / "ledger.sqlite") as ledger:
        choice = journal_choice(sqlite3.sqlite_version_info[:3])
        with ledger.database.reading() as one, ledger.database.reading() as two:
            for connection in (one, two):
                mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
                sync = connection.exec_driver_sql("PRAGMA synchronous").scalar()
                assert (str(mode).upper(), sync) == (choice.mode, {"FULL": 2, "EXTRA": 3}[choice.sync])


def test_health_reads_back_what_is_so(tmp_path: Path) -> None:
    """Health tells rights, mode and schema as they are, and warns of a ledger that others can read."""
    path = tmp_path / "own" / "ledger.sqlite"
    with ledger_at(path) as ledger:
        facts = health(ledger.database)
        assert (facts.path, facts.file_rights, facts.folder_rights, facts.schema) == (path, "600", "700", HEAD)
        assert facts.free_space > 0
        assert not [each for each in facts.warnings if "Other users" in each]
        path.chmod(0o644)
        assert [each for each in health(ledger.database).warnings if "chmod 600" in each]


def test_a_ledger_in_memory_works_without_files() -> None:
    """`sqlite://` holds plans and outcomes, needs no lock, and reports its health."""
    with ledger_at(None) as ledger:
        stored(ledger, "A")
        with ledger.lock_sender(ACCOUNT):
            run_to(ledger, "A", State.POSTED)
        assert verify(ledger.database) == []
        assert health(ledger.database).file_system == "memory"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("postgresql+psycopg://u:secret@db/ledger", "ledger-url"),
        ("mysql://u:secret@db/ledger", "ledger-url"),
        ("sqlite+aiosqlite:///x", "ledger-url"),
        ("sqlite:///x?mode=ro", "ledger-url"),
        ("sqlite:///file:x", "ledger-url"),
        ("secret", "ledger-url"),
        ("", "ledger-url"),
    ],
)
def test_other_addresses_are_refused(url: str, code: str) -> None:
    """Only SQLite paths are taken, and the message never repeats a password."""
    with pytest.raises(LedgerError) as caught:
        open_ledger(url, clock=TestClock())
    assert caught.value.code == code
    assert "secret" not in caught.value.message
    assert caught.value.fix


def test_paths_are_absolute_and_home_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A path in the address is made absolute, `~` is the user's home, and no path is memory."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert ledger_path("sqlite:///~/x.sqlite") == tmp_path / "x.sqlite"
    assert ledger_path("sqlite:////x/y.sqlite") == Path("/x/y.sqlite")
    assert ledger_path("sqlite://") is None
    assert ledger_path("sqlite:///:memory:") is None


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/a/ledger", "ext4"),
        ("/mnt/share/ledger", "nfs4"),
        ("/mnt/share/local/ledger", "xfs"),
        ("/mnt/shared/ledger", "ext4"),
        ("/mnt/with blank/ledger", "cifs"),
        ("/mnt/c/ledger", "9p"),
    ],
)
def test_the_longest_mount_point_counts(path: str, kind: str) -> None:
    """A path lies on the mount with the longest point above it, blanks in its name included."""
    mount = mount_of(Path(path), MOUNTS)
    assert mount is not None
    assert mount.kind == kind


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p"])
def test_network_file_systems_are_refused(tmp_path: Path, kind: str) -> None:
    """Nothing is made on a file system whose locks cannot be trusted."""
    path = tmp_path / "new" / "ledger.sqlite"
    with pytest.raises(LedgerError, match=kind) as caught:
        prepare(path, mounts=f"/dev/sda / ext4 rw 0 0\nserver:/x {tmp_path} {kind} rw 0 0\n")
    assert caught.value.code == "ledger-network"
    assert not path.parent.exists()


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    """A spreadsheet named as ledger is refused and not touched."""
    path = tmp_path / "maart.csv"
    path.write_text("Factuurnr;Datum\n")
    with pytest.raises(LedgerError) as caught:
        ledger_at(path)
    assert caught.value.code == "ledger-not-sqlite"
    assert path.read_text() == "Factuurnr;Datum\n"


def test_a_folder_is_no_ledger(tmp_path: Path) -> None:
    """A folder named as ledger is refused."""
    with pytest.raises(LedgerError) as caught:
        ledger_at(tmp_path)
    assert caught.value.code == "ledger-not-sqlite"


def test_a_damaged_header_is_refused(tmp_path: Path) -> None:
    """A file that only begins like SQLite is refused in one sentence."""
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5_000)
    with pytest.raises(LedgerError) as caught:
        ledger_at(path)
    assert caught.value.code in {"ledger-not-sqlite", "ledger-damaged"}


def test_the_database_of_another_program_is_refused(tmp_path: Path) -> None:
    """An SQLite file without our schema is refused and gains no tables."""
    path = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE songs (title TEXT)")
    with pytest.raises(LedgerError) as caught:
        ledger_at(path)
    assert caught.value.code == "ledger-foreign"
    with closing(sqlite3.connect(path)) as other:
        assert [name for (name,) in other.execute("SELECT name FROM sqlite_master")] == ["songs"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    """A ledger without the right to write is refused at opening, not in the middle of a run."""
    path = tmp_path / "ledger.sqlite"
    ledger_at(path).close()
    path.chmod(0o400)
    with pytest.raises(LedgerError) as caught:
        ledger_at(path)
    assert caught.value.code == "ledger-read-only"


def test_a_locked_ledger_says_so(tmp_path: Path) -> None:
    """While another program holds the file exclusively, opening gives up with exit code 3."""
    path = tmp_path / "ledger.sqlite"
    ledger_at(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LedgerBusy) as caught:
            ledger_at(path, busy=0.05)
        other.execute("ROLLBACK")
    assert (caught.value.code, caught.value.exit_code) == ("ledger-locked", 3)


@pytest.mark.parametrize("deed", ["unlink", "replace"])
def test_a_ledger_that_was_taken_away_takes_no_commits(tmp_path: Path, deed: str) -> None:
    """Once the path names another file or none, every write fails and says so, instead of writing into the void."""
    path = tmp_path / "ledger.sqlite"
    with ledger_at(path) as ledger:
        stored(ledger, "A", "B")
        if deed == "unlink":
            path.unlink()
        else:
            shutil.copy(path, tmp_path / "copy")
            (tmp_path / "copy").replace(path)
        with pytest.raises(LedgerError) as caught:
            run_to(ledger, "A", State.POSTED)
        assert caught.value.code == "ledger-moved"
        with pytest.raises(LedgerError) as later:
            run_to(ledger, "B", State.POSTED)
        assert later.value.code == "ledger-write-failed"
        with pytest.raises(LedgerError) as plan:
            begin(ledger)
        assert plan.value.code == "ledger-moved"


def test_a_backup_is_a_whole_ledger(tmp_path: Path) -> None:
    """A backup made while the ledger is open holds everything, is private, and verifies."""
    path, copy = tmp_path / "ledger.sqlite", tmp_path / "copy.sqlite"
    with ledger_at(path) as ledger:
        stored(ledger, "A", "B")
        backup(ledger.database, copy)
        head = ledger.events_head()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with ledger_at(copy) as again:
        assert again.events_head() == head
        assert verify(again.database, head=head[1]) == []


def test_a_backup_never_overwrites(tmp_path: Path) -> None:
    """A file that exists is left as it is."""
    other = tmp_path / "exists"
    other.write_text("mine")
    with ledger_at(tmp_path / "ledger.sqlite") as ledger:
        with pytest.raises(LedgerError) as caught:
            backup(ledger.database, other)
        assert caught.value.code == "backup-exists"
        with pytest.raises(LedgerError) as missing:
            backup(ledger.database, tmp_path / "no" / "folder")
        assert missing.value.code == "backup-failed"
    assert other.read_text() == "mine"


def test_errors_never_quote_customers(tmp_path: Path) -> None:
    """A database error tells its kind and never the values of the statement."""
    with ledger_at(tmp_path / "ledger.sqlite") as ledger:
        with pytest.raises(LedgerError) as caught, ledger.database.writing() as connection:
            connection.exec_driver_sql("INSERT INTO bodies VALUES (?, ?, ?)", (99, "Café Zoë", b"Caf"))
        chain = [str(caught.value), str(caught.value.__cause__)]
        assert caught.value.code == "ledger-constraint"
        assert not any("Caf" in text for text in chain)


def test_the_address_of_a_file_is_understood(tmp_path: Path) -> None:
    """What the builders call the address of a path leads to that path."""
    assert ledger_path(url_of(tmp_path / "x")) == tmp_path / "x"
