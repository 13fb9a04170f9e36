"""Signs of amounts and forms of dates, proved on the whole column."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.stations.table import Kind
from importer.suggest.days import find_dates, shared_forms
from importer.suggest.model import Column
from importer.suggest.numbers import Signs, affixes_of, find_signs, read_amounts
from importer.suggest.values import country_of, find_languages, find_rates, rate_of


def column(*texts: str, kinds: Sequence[Kind] | None = None) -> Column:
    """A column under an invented header."""
    return Column(0, "A", "x", texts, None if kinds is None else np.array(kinds, dtype=np.int8))


@pytest.mark.parametrize(
    ("texts", "signs"),
    [
        (["8,5", "1.250,00"], Signs(",", ".")),
        (["2,10", "126,00"], Signs(",", "")),
        (["1 480,00", "3,5"], Signs(",", "space")),
        (["1\u202f480,00"], Signs(",", "space")),
        (["1'480.50"], Signs(".", "'")),
        (["1,250.00", "3"], Signs(".", ",")),
        (["12.50", "1.250"], Signs(".", "")),
        (["€ 8,50", "€ 1.250,00"], Signs(",", ".")),
        (["-12,50", "3,00"], Signs(",", "")),
    ],
)
def test_one_reading_fits_every_amount(texts: list[str], signs: Signs) -> None:
    """The signs that all amounts fit are found, thousands only where one is at work."""
    assert find_signs([column(*texts)]).fits == (signs,)


@pytest.mark.parametrize("texts", [["1,250", "2,500"], ["1.250"], ["12.500", "3"]])
def test_two_readings_are_both_told(texts: list[str]) -> None:
    """Where a comma or a point may be either sign, neither is chosen, and the example shows what each would mean."""
    found = find_signs([column(*texts)])
    assert {signs.decimal for signs in found.fits} == {",", "."}
    assert len(set(found.readings.values())) == 2


def test_amounts_without_a_sign_prove_nothing() -> None:
    """Whole numbers say nothing about signs."""
    assert find_signs([column("60", "120")]).fits == ()


def test_a_cell_that_is_no_amount_does_not_vote() -> None:
    """One damaged amount changes nothing in what the others prove, and is marked."""
    damaged = column("1.250,00", "1.250,0O", "8,5")
    found = find_signs([damaged])
    assert found.fits == (Signs(",", "."),)
    assert read_amounts(damaged, found.fits[0]).bad.tolist() == [False, True, False]


def test_a_column_unlike_the_others_is_named() -> None:
    """A column with its own signs does not outvote the rest."""
    odd = Column(1, "B", "odd", ["21.00", "6.00"], None)
    found = find_signs([column("1.250,00", "2,50"), Column(2, "C", "y", ["3,75", "1,5"], None), odd])
    assert found.fits == (Signs(",", "."),)
    assert found.unlike == (odd,)


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=20))
def test_belgian_amounts_are_read_back(cents: list[int]) -> None:
    """Amounts with a point between thousands and a comma before two decimals have one reading, and it is exact."""
    texts = [f"{each / 100:,.2f}".translate(str.maketrans(",.", ".,")) for each in cents]
    found = find_signs([column(*texts)])
    fits = [signs for signs in found.fits if signs.decimal == ","]
    assert len(found.fits) == len(fits) == 1
    amounts = read_amounts(column(*texts), fits[0])
    assert not amounts.bad.any()
    scaled = amounts.numbers.mantissa.astype(object) * 10 ** (2 - amounts.numbers.scale)
    assert scaled.tolist() == cents


def test_words_around_numbers_are_found() -> None:
    """Prefixes and suffixes of all cells are what `strip` takes off; text that is no number has none."""
    assert affixes_of(column("TVA 6%", "TVA 21%")) == ("TVA", "%")
    assert affixes_of(column("Gent", "Mons")) is None


@pytest.mark.parametrize(
    ("texts", "form"),
    [
        (["28/01/2026", "03/02/2026"], "%d/%m/%Y"),
        (["01/28/2026"], "%m/%d/%Y"),
        (["2026-01-28"], "%Y-%m-%d"),
        (["2026-01-28 09:00:00"], "%Y-%m-%d %H:%M:%S"),
        (["2026-01-28T09:00:00"], "%Y-%m-%dT%H:%M:%S"),
        (["28.01.26"], "%d.%m.%y"),
        (["20260128"], "%Y%m%d"),
        (["28 Jan 2026"], "%d %b %Y"),
        (["Jan 28 2026"], "%b %d %Y"),
    ],
)
def test_one_form_fits_every_date(texts: list[str], form: str) -> None:
    """A day above 12, or an unmistakable form, settles the column."""
    found = find_dates(column(*texts))
    assert found.is_dates
    assert [reading.form for reading in found.readings] == [form]


def test_two_forms_fit_and_another_column_settles_it() -> None:
    """01/02 is two dates; a day above 12 in a column of the same form decides for both."""
    open_, settled = find_dates(column("01/02/2026", "03/04/2026")), find_dates(column("28/02/2026", "04/05/2026"))
    assert [reading.form for reading in open_.readings] == ["%d/%m/%Y", "%m/%d/%Y"]
    assert shared_forms([open_]) == [("%d/%m/%Y",), ("%m/%d/%Y",)]
    assert shared_forms([open_, settled]) == [("%d/%m/%Y",)]
    assert shared_forms([open_, open_]) == [("%d/%m/%Y",), ("%m/%d/%Y",)]


def test_the_same_day_and_month_is_no_doubt() -> None:
    """03/03 is the same date in both readings, so one form is enough."""
    assert len(find_dates(column("03/03/2026", "04/04/2026")).readings) == 1


def test_true_dates_need_no_form() -> None:
    """Date cells of a workbook are dates whatever the form."""
    found = find_dates(column("2026-03-02", "2026-03-03", kinds=[Kind.DATE, Kind.DATE]))
    assert found.is_dates
    assert (found.native, found.cells, found.readings) == (2, 0, ())


def test_text_is_no_date() -> None:
    """A column of words is none of dates."""
    assert not find_dates(column("Gent", "Mons")).is_dates


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("21%", "21"), ("21% NL", "21"), ("BTW 6 %", "6"), ("0.21", "21"), ("0,06", "6"), ("0.12", "12"), ("21.00", "21"),
        ("BTW vrijgesteld", "0"), ("Exonéré de TVA", "0"), ("btw verlegd", "0"), ("Intracom", "0"), ("0", "0"),
        ("Marge", ""), ("9%", ""), ("121%", ""), ("6% of 21%", ""), ("2026", ""),
    ],
)  # fmt: skip
def test_a_wording_says_its_rate_or_nothing(text: str, rate: str) -> None:
    """A rate is taken from a wording only if it says exactly one Belgian rate, or that there is no VAT."""
    assert rate_of(text) == rate


def test_rates_are_told_from_amounts() -> None:
    """A column is one of rates by its values: amounts under the same header are none."""
    assert find_rates(column("21", "6", "21"), Signs(",", ".")).are_rates
    assert not find_rates(column("28,35", "795,24", "9,45"), Signs(",", ".")).are_rates
    assert find_rates(column("TVA 6%", "TVA 21%"), Signs(",", "")).strip == ("TVA", "%")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("België", "BE"), ("BELGIE", "BE"), ("Belgique", "BE"), ("Belgium", "BE"), ("be", "BE"), ("Pays-Bas", "NL"),
        ("Duitsland", "DE"), ("Allemagne", "DE"), ("United Kingdom", "GB"), ("UK", "GB"), ("Luxembourg", "LU"), ("Elsewhere", ""),
    ],
)  # fmt: skip
def test_countries_are_known_in_three_languages(text: str, code: str) -> None:
    """Names in Dutch, French, English and German, with or without accents, become codes; others nothing."""
    assert country_of(text) == code


def test_languages_become_codes() -> None:
    """The usual words for the three languages are known."""
    assert dict(find_languages(column("NL", "Français", "fr_BE", "Klingon"))) == {
        "NL": "nl", "Français": "fr", "fr_BE": "fr", "Klingon": "",
    }  # fmt: skip
