"""Everything real at once: ledger on disk, sockets, and the sandbox with its faults."""

import hashlib
import itertools
import json
import random
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from importer.domain.clock import SystemClock
from importer.domain.identity import Account, external_id
from importer.domain.invoice import Invoice, Line, RowCounts, Span
from importer.domain.money import RateTotal
from importer.domain.records import Frozen, Plan, PlanItem, Result, Totals
from importer.domain.states import PlanClass, State
from importer.errors import ApiRefused, LedgerError
from importer.facturalia.client import Client, Timeouts, api_key
from importer.facturalia.sandbox.server import SandboxThread
from importer.facturalia.sandbox.settings import RateLimit, SandboxSettings
from importer.ledger.store import Ledger, open_ledger
from importer.stations.submit import SubmitResult, SubmitSettings, submit
from tests.secrets.canaries import KEY, NAME

OPEN = (State.READY, State.SENDING, State.UNKNOWN)
NOTHING = Totals(0, 0, 0, ())


def frozen(account: Account, number: int, *, numbered: bool) -> Frozen:
    """An invoice of one line of 10.50 with its bytes."""
    label = f"2026-{number:04}"
    identity = external_id(account, "acme", [label])
    header = {"date": "2026-03-03"} | ({"number": label} if numbered else {})
    payload = {
        "external_id": identity,
        "invoice": header | {"autosend": 0},
        "customer": {"name": NAME},
        "lines": [{"product_code": "00042", "quantity": 1, "unit_price": 10.5, "vat_rate": 21}],
    }
    body = json.dumps(payload, ensure_ascii=False).encode()
    invoice = Invoice(
        key=(label,),
        label=label,
        header=header,
        customer={"name": NAME},
        lines=(Line("00042", "1", "10.5", 21, 1050),),
        excl=1050,
        vat=221,
        incl=1271,
        rates=(RateTotal(21, 1050, 221),),
        spans=(Span(0, number + 2, number + 2),),
    )
    return Frozen(invoice, identity, body, hashlib.sha256(body).hexdigest())


class House:
    """A ledger with a plan of invoices, and a sandbox to send them to."""

    def __init__(self, ledger: Ledger, sandbox: SandboxThread, invoices: int, *, numbered: bool) -> None:
        self.ledger = ledger
        self.sandbox = sandbox
        self.account = Account(sandbox.base_url.removesuffix("/api/v1"), "default")
        self.invoices = [frozen(self.account, number, numbered=numbered) for number in range(invoices)]
        self.run = self.begin()
        items = [PlanItem(each, PlanClass.NEW) for each in self.invoices]
        plan = Plan(
            account=self.account, digest="sha256:0", items=items, refused=[], findings=[],
            rows=RowCounts(invoices, invoices, 0, 0), skipped=[], sheets=[], totals=NOTHING, file_totals=NOTHING,
        )  # fmt: skip
        ledger.store_plan(self.run, self.account, "acme", None, plan)

    def begin(self) -> str:
        """A new run."""
        return self.ledger.begin_run(self.account, "import", profile=None, plan_digest="", importer_version="0")

    def submit(self, **changes: Any) -> SubmitResult:
        """Send what is open."""
        plain: dict[str, Any] = {"run": self.run, "rate": None, "back_off_base": 0.01, "failures": 50}
        return submit(
            self.ledger.queue(self.account, states=OPEN),
            ledger=self.ledger,
            make_client=lambda: Client(
                self.sandbox.base_url, api_key(self.sandbox.api_key), timeouts=Timeouts(read=5.0, total=8.0)
            ),
            clock=SystemClock(),
            rng=random.Random(5),
            settings=SubmitSettings(**(plain | changes)),
            progress=lambda _: None,
            stop=threading.Event(),
        )

    def states(self) -> Mapping[State, int]:
        """How many invoices are in each state that occurs."""
        return {state: count for state, count in self.ledger.counts(self.account).items() if count}

    def made(self) -> list[str]:
        """The external_id of everything that exists in the sandbox, doubles included."""
        return [row.external_id for row in self.sandbox.invoices()]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A new ledger on disk, written by its own thread."""
    with open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", clock=SystemClock()) as opened:
        yield opened


def check_same_bytes(sandbox: SandboxThread, invoices: Sequence[Frozen]) -> None:
    """Law: all requests for one invoice carried its frozen bytes and one and the same key."""
    keys: dict[str, set[str]] = {}
    digests = {each.external_id: each.digest for each in invoices}
    for request in sandbox.requests():
        assert request.sha256 == digests[request.external_id]
        keys.setdefault(request.external_id, set()).add(request.key)

    assert all(len(used) == 1 for used in keys.values())
    assert len(set.union(*keys.values())) == len(keys)


@pytest.mark.parametrize("concurrency", [1, 8])
def test_a_clean_run(ledger: Ledger, concurrency: int) -> None:
    """Everything planned exists once, is recorded with id, number, totals and link, and the ledger's chain holds."""
    with SandboxThread(SandboxSettings(api_key=KEY)) as sandbox:
        house = House(ledger, sandbox, 40, numbered=True)
        done = house.submit(concurrency=concurrency)

        assert (done.counts, done.stop, done.requests) == ({Result.POSTED: 40}, None, 40)
        assert sorted(house.made()) == sorted(each.external_id for each in house.invoices)
        assert house.states() == {State.POSTED: 40}
        answered = done.settled[house.invoices[3].external_id].answered
        assert (answered.number, answered.excl, answered.incl, answered.replayed) == ("2026-0003", 1050, 1271, False)
        assert answered.remote_id
        assert answered.pdf_url.startswith("http://127.0.0.1")


