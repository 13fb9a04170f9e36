import json
import sqlite3
import threading
from concurrent.futures import wait
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from importer.domain.records import Answered, Attempt, Outcome, PlanItem, Result
from importer.domain.states import PlanClass, State
from importer.errors import LedgerBusy, LedgerError
from importer.ledger.rows import seal_invoice
from importer.ledger.store import Ledger
from importer.ledger.verify import verify
from importer.ledger.writer import Transition, Writer
from tests.ledger.builders import (
    ACCOUNT,
    START,
    attempt_of,
    frozen,
    ledger_at,
    outcome_of,
    queued,
    replan,
    run_to,
    stored,
)


@pytest.fixture
def ledger() -> Ledger:
    """A ledger in memory with one ready invoice, A."""
    ledger = ledger_at(None)
    stored(ledger, "A")
    return ledger


def refused(ledger: Ledger, transition: Attempt | Outcome) -> str:
    """Write something illegal and return the code of the refusal, having checked that nothing changed."""
    before = ledger.events_head()
    with pytest.raises(LedgerError) as caught:
        ledger.write(transition).result(10)
    assert ledger.events_head() == before
    return caught.value.code


def test_an_attempt_is_durable_before_anything_is_sent(ledger: Ledger) -> None:
    """An attempt makes the invoice sending, starts its window once, and counts."""
    first = attempt_of(queued(ledger, "A"), seconds=100)
    ledger.write(first).result(10)
    found = queued(ledger, "A")
    assert (found.state, found.attempts, found.first_attempt_at) == (State.SENDING, 1, START + timedelta(seconds=100))
    ledger.write(outcome_of(first, State.SENDING, ambiguous=True)).result(10)
    ledger.write(attempt_of(queued(ledger, "A"), seconds=200)).result(10)
    found = queued(ledger, "A")
    assert (found.attempts, found.first_attempt_at) == (2, START + timedelta(seconds=100))


def test_an_attempt_without_outcome_is_ambiguous(ledger: Ledger) -> None:
    """After a crash between attempt and outcome the invoice may exist, and stays so through later harmless outcomes."""
    ledger.write(attempt_of(queued(ledger, "A"))).result(10)
    assert queued(ledger, "A").ambiguous
    second = attempt_of(queued(ledger, "A"), "later")
    ledger.write(second).result(10)
    assert refused(ledger, outcome_of(second, State.READY)) == "illegal-transition"
    assert refused(ledger, outcome_of(second, State.REJECTED)) == "illegal-transition"
    ledger.write(outcome_of(second, State.SENDING, result=Result.NOT_SENT)).result(10)
    assert queued(ledger, "A").ambiguous
    first, later = ledger.attempts(ACCOUNT, "A")
    assert (first.result, first.code, later.result) == ("ambiguous", "no-record", "not-sent")
    assert verify(ledger.database) == []


def test_a_posted_outcome_keeps_everything_facturalia_said(ledger: Ledger) -> None:
    """Id, number, link, totals and the whole answer are kept, and nothing waits any more."""
    attempt = attempt_of(queued(ledger, "A"))
    ledger.write(attempt).result(10)
    answered = Answered("R-7", "2026-7", "https://invoices.example/7.pdf", 1050, 1271, replayed=True)
    body = b'{"invoice": {"id": "R-7"}}'
    ledger.write(Outcome(attempt, attempt.at, Result.POSTED, State.POSTED, False, 201, "", "", body, answered)).result(
        10
    )
    record = ledger.invoice(ACCOUNT, "A")
    assert (record.state, record.remote_id, record.number) == (State.POSTED, "R-7", "2026-7")
    assert (record.remote_excl, record.remote_incl, record.pdf_url) == (1050, 1271, answered.pdf_url)
    assert record.posted_at == attempt.at
    assert ledger.answer(ACCOUNT, "A") == body
    (told,) = ledger.attempts(ACCOUNT, "A")
    assert (told.replayed, told.status, told.result) == (True, 201, "posted")
    assert ledger.attention(ACCOUNT) == []


def test_a_rejection_tells_a_person_why(ledger: Ledger) -> None:
    """Code and sentence of a rejection stand in the list of things to do."""
    attempt = attempt_of(queued(ledger, "A"))
    ledger.write(attempt).result(10)
    ledger.write(outcome_of(attempt, State.REJECTED, code="validation_error")).result(10)
    (waiting,) = ledger.attention(ACCOUNT)
    assert (waiting.state, waiting.reason) == ("rejected", "validation_error: A sentence.")


def test_what_was_proved_not_sent_has_no_window_yet(ledger: Ledger) -> None:
    """When nothing left this machine, the invoice is ready under the same key and its window has not begun."""
    run_to(ledger, "A", State.READY)
    found = queued(ledger, "A")
    assert (found.state, found.generation, found.first_attempt_at, found.ambiguous) == (State.READY, 0, None, False)


def test_posted_is_final(ledger: Ledger) -> None:
    """No attempt and no outcome touches a posted invoice."""
    attempt = attempt_of(queued(ledger, "A"))
    run_to(ledger, "A", State.POSTED)
    assert refused(ledger, attempt) == "invoice-moved"
    for state in State:
        assert refused(ledger, outcome_of(attempt, state)) == "illegal-transition"
    assert verify(ledger.database) == []


