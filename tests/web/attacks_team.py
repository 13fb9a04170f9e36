"""Attacks on the door of a team: coming in without a password, learning names, locking others out."""

import concurrent.futures
import hashlib
import json
import os
import re
import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from importer.domain.clock import SystemClock
from importer.web.roles import NEEDED
from importer.web.users import FILE, Role, Users
from tests.web.attacks_door import told
from tests.web.attacks_rights import OUT, WRONG, filled
from tests.web.target import IMPORTER, Answer, Verdict
from tests.web.teamtarget import MARKUP, PEOPLE, TeamTarget, cookies_of, password_of

EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 - to be refused
LONGEST_WAIT: Final = 60  # seconds


def strangers(target: TeamTarget) -> Iterator[Verdict]:
    """Nobody is in: no page, no form, no name of a user."""
    for path in (
        "/static/style.css",
        "/static/none",
        "/login",
        "/language/nl",
        "/language/",
        "/language/xx",
        "/language/nl/",
    ):
        for method, body in (("POST", b"\xff" * 99), ("HEAD", b"")):
            headers = {"Content-Type": "multipart/form-data"} if method == "POST" else {}
            answer = target.ask(method, path, headers, body, cookie="")
            yield _told_nothing(f"{method} {path}", answer, 303, 400, 401, 404, 405, 422)
    for method, path in NEEDED:
        address = filled(path)
        answer = target.ask(method, address, cookie="") if method == "GET" else target.form(address)
        yield _told_nothing(f"no session: {method} {path}", answer, *OUT)
    for path in ("/enter?key=", "/enter", "/login/", "/login/x", "/language/", "/users/Ann"):
        yield _told_nothing(
            f"a path that only looks open: {path}", target.ask("GET", path, cookie=""), 303, 401, 404, 405
        )
    link = "a-cookie-of-a-server-for-one"
    alone = {hashlib.sha256(link.encode()).hexdigest(): "2999-01-01T00:00:00+00:00"}
    (target.folder / "web-sessions.json").write_text(json.dumps(alone))
    yield told("a session of a server for one", target.ask("GET", "/", cookie=f"importer_session={link}"), *OUT)
    yield told("the page by HEAD", target.ask("HEAD", "/history", cookie=""), 303, 401, 405)
    yield told("a page as a picture of another", target.ask("GET", "/login", {"Sec-Fetch-Site": "cross-site"}), 403)
    queries = f"name=Ann&password={password_of('Ann').replace(' ', '+')}"
    for name, answer in (
        ("GET", target.ask("GET", f"/login?{queries}", cookie="")),
        ("POST", target.ask("POST", f"/login?{queries}", cookie="")),
    ):
        held = not cookies_of(answer) and password_of("Ann") not in answer.body and answer.status != 303
        yield Verdict(f"the password in the address: {name}", held, str(answer.status))
    for name, given, password in (
        ("wrong", "Piet", WRONG), ("empty", "Piet", ""), ("of a colleague", "Piet", password_of("Bob")),
        ("with NUL", "Piet", password_of("Piet") + "\0"), ("in capitals", "Piet", password_of("Piet").upper()),
        ("a hash", "Piet", target.users.known("Piet").hash), ("no name", "", password_of("Piet")),
        ("a name as markup", MARKUP, WRONG), ("a name as SQL", "' OR 1=1 --", WRONG), ("a name of 64 KB", "x" * 65536, WRONG),
    ):  # fmt: skip
        answer = target.try_in(given, password)
        verdict = told(f"password {name}", answer, 400, 401, 413, 422, 429, never="<img")
        yield verdict._replace(held=verdict.held and not cookies_of(answer))


