"""Real parts: the sandbox, `importer web` as a process with a ledger of its own, Debian's Chromium."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.office import CHROMIUM, Office


@pytest.fixture
def problems() -> Iterator[list[str]]:
    """What the console of the browser complained of: nothing."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Pages over an empty ledger."""
    made = Office(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for all tests of this worker."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
