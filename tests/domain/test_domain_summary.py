"""Counts that balance and the exit code: what other programs rely on."""

from itertools import product
from typing import Any, NamedTuple

import pytest
from sources import Run, go, known

from importer.domain.states import PlanClass, State
from importer.domain.summary import INVOICE_COUNTS, Summary, count_invoices, exit_code, totals_json
from importer.errors import ApiRefused, ConfigError, Doubtful, ImporterError, LedgerBusy, Unfinished
from importer.stations.plan import add_up

LINES = "\n".join(f"{1001 + number};01/03/2026;Zoë;A{number};2;10,00;21" for number in range(4))
NOTHING = dict.fromkeys(INVOICE_COUNTS, 0)
NO_ROWS = {"read": 0, "invoiced": 0, "skipped": 0, "refused": 0}


class Ended(NamedTuple):
    """Where sending left an invoice."""

    state: State
    replayed: bool = False


def run_of_four() -> Run:
    """Four new invoices, one refused, one held, one row of no invoice."""
    return go(
        f"{LINES}\n1005;01/03/2026;Zoë;A1;x;10,00;21\n1006;01/03/2026;Zoë;A1;-2;10,00;21\n.;01/03/2026;Zoë;A1;2;1;21"
    )


def test_a_plan_counts_every_invoice_once() -> None:
    """Before sending, new invoices are ready; a row that names no invoice is a refused row and no invoice."""
    counts = count_invoices(run_of_four().plan(), {})

    assert counts == NOTHING | {"total": 6, "new": 4, "ready": 4, "refused": 1, "held": 1}


def test_after_sending_each_is_where_its_outcome_left_it() -> None:
    """Sending counts as ready; replayed is a view on posted."""
    plan = run_of_four().plan()
    identities = [item.frozen.external_id for item in plan.items if item.plan_class is PlanClass.NEW]
    states = (
        Ended(State.POSTED, replayed=True),
        Ended(State.REJECTED),
        Ended(State.UNKNOWN, replayed=True),
        Ended(State.SENDING),
    )

    counts = count_invoices(plan, dict(zip(identities, states, strict=True)))

    assert counts == NOTHING | {
        "total": 6, "new": 4, "posted": 1, "replayed": 1, "rejected": 1, "unknown": 1, "ready": 1, "refused": 1, "held": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("state", "changes", "place"),
    [
        (State.POSTED, {}, "already_posted"),
        (State.POSTED, {"digest": "other"}, "changed"),
        (State.UNKNOWN, {}, "unknown"),
        (State.SENDING, {}, "ready"),
        (State.READY, {}, "ready"),
        (State.REJECTED, {}, "ready"),
        (State.HELD, {"reason": "hold: wait"}, "held"),
        (State.HELD, {"reason": "credit-note"}, "ready"),
        (State.REJECTED, {"settled": True}, "settled"),
    ],
)
def test_every_class_has_its_place(state: State, changes: dict[str, Any], place: str) -> None:
    """What the ledger knows of an invoice decides where it is counted, and the counts balance."""
    run = go(LINES.split("\n", maxsplit=1)[0])
    record = known(run.frozen()[0], state, **changes)

    counts = count_invoices(run.plan(record), {})

    assert counts == NOTHING | {"total": 1, place: 1}


def test_counts_that_do_not_balance_are_a_bug() -> None:
    """An outcome that leaves an invoice nowhere is no outcome: the run fails instead of losing it."""
    plan = run_of_four().plan()
    plan.items[0] = plan.items[0]._replace(plan_class=PlanClass.REFUSED)

    with pytest.raises(RuntimeError, match="do not balance"):
        count_invoices(plan, {})


STOPS: list[tuple[ImporterError | None, int]] = [
    (None, 0),
    (ApiRefused("a", "b", fix="c"), 2),
    (ConfigError("a", "b", fix="c"), 2),
    (Unfinished("a", "b", fix="c"), 3),
    (LedgerBusy("a", "b", fix="c"), 3),
    (Doubtful("a", "b", fix="c"), 4),
    (ImporterError("a", "b", fix="c"), 70),
]
WORST_FIRST = (70, 2, 4, 3, 1, 0)


