import io
import warnings
from collections.abc import Callable
from datetime import date, time, timedelta

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from importer.errors import SourceError
from importer.profile.model import SourceRule
from importer.stations.read.cells import number_style, number_text
from importer.stations.table import Kind, Table

RawWorkbook = Callable[..., bytes]
Reading = Callable[..., list[Table]]
Rows = Callable[[Table], list[list[str]]]


def saved(book: Workbook) -> bytes:
    """The bytes of a workbook."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def filled(sheet: Worksheet, *rows: list[object]) -> Worksheet:
    """The sheet with these rows added."""
    for row in rows:
        sheet.append(row)
    return sheet


def new_book(*rows: list[object]) -> tuple[Workbook, Worksheet]:
    """A workbook whose one sheet, "Blad1", holds these rows."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Blad1"
    return book, filled(sheet, *rows)


def column(table: Table, position: int) -> list[tuple[str, Kind]]:
    """Texts and kinds of one column."""
    kinds = table.kinds[position]
    texts = table.columns[position].to_pylist()
    return list(zip(texts, map(Kind, kinds if kinds is not None else [0] * len(texts)), strict=True))


def test_cells_come_as_text_with_what_they_were(reading: Reading) -> None:
    """Each kind of cell becomes the text a person sees, and its kind is kept."""
    book, sheet = new_book(["v"])
    for value, number_format in [
        ("00042", None),
        (42, None),
        (42.0, None),
        (0.1 + 0.2, None),
        (1234.565, None),
        (-0.5, None),
        (0.21, "0%"),
        (0.065, "0.00%"),
        (42, "00000"),
        (True, None),
        (date(2026, 3, 1), "dd/mm/yyyy"),
        (time(13, 45), "hh:mm"),
        (timedelta(hours=26, minutes=30), "[h]:mm"),
        (" spatie ", None),
    ]:
        sheet.append([value])
        if number_format:
            sheet.cell(sheet.max_row, 1).number_format = number_format

    (table,) = reading(saved(book), "v", name="a.xlsx")

    assert column(table, 0) == [
        ("00042", Kind.TEXT),
        ("42", Kind.NUMBER),
        ("42", Kind.NUMBER),
        ("0.3", Kind.NUMBER),
        ("1234.565", Kind.NUMBER),
        ("-0.5", Kind.NUMBER),
        ("21%", Kind.NUMBER),
        ("6.5%", Kind.NUMBER),
        ("00042", Kind.NUMBER),
        ("TRUE", Kind.BOOLEAN),
        ("2026-03-01", Kind.DATE),
        ("13:45:00", Kind.TEXT),
        ("26:30:00", Kind.TEXT),
        (" spatie ", Kind.TEXT),
    ]


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (19.989999999999998, "General", "19.99"),
        (100.00000000000001, "General", "100"),
        (1e-7, "General", "0.0000001"),
        (1e-20, "General", "1E-20"),
        (1.23e30, "General", "1.23E+30"),
        (123456789012345.0, "General", "123456789012345"),
        (1234567890123456.0, "General", "1.23456789012346E+15"),
        (12345678901234567890, "General", "12345678901234567890"),
        (-0.0, "General", "0"),
        (-42, "00000", "-00042"),
        (42.5, "00000", "42.5"),
        (1234567, "000", "1234567"),
        (42, '"INV"0', "42"),
        (42, '0" %"', "42"),
        (42, "0\\%", "42"),
        (42, "000-000", "42"),
        (42, "00000;@", "00042"),
        (42, "[$-413]00000", "00042"),
        (0.07, "0%", "7%"),
        (0.55, '0.0%;[Red]"-"0.0%', "55%"),
        (1, "0%", "100%"),
        (0, "0%", "0%"),
    ],
)
def test_numbers_are_shown_exactly(value: float, number_format: str, text: str) -> None:
    """Fifteen significant digits, as the spreadsheet shows; more digits stay recognisable as too many."""
    assert number_text(value, number_style(number_format)) == (text, Kind.NUMBER)


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_a_number_without_end_is_an_error(value: float) -> None:
    """1E+400 in a file is no amount."""
    assert number_text(value, 0) == ("#NUM!", Kind.ERROR)


