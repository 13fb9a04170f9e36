from collections.abc import Callable
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from importer.domain.records import Attempt, PlanItem, Result
from importer.domain.states import TRANSITIONS, PlanClass, State
from importer.errors import ConfigError, LedgerError, Unfinished
from importer.ledger.store import Ledger
from importer.ledger.verify import verify
from tests.ledger.builders import (
    ACCOUNT,
    PROFILE,
    START,
    attempt_of,
    begin,
    frozen,
    ledger_at,
    outcome_of,
    plan_of,
    queued,
)

LABELS = ("A", "B")
REFUSALS = (ConfigError, LedgerError, Unfinished)

attempts = st.tuples(st.just("attempt"), st.sampled_from(LABELS), st.integers(0, 1))
outcomes = st.tuples(
    st.just("outcome"), st.sampled_from(LABELS), st.sampled_from(State), st.sampled_from(Result), st.booleans()
)
replans = st.tuples(
    st.just("plan"), st.sampled_from(LABELS), st.sampled_from(PlanClass), st.sampled_from(["10.5", "11", "12"])
)
decided = st.tuples(
    st.just("decide"), st.sampled_from(LABELS), st.sampled_from(["posted", "not-posted", "settled", "hold", "release"])
)
steps = st.lists(st.one_of(attempts, outcomes, replans, decided), max_size=25)


def act(ledger: Ledger, step: tuple[object, ...], last: dict[str, Attempt], clock: int) -> None:
    """Do one step as a sender, a plan or a person would; raises what the ledger raises."""
    match step:
        case ("attempt", str(label), int(stale)):
            attempt = attempt_of(queued(ledger, label), seconds=clock)
            attempt = attempt._replace(generation=attempt.generation - stale)
            ledger.write(attempt).result(10)
            last[label] = attempt
        case ("outcome", str(label), State() as state, Result() as result, bool(ambiguous)):
            attempt = last.get(label) or Attempt(frozen(label).external_id, "run", 1, 0, START)
            outcome = outcome_of(attempt, state, result=result, ambiguous=ambiguous)
            ledger.write(outcome._replace(at=START + timedelta(seconds=clock))).result(10)
        case ("plan", str(label), PlanClass() as plan_class, str(price)):
            item = PlanItem(frozen(label, price=price), plan_class, "credit-note", f"now {price}")
            ledger.store_plan(begin(ledger), ACCOUNT, "acme", PROFILE, plan_of([item]))
        case ("decide", str(label), str(deed)):
            persons: dict[str, Callable[[], object]] = {
                "hold": lambda: ledger.hold(ACCOUNT, label, "because"),
                "release": lambda: ledger.release(ACCOUNT, label, "because"),
            }
            other = lambda: ledger.resolve(ACCOUNT, label, deed, reason="because")  # type: ignore[arg-type]  # noqa: E731 - one of the three words
            persons.get(deed, other)()


def proved_doubts(ledger: Ledger) -> set[str]:
    """Invoices an earlier attempt may have made, those aside whose only attempt is still open."""
    with ledger.database.reading() as connection:
        return set(connection.exec_driver_sql("SELECT label FROM invoices WHERE ambiguous = 1").scalars())


@given(steps)
def test_no_order_of_events_breaks_the_laws(given_steps: list[tuple[object, ...]]) -> None:
    """Senders, plans and people in any order keep every law of states, bytes and keys, and refusals leave no trace.

    States move by the table only; posted is final, and so are the bytes of what was attempted; keys rise only by
    generation; doubt ends only by proof or by a person; the ledger always verifies.
    """
    with ledger_at(None) as ledger:
        run = begin(ledger)
        items = [PlanItem(frozen(label), PlanClass.NEW) for label in LABELS]
        ledger.store_plan(run, ACCOUNT, "acme", PROFILE, plan_of(items))
        last: dict[str, Attempt] = {}
        for clock, step in enumerate(given_steps):
            before = {label: queued(ledger, label) for label in LABELS}
            records = {label: ledger.invoice(ACCOUNT, label) for label in LABELS}
            doubts = proved_doubts(ledger)
            try:
                act(ledger, step, last, clock)
            except REFUSALS:
                assert {label: queued(ledger, label) for label in LABELS} == before
                continue
            for label in LABELS:
                old, new = before[label], queued(ledger, label)
                record = ledger.invoice(ACCOUNT, label)
                assert old.state is new.state or (old.state, new.state) in TRANSITIONS
                if old.state in {State.POSTED, State.SENDING, State.UNKNOWN}:
                    assert old.body == new.body
                if old.state is State.POSTED:
                    assert new.state is State.POSTED
                    assert (record.remote_id, record.key) == (records[label].remote_id, records[label].key)
                assert new.generation in {old.generation, old.generation + 1}
                assert (old.key == new.key) is (old.generation == new.generation)
                if new.generation > old.generation:
                    assert old.state is State.REJECTED or step[:1] == ("decide",)
                if label in doubts - proved_doubts(ledger):
                    assert new.state is State.POSTED or step == ("decide", label, "not-posted")
        assert verify(ledger.database) == []
