"""Plans and the ledger: the snapshot a plan is made against, and the plan made durable before the first byte goes out."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from importer.domain.identity import Account, customer_mark, idempotency_key
from importer.domain.records import Frozen, Known, Plan, PlanItem, ProfileRecord, Snapshot
from importer.domain.states import PlanClass, State
from importer.errors import Unfinished
from importer.ledger import tables
from importer.ledger.rows import (
    INVOICE_COLUMNS,
    Journal,
    Row,
    as_json,
    chunks,
    insert_rows,
    next_id,
    seal,
    update_invoices,
)

MANY = 5_000  # above this, one pass over the account is faster than many look-ups
BY_HAND = "hold:"  # how the reason of a person's hold begins
RELEASED = "release:"  # how the reason begins after a person's release

# The states a plan may have seen for each class. Any other means that somebody else wrote in between.
SEEN: Mapping[PlanClass, frozenset[State]] = {
    PlanClass.READY: frozenset({State.READY, State.HELD}),
    PlanClass.RETRY: frozenset({State.REJECTED}),
    PlanClass.REPLAY: frozenset({State.SENDING, State.UNKNOWN}),
    PlanClass.UNKNOWN: frozenset({State.SENDING, State.UNKNOWN}),
    PlanClass.ALREADY_POSTED: frozenset({State.POSTED}),
    PlanClass.CHANGED: frozenset({State.POSTED}),
    PlanClass.HELD: frozenset(State),  # what is posted or under way stays so, whatever the newer file says
    PlanClass.SETTLED: frozenset({State.HELD, State.REJECTED, State.POSTED}),
}


def account_id(connection: Connection, account: Account) -> int | None:
    """The row of an account, if it was ever used."""
    columns = tables.accounts.c
    found: int | None = connection.execute(
        select(columns.id).where(columns.origin == account.origin, columns.name == account.name)
    ).scalar()
    return found


def ensure_account(connection: Connection, journal: Journal, account: Account) -> int:
    """The row of an account, made where missing."""
    found = account_id(connection, account)
    if found is None:
        found = next_id(connection, tables.accounts)
        row = (found, account.origin, account.name)
        insert_rows(connection, tables.accounts, [row])
        journal.add("", "", "account", {"id": found, "seal": seal(row)})
    return found


def ensure_profile(connection: Connection, journal: Journal, profile: ProfileRecord | None) -> int | None:
    """The row of a profile as it is now, made where missing."""
    if profile is None:
        return None
    columns = tables.profiles.c
    fixed = as_json(sorted(profile.fixed))
    found: int | None = connection.execute(
        select(columns.id).where(
            columns.name == profile.name,
            columns.version == profile.version,
            columns.digest == profile.digest,
            columns.fixed == fixed,
        )
    ).scalar()
    if found is None:
        found = next_id(connection, tables.profiles)
        row = (found, profile.name, profile.version, profile.digest, profile.text, fixed)
        insert_rows(connection, tables.profiles, [row])
        journal.add("", "", "profile", {"id": found, "seal": seal(row)})
    return found


def snapshot(connection: Connection, account: Account, digests: Mapping[str, str]) -> Snapshot:
    """What the ledger knows of the invoices in `digests` (external_id to the digest the file now gives)."""
    owner = account_id(connection, account)
    if owner is None:
        return Snapshot(known={}, products=frozenset(), customers=frozenset())
    invoices = tables.invoices.c
    query = select(
        invoices.external_id, invoices.id, invoices.state, invoices.digest, invoices.generation, invoices.reason,
        invoices.settled_digest, invoices.remote_number, invoices.profile,
    ).where(invoices.account == owner)  # fmt: skip
    if len(digests) > MANY:
        found = [row for row in connection.execute(query) if row[0] in digests]
    else:
        found = [
            row
            for part in chunks(list(digests))
            for row in connection.execute(query.where(invoices.external_id.in_(part)))
        ]
    differing = [row[1] for row in found if row[3] != digests[row[0]]]
    bodies: dict[int, bytes] = {}
    for part in chunks(differing):
        wanted = select(tables.bodies.c.invoice, tables.bodies.c.body).where(tables.bodies.c.invoice.in_(part))
        bodies.update((row[0], row[1]) for row in connection.execute(wanted))
    fixed: dict[int | None, frozenset[str]] = {None: frozenset()}
    for number, text in connection.execute(select(tables.profiles.c.id, tables.profiles.c.fixed)):
        fixed[number] = frozenset(json.loads(text))
    states = {str(state): state for state in State}
    known = {
        identity: Known(
            identity,
            states[state],
            digest,
            generation,
            reason,
            bool(settled) and settled in {digest, digests[identity]},
            number,
            bodies.get(row),
            fixed[profile],
        )
        for identity, row, state, digest, generation, reason, settled, number, profile in found
    }
    products, customers = tables.seen_products.c, tables.seen_customers.c
    return Snapshot(
        known=known,
        products=frozenset(connection.execute(select(products.code).where(products.account == owner)).scalars()),
        customers=frozenset(connection.execute(select(customers.mark).where(customers.account == owner)).scalars()),
    )


class PlanWriter:
    """Stores one plan inside one write transaction. Use: construct, `store()`, flush the journal."""

    def __init__(
        self, connection: Connection, journal: Journal, run: str, account: Account, system: str,
        profile: ProfileRecord | None, at: str,
    ) -> None:  # fmt: skip
        self._connection = connection
        self._journal = journal
        self._run = run
        self._system = system
        self._at = at
        self._account = ensure_account(connection, journal, account)
        self._profile = ensure_profile(connection, journal, profile)
        self._next = next_id(connection, tables.invoices)
        self._new: list[Row] = []
        self._bodies: list[tuple[object, ...]] = []  # of new rows
        self._changed: list[Row] = []
        self._newer_bodies: list[tuple[object, ...]] = []  # of rows frozen anew

    def store(self, plan: Plan, existing: Mapping[str, Row]) -> list[int]:
        """Write the invoices; returns their row ids in plan order. Unfinished if the ledger is not what the plan saw."""
        ids = []
        for item in plan.items:
            row = existing.get(item.frozen.external_id)
            if not _as_seen(item, row):
                raise Unfinished(
                    "ledger-changed",
                    f"Another run changed invoice {item.frozen.invoice.label} after this plan was made; nothing was stored or sent.",
                    fix="Run the same command again; it makes a new plan.",
                )
            if row is None:
                row = self._insert(item)
            else:
                self._change(item, row)
            ids.append(row["id"])
        insert_rows(self._connection, tables.invoices, [tuple(row.values()) for row in self._new])
        insert_rows(self._connection, tables.bodies, self._bodies)
        update_invoices(self._connection, self._changed)
        if self._newer_bodies:
            self._connection.exec_driver_sql(
                "UPDATE bodies SET customer = ?, body = ? WHERE invoice = ?",
                self._newer_bodies,
            )
        return ids

    def _insert(self, item: PlanItem) -> Row:
        held = item.plan_class is PlanClass.HELD
        row: Row = dict.fromkeys(INVOICE_COLUMNS)
        row |= {
            "id": self._next,
            "account": self._account,
            "external_id": item.frozen.external_id,
            "system": self._system,
            "generation": 0,
            "idempotency_key": idempotency_key(item.frozen.external_id, 0),
            "attempts": 0,
            "ambiguous": 0,
            "remote_id": "",
            "remote_number": "",
            "pdf_url": "",
            "settled_digest": "",
            "seen_digest": "",
            "difference": "",
            "created_at": self._at,
        }
        self._next += 1
        self._freeze(row, item.frozen)
        self._set_state(row, State.HELD if held else State.READY, _why_held(item) if held else "")
        self._bodies.append((row["id"], _customer_name(item.frozen), item.frozen.body))
        self._new.append(row)
        self._journal.invoice(self._run, row, "held" if held else "ready")
        return row

    def _change(self, item: PlanItem, row: Row) -> None:
        """Bring an existing row up to date with the newer file, as far as its state allows."""
        state, digest = State(row["state"]), item.frozen.digest
        by_hand = row["reason"].startswith(BY_HAND) and state is State.HELD
        match item.plan_class:
            case PlanClass.READY:
                if state is State.READY and row["digest"] == digest and row["profile"] == self._profile:
                    return
                kept = row["reason"] if state is State.READY and row["reason"].startswith(RELEASED) else ""
                self._refreeze(row, item.frozen, State.READY, kept)
                kind = "refrozen"
            case PlanClass.RETRY:
                next_generation(row)
                self._refreeze(row, item.frozen, State.READY, "")
                kind = "retry"
            case PlanClass.HELD if state in {State.READY, State.REJECTED, State.HELD}:
                reason = row["reason"] if by_hand else _why_held(item)
                if state is State.HELD and row["digest"] == digest and row["reason"] == reason:
                    return
                if state is State.REJECTED:
                    next_generation(row)  # the rejected bytes used up their key
                self._refreeze(row, item.frozen, State.HELD, reason)
                kind = "held"
            case PlanClass.CHANGED | PlanClass.HELD if state is State.POSTED:
                if digest == row["digest"] or (row["seen_digest"], row["difference"]) == (digest, item.difference):
                    return
                row["seen_digest"], row["difference"] = digest, item.difference
                kind = "changed"
            case PlanClass.ALREADY_POSTED if row["seen_digest"]:
                row["seen_digest"], row["difference"] = "", ""  # the file says again what was posted
                kind = "agrees"
            case _:
                return
        row["run"], row["updated_at"] = self._run, self._at
        self._journal.invoice(self._run, row, kind)
        self._changed.append(row)

    def _refreeze(self, row: Row, frozen: Frozen, state: State, reason: str) -> None:
        if row["digest"] != frozen.digest:
            row["settled_digest"] = ""
        if state is State.READY:
            row["settled_digest"] = ""
        self._freeze(row, frozen)
        self._set_state(row, state, reason)
        self._newer_bodies.append((_customer_name(frozen), frozen.body, row["id"]))

    def _freeze(self, row: Row, frozen: Frozen) -> None:
        invoice = frozen.invoice
        row["label"] = invoice.label
        row["digest"] = frozen.digest
        row["has_number"] = int(bool(invoice.header.get("number")))
        row["lines"] = len(invoice.lines)
        row["excl"], row["vat"], row["incl"] = invoice.excl, invoice.vat, invoice.incl
        row["rates"] = "[" + ",".join(f"[{rate},{base},{vat}]" for rate, base, vat in invoice.rates) + "]"
        row["profile"] = self._profile

    def _set_state(self, row: Row, state: State, reason: str) -> None:
        row["state"], row["reason"] = str(state), reason
        row["run"], row["updated_at"] = self._run, self._at


def next_generation(row: Row) -> None:
    """A new key for an invoice whose earlier attempts are settled; it counts as never attempted under it."""
    row["generation"] += 1
    row["idempotency_key"] = idempotency_key(row["external_id"], row["generation"])
    row["first_attempt_at"] = None
    row["open_attempt"] = None
    row["ambiguous"] = 0


def _as_seen(item: PlanItem, row: Row | None) -> bool:
    if row is None:
        return item.plan_class in {PlanClass.NEW, PlanClass.HELD}
    if item.plan_class not in SEEN or State(row["state"]) not in SEEN[item.plan_class]:
        return False
    if item.plan_class is PlanClass.READY:  # a person may have held it after the plan was made
        return not (row["state"] == State.HELD and row["reason"].startswith(BY_HAND))
    if item.plan_class is PlanClass.SETTLED:
        return bool(row["settled_digest"])
    return True


def _why_held(item: PlanItem) -> str:
    return item.reason or item.frozen.invoice.hold


def _customer_name(frozen: Frozen) -> str:
    customer = frozen.invoice.customer
    return customer.get("name") or customer.get("vat_number") or customer.get("customer_id", "")


def posted_marks(body: bytes) -> tuple[set[str], str] | None:
    """Product codes and customer mark of request bytes that were posted; None if they are no invoice of ours.

    Numbers are taken as they are written, never as floats.
    """
    try:
        payload: Any = json.loads(body, parse_int=str, parse_float=str)
        customer = {str(name): value for name, value in payload["customer"].items() if isinstance(value, str)}
        codes = {str(line["product_code"]) for line in payload["lines"] if "product_code" in line}
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    return codes, customer_mark(customer)
