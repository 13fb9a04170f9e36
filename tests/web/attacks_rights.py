"""Attacks from inside a team: doing more than one may, alone what takes two, and going on after one was sent away."""

from collections.abc import Iterator
from typing import Final

from importer.web.roles import NEEDED
from importer.web.users import Role
from tests.web.attacks_door import told
from tests.web.attacks_files import location
from tests.web.attacks_pages import INVOICES, SAMPLE, digest_of, settle
from tests.web.target import Verdict
from tests.web.teamtarget import TeamTarget, cookies_of, password_of

WRONG: Final = "een heel ander wachtwoord"
OUT: Final = (303, 401)  # sent to the page where one signs in, or refused


def more_than_one_may(target: TeamTarget) -> Iterator[Verdict]:
    """Every form and page that needs a higher role, asked by each lower one; and cookies of those who lost theirs."""
    target.enter("Piet")
    work = location(target.upload(("maart.csv", SAMPLE.read_bytes())))
    digest = digest_of(target.ask("GET", f"{work}/confirm"))
    found = digest or _plan_of(target, work)  # the page may hide what the attacker can reckon
    for name, role in (("Piet", Role.PREPARE), ("Ann", Role.APPROVE)):
        target.enter(name)
        for (method, path), needed in NEEDED.items():
            if role.may(needed):
                continue
            address = filled(path, work)
            more = {"digest": found, "limit": "", "as": "hold", "reason": "mine", "do": "role", "role": "administer",
                    "name": "Eve", "password": WRONG}  # fmt: skip
            answer = target.ask(method, address) if method == "GET" else target.form(address, more=more)
            yield told(f"{role}: {method} {path}", answer, 403, never="$argon2")
        for what, headers in (("method", {"X-HTTP-Method-Override": "POST"}), ("path", {"X-Original-URL": "/users"})):
            yield told(
                f"{role}: another {what} by a header", target.ask("GET", "/users", headers), 403, never="$argon2"
            )
    yield Verdict("nothing was sent", target.sandbox.count() == 0, str(target.sandbox.count()))
    people = {user.name: user.role for user in target.users.all()}
    yield Verdict("nobody has another role", people.get("Piet") is Role.PREPARE and "Eve" not in people, str(people))
    yield from _ended(target)


def _ended(target: TeamTarget) -> Iterator[Verdict]:
    for name, change in (
        ("role", lambda: target.users.set_role("Eve", Role.PREPARE)),
        ("password", lambda: target.users.set_password("Eve", password_of("Eve"))),
        ("removal", lambda: target.users.remove("Eve")),
    ):
        if target.users.find("Eve") is None:
            target.users.add("Eve", Role.APPROVE, password_of("Eve"))
        cookie = target.enter("Eve")
        inside = target.ask("GET", "/history").status
        change()
        answer = target.ask("GET", "/history", cookie=cookie)
        yield Verdict(f"the cookie after another {name}", inside == 200 and answer.status in OUT, str(answer.status))
        posted = target.form("/import", account="default")
        yield Verdict(f"a form after another {name}", posted.status in OUT, str(posted.status))
    target.users.add("Eve", Role.APPROVE, password_of("Eve"))
    yield told("the cookie of a namesake", target.ask("GET", "/", cookie=cookie), *OUT)
    target.users.remove("Eve")


def four_eyes(target: TeamTarget) -> Iterator[Verdict]:
    """One person alone gets something posted: by a second work, a stale page, a trial, a correction, a profile."""
    ann, bob = target.enter("Ann"), target.enter("Bob")
    target.cookie = ann
    work = location(target.upload(("maart.csv", SAMPLE.read_bytes())))
    page = target.ask("GET", f"{work}/confirm", cookie=bob)
    digest = digest_of(page)
    yield Verdict("a colleague is asked", bool(digest), str(page.status))
    for name, limit in (("all", ""), ("a trial", "1")):
        yield told(f"own work, {name}", target.form(f"{work}/confirm", digest=digest, limit=limit), 403, 409, never="")
    second = location(target.upload(("maart2.csv", SAMPLE.read_bytes() + b"\n")))
    yield told("the same in a second work", target.form(f"{second}/confirm", digest=digest), 403, 409, never="")
    for step in ("retry", "go-on", "stop", "profile"):
        target.form(f"{work}/{step}", profile="demo")
    yield told("after other buttons", target.form(f"{work}/confirm", digest=digest), 403, 409, never="")
    target.cookie = target.enter("Bob")
    theirs = location(target.upload(("april.csv", SAMPLE.read_bytes().replace(b"2026-03", b"2026-04"))))
    target.cookie = ann
    stale = digest_of(target.ask("GET", f"{theirs}/confirm"))
    target.form(f"{theirs}/profile", profile="demo")
    yield told("a page from before my change", target.form(f"{theirs}/confirm", digest=stale), 403, 409, never="")
    mended = target.upload(("mei.csv", SAMPLE.read_bytes().replace(b"2026-03", b"2026-05")), to=f"{theirs}/again")
    correction = location(mended)
    digest = digest_of(target.ask("GET", f"{correction}/confirm", cookie=bob))
    yield told("my own correction", target.form(f"{correction}/confirm", digest=digest or stale), 403, 409, never="")
    shouted = target.try_in("ANN", password_of("Ann"))
    target.cookie = "; ".join(f"{key}={text}" for key, text in cookies_of(shouted).items())
    digest = digest_of(target.ask("GET", f"{work}/confirm", cookie=bob))
    yield told("my name in capitals", target.form(f"{work}/confirm", digest=digest), 403, 409, never="")
    yield Verdict("nothing was sent", target.sandbox.count() == 0, f"{target.sandbox.count()} invoices")
    target.cookie = bob
    yield told("a colleague's trial", target.form(f"{work}/confirm", digest=digest, limit="1"), 303, never="")
    settle(target, work)
    target.cookie = target.enter("Piet")
    yield told("what was confirmed discarded by a preparer", target.form(f"{work}/discard"), 403, never="")
    target.cookie = ann
    target.form(f"{work}/go-on")
    settle(target, work)
    yield Verdict(
        "going on with my own after a trial", target.sandbox.count() == 1, f"{target.sandbox.count()} invoices"
    )
    target.cookie = bob
    target.form(f"{work}/go-on")
    settle(target, work)
    yield Verdict("a colleague may", target.sandbox.count() == INVOICES, f"{target.sandbox.count()} invoices")


def filled(path: str, work: str = "/import/" + "0" * 32) -> str:
    """An address of a page, its names filled in."""
    known = path.replace("/import/{name}", work).replace("{number}", "20260302-090000-1a2b").replace("{place}", "0")
    return known.replace("{identity}", "imp-" + "0" * 32).replace("{name}", "Ann")


def _plan_of(target: TeamTarget, work: str) -> str:
    """The digest of a plan, as an attacker gets it who runs the importer at home."""
    before = target.cookie
    digest = digest_of(target.ask("GET", f"{work}/confirm", cookie=target.enter("Ann")))
    target.cookie = before
    return digest
