"""Signing in through an OpenID Connect provider: a real one on loopback, and everything it must not get away with."""

import http.client
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest
from argon2 import PasswordHasher
from provider import CLIENT, SECRET, LoopbackProvider, a_key
from starlette.testclient import TestClient

from importer.domain.clock import SystemClock
from importer.errors import SettingsError
from importer.ledger.store import open_ledger
from importer.settings import OidcSettings, load_settings
from importer.web.app import STATIC, create_app
from importer.web.desk import Desk
from importer.web.guard import Guard
from importer.web.oidc import provider
from importer.web.sessions import Sessions
from importer.web.team import Team
from importer.web.uploads import Uploads
from importer.web.users import Role, Users

HOST: Final = "127.0.0.1:8087"
BASE: Final = f"http://{HOST}"
QUICK: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
ANN: Final = "ann@kantoor.example"
VERIFIED: Final = {"email": ANN, "email_verified": True}


class Hand:
    """A clock that can be moved on."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        """The time it shows."""
        return datetime.now(UTC) + self.ahead


class Office:
    """Pages of a team with a provider before them."""

    def __init__(self, guard: Guard, team: Team, theirs: LoopbackProvider, clock: Hand, told: OidcSettings) -> None:
        self.guard, self.team, self.theirs, self.clock, self.told = guard, team, theirs, clock, told

    def browser(self) -> TestClient:
        """A browser nobody has signed in with."""
        return TestClient(self.guard, base_url=BASE, headers={"Accept-Language": "en", "Sec-Fetch-Mode": "navigate"})

    def begin(self, browser: TestClient, back: str = "/history?q=1") -> str:
        """Press the button and sign in at the provider; the address it sends the browser back to."""
        sent = browser.get("/login/provider", params={"back": back}, follow_redirects=False)
        assert sent.status_code == 303, sent.text
        parts = urlsplit(sent.headers["location"])
        wire = http.client.HTTPConnection(parts.netloc, timeout=10)
        wire.request("GET", f"{parts.path}?{parts.query}")
        answer = wire.getresponse()
        answer.read()
        wire.close()
        return str(answer.headers["Location"]).removeprefix(BASE)

    def enter(self, browser: TestClient) -> Any:
        """The whole way; the answer at its end."""
        return browser.get(self.begin(browser), headers={"Sec-Fetch-Site": "cross-site"}, follow_redirects=False)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Ann, by her address, and Zoë, by her name, both without having typed a password here."""
    monkeypatch.setenv("IMPORTER_LEDGER_URL", f"sqlite:///{tmp_path / 'ledger.db'}")
    monkeypatch.setenv("IMPORTER_BASE_URL", "http://127.0.0.1:9/v1")
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    secret.chmod(0o600)
    clock, settings, theirs = Hand(), load_settings(), LoopbackProvider(f"{BASE}/login/back")
    told = OidcSettings(theirs.issuer, CLIENT, secret)
    team = Team(tmp_path, clock.now)
    team.users = Users(team.users.file, clock.now, QUICK)
    team.users.add("zoë", Role.ADMINISTER, "vier woorden op rij")
    team.users.add(ANN, Role.APPROVE, "vier woorden op rij")
    team.provider = provider(told, f"{BASE}/login/back", clock.now)
    with open_ledger(settings.ledger_url, clock=SystemClock()) as ledger:
        desk = Desk(settings, ledger, Uploads(tmp_path / "uploads"), SystemClock(), "0", team)
        guard = Guard(
            create_app(desk), Sessions(tmp_path / "s.json", clock.now), (HOST,), [f"/static/{name}" for name in STATIC], team=team
        )  # fmt: skip
        yield Office(guard, team, theirs, clock, told)
        desk.close()
    theirs.close()


@pytest.mark.parametrize(
    ("person", "name"),
    [
        (VERIFIED, ANN),
        ({**VERIFIED, "preferred_username": "zoë"}, ANN),
        ({"preferred_username": "ZOË"}, "zoë"),
        ({"email": ANN, "email_verified": False, "preferred_username": "zoë"}, "zoë"),
        ({"email": "other@kantoor.example", "email_verified": True, "preferred_username": "zoë"}, "zoë"),
    ],
)
def test_whom_the_provider_proves_is_in(office: Office, person: dict[str, Any], name: str) -> None:
    """A verified address comes first, then the name; the role is that of the file, and the way leads on to the page asked for."""
    office.theirs.person = person
    browser = office.browser()
    assert "work account" in browser.get("/history?q=1").text
    answer = office.enter(browser)
    assert answer.status_code == 200
    assert 'content="0; url=/history?q=1"' in answer.text
    cookies = answer.headers.get_list("set-cookie")
    assert all("HttpOnly" in one for one in cookies)
    assert any(one.startswith("importer_session=") and "samesite=strict" in one.lower() for one in cookies)
    page = browser.get("/history")
    assert page.status_code == 200
    assert name in page.text
    assert browser.get("/users").status_code == (200 if name == "zoë" else 403)


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"email_verified": False}, 403),
        ({"email_verified": "true"}, 403),
        ({"email_verified": None}, 403),
        ({"email": "nobody@kantoor.example"}, 403),
        ({"email": [ANN]}, 403),
        ({"email": " "}, 403),
        ({"iss": "https://evil.example"}, 401),
        ({"aud": "another"}, 401),
        ({"aud": None}, 401),
        ({"azp": "another"}, 401),
        ({"nonce": "of another question"}, 401),
        ({"nonce": None}, 401),
        ({"exp": 1}, 401),
        ({"exp": None}, 401),
        ({"exp": "never"}, 401),
        ({"iat": 99_999_999_999}, 401),
        ({"nbf": 99_999_999_999}, 401),
    ],
)
def test_what_proves_nothing_opens_nothing(office: Office, claims: dict[str, Any], status: int) -> None:
    """A token for somebody else, by somebody else, of another time or question, or of an address nobody verified."""
    office.theirs.person, office.theirs.claims = VERIFIED, claims
    _refused(office, office.enter(office.browser()), status)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS256"])
