import pytest

from importer.domain.findings import Finding
from importer.domain.identity import Account, customer_mark, external_id, idempotency_key
from importer.domain.invoice import Refused, SkippedRows, Span
from importer.domain.records import PlanItem, ProfileRecord
from importer.domain.states import PlanClass, State
from importer.errors import ConfigError, Unfinished
from importer.ledger.store import Ledger, open_ledger
from importer.ledger.verify import verify
from tests.ledger.builders import (
    ACCOUNT,
    PROFILE,
    TestClock,
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


@pytest.fixture
def ledger() -> Ledger:
    """A ledger in memory."""
    return ledger_at(None)


def known_digest(ledger: Ledger, label: str) -> tuple[State, str, int]:
    """State, digest and generation as a snapshot gives them."""
    identity = external_id(ACCOUNT, "acme", [label])
    known = ledger.snapshot(ACCOUNT, {identity: ""}).known[identity]
    return known.state, known.digest, known.generation


def test_new_invoices_are_ready_with_their_exact_bytes(ledger: Ledger) -> None:
    """A stored plan gives back the same bytes, the derived key, and the order of the file."""
    stored(ledger, "B", "A", "C")
    found = ledger.queue(ACCOUNT, states=[State.READY])
    assert [each.label for each in found] == ["B", "A", "C"]
    for each in found:
        twin = frozen(each.label)
        assert (each.body, each.external_id) == (twin.body, twin.external_id)
        assert each.key == idempotency_key(twin.external_id, 0)
        assert (each.excl, each.incl, each.lines, each.has_number) == (1050, 1270, 1, True)
        assert each.first_attempt_at is None
        assert not each.ambiguous


def test_the_queue_of_a_run_keeps_to_its_plan(ledger: Ledger) -> None:
    """A run's queue holds that run's invoices only, in its order, up to a limit."""
    stored(ledger, "A", "B")
    run = begin(ledger)
    items = [PlanItem(frozen("C"), PlanClass.NEW), PlanItem(frozen("A", price="11"), PlanClass.READY)]
    ledger.store_plan(run, ACCOUNT, "acme", PROFILE, plan_of(items))
    assert [each.label for each in ledger.queue(ACCOUNT, run=run, states=[State.READY])] == ["C", "A"]
    assert [each.label for each in ledger.queue(ACCOUNT, states=[State.READY], limit=2)] == ["A", "B"]
    assert ledger.queue(ACCOUNT, states=[State.POSTED]) == []


def test_accounts_do_not_see_each_other(ledger: Ledger) -> None:
    """What is stored for one account is unknown to another with the same name elsewhere."""
    other = Account("http://127.0.0.1:8000", "default")
    stored(ledger, "A")
    stored(ledger, "A", account=other)
    assert len(ledger.queue(ACCOUNT, states=[State.READY])) == 1
    assert ledger.counts(other)[State.READY] == 1
    assert ledger.counts()[State.READY] == 2
    assert ledger.snapshot(Account("https://x.example", "y"), {frozen("A").external_id: ""}).known == {}


def test_a_snapshot_tells_only_what_was_asked(ledger: Ledger) -> None:
    """Known are the invoices asked for that exist; bodies come only where the digest differs."""
    stored(ledger, "A", "B", "C")
    same, other, missing = frozen("A"), frozen("B"), frozen("X")
    snapshot = ledger.snapshot(
        ACCOUNT, {same.external_id: same.digest, other.external_id: "?", missing.external_id: ""}
    )
    assert set(snapshot.known) == {same.external_id, other.external_id}
    assert snapshot.known[same.external_id].body is None
    assert snapshot.known[other.external_id].body == other.body
    assert snapshot.known[same.external_id].fixed == PROFILE.fixed


def test_a_large_snapshot_is_the_same_as_small_ones(monkeypatch: pytest.MonkeyPatch, ledger: Ledger) -> None:
    """One pass over the account and many look-ups give the same answer."""
    labels = [f"N{number}" for number in range(1_203)]
    stored(ledger, *labels)
    asked = {frozen(label).external_id: "" for label in [*labels[:700], "absent"]}
    small = ledger.snapshot(ACCOUNT, asked)
    monkeypatch.setattr("importer.ledger.plans.MANY", 10)
    assert ledger.snapshot(ACCOUNT, asked) == small
    assert len(small.known) == 700
    assert all(each.body for each in small.known.values())


def test_posting_is_what_makes_products_and_customers_seen(ledger: Ledger) -> None:
    """Product codes and customers count as seen once an invoice with them was posted, not before."""
    stored(ledger, "A")
    assert ledger.snapshot(ACCOUNT, {}).products == frozenset()
    run_to(ledger, "A", State.POSTED)
    snapshot = ledger.snapshot(ACCOUNT, {})
    assert snapshot.products == {"00042"}
    assert snapshot.customers == {customer_mark({"name": f"  {NAME.upper().replace(' ', '  ')} "})}


def test_ready_is_frozen_anew(ledger: Ledger) -> None:
    """A ready invoice takes the newer bytes and keeps its key and generation."""
    stored(ledger, "A")
    newer = frozen("A", price="11")
    replan(ledger, PlanItem(newer, PlanClass.READY))
    found = queued(ledger, "A")
    assert (found.body, found.generation, found.key) == (newer.body, 0, idempotency_key(newer.external_id, 0))
    assert found.excl == 1100


def test_a_rejected_invoice_is_tried_under_the_next_key(ledger: Ledger) -> None:
    """A retry has the next generation, a new key, no window yet, and remembers how often it was tried."""
    stored(ledger, "A")
    run_to(ledger, "A", State.REJECTED)
    replan(ledger, PlanItem(frozen("A"), PlanClass.RETRY))
    found = queued(ledger, "A")
    assert (found.state, found.generation, found.attempts) == (State.READY, 1, 1)
    assert found.key == idempotency_key(found.external_id, 1)
    assert found.first_attempt_at is None
    assert not found.ambiguous


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN])
def test_an_unproved_invoice_keeps_its_bytes(ledger: Ledger, state: State) -> None:
    """While nobody knows what an attempt did, a newer file changes neither bytes nor key."""
    stored(ledger, "A")
    run_to(ledger, "A", state, ambiguous=True)
    before = queued(ledger, "A")
    replan(ledger, PlanItem(frozen("A", price="99"), PlanClass.REPLAY))
    assert queued(ledger, "A") == before


