"""What random search finds too seldom, or never: one scene for each, with the whole world of the simulation around it."""

import random
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from importer import pipeline
from importer.domain.identity import Account
from importer.domain.records import Attempt
from importer.domain.states import State
from importer.errors import LedgerBusy
from importer.facturalia.reply import Answer, Reply
from importer.ledger.store import Ledger, open_ledger
from importer.stations.plan import freeze_invoices
from importer.stations.submit import SubmitSettings, submit
from tests.faults.simulation.process import HOUR, Kind, SimulatedClock, Trouble
from tests.faults.simulation.server import Behaviour, Fault
from tests.faults.simulation.source import KEYS, Item, deal
from tests.faults.simulation.stage import Stage
from tests.faults.simulation.watch import Name
from tests.faults.simulation.world import ORIGIN, Setup, World

ONE = (Item("1001"),)
FORGETS = Behaviour(key_hours=24, external_id="never")
NIGHT = 25 * HOUR


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """One database for all scenes, emptied for each."""
    built = Stage()
    yield built
    built.close()


def world_of(
    stage: Stage, *, numbered: bool = False, behaviour: Behaviour = FORGETS, has_product: bool = True
) -> World:
    """A world whose Facturalia forgets as soon as it may, unless told otherwise."""
    return World(stage, Setup(numbered, behaviour, has_product))


def only(world: World) -> tuple[Name, str]:
    """The one invoice of the ledger and its state."""
    ((name, row),) = world.watch.rows().items()
    return name, row.state


# --- intents, keys, bytes --------------------------------------------------------------------------------------------


def test_a_crash_at_any_door_leaves_one_invoice(stage: Stage) -> None:
    """Killed at each door of an import in turn, then run again: both invoices exist once, none is lost or unknown."""
    for door in count(1):
        world = world_of(stage)
        world.imports(
            "north", (Item("1001"), Item("1003")), faults=[Fault.LOST_AFTER], trouble=Trouble(Kind.CRASH, door)
        )
        if "  died" not in world.log:
            break
        world.check()
        assert world.ends().unknown == 0, f"door {door}"
        assert len(world.server.made) == 2, f"door {door}"
    assert door > 40


@pytest.mark.parametrize("kind", [Kind.DISK_FULL, Kind.DISK_FAILS])
def test_a_disk_that_fails_at_any_commit_leaves_one_invoice(stage: Stage, kind: Kind) -> None:
    """Whether the failed commit was made or not: nothing more is sent in that run, and the next one settles it."""
    for door in count(1, 3):
        world = world_of(stage)
        world.imports("north", (Item("1001"), Item("1003")), trouble=Trouble(kind, door))
        if not {"  ledger-io", "  ledger-write"} & set(world.log):
            break
        world.check()
        assert world.ends().unknown == 0, f"door {door}"
        assert len(world.server.made) == 2, f"door {door}"
    assert door > 40


def test_a_lost_ledger_makes_the_same_keys_again(stage: Stage) -> None:
    """Keys follow from the identity: with an empty ledger, inside the window, a second import makes no second invoice."""
    world = world_of(stage)
    world.imports("north", (Item("1001"), Item("1003")))
    server, time = world.server, world.time
    again = world_of(stage)
    again.server, again.time.true = server, time.true + HOUR
    summary = again.imports("north", (Item("1001"), Item("1003")))

    assert summary is not None
    assert (summary.invoices["posted"], summary.invoices["replayed"]) == (2, 2)
    assert len(server.made) == 2


def test_a_changed_file_does_not_change_what_is_under_way(stage: Stage) -> None:
    """While an attempt is unanswered only its stored bytes go again; the newer file is a change once it is posted."""
    world = world_of(stage)
    world.imports("north", ONE, faults=[Fault.LOST_AFTER] * 5)
    summary = world.imports("north", (Item("1001", "dearer"),))
    world.check()

    assert summary is not None
    assert (summary.recovered["posted"], summary.invoices["changed"], summary.exit) == (1, 1, 1)
    assert len(world.server.made) == 1


def test_totals_tell_of_what_was_sent_not_of_the_newer_file(stage: Stage) -> None:
    """A replay within an import of a changed file posts the stored bytes, so the run's totals are theirs."""
    world = world_of(stage)
    world.imports("north", ONE, faults=[Fault.LOST_AFTER] * 5)
    summary = world.imports("north", (Item("1001", "dearer"),), faults=[Fault.LOST_AFTER] * 5)
    ((_, row),) = world.watch.rows().items()

    assert summary is not None
    assert (summary.invoices["posted"], summary.totals.incl) == (1, row.incl)
    assert summary.file_totals.incl > row.incl


