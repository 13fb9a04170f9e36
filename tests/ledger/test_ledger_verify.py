import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from importer.domain.findings import Finding
from importer.domain.invoice import Refused, SkippedRows, Span
from importer.domain.records import PlanItem
from importer.domain.states import PlanClass, State
from importer.errors import LedgerError
from importer.ledger.purge import purge
from importer.ledger.store import Ledger
from importer.ledger.tables import EVENT_TRIGGERS
from importer.ledger.verify import verify
from tests.ledger.builders import (
    ACCOUNT,
    PROFILE,
    START,
    TestClock,
    attempt_of,
    begin,
    frozen,
    ledger_at,
    plan_of,
    queued,
    replan,
    run_to,
    stored,
)
from tests.secrets.canaries import NAME


def fill(ledger: Ledger) -> str:
    """Put something into every table; returns the run."""
    run = begin(ledger)
    items = [PlanItem(frozen(label, first=row), PlanClass.NEW) for row, label in enumerate("ABCD", start=2)]
    plan = plan_of(
        items,
        refused=[Refused(label="R", spans=(Span(0, 7, 8),), codes=("bad-amount",))],
        skipped=[SkippedRows(Span(0, 9, 9), "total row")],
        findings=[Finding("zero-total", value=NAME, invoice="A")],
    )
    ledger.store_plan(run, ACCOUNT, "acme", PROFILE, plan)
    run_to(ledger, "A", State.POSTED, run=run)
    run_to(ledger, "B", State.REJECTED, run=run)
    ledger.write(attempt_of(queued(ledger, "C"), run)).result(10)
    replan(ledger, PlanItem(frozen("A", price="11"), PlanClass.CHANGED, difference=f'name was "{NAME}"'))
    ledger.end_run(run, 1, {"exit": 1})
    return run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A closed ledger with something in every table."""
    path = tmp_path / "ledger.sqlite"
    with ledger_at(path) as ledger:
        fill(ledger)
        assert verify(ledger.database) == []
    return path


def tamper(path: Path, statement: str) -> None:
    """Change the file behind the ledger's back, with every guard taken off."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA ignore_check_constraints = ON")
        other.execute("DROP TRIGGER events_no_update")
        other.execute("DROP TRIGGER events_no_delete")
        before = other.total_changes
        other.execute(statement)
        assert other.total_changes > before, "the tampering must hit something"
        for trigger in EVENT_TRIGGERS:
            other.execute(trigger)


