"""Traps in single cells and in what cells make together: texts, dates, amounts, invoices."""

from datetime import date
from functools import partial

from tests.traps.outcome import RIGHT, Outcome, Trap, csv, file, refused, right, source, xlsx
from tests.traps.trapfiles import (
    HEADERS,
    LINE,
    ROW,
    Formula,
    Padded,
    row_with,
    sheet_changed,
    text,
    with_cell,
    workbook,
)

CELLS = (
    *(
        xlsx(
            f"error-cell-{name}",
            f"A formula gives {word}; libraries read an empty cell.",
            partial(workbook, row_with(5, Formula(f"=1/0|{word}"))),
            refused("error-cell F2"),
        )
        for name, word in (("ref", "#REF!"), ("na", "#N/A"), ("div", "#DIV/0!"), ("value", "#VALUE!"))
    ),
    xlsx(
        "formula-without-result",
        "A program wrote a formula and did not calculate it; libraries read an empty cell.",
        lambda: sheet_changed("<f>1+9</f><v>10</v>", "<f>1+9</f>", workbook(row_with(5, Formula("=1+9|10")))),
        refused("formula-not-calculated F2"),
    ),
    *(
        xlsx(
            f"number-{word.lower()}",
            f"A number cell holds {word}; libraries read infinity or no number.",
            partial(sheet_changed, "<v>10</v>", f"<v>{word}</v>"),
            must,
        )
        for word, must in (
            ("1E+400", refused("error-cell F2")),
            ("NaN", file("unreadable-workbook")),
            ("INF", file("unreadable-workbook")),
        )
    ),
    *(
        csv(
            f"word-{word.strip('#').replace('/', '').lower() or 'none'}-{number}",
            f'A customer is called "{word}"; libraries read an empty cell.',
            partial(text, with_cell(2, word)),
            right(name=word),
        )
        for number, word in enumerate(
            ("NA", "N/A", "NULL", "null", "None", "nan", "NaN", "n/a", "#N/A", "-nan", "<NA>", "-1.#IND"), start=1
        )
    ),
    csv(
        "control-characters",
        "Control characters in a name may move the cursor of a terminal.",
        lambda: text(with_cell(2, "Zoë\x1b[31m")),
        refused("control-character C2"),
    ),
    *(
        csv(
            f"invisible-{name}",
            f"{what} in a number makes two numbers that look the same.",
            partial(text, with_cell(0, f"10{sign}01")),
            refused("control-character A2", "control-character A2", label=f"10{sign}01"),
        )
        for name, what, sign in (
            ("right-to-left", "A sign that turns the direction (U+202E)", "\u202e"),
            ("zero-width", "A space without width (U+200B)", "\u200b"),
            ("soft-hyphen", "A hyphen that is not shown (U+00AD)", "\u00ad"),
            ("byte-order-mark", "A byte order mark", "\ufeff"),
        )
    ),
    csv(
        "homoglyph",
        "A Cyrillic A (U+0410) looks like the Latin letter, and makes a number of its own.",
        lambda: text(with_cell(0, "A1001"), with_cell(0, "\u04101001")),
        Outcome(
            told=("near-equal-keys A3",),
            sent=(
                "A1001 of 2026-03-01 for Zoë: A1 2 x 10 at 21 %",
                "\u04101001 of 2026-03-01 for Zoë: A1 2 x 10 at 21 %",
            ),
        ),
    ),
    csv(
        "other-hyphen",
        "A hyphen that does not break (U+2011) makes a number of its own.",
        lambda: text(with_cell(0, "2026-1"), with_cell(0, "2026\u20111")),
        Outcome(
            told=("near-equal-keys A3",),
            sent=(
                "2026-1 of 2026-03-01 for Zoë: A1 2 x 10 at 21 %",
                "2026\u20111 of 2026-03-01 for Zoë: A1 2 x 10 at 21 %",
            ),
        ),
    ),
    xlsx(
        "long-number",
        "A code of twenty digits was stored as a number: its last digits are lost.",
        lambda: workbook(row_with(3, 12345678901234567890)),
        refused("number-as-id D2"),
    ),
    csv(
        "exponent-text",
        "A spreadsheet has turned a code into 1,23E+15.",
        lambda: text(with_cell(3, "1,23E+15")),
        refused("number-as-id D2"),
    ),
    xlsx(
        "leading-zeros-shown",
        "Leading zeros that only the format shows.",
        lambda: workbook(row_with(3, Padded(42))),
        right(line="00042 2 x 10 at 21 %"),
    ),
    csv(
        "leading-zeros",
        "Libraries take the zeros of 00042 away.",
        lambda: text(with_cell(3, "00042")),
        right(line="00042 2 x 10 at 21 %"),
    ),
    xlsx(
        "true-as-code",
        "A code TRUE arrives as a logical value.",
        lambda: workbook(row_with(3, True)),
        refused("not-text D2"),
    ),
    xlsx(
        "date-as-code",
        "A code 3-12 arrives as a date.",
        lambda: workbook(row_with(3, date(2026, 12, 3))),
        refused("not-text D2"),
    ),
    csv(
        "formula-as-text",
        "A name begins with = and would run in a spreadsheet.",
        lambda: text(with_cell(2, '"=cmd|A1"')),
        right(name="=cmd|A1"),
    ),
    csv(
        "bad-integer",
        "A payment term of 2,5 days becomes 2 in libraries.",
        lambda: text(LINE + ";2,5", columns=";".join([*HEADERS, "Dagen"])),
        refused("bad-integer H2"),
        profile={"invoice": {"due_days": {"column": "Dagen"}}},
    ),
    csv(
        "line-feed-after-code",
        "A line feed after a code hides what follows from patterns.",
        lambda: text(with_cell(3, '"A1\nDROP"')),
        refused("control-character D2"),
    ),
)

