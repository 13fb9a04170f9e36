"""The ledger: what was planned, tried and proved, so that no invoice is ever sent twice and none is forgotten."""

import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from threading import get_ident
from types import TracebackType
from typing import Self

from sqlalchemy import Connection

from importer.domain.clock import Clock, stamp
from importer.domain.findings import Finding
from importer.domain.identity import Account
from importer.domain.invoice import Sheet
from importer.domain.records import Attempt, Outcome, Plan, ProfileRecord, Queued, Snapshot, Totals
from importer.domain.states import State
from importer.errors import LedgerBusy, LedgerError
from importer.ledger import decisions, plans, queries, rejoined, runs
from importer.ledger.database import BUSY_SECONDS, Database
from importer.ledger.migrate import bring_up, create_in_memory
from importer.ledger.place import ledger_path, locked, prepare
from importer.ledger.records import AttemptRecord, Attention, InvoiceRecord, RunRecord, RunRow
from importer.ledger.rows import Journal, Row, as_json, events_head, invoice_rows
from importer.ledger.transitions import Batch
from importer.ledger.writer import Writer

PERSON_WAIT = 5.0  # seconds a person waits for a sender before being told to come back


def open_ledger(
    url: str,
    *,
    clock: Clock,
    upgrade: bool = True,
    threaded: bool = True,
    entropy: Callable[[int], bytes] = os.urandom,
    busy: float = BUSY_SECONDS,
) -> "Ledger":
    """Open the ledger at `url`, a `sqlite:///` path, or `sqlite://` for one in memory that ends with the process.

    Makes file and folder where missing, readable by this user alone. An older schema is upgraded after a backup, or
    refused without `upgrade`. `busy` is how many seconds to wait for other programs. With `threaded` outcomes are
    written by a thread that groups them. Raises LedgerError where the ledger cannot be kept safely.
    """
    path = ledger_path(url)
    if path is not None:
        prepare(path)
    database = Database(path, busy=busy)
    try:
        if path is None:
            create_in_memory(database)
        else:
            bring_up(database, path, clock, upgrade=upgrade)
    except BaseException:
        database.close()
        raise
    return Ledger(database, clock=clock, threaded=threaded and path is not None, entropy=entropy)