@pytest.mark.parametrize(
    ("statement", "code", "where"),
    [
        ("UPDATE invoices SET state = 'ready' WHERE label = 'B'", "row-changed", "invoices 2"),
        ("UPDATE invoices SET digest = replace(digest, 'a', 'b') WHERE id = 2", "row-changed", "invoices 2"),
        ("UPDATE invoices SET idempotency_key = 'x' WHERE id = 3", "row-changed", "invoices 3"),
        ("UPDATE invoices SET generation = 7 WHERE id = 3", "row-changed", "invoices 3"),
        ("UPDATE invoices SET remote_id = 'R-2' WHERE id = 1", "row-changed", "invoices 1"),
        ("UPDATE invoices SET incl = incl + 1 WHERE id = 4", "row-changed", "invoices 4"),
        ("UPDATE invoices SET event = 1 WHERE id = 4", "row-changed", "invoices 4"),
        ("DELETE FROM invoices WHERE id = 4", "row-missing", "invoices (imp-"),
        ("UPDATE bodies SET body = replace(body, '10.5', '99.5') WHERE invoice = 3", "body-changed", "bodies 3"),
        ("UPDATE bodies SET customer = 'Other NV' WHERE invoice = 3", "customer-changed", "bodies 3"),
        ("DELETE FROM bodies WHERE invoice = 3", "body-missing", "bodies 3"),
        ("UPDATE answers SET body = 'x'", "answer-changed", "answers 1"),
        ("DELETE FROM answers", "answer-missing", "answers (imp-"),
        ("UPDATE answers SET received_at = replace(received_at, '2', '3')", "answer-changed", "answers 1"),
        ("UPDATE answers SET status = 500", "answer-changed", "answers 1"),
        ("UPDATE seen_products SET code = code || 'x'", "seen-changed", "seen_products 1"),
        ("DELETE FROM seen_products", "seen-changed", "seen_products 1"),
        ("UPDATE seen_customers SET mark = 'x'", "seen-changed", "seen_customers 1"),
        ("UPDATE seen_customers SET account = 2", "seen-changed", "seen_customers 1"),
        ("UPDATE attempts SET status = 500 WHERE id = 1", "row-changed", "attempts 1"),
        ("DELETE FROM attempts WHERE id = 3", "row-missing", "attempts 3"),
        ("UPDATE attempts SET elapsed_ms = elapsed_ms + 1 WHERE id = 3", "row-changed", "attempts 3"),
        ("UPDATE attempts SET boot = boot || 'x' WHERE id = 1", "row-changed", "attempts 1"),
        ("UPDATE attempts SET event = event - 1 WHERE id = 2", "row-changed", "attempts 2"),
        ("UPDATE attempts SET boot = NULL, elapsed_ms = NULL WHERE id = 2", "row-changed", "attempts 2"),
        ("UPDATE attempts SET boot = NULL, elapsed_ms = NULL, event = NULL", "row-changed", "attempts 1"),
        ("UPDATE runs SET exit_code = 0 WHERE exit_code = 1", "row-changed", "runs "),
        ("UPDATE source_rows SET last = last + 1 WHERE bucket = 'refused'", "run-changed", "source_rows "),
        ("UPDATE run_invoices SET plan_class = 'ready'", "run-changed", "run_invoices "),
        ("UPDATE run_findings SET finding = '[]'", "run-changed", "run_findings "),
        ("UPDATE files SET sha256 = 'x'", "run-changed", "files "),
        ("UPDATE accounts SET name = 'other'", "row-changed", "accounts 1"),
        ("UPDATE profiles SET fixed = '[]'", "row-changed", "profiles 1"),
        ("UPDATE events SET data = replace(data, 'posted', 'ready')", "chain-broken", "events "),
        ("UPDATE events SET at = '2026-01-01' WHERE seq = 5", "chain-broken", "events 5"),
        ("DELETE FROM events WHERE seq = 3", "chain-broken", "events 4"),
        ("INSERT INTO events SELECT 999, at, run, external_id, kind, data, prev_hash, hash FROM events LIMIT 1",
         "chain-broken", "events 999"),
    ],
)  # fmt: skip
def test_every_kind_of_tampering_is_found(path: Path, statement: str, code: str, where: str) -> None:
    """Whatever row is changed, put in or taken away, the proof fails and names it first."""
    tamper(path, statement)
    with ledger_at(path) as ledger:
        problems = verify(ledger.database)
    assert problems
    assert any(each.code == code and each.where.startswith(where) for each in problems), problems


@pytest.mark.parametrize("name", ["events_no_update", "events_no_delete"])
def test_a_guard_taken_off_is_found(path: Path, name: str) -> None:
    """A ledger whose triggers were dropped does not pass for a whole one."""
    with closing(sqlite3.connect(path)) as other:
        other.execute(f"DROP TRIGGER {name}")
    with ledger_at(path) as ledger:
        assert [(each.code, each.where) for each in verify(ledger.database)] == [("schema-changed", f"schema {name}")]


def test_events_cut_off_at_the_end_are_found(path: Path) -> None:
    """The head printed in a report proves that the newest events are still there."""
    with ledger_at(path) as ledger:
        head = ledger.events_head()[1]
        assert verify(ledger.database, head=head) == []
    tamper(path, "DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)")
    with ledger_at(path) as ledger:
        assert [each.code for each in verify(ledger.database, head=head)][:1] == ["head-missing"]


