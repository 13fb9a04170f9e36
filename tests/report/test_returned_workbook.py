"""Workbooks that come back: nothing live in them, what an earlier time left is replaced, limits are told."""

import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from desk import HEADERS, Desk, row
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table
from planted import PLANTS, SHEET, corrected, planted

from importer.domain.identity import Account
from importer.domain.returned import ADDED
from importer.errors import ConfigError
from importer.language.speech import Speech
from importer.pipeline import check_files
from importer.profile.load import LoadedProfile, load_profile
from importer.stations.read.again import reopen
from importer.stations.report.returned import Limits, Manner, give_back_annotated, plan_standing, require_places

COLUMNS = HEADERS.split(";")
WORDS = ADDED["en"]
MOMENT = datetime(2026, 3, 31, 9, 15, tzinfo=UTC)


def a_row(number: str, **changes: Any) -> list[Any]:
    """A row of the layout `demo` as cells of a workbook; changes by header."""
    made: dict[str, Any] = dict(zip(COLUMNS, row(number).split(";"), strict=True))
    made |= {"Aantal": 2, "Prijs": 10.5, "BTW": "21%", **changes}
    return [value if value != "" else None for value in made.values()]


def book_of(path: Path, rows: Sequence[Sequence[Any]], title: str = SHEET) -> Workbook:
    """A workbook with these rows below the header, saved."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = title
    for one in [COLUMNS, *rows]:
        sheet.append(list(one))
    book.save(path)
    return book


def give_back(
    source: Path, out: Path, language: str = "en", loaded: LoadedProfile | None = None, **options: Any
) -> Any:
    """Check a file and give it back; returns the workbook."""
    known = loaded or load_profile("demo")
    speech = Speech(language)
    plan = check_files([source], known, Account("check", "check"))
    manner = Manner(made_at=MOMENT, profile="demo", speech=speech)
    reopened = reopen(source, known.profile.source, known.profile.needed_columns())
    give_back_annotated(out, reopened, plan_standing(plan, {}, speech), manner, [source], **options)
    return load_workbook(out)


def legend(book: Workbook, language: str = "en") -> str:
    """What the legend says."""
    sheet: Any = book[ADDED[language].sheet]
    return "\n".join(" ".join(str(cell) for cell in line if cell) for line in sheet.iter_rows(values_only=True))


def parts(path: Path) -> Iterator[tuple[str, str]]:
    """The parts of a workbook as text."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            yield name, archive.read(name).decode("utf-8", "ignore")


def test_nothing_live_is_copied(tmp_path: Path) -> None:
    """Links, tables, names of formulas and texts that look like formulas: the copy keeps what they show, nothing that acts."""
    book = book_of(tmp_path / "maart.xlsx", [a_row("T-1", Prijs="x"), a_row("T-2")])
    sheet: Any = book[SHEET]
    sheet["E2"].value, sheet["E2"].data_type = '=HYPERLINK("http://evil.example")', "s"
    sheet["E3"].hyperlink = "http://evil.example"
    sheet.add_table(Table(displayName="Verkoop", ref="A1:T3"))
    book.defined_names["evil"] = DefinedName("evil", attr_text="[1]Sheet1!$A$1")
    book.defined_names["area"] = DefinedName("area", attr_text="Facturen!$A$1:$B$2")
    book.save(tmp_path / "maart.xlsx")
    back = give_back(tmp_path / "maart.xlsx", tmp_path / "terug.xlsx")

    for name, text in parts(tmp_path / "terug.xlsx"):
        assert "<f>" not in text
        assert "hyperlink" not in text.lower() or name == "xl/worksheets/sheet1.xml"
        assert "<hyperlink" not in text
        assert "tables/" not in name
    assert (back[SHEET]["E2"].value, back[SHEET]["E2"].data_type) == ('=HYPERLINK("http://evil.example")', "s")
    assert back[SHEET]["E2"].quotePrefix
    assert list(back.defined_names) == ["area"]
    for told in ("1 link became plain text.", "Tables became plain ranges.", "1 name for a formula"):
        assert told in legend(back)


