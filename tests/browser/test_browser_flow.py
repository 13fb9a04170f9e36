"""The whole job in a real browser: upload, look, confirm, post; in three languages, by reload, and after a crash."""

import signal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from importer.web.words import Words
from tests.browser.tour import violations
from tests.support.office import DEMO, LOCALES, Office, enter, upload

TOTAL = {"nl": "40.421,25", "fr": "40\u202f421,25", "en": "40.421,25"}


@pytest.mark.parametrize("language", LOCALES)
def test_a_month_is_posted_in_each_language(chromium: Any, office: Office, problems: list[str], language: str) -> None:
    """From the link to the result: the words of the language, the sums of the file, each invoice once in Facturalia."""
    words = Words(language)
    page = enter(chromium, office, problems, language)
    assert page.inner_text("h1") == words("start_h1")
    upload(page, DEMO)
    assert page.inner_text("h1") == words("pv_h1", a=12, b=12)
    assert TOTAL[language] in page.inner_text(".main-fig dd")
    page.reload()
    page.click("main a.btn.go")
    assert page.inner_text("h1") == words("cf_h1")
    assert TOTAL[language] in page.inner_text(".conseq .big")
    assert office.sandbox.count() == 0
    page.click("button.big-btn")
    page.wait_for_url("**/runs/**")
    assert page.inner_text("h1") == words("rs_all", n=12)
    assert office.sandbox.count() == 12
    page.goto(f"{office.url}/history?q=0301")
    page.click("tbody th a")
    assert words("st_posted") in page.inner_text("main")


def test_the_same_file_again_posts_nothing(chromium: Any, office: Office, problems: list[str]) -> None:
    """A second upload shows that nothing is new, and offers nothing to confirm."""
    page = enter(chromium, office, problems)
    upload(page, DEMO)
    page.click("main a.btn.go")
    page.click("button.big-btn")
    page.wait_for_url("**/runs/**")
    page.goto(office.url)
    upload(page, DEMO)
    assert page.inner_text("h1") == Words("nl")("pv_same", n=12)
    assert page.locator("main a.btn.go").count() == 0
    assert office.sandbox.count() == 12


def test_it_works_without_javascript(chromium: Any, office: Office, problems: list[str]) -> None:
    """Plain forms and reloads alone do the same job."""
    page = enter(chromium, office, problems, java_script_enabled=False)
    upload(page, DEMO)
    page.click("main a.btn.go")
    page.click("button.big-btn")
    for _ in range(40):
        if "/runs/" in page.url:
            break
        page.wait_for_timeout(250)
        page.goto(page.url)
    assert page.inner_text("h1") == Words("nl")("rs_all", n=12)


def test_a_broken_workbook_comes_back_corrected(
    chromium: Any, office: Office, problems: list[str], tmp_path: Path
) -> None:
    """The finding stands at its cell; the downloaded workbook, corrected and uploaded, is told as mended and posted."""
    book = openpyxl.load_workbook(DEMO)
    sheet: Any = book.active
    price = next(cell for row in sheet.iter_rows() for cell in row if cell.value == "Prijs")
    wrong = sheet.cell(price.row + 1, price.column)
    right, wrong.value = wrong.value, "1.250,0O"
    book.save(tmp_path / "maart.xlsx")

    page = enter(chromium, office, problems)
    upload(page, tmp_path / "maart.xlsx")
    assert page.inner_text("h1") == Words("nl")("pv_h1", a=11, b=12)
    assert wrong.coordinate in page.inner_text(".g-error")
    with page.expect_download() as download:
        page.click("a[href$='/annotated']")
    download.value.save_as(tmp_path / "terug.xlsx")
    back = openpyxl.load_workbook(tmp_path / "terug.xlsx")
    found = [cell for row in back.worksheets[0].iter_rows() for cell in row if cell.value == "1.250,0O"]
    assert len(found) == 1
    assert found[0].comment is not None
    found[0].value = right
    back.save(tmp_path / "verbeterd.xlsx")
    page.set_input_files("#fix", str(tmp_path / "verbeterd.xlsx"))
    page.click(".re button")
    page.wait_for_load_state()
    assert Words("nl")("mended", a=1, b=0, c=11) in page.inner_text("main")
    page.click("main a.btn.go")
    page.click("button.big-btn")
    page.wait_for_url("**/runs/**")
    assert office.sandbox.count() == 12


def test_a_result_names_what_the_file_still_owes(
    chromium: Any, office: Office, problems: list[str], tmp_path: Path
) -> None:
    """Posted with one invoice refused: the result says cell, remedy and where to bring the corrected file."""
    book = openpyxl.load_workbook(DEMO)
    sheet: Any = book.active
    price = next(cell for row in sheet.iter_rows() for cell in row if cell.value == "Prijs")
    sheet.cell(price.row + 1, price.column).value = "1.250,0O"
    book.save(tmp_path / "maart.xlsx")

    page = enter(chromium, office, problems)
    upload(page, tmp_path / "maart.xlsx")
    page.click("main a.btn.go")
    page.click("button.big-btn")
    page.wait_for_url("**/runs/**")
    assert page.inner_text("h1") == Words("nl")("rs_some_one", a=11, b=12)
    assert "N4" in page.inner_text(".g-error")
    assert "1.250,0O" in page.inner_text(".g-error")
    assert Words("nl")("todo_none") not in page.inner_text("main")
    page.click(".g-error a[href$='#re']")
    page.set_input_files("#fix", str(DEMO))
    page.click(".re button")
    page.wait_for_load_state()
    assert Words("nl")("pv_h1", a=1, b=12) == page.inner_text("h1")
    page.click("main a.btn.go")
    page.click("button.big-btn")
    page.wait_for_url("**/runs/**")
    assert office.sandbox.count() == 12


def test_killed_in_mid_run_it_goes_on(chromium: Any, tmp_path: Path) -> None:
    """After SIGKILL and a new start the session still stands, the page says so, and `go on` posts the rest, each once."""
    office = Office(tmp_path, latency=0.5, IMPORTER_CONCURRENCY="1")
    try:
        page = enter(chromium, office, [])
        upload(page, DEMO)
        page.click("main a.btn.go")
        page.click("button.big-btn")
        page.wait_for_selector(".prog progress")
        while office.sandbox.count() < 2:
            page.wait_for_timeout(50)
        address = page.url
        office.stop(signal.SIGKILL)
        before = office.sandbox.count()
        office.start()
        page.goto(address)
        assert Words("nl")("pg_notrunning") in page.inner_text("main")
        assert violations(page) == []
        page.click("form[action$='/go-on'] button")
        page.wait_for_url("**/runs/**")
        assert page.inner_text("h1") == Words("nl")("rs_all", n=12)
        assert 0 < before < 12
        assert office.sandbox.count() == 12
    finally:
        office.close()
