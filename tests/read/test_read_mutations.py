import random
import sys

import pytest

from tests.read import seeds
from tests.read.damage import damaged
from tests.read.mutations import Tally, all_seeds, numbers, run


def test_a_small_campaign_finds_nothing() -> None:
    """Damaged files of every format are read or refused with a sentence; both ways of reading .xlsx agree."""
    tally = run(120, 7, "1/1", compare=True)

    assert tally.faults == {}
    assert sum(tally.outcomes.values()) == 120
    assert tally.outcomes["table"] > 12  # damage that no cell is hurt by
    assert tally.outcomes["unreadable-workbook"] > 12
    assert tally.slowest < 30
    assert tally.peak < 1 << 30


def test_the_death_of_an_importer_is_counted() -> None:
    """One that dies over its second file is started anew for the next, and each death is told."""
    code = (
        "import json\nprint(json.dumps({'outcome': 'table', 'faults': [], 'seconds': 0.1, 'peak': 1}), flush=True)\n"
        "input(); input()\nraise SystemExit(1)"
    )

    tally = run(6, 7, "1/1", compare=False, importer_command=[sys.executable, "-c", code])

    assert (tally.outcomes["table"], tally.faults["parent_deaths"]) == (3, 3)


def test_the_parts_of_a_campaign_are_the_whole() -> None:
    """Every mutant is in one part, and in one only."""
    parts = [list(numbers(10, f"{part}/3")) for part in (1, 2, 3)]

    assert sorted(number for part in parts for number in part) == list(range(10))


def test_the_same_seed_damages_alike() -> None:
    """A fault that is found can be found again."""
    for name, data in all_seeds()[:7]:
        once, again = (damaged(data, random.Random(f"{name}")) for _ in range(2))
        assert once == again


@pytest.mark.parametrize("fault", ["tracebacks", "over_time", "disagreed"])
def test_the_campaign_tells_what_it_finds(fault: str) -> None:
    """A fault in one file is in the last line, which decides the exit code."""
    tally = Tally()
    tally.add({"outcome": "table", "faults": [fault], "seconds": 31.0, "peak": 5})

    assert f"{fault}=1" in tally.last_line()
    assert any(tally.faults.values())


def test_the_seeds_are_sound() -> None:
    """Damage is only worth something on files that are read without it."""
    assert len({data for _, data in all_seeds()}) >= 7
    assert all(maker() == maker() for maker in (seeds.xlsb, seeds.xls, seeds.csv))
