"""Clocks set back by hours between two runs, without an invoice number: who notices, and what nobody can."""

from collections.abc import Iterator

import pytest

from importer.domain.summary import Summary
from tests.faults.simulation.process import HOUR, Kind, Trouble
from tests.faults.simulation.server import Behaviour, Fault
from tests.faults.simulation.source import Item
from tests.faults.simulation.stage import Stage
from tests.faults.simulation.world import Setup, World

ONE, TWO = (Item("1001"),), (Item("1001"), Item("1003"))
FORGETS = Behaviour(key_hours=24, external_id="never")


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """One database for all scenes, emptied for each."""
    built = Stage()
    yield built
    built.close()


def lost(stage: Stage, cart: tuple[Item, ...] = ONE, *, numbered: bool = False, dated: bool = False) -> World:
    """A Facturalia that forgets as soon as it may has made these invoices, and every answer was lost."""
    world = World(stage, Setup(numbered, FORGETS._replace(dated=dated)))
    world.imports("north", cart, faults=[Fault.LOST_AFTER] * 5 * len(cart))
    assert states(world) == ["sending"] * len(cart)
    assert len(world.server.made) == len(cart)
    return world


def states(world: World) -> list[str]:
    """Of the invoices of the first account."""
    return sorted(row.state for row in world.watch.rows().values() if row.account == "north")


def somebody_works(world: World) -> None:
    """Another account sends; all that matters is that the ledger has seen this moment."""
    world.imports("south", (Item("1002"),))


def told(summary: Summary | None) -> list[str]:
    """The codes of the findings of a run that ended well."""
    assert summary is not None
    return [finding.code for finding in summary.findings]


# --- the clock of the boot ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [0.1, 4.0, 5.0, 15.0, 29.0, 31.0, 1_000.0])
def test_within_a_boot_a_clock_set_back_hides_no_age(stage: Stage, hours: float) -> None:
    """Thirty hours later, however many of them were taken off the clock: nothing is sent, a person is asked."""
    world = lost(stage)
    posts = world.watch.posts
    world.passes(30.0)
    world.set_back(hours * 60)
    world.resumes("north")
    world.check()

    assert world.watch.posts == posts
    assert states(world) == ["unknown"]
    assert world.ends().unknown == 1
    assert len(world.server.made) == 1


@pytest.mark.parametrize("hours", [0.5, 5.0, 500.0])
def test_within_a_boot_a_young_attempt_is_repeated_whatever_the_clock_says(stage: Stage, hours: float) -> None:
    """Where the boot proves that it was an hour ago, a clock set back is told and costs no person's time."""
    world = lost(stage)
    world.passes(1.0)
    world.set_back(hours * 60)
    summary = world.resumes("north")
    world.check()

    assert states(world) == ["posted"]
    assert len(world.server.made) == 1
    assert ("clock-went-back" in told(summary)) == (hours > 1)


def test_the_first_attempt_in_this_boot_proves_a_part_of_the_age(stage: Stage) -> None:
    """Tried before a restart and again after it: since then the new boot has counted, whatever the wall clock says."""
    world = lost(stage)
    world.reboots()
    world.passes(1.0)
    world.resumes("north", faults=[Fault.LOST_AFTER] * 5)
    posts = world.watch.posts
    world.passes(25.0)
    world.set_back(20.0 * 60)
    world.resumes("north")
    world.check()

    assert world.watch.posts == posts
    assert states(world) == ["unknown"]


def test_a_younger_boot_is_not_taken_for_the_old_one(stage: Stage) -> None:
    """A machine that is up for longer than it was at the attempt, in another boot, proves nothing by that."""
    world = lost(stage)
    somebody_works(world)
    world.passes(20.0)
    somebody_works(world)
    world.reboots()
    world.passes(10.0)
    world.set_back(25.0 * 60)  # the wall clock shows five hours after the attempt, and the boot clock ten
    posts = world.watch.posts
    world.resumes("north")
    world.check()

    assert world.watch.posts == posts
    assert states(world) == ["unknown"]


# --- the ledger's newest event ------------------------------------------------------------------------------------


def behind_the_ledger(stage: Stage) -> World:
    """Lost, then 22 hours with work in them, a restart, 8 hours, and a clock that shows 10 hours after the attempt."""
    world = lost(stage)
    world.passes(22.0)
    somebody_works(world)
    world.reboots()
    world.passes(8.0)
    world.set_back(20.0 * 60)
    return world


def test_after_a_restart_the_ledger_remembers_a_later_moment(stage: Stage) -> None:
    """The clock is behind what the ledger has seen, so it proves nothing: no repetition, and the user is told."""
    world = behind_the_ledger(stage)
    posts = world.watch.posts
    summary = world.resumes("north")
    world.check()

    assert world.watch.posts == posts
    assert states(world) == ["unknown"]
    assert told(summary) == ["clock-went-back", "unknown"]
    assert summary is not None
    for finding in summary.findings:
        assert "2026-03-04 07:" in finding.message  # 22 hours after nine
        assert "2026-03-03 19:" in finding.message  # what the clock shows
    assert "its age is not known" in summary.findings[1].message
    assert world.ends().unknown == 1
    assert len(world.server.made) == 2  # one of each account


