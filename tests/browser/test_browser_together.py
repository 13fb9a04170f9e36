"""More than one look at the same work: two browsers, a stop, a closed window, and an export nobody knew."""

import re
from pathlib import Path
from typing import Any, Final

from importer.web.words import Words
from tests.support.office import DEMO, Office, enter, upload

NL: Final = Words("nl")
STRANGE: Final = "Bon;Dag;Koper;Ding;Stuks;Per stuk;Tarief\n"
OCTOBER: Final = STRANGE + "".join(
    f"Z{n};{day:02}/10/2026;Zomerzon bv;Stoel;2;{n},50;21\n" for n, day in ((1, 3), (2, 14), (3, 28))
)
NOVEMBER: Final = STRANGE + "Z4;05/11/2026;Zomerzon bv;Stoel;1;4,50;21\n"


def another(page: Any) -> Any:
    """A second window of the same person."""
    return page.context.new_page()


def until(page: Any, office: Office, count: int) -> None:
    """Wait until so many invoices exist."""
    for _ in range(600):
        if office.sandbox.count() >= count:
            return
        page.wait_for_timeout(20)
    raise AssertionError("posting does not go on")


def test_two_windows_see_the_same_and_confirm_once(chromium: Any, tmp_path: Path) -> None:
    """Both confirm the same plan, both watch it, both end at its result; each invoice is made once."""
    office = Office(tmp_path, latency=0.5, IMPORTER_CONCURRENCY="1")
    try:
        problems: list[str] = []
        one = enter(chromium, office, problems)
        upload(one, DEMO)
        one.click("main a.btn.go")
        two = another(one)
        two.goto(one.url)
        one.click("button.big-btn")
        one.wait_for_selector(".prog progress")
        two.click("button.big-btn")
        two.wait_for_selector(".prog progress")
        assert one.url == two.url
        shown = []
        for page in (one, two):
            page.wait_for_function("() => document.querySelector('.prog progress').value >= 3")
            shown.append(page.inner_text(".pg-n"))
        assert all(re.fullmatch(r"\d+ van 12", text) for text in shown)
        for page in (one, two):
            page.wait_for_url("**/runs/**")
            assert page.inner_text("h1") == NL("rs_all", n=12)
        assert one.url == two.url
        assert office.sandbox.count() == len(office.sandbox.requests()) == 12
        assert problems == []
    finally:
        office.close()


def test_stopped_it_keeps_the_rest_and_goes_on(chromium: Any, tmp_path: Path) -> None:
    """Stop finishes what is under way; the rest stays ready, also after the window was closed, and goes on from there."""
    office = Office(tmp_path, latency=0.6, IMPORTER_CONCURRENCY="1")
    try:
        page = enter(chromium, office, [])
        upload(page, DEMO)
        page.click("main a.btn.go")
        page.click("button.big-btn")
        until(page, office, 3)
        page.click("#stop")
        page.wait_for_selector("form[action$='/go-on'] button")
        stopped = office.sandbox.count()
        assert 3 <= stopped < 12
        address, again = page.url, another(page)
        page.close()
        again.goto(address)
        assert again.inner_text("h1") == NL("pg_halted")
        assert office.sandbox.count() == stopped
        again.click("form[action$='/go-on'] button")
        again.wait_for_url("**/runs/**")
        assert again.inner_text("h1") == NL("rs_all", n=12)
        assert office.sandbox.count() == len(office.sandbox.requests()) == 12
    finally:
        office.close()


def test_an_unknown_export_becomes_a_profile_and_is_posted(
    chromium: Any, office: Office, problems: list[str], tmp_path: Path
) -> None:
    """Selects and one name make the profile; the file is posted with it, and next month it is found by itself."""
    (tmp_path / "oktober.csv").write_text(OCTOBER, encoding="utf-8")
    (tmp_path / "november.csv").write_text(NOVEMBER, encoding="utf-8")
    page = enter(chromium, office, problems)
    upload(page, tmp_path / "oktober.csv")
    assert page.inner_text("h1") == NL("prof_h1")
    wanted = {
        "invoice.number": "Bon", "invoice.date": "Dag", "customer.name": "Koper", "lines.product_code": "Ding",
        "lines.quantity": "Stuks", "lines.unit_price": "Per stuk", "lines.vat_rate": "Tarief",
    }  # fmt: skip
    for path, header in wanted.items():
        select = page.locator(f"#{path.replace('.', '-')}")
        label = next(text for text in select.locator("option").all_inner_texts() if text.endswith(f"· {header}"))
        if select.locator("option:checked").inner_text() != label:
            with page.expect_response("**/profile"):
                select.select_option(label=label)
    with page.expect_response("**/profile"):
        page.check("#prices-excl")
    page.go_back()
    page.go_forward()
    page.reload()
    page.fill("#pname", "zomerzon")
    page.click("button[value=save]")
    page.wait_for_url("**/preview")
    assert page.inner_text("h1") == NL("pv_h1", a=3, b=3)
    page.click("main a.btn.go")
    page.click("button.big-btn")
    page.wait_for_url("**/runs/**")
    assert office.sandbox.count() == 3
    page.goto(office.url)
    upload(page, tmp_path / "november.csv")
    assert page.url.endswith("/preview")
    assert "zomerzon 1" in page.inner_text(".filebar")
    assert page.inner_text("h1") == NL("pv_h1", a=1, b=1)


def test_the_language_is_switched_where_one_is(chromium: Any, office: Office, problems: list[str]) -> None:
    """In the middle of an import the same step is shown in the other language."""
    page = enter(chromium, office, problems)
    upload(page, DEMO)
    page.click("main a.btn.go")
    address = page.url
    page.click("nav.lang a[lang=fr]")
    assert page.url == address
    assert page.inner_text("h1") == Words("fr")("cf_h1")
