"""Proof that nobody, and no failing disk, has changed the ledger behind our back.

The events form a chain of hashes; every row is sealed by the last event about it. Who knows the newest hash from a
report can prove that no event was cut off either.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, and_, select
from sqlalchemy.exc import DBAPIError

from importer.domain.states import State
from importer.errors import LedgerError
from importer.ledger import tables
from importer.ledger.database import Database
from importer.ledger.migrate import expected_schema, schema_texts
from importer.ledger.plans import posted_marks
from importer.ledger.rows import GENESIS, INVOICE_COLUMNS, event_hash, seal, seal_attempt, seal_invoice, sha256
from importer.ledger.runs import PURGED, RUN_TABLES, run_table_seal

COMPARED = {
    "state": "state",
    "digest": "digest",
    "key": "idempotency_key",
    "generation": "generation",
    "remote_id": "remote_id",
}  # what an event says of an invoice, and the column that must say the same
MOST = 100  # problems listed of each kind


class Problem(NamedTuple):
    """Something in the ledger that is not as it was written. `where` names the first broken row: table and key."""

    code: str
    where: str
    message: str


class _Told:
    """What the events say, gathered in one pass: the last word about every row."""

    def __init__(self) -> None:
        self.invoices: dict[str, tuple[int, Mapping[str, Any]]] = {}  # external_id: seq, data
        self.answers: dict[str, str] = {}  # external_id: hash of the newest answer
        self.attempts: dict[int, str] = {}  # id: seal
        self.runs: dict[str, str] = {}
        self.plans: dict[str, Mapping[str, str]] = {}  # run: seals of its tables
        self.rows: dict[tuple[str, int], str] = {}  # ("account" or "profile", id): seal
        self.purged: dict[str, Mapping[str, Any]] = {}  # external_id: what `purge` kept of the bytes it took away


def verify(database: Database, *, head: str | None = None) -> list[Problem]:
    """Everything that is not as it was written; empty when all is well. Reads the whole ledger.

    `head` is the newest hash as an earlier report printed it: it must still be in the chain.
    """
    problems = _careful("schema", _schema(database))
    with database.reading() as connection:
        problems += [
            Problem("integrity", "file", f"SQLite's own check says: {verdict}")
            for verdict in connection.exec_driver_sql("PRAGMA integrity_check").scalars()
            if verdict != "ok"
        ]
        told = _Told()
        problems += _careful("events", _chain(connection, told, head))
        for check in (_invoices, _bodies, _answers, _attempts, _runs, _run_tables, _accounts, _seen):
            problems += _careful(check.__name__.lstrip("_"), check(connection, told))
    return problems


def _schema(database: Database) -> Iterator[Problem]:
    """Without its checks and triggers the database would no longer guard itself."""
    found, right = schema_texts(database), expected_schema()
    for name in sorted(found.keys() | right.keys()):
        if found.get(name) != right.get(name):
            yield Problem("schema-changed", f"schema {name}", "The definition is not that of this version.")


def _careful(place: str, found: Iterator[Problem]) -> list[Problem]:
    """The first problems of a check. One that stumbles over damage (text that is none, a type out of place) found it."""
    problems: list[Problem] = []
    try:
        problems.extend(islice(found, MOST))
    except (LedgerError, DBAPIError, ValueError, TypeError, LookupError) as error:
        problems.append(Problem("unreadable", place, f"A value here cannot be read ({type(error).__name__})."))
    return problems


def _is(data: object, digest: str | None) -> bool:
    return isinstance(data, bytes) and sha256(data) == digest


def _chain(connection: Connection, told: _Told, head: str | None) -> Iterator[Problem]:
    prev, seen = GENESIS, head is None
    rows = connection.execute(select(tables.events).order_by(tables.events.c.seq))
    for count, row in enumerate(rows, start=1):
        right = event_hash(prev, row.seq, row.at, row.run, row.external_id, row.kind, row.data)
        if row.seq != count or row.prev_hash != prev or row.hash != right:
            # all later events hang on this one: their own break would say nothing new
            yield Problem("chain-broken", f"events {row.seq}", f"Event {count} was changed, removed or put in later.")
            return
        prev = row.hash
        seen = seen or prev == head
        _hear(told, row.seq, row.run, row.external_id, row.kind, json.loads(row.data))
    if not seen:
        yield Problem("head-missing", "events", "The chain does not hold the given hash: events were cut off.")


def _hear(told: _Told, seq: int, run: str, external_id: str, kind: str, data: Mapping[str, Any]) -> None:
    if external_id:
        told.invoices[external_id] = (seq, data)
        if kind == PURGED:
            told.purged[external_id] = data.get("marks", {})
        if "answer" in data:
            told.answers[external_id] = data["answer"]
        for part in (data, data.get("lost", {})):
            if "attempt" in part:
                told.attempts[part["attempt"]] = part["attempt_seal"]
    elif kind in {"run-begun", "run-ended"}:
        told.runs[run] = data["seal"]
    elif kind in {"plan", PURGED}:
        told.plans[run] = data["seals"]
    elif kind in {"account", "profile"}:
        told.rows[kind, data["id"]] = data["seal"]


def _invoices(connection: Connection, told: _Told) -> Iterator[Problem]:
    missing = dict(told.invoices)
    for values in connection.execute(select(tables.invoices).order_by(tables.invoices.c.id)):
        row = dict(zip(INVOICE_COLUMNS, values, strict=True))
        where = f"invoices {row['id']} ({row['external_id']})"
        last = missing.pop(row["external_id"], None)
        if last is None:
            yield Problem("row-without-event", where, "No event tells of this invoice.")
            continue
        seq, data = last
        differing = [name for name, column in COMPARED.items() if data.get(name) != row[column]]
        if differing:
            message = f"The row differs from its last event in: {', '.join(differing)}."
            yield Problem("row-changed", where, message)
        elif data.get("seal") != seal_invoice(row) or row["event"] != seq:
            yield Problem("row-changed", where, "The row is not as its last event sealed it.")
    for external_id in missing:
        yield Problem("row-missing", f"invoices ({external_id})", "Events tell of an invoice that is not there.")


def _bodies(connection: Connection, told: _Told) -> Iterator[Problem]:
    invoices, bodies = tables.invoices.c, tables.bodies.c
    query = (
        select(invoices.id, invoices.external_id, invoices.digest, bodies.customer, bodies.body)
        .join_from(tables.invoices, tables.bodies, isouter=True)
        .order_by(invoices.id)
    )
    for row in connection.execution_options(stream_results=True).execute(query):
        where = f"bodies {row.id} ({row.external_id})"
        if row.body is None and row.external_id not in told.purged:
            yield Problem("body-missing", where, "The request bytes are gone.")
        elif row.body is not None and not _is(row.body, row.digest):
            yield Problem("body-changed", where, "The request bytes are not those that were frozen.")
        elif row.body is not None and row.customer not in _customer_texts(row.body):
            yield Problem("customer-changed", where, "The customer shown in lists is not the one in the request bytes.")


def _customer_texts(body: bytes) -> set[str]:
    """What a list may call the customer of these bytes."""
    customer = json.loads(body, parse_int=str, parse_float=str).get("customer", {})
    return {"", *(value for value in customer.values() if isinstance(value, str))}


def _answers(connection: Connection, told: _Told) -> Iterator[Problem]:
    invoices, answers, attempts = tables.invoices.c, tables.answers.c, tables.attempts.c
    received_at, status = answers.received_at, answers.status
    query = select(invoices.id, invoices.external_id, answers.body).join_from(tables.answers, tables.invoices)
    query = query.add_columns(attempts.id.label("attempt")).outerjoin(
        tables.attempts,  # what came back, and when, stands in the sealed attempt too
        and_(attempts.invoice == invoices.id, attempts.finished_at == received_at, attempts.status == status),
    )
    expected = set(told.answers) - set(told.purged)
    for row in connection.execute(query.order_by(invoices.id)):
        expected.discard(row.external_id)
        if row.attempt is None or not _is(row.body, told.answers.get(row.external_id)):
            message = "The stored answer is not the one that was received."
            yield Problem("answer-changed", f"answers {row.id} ({row.external_id})", message)
    for external_id in sorted(expected):
        yield Problem("answer-missing", f"answers ({external_id})", "The stored answer is gone.")


def _attempts(connection: Connection, told: _Told) -> Iterator[Problem]:
    yield from _sealed(connection, tables.attempts, dict(told.attempts), seal_attempt)


def _runs(connection: Connection, told: _Told) -> Iterator[Problem]:
    yield from _sealed(connection, tables.runs, dict(told.runs))


def _accounts(connection: Connection, told: _Told) -> Iterator[Problem]:
    for kind, table in (("account", tables.accounts), ("profile", tables.profiles)):
        yield from _sealed(connection, table, {key: value for (each, key), value in told.rows.items() if each == kind})


def _seen(connection: Connection, told: _Told) -> Iterator[Problem]:
    """What was posted before is what the bytes of posted invoices say, or said before they were purged."""
    invoices, bodies = tables.invoices.c, tables.bodies.c
    right: dict[str, set[tuple[int, str]]] = {"seen_products": set(), "seen_customers": set()}
    query = select(invoices.account, invoices.external_id, bodies.body).where(invoices.state == str(State.POSTED))
    query = query.join_from(tables.invoices, tables.bodies, isouter=True)
    for row in connection.execution_options(stream_results=True).execute(query):
        if row.body is not None:
            products, customer = posted_marks(row.body) or (set(), "")
        else:
            kept = told.purged.get(row.external_id, {})
            products, customer = set(kept.get("products", ())), kept.get("customer", "")
        right["seen_products"].update((row.account, code) for code in products)
        right["seen_customers"].update({(row.account, customer)} if customer else ())
    for table in (tables.seen_products, tables.seen_customers):
        found = {(account, what) for account, what in connection.execute(select(table))}
        for account, what in sorted(found ^ right[table.name], key=repr):
            message = "What was posted before is not what the posted invoices say."
            yield Problem("seen-changed", f"{table.name} {account} {what}", message)


def _sealed(
    connection: Connection, table: Table, seals: dict[Any, str], sealed: Callable[[Iterable[object]], str] = seal
) -> Iterator[Problem]:
    """Compare every row with the seal told of its id."""
    for row in connection.execute(select(table).order_by(table.c.id)):
        if seals.pop(row.id, None) != sealed(row):
            yield Problem("row-changed", f"{table.name} {row.id}", "The row is not as its last event sealed it.")
    for key in seals:
        yield Problem("row-missing", f"{table.name} {key}", "Events tell of a row that is not there.")


def _run_tables(connection: Connection, told: _Told) -> Iterator[Problem]:
    for run, seals in told.plans.items():
        for name, table in RUN_TABLES.items():
            if run_table_seal(connection, table, run) != seals[name]:
                message = f"What run {run} recorded is not as it was written."
                yield Problem("run-changed", f"{table.name} {run}", message)