DATES = (
    csv("day-first", "01/03/2026 is 3 January to American programs.", lambda: text(LINE), RIGHT),
    csv(
        "day-13",
        "13/02/2026 is read the other way round by libraries that guess.",
        lambda: text(with_cell(1, "13/02/2026")),
        right(day="2026-02-13"),
    ),
    csv(
        "month-13",
        "02/13/2026 is no day here; libraries turn it round without a word.",
        lambda: text(with_cell(1, "02/13/2026")),
        refused("bad-date B2"),
    ),
    csv(
        "iso-as-day-first",
        "2026-03-01 becomes 3 January in pandas where days come first.",
        lambda: text(with_cell(1, "2026-03-01")),
        right(),
        profile=source(dates=["%d/%m/%Y", "%Y-%m-%d"]),
    ),
    csv(
        "two-readings",
        "Both day/month and month/day are stated, and both fit.",
        lambda: text(with_cell(1, "03/04/2026")),
        refused("ambiguous-date B2"),
        profile=source(dates=["%d/%m/%Y", "%m/%d/%Y"]),
    ),
    csv(
        "no-such-day",
        "31/02/2026 becomes an empty date in libraries.",
        lambda: text(with_cell(1, "31/02/2026")),
        refused("bad-date B2"),
    ),
    csv(
        "year-of-two-digits",
        "01/03/26 is not the form the profile states.",
        lambda: text(with_cell(1, "01/03/26")),
        refused("bad-date B2"),
    ),
    csv("far-year", "A year is mistyped.", lambda: text(with_cell(1, "01/03/0226")), refused("date-out-of-range B2")),
    xlsx(
        "serial-day",
        "A date lost its format and is 46082 now.",
        lambda: workbook(row_with(1, 46082)),
        refused("bad-date B2"),
    ),
    xlsx(
        "epoch-1904",
        "Workbooks of old Macs count days from 1904.",
        lambda: workbook(ROW, options={"date_1904": True}),
        RIGHT,
    ),
    xlsx(
        "leap-day-1900",
        "Day 60 is 29 February 1900, which never was.",
        lambda: sheet_changed("<v>46082</v>", "<v>60</v>"),
        refused("error-cell B2"),
    ),
)


def _amount(cell: str, must: Outcome, number: int, *, decimal: str, thousands: str) -> Trap:
    style = "spaced" if thousands == "space" else "belgian" if decimal == "," else "english"
    return csv(
        f"amount-{style}-{number}",
        f'"{cell}" where the profile states "{decimal}" before the cents and "{thousands or "nothing"}" between thousands.',
        lambda: text(with_cell(5, cell)),
        must,
        profile=source(decimal=decimal, thousands=thousands),
    )


def _price(price: str) -> Outcome:
    return right(line=f"A1 2 x {price} at 21 %")


