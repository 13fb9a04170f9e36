"""Traps for those who guess: what a profile leaves open and a file may show, or not."""

from functools import partial

from tests.traps.outcome import Outcome, Trap, csv, file, refused, right, source, xlsx
from tests.traps.trapfiles import LINE, row_with, text, with_cell, workbook

_SIGNS_OPEN = source(decimal=None, thousands=None)
_DATES_OPEN = source(dates=None)
_DEAR = "A1 2 x 1250 at 21 %"


def _amounts(name: str, what: str, cells: tuple[str, ...], must: Outcome) -> Trap:
    lines = [with_cell(5, cell).replace("1001", str(1001 + number), 1) for number, cell in enumerate(cells)]
    return csv(name, what, partial(text, *lines), must, profile=_SIGNS_OPEN)


def _dates(name: str, what: str, cells: tuple[str, ...], must: Outcome) -> Trap:
    lines = [
        with_cell(1, cell).replace("10,00", "10").replace("1001", str(1001 + number), 1)
        for number, cell in enumerate(cells)
    ]
    return csv(name, what, partial(text, *lines), must, profile=_DATES_OPEN)


def _sent(*read: tuple[str, str]) -> Outcome:
    """All invoices are read: the day and the price of each."""
    return Outcome(
        sent=tuple(
            f"{1001 + number} of {day} for Zoë: A1 2 x {price} at 21 %" for number, (day, price) in enumerate(read)
        )
    )


_FIRST = "2026-03-01"

GUESSES = (
    _amounts(
        "signs-point",
        "1.250 alone, and no sign is stated: 1250 or 1.25; libraries read the second.",
        ("1.250",),
        file("decimal-doubtful"),
    ),
    _amounts(
        "signs-comma",
        "1,250 alone, and no sign is stated: 1.25 or 1250; libraries read the second.",
        ("1,250",),
        file("decimal-doubtful"),
    ),
    _amounts("signs-both", "1.250,00 shows both signs, and none is stated.", ("1.250,00",), right(line=_DEAR)),
    _amounts(
        "signs-by-another-cell",
        "1.250 beside 12,50: the second cell shows what the first is.",
        ("1.250", "12,50"),
        _sent((_FIRST, "1250"), (_FIRST, "12.5")),
    ),
    _amounts(
        "signs-groups-of-three",
        "1.250.000 can only be a million.",
        ("1.250.000",),
        right(line="A1 2 x 1250000 at 21 %"),
    ),
    _amounts(
        "signs-no-thousands",
        "0.125 and 1250.125 have no thousands.",
        ("0.125", "1250.125"),
        _sent((_FIRST, "0.125"), (_FIRST, "1250.125")),
    ),
    _amounts(
        "signs-in-two-ways",
        "12,50 and 12.50 in one column: one of them is a slip, or two programs wrote the file.",
        ("12,50", "3,10", "12.50"),
        file("decimal-mixed"),
    ),
    _amounts(
        "signs-of-no-amount",
        "1.250,0O, with the letter O, is no amount and shows nothing of 1.250.",
        ("1.250", "1.250,0O"),
        file("decimal-doubtful"),
    ),
    _amounts("signs-not-needed", "A whole number needs no sign.", ("1250",), right(line=_DEAR)),
    xlsx(
        "signs-of-a-number-cell",
        "A number of a workbook shows a comma on the screen and needs no sign.",
        lambda: workbook(row_with(5, 1250.5)),
        right(line="A1 2 x 1250.5 at 21 %"),
        profile=_SIGNS_OPEN,
    ),
    _dates(
        "order-open",
        "03/04/2026 alone, and no form is stated: 3 April or 4 March; libraries read the second.",
        ("03/04/2026",),
        file("date-order-doubtful"),
    ),
    _dates(
        "order-open-dashes",
        "13/02/2026 shows nothing of 03-04-2026, which has another sign.",
        ("13/02/2026", "03-04-2026"),
        file("date-order-doubtful"),
    ),
    _dates(
        "order-day-first",
        "13/02/2026 shows that the day comes first.",
        ("03/04/2026", "13/02/2026"),
        _sent(("2026-04-03", "10"), ("2026-02-13", "10")),
    ),
    _dates(
        "order-month-first",
        "02/13/2026 shows that the month comes first.",
        ("03/04/2026", "02/13/2026"),
        _sent(("2026-03-04", "10"), ("2026-02-13", "10")),
    ),
    _dates(
        "order-in-two-ways",
        "13/02/2026 and 02/13/2026 in one column; pandas turns one of them round.",
        ("13/02/2026", "02/13/2026"),
        file("date-order-mixed"),
    ),
    _dates("order-the-same", "03/03/2026 is one day in both orders.", ("03/03/2026",), right(day="2026-03-03")),
    _dates("order-year-first", "2026-03-04 is never turned round.", ("2026-03-04",), right(day="2026-03-04")),
    _dates("order-short-year", "13/02/26 may be a day of 2013.", ("13/02/26",), refused("bad-date B2")),
    csv(
        "euro-of-latin-9",
        "The euro sign of iso-8859-15 (byte A4) is ¤ in windows-1252.",
        lambda: text(with_cell(2, "€ Shop"), encoding="iso-8859-15"),
        file("encoding-doubtful"),
    ),
    csv(
        "euro-of-latin-9-stated",
        "The same, where the profile names iso-8859-15.",
        lambda: text(with_cell(2, "€ Shop"), encoding="iso-8859-15"),
        right(name="€ Shop"),
        profile=source(encoding=["iso-8859-15"]),
    ),
    csv(
        "euro-of-windows",
        "The euro sign of windows-1252 (byte 80).",
        lambda: text(with_cell(2, "€ Shop"), encoding="windows-1252"),
        right(name="€ Shop"),
    ),
    csv(
        "euro-of-windows-as-latin",
        "Byte 80 where the profile names iso-8859-1 alone: a control character nobody sees.",
        lambda: text(with_cell(2, "€ Shop"), encoding="windows-1252"),
        file("encoding-doubtful"),
        profile=source(encoding=["iso-8859-1"]),
    ),
    csv(
        "ligature-of-latin-9",
        "œ of iso-8859-15 (byte BD) is ½ in windows-1252.",
        lambda: text(with_cell(2, "œuvres d'art"), encoding="iso-8859-15"),
        file("encoding-doubtful"),
    ),
    csv(
        "separator-in-every-line",
        "Each line has as many commas as semicolons; only one of them splits the headers.",
        lambda: text(
            LINE.replace("Zoë", "Zoë, Gent, BE, Vlaanderen, B, C"), columns="Nr;Datum;Klant;Code;Aantal;Prijs;BTW"
        ),
        right(name="Zoë, Gent, BE, Vlaanderen, B, C"),
    ),
)
