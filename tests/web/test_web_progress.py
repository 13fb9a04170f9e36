"""The page of posting while invoices are on their way."""

import html
import time
from pathlib import Path
from typing import Final

import pytest

from importer.domain.states import State
from importer.facturalia.sandbox import RateLimit, SandboxSettings, running
from tests.ledger.builders import attempt_of, outcome_of, queued, stored
from tests.secrets.canaries import KEY
from tests.web.attacks_pages import INVOICES, SAMPLE
from tests.web.workdesk import browsing

PATIENCE: Final = 60.0  # seconds


def test_the_page_says_until_when_facturalia_asks_to_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit of the API is shown with the moment it ends; then posting goes on by itself, and the words are gone."""
    monkeypatch.setenv("IMPORTER_API_KEY", KEY)
    limited = SandboxSettings(api_key=KEY, rate_limit=RateLimit(INVOICES - 2, 2.0))
    with running(limited) as sandbox, browsing(tmp_path, monkeypatch, base_url=sandbox.base_url) as browser:
        work = browser.upload(SAMPLE.name, SAMPLE.read_bytes())
        digest = browser.get(f"{work}/confirm").text.partition('name="digest" value="')[2].partition('"')[0]
        page = browser.post(f"{work}/confirm", {"digest": digest, "limit": ""})
        seen, end = "", time.monotonic() + PATIENCE
        while "/runs/" not in str(page.url):
            assert time.monotonic() < end
            seen = page.text if "asks us to wait until" in page.text else seen
            page = browser.get(f"{work}/progress")

        assert seen
        assert "asks us to wait until" not in page.text
        assert sandbox.count() == INVOICES


def test_the_preview_shows_the_totals_of_the_file_beside_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each control column of the file has a line: its name, its sum, and that it agrees."""
    with browsing(tmp_path, monkeypatch) as browser:
        page = browser.get(f"{browser.upload(SAMPLE.name, SAMPLE.read_bytes())}/preview").text
        made = browser.desk.preview(next(browser.desk.uploads.all()))

    assert len(made.plan.agreements) == 1
    (one,) = made.plan.agreements
    assert one.stated == one.reckoned == made.plan.file_totals.excl
    said = page.partition('class="recon"')[2].partition("</ul>")[0]
    assert f"column {one.header}: € 33.841,65" in " ".join(said.split())
    assert said.count("agrees") == 2


def test_after_a_stop_a_rejection_still_names_what_was_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Going on knows no cells any more: the page names the line and the product that Facturalia does not have."""
    monkeypatch.setenv("IMPORTER_API_KEY", KEY)
    short = SandboxSettings(api_key=KEY, products=frozenset({"00042", "VERV-01"}))
    with running(short) as sandbox, browsing(tmp_path, monkeypatch, base_url=sandbox.base_url) as browser:
        work = browser.upload(SAMPLE.name, SAMPLE.read_bytes())
        digest = browser.get(f"{work}/confirm").text.partition('name="digest" value="')[2].partition('"')[0]
        browser.post(f"{work}/confirm", {"digest": digest, "limit": "1"})
        page, end = browser.get(f"{work}/progress"), time.monotonic() + PATIENCE
        while "/runs/" not in str(page.url):
            assert time.monotonic() < end
            page = browser.get(f"{work}/progress")
        browser.post(f"{work}/go-on", {})
        while "Rejected" not in page.text:
            assert time.monotonic() < end
            page = browser.get(f"/runs/{str(page.url).rpartition('/')[2]}")
        while 'Line 1, product code "1001"' not in html.unescape(page.text):
            assert time.monotonic() < end, "the product is not named"
            page = browser.get(str(page.url))
        invoice = page.text.partition('<a href="/invoices/')[2].partition('"')[0]
        browser.post(f"/invoices/{invoice}", {"as": "hold", "reason": "the customer calls back"})
        todo = " ".join(browser.get("/todo").text.partition(f"/invoices/{invoice}")[2].partition("</li>")[0].split())
        assert "· the customer calls back</span>" in todo, "what waits for a person says why, not what came before"


def test_a_file_of_what_was_posted_before_is_not_called_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All is posted and one invoice says something else now: there is nothing new, and its page leads to its history."""
    monkeypatch.setenv("IMPORTER_API_KEY", KEY)
    with (
        running(SandboxSettings(api_key=KEY)) as sandbox,
        browsing(tmp_path, monkeypatch, base_url=sandbox.base_url) as browser,
    ):
        work = browser.upload(SAMPLE.name, SAMPLE.read_bytes())
        digest = browser.get(f"{work}/confirm").text.partition('name="digest" value="')[2].partition('"')[0]
        browser.post(f"{work}/confirm", {"digest": digest})
        end = time.monotonic() + PATIENCE
        while "/runs/" not in str(browser.get(f"{work}/progress").url):
            assert time.monotonic() < end
        again = browser.upload("opnieuw.csv", SAMPLE.read_bytes().replace(b"VERV-01", b"VERV-02"))
        page = browser.get(f"{again}/preview").text
        assert "Nothing new can be posted" in page
        place = page.partition('class="r-changed"')[2].partition(f'href="{again}/invoice/')[2].partition('"')[0]
        path = browser.get(f"{again}/invoice/{place}").text.partition('<a href="/invoices/')[2].partition('"')[0]
        assert path
        assert browser.get(f"/invoices/{path}").status_code == 200


