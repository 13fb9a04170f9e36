"""Rows become invoices: which belong together, what must agree, what is held, what two files may share."""

import pytest
from sources import COLUMNS, go, table, table_of

from importer.domain.invoice import Span

LINE = "1001;01/03/2026;Zoë;A1;2;10,00;21"


def lines(*keys: str) -> str:
    """One line for each key."""
    return "\n".join(f"{key};01/03/2026;Zoë;A{place};1;10,00;21" for place, key in enumerate(keys))


def test_rows_of_one_key_are_one_invoice_wherever_they_stand() -> None:
    """Lines keep file order, invoices the order of their first row, spans the rows they came from."""
    run = go(lines("1001", "1002", "1001", "1001", "1002"))

    assert {label: [line.product_code for line in invoice.lines] for label, invoice in run.invoices.items()} == {
        "1001": ["A0", "A2", "A3"],
        "1002": ["A1", "A4"],
    }
    assert run.invoices["1001"].spans == (Span(0, 2, 2), Span(0, 4, 5))


def test_rows_of_one_key_on_two_sheets_are_one_invoice() -> None:
    """A workbook split over sheets is one source; spans name the sheet."""
    run = go([table(lines("1001"), sheet="A"), table(LINE, sheet="B")])

    assert run.invoice.spans == (Span(0, 2, 2), Span(1, 2, 2))
    assert run.codes == []


def test_a_copy_of_a_sheet_is_told() -> None:
    """The same line of one invoice on two sheets is a copy, not a second sale."""
    run = go([table(LINE, sheet="Facturen"), table(LINE, sheet="Facturen (2)")])

    assert run.the("invoice-in-two-files").message == (
        'Invoice 1001 has the same lines in "maart.csv, Facturen" and "maart.csv, Facturen (2)".'
    )
    assert run.refused == {"1001": ("invoice-in-two-files",)}


def test_keys_of_many_columns_never_run_together() -> None:
    """Five key columns of 65,536 values each have more keys than 64 bits: two that differ only in the first stay two."""
    names = ["K0", "K1", "K2", "K3", "K4"]
    line = LINE.split(";")
    rows = [[*[str(number)] * 5, *line] for number in range(65_536)]
    rows.append(["5", "9", "9", "9", "9", *line])

    run = go([table_of(rows, [*names, *COLUMNS.split(";")])], {"invoice_key": names, "invoice": {"number": None}})

    assert len(run.grouped.invoices) == len(rows)
    assert run.grouped.invoices[-1].key == ("5", "9", "9", "9", "9")


def test_a_part_of_the_key_may_be_empty() -> None:
    """A series that is not used names an invoice still; only a key without any part names none."""
    changes = {"invoice_key": ["Reeks", "Nr"], "invoice": {"number": None}}
    run = go(f".;{LINE}\nA;{LINE}\nA;{LINE.replace('1001', '.', 1)}\n.;{LINE.replace('1001', '.', 1)}", changes, columns="Reeks;" + COLUMNS)  # fmt: skip

    assert [invoice.key for invoice in run.grouped.invoices] == [("", "1001"), ("A", "1001"), ("A", "")]
    assert run.the("missing-key").message == 'The row names no invoice: "Reeks" and "Nr" is empty.'


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ("1001", "01001", True),
        ("inv-1", "INV-1", True),
        ("INV 1", "INV1", True),
        ("INV-1", "INV/1", True),
        ("1001", "1002", False),
        ("A1", "B1", False),
        ("10", "1", False),
    ],
)
def test_near_equal_keys_are_told_and_kept_apart(one: str, other: str, told: bool) -> None:
    """A person sees both spellings; nobody joins them."""
    run = go(lines(one, other))

    assert len(run.invoices) == 2
    assert run.codes == (["near-equal-keys"] if told else [])


def test_near_equal_keys_of_two_columns_are_shown_whole() -> None:
    """The message shows the keys as a person reads them, both in the same way."""
    run = go(f"A;{LINE}\na;{LINE}", {"invoice_key": ["Reeks", "Nr"]}, columns="Reeks;" + COLUMNS)

    assert (
        run.the("near-equal-keys").message
        == 'The keys "a / 1001" and "A / 1001" differ only in case, spaces, zeros or signs.'
    )


