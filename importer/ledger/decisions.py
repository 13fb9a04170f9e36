"""What a person decides about one invoice: resolve, hold, release. Each is one transaction and one event."""

import json
import re
from decimal import Decimal
from typing import Literal

from sqlalchemy import Connection, or_, select

from importer.domain.identity import Account
from importer.domain.states import State
from importer.errors import ConfigError
from importer.ledger import tables
from importer.ledger.plans import BY_HAND, RELEASED, account_id, next_generation, posted_marks
from importer.ledger.rows import INVOICE_COLUMNS, Journal, Row, insert_rows, update_invoices
from importer.ledger.transitions import close_open_attempt

How = Literal["posted", "not-posted", "settled"]
UNPROVED = (State.SENDING, State.UNKNOWN)
_SPACES = re.compile(r"\s+")


def find(connection: Connection, account: Account, identity: str) -> Row:
    """The row of an invoice, by external_id or by a label that only one invoice of the account has. ConfigError if none."""
    invoices = tables.invoices.c
    owner = account_id(connection, account)
    query = select(tables.invoices).where(
        invoices.account == owner, or_(invoices.external_id == identity, invoices.label == identity)
    )
    rows = [dict(zip(INVOICE_COLUMNS, row, strict=True)) for row in connection.execute(query)]
    exact = [row for row in rows if row["external_id"] == identity]
    rows = exact or rows
    if not rows:
        raise ConfigError(
            "identity-not-found",
            f'Account "{account.name}" has no invoice "{identity}".',
            fix="`importer status` lists the invoices that need a person, with their identities.",
        )
    if len(rows) > 1:
        names = ", ".join(sorted(row["external_id"] for row in rows)[:5])
        raise ConfigError(
            "identity-ambiguous",
            f'{len(rows)} invoices of account "{account.name}" are called "{identity}": {names}.',
            fix="Use the identity that begins with imp-.",
        )
    return rows[0]


class Decision:
    """One decision about one invoice, inside a write transaction whose journal the caller flushes."""

    def __init__(self, connection: Connection, journal: Journal, row: Row, reason: str, at: str) -> None:
        self._connection = connection
        self._journal = journal
        self._row = row
        self._state = State(row["state"])
        self._at = at
        self._reason = _SPACES.sub(" ", reason).strip()
        if not self._reason:
            raise ConfigError("reason-missing", "A decision needs a reason.", fix="Add --reason with a sentence.")

    def resolve(self, how: How, *, remote_id: str, number: str) -> None:
        """What an unproved invoice is, or that one at rest needs nothing more."""
        if how == "settled":
            self._settle()
            return
        self._require(*UNPROVED, deed=f"resolved as {how}")
        extra = close_open_attempt(self._connection, self._row, self._at, f"resolved-{how}")
        if how == "posted":
            self._row |= {
                "ambiguous": 0,
                "open_attempt": None,
                "remote_id": remote_id,
                "remote_number": number,
                "posted_at": self._at,
            }
            self._remember()
            self._record(State.POSTED, f"resolved: {self._reason}", "resolved-posted", extra)
        else:
            next_generation(self._row)
            self._record(State.READY, f"resolved: {self._reason}", "resolved-not-posted", extra)

    def hold(self) -> None:
        """Keep the invoice back until a person releases it."""
        self._require(State.READY, State.REJECTED, State.HELD, deed="held")
        if self._state is State.REJECTED:
            next_generation(self._row)  # the rejected bytes used up their key
        self._record(State.HELD, f"{BY_HAND} {self._reason}", "hold", {})

    def release(self) -> None:
        """Let a held invoice go; one that the API cannot make stays held, whoever held it."""
        self._require(State.HELD, deed="released")
        if self._negative():
            raise ConfigError(
                "not-sendable",
                f"Invoice {self._row['label']} has a negative quantity or price: the API cannot make it, so it stays held.",
                fix="Make the credit note in Facturalia itself, then `importer resolve … --as settled`.",
            )
        self._row["settled_digest"] = ""
        self._record(State.READY, f"{RELEASED} {self._reason}", "release", {})

    def _negative(self) -> bool:
        """Whether the stored bytes ask for what the API refuses: credit notes are never sent."""
        lines = json.loads(self._body() or b"{}", parse_float=Decimal, parse_int=Decimal).get("lines", ())
        return any(line["quantity"] < 0 or line["unit_price"] < 0 for line in lines)

    def _body(self) -> bytes | None:
        bodies = tables.bodies.c
        stored: bytes | None = self._connection.execute(
            select(bodies.body).where(bodies.invoice == self._row["id"])
        ).scalar()
        return stored

    def _settle(self) -> None:
        changed = self._state is State.POSTED and self._row["seen_digest"]
        if not changed:
            self._require(State.HELD, State.REJECTED, deed="settled")
        self._row["settled_digest"] = self._row["seen_digest"] or self._row["digest"]
        self._record(self._state, self._row["reason"], "settled", {})

    def _require(self, *states: State, deed: str) -> None:
        if self._state not in states:
            allowed = " or ".join(states)
            raise ConfigError(
                "not-allowed",
                f"Invoice {self._row['label']} is {self._state}; only one that is {allowed} can be {deed}.",
                fix="`importer status` shows the state of every invoice that needs a person.",
            )

    def _record(self, state: State, reason: str, kind: str, extra: dict[str, object]) -> None:
        self._row |= {"state": str(state), "reason": reason, "updated_at": self._at}
        self._journal.invoice("", self._row, kind, reason=self._reason, **extra)
        update_invoices(self._connection, [self._row])

    def _remember(self) -> None:
        owner = self._row["account"]
        marks = posted_marks(self._body() or b"")
        if marks is not None:
            insert_rows(
                self._connection, tables.seen_products, [(owner, code) for code in sorted(marks[0])], ignore=True
            )
            insert_rows(self._connection, tables.seen_customers, [(owner, marks[1])], ignore=True)
