"""The judge of the campaigns is tried itself: each kind of damage, planted, must be seen."""

import sqlite3
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from importer.facturalia.sandbox import SandboxSettings
from tests.faults.damage import contents
from tests.faults.traces import broken_promises
from tests.faults.verdict import Verdict
from tests.faults.world import World


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world in which a sender posted three invoices."""
    folder = tmp_path_factory.mktemp("judged")
    with World(folder, invoices=3, settings=SandboxSettings(keep_external_ids=False), number=False) as world:
        ended = world.run()
        assert ended.code == 0, ended
        yield world


@pytest.fixture
def world(done: World) -> Iterator[World]:
    """The same world for each test: its ledger is put back afterwards, and so is what the sandbox holds."""
    ledger = done.ledger.read_bytes()
    store = done.server.store._connection
    with closing(sqlite3.connect(":memory:")) as kept:
        store.backup(kept)
        yield done
        kept.backup(store)
    done.ledger.write_bytes(ledger)


def counts(verdict: Verdict) -> tuple[int, int, int, int]:
    """Lost, duplicated, corrupt, unknown."""
    return verdict.lost, verdict.duplicated, verdict.corrupt, verdict.unknown


def repeat(world: World, key: str) -> None:
    """Send the first invoice's bytes once more under a key."""
    request = urllib.request.Request(  # noqa: S310 - http to loopback
        f"{world.server.base_url}/invoices",
        data=world.server.invoices()[0].body,
        headers={
            "Authorization": f"Bearer {world.server.api_key}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - same
        answer.read()


def test_an_undisturbed_run_is_judged_good(world: World) -> None:
    """Where nothing was planted, nothing is found."""
    verdict = world.judge()
    assert counts(verdict) == (0, 0, 0, 0)
    assert verdict.good


def test_a_second_invoice_is_seen(world: World) -> None:
    """Two invoices of one identity are a duplicate."""
    repeat(world, "another-key")
    assert counts(world.judge())[1] == 1


def test_a_second_key_is_seen_even_where_the_server_forgave_it(world: World) -> None:
    """A new key for an identity counts as a duplicate though the server made nothing of it."""
    first = world.server.requests()[0]
    with world.server.store.transaction() as step:
        step._connection.execute("UPDATE requests SET key = 'other' WHERE id = 1")
    assert first.key != "other"
    repeat(world, first.key)  # a replay: the server makes no second invoice
    assert world.server.count() == 3
    assert counts(world.judge())[1] == 1


def test_a_missing_invoice_is_seen(world: World) -> None:
    """An invoice that the ledger calls posted and the server does not hold is lost."""
    with world.server.store.transaction() as step:
        step._connection.execute("DELETE FROM claims WHERE invoice = 2")
        step._connection.execute("DELETE FROM invoices WHERE id = 2")
    assert counts(world.judge())[0] == 1


def test_a_changed_ledger_is_seen(world: World) -> None:
    """A row edited by hand is corrupt."""
    with closing(sqlite3.connect(world.ledger)) as raw, raw:
        raw.execute("UPDATE invoices SET remote_id = 'x' WHERE id = 1")
    assert counts(world.judge())[2] > 0


def test_a_ledger_that_is_gone_is_seen(world: World) -> None:
    """A ledger without the invoices that the server holds is corrupt."""
    world.ledger.unlink()
    assert counts(world.judge())[2] == 3


def edit(world: World, *statements: str) -> None:
    """Change the ledger by hand."""
    with closing(sqlite3.connect(world.ledger)) as raw, raw:
        for statement in statements:
            raw.execute(statement)


def test_a_request_without_an_intent_is_seen(world: World) -> None:
    """An attempt that the ledger does not hold was sent unannounced; a ledger that was lost cannot be asked."""
    edit(world, "DELETE FROM attempts WHERE invoice = 2")
    assert "1 requests left without an intent in the ledger" in world.judge().broken
    assert world.judge(whole=False).broken == []


def test_a_second_request_needs_an_intent_of_its_own(world: World) -> None:
    """One intent does not cover a repetition, though the server makes nothing of it."""
    repeat(world, world.server.requests()[0].key)
    verdict = world.judge()
    assert counts(verdict) == (0, 0, 0, 0)
    assert verdict.broken == ["1 requests left without an intent in the ledger"]


def test_a_request_called_not_sent_is_seen(world: World) -> None:
    """What the ledger says never left must not have arrived; what was answered with "not executed" did."""
    edit(world, "UPDATE attempts SET result = 'not-sent', status = 429 WHERE id = 2")
    asked = [seen.external_id for seen in world.server.requests()]
    assert broken_promises(world.ledger, asked, in_hand=3) == []
    edit(world, "UPDATE attempts SET status = 0 WHERE id = 2")
    assert broken_promises(world.ledger, asked, in_hand=3) == ["1 requests arrived that the ledger calls not sent"]


def test_outcomes_that_were_never_written_are_seen(world: World) -> None:
    """A run that was killed may have left as many attempts open as it had in hand, and not one more."""
    edit(world, "UPDATE attempts SET code = 'no-record'")
    assert broken_promises(world.ledger, [], in_hand=3) == []
    assert broken_promises(world.ledger, [], in_hand=2) == [
        "a run left 3 attempts without their outcome; it has at most 2 in hand"
    ]


def test_two_runs_at_once_are_seen(world: World) -> None:
    """A run of an account is over before the next one sends: between two of its attempts there is no other's."""
    edit(
        world,
        "INSERT INTO runs SELECT 'other', account, command, profile, plan_digest, importer_version, started_at, "
        "finished_at, exit_code, summary FROM runs",
        "UPDATE attempts SET run = 'other' WHERE id = 3",
    )
    assert broken_promises(world.ledger, [], in_hand=3) == []
    edit(world, "UPDATE attempts SET run = 'other' WHERE id = 1")
    assert broken_promises(world.ledger, [], in_hand=3) == [
        "1 times a run sent between two attempts of another run of its account"
    ]


def test_two_accounts_may_send_at_once(world: World) -> None:
    """Runs of different accounts take no turns: their attempts may stand in any order."""
    edit(
        world,
        "INSERT INTO accounts (origin, name) VALUES ('https://invoices.example', 'second')",
        "INSERT INTO runs SELECT 'other', (SELECT max(id) FROM accounts), command, profile, plan_digest, "
        "importer_version, started_at, finished_at, exit_code, summary FROM runs",
        "UPDATE attempts SET run = 'other' WHERE id = 2",
    )
    assert broken_promises(world.ledger, [], in_hand=3) == []


def test_contents_tell_copies_from_changed_ones(world: World, tmp_path: Path) -> None:
    """Equal databases have equal contents; one changed value makes them differ, and so does a file that is none."""
    copy = tmp_path / "copy.db"
    copy.write_bytes(world.ledger.read_bytes())
    original = contents(world.ledger)
    assert contents(copy) == original
    with closing(sqlite3.connect(copy)) as raw, raw:
        raw.execute("UPDATE invoices SET lines = lines + 1 WHERE id = 3")
    assert contents(copy) != original
    copy.write_bytes(b"nothing")
    assert contents(copy) is None
