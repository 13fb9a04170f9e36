"""What htmx saves: parts of a page change without a reload, and nothing of a page is kept in the browser."""

import hashlib
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.office import DEMO, Office, enter, upload

SHIPPED: Final = {  # as published: htmx 2.0.11 and htmx-ext-sse 2.2.4
    "htmx.min.js": "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717",
    "htmx-sse.min.js": "98a46496de0c3605fbffdce9167ba427bdd9553184f83f149c261891a92c0136",
}
UNKNOWN: Final = "Bon;Dag;Koper;Ding;Stuks;Per stuk;Tarief\nZ1;03/10/2026;Zo bv;Stoel;2;10,50;21\n"


@pytest.mark.parametrize("name", SHIPPED)
def test_it_is_what_its_makers_published(name: str) -> None:
    """Not a byte of the vendored scripts was changed."""
    content = (files("importer.web") / "static" / name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == SHIPPED[name]


def test_the_table_changes_without_a_reload(chromium: Any, office: Office, problems: list[str]) -> None:
    """Search while typing and sort swap the table alone; the address follows, and the back button goes back."""
    page = enter(chromium, office, problems)
    upload(page, DEMO)
    page.evaluate("window.still = true")  # gone after a reload
    page.type("#q", "0301")
    page.wait_for_function("() => document.querySelectorAll('#list tbody tr').length === 1")
    assert page.evaluate("document.activeElement.id") == "q"
    assert page.url.endswith("?q=0301")
    page.fill("#q", "")
    page.wait_for_function("() => document.querySelectorAll('#list tbody tr').length === 12")
    page.click("th a.sort >> nth=0")
    page.wait_for_selector("th[aria-sort=ascending]")
    page.click("th a.sort >> nth=0")
    page.wait_for_selector("th[aria-sort=descending]")
    assert "sort=-number" in page.url
    assert page.evaluate("window.still") is True
    page.go_back()
    page.wait_for_selector("th[aria-sort=ascending]")
    kept = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
    assert kept == ["htmx-current-path-for-history"]  # the address alone, until the window is closed


def test_a_choice_in_the_workshop_shows_at_once(
    chromium: Any, office: Office, problems: list[str], tmp_path: Path
) -> None:
    """A select changes what the page says of the first invoices, without a button and without losing the focus."""
    (tmp_path / "vreemd.csv").write_text(UNKNOWN, encoding="utf-8")
    page = enter(chromium, office, problems)
    upload(page, tmp_path / "vreemd.csv")
    page.evaluate("window.still = true")
    before = page.inner_text("#bench")
    select = page.locator("select[aria-invalid]").first
    name = select.get_attribute("id")
    select.focus()
    select.select_option(index=1)
    page.wait_for_function("before => document.getElementById('bench').innerText !== before", arg=before)
    assert page.evaluate("window.still") is True
    assert page.evaluate("document.activeElement.id") == name
