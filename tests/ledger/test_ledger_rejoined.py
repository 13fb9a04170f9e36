"""What failed before is known again when the corrected file comes: by label where refused, by identity where rejected."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from report_world import ACCOUNT, PROFILE, Fate, World, invoice, posted, refused

from importer.domain.identity import Account
from importer.domain.records import Plan
from importer.domain.states import State
from importer.domain.summary import count_rejoined, summarise_plan

REJECTED = Fate(State.REJECTED, detail="Product bestaat niet")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A fresh ledger."""
    folder = tmp_path / "ledger"
    folder.mkdir(mode=0o700)
    made = World(folder)
    yield made
    made.ledger.close()


def before(world: World, plan: Plan, profile: str = PROFILE.name) -> set[str]:
    """The labels of a plan that failed before."""
    snapshot = world.ledger.snapshot(ACCOUNT, {item.frozen.external_id: item.frozen.digest for item in plan.items})
    return set(world.ledger.failed_before(plan, snapshot, profile))


def test_refused_and_rejected_invoices_are_known_again(world: World) -> None:
    """Of a first file one was posted, one refused, one rejected; the second file has all of them and a new one."""
    first = world.plan([invoice("A", (0, 2, 2)), invoice("C", (0, 4, 4))], refused=[refused("B", (0, 3, 3))])
    assert before(world, first) == set()
    world.run(first, {"A": posted("A"), "C": REJECTED})
    second = world.plan([invoice(name, (0, row, row)) for row, name in enumerate("ABCD", 2)])

    assert before(world, second) == {"B", "C"}
    assert before(world, second, "another-profile") == {"C"}
    second.failed_before = frozenset(before(world, second))
    assert summarise_plan(second).rejoined == {"mended": 2, "still_failing": 0, "unchanged": 1}


def test_what_is_refused_or_rejected_again_is_still_failing(world: World) -> None:
    """Only what failed before counts: a new failure is not still failing, a new invoice not mended."""
    world.run(
        world.plan([invoice("C", (0, 4, 4))], refused=[refused("B", (0, 3, 3)), refused("R", (0, 5, 5))]),
        {"C": REJECTED},
    )
    again = world.plan(
        [invoice("B", (0, 2, 2)), invoice("C", (0, 4, 4)), invoice("N", (0, 6, 6))],
        refused=[refused("R", (0, 5, 5)), refused("S", (0, 7, 7))],
    )
    again.failed_before = frozenset(before(world, again))
    assert again.failed_before == {"B", "C", "R"}
    run = world.begin(again)
    sent = world.send(run, {"B": posted("B"), "C": REJECTED, "N": posted("N")})

    assert count_rejoined(again, sent) == {"mended": 1, "still_failing": 2, "unchanged": 0}


def test_an_invoice_that_was_rejected_long_ago_is_mended_when_it_goes(world: World) -> None:
    """Rejected, then frozen anew by a run that did not reach it, then posted: the rejection is not forgotten."""
    world.run(world.plan([invoice("C", (0, 2, 2))]), {"C": REJECTED})
    world.run(world.plan([invoice("C", (0, 2, 2), price=20_000)]), {})
    third = world.plan([invoice("C", (0, 2, 2), price=20_000)])

    assert before(world, third) == {"C"}


def test_a_label_is_known_however_it_is_spelled(world: World) -> None:
    """A text file and the workbook that came of it may spell a number differently where the identity does not."""
    names = ["2026 / 7", "1001.0", "É-1", "A  B", "10"]
    world.run(world.plan([], refused=[refused(name, (0, row, row)) for row, name in enumerate(names, 2)]), {})
    others = ["2026.0 / 7", "1001", "E\u0301-1", "A B", "10", "100"]
    plan = world.plan([invoice(name, (0, row, row)) for row, name in enumerate(others, 2)])

    assert before(world, plan) == set(others) - {"100"}


def test_other_accounts_failed_on_their_own(world: World) -> None:
    """What another account had refused says nothing of this one."""
    world.run(world.plan([], refused=[refused("B", (0, 2, 2))]), {})
    plan = replace(world.plan([invoice("B", (0, 2, 2))]), account=Account("https://invoices.example", "ander"))

    assert before(world, plan) == set()


def test_a_run_that_was_cut_off_counts_too(world: World) -> None:
    """It told nothing at its end, so its rows are looked at."""
    world.run(world.plan([], refused=[refused("B", (0, 2, 2))]), {}, ends=False)

    assert before(world, world.plan([invoice("B", (0, 2, 2))])) == {"B"}


def test_numbers_of_posted_invoices_are_told(world: World) -> None:
    """By identity: the number, else the id; nothing for what does not exist in Facturalia."""
    plan = world.plan([invoice("A", (0, 2, 2)), invoice("B", (0, 3, 3)), invoice("C", (0, 4, 4))])
    world.run(plan, {"A": posted("A"), "B": Fate(State.POSTED, remote_id="R-9")})
    ids = [item.frozen.external_id for item in plan.items]

    assert world.ledger.numbers(ids) == {ids[0]: "VF/A", ids[1]: "R-9"}


def test_a_large_ledger_answers_at_once(world: World) -> None:
    """Asked for 20,000 invoices after runs that refused some, it takes a fraction of a second of work."""
    many = [invoice(f"F-{number:06}", (0, number + 2, number + 2)) for number in range(20_000)]
    some = [refused(f"R-{number:06}", (0, 30_000 + number, 30_000 + number)) for number in range(500)]
    plan = world.plan(many, refused=some)
    run = world.begin(plan)
    world.ledger.end_run(run, 1, {"rows": {"refused": 500}})
    snapshot = world.ledger.snapshot(ACCOUNT, {item.frozen.external_id: item.frozen.digest for item in plan.items})
    start = time.process_time()
    found = world.ledger.failed_before(plan, snapshot, PROFILE.name)

    assert len(found) == 500
    assert time.process_time() - start < 0.3