def test_error_cells_are_told_from_empty_ones(reading: Reading, raw_workbook: RawWorkbook) -> None:
    """#N/A is an error, as value or as the result of a formula; an empty cell is nothing."""
    data = raw_workbook(
        '<row><c t="inlineStr"><is><t>v</t></is></c><c t="inlineStr"><is><t>w</t></is></c></row>'
        '<row><c t="e"><v>#N/A</v></c><c><v>1</v></c></row>'
        '<row><c t="e"><f>1/0</f><v>#DIV/0!</v></c><c><v>1</v></c></row>'
        '<row><c t="e"/><c><v>1</v></c></row>'
        "<row><c/><c><v>1</v></c></row>"
    )

    (table,) = reading(data, "v", name="a.xlsx")

    assert column(table, 0) == [
        ("#N/A", Kind.ERROR),
        ("#DIV/0!", Kind.ERROR),
        ("#ERROR!", Kind.ERROR),
        ("", Kind.TEXT),
    ]


def test_formulas_give_their_result_or_are_marked(reading: Reading, raw_workbook: RawWorkbook) -> None:
    """A formula without a stored result shows itself; one whose result is empty text is empty."""
    data = raw_workbook(
        '<row r="1"><c r="A1" t="inlineStr"><is><t>v</t></is></c><c r="B1" t="inlineStr"><is><t>w</t></is></c></row>'
        '<row r="3"><c r="A3"><f>1+1</f><v>2</v></c><c r="B3"><f>B4*2</f></c></row>'
        '<row r="4"><c r="A4" t="str"><f>""</f><v></v></c><c r="B4"><f t="shared" ref="B4:B5" si="0">A4*2</f><v/></c></row>'
        '<row r="5"><c r="A5" t="str"><f>"x"</f><v>x</v></c><c r="B5"><f t="shared" si="0"/></c></row>'
    )

    (table,) = reading(data, "v", name="a.xlsx")

    assert table.rows.tolist() == [2, 3, 4, 5]
    assert column(table, 0) == [("", Kind.TEXT), ("2", Kind.NUMBER), ("", Kind.TEXT), ("x", Kind.TEXT)]
    assert column(table, 1) == [
        ("", Kind.TEXT),
        ("=B4*2", Kind.UNCALCULATED),
        ("=A4*2", Kind.UNCALCULATED),
        ("=A4*2", Kind.UNCALCULATED),
    ]


def test_formulas_of_a_program_that_does_not_calculate_are_marked(reading: Reading) -> None:
    """A writer such as openpyxl leaves formulas with an empty result, as many programs do."""
    book, _ = new_book(["a", "b"], [1, "=A2*2"], [2, "=A3*2"])

    (table,) = reading(saved(book), "a", name="a.xlsx")

    assert column(table, 1) == [("=A2*2", Kind.UNCALCULATED), ("=A3*2", Kind.UNCALCULATED)]


@pytest.mark.parametrize(
    ("serial", "text", "kind"),
    [
        ("46082", "2026-03-01", Kind.DATE),
        ("46082.99", "2026-03-01", Kind.DATE),
        ("61", "1900-03-01", Kind.DATE),
        ("60", "1900-02-28 (before 1900-03-01)", Kind.ERROR),
        ("59", "1900-02-28 (before 1900-03-01)", Kind.ERROR),
        ("0", "00:00:00", Kind.TEXT),
        ("-5", "1899-12-25 (before 1900-03-01)", Kind.ERROR),
        ("99999999", "#VALUE!", Kind.ERROR),
    ],
)
def test_dates_that_no_program_agrees_on_are_errors(
    reading: Reading, raw_workbook: RawWorkbook, serial: str, text: str, kind: Kind
) -> None:
    """Numbers up to 60 mean different days in different programs, negative and huge ones none at all."""
    data = raw_workbook(f'<row><c t="inlineStr"><is><t>v</t></is></c></row><row><c s="1"><v>{serial}</v></c></row>')

    (table,) = reading(data, "v", name="a.xlsx")

    assert column(table, 0) == [(text, kind)]


def test_the_other_epoch_is_honoured(reading: Reading) -> None:
    """Workbooks that count from 1904 give the same days."""
    book, _ = new_book(["v"], [date(2026, 3, 1)], [date(1904, 1, 3)])
    book.epoch = CALENDAR_MAC_1904

    (table,) = reading(saved(book), "v", name="a.xlsx")

    assert column(table, 0) == [("2026-03-01", Kind.DATE), ("1904-01-03", Kind.DATE)]
    assert table.detected["dates"] == "counted from 1904"