def forms_of_others(target: TeamTarget) -> Iterator[Verdict]:
    """Other sites sign a browser in under their name, or out, or use its session; or fix the session beforehand."""
    fields = {"name": "Ann", "password": password_of("Ann")}
    cookie = target.enter("Bob")
    for name, headers in (
        ("no Origin", {"Origin": None}), ("a foreign Origin", {"Origin": "https://evil.example"}),
        ("Origin null", {"Origin": "null"}), ("another site", {"Sec-Fetch-Site": "cross-site"}),
        ("another port", {"Sec-Fetch-Site": "same-site"}),
    ):  # fmt: skip
        answer = target.form("/login", headers=headers, more=fields)
        verdict = told(f"CSRF on signing in: {name}", answer, 403)
        yield verdict._replace(held=verdict.held and not cookies_of(answer))
        yield told(f"CSRF on signing out: {name}", target.form("/logout", headers=headers), 403)
        yield told(f"CSRF on users: {name}", target.form("/users", headers=headers, more=fields), 403)
    yield told("signing out by a link", target.ask("GET", "/logout"), 404, 405, never="")
    yield Verdict("still signed in", target.ask("GET", "/").status == 200, "")
    planted = "importer_session=planted-by-another"
    answer = target.try_in("Ann", password_of("Ann"), cookie=planted)
    fresh = cookies_of(answer).get("importer_session", "")
    yield Verdict("a new cookie at signing in", len(fresh) > 30 and fresh not in planted, answer.header("set-cookie"))
    yield told("a session fixed beforehand", target.ask("GET", "/", cookie=planted), *OUT)
    again = cookies_of(target.try_in("Bob", password_of("Bob"), cookie=cookie)).get("importer_session", "")
    yield Verdict("and another one the next time", bool(again) and again not in cookie, "")
    flags = [line.lower() for name, line in answer.headers if name == "set-cookie"]
    held = bool(flags) and all("httponly" in one and "samesite=strict" in one and "domain" not in one for one in flags)
    yield Verdict("the cookies of a session", held and not answer.faults(), "; ".join(answer.faults()))
    kept = "".join(path.read_text(errors="replace") for path in target.folder.glob("web-*.json"))
    held = not any(value in kept for value in cookies_of(answer).values())
    yield Verdict("no cookie is kept as it is", held, "only hashes are on disk")
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in target.folder.glob("web-[tu]*.json")}
    yield Verdict("the files are for this user alone", set(modes.values()) == {"0o600"}, str(modes))
    yield told("signed out", target.form("/logout"), 303, never="")
    yield told("the cookie after signing out", target.ask("GET", "/history", cookie=cookie), *OUT)


def ways_back(target: TeamTarget) -> Iterator[Verdict]:
    """Signing in sends nobody to another server."""
    for back in ("//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "/\t/evil.example", "javascript:alert(1)",
                 "///evil.example", "http:evil.example", "/\r\nSet-Cookie: evil=1", "/%0d%0aevil: 1", "\n//evil.example", " //evil.example",
                 "/\x00", "@evil.example", "/" + "x" * 5000):  # fmt: skip
        answer = target.try_in("Ann", password_of("Ann"), cookie=target.browsers.get("Ann", ""), back=back)
        to = answer.header("location")
        inside = re.fullmatch(r"/(?![/\\])[^\s\\]*", to) is not None and "evil" not in str(cookies_of(answer))
        yield Verdict(f"back to {back[:30]!r}", inside and not answer.faults(), f"{answer.status} to {to[:60]}")
    for back in ("%22%3E%3Cscript%3Ealert(1)%3C/script%3E", "javascript:alert(1)", "//evil.example"):
        answer = target.ask("GET", f"/login?back={back}", cookie="")
        held = "<script>alert" not in answer.body and "javascript:" not in answer.body and '"//evil' not in answer.body
        yield Verdict(f"the page of signing in with back={back}", held and not answer.faults(), str(answer.status))


def names(target: TeamTarget) -> Iterator[Verdict]:
    """Neither the text nor the time of a refusal tells whether somebody has a name."""
    known, unknown = target.try_in("Ann", WRONG), target.try_in("Abe", WRONG)
    same = known.status == unknown.status and known.body.replace("Ann", "Abe") == unknown.body
    yield Verdict("names by text", same, f"{known.status} and {unknown.status}")
    seconds = {name: statistics.median(_seconds(target, name, turn) for turn in range(3)) for name in ("Bob", "Abe")}
    ratio = max(seconds.values()) / min(seconds.values())
    yield Verdict("names by time", ratio < 3, f"{seconds}")
    target.enter("Zoë")
    made = target.form("/users", more={"name": "<script>alert(1)</script>", "role": "approve", "password": WRONG})
    yield told("a user whose name is markup", made, 422, never="<script>alert")
    entries = json.loads(target.users.file.read_text(encoding="utf-8"))
    entries["users"].append({**entries["users"][0], "name": MARKUP})
    before = target.users.file.read_bytes()
    target.users.file.write_text(json.dumps(entries), encoding="utf-8")
    yield told("markup in the file of users", target.ask("GET", "/users"), 200, never="<img")
    target.users.file.write_bytes(before)
    for name, more in (
        ("a role that does not exist", {"name": "Eve", "role": "king", "password": WRONG}),
        ("a password of 1 MB", {"name": "Eve", "role": "prepare", "password": "x" * 1_000_000}),
        (
            "a password that is the name",
            {"name": "Eve the attacker", "role": "prepare", "password": "eve the attacker"},
        ),
        ("a name that is taken", {"name": "ANN", "role": "administer", "password": WRONG}),
    ):
        yield told(f"a user with {name}", target.form("/users", more=more), 400, 413, 422, never="")
    yield Verdict("nobody was added", len(target.users.all()) == len(PEOPLE), str(len(target.users.all())))


