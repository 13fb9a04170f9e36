"""A team at the pages: who may do what, who approves what, and how sessions end."""

import html
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from argon2 import PasswordHasher
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from importer.domain.clock import SystemClock
from importer.facturalia.sandbox import SandboxSettings, SandboxThread, running
from importer.ledger.store import open_ledger
from importer.settings import load_settings
from importer.web import team as team_module
from importer.web.app import ROOMS, STATIC, create_app, pages
from importer.web.desk import Desk
from importer.web.guard import Guard
from importer.web.roles import NEEDED, OPEN
from importer.web.sessions import Sessions
from importer.web.team import FREE, IDLE, LASTS, Busy, Team
from importer.web.uploads import Uploads
from importer.web.users import Role, Users
from tests.secrets.canaries import KEY
from tests.web.attacks_pages import INVOICES, SAMPLE

HOST: Final = "127.0.0.1:8087"
QUICK: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
WORDS: Final = "vier woorden op een rij"
PEOPLE: Final = {"Piet": Role.PREPARE, "Ann": Role.APPROVE, "Bea": Role.APPROVE, "Zoë": Role.ADMINISTER}


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def now(self) -> datetime:
        """The time it shows."""
        return self.time


class Office:
    """Pages of a team before a sandbox; `browser` is that of somebody who has signed in."""

    def __init__(self, desk: Desk, guard: Guard, team: Team, sandbox: SandboxThread, base: str) -> None:
        self.desk, self.guard, self.team, self.sandbox, self.base = desk, guard, team, sandbox, base

    def stranger(self) -> TestClient:
        """A browser nobody has signed in with."""
        headers = {"Accept-Language": "en", "Origin": self.base, "Sec-Fetch-Mode": "navigate"}
        return TestClient(self.guard, base_url=self.base, headers=headers)

    def browser(self, name: str, password: str = WORDS) -> TestClient:
        """A browser in which somebody has just signed in."""
        client = self.stranger()
        answer = client.post("/login", data={"name": name, "password": password})
        assert answer.status_code == 200
        assert "Sign out" in answer.text
        return client


def an_office(folder: Path, monkeypatch: pytest.MonkeyPatch, *, four_eyes: bool, secure: bool) -> Iterator[Office]:
    """An office of PEOPLE, all with the same password, behind https or not."""
    with running(SandboxSettings(api_key=KEY)) as sandbox:
        monkeypatch.setenv("IMPORTER_LEDGER_URL", f"sqlite:///{folder / 'ledger.db'}")
        monkeypatch.setenv("IMPORTER_BASE_URL", sandbox.base_url)
        monkeypatch.setenv("IMPORTER_API_KEY", KEY)
        clock, settings = SystemClock(), load_settings()
        team = Team(folder, clock.now, four_eyes=four_eyes)
        team.users = Users(team.users.file, clock.now, QUICK)
        for name, role in PEOPLE.items():
            team.users.add(name, role, WORDS)
        with open_ledger(settings.ledger_url, clock=clock) as ledger:
            desk = Desk(settings, ledger, Uploads(folder / "uploads"), clock, "0", team)
            host = "facturen.example.be" if secure else HOST
            guard = Guard(
                create_app(desk), Sessions(folder / "web-sessions.json", clock.now), (host,),
                [f"/static/{name}" for name in STATIC], team=team, secure=secure,
            )  # fmt: skip
            try:
                yield Office(desk, guard, team, sandbox, f"{'https' if secure else 'http'}://{host}")
            finally:
                desk.close()


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """An office with four eyes."""
    yield from an_office(tmp_path, monkeypatch, four_eyes=True, secure=False)


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """An office behind https."""
    yield from an_office(tmp_path, monkeypatch, four_eyes=False, secure=True)


def uploaded(client: TestClient) -> str:
    """The address of a work with the demo workbook."""
    answer = client.post(
        "/import", data={"account": "default"}, files={"files": (SAMPLE.name, SAMPLE.read_bytes())}, follow_redirects=False
    )  # fmt: skip
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).rpartition("/")[0]


def digest_of(client: TestClient, work: str) -> str:
    """The plan that the page of confirmation shows."""
    return client.get(f"{work}/confirm").text.partition('name="digest" value="')[2].partition('"')[0]


def confirmed(client: TestClient, work: str) -> Any:
    """The answer to pressing the button, whether the page offers it or not."""
    return client.post(f"{work}/confirm", data={"digest": digest_of(client, work), "limit": ""}, follow_redirects=False)