def test_rows_keep_their_numbers_over_gaps(reading: Reading, rows_of: Rows) -> None:
    """Rows that are not in the file are blank rows; columns left of the table have no header."""
    book, sheet = new_book()
    sheet["B3"], sheet["C3"] = "a", "b"
    sheet["B4"], sheet["C4"] = 1, 2
    sheet["C7"] = 3
    sheet["B9"] = " "

    (table,) = reading(saved(book), "a", "b", name="a.xlsx")

    assert (table.header_row, table.headers, table.rows_above, table.blank_end) == (3, ("", "a", "b"), 2, 2)
    assert table.rows.tolist() == [4, 5, 6, 7]
    assert rows_of(table) == [["", "1", "2"], ["", "", ""], ["", "", ""], ["", "", "3"]]


def test_hidden_rows_are_read_and_reported(reading: Reading, rows_of: Rows) -> None:
    """A filter hides rows from the eye, not from the file; hidden rows above the header do not count."""
    book, sheet = new_book(["titel"], ["a"], [1], [2], [3])
    for row in (1, 3, 5):
        sheet.row_dimensions[row].hidden = True

    (table,) = reading(saved(book), "a", name="a.xlsx")

    assert rows_of(table) == [["1"], ["2"], ["3"]]
    assert [(f.code, f.row, dict(f.facts)) for f in table.findings] == [
        ("hidden-rows", 3, {"count": "2", "first": "3"})
    ]


def test_only_the_visible_sheet_with_the_headers_is_read(reading: Reading) -> None:
    """Other sheets do no harm; a hidden sheet left out is noted."""
    book, sheet = new_book(["a"], [1])
    filled(book.create_sheet("Uitleg"), ["lees dit"])
    hidden = filled(book.create_sheet("Oud"), ["a"], [9])
    hidden.sheet_state = "veryHidden"

    (table,) = reading(saved(book), "a", name="a.xlsx")

    assert (table.sheet, sheet.title) == ("Blad1", "Blad1")
    assert [(f.code, f.sheet) for f in table.findings] == [("hidden-sheet", "Oud")]


def test_several_sheets_with_the_headers_must_be_named(reading: Reading, rows_of: Rows) -> None:
    """Which of two sheets is meant is not guessed; "*" means all visible ones, blank ones are passed over."""
    book, _ = new_book(["a"], [1])
    filled(book.create_sheet("Februari"), ["x"], ["a"], [2])
    book.create_sheet("Leeg")
    filled(book.create_sheet("Oud"), ["a"], [9]).sheet_state = "hidden"
    data = saved(book)

    with pytest.raises(SourceError, match='"Blad1", "Februari"') as caught:
        reading(data, "a", name="a.xlsx")
    assert caught.value.code == "several-sheets"

    def sheets(*names: str) -> list[tuple[str, list[list[str]]]]:
        tables = reading(data, "a", name="a.xlsx", source=SourceRule(sheets=names))
        return [(table.sheet, rows_of(table)) for table in tables]

    assert sheets("*") == [("Blad1", [["1"]]), ("Februari", [["2"]])]
    assert sheets("februari ") == [("Februari", [["2"]])]
    assert sheets("Oud", "Blad1") == [("Blad1", [["1"]]), ("Oud", [["9"]])]
    assert sheets("*", "Oud") == [("Blad1", [["1"]]), ("Februari", [["2"]]), ("Oud", [["9"]])]


def test_a_sheet_that_is_not_there_is_answered_with_those_that_are(reading: Reading) -> None:
    """A slip in a sheet's name is told with the right names."""
    book, _ = new_book(["a"], [1])
    book.create_sheet("Februari")

    with pytest.raises(SourceError, match='no sheet "Maart"; it has: "Blad1", "Februari"') as caught:
        reading(saved(book), "a", name="a.xlsx", source=SourceRule(sheets=("Maart",)))
    assert caught.value.code == "sheet-not-found"


def test_a_named_sheet_must_hold_the_headers(reading: Reading) -> None:
    """With "*" too, a sheet with other headers is a fault and not passed over."""
    book, _ = new_book(["a"], [1])
    filled(book.create_sheet("Februari"), ["aa"], [2])

    for names in (("Februari",), ("*",)):
        with pytest.raises(SourceError, match='sheet "Februari"') as caught:
            reading(saved(book), "a", name="a.xlsx", source=SourceRule(sheets=names))
        assert caught.value.code == "header-not-found"


