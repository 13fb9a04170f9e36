"""Attacks on the pages: addresses that climb, redirects, requests made on our behalf, and posting twice at once."""

import concurrent.futures
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from importer.facturalia.sandbox import SandboxSettings, running
from tests.secrets.canaries import KEY
from tests.web.attacks_door import told
from tests.web.attacks_files import MAIN, location, workbook
from tests.web.target import IMPORTER, Answer, Target, Verdict

SAMPLE: Final = Path(__file__).resolve().parents[2] / "sample_data" / "demo" / "facturen-maart.csv"
INVOICES: Final = 12  # in the sample
AT_ONCE: Final = 8
PATIENCE: Final = 20.0  # seconds for a dozen invoices


def climbing(target: Target) -> Iterator[Verdict]:
    """Addresses of what is not a page: other folders, other accounts, other people's runs."""
    for path in (
        "/import/../../etc/passwd", "/import/%2e%2e/preview", "/import/..%2f..%2fledger.db/preview", "/import/%00/preview",
        f"/import/{'0' * 32}/preview", f"/import/{'A' * 32}", f"/import/{'0' * 32}%00/preview", "/static/..%2fguard.py",
        "/static/%2fetc%2fpasswd", "/static/..%5cguard.py", "/runs/..%2f..%2fledger.db", "/runs/1'%20OR%20'1'='1",
        "/runs/%00/report.xlsx", "/invoices/imp-'%20OR%20'1'='1", "/invoices/%00", "/invoices/..%2f..%2fetc", "/%ff%fe",
        "//evil.example/", "/docs", "/openapi.json", "/ledger.db", "/uploads/",
    ):  # fmt: skip
        yield told(f"climbing: {path}", target.ask("GET", path), 404, never="root:")
    for name, record in (("another account", {"account": "other"}), ("odd record", {"account": ["default"]})):
        work = target.uploads / os.urandom(16).hex()
        work.mkdir()
        (work / "work.json").write_text(json.dumps({"id": work.name, "files": [], "profile": "demo", **record}))
        for step in ("preview", "confirm", "progress", "events"):
            yield told(f"work of {name}: {step}", target.ask("GET", f"/import/{work.name}/{step}"), 404, never="")
        discarded = target.form(f"/import/{work.name}/discard")
        yield Verdict(f"work of {name}: discard", discarded.status == 404 and work.exists(), str(discarded.status))
        shutil.rmtree(work)
    yield told("work behind a symbolic link", _linked(target), 404, never="")
    run, identity = _foreign_run(target)
    for path in (f"/runs/{run}", f"/runs/{run}/credit.csv", f"/runs/{run}/report.xlsx", f"/invoices/{identity}"):
        yield told(f"of another Facturalia: {path[:9]}", target.ask("GET", path), 404, never="Voorbeeld")
    decided = target.form(f"/invoices/{identity}", as_="hold", reason="mine")
    yield told("a decision on another Facturalia's invoice", decided, 404, never="")


def elsewhere(target: Target) -> Iterator[Verdict]:
    """Answers that would send a browser, or this server, to another place."""
    for back in ("//evil.example", "/%5Cevil.example", "%5C%5Cevil.example", "https://evil.example", "/%09/evil.example",
                 "javascript:alert(1)", "///evil.example", "http:evil.example", "/%0D%0ASet-Cookie:%20evil=1", "%0A//evil.example",
                 "/%0A/evil.example", "%20//evil.example"):  # fmt: skip
        answer = target.ask("GET", f"/language/nl?back={back}")
        to = answer.header("location")
        inside = re.fullmatch(r"/(?![/\\])[^\s\\]*", to) is not None and "evil=1" not in answer.header("set-cookie")
        yield Verdict(f"redirect to {back}", inside and not answer.faults(), f"{answer.status} to {to}")
    with _listener() as (port, seen):
        address = f"http://127.0.0.1:{port}/x"
        work = location(target.upload(("unknown.csv", f'a;b\r\n=WEBSERVICE("{address}");2\r\n'.encode())))
        for name, answer in (
            ("the account", target.form("/import", account=address)),
            ("the profile", target.form(f"{work}/profile", profile=address)),
            ("a profile by path", target.form(f"{work}/profile", profile="../../../etc/passwd")),
            ("a profile by absolute path", target.form(f"{work}/profile", profile="/etc/passwd.yaml")),
            ("a profile by file address", target.form(f"{work}/profile", profile="file:///etc/passwd")),
            ("an entity of a workbook", target.upload(("entity.xlsx", _calling(address)))),
            ("a base URL in the form", target.form(f"{work}/profile", profile="x", IMPORTER_BASE_URL=address, base_url=address)),
            ("an absolute address", target.ask("GET", address)),
        ):  # fmt: skip
            yield told(f"SSRF by {name}", answer, 404, 422, never="root:")
        time.sleep(0.1)
        yield Verdict("nobody was called", not seen, f"{len(seen)} connections")
    for name, headers in (
        ("a language as markup", {"Accept-Language": '"><script>alert(1)</script>,nl;q=nan,fr;q=1e999'}),
        ("cookies as markup", {"Cookie": f"{target.cookie}; importer_language=<script>; importer_account=%0d%0aX:y"}),
        ("a Referer as markup", {"Referer": "javascript:alert(1)"}),
    ):
        yield told(name, target.ask("GET", "/", headers), 200, never="<script>")
    for name, cookie in (
        ("odd cookies beside ours", f'a b="c;{{}}; {target.cookie}; x=\\'),
        ("ours twice", f"importer_session=x; {target.cookie}"),
    ):
        yield told(name, target.ask("GET", "/", cookie=cookie), 200, never="")