def test_a_posted_invoice_is_never_overwritten(ledger: Ledger) -> None:
    """A changed invoice keeps what was posted; the difference waits for a person, until the file agrees again."""
    stored(ledger, "A")
    run_to(ledger, "A", State.POSTED)
    newer = frozen("A", price="11")
    replan(ledger, PlanItem(newer, PlanClass.CHANGED, difference="unit price 10.5 is now 11"))
    state, digest, generation = known_digest(ledger, "A")
    assert (state, digest, generation) == (State.POSTED, frozen("A").digest, 0)
    (waiting,) = ledger.attention(ACCOUNT)
    assert (waiting.state, waiting.reason, waiting.invoice) == ("changed", "unit price 10.5 is now 11", "A")
    replan(ledger, PlanItem(frozen("A"), PlanClass.ALREADY_POSTED))
    assert ledger.attention(ACCOUNT) == []


def test_findings_hold_and_newer_files_let_go(ledger: Ledger) -> None:
    """An invoice held by a finding is stored with its reason and becomes ready when the newer file is in order."""
    replan(ledger, PlanItem(frozen("A"), PlanClass.HELD, reason="credit-note"))
    (waiting,) = ledger.attention(ACCOUNT)
    assert (waiting.state, waiting.reason) == ("held", "credit-note")
    replan(ledger, PlanItem(frozen("A", price="11"), PlanClass.READY))
    assert queued(ledger, "A").state is State.READY
    assert ledger.attention(ACCOUNT) == []


def test_a_hold_by_hand_outlives_plans(ledger: Ledger) -> None:
    """A plan that would hold it too leaves a person's reason; a plan that would send it is refused whole."""
    stored(ledger, "A")
    ledger.hold(ACCOUNT, "A", "wait for Zoë")
    replan(ledger, PlanItem(frozen("A", price="12"), PlanClass.HELD, reason="credit-note"))
    assert ledger.invoice(ACCOUNT, "A").reason == "hold: wait for Zoë"
    with pytest.raises(Unfinished):
        replan(ledger, PlanItem(frozen("A", price="13"), PlanClass.READY))
    assert queued(ledger, "A").state is State.HELD