@pytest.mark.parametrize(
    "fault", ["lost-before", "lost-after", "500-before", "500-after", "truncated", "html-502", "429:0"]
)
@pytest.mark.parametrize("concurrency", [1, 6])
def test_one_fault_in_five_loses_and_doubles_nothing(ledger: Ledger, fault: str, concurrency: int) -> None:
    """Whatever goes wrong with a fifth of the requests, every invoice exists exactly once in the end."""
    with SandboxThread(SandboxSettings(api_key=KEY, faults=f"{fault}:0.2", seed=11)) as sandbox:
        house = House(ledger, sandbox, 30, numbered=False)
        for _ in range(4):
            done = house.submit(concurrency=concurrency)
            if house.states() == {State.POSTED: 30}:
                break

        assert house.states() == {State.POSTED: 30}
        assert sorted(house.made()) == sorted(each.external_id for each in house.invoices)
        assert len(sandbox.requests()) > 30
        check_same_bytes(sandbox, house.invoices)
        assert done.stop is None


def test_stored_failures_are_left_to_a_person(ledger: Ledger) -> None:
    """A 500 that comes back from the API's own memory is not asked for again: that invoice is unknown."""
    with SandboxThread(SandboxSettings(api_key=KEY, faults="500-stored:0.3", seed=4)) as sandbox:
        house = House(ledger, sandbox, 20, numbered=False)
        done = house.submit(concurrency=1)
        stored = {each.external_id for each in sandbox.requests() if each.replayed}

        assert len(stored) > 2
        assert {name for name, settled in done.settled.items() if settled.result is Result.UNKNOWN} == stored
        assert house.states() == {State.UNKNOWN: len(stored), State.POSTED: 20 - len(stored)}


def test_a_redirect_stops_at_once(ledger: Ledger) -> None:
    """A redirect is not followed; that invoice stays open, the others are ready, and nothing exists."""
    with SandboxThread(SandboxSettings(api_key=KEY, faults="redirect:1")) as sandbox:
        house = House(ledger, sandbox, 9, numbered=False)
        done = house.submit(concurrency=4)

        assert isinstance(done.stop, ApiRefused)
        assert done.stop.code == "redirected"
        assert (house.states(), house.made()) == ({State.SENDING: 1, State.READY: 8}, [])
        assert len(sandbox.requests()) == 1


def test_a_wrong_key_blames_no_invoice(ledger: Ledger) -> None:
    """With a key the API does not know, every invoice is ready afterwards."""
    with SandboxThread(SandboxSettings(api_key=KEY)) as sandbox:
        house = House(ledger, sandbox, 9, numbered=False)
        sandbox.api_key = f"{KEY}-wrong"
        done = house.submit(concurrency=4, canary_first=False)

        assert isinstance(done.stop, ApiRefused)
        assert (done.stop.code, house.states()) == ("key-refused", {State.READY: 9})


def test_a_rate_limit_is_kept(ledger: Ledger) -> None:
    """Against a limit of 10 requests in half a second, everything arrives once, with waits in between."""
    with SandboxThread(SandboxSettings(api_key=KEY, rate_limit=RateLimit(10, 0.5))) as sandbox:
        house = House(ledger, sandbox, 25, numbered=False)
        done = house.submit(concurrency=4)

        assert (done.counts, done.stop) == ({Result.POSTED: 25}, None)
        assert len(house.made()) == 25