def test_new_invoices_go_on_while_the_clock_is_behind(stage: Stage) -> None:
    """Only what is doubtful waits for a person; the rest of the file is sent."""
    world = behind_the_ledger(stage)
    summary = world.imports("north", TWO)
    world.check()

    assert states(world) == ["posted", "unknown"]
    assert summary is not None
    assert (summary.invoices["posted"], summary.recovered["unknown"]) == (1, 1)
    assert told(summary).count("clock-went-back") == 1


def test_a_run_that_dies_by_the_new_time_does_not_hide_what_was_seen(stage: Stage) -> None:
    """Killed at any door, it has begun events of the wrong time; the next run still knows of the later moment."""
    sent = 0
    for door in range(1, 40):
        world = behind_the_ledger(stage)
        world.resumes("north", trouble=Trouble(Kind.CRASH, door))
        world.passes(0.2)
        world.resumes("north")
        world.check()
        assert len(world.server.made) == 2, f"door {door}"  # one of each account
        sent += states(world) == ["posted"]
    assert sent == 0


@pytest.mark.parametrize("hours", [1.0, 12.5, 18.0])
def test_a_new_time_that_has_caught_up_does_not_hide_what_was_seen(stage: Stage, hours: float) -> None:
    """A run by the wrong time sees it and dies; later the clock is past what the ledger saw, and still proves nothing."""
    world = lost(stage)
    world.reboots()
    world.passes(2.0)
    world.set_back(10.0 * 60)
    world.resumes("north", trouble=Trouble(Kind.CRASH, 12))
    assert "  died" in world.log
    world.reboots()
    world.passes(hours + 10.0)
    posts = world.watch.posts
    world.resumes("north")
    world.check()

    assert world.watch.posts == posts
    assert states(world) == ["unknown"]


def test_a_clock_that_was_ahead_once_throws_no_doubt_on_what_is_tried_since(stage: Stage) -> None:
    """Years ahead, then put right: the ledger's later moments are older than the attempt, and say nothing of its age."""
    world = World(stage, Setup(numbered=False, behaviour=FORGETS))
    world.time.wrong = 5_000 * HOUR
    somebody_works(world)
    world.rights_clock()
    summary = world.imports("north", ONE, faults=[Fault.LOST_AFTER] * 5)
    assert told(summary) == ["clock-went-back"]
    world.reboots()
    world.passes(5.0)
    summary = world.resumes("north")
    world.check()

    assert states(world) == ["posted"]
    assert told(summary) == []
    assert len(world.server.made) == 2


# --- the clock of Facturalia --------------------------------------------------------------------------------------


def hidden(stage: Stage, cart: tuple[Item, ...] = ONE, *, numbered: bool = False, dated: bool = False) -> World:
    """Lost, 30 hours and a restart later, by a clock that shows 15 hours after the attempt: no witness is left here."""
    world = lost(stage, cart, numbered=numbered, dated=dated)
    world.watch.window_holds = False
    world.passes(30.0)
    world.reboots()
    world.set_back(15.0 * 60)
    return world


def test_the_first_answer_tells_the_true_time(stage: Stage) -> None:
    """Once Facturalia has said what time it is, what is too old by its clock is not repeated, and the user is told."""
    world = hidden(stage, TWO, dated=True)
    summary = world.resumes("north", faults=[Fault.KEY_REFUSED])
    assert told(summary) == ["clock-behind"]
    assert states(world) == ["sending", "sending"]
    posts = world.watch.posts
    world.resumes("north", faults=[Fault.FAILS_BEFORE])

    assert world.watch.posts == posts + 1  # its answer, a 500, was enough
    assert states(world) == ["unknown", "unknown"]
    assert len(world.server.made) == 2


def test_it_tells_all_parts_of_a_command(stage: Stage) -> None:
    """What the settling of earlier runs has learnt holds for the rest of an import too."""
    world = hidden(stage, dated=True)
    summary = world.imports("north", (Item("1003"),), faults=[Fault.LIMITED])

    assert told(summary) == ["clock-behind", "unknown"]
    assert states(world) == ["posted", "unknown"]


# --- what nobody can notice ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("numbered", "made", "state"), [(True, 1, "unknown"), (False, 2, "posted")])
def test_the_honest_limit_is_a_restart_and_a_clock_set_back_to_after_the_newest_event(
    stage: Stage, *, numbered: bool, made: int, state: str
) -> None:
    """Another boot, no later moment in the ledger, no answer yet: no witness is left, and only the number keeps it at 1."""
    world = hidden(stage, numbered=numbered, dated=True)
    world.resumes("north")

    assert (len(world.server.made), states(world)) == (made, [state])


def test_up_to_four_hours_even_that_does_no_harm(stage: Stage) -> None:
    """So far the window of 20 hours stays below the 24 for which keys are kept."""
    world = lost(stage)
    world.passes(23.9)
    world.reboots()
    world.set_back(4.0 * 60)
    world.resumes("north")
    world.check()

    assert (len(world.server.made), states(world)) == (1, ["posted"])
