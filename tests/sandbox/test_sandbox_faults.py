"""Every fault over a real socket, as a caller meets it."""

import copy
import itertools
import logging
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from importer.errors import SettingsError
from importer.facturalia.sandbox import SandboxSettings, SandboxThread, running
from importer.facturalia.sandbox.faults import NAMES, Fault, FaultDice, Share, parse_fault, parse_faults
from importer.facturalia.sandbox.openapi import EXAMPLE

_names = itertools.count(1)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxThread]:
    """One sandbox for all tests of this file; every test has orders of its own."""
    with running() as started:
        yield started


@pytest.fixture
def client(sandbox: SandboxThread) -> Iterator[httpx.Client]:
    """A client that keeps its connections and follows nothing."""
    headers = {"Authorization": f"Bearer {sandbox.api_key}"}
    with httpx.Client(base_url=sandbox.base_url, headers=headers, timeout=10, trust_env=False) as made:
        yield made


@pytest.fixture
def order() -> dict[str, Any]:
    """A valid order that no other test sends."""
    return {**copy.deepcopy(dict(EXAMPLE)), "external_id": f"fault-{next(_names)}"}


def send(client: httpx.Client, order: dict[str, Any], fault: str = "") -> httpx.Response:
    """One POST with a fault."""
    return client.post("/invoices", json=order, headers={"X-Sandbox-Fault": fault} if fault else {})


def made(sandbox: SandboxThread, order: dict[str, Any]) -> int:
    """How many invoices the order has become."""
    return sum(invoice.external_id == order["external_id"] for invoice in sandbox.invoices())


@pytest.mark.parametrize(("fault", "count"), [("lost-before", 0), ("lost-after", 1)])
def test_a_lost_answer_is_a_closed_connection(
    sandbox: SandboxThread, client: httpx.Client, order: dict[str, Any], fault: str, count: int
) -> None:
    """The caller sees the connection end without a byte; only `lost-after` has made the invoice; a repeat settles it."""
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        send(client, order, fault)

    assert made(sandbox, order) == count
    assert send(client, order).status_code == (200 if count else 201)
    assert made(sandbox, order) == 1


def test_a_truncated_answer_is_half_a_body(sandbox: SandboxThread, client: httpx.Client, order: dict[str, Any]) -> None:
    """Headers and half of the body arrive, then the connection ends; the invoice exists."""
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        send(client, order, "truncated")

    assert made(sandbox, order) == 1
    assert send(client, order).headers["idempotency-status"] == "replayed"


@pytest.mark.parametrize(("fault", "count"), [("500-before", 0), ("500-after", 1)])
def test_a_500_says_nothing_of_what_was_done(
    sandbox: SandboxThread, client: httpx.Client, order: dict[str, Any], fault: str, count: int
) -> None:
    """Both look alike to the caller, with a request id; only one has made the invoice."""
    answer = send(client, order, fault)

    assert answer.status_code == 500
    assert answer.json()["error"] == {"code": "server_error", "message": "Onverwachte fout."}
    assert answer.headers["x-request-id"].startswith("sandbox-")
    assert made(sandbox, order) == count


@pytest.mark.parametrize(("fault", "wait"), [("429", "1"), ("429:0", "0"), ("429:2.5", "3")])
def test_a_429_makes_nothing(
    sandbox: SandboxThread, client: httpx.Client, order: dict[str, Any], fault: str, wait: str
) -> None:
    """The answer says how many seconds to wait, and the order was not carried out."""
    answer = send(client, order, fault)

    assert answer.status_code == 429
    assert answer.json()["error"]["code"] == "rate_limited"
    assert answer.headers["retry-after"] == wait
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert made(sandbox, order) == 0


def test_a_slow_answer_comes_after_the_invoice(sandbox: SandboxThread, order: dict[str, Any]) -> None:
    """A caller that gives up first has an invoice it does not know of; one that waits gets its 201."""
    headers = {"Authorization": f"Bearer {sandbox.api_key}", "X-Sandbox-Fault": "slow:30"}
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{sandbox.base_url}/invoices", json=order, headers=headers, timeout=0.1, trust_env=False)
    assert made(sandbox, order) == 1

    begin = time.monotonic()
    patient = httpx.post(
        f"{sandbox.base_url}/invoices", json=order, headers={**headers, "X-Sandbox-Fault": "slow:0.2"}, trust_env=False
    )
    assert patient.status_code == 200
    assert time.monotonic() - begin >= 0.2