def test_holding_a_rejected_invoice_uses_up_its_key(ledger: Ledger) -> None:
    """The rejected bytes used the old key, so that the held invoice has the next one."""
    stored(ledger, "A")
    run_to(ledger, "A", State.REJECTED)
    replan(ledger, PlanItem(frozen("A", price="12"), PlanClass.HELD, reason="negative-line"))
    assert known_digest(ledger, "A") == (State.HELD, frozen("A", price="12").digest, 1)


@pytest.mark.parametrize("plan_class", [PlanClass.HELD, PlanClass.CHANGED])
def test_what_was_posted_stays_posted_even_if_the_file_turns_it_round(ledger: Ledger, plan_class: PlanClass) -> None:
    """A posted invoice that the newer file turns into a credit note is shown as changed and stays posted."""
    stored(ledger, "A")
    run_to(ledger, "A", State.POSTED)
    replan(ledger, PlanItem(frozen("A", price="0"), plan_class, reason="credit-note"))
    assert known_digest(ledger, "A")[:2] == (State.POSTED, frozen("A").digest)
    assert [each.state for each in ledger.attention(ACCOUNT)] == ["changed"]


ALLOWED = {
    State.READY: {PlanClass.READY, PlanClass.HELD},
    State.SENDING: {PlanClass.REPLAY, PlanClass.UNKNOWN, PlanClass.HELD},
    State.UNKNOWN: {PlanClass.REPLAY, PlanClass.UNKNOWN, PlanClass.HELD},
    State.POSTED: {PlanClass.ALREADY_POSTED, PlanClass.CHANGED, PlanClass.HELD},
    State.REJECTED: {PlanClass.RETRY, PlanClass.HELD},
    State.HELD: {PlanClass.READY, PlanClass.HELD},
}


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("plan_class", list(PlanClass))
def test_a_plan_made_against_another_state_stores_nothing(ledger: Ledger, state: State, plan_class: PlanClass) -> None:
    """If another process moved one invoice since the snapshot, nothing of the plan is stored, not even its good part."""
    stored(ledger, "A")
    if state is State.HELD:
        replan(ledger, PlanItem(frozen("A"), PlanClass.HELD, reason="credit-note"))
    elif state is not State.READY:
        run_to(ledger, "A", state, ambiguous=state in {State.SENDING, State.UNKNOWN})
    run = begin(ledger)
    items = [PlanItem(frozen("NEW"), PlanClass.NEW), PlanItem(frozen("A"), plan_class, reason="credit-note")]
    if plan_class in ALLOWED[state]:
        ledger.store_plan(run, ACCOUNT, "acme", PROFILE, plan_of(items))
        assert len(ledger.invoice_records(run)) == 2
    else:
        head = ledger.events_head()
        with pytest.raises(Unfinished) as caught:
            ledger.store_plan(run, ACCOUNT, "acme", PROFILE, plan_of(items))
        assert (caught.value.code, caught.value.exit_code) == ("ledger-changed", 3)
        assert ledger.events_head() == head
        assert ledger.invoice_records(run) == []
        assert frozen("NEW").external_id not in ledger.snapshot(ACCOUNT, {frozen("NEW").external_id: ""}).known
    assert verify(ledger.database) == []


@pytest.mark.parametrize("plan_class", sorted(set(PlanClass) - {PlanClass.NEW, PlanClass.HELD}))
def test_only_new_and_held_invoices_may_be_missing(ledger: Ledger, plan_class: PlanClass) -> None:
    """A plan that counts on an invoice the ledger does not hold is refused."""
    with pytest.raises(Unfinished):
        replan(ledger, PlanItem(frozen("A"), plan_class))


def test_a_plan_needs_a_run(ledger: Ledger) -> None:
    """Plans and ends are stored for runs that began."""
    with pytest.raises(ConfigError) as caught:
        ledger.store_plan("none", ACCOUNT, "acme", None, plan_of([]))
    assert caught.value.code == "run-not-found"
    with pytest.raises(ConfigError):
        ledger.end_run("none", 0, {})
    with pytest.raises(ConfigError):
        ledger.run_record("none")


def test_run_ids_are_unique_within_a_second() -> None:
    """Runs that draw the same random suffix in one second still get different names."""
    with open_ledger("sqlite://", clock=TestClock(step=0), entropy=lambda _count: b"\xff\xff") as ledger:
        names = [begin(ledger) for _ in range(3)]
    assert names == ["20261122-153012-ffff", "20261122-153012-0000", "20261122-153012-0001"]


