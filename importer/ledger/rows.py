"""Rows as they are sealed and chained: how the ledger can prove later that nobody has touched it.

Every change of a row writes one event that holds the row's seal; every event holds the hash of the one before it.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, desc, insert, select
from sqlalchemy.dialects import sqlite

from importer.ledger import tables

Row = dict[str, Any]
T = TypeVar("T")

GENESIS = "0" * 64
AGE_COLUMNS = 3  # at the end of attempts: boot, elapsed_ms, event
CHUNK = 500  # bound values in one statement; old SQLite libraries stop at 999

_UNSEALED = frozenset({"event"})  # the invoice row points at its event, so the event cannot hold that pointer
INVOICE_COLUMNS: tuple[str, ...] = tuple(column.name for column in tables.invoices.columns)
_SEALED = tuple(name for name in INVOICE_COLUMNS if name not in _UNSEALED)
_sealed_values = itemgetter(*_SEALED)
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def as_json(value: object) -> str:
    """Compact JSON, the one spelling used inside the ledger."""
    return _encode(value)


def sha256(data: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def seal(values: Iterable[object]) -> str:
    """The hash of a row's values in the order of its table's columns."""
    return sha256(_encode(list(values)).encode())


def seal_attempt(values: Iterable[object]) -> str:
    """The hash of everything an attempt row says, its values in the order of the table's columns.

    Attempts from before schema 0002 were sealed without the last columns, which are empty in them.
    """
    values = list(values)
    told = values[-AGE_COLUMNS:] != [None] * AGE_COLUMNS
    return seal(values if told else values[:-AGE_COLUMNS])


def seal_invoice(row: Mapping[str, Any]) -> str:
    """The hash of everything an invoice row says."""
    return sha256(_encode(_sealed_values(row)).encode())


def event_hash(prev: str, seq: int, at: str, run: str, external_id: str, kind: str, data: str) -> str:
    """The hash of an event; `prev` is that of the event before it.

    No two events give the same text: all but `data` are words of our own without line ends, and `data` comes last.
    """
    return sha256(f"{prev}\n{seq}\n{at}\n{run}\n{external_id}\n{kind}\n{data}".encode())


class Journal:
    """The events of one transaction. Made inside it, flushed before it commits."""

    def __init__(self, connection: Connection, at: str) -> None:
        self._connection = connection
        self._at = at
        self._seq, self._head = events_head(connection)
        self._rows: list[tuple[object, ...]] = []

    @property
    def next_seq(self) -> int:
        """The number that the next event will get."""
        return self._seq + 1

    def add(self, run: str, external_id: str, kind: str, data: Mapping[str, object]) -> int:
        """Append an event; returns its number."""
        text = _encode(data)
        self._seq += 1
        prev, self._head = self._head, event_hash(self._head, self._seq, self._at, run, external_id, kind, text)
        self._rows.append((self._seq, self._at, run, external_id, kind, text, prev, self._head))
        return self._seq

    def invoice(self, run: str, row: Row, kind: str, **extra: object) -> None:
        """Append the event that records an invoice row as it now is, and point the row at it."""
        data = {
            "state": row["state"],
            "digest": row["digest"],
            "key": row["idempotency_key"],
            "generation": row["generation"],
            "remote_id": row["remote_id"],
            "seal": seal_invoice(row),
            **extra,
        }
        row["event"] = self.add(run, row["external_id"], kind, data)

    def flush(self) -> None:
        """Write the events."""
        insert_rows(self._connection, tables.events, self._rows)
        self._rows = []


def events_head(connection: Connection) -> tuple[int, str]:
    """Number and hash of the newest event; `(0, GENESIS)` when there is none."""
    events = tables.events.c
    found = connection.execute(select(events.seq, events.hash).order_by(desc(events.seq)).limit(1)).first()
    return (found.seq, found.hash) if found else (0, GENESIS)


def insert_rows(
    connection: Connection, table: Table, rows: Sequence[tuple[object, ...]], *, ignore: bool = False
) -> None:
    """Insert many rows whose values stand in the order of the table's columns; `ignore` skips those already there.

    The driver gets plain tuples: for 250,000 invoices this takes half the time of named parameters.
    """
    if not rows:
        return
    connection.exec_driver_sql(_insert_text(table, ignore=ignore), list(rows))


@cache
def _insert_text(table: Table, *, ignore: bool) -> str:
    names = [column.name for column in table.columns]
    statement = sqlite.insert(table).on_conflict_do_nothing() if ignore else insert(table)
    return str(statement.compile(dialect=sqlite.dialect(), column_keys=names))


def invoice_rows(connection: Connection, external_ids: Collection[str]) -> dict[str, Row]:
    """The invoice rows that exist among `external_ids`, as plain dictionaries."""
    found: dict[str, Row] = {}
    for part in chunks(list(external_ids)):
        query = select(tables.invoices).where(tables.invoices.c.external_id.in_(part))
        for row in connection.execute(query):
            values = dict(zip(INVOICE_COLUMNS, row, strict=True))
            found[values["external_id"]] = values
    return found


def update_invoices(connection: Connection, rows: Iterable[Row]) -> None:
    """Write whole invoice rows back, found by their id."""
    changing = [name for name in INVOICE_COLUMNS if name != "id"]
    values = itemgetter(*changing, "id")
    parameters = [values(row) for row in rows]
    if parameters:
        places = ", ".join(f"{name} = ?" for name in changing)  # our own column names, never data
        connection.exec_driver_sql(f"UPDATE invoices SET {places} WHERE id = ?", parameters)  # noqa: S608


def next_id(connection: Connection, table: Table) -> int:
    """The first free integer id of a table. Only true inside a write transaction, which excludes all other writers."""
    newest = connection.execute(select(table.c.id).order_by(desc(table.c.id)).limit(1)).scalar()
    return (newest or 0) + 1


def chunks(values: Sequence[T]) -> Iterable[Sequence[T]]:
    """`values` in parts small enough for one statement."""
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))
