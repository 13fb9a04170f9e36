"""What a simulation knows of each invoice beside the ledger, and the laws that hold at the moment of every POST."""

import json
import sqlite3
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from importer.domain.clock import moment
from importer.domain.identity import Account
from importer.domain.records import Attempt
from importer.facturalia.reply import Answer, NoAnswer, Reply
from tests.faults.simulation.process import HOUR, Machine

WINDOW = 20 * HOUR
Name = tuple[str, str]  # account and external_id

_ROWS = """
SELECT a.name, i.external_id, i.label, i.state, i.generation, i.idempotency_key, i.open_attempt, i.incl, i.has_number,
       i.settled_digest, b.body
FROM invoices i JOIN accounts a ON a.id = i.account JOIN bodies b ON b.invoice = i.id
"""


class Law(AssertionError):
    """A law of the house was broken."""


def hold_true(fact: object, law: str) -> None:
    """Raise Law unless it is a fact."""
    if not fact:
        raise Law(law)


class Stored(NamedTuple):
    """An invoice as the ledger has committed it."""

    account: str
    external_id: str
    label: str
    state: str
    generation: int
    key: str
    open_attempt: int | None
    incl: int
    has_number: int
    settled: str
    body: bytes


@dataclass(slots=True)
class Story:
    """One invoice as the outside world saw it. `first`: true seconds of the first attempt that may have made it."""

    generation: int = 0
    first: float | None = None
    set_back: float = 0.0  # of the clock, at `first`
    boot: int = 0  # of the machine, at `first`
    doubt: bool = False  # an attempt may have made it, as far as the program can know
    rejected: bool = False  # definitively
    released: bool = False  # a person looked and said that it does not exist
    keys: dict[int, str] = field(default_factory=dict)  # of each generation that was tried
    frozen: bytes | None = None  # of this generation, once an attempt may have brought them to Facturalia
    by_hand: bool = False  # a person holds it
    let_go: bool = False  # a person released it, credit note or not


class Watch:
    """The laws of sending, asked at every attempt and every POST."""

    def __init__(self, machine: Machine, raw: sqlite3.Connection) -> None:
        self._machine = machine
        self._raw = raw
        self.stories: dict[Name, Story] = {}
        self.accounts: dict[str, Account] = {}
        self.posts = 0
        self.window_holds = True  # False only in the scenes that show the one gap no program can close

    def rows(self) -> dict[Name, Stored]:
        """The ledger as it is committed, read beside its own code."""
        found = (Stored(*row) for row in self._raw.execute(_ROWS))
        return {(row.account, row.external_id): row for row in found}

    def newest_event(self) -> datetime | None:
        """The moment of the newest event of the ledger."""
        found = self._raw.execute("SELECT at FROM events ORDER BY seq DESC LIMIT 1").fetchone()
        return moment(found[0]) if found else None

    def attempted(self, account: str, attempt: Attempt) -> None:
        """An intent is durable."""
        story = self._story(account, attempt.external_id)
        self.rises(story, attempt.generation)
        if story.first is None:
            time = self._machine.time
            story.first, story.set_back, story.boot = time.true, time.set_back, time.boots

    def before_post(self, account: str, body: bytes, key: str) -> Name:
        """The laws of one POST."""
        self.posts += 1
        hold_true(not self._raw.in_transaction, "a transaction was held across a POST")
        document = json.loads(body)
        name = (account, document["external_id"])
        row = self._raw.execute(f"{_ROWS} WHERE a.name = ? AND i.external_id = ?", name).fetchone()
        hold_true(row is not None, "an invoice was sent that the ledger does not hold")
        stored, story = Stored(*row), self._story(*name)
        hold_true(stored.state == "sending" and stored.open_attempt is not None, f"sent while {stored.state}")
        hold_true((stored.key, stored.body) == (key, body), "sent other bytes or another key than stored")
        self.rises(story, stored.generation)
        hold_true(story.keys.setdefault(stored.generation, key) == key, "the key changed within a generation")
        hold_true(len(set(story.keys.values())) == len(story.keys), "a key came back in a later generation")
        hold_true(story.frozen in {None, body}, "bytes changed within a generation")
        story.frozen = body
        hold_true(not story.by_hand, "sent although a person holds it")
        hold_true(document["lines"][0]["unit_price"] > 0 or story.let_go, "a credit note was sent")
        if self.window_holds and story.doubt and "number" not in document["invoice"]:
            hold_true(self._in_window(story), "sent after the window")
        return name

    def after_post(self, name: Name, reply: Reply) -> None:
        """What the program may conclude from a reply."""
        story = self._story(*name)
        if _proves_nothing_made(reply):
            if not story.doubt:  # as if it had never been tried: it may be frozen anew
                story.first = story.frozen = None
                story.rejected = _is_404(reply)  # after a success in the same run it is the invoice's own fault
        elif _rejects(reply) and not story.doubt:
            story.rejected = True
        else:
            story.doubt = True

    def process_ended(self) -> None:
        """What an attempt without a recorded outcome did, no later process can know."""
        for name, row in self.rows().items():
            story = self._story(*name)
            self.rises(story, row.generation)
            if row.open_attempt is not None:
                story.doubt, story.rejected, story.frozen = True, False, row.body
            elif row.state == "held":
                story.let_go = False
            elif row.state == "ready":
                story.doubt, story.first, story.frozen = False, None, None

    def rises(self, story: Story, generation: int) -> None:
        """A generation rises only after a definitive rejection or a person's word."""
        if generation == story.generation:
            return
        hold_true(generation == story.generation + 1, "a generation was left out or came back")
        hold_true(story.rejected or story.released, "the generation rose without a proof")
        story.generation, story.first, story.frozen = generation, None, None
        story.doubt = story.rejected = story.released = False

    def story(self, name: Name) -> Story:
        """What is known of an invoice."""
        return self._story(*name)

    def _story(self, account: str, external_id: str) -> Story:
        return self.stories.setdefault((account, external_id), Story())

    def _in_window(self, story: Story) -> bool:
        """Within a boot nothing stretches the window; beyond it a wall clock that was set back may, by as much."""
        time = self._machine.time
        stretch = time.set_back - story.set_back if time.boots != story.boot else 0.0
        return story.first is None or time.true - story.first < WINDOW + stretch


def _proves_nothing_made(reply: Reply) -> bool:
    if isinstance(reply, NoAnswer):
        return not reply.maybe_sent
    return reply.status in {401, 403, 404, 429}


def _is_404(reply: Reply) -> bool:
    return isinstance(reply, Answer) and reply.status == 404


def _rejects(reply: Reply) -> bool:
    return isinstance(reply, Answer) and reply.status == 422 and b"product_code" in reply.body
