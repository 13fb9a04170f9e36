"""Where a ledger lies, and whether that place is safe: file system, permissions, kind of file."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from importer.errors import LedgerBusy, LedgerError

MAGIC = b"SQLite format 3\0"
# SQLite's locks, and its write-ahead log, cannot be trusted on these: two senders could both believe they are alone.
NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "ncpfs"})
MOUNTS = Path("/proc/mounts")
LONG_LIVED_FILE = 0o600
OWN_FOLDER = 0o700
OTHERS = 0o077


class Mount(NamedTuple):
    """The file system a path lies on: where it is mounted and its type as the kernel names it."""

    point: str
    kind: str


def ledger_path(url: str) -> Path | None:
    """The file an SQLite URL names, absolute; None for `sqlite://`, the ledger in memory. LedgerError for any other."""
    fix = "Set IMPORTER_LEDGER_URL to sqlite:////absolute/path/ledger.sqlite, or leave it unset."
    try:
        parsed = make_url(url)
    except ArgumentError:
        # the text itself stays out of the message: it may hold a password
        raise LedgerError("ledger-url", "The ledger's address is not a database URL.", fix=fix) from None
    if parsed.get_backend_name() == "postgresql":
        raise LedgerError("ledger-url", "Ledgers on PostgreSQL are not supported by this version.", fix=fix)
    if parsed.drivername not in {"sqlite", "sqlite+pysqlite"}:
        message = f'The ledger\'s address names "{parsed.drivername}"; this version keeps its ledger in SQLite.'
        raise LedgerError("ledger-url", message, fix=fix)
    if parsed.query or parsed.host or (parsed.database or "").startswith("file:"):
        raise LedgerError("ledger-url", "The ledger's address may hold a path and nothing else.", fix=fix)
    if parsed.database in {None, "", ":memory:"}:
        return None
    return Path(parsed.database or "").expanduser().absolute()


def mount_of(path: Path, mounts: str | None = None) -> Mount | None:
    """The mount `path` lies on, by the longest mount point above it; None where the system does not say.

    `mounts` is the text of /proc/mounts; it is read from there when absent.
    """
    if mounts is None:
        try:
            mounts = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return None
    real = Path(os.path.realpath(path))
    best: Mount | None = None
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:  # noqa: PLR2004 - device, mount point, type
            continue
        point = fields[1].encode("latin-1", "replace").decode("unicode_escape")  # blanks are written \040
        # of two mounts on one point the later hides the earlier
        if real.is_relative_to(point) and (best is None or len(point) >= len(best.point)):
            best = Mount(point, fields[2])
    return best


def prepare(path: Path, *, mounts: str | None = None) -> None:
    """Make folder and file where they are missing, for this user alone; LedgerError where a ledger cannot be kept."""
    mount = mount_of(path, mounts)
    if mount is not None and mount.kind in NETWORK:
        raise LedgerError(
            "ledger-network",
            f'The ledger "{path}" lies on a network file system ({mount.kind}), where locks cannot be trusted.',
            fix="Set IMPORTER_LEDGER_URL to a file on a disk of this machine.",
        )
    try:
        path.parent.mkdir(mode=OWN_FOLDER, parents=True, exist_ok=True)
        try:
            # the file exists with its final rights before a byte of it is written
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, LONG_LIVED_FILE))
        except FileExistsError:
            _check_existing(path)
    except OSError as error:
        raise LedgerError(
            "ledger-unreadable",
            f'The ledger "{path}" cannot be opened: {error.strerror}.',
            fix="Check the path and its rights, or set IMPORTER_LEDGER_URL to another file.",
        ) from error


def _check_existing(path: Path) -> None:
    if not stat.S_ISREG(path.stat().st_mode):
        raise LedgerError(
            "ledger-not-sqlite", f'"{path}" is not a file.', fix="Set IMPORTER_LEDGER_URL to a ledger file."
        )
    with path.open("rb") as file:
        head = file.read(len(MAGIC))
    if head not in {b"", MAGIC}:
        raise LedgerError(
            "ledger-not-sqlite",
            f'"{path}" is not an SQLite file.',
            fix="Set IMPORTER_LEDGER_URL to a ledger file, or restore a backup.",
        )
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        raise LedgerError(
            "ledger-read-only",
            f'The ledger "{path}" or its folder may not be written.',
            fix="Give your user the right to write both.",
        )


def inode(path: Path) -> tuple[int, int] | None:
    """What the path names now: device and inode; None if nothing."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


@contextmanager
def locked(path: Path, *, wait: float, busy: LedgerBusy) -> Iterator[None]:
    """Hold the lock file `path` for the block; raises `busy` if another process keeps it for `wait` seconds.

    The operating system releases it when the process ends, however it ends. Started programs never inherit it, and
    forked children let go of it. The file stays: removing a lock file would let two processes lock two files.
    """
    lock = FileLock(path, timeout=wait, mode=LONG_LIVED_FILE, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise busy from None
    except OSError as error:
        raise LedgerError(
            "ledger-lock",
            f'The lock file "{path}" cannot be used: {error.strerror}.',
            fix="Check the rights of the ledger's folder.",
        ) from error
    try:
        yield
    finally:
        lock.release()
