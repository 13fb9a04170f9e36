"""Text in a report stays text and stays whole; amounts are true numbers; nothing in it runs."""

from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet
from report_world import Fate, World, invoice, listed, opened, posted, refused, sheet, skipped

from importer.domain.findings import Finding
from importer.domain.states import State
from importer.stations.report import write_report
from importer.stations.report.text import MOST, visible

PAYLOADS = (
    "=cmd|'/C calc'!A0",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "http://evil.example/",
    "mailto:a@evil.example",
    "internal:'Rows'!A1",
    "{=SUM(A1:A2)}",
    "'=1+1",
    "<r><t>markup</t></r>",
    "<b>&amp;</b>",
    "_x0041_",
)


def hostile(world: World) -> str:
    """A run with each payload in every text that comes from a file or an answer."""
    invoices = [invoice(f"{text}{n}", (0, 2 + n, 2 + n), name=text) for n, text in enumerate(PAYLOADS)]
    start = 2 + len(PAYLOADS)
    findings = [Finding("bad-amount", text, text, 3, text, "I3", text, text, {"expected": text}) for text in PAYLOADS]
    plan = world.plan(
        invoices,
        sheets=[sheet(PAYLOADS[0], PAYLOADS[1], {text: text for text in PAYLOADS})],
        refused=[refused(text, (0, start + n, start + n)) for n, text in enumerate(PAYLOADS)],
        skipped=[skipped(text, (0, 100 + n, 100 + n)) for n, text in enumerate(PAYLOADS)],
        findings=findings,
    )
    fates = {
        one.label: Fate(State.POSTED, remote_id=text, number=text) if n % 2 else Fate(State.REJECTED, detail=text)
        for n, (one, text) in enumerate(zip(invoices, PAYLOADS, strict=True))
    }
    return world.run(plan, fates)


def test_no_formula_and_no_link_in_any_cell(world: World, tmp_path: Path) -> None:
    """Whatever a file says, the report holds it as text: no formula, no hyperlink, in no sheet."""
    write_report(tmp_path / "r.xlsx", world.report(hostile(world)))
    book = opened(tmp_path / "r.xlsx")
    cells = [cell for page in book for row in page.iter_rows() for cell in row if cell.value is not None]
    assert len(cells) > 30 * len(PAYLOADS)
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert not [cell for cell in cells if cell.hyperlink]
    with ZipFile(tmp_path / "r.xlsx") as archive:
        for name in archive.namelist():
            text = archive.read(name).decode()
            assert "<f>" not in text
            assert "<f " not in text
            assert "<hyperlink" not in text
            assert "relationships/hyperlink" not in text
            assert "<r><t>" not in text  # markup of a cell is never markup of the workbook


def test_text_comes_back_as_it_went_in(world: World, tmp_path: Path) -> None:
    """Every payload is found again, whole, in the list of invoices; what cannot be seen is written out."""
    write_report(tmp_path / "r.xlsx", world.report(hostile(world)))
    shown = {"\t=1+1": "\\t=1+1", "\r=1+1": "\\r=1+1", "<r><t>markup</t></r>": "<r><t>markup</t></r> "}
    shown["_x0041_"] = "_x005F_x0041_"  # the escape of the format, which spreadsheet programs show as it was
    names = [row["Customer"] for row in listed(tmp_path / "r.xlsx", "Invoices") if row["Customer"]]
    assert names == [shown.get(text, text) for text in PAYLOADS]


