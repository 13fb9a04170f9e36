"""The suggestion against the golden plans of the shipped profiles."""

import pytest

from importer.profile.load import shipped
from tests.suggest.measure import Measured, measure


@pytest.fixture(scope="module")
def measured() -> dict[tuple[str, str], Measured]:
    """All shipped samples, measured once."""
    return {(one.profile, one.sample): one for one in measure()}


GALLERY = frozenset(one.name for one in shipped()) - {"demo", "fill-down", "online-retail"}


def test_most_of_the_gallery_is_suggested_as_it_was_written_by_hand(measured: dict[tuple[str, str], Measured]) -> None:
    """For nine exports of the gallery at least the suggestion makes the golden plan without one edit.

    The language is the one of Dutch and French headers; English ones say nothing, and then nothing is written.
    """
    good = {one.profile for one in measured.values() if one.fate == "equal"} & GALLERY
    assert len(good) >= 9, [one for one in measured.values() if one.profile in GALLERY - good]


def test_a_sample_that_proves_itself_gives_the_golden_plan(measured: dict[tuple[str, str], Measured]) -> None:
    """The French fill-down export, suggested without one edit, makes the golden invoices but for the days of payment."""
    found = measured["fill-down", "factures-avril.csv"]
    assert (found.fate, found.open) == ("equal but for", ())
    assert found.said == "invoice.due_days, invoice.language"


@pytest.mark.parametrize("sample", ["facturen-maart.csv", "facturen-maart.xlsx"])
def test_the_demo_leaves_one_choice_and_then_is_golden(measured: dict[tuple[str, str], Measured], sample: str) -> None:
    """Nothing in the demo shows on which side of VAT its prices are; with that one answer its plan is the golden one."""
    found = measured["demo", sample]
    assert (found.fate, found.open) == ("answered", ("prices",))
