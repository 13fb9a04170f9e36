"""An empty workbook made from a profile: its columns with notes, formats and drop-downs, and an example above the headers.

The example and the help stand above the headers, where rows are no data; so the filled workbook is imported with the
same profile as it is. Where the profile fixes the header to the first row there is no room for them, and the notes of
the headers say it all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import xlsxwriter
from xlsxwriter.exceptions import XlsxFileError

from importer.errors import ConfigError
from importer.profile.headers import BETWEEN
from importer.profile.load import LoadedProfile
from importer.profile.model import FieldRule, Profile, Reading, normal_header, numbered
from importer.profile.names import NUMBER

Say = Callable[..., str]

ROWS: Final = 2_000  # rows with drop-downs
PACKED_LINES: Final = 3  # where neither the profile nor a file says how many
MOST_LIST: Final = 255  # characters of a drop-down that Excel takes as text
EXAMPLE_DAY: Final = date(2026, 3, 31)
FIRST_DAY: Final = date(2000, 1, 1)
SHEET: Final = "Facturen"
RATES: Final = ("21", "12", "6", "0")
DAYS: Final = frozenset({"invoice.date", "invoice.due_date"})
AMOUNTS: Final = frozenset(
    {"quantity", "unit_price", "amount", "line_total", "invoice_total_excl", "invoice_total_incl"}
)
_DURATION: Final = "1:30"
_EXCEL_DATE: Final = {"%d": "dd", "%m": "mm", "%Y": "yyyy", "%y": "yy"}
_EXAMPLES: Final[Mapping[str, str]] = {
    "number": "2026-0001", "reference": "PO-17", "language": "nl", "due_days": "30", "note": "Dank u",
    "name": "Voorbeeld BV", "vat_number": "BE0101004219", "street": "Voorbeeldstraat 1", "postal_code": "9000", "city": "Gent",
    "country": "BE", "email": "info@voorbeeld.example", "phone": "09 000 00 00", "external_customer_no": "00042", "customer_id": "42",
    "product_code": "00042", "quantity": "2", "unit_price": "12.50", "vat_rate": "21", "line_total": "25", "currency": "EUR",
    "invoice_total_excl": "25", "invoice_total_incl": "30.25", "amount": "5",
}  # fmt: skip


@dataclass(frozen=True)
class Field:
    """A column of the workbook: its header, the fields of the profile that use it, and whether it names the invoice."""

    header: str
    rules: Sequence[tuple[str, FieldRule]]
    key: bool

    @property
    def path(self) -> str:
        """The field that says most about the column."""
        return self.rules[0][0] if self.rules else ""

    @property
    def name(self) -> str:
        """The last part of that field's path."""
        return self.path.rpartition(".")[2]

    @property
    def is_day(self) -> bool:
        """Whether dates go into the column."""
        return any(path in DAYS for path, _ in self.rules)

    @property
    def is_amount(self) -> bool:
        """Whether amounts or quantities go into it."""
        return self.name in AMOUNTS and not self.is_part and all(rule.map is None for _, rule in self.rules)

    @property
    def is_part(self) -> bool:
        """Whether the profile takes a part of its cells, or reads them as durations: they are text then."""
        return any(rule.extract is not None or rule.duration is not None for _, rule in self.rules)

    @property
    def is_duration(self) -> bool:
        """Whether durations go into it."""
        return any(rule.duration is not None for _, rule in self.rules)

    @property
    def words(self) -> tuple[str, ...]:
        """What a drop-down offers; empty for free text."""
        if self.is_part:
            return ()
        for path, rule in self.rules:
            if rule.map:
                return tuple(rule.map)
            if path.endswith("vat_rate"):
                return RATES
            if path == "invoice.language":
                return ("nl", "fr", "en")
        return ()