@pytest.mark.parametrize(
    ("column", "one", "other"),
    [
        ("Veld", "01/03/2026", "<d>2026-03-01"),
        ("Veld", "1/3/2026", "01/03/2026"),
    ],
)
def test_dates_are_compared_as_days(column: str, one: str, other: str) -> None:
    """A text date and a real date cell of the same day agree."""
    changes = {"invoice": {"due_date": {"column": column}}}

    assert go(f"{LINE};{one}\n{LINE};{other}", changes, columns=f"{COLUMNS};{column}").codes == []


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("discount_percent", "2,50", "2,5"),
        ("discount_amount", "<n>2.5", "2,50"),
        ("due_days", "30", "030"),
        ("note", "x ", " x"),
    ],
)
def test_values_are_compared_not_spellings(field: str, one: str, other: str) -> None:
    """2,50 is 2,5 and 030 days are 30 days."""
    changes = {"invoice": {field: {"column": "Veld"}}}

    assert go(f"{LINE};{one}\n{LINE};{other}", changes, columns=f"{COLUMNS};Veld").codes == []


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("discount_percent", "2,50", "2,51"),
        ("discount_amount", "0", "."),
        ("due_days", ".", "0"),
        ("due_date", "01/04/2026", "."),
        ("note", "x", "X"),
        ("reference", "0042", "42"),
    ],
)
def test_other_values_refuse_the_invoice(field: str, one: str, other: str) -> None:
    """Nothing is not zero, and text is text: each differing cell is told with the row it differs from."""
    changes = {"invoice": {field: {"column": "Veld"}}}
    run = go(f"{LINE};{one}\n{LINE};{one}\n{LINE};{other}", changes, columns=f"{COLUMNS};Veld")

    assert run.cells("header-differs") == ["H4"]
    assert run.refused == {"1001": ("header-differs",)}
    assert 'row 2 of the same invoice says "' in run.the("header-differs").message


def test_a_cell_that_could_not_be_read_is_compared_with_nothing() -> None:
    """One bad date among good ones is one finding, and so is a bad date on the first row."""
    good, bad = LINE, LINE.replace("01/03", "32/03")

    assert go(f"{good}\n{bad}\n{good}").codes == ["bad-date"]
    assert go(f"{bad}\n{good}\n{good}").codes == ["bad-date"]


def test_line_fields_and_line_controls_may_differ() -> None:
    """Only what belongs to the whole invoice must agree."""
    changes = {"lines": {"description": {"column": "Tekst"}}, "controls": {"line_total": {"column": "Bedrag"}}}

    run = go("1001;01/03/2026;Zoë;A1;2;10,00;21;een;20,00\n1001;01/03/2026;Zoë;A2;1;5,00;6;twee;5,00", changes, columns=COLUMNS + ";Tekst;Bedrag")  # fmt: skip

    assert run.codes == []
    assert [line.extra for line in run.invoice.lines] == [(("description", "een"),), (("description", "twee"),)]


@pytest.mark.parametrize(
    ("path", "total", "fits"),
    [
        ("invoice_total_excl", "25,00", True),
        ("invoice_total_excl", "25,004", True),
        ("invoice_total_excl", "25,01", False),
        ("invoice_total_incl", "29,50", True),
        ("invoice_total_incl", "29,51", False),
        ("invoice_total_excl", ".", True),
    ],
)
def test_control_totals_of_the_invoice(path: str, total: str, fits: bool) -> None:
    """The stated total must be the total of the lines, to the cent; an empty one proves nothing."""
    rows = f"{LINE};{total}\n1001;01/03/2026;Zoë;A2;1;5,00;6;{total}"
    run = go(rows, {"controls": {path: {"column": "Totaal"}}}, columns=COLUMNS + ";Totaal")

    assert run.codes == ([] if fits else ["invoice-total"])


@pytest.mark.parametrize(("total", "fits"), [("20,00", True), ("20", True), ("20,004", True), ("20,01", False), (".", True), ("-20,00", False)])  # fmt: skip
def test_control_totals_of_a_line(total: str, fits: bool) -> None:
    """Quantity times price is what the file says, where it says anything."""
    run = go(f"{LINE};{total}", {"controls": {"line_total": {"column": "Bedrag"}}}, columns=COLUMNS + ";Bedrag")

    assert run.codes == ([] if fits else ["line-total"])


def test_a_line_total_is_judged_only_where_its_parts_could_be_read() -> None:
    """A bad price is told once, not as a bad total too."""
    run = go(f"{LINE.replace('10,00', 'x')};20,00", {"controls": {"line_total": {"column": "Bedrag"}}}, columns=COLUMNS + ";Bedrag")  # fmt: skip

    assert run.codes == ["bad-amount"]


@pytest.mark.parametrize(
    ("rows", "hold"),
    [
        (("-1;10,00", "1;20,00"), "negative-line"),
        (("1;-10,00", "1;20,00"), "negative-line"),
        (("-1;10,00", "1;10,00"), "negative-line"),
        (("-1;10,00", "1;5,00"), "credit-note"),
        (("-1;10,00",), "credit-note"),
        (("-1;-10,00",), "credit-note"),
        (("-1;0,00", "-2;0,00"), "credit-note"),
        (("1;0,00",), ""),
        (("1;10,00",), ""),
    ],
)
def test_what_is_held(rows: tuple[str, ...], hold: str) -> None:
    """Negative lines are held, never sent and never turned positive; a total of zero is sent with a warning."""
    run = go("\n".join(f"1001;01/03/2026;Zoë;A1;{row};21" for row in rows))

    assert run.invoice.hold == hold
    assert run.codes == ([hold] if hold else ["zero-total"] if rows == ("1;0,00",) else [])
    assert run.grouped.rows == (len(rows), len(rows), 0, 0)


