"""Questions to the ledger that change nothing."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, case, desc, func, or_, select

from importer.domain.clock import TOLERANCE, moment
from importer.domain.identity import Account
from importer.domain.money import RateTotal, add_rates
from importer.domain.records import Queued, Result, Totals
from importer.domain.states import State
from importer.ledger import tables
from importer.ledger.plans import account_id
from importer.ledger.records import AttemptRecord, Attention, InvoiceRecord
from importer.ledger.rows import chunks

invoices = tables.invoices.c
CHANGED = and_(invoices.seen_digest != "", invoices.seen_digest != invoices.settled_digest)
SETTLED = or_(
    and_(invoices.settled_digest != "", invoices.settled_digest == invoices.digest),
    and_(invoices.settled_digest != "", invoices.settled_digest == invoices.seen_digest),
)
MADE_NOTHING = [str(Result.NOT_SENT), str(Result.REFUSED_US)]


class _Age(NamedTuple):
    """What tells how old a doubt is, beside the wall clock; see `Queued`."""

    first_elapsed: float | None = None
    same_boot: bool = False
    newest_event: datetime | None = None
    set_back: tuple[datetime, datetime] | None = None


_UNAGED = _Age()


def queue(
    connection: Connection,
    account: Account,
    *,
    run: str | None,
    states: Collection[State],
    limit: int | None,
    boot: str = "",
) -> list[Queued]:
    """The invoices in `states` with everything an attempt needs: in plan order of `run`, else in the order first planned.

    `boot` is that of this process; empty if it is not known.
    """
    query = (
        select(
            invoices.id, invoices.external_id, invoices.label, tables.bodies.c.body, invoices.idempotency_key, invoices.generation,
            invoices.state, invoices.first_attempt_at, invoices.ambiguous, invoices.open_attempt, invoices.has_number,
            invoices.lines, invoices.excl, invoices.incl, invoices.attempts,
        )
        .join_from(tables.invoices, tables.bodies)
        .where(invoices.account == account_id(connection, account), invoices.state.in_([str(state) for state in states]))
        .limit(limit)
    )  # fmt: skip
    if run is None:
        query = query.order_by(invoices.id)
    else:
        planned = tables.run_invoices.c
        query = query.join(tables.run_invoices, and_(planned.invoice == invoices.id, planned.run == run))
        query = query.order_by(planned.position)
    rows = connection.execute(query).all()
    ages = _ages(connection, [row.id for row in rows if row.first_attempt_at and not row.has_number], boot)
    return [
        Queued(
            external_id=row.external_id,
            label=row.label,
            body=row.body,
            key=row.idempotency_key,
            generation=row.generation,
            state=State(row.state),
            first_attempt_at=moment(row.first_attempt_at) if row.first_attempt_at else None,
            # an attempt without outcome was cut off by a crash: nobody knows what it did
            ambiguous=bool(row.ambiguous) or row.open_attempt is not None,
            has_number=bool(row.has_number),
            lines=row.lines,
            excl=row.excl,
            incl=row.incl,
            attempts=row.attempts,
            **ages.get(row.id, _UNAGED)._asdict(),
        )
        for row in rows
    ]


def newest_event(connection: Connection) -> datetime | None:
    """When the newest event was recorded, by the wall clock of then; None in an empty ledger."""
    events = tables.events.c
    at = connection.execute(select(events.at).order_by(desc(events.seq)).limit(1)).scalar()
    return moment(at) if at else None


def _ages(connection: Connection, ids: Sequence[int], boot: str) -> dict[int, _Age]:
    """What is known of the attempts of these invoices that may have made them, by invoice.

    What the ledger has seen is the same for all: it is counted from the oldest of those attempts.
    """
    attempts = tables.attempts.c
    here = attempts.boot == boot
    found: dict[int, Any] = {}
    for part in chunks(ids):
        query = (
            select(
                attempts.invoice,
                func.min(attempts.event).label("event"),
                func.min(case((here, attempts.elapsed_ms))).label("elapsed_ms"),
                (func.min(case((here, attempts.id))) == func.min(attempts.id)).label("same_boot"),
            )
            .join_from(tables.attempts, tables.invoices)
            .where(
                attempts.invoice.in_(part),
                attempts.generation == invoices.generation,
                attempts.result.not_in(MADE_NOTHING),
            )
            .group_by(attempts.invoice)
        )
        found.update((row.invoice, row) for row in connection.execute(query))
    if not found:
        return {}
    since = min((row.event for row in found.values() if row.event is not None), default=None)
    newest, set_back = (newest_event(connection), None) if since is None else _seen_since(connection, since)
    return {
        invoice: _Age(None if row.elapsed_ms is None else row.elapsed_ms / 1000, bool(row.same_boot), newest, set_back)
        for invoice, row in found.items()
    }


def _seen_since(connection: Connection, since: int) -> tuple[datetime | None, tuple[datetime, datetime] | None]:
    """The latest moment among the events from `since` on, and where the clock first went back among them, if it did.

    A clock that was set back is known for ever: also when a run was begun by the new time and died, and also when
    the new time has caught up with the old.
    """
    events = tables.events.c
    newest, went_back = "", None
    for at in connection.execute(select(events.at).where(events.seq >= since).order_by(events.seq)).scalars():
        if at >= newest:  # as text: reading a million moments would take seconds
            newest = at
        elif went_back is None and moment(newest) - moment(at) > TOLERANCE:
            went_back = (moment(newest), moment(at))
    return moment(newest) if newest else None, went_back


def counts(connection: Connection, account: Account | None, run: str | None) -> Mapping[State, int]:
    """Invoices by state, every state named; of an account, of a run's plan, or of all."""
    query = select(invoices.state, func.count()).group_by(invoices.state)
    if account is not None:
        query = query.where(invoices.account == account_id(connection, account))
    if run is not None:
        planned = tables.run_invoices.c
        query = query.where(invoices.id.in_(select(planned.invoice).where(planned.run == run)))
    found = {State(state): number for state, number in connection.execute(query)}
    return {state: found.get(state, 0) for state in State}


