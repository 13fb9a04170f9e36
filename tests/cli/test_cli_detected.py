"""What a file shows of what its profile leaves open is said, and can be kept: on the screen, in JSON, in the workbook."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import Desk, a_desk
from openpyxl import load_workbook
from xlsxwriter import Workbook

from importer.domain.detection import freeze, frozen_lines
from importer.domain.invoice import Sheet, SourceFile

PROFILE = """\
profile: eigen
version: "1"
system: eigen
invoice_key: Nr
prices: excl_vat
invoice: {number: {column: Nr}, date: {column: Datum}}
customer: {name: {column: Klant}}
lines: {product_code: {column: Code}, quantity: {column: Aantal}, unit_price: {column: Prijs}, vat_rate: {column: BTW}}
"""
HEADERS = ["Nr", "Datum", "Klant", "Code", "Aantal", "Prijs", "BTW"]
LINES = [
    "Verkoop maart",
    ";".join(HEADERS),
    "1001;13/03/2026;Zoë;A1;2;1.250,00;21",
    "1002;04/03/2026;Zoë;A1;2;1.250;21",
]
KEPT = {
    "encoding": "windows-1252",
    "delimiter": ";",
    "header": 2,
    "decimal": ",",
    "thousands": ".",
    "dates": "%d/%m/%Y",
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with a profile that leaves everything open, and a file that shows everything."""
    with a_desk(tmp_path) as made:
        (tmp_path / "eigen.yaml").write_text(PROFILE, encoding="utf-8")
        (tmp_path / "maart.csv").write_bytes("\r\n".join(LINES).encode("windows-1252"))
        yield made


@pytest.mark.parametrize("command", ["check", "plan"])
def test_json_says_what_was_detected_and_how_to_keep_it(desk: Desk, command: str) -> None:
    """`detected` describes each sheet as it was read, `freeze` has the profile's own shape."""
    said = desk.run(command, "maart.csv", "-m", "eigen.yaml", "--json").object()

    assert said["detected"] == [
        {
            "file": "maart.csv",
            "sheet": "",
            "header_row": 2,
            "format": "text (CSV)",
            "encoding": "windows-1252",
            "delimiter": '";" (detected)',
            "amounts": '"," before the cents and "." between thousands',
            "text_dates": "read as dd/mm/yyyy",
            "proved": KEPT,
        }
    ]
    assert said["freeze"] == {"source": KEPT}


@pytest.mark.parametrize("command", ["check", "plan"])
def test_the_screen_prints_lines_that_keep_it(desk: Desk, command: str) -> None:
    """Written into the profile, the lines give the same plan, and nothing is left to be detected."""
    said = desk.run(command, "maart.csv", "-m", "eigen.yaml")
    before = desk.run("plan", "maart.csv", "-m", "eigen.yaml", "--json").object()

    assert 'amounts "," before the cents and "." between thousands, text dates read as dd/mm/yyyy' in said.out
    lines = said.out.partition("write it into the profile:\n")[2].partition("\n\n")[0].splitlines()
    kept = "\n".join(line.removeprefix("  ") for line in lines)
    (desk.folder / "eigen.yaml").write_text(f"{PROFILE}{kept}\n", encoding="utf-8")
    after = desk.run("plan", "maart.csv", "-m", "eigen.yaml", "--json").object()

    assert after["plan"] == before["plan"]
    assert after["freeze"] == {}
    assert after["detected"][0]["proved"] == {}
    assert "write it into the profile" not in desk.run(command, "maart.csv", "-m", "eigen.yaml").out


def test_the_words_are_dutch_for_a_dutch_reader(desk: Desk) -> None:
    """What was detected is told in the reader's language; the keys of the profile stay what they are."""
    said = desk.run("--lang", "nl", "check", "maart.csv", "-m", "eigen.yaml")

    assert (
        'bedragen "," voor de centen en "." tussen duizendtallen, datums als tekst gelezen als dd/mm/jjjj' in said.out
    )
    assert "Schrijf het in het profiel" in said.out
    assert '    dates: "%d/%m/%Y"\n' in said.out


