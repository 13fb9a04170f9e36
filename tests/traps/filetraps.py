"""Traps in files as a whole: containers, sheets, text files."""

from functools import partial
from typing import Any

from tests.traps.outcome import RIGHT, Outcome, csv, file, refused, right, source, xlsx
from tests.traps.trapfiles import (
    HEADERS,
    LINE,
    ROW,
    Formula,
    added,
    protected,
    row_with,
    sheet_changed,
    text,
    with_cell,
    workbook,
)

DOCTYPE = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
EXTERNAL = '<!DOCTYPE x SYSTEM "file:///etc/hostname">'
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


def _with_hidden_sheet(book: Any, _: Any) -> None:
    _with_old_rows(book).hide()


def _with_very_hidden_sheet(book: Any, _: Any) -> None:
    _with_old_rows(book).very_hidden()


def _with_old_rows(book: Any) -> Any:
    other = book.add_worksheet("Oud")
    other.write_row(0, 0, HEADERS)
    other.write_row(1, 0, ["0999", "01/03/2025", "Zoë", "A1", "2", "10,00", "21"])
    return other


CONTAINERS = (
    xlsx(
        "far-cell",
        "One cell in the last corner of a sheet makes readers fill all memory.",
        lambda: sheet_changed("</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'),
        file("sheet-too-large"),
    ),
    xlsx(
        "far-cell-within-reach",
        "One cell in the column XFD of row 20,000 does the same more quietly.",
        lambda: sheet_changed("</sheetData>", '<row r="20000"><c r="XFD20000"><v>1</v></c></row></sheetData>'),
        file("sheet-too-large"),
    ),
    xlsx(
        "lying-dimension",
        "The sheet says that it spans seventeen thousand million cells, or two.",
        lambda: sheet_changed('<dimension ref="A1:G2"/>', '<dimension ref="A1:XFD1048576"/>'),
        RIGHT,
    ),
    xlsx(
        "zip-bomb",
        "Forty megabytes of nothing packed into forty kilobytes.",
        lambda: sheet_changed("</sheetData>", "</sheetData>" + " " * (40 << 20)),
        file("hostile-workbook"),
    ),
    xlsx(
        "xml-entities",
        "Entities of entities (billion laughs) grow to fill all memory.",
        lambda: sheet_changed(XML, XML + DOCTYPE),
        file("hostile-workbook"),
    ),
    xlsx(
        "xml-external-entity",
        "An external entity asks to read a file of this machine into a cell.",
        lambda: sheet_changed(XML, XML + EXTERNAL),
        file("hostile-workbook"),
    ),
    xlsx(
        "cut-workbook",
        "A download was cut off, or the file is still being written.",
        lambda: workbook(ROW)[:-400],
        file("unreadable-workbook"),
    ),
    xlsx(
        "damaged-workbook",
        "The XML of the sheet breaks off in the middle.",
        lambda: sheet_changed("</sheetData>", "</sheet"),
        file("unreadable-workbook"),
    ),
    xlsx("password", "The workbook is protected with a password.", protected, file("password-protected")),
    xlsx(
        "xls-that-is-html",
        "A web page that is called a workbook.",
        lambda: b"<html><table><tr><td>Nr</td></tr></table></html>",
        file("format-html"),
    ),
    xlsx("xlsx-that-is-csv", "A text file that is called a workbook.", lambda: text(LINE), RIGHT),
    csv("csv-that-is-xlsx", "A workbook that is called a text file.", lambda: workbook(ROW), RIGHT),
    xlsx(
        "macros",
        "A workbook with macros in it.",
        lambda: added(workbook(ROW), "xl/vbaProject.bin", b"\xd0\xcf\x11\xe0"),
        RIGHT,
    ),
    xlsx(
        "external-link",
        "A cell takes its value from another workbook; the value saved last is read, no other file is opened.",
        lambda: workbook(row_with(5, Formula("='[prijzen.xlsx]Blad1'!A1|10"))),
        RIGHT,
    ),
)

SHEETS = (
    xlsx(
        "hidden-rows",
        "A filter hides a row.",
        lambda: workbook(ROW, then=lambda _, sheet: sheet.set_row(1, None, None, {"hidden": True})),
        Outcome(told=("hidden-rows 2",), sent=RIGHT.sent),
    ),
    xlsx(
        "hidden-sheet",
        "A hidden sheet holds the same columns with older rows.",
        lambda: workbook(ROW, then=_with_hidden_sheet),
        Outcome(told=("hidden-sheet Oud",), sent=RIGHT.sent),
    ),
    xlsx(
        "very-hidden-sheet",
        "A sheet that no menu of a spreadsheet shows holds the same columns with older rows.",
        lambda: workbook(ROW, then=_with_very_hidden_sheet),
        Outcome(told=("hidden-sheet Oud",), sent=RIGHT.sent),
    ),
    csv(
        "row-limit",
        "The export ends exactly at the limit of .xls: the rest of the rows may be lost.",
        lambda: text(*[LINE] * 65_535),
        Outcome(
            told=("row-limit 65536",), sent=("1001 of 2026-03-01 for Zoë: A1 2 x 10 at 21 % and 65534 lines more",)
        ),
    ),
    csv(
        "duplicate-headers",
        "Two columns are called Prijs; libraries rename the second one.",
        lambda: text(LINE + ";99,00", columns=";".join([*HEADERS, "Prijs"])),
        file("duplicate-header"),
    ),
    xlsx(
        "merged-headers",
        "A merged cell above the headers names groups of columns.",
        lambda: workbook(HEADERS, ROW, headers=(), then=lambda _, sheet: sheet.merge_range("A1:C1", "Klant")),
        RIGHT,
    ),
    csv("header-without-rows", "A header and no rows: an empty month.", text, Outcome()),
)


TEXTS = (
    csv(
        "too-many-fields",
        "A separator inside a text shifts the cells of its row; libraries make the first column an index.",
        lambda: text("1001;01/03/2026;Zoë;A1;A2;2;10,00;21"),
        refused("ragged-row 2"),
    ),
    csv(
        "too-few-fields",
        "A row lacks its last cells; libraries fill it up.",
        lambda: text("1001;01/03/2026;Zoë;A1"),
        refused("ragged-row 2"),
    ),
    csv(
        "cut-in-a-row",
        "The file was read while it was being written; the last row is half there.",
        lambda: text(LINE, "1002;01/03/2026;Zoë;A1;2").rstrip(b"\n"),
        Outcome(told=("ragged-row 3",), sent=RIGHT.sent, refused=("1002",)),
    ),
    csv(
        "cut-in-the-last-cell",
        "The file ends inside an amount, and what is left is an amount too; a control total finds it.",
        lambda: text(
            "1001;01/03/2026;Zoë;A1;2;21;20,00;10,00",
            "1001;01/03/2026;Zoë;A2;1;21;500,00;500",
            columns="Nr;Datum;Klant;Code;Aantal;BTW;Bedrag;Prijs",
        ).rstrip(b"\n")[:-1],
        refused("line-total G3"),
        profile={"controls": {"line_total": {"column": "Bedrag"}}},
    ),
    csv(
        "quote-never-closed",
        "A quote without its end swallows the rest of the file.",
        lambda: text('1001;01/03/2026;"Zoë;A1;2;10,00;21', LINE),
        file("malformed-row"),
    ),
    csv(
        "nul-byte", "A NUL byte ends the text for some programs.", lambda: text(with_cell(2, "Zo\0")), file("nul-byte")
    ),
    *(
        csv(f"encoding-{name}", f"The export is written in {name}.", partial(text, LINE, encoding=name), RIGHT)
        for name in ("utf-8", "utf-8-sig", "utf-16", "windows-1252")
    ),
    csv(
        "utf-16-without-mark",
        "UTF-16 without a byte order mark is every second byte a NUL.",
        lambda: text(LINE, encoding="utf-16-le"),
        file("nul-byte"),
    ),
    csv(
        "broken-utf-8",
        "The profile says UTF-8, the file is not.",
        lambda: text(LINE, encoding="windows-1252"),
        file("wrong-encoding"),
        profile=source(encoding=["utf-8"]),
    ),
    csv(
        "utf-8-read-as-windows-1252",
        "A program before us read UTF-8 as windows-1252 and saved MÃ¼ller.",
        lambda: text(with_cell(2, "MÃ¼ller")),
        Outcome(told=("mojibake C2",), sent=right(name="MÃ¼ller").sent),
    ),
    csv(
        "big5",
        "Chinese text (Big5) fits windows-1252 by accident.",
        lambda: text(with_cell(2, "臺北國際貿易有限公司"), encoding="big5"),
        file("encoding-doubtful"),
    ),
    csv(
        "cp850",
        "An old program writes the letters of DOS (cp850): é is a comma in windows-1252.",
        lambda: text(with_cell(2, "Société Générale"), encoding="cp850"),
        file("encoding-doubtful"),
    ),
    csv(
        "mac-roman",
        "A Mac writes its own letters: é is Ž in windows-1252.",
        lambda: text(with_cell(2, "Société Générale"), encoding="mac-roman"),
        file("encoding-doubtful"),
    ),
    csv(
        "cyrillic",
        "Bulgarian text (windows-1251) fits windows-1252 by accident.",
        lambda: text(with_cell(2, "Български пощи"), encoding="windows-1251"),
        file("encoding-doubtful"),
    ),
    csv(
        "single-quotes",
        "Cells stand between single quotes, and one of them holds the separator.",
        lambda: (
            b"'Nr';'Datum';'Klant';'Code';'Aantal';'Prijs';'BTW'\n'1001';'01/03/2026';'Zoe; Zn';'A1';'2';'10,00';'21'\n"
        ),
        file("single-quotes"),
    ),
)