class Ledger:
    """One open ledger. Methods may be called from any thread; close it, or use it in a `with` block."""

    def __init__(
        self, database: Database, *, clock: Clock, threaded: bool, entropy: Callable[[int], bytes] = os.urandom
    ) -> None:
        self.database = database
        self._clock = clock
        self._entropy = entropy
        self._writer = Writer(self._commit, threaded=threaded)
        self._senders: dict[Account, int] = {}  # accounts whose lock this ledger holds, and the thread that took it

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Write what waits, then close all connections."""
        self._writer.close()
        self.database.close()

    # --- runs and plans -----------------------------------------------------------------------------------------

    def begin_run(
        self, account: Account, command: str, *, profile: ProfileRecord | None, plan_digest: str, importer_version: str
    ) -> str:
        """Record that a run begins; returns its id, such as `20261122-153012-1a2b`."""
        now = self._clock.now()
        with self._changing() as (connection, journal):
            run = runs.new_run_id(connection, now, self._entropy(2))
            owner = plans.ensure_account(connection, journal, account)
            number = plans.ensure_profile(connection, journal, profile)
            runs.begin(
                connection, journal, run, owner, number, now,
                command=command, plan_digest=plan_digest, importer_version=importer_version,
            )  # fmt: skip
        return run

    def end_run(self, run: str, exit_code: int, summary: Mapping[str, object]) -> None:
        """Record how a run ended; `summary` is its JSON object. ConfigError if there is no such run."""
        with self._changing() as (connection, journal):
            runs.finish_run(connection, journal, run, exit_code, summary, stamp(self._clock.now()))

    def snapshot(self, account: Account, digests: Mapping[str, str]) -> Snapshot:
        """What is known of the invoices in `digests` (external_id to the digest the files now give).

        Bodies come only with those whose digest differs. Settled: a person settled the digest asked for, or the
        stored one.
        """
        with self.database.reading() as connection:
            return plans.snapshot(connection, account, digests)

    def store_plan(self, run: str, account: Account, system: str, profile: ProfileRecord | None, plan: Plan) -> None:
        """Make a plan durable in one transaction: frozen bytes, keys, classes, rows, findings.

        Raises Unfinished (`ledger-changed`) and stores nothing if an invoice is not in a state the plan's class allows.
        """
        with self._changing() as (connection, journal):
            runs.require_run(connection, run)
            existing = invoice_rows(connection, [item.frozen.external_id for item in plan.items])
            writer = plans.PlanWriter(connection, journal, run, account, system, profile, stamp(self._clock.now()))
            ids = writer.store(plan, existing)
            runs.store_run_tables(connection, journal, run, plan, ids)

    # --- sending ------------------------------------------------------------------------------------------------

    def queue(
        self, account: Account, *, run: str | None = None, states: Collection[State], limit: int | None = None
    ) -> list[Queued]:
        """The account's invoices in `states`, as stored: in the plan order of `run`, else in the order first planned.

        One that an earlier process left without outcome counts as ambiguous.
        """
        boot = self._clock.boot()
        with self.database.reading() as connection:
            return queries.queue(connection, account, run=run, states=states, limit=limit, boot=boot)

    def write(self, transition: Attempt | Outcome) -> "Future[None]":
        """Record an attempt or its outcome; the future resolves once that is durable on disk.

        An illegal transition fails its own future only, with LedgerError (`invoice-moved` if somebody else changed
        the invoice, else `illegal-transition`). A failed commit fails all that wait, and every later write raises.
        """
        return self._writer.write(transition)

    @contextmanager
    def lock_sender(self, account: Account, *, wait: float = 60.0) -> Iterator[None]:
        """Be the only sender of an account for the block. LedgerBusy (`sender-active`) after `wait` seconds.

        The lock ends with the process, however it ends, and child processes do not inherit it. A ledger in memory
        needs none. The same thread may lock again inside.
        """
        path = self.database.path
        if path is None or self._senders.get(account) == get_ident():
            yield
            return
        name = hashlib.sha256(as_json(account).encode()).hexdigest()[:16]
        busy = LedgerBusy(
            "sender-active",
            f'Another process is sending for account "{account.name}".',
            fix="Wait until it has finished, then run again.",
        )
        with locked(path.with_name(f"{path.name}.{name}.lock"), wait=wait, busy=busy):
            self._senders[account] = get_ident()
            try:
                yield
            finally:
                del self._senders[account]

    # --- a person decides ---------------------------------------------------------------------------------------

    def resolve(
        self, account: Account, identity: str, how: decisions.How, *, reason: str, remote_id: str = "", number: str = ""
    ) -> InvoiceRecord:
        """Say what an unproved invoice is (`posted`, `not-posted`), or take one at rest off the list (`settled`).

        ConfigError if it is not found, not unique, or in another state; LedgerBusy while a sender is at work, since
        its answer may be on the way.
        """
        alone: AbstractContextManager[None] = self.lock_sender(account, wait=PERSON_WAIT)
        with alone, self._deciding(account, identity, reason) as (decision, row):
            decision.resolve(how, remote_id=remote_id, number=number)
        return self._record(row)

    def hold(self, account: Account, identity: str, reason: str) -> InvoiceRecord:
        """Keep an invoice back that is ready, rejected or held. ConfigError otherwise."""
        with self._deciding(account, identity, reason) as (decision, row):
            decision.hold()
        return self._record(row)

    def release(self, account: Account, identity: str, reason: str) -> InvoiceRecord:
        """Let a held invoice go: it is ready again. ConfigError otherwise."""
        with self._deciding(account, identity, reason) as (decision, row):
            decision.release()
        return self._record(row)

    # --- questions ----------------------------------------------------------------------------------------------

    def counts(self, account: Account | None = None, run: str | None = None) -> Mapping[State, int]:
        """Invoices by state, every state named; of an account, of a run's plan, or of all."""
        with self.database.reading() as connection:
            return queries.counts(connection, account, run)

    def attention(self, account: Account | None = None) -> list[Attention]:
        """The invoices that need a person and that nobody has settled, longest waiting first."""
        with self.database.reading() as connection:
            return queries.attention(connection, account)

    def runs(self, account: Account | None = None, limit: int | None = None) -> list[RunRecord]:
        """Runs, newest first."""
        with self.database.reading() as connection:
            owner = None if account is None else plans.account_id(connection, account) or 0
            return runs.run_records(connection, owner=owner, limit=limit)

    def run_record(self, run: str) -> RunRecord:
        """One run. ConfigError if there is none of that name."""
        with self.database.reading() as connection:
            runs.require_run(connection, run)
            return runs.run_records(connection, run=run)[0]

    def run_sheets(self, run: str) -> list[Sheet]:
        """The sheets a run has read, in the order that its rows number them."""
        with self.database.reading() as connection:
            return runs.run_sheets(connection, run)

    def run_rows(self, run: str) -> list[RunRow]:
        """Every row of a run's files as spans in file order, with what became of its invoice until now."""
        with self.database.reading() as connection:
            return runs.run_rows(connection, run)

    def run_findings(self, run: str) -> list[Finding]:
        """The findings of a run in their order; empty once purged."""
        with self.database.reading() as connection:
            return runs.run_findings(connection, run)

    def invoice_records(self, run: str) -> list[InvoiceRecord]:
        """The invoices of a run in plan order, as they are now."""
        with self.database.reading() as connection:
            return queries.invoice_records(connection, run=run)

    def invoice(self, account: Account, identity: str) -> InvoiceRecord:
        """One invoice by external_id or unique label. ConfigError if not found or not unique."""
        with self.database.reading() as connection:
            row = decisions.find(connection, account, identity)
            return queries.invoice_records(connection, ids=[row["id"]])[0]

    def totals(self, external_ids: Collection[str]) -> Totals:
        """Sums over these invoices, in cents."""
        with self.database.reading() as connection:
            return queries.totals(connection, external_ids)

    def failed_before(self, plan: Plan, snapshot: Snapshot, profile: str) -> frozenset[str]:
        """The labels of those invoices of a plan that an earlier run with `profile` refused, or that were rejected."""
        with self.database.reading() as connection:
            return rejoined.failed_before(connection, plan, snapshot, profile)

    def numbers(self, external_ids: Collection[str]) -> Mapping[str, str]:
        """What Facturalia calls these invoices, by external_id; those it does not have are left out."""
        with self.database.reading() as connection:
            return rejoined.numbers(connection, external_ids)

    def run_profile(self, run: str) -> str:
        """The text of the profile that a run used; empty if it used none. ConfigError if there is no such run."""
        with self.database.reading() as connection:
            runs.require_run(connection, run)
            return runs.run_profile(connection, run)

    def attempts(self, account: Account, identity: str) -> list[AttemptRecord]:
        """Every POST of an invoice, oldest first. ConfigError if it is not found or not unique."""
        with self.database.reading() as connection:
            return queries.attempt_records(connection, decisions.find(connection, account, identity)["id"])

    def answer(self, account: Account, identity: str) -> bytes | None:
        """Facturalia's newest answer about an invoice, whole; None if there was none or it was purged."""
        with self.database.reading() as connection:
            return queries.answer(connection, decisions.find(connection, account, identity)["id"])

    def events_head(self) -> tuple[int, str]:
        """Number and hash of the newest event: printed in every report, it proves later that nothing was cut off."""
        with self.database.reading() as connection:
            return events_head(connection)

    def newest_event(self) -> datetime | None:
        """When the newest event was recorded, by the wall clock of then; None in an empty ledger."""
        with self.database.reading() as connection:
            return queries.newest_event(connection)

    # --- inside -------------------------------------------------------------------------------------------------

    @contextmanager
    def _changing(self) -> Iterator[tuple[Connection, Journal]]:
        with self.database.writing() as connection:
            journal = Journal(connection, stamp(self._clock.now()))
            yield connection, journal
            journal.flush()

    @contextmanager
    def _deciding(self, account: Account, identity: str, reason: str) -> Iterator[tuple[decisions.Decision, Row]]:
        with self._changing() as (connection, journal):
            row = decisions.find(connection, account, identity)
            yield decisions.Decision(connection, journal, row, reason, stamp(self._clock.now())), row

    def _record(self, row: Row) -> InvoiceRecord:
        with self.database.reading() as connection:
            return queries.invoice_records(connection, ids=[row["id"]])[0]

    def _commit(self, transitions: Sequence[Attempt | Outcome]) -> Sequence[LedgerError | None]:
        refusals: list[LedgerError | None] = []
        with self._changing() as (connection, journal):
            batch = Batch(connection, journal, transitions)
            for transition in transitions:
                try:
                    batch.apply(transition)
                except LedgerError as refusal:
                    refusals.append(refusal)
                else:
                    refusals.append(None)
            batch.flush()
        return refusals
