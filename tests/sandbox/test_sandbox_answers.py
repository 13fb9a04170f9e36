"""Every status, header and body of the contract, in process."""

import copy
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from importer.errors import SettingsError
from importer.facturalia.sandbox import DEFAULT_API_KEY, RateLimit, SandboxSettings, create_app, read_products
from importer.facturalia.sandbox.openapi import EXAMPLE

AUTHORIZED = {"Authorization": f"Bearer {DEFAULT_API_KEY}", "Content-Type": "application/json; charset=utf-8"}
PATH = "/api/v1/invoices"
Make = Callable[..., TestClient]


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        """Start at a fixed moment."""
        self.seconds = 0.0

    def now(self) -> datetime:
        """Noon on 3 March 2026, plus what was moved."""
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


@pytest.fixture
def clock() -> HandClock:
    """A clock in the hands of the test."""
    return HandClock()


@pytest.fixture
def make(clock: HandClock) -> Iterator[Make]:
    """Makes clients of sandboxes with the settings given, and closes their stores afterwards."""
    stores = []

    def made(**settings: Any) -> TestClient:
        app = create_app(SandboxSettings(**settings), clock)
        stores.append(app.state.store)
        return TestClient(app, headers=AUTHORIZED, follow_redirects=False)

    yield made
    for store in stores:
        store.close()


