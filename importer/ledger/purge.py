"""Personal data taken away once it is no longer needed; identities, digests, amounts and outcomes stay."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, select, update

from importer.domain.clock import Clock, stamp
from importer.domain.states import State
from importer.ledger import tables
from importer.ledger.database import Database
from importer.ledger.plans import posted_marks
from importer.ledger.rows import INVOICE_COLUMNS, Journal, chunks, update_invoices
from importer.ledger.runs import PURGED, RUN_TABLES, run_table_seal


class Purged(NamedTuple):
    """What was taken away."""

    invoices: int
    runs: int


def purge(database: Database, *, before: datetime, clock: Clock) -> Purged:
    """Empty what holds customers' data: of invoices posted before a moment, and of runs ended before it.

    Request bytes, answers, differences and findings go. The chain of events stays whole and tells of it. Only posted
    invoices are touched: all others may still need their bytes.
    """
    limit = stamp(before)
    with database.writing() as connection:
        # freed pages are overwritten, or the names would stay readable in the file
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
        journal = Journal(connection, stamp(clock.now()))
        done = Purged(_invoices(connection, journal, limit), _runs(connection, journal, limit))
        journal.flush()
    with database.engine.connect() as connection:
        raw = connection.connection.driver_connection
        if database.path is not None and raw is not None:
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the write-ahead log holds the old pages too
    return done


def _invoices(connection: Connection, journal: Journal, limit: str) -> int:
    invoices, bodies = tables.invoices.c, tables.bodies.c
    query = (
        select(tables.invoices, bodies.body)
        .join_from(tables.invoices, tables.bodies)
        .where(invoices.state == str(State.POSTED), invoices.posted_at < limit)
        .order_by(invoices.id)
    )
    rows = []
    for *values, body in connection.execute(query):
        row = dict(zip(INVOICE_COLUMNS, values, strict=True)) | {"difference": ""}
        products, customer = posted_marks(body) or (set(), "")
        # a mark is a hash, no name: with it `verify` can still prove what was posted before
        journal.invoice("", row, PURGED, marks={"products": sorted(products), "customer": customer})
        rows.append(row)
    update_invoices(connection, rows)
    for part in chunks([row["id"] for row in rows]):
        connection.execute(delete(tables.bodies).where(bodies.invoice.in_(part)))
        connection.execute(delete(tables.answers).where(tables.answers.c.invoice.in_(part)))
    return len(rows)


def _runs(connection: Connection, journal: Journal, limit: str) -> int:
    runs, findings, planned = tables.runs.c, tables.run_findings.c, tables.run_invoices.c
    holds_findings = select(findings.position).where(findings.run == runs.id).exists()
    holds_differences = select(planned.position).where(planned.run == runs.id, planned.difference != "").exists()
    query = select(runs.id).where(runs.finished_at < limit, holds_findings | holds_differences).order_by(runs.id)
    names = list(connection.execute(query).scalars())
    for name in names:
        connection.execute(delete(tables.run_findings).where(findings.run == name))
        connection.execute(update(tables.run_invoices).where(planned.run == name).values(difference=""))
        seals = {kind: run_table_seal(connection, table, name) for kind, table in RUN_TABLES.items()}
        journal.add(name, "", PURGED, {"seals": seals})
    return len(names)
