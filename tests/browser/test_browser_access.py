"""Pages that everybody can use: no violation that axe knows, by keyboard, on a narrow screen."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from importer.web.words import Words
from tests.browser.tour import SCREENS, STRANGE, tour, tour_of_team, violations
from tests.support.office import DEMO, Office, enter, upload


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


def test_choices_and_decisions_need_no_mouse(
    chromium: Any, office: Office, problems: list[str], tmp_path: Path
) -> None:
    """A column of the workshop is chosen, and an invoice held with a reason, by keys alone."""
    page = enter(chromium, office, problems)

    def tab_to(script: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate(f"(() => {{ const at = document.activeElement; return {script}; }})()"):
                return
        raise AssertionError(f"{script} is not reached")

    (tmp_path / "vreemd.csv").write_text(STRANGE, encoding="utf-8")
    upload(page, tmp_path / "vreemd.csv")
    tab_to("at.id === 'invoice-date'")
    with page.expect_response("**/profile"):
        page.keyboard.type("B")
    page.wait_for_function("() => document.getElementById('invoice-date').value === 'B'")
    assert page.evaluate("document.activeElement.id") == "invoice-date"

    page.goto(office.url)
    upload(page, DEMO)
    page.click("main a.btn.go")
    page.click("button[name=limit][value='1']")  # a trial: the others stay ready
    page.wait_for_url("**/runs/**")
    page.click("#iv ~ table tbody tr:nth-child(3) th a")
    tab_to("at.name === 'as' && at.value === 'hold'")
    page.keyboard.press("Space")
    tab_to("at.id === 'rsn'")
    page.keyboard.type("klant belt terug")
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    assert "klant belt terug" in page.inner_text("main")
    assert Words("nl")("st_held") in page.inner_text(".ihead")