def test_text_stays_text_when_a_person_edits_it(world: World, tmp_path: Path) -> None:
    """Cells with text carry the quote prefix, so that going into one and leaving it makes no formula of it."""
    write_report(tmp_path / "r.xlsx", world.report(hostile(world)))
    book = opened(tmp_path / "r.xlsx")
    texts = [cell for page in book for row in page.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert texts
    assert all(cell.quotePrefix for cell in texts)


@pytest.mark.parametrize("text", ["x" * 40_000, "😀" * 20_000, "x" + "😀" * 16_384, "\x00" * 20_000])
def test_no_cell_is_cut_without_a_mark(world: World, tmp_path: Path, text: str) -> None:
    """A text too long for a cell is shortened with an ellipsis and a note of its true length, never in half a character."""
    finding = Finding("bad-amount", "maart.xlsx", "Blad1", 2, "Prijs", "I2", text, "A", {"expected": "digits"})
    run = world.run(world.plan([], refused=[refused("A", (0, 2, 2))], findings=[finding]), {})
    write_report(tmp_path / "r.xlsx", world.report(run))
    value = listed(tmp_path / "r.xlsx", "Findings")[0]["Value"]
    count = 80_000 if text[0] == "\x00" else len(text)
    assert value.endswith(f"… (shortened: {count:,} characters in all)")
    assert MOST - 1 <= len(value.encode("utf-16-le")) // 2 <= MOST
    assert "�" not in value


def test_a_text_that_just_fits_is_not_touched(world: World, tmp_path: Path) -> None:
    """The longest text that a cell holds stands in it whole."""
    text = "é" * MOST
    finding = Finding("bad-amount", "maart.xlsx", "Blad1", 2, "Prijs", "I2", text, "A", {"expected": "digits"})
    run = world.run(world.plan([], refused=[refused("A", (0, 2, 2))], findings=[finding]), {})
    write_report(tmp_path / "r.xlsx", world.report(run))
    assert listed(tmp_path / "r.xlsx", "Findings")[0]["Value"] == text


@given(st.text(st.characters(), max_size=200))
def test_what_cannot_be_seen_is_written_out(text: str) -> None:
    """Of any text, what goes into a cell can be written as XML, and no control or direction mark is left hidden."""
    shown = visible(text, "cut {count}")
    assert not any(ord(character) < 0x20 or 0x7F <= ord(character) <= 0x9F for character in shown)
    assert not any(character in "\u200b\u202e\u2066\ufeff\ufffe\uffff" for character in shown)
    shown.encode()  # no half characters


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=200))
def test_ordinary_text_is_not_touched(text: str) -> None:
    """Letters, digits and signs of any script stand in a cell exactly as they were."""
    assert visible(text, "cut {count}").rstrip(" ") == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\nb", "a\\nb"), ("\x07", "\\x07"), ("a\u202eb", "a\\u202eb"), ("\ud800", "\\ud800"), ("a\xa0b", "a\xa0b")],
)
def test_escapes_are_readable(text: str, shown: str) -> None:
    """Hidden characters are written as programmers write them; a hard space is a space."""
    assert visible(text, "") == shown


def test_amounts_are_numbers_to_the_cent(world: World, tmp_path: Path) -> None:
    """Every amount is a number with two decimals whose nearest cent is the exact amount, large ones too."""
    prices = [1, 10, 29, 115, 201, 58_960_79, 10**9 + 7, 99_999_999_999, 70_368_744_177_63]
    plan = world.plan([invoice(f"A{n}", (0, 2 + n, 2 + n), price=price, rate=0) for n, price in enumerate(prices)])
    write_report(tmp_path / "r.xlsx", world.report(world.run(plan, {})))
    page = opened(tmp_path / "r.xlsx")["Invoices"]
    column = _column(page, "Excl. VAT")
    cells = [page.cell(row, column) for row in range(2, 2 + len(prices))]
    assert [f"{cell.value:.2f}" for cell in cells] == [f"{price // 100}.{price % 100:02d}" for price in prices]
    assert {(cell.data_type, cell.number_format, cell.alignment.horizontal) for cell in cells} == {
        ("n", "#,##0.00_)", "right")
    }


def test_amounts_beyond_what_a_spreadsheet_can_show_are_text(world: World, tmp_path: Path) -> None:
    """An amount with more digits than a spreadsheet keeps is written as exact text."""
    plan = world.plan([invoice("A", (0, 2, 2), price=1_234_567_890_123_456, rate=0)])
    write_report(tmp_path / "r.xlsx", world.report(world.run(plan, {})))
    assert listed(tmp_path / "r.xlsx", "Invoices")[0]["Excl. VAT"] == "12345678901234.56"


def test_identifiers_keep_their_zeros(world: World, tmp_path: Path) -> None:
    """Numbers of invoices that look like numbers stay text, leading zeros and all."""
    plan = world.plan([invoice("00042", (0, 2, 2))])
    run = world.run(plan, {"00042": Fate(State.POSTED, remote_id="007", number="1E5")})
    write_report(tmp_path / "r.xlsx", world.report(run))
    row = listed(tmp_path / "r.xlsx", "Rows")[0]
    assert (row["Invoice"], row["Facturalia id"], row["Facturalia number"]) == ("00042", "007", "1E5")


def test_the_same_report_is_the_same_bytes(world: World, tmp_path: Path) -> None:
    """A report written again is the same file to the byte."""
    run = world.run(world.plan([invoice("A", (0, 2, 2))]), {"A": posted("A")})
    for name in ("a.xlsx", "b.xlsx"):
        write_report(tmp_path / name, world.report(run))
    finished = world.ledger.run_record(run).finished_at
    assert finished is not None
    assert opened(tmp_path / "a.xlsx").properties.created == finished.replace(tzinfo=None, microsecond=0)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def _column(page: Worksheet, title: str) -> int:
    return [cell.value for cell in page[1]].index(title) + 1
