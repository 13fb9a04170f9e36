"""The empty workbook of a profile: what is filled in imports with that profile, the example never does."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from desk import a_desk
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from importer.domain.identity import Account
from importer.errors import ConfigError, SourceError
from importer.pipeline import check_files
from importer.profile.load import LoadedProfile, load_profile, parse_profile, shipped
from importer.tools.template import write_template

ACCOUNT = Account("check", "check")
DAY, DUE = (datetime.fromisoformat(day) for day in ("2026-03-02", "2026-04-01"))
VALUES: Mapping[str, object] = {
    "Factuurnr": "2026-0099", "Datum": DAY, "Vervaldatum": DUE, "Klantnr": "00042", "Klant": "Verzonnen BV",
    "BTW-nummer": "BE0101004219", "Straat": "Kade 1", "Postcode": "9000", "Gemeente": "Gent", "Land": "België",
    "Code": "00042", "Aantal": 2, "Prijs": 1250.5, "BTW": 21, "Bedrag": 2501,
}  # fmt: skip


def workbooks() -> list[str]:
    """The shipped profiles that read workbooks."""
    return [one.name for one in shipped() if load_profile(one.name).profile.source.kind != "csv"]


def header_row(sheet: Worksheet, columns: Sequence[str]) -> int:
    """The row that holds these headers."""
    rows = enumerate(sheet.iter_rows(values_only=True), start=1)
    return next(number for number, cells in rows if list(cells) == list(columns))


def fill(path: Path, columns: Sequence[str], *rows: Mapping[str, object]) -> None:
    """Type rows below the headers, as a person does in Excel."""
    book = load_workbook(path)
    sheet = book.worksheets[0]
    first = header_row(sheet, columns) + 1
    for number, values in enumerate(rows):
        for column, name in enumerate(columns, start=1):
            if name in values:
                sheet.cell(first + number, column).value = values[name]  # type: ignore[assignment]  # its stub knows fewer types
    book.save(path)


def profile(text: str) -> LoadedProfile:
    """A profile for the tests, from the part that differs."""
    return parse_profile(text.encode(), "test.yaml")


def test_the_filled_template_is_posted_and_the_example_is_not(tmp_path: Path) -> None:
    """A row typed into the template of `demo` becomes exactly that invoice in the sandbox, through the real command."""
    with a_desk(tmp_path) as desk:
        assert desk.run("profile", "template", "demo", "--out", "nieuw.xlsx").code == 0
        columns = write_template(load_profile("demo"), tmp_path / "zelfde.xlsx")
        fill(tmp_path / "nieuw.xlsx", columns, VALUES)
        said = desk.run("import", "nieuw.xlsx", "-m", "demo", "--yes", "--json")

        assert said.code == 0, said.err
        found = said.object()
        assert found["rows"] == {"read": 1, "invoiced": 1, "skipped": 0, "refused": 0}
        assert found["totals"]["incl_vat"] == "3026.21"
        assert found["findings"] == []
        assert desk.count == 1


def test_the_filled_template_finds_its_own_profile(tmp_path: Path) -> None:
    """Without -m the headers of the template lead to the profile it was made from."""
    with a_desk(tmp_path) as desk:
        columns = write_template(load_profile("demo"), tmp_path / "nieuw.xlsx")
        fill(tmp_path / "nieuw.xlsx", columns, VALUES)
        assert desk.run("check", "nieuw.xlsx", "--json").object()["profile"] == "demo"


@pytest.mark.parametrize("name", workbooks())
def test_an_empty_template_holds_the_headers_and_no_rows(tmp_path: Path, name: str) -> None:
    """The template of every shipped profile is found to have its headers, and nothing below: the example is no row."""
    path = tmp_path / "leeg.xlsx"
    loaded = load_profile(name)
    columns = write_template(loaded, path)
    assert columns
    with pytest.raises(SourceError) as caught:
        check_files([path], loaded, ACCOUNT)
    assert caught.value.code == "no-rows"


def test_cells_have_notes_formats_and_drop_downs(tmp_path: Path) -> None:
    """Codes are text, dates have the profile's form, each header has a note, words and rates are offered."""
    path = tmp_path / "t.xlsx"
    columns = write_template(load_profile("demo"), path)
    sheet = load_workbook(path).worksheets[0]
    top = header_row(sheet, columns)
    assert all(sheet.cell(top, column).comment for column in range(1, len(columns) + 1))
    formats = {name: sheet.column_dimensions[get_column_letter(n)].number_format for n, name in enumerate(columns, 1)}
    assert (formats["Code"], formats["Factuurnr"], formats["Datum"]) == ("@", "@", "dd/mm/yyyy")
    lists = {str(rule.sqref)[0]: rule.formula1 for rule in sheet.data_validations.dataValidation if rule.type == "list"}
    assert lists[get_column_letter(columns.index("BTW") + 1)] == '"21,12,6,0"'
    assert "Nederland" in lists[get_column_letter(columns.index("Land") + 1)]


