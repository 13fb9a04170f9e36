"""A fresh ledger for each test of the report."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from report_world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A ledger in a folder of its own, closed at the end."""
    folder = tmp_path / "ledger"
    folder.mkdir(mode=0o700)
    made = World(folder)
    yield made
    made.ledger.close()
