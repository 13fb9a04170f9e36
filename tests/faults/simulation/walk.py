"""Deeds drawn at random: the one list of what may happen, used by the state machine and by the long runs alike."""

import random
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from tests.faults.simulation.process import HOUR, Kind, Trouble
from tests.faults.simulation.server import Behaviour, Fault
from tests.faults.simulation.source import KEYS, Item
from tests.faults.simulation.watch import Name
from tests.faults.simulation.world import ACCOUNTS, Meanwhile, Setup, World

T = TypeVar("T")


class Pick(Protocol):
    """How a choice is made: at random, or by Hypothesis. The first option is the simplest."""

    def __call__(self, options: Sequence[T], /) -> T:
        """One of them."""


FAULTS = tuple(Fault)
DOORS = tuple(range(1, 90))
FAR = 2 * HOUR  # off the wall clock, in small corrections
HOURS = (0.1, 1.0, 5.0, 15.0, 19.5, 20.5, 23.0, 26.0, 50.0, 80.0)
LISTS: tuple[tuple[Item, ...], ...] = (
    tuple(Item(key) for key in KEYS[:2]),
    tuple(Item(key) for key in KEYS[:1]),
    tuple(Item(key) for key in KEYS[:3]),
    tuple(Item(key) for key in reversed(KEYS)),
    (Item(KEYS[1]), Item(KEYS[0], "dearer")),
    (Item(KEYS[0], "shuffled"), Item(KEYS[1], "shuffled")),
    (Item(KEYS[0], "credit"), Item(KEYS[1]), Item(KEYS[2])),
    (Item(KEYS[2], "dearer"), Item(KEYS[1], "dearer"), Item(KEYS[0], "shuffled")),
    (Item(KEYS[0]), Item(KEYS[1], "credit")),
)


def setup(pick: Pick) -> Setup:
    """The world of one sequence."""
    behaviour = Behaviour(
        pick((24, 30, 72)),
        pick(("forever", "with key", "never")),
        pick((False, True)),
        pick((True, False)),
        pick((False, True)),
    )
    return Setup(pick((True, False)), behaviour, pick((True, False)))


def _faults(pick: Pick) -> list[Fault]:
    return [pick(FAULTS) for _ in range(pick((0, 0, 1, 2, 4, 9)))]


def _trouble(pick: Pick) -> Trouble | None:
    kind = pick((None, None, Kind.CRASH, Kind.CRASH, Kind.STOP, Kind.DISK_FULL, Kind.DISK_FAILS, Kind.SUSPEND))
    if kind is None:
        return None
    return Trouble(kind, pick(DOORS), pick(HOURS) * HOUR if kind is Kind.SUSPEND else 0.0)


def _some(world: World, pick: Pick, *states: str) -> Name | None:
    names = [name for name, row in world.watch.rows().items() if row.state in states]
    return pick(names) if names else None


def _import(world: World, pick: Pick) -> None:
    account = pick((ACCOUNTS[0], ACCOUNTS[0], ACCOUNTS[1]))
    meanwhile: Meanwhile | None = None
    target = _some(world, pick, "ready", "rejected", "held") if pick((False, False, False, False, True)) else None
    if target is not None:
        deed = pick((world.holds, world.releases))
        meanwhile = lambda: deed(target)  # noqa: E731 - one line says it
    world.imports(
        account,
        pick(LISTS),
        faults=_faults(pick),
        trouble=_trouble(pick),
        limit=pick((None, None, None, 1, 0)),
        broken=pick((False, True)),
        meanwhile=meanwhile,
    )


def _again(world: World, pick: Pick) -> None:
    """The same file again: what people do after a crash."""
    if world.carts:
        account = pick(tuple(world.carts))
        world.imports(account, world.carts[account], faults=_faults(pick), trouble=_trouble(pick))


def _resume(world: World, pick: Pick) -> None:
    world.resumes(pick(ACCOUNTS), faults=_faults(pick), trouble=_trouble(pick))


def _pass(world: World, pick: Pick) -> None:
    world.passes(pick(HOURS))


def _clock(world: World, pick: Pick) -> None:
    """Hours off the clock and a restart of the machine never meet in one sequence: together they are the honest limit."""
    match pick(("back", "lost", "right", "restart", "far back")):
        case "back" if world.time.set_back < FAR:
            world.set_back(pick((1.0, 59.0)))
        case "restart" if world.time.set_back < FAR + HOUR:
            world.reboots()
        case "far back" if not world.time.boots:
            world.set_back(pick((300.0, 900.0, 1800.0)))
        case "lost":
            world.loses_time()
        case "right":
            world.rights_clock()


def _product(world: World, _pick: Pick) -> None:
    world.makes_product()


def _resolve(world: World, pick: Pick) -> None:
    name = _some(world, pick, "unknown", "sending")
    if name is not None:
        world.resolves(name)


def _hold(world: World, pick: Pick) -> None:
    name = _some(world, pick, "ready", "rejected", "held")
    if name is not None:
        world.holds(name)


def _release(world: World, pick: Pick) -> None:
    name = _some(world, pick, "held")
    if name is not None:
        world.releases(name)


def _settle(world: World, pick: Pick) -> None:
    name = _some(world, pick, "held", "rejected", "posted")
    if name is not None:
        world.settles(name)


DEEDS: dict[str, tuple[Callable[[World, Any], None], int]] = {
    "import": (_import, 5),
    "again": (_again, 4),
    "resume": (_resume, 2),
    "pass": (_pass, 4),
    "clock": (_clock, 1),
    "product": (_product, 1),
    "resolve": (_resolve, 2),
    "hold": (_hold, 1),
    "release": (_release, 1),
    "settle": (_settle, 1),
}
_NAMES = tuple(DEEDS)
_WEIGHTS = tuple(weight for _, weight in DEEDS.values())


def at_random(rng: random.Random) -> Pick:
    """Choices by chance."""
    return rng.choice


def walk(world: World, rng: random.Random) -> int:
    """A random sequence of deeds, checked after each; returns their number. Ends without the end."""
    steps = rng.randint(2, 7)
    pick = at_random(rng)
    for _ in range(steps):
        DEEDS[rng.choices(_NAMES, _WEIGHTS)[0]][0](world, pick)
        world.check(whole=False)
    return steps
