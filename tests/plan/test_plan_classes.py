"""One class for each invoice against every state the ledger may know, and what a person is told of it."""

from typing import Any

import pytest
from sources import COLUMNS, Run, go, known

from importer.domain.identity import customer_mark
from importer.domain.records import Known, PlanItem
from importer.domain.states import PlanClass, State

LINE = "1001;01/03/2026;Zoë;A1;2;10,00;21"
CREDIT = LINE.replace(";2;", ";-2;")


def against(source: str, stored: Run, state: State, **changes: Any) -> tuple[PlanItem, list[str]]:
    """The plan of a source against a ledger that knows the invoice of another one, and the codes told by the plan."""
    (old,) = stored.frozen()
    run = go(source, stored.profile)
    differing = {} if run.frozen()[0].digest == old.digest else {"body": old.body}
    plan = run.plan(known(old, state, **differing | changes))
    (item,) = plan.items
    return item, [finding.code for finding in plan.findings[len(run.findings) :]]


@pytest.mark.parametrize(
    ("state", "changes", "plan_class", "reason", "codes"),
    [
        (State.READY, {}, PlanClass.READY, "", []),
        (State.SENDING, {}, PlanClass.REPLAY, "", []),
        (State.POSTED, {}, PlanClass.ALREADY_POSTED, "", []),
        (State.REJECTED, {}, PlanClass.RETRY, "", []),
        (State.UNKNOWN, {"reason": "lost"}, PlanClass.UNKNOWN, "lost", ["unknown"]),
        (State.HELD, {"reason": "credit-note"}, PlanClass.READY, "", []),
        (State.HELD, {"reason": "negative-line"}, PlanClass.READY, "", []),
        (State.HELD, {"reason": "hold: wait"}, PlanClass.HELD, "held-by-hand", ["held-by-hand"]),
        (State.HELD, {"reason": "hold: wait", "settled": True}, PlanClass.SETTLED, "", []),
        (State.REJECTED, {"settled": True}, PlanClass.SETTLED, "", []),
        (State.POSTED, {"settled": True}, PlanClass.SETTLED, "", []),
    ],
)
def test_the_same_file_again(
    state: State, changes: dict[str, Any], plan_class: PlanClass, reason: str, codes: list[str]
) -> None:
    """The same bytes against each state: sent where it is due, left where it is done, told where a person is needed."""
    item, told = against(LINE, go(LINE), state, **changes)

    assert (item.plan_class, item.reason, told) == (plan_class, reason, codes)


@pytest.mark.parametrize(
    ("state", "changes", "plan_class", "codes"),
    [
        (State.READY, {}, PlanClass.READY, []),
        (State.SENDING, {}, PlanClass.REPLAY, ["stored-bytes"]),
        (State.SENDING, {"body": None}, PlanClass.REPLAY, []),
        (State.POSTED, {}, PlanClass.CHANGED, ["changed-since-posted"]),
        (State.POSTED, {"body": None}, PlanClass.CHANGED, ["changed-since-posted"]),
        (State.POSTED, {"settled": True}, PlanClass.SETTLED, []),
        (State.REJECTED, {}, PlanClass.RETRY, []),
        (State.UNKNOWN, {"reason": "lost"}, PlanClass.UNKNOWN, ["unknown"]),
        (State.HELD, {"reason": "credit-note"}, PlanClass.READY, []),
        (State.HELD, {"reason": "hold: wait"}, PlanClass.HELD, ["held-by-hand"]),
    ],
)
def test_a_corrected_file(state: State, changes: dict[str, Any], plan_class: PlanClass, codes: list[str]) -> None:
    """Other bytes go out only for what was never posted and has no open attempt."""
    item, told = against(LINE.replace("10,00", "12,00"), go(LINE), state, **changes)

    assert (item.plan_class, told) == (plan_class, codes)