def test_a_change_after_posting_is_noted_and_settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file with nothing new but a change: one button notes it, the invoice can be settled, and nothing is sent."""
    monkeypatch.setenv("IMPORTER_API_KEY", KEY)
    with (
        running(SandboxSettings(api_key=KEY)) as sandbox,
        browsing(tmp_path, monkeypatch, base_url=sandbox.base_url) as browser,
    ):
        posted = SAMPLE.read_bytes()
        for content in (posted, posted.replace(b"1.250,00;21%;10.625,00", b"1.300,00;21%;11.050,00", 1)):
            work = browser.upload(SAMPLE.name, content)
            shown = browser.get(f"{work}/preview").text
            digest = browser.get(f"{work}/confirm").text.partition('name="digest" value="')[2].partition('"')[0]
            page = browser.post(f"{work}/confirm", {"digest": digest, "limit": ""})
            end = time.monotonic() + PATIENCE
            while "/runs/" not in str(page.url):
                assert time.monotonic() < end
                page = browser.get(f"{work}/progress")

        assert "Note the changes" in shown
        assert "Changed since posted" in page.text
        (waiting,) = browser.desk.ledger.attention(browser.desk.account("default").account)
        settled = browser.post(f"/invoices/{waiting.external_id}", {"as": "settled", "reason": "credit note made"})
        assert "credit note made" in settled.text
        assert browser.desk.ledger.attention(browser.desk.account("default").account) == []
        assert len(sandbox.requests()) == INVOICES


@pytest.mark.parametrize(("how", "then"), [("posted", "Posted"), ("not-posted", "Ready")])
def test_an_unknown_outcome_is_settled_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, then: str
) -> None:
    """The page asks to look in Facturalia; without a reason nothing is recorded, with one it is, and it is off the list."""
    with browsing(tmp_path, monkeypatch) as browser:
        ledger, account = browser.desk.ledger, browser.desk.account("default").account
        stored(ledger, "A", account=account)
        attempt = attempt_of(queued(ledger, "A", account))
        ledger.write(attempt).result(10)
        ledger.write(outcome_of(attempt, State.UNKNOWN, ambiguous=True)).result(10)

        listed = browser.get("/todo").text
        assert "Look for number A there" in listed
        address = listed.partition('href="/invoices/')[2].partition('"')[0]
        assert browser.post(f"/invoices/{address}", {"as": how, "reason": " "}).status_code == 422
        assert ledger.invoice(account, "A").state is State.UNKNOWN
        page = browser.post(f"/invoices/{address}", {"as": how, "reason": "seen there", "number": "2026-7"}).text
        assert "seen there" in page
        assert then in page
        assert ledger.attention(account) == []
        assert ledger.invoice(account, "A").number == ("2026-7" if how == "posted" else "")