@pytest.mark.parametrize("names", [None, ("*",)])
def test_a_workbook_of_blank_sheets_is_refused(reading: Reading, names: tuple[str, ...] | None) -> None:
    """Nothing to read is said so."""
    book, _ = new_book()

    with pytest.raises(SourceError) as caught:
        reading(saved(book), "a", name="a.xlsx", source=SourceRule(sheets=names))
    assert caught.value.code == "header-not-found"


def test_a_sheet_that_ends_at_the_limit_is_suspected(reading: Reading, raw_workbook: RawWorkbook) -> None:
    """The last row a format can hold is nearly always too early an end."""
    data = raw_workbook(
        '<row r="1"><c r="A1" t="inlineStr"><is><t>v</t></is></c></row><row r="65536"><c r="A65536"><v>1</v></c></row>'
    )

    (table,) = reading(data, "v", name="a.xlsx")

    assert len(table.rows) == 65_535
    assert [(f.code, f.row) for f in table.findings] == [("row-limit", 65_536)]


def test_a_lying_dimension_is_ignored(reading: Reading, raw_workbook: RawWorkbook, rows_of: Rows) -> None:
    """What a file says of its own size does not cut rows off."""
    data = raw_workbook(
        '<row><c t="inlineStr"><is><t>v</t></is></c></row><row><c><v>1</v></c></row><row><c><v>2</v></c></row>',
    )
    lying = raw_workbook(
        "",
        parts={
            "xl/worksheets/sheet1.xml": '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            '<dimension ref="A1:A2"/><sheetData><row><c t="inlineStr"><is><t>v</t></is></c></row>'
            "<row><c><v>1</v></c></row><row><c><v>2</v></c></row></sheetData></worksheet>"
        },
    )

    for workbook in (data, lying):
        (table,) = reading(workbook, "v", name="a.xlsx")
        assert rows_of(table) == [["1"], ["2"]]


def test_xml_prefixes_do_not_matter(reading: Reading, raw_workbook: RawWorkbook) -> None:
    """Some programs write x:row and x:c; errors, formulas and hidden rows are seen all the same."""
    sheet = (
        '<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>'
        '<x:row r="1"><x:c r="A1" t="inlineStr"><x:is><x:t>v</x:t></x:is></x:c></x:row>'
        '<x:row r="2" hidden="true"><x:c r="A2"><x:f>1+1</x:f></x:c></x:row></x:sheetData></x:worksheet>'
    )

    (table,) = reading(raw_workbook("", parts={"xl/worksheets/sheet1.xml": sheet}), "v", name="a.xlsx")

    assert column(table, 0) == [("=1+1", Kind.UNCALCULATED)]
    assert [f.code for f in table.findings] == ["hidden-rows"]


def test_escaped_control_characters_are_unescaped(reading: Reading, raw_workbook: RawWorkbook) -> None:
    """_x000D_ is how the format writes a carriage return; it is not part of a description."""
    data = raw_workbook(
        '<row><c t="inlineStr"><is><t>v</t></is></c></row><row><c t="inlineStr"><is><t>a_x000D_\nb_x0041_</t></is></c></row>'
    )

    (table,) = reading(data, "v", name="a.xlsx")

    assert table.columns[0].to_pylist() == ["a\r\nb_x0041_"]


def test_macros_are_noted_and_never_run(reading: Reading, raw_workbook: RawWorkbook) -> None:
    """A workbook with macros is read for its cells."""
    data = raw_workbook(
        '<row><c t="inlineStr"><is><t>v</t></is></c></row>', parts={"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"}
    )

    (table,) = reading(data, "v", name="a.xlsm")

    assert table.detected["macros"] == "present, never run"


def test_damaged_letters_in_a_workbook_are_reported(reading: Reading) -> None:
    """A workbook made from a badly read CSV holds damaged names too."""
    book, _ = new_book(["naam"], ["José"], ["MÃ¼ller"])

    (table,) = reading(saved(book), "naam", name="a.xlsx")

    assert [(f.code, f.sheet, f.cell) for f in table.findings] == [("mojibake", "Blad1", "A3")]


def test_reading_leaves_the_warning_filters_alone(reading: Reading) -> None:
    """The warnings of openpyxl are silenced for the reading only."""
    book, _ = new_book(["a"], [1])
    before = list(warnings.filters)

    reading(saved(book), "a", name="a.xlsx")

    assert list(warnings.filters) == before