def test_prices_with_vat_are_caught_by_the_canary(ledger: Ledger) -> None:
    """Where the API reads prices as including VAT, exactly one invoice exists when the run stops."""
    with SandboxThread(SandboxSettings(api_key=KEY, prices="incl_vat")) as sandbox:
        house = House(ledger, sandbox, 9, numbered=False)
        done = house.submit(concurrency=4)

        assert done.stop is not None
        assert (done.stop.code, done.stop.exit_code) == ("totals-differ", 4)
        assert (house.states(), len(house.made())) == ({State.POSTED: 1, State.READY: 8}, 1)


def test_unknown_products_are_rejected_and_the_rest_goes_on(ledger: Ledger) -> None:
    """A rejection blames the invoice, names the field, and goes no further."""
    with SandboxThread(SandboxSettings(api_key=KEY, products=frozenset({"other"}))) as sandbox:
        house = House(ledger, sandbox, 5, numbered=False)
        done = house.submit(concurrency=2)

        assert (done.counts, house.states()) == ({Result.REJECTED: 5}, {State.REJECTED: 5})
        assert all("product_code" in settled.detail for settled in done.settled.values())
        assert all("Zoë" not in settled.detail for settled in done.settled.values())


def test_a_crash_between_intent_and_outcome_is_repaired(ledger: Ledger) -> None:
    """Killed after the answer but before its outcome, the next run finds the invoice by the same key: one exists."""

    class Killed(BaseException):
        pass

    class Deadly(Client):
        def post_invoice(self, body: bytes, key: str) -> Any:
            super().post_invoice(body, key)
            raise Killed

    with SandboxThread(SandboxSettings(api_key=KEY)) as sandbox:
        house = House(ledger, sandbox, 3, numbered=False)
        with pytest.raises(Killed):
            submit(
                ledger.queue(house.account, states=OPEN),
                ledger=ledger,
                make_client=lambda: Deadly(sandbox.base_url, api_key(sandbox.api_key)),
                clock=SystemClock(),
                rng=random.Random(1),
                settings=SubmitSettings(run=house.run, rate=None, concurrency=1),
                progress=lambda _: None,
                stop=threading.Event(),
            )
        assert (house.states(), len(house.made())) == ({State.SENDING: 1, State.READY: 2}, 1)

        house.run = house.begin()
        done = house.submit()

        assert (done.counts, done.replayed) == ({Result.POSTED: 3}, 1)
        assert len(house.made()) == 3


def test_forgotten_keys_are_caught_by_the_number(ledger: Ledger) -> None:
    """With the keys lost on the way, an invoice that carries a number is still made once: the API finds it by that."""
    faults = "lost-after:0.3,forget-keys:0.3"
    with SandboxThread(SandboxSettings(api_key=KEY, faults=faults, keep_external_ids=False, seed=2)) as sandbox:
        house = House(ledger, sandbox, 30, numbered=True)
        for _ in range(3):
            house.submit(concurrency=4, window=timedelta(0))

        assert sorted(house.made()) == sorted(each.external_id for each in house.invoices)
        assert house.states() == {State.POSTED: 30}


def test_a_ledger_that_was_closed_sends_nothing(ledger: Ledger) -> None:
    """A ledger that cannot be written stops the run before the first request."""
    with SandboxThread(SandboxSettings(api_key=KEY)) as sandbox:
        house = House(ledger, sandbox, 3, numbered=False)
        queue = ledger.queue(house.account, states=OPEN)
        ledger.close()
        with pytest.raises(LedgerError):
            submit(
                queue,
                ledger=ledger,
                make_client=lambda: Client(sandbox.base_url, api_key(sandbox.api_key)),
                clock=SystemClock(),
                rng=random.Random(1),
                settings=SubmitSettings(run=house.run, rate=None),
                progress=lambda _: None,
                stop=threading.Event(),
            )

        assert sandbox.requests() == []


def test_ids_of_queue_and_answers_belong_together(ledger: Ledger) -> None:
    """With sixteen workers, each invoice is recorded with its own answer and not with a neighbour's."""
    with SandboxThread(SandboxSettings(api_key=KEY)) as sandbox:
        house = House(ledger, sandbox, 120, numbered=True)
        done = house.submit(concurrency=16)
        numbers = {each.external_id: each.invoice.label for each in house.invoices}

        assert {name: settled.answered.number for name, settled in done.settled.items()} == numbers
        ids = [settled.answered.remote_id for settled in done.settled.values()]
        assert not any(a == b for a, b in itertools.pairwise(sorted(ids)))
