"""What a workbook cell becomes: text as a person sees it, exact, and the kind of cell it was."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Context, Decimal
from functools import lru_cache
from typing import Literal

from importer.stations.kind import Kind

SIGNIFICANT = 15  # digits a spreadsheet shows and keeps of a number
FIRST_DATE = date(1900, 3, 1)  # before it, programs disagree on what day a number means (29 February 1900)
FIRST_DATE_1904 = date(1904, 1, 1)

_ROUND = Context(prec=SIGNIFICANT)
_LITERALS = re.compile(r'"[^"]*"|\\.|_.|\*.')  # parts of a number format that are shown as they are
_BRACKETS = re.compile(r"\[[^\]]*\]")
_ESCAPED = re.compile(r"_x00([01][0-9A-Fa-f])_")  # how XML carries control characters

NumberStyle = int | Literal["percent"]  # an int: digits to fill up with zeros, 0 for a plain number


def plain_text(value: str) -> str:
    """A text cell as it is, with the control characters the format has to escape."""
    if "_x00" not in value:
        return value
    return _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), value)


@lru_cache(maxsize=4096)
def number_style(number_format: str) -> NumberStyle:
    """How a number format shows numbers, as far as it changes what they say: in percent, or filled up with zeros."""
    bare = _BRACKETS.sub("", _LITERALS.sub("", number_format))
    if "%" in bare:
        return "percent"
    first = bare.split(";", maxsplit=1)[0]
    if len(first) > 1 and not first.strip("0") and _BRACKETS.sub("", number_format).startswith(first):
        return len(first)
    return 0


def number_text(value: float, style: NumberStyle) -> tuple[str, Kind]:
    """A number: whole ones bare, others to 15 significant digits in plain notation.

    Numbers with more than 15 digits before the decimal sign, or tinier than 15 decimals, keep an exponent, so that
    nobody takes them for exact. An infinite number is the error it was in the spreadsheet.
    """
    if isinstance(value, int):
        if style == "percent":
            return f"{_shown(Decimal(value) * 100)}%", Kind.NUMBER
        return (_filled(str(value), style) if style else str(value)), Kind.NUMBER
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 - only NaN differs from itself
        return "#NUM!", Kind.ERROR
    exact = _ROUND.create_decimal(repr(value))
    if style == "percent":
        return f"{_shown(exact * 100)}%", Kind.NUMBER
    text = _shown(exact)
    return (_filled(text, style) if style else text), Kind.NUMBER


def _shown(number: Decimal) -> str:
    if not number:
        return "0"
    number = number.normalize(_ROUND)
    if abs(number.adjusted()) >= SIGNIFICANT:
        return f"{number:E}"
    return f"{number:f}"


def _filled(text: str, width: int) -> str:
    """Whole numbers with leading zeros, as their format 00000 shows them."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    return f"{sign}{digits.zfill(width)}" if digits.isdigit() else text


def other_text(value: object, first_date: date) -> tuple[str, Kind]:
    """A cell that is neither text nor number: a date (its time of day is dropped), a time, a boolean.

    Dates before `first_date` are errors: what day they mean depends on the program that looks.
    """
    if isinstance(value, bool):
        return ("TRUE" if value else "FALSE"), Kind.BOOLEAN
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        if value < first_date:
            return f"{value.isoformat()} (before {first_date.isoformat()})", Kind.ERROR
        return value.isoformat(), Kind.DATE
    if isinstance(value, time):
        return value.isoformat(), Kind.TEXT
    if isinstance(value, timedelta):
        return _duration(value), Kind.TEXT
    return str(value), Kind.TEXT


def _duration(value: timedelta) -> str:
    """A length of time as hours, minutes and seconds, the hours beyond a day included."""
    seconds = abs(value) // timedelta(seconds=1)
    sign = "-" if value < timedelta(0) else ""
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
