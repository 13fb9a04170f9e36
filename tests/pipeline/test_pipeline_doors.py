"""The pipeline for every front door: nothing is stored or sent without a yes, and one sender at a time."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from desk import Desk, a_desk, row, rows

from importer.domain.clock import SystemClock
from importer.domain.records import Plan
from importer.errors import PlanMismatch, SourceError
from importer.facturalia.access import api_key
from importer.facturalia.client import Client
from importer.ledger.store import Ledger, open_ledger
from importer.pipeline import Sending, check_files, import_files, plan_files, resume
from importer.profile.load import load_profile
from importer.settings import sandbox_account


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with a file of four invoices."""
    with a_desk(tmp_path) as made:
        made.file("maart.csv", rows(4))
        yield made


@contextmanager
def a_ledger(desk: Desk) -> Iterator[Ledger]:
    """The ledger of a desk."""
    with open_ledger(desk.settings["IMPORTER_LEDGER_URL"], clock=SystemClock()) as ledger:
        yield ledger


def sending(desk: Desk, told: list[str]) -> Sending:
    """How to send to the sandbox of a desk; `told` takes the steps, and what is under way."""
    assert desk.server is not None
    server = desk.server
    settings = sandbox_account(server.base_url, server.api_key)

    @contextmanager
    def under_way() -> Iterator[None]:
        told.append("under way")
        yield
        told.append("done")

    return Sending(
        account=settings.account,
        make_client=lambda: Client(settings.base_url, api_key(server.api_key)),
        clock=SystemClock(),
        rng=random.Random(0),
        stop=threading.Event(),
        under_way=under_way,
        on_step=told.append,
        rate=None,
    )


def test_without_a_yes_nothing_is_stored_or_sent(desk: Desk) -> None:
    """The plan is shown; on a no the summary has no run, the ledger no run, and the sandbox no request."""
    told: list[str] = []
    with a_ledger(desk) as ledger:
        how = sending(desk, told)
        summary, plan = import_files(
            [desk.folder / "maart.csv"], load_profile("demo"), ledger, how, approve=lambda _: False
        )

        assert (summary.run, len(plan.items)) == ("", 4)
        assert ledger.runs() == []
        assert set(ledger.counts().values()) == {0}
    assert told == ["reading maart.csv", "checking", "planning"]
    assert desk.requests == 0


def test_steps_are_told_in_order_and_only_sending_is_shielded(desk: Desk) -> None:
    """Requests are under way inside the shield alone: reading, asking and storing can be broken off at once."""
    told: list[str] = []
    with a_ledger(desk) as ledger:
        import_files(
            [desk.folder / "maart.csv"], load_profile("demo"), ledger, sending(desk, told), approve=lambda _: True
        )
        assert resume(ledger, sending(desk, told)).exit == 0

    assert told == [
        "reading maart.csv", "checking", "planning", "writing the plan into the ledger", "sending the invoices",
        "under way", "done", "under way", "done",
    ]  # fmt: skip
    assert desk.count == 4


def test_a_sender_says_that_it_waits_for_another(desk: Desk) -> None:
    """Two imports at once: the second tells that it waits, then finds everything posted."""
    first_has_it, told = threading.Event(), []
    results = []

    def slowly(_: object) -> bool:
        first_has_it.set()
        until_waiting.wait(30)
        return True

    until_waiting = threading.Event()

    def first() -> None:
        with a_ledger(desk) as ledger:
            results.append(
                import_files(
                    [desk.folder / "maart.csv"], load_profile("demo"), ledger, sending(desk, []), approve=slowly
                )
            )

    thread = threading.Thread(target=first)
    thread.start()
    assert first_has_it.wait(30)

    def step(words: str) -> None:
        told.append(words)
        if words.startswith("waiting"):
            until_waiting.set()

    how = sending(desk, [])
    with a_ledger(desk) as ledger:
        summary, _ = import_files(
            [desk.folder / "maart.csv"],
            load_profile("demo"),
            ledger,
            Sending(
                account=how.account, make_client=how.make_client, clock=how.clock, rng=how.rng, stop=how.stop,
                rate=None, on_step=step,
            ),
            approve=lambda _: True,
        )  # fmt: skip
    thread.join()

    assert "waiting up to a minute for another import of this account to finish" in told
    assert summary.invoices["already_posted"] == 4
    assert results[0][0].invoices["posted"] == 4
    assert desk.count == desk.requests == 4


def test_a_plan_is_the_same_for_every_door(desk: Desk) -> None:
    """`plan_files` writes nothing and gives the digest that `import_files` proves; another one sends nothing."""
    profile = load_profile("demo")
    files = [desk.folder / "maart.csv"]
    with a_ledger(desk) as ledger:
        how = sending(desk, [])
        plan = plan_files(files, profile, how.account, ledger)
        assert plan.digest == plan_files(files, profile, how.account, ledger).digest
        assert plan.digest != check_files(files, profile, how.account._replace(name="other")).digest
        with pytest.raises(PlanMismatch):
            import_files(files, profile, ledger, how, approve=lambda _: True, digest="sha256:" + "0" * 64)
        assert ledger.runs() == []
        summary, _ = import_files(files, profile, ledger, how, approve=lambda _: True, digest=plan.digest)
        assert (summary.plan, summary.exit) == (plan.digest, 0)


class LaterClock(SystemClock):
    """The machine's clock, set to the last evening of 2029 in London: in Brussels it is 2030."""

    def now(self) -> datetime:
        """A quarter past eleven in the evening."""
        return datetime(2029, 12, 31, 23, 15, tzinfo=UTC)


def test_dates_and_companies_are_compared_with_what_the_sender_says(desk: Desk) -> None:
    """The day is that of the clock that was handed in, in Brussels; the company is the account's. `check` knows neither."""
    seen: list[Plan] = []

    def look(plan: Plan) -> bool:
        seen.append(plan)
        return False

    desk.file("maart.csv", [row("T-1").replace(";;", ";BE 0403.170.701;", 1)])
    how = replace(sending(desk, []), clock=LaterClock(), vat_number="BE0403170701")
    with a_ledger(desk) as ledger:
        import_files([desk.folder / "maart.csv"], load_profile("demo"), ledger, how, approve=look)
    found = {finding.code: finding for finding in seen[0].findings}
    assert {"date-long-ago", "customer-is-self"} <= found.keys()
    assert found["date-long-ago"].facts["today"] == "2030-01-01"
    alone = check_files([desk.folder / "maart.csv"], load_profile("demo"), how.account)
    assert not {"date-long-ago", "customer-is-self"} & {finding.code for finding in alone.findings}


def test_one_unreadable_file_of_several_means_none(desk: Desk) -> None:
    """Whatever their order, the files are used together or not at all."""
    files = [desk.folder / "maart.csv", desk.folder / "weg.csv"]
    for order in (files, files[::-1]):
        with a_ledger(desk) as ledger, pytest.raises(SourceError):
            import_files(order, load_profile("demo"), ledger, sending(desk, []), approve=lambda _: True)
    assert desk.requests == 0
