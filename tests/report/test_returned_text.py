"""Text files come back as workbooks in which text stays text, nothing is live, and nothing wrong slips through."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desk import HEADERS, Desk, a_desk, row, rows
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from importer.domain.returned import ADDED

WORDS = ADDED["en"]
PAYLOADS = (
    '=HYPERLINK("http://evil.example","x")',
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "=cmd|'/C calc'!A0",
    "http://evil.example/x",
    "mailto:a@evil.example",
    "internal:Blad1!A1",
    "<r><t>x</t></r>",
    "{=SUM(1,2)}",
)  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with a sandbox."""
    with a_desk(tmp_path) as made:
        yield made


def sheet_of(path: Path, title: str = "maart") -> Worksheet:
    """A sheet of a workbook."""
    sheet = load_workbook(path)[title]
    assert isinstance(sheet, Worksheet)
    return sheet


def cells(sheet: Worksheet, number: int) -> list[Any]:
    """The cells of a row."""
    return [cell.value for cell in sheet[number]]


def live(path: Path) -> list[str]:
    """Everything live in a workbook: formulas, links, connections."""
    found = []
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            text = archive.read(name).decode("utf-8", "ignore")
            if name.startswith("xl/worksheets/sheet") and re.search(r"<f[ >/]|<hyperlink", text):
                found.append(name)
            if "relationships/hyperlink" in text or "externalLink" in name or "connections" in name:
                found.append(name)
    return found


def quoted(text: str) -> str:
    """A field of a text file."""
    return '"' + text.replace('"', '""') + '"'


def again(desk: Desk, name: str = "terug.xlsx") -> dict[str, Any]:
    """What `check` says of a workbook that came back."""
    return desk.run("check", name, "-m", "demo", "--json").object()


def test_text_stays_text_as_typed(desk: Desk) -> None:
    """Leading zeros, decimal commas and dates are the texts of the file, in cells where new text stays text too."""
    desk.file("maart.csv", [row("T-1", code="00042", price="1.250,00"), row("T-2", price="12x")])
    said = desk.run("check", "maart.csv", "-m", "demo", "--annotate", "terug.xlsx", "--json")
    sheet = sheet_of(desk.folder / "terug.xlsx")

    assert cells(sheet, 1)[:20] == HEADERS.split(";")
    assert cells(sheet, 2)[:20] == [cell or None for cell in row("T-1", code="00042", price="1.250,00").split(";")]
    data = [cell for line in sheet.iter_rows(min_row=2, max_col=20) for cell in line if cell.value is not None]
    assert {(cell.data_type, cell.number_format) for cell in data} == {("s", "@")}
    assert (
        sheet.column_dimensions["N"].number_format == "@" or sheet["T9"].number_format == "@" or sheet["N2"].quotePrefix
    )
    assert again(desk)["totals"] == said.object()["totals"]
    assert again(desk)["findings_total"] == 1