def test_formulas_come_back_as_their_results(tmp_path: Path) -> None:
    """A formula with a result is that result; none is in the copy."""
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "maart.xlsx") as book:
        sheet = book.add_worksheet(SHEET)
        sheet.write_row(0, 0, COLUMNS)
        for place, value in enumerate(a_row("T-1")):
            if value is not None:
                sheet.write(1, place, value)
        sheet.write_formula("N2", "=5*2.1", None, 10.5)
    back = give_back(tmp_path / "maart.xlsx", tmp_path / "terug.xlsx")

    assert back[SHEET]["N2"].value == 10.5
    assert "Formulas were replaced by their results." in legend(back)
    assert back[SHEET]["U2"].value == "Ready"


def test_a_second_annotation_replaces_the_first(tmp_path: Path) -> None:
    """Annotated in English, half corrected, annotated in Dutch: columns, legend, colours and comments are there once."""
    planted(tmp_path / "maart.xlsx", PLANTS[:4])
    give_back(tmp_path / "maart.xlsx", tmp_path / "een.xlsx")
    book = load_workbook(tmp_path / "een.xlsx")
    sheet: Any = book[SHEET]
    sheet[PLANTS[1].cell].comment = Comment(f"Nagekeken\n\n{sheet[PLANTS[1].cell].comment.text}", "Ann")
    sheet[PLANTS[3].cell].comment = Comment(f"Vraag aan Jan\n\n{sheet[PLANTS[3].cell].comment.text}", "Ann")
    book.save(tmp_path / "een.xlsx")
    corrected(tmp_path / "een.xlsx", PLANTS[:2])
    back = give_back(tmp_path / "een.xlsx", tmp_path / "twee.xlsx", "nl")

    nl: Any = back[SHEET]
    assert back.sheetnames == [SHEET, "Notities", ADDED["nl"].sheet]
    assert [cell.value for cell in nl[4]][20:] == [ADDED["nl"].status, ADDED["nl"].number, ADDED["nl"].todo]
    told = {cell.coordinate: cell.comment.text for line in nl.iter_rows() for cell in line if cell.comment}
    assert set(told) == {PLANTS[1].cell, PLANTS[2].cell, PLANTS[3].cell}
    assert told[PLANTS[1].cell] == "Nagekeken"
    assert told[PLANTS[3].cell].startswith("Vraag aan Jan\n\nImporter:\n")
    assert told[PLANTS[3].cell].count("Importer:") == 1
    assert "De cel is leeg" in told[PLANTS[2].cell]
    red = {cell.coordinate for line in nl.iter_rows(max_col=20) for cell in line if cell.fill.fgColor.rgb == "FFF8D7D7"}
    assert red == {PLANTS[2].cell, PLANTS[3].cell}
    assert [nl[f"U{line}"].value for line in (5, 9)] == ["Nog aan te maken", "Geweigerd"]


@pytest.mark.parametrize("language", ["nl", "fr"])
def test_it_comes_back_in_the_language_of_the_person(tmp_path: Path, language: str) -> None:
    """Status, comments and legend are in Dutch or French, and the workbook is read again all the same."""
    planted(tmp_path / "maart.xlsx", PLANTS)
    back = give_back(tmp_path / "maart.xlsx", tmp_path / "terug.xlsx", language)
    plan = check_files([tmp_path / "maart.xlsx"], load_profile("demo"), Account("check", "check"))

    for finding in plan.findings:
        assert finding.message_in(Speech(language)) in back[SHEET][finding.cell].comment.text
    english = give_back(tmp_path / "maart.xlsx", tmp_path / "english.xlsx")
    theirs, ours = legend(english), legend(back, language)
    same = set(theirs.splitlines()) & set(ours.splitlines())
    assert not {line for line in same if " " in line}, same
    again = check_files([tmp_path / "terug.xlsx"], load_profile("demo"), Account("check", "check"))
    assert [(one.code, one.cell) for one in again.findings if one.code != "error-cell"] == [
        (one.code, one.cell) for one in plan.findings if one.code not in {"error-cell", "formula-not-calculated"}
    ]


def test_every_visible_sheet_may_be_read_again(tmp_path: Path) -> None:
    """Under `sheets: "*"` the legend is passed over, and the sheets keep their names."""
    book = book_of(tmp_path / "maart.xlsx", [a_row("T-1", Prijs="x")], "Noord")
    south: Any = book.create_sheet("Zuid")
    for one in [COLUMNS, a_row("U-1")]:
        south.append(one)
    book.save(tmp_path / "maart.xlsx")
    text = load_profile("demo").text.replace("source:\n", 'source:\n  sheets: "*"\n')
    (tmp_path / "alle.yaml").write_text("\n".join(line for line in text.split("\n") if not line.startswith("# Sample")))
    loaded = load_profile(tmp_path / "alle.yaml")
    back = give_back(tmp_path / "maart.xlsx", tmp_path / "terug.xlsx", loaded=loaded)

    assert back.sheetnames == ["Noord", "Zuid", WORDS.sheet]
    plan = check_files([tmp_path / "terug.xlsx"], loaded, Account("check", "check"))
    assert [(one.code, one.sheet, one.cell) for one in plan.findings] == [("bad-amount", "Noord", "N2")]
    assert [sheet.name for sheet in plan.sheets] == ["Noord", "Zuid"]


