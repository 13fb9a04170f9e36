"""`source:` of a profile: how the file is written, where its headers stand, and which two sheets belong together."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from importer.profile.base import OneOrMore, Strict


class HeaderRule(Strict):
    """Where the headers stand: `row` is the (first) row that holds them, `rows` how many rows they take."""

    row: Literal["auto"] | Annotated[int, Field(ge=1, strict=False)] = "auto"
    rows: Annotated[int, Field(ge=1, le=2, strict=False)] = Field(
        1, description='2: each name is made of two rows, as in "Klant / Naam"; a merged cell stands over its columns.'
    )


class JoinedSheet(Strict):
    """One of two sheets that belong together: its name, and the columns by which it is joined to the other."""

    sheet: str = Field(min_length=1)
    key: OneOrMore


class SheetJoin(Strict):
    """Invoices on one sheet, their lines on another.

    Fields of `lines` and the control `line_total` are columns of the sheet of lines, everything else of the sheet of
    headers; `from_header` lists columns of the sheet of headers that fields of `lines` use all the same.
    """

    header: JoinedSheet
    lines: JoinedSheet
    from_header: tuple[str, ...] = Field(
        (), description="Columns of the header sheet that fields of lines use, such as one VAT rate per invoice."
    )

    @model_validator(mode="after")
    def _two_sheets_one_key(self) -> Self:
        if len(self.header.key) != len(self.lines.key):
            msg = "the key of the header sheet and the key of the line sheet must have the same number of columns"
            raise ValueError(msg)
        if self.header.sheet.strip().casefold() == self.lines.sheet.strip().casefold():
            msg = "headers and lines must stand on two different sheets"
            raise ValueError(msg)
        return self


def _as_header(value: object) -> object:
    return value if isinstance(value, Mapping | HeaderRule) else {"row": value}


class SourceRule(Strict):
    """How the file is written. What is not said is detected, proved and reported."""

    kind: Literal["auto", "csv", "excel"] = "auto"
    encoding: OneOrMore = ("utf-8", "windows-1252")
    delimiter: str | None = Field(None, min_length=1, max_length=1)
    sheets: OneOrMore | None = Field(
        None, description='Sheet names, or "*"; default: the only visible sheet with the headers.'
    )
    join: SheetJoin | None = Field(
        None, description="Headers and lines on two sheets of one workbook, joined by a key."
    )
    header: Annotated[HeaderRule, BeforeValidator(_as_header)] = Field(
        HeaderRule(), description="auto, the number of the header row, or a group: {row: 3, rows: 2}."
    )
    decimal: Literal[",", "."] | None = Field(
        None, description="The sign before the cents; left out: detected, and proved on every amount of the file."
    )
    thousands: Literal["", ".", ",", "space", "'"] | None = Field(
        None, description='The sign between thousands, "" for none; left out: none, or detected together with decimal.'
    )
    dates: OneOrMore | None = Field(
        None,
        description="The forms of dates; left out: year-month-day, or detected and proved on every date of the file.",
    )

    @model_validator(mode="after")
    def _keys_fit_together(self) -> Self:
        if self.decimal is not None and self.decimal == self.thousands:
            msg = "decimal and thousands cannot be the same sign"
            raise ValueError(msg)
        if self.join is not None and self.sheets is not None:
            msg = "join names both sheets; leave sheets out"
            raise ValueError(msg)
        if self.join is not None and self.kind == "csv":
            msg = "join needs a workbook with two sheets; a text file has one (kind: csv)"
            raise ValueError(msg)
        return self

    @field_validator("encoding")
    @classmethod
    def _encodings_exist(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            try:
                "".encode(name)
            except LookupError:  # also for codecs that are no text encodings, such as base64
                msg = f'"{name}" is not an encoding; usual ones are utf-8, windows-1252, iso-8859-15, cp850, utf-16'
                raise ValueError(msg) from None
        return names

    @field_validator("dates")
    @classmethod
    def _dates_are_whole(cls, forms: tuple[str, ...]) -> tuple[str, ...]:
        for form in forms:
            if not is_date_form(form):
                msg = (
                    f'"{form}" does not say day, month and year: write %d, %m and %Y where they stand, '
                    'such as "%d/%m/%Y" for 31/12/2026 or "%Y-%m-%d" for 2026-12-31'
                )
                raise ValueError(msg)
        return forms


def is_date_form(form: str) -> bool:
    """Whether a date written in this form can be read back as the same date. `%m/%Y`, which would invent a day, cannot."""
    try:
        return all(
            datetime.strptime(day.strftime(form), form).date() == day  # noqa: DTZ007 - a day has no time zone
            for day in (date(2026, 3, 4), date(2010, 11, 12))
        )
    except ValueError:
        return False
