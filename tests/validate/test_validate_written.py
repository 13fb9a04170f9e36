"""How amounts and dates are written, where the profile leaves it out: proved on the whole file, or refused with both readings."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sources import Run, go, table, table_of

from importer.errors import SourceError

OPEN = {"source": {"decimal": None, "thousands": None, "dates": None}}
AMOUNTS_OPEN = {"source": {"decimal": None, "thousands": None}}
DATES_OPEN = {"source": {"dates": None}}
HEADERS = ["Nr", "Datum", "Klant", "Code", "Aantal", "Prijs", "BTW"]


def _prices(*cells: str, quantity: str = "1", first: int = 1001) -> str:
    return "\n".join(f"{first + number};01/03/2026;Zoë;A1;{quantity};{cell};21" for number, cell in enumerate(cells))


def _days(*cells: str, first: int = 1001) -> str:
    return "\n".join(f"{first + number};{cell};Zoë;A1;1;10;21" for number, cell in enumerate(cells))


def _read_prices(run: Run) -> list[str]:
    return [line.unit_price for invoice in run.invoices.values() for line in invoice.lines]


def _read_days(run: Run) -> list[str]:
    return [str(invoice.header["date"]) for invoice in run.invoices.values()]


@pytest.mark.parametrize(
    ("cells", "read", "proved"),
    [
        (["1.250,00"], ["1250"], {"decimal": ",", "thousands": "."}),
        (["12,5", "1.250"], ["12.5", "1250"], {"decimal": ",", "thousands": "."}),
        (["12.5", "1,250"], ["12.5", "1250"], {"decimal": ".", "thousands": ","}),
        (["3.14159"], ["3.14159"], {"decimal": "."}),
        (["0.125"], ["0.125"], {"decimal": "."}),
        (["-0,125"], ["-0.125"], {"decimal": ","}),
        (["1.250.000"], ["1250000"], {"decimal": ",", "thousands": "."}),
        (["1234.567"], ["1234.567"], {"decimal": "."}),
        (["1 250", "12,5"], ["1250", "12.5"], {"decimal": ",", "thousands": "space"}),
        (["1\u202f250.5"], ["1250.5"], {"decimal": ".", "thousands": "space"}),
        (["1'250.5", "1’250"], ["1250.5", "1250"], {"decimal": ".", "thousands": "'"}),  # noqa: RUF001 - both occur
        (["1 250"], ["1250"], {}),
        (["1250", "-3", "+4"], ["1250", "-3", "4"], {}),
        (["<n>1.25", "1.250,00"], ["1.25", "1250"], {"decimal": ",", "thousands": "."}),
        (["<n>1.25"], ["1.25"], {}),
    ],
)
def test_amounts_that_prove_how_they_are_written(cells: list[str], read: list[str], proved: dict[str, str]) -> None:
    """One reading fits all amounts: it is used, and said; whole numbers and numbers of a workbook prove nothing."""
    run = go(_prices(*cells), AMOUNTS_OPEN)

    negative = {f"{1001 + place}" for place, cell in enumerate(cells) if cell.startswith("-")}
    assert run.refused == {}
    assert sorted(_read_prices(run)) == sorted(read)
    assert {label for label, invoice in run.invoices.items() if invoice.hold} == negative
    (sheet,) = run.validated.sheets
    assert sheet.proved == proved
    assert ("amounts" in sheet.detected) is bool(proved)


@pytest.mark.parametrize("cell", ["1.250", "1,250", "123.456", "-1.250", "999,999"])
def test_amounts_that_can_be_read_in_two_ways_are_refused(cell: str) -> None:
    """Three digits behind the only sign are thousandths, or one of thousands: both readings are said, none is taken."""
    with pytest.raises(SourceError) as caught:
        go(_prices("10", cell), AMOUNTS_OPEN)

    assert caught.value.code == "decimal-doubtful"
    assert f'"{cell}" in F3 (column "Prijs")' in caught.value.message
    digits = cell.replace(".", "").replace(",", "")
    thousandths = str(Decimal(digits).scaleb(-3).normalize())
    as_comma, as_point = (thousandths, digits) if "," in cell else (digits, thousandths)
    assert (
        f"is {as_comma} if the comma stands before the cents, and {as_point} if the point does" in caught.value.message
    )
    assert 'decimal: ","' in caught.value.fix


def test_another_column_of_numbers_proves_the_price() -> None:
    """All columns of numbers are written by one program: a quantity of 2,5 shows what 1.250 is."""
    run = go(_prices("1.250", quantity="2,5"), AMOUNTS_OPEN)

    assert _read_prices(run) == ["1250"]


def test_a_slip_of_the_pen_proves_nothing() -> None:
    """A cell that is no amount in any reading is told as such, and does not decide the others."""
    run = go(_prices("12,50", "1.250,0O", "€ 5.5"), AMOUNTS_OPEN)

    assert run.cells("bad-amount") == ["F3", "F4"]
    assert '"," before the cents' in run.the_first("bad-amount").fix
    with pytest.raises(SourceError, match="two ways"):
        go(_prices("1.250", "1.250,0O"), AMOUNTS_OPEN)


@pytest.mark.parametrize(
    ("cells", "odd"), [(["12,50", "3,10", "12.50"], "12.50"), (["1.250,00", "2.000,00", "1 250,00"], "1 250,00")]
)
def test_amounts_written_in_two_ways_are_refused(cells: list[str], odd: str) -> None:
    """No reading fits all: the way of most is said with the first cell that differs, and nothing is read."""
    with pytest.raises(SourceError) as caught:
        go(_prices(*cells), AMOUNTS_OPEN)

    assert caught.value.code == "decimal-mixed"
    assert f'but not "{odd}" in F4 (column "Prijs")' in caught.value.message
    assert 'Most have "," before the cents' in caught.value.message


def test_what_the_profile_states_is_not_asked_again() -> None:
    """A stated sign decides; a stated thousands sign leaves only the readings that have it."""
    assert _read_prices(go(_prices("1.250"), {"source": {"decimal": ".", "thousands": None}})) == ["1.25"]
    assert _read_prices(go(_prices("1.250"), {"source": {"decimal": None, "thousands": "."}})) == ["1250"]
    assert _read_prices(go(_prices("1.250"), {"source": {"decimal": None, "thousands": ""}})) == ["1.25"]
    assert go(_prices("1.250", "12.5")).cells("bad-amount") == ["F3"]


def test_each_file_proves_its_own_way() -> None:
    """One run may hold a Belgian and an English file; what one of them proves is no proof for another."""
    belgian, english = (
        table(_prices("1.250,5", "2"), file="a.csv"),
        table(_prices("1,250.5", "3", first=2001), file="b.csv"),
    )
    run = go([belgian, english], AMOUNTS_OPEN)

    assert _read_prices(run) == ["1250.5", "2", "1250.5", "3"]
    assert [dict(sheet.proved) for sheet in run.validated.sheets] == [
        {"decimal": ",", "thousands": "."},
        {"decimal": ".", "thousands": ","},
    ]
    with pytest.raises(SourceError, match=r"^b\.csv: the amounts can be read in two ways"):
        go([belgian, table(_prices("1.250"), file="b.csv")], AMOUNTS_OPEN)


def test_files_may_write_their_days_in_two_ways() -> None:
    """Each file is read by the order that its own dates prove."""
    one, other = (
        table(_days("13/02/2026", "03/04/2026"), file="a.csv"),
        table(_days("02/13/2026", "03/04/2026", first=2001), file="b.csv"),
    )

    assert _read_days(go([one, other], DATES_OPEN)) == ["2026-02-13", "2026-04-03", "2026-02-13", "2026-03-04"]


def test_rows_told_as_a_whole_do_not_vote() -> None:
    """The cells of a ragged row may stand under wrong headers: they prove nothing."""
    ragged = ["1001", "01/03/2026", "Zoë", "A1", "1", "12,5", "21", "more"]
    with pytest.raises(SourceError, match="two ways"):
        go([table_of([ragged, ["1002", "01/03/2026", "Zoë", "A1", "1", "1.250", "21"]], HEADERS)], AMOUNTS_OPEN)


@pytest.mark.parametrize(
    ("cells", "read", "proved"),
    [
        (["2026-03-01"], ["2026-03-01"], ""),
        (["13/02/2026", "03/04/2026"], ["2026-02-13", "2026-04-03"], "%d/%m/%Y"),
        (["02/13/2026", "03/04/2026"], ["2026-02-13", "2026-03-04"], "%m/%d/%Y"),
        (["13-2-2026", "3-4-2026"], ["2026-02-13", "2026-04-03"], "%d-%m-%Y"),
        (["13.02.2026"], ["2026-02-13"], "%d.%m.%Y"),
        (["2026/02/13", "2026-03-04"], ["2026-02-13", "2026-03-04"], "%Y/%m/%d"),
        (["03/03/2026"], ["2026-03-03"], ""),
        (["<d>2026-03-04", "13/02/2026"], ["2026-03-04", "2026-02-13"], "%d/%m/%Y"),
        (["<d>2026-03-04"], ["2026-03-04"], ""),
    ],
)
def test_dates_that_prove_their_order(cells: list[str], read: list[str], proved: str) -> None:
    """A day above 12 proves the order; year-month-day and real date cells need no proof."""
    run = go(_days(*cells), OPEN)

    assert _read_days(run) == read
    assert run.validated.sheets[0].proved.get("dates", "") == proved


def test_dates_in_two_orders_or_in_none() -> None:
    """Both orders fit: an error with both readings. One cell each way: an error with both cells. No day at all: a finding."""
    with pytest.raises(SourceError) as caught:
        go(_days("03/03/2026", "03/04/2026"), DATES_OPEN)
    assert caught.value.code == "date-order-doubtful"
    assert '"03/04/2026" in B3 (column "Datum") is 2026-04-03 if the day' in caught.value.message
    assert "and 2026-03-04 if the month does" in caught.value.message
    assert 'dates: "%d/%m/%Y"' in caught.value.fix

    with pytest.raises(SourceError) as caught:
        go(_days("13/02/2026", "02/13/2026"), DATES_OPEN)
    assert caught.value.code == "date-order-mixed"
    assert '"13/02/2026" in B2 has the day first, "02/13/2026" in B3 the month' in caught.value.message

    run = go(_days("31/02/2026", "13/02/26", "13/02/2026", "46082"), DATES_OPEN)
    assert run.cells("bad-date") == ["B2", "B3", "B5"]
    assert "dd/mm/yyyy" in run.the_first("bad-date").fix


def test_a_separator_proves_nothing_for_another() -> None:
    """A day above 12 between slashes says nothing of dates between dashes, which another hand wrote."""
    with pytest.raises(SourceError, match=r"03-04-2026"):
        go(_days("13/02/2026", "03-04-2026"), DATES_OPEN)


def test_two_columns_of_dates_prove_one_another() -> None:
    """The due date of 31/03 shows how the invoice date of 01/03 is meant."""
    run = go(
        "1001;01/03/2026;Zoë;A1;1;10;21;31/03/2026",
        {**DATES_OPEN, "invoice": {"due_date": {"column": "Vervaldag"}}},
        columns="Nr;Datum;Klant;Code;Aantal;Prijs;BTW;Vervaldag",
    )

    assert _read_days(run) == ["2026-03-01"]
    assert run.invoice.header["due_days"] in (30, "30")


def test_dates_of_the_profile_itself_are_not_read_by_what_a_file_shows() -> None:
    """What the profile writes is year-month-day, unless the profile says otherwise."""
    changes = {**DATES_OPEN, "invoice": {"date": {"column": "Datum", "default": "03/04/2026"}}}

    assert go(_days("13/02/2026", "."), changes).cells("bad-date") == ["B3"]


# --- amounts and dates as any program writes them ---------------------------------------------------------------------

amounts = st.decimals(min_value=Decimal(-99999999), max_value=Decimal(99999999), places=4).map(lambda value: value + 0)
conventions = st.sampled_from(
    [(",", "."), (",", " "), (",", "'"), (".", ","), (".", " "), (".", "'"), (",", ""), (".", "")]
)


def _written(value: Decimal, places: int, decimal: str, thousands: str) -> str:
    text = f"{round(value, places):,.{places}f}"
    return text.translate({ord(","): thousands or None, ord("."): decimal})


def _unless_doubtful(code: str, rows: list[list[str]], changes: dict[str, dict[str, None]]) -> Run | None:
    """What is read; None where the file is refused with this code."""
    try:
        return go([table_of(rows, HEADERS)], changes)
    except SourceError as error:
        if error.code != code:
            raise
        return None


@given(
    st.lists(st.tuples(amounts, st.integers(0, 4)), min_size=1, max_size=8),
    conventions,
)
@example([(Decimal(1250), 0)], (",", "."))
@example([(Decimal("1.25"), 3)], (",", "."))
@example([(Decimal("0.125"), 3)], (".", ","))
@example([(Decimal(1250), 0), (Decimal("12.5"), 1)], (",", "."))
def test_amounts_are_read_as_they_were_meant_or_not_at_all(
    values: list[tuple[Decimal, int]], convention: tuple[str, str]
) -> None:
    """Whatever convention a column is written in: the same values come back, or the file is said to be doubtful."""
    texts = [_written(value, places, *convention) for value, places in values]
    rows = [[f"{number}", "01/03/2026", "Zoë", "A1", text, "1", "21"] for number, text in enumerate(texts)]
    run = _unless_doubtful("decimal-doubtful", rows, AMOUNTS_OPEN)
    if run is None:
        return
    read = run.validated.numbers["lines.quantity"]
    assert "bad-amount" not in run.codes
    assert [Decimal(int(value)).scaleb(-read.scale) for value in read.mantissa] == [
        round(value, places) for value, places in values
    ]


ORDERS: dict[str, Callable[[date], str]] = {
    "%d/%m/%Y": lambda day: f"{day:%d/%m/%Y}",
    "%m/%d/%Y": lambda day: f"{day:%m/%d/%Y}",
    "d-m": lambda day: f"{day.day}-{day.month}-{day.year}",
    "%d.%m.%Y": lambda day: f"{day:%d.%m.%Y}",
    "%Y/%m/%d": lambda day: f"{day:%Y/%m/%d}",
    "%Y-%m-%d": lambda day: f"{day:%Y-%m-%d}",
}


@given(
    st.lists(st.dates(date(2000, 1, 1), date(2099, 12, 31)), min_size=1, max_size=8), st.sampled_from(sorted(ORDERS))
)
@example([date(2026, 4, 3)], "%m/%d/%Y")
@example([date(2026, 4, 3), date(2026, 4, 13)], "%m/%d/%Y")
@example([date(2026, 2, 29 - 1), date(2028, 2, 29)], "d-m")
def test_dates_are_read_as_they_were_meant_or_not_at_all(days: list[date], order: str) -> None:
    """Whatever order a column is written in: the same days come back, or the file is said to be doubtful."""
    rows = [[f"{number}", ORDERS[order](day), "Zoë", "A1", "1", "1", "21"] for number, day in enumerate(days)]
    run = _unless_doubtful("date-order-doubtful", rows, DATES_OPEN)
    if run is None:
        assert order not in ("%Y/%m/%d", "%Y-%m-%d")
        return
    assert "bad-date" not in run.codes
    assert [str(day) for day in run.validated.days["invoice.date"]] == [str(day) for day in days]


@pytest.mark.parametrize("cell", ["12.5", "1.234", "1.250,5O"])
def test_an_amount_far_down_counts_as_much(cell: str) -> None:
    """What the first thousand amounts show is proved on all others: the last of 1,500 may contradict it, fit or be none."""
    run = _unless_doubtful(
        "decimal-mixed", [_far(number, f"{number},5") for number in range(1500)] + [_far(1500, cell)], AMOUNTS_OPEN
    )

    assert (run is None) is (cell == "12.5")
    if run is not None:
        assert run.codes == (["bad-amount"] if cell == "1.250,5O" else [])
        assert run.validated.sheets[0].proved["decimal"] == ","


def _far(number: int, cell: str) -> list[str]:
    return [f"{number}", "01/03/2026", "Zoë", "A1", "1", cell, "21"]