@pytest.mark.parametrize(
    ("state", "changes", "plan_class", "codes"),
    [
        (State.READY, {}, PlanClass.HELD, []),
        (State.REJECTED, {}, PlanClass.HELD, []),
        (State.HELD, {"reason": "credit-note"}, PlanClass.HELD, []),
        (State.HELD, {"reason": "credit-note", "settled": True}, PlanClass.SETTLED, []),
        (State.POSTED, {}, PlanClass.HELD, []),
        (State.SENDING, {}, PlanClass.REPLAY, ["stored-bytes"]),
        (State.UNKNOWN, {"reason": "lost"}, PlanClass.UNKNOWN, ["unknown"]),
    ],
)
def test_a_file_that_makes_it_a_credit_note(
    state: State, changes: dict[str, Any], plan_class: PlanClass, codes: list[str]
) -> None:
    """Held before changed; but what may exist already stays unknown or is replayed, whatever the newer file says."""
    item, told = against(CREDIT, go(LINE), state, **changes)

    assert (item.plan_class, told) == (plan_class, codes)


def test_a_new_credit_note_is_held_and_a_new_invoice_is_new() -> None:
    """An empty ledger: held or new."""
    items = go(f"{CREDIT}\n{LINE.replace('1001', '1002')}").plan().items

    assert [(item.plan_class, item.reason) for item in items] == [(PlanClass.HELD, "credit-note"), (PlanClass.NEW, "")]


def test_other_spelling_of_the_same_is_already_posted() -> None:
    """Lines in another order give other bytes and say the same: no change."""
    other = LINE.replace("A1", "A2")
    item, told = against(f"{other}\n{LINE}", go(f"{LINE}\n{other}"), State.POSTED)

    assert (item.plan_class, item.reason, item.difference, told) == (PlanClass.ALREADY_POSTED, "", "", [])


def test_a_purged_body_is_told_as_changed() -> None:
    """Only the hash is left: it differs, and what differs cannot be shown."""
    item, _ = against(LINE.replace("A1", "A2"), go(LINE), State.POSTED, body=None)

    assert item.difference == "its stored copy was purged, only its hash differs"


def fixed(words: dict[str, Any]) -> dict[str, Any]:
    """A profile with this rule for the language."""
    return {"invoice": {"language": words}}


@pytest.mark.parametrize(
    ("before", "after", "plan_class", "told"),
    [
        ({"value": "nl"}, {"value": "fr"}, PlanClass.ALREADY_POSTED, ["profile-changed"]),
        (None, {"value": "fr"}, PlanClass.ALREADY_POSTED, ["profile-changed"]),
        ({"value": "nl"}, None, PlanClass.ALREADY_POSTED, ["profile-changed"]),
        ({"column": "Taal"}, {"value": "fr"}, PlanClass.ALREADY_POSTED, ["profile-changed"]),
        ({"value": "fr"}, {"column": "Taal"}, PlanClass.CHANGED, ["changed-since-posted"]),
        ({"value": "nl"}, {"value": "nl"}, PlanClass.ALREADY_POSTED, []),
    ],
)
def test_a_newer_profile(
    before: dict[str, Any] | None, after: dict[str, Any] | None, plan_class: PlanClass, told: list[str]
) -> None:
    """A difference that the profile alone makes is a note; where the file took the word over, the file has changed."""
    old = go(f"{LINE};nl", fixed(before) if before else {}, columns=COLUMNS + ";Taal")
    new = go(f"{LINE};nl", fixed(after) if after else {}, columns=COLUMNS + ";Taal")
    (frozen,) = old.frozen()
    plan = new.plan(known(frozen, State.POSTED, body=frozen.body, fixed=old.profile.fixed_paths()))

    assert plan.items[0].plan_class is plan_class
    assert [finding.code for finding in plan.findings] == told


