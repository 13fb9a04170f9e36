"""Runs: begun, described down to each row of each file, ended, and told again later."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, desc, select, update

from importer.domain.clock import moment, stamp
from importer.domain.findings import Finding
from importer.domain.identity import Account
from importer.domain.invoice import Sheet, SourceFile
from importer.domain.records import Plan
from importer.errors import ConfigError
from importer.ledger import tables
from importer.ledger.records import RunRecord, RunRow
from importer.ledger.rows import Journal, as_json, insert_rows, seal

SUFFIXES = 0x10000
RUN_TABLES: Mapping[str, Table] = {
    "files": tables.files,
    "invoices": tables.run_invoices,
    "rows": tables.source_rows,
    "findings": tables.run_findings,
}

PURGED = "purged"  # the kind of event that tells of personal data taken away


def run_table_seal(connection: Connection, table: Table, run: str) -> str:
    """The seal of what one of RUN_TABLES holds of a run."""
    order = table.c.sheet if table is tables.files else table.c.position
    rows = connection.execute(select(table).where(table.c.run == run).order_by(order))
    return seal([list(row) for row in rows])


def new_run_id(connection: Connection, now: datetime, token: bytes) -> str:
    """`20261122-153012-1a2b`: the second in UTC and two bytes of `token`; the next free suffix if that is taken."""
    start = now.strftime("%Y%m%d-%H%M%S")
    runs = tables.runs.c
    taken = set(connection.execute(select(runs.id).where(runs.id.between(f"{start}-", f"{start}-g"))).scalars())
    first = int.from_bytes(token[:2], "big")
    names = (f"{start}-{(first + step) % SUFFIXES:04x}" for step in range(SUFFIXES))
    return next(name for name in names if name not in taken)


def seal_run(connection: Connection, run: str) -> str:
    """The seal of the row of a run as it stands."""
    return seal(connection.execute(select(tables.runs).where(tables.runs.c.id == run)).one())


def finish_run(
    connection: Connection, journal: Journal, run: str, exit_code: int, summary: Mapping[str, object], at: str
) -> None:
    """Write how a run ended. A run that goes on later (`resume --run`) ends again: the newest end counts."""
    require_run(connection, run)
    values = {"finished_at": at, "exit_code": exit_code, "summary": as_json(summary)}
    connection.execute(update(tables.runs).where(tables.runs.c.id == run).values(values))
    journal.add(run, "", "run-ended", {"exit": exit_code, "seal": seal_run(connection, run)})


def require_run(connection: Connection, run: str) -> None:
    """ConfigError unless the ledger holds the run."""
    if connection.execute(select(tables.runs.c.id).where(tables.runs.c.id == run)).first() is None:
        raise ConfigError("run-not-found", f'The ledger holds no run "{run}".', fix="`importer runs` lists them.")


def store_run_tables(connection: Connection, journal: Journal, run: str, plan: Plan, ids: Sequence[int]) -> None:
    """Write what a plan says of every sheet, invoice, row and finding. `ids` are the invoices' rows in plan order."""
    sheets = [
        (run, number, sheet.file.name, sheet.file.sha256, sheet.file.size, sheet.name, sheet.header_row,
         as_json({path: list(column) for path, column in sheet.columns.items()}), as_json(dict(sheet.detected)))
        for number, sheet in enumerate(plan.sheets)
    ]  # fmt: skip
    invoices = [
        (run, position, row, str(item.plan_class), item.reason, item.difference)
        for position, (item, row) in enumerate(zip(plan.items, ids, strict=True))
    ]
    spans: list[tuple[Any, ...]] = [
        (span.sheet, span.first, span.last, "invoiced", row, "", "")
        for item, row in zip(plan.items, ids, strict=True)
        for span in item.frozen.invoice.spans
    ]
    spans += [
        (span.sheet, span.first, span.last, "refused", None, refused.label, ",".join(refused.codes))
        for refused in plan.refused
        for span in refused.spans
    ]
    spans += [
        (skipped.span.sheet, skipped.span.first, skipped.span.last, "skipped", None, "", skipped.reason)
        for skipped in plan.skipped
    ]
    spans.sort(key=lambda row: row[:2])
    rows = [(run, position, *row) for position, row in enumerate(spans)]
    findings = [
        (run, position, as_json([*finding._replace(facts=dict(finding.facts))]))
        for position, finding in enumerate(plan.findings)
    ]
    seals = {}
    content: tuple[Sequence[tuple[object, ...]], ...] = (sheets, invoices, rows, findings)
    for (name, table), values in zip(RUN_TABLES.items(), content, strict=True):
        insert_rows(connection, table, values)
        seals[name] = seal([list(value) for value in values])
    journal.add(run, "", "plan", {"plan": plan.digest, "seals": seals})
    for one in plan.accepted:
        journal.add(run, "", "accepted", one._asdict())


