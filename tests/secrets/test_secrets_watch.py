"""The watch over the whole session is tried itself: leaks planted in a small session of its own must fail it, each of them."""

import base64
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from importer.facturalia.sandbox import DEFAULT_API_KEY
from tests.secrets.allowed import ALLOWED, reason
from tests.secrets.canaries import CANARIES, KEY, NAME
from tests.secrets.everywhere.canary_notes import Canary, Sighting, command_of

ROOT = Path(__file__).resolve().parents[2]
PYTHON = Path(sys.executable).name
# other canaries than those of this session, which must not take the planted leaks for its own
CONFTEST = """
import pytest
from tests.secrets.everywhere.canary_notes import Canary
from tests.secrets.watch import Watch

@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    canaries = (Canary("key", ("Koolmees77Qx",)), Canary("name", ("Pimpelmeeshof",)))
    config.pluginmanager.register(Watch(config, canaries), "canaries")
"""
COMMON = """
import contextlib, logging, os, shutil, sqlite3, subprocess, sys, tempfile, zipfile
from pathlib import Path
import pytest
from importer.errors import SettingsError
from importer.domain.records import PlanItem
from importer.domain.states import PlanClass, State
from tests.ledger.builders import ACCOUNT, PROFILE, begin, frozen, ledger_at, plan_of, run_to, stored

KEY = "fac_live_Koolmees77Qx"
NAME = "Pimpelmeeshof NV"

def python(code, **more):
    return subprocess.run([sys.executable, "-c", code], env={**os.environ, "KEY": KEY, "NAME": NAME}, check=True, **more)

def a_ledger(path, customer="Jan"):
    with ledger_at(path) as ledger:
        item = PlanItem(frozen("A", customer=customer), PlanClass.NEW)
        ledger.store_plan(begin(ledger), ACCOUNT, "acme", PROFILE, plan_of([item]))
        run_to(ledger, "A", State.POSTED)

def change(path, statement):
    with contextlib.closing(sqlite3.connect(path)) as opened, opened:
        for (trigger,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            opened.execute(f"DROP TRIGGER {trigger}")
        opened.execute(statement)
"""


class Planted(NamedTuple):
    """A body for a test, and where the watch must see what: `KIND in: PLACE`."""

    body: str
    seen: str