def behind_a_proxy(target: TeamTarget) -> Iterator[Verdict]:
    """Names, ports and schemes that are not the public address; cookies that could leave https."""
    cookie = target.enter("Ann")
    answer = target.try_in("Ann", password_of("Ann"), cookie=cookie)
    lines = [line for name, line in answer.headers if name == "set-cookie"]
    session = [line for line in lines if line.startswith("__Host-importer_session=")]
    yield Verdict(
        "cookies by https alone", all("; Secure" in line for line in lines) and len(lines) > 1, str(len(lines))
    )
    held = len(session) == 1 and "; Path=/;" in f"{session[0]};" and "domain" not in session[0].lower()
    yield Verdict(
        "the cookie's name keeps others from setting it", held, session[0].partition(";")[2] if session else ""
    )
    yield Verdict("https for good", "max-age" in answer.header("strict-transport-security"), "")
    chosen = target.ask("GET", "/language/fr?back=/").header("set-cookie")
    yield Verdict("the cookie of the language", "; Secure" in chosen, chosen.partition(";")[2])
    value = cookies_of(answer)["__Host-importer_session"]
    yield told("the cookie by its other name", target.ask("GET", "/", cookie=f"importer_session={value}"), *OUT)
    own = f"127.0.0.1:{target.port}"
    for host in (own, f"localhost:{target.port}", "evil.example", f"{target.host}:{target.port}", f"{target.host}.evil.example",
                 f"evil.{target.host}", f"{target.host}.", f"{target.host}, evil.example"):  # fmt: skip
        yield told(f"Host: {host}", target.ask("GET", "/", {"Host": host}), 400, 421)
    forwarded = {"Host": "evil.example", "X-Forwarded-Host": target.host, "X-Forwarded-Proto": "https"}
    yield told("X-Forwarded-Host", target.ask("GET", "/", forwarded), 421)
    for origin in (
        f"http://{target.host}",
        f"http://{own}",
        f"https://{own}",
        f"{target.origin}:8443",
        f"{target.origin}.evil.example",
    ):
        yield told(f"Origin: {origin}", target.form("/import", headers={"Origin": origin}, account="default"), 403)
    sent = target.ask("GET", "/history", cookie="", headers={"X-Forwarded-Host": "evil.example"})
    yield Verdict(
        "where strangers are sent", "evil" not in sent.header("location") + sent.body, sent.header("location")
    )


def exposed(folder: Path) -> Iterator[Verdict]:
    """Commands that would send passwords in the clear, or open the pages to nobody or to everybody."""
    environment = {**os.environ, "IMPORTER_LEDGER_URL": f"sqlite:///{folder / 'ledger.db'}"}
    users = Users(folder / FILE, SystemClock().now)
    for arguments in (
        ["--team"], ["--team", "--public-url", "http://facturen.example"], ["--team", "--listen", EVERYWHERE],
        ["--public-url", "https://facturen.example"],
    ):  # fmt: skip
        if len(arguments) > 1 and not users.all():  # the first one finds nobody
            users.add("Ann", Role.ADMINISTER, password_of("Ann"))
        said = subprocess.run(
            [IMPORTER, "web", "--port", "0", "--json", *arguments], cwd=folder, env=environment, capture_output=True, stdin=subprocess.DEVNULL,
            text=True, check=False, timeout=30,
        )  # fmt: skip
        yield Verdict(
            f"web {' '.join(arguments)}", said.returncode == 2 and "Traceback" not in said.stderr, said.stdout[:120]
        )


