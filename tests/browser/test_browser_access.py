"""Pages that everybody can use: no violation that axe knows, by keyboard, on a narrow screen."""

from pathlib import Path
from typing import Any

import pytest
from office import DEMO, Office, enter, upload

SCREENS = [(1280, "light"), (320, "dark")]


def violations(page: Any) -> list[str]:
    """What axe finds on this page, rule and place."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    found = axe.Axe().run(page).response["violations"]
    return [f"{page.url}: {one['id']} {one['nodes'][0]['target']}" for one in found]


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_no_page_has_a_violation(
    chromium: Any,
    office: Office,
    problems: list[str],
    tmp_path: Path,
    width: int,
    scheme: str,
) -> None:
    """Every page and state of an import: 0 violations, and nothing to scroll sideways for."""
    page = enter(chromium, office, problems, viewport={"width": width, "height": 800}, color_scheme=scheme)
    found = []

    def look() -> None:
        found.extend(violations(page))
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            found.append(f"{page.url} is {wide} wide")

    look()
    (tmp_path / "onbekend.csv").write_text("Factuur;Datum;Klant;Stuks\nA1;03/10/2026;Zo;2\n", encoding="utf-8")
    upload(page, tmp_path / "onbekend.csv")
    look()  # the workshop
    page.goto(office.url)
    look()  # with work in progress
    upload(page, DEMO)
    look()  # preview
    page.goto(page.url + "?q=niets")
    look()
    page.go_back()
    page.click("tbody th a >> nth=0")
    look()  # one invoice
    page.go_back()
    page.click("main a.btn.go")
    look()  # confirm
    page.click("button.big-btn")
    page.wait_for_url("**/runs/**")
    look()  # result
    page.click("tbody th a >> nth=0")
    look()  # an invoice of the ledger
    for address in ("/history", "/todo", "/nergens"):
        page.goto(office.url + address)
        look()
    problems.clear()  # the page that is not there is told as such by the browser
    assert not found, "\n".join(found)


def test_the_keyboard_is_enough(chromium: Any, office: Office, problems: list[str]) -> None:
    """Tab and Enter reach every step, and the focus can always be seen."""
    page = enter(chromium, office, problems)
    page.set_input_files("#files", str(DEMO))

    def press(words: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            at = page.evaluate(
                "[document.activeElement.innerText, getComputedStyle(document.activeElement).outlineStyle]"
            )
            if at[0] and words in at[0]:
                assert at[1] == "solid"
                page.keyboard.press("Enter")
                page.wait_for_load_state()
                return
        raise AssertionError(f"{words} is not reached")

    press("Lezen en controleren")
    page.wait_for_url("**/preview")
    press("Verder naar bevestiging")
    page.wait_for_url("**/confirm")
    press("12 facturen aanmaken")
    page.wait_for_url("**/runs/**")
    assert office.sandbox.count() == 12