LEAKS = {
    "log_line": Planted('logging.getLogger("x").warning("sent with %s", KEY)', "key in: log x"),
    "log_of_an_exception": Planted(
        """
    try:
        raise ValueError(NAME)
    except ValueError:
        logging.getLogger("y").debug("failed", exc_info=True)
""",
        "name in: log y",
    ),
    "log_that_reaches_no_root": Planted(
        """
    logger = logging.getLogger("z")
    logger.propagate = False
    logger.info(KEY)
""",
        "key in: log z",
    ),
    "log_of_a_process": Planted(
        """python("import logging, os; logging.getLogger('child').debug(os.environ['KEY'])")""", "key in: log child"
    ),
    "arguments": Planted('subprocess.run(["true", KEY.upper()], check=True)', "key in: argv"),
    "arguments_of_a_process_of_a_process": Planted(
        """os.system(f'"{sys.executable}" -c pass "{NAME}"')""", "name in: argv"
    ),
    "standard_output": Planted(
        """python("import os; print(os.environ['KEY'])", capture_output=True)""", f"key in: stdout {PYTHON}"
    ),
    "standard_error": Planted(
        """python("import os, sys; print(os.environ['NAME'], file=sys.stderr)", capture_output=True)""",
        f"name in: stderr {PYTHON}",
    ),
    "print": Planted("print(KEY)", "key in: stdout of a test"),
    "refusal": Planted(
        """
    with pytest.raises(SettingsError):
        raise SettingsError("bad-key", "No.", fix=f"Not {KEY}.")
""",
        "key in: error bad-key",
    ),
    "trace_of_a_bug": Planted(
        """
    with tempfile.NamedTemporaryFile("w", prefix="importer-bug-", suffix=".txt", delete=False) as file:
        file.write(KEY)
    os.rename(file.name, Path(file.name).with_name("importer-bug-1.txt"))
""",
        "key in: file importer-bug-1.txt",
    ),
    "stray_file": Planted('(tmp_path / "left.tmp").write_text(NAME, encoding="utf-16-le")', "name in: file left.tmp"),
    "half_hidden_key": Planted(
        'import base64; (tmp_path / "h.txt").write_bytes(base64.b64encode(f"Bearer {KEY}".encode()))',
        "key in: file h.txt",
    ),
    "name_of_a_file": Planted('(tmp_path / f"{NAME}.csv").touch()', "name in: name of a file"),
    "event": Planted(
        """
    a_ledger(tmp_path / "a.db")
    change(tmp_path / "a.db", f"UPDATE events SET data = '{NAME}' WHERE seq = 2")
""",
        "name in: ledger events.data",
    ),
    "identity": Planted(
        """
    a_ledger(tmp_path / "b.db")
    change(tmp_path / "b.db", f"UPDATE invoices SET idempotency_key = '{NAME}'")
""",
        "name in: ledger invoices.idempotency_key",
    ),
    "detail_of_an_attempt": Planted(
        """
    a_ledger(tmp_path / "c.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "c.db")) as opened:
        opened.execute("PRAGMA journal_mode = wal")
        with opened:
            opened.execute("UPDATE attempts SET detail = ?", (NAME,))
        (tmp_path / "copy").mkdir()
        for beside in ("c.db", "c.db-wal"):  # as a killed process leaves them
            shutil.copy(tmp_path / beside, tmp_path / "copy")
    change(tmp_path / "c.db", "UPDATE attempts SET detail = ''")
    with contextlib.closing(sqlite3.connect(tmp_path / "c.db")) as opened:
        opened.execute("VACUUM")
""",
        "name in: ledger attempts.detail",
    ),
    "key_in_a_ledger": Planted('a_ledger(tmp_path / "d.db", customer=KEY)', "key in: file d.db"),
    "key_in_a_report": Planted(
        """
    with zipfile.ZipFile(tmp_path / "r.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/sharedStrings.xml", KEY)
""",
        "key in: file r.xlsx",
    ),
}
ALLOWED_ONES = """
def test_places_that_are_allowed(tmp_path):
    a_ledger(tmp_path / "ledger.db", customer=NAME)
    (tmp_path / "maart.csv").write_text(NAME)
    (tmp_path / "key").write_text(KEY)
    (tmp_path / ".env").write_text(f"IMPORTER_API_KEY={KEY}")
    python("pass")
"""


def session(folder: Path, tests: str, *options: str) -> tuple[int, str]:
    """Exit code and output of a pytest session of its own over these tests."""
    (folder / "pytest.ini").write_text(f"[pytest]\npythonpath = {ROOT}\n")
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_planted.py").write_text(COMMON + tests)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "xdist.plugin", "--basetemp", str(folder / "base"), *options],
        cwd=folder,
        # the plugins of the other tests take seconds to load
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_each_planted_leak_is_seen_and_nothing_else(tmp_path: Path) -> None:
    """Keys and names in logs, arguments, output, refusals, traces, files, ledgers and reports fail the session, one by one."""
    tests = "".join(f"\ndef test_{name}(tmp_path):\n    {planted.body.strip()}\n" for name, planted in LEAKS.items())

    code, told = session(tmp_path, tests + ALLOWED_ONES, "-n", "0")

    found = Counter(re.findall(r"^\w+ in: .*$", told, re.MULTILINE))
    assert set(found) == {planted.seen for planted in LEAKS.values()}, told
    assert f"{len(LEAKS) + 1} passed" in told
    assert "1 failed" in told
    assert code == pytest.ExitCode.TESTS_FAILED
    assert "Koolmees77Qx" not in told
    assert "test_planted.py::test_log_line" in told  # which test it was


