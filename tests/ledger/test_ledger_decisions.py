import itertools
from pathlib import Path

import pytest

from importer.domain.identity import customer_mark, idempotency_key
from importer.domain.records import PlanItem
from importer.domain.states import PlanClass, State
from importer.errors import ConfigError, LedgerBusy
from importer.ledger.store import Ledger
from importer.ledger.verify import verify
from tests.ledger.builders import (
    ACCOUNT,
    PROFILE,
    attempt_of,
    begin,
    frozen,
    ledger_at,
    outcome_of,
    plan_of,
    queued,
    replan,
    run_to,
    stored,
)
from tests.secrets.canaries import NAME


@pytest.fixture
def ledger() -> Ledger:
    """A ledger in memory with one ready invoice, A."""
    ledger = ledger_at(None)
    stored(ledger, "A")
    return ledger


def bring(ledger: Ledger, state: State) -> None:
    """Bring invoice A into a state."""
    if state is State.HELD:
        ledger.hold(ACCOUNT, "A", "wait")
    elif state is not State.READY:
        run_to(ledger, "A", state, ambiguous=state in {State.SENDING, State.UNKNOWN})


@pytest.mark.parametrize("state", [State.UNKNOWN, State.SENDING])
def test_a_person_can_say_it_exists(ledger: Ledger, state: State) -> None:
    """Resolved as posted, an invoice is posted with the id and number the person gives, and counts as seen."""
    bring(ledger, state)
    record = ledger.resolve(ACCOUNT, "A", "posted", reason="seen in Facturalia", remote_id="R-1", number="2026-1")
    assert (record.state, record.remote_id, record.number, record.ambiguous) == (State.POSTED, "R-1", "2026-1", False)
    assert ledger.snapshot(ACCOUNT, {}).customers == {customer_mark({"name": NAME})}
    assert ledger.attention(ACCOUNT) == []
    assert verify(ledger.database) == []


@pytest.mark.parametrize("state", [State.UNKNOWN, State.SENDING])
def test_a_person_can_say_it_does_not_exist(ledger: Ledger, state: State) -> None:
    """Resolved as not posted, an invoice is ready with the same bytes under the next key."""
    bring(ledger, state)
    body = queued(ledger, "A").body
    record = ledger.resolve(ACCOUNT, "A", "not-posted", reason="not in Facturalia")
    found = queued(ledger, "A")
    assert (record.state, record.generation) == (State.READY, 1)
    assert (found.key, found.body) == (idempotency_key(found.external_id, 1), body)
    assert (found.first_attempt_at, found.ambiguous) == (None, False)
    run_to(ledger, "A", State.POSTED)
    assert verify(ledger.database) == []


def test_a_decision_closes_the_attempt_a_crash_left_open(ledger: Ledger) -> None:
    """After a person's decision the late outcome of the old attempt is refused, and the attempt tells why it ended."""
    attempt = attempt_of(queued(ledger, "A"))
    ledger.write(attempt).result(10)
    ledger.resolve(ACCOUNT, "A", "not-posted", reason="not there")
    assert ledger.write(outcome_of(attempt, State.POSTED)).exception(10) is not None
    assert [each.code for each in ledger.attempts(ACCOUNT, "A")] == ["resolved-not-posted"]
    assert verify(ledger.database) == []


ALLOWED = {
    "posted": {State.UNKNOWN, State.SENDING},
    "not-posted": {State.UNKNOWN, State.SENDING},
    "settled": {State.HELD, State.REJECTED},
    "hold": {State.READY, State.REJECTED, State.HELD},
    "release": {State.HELD},
}


@pytest.mark.parametrize(("deed", "state"), list(itertools.product(ALLOWED, State)))
def test_decisions_fit_the_state(ledger: Ledger, deed: str, state: State) -> None:
    """Each decision is taken from the states that allow it, and refused from all others without a trace."""
    bring(ledger, state)
    head = ledger.events_head()

    def decide() -> None:
        if deed == "hold":
            ledger.hold(ACCOUNT, "A", "because")
        elif deed == "release":
            ledger.release(ACCOUNT, "A", "because")
        else:
            ledger.resolve(ACCOUNT, "A", deed, reason="because")  # type: ignore[arg-type]  # one of the three words

    if state in ALLOWED[deed]:
        decide()
        assert ledger.events_head()[0] == head[0] + 1
    else:
        with pytest.raises(ConfigError) as caught:
            decide()
        assert caught.value.code == "not-allowed"
        assert ledger.events_head() == head
    assert verify(ledger.database) == []


def test_settled_invoices_leave_the_list(ledger: Ledger) -> None:
    """A settled rejection waits no more, also when the file changes; asked anew it is known as settled."""
    run_to(ledger, "A", State.REJECTED)
    assert len(ledger.attention(ACCOUNT)) == 1
    record = ledger.resolve(ACCOUNT, "A", "settled", reason="made by hand")
    assert record.settled
    assert ledger.attention(ACCOUNT) == []
    same = frozen("A")
    for digest in (same.digest, "another"):
        assert ledger.snapshot(ACCOUNT, {same.external_id: digest}).known[same.external_id].settled
    replan(ledger, PlanItem(same, PlanClass.SETTLED))
    assert queued(ledger, "A").state is State.REJECTED


