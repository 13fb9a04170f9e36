"""Dates: read by the form the profile states, or refused; day and month never change places in silence."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sources import COLUMNS, go

from importer.stations.table import Kind
from importer.stations.validate.dates import EARLIEST, PROBLEMS, expected_form, parse_dates

FORMS = (
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d-%m-%y",
    "%Y%m%d",
    "%d%m%Y",
    "%d/%m/%Y %H:%M:%S",
    "%d %b %Y",
)
DAYS = st.dates(EARLIEST, date(2068, 12, 31))


def read(text: str, *forms: str, kind: Kind = Kind.TEXT) -> str:
    """A text as ISO date, or the code of what is wrong with it; empty stays empty."""
    found = parse_dates(pa.chunked_array([pa.array([text], pa.large_string())]), np.array([kind], dtype=np.int8), forms)
    return PROBLEMS[found.problem[0]] or ("" if found.empty[0] else str(found.day[0]))


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("13/02/2026", "%d/%m/%Y", "2026-02-13"),
        ("02/13/2026", "%d/%m/%Y", "bad-date"),
        ("13/02/2026", "%m/%d/%Y", "bad-date"),
        ("02/13/2026", "%m/%d/%Y", "2026-02-13"),
        ("03/04/2026", "%d/%m/%Y", "2026-04-03"),
        ("03/04/2026", "%m/%d/%Y", "2026-03-04"),
        ("2026-03-01", "%d/%m/%Y", "bad-date"),
        ("2026-03-01", "%Y-%m-%d", "2026-03-01"),
        ("31/02/2026", "%d/%m/%Y", "bad-date"),
        ("29/02/2024", "%d/%m/%Y", "2024-02-29"),
        ("29/02/2026", "%d/%m/%Y", "bad-date"),
        ("3/3/2026", "%d/%m/%Y", "2026-03-03"),
        ("03/03/26", "%d/%m/%Y", "bad-date"),
        ("03/03/2026", "%d/%m/%y", "bad-date"),
        ("03/03/26", "%d/%m/%y", "2026-03-03"),
        ("03/03/2026 14:30:00", "%d/%m/%Y", "bad-date"),
        ("03/03/2026 14:30:59", "%d/%m/%Y %H:%M:%S", "2026-03-03"),
        ("03/03/2026 24:30:59", "%d/%m/%Y %H:%M:%S", "bad-date"),
        ("\u0660\u0663/03/2026", "%d/%m/%Y", "bad-date"),
        (" 03/03/2026", "%d/%m/%Y", "bad-date"),
        ("03/03/2026\n", "%d/%m/%Y", "bad-date"),
        ("20260303", "%Y%m%d", "2026-03-03"),
        ("2026113", "%Y%m%d", "bad-date"),
        ("3032026", "%d%m%Y", "bad-date"),
        ("03032026", "%d%m%Y", "2026-03-03"),
        ("01/01/0001", "%d/%m/%Y", "date-out-of-range"),
        ("31/12/9999", "%d/%m/%Y", "date-out-of-range"),
        ("31/12/1999", "%d/%m/%Y", "date-out-of-range"),
        ("01/01/2000", "%d/%m/%Y", "2000-01-01"),
        ("31/12/2099", "%d/%m/%Y", "2099-12-31"),
        ("01/01/2100", "%d/%m/%Y", "date-out-of-range"),
        ("01/01/70", "%d/%m/%y", "date-out-of-range"),
        ("", "%d/%m/%Y", ""),
        ("vandaag", "%d/%m/%Y", "bad-date"),
        ("45000", "%d/%m/%Y", "bad-date"),
    ],
)
def test_one_form(text: str, form: str, expected: str) -> None:
    """A text is a date by the one form, or it is refused; 13/02 is never turned round to fit."""
    assert read(text, form) == expected


def test_a_serial_day_is_never_taken_for_a_date() -> None:
    """An unformatted number of a workbook (45000) is refused under every form."""
    for serial in ("45000", "46082", "46082.5", "1", "60"):
        assert {read(serial, form, kind=Kind.NUMBER) for form in FORMS} == {"bad-date"}


def test_a_number_that_is_a_date_by_its_form_is_one() -> None:
    """20260303 stored as a number is a date where the profile says %Y%m%d."""
    assert read("20260303", "%Y%m%d", kind=Kind.NUMBER) == "2026-03-03"


def test_real_date_cells_need_no_form() -> None:
    """A date cell is its day whatever the forms say, even one that would turn it round."""
    for form in (*FORMS, "%Y-%d-%m"):
        assert read("2026-03-04", form, kind=Kind.DATE) == "2026-03-04"


def test_a_date_in_the_profile_is_iso_or_in_its_own_form() -> None:
    """A fixed date is never ambiguous in silence either."""
    assert read("2026-03-04", "%d/%m/%Y", kind=Kind.PROFILE) == "2026-03-04"
    assert read("04/03/2026", "%d/%m/%Y", kind=Kind.PROFILE) == "2026-03-04"
    assert read("2026-03-04", "%Y-%d-%m", kind=Kind.PROFILE) == "ambiguous-date"


def test_logical_values_and_errors_are_no_dates() -> None:
    """TRUE in a date column is refused."""
    assert read("TRUE", "%d/%m/%Y", kind=Kind.BOOLEAN) == "bad-date"


def test_two_forms_that_both_fit_are_an_error() -> None:
    """Ambiguity is an error for exactly the cells that are ambiguous; 13/02 fits one form and 03/03 means one day."""
    both = ("%d/%m/%Y", "%m/%d/%Y")

    assert read("03/04/2026", *both) == "ambiguous-date"
    assert read("13/02/2026", *both) == "2026-02-13"
    assert read("02/13/2026", *both) == "2026-02-13"
    assert read("03/03/2026", *both) == "2026-03-03"


def test_every_form_is_tried() -> None:
    """Several forms that exclude each other may stand in one column."""
    forms = ("%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d")

    assert {read(text, *forms) for text in ("04/03/2026", "04.03.2026", "2026-03-04")} == {"2026-03-04"}


@given(DAYS, st.sampled_from(FORMS))
def test_a_date_written_in_a_form_is_read_back(day: date, form: str) -> None:
    """Whatever the day, its text in a form is that day again."""
    assert read(day.strftime(form), form) == day.isoformat()


@given(DAYS, st.sampled_from(FORMS), st.sampled_from(FORMS))
def test_another_form_never_turns_a_date_round(day: date, written: str, stated: str) -> None:
    """Read with two stated forms, a date is itself, refused or called ambiguous; never another day in silence."""
    text = day.strftime(written)

    assert read(text, written, stated) in {day.isoformat(), "ambiguous-date"}


def test_the_forms_in_words() -> None:
    """The message names the forms as a person writes dates."""
    assert expected_form(["%d/%m/%Y", "%Y-%m-%d"]) == "dd/mm/yyyy or yyyy-mm-dd"


def test_a_due_date_becomes_days() -> None:
    """The API takes days, so the days between the two dates are sent, also across a leap day."""
    rows = "\n".join(
        f"{number};01/02/2024;Zoë;A1;1;5,00;21;{(date(2024, 2, 1) + timedelta(days=days)).strftime('%d/%m/%Y')}"
        for number, days in enumerate((0, 1, 29, 30, 400), start=1001)
    )
    run = go(rows + "\n1006;01/02/2024;Zoë;A1;1;5,00;21;.", {"invoice": {"due_date": {"column": "Vervalt"}}}, columns=COLUMNS + ";Vervalt")  # fmt: skip

    assert [invoice.header.get("due_days") for invoice in run.grouped.invoices] == ["0", "1", "29", "30", "400", None]
