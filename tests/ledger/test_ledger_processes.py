import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from importer.domain.identity import Account
from importer.domain.records import PlanItem
from importer.domain.states import PlanClass, State
from importer.errors import LedgerBusy, LedgerError
from importer.ledger.backup import backup
from importer.ledger.database import Database, JournalChoice
from importer.ledger.health import health
from importer.ledger.purge import purge
from importer.ledger.store import Ledger
from importer.ledger.verify import verify
from tests.ledger.builders import (
    ACCOUNT,
    PROFILE,
    START,
    TestClock,
    begin,
    frozen,
    ledger_at,
    plan_of,
    queued,
    run_to,
    stored,
)

ROOT = Path(__file__).parents[2]
PROCESSES = 4
EACH = 40

COMMON = """
import sys, time, pathlib
sys.path.insert(0, {root!r})
from importer.domain.states import State
from tests.ledger.builders import *
path = pathlib.Path(sys.argv[1])
"""

WORKER = """
number = int(sys.argv[2])
ledger = ledger_at(path)
print("open", flush=True)
sys.stdin.readline()
run = stored(ledger, *(f"P{number}-{each}" for each in range(int(sys.argv[3]))))
for each in ledger.queue(ACCOUNT, run=run, states=[State.READY]):
    attempt = attempt_of(each, run)
    ledger.write(attempt).result(120)
    ledger.write(outcome_of(attempt, State.POSTED, remote_id=each.label)).result(120)
ledger.close()
print("done", flush=True)
"""

ENDLESS = """
ledger = ledger_at(path)
run = stored(ledger, *(f"N{each}" for each in range(2000)))
for each in ledger.queue(ACCOUNT, run=run, states=[State.READY]):
    attempt = attempt_of(each, run)
    ledger.write(attempt).result(120)
    print("attempt", each.external_id, flush=True)
    ledger.write(outcome_of(attempt, State.POSTED, remote_id=each.external_id)).result(120)
    print("posted", each.external_id, flush=True)
"""

HOLD_AND_START_CHILD = """
import subprocess
ledger = ledger_at(path)
with ledger.lock_sender(ACCOUNT):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], close_fds=False)
    print(child.pid, flush=True)
    time.sleep(60)
"""


