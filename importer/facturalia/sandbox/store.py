"""What the sandbox received: one SQLite file (or memory), one transaction a request."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from importer.errors import SettingsError

_TABLES = """
CREATE TABLE IF NOT EXISTS invoices (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    number TEXT NOT NULL UNIQUE,
    external_id TEXT NOT NULL,
    date TEXT NOT NULL,
    customer TEXT NOT NULL,
    lines INTEGER NOT NULL,
    excl TEXT NOT NULL, vat TEXT NOT NULL, incl TEXT NOT NULL, -- cents as text: they may outgrow 64 bits
    received_at TEXT NOT NULL,
    body BLOB NOT NULL,
    answer BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS claims ( -- who holds an Idempotency-Key ('key'), external_id or invoice number
    kind TEXT NOT NULL, value TEXT NOT NULL, digest TEXT NOT NULL,
    invoice INTEGER REFERENCES invoices (id), failure BLOB, at TEXT NOT NULL,
    PRIMARY KEY (kind, value)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters (year TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, key TEXT NOT NULL, external_id TEXT NOT NULL,
    sha256 TEXT NOT NULL, status INTEGER NOT NULL, fault TEXT NOT NULL, replayed INTEGER NOT NULL
);
"""


class Seen(NamedTuple):
    """One request to the API. `status` 0: the caller got no answer. `sha256` of the body as received, hexadecimal."""

    at: str
    method: str
    path: str
    key: str  # Idempotency-Key, empty if none
    external_id: str  # empty if none could be read
    sha256: str
    status: int = 0
    fault: str = ""
    replayed: bool = False


class Received(NamedTuple):
    """One invoice. Money in cents; `body` and `answer` are the bytes of the request and of the answer to it."""

    id: int
    number: str
    external_id: str  # empty if none
    date: str
    customer: str
    lines: int
    excl: int
    vat: int
    incl: int
    received_at: str
    body: bytes
    answer: bytes


class Claim(NamedTuple):
    """Who holds a value: the digest of the payload, and the answer (of an invoice, or a kept failure)."""

    digest: str
    at: str
    answer: bytes
    invoice: int | None  # None: a kept failure


class Transaction:
    """The statements of one request; all or none of them count."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def claim(self, kind: str, value: str) -> Claim | None:
        """Who holds this value, if anyone."""
        row = self._connection.execute(
            "SELECT digest, at, coalesce(failure, answer), invoice FROM claims "
            "LEFT JOIN invoices ON invoices.id = claims.invoice WHERE kind = ? AND value = ?",
            (kind, value),
        ).fetchone()
        return Claim(*row) if row else None

    def hold(
        self, kind: str, value: str, digest: str, at: str, *, invoice: int | None = None, failure: bytes | None = None
    ) -> None:
        """Take a value. Raises `sqlite3.IntegrityError` if it is held."""
        self._connection.execute(
            "INSERT INTO claims VALUES (?, ?, ?, ?, ?, ?)", (kind, value, digest, invoice, failure, at)
        )

    def release(self, kind: str, value: str) -> None:
        """Forget who holds a value."""
        self._connection.execute("DELETE FROM claims WHERE kind = ? AND value = ?", (kind, value))

    def release_all(self, kind: str) -> None:
        """Forget every holder of a kind."""
        self._connection.execute("DELETE FROM claims WHERE kind = ?", (kind,))

    def next_number(self, year: str) -> str:
        """`2026/0001`, `2026/0002`, ... in order of arrival, past numbers that were sent by callers."""
        while True:
            self._connection.execute(
                "INSERT INTO counters VALUES (?, 1) ON CONFLICT (year) DO UPDATE SET last = last + 1", (year,)
            )
            (last,) = self._connection.execute("SELECT last FROM counters WHERE year = ?", (year,)).fetchone()
            number = f"{year}/{last:04d}"
            if self._connection.execute("SELECT 1 FROM invoices WHERE number = ?", (number,)).fetchone() is None:
                return number

    def next_id(self) -> int:
        """The id the next invoice gets."""
        row = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'invoices'").fetchone()
        return int(row[0]) + 1 if row else 1

    def add(self, invoice: Received) -> None:
        """Keep an invoice. Raises `sqlite3.IntegrityError` if its number is taken."""
        money = (str(invoice.excl), str(invoice.vat), str(invoice.incl))
        self._connection.execute(
            "INSERT INTO invoices VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*invoice[:6], *money, *invoice[9:])
        )

    def record(self, seen: Seen) -> None:
        """Write down a request."""
        self._connection.execute("INSERT INTO requests VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)", seen)


class Store:
    """Thread-safe: one connection, one request at a time; `BEGIN IMMEDIATE` keeps other processes on the file out too.

    A commit survives the death of this process and of its callers; synchronous=NORMAL does not promise it against a
    power cut, which a sandbox need not survive. Raises `SettingsError` (`sandbox-database`) if the file cannot be used.
    """

    def __init__(self, path: str | Path) -> None:
        self._lock = threading.Lock()
        try:
            self._connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(_TABLES)
        except sqlite3.Error as error:
            raise SettingsError(
                "sandbox-database",
                f"The sandbox cannot keep its invoices in {Path(path).name}: {error}.",
                fix="Give the path of a new file in a folder you may write to.",
            ) from error

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """All statements inside are one step, alone on the file; an exception undoes them."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield Transaction(self._connection)
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def requests(self) -> list[Seen]:
        """Every request to the API, oldest first."""
        query = "SELECT at, method, path, key, external_id, sha256, status, fault, replayed FROM requests ORDER BY id"
        return [Seen._make((*row[:8], bool(row[8]))) for row in self._all(query)]

    def invoices(self, *, newest: int | None = None, before: int | None = None) -> list[Received]:
        """Every invoice, oldest first; or the `newest` ones (with an id below `before`), newest first."""
        columns = "id, number, external_id, date, customer, lines, excl, vat, incl, received_at, body, answer"
        if newest is None:
            rows = self._all(f"SELECT {columns} FROM invoices ORDER BY id")  # noqa: S608 - fixed column names
        else:
            rows = self._all(
                f"SELECT {columns} FROM invoices WHERE id < ? ORDER BY id DESC LIMIT ?",  # noqa: S608 - same
                (before if before is not None else 2**62, newest),
            )
        return [Received._make((*row[:6], *map(int, row[6:9]), *row[9:])) for row in rows]

    def count(self) -> int:
        """How many invoices exist."""
        return int(self._all("SELECT count(*) FROM invoices")[0][0])

    def request_count(self) -> int:
        """How many requests came in."""
        return int(self._all("SELECT count(*) FROM requests")[0][0])

    def sums(self) -> tuple[int, int, int]:
        """Cents excl. VAT, VAT and incl. VAT of all invoices."""
        excl = vat = incl = 0
        for row in self._all("SELECT excl, vat, incl FROM invoices"):
            excl, vat, incl = excl + int(row[0]), vat + int(row[1]), incl + int(row[2])
        return excl, vat, incl

    def invoice(self, number: int) -> Received | None:
        """The invoice with this id."""
        found = self.invoices(newest=1, before=number + 1)
        return found[0] if found and found[0].id == number else None

    def close(self) -> None:
        """Close the file. The store cannot be used afterwards."""
        with self._lock:
            self._connection.close()

    def _all(self, query: str, values: tuple[object, ...] = ()) -> list[Any]:
        with self._lock:
            return self._connection.execute(query, values).fetchall()