@pytest.mark.parametrize("statement", ["UPDATE events SET run = 'x'", "DELETE FROM events"])
def test_events_are_append_only(path: Path, statement: str) -> None:
    """The database itself refuses to change or remove events."""
    with ledger_at(path) as ledger:
        head = ledger.events_head()
        with pytest.raises(LedgerError), ledger.database.writing() as connection:
            connection.exec_driver_sql(statement)
        assert ledger.events_head() == head


def test_a_flipped_bit_is_found(path: Path) -> None:
    """Of single bits flipped inside stored request bytes and digests, every one is found."""
    clean = path.read_bytes()
    places = [
        clean.index(needle) + offset for needle in (b'"unit_price"', b"imp-", b"acme-webshop") for offset in (1, 3)
    ]
    for place in places:
        damaged = bytearray(clean)
        damaged[place] ^= 0x04
        path.write_bytes(bytes(damaged))
        try:
            with ledger_at(path) as ledger:
                problems: object = verify(ledger.database)
        except LedgerError as error:
            problems = error.code
        assert problems, place


def test_a_purge_takes_names_and_keeps_the_proof(tmp_path: Path) -> None:
    """After a purge no customer's name is left of what was posted, nothing else is lost, and the ledger verifies."""
    path = tmp_path / "ledger.sqlite"
    with ledger_at(path) as ledger:
        run = stored(ledger, "A")
        run_to(ledger, "A", State.POSTED, run=run)
        ledger.end_run(run, 0, {})
        later = replan(ledger, PlanItem(frozen("A", price="11"), PlanClass.CHANGED, difference=f'"{NAME}"'))
        ledger.end_run(later, 1, {})
        assert "Zoë".encode() in path.read_bytes()
        done = purge(ledger.database, before=START + timedelta(days=1), clock=TestClock())
        assert done == (1, 1)
        assert purge(ledger.database, before=START + timedelta(days=1), clock=TestClock()) == (0, 0)
        assert verify(ledger.database) == []
        record = ledger.invoice(ACCOUNT, "A")
        assert (record.state, record.remote_id, record.customer, record.incl) == (State.POSTED, "R-1", "", 1270)
        identity = frozen("A").external_id
        assert ledger.snapshot(ACCOUNT, {identity: "x"}).known[identity].body is None
        stored(ledger, "B")
        replan(ledger, PlanItem(frozen("A", price="12"), PlanClass.CHANGED, difference="12"))
        assert verify(ledger.database) == []


def test_what_was_posted_before_stays_proved_after_a_purge(tmp_path: Path) -> None:
    """The bytes are gone, and still nobody can change which products and customers were posted before."""
    path = tmp_path / "ledger.sqlite"
    with ledger_at(path) as ledger:
        run = stored(ledger, "A")
        run_to(ledger, "A", State.POSTED, run=run)
        ledger.end_run(run, 0, {})
        purge(ledger.database, before=START + timedelta(days=1), clock=TestClock())
    tamper(path, "DELETE FROM seen_customers")
    with ledger_at(path) as ledger:
        assert [each.code for each in verify(ledger.database)] == ["seen-changed"]


def test_no_name_is_left_in_the_file_after_a_purge(tmp_path: Path) -> None:
    """The pages that held a customer's name are overwritten, not only unlinked."""
    path = tmp_path / "ledger.sqlite"
    with ledger_at(path) as ledger:
        run = stored(ledger, "A", "B")
        run_to(ledger, "A", State.POSTED, run=run)
        run_to(ledger, "B", State.POSTED, run=run)
        ledger.end_run(run, 0, {})
        purge(ledger.database, before=START + timedelta(days=1), clock=TestClock())
    for file in tmp_path.iterdir():
        assert "Zoë".encode() not in file.read_bytes(), file.name


def test_a_purge_leaves_what_is_not_posted(path: Path) -> None:
    """Invoices that may still be sent or replayed keep their bytes."""
    with ledger_at(path) as ledger:
        purge(ledger.database, before=START + timedelta(days=1), clock=TestClock())
        assert {each.label for each in ledger.queue(ACCOUNT, states=list(State))} == {"B", "C", "D"}
        assert verify(ledger.database) == []