def test_long_drop_downs_stand_on_a_sheet_of_their_own(tmp_path: Path) -> None:
    """A table of many words does not fit into a cell; its sheet holds no headers and is left out by `check`."""
    path = tmp_path / "t.xlsx"
    loaded = load_profile("online-retail")
    columns = write_template(loaded, path)
    words = load_workbook(path).worksheets[1]
    assert words["A1"].value == "United Kingdom"
    values = {
        "InvoiceNo": "9",
        "InvoiceDate": DAY,
        "CustomerID": "7",
        "Country": "France",
        "StockCode": "A",
        "Quantity": 2,
        "UnitPrice": 3,
    }
    fill(path, columns, values)
    plan = check_files([path], loaded, ACCOUNT)
    assert (plan.rows.invoiced, [finding.code for finding in plan.findings]) == (1, [])


BODY = """\
version: "1"
system: t
prices: excl_vat
invoice_key: [Nr]
invoice: {date: {column: Datum}, number: {column: Nr}}
customer: {name: {column: Klant}}
"""
LINES = 'lines: {product_code: {column: Code}, quantity: {column: Aantal}, unit_price: {column: Prijs}, vat_rate: {value: "21"}}\n'
ROW: Mapping[str, object] = {"Nr": "1", "Datum": DAY, "Klant": "X", "Code": "A", "Aantal": 1, "Prijs": 2}


@pytest.mark.parametrize(
    "source",
    [
        "source: {header: 1}",
        "source: {header: 2}",
        "source: {header: 7}",
        'source: {sheets: ["Blad 1"]}',
        'source: {sheets: ["*"]}',
        "source: {header: {row: auto, rows: 2}}",
        'source: {dates: "%d.%m.%y"}',
    ],
)
def test_the_template_stands_where_the_profile_looks(tmp_path: Path, source: str) -> None:
    """Whatever the profile says of sheets and header rows, what is typed is read and nothing else."""
    loaded = profile(f"profile: t\n{source}\n{BODY}{LINES}")
    path = tmp_path / "t.xlsx"
    columns = write_template(loaded, path)
    if "rows: 2" in source:
        book = load_workbook(path)
        for column, name in enumerate(columns, start=1):
            book.worksheets[0].cell(5, column).value = ROW[name]  # type: ignore[assignment]  # as above
        book.save(path)
    else:
        fill(path, columns, ROW)
    plan = check_files([path], loaded, ACCOUNT)
    assert plan.rows == (1, 1, 0, 0)
    assert [finding.code for finding in plan.findings] == []


def test_two_row_headers_are_written_as_two_rows(tmp_path: Path) -> None:
    """A column called by two rows has its two names above each other, and is found again."""
    loaded = profile(
        "profile: t\nsource: {header: {row: auto, rows: 2}}\n"
        + BODY.replace("column: Klant", 'column: "Klant / Naam"')
        + LINES
    )
    path = tmp_path / "t.xlsx"
    columns = write_template(loaded, path)
    book = load_workbook(path)
    sheet = book.worksheets[0]
    place = columns.index("Klant / Naam") + 1
    assert (sheet.cell(3, place).value, sheet.cell(4, place).value) == ("Klant", "Naam")
    for column, name in enumerate(columns, start=1):
        sheet.cell(5, column).value = {**ROW, "Klant / Naam": "X"}[name]  # type: ignore[assignment]  # as above
    book.save(path)
    assert check_files([path], loaded, ACCOUNT).rows.invoiced == 1