def test_a_leak_in_a_worker_fails_the_whole_session(tmp_path: Path) -> None:
    """With xdist the workers only take notes; the session is failed by the controller."""
    tests = "\ndef test_quiet():\n    pass\n\ndef test_loud(tmp_path):\n    print(KEY)\n    (tmp_path / 'x.txt').write_text(NAME)\n"

    code, told = session(tmp_path, tests, "-n", "1", "-q")

    # pytest says them again in its summary, in whole on a build server
    found = list(dict.fromkeys(re.findall(r"^\w+ in: .*$", told, re.MULTILINE)))
    assert found == ["key in: stdout of a test", "name in: file x.txt"], told
    assert "1 failed, 2 passed" in told
    assert code == pytest.ExitCode.TESTS_FAILED


def test_a_session_without_a_leak_passes(tmp_path: Path) -> None:
    """What is in its place fails nothing, and the session says how much it looked through."""
    code, told = session(tmp_path, ALLOWED_ONES, "-n", "0")

    assert code == pytest.ExitCode.OK, told
    assert re.search(r"^canaries: [1-9]\d* texts and files .* 0 leaks$", told, re.MULTILINE), told


@pytest.mark.parametrize("before", ["", "B", "Be", "Bearer "])
@pytest.mark.parametrize("after", ["", "\n", "xy"])
def test_a_canary_is_known_in_disguise(before: str, after: str) -> None:
    """In small or large letters, in UTF-16, hex and base64, wherever it stands, a mark is found; and only there."""
    canary = Canary("key", ("Kwikstaart9Zx",))
    raw = f"{before}Kwikstaart9Zx{after}".encode()
    disguises = [
        raw,
        raw.lower(),
        raw.upper(),
        raw.decode().encode("utf-16-le"),
        raw.hex().encode(),
        base64.b64encode(raw),
    ]
    assert all(canary.within(disguise) for disguise in disguises)
    assert not canary.within(b"Kwikstaart9Zy " + base64.b64encode(b"Kwikstaal" + raw[:2]))


def test_the_canaries_of_this_session_are_known_by_their_marks() -> None:
    """The key and the name that the tests use are what is hunted; half of the key is enough."""
    hunted = {canary.kind: canary for canary in CANARIES}
    assert hunted["key"].within(KEY.encode())
    assert hunted["key"].within(KEY[:20].encode())
    assert hunted["key"].within(KEY[-10:].encode())
    assert hunted["sandbox key"].within(DEFAULT_API_KEY.encode())
    assert hunted["name"].within(NAME.encode("windows-1252"))
    assert not any(canary.within(b"Caf\xc3\xa9 Zo\xc3\xab BV fac_live_") for canary in CANARIES)


def test_the_table_of_places_allows_no_more_than_it_says() -> None:
    """Every rule has a reason; logs, arguments, refusals, traces, events and identities are open to nobody."""
    assert all(len(one.reason) > 5 for one in ALLOWED)
    closed = ["log importer", "argv", "error bad-key", "file importer-bug-1.txt", "name of a file", "stderr check",
              "ledger events.data", "ledger invoices.external_id", "ledger invoices.label", "ledger attempts.detail"]  # fmt: skip
    for kind in ("key", "sandbox key", "name"):
        assert not [place for place in closed if reason(Sighting(kind, place, "", ""))]
    assert not [one for one in ALLOWED if one.kind == "key" and one.place.startswith(("ledger", "stdout", "file *"))]


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("/bin/importer check maart.csv -m demo", "check"),
        ("/bin/importer ledger verify --json", "ledger verify"),
        ("strace -f /bin/importer --version", ""),
        ("ledger backup copy.db", "ledger backup"),
        ("/usr/bin/python3 -c pass", "python3"),
        ("", ""),
    ],
)
def test_commands_are_told_apart(line: str, command: str) -> None:
    """What is printed is judged by the command that printed it."""
    assert command_of(line.split()) == command