def test_autosend_taken_out_of_the_profile_is_the_profiles_doing() -> None:
    """Our own default takes the place of a fixed value."""
    old = go(LINE, {"invoice": {"autosend": {"value": "1"}}})
    (frozen,) = old.frozen()
    record = known(frozen, State.POSTED, body=frozen.body, fixed=old.profile.fixed_paths())

    assert [finding.code for finding in go(LINE).plan(record).findings] == ["profile-changed"]


def test_a_change_beside_a_fixed_value_is_a_change() -> None:
    """One difference of the file among those of the profile makes it a change, with all of them shown."""
    old = go(LINE, {"lines": {"vat_rate": {"value": "21"}}, **fixed({"value": "nl"})})
    new = go(LINE.replace("10,00", "12,00"), {"lines": {"vat_rate": {"value": "6"}}, **fixed({"value": "fr"})})
    (frozen,) = old.frozen()
    plan = new.plan(known(frozen, State.POSTED, body=frozen.body, fixed=old.profile.fixed_paths()))

    assert plan.items[0].plan_class is PlanClass.CHANGED
    assert plan.items[0].difference == (
        'invoice.language was "nl", is "fr"; lines.unit_price was "10", is "12"; lines.vat_rate was "21", is "6"'
    )


def test_totals_are_those_of_what_would_be_posted() -> None:
    """`totals`: what would go; `file_totals`: all that is neither refused nor held, a person's hold included."""
    source = "\n".join(LINE.replace("1001", str(number)) for number in range(1001, 1006))
    run = go(f"{source}\n{CREDIT.replace('1001', '1006')}\n{LINE.replace('1001', '1007').replace('A1', '.')}")
    frozen = {each.invoice.label: each for each in run.frozen()}
    plan = run.plan(
        known(frozen["1002"], State.POSTED),
        known(frozen["1003"], State.HELD, reason="hold: wait"),
        known(frozen["1004"], State.REJECTED),
        known(frozen["1005"], State.UNKNOWN),
    )

    assert plan.totals.excl == 2 * 2000  # 1001 and 1004
    assert plan.file_totals.excl == 4 * 2000  # those, and the posted and the unknown one
    assert [each.plan_class for each in plan.items] == [
        PlanClass.NEW, PlanClass.ALREADY_POSTED, PlanClass.HELD, PlanClass.RETRY, PlanClass.UNKNOWN, PlanClass.HELD,
    ]  # fmt: skip
    assert [refused.label for refused in plan.refused] == ["1007"]


def test_new_products_and_customers_are_those_never_posted_here() -> None:
    """Products must exist in Facturalia and customers will be created, so new ones are shown; each once."""
    run = go(f"{LINE}\n{LINE.replace('1001', '1002')}\n{LINE.replace('1001', '1003').replace('Zoë', 'ZOË ')}\n{LINE.replace('1001', '1004').replace('Zoë', 'Jan').replace('A1', 'B1')}")  # fmt: skip
    posted = {each.invoice.label: each for each in run.frozen()}

    new = run.plan()
    later = run.plan(products=frozenset({"A1"}), customers=frozenset({customer_mark({"name": "zoë"})}))
    nothing = run.plan(*(known(each, State.POSTED) for each in posted.values()))

    assert (new.new_products, [customer["name"] for customer in new.new_customers]) == (["A1", "B1"], ["Zoë", "Jan"])
    assert (later.new_products, [customer["name"] for customer in later.new_customers]) == (["B1"], ["Jan"])
    assert (nothing.new_products, nothing.new_customers) == ([], [])


def test_a_finding_of_the_plan_stands_at_the_invoices_first_row() -> None:
    """The place is the file, sheet and first row of the invoice."""
    run = go(f"{LINE.replace('1001', '1000')}\n{LINE}")
    old = run.frozen()[1]
    plan = run.plan(Known(old.external_id, State.UNKNOWN, old.digest, 0, "lost", False, "", None, frozenset()))

    assert [(finding.code, finding.place, finding.invoice) for finding in plan.findings] == [("unknown", "maart.csv, row 3", "1001")]  # fmt: skip