def test_a_proxy_answers_in_html(sandbox: SandboxThread, client: httpx.Client, order: dict[str, Any]) -> None:
    """502 with a page that is no JSON; nothing was made."""
    answer = send(client, order, "html-502")

    assert answer.status_code == 502
    assert answer.headers["content-type"].startswith("text/html")
    assert "<h1>502 Bad Gateway</h1>" in answer.text
    assert made(sandbox, order) == 0


def test_a_redirect_leads_elsewhere(sandbox: SandboxThread, client: httpx.Client, order: dict[str, Any]) -> None:
    """302 to a path that does not exist: whoever follows it is found in the record of requests."""
    answer = send(client, order, "redirect")

    assert answer.status_code == 302
    assert answer.headers["location"] == "/api/v1/moved/invoices"
    assert made(sandbox, order) == 0
    assert not [seen for seen in sandbox.requests() if seen.path == answer.headers["location"]]


def test_faults_are_silent(
    client: httpx.Client, order: dict[str, Any], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Dropped connections are the purpose, not an incident: nothing is logged or printed."""
    with caplog.at_level(logging.INFO):
        for fault in sorted(NAMES - {"slow"}):
            try:
                send(client, order, fault)
            except httpx.RemoteProtocolError:
                continue

    assert [record for record in caplog.records if record.name.startswith(("uvicorn", "asyncio", "importer"))] == []
    assert capfd.readouterr() == ("", "")


def test_a_server_wide_spec_hits_its_share() -> None:
    """With `500-before:1` every request fails; the header of a request goes before the dice."""
    with running(SandboxSettings(faults="500-before:1")) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.api_key}"}
        with httpx.Client(base_url=sandbox.base_url, headers=headers, trust_env=False) as client:
            assert send(client, dict(EXAMPLE)).status_code == 500
            assert send(client, dict(EXAMPLE), "429").status_code == 429


def test_latency_comes_before_every_answer() -> None:
    """Requests wait side by side: ten at once take one latency, not ten."""
    with running(SandboxSettings(latency=0.15)) as sandbox, httpx.Client(trust_env=False) as client:
        begin = time.monotonic()
        assert client.post(f"{sandbox.base_url}/invoices").status_code == 401
        assert time.monotonic() - begin >= 0.15


def test_same_seed_same_faults() -> None:
    """The dice are reproducible, another seed rolls otherwise, and shares come out as asked."""
    spec = "lost-after:0.2, slow:0.5:0.1"
    rolls = [
        [dice.draw() for _ in range(2_000)] for dice in (FaultDice(spec, 7), FaultDice(spec, 7), FaultDice(spec, 8))
    ]

    assert rolls[0] == rolls[1] != rolls[2]
    assert 330 < rolls[0].count(Fault("lost-after")) < 470
    assert 140 < rolls[0].count(Fault("slow", 0.5)) < 260
    assert rolls[0].count(None) > 1_300


def test_specs_are_read_as_written() -> None:
    """NAME:SHARE or NAME:SECONDS:SHARE; an empty spec is no fault at all."""
    assert parse_faults("") == ()
    assert parse_faults("lost-after:0.05,429:0.1,429:0:0.2") == (
        Share(Fault("lost-after"), 0.05),
        Share(Fault("429", 1), 0.1),
        Share(Fault("429", 0), 0.2),
    )
    assert str(parse_fault("slow:0.50")) == "slow:0.5"


@pytest.mark.parametrize(
    "text", ["", "lost", "lost-after:1", "slow", "slow:", "slow:x", "slow:-1", "slow:inf", "429:nan"]
)
def test_a_fault_that_makes_no_sense_is_an_error(text: str) -> None:
    """Nothing is guessed about a misspelt fault."""
    with pytest.raises(SettingsError) as caught:
        parse_fault(text)
    assert caught.value.code == "bad-faults"
