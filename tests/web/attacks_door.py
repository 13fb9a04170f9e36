"""Attacks on the door: other sites' forms, other names, guessed links and cookies, odd methods."""

import contextlib
import json
import socket
from collections.abc import Iterator
from typing import Final

from tests.web.target import ENDED, Answer, Target, Verdict

HIDDEN: Final = "default"  # the account's name: nobody may read it who is not in


def told(name: str, answer: Answer, *statuses: int, never: str = HIDDEN) -> Verdict:
    """Held if one of the statuses came, nothing hidden with it, and the answer is guarded like any other."""
    faults = answer.faults()
    if answer.status not in statuses:
        faults.append(f"expected {' or '.join(map(str, statuses))}")
    if never and never in answer.body:
        faults.append(f"shows {never!r}")
    return Verdict(name, not faults, f"{answer.status}" + "".join(f"; {fault}" for fault in faults))


def before_signing_in(target: Target) -> Iterator[Verdict]:
    """Nobody is in: no page, no name, no guess."""
    for path in ("/", "/history", "/todo", "/template.xlsx", "/runs/1", "/invoices/imp-0", "/language/nl?back=/"):
        yield told(f"no session: {path}", target.ask("GET", path), 401)
    for path in ("/static/none.css", "/static/../history", "/static/%2e%2e/history", "/enterprise", "/static/"):
        yield told(f"a path that only looks open: {path}", target.ask("GET", path), 401)
    yield told("a form without a session", target.form("/import", account="default"), 401)
    yield told("a guessed link", target.ask("GET", "/enter?key=" + "A" * 32), 401)
    yield told("an empty link", target.ask("GET", "/enter?key="), 401)
    yield told("a link with NUL and no UTF-8", target.ask("GET", "/enter?key=%00%ff%fe"), 401)
    path = target.link.partition(target.host)[2]
    yield told("the link by HEAD", target.ask("HEAD", path), 405)
    yield told("the link by POST", target.ask("POST", path), 405)
    yield told("the link followed from another site", target.ask("GET", path, {"Sec-Fetch-Site": "cross-site"}), 403)
    yield told("a cookie of our own making", target.ask("GET", "/", cookie="importer_session=mine"), 401)
    planted = "importer_session=planted-by-another"
    answer = target.ask("GET", path, cookie=planted)
    target.cookie = answer.header("set-cookie").partition(";")[0]
    fixed = target.ask("GET", "/", cookie=planted)
    yield told("a session fixed beforehand", fixed, 401)
    yield Verdict("the cookie of the session", not answer.faults(), answer.header("set-cookie").partition("; ")[2])
    yield told("the link a second time", target.ask("GET", path, cookie=""), 401)
    ended = target.ask("GET", "/", cookie=f"importer_session={ENDED}")
    yield told("a session that has ended", ended, 401)
    held = target.cookie not in (target.folder / "web-sessions.json").read_text()
    kept = json.loads((target.folder / "web-sessions.json").read_text())
    value = target.cookie.partition("=")[2]
    yield Verdict("the cookie is not kept as it is", held and value not in json.dumps(kept), "only its hash is on disk")
    mode = (target.folder / "web-sessions.json").stat().st_mode & 0o777
    yield Verdict("sessions are for this user alone", mode == 0o600, oct(mode))


