"""What a person sees: the page, the CSV file, and nothing that runs."""

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from importer.facturalia.sandbox import DEFAULT_API_KEY, SandboxSettings, create_app
from importer.facturalia.sandbox.pages import PAGE_LENGTH, neutral

Shop = Callable[..., TestClient]
LINE = {"product_code": "A", "quantity": 2, "unit_price": 617.28, "vat_rate": 21}


@pytest.fixture
def client() -> Iterator[TestClient]:
    """A sandbox in process."""
    app = create_app(SandboxSettings())
    yield TestClient(app, headers={"Authorization": f"Bearer {DEFAULT_API_KEY}"})
    app.state.store.close()


def send(client: TestClient, **customer: Any) -> None:
    """One order of 1234.56 excl. VAT for this customer."""
    order = {"invoice": {"date": "2026-03-03"}, "customer": customer, "lines": [LINE]}
    assert client.post("/api/v1/invoices", json=order).status_code == 201


def test_an_empty_page_says_what_to_expect(client: TestClient) -> None:
    """Plainly marked as a sandbox, with the settings to copy, before anything has come in."""
    page = client.get("/")

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "SANDBOX. Nothing is created in Facturalia." in page.text
    assert "IMPORTER_BASE_URL=http://testserver/api/v1" in page.text
    assert f"IMPORTER_API_KEY={DEFAULT_API_KEY}" in page.text
    assert "Nothing yet." in page.text


def test_a_key_of_ones_own_is_not_shown() -> None:
    """Only the key that everybody knows stands on the page."""
    app = create_app(SandboxSettings(api_key="own-key-123"))
    page = TestClient(app).get("/").text
    app.state.store.close()

    assert "own-key-123" not in page
    assert "IMPORTER_API_KEY" not in page


def test_the_page_lists_newest_first_with_totals(client: TestClient) -> None:
    """Every invoice with its amounts, the sums over all, and how many requests came in, refused ones included."""
    send(client, name="Eerste BV")
    send(client, vat_number="BE0403170701")
    client.get("/api/v1/invoices")
    page = client.get("/").text

    assert page.index("BE0403170701") < page.index("Eerste BV")
    assert '<dd id="count">2</dd>' in page
    assert '<dd id="requests">3</dd>' in page
    assert '<dd id="excl">€ 2.469,12</dd>' in page
    assert '<dd id="vat">€ 518,52</dd>' in page
    assert '<dd id="incl">€ 2.987,64</dd>' in page
    assert page.count('<td class="n">1.493,82</td>') == 2


def test_a_long_list_is_turned_page_by_page(client: TestClient) -> None:
    """Each invoice stands on exactly one page; nonsense in the address shows the newest."""
    for number in range(PAGE_LENGTH + 1):
        send(client, name=f"Klant-{number:04d}-")
    newest, older = client.get("/").text, client.get("/?before=2").text

    assert '<a rel="next" href="/?before=2">Older</a>' in newest
    assert f"Klant-{PAGE_LENGTH:04d}-" in newest
    assert "Klant-0000-" not in newest
    assert "Klant-0000-" in older
    assert "Klant-0001-" not in older
    for nonsense in ("x", "-1", "9" * 40, "²"):
        assert f"Klant-{PAGE_LENGTH:04d}-" in client.get("/", params={"before": nonsense}).text


def test_a_customer_named_script_is_text(client: TestClient) -> None:
    """Markup in data is shown, never run, and the page may load and run nothing anyway."""
    send(client, name="<script>alert(1)</script>")
    page = client.get("/")

    assert "<script" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.headers["x-content-type-options"] == "nosniff"


def test_the_csv_holds_every_invoice(client: TestClient) -> None:
    """UTF-8 with BOM, semicolons, decimal comma, oldest first, offered as a download."""
    send(client, name="Café; Zoë\n2")
    send(client, customer_id=7)
    answer = client.get("/export.csv")

    assert answer.content.startswith(b"\xef\xbb\xbfid;number;")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="sandbox-invoices.csv"'
    header, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), delimiter=";", strict=True)
    assert header == ["id", "number", "external_id", "date", "customer", "lines", "excl", "vat", "incl", "received at"]
    assert [row[:-1] for row in rows] == [
        ["1", "2026/0001", "", "2026-03-03", "Café; Zoë\n2", "1", "1234,56", "259,26", "1493,82"],
        ["2", "2026/0002", "", "2026-03-03", "customer 7", "1", "1234,56", "259,26", "1493,82"],
    ]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "=cmd|' /C calc'!A0"])
def test_a_customer_named_formula_is_text(client: TestClient, name: str) -> None:
    """No cell of the CSV begins like something a spreadsheet would run."""
    send(client, name=name)
    text = client.get("/export.csv").content.decode("utf-8-sig")
    (row,) = list(csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True))[1:]

    assert row[4].startswith("'")
    assert row[4] == neutral(name.strip())  # names are shown without the spaces around them


def test_an_ordinary_text_is_left_as_it_is() -> None:
    """Neutralising touches only what begins like a formula."""
    assert [neutral(text) for text in ("", "A=1", "1-2", "Café")] == ["", "A=1", "1-2", "Café"]


def test_no_page_loads_a_script_from_elsewhere(client: TestClient) -> None:
    """The documentation pages of the framework, which would, are off; the document itself is there."""
    assert [client.get(path).status_code for path in ("/docs", "/redoc", "/docs/oauth2-redirect")] == [404, 404, 404]
    document = client.get("/openapi.json").json()
    assert list(document["paths"]) == ["/invoices"]
    assert set(document["paths"]["/invoices"]["post"]["responses"]) >= {"200", "201", "400", "401", "403", "409"}


def test_a_pdf_shows_hostile_text_as_text(client: TestClient) -> None:
    """Brackets and backslashes of a number cannot end the string in the PDF."""
    order = {"invoice": {"date": "2026-03-03", "number": "a)\\( Tj\n"}, "customer": {"name": "x"}, "lines": [LINE]}
    client.post("/api/v1/invoices", json=order)

    assert rb"(Number: a\)\\\( Tj ) Tj" in client.get("/invoices/1.pdf").content