def test_every_sign_comes_back(desk: Desk) -> None:
    """Signs of markup, underscores, spaces and letters of every kind are the same after the round trip."""
    signs = [chr(number) for number in range(33, 127)] + ["é", "€", "\U0001f600", "_x0041_"]
    texts = [f"a{sign}b" for sign in signs] + ["a  b", "a b", "<r>a</r>b", "&amp;", "<", ">"]
    lines = [HEADERS, *(row(f"T-{number}", price="x", customer=quoted(text)) for number, text in enumerate(texts))]
    (desk.folder / "maart.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    desk.run("check", "maart.csv", "-m", "demo", "--annotate", "terug.xlsx")

    desk.run("check", "terug.xlsx", "-m", "demo", "--annotate", "weer.xlsx")
    for name in ("terug.xlsx", "weer.xlsx"):
        sheet = sheet_of(desk.folder / name)
        found = [str(sheet.cell(number, 5).value) for number in range(2, 2 + len(texts))]
        assert found == texts


@pytest.mark.parametrize("option", ["--annotate", "--failures"])
def test_nothing_of_the_file_becomes_live(desk: Desk, option: str) -> None:
    """Eleven texts that spreadsheet programs like to run come back as the texts they are: no formula, no link."""
    desk.file("maart.csv", [row("T-1", price="12x", customer=quoted(text)) for text in PAYLOADS])
    desk.run("check", "maart.csv", "-m", "demo", option, "terug.xlsx")

    assert live(desk.folder / "terug.xlsx") == []
    sheet = sheet_of(desk.folder / "terug.xlsx")
    assert [str(sheet.cell(number, 5).value).rstrip() for number in range(2, 2 + len(PAYLOADS))] == list(PAYLOADS)
    assert {sheet.cell(number, 5).data_type for number in range(2, 2 + len(PAYLOADS))} == {"s"}
    assert {bool(sheet.cell(number, 5).quotePrefix) for number in range(2, 2 + len(PAYLOADS))} == {True}


def test_titles_blank_rows_and_skipped_rows_stay_where_they_are(desk: Desk) -> None:
    """Rows that are no data keep their places and get no status; blank ones stay blank, or they would become data."""
    lines = ["Verkoop maart;;", "", HEADERS, *rows(2), "", row("T-9").replace("Stoel", "Totaal"), row("T-3", price="x")]
    (desk.folder / "maart.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    first = desk.run("check", "maart.csv", "-m", "demo", "--annotate", "terug.xlsx", "--json").object()
    sheet = sheet_of(desk.folder / "terug.xlsx")

    status = cells(sheet, 3).index(WORDS.status)
    assert cells(sheet, 1)[0] == "Verkoop maart"
    assert [cells(sheet, number)[status] for number in range(1, 9)] == [
        None, None, WORDS.status, "Ready", "Ready", None, "Skipped", "Refused",
    ]  # fmt: skip
    assert cells(sheet, 7)[status + 2] == "Left out: total row."
    assert set(cells(sheet, 6)) == {None}
    assert {name: again(desk)[name] for name in ("rows", "invoices")} == {
        name: first[name] for name in ("rows", "invoices")
    }
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A4", "A3:W8")


def test_a_row_with_too_many_fields_is_not_taken_for_whole(desk: Desk) -> None:
    """Its surplus fields stand in a column of their own and one cell shows an error, so the invoice is refused again."""
    ragged = row("T-2").replace("Stoel", "Stoel; blauw") + "Let op"
    desk.file("maart.csv", [row("T-1"), row("T-2"), ragged, row("T-3")])
    first = desk.run("check", "maart.csv", "-m", "demo", "--annotate", "terug.xlsx", "--json").object()
    sheet = sheet_of(desk.folder / "terug.xlsx")

    assert first["invoices"]["refused"] == 1
    header = cells(sheet, 1)
    assert header[20:] == [WORDS.surplus, WORDS.status, WORDS.number, WORDS.todo]
    assert (sheet["M4"].value, sheet["M4"].data_type) == ("#N/A", "e")
    assert 'This cell held " blauw"' in str(sheet["M4"].comment.text if sheet["M4"].comment else "")
    assert [cell or "" for cell in cells(sheet, 4)[:12]] == ragged.split(";")[:12]
    assert cells(sheet, 4)[20] == "Let op"
    found = again(desk)
    assert found["invoices"] == first["invoices"]
    assert found["findings"][0]["code"] == "error-cell"
    assert {one["row"] for one in found["findings"]} == {4}

    book = load_workbook(desk.folder / "terug.xlsx")
    for place, field in enumerate(row("T-2", code="A2").split(";"), 1):  # put right by a person
        book["maart"].cell(4, place).value = field or None
    book.save(desk.folder / "terug.xlsx")
    assert again(desk)["invoices"]["ready"] == 3


def test_an_invoice_that_may_lack_a_row_stays_refused(desk: Desk) -> None:
    """Where a stray separator hides the number of an invoice, that invoice shows an error too: it would look whole."""
    header = "Klant;Factuurnr;" + ";".join(name for name in HEADERS.split(";") if name not in {"Klant", "Factuurnr"})

    def line(number: str, customer: str) -> str:
        other = [cell for place, cell in enumerate(row(number).split(";")) if place not in {0, 4}]
        return ";".join([customer, number, *other])

    lines = [header, line("T-1", "A"), line("T-2", "Jansen"), line("T-2", "Jansen; Zonen"), line("T-3", "C")]
    (desk.folder / "maart.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    first = desk.run("check", "maart.csv", "-m", "demo", "--annotate", "terug.xlsx", "--json").object()
    sheet = sheet_of(desk.folder / "terug.xlsx")

    assert first["invoices"]["ready"] == again(desk)["invoices"]["ready"] == 2
    errors = {cell.coordinate for line in sheet.iter_rows() for cell in line if cell.data_type == "e"}
    assert {name[1:] for name in errors} == {"3", "4"}


def test_control_characters_come_back_as_they_were(desk: Desk) -> None:
    """A character nobody sees is still there after the round trip, and still refused."""
    desk.file(
        "maart.csv", [row("T-1", customer="Jan\x07sen"), row("T-2", code="A\x0b1"), row("T-3", customer='"a\nb"')]
    )
    first = desk.run("check", "maart.csv", "-m", "demo", "--annotate", "terug.xlsx", "--json").object()

    assert [one["code"] for one in first["findings"]] == ["control-character", "control-character"]
    assert [(one["code"], one["cell"], one["value"]) for one in again(desk)["findings"]] == [
        ("control-character", "E2", "Jan\x07sen"),
        ("control-character", "K3", "A\x0b1"),
    ]
    assert sheet_of(desk.folder / "terug.xlsx")["E4"].value == "a\nb"


def test_a_text_too_long_for_a_cell_is_shortened_aloud_and_never_sent(desk: Desk) -> None:
    """What does not fit is marked, named on the legend, and refused when the workbook is read again."""
    long = "Zoë " * 10_000
    desk.file("maart.csv", [row("T-1", customer=long + "."), row("T-2", price="x")])
    first = desk.run("check", "maart.csv", "-m", "demo", "--annotate", "terug.xlsx", "--json").object()
    kept = str(sheet_of(desk.folder / "terug.xlsx")["E2"].value)

    assert (first["invoices"]["ready"], len(kept)) == (1, 32_767)
    assert "(shortened: 40,001 characters in all)" in kept
    told = [str(line[0].value) for line in sheet_of(desk.folder / "terug.xlsx", WORDS.sheet).iter_rows()]
    assert any("1 text is longer" in line and "maart!E2" in line for line in told)
    assert next((one["code"], one["cell"]) for one in again(desk)["findings"]) == ("control-character", "E2")
    assert again(desk)["invoices"]["refused"] == 2


def test_our_own_columns_are_never_read(desk: Desk) -> None:
    """What they quote is told of no cell: with the damaged name mended nothing is left to say."""
    desk.file("maart.csv", [row("T-1", customer="MÃ¼ller"), row("T-2")])
    first = desk.run("check", "maart.csv", "-m", "demo", "--annotate", "terug.xlsx", "--json").object()
    assert [one["code"] for one in first["findings"]] == ["mojibake"]
    book = load_workbook(desk.folder / "terug.xlsx")
    assert "MÃ¼ller" in str(book["maart"]["W2"].value)
    book["maart"]["E2"].value = "Müller"
    book.save(desk.folder / "terug.xlsx")

    assert again(desk)["findings"] == []


def test_a_profile_for_text_files_reads_its_own_workbook(desk: Desk) -> None:
    """`source.kind: csv` refuses workbooks, but not the one that gives a text file back."""
    text = (Path(__file__).parents[2] / "mappings" / "demo.yaml").read_text(encoding="utf-8")
    text = re.sub(r"^# Sample.*\n", "", text, flags=re.MULTILINE)
    text = text.replace("source:\n", 'source:\n  kind: csv\n  sheets: ["Facturen"]\n')
    (desk.folder / "eigen.yaml").write_text(text, encoding="utf-8")
    desk.file("maart.csv", [row("T-1"), row("T-2", price="x")])
    desk.run("check", "maart.csv", "-m", "eigen.yaml", "--annotate", "terug.xlsx")

    assert desk.run("check", "terug.xlsx", "-m", "eigen.yaml", "--json").object()["invoices"]["ready"] == 1
    load_workbook(desk.folder / "terug.xlsx").save(desk.folder / "vreemd.xlsx")
    with zipfile.ZipFile(desk.folder / "terug.xlsx") as old, zipfile.ZipFile(desk.folder / "vreemd.xlsx", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(b"facturalia-importer-returned", b"something-else"))
    refused = desk.run("check", "vreemd.xlsx", "-m", "eigen.yaml", "--json")
    assert refused.refusal() == "wrong-kind"


def test_several_files_come_back_each_in_its_own_workbook(desk: Desk) -> None:
    """One workbook a file, named after it; each joins again on its own."""
    desk.file("maart.csv", [row("T-1"), row("T-2", price="x")])
    desk.file("april.csv", [row("U-1", price="y"), row("U-2")])
    said = desk.run("check", "maart.csv", "april.csv", "-m", "demo", "--annotate", "terug.xlsx", "--json").object()

    assert said["annotated"] == ["terug-maart.xlsx", "terug-april.xlsx"]
    assert again(desk, "terug-april.xlsx")["findings"][0]["cell"] == "N2"
    assert again(desk, "terug-maart.xlsx")["findings"][0]["cell"] == "N3"


def test_where_nothing_fails_only_the_header_comes_back(desk: Desk) -> None:
    """`--failures` always writes its file, so that an older one is never taken for the newest."""
    desk.file("maart.csv", rows(2))
    said = desk.run("check", "maart.csv", "-m", "demo", "--failures", "fouten.xlsx")

    assert "Nothing failed" in said.err
    assert sheet_of(desk.folder / "fouten.xlsx").max_row == 1
    assert desk.run("check", "fouten.xlsx", "-m", "demo", "--json").refusal() == "no-rows"


def test_rejected_invoices_are_failures_too(desk: Desk) -> None:
    """What Facturalia refuses comes back in the cell it names, with its answer, and counts as mended once it goes."""
    (desk.folder / "codes.txt").write_text("A1\n", encoding="utf-8")
    from importer.facturalia.sandbox import SandboxSettings, running

    with running(SandboxSettings(products=frozenset({"A1"}))) as server:
        strict = Desk(desk.folder, server)
        strict.file("maart.csv", [row("T-1"), row("T-2"), row("T-2", code="B9")])
        first = strict.run("import", "maart.csv", "-m", "demo", "--yes", "--failures", "fouten.xlsx", "--json").object()
        assert (first["invoices"]["posted"], first["invoices"]["rejected"]) == (1, 1)
        sheet = sheet_of(desk.folder / "fouten.xlsx")
        assert [cells(sheet, number)[0] for number in (2, 3)] == ["T-2", "T-2"]
        assert sheet["K3"].fill.fgColor.rgb == "FFF8D7D7"
        assert "B9" in str(sheet["K3"].comment.text if sheet["K3"].comment else "")
        book = load_workbook(desk.folder / "fouten.xlsx")
        book["maart"]["K3"].value = "A1"
        book.save(desk.folder / "fouten.xlsx")
        second = strict.run("import", "fouten.xlsx", "-m", "demo", "--yes", "--json").object()

    assert second["rejoined"] == {"mended": 1, "still_failing": 0, "unchanged": 0}
    assert second["exit"] == 0