BAD = refused("bad-amount F2")
AMOUNTS = tuple(
    _amount(cell, must, number, decimal=decimal, thousands=thousands)
    for decimal, thousands, cells in (
        (
            ",",
            ".",
            (
                ("1.234,50", _price("1234.5")),
                ("1234,50", _price("1234.5")),
                ("1,234.50", BAD),
                ("1234.50", BAD),
                ("1.25", BAD),
                ("(5,00)", BAD),
                ("5-", BAD),
                ("1\u00a0234,50", BAD),
                ("€ 5,00", BAD),
                ("1.234,5O", BAD),
                ("1e3", BAD),
                ("1_000", BAD),
            ),
        ),
        (
            ".",
            ",",
            (
                ("1,234.50", _price("1234.5")),
                ("1234.50", _price("1234.5")),
                ("1.234,50", BAD),
                ("1234,50", BAD),
                ("1,25", BAD),
                ("(5.00)", BAD),
                ("5-", BAD),
                ("1\u00a0234.50", BAD),
                ("€ 5.00", BAD),
                ("\u0661\u0662", BAD),
                ("1e3", BAD),
                ("inf", BAD),
            ),
        ),
        (",", "space", (("1\u00a0234,50", _price("1234.5")), ("1\u202f234,50", _price("1234.5")))),
    )
    for number, (cell, must) in enumerate(cells, start=1)
)

INVOICES = (
    csv(
        "empty-key",
        "Rows without an invoice number are dropped by groupby, money and all.",
        lambda: text(LINE, with_cell(0, "")),
        Outcome(told=("missing-key A3", "missing-value A3"), sent=RIGHT.sent, refused=("",)),
    ),
    xlsx(
        "one-key-many-spellings",
        "The number 1001 as text, as a number, with a space and in wide digits is one invoice.",
        lambda: workbook(
            *(row_with(0, key) for key in ("1001", 1001, 1001.0, " 1001", "\uff11\uff10\uff10\uff11", "1001\u00a0"))
        ),
        Outcome(
            told=("near-equal-keys A6",),
            sent=("1001 of 2026-03-01 for Zoë: A1 2 x 10 at 21 % and 5 lines more",),
        ),
    ),
    csv(
        "near-equal-keys",
        "2026-1 and 2026/1 may be one invoice or two.",
        lambda: text(with_cell(0, "2026-1"), with_cell(0, "2026/1")),
        Outcome(
            told=("near-equal-keys A3",),
            sent=(
                "2026-1 of 2026-03-01 for Zoë: A1 2 x 10 at 21 %",
                "2026/1 of 2026-03-01 for Zoë: A1 2 x 10 at 21 %",
            ),
        ),
    ),
    csv(
        "cents-of-floats",
        "1,005 times 100 is 100,49999 as a float; the exact amount is 100,50.",
        lambda: text("1001;01/03/2026;Zoë;A1;100;1,005;21;100,50", columns=";".join([*HEADERS, "Bedrag"])),
        right(line="A1 100 x 1.005 at 21 %"),
        profile={"controls": {"line_total": {"column": "Bedrag"}}},
    ),
    csv(
        "half-a-cent",
        "Half a cent goes up, not to the even neighbour: 0,125 is 0,13.",
        lambda: text("1001;01/03/2026;Zoë;A1;1;0,125;21;0,13", columns=";".join([*HEADERS, "Bedrag"])),
        right(line="A1 1 x 0.125 at 21 %"),
        profile={"controls": {"line_total": {"column": "Bedrag"}}},
    ),
    csv(
        "vat-per-line",
        "VAT rounded per line differs by a cent from VAT rounded per invoice; the total of the file finds it.",
        lambda: text(*["1001;01/03/2026;Zoë;A1;1;0,07;21;0,27"] * 3, columns=";".join([*HEADERS, "Totaal"])),
        refused("invoice-total H2"),
        profile={"controls": {"invoice_total_incl": {"column": "Totaal"}}},
    ),
    csv(
        "total-row",
        "A row of totals at the end is no line.",
        lambda: text(LINE, "Totaal;;;;;20,00;"),
        Outcome(told=tuple(f"missing-value {column}3" for column in "BCDEG"), sent=RIGHT.sent, refused=("Totaal",)),
    ),
    csv(
        "header-again",
        "The header stands again in the middle of the file.",
        lambda: text(LINE, ";".join(HEADERS)),
        Outcome(
            told=("bad-date B3", "bad-amount E3", "bad-amount F3", "bad-amount G3"), sent=RIGHT.sent, refused=("Nr",)
        ),
    ),
    csv(
        "two-customers-one-invoice",
        "One invoice number with two customers.",
        lambda: text(LINE, with_cell(2, "Anna")),
        refused("header-differs C3"),
    ),
)