def test_refused_before_held() -> None:
    """An invoice with an error is refused, whatever else it is."""
    run = go("1001;01/03/2026;Zoë;A1;-1;10,00;21\n1001;01/03/2026;Zoë;A1;x;10,00;21")

    assert run.refused == {"1001": ("bad-amount",)}
    assert run.codes == ["bad-amount"]


def test_a_refused_invoice_names_all_its_reasons_once() -> None:
    """Reasons in the order of the rows, each once."""
    run = go("1001;x;Zoë;A1;y;10,00;21\n1001;01/03/2026;Jan;A1;y;10,00;21")

    assert run.refused == {"1001": ("bad-date", "bad-amount", "header-differs")}


def two_files(one: str, other: str) -> list[str]:
    """What is told of two files."""
    return go([table(one, file="oud.csv"), table(other, file="nieuw.csv")]).codes


def test_an_invoice_split_over_two_files_is_joined_with_a_warning() -> None:
    """Different lines in two files are one invoice, in the order the files were given."""
    run = go([table(lines("1001"), file="a.csv"), table(LINE, file="b.csv")])

    assert run.codes == ["invoice-joined"]
    assert [line.product_code for line in run.invoice.lines] == ["A0", "A1"]


def test_an_invoice_with_one_line_in_both_files_is_refused() -> None:
    """An old and a corrected copy must not add up."""
    assert two_files(LINE, f"{LINE}\n{LINE.replace('A1', 'A2')}") == ["invoice-in-two-files"]
    assert two_files(f"{LINE}\n{LINE.replace('A1', 'A2')}", LINE.replace("10,00", "<n>10")) == ["invoice-in-two-files"]


def test_two_equal_lines_in_one_file_are_two_lines() -> None:
    """Selling the same thing twice is no copy."""
    run = go([table(f"{LINE}\n{LINE}", file="a.csv"), table(lines("1002"), file="b.csv")])

    assert run.codes == []
    assert len(run.invoices["1001"].lines) == 2


def test_empty_fields_are_left_out() -> None:
    """An empty cell is no field of the body, and equal customers are one object."""
    run = go(f"{LINE};.\n1002;01/03/2026;Zoë;A1;2;10,00;21;.", {"customer": {"city": {"column": "Stad"}}}, columns=COLUMNS + ";Stad")  # fmt: skip

    one, other = run.grouped.invoices
    assert one.customer == {"name": "Zoë"}
    assert one.customer is other.customer


def test_the_number_is_written_as_its_key_is() -> None:
    """One invoice whose number stands in two spellings is one invoice with one number, the same in every export."""
    run = go("1001.0;01/03/2026;Zoë;A1;1;10,00;21\n1001;01/03/2026;Zoë;A2;1;10,00;21\n\uff11\uff10\uff10\uff12;01/03/2026;Zoë;A2;1;10,00;21")  # fmt: skip

    assert set(run.codes) == {"near-equal-keys"}
    assert [invoice.header["number"] for invoice in run.grouped.invoices] == ["1001", "1002"]


def test_a_key_may_be_a_day() -> None:
    """Where the invoice date is part of the key, a real date cell there is no accident; in another key column it is."""
    changes = {"invoice_key": ["Datum", "Nr"], "invoice": {"number": None}}

    assert go("1;<d>2026-03-01;Zoë;A1;1;10,00;21", changes).invoice.key == ("2026-03-01", "1")
    assert go("<d>2026-03-01;<d>2026-03-01;Zoë;A1;1;10,00;21", changes).codes == ["not-text"]


def test_findings_follow_the_files_as_they_were_given() -> None:
    """File by file in the order given, then sheet by sheet, row by row, whichever station found it."""
    bad = LINE.replace("10,00", "x")
    tables = [
        table(f"{LINE}\n{LINE.replace('Zoë', 'Jan')}\n{bad.replace('1001', '1')}", file="z.csv"),
        table(bad.replace("1001", "2"), file="a.xlsx", sheet="Tweede"),
        table(bad.replace("1001", "3"), file="a.xlsx", sheet="Eerste"),
    ]

    assert [(found.file, found.sheet, found.code) for found in go(tables).findings] == [
        ("z.csv", "", "header-differs"),
        ("z.csv", "", "bad-amount"),
        ("a.xlsx", "Tweede", "bad-amount"),
        ("a.xlsx", "Eerste", "bad-amount"),
    ]
