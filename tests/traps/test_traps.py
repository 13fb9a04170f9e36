"""Every trap of the table is sprung on the importer itself."""

from pathlib import Path

import pytest

from tests.traps.outcome import Trap
from tests.traps.page import PAGE, ROOT, page
from tests.traps.traplist import ELSEWHERE, TRAPS


@pytest.mark.parametrize("trap", TRAPS, ids=[trap.name for trap in TRAPS])
def test_a_trap_is_read_right_or_told(trap: Trap, tmp_path: Path) -> None:
    """What is told, what would be sent and what is refused are exactly what the table says."""
    assert trap.spring(tmp_path) == trap.must


def test_no_two_traps_have_one_name() -> None:
    """The name of a trap is the name of its test."""
    names = [trap.name for trap in TRAPS]

    assert len(names) == len(set(names))


def test_the_page_is_current() -> None:
    """`docs/traps.md` says what the table says now; `python -m tests.traps.page --write` mends it."""
    assert PAGE.read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("test", [test for _, test in ELSEWHERE])
def test_what_is_shown_elsewhere_is_there(test: str) -> None:
    """A test that the page names exists."""
    path, _, name = test.partition("::")

    assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")