def ended(client: TestClient, work: str) -> Any:
    """The result of a work that is being posted."""
    end = time.monotonic() + 30
    while "/runs/" not in str((found := client.get(f"{work}/progress")).url):
        assert time.monotonic() < end
    return found


def test_every_page_says_who_may_see_it() -> None:
    """The table of roles names exactly the pages there are: a page that is not in it would be nobody's."""
    routes = {
        (method, route.path)
        for room in (pages, *ROOMS)
        for route in room.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    assert routes == set(NEEDED) | OPEN


@pytest.mark.parametrize(("method", "path"), [key for key, role in NEEDED.items() if role is not Role.PREPARE])
def test_a_preparer_is_refused_what_changes_the_world(office: Office, method: str, path: str) -> None:
    """Each address that posts, decides or manages users answers a preparer with 403 and the names of who may."""
    client = office.browser("Piet")
    work = uploaded(client)
    address = path.replace("/import/{name}", work).replace("{identity}", "imp-x").replace("{name}", "Ann")
    answer = client.request(method, address, data={"digest": "x", "as": "hold", "do": "remove", "reason": "x"})
    assert answer.status_code == 403
    who = "Zoë" if "users" in path else "Ann, Bea, Zoë"
    assert f"You may not do this. Ask {who}." in html.unescape(answer.text)
    assert office.sandbox.requests() == []
    assert {one.name for one in office.team.users.all()} == set(PEOPLE)


def test_whoever_prepared_may_not_approve(office: Office) -> None:
    """With four eyes the uploader is refused, asks, and a colleague who sees it on the first page posts it; both are told."""
    ann = office.browser("Ann")
    work = uploaded(ann)
    page = ann.get(f"{work}/confirm").text
    assert "A colleague must approve" in page
    assert "Bea, Zoë may do so" in page
    assert "big-btn" in page
    assert "Create 12 invoices" not in page
    refused = confirmed(ann, work)
    assert refused.status_code == 409
    assert "you have prepared this import" in refused.text
    assert office.sandbox.requests() == []
    ann.post(f"{work}/ask", data={})

    bea = office.browser("Bea")
    first = bea.get("/").text
    assert "Waiting for approval" in first
    assert f"{INVOICES} invoices, € 40.421,25 incl. VAT · prepared by Ann" in html.unescape(first)
    assert confirmed(bea, work).status_code == 303
    found = ended(bea, work)
    assert "approved by Bea" in found.text
    assert office.sandbox.count() == INVOICES
    assert re.search(r"<td class=\"w\">Bea</td>", bea.get("/history").text)
    assert '<td class="w">Bea</td>' not in bea.get("/history?who=Ann").text
    assert SAMPLE.name in bea.get("/history?file=MAART").text
    assert "No imports found" in bea.get("/history?file=april").text


def test_a_correction_is_prepared_by_both(office: Office) -> None:
    """A colleague who corrects the file has prepared it too: neither of the two may approve."""
    ann, bea = office.browser("Ann"), office.browser("Bea")
    work = uploaded(ann)
    answer = bea.post(f"{work}/again", files={"files": (SAMPLE.name, SAMPLE.read_bytes())}, follow_redirects=False)
    fresh = str(answer.headers["location"]).rpartition("/")[0]
    assert confirmed(ann, fresh).status_code == 409
    assert confirmed(bea, fresh).status_code == 409
    assert confirmed(office.browser("Zoë"), fresh).status_code == 303


def test_who_chose_the_profile_has_prepared_too(office: Office) -> None:
    """How a file is read decides what is posted."""
    work = uploaded(office.browser("Piet"))
    bea = office.browser("Bea")
    bea.post(f"{work}/profile", data={"profile": "demo"})
    assert confirmed(bea, work).status_code == 409


def test_a_decision_is_signed(office: Office) -> None:
    """The reason in the ledger says whose it is."""
    ann, bea = office.browser("Ann"), office.browser("Bea")
    work = uploaded(ann)
    bea.post(f"{work}/confirm", data={"digest": digest_of(bea, work), "limit": "1"})
    found = ended(bea, work)
    waiting = next(
        one for one in office.desk.ledger.invoice_records(str(found.url).rpartition("/")[2]) if one.state == "ready"
    )
    page = bea.post(f"/invoices/{waiting.external_id}", data={"as": "hold", "reason": "klant betwist"})
    assert "Bea: klant betwist" in page.text


def test_strangers_are_sent_to_sign_in_and_back(office: Office) -> None:
    """Whoever is not in signs in first and is then where they wanted to be; to no other server."""
    client = office.stranger()
    asked = client.get("/history?q=0301", follow_redirects=False)
    assert (asked.status_code, asked.headers["location"]) == (303, "/login?back=%2Fhistory%3Fq%3D0301")
    inside = client.post(
        "/login", data={"name": "piet", "password": WORDS, "back": "/history?q=0301"}, follow_redirects=False
    )
    assert (inside.status_code, inside.headers["location"]) == (303, "/history?q=0301")
    for back in ("//evil.example", "https://evil.example", "/\\evil.example", "/\tx", "javascript:alert(1)"):
        away = office.stranger().post(
            "/login", data={"name": "Piet", "password": WORDS, "back": back}, follow_redirects=False
        )
        assert away.headers["location"] == "/"
    script = office.stranger().get("/import/x/events", headers={"Sec-Fetch-Mode": "cors"})
    assert script.status_code == 401


@pytest.mark.parametrize(
    ("referer", "back"),
    [("/import/x/preview?q=1", "%2Fimport%2Fx%2Fpreview%3Fq%3D1"), ("https://evil.example/x", "%2F"), ("", "%2F")],
)
def test_a_form_of_an_ended_session_leads_back_to_its_page(office: Office, referer: str, back: str) -> None:
    """The answer says that the session has ended and leads, for htmx too, to signing in and back to where the form stood."""
    page = f"{office.base}{referer}" if referer.startswith("/") else referer
    answer = office.stranger().post("/import", data={"account": "default"}, headers={"Referer": page} if page else {})
    assert answer.status_code == 401
    assert "Your session has ended" in answer.text
    assert answer.headers["HX-Redirect"] == f"/login?back={back}&ended=1"
    assert f'href="/login?back={back}&amp;ended=1"' in answer.text


def test_a_preparer_discards_only_what_nobody_confirmed(office: Office) -> None:
    """Before it is confirmed an import is the preparer's to discard; afterwards it takes somebody who may approve."""
    piet, ann = office.browser("Piet"), office.browser("Ann")
    work, other = uploaded(piet), uploaded(piet)
    assert piet.post(f"{other}/discard", follow_redirects=False).status_code == 303
    assert confirmed(ann, work).status_code == 303
    refused = piet.post(f"{work}/discard", follow_redirects=False)
    assert refused.status_code == 403
    assert "Ann, Bea, Zoë" in refused.text
    assert office.desk.uploads.find(work.rpartition("/")[2]) is not None


def test_a_wrong_password_and_an_unknown_name_look_the_same(office: Office) -> None:
    """Nobody learns which names there are; nothing typed comes back but the name, as text."""
    wrong = office.stranger().post("/login", data={"name": "Piet", "password": "x" * 20})
    nobody = office.stranger().post("/login", data={"name": "<b>Jan", "password": "x" * 20})
    assert wrong.status_code == nobody.status_code == 401
    assert wrong.text.replace("Piet", "") == nobody.text.replace("&lt;b&gt;Jan", "")
    assert "x" * 20 not in wrong.text


@pytest.mark.parametrize("change", ["password", "role", "remove", "logout"])
def test_sessions_end_at_once(office: Office, change: str) -> None:
    """After another password or role, removal, or signing out, the next request asks to sign in again."""
    client = office.browser("Piet")
    assert client.get("/todo", follow_redirects=False).status_code == 200
    match change:
        case "password":
            office.team.users.set_password("Piet", "heel iets anders nu")
        case "role":
            office.team.users.set_role("Piet", Role.APPROVE)
        case "remove":
            office.team.users.remove("Piet")
        case "logout":
            cookies = dict(client.cookies)
            client.post("/logout", data={})
            client.cookies.update(cookies)  # somebody kept the old one
    asked = client.get("/todo", follow_redirects=False)
    assert (asked.status_code, asked.headers["location"]) == (303, "/login?back=%2Ftodo&ended=1")


def test_one_changes_ones_own_password(office: Office) -> None:
    """The old one is asked for; afterwards only the new one opens."""
    client = office.browser("Piet")
    fields = {"old": "niet het mijne", "new": "een nieuw lang woord", "again": "een nieuw lang woord"}
    assert client.post("/password", data=fields).status_code == 422
    assert client.post("/password", data={**fields, "old": WORDS, "again": "x"}).status_code == 422
    assert client.post("/password", data={**fields, "old": WORDS}).status_code == 200
    assert office.stranger().post("/login", data={"name": "Piet", "password": WORDS}).status_code == 401
    office.browser("Piet", "een nieuw lang woord")


def test_an_administrator_manages_users_on_a_page(office: Office) -> None:
    """Add with a role and a first password, change, remove; what cannot be is said in a sentence."""
    client = office.browser("Zoë")
    client.post("/users", data={"name": "Dirk", "role": "prepare", "password": "eerste wachtwoord"})
    office.browser("Dirk", "eerste wachtwoord")
    client.post("/users/Dirk", data={"do": "role", "role": "approve"})
    found = office.team.users.find("dirk")
    assert found is not None
    assert found.role is Role.APPROVE
    client.post("/users/Dirk", data={"do": "remove"})
    assert office.team.users.find("Dirk") is None
    for fields in ({"do": "remove"}, {"do": "role", "role": "prepare"}, {"do": "role", "role": "king"}):
        refused = client.post("/users/Zoë", data=fields)
        assert refused.status_code == 422
    short = client.post("/users", data={"name": "Eva", "role": "prepare", "password": "kort"})
    assert "errsum" in short.text


def test_by_https_cookies_stay_there(secure: Office) -> None:
    """Every cookie is Secure and HttpOnly, that of the session has the prefix, and no other origin may post."""
    client = secure.stranger()
    answer = client.post("/login", data={"name": "Ann", "password": WORDS}, follow_redirects=False)
    cookies = answer.headers.get_list("set-cookie")
    assert cookies[0].startswith("__Host-importer_session=")
    assert all("; Secure" in one and "HttpOnly" in one and "SameSite=strict" in one for one in cookies)
    assert answer.headers["strict-transport-security"]
    for origin in ("http://facturen.example.be", "https://evil.example", "null", f"https://{HOST}"):
        assert client.post("/logout", headers={"Origin": origin}).status_code == 403
    assert secure.stranger().get("/", headers={"Host": HOST}).status_code == 421


def a_team(folder: Path, clock: Hand) -> Team:
    """A team of Ann alone, whose password is reckoned quickly."""
    made = Team(folder, clock.now)
    made.users = Users(made.users.file, clock.now, QUICK)
    made.users.add("Ann", Role.ADMINISTER, WORDS)
    return made


def test_sessions_have_two_ends_and_outlive_the_server(tmp_path: Path) -> None:
    """Two idle hours or twelve in all; another server of the same folder knows them; no cookie stands on disk."""
    clock = Hand()
    team = a_team(tmp_path, clock)
    inside = team.sign_in("ann", WORDS, "")
    assert inside is not None
    assert inside.cookie not in "".join(path.read_text() for path in tmp_path.glob("*.json"))
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in tmp_path.glob("*.json"))
    for _ in range(6):
        clock.time += IDLE - timedelta(minutes=10)
        again = Team(tmp_path, clock.now)
        assert again.who(inside.cookie) is not None
    clock.time += LASTS - 6 * (IDLE - timedelta(minutes=10))
    assert again.who(inside.cookie) is None
    other = team.sign_in("Ann", WORDS, "")
    assert other is not None
    clock.time += IDLE
    assert team.who(other.cookie) is None