@pytest.mark.parametrize("state", [State.REJECTED, State.HELD])
def test_only_what_may_be_sent_is_attempted(ledger: Ledger, state: State) -> None:
    """Rejected and held invoices are not attempted."""
    if state is State.HELD:
        ledger.hold(ACCOUNT, "A", "wait")
    else:
        run_to(ledger, "A", state)
    assert refused(ledger, attempt_of(queued(ledger, "A"))) == "invoice-moved"


def test_an_old_generation_is_refused(ledger: Ledger) -> None:
    """A sender that still has the bytes and key of before a rejection may not use them."""
    stale = queued(ledger, "A")
    run_to(ledger, "A", State.REJECTED)
    replan(ledger, PlanItem(frozen("A"), PlanClass.RETRY))
    assert refused(ledger, attempt_of(stale)) == "invoice-moved"
    ledger.write(attempt_of(queued(ledger, "A"))).result(10)


def test_an_outcome_needs_its_open_attempt(ledger: Ledger) -> None:
    """An outcome of another run, number, generation or invoice, or a second one, is refused."""
    attempt = attempt_of(queued(ledger, "A"))
    assert refused(ledger, outcome_of(attempt, State.POSTED)) == "illegal-transition"
    ledger.write(attempt).result(10)
    for other in (
        attempt._replace(run="other"),
        attempt._replace(number=9),
        attempt._replace(generation=1),
        attempt._replace(external_id=frozen("X").external_id),
    ):
        assert refused(ledger, outcome_of(other, State.POSTED)) == "illegal-transition"
    ledger.write(outcome_of(attempt, State.SENDING, ambiguous=True)).result(10)
    assert refused(ledger, outcome_of(attempt, State.POSTED)) == "illegal-transition"


@pytest.mark.parametrize(
    ("result", "state"),
    [
        (Result.POSTED, State.UNKNOWN),
        (Result.POSTED, State.READY),
        (Result.AMBIGUOUS, State.POSTED),
        (Result.NOT_SENT, State.HELD),
    ],
)
def test_result_and_state_must_agree(ledger: Ledger, result: Result, state: State) -> None:
    """Posted is what a posted result makes, and nothing else; an attempt holds nothing."""
    attempt = attempt_of(queued(ledger, "A"))
    ledger.write(attempt).result(10)
    assert refused(ledger, outcome_of(attempt, state, result=result)) == "illegal-transition"


def test_an_unknown_invoice_may_be_replayed(ledger: Ledger) -> None:
    """A replay of an unknown invoice is an attempt like any other and can prove it posted."""
    run_to(ledger, "A", State.UNKNOWN, ambiguous=True)
    key = queued(ledger, "A").key
    run_to(ledger, "A", State.POSTED)
    assert ledger.invoice(ACCOUNT, "A").key == key


def test_one_illegal_transition_spoils_no_other(tmp_path: Path) -> None:
    """Among many written together, each refusal reaches its own future only."""
    with ledger_at(tmp_path / "ledger.sqlite") as ledger:
        stored(ledger, *"ABCDE")
        good = [attempt_of(each) for each in ledger.queue(ACCOUNT, states=[State.READY])]
        bad = [each._replace(generation=5) for each in good] + [good[0]._replace(external_id="imp-" + "0" * 32)]
        with ledger.database.writing():  # the writer waits, so that all of them fall into one group
            futures = [ledger.write(each) for pair in zip(bad, good, strict=False) for each in pair]
            futures.append(ledger.write(bad[-1]))
        wait(futures, 30)
        codes = [getattr(future.exception(), "code", None) for future in futures]
        assert codes == ["invoice-moved", None] * 5 + ["illegal-transition"]
        assert ledger.counts()[State.SENDING] == 5
        assert verify(ledger.database) == []


def test_waiting_transitions_share_one_commit(tmp_path: Path) -> None:
    """Hundreds of transitions that wait together take a handful of commits, not one each."""
    path = tmp_path / "ledger.sqlite"
    with ledger_at(path) as ledger, closing(sqlite3.connect(path, isolation_level=None)) as other:
        stored(ledger, *(f"N{number}" for number in range(200)))
        attempts = [attempt_of(each) for each in ledger.queue(ACCOUNT, states=[State.READY])]
        commits: list[object] = []
        event.listen(ledger.database.engine, "commit", commits.append)
        other.execute("BEGIN IMMEDIATE")
        futures = [ledger.write(each) for each in attempts]
        assert not any(future.done() for future in futures)
        other.execute("ROLLBACK")
        wait(futures, 30)
        assert all(future.exception() is None for future in futures)
        assert 1 <= len(commits) <= 3


def test_a_future_resolves_only_when_others_can_read_it(tmp_path: Path) -> None:
    """When a future has resolved, a second connection sees the transition."""
    path = tmp_path / "ledger.sqlite"
    with ledger_at(path) as ledger, closing(sqlite3.connect(path)) as other:
        stored(ledger, "A")
        ledger.write(attempt_of(queued(ledger, "A"))).result(10)
        assert other.execute("SELECT state FROM invoices").fetchall() == [("sending",)]