def test_a_large_workbook_comes_back_fresh(tmp_path: Path) -> None:
    """Above a number of rows the workbook is new; numbers, percentages, dates, formats and errors are the same."""
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "maart.xlsx") as book:
        sheet, other = book.add_worksheet(SHEET), book.add_worksheet("Notities")
        other.write(0, 0, "Niet wissen")
        day, percent = book.add_format({"num_format": "dd/mm/yyyy"}), book.add_format({"num_format": "0%"})
        euro, zeros = book.add_format({"num_format": "#,##0.00"}), book.add_format({"num_format": "00000"})
        sheet.write_row(0, 0, COLUMNS)
        for number in range(1, 31):
            sheet.write_string(number, 0, f"T-{number}")
            sheet.write_datetime(number, 1, date(2026, 3, 2), day)
            sheet.write_string(number, 4, "Klant BV")
            sheet.write_number(number, 10, 42, zeros)
            sheet.write_number(number, 12, 2)
            if number == 7:
                sheet.write_string(number, 13, "x")
            else:
                sheet.write_number(number, 13, 1234.5, euro)
            sheet.write_number(number, 14, 0.21, percent)
    back = give_back(tmp_path / "maart.xlsx", tmp_path / "terug.xlsx", limits=Limits(copied_rows=30))

    large: Any = back[SHEET]
    assert [large[f"{letter}3"].value for letter in "ABKMNOU"] == [
        "T-2", datetime(2026, 3, 2), 42, 2, 1234.5, 0.21, "Ready",  # noqa: DTZ001 - a cell has no time zone
    ]  # fmt: skip
    assert [large[f"{letter}3"].number_format for letter in "BKNO"] == ["dd/mm/yyyy", "00000", "#,##0.00", "0%"]
    assert (large["N8"].value, large["N8"].comment is not None, large["U8"].value) == ("x", True, "Refused")
    assert (large.max_row, large.auto_filter.ref) == (31, "A1:W31")
    assert "Sheets that were not read were left out: Notities." in legend(back)


