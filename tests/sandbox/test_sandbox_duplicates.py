"""Duplicate protection: one invoice for one order, whichever of the three keys says so."""

import copy
import itertools
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from importer.facturalia.sandbox import DEFAULT_API_KEY, SandboxSettings, Store
from importer.facturalia.sandbox.answers import Answer
from importer.facturalia.sandbox.api import Api, Incoming
from importer.facturalia.sandbox.openapi import EXAMPLE

HOUR = 3600.0


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        """Start at a fixed moment."""
        self.seconds = 0.0

    def now(self) -> datetime:
        """A day in March 2026, plus what was moved."""
        return datetime.fromtimestamp(1772535600 + self.seconds, UTC)

    def elapsed(self) -> float:
        """Seconds moved so far."""
        return self.seconds

    def boot(self) -> str:
        """Not known."""
        return ""

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.seconds += seconds


class Desk:
    """An `Api` with its store, asked without a network."""

    def __init__(self, clock: HandClock, database: Any = ":memory:", **settings: Any) -> None:
        """Open a store of its own."""
        chosen = SandboxSettings(database=database, **settings)
        self.store = Store(chosen.database)
        self.api = Api(chosen, self.store, clock)

    def send(self, order: dict[str, Any] | bytes, key: str | None = None, fault: str = "") -> Answer:
        """One POST."""
        body = order if isinstance(order, bytes) else json.dumps(order).encode()
        incoming = Incoming(
            "POST", "/api/v1/invoices", body, f"Bearer {DEFAULT_API_KEY}", "application/json", key, fault
        )
        return self.api.create_invoice(incoming)


Make = Callable[..., Desk]


@pytest.fixture
def clock() -> HandClock:
    """A clock in the hands of the test."""
    return HandClock()


@pytest.fixture
def make(clock: HandClock) -> Iterator[Make]:
    """Makes desks, and closes their stores afterwards."""
    desks: list[Desk] = []

    def made(**settings: Any) -> Desk:
        desks.append(Desk(clock, **settings))
        return desks[-1]

    yield made
    for desk in desks:
        desk.store.close()


def an_order(external_id: str | None = None, number: str | None = None, price: float = 120.0) -> dict[str, Any]:
    """The example, with the duplicate keys asked for."""
    order = copy.deepcopy(dict(EXAMPLE))
    order["lines"][0]["unit_price"] = price
    if external_id is not None:
        order["external_id"] = external_id
    if number is not None:
        order["invoice"]["number"] = number
    return order


KEYS = [
    pytest.param(*row, id="+".join(filter(None, row)))
    for row in itertools.product(("key", ""), ("external_id", ""), ("number", ""))
    if any(row)
]


@pytest.mark.parametrize(("key", "external_id", "number"), KEYS)
def test_a_repeat_is_a_replay_and_a_change_a_conflict(make: Make, key: str, external_id: str, number: str) -> None:
    """With any of the keys: same payload, same bytes back and one invoice; another payload, 409 and one invoice."""
    desk = make()
    names = ("e-1" if external_id else None, "N-1" if number else None)
    first = desk.send(an_order(*names), key=key or None)
    again = desk.send(an_order(*names), key=key or None)
    other = desk.send(an_order(*names, price=121), key=key or None)

    assert (first.status, dict(first.headers)) == (201, {})
    assert (again.status, dict(again.headers)) == (200, {"Idempotency-Status": "replayed"})
    assert again.body == first.body
    assert other.status == 409
    assert json.loads(other.body)["error"]["code"] == "idempotency_conflict"
    assert "Idempotency-Status" not in other.headers
    assert desk.store.count() == 1


def test_without_any_key_every_order_is_an_invoice(make: Make) -> None:
    """Nothing protects an order that brings no key, external_id or number: this is why the importer always does."""
    desk = make()
    ids = [json.loads(desk.send(an_order()).body)["invoice"]["id"] for _ in range(2)]

    assert ids == [1, 2]