def test_a_posted_invoice_is_never_sent_again_however_the_file_changes(stage: Stage) -> None:
    """Dearer, a credit note, shuffled lines: each is told or known, none is sent."""
    world = world_of(stage)
    world.imports("north", ONE)
    posts = world.watch.posts
    told = []
    for version in ("dearer", "shuffled", "credit"):
        summary = world.imports("north", (Item("1001", version),))
        assert summary is not None
        told.append({name for name, count in summary.invoices.items() if count} - {"total"})
    world.check()

    assert told == [{"changed"}, {"already_posted"}, {"held"}]
    assert world.watch.posts == posts


def test_what_a_stored_failure_hides_is_left_to_a_person(stage: Stage) -> None:
    """A 500 that comes back under its key for ever is no reason for another key: unknown, one invoice."""
    world = world_of(stage)
    world.imports("north", ONE, faults=[Fault.STORED_AFTER])

    assert only(world)[1] == "unknown"
    assert world.ends().unknown == 1
    assert len(world.server.made) == 1


@pytest.mark.parametrize("numbered", [True, False])
def test_a_repeated_conflict_is_neither_a_success_nor_a_reason_for_another_key(stage: Stage, *, numbered: bool) -> None:
    """Where Facturalia says 409 twice and made nothing, the invoice is unknown; a person's look brings it in."""
    world = world_of(stage, numbered=numbered)
    world.imports("north", ONE, faults=[Fault.BUSY, Fault.BUSY])
    world.check()

    assert only(world)[1] == "unknown"
    assert world.ends().unknown == 1
    assert len(world.server.made) == 1


def test_a_rejection_after_doubt_does_not_raise_the_generation(stage: Stage) -> None:
    """An attempt that may have made it forbids another key, whatever the next answer says."""
    world = world_of(stage, has_product=False)
    world.imports("north", (Item("1002"),), faults=[Fault.LATE])
    name, state = only(world)
    world.makes_product()
    world.imports("north", (Item("1002"),))

    assert state == "unknown"
    assert world.watch.rows()[name].generation == 0
    world.ends()
    assert len(world.server.made) == 1


def test_a_mended_rejection_arrives_under_its_next_key(stage: Stage) -> None:
    """Facturalia keeps answering a rejected key as before; the next generation brings the invoice in."""
    world = world_of(stage, has_product=False)
    world.imports("north", (Item("1002"),))
    assert only(world)[1] == "rejected"
    world.makes_product()
    world.imports("north", (Item("1002"),))
    world.check()
    name, state = only(world)

    assert (state, world.watch.rows()[name].generation) == ("posted", 1)


def test_a_hold_between_plan_and_storing_stops_the_plan(stage: Stage) -> None:
    """A person holds an invoice while another looks at the plan: nothing of that plan is stored or sent."""
    world = world_of(stage)
    world.imports("north", ONE, limit=0)
    name, _ = only(world)
    assert world.imports("north", ONE, meanwhile=lambda: world.holds(name)) is None

    assert "  ledger-changed" in world.log
    assert (only(world)[1], world.watch.posts) == ("held", 0)


def test_redirects_stop_the_run(stage: Stage) -> None:
    """A redirect is doubtful, and a reason to send nothing more; the next run finds out."""
    world = world_of(stage)
    summary = world.imports("north", (Item("1001"), Item("1003")), faults=[Fault.REDIRECT_AFTER])
    assert summary is not None
    assert (summary.stop and summary.stop.code, world.watch.posts) == ("redirected", 1)

    assert world.ends().unknown == 0
    assert len(world.server.made) == 2


# --- several workers, several processes ------------------------------------------------------------------------------


class Wire:
    """A poster that asks a function; for scenes with several workers or processes."""

    def __init__(self, answer: "list[Reply] | None" = None) -> None:
        self.sent: list[tuple[bytes, str]] = []
        self.answers = answer or []
        self.lock = threading.Lock()

    def post_invoice(self, body: bytes, key: str) -> Reply:
        """The next answer, then successes."""
        with self.lock:
            self.sent.append((body, key))
            return self.answers.pop(0) if self.answers else Answer(201, {}, b'{"id": 1}')

    def close(self) -> None:
        """Nothing to give back."""


