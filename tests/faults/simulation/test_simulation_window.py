"""The window of 20 hours, clocks that go wrong, and the one gap that no program can close."""

from collections.abc import Iterator

import pytest

from tests.faults.simulation.process import HOUR, Kind, Trouble
from tests.faults.simulation.server import Behaviour, Fault
from tests.faults.simulation.source import Item
from tests.faults.simulation.stage import Stage
from tests.faults.simulation.watch import Name
from tests.faults.simulation.world import Setup, World

ONE = (Item("1001"),)
FORGETS = Behaviour(key_hours=24, external_id="never")
NIGHT = 25 * HOUR


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """One database for all scenes, emptied for each."""
    built = Stage()
    yield built
    built.close()


def world_of(
    stage: Stage, *, numbered: bool = False, behaviour: Behaviour = FORGETS, has_product: bool = True
) -> World:
    """A world whose Facturalia forgets as soon as it may, unless told otherwise."""
    return World(stage, Setup(numbered, behaviour, has_product))


def only(world: World) -> tuple[Name, str]:
    """The one invoice of the ledger and its state."""
    ((name, row),) = world.watch.rows().items()
    return name, row.state


def lost_once(world: World) -> None:
    """An import whose only POST was carried out, and whose answer never came."""
    world.imports("north", ONE, faults=[Fault.LOST_AFTER] * 5)
    assert only(world)[1] == "sending"
    assert len(world.server.made) == 1


@pytest.mark.parametrize("hours", [0.0, 10.0, 19.9])
def test_inside_the_window_a_lost_answer_is_asked_for_again(stage: Stage, hours: float) -> None:
    """Until 20 hours after the first attempt, the same bytes and key bring back the invoice that exists."""
    world = world_of(stage)
    lost_once(world)
    world.passes(hours)
    world.resumes("north")
    world.check()

    assert only(world)[1] == "posted"
    assert len(world.server.made) == 1


@pytest.mark.parametrize("hours", [20.0, 23.0, 25.0, 100.0])
def test_after_the_window_nothing_is_sent_without_a_number(stage: Stage, hours: float) -> None:
    """From 20 hours on, no POST leaves and the invoice is listed for a person; what it says is what counts."""
    world = world_of(stage)
    lost_once(world)
    posts = world.watch.posts
    world.passes(hours)
    world.resumes("north")
    world.imports("north", ONE)

    assert world.watch.posts == posts
    assert only(world)[1] == "unknown"
    assert world.ends().unknown == 1
    assert len(world.server.made) == 1


def test_a_number_closes_the_window_for_good(stage: Stage) -> None:
    """With our own invoice number a repetition is safe at any age: Facturalia refuses it, and a person is asked."""
    world = world_of(stage, numbered=True)
    lost_once(world)
    posts = world.watch.posts
    world.passes(100.0)
    world.resumes("north")
    world.check()

    assert world.watch.posts == posts + 1
    assert only(world)[1] == "unknown"
    assert len(world.server.made) == 1


def test_a_suspension_anywhere_before_the_last_look_is_noticed(stage: Stage) -> None:
    """Wherever the lid closes for 25 hours during a replay, but for the one gap, nothing is sent after it."""
    sent_before = 0
    for door in range(1, 60):
        world = world_of(stage)
        lost_once(world)
        trouble = Trouble(Kind.SUSPEND, door, NIGHT)
        world.resumes("north", trouble=trouble)
        world.check()
        assert len(world.server.made) == 1, f"door {door}"
        sent_before += only(world)[1] == "posted"
    assert 0 < sent_before < 59  # the suspension came before the send in some runs, and after it in others


def test_a_suspension_during_a_wait_between_attempts_is_noticed(stage: Stage) -> None:
    """The window is looked at again before each attempt of a run, not once at its beginning."""
    for door in range(20, 70):
        world = world_of(stage)
        world.imports("north", ONE, faults=[Fault.LOST_AFTER], trouble=Trouble(Kind.SUSPEND, door, NIGHT))
        world.check()
        assert len(world.server.made) == 1, f"door {door}"


@pytest.mark.parametrize(("numbered", "made", "state"), [(True, 1, "unknown"), (False, 2, "posted")])
def test_the_honest_limit_is_a_suspension_exactly_between_look_and_send(
    stage: Stage, *, numbered: bool, made: int, state: str
) -> None:
    """No program can close this gap: without a number and after everything was forgotten 2 are made; a number keeps it at 1."""
    world = world_of(stage, numbered=numbered)
    lost_once(world)
    world.watch.window_holds = False
    world.resumes("north", trouble=Trouble(Kind.GAP, 1, NIGHT))

    assert len(world.server.made) == made
    assert only(world)[1] == state


def test_a_suspension_in_the_gap_does_no_harm_while_the_id_is_kept(stage: Stage) -> None:
    """Where Facturalia remembers external_id, the gap closes too: the repetition is refused, and a person is asked."""
    world = world_of(stage, behaviour=Behaviour(key_hours=24, external_id="forever"))
    lost_once(world)
    world.watch.window_holds = False
    world.resumes("north", trouble=Trouble(Kind.GAP, 1, NIGHT))

    assert len(world.server.made) == 1
    assert only(world)[1] == "unknown"


def test_a_clock_that_went_back_proves_nothing(stage: Stage) -> None:
    """A first attempt that seems to lie in the future is too old to be repeated, as far as anybody can tell."""
    world = world_of(stage)
    lost_once(world)
    world.passes(30.0)
    world.loses_time()
    posts = world.watch.posts
    world.resumes("north")

    assert world.watch.posts == posts
    assert only(world)[1] == "unknown"


def test_the_window_begins_with_the_first_attempt(stage: Stage) -> None:
    """Repetitions do not renew it: what was first tried 30 hours ago is not sent, though it was tried 15 hours ago too."""
    world = world_of(stage)
    lost_once(world)
    world.passes(15.0)
    world.resumes("north", faults=[Fault.LOST_AFTER] * 5)
    posts = world.watch.posts
    world.passes(15.0)
    world.resumes("north")

    assert world.watch.posts == posts
    assert only(world)[1] == "unknown"
    assert len(world.server.made) == 1


def test_a_clock_set_back_within_the_margin_does_no_harm(stage: Stage) -> None:
    """Three hours off the clock stretch the window to 23 at the worst, after a restart: the key is still kept."""
    world = world_of(stage)
    lost_once(world)
    world.passes(22.9)
    world.reboots()
    world.set_back(180.0)
    world.resumes("north")
    world.check()

    assert (len(world.server.made), only(world)[1]) == (1, "posted")