@pytest.mark.parametrize(("stop", "code"), STOPS, ids=[f"{type(stop).__name__}" for stop, _ in STOPS])
def test_the_worst_wins(stop: ImporterError | None, code: int) -> None:
    """70, 2, 4, 3, 1, 0: over every mix of what may happen."""
    for unfinished, unknown, recovered, person in product((0, 1), repeat=4):
        counts = NOTHING | {"ready": unfinished, "unknown": unknown, "rejected": person}
        reasons = {code, 3 * unfinished, 4 * (unknown or recovered), person}

        found = exit_code(counts, NO_ROWS, stop=stop, sends=True, recovered_unknown=recovered)

        assert found == next(each for each in WORST_FIRST if each in reasons)


@pytest.mark.parametrize("place", ["refused", "rejected", "changed", "held"])
def test_what_a_person_must_look_at_is_one(place: str) -> None:
    """Refused, rejected, changed and held invoices, and refused rows of no invoice, end in 1."""
    assert exit_code(NOTHING | {place: 1}, NO_ROWS, stop=None, sends=True) == 1
    assert exit_code(NOTHING, NO_ROWS | {"refused": 1}, stop=None, sends=False) == 1


@pytest.mark.parametrize("place", ["posted", "already_posted", "settled", "new", "replayed", "total"])
def test_what_is_done_is_zero(place: str) -> None:
    """Posted now or before, or settled by a person: nothing is left to do."""
    assert exit_code(NOTHING | {place: 1}, NO_ROWS | {"skipped": 3}, stop=None, sends=True) == 0


def test_ready_invoices_are_a_fault_of_commands_that_send_only() -> None:
    """`check` and `plan` leave all invoices ready, and that is right."""
    assert exit_code(NOTHING | {"ready": 1}, NO_ROWS, stop=None, sends=False) == 0
    assert exit_code(NOTHING | {"ready": 1}, NO_ROWS, stop=None, sends=True) == 3


def test_the_object_of_json() -> None:
    """The keys other programs read, money as text with two decimals, at most a thousand findings of all that are counted."""
    run = go("\n".join(f"{number};01/03/2026;Zoë;A1;x;10,00;21" for number in range(1_200)))
    totals = add_up(go(LINES).grouped.invoices)
    summary = Summary(
        run="r", plan="sha256:0", exit=1, rows=NO_ROWS, invoices=NOTHING, totals=totals, file_totals=totals,
        recovered={"posted": 0, "unknown": 0}, findings=run.findings, stop=Unfinished("api-down", "It is down.", fix="Wait."),
        extra={"more": 1},
    )  # fmt: skip

    shown = summary.as_json()

    assert set(shown) == {"run", "plan", "exit", "rows", "invoices", "totals", "file_totals", "recovered", "findings", "findings_total", "report", "rejoined", "stopped", "more"}  # fmt: skip
    assert (len(shown["findings"]), shown["findings_total"]) == (1_000, 1_200)  # type: ignore[arg-type]  # a list
    assert totals_json(totals) == {
        "excl_vat": "80.00",
        "vat": "16.80",
        "incl_vat": "96.80",
        "by_rate": {"21": {"base": "80.00", "vat": "16.80"}},
    }
    assert shown["stopped"] == {"code": "api-down", "message": "It is down.", "fix": "Wait."}


def test_a_finding_of_json() -> None:
    """Every key is there, also where it says nothing."""
    run = go("1001;01/03/2026;Zoë;A1;x;10,00;21")

    assert run.findings[0].as_json() == {
        "code": "bad-amount",
        "severity": "error",
        "message": '"x" is not an amount.',
        "fix": 'Use digits only; this profile expects "," before the cents and "." between thousands.',
        "file": "maart.csv",
        "sheet": "",
        "row": 2,
        "column": "Aantal",
        "cell": "E2",
        "value": "x",
        "invoice": "1001",
    }
