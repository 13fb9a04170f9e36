"""From an invoice back to its rows, and to what people said of it; and finding it at all."""

import pytest

from importer.domain.records import PlanItem
from importer.domain.states import PlanClass, State
from importer.errors import ConfigError
from importer.ledger.origin import decided, origins
from importer.ledger.search import search_invoices, stored_body
from importer.ledger.store import Ledger
from tests.ledger.builders import ACCOUNT, FILE, frozen, ledger_at, replan, run_to, stored


@pytest.fixture
def ledger() -> Ledger:
    """A ledger in memory with two ready invoices, A and B, of one file."""
    ledger = ledger_at(None)
    stored(ledger, "A", "B")
    return ledger


def test_every_file_that_held_it_is_told_the_newest_first(ledger: Ledger) -> None:
    """File, its hash, rows and profile of each run; what the run made of it; nothing of other invoices."""
    run_to(ledger, "B", State.POSTED)
    again = replan(ledger, PlanItem(frozen("B", first=9), PlanClass.ALREADY_POSTED))

    newest, oldest = origins(ledger, ACCOUNT, "B")
    assert (newest.run, newest.plan_class, [(span.first, span.last) for span in newest.spans]) == (
        again, "already_posted", [(9, 9)],
    )  # fmt: skip
    assert (oldest.file, oldest.sha256, oldest.profile, oldest.version) == (
        FILE.name, FILE.sha256, "acme-webshop", "1",
    )  # fmt: skip
    assert [(span.first, span.last) for span in oldest.spans] == [(3, 3)]
    assert oldest.at < newest.at
    assert [one.run for one in origins(ledger, ACCOUNT, "A")] == [oldest.run]


def test_decisions_are_told_with_their_reasons_in_order(ledger: Ledger) -> None:
    """Hold and release, each with what the person said; an invoice nobody decided about has none."""
    ledger.hold(ACCOUNT, "A", "wacht op de klant")
    ledger.release(ACCOUNT, "A", "klant akkoord")

    found = decided(ledger, ACCOUNT, "A")
    assert [(one.kind, one.reason) for one in found] == [("hold", "wacht op de klant"), ("release", "klant akkoord")]
    assert found[0].at < found[1].at
    assert decided(ledger, ACCOUNT, "B") == []


def test_what_is_not_there_is_refused(ledger: Ledger) -> None:
    """Another identity is told as not found."""
    for asked in (origins, decided, stored_body):
        with pytest.raises(ConfigError) as refused:
            asked(ledger, ACCOUNT, "Z")
        assert refused.value.code == "identity-not-found"


@pytest.mark.parametrize(
    ("words", "labels"),
    [("f-17", ["F-17"]), ("PEETERS", ["F-17", "F-18"]), ("peet 18", ["F-18"]), ("peet f-19", []), ("%", []), ("_", [])],
)
def test_search_takes_words_as_they_are(ledger: Ledger, words: str, labels: list[str]) -> None:
    """All words in number or customer, in capitals or not; signs of the database's own mean themselves."""
    for label in ("F-17", "F-18"):
        replan(ledger, PlanItem(frozen(label, customer="Bakkerij Peeters"), PlanClass.NEW))
    replan(ledger, PlanItem(frozen("F-19", customer="Slagerij Smets"), PlanClass.NEW))

    assert sorted(one.label for one in search_invoices(ledger, ACCOUNT, words)) == labels