def attention(connection: Connection, account: Account | None) -> list[Attention]:
    """The invoices that need a person and that nobody has settled, longest waiting first."""
    accounts = tables.accounts.c
    at_rest = and_(invoices.state.in_(["held", "rejected"]), ~SETTLED)
    query = (
        select(
            invoices.external_id, invoices.label, invoices.state, invoices.reason, invoices.difference,
            invoices.updated_at, accounts.origin, accounts.name,
        )
        .join_from(tables.invoices, tables.accounts)
        .where(or_(invoices.state == "unknown", at_rest, CHANGED))
        .order_by(invoices.updated_at, invoices.id)
    )  # fmt: skip
    if account is not None:
        query = query.where(invoices.account == account_id(connection, account))
    return [
        Attention(
            external_id=row.external_id,
            invoice=row.label,
            state="changed" if row.state == State.POSTED else row.state,
            reason=row.difference if row.state == State.POSTED else row.reason,
            since=moment(row.updated_at),
            account=Account(row.origin, row.name),
        )
        for row in connection.execute(query)
    ]


def invoice_records(
    connection: Connection, *, run: str | None = None, ids: Collection[int] | None = None
) -> list[InvoiceRecord]:
    """Whole invoices: those of a run in plan order, or some by row id."""
    base = select(
        tables.invoices, tables.bodies.c.customer, SETTLED.label("settled"), CHANGED.label("is_changed")
    ).join_from(tables.invoices, tables.bodies, isouter=True)
    if run is not None:
        planned = tables.run_invoices.c
        query = base.add_columns(planned.plan_class, planned.difference.label("run_difference"))
        query = query.join(tables.run_invoices, planned.invoice == invoices.id).where(planned.run == run)
        return [
            _record(row, row.plan_class, row.run_difference)
            for row in connection.execute(query.order_by(planned.position))
        ]
    base = base.where(invoices.id.in_(ids or ())).order_by(invoices.id)
    return [_record(row, "", row.difference) for row in connection.execute(base)]


def _record(row: Any, plan_class: str, difference: str) -> InvoiceRecord:
    return InvoiceRecord(
        external_id=row.external_id,
        label=row.label,
        system=row.system,
        state=State(row.state),
        reason=row.reason,
        generation=row.generation,
        key=row.idempotency_key,
        digest=row.digest,
        lines=row.lines,
        excl=row.excl,
        vat=row.vat,
        incl=row.incl,
        rates=tuple(RateTotal(*rate) for rate in json.loads(row.rates)),
        attempts=row.attempts,
        ambiguous=bool(row.ambiguous) or row.open_attempt is not None,
        first_attempt_at=moment(row.first_attempt_at) if row.first_attempt_at else None,
        remote_id=row.remote_id,
        number=row.remote_number,
        pdf_url=row.pdf_url,
        remote_excl=row.remote_excl,
        remote_incl=row.remote_incl,
        settled=bool(row.settled),
        changed=bool(row.is_changed),
        difference=difference,
        customer=row.customer or "",
        run=row.run,
        created_at=moment(row.created_at),
        updated_at=moment(row.updated_at),
        posted_at=moment(row.posted_at) if row.posted_at else None,
        plan_class=plan_class,
    )


def attempt_records(connection: Connection, invoice: int) -> list[AttemptRecord]:
    """Every POST of an invoice, oldest first."""
    columns = tables.attempts.c
    query = select(tables.attempts).where(columns.invoice == invoice).order_by(columns.id)
    return [
        AttemptRecord(
            run=row.run,
            number=row.number,
            generation=row.generation,
            started_at=moment(row.started_at),
            finished_at=moment(row.finished_at) if row.finished_at else None,
            result=row.result,
            status=row.status,
            code=row.code,
            detail=row.detail,
            replayed=bool(row.replayed),
        )
        for row in connection.execute(query)
    ]


def answer(connection: Connection, invoice: int) -> bytes | None:
    """The newest answer of Facturalia about an invoice, whole; None if there was none or it was purged."""
    columns = tables.answers.c
    found: bytes | None = connection.execute(select(columns.body).where(columns.invoice == invoice)).scalar()
    return found


def totals(connection: Connection, external_ids: Collection[str]) -> Totals:
    """Sums over these invoices, in cents, as their stored bytes say."""
    columns = tables.invoices.c
    excl = vat = incl = 0
    rates: list[RateTotal] = []
    for part in chunks(list(external_ids)):
        query = select(columns.excl, columns.vat, columns.incl, columns.rates).where(columns.external_id.in_(part))
        for row in connection.execute(query):
            excl, vat, incl = excl + row.excl, vat + row.vat, incl + row.incl
            rates += [RateTotal(*rate) for rate in json.loads(row.rates)]
    return Totals(excl, vat, incl, add_rates(rates))