def test_guessing_waits_and_locks_nobody_out(tmp_path: Path) -> None:
    """After five wrong passwords each costs a wait; a browser that was in before under this name is heard all the same."""
    clock = Hand()
    team = a_team(tmp_path, clock)
    inside = team.sign_in("Ann", WORDS, "")
    assert inside is not None
    for _ in range(FREE):
        assert team.sign_in("ANN", "verkeerd geraden", "") is None
    with pytest.raises(Busy):
        team.sign_in("ann", WORDS, "")
    with pytest.raises(Busy):
        team.sign_in("ann", WORDS, "some-other-cookie")
    assert team.sign_in("ann", WORDS, inside.browser) is not None
    clock.time += timedelta(minutes=1)
    assert team.sign_in("ann", WORDS, "") is not None


def test_unknown_names_wait_too_and_fill_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that nobody has is throttled like one that somebody has; only so many are remembered."""
    monkeypatch.setattr(team_module, "GUESSED", 3)
    team = a_team(tmp_path, Hand())
    for _ in range(FREE):
        assert team.sign_in("nobody", "verkeerd geraden", "") is None
    with pytest.raises(Busy):
        team.sign_in("nobody", "verkeerd geraden", "")
    for name in ("a", "b", "c"):
        team.sign_in(name, "verkeerd geraden", "")
    assert len(team._guesses) == 3
