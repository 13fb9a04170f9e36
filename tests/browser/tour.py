"""Every page and state of the pages, one after the other: what the accessibility test and the pictures look at."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import openpyxl
import pytest
from argon2 import PasswordHasher

from importer.web.users import FILE, Role, Users
from tests.support.office import DEMO, LOCALES, Office, enter, upload

SCREENS: Final = [(1280, "light"), (1280, "dark"), (320, "light"), (320, "dark")]
Look = Callable[[Any, str], None]
MISSING: Final = "WIJN-RO"  # a product that the sandbox does not have
STRANGE: Final = "Bon;Dag;Koper;Ding;Stuks;Per stuk;Tarief\nZ1;03/10/2026;Zomerzon bv;Stoel;2;10,50;21\n"
WORDS: Final = "vier woorden op een rij"
PEOPLE: Final = {"Ann Voorbeeld": Role.APPROVE, "Bea Verzonnen": Role.ADMINISTER, "Piet Fictief": Role.PREPARE}


def books(folder: Path) -> tuple[Path, Path, Path]:
    """The demo workbook with errors of each kind, with all but one mended, and with another price than was posted."""
    broken, mended, changed = folder / "maart.xlsx", folder / "maart verbeterd.xlsx", folder / "maart opnieuw.xlsx"
    for path, cells in (
        (broken, {"N4": "1.250,0O", "F6": "BE0101010752", "B9": "31/02/2026", "M12": -10}),
        (mended, {"B9": "31/02/2026"}),
        (changed, {"N4": 1300, "P4": 11050}),
    ):
        book = openpyxl.load_workbook(DEMO)
        sheet: Any = book.active
        for cell, value in cells.items():
            sheet[cell] = value
        book.save(path)
    return broken, mended, changed


def products() -> frozenset[str]:
    """The product codes of the demo workbook, but for one."""
    sheet: Any = openpyxl.load_workbook(DEMO).active
    codes = {str(row[10]) for row in sheet.iter_rows(min_row=4, values_only=True) if row[10] is not None}
    return frozenset(codes - {MISSING})


def tour(chromium: Any, folder: Path, language: str, look: Look) -> None:
    """Drive a new browser through an import and all around it; `look` is called at each state with its name."""
    office = Office(folder, latency=1.0, products=products(), IMPORTER_CONCURRENCY="1")
    broken, mended, changed = books(folder)
    try:
        page = enter(chromium, office, [], language)
        stranger = chromium.new_context(locale=LOCALES[language]).new_page()
        stranger.goto(office.link)
        look(stranger, "door")
        look(page, "start-empty")
        (folder / "geen-excel.xls").write_text("<html><body>Aangemeld als iemand anders</body></html>")
        page.set_input_files("#files", str(folder / "geen-excel.xls"))
        page.click("main button.go")
        page.wait_for_selector(".errsum")
        look(page, "start-error")
        page.goto(office.url)
        (folder / "onbekend.csv").write_text(STRANGE, encoding="utf-8")
        upload(page, folder / "onbekend.csv")
        look(page, "profile")
        page.goto(office.url)
        look(page, "start")
        _previews(page, broken, mended, look)
        page.goto(office.url)
        upload(page, DEMO)
        look(page, "preview")
        address = page.url
        page.click("#list tbody th a >> nth=0")
        look(page, "invoice")
        page.goto(address)
        _posting(page, look)
        page.click(".t-rejected h3 a")
        look(page, "record-rejected")
        page.fill("#rsn", "klant belt terug")
        page.check("input[value=hold]")
        page.click("main button.go")
        look(page, "record-decided")
        page.goto(office.url)
        upload(page, changed)
        look(page, "preview-changed")
        page.click(".r-changed th a")
        look(page, "invoice-changed")
        page.click(".crumb a[href^='/invoices/']")
        look(page, "record-posted")
        for name, path in (
            ("history", "/history"), ("history-search", "/history?q=0301"), ("todo", "/todo"), ("missing", "/nergens"),
        ):  # fmt: skip
            page.goto(office.url + path)
            look(page, name)
        for context in (page.context, stranger.context):
            context.close()
    finally:
        office.close()


def _previews(page: Any, broken: Path, mended: Path, look: Look) -> None:
    """A file with errors, one of its invoices, and the same file corrected."""
    upload(page, broken)
    look(page, "preview-errors")
    address = page.url
    page.click(".r-refused th a >> nth=0")
    look(page, "invoice-refused")
    page.goto(address)
    page.set_input_files("#fix", str(mended))
    page.click(".re button")
    page.wait_for_url(lambda url: url != address)
    look(page, "preview-mended")


def _posting(page: Any, look: Look) -> None:
    """From the preview to a result: stopped on the way, and one invoice rejected."""
    page.click("main a.btn.go")
    look(page, "confirm")
    page.click("button.big-btn")
    page.wait_for_function("() => document.querySelector('.prog progress').value >= 2")
    look(page, "progress")
    page.click("#stop")
    page.wait_for_selector("form[action$='/go-on'] button")
    look(page, "progress-stopped")
    page.click("form[action$='/go-on'] button")
    page.wait_for_url("**/runs/**")
    look(page, "result")


def tour_of_team(chromium: Any, folder: Path, language: str, look: Look) -> None:
    """The pages that only a team sees."""
    with a_team(folder) as office:
        page = chromium.new_context(locale=LOCALES[language]).new_page()
        page.goto(office.url)
        look(page, "login")
        page.fill("#name", "Ann Voorbeeld")
        page.fill("#password", "helemaal verkeerd")
        page.click("main button.go")
        page.wait_for_selector(".errsum")
        look(page, "login-wrong")
        sign_in(page, "Ann Voorbeeld")
        upload(page, DEMO)
        page.click("main a.btn.go")
        look(page, "confirm-four-eyes")
        page.click("button.big-btn")
        page.wait_for_selector(".n-good")
        page.goto(f"{office.url}/password")
        look(page, "password")
        page.click("form[action='/logout'] button")
        page.wait_for_url("**/login")
        sign_in(page, "Bea Verzonnen")
        look(page, "start-approve")
        page.goto(f"{office.url}/users")
        page.click("summary >> nth=0")
        look(page, "users")
        page.context.close()


@contextmanager
def a_team(folder: Path) -> Iterator[Office]:
    """An office of PEOPLE with four eyes; all have the same password."""
    folder.mkdir(exist_ok=True)
    users = Users(folder / FILE, lambda: dt.datetime(2026, 3, 2, tzinfo=dt.UTC), PasswordHasher(1, 8, 1))
    for name, role in PEOPLE.items():
        users.add(name, role, WORDS)
    office = Office(folder, arguments=["--team"], IMPORTER_WEB_FOUR_EYES="true")
    try:
        yield office
    finally:
        office.close()


def sign_in(page: Any, name: str) -> None:
    """Fill in the page of signing in."""
    page.fill("#name", name)
    page.fill("#password", WORDS)
    page.click("main button.go")
    page.wait_for_selector("form[action='/logout']")


def name_of(state: str, language: str, width: int, scheme: str) -> str:
    """What a picture is called."""
    return f"{state}-{language}-{width}-{scheme}.png"


def violations(page: Any) -> list[str]:
    """What axe finds on this page, rule and place."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    found = axe.Axe().run(page).response["violations"]
    return [f"{page.url}: {one['id']} {one['nodes'][0]['target']}" for one in found]