def test_a_run_can_be_told_again(ledger: Ledger) -> None:
    """Everything a report needs comes back: rows in file order, findings, sheets, what became of each invoice."""
    findings = [
        Finding("bad-amount", "maart.csv", "", 5, "Prijs", "I5", "1.250,0O", "C", {"expected": '"," before the cents'}),
        Finding("zero-total", invoice="A"),
    ]
    plan = plan_of(
        [PlanItem(frozen("A", first=2), PlanClass.NEW), PlanItem(frozen("B", first=6), PlanClass.HELD, "credit-note")],
        refused=[Refused(label="C", spans=(Span(0, 4, 5),), codes=("bad-amount", "bad-date"))],
        skipped=[SkippedRows(Span(0, 3, 3), "total row")],
        findings=findings,
    )
    run = begin(ledger)
    ledger.store_plan(run, ACCOUNT, "acme", PROFILE, plan)
    run_to(ledger, "A", State.POSTED, run=run)
    ledger.end_run(run, 1, {"exit": 1, "plan": plan.digest})
    rows = [(each.first, each.last, each.bucket, each.label, each.state, each.message) for each in ledger.run_rows(run)]
    assert rows == [
        (2, 2, "invoiced", "A", "posted", ""),
        (3, 3, "skipped", "", "", "total row"),
        (4, 5, "refused", "C", "", "bad-amount,bad-date"),
        (6, 6, "invoiced", "B", "held", "credit-note"),
    ]
    first = ledger.run_rows(run)[0]
    assert (first.remote_id, first.number, first.plan_class, first.file) == ("R-1", "2026-1", "new", "maart.csv")
    assert ledger.run_findings(run) == findings
    assert ledger.run_findings(run)[0].message == findings[0].message
    assert ledger.run_sheets(run) == plan.sheets
    record = ledger.run_record(run)
    assert (record.exit_code, record.summary, record.profile) == (1, {"exit": 1, "plan": plan.digest}, PROFILE.name)
    assert [each.plan_class for each in ledger.invoice_records(run)] == ["new", "held"]
    assert ledger.counts(run=run) == {**dict.fromkeys(State, 0), State.POSTED: 1, State.HELD: 1}


def test_runs_are_listed_newest_first(ledger: Ledger) -> None:
    """Runs come newest first, by account, up to a limit."""
    other = Account("https://invoices.example", "second")
    names = [begin(ledger), begin(ledger, account=other, profile=None), begin(ledger)]
    assert [each.run for each in ledger.runs()] == names[::-1]
    assert [each.run for each in ledger.runs(ACCOUNT, 1)] == [names[2]]
    assert [each.profile for each in ledger.runs(other)] == [""]
    assert ledger.runs(Account("https://x.example", "none")) == []


def test_profiles_are_kept_once_per_version(ledger: Ledger) -> None:
    """Invoices remember the fixed values of the profile version that made them."""
    stored(ledger, "A")
    newer = ProfileRecord("acme-webshop", "2", "d" * 64, "profile", frozenset({"invoice.note"}))
    run = begin(ledger, profile=newer)
    ledger.store_plan(run, ACCOUNT, "acme", newer, plan_of([PlanItem(frozen("B"), PlanClass.NEW)]))
    a, b = frozen("A").external_id, frozen("B").external_id
    known = ledger.snapshot(ACCOUNT, {a: "", b: ""}).known
    assert (known[a].fixed, known[b].fixed) == (PROFILE.fixed, newer.fixed)


def test_the_customer_mark_evens_out_spelling() -> None:
    """Spelling that names the same customer gives one mark, another customer another, and no name can be read in it."""
    mark = customer_mark({"name": "Café  Zoë BV ", "vat_number": "BE 0403.170.701", "customer_id": "0012"})
    assert mark == customer_mark(
        {"name": "CAFÉ ZOË bv", "vat_number": "be0403170701", "customer_id": "12", "city": "Gent"}
    )
    assert mark != customer_mark({"name": "Café Zoë BV", "vat_number": "BE0403170701"})
    assert customer_mark({"name": "12"}) != customer_mark({"customer_id": "12"})
    assert len(mark) == 64