def run_records(
    connection: Connection, *, owner: int | None = None, run: str | None = None, limit: int | None = None
) -> list[RunRecord]:
    """Runs, newest first; of one account (its row id), or one run."""
    runs, accounts, profiles = tables.runs.c, tables.accounts.c, tables.profiles.c
    query = (
        select(tables.runs, accounts.origin, accounts.name.label("account_name"),
               profiles.name.label("profile_name"), profiles.version)
        .join_from(tables.runs, tables.accounts)
        .outerjoin(tables.profiles)
        .order_by(desc(runs.started_at), desc(runs.id))
        .limit(limit)
    )  # fmt: skip
    if owner is not None:
        query = query.where(runs.account == owner)
    if run is not None:
        query = query.where(runs.id == run)
    return [
        RunRecord(
            run=row.id,
            account=Account(row.origin, row.account_name),
            command=row.command,
            profile=row.profile_name or "",
            profile_version=row.version or "",
            plan_digest=row.plan_digest,
            importer_version=row.importer_version,
            started_at=moment(row.started_at),
            finished_at=moment(row.finished_at) if row.finished_at else None,
            exit_code=row.exit_code,
            summary=json.loads(row.summary),
        )
        for row in connection.execute(query)
    ]


def run_rows(connection: Connection, run: str) -> list[RunRow]:
    """Every span of a run in order of sheet and row, with what became of its invoice until now."""
    rows, files, invoices = tables.source_rows.c, tables.files.c, tables.invoices.c
    planned = tables.run_invoices
    query = (
        select(
            rows.sheet, files.name, files.sheet_name, rows.first, rows.last, rows.bucket, rows.label, rows.reason,
            invoices.label.label("invoice_label"), invoices.external_id, planned.c.plan_class,
            planned.c.reason.label("plan_reason"), planned.c.difference, invoices.state,
            invoices.reason.label("state_reason"), invoices.remote_id, invoices.remote_number,
        )
        .select_from(tables.source_rows)
        .outerjoin(tables.files, (files.run == rows.run) & (files.sheet == rows.sheet))
        .outerjoin(tables.invoices, invoices.id == rows.invoice)
        .outerjoin(planned, (planned.c.run == rows.run) & (planned.c.invoice == rows.invoice))
        .where(rows.run == run)
        .order_by(rows.position)
    )  # fmt: skip
    return [_run_row(row) for row in connection.execute(query)]


def _run_row(row: Any) -> RunRow:
    invoiced = row.difference or row.state_reason or row.plan_reason
    return RunRow(
        sheet=row.sheet,
        file=row.name or "",
        sheet_name=row.sheet_name or "",
        first=row.first,
        last=row.last,
        bucket=row.bucket,
        label=row.invoice_label or row.label,
        external_id=row.external_id or "",
        plan_class=row.plan_class or "",
        state=row.state or "",
        remote_id=row.remote_id or "",
        number=row.remote_number or "",
        message=invoiced if row.bucket == "invoiced" else row.reason,
    )


def run_sheets(connection: Connection, run: str) -> list[Sheet]:
    """The sheets a run has read, in the order that spans number them."""
    query = select(tables.files).where(tables.files.c.run == run).order_by(tables.files.c.sheet)
    return [
        Sheet(
            SourceFile(row.name, row.sha256, row.size),
            row.sheet_name,
            row.header_row,
            {path: (header, letter) for path, (header, letter) in json.loads(row.columns).items()},
            json.loads(row.detected),
        )
        for row in connection.execute(query)
    ]


def run_findings(connection: Connection, run: str) -> list[Finding]:
    """The findings of a run in their order; empty once purged."""
    columns = tables.run_findings.c
    query = select(columns.finding).where(columns.run == run).order_by(columns.position)
    return [Finding(*json.loads(text)) for text in connection.execute(query).scalars()]


def run_profile(connection: Connection, run: str) -> str:
    """The text of the profile of a run; empty if it used none."""
    query = select(tables.profiles.c.text).join_from(tables.runs, tables.profiles).where(tables.runs.c.id == run)
    return connection.execute(query).scalar() or ""


def begin(
    connection: Connection, journal: Journal, run: str, owner: int, profile: int | None, now: datetime, *,
    command: str, plan_digest: str, importer_version: str,
) -> None:  # fmt: skip
    """Write that a run has begun."""
    row = (run, owner, command, profile, plan_digest, importer_version, stamp(now), None, None, "{}")
    insert_rows(connection, tables.runs, [row])
    journal.add(run, "", "run-begun", {"command": command, "plan": plan_digest, "seal": seal(row)})
