"""The list of mutants stays true to the code, and the command sees a planted one."""

import sys
from pathlib import Path

import pytest

from tests.faults.simulation.mutant_list import SINGLE, TOGETHER
from tests.faults.simulation.mutant_model import Edit, Mutant
from tests.faults.simulation.mutants import ROOT, Seen, apply, copy_of, judge, misfits, mutants


@pytest.mark.parametrize("mutant", SINGLE, ids=lambda mutant: mutant.name)
def test_every_mutant_fits_the_code(mutant: Mutant) -> None:
    """Each edit finds its protection exactly once. If not, it was rewritten: look for its new form and edit the list."""
    assert misfits(ROOT, mutant.edits) == []


def test_there_are_mutants_enough() -> None:
    """At least 12 alone and 12 pairs, every name once, every pair made of listed ones."""
    names = [mutant.name for mutant in SINGLE]

    assert len(set(names)) == len(names) >= 12
    assert len({frozenset(together) for together, _ in TOGETHER}) == len(TOGETHER) >= 12
    assert {name for together, _ in TOGETHER for name in together} <= set(names)
    assert len(list(mutants())) == len(SINGLE) + len(TOGETHER)


def test_an_edit_that_does_not_fit_is_told(tmp_path: Path) -> None:
    """What stands twice, or nowhere, is refused before anything is changed."""
    path = tmp_path / "code.py"
    path.write_text("a = 1\na = 1\n", encoding="utf-8")
    for old in ("a = 1", "b = 1"):
        with pytest.raises(ValueError, match=r"code\.py"):
            apply(tmp_path, [Edit("code.py", old, "c = 1")])

    assert path.read_text(encoding="utf-8") == "a = 1\na = 1\n"


def test_a_planted_mutant_is_seen(tmp_path: Path) -> None:
    """In a copy where time-outs count as rejections, the simulation goes red; the code here stays as it is."""
    (mutant,) = (mutant for mutant in SINGLE if mutant.name == "time-out taken as failed")
    folder = copy_of(ROOT, tmp_path)
    apply(folder, mutant.edits)
    seen = judge(folder, mutant._replace(tests=()), 60, 0, directed=())

    assert seen.law
    assert str(seen).startswith("simulation: ")
    assert misfits(ROOT, mutant.edits) == []
    assert str(Seen("", "")) == "survived"
    assert str(folder) not in sys.path
