"""A month of work with the importer, any step of which may go wrong: the real plan, ledger and submit code in a world of ours.

Each deed is one process: an import, a resume, a person's decision. After each the laws must hold.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple
from unittest import mock

from importer import pipeline
from importer.domain.clock import TOLERANCE
from importer.domain.identity import Account
from importer.domain.records import Attempt
from importer.domain.summary import Summary
from importer.errors import ConfigError, LedgerError, Unfinished
from importer.facturalia.reply import Reply
from importer.ledger.verify import verify
from tests.faults.simulation.laws import agrees, all_there, clock_is_told, import_balances, resume_balances
from tests.faults.simulation.process import HOUR, Crash, SimulatedClock, Trouble, WatchedLedger
from tests.faults.simulation.server import Behaviour, Facturalia, Fault
from tests.faults.simulation.source import Item, deal
from tests.faults.simulation.stage import Stage
from tests.faults.simulation.watch import Name, Watch, hold_true

ORIGIN = "https://invoices.example"
ACCOUNTS = ("north", "south")
CENTURY_OFF = -400 * 24 * HOUR  # a clock that lost its battery
TRIES = 3  # imports without faults after which everything must have arrived

Meanwhile = Callable[[], None]


class Setup(NamedTuple):
    """What stays the same over one sequence."""

    numbered: bool = True  # the profile maps invoice.number
    behaviour: Behaviour = Behaviour()
    has_product: bool = True  # the scarce product exists from the start


class Counts(NamedTuple):
    """What became of the invoices of a sequence. The first three must be 0."""

    lost: int = 0
    duplicated: int = 0
    corrupt: int = 0
    unknown: int = 0


class _Poster:
    """The wire of one account, with a door before and after each POST."""

    def __init__(self, world: "World", account: str, faults: Iterator[Fault]) -> None:
        self._world = world
        self._account = account
        self._faults = faults

    def post_invoice(self, body: bytes, key: str) -> Reply:
        """Send it, as far as this world lets it."""
        world = self._world
        world.machine.doors.at("post")
        name = world.watch.before_post(self._account, body, key)
        fault = next(self._faults, Fault.NONE)
        reply = world.server.post(self._account, body, key, fault, world.time.true)
        world.machine.doors.at("answered")
        world.watch.after_post(name, reply)
        return reply

    def close(self) -> None:
        """Nothing to give back."""


class World:
    """One sequence. Raises Law as soon as a law is broken."""

    def __init__(self, stage: Stage, setup: Setup = Setup()) -> None:  # noqa: B008 - a NamedTuple never changes
        stage.clear()
        self.setup = setup
        self.machine = stage.machine
        self.time = stage.machine.time
        self.database = stage.database
        self.server = Facturalia(setup.behaviour, {"P1", "P2"} if setup.has_product else {"P1"})
        self.watch = Watch(self.machine, stage.raw)
        self.carts: dict[str, tuple[Item, ...]] = {}
        self.log: list[str] = []

    # --- what the program does ----------------------------------------------------------------------------------

    def imports(
        self,
        account: str,
        cart: Sequence[Item],
        *,
        faults: Sequence[Fault] = (),
        trouble: Trouble | None = None,
        limit: int | None = None,
        broken: bool = False,
        meanwhile: Meanwhile | None = None,
    ) -> Summary | None:
        """`importer import`; `meanwhile` is done by somebody else between the plan and its storing. None if it did not end well."""
        self._say("import", account, cart, faults, trouble, limit, "with a person" if meanwhile else "")
        self.carts[account] = tuple(cart)
        source = deal(cart, numbered=self.setup.numbered, broken=broken)
        before = self.watch.rows()
        behind = self._behind_the_ledger(trouble)

        def approve(_plan: object) -> bool:
            if meanwhile is not None:
                meanwhile()
            return True

        def run(ledger: WatchedLedger, sending: pipeline.Sending) -> Summary:
            # reading is pure and proved elsewhere; here it would take nearly all of the time
            with mock.patch.object(pipeline, "read_source", return_value=source):
                return pipeline.import_files([], source.profile, ledger, sending, approve=approve, limit=limit)[0]

        summary = self._process(account, run, faults, trouble)
        if summary is not None:
            import_balances(summary, before, self.watch.rows(), account, cart, broken=broken, limit=limit)
            clock_is_told(summary, behind=behind)
        return summary

    def resumes(self, account: str, *, faults: Sequence[Fault] = (), trouble: Trouble | None = None) -> Summary | None:
        """`importer resume`."""
        self._say("resume", account, faults, trouble)
        before = self.watch.rows()
        behind = self._behind_the_ledger(trouble)
        summary = self._process(account, pipeline.resume, faults, trouble)
        if summary is not None:
            resume_balances(summary, before, self.watch.rows(), account)
            clock_is_told(summary, behind=behind)
        return summary

    def _behind_the_ledger(self, trouble: Trouble | None) -> bool:
        """Whether the wall clock is surely behind the newest event when the next process asks; time passes in trouble."""
        newest = self.watch.newest_event()
        return trouble is None and newest is not None and newest - self.time.wall > TOLERANCE

    def _process(
        self,
        account: str,
        run: Callable[[WatchedLedger, pipeline.Sending], Summary],
        faults: Sequence[Fault],
        trouble: Trouble | None,
    ) -> Summary | None:
        doors = self.machine.start(trouble)
        clock = SimulatedClock(self.machine)
        coming = iter(faults)  # for all clients of the process
        sending = pipeline.Sending(
            account=Account(ORIGIN, account),
            make_client=lambda: _Poster(self, account, coming),
            clock=clock,
            rng=random.Random(1),
            concurrency=1,
            rate=None,
            stop=doors.stop,
        )
        try:
            return run(self._ledger(account), sending)
        except Crash:
            self.log.append("  died")
            hold_true(doors.dead, "a crash that was none")
        except LedgerError as error:
            self.log.append(f"  {error.code}")
            hold_true(doors.dead or (trouble is not None and doors.trouble is None), f"the ledger refused: {error}")
        except Unfinished as error:
            self.log.append(f"  {error.code}")
            hold_true(error.code == "ledger-changed", f"unforeseen: {error}")
        finally:
            self.machine.start()
            self.watch.process_ended()
        return None

    def _ledger(self, account: str) -> WatchedLedger:
        def told(attempt: Attempt) -> None:
            self.watch.attempted(account, attempt)

        return WatchedLedger(self.database, told)

    # --- what the world does ------------------------------------------------------------------------------------

    def passes(self, hours: float) -> None:
        """Time goes by; what was held up arrives."""
        self._say("time", hours)
        self.time.true += hours * HOUR
        self.server.deliver(self.time.true)

    def reboots(self) -> None:
        """The machine is started anew: its clock that never jumps begins at 0."""
        self._say("reboot")
        self.time.boots += 1
        self.time.started = self.time.true

    def set_back(self, minutes: float) -> None:
        """Somebody sets the wall clock back."""
        self._say("set back", minutes)
        self.time.wrong -= minutes * 60
        self.time.set_back += minutes * 60

    def loses_time(self) -> None:
        """The clock loses its battery: it is years too early until it is put right."""
        self._say("clock lost")
        self.time.wrong = CENTURY_OFF

    def rights_clock(self) -> None:
        """The wall clock shows the truth again."""
        self._say("clock right")
        if self.time.wrong > 0:
            self.time.set_back += self.time.wrong
        self.time.wrong = 0.0

    def makes_product(self) -> None:
        """Somebody creates the missing product in Facturalia."""
        self._say("product made")
        self.server.products.add("P2")

    # --- what a person does -------------------------------------------------------------------------------------

    def resolves(self, name: Name) -> None:
        """A person looks in Facturalia, an hour later, when nothing can be under way any more, and says the truth."""
        self.passes(1.0)
        made = self.server.find(*name)
        self._say("resolve", name[0], self._label(name), "posted" if made else "not posted")
        with self._person(name) as (ledger, account):
            if made:
                ledger.resolve(
                    account, name[1], "posted", reason="seen", remote_id=str(made[0].remote_id), number=made[0].number
                )
            else:
                ledger.resolve(account, name[1], "not-posted", reason="looked, not there")
                self.watch.story(name).released = True

    def holds(self, name: Name) -> None:
        """A person keeps an invoice back."""
        self._say("hold", name[0], self._label(name))
        with self._person(name) as (ledger, account):
            ledger.hold(account, name[1], "wait")
            story = self.watch.story(name)
            story.by_hand, story.let_go = True, False

    def releases(self, name: Name) -> None:
        """A person lets it go."""
        self._say("release", name[0], self._label(name))
        with self._person(name) as (ledger, account):
            ledger.release(account, name[1], "go")
            story = self.watch.story(name)
            story.by_hand, story.let_go = False, True

    def settles(self, name: Name) -> None:
        """A person takes it off the list."""
        self._say("settle", name[0], self._label(name))
        with self._person(name) as (ledger, account):
            ledger.resolve(account, name[1], "settled", reason="needs nothing")

    @contextmanager
    def _person(self, name: Name) -> Iterator[tuple[WatchedLedger, Account]]:
        """A process of its own, beside the one that may be running; refused where the state does not allow it."""
        running, self.machine.doors = self.machine.doors, type(self.machine.doors)(self.time)
        try:
            yield self._ledger(name[0]), Account(ORIGIN, name[0])
        except ConfigError as error:
            self.log.append(f"  {error.code}")
        finally:
            self.machine.doors = running

    # --- the laws -----------------------------------------------------------------------------------------------

    def check(self, *, whole: bool = True) -> None:
        """The laws that hold between deeds. `whole`: `ledger verify` too."""
        agrees(self.server, self.watch)
        if whole:
            hold_true(verify(self.database) == [], "ledger verify finds damage")

    # --- the end ------------------------------------------------------------------------------------------------

    def ends(self) -> Counts:
        """Faults stop: everything valid arrives or is listed as unknown, and then a person's look settles the rest."""
        self.rights_clock()
        self.makes_product()
        self._arrives()
        listed = [name for name, row in self.watch.rows().items() if row.state == "unknown"]
        all_there(self.watch, self.carts, allowed=set(listed))
        attention = {(each.account.name, each.external_id) for each in self._ledger("").attention()}
        hold_true(set(listed) <= attention, "an unknown invoice is not listed for a person")
        for name in listed:
            self.resolves(name)
        self._arrives()
        all_there(self.watch, self.carts, allowed=set())
        self.check()
        return Counts(unknown=len(listed))

    def _arrives(self) -> None:
        for account, cart in self.carts.items():
            for _ in range(TRIES):
                summary = self.imports(account, cart)
                if summary is not None and summary.stop is None and not summary.invoices["ready"]:
                    break
            if summary is not None and any(
                row.state in {"ready", "sending"} for name, row in self.watch.rows().items() if name[0] == account
            ):
                self.resumes(account)  # what older files had and the newest has not

    def _label(self, name: Name) -> str:
        row = self.watch.rows().get(name)
        return row.label if row else "?"

    def _say(self, *words: object) -> None:
        self.log.append(" ".join(str(word) for word in words if word not in ((), None, "")))