def test_attempt_and_outcome_of_one_invoice_may_share_a_commit(tmp_path: Path) -> None:
    """Transitions of one invoice that wait together apply in the order they were written."""
    with ledger_at(tmp_path / "ledger.sqlite") as ledger:
        stored(ledger, "A")
        attempt = attempt_of(queued(ledger, "A"))
        with ledger.database.writing():
            first = ledger.write(attempt)
            second = ledger.write(outcome_of(attempt, State.POSTED, remote_id="R"))
        assert (first.result(30), second.result(30)) == (None, None)
        assert ledger.invoice(ACCOUNT, "A").remote_id == "R"
        assert [each.result for each in ledger.attempts(ACCOUNT, "A")] == ["posted"]
        assert verify(ledger.database) == []


def test_a_failed_commit_stops_all_sending(tmp_path: Path) -> None:
    """When a commit fails, all that wait fail with it and every later write raises."""
    path = tmp_path / "ledger.sqlite"
    with ledger_at(path, busy=0.05) as ledger, closing(sqlite3.connect(path, isolation_level=None)) as other:
        stored(ledger, "A", "B")
        attempts = [attempt_of(each) for each in ledger.queue(ACCOUNT, states=[State.READY])]
        other.execute("BEGIN IMMEDIATE")
        futures = [ledger.write(each) for each in attempts]
        errors = [future.exception(30) for future in futures]
        other.execute("ROLLBACK")
        assert all(isinstance(error, LedgerError) for error in errors)
        assert isinstance(errors[0], LedgerBusy)
        with pytest.raises(LedgerError) as caught:
            ledger.write(attempts[0])
        assert caught.value.code == "ledger-write-failed"
        assert ledger.counts()[State.READY] == 2


def test_whatever_breaks_a_commit_reaches_those_who_wait() -> None:
    """Even an error nobody foresaw ends in the futures, never in a silent thread."""

    def commit(_group: object) -> list[LedgerError | None]:
        raise ZeroDivisionError

    writer = Writer(commit, threaded=True)
    transition: Transition = Attempt("imp", "run", 1, 0, START)
    with pytest.raises(ZeroDivisionError):
        writer.write(transition).result(10)
    with pytest.raises(LedgerError):
        writer.write(transition)
    writer.close()


def test_closing_writes_what_waits(tmp_path: Path) -> None:
    """What was handed over before closing is durable after it, and nothing is taken any more."""
    path = tmp_path / "ledger.sqlite"
    ledger = ledger_at(path)
    stored(ledger, *(f"N{number}" for number in range(50)))
    futures = [ledger.write(attempt_of(each)) for each in ledger.queue(ACCOUNT, states=[State.READY])]
    ledger.close()
    assert all(future.done() and future.exception() is None for future in futures)
    with pytest.raises(LedgerError) as caught:
        ledger.write(Attempt("imp", "run", 1, 0, START))
    assert caught.value.code == "ledger-closed"
    with ledger_at(path) as again:
        assert again.counts()[State.SENDING] == 50


def test_many_threads_may_write_at_once(tmp_path: Path) -> None:
    """Eight threads that each drive their own invoices lose nothing and break no rule."""
    with ledger_at(tmp_path / "ledger.sqlite") as ledger:
        stored(ledger, *(f"N{number}" for number in range(80)))
        every = ledger.queue(ACCOUNT, states=[State.READY])
        errors: list[BaseException] = []

        def drive(part: int) -> None:
            try:
                for each in every[part::8]:
                    attempt = attempt_of(each)
                    ledger.write(attempt).result(30)
                    ledger.write(outcome_of(attempt, State.POSTED, remote_id=each.label)).result(30)
            except BaseException as error:  # noqa: BLE001 - told to the test below
                errors.append(error)

        threads = [threading.Thread(target=drive, args=(part,)) for part in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert errors == []
        assert ledger.counts()[State.POSTED] == 80
        assert verify(ledger.database) == []


def test_a_long_explanation_is_cut_and_the_answer_is_not(ledger: Ledger) -> None:
    """Explanations are bounded; the answer itself is kept whole."""
    attempt = attempt_of(queued(ledger, "A"))
    ledger.write(attempt).result(10)
    body = json.dumps({"error": "x" * 10_000}).encode()
    outcome = outcome_of(attempt, State.REJECTED, body=body, code="c")._replace(detail="x" * 10_000)
    ledger.write(outcome).result(10)
    assert len(ledger.invoice(ACCOUNT, "A").reason) < 2_100
    assert ledger.answer(ACCOUNT, "A") == body


def test_a_seal_covers_every_column(ledger: Ledger) -> None:
    """Changing any column of an invoice row but its event pointer changes the seal."""
    with ledger.database.reading() as connection:
        row = dict(connection.exec_driver_sql("SELECT * FROM invoices").mappings().one())
    for name in set(row) - {"event"}:
        assert seal_invoice({**row, name: "other"}) != seal_invoice(row), name