def damaged(target: TeamTarget) -> Iterator[Verdict]:
    """The file of users is damaged, or others can write it: nobody is in, nothing is told, and no harm is done."""
    cookie, file = target.enter("Ann"), target.users.file
    before = file.read_bytes()
    for name, content, mode in (
        ("emptied", b"", 0o600), ("half", before[:100], 0o600), ("markup", b"<users/>", 0o600), ("writable by others", before, 0o666),
    ):  # fmt: skip
        file.write_bytes(content)
        file.chmod(mode)
        for path, answer in (
            ("a page", target.ask("GET", "/history", cookie=cookie)),
            ("signing in", target.try_in("Ann", password_of("Ann"))),
        ):
            yield told(f"users {name}: {path}", answer, 500, never=str(target.folder))
        yield Verdict(f"users {name}: the file stays", file.read_bytes() == content, "")
    file.write_bytes(before)
    file.chmod(0o600)
    yield told("users as they were", target.ask("GET", "/history", cookie=cookie), 200, never="")


def guessing(target: TeamTarget) -> Iterator[Verdict]:
    """Many guesses, one name or many: they are made to wait, and colleagues are not. Comes last: it leaves waits behind."""
    home = {name: target.enter(name) for name in ("Ann", "Bob")}
    answers = [target.try_in("Ann", f"{WRONG} {number}") for number in range(15)]
    first = next((at for at, one in enumerate(answers) if one.status == 429), -1)
    waits = [_wait_of(one) for one in answers if one.status == 429]
    yield Verdict("15 guesses for one name", 0 < first <= 10, f"a wait after {first}")
    yield Verdict("no wait is longer than a minute", bool(waits) and 0 < max(waits) <= LONGEST_WAIT, str(waits[:3]))
    end = time.monotonic() + 20
    while not (wait := _wait_of(target.try_in("Ann", WRONG))) > 1 and time.monotonic() < end:
        time.sleep(0.05 if wait else 0)
    yield told("the right password during a wait, from elsewhere", target.try_in("Ann", password_of("Ann")), 429)
    again = target.try_in("Ann", password_of("Ann"), cookie=home["Ann"])
    yield Verdict("she comes in from her own browser", again.status == 303, str(again.status))
    spelt = [target.try_in(f"Jan{' ' * number}PEETERS", f"{WRONG} {number}").status for number in range(1, 16)]
    yield Verdict("15 guesses for one name, spelt in 15 ways", 429 in spelt[:10], str(spelt))
    stolen = target.try_in("Bob", WRONG, cookie=home["Ann"])
    yield Verdict("her browser is no pass for another name", stolen.status in (401, 429), str(stolen.status))
    yield Verdict("who is in works on", target.ask("GET", "/history", cookie=home["Bob"]).status == 200, "")
    with concurrent.futures.ThreadPoolExecutor(24) as crowd:
        began = time.monotonic()
        flood = [crowd.submit(target.try_in, f"guess{number}", "x" * 128) for number in range(60)]
        page = target.ask("GET", "/history", cookie=home["Bob"])
        took = time.monotonic() - began
        statuses = {one.result().status for one in flood}
    yield Verdict("60 at once", statuses <= {401, 429}, str(sorted(statuses)))
    yield Verdict("a page meanwhile", page.status == 200 and took < 5, f"{page.status} after {took:.1f} s")
    spread = [target.try_in(f"spray{number}", WRONG).status for number in range(60)]
    yield Verdict("60 names, one guess each", 429 in spread, f"{spread.count(429)} made to wait")
    large = [target.try_in("Ann", "x" * size).status for size in (100_000, 1_000_000, 10_000_000)]
    yield Verdict("passwords of up to 10 MB", set(large) <= {0, 413}, str(large))
    yield Verdict("she still comes in", target.try_in("Ann", password_of("Ann"), cookie=home["Ann"]).status == 303, "")


def _told_nothing(name: str, answer: Answer, *statuses: int) -> Verdict:
    """Held if it is one of the statuses, goes nowhere but to signing in, and names nobody."""
    verdict = told(name, answer, *statuses)
    to = answer.header("location")
    named = any(f">{who}<" in answer.body or f" {who}" in answer.body for who in ("Ann", "Bob", "Piet"))
    return verdict._replace(held=verdict.held and not named and (not to or to.startswith("/login")))


def _wait_of(answer: Answer) -> int:
    """Seconds to wait; 0 if none."""
    return int(answer.header("retry-after") or "0")


def _seconds(target: TeamTarget, name: str, turn: int) -> float:
    began = time.monotonic()
    target.try_in(name, f"{WRONG} {turn}")
    return time.monotonic() - began