def test_claims_that_were_not_sent_are_given_back(stage: Stage) -> None:
    """When a run with claims ahead is stopped, every invoice that did not leave is ready again, without a doubt."""
    world = world_of(stage)
    account = Account(ORIGIN, "north")
    world.imports("north", [Item(key) for key in KEYS], limit=0)
    ledger = Ledger(world.database, clock=SimulatedClock(world.machine), threaded=False, entropy=bytes)
    run = ledger.runs(account)[0].run
    wire = Wire([Answer(401, {}, b"{}")] * 4)
    submit(
        ledger.queue(account, states=[State.READY]),
        ledger=ledger,
        make_client=lambda: wire,
        clock=SimulatedClock(world.machine),
        rng=random.Random(1),
        settings=SubmitSettings(run=run, concurrency=2, rate=None, canary_first=False),
        progress=lambda _: None,
        stop=threading.Event(),
    )

    assert 1 <= len(wire.sent) <= 2
    assert [(row.state, row.open_attempt) for row in world.watch.rows().values()] == [("ready", None)] * 4


def _sending(account: Account, ledger_clock: SimulatedClock, wire: object) -> pipeline.Sending:
    return pipeline.Sending(
        account=account,
        make_client=lambda: wire,  # type: ignore[arg-type,return-value]  # any poster will do
        clock=ledger_clock,
        rng=random.Random(1),
        concurrency=1,
        rate=None,
        stop=threading.Event(),
    )


def _stored(ledger: Ledger, account: Account, source: pipeline.Source) -> None:
    """A plan in the ledger, nothing sent."""
    frozen = freeze_invoices(source.grouped.invoices, account, "shop")
    snapshot = ledger.snapshot(account, {item.external_id: item.digest for item in frozen})
    plan = pipeline._plan(source, frozen, snapshot, account)
    run = ledger.begin_run(account, "import", profile=None, plan_digest=plan.digest, importer_version="1")
    ledger.store_plan(run, account, "shop", None, plan)


def test_a_second_sender_is_kept_out_while_a_post_is_under_way(stage: Stage, tmp_path: Path) -> None:
    """One sender per account: in the middle of a POST another process gets no lock, and so no turn."""
    clock, account = SimulatedClock(stage.machine), Account(ORIGIN, "north")
    stage.clear()
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    with open_ledger(url, clock=clock, threaded=False) as one, open_ledger(url, clock=clock, threaded=False) as other:
        _stored(one, account, deal(ONE, numbered=False, broken=False))
        refused: list[str] = []

        class Curious(Wire):
            def post_invoice(self, body: bytes, key: str) -> Reply:
                try:
                    with other.lock_sender(account, wait=0):
                        pipeline.resume(other, _sending(account, clock, self.second))
                except LedgerBusy as error:
                    refused.append(error.code)
                return super().post_invoice(body, key)

            second = Wire()

        wire = Curious()
        pipeline.resume(one, _sending(account, clock, wire))

        assert refused == ["sender-active"]
        assert (len(wire.sent), len(wire.second.sent)) == (1, 0)
        assert one.counts(account)[State.POSTED] == 1


def test_an_attempt_on_what_another_process_has_posted_is_refused(stage: Stage) -> None:
    """The ledger itself refuses to begin an attempt of a posted invoice or of an older generation."""
    world = world_of(stage)
    account = Account(ORIGIN, "north")
    world.imports("north", ONE, faults=[Fault.LOST_BEFORE] * 5)
    ledger = Ledger(world.database, clock=SimulatedClock(world.machine), threaded=False, entropy=bytes)
    stale = ledger.queue(account, states=[State.SENDING])
    world.resumes("north")
    run = ledger.runs(account)[0].run
    attempt = Attempt(stale[0].external_id, run, 9, 0, world.time.wall)

    error = ledger.write(attempt).exception()
    assert getattr(error, "code", "") == "invoice-moved"


def test_a_failed_plan_is_no_half_plan(stage: Stage) -> None:
    """A crash while a plan is stored leaves nothing of it: the ledger knows either all its invoices or none."""
    for door in range(1, 25):
        world = world_of(stage)
        world.imports("north", [Item(key) for key in KEYS], limit=0, trouble=Trouble(Kind.CRASH, door))
        world.check()
        assert len(world.watch.rows()) in {0, 4}, f"door {door}"


def test_what_is_not_sent_costs_no_window(stage: Stage) -> None:
    """An attempt that never left leaves no doubt: a day later the invoice is sent as if for the first time."""
    world = world_of(stage)
    world.imports("north", ONE, faults=[Fault.NOT_SENT] * 5)
    assert only(world)[1] == "ready"
    world.passes(30.0)
    world.imports("north", (Item("1001", "dearer"),))
    world.check()

    assert only(world)[1] == "posted"