def posting(target: Target) -> Iterator[Verdict]:
    """Forms that would post what nobody has looked at, or post it twice."""
    work = location(target.upload(("maart.csv", SAMPLE.read_bytes())))
    digest = digest_of(target.ask("GET", f"{work}/confirm"))
    other = location(target.upload(("april.csv", SAMPLE.read_bytes().replace(b"2026-03", b"2026-04"))))
    for name, wrong in (
        ("of another plan", digest_of(target.ask("GET", f"{other}/confirm"))), ("invented", f"sha256:{'0' * 64}"),
        ("empty", ""), ("cut short", digest[:-1]), ("with NUL", f"{digest}\0"),
    ):  # fmt: skip
        yield told(f"digest {name}", target.form(f"{work}/confirm", digest=wrong), 409, 422, never="")
    yield told("no digest", target.form(f"{work}/confirm"), 422, never="")
    for step in ("go-on", "stop", "retry", "discard", "again"):
        yield told(f"{step} by GET", target.ask("GET", f"{work}/{step}"), 405, never="")
    target.form(f"{work}/go-on")
    target.form(f"{work}/stop")
    yield Verdict("nothing was sent", target.sandbox.count() == 0, f"{target.sandbox.count()} invoices")
    statuses = at_once(lambda: target.form(f"{work}/confirm", digest=digest, limit="1"))
    yield Verdict("one trial confirmed 8 times at once", statuses <= {303, 409}, f"{sorted(statuses)}")
    settle(target, work)
    yield Verdict("it was sent once", _sent(target) == (1, 1), f"{_sent(target)} invoices, requests")
    statuses = at_once(lambda: target.form(f"{work}/go-on"))
    settle(target, work)
    yield Verdict("go on 8 times at once", _sent(target) == (INVOICES, INVOICES), f"{_sent(target)} {sorted(statuses)}")
    again = location(target.upload(("maart.csv", SAMPLE.read_bytes())))
    digest = digest_of(target.ask("GET", f"{other}/confirm"))
    target.form(f"{again}/confirm", digest=digest)
    yield Verdict("the same file again", _sent(target) == (INVOICES, INVOICES), f"{_sent(target)} invoices, requests")


def digest_of(page: Answer) -> str:
    """The digest that stands in the form of a page; empty if none does."""
    found = re.search(r'name="digest" value="([^"]*)"', page.body)
    return found[1] if found else ""


def at_once(ask: Callable[[], Answer]) -> set[int]:
    """The statuses of the same form sent by several browsers at the same moment."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as browsers:
        return {answer.status for answer in browsers.map(lambda _: ask(), range(AT_ONCE))}


def settle(target: Target, work: str) -> Answer:
    """Wait until a work is no longer being posted; the last state of its page."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        answer = target.ask("GET", f"{work}/progress")
        if answer.status == 303 or "/stop" not in answer.body:
            return answer
        time.sleep(0.05)
    raise TimeoutError(work)


def _sent(target: Target) -> tuple[int, int]:
    return target.sandbox.count(), len(target.sandbox.requests())


def _linked(target: Target) -> Answer:
    outside = target.folder / "outside"
    outside.mkdir()
    name = os.urandom(16).hex()
    (outside / "work.json").write_text(json.dumps({"id": name, "account": "default", "files": [], "profile": "demo"}))
    (target.uploads / name).symlink_to(outside, target_is_directory=True)
    return target.ask("GET", f"/import/{name}/preview")


def _foreign_run(target: Target) -> tuple[str, str]:
    """A run and an invoice in the same ledger, sent to another Facturalia."""
    with running(SandboxSettings(api_key=KEY)) as another:
        env = {
            **os.environ, "IMPORTER_LEDGER_URL": f"sqlite:///{target.folder / 'ledger.db'}",
            "IMPORTER_BASE_URL": another.base_url, "IMPORTER_API_KEY": KEY, "TMPDIR": str(target.folder),
        }  # fmt: skip
        said = subprocess.run(
            [IMPORTER, "import", str(SAMPLE), "-m", "demo", "--yes", "--json"],
            cwd=target.folder, env=env, check=True, capture_output=True, text=True,
        )  # fmt: skip
        identity = another.requests()[0].external_id
    return str(json.loads(said.stdout)["run"]), identity


def _calling(address: str) -> bytes:
    """A workbook whose sheet wants something from an address."""
    sheet = f'<!DOCTYPE x SYSTEM "{address}" [<!ENTITY % e SYSTEM "{address}">%e;]><worksheet xmlns="{MAIN}"><sheetData/></worksheet>'
    return workbook(sheet.encode())


@contextlib.contextmanager
def _listener() -> Iterator[tuple[int, list[object]]]:
    """A port that notes who connects."""
    seen: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        ended = threading.Event()

        def listen() -> None:
            while not ended.is_set():
                with contextlib.suppress(TimeoutError):
                    wire, address = server.accept()
                    seen.append(address)
                    wire.close()

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield server.getsockname()[1], seen
        finally:
            ended.set()
            thread.join()
