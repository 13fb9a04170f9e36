"""Attempts and outcomes applied to the ledger: many at once, in one transaction, each legal or refused on its own."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, select

from importer.domain.clock import stamp
from importer.domain.records import Attempt, Outcome, Result
from importer.domain.states import TRANSITIONS, State
from importer.errors import LedgerError
from importer.ledger import tables
from importer.ledger.plans import posted_marks
from importer.ledger.rows import (
    Journal,
    Row,
    chunks,
    insert_rows,
    invoice_rows,
    next_id,
    seal_attempt,
    sha256,
    update_invoices,
)

ATTEMPTABLE = frozenset({State.READY, State.SENDING, State.UNKNOWN})
UNPROVED = frozenset({State.SENDING, State.UNKNOWN})
DETAIL_LENGTH = 2_000  # characters of an explanation that are kept; the whole answer is kept anyway
ATTEMPT_COLUMNS = tuple(column.name for column in tables.attempts.columns)
_ENDED = itemgetter("finished_at", "result", "status", "code", "detail", "replayed", "id")


class Batch:
    """The transitions of one transaction. `apply` each, then `flush`; nothing is written before."""

    def __init__(self, connection: Connection, journal: Journal, transitions: Sequence[Attempt | Outcome]) -> None:
        self._connection = connection
        self._journal = journal
        names = {_external_id(transition) for transition in transitions}
        self._rows = invoice_rows(connection, names)
        self._open = _open_attempts(connection, [row["id"] for row in self._rows.values()])
        posted = {
            _external_id(each) for each in transitions if isinstance(each, Outcome) and each.state is State.POSTED
        }
        self._bodies = _bodies(connection, [self._rows[name]["id"] for name in posted if name in self._rows])
        self._next_attempt = next_id(connection, tables.attempts)
        self._begun: dict[int, Row] = {}
        self._ended: dict[int, Row] = {}
        self._changed: dict[int, Row] = {}
        self._answers: dict[int, tuple[object, ...]] = {}
        self._products: set[tuple[object, ...]] = set()
        self._customers: set[tuple[object, ...]] = set()

    def apply(self, transition: Attempt | Outcome) -> None:
        """Take one transition in. LedgerError if it is not legal; then it has changed nothing."""
        row = self._rows.get(_external_id(transition))
        if row is None:
            raise _illegal(transition, "the ledger does not hold it")
        if isinstance(transition, Attempt):
            self._begin(transition, row)
        else:
            self._end(transition, row)
        self._changed[row["id"]] = row

    def flush(self) -> None:
        """Write everything taken in."""
        connection = self._connection
        if self._ended:  # before the new ones: an invoice has one open attempt at most
            connection.exec_driver_sql(
                "UPDATE attempts SET finished_at = ?, result = ?, status = ?, code = ?, detail = ?, replayed = ? WHERE id = ?",
                [_ENDED(row) for row in self._ended.values()],
            )
        insert_rows(connection, tables.attempts, [tuple(row.values()) for row in self._begun.values()])
        update_invoices(connection, self._changed.values())
        if self._answers:
            connection.exec_driver_sql(
                "INSERT INTO answers (invoice, status, received_at, body) VALUES (?, ?, ?, ?) ON CONFLICT (invoice) "
                "DO UPDATE SET status = excluded.status, received_at = excluded.received_at, body = excluded.body",
                list(self._answers.values()),
            )
        insert_rows(connection, tables.seen_products, sorted(self._products, key=repr), ignore=True)
        insert_rows(connection, tables.seen_customers, sorted(self._customers, key=repr), ignore=True)
        self._journal.flush()

    def _begin(self, attempt: Attempt, row: Row) -> None:
        state = State(row["state"])
        if state not in ATTEMPTABLE:
            raise _illegal(attempt, f"it is {state}", code="invoice-moved")
        if attempt.generation != row["generation"]:
            raise _illegal(attempt, f"it is in generation {row['generation']}", code="invoice-moved")
        at = stamp(attempt.at)
        extra: dict[str, object] = {}
        lost = self._open.pop(row["id"], None)
        if lost is not None:
            # its process died before it could say what came back: the invoice may exist
            lost_seal = self._close(lost, at, Result.AMBIGUOUS, code="no-record")
            extra["lost"] = {"attempt": lost["id"], "attempt_seal": lost_seal}
            row["ambiguous"] = 1
        begun: Row = dict.fromkeys(ATTEMPT_COLUMNS)
        begun |= {
            "id": self._next_attempt,
            "invoice": row["id"],
            "run": attempt.run,
            "number": attempt.number,
            "generation": attempt.generation,
            "started_at": at,
            "result": "",
            "status": 0,
            "code": "",
            "detail": "",
            "replayed": 0,
            "boot": attempt.boot or None,
            "elapsed_ms": attempt.elapsed_ms if attempt.boot else None,
            "event": self._journal.next_seq,
        }
        self._next_attempt += 1
        self._begun[begun["id"]] = self._open[row["id"]] = begun
        row |= {
            "state": str(State.SENDING),
            "first_attempt_at": row["first_attempt_at"] or at,
            "attempts": row["attempts"] + 1,
            "open_attempt": begun["id"],
            "run": attempt.run,
            "updated_at": at,
        }
        self._journal.invoice(
            attempt.run, row, "attempt", attempt=begun["id"], attempt_seal=seal_attempt(begun.values()), **extra
        )

    def _end(self, outcome: Outcome, row: Row) -> None:
        begun = self._open.get(row["id"])
        attempt = outcome.attempt
        if row["state"] != State.SENDING or begun is None or _name_of(begun) != _name_of(attempt._asdict()):
            raise _illegal(outcome, f"that attempt is not open, and the invoice is {row['state']}")
        ambiguous = bool(row["ambiguous"]) or outcome.ambiguous
        wrong = _contradiction(outcome, ambiguous=ambiguous)
        if wrong:
            raise _illegal(outcome, wrong)
        at, answered = stamp(outcome.at), outcome.answered
        detail = outcome.detail[:DETAIL_LENGTH]
        del self._open[row["id"]]
        attempt_seal = self._close(
            begun,
            at,
            outcome.result,
            status=outcome.status,
            code=outcome.code,
            detail=detail,
            replayed=int(answered.replayed),
        )
        row |= {
            "state": str(outcome.state),
            "ambiguous": int(ambiguous and outcome.state in UNPROVED),
            "reason": ": ".join(part for part in (outcome.code, detail) if part),
            "open_attempt": None,
            "run": attempt.run,
            "updated_at": at,
        }
        if outcome.state is State.READY:
            row["first_attempt_at"] = None  # nothing left this machine: the window has not begun
        extra: dict[str, object] = {"attempt": begun["id"], "attempt_seal": attempt_seal, "result": str(outcome.result)}
        if outcome.state is State.POSTED:
            row |= {
                "remote_id": answered.remote_id,
                "remote_number": answered.number,
                "pdf_url": answered.pdf_url,
                "remote_excl": answered.excl,
                "remote_incl": answered.incl,
                "posted_at": at,
            }
            self._remember(row)
        if outcome.body:
            self._answers[row["id"]] = (row["id"], outcome.status, at, outcome.body)
            extra["answer"] = sha256(outcome.body)
        self._journal.invoice(attempt.run, row, "outcome", **extra)

    def _close(
        self,
        begun: Row,
        at: str,
        result: Result,
        *,
        status: int = 0,
        code: str = "",
        detail: str = "",
        replayed: int = 0,
    ) -> str:
        """Close an attempt; returns its seal."""
        begun |= {
            "finished_at": at,
            "result": str(result),
            "status": status,
            "code": code,
            "detail": detail,
            "replayed": replayed,
        }
        if begun["id"] not in self._begun:
            self._ended[begun["id"]] = begun
        return seal_attempt(begun.values())

    def _remember(self, row: Row) -> None:
        marks = posted_marks(self._bodies.get(row["id"], b""))
        if marks is not None:
            self._products.update((row["account"], code) for code in marks[0])
            self._customers.add((row["account"], marks[1]))


def close_open_attempt(connection: Connection, row: Row, at: str, code: str) -> dict[str, object]:
    """Close what a person's decision leaves open; returns what the event must say of it."""
    begun = _open_attempts(connection, [row["id"]]).get(row["id"])
    if begun is None:
        return {}
    begun |= {"finished_at": at, "result": str(Result.AMBIGUOUS), "code": code}
    values = {name: begun[name] for name in ("finished_at", "result", "code")}
    connection.execute(tables.attempts.update().where(tables.attempts.c.id == begun["id"]).values(values))
    return {"attempt": begun["id"], "attempt_seal": seal_attempt(begun.values())}