def test_a_token_that_others_could_have_made_opens_nothing(office: Office, algorithm: str) -> None:
    """No signature, one made with the public key as a secret, or one made with another key."""
    office.theirs.person, office.theirs.algorithm = VERIFIED, algorithm
    if algorithm == "RS256":
        office.theirs.published = a_key("another")
    _refused(office, office.enter(office.browser()), 401)


def test_only_the_browser_that_asked_comes_back(office: Office) -> None:
    """A code brought by another browser, under another state, with a changed cookie, too late or twice opens nothing."""
    office.theirs.person = VERIFIED
    asking, other = office.browser(), office.browser()
    _refused(office, other.get(office.begin(asking)), 401)  # no cookie: what an attacker would send a colleague
    office.begin(other)
    _refused(office, other.get(office.begin(asking)), 401)  # the cookie of another question
    code = parse_qs(urlsplit(office.begin(asking)).query)["code"][0]
    _refused(office, asking.get("/login/back", params={"code": code, "state": "made-up"}), 401)
    _refused(office, asking.get("/login/back", params={"code": code}), 401)
    stolen = parse_qs(urlsplit(office.begin(other)).query)["code"][0]
    state = parse_qs(urlsplit(office.begin(asking)).query)["state"][0]
    _refused(office, asking.get("/login/back", params={"code": stolen, "state": state}), 401)  # PKCE
    back = office.begin(asking)
    sealed = asking.cookies["importer_provider"]
    asking.cookies.delete("importer_provider")
    for text in (sealed[1:], f"{sealed}0", sealed.partition(".")[0], "e30.x", ".", "é"):
        changed = asking.get(back, headers=[(b"Cookie", f"importer_provider={text}".encode())])
        _refused(office, changed, 401)
    late = office.begin(asking)
    office.clock.ahead = timedelta(minutes=11)
    _refused(office, asking.get(late), 401)
    office.clock.ahead = timedelta()
    again = office.begin(asking)
    sealed = asking.cookies["importer_provider"]
    assert asking.get(again, follow_redirects=False).status_code == 200
    assert "importer_provider" not in asking.cookies
    replayed = office.browser().get(again, headers={"Cookie": f"importer_provider={sealed}"})
    _refused(office, replayed, 401)


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", '/"><script>']
)
def test_the_way_on_stays_here(office: Office, back: str) -> None:
    """Whatever the button was asked to lead back to, it is a page of this server, and text."""
    office.theirs.person = VERIFIED
    browser = office.browser()
    answer = browser.get(office.begin(browser, back))
    assert answer.status_code == 200
    assert "evil" not in answer.text
    assert "javascript:" not in answer.text
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    "change",
    [
        lambda theirs: setattr(theirs, "down", True),
        lambda theirs: theirs.about.update(issuer="https://evil.example"),
        lambda theirs: theirs.about.update(jwks_uri="http://192.0.2.1/keys"),
        lambda theirs: theirs.about.update(jwks_uri=None),
        lambda theirs: theirs.close(),
    ],
    ids=["fails", "is another", "sends secrets in the clear", "has no keys", "is gone"],
)
def test_a_provider_that_is_none_is_told(office: Office, change: Callable[[LoopbackProvider], object]) -> None:
    """Where it does not answer, or answers for another, people read that they can use their password."""
    change(office.theirs)
    _refused(office, office.browser().get("/login/provider"), 502, "sign in with your password")


def test_one_that_goes_in_the_middle_is_told(office: Office) -> None:
    """What goes wrong between the code and the token is no fault of the person."""
    office.theirs.person = VERIFIED
    browser = office.browser()
    back = office.begin(browser)
    office.theirs.down = True
    _refused(office, browser.get(back), 502)


def test_without_a_provider_there_is_no_such_way(office: Office) -> None:
    """No button, and no address behind it."""
    office.team.provider = None
    browser = office.browser()
    assert "work account" not in browser.get("/login").text
    for path in ("/login/provider", "/login/back?state=x&code=y"):
        answer = browser.get(path)
        assert answer.status_code == 404
        assert "default" not in answer.text


def test_the_settings_are_all_or_none(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three settings; an issuer in the clear, or a secret that others can read, is refused."""
    monkeypatch.setenv("IMPORTER_OIDC_ISSUER", "https://login.example")
    with pytest.raises(SettingsError) as part:
        load_settings()
    assert part.value.code == "oidc-part"
    monkeypatch.setenv("IMPORTER_OIDC_CLIENT_ID", CLIENT)
    monkeypatch.setenv("IMPORTER_OIDC_CLIENT_SECRET", str(tmp_path / "secret"))
    told = load_settings().oidc
    assert told is not None
    assert told.client_secret() == SECRET
    with pytest.raises(SettingsError) as clear:
        provider(OidcSettings("http://login.example", CLIENT, told.secret_file), BASE, office.clock.now)
    assert clear.value.code == "oidc-issuer"
    told.secret_file.chmod(0o644)
    with pytest.raises(SettingsError) as read:
        provider(told, BASE, office.clock.now)
    assert read.value.code == "unsafe-key-file"


def _refused(office: Office, answer: Any, status: int, words: str = "") -> None:
    """This status, no session, and nothing of what lies behind."""
    assert answer.status_code == status, answer.text
    assert not any(one.startswith("importer_session") for one in answer.headers.get_list("set-cookie"))
    assert office.team._sessions == {} or "Sign out" not in answer.text
    assert words in answer.text
    assert "default" not in answer.text