def test_a_shipped_profile_is_not_to_be_changed(desk: Desk) -> None:
    """Nobody is asked to write into a profile that came with the importer; programs are told all the same."""
    desk.run("sample", "--invoices", "2", "demo.csv")

    assert "write it into the profile" not in desk.run("check", "demo.csv", "-m", "demo").out
    assert "delimiter" in desk.run("check", "demo.csv", "-m", "demo", "--json").object()["detected"][0]


def test_the_report_says_what_was_detected(desk: Desk) -> None:
    """The workbook of an import names the signs and the form of dates beside the file."""
    said = desk.run("import", "maart.csv", "-m", "eigen.yaml", "--yes", "--json", "--report", "r.xlsx").object()

    assert said["invoices"]["posted"] == 2
    page = load_workbook(desk.folder / "r.xlsx")["Summary"]
    texts = [str(cell.value) for row in page.iter_rows() for cell in row if cell.value]
    assert any('amounts "," before the cents' in text and "text dates read as dd/mm/yyyy" in text for text in texts)


@pytest.mark.parametrize("command", ["check", "plan", "import"])
def test_what_can_be_read_in_two_ways_is_a_fault_of_the_file(desk: Desk, command: str) -> None:
    """Exit code 2, one sentence with cell and readings, the key to set; nothing is sent. Once set, all is read."""
    (desk.folder / "maart.csv").write_text("\n".join([*LINES[:2], LINES[3]]), encoding="utf-8")
    more = ["--yes"] if command == "import" else []

    said = desk.run(command, "maart.csv", "-m", "eigen.yaml", "--json", *more)

    assert said.refusal() == "decimal-doubtful"
    assert said.code == 2
    assert '"1.250" in F3' in said.object()["error"]["message"]
    assert desk.count == 0
    stated = f'{PROFILE}source: {{decimal: ",", thousands: ".", dates: "%d/%m/%Y"}}\n'
    (desk.folder / "eigen.yaml").write_text(stated, encoding="utf-8")
    assert desk.run("check", "maart.csv", "-m", "eigen.yaml", "--json").object()["totals"]["excl_vat"] == "2500.00"


def test_the_sheet_of_a_workbook_is_kept_by_name(desk: Desk) -> None:
    """A workbook shows its sheet and header row; its own numbers and text dates are told apart."""
    with Workbook(desk.folder / "maart.xlsx") as book:
        sheet = book.add_worksheet('Blad "1"')
        for number, row in enumerate([HEADERS, ["1001", "13/03/2026", "Zoë", "A1", 2, 10.5, 21]]):
            sheet.write_row(number, 0, row)

    said = desk.run("check", "maart.xlsx", "-m", "eigen.yaml", "--json").object()
    shown = desk.run("check", "maart.xlsx", "-m", "eigen.yaml").out

    assert said["freeze"] == {"source": {"sheets": ['Blad "1"'], "header": 1, "dates": "%d/%m/%Y"}}
    assert '    sheets: ["Blad \\"1\\""]\n' in shown


def _sheet(file: str, name: str = "", **proved: str) -> Sheet:
    return Sheet(SourceFile(file, file, 1), name, 1, {}, {}, proved)


def test_what_two_files_show_differently_is_not_kept() -> None:
    """A key is frozen where all sheets agree on it; sheets of one workbook are named together."""
    assert freeze([_sheet("a", decimal=",", dates="x\ny"), _sheet("b", decimal=".", dates="x\ny")]) == {
        "source": {"dates": ["x", "y"]}
    }
    assert freeze([_sheet("a", decimal=","), _sheet("b")]) == {}
    assert freeze([_sheet("a", "one", sheets="one"), _sheet("a", "two", sheets="two")]) == {
        "source": {"sheets": ["one", "two"]}
    }
    assert freeze([_sheet("a", "one", sheets="one"), _sheet("b", "one", sheets="one")]) == {}


def test_lines_of_a_profile_are_quoted() -> None:
    """A tab, a quote and a backslash survive as YAML texts."""
    lines = frozen_lines({"source": {"delimiter": "\t", "sheets": ['a"b', "c\\d"], "header": 3}})

    assert lines == ["source:", '  delimiter: "\\t"', '  sheets: ["a\\"b", "c\\\\d"]', "  header: 3"]