def test_the_same_meaning_in_other_bytes_is_the_same_payload(make: Make) -> None:
    """Order of fields, spaces and trailing zeros do not count; the order of lines and text against number do."""
    desk = make()
    order = an_order("e-1")
    order["lines"].append({**order["lines"][0], "product_code": "B"})
    swapped = {**order, "lines": order["lines"][::-1]}
    respelt = json.dumps(dict(reversed(order.items())), indent=2).replace("120.0", "1.2e2").encode()

    statuses = [desk.send(order).status, desk.send(respelt).status, desk.send(swapped).status]

    assert statuses == [201, 200, 409]


def test_a_number_and_the_text_of_it_are_different_payloads(make: Make) -> None:
    """In a field that the sandbox does not know, 5 and "5" are told apart."""
    desk = make()
    as_number, as_text = an_order("e-1"), an_order("e-1")
    as_number["lines"][0]["extra"], as_text["lines"][0]["extra"] = 5, "5"

    assert [desk.send(as_number).status, desk.send(as_text).status] == [201, 409]


def test_an_automatic_number_is_taken_too(make: Make) -> None:
    """A caller cannot send a number that the sandbox has given out."""
    desk = make()
    desk.send(an_order("e-1"))

    assert desk.send(an_order("e-2", "2026/0001")).status == 409


def test_keys_that_disagree_are_a_conflict(make: Make) -> None:
    """A known key with another order's external_id or number is 409, and neither order changes."""
    desk = make()
    desk.send(an_order("e-1", "N-1"), key="k-1")
    desk.send(an_order("e-2", "N-2"), key="k-2")

    crossed = [
        desk.send(an_order("e-2", "N-2"), key="k-1").status,
        desk.send(an_order("e-1", "N-2"), key="k-3").status,
        desk.send(an_order("e-3", "N-1"), key="k-3").status,
    ]

    assert crossed == [409, 409, 409]
    assert desk.store.count() == 2
    assert desk.send(an_order("e-3", "N-3"), key="k-3").status == 201  # a conflict uses nothing up


def test_a_new_key_on_a_known_order_is_a_replay_and_remembered(make: Make) -> None:
    """The external_id decides; the new key then belongs to the same invoice."""
    desk = make()
    desk.send(an_order("e-1"), key="k-1")

    assert desk.send(an_order("e-1"), key="k-2").replayed
    assert desk.send(an_order("e-2"), key="k-2").status == 409


def test_a_rejected_order_uses_nothing_up(make: Make) -> None:
    """After a 422 the same key, external_id and number make the corrected order's invoice."""
    desk = make()
    wrong = desk.send(an_order("e-1", "N-1", price=-1), key="k-1")

    assert wrong.status == 422
    assert desk.send(an_order("e-1", "N-1"), key="k-1").status == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "with space", "caf\u00e9"])
def test_a_key_that_is_no_token_is_422(make: Make, key: str) -> None:
    """An Idempotency-Key is 1 to 255 visible ASCII characters."""
    answer = make().send(an_order(), key=key)

    assert answer.status == 422
    assert json.loads(answer.body)["error"]["details"] == {"Idempotency-Key": "Ongeldig."}


def test_a_key_is_forgotten_after_its_retention(make: Make, clock: HandClock) -> None:
    """To the second: replayed before, a new invoice after, counted from the first use of the key."""
    desk = make(retention_hours=24)
    desk.send(an_order(), key="k-1")
    clock.sleep(24 * HOUR - 1)
    assert desk.send(an_order(), key="k-1").replayed
    clock.sleep(1)
    assert desk.send(an_order(), key="k-1").status == 201
    assert desk.send(an_order(), key="k-1").replayed
    assert desk.store.count() == 2


def test_external_id_and_number_outlive_the_key(make: Make, clock: HandClock) -> None:
    """Years later they still make a repeat a replay."""
    desk = make()
    desk.send(an_order("e-1"), key="k-1")
    desk.send(an_order(number="N-1"), key="k-2")
    clock.sleep(3 * 365 * 24 * HOUR)

    assert desk.send(an_order("e-1"), key="k-1").replayed
    assert desk.send(an_order(number="N-1"), key="k-2").replayed