def test_texts_of_a_workbook_mean_the_same_in_a_new_one(tmp_path: Path) -> None:
    """What XML writes in its own way, control characters and texts that look like them, is written so again."""
    import xlsxwriter

    texts = ["Jan\x07sen", "_x0041_", "a\nb", "a\r\nb", "=1+1", "é & <b>"]
    with xlsxwriter.Workbook(tmp_path / "maart.xlsx", {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet(SHEET)
        sheet.write_row(0, 0, COLUMNS)
        for number, text in enumerate(texts, 1):
            for place, value in enumerate(a_row(f"T-{number}", Klant=text, Prijs="x")):
                if value is not None:
                    sheet.write(number, place, value)
    back = give_back(tmp_path / "maart.xlsx", tmp_path / "terug.xlsx", limits=Limits(copied_rows=1))

    before: Any = load_workbook(tmp_path / "maart.xlsx")[SHEET]
    assert [back[SHEET].cell(line, 5).value for line in range(2, 8)] == [
        before.cell(line, 5).value for line in range(2, 8)
    ]
    account = Account("check", "check")
    plans = [check_files([tmp_path / name], load_profile("demo"), account) for name in ("maart.xlsx", "terug.xlsx")]
    first, second = ([(one.code, one.cell, one.value) for one in plan.findings] for plan in plans)
    assert first == second
    assert ("control-character", "E2", "Jan\x07sen") in first


def test_a_full_sheet_goes_on_in_the_next(tmp_path: Path) -> None:
    """What does not fit below the last row goes on in a further sheet with the same header, and the legend says so."""
    lines = [HEADERS, *(row(f"T-{number}", price="x" if number == 5 else "1,00") for number in range(1, 7))]
    (tmp_path / "maart.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    back = give_back(tmp_path / "maart.csv", tmp_path / "terug.xlsx", limits=Limits(rows=4))

    assert back.sheetnames == ["maart", "maart 2", WORDS.sheet]
    found = [[line[0] for line in back[name].iter_rows(values_only=True)] for name in ("maart", "maart 2")]
    assert found == [["Factuurnr", "T-1", "T-2", "T-3"], ["Factuurnr", "T-4", "T-5", "T-6"]]
    assert back["maart 2"]["N3"].comment is not None
    assert "they go on in maart 2" in legend(back)


def test_too_many_comments_are_left_out_aloud(tmp_path: Path) -> None:
    """A file in which everything is wrong stays openable: all cells are coloured, and as many commented as may be."""
    lines = [HEADERS, *(row(f"T-{number}", price="x", quantity="y") for number in range(15))]
    (tmp_path / "maart.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    back = give_back(tmp_path / "maart.csv", tmp_path / "terug.xlsx", limits=Limits(comments=20))

    sheet: Any = back["maart"]
    assert sum(cell.comment is not None for line in sheet.iter_rows(max_col=20) for cell in line) == 20
    assert {sheet.cell(line, 14).fill.fgColor.rgb for line in range(2, sheet.max_row + 1)} == {"FFF8D7D7"}
    assert "10 cells are coloured without a comment" in legend(back)


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    """Nothing of the hour or the machine is in it."""
    planted(tmp_path / "maart.xlsx")
    (tmp_path / "maart.csv").write_text("\n".join([HEADERS, row("T-1", price="x")]) + "\n", encoding="utf-8")
    for source in ("maart.xlsx", "maart.csv"):
        give_back(tmp_path / source, tmp_path / "a.xlsx")
        give_back(tmp_path / source, tmp_path / "b.xlsx")
        assert list(parts(tmp_path / "a.xlsx")) == list(parts(tmp_path / "b.xlsx"))


def refusal(path: Path, sources: Sequence[Path] = ()) -> str:
    """The code with which a place is refused."""
    with pytest.raises(ConfigError) as caught:
        require_places([path], sources)
    assert caught.value.fix
    return caught.value.code


def test_work_of_a_person_is_never_written_over(tmp_path: Path) -> None:
    """An earlier workbook is replaced while nobody has saved it; after that, or if it is the source, it is refused."""
    planted(tmp_path / "maart.xlsx", PLANTS[:1])
    give_back(tmp_path / "maart.xlsx", tmp_path / "terug.xlsx")
    give_back(tmp_path / "maart.xlsx", tmp_path / "terug.xlsx")
    require_places([tmp_path / "terug.xlsx"], [tmp_path / "maart.xlsx"])
    assert refusal(tmp_path / "terug.xlsx", [tmp_path / "terug.xlsx"]) == "returned-over-source"

    corrected(tmp_path / "terug.xlsx", PLANTS[:1])
    before = (tmp_path / "terug.xlsx").read_bytes()
    assert refusal(tmp_path / "terug.xlsx") == "returned-over-other-file"
    with pytest.raises(ConfigError):
        give_back(tmp_path / "maart.xlsx", tmp_path / "terug.xlsx")
    assert (tmp_path / "terug.xlsx").read_bytes() == before


def test_other_places_are_refused_before_anything_is_done(tmp_path: Path) -> None:
    """A wrong suffix, a missing folder, a folder, a foreign file, one name for two workbooks: each has its sentence."""
    (tmp_path / "map.xlsx").mkdir()
    Workbook().save(tmp_path / "vreemd.xlsx")
    assert refusal(tmp_path / "terug.csv") == "returned-name"
    assert refusal(tmp_path / "weg" / "terug.xlsx") == "returned-folder-missing"
    assert refusal(tmp_path / "map.xlsx") == "returned-is-folder"
    assert refusal(tmp_path / "vreemd.xlsx") == "returned-over-other-file"
    desk = Desk(tmp_path, None)
    planted(tmp_path / "maart.xlsx", PLANTS[:1])
    for arguments, code in (
        (["--annotate", "x.xlsx", "--failures", "x.xlsx"], "returned-twice"),
        (["--annotate", "maart.xlsx"], "returned-over-source"),
    ):
        said = desk.run("check", "maart.xlsx", "-m", "demo", *arguments, "--json")
        assert (said.refusal(), said.code) == (code, 2)
    assert desk.run("report", "x", "--json").refusal() == "nothing-to-write"