def test_settling_a_change_settles_that_change_only(ledger: Ledger) -> None:
    """A changed invoice that was settled comes back when the file changes once more."""
    run_to(ledger, "A", State.POSTED)
    second, third = frozen("A", price="11"), frozen("A", price="12")
    replan(ledger, PlanItem(second, PlanClass.CHANGED, difference="11"))
    ledger.resolve(ACCOUNT, "A", "settled", reason="credit note made")
    assert ledger.attention(ACCOUNT) == []
    assert ledger.snapshot(ACCOUNT, {second.external_id: second.digest}).known[second.external_id].settled
    assert not ledger.snapshot(ACCOUNT, {third.external_id: third.digest}).known[third.external_id].settled
    replan(ledger, PlanItem(third, PlanClass.CHANGED, difference="12"))
    assert [each.state for each in ledger.attention(ACCOUNT)] == ["changed"]


def test_a_posted_invoice_without_change_is_not_settled(ledger: Ledger) -> None:
    """There is nothing to settle on an invoice that agrees with its file."""
    run_to(ledger, "A", State.POSTED)
    with pytest.raises(ConfigError):
        ledger.resolve(ACCOUNT, "A", "settled", reason="x")


def test_held_by_hand_then_released(ledger: Ledger) -> None:
    """A hold says `hold:` and the reason; a release makes it ready under the same key and may be seen."""
    key = queued(ledger, "A").key
    assert ledger.hold(ACCOUNT, "A", "ask\n  Zoë ").reason == "hold: ask Zoë"
    record = ledger.release(ACCOUNT, "A", "she agreed")
    assert (record.state, record.reason, record.key) == (State.READY, "release: she agreed", key)
    run_to(ledger, "A", State.POSTED)


def test_a_credit_note_is_never_released(ledger: Ledger) -> None:
    """The API refuses negative prices and quantities: whoever held such an invoice, releasing it is refused."""
    run = begin(ledger)
    ledger.store_plan(
        run, ACCOUNT, "acme", PROFILE, plan_of([PlanItem(frozen("C", price="-10"), PlanClass.HELD, "credit-note")])
    )
    ledger.hold(ACCOUNT, "C", "look at it")

    with pytest.raises(ConfigError, match="negative"):
        ledger.release(ACCOUNT, "C", "let it go")

    assert ledger.invoice(ACCOUNT, "C").state is State.HELD


def test_releasing_takes_back_settled(ledger: Ledger) -> None:
    """A held invoice that was settled and then released is sendable and settled no more."""
    ledger.hold(ACCOUNT, "A", "x")
    ledger.resolve(ACCOUNT, "A", "settled", reason="y")
    assert not ledger.release(ACCOUNT, "A", "z").settled


def test_identities_and_labels_both_name_an_invoice(ledger: Ledger) -> None:
    """The external_id names an invoice, and so does its label while no other invoice has it."""
    identity = frozen("A").external_id
    assert ledger.invoice(ACCOUNT, identity) == ledger.invoice(ACCOUNT, "A")
    run = begin(ledger)
    twin = frozen("A")._replace(external_id="imp-" + "1" * 32)
    ledger.store_plan(run, ACCOUNT, "other", PROFILE, plan_of([PlanItem(twin, PlanClass.NEW)]))
    with pytest.raises(ConfigError, match=identity) as caught:
        ledger.hold(ACCOUNT, "A", "x")
    assert caught.value.code == "identity-ambiguous"
    assert ledger.hold(ACCOUNT, identity, "x").system == "acme"
    with pytest.raises(ConfigError) as missing:
        ledger.hold(ACCOUNT, "B", "x")
    assert missing.value.code == "identity-not-found"


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_every_decision_has_a_reason(ledger: Ledger, reason: str) -> None:
    """A decision without a reason is refused."""
    with pytest.raises(ConfigError) as caught:
        ledger.hold(ACCOUNT, "A", reason)
    assert caught.value.code == "reason-missing"


def test_nobody_resolves_under_a_sender(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a sender is at work its answer may be on the way, so resolving waits and then gives way."""
    monkeypatch.setattr("importer.ledger.store.PERSON_WAIT", 0.05)
    path = tmp_path / "ledger.sqlite"
    with ledger_at(path) as sender, ledger_at(path) as person:
        stored(sender, "A")
        run_to(sender, "A", State.UNKNOWN, ambiguous=True)
        with sender.lock_sender(ACCOUNT):
            with pytest.raises(LedgerBusy) as caught:
                person.resolve(ACCOUNT, "A", "not-posted", reason="x")
            assert (caught.value.code, caught.value.exit_code) == ("sender-active", 3)
            # the sender itself may: it knows that nothing is under way
            sender.resolve(ACCOUNT, "A", "not-posted", reason="x")