def test_a_sandbox_can_forget_keys_and_external_ids(make: Make) -> None:
    """With retention 0 and keep_external_ids off only the number protects: the worst API the contract allows."""
    desk = make(retention_hours=0, keep_external_ids=False)

    assert [desk.send(an_order("e-1"), key="k-1").status for _ in range(2)] == [201, 201]
    assert [desk.send(an_order("e-2", "N-1"), key="k-2").status for _ in range(2)] == [201, 200]


def test_forget_keys_forgets_all_of_them_once(make: Make) -> None:
    """The fault drops every Idempotency-Key first; external_ids stay."""
    desk = make()
    desk.send(an_order(), key="k-1")
    desk.send(an_order("e-1"), key="k-2")

    assert desk.send(an_order(), key="k-1", fault="forget-keys").status == 201
    assert desk.send(an_order("e-1"), key="k-2").replayed
    assert desk.send(an_order(), key="k-1").replayed


def test_a_stored_failure_is_replayed_like_a_result(make: Make, clock: HandClock) -> None:
    """An API that keeps its 500 under the key repeats it for ever, marked as replayed; another key gets through."""
    desk = make()
    first = desk.send(an_order("e-1"), key="k-1", fault="500-stored")
    again = desk.send(an_order("e-1"), key="k-1")

    assert (first.status, first.replayed) == (500, False)
    assert (again.status, again.replayed, again.body) == (500, True, first.body)
    assert desk.store.count() == 0
    assert desk.send(an_order("e-1"), key="k-2").status == 201
    clock.sleep(24 * HOUR)
    assert desk.send(an_order("e-1"), key="k-1").status == 200


def test_the_open_readings_of_success_can_be_chosen(make: Make) -> None:
    """A replay may be 201, and a creation may carry an Idempotency-Status of its own."""
    desk = make(replay_status=201, created_mark="created")
    first, again = desk.send(an_order("e-1")), desk.send(an_order("e-1"))

    assert (first.status, dict(first.headers)) == (201, {"Idempotency-Status": "created"})
    assert (again.status, dict(again.headers)) == (201, {"Idempotency-Status": "replayed"})


def test_twenty_threads_with_one_order_make_one_invoice(make: Make, tmp_path: Any) -> None:
    """Simultaneous duplicates: exactly one 201, nineteen replays, one id; over two openings of the same file too."""
    desks = [make(database=tmp_path / "sandbox.db") for _ in range(2)]
    start = threading.Barrier(20)
    answers: list[Answer] = []

    def race(desk: Desk) -> None:
        start.wait()
        answers.append(desk.send(an_order("e-1"), key="k-1"))

    threads = [threading.Thread(target=race, args=(desks[turn % 2],)) for turn in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.status for answer in answers) == [200] * 19 + [201]
    assert len({answer.body for answer in answers}) == 1
    assert [desk.store.count() for desk in desks] == [1, 1]


def test_two_hundred_orders_at_once_get_gapless_numbers(make: Make) -> None:
    """Concurrency loses no order and gives no number twice."""
    desk = make()
    threads = [
        threading.Thread(target=lambda part=part: [desk.send(an_order(f"e-{part}-{turn}")) for turn in range(25)])
        for part in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(invoice.number for invoice in desk.store.invoices()) == [f"2026/{n:04d}" for n in range(1, 201)]


def test_every_request_is_written_down(make: Make) -> None:
    """The record holds time, key, external_id, digest of the bytes, status, fault and whether it was a replay."""
    desk = make()
    desk.send(an_order("e-1"), key="k-1", fault="500-after")
    desk.send(an_order("e-1"), key="k-1")
    desk.send(b"{", key="k-2")
    desk.send(an_order("e-2"), fault="lost-before")

    rows = [(seen.key, seen.external_id, seen.status, seen.fault, seen.replayed) for seen in desk.store.requests()]
    assert rows == [
        ("k-1", "e-1", 500, "500-after", False),
        ("k-1", "e-1", 200, "", True),
        ("k-2", "", 400, "", False),
        ("", "e-2", 0, "lost-before", False),
    ]
    first, second, *_ = desk.store.requests()
    assert first.sha256 == second.sha256
    assert first.at == "2026-03-03T11:00:00.000000Z"
    (invoice,) = desk.store.invoices()
    assert json.loads(invoice.body) == an_order("e-1")
