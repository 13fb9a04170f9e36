"""A team in a real browser: sign in, prepare, approve, manage users; everybody can use every page of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from provider import CLIENT, SECRET, LoopbackProvider

from importer.web.words import Words
from tests.support.office import DEMO, LOCALES, upload
from tests.web.teamtarget import TeamTarget, a_team, password_of

SCREENS = [(1280, "light"), (320, "dark")]
NL = Words("nl")


@pytest.fixture
def team(tmp_path: Path) -> Iterator[TeamTarget]:
    """A team with four eyes at a server of its own."""
    with a_team(tmp_path, four_eyes=True) as made:
        yield made


def sign_in(page: Any, name: str, password: str = "") -> None:
    """Fill in the form that is open, and send it."""
    page.fill("#name", name)
    page.fill("#password", password or password_of(name))
    page.click("main button.go")
    page.wait_for_load_state()


def browser_of(chromium: Any, team: TeamTarget, problems: list[str], path: str = "/", **options: Any) -> Any:
    """A browser that opens a page of the team, and so the one where people sign in."""
    page = chromium.new_context(locale=LOCALES["nl"], **options).new_page()
    page.set_default_timeout(10_000)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(team.origin) else problems.append(asked.url))
    page.goto(team.origin + path)
    return page


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_no_page_of_a_team_has_a_violation(
    chromium: Any, team: TeamTarget, problems: list[str], width: int, scheme: str
) -> None:
    """Signing in (also gone wrong, also after a session), users, password, what waits, what one may not do: nothing axe knows."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    view: dict[str, Any] = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    found: list[str] = []

    def look(page: Any) -> None:
        violations = axe.Axe().run(page).response["violations"]
        found.extend(f"{page.url}: {one['id']} {one['nodes'][0]['target']}" for one in violations)
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            found.append(f"{page.url} is {wide} wide")

    piet = browser_of(chromium, team, problems, **view)
    look(piet)
    sign_in(piet, "Piet", "een heel ander wachtwoord")
    assert NL("signin_wrong") in piet.inner_text("main")
    look(piet)
    sign_in(piet, "Piet")
    look(piet)
    upload(piet, DEMO)
    look(piet)
    work = piet.url.rpartition("/")[0]
    piet.goto(f"{work}/confirm")
    look(piet)
    piet.click("button[formaction$='/ask']")
    piet.wait_for_load_state()
    look(piet)
    piet.goto(f"{team.origin}/users")
    assert "Zoë" in piet.inner_text("main")
    look(piet)
    zoe = browser_of(chromium, team, problems, "/users", **view)
    sign_in(zoe, "Zoë")
    look(zoe)
    for summary in zoe.locator("details summary").all():
        summary.click()
    look(zoe)
    for path in ("/password", "/", "/history"):
        zoe.goto(team.origin + path)
        look(zoe)
    team.users.remove("Piet")
    piet.goto(f"{team.origin}/history")
    assert NL("expired") in piet.inner_text("main")
    look(piet)
    assert not found, "\n".join(found)


def test_one_prepares_and_another_approves(chromium: Any, team: TeamTarget, problems: list[str]) -> None:
    """The preparer finds no button to post and asks; the approver finds the question on the first page, posts, and is named."""
    piet = browser_of(chromium, team, problems)
    sign_in(piet, "Piet")
    upload(piet, DEMO)
    piet.goto(f"{piet.url.rpartition('/')[0]}/confirm")
    assert piet.locator("button[name='limit']").count() == 0
    assert "Ann, Bob, Zoë" in piet.inner_text("main")
    piet.click("button[formaction$='/ask']")
    ann = browser_of(chromium, team, problems)
    sign_in(ann, "Ann")
    assert "Piet" in ann.inner_text("main")
    assert "40.421,25" in ann.inner_text("main")
    ann.click("main a[href$='/confirm']")
    ann.click("button.big-btn")
    ann.wait_for_url("**/runs/**")
    assert team.sandbox.count() == 12
    ann.goto(f"{team.origin}/history?who=Ann")
    assert ann.locator("tbody tr").count() == 1
    ann.goto(f"{team.origin}/history?file=nergens")
    assert ann.locator("tbody tr").count() == 0


def test_people_are_back_where_they_were(chromium: Any, team: TeamTarget, problems: list[str]) -> None:
    """A session that ends in the middle leads to signing in, and from there to the very page; signing out leads away."""
    page = browser_of(chromium, team, problems)
    sign_in(page, "Ann")
    upload(page, DEMO)
    address = page.url + "?q=0301"
    team.users.set_password("Ann", "een nieuw wachtwoord")
    page.goto(address)
    assert NL("expired") in page.inner_text("main")
    sign_in(page, "Ann", "een nieuw wachtwoord")
    assert page.url == address
    page.click("form[action='/logout'] button")
    page.wait_for_load_state()
    page.go_back()
    page.reload()
    assert page.locator("#password").count() == 1


def test_a_work_account_leads_in(chromium: Any, tmp_path: Path) -> None:
    """From a provider that is another site, the browser comes back signed in, and is where it wanted to be."""
    theirs, secret = LoopbackProvider(host="localhost"), tmp_path / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    told = {
        "IMPORTER_OIDC_ISSUER": theirs.issuer,
        "IMPORTER_OIDC_CLIENT_ID": CLIENT,
        "IMPORTER_OIDC_CLIENT_SECRET": str(secret),
    }
    try:
        with a_team(tmp_path, settings=told) as team:
            theirs.redirect = f"{team.origin}/login/back"
            page = browser_of(chromium, team, [], "/history?q=0301")
            theirs.person, theirs.asks = {"preferred_username": "Ann"}, True
            page.click(f"text={NL('provider_in')}")
            page.click("#yes")
            page.wait_for_url("**/history?q=0301")
            assert "Ann" in page.inner_text("header")
    finally:
        theirs.close()


def test_an_administrator_adds_somebody(chromium: Any, team: TeamTarget, problems: list[str]) -> None:
    """On the page: a new person with a first password, who signs in at once; removed, they are out at once."""
    zoe = browser_of(chromium, team, problems, "/users")
    sign_in(zoe, "Zoë")
    zoe.fill("#un", "Nora")
    zoe.select_option("#ur", "approve")
    zoe.fill("#up", "een eerste wachtwoord")
    zoe.click("form[action='/users'] button.go")
    zoe.wait_for_load_state()
    assert "Nora" in zoe.inner_text("main table")
    nora = browser_of(chromium, team, problems)
    sign_in(nora, "Nora", "een eerste wachtwoord")
    assert nora.locator("#password").count() == 0
    zoe.click("details:has(form[action='/users/Nora']) summary")
    zoe.click("form[action='/users/Nora'] button[value='remove']")
    zoe.wait_for_load_state()
    assert "Nora" not in zoe.inner_text("main table")
    nora.goto(f"{team.origin}/history")
    assert nora.locator("#password").count() == 1