def other_sites(target: Target) -> Iterator[Verdict]:
    """A form that does not stand on our page, sent by a browser that is signed in."""
    own = f"http://{target.host}"
    for name, headers in (
        ("no Origin", {"Origin": None}),
        ("a foreign Origin", {"Origin": "https://evil.example"}),
        ("Origin null", {"Origin": "null"}),
        ("another port", {"Origin": "http://127.0.0.1:1"}),
        ("https instead of http", {"Origin": f"https://{target.host}"}),
        ("an Origin that begins like ours", {"Origin": f"{own}.evil.example"}),
        ("localhost to 127.0.0.1", {"Origin": f"http://localhost:{target.port}"}),
        ("Sec-Fetch-Site cross-site", {"Sec-Fetch-Site": "cross-site"}),
        ("Sec-Fetch-Site same-site", {"Sec-Fetch-Site": "same-site"}),
        ("a Referer instead of an Origin", {"Origin": None, "Referer": f"{own}/"}),
        ("two Origins", {"Origin": f"{own}\r\nOrigin: https://evil.example"}),
        ("a form as JSON text", {"Origin": None, "Content-Type": "text/plain"}),
    ):
        yield told(f"CSRF: {name}", target.form("/import", headers=headers, account="default"), 403)
    for site in ("same-site", "cross-site"):
        picture = target.ask("GET", "/history", {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"})
        yield told(f"a page as a picture of another: {site}", picture, 403)
    opened = target.ask("GET", "/", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, cookie="")
    yield told("a page opened by another, which brings no cookie", opened, 401)
    for name, headers in (
        ("X-HTTP-Method-Override", {"X-HTTP-Method-Override": "POST"}),
        ("X-Method-Override", {"X-Method-Override": "POST", "Origin": "https://evil.example"}),
    ):
        answer = target.ask("GET", "/import", headers)
        yield told(f"CSRF: {name}", answer, 404, 405, never="")
    yield told("CSRF: _method in the query", target.ask("GET", "/import?_method=POST"), 404, 405, never="")


def other_names(target: Target) -> Iterator[Verdict]:
    """Names and addresses that are not ours: a name that an attacker lets point to this machine."""
    for name in ("evil.example", f"evil.example:{target.port}", f"127.0.0.1.evil.example:{target.port}",
                 f"{target.host}.", f"[::1]:{target.port}", f"0.0.0.0:{target.port}", "127.0.0.1", f"{target.host}@evil.example",
                 f"{target.host}, evil.example"):  # fmt: skip
        yield told(f"Host: {name}", target.ask("GET", "/", {"Host": name}), 400, 421)
    yield told("no Host", target.ask("GET", "/", {"Host": None}), 400, 421)
    two = f"GET / HTTP/1.1\r\nHost: {target.host}\r\nHost: evil.example\r\nCookie: {target.cookie}\r\n\r\n".encode()
    yield told("two Hosts", target.raw(two), 400, 421)
    for line in ("http://evil.example/", f"http://evil.example@{target.host}/history"):
        answer = target.ask("GET", line)
        yield Verdict(f"an absolute address: {line}", answer.status in (400, 404), str(answer.status))
    headers = {"Host": "evil.example", "X-Forwarded-Host": target.host, "Forwarded": f"host={target.host}"}
    yield told("X-Forwarded-Host", target.ask("GET", "/", headers), 421)
    forwarded = target.ask("GET", "/", {"X-Forwarded-For": "127.0.0.1", "X-Original-URL": "/history"}, cookie="")
    yield told("X-Original-URL", forwarded, 401)
    for method in ("OPTIONS", "TRACE", "PUT", "DELETE", "PATCH", "CONNECT", "PROPFIND"):
        yield told(f"method {method}", target.ask(method, "/"), 400, 405)
    for name, text in (
        ("no HTTP at all", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n"),
        ("bytes beyond ASCII in the address", b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("a header of 200 KB", b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000 + b"\r\n\r\n"),
        ("a line break inside a header", b"GET / HTTP/1.1\r\nHost: x\r\n y: z\nCookie:a\x00b\r\n\r\n"),
        ("two lengths", b"POST /import HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        ("a length below zero", b"POST /import HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"),
    ):
        yield told(name, target.raw(text), 0, 400, 431)
    with contextlib.ExitStack() as silent:
        for _ in range(300):
            silent.enter_context(socket.create_connection(("127.0.0.1", target.port)))
        yield Verdict("300 connections that say nothing", target.alive(), "the page still comes")
    websocket = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
                 "Sec-WebSocket-Version": "13", "Origin": "https://evil.example"}  # fmt: skip
    answer = target.ask("GET", "/events-of-others", {**websocket, "Connection": "Upgrade, close"})
    yield told("a websocket", answer, 400, 404, never="")


def brute_force(target: Target) -> Iterator[Verdict]:
    """Many guesses: nobody comes in, and guessing is made to wait. Comes last: it leaves a wait behind."""
    seen = {target.ask("GET", "/", cookie=f"importer_session={number:043d}").status for number in range(60)}
    yield Verdict("60 guessed cookies", seen == {401}, f"{sorted(seen)}")
    answers = [target.ask("GET", f"/enter?key={number:032d}", cookie="") for number in range(25)]
    first = next((at for at, one in enumerate(answers) if one.status == 429), -1)
    yield Verdict("25 guessed links", 0 < first < 21, f"a wait after {first}")
    waits = [one.header("retry-after") for one in answers if one.status == 429]
    yield Verdict("the wait is told", bool(waits) and all(wait.isdigit() for wait in waits), f"Retry-After {waits[:1]}")
    yield Verdict("who is in works on meanwhile", target.alive(), "200")