def an_order(**parts: Any) -> dict[str, Any]:
    """The example of the document, with top-level parts replaced."""
    return {**copy.deepcopy(dict(EXAMPLE)), **parts}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The example with one field set by its dotted path."""
    order: Any = an_order(external_id="e-1")
    *way, last = path.split(".")
    spot = order
    for step in way:
        spot = spot[int(step)] if step.isdigit() else spot[step]
    spot[last] = value
    return dict(order)


def test_a_first_creation_answers_201_with_the_invoice(make: Make) -> None:
    """A valid order makes an invoice with id, number, due date, exact totals and a PDF that can be fetched."""
    client = make()
    answer = client.post(PATH, content=json.dumps(an_order(external_id="e-1")))

    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
    assert "idempotency-status" not in answer.headers
    invoice = answer.json()["invoice"]
    assert (invoice["id"], invoice["number"], invoice["external_id"]) == (1, "2026/0001", "e-1")
    assert (invoice["date"], invoice["due_date"]) == ("2026-03-03", "2026-04-02")
    assert invoice["totals"] == {
        "excl_vat": "120.00",
        "vat": "25.20",
        "incl_vat": "145.20",
        "by_rate": [{"rate": 21, "base": "120.00", "vat": "25.20"}],
    }
    pdf = client.get(invoice["links"]["pdf"])
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF-1.4")
    assert b"SANDBOX - this is not an invoice" in pdf.content


@pytest.mark.parametrize(
    "body", [b"", b"{", b"{'a': 1}", b'{"a": NaN}', b"\xff\xfe", b"[" * 100_000, b'"\\ud800"', b"\xef\xbb\xbf{}"]
)
def test_a_body_that_is_not_json_is_400(make: Make, body: bytes) -> None:
    """Whatever is not one JSON value in UTF-8 is `invalid_json`, and creates nothing."""
    answer = make().post(PATH, content=body)

    assert answer.status_code == 400
    assert answer.json() == {"error": {"code": "invalid_json", "message": "Body is geen geldige JSON."}}


@pytest.mark.parametrize(
    ("authorization", "challenge"),
    [
        ("", 'Bearer realm="Facturalia"'),
        ("Bearer fac_live_other", 'Bearer realm="Facturalia", error="invalid_token"'),
        (f"Bearer  {DEFAULT_API_KEY}", 'Bearer realm="Facturalia", error="invalid_token"'),
        (f"Basic {DEFAULT_API_KEY}", 'Bearer realm="Facturalia", error="invalid_token"'),
    ],
)
def test_a_missing_or_wrong_key_is_401(make: Make, authorization: str, challenge: str) -> None:
    """Only `Bearer`, one space and the key of the sandbox is let in; the challenge names the realm."""
    answer = make().post(PATH, json=an_order(), headers={"Authorization": authorization})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == challenge
    assert answer.json() == {
        "error": {"code": "unauthorized", "message": "Authorization header ontbreekt of ongeldig."}
    }


def test_a_key_without_the_scope_is_403(make: Make) -> None:
    """A valid key without `invoices:create` is told which scope is missing."""
    answer = make(scopes=frozenset({"invoices:read"})).post(PATH, json=an_order())

    assert answer.status_code == 403
    assert answer.json() == {"error": {"code": "forbidden", "message": "Scope ontbreekt: invoices:create"}}


@pytest.mark.parametrize(
    "path", ["/api/v1/customers", "/api/v1/invoices/", "/api/v1", "/nowhere", "/invoices/9.pdf", "/invoices/x.pdf"]
)
def test_an_unknown_route_is_404_in_json(make: Make, path: str) -> None:
    """Nothing but the documented error shape comes back from a route that does not exist."""
    answer = make().get(path)

    assert answer.status_code == 404
    assert answer.json() == {"error": {"code": "not_found", "message": "Niet gevonden."}}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_is_405_with_allow(make: Make, method: str) -> None:
    """The one route takes POST and says so."""
    answer = make().request(method, PATH)

    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert answer.json()["error"]["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    "media", ["", "text/plain", "application/xml", "application/jsonx", "application/json; charset=latin-1"]
)
def test_another_content_type_is_415(make: Make, media: str) -> None:
    """Only application/json in UTF-8 is read."""
    answer = make().post(PATH, content=json.dumps(an_order()), headers={"Content-Type": media})

    assert answer.status_code == 415
    assert answer.json()["error"]["code"] == "unsupported_media_type"


@pytest.mark.parametrize(
    "media", ["application/json", "application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"']
)
def test_json_is_taken_with_and_without_charset(make: Make, media: str) -> None:
    """The documented ways to write the media type are accepted."""
    assert make().post(PATH, content=json.dumps(an_order()), headers={"Content-Type": media}).status_code == 201


def test_a_body_without_end_is_413(make: Make) -> None:
    """A body above the limit of the sandbox is refused in the documented shape."""
    answer = make().post(PATH, content=b" " * 20_000_001)

    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "payload_too_large"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("external_id", "", "Verplicht."),
        ("external_id", 5, "Moet tekst zijn."),
        ("invoice.date", "03/03/2026", "Verplicht (JJJJ-MM-DD)."),
        ("invoice.date", "2026-02-30", "Verplicht (JJJJ-MM-DD)."),
        ("invoice.date", "2026-3-3", "Verplicht (JJJJ-MM-DD)."),
        ("invoice.date", "٢٠٢٦-٠٣-٠٣", "Verplicht (JJJJ-MM-DD)."),
        ("invoice.date", 20260303, "Verplicht (JJJJ-MM-DD)."),
        ("invoice.number", "  ", "Verplicht."),
        ("invoice.number", None, "Mag niet null zijn."),
        ("invoice.due_days", -1, "Moet ≥ 0 zijn."),
        ("invoice.due_days", 1.5, "Moet een geheel getal zijn."),
        ("invoice.due_days", "30", "Moet een geheel getal zijn."),
        ("invoice.due_days", True, "Moet een geheel getal zijn."),
        ("invoice.due_days_after", "eom", "Ongeldige waarde; toegelaten: nf, em."),
        ("invoice.language", "de", "Ongeldige waarde; toegelaten: nl, fr, en."),
        ("invoice.is_paid", 2, "Ongeldige waarde; toegelaten: 0, 1."),
        ("invoice.autosend", True, "Ongeldige waarde; toegelaten: 0, 1."),
        ("invoice.vat_exemption_code", -1, "Moet ≥ 0 zijn."),
        ("invoice.discount_percent", 101, "Moet ≤ 100 zijn."),
        ("invoice.discount_amount", 120.01, "Mag niet hoger zijn dan het totaal."),
        ("invoice.colour", "red", "Onbekend veld."),
        ("customer.country", "be", "Moet een ISO-landcode van 2 letters zijn."),
        ("customer.country", "XX", "Moet een ISO-landcode van 2 letters zijn."),
        ("customer.street", "x" * 256, "Mag niet langer zijn dan 255 tekens."),
        ("lines.0.product_code", "", "Verplicht."),
        ("lines.0.quantity", 0, "Moet > 0 zijn."),
        ("lines.0.quantity", "1", "Moet een getal zijn."),
        ("lines.0.quantity", 10**30, "Moet ≤ 1000000000 zijn."),
        ("lines.0.unit_price", -0.01, "Moet ≥ 0 zijn."),
        ("lines.0.vat_rate", 19, "Ongeldige waarde; toegelaten: 0, 6, 12, 21."),
        ("lines.0.vat_rate", "21", "Ongeldige waarde; toegelaten: 0, 6, 12, 21."),
    ],
)
def test_a_wrong_field_is_422_named_by_its_path(make: Make, path: str, value: Any, message: str) -> None:
    """The details name exactly the wrong field, dotted and zero-based, and nothing is created."""
    client = make()
    answer = client.post(PATH, content=json.dumps(changed(path, value)))

    assert answer.status_code == 422
    assert answer.json() == {
        "error": {"code": "validation_error", "message": "Controleer de velden.", "details": {path: message}}
    }
    assert client.app.state.store.count() == 0  # type: ignore[attr-defined]  # the client knows any ASGI callable


@pytest.mark.parametrize(
    ("order", "details"),
    [
        ([], {"body": "Moet een object zijn."}),
        ({}, {"invoice": "Verplicht.", "customer": "Verplicht.", "lines": "Verplicht."}),
        (an_order(lines=[]), {"lines": "Minstens 1 lijn."}),
        (an_order(lines="x"), {"lines": "Moet een lijst zijn."}),
        (an_order(lines=[7]), {"lines.0": "Moet een object zijn."}),
        (an_order(customer=7), {"customer": "Moet een object zijn."}),
        (an_order(customer={"city": "Gent"}), {"customer": "Geef minstens customer_id, vat_number of name."}),
        (an_order(customer={"name": " "}), {"customer": "Geef minstens customer_id, vat_number of name."}),
        (an_order(invoice={}), {"invoice.date": "Verplicht (JJJJ-MM-DD)."}),
        (an_order(currency="EUR"), {"currency": "Onbekend veld."}),
        (
            an_order(invoice={"date": "2026-03-03", "discount_amount": 1, "discount_percent": 1}),
            {"invoice.discount_percent": "Niet samen met discount_amount."},
        ),
        (
            an_order(lines=[{}, {"product_code": "A", "quantity": 1, "unit_price": -1, "vat_rate": 7}]),
            {
                "lines.0.product_code": "Verplicht.",
                "lines.0.quantity": "Verplicht.",
                "lines.0.unit_price": "Verplicht.",
                "lines.0.vat_rate": "Verplicht.",
                "lines.1.unit_price": "Moet ≥ 0 zijn.",
                "lines.1.vat_rate": "Ongeldige waarde; toegelaten: 0, 6, 12, 21.",
            },
        ),
    ],
)
def test_all_faults_of_an_order_are_listed(make: Make, order: Any, details: dict[str, str]) -> None:
    """A 422 lists everything that is wrong at once."""
    assert make().post(PATH, json=order).json()["error"]["details"] == details


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("invoice.due_days", 30.0),
        ("invoice.is_paid", True),
        ("invoice.is_paid", 1),
        ("invoice.vat_exemption_code", None),
        ("invoice.vat_exemption_code", 2),
        ("invoice.autosend", 0),
        ("customer.country", "BE"),
        ("customer.customer_id", 12),
        ("customer.name", "\x1c"),
        ("customer.name", "\u00a0"),
        ("lines.0.vat_rate", 21.0),
        ("lines.0.unit_price", 0),
        ("lines.0.quantity", 0.001),
        ("lines.0.description", "what the list of line fields may hold"),
        ("lines.0.product_code", "\u0000\n'; DROP TABLE invoices"),
    ],
)
def test_what_the_contract_allows_is_taken(make: Make, path: str, value: Any) -> None:
    """Numbers count by value, booleans only for is_paid, null only for vat_exemption_code, lines may hold more."""
    assert make().post(PATH, json=changed(path, value)).status_code == 201


def test_unknown_fields_can_be_let_through(make: Make) -> None:
    """`unknown_fields="ignore"` is the other reading of a silent page."""
    order = {**changed("invoice.colour", "red"), "currency": "EUR"}

    assert make(unknown_fields="ignore").post(PATH, json=order).status_code == 201


def test_an_unknown_product_is_422_on_its_line(make: Make) -> None:
    """With a list of products, a code that is not on it is refused, by its line."""
    client = make(products=frozenset({"CONS-001"}))
    order = an_order()
    order["lines"].append({**order["lines"][0], "product_code": "cons-001"})

    answer = client.post(PATH, json=order)

    assert answer.status_code == 422
    assert answer.json()["error"]["details"] == {"lines.1.product_code": "Product bestaat niet."}
    assert client.post(PATH, json=an_order()).status_code == 201


def test_the_list_of_products_is_read_from_a_file(tmp_path: Any) -> None:
    """One code a line, with or without BOM; leading zeros stay; an empty or missing file is a settings error."""
    (tmp_path / "products.txt").write_bytes(b"\xef\xbb\xbf00042\r\n\r\n  CONS-001 \n")
    (tmp_path / "empty.txt").write_text("\n")

    assert read_products(tmp_path / "products.txt") == {"00042", "CONS-001"}
    for name in ("empty.txt", "missing.txt"):
        with pytest.raises(SettingsError) as caught:
            read_products(tmp_path / name)
        assert caught.value.code == "products-unreadable"


def test_the_rate_limit_is_429_until_the_window_ends(make: Make, clock: HandClock) -> None:
    """Requests beyond the limit are not carried out, and Retry-After says when the next one may come."""
    client = make(rate_limit=RateLimit(2, 10))
    first = client.post(PATH, json=an_order())
    clock.sleep(3.5)
    second, third = (client.post(PATH, json=an_order()) for _ in range(2))

    assert [first.status_code, second.status_code, third.status_code] == [201, 201, 429]
    assert [first.headers[f"x-ratelimit-{name}"] for name in ("limit", "remaining", "reset")] == ["2", "1", "10"]
    assert third.json()["error"]["code"] == "rate_limited"
    assert third.headers["retry-after"] == third.headers["x-ratelimit-reset"] == "7"
    clock.sleep(6.5)
    assert client.post(PATH, json=an_order()).status_code == 201
    assert client.app.state.store.count() == 3  # type: ignore[attr-defined]  # as above


def test_the_due_date_follows_days_and_end_of_month(make: Make) -> None:
    """due_date is date plus due_days, on to the end of that month with `em`, and never beyond the calendar."""
    client = make(default_due_days=14)
    due = [
        client.post(PATH, json=an_order(invoice={"date": day, **rest})).json()["invoice"]["due_date"]
        for day, rest in (
            ("2026-03-03", {}),
            ("2026-03-03", {"due_days": 0}),
            ("2026-01-31", {"due_days": 30, "due_days_after": "em"}),
            ("2026-12-05", {"due_days": 0, "due_days_after": "em"}),
            ("9999-12-31", {"due_days": 1}),
            ("9999-12-31", {"due_days": 0, "due_days_after": "em"}),
        )
    ]

    assert due == ["2026-03-17", "2026-03-03", "2026-03-31", "2026-12-31", "9999-12-31", "9999-12-31"]


def test_numbers_are_given_per_year_past_those_taken(make: Make) -> None:
    """Numbers run in order of arrival within the year of the invoice date and skip numbers that callers sent."""
    client = make()
    invoices = [
        {"date": "2026-03-03", "number": "2026/0002"},
        {"date": "2026-03-03"},
        {"date": "2025-12-31"},
        {"date": "2026-01-01"},
    ]
    numbers = [client.post(PATH, json=an_order(invoice=invoice)).json()["invoice"]["number"] for invoice in invoices]

    assert numbers == ["2026/0002", "2026/0001", "2025/0001", "2026/0003"]


@pytest.mark.parametrize("host", ["[", "a b", "<x>", ""])
def test_a_host_header_that_makes_no_sense_does_no_harm(make: Make, host: str) -> None:
    """Links then lead to where the sandbox really is."""
    client = make()
    answer = client.post(PATH, json=an_order(), headers={"Host": host})

    assert answer.json()["invoice"]["links"]["pdf"] == "http://testserver:80/invoices/1.pdf"
    assert client.get("/", headers={"Host": host}).status_code == 200
    assert client.get("/nowhere", headers={"Host": host}).status_code == 404


def test_a_fault_that_does_not_exist_is_said_loudly(make: Make) -> None:
    """A test with a misspelt fault must not pass by accident."""
    answer = make().post(PATH, json=an_order(), headers={"X-Sandbox-Fault": "lost-afterwards"})

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "unknown_fault"


def test_a_bug_of_the_sandbox_is_500_with_a_request_id(make: Make) -> None:
    """Even when the sandbox itself breaks, the answer has the documented shape."""
    client = make()
    client.app.state.store.close()  # type: ignore[attr-defined]  # as above
    quiet = TestClient(client.app, headers=AUTHORIZED, raise_server_exceptions=False)

    answer = quiet.post(PATH, json=an_order())

    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "server_error"
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize(
    "settings",
    [
        {"faults": "lost-after"},
        {"faults": "nonsense:0.1"},
        {"faults": "slow:0.1"},
        {"faults": "lost-after:0.6,500-before:0.6"},
        {"faults": "lost-after:-1"},
        {"faults": "lost-after:nan"},
        {"base_path": "api"},
        {"base_path": "/"},
        {"api_key": "two words"},
        {"api_key": ""},
        {"rate_limit": RateLimit(0, 1)},
        {"rate_limit": RateLimit(1, float("nan"))},
        {"retention_hours": -1},
        {"retention_hours": float("inf")},
        {"latency": float("nan")},
        {"latency": -1},
    ],
)
def test_settings_that_cannot_work_are_refused_at_once(settings: dict[str, Any]) -> None:
    """A wrong option is named before a server starts."""
    with pytest.raises(SettingsError) as caught:
        SandboxSettings(**settings)
    assert caught.value.code in {"bad-faults", "bad-sandbox-setting"}
    assert caught.value.fix