def write_template(loaded: LoadedProfile, path: Path, tr: Say = str.format) -> list[str]:
    """Write the workbook of a profile; gives the headers. `tr` puts a sentence into the language of the reader.

    Raises ConfigError `template-needs-workbook` for a profile of text files, `bad-template` for another suffix than
    .xlsx, and `not-written`.
    """
    profile = loaded.profile
    if profile.source.kind == "csv":
        raise ConfigError(
            "template-needs-workbook",
            f"{loaded.name} reads text files only (source.kind: csv), so no workbook can be imported with it.",
            fix="Set source.kind to auto in a copy of the profile, and make the template of that.",
        )
    if path.suffix.lower() != ".xlsx":
        raise ConfigError("bad-template", f'"{path.name}" does not end in .xlsx.', fix="Give the workbook this ending.")
    try:
        with xlsxwriter.Workbook(str(path)) as book:  # words are written as strings: none becomes a formula or a link
            return [header for reading in profile.readings() for header in _Sheet(book, profile, reading, tr).write()]
    except (XlsxFileError, OSError) as error:
        reason = getattr(error, "strerror", None) or getattr(error.args[0] if error.args else None, "strerror", None)
        raise ConfigError(
            "not-written", f'"{path}" cannot be written: {reason or error}.', fix="Check the folder and its rights."
        ) from None


def fields_of(profile: Profile, reading: Reading) -> list[Field]:
    """The columns of one sheet, in the order in which the profile needs them; packed lines after each other."""
    rules: dict[str, list[tuple[str, FieldRule]]] = {}
    for path, rule in profile.fields():
        for spellings in rule.alternatives():
            rules.setdefault(normal_header(spellings[0]), []).append((path, rule))
    keys = {normal_header(name) for name in profile.invoice_key}
    lines = 1 if profile.packed is None else profile.packed.count or PACKED_LINES
    found: dict[str, Field] = {}
    pattern = {numbered(names, 1)[0]: names[0] for _, rule in profile.fields() for names in rule.alternatives()}
    for number in range(1, lines + 1):
        for spellings in reading.needed:
            name = pattern.get(spellings[0], spellings[0])
            if number > 1 and NUMBER not in name:
                continue
            header = name.replace(NUMBER, str(number))
            normal = normal_header(name)
            found.setdefault(header, Field(header, tuple(rules.get(normal, ())), normal in keys))
    return list(found.values())


