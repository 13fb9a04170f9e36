"""Where an invoice comes from, and what people decided about it: told from the ledger alone, years later."""

import json
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import desc, select

from importer.domain.clock import moment
from importer.domain.identity import Account
from importer.domain.invoice import Span
from importer.ledger import decisions, tables
from importer.ledger.plans import account_id
from importer.ledger.store import Ledger

RUNS = 20  # the newest runs whose files held an invoice
DECISIONS = frozenset({"hold", "release", "settled", "resolved-posted", "resolved-not-posted"})


class Origin(NamedTuple):
    """A run whose files held the invoice: in which rows of which file, read with which profile."""

    run: str
    at: datetime
    file: str
    sha256: str
    sheet: str
    spans: tuple[Span, ...]  # all on that sheet
    profile: str
    version: str
    plan_class: str


class Decided(NamedTuple):
    """A decision of a person. `kind` is one of DECISIONS."""

    at: datetime
    kind: str
    reason: str


def origins(ledger: Ledger, account: Account, identity: str) -> list[Origin]:
    """The files that held an invoice, the newest run first, each sheet of a run on its own; at most RUNS runs.

    Raises ConfigError if the invoice is not found or not unique.
    """
    runs, rows, files, profiles = tables.runs.c, tables.source_rows.c, tables.files.c, tables.profiles.c
    planned = tables.run_invoices.c
    with ledger.database.reading() as connection:
        invoice = decisions.find(connection, account, identity)["id"]
        newest = connection.execute(
            select(runs.id, planned.plan_class)
            .join(tables.run_invoices, planned.run == runs.id)
            .where(planned.invoice == invoice)
            .order_by(desc(runs.started_at))
            .limit(RUNS)
        ).all()
        found: list[Origin] = []
        for run, plan_class in newest:
            query = (
                select(
                    rows.sheet, rows.first, rows.last,
                    runs.started_at, files.name, files.sha256, files.sheet_name,
                    profiles.name.label("profile"), profiles.version,
                )
                .select_from(tables.source_rows)
                .join(tables.runs, runs.id == rows.run)
                .join(tables.files, (files.run == rows.run) & (files.sheet == rows.sheet))
                .join(tables.profiles, profiles.id == runs.profile)
                .where(rows.run == run, rows.invoice == invoice)
                .order_by(rows.position)
            )  # fmt: skip
            by_sheet: dict[int, Origin] = {}
            for row in connection.execute(query):
                span = Span(row.sheet, row.first, row.last)
                known = by_sheet.get(row.sheet)
                by_sheet[row.sheet] = (
                    known._replace(spans=(*known.spans, span))
                    if known is not None
                    else Origin(
                        run, moment(row.started_at), row.name, row.sha256, row.sheet_name, (span,),
                        row.profile, row.version, plan_class,
                    )
                )  # fmt: skip
            found += by_sheet.values()
    return found


def files_of_runs(ledger: Ledger, account: Account) -> dict[str, tuple[str, ...]]:
    """The names of the files of each run of an account, in the order in which they were given."""
    files, runs = tables.files.c, tables.runs.c
    found: dict[str, dict[str, None]] = {}
    with ledger.database.reading() as connection:
        owner = account_id(connection, account)
        query = (
            select(files.run, files.name)
            .join(tables.runs, runs.id == files.run)
            .where(runs.account == owner)
            .order_by(files.run, files.sheet)
        )
        for run, name in connection.execute(query):
            found.setdefault(run, {})[name] = None
    return {run: tuple(names) for run, names in found.items()}


def decided(ledger: Ledger, account: Account, identity: str) -> list[Decided]:
    """What people decided about an invoice, oldest first. ConfigError if it is not found or not unique."""
    events = tables.events.c
    with ledger.database.reading() as connection:
        external_id = decisions.find(connection, account, identity)["external_id"]
        query = (
            select(events.at, events.kind, events.data)
            .where(events.external_id == external_id, events.kind.in_(DECISIONS))
            .order_by(events.seq)
        )
        return [
            Decided(moment(row.at), row.kind, json.loads(row.data).get("reason", ""))
            for row in connection.execute(query)
        ]