def test_packed_lines_have_their_columns(tmp_path: Path) -> None:
    """Numbered columns are written for each line the profile counts, and an empty second line is none."""
    packed = (
        'lines: {packed: {count: 2}, product_code: {column: "Code {n}"}, quantity: {column: "Aantal {n}"},'
        ' unit_price: {column: "Prijs {n}"}, vat_rate: {value: "21"}}\n'
    )
    loaded = profile(f"profile: t\n{BODY}{packed}")
    path = tmp_path / "t.xlsx"
    columns = write_template(loaded, path)
    assert [name for name in columns if name.startswith("Code")] == ["Code 1", "Code 2"]
    fill(path, columns, {"Nr": "1", "Datum": DAY, "Klant": "X", "Code 1": "A", "Aantal 1": 1, "Prijs 1": 2})
    plan = check_files([path], loaded, ACCOUNT)
    assert [len(item.frozen.invoice.lines) for item in plan.items] == [1]


def test_two_sheets_are_two_sheets(tmp_path: Path) -> None:
    """A profile that joins headers and lines gives a workbook with both, and what is typed there is joined."""
    loaded = profile(
        "profile: t\nsource: {join: {header: {sheet: Kop, key: [Nr]}, lines: {sheet: Regels, key: [Nr]}}}\n"
        + BODY
        + LINES
    )
    path = tmp_path / "t.xlsx"
    write_template(loaded, path)
    book = load_workbook(path)
    assert book.sheetnames == ["Kop", "Regels"]
    for sheet in book.worksheets:
        for column, (name,) in enumerate(sheet.iter_cols(min_row=3, max_row=3, values_only=True), start=1):
            sheet.cell(4, column).value = ROW[str(name)]  # type: ignore[assignment]  # as above
    book.save(path)
    plan = check_files([path], loaded, ACCOUNT)
    assert ([item.frozen.invoice.label for item in plan.items], plan.findings) == (["1"], [])


def test_nothing_in_a_profile_becomes_a_formula(tmp_path: Path) -> None:
    """Headers and words that look like formulas or links stay text."""
    loaded = profile(
        f"profile: t\n{BODY}".replace("column: Klant", 'column: "=1+1", map: {"=SUM(A1)": X, "http://x.example": Y}')
        + LINES
    )
    path = tmp_path / "t.xlsx"
    write_template(loaded, path)
    cells = [cell for sheet in load_workbook(path).worksheets for row in sheet.iter_rows() for cell in row]
    assert "=1+1" in [cell.value for cell in cells]
    assert {cell.data_type for cell in cells if cell.value is not None} <= {"s", "d"}
    assert not any(cell.hyperlink for cell in cells)


@pytest.mark.parametrize(
    ("change", "name", "code"),
    [
        ({"source": {"kind": "csv"}}, "t.xlsx", "template-needs-workbook"),
        ({}, "t.xls", "bad-template"),
        ({}, "weg/t.xlsx", "not-written"),
    ],
)
def test_what_cannot_be_is_said(tmp_path: Path, change: Mapping[str, Any], name: str, code: str) -> None:
    """A profile of text files, another ending, a folder that is not there: a sentence and no file."""
    kind = f"source: {{kind: {change['source']['kind']}}}\n" if change else ""
    loaded = profile(f"profile: t\n{kind}{BODY}{LINES}")
    with pytest.raises(ConfigError) as caught:
        write_template(loaded, tmp_path / name)
    assert caught.value.code == code
    assert list(tmp_path.iterdir()) == []


def test_durations_and_parts_of_cells_are_text_to_fill_in(tmp_path: Path) -> None:
    """Excel would make a time of 1:30; as text it comes back as hours. A part of a cell gets no drop-down and no example."""
    text = load_profile("plain-nl").text
    changed = text.replace("  quantity: {", "  quantity: {duration: hours, ", 1)
    changed = changed.replace("  product_code: {", "  product_code: {extract: '(.+) - .*', ", 1)
    assert changed.count("duration: hours") == changed.count("extract:") == 1
    loaded = parse_profile(changed.encode(), "changed")
    path = tmp_path / "leeg.xlsx"
    columns = write_template(loaded, path)
    sheet = load_workbook(path).worksheets[0]
    top = header_row(sheet, columns)
    hours, code = (
        columns.index(loaded.profile.lines[name].column[0]) + 1  # type: ignore[index]  # both are columns
        for name in ("quantity", "product_code")
    )

    assert sheet.cell(top - 1, hours).value == "1:30"
    assert sheet.column_dimensions[get_column_letter(hours)].number_format == "@"
    assert not sheet.cell(top - 1, code).value
    checked = " ".join(str(each.sqref) for each in sheet.data_validations.dataValidation)
    assert not {get_column_letter(hours), get_column_letter(code)} & set(re.findall(r"[A-Z]+", checked))