def start(code: str, *arguments: object) -> "subprocess.Popen[str]":
    """A process of its own that runs `code`."""
    command = [sys.executable, "-c", COMMON.format(root=str(ROOT)) + code, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_four_processes_write_one_ledger(tmp_path: Path) -> None:
    """Four processes that open, plan and post at once in one file meet no "database is locked" and lose nothing."""
    path = tmp_path / "ledger.sqlite"
    workers = [start(WORKER, path, number, EACH) for number in range(PROCESSES)]  # all make the file at the same time
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "open\n"
    ended = _all(workers)
    assert [out for out, _ in ended] == ["done\n"] * PROCESSES, [err for _, err in ended]
    with ledger_at(path) as ledger:
        assert ledger.counts()[State.POSTED] == PROCESSES * EACH
        assert len(ledger.runs()) == PROCESSES
        assert verify(ledger.database) == []


def _all(workers: "list[subprocess.Popen[str]]") -> list[tuple[str, str]]:
    """Let all workers go at once, then wait for each."""
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    return [worker.communicate(timeout=180) for worker in workers]


@pytest.mark.parametrize("after", [1, 7, 18])
def test_a_killed_writer_leaves_what_it_acknowledged(tmp_path: Path, after: int) -> None:
    """After SIGKILL the ledger opens, verifies, and holds every transition that was acknowledged before."""
    path = tmp_path / "ledger.sqlite"
    worker = start(ENDLESS, path)
    assert worker.stdout is not None
    lines = [worker.stdout.readline().split() for _ in range(after)]
    worker.send_signal(signal.SIGKILL)
    rest, _ = worker.communicate(timeout=60)
    lines += [line.split() for line in rest.splitlines() if line.count(" ") == 1 and len(line.split()[1]) == 36]
    with ledger_at(path) as ledger:
        assert verify(ledger.database) == []
        posted = {identity for word, identity in lines if word == "posted"}
        tried = {identity for word, identity in lines if word == "attempt"}
        records = {each.external_id: each for each in ledger.invoice_records(ledger.runs()[0].run)}
        assert len(records) == 2000
        assert all(records[identity].state is State.POSTED for identity in posted)
        assert all(records[identity].state in {State.POSTED, State.SENDING} for identity in tried)
        left = ledger.queue(ACCOUNT, states=[State.SENDING])
        assert len(left) <= 1
        assert all(each.ambiguous and each.first_attempt_at for each in left)


def test_a_kill_between_attempt_and_outcome_leaves_sending(tmp_path: Path) -> None:
    """An attempt whose process died is sending, ambiguous, and can be replayed with the same bytes and key."""
    path = tmp_path / "ledger.sqlite"
    code = """
ledger = ledger_at(path)
stored(ledger, "A")
ledger.write(attempt_of(queued(ledger, "A"))).result(60)
print("sent", flush=True)
time.sleep(60)
"""
    worker = start(code, path)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "sent\n"
    worker.send_signal(signal.SIGKILL)
    worker.communicate(timeout=60)
    with ledger_at(path) as ledger:
        found = queued(ledger, "A")
        assert (found.state, found.ambiguous, found.body) == (State.SENDING, True, frozen("A").body)
        run_to(ledger, "A", State.POSTED)
        assert verify(ledger.database) == []


def test_one_sender_at_a_time(tmp_path: Path) -> None:
    """A second sender of the account gives way with exit code 3; another account, or a later sender, goes on."""
    path = tmp_path / "ledger.sqlite"
    with ledger_at(path) as one, ledger_at(path) as two:
        with one.lock_sender(ACCOUNT):
            with pytest.raises(LedgerBusy) as caught, two.lock_sender(ACCOUNT, wait=0.05):
                pass
            with two.lock_sender(Account(ACCOUNT.origin, "second"), wait=0):
                pass
            with one.lock_sender(ACCOUNT, wait=0):
                pass
        with two.lock_sender(ACCOUNT, wait=0):
            pass
    assert (caught.value.code, caught.value.exit_code) == ("sender-active", 3)


def test_two_threads_are_two_senders(tmp_path: Path) -> None:
    """The lock is of one thread: another thread of the same ledger does not pass by."""
    with ledger_at(tmp_path / "ledger.sqlite") as ledger, ledger.lock_sender(ACCOUNT):
        caught: list[str] = []

        def other() -> None:
            try:
                with ledger.lock_sender(ACCOUNT, wait=0.05):
                    caught.append("passed")
            except LedgerBusy as error:
                caught.append(error.code)

        thread = threading.Thread(target=other)
        thread.start()
        thread.join(10)
        assert caught == ["sender-active"]


def test_the_sender_lock_dies_with_its_process(tmp_path: Path) -> None:
    """After SIGKILL of the sender its lock is free, even while a program it started lives on."""
    path = tmp_path / "ledger.sqlite"
    worker = start(HOLD_AND_START_CHILD, path)
    assert worker.stdout is not None
    child = int(worker.stdout.readline())
    try:
        with ledger_at(path) as ledger:
            with pytest.raises(LedgerBusy), ledger.lock_sender(ACCOUNT, wait=0.05):
                pass
            worker.send_signal(signal.SIGKILL)
            worker.wait(30)
            os.kill(child, 0)  # it lives
            with ledger.lock_sender(ACCOUNT, wait=5):
                pass
    finally:
        os.kill(child, signal.SIGKILL)
        worker.communicate(timeout=30)


def test_a_plan_of_thousands_is_stored_and_read_in_seconds(tmp_path: Path) -> None:
    """Storing and asking for 5,000 invoices takes a small part of the time a person would notice."""
    with ledger_at(tmp_path / "ledger.sqlite") as ledger:
        items = [PlanItem(frozen(f"N{number}", first=number + 2), PlanClass.NEW) for number in range(5_000)]
        run = begin(ledger)
        began = time.monotonic()
        ledger.store_plan(run, ACCOUNT, "acme", PROFILE, plan_of(items))
        assert (
            len(ledger.snapshot(ACCOUNT, {each.frozen.external_id: each.frozen.digest for each in items}).known)
            == 5_000
        )
        assert len(ledger.run_rows(run)) == 5_000
        assert time.monotonic() - began < 10


def test_a_reader_sees_whole_plans_only(tmp_path: Path) -> None:
    """While a plan is being stored, others see nothing of it."""
    path = tmp_path / "ledger.sqlite"
    with ledger_at(path) as ledger, ledger.database.writing() as connection:
        connection.exec_driver_sql("INSERT INTO accounts (id, origin, name) VALUES (7, 'x', 'y')")
        other = sqlite3.connect(path)
        assert other.execute("SELECT count(*) FROM accounts").fetchone() == (0,)
        other.close()


def test_the_write_ahead_log_keeps_the_same_promises(tmp_path: Path) -> None:
    """On a mended SQLite the log is used: readers never wait, transitions are durable, backups and purges are whole."""
    path = tmp_path / "ledger.sqlite"
    ledger_at(path).close()
    database = Database(path, choice=JournalChoice("WAL", "FULL"))
    with Ledger(database, clock=TestClock(), threaded=True) as ledger:
        run = stored(ledger, "A", "B")
        run_to(ledger, "A", State.POSTED, run=run)
        assert (health(database).journal_mode, health(database).synchronous) == ("WAL", "FULL")
        with database.writing(), database.reading() as reader:
            assert reader.exec_driver_sql("SELECT count(*) FROM invoices").scalar() == 2
        backup(database, tmp_path / "copy.sqlite")
        purge(database, before=START + timedelta(days=1), clock=TestClock())
        assert verify(database) == []
        assert "Zoë".encode() in (tmp_path / "copy.sqlite").read_bytes()
    with ledger_at(tmp_path / "copy.sqlite") as copy:
        assert copy.counts()[State.POSTED] == 1
        assert verify(copy.database) == []


def test_programs_with_different_sqlite_never_mix_journals(tmp_path: Path) -> None:
    """While one program has the log open, another that may not use it is refused; alone, it turns the log off."""
    path = tmp_path / "ledger.sqlite"
    ledger_at(path).close()
    new = Database(path, choice=JournalChoice("WAL", "FULL"))
    old = Database(path, choice=JournalChoice("DELETE", "EXTRA"), busy=0.05)
    with new.reading() as connection:
        connection.exec_driver_sql("SELECT * FROM invoices")
        with pytest.raises(LedgerError) as caught, old.reading():
            pass
    assert caught.value.code in {"ledger-locked", "ledger-not-durable"}
    new.close()
    with old.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "delete"
    old.close()