class _Sheet:
    """One sheet of the workbook under way."""

    def __init__(self, book: xlsxwriter.Workbook, profile: Profile, reading: Reading, tr: Say) -> None:
        self.book = book
        self.profile = profile
        self.fields = fields_of(profile, reading)
        self.tr = tr
        source = reading.source
        self.every_sheet = "*" in (source.sheets or ())
        self.name = next((name for name in source.sheets or () if name != "*"), SHEET)
        self.header_rows = source.header.rows
        self.top = (3 if source.header.row == "auto" else source.header.row) - 1
        form = source.dates[0] if source.dates else "%Y-%m-%d"
        for directive, word in _EXCEL_DATE.items():
            form = form.replace(directive, word)
        self.date_format = form if "%" not in form else "dd/mm/yyyy"

    def write(self) -> list[str]:
        """Write the sheet; gives its headers."""
        sheet = self.book.add_worksheet(self.name)
        head = self.book.add_format({"bold": True, "bg_color": "#DDE3EA", "bottom": 1, "num_format": "@"})
        bottom = self.top + self.header_rows - 1
        lists: list[tuple[str, ...]] = []
        if self.top > 1:
            sheet.write_string(
                0, 0, self.tr("Fill in below the headers. The grey row is an example and is not imported."),
                self.book.add_format({"italic": True, "font_color": "#555555"}),
            )  # fmt: skip
        for column, field in enumerate(self.fields):
            sheet.set_column(column, column, max(12, min(40, len(field.header) + 3)), self._format(field))
            self._header(sheet, column, field, head)
            if self.top > 0:
                self._example(sheet, column, field)
            rule = self._validation(field, lists)
            if rule is not None:
                sheet.data_validation(bottom + 1, column, bottom + ROWS, column, rule)
        sheet.freeze_panes(bottom + 1, 0)
        self._lists(lists)
        return [field.header for field in self.fields]

    def _header(self, sheet: Any, column: int, field: Field, form: Any) -> None:
        if self.header_rows == 1:
            sheet.write_string(self.top, column, field.header, form)
        else:
            upper, _, lower = field.header.rpartition(BETWEEN)
            sheet.write_string(self.top, column, upper, form)
            sheet.write_string(self.top + 1, column, lower, form)
        sheet.write_comment(
            self.top + self.header_rows - 1, column, self._note(field), {"x_scale": 2, "y_scale": 1.4, "author": ""}
        )

    def _note(self, field: Field) -> str:
        tr = self.tr
        said = [tr("Used for {fields}.", fields=", ".join(tr(path) for path, _ in field.rules) or "rows.skip")]
        if field.key:
            said.append(tr("It names the invoice: rows with the same value are one invoice."))
        if normal_header(field.header) in {normal_header(name) for name in self.profile.rows.fill_down}:
            said.append(tr("Only on the first row of each invoice."))
        elif field.path.startswith(("invoice.", "customer.")):
            said.append(tr("The same on all rows of an invoice."))
        if field.is_day:
            said.append(tr("A date, such as {example}.", example=f"{EXAMPLE_DAY:%d/%m/%Y}"))
        if field.is_part:
            said.append(self._part_note(field))
        if field.path.startswith("controls."):
            said.append(tr("A control: compared with what is worked out, never sent. May stay empty."))
        if field.name == "unit_price":
            side = "without VAT" if self.profile.prices == "excl_vat" else "with VAT"
            said.append(
                tr("The price of one piece without VAT.")
                if side == "without VAT"
                else tr("The price of one piece with VAT.")
            )
        if any(rule.check for _, rule in field.rules):
            said.append(tr("Its check digits are proved."))
        if self.top == 0:
            said.append(tr("Example: {example}", example=self._example_text(field)))
        return " ".join(said)

    def _part_note(self, field: Field) -> str:
        if field.is_duration:
            return self.tr("A duration, such as {example}.", example=_DURATION)
        return self.tr("Only a part of it is taken: write it as your export does.")

    def _example_text(self, field: Field) -> str:
        return (
            f"{EXAMPLE_DAY:%d/%m/%Y}"
            if field.is_day
            else field.words[0]
            if field.words
            else _DURATION
            if field.is_duration
            else ""
            if field.is_part
            else _EXAMPLES.get(field.name, "")
        )

    def _example(self, sheet: Any, column: int, field: Field) -> None:
        grey = {"italic": True, "font_color": "#808080", "bg_color": "#F2F2F2"}
        form = self.book.add_format({**grey, "num_format": self.date_format if field.is_day else "@"})
        if field.is_day:
            sheet.write_datetime(self.top - 1, column, EXAMPLE_DAY, form)
        else:
            sheet.write_string(self.top - 1, column, self._example_text(field), form)

    def _format(self, field: Field) -> Any:
        """Codes stay text as typed; amounts and dates are true numbers and dates, which need no signs."""
        style = self.date_format if field.is_day else "0.00##" if field.is_amount else "@"
        if field.name == "vat_rate" and field.words == RATES:
            style = "0"
        if field.name == "quantity" and not field.is_part:
            style = "General"
        return self.book.add_format({"num_format": style})

    def _validation(self, field: Field, lists: list[tuple[str, ...]]) -> dict[str, Any] | None:
        if field.words:
            short = len(",".join(field.words)) <= MOST_LIST and not any("," in word for word in field.words)
            if short:
                return {"validate": "list", "source": list(field.words)}
            lists.append(field.words)
            letter = xlsxwriter.utility.xl_col_to_name(len(lists) - 1)
            return {"validate": "list", "source": f"='{self._list_name}'!${letter}$1:${letter}${len(field.words)}"}
        if field.is_day:
            return {"validate": "date", "criteria": ">=", "value": FIRST_DAY}
        if field.is_amount:
            return {"validate": "decimal", "criteria": "between", "minimum": -1e12, "maximum": 1e12}
        return None

    @property
    def _list_name(self) -> str:
        return f"{self.name[:20]} - {self.tr('words')}"[:31]

    def _lists(self, lists: Sequence[Sequence[str]]) -> None:
        """Drop-downs that are too long for a cell stand on a sheet of their own, which holds no headers."""
        if not lists:
            return
        sheet = self.book.add_worksheet(self._list_name)
        for column, words in enumerate(lists):
            for row, word in enumerate(words):
                sheet.write_string(row, column, word)
        if self.every_sheet:
            sheet.hide()  # a profile that reads every visible sheet would look for headers here