def _contradiction(outcome: Outcome, *, ambiguous: bool) -> str:
    """Why an outcome cannot be, or nothing."""
    if (State.SENDING, outcome.state) not in TRANSITIONS:
        return f"an attempt cannot make it {outcome.state}"
    if (outcome.result is Result.POSTED) != (outcome.state is State.POSTED):
        return f"result {outcome.result} does not go with state {outcome.state}"
    if ambiguous and outcome.state in {State.READY, State.REJECTED}:
        return f"an attempt may have made it, so it cannot be {outcome.state}"
    return ""


def _name_of(values: Any) -> tuple[object, ...]:
    return values["run"], values["number"], values["generation"]


def _external_id(transition: Attempt | Outcome) -> str:
    return transition.external_id if isinstance(transition, Attempt) else transition.attempt.external_id


def _illegal(transition: Attempt | Outcome, why: str, *, code: str = "illegal-transition") -> LedgerError:
    deed = "attempt" if isinstance(transition, Attempt) else "outcome"
    return LedgerError(
        code,
        f"The ledger refuses this {deed} of {_external_id(transition)}: {why}.",
        fix="Run `importer resume`; it starts from what the ledger says.",
    )


def _open_attempts(connection: Connection, ids: Sequence[int]) -> dict[int, Row]:
    """The attempts without outcome of these invoices, by invoice."""
    found: dict[int, Row] = {}
    attempts = tables.attempts
    for part in chunks(ids):
        query = select(attempts).where(attempts.c.invoice.in_(part), attempts.c.finished_at.is_(None))
        for row in connection.execute(query):
            found[row.invoice] = dict(zip(ATTEMPT_COLUMNS, row, strict=True))
    return found


def _bodies(connection: Connection, ids: Sequence[int]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    columns = tables.bodies.c
    for part in chunks(ids):
        query = select(columns.invoice, columns.body).where(columns.invoice.in_(part))
        found.update((row[0], row[1]) for row in connection.execute(query))
    return found
