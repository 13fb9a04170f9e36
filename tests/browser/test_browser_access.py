"""Pages that everybody can use: no violation that axe knows, by keyboard, on a narrow screen."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.tour import SCREENS, tour, tour_of_team
from tests.support.office import DEMO, Office, enter


def violations(page: Any) -> list[str]:
    """What axe finds on this page, rule and place."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    found = axe.Axe().run(page).response["violations"]
    return [f"{page.url}: {one['id']} {one['nodes'][0]['target']}" for one in found]


@pytest.mark.parametrize("walk", [tour, tour_of_team], ids=["alone", "team"])
def test_no_state_has_a_violation(chromium: Any, tmp_path: Path, walk: Callable[..., None]) -> None:
    """Every page and state, wide and narrow, light and dark: 0 violations, and nothing to scroll sideways for."""
    found: list[str] = []
    seen: list[str] = []

    def look(page: Any, state: str) -> None:
        seen.append(state)
        for width, scheme in SCREENS:
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)
            found.extend(f"{state} {width} {scheme}: {one}" for one in violations(page))
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                found.append(f"{state} is {wide} wide on {width}")
        page.set_viewport_size({"width": 1280, "height": 800})

    walk(chromium, tmp_path, "nl", look)
    assert not found, "\n".join(found)
    assert len(seen) == len(set(seen)) >= (6 if walk is tour_of_team else 21)


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
