"""A profile as data: every key of the profile file, its type and its default. `load` fills it from YAML.

Every scalar of a profile is text, exactly as written; only `source.header` may be a row number.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

INVOICE_TEXT = frozenset(
    {
        "number",
        "date",
        "language",
        "note",
        "reference",
        "delivery_address_line_1",
        "delivery_address_line_2",
        "delivery_address_line_3",
        "due_days_after",
    }
)
INVOICE_INTEGER = frozenset({"due_days", "is_paid", "vat_exemption_code", "layout", "autosend", "email_tpl"})
INVOICE_NUMBER = frozenset({"discount_amount", "discount_percent"})
INVOICE_FIELDS = INVOICE_TEXT | INVOICE_INTEGER | INVOICE_NUMBER | {"due_date"}  # due_date becomes due_days
CUSTOMER_TEXT = frozenset(
    {"vat_number", "name", "street", "postal_code", "city", "country", "email", "phone", "external_customer_no"}
)
CUSTOMER_FIELDS = CUSTOMER_TEXT | {"customer_id"}  # customer_id is an integer
LINE_FIELDS = frozenset(
    {"product_code", "quantity", "unit_price", "vat_rate"}
)  # all four required; others are sent as text
CONTROL_FIELDS = frozenset({"line_total", "invoice_total_excl", "invoice_total_incl", "currency"})
ANSWER_FIELDS = frozenset({"id", "number", "pdf_url", "total_excl", "total_incl"})

SECTIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "invoice": INVOICE_FIELDS,
        "customer": CUSTOMER_FIELDS,
        "lines": LINE_FIELDS,
        "controls": CONTROL_FIELDS,
        "answer": ANSWER_FIELDS,
    }
)

Check = Literal["be-vat", "eu-vat", "be-or-eu-vat", "iban", "ogm"]


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


OneOrMore = Annotated[tuple[str, ...], BeforeValidator(_as_list), Field(min_length=1)]


class ProblemsError(ValueError):
    """Several things are wrong: for each its place in the profile, and a clause about it."""

    def __init__(self, problems: Sequence[tuple[tuple[str, ...], str]]) -> None:
        super().__init__("; ".join(f"{'.'.join(path)} {clause}" for path, clause in problems))
        self.problems = tuple(problems)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, str_strip_whitespace=False)


class Join(_Strict):
    """Several columns put together; empty cells are left out, with their separator."""

    columns: OneOrMore
    separator: str = " "


class FieldRule(_Strict):
    """Where one of our fields comes from: exactly one of column, value, join, first_of."""

    column: OneOrMore | None = Field(None, description="The header, or a list of accepted spellings.")
    value: str | None = Field(None, description="A fixed value.")
    join: Join | None = None
    first_of: OneOrMore | None = Field(None, description="The first of these columns that is not empty.")
    map: Mapping[str, str] | None = Field(
        None, description="The file's words to Facturalia's; total unless `default`. Mapped to empty text: left out."
    )
    default: str | None = Field(None, description="What an empty cell (or, with `map`, an unknown word) means.")
    strip: OneOrMore | None = Field(None, description="Prefixes or suffixes to take off, in this order.")
    check: Check | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = [name for name in ("column", "value", "join", "first_of") if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) if given else "none"
            msg = f"give exactly one of column, value, join, first_of (found {found})"
            raise ValueError(msg)
        return self

    def alternatives(self) -> tuple[tuple[str, ...], ...]:
        """The columns this field needs: for each, the spellings of which one must be in the file."""
        if self.column is not None:
            return (self.column,)
        names = self.join.columns if self.join is not None else self.first_of or ()
        return tuple((name,) for name in names)


class SourceRule(_Strict):
    """How the file is written. What is not said is detected, proved and reported."""

    kind: Literal["auto", "csv", "excel"] = "auto"
    encoding: OneOrMore = ("utf-8", "windows-1252")
    delimiter: str | None = Field(None, min_length=1, max_length=1)
    sheets: OneOrMore | None = Field(
        None, description='Sheet names, or "*"; default: the only visible sheet with the headers.'
    )
    header: Literal["auto"] | Annotated[int, Field(ge=1, strict=False)] = "auto"
    decimal: Literal[",", "."] = "."
    thousands: Literal["", ".", ",", "space", "'"] = ""
    dates: OneOrMore = ("%Y-%m-%d",)

    @model_validator(mode="after")
    def _signs_differ(self) -> Self:
        if self.decimal == self.thousands:
            msg = "decimal and thousands cannot be the same sign"
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


class SkipRule(_Strict):
    """Rows that are no data. Each skipped row is listed with the reason."""

    column: OneOrMore
    equals: OneOrMore | None = None
    matches: str | None = Field(None, description="A regular expression that the whole trimmed cell must match.")
    blank: Literal["true"] | None = None
    reason: str = Field(min_length=1)

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        given = [name for name in ("equals", "matches", "blank") if getattr(self, name) is not None]
        if len(given) != 1:
            msg = "give exactly one of equals, matches, blank"
            raise ValueError(msg)
        if self.matches is not None:
            try:
                re.compile(self.matches)
            except re.error as error:
                msg = f"matches is not a regular expression: {error}"
                raise ValueError(msg) from None
        return self


class RowsRule(_Strict):
    """What to do with rows before they become lines."""

    skip: tuple[SkipRule, ...] = ()
    fill_down: tuple[str, ...] = Field((), description="Columns written only on the first row of an invoice.")


class Profile(_Strict):
    """One export format. `profile` and `version` are recorded with every invoice, `system` is part of its identity."""

    profile: str = Field(min_length=1, pattern=r"^[a-z0-9][a-z0-9-]*$")
    version: str = Field(min_length=1)
    system: str = Field(min_length=1)
    source: SourceRule = SourceRule()
    rows: RowsRule = RowsRule()
    invoice_key: OneOrMore
    prices: Literal["excl_vat", "incl_vat"]
    rounding: Literal["per_invoice", "per_line"] = "per_invoice"
    invoice: Mapping[str, FieldRule]
    customer: Mapping[str, FieldRule]
    lines: Mapping[str, FieldRule]
    controls: Mapping[str, FieldRule] = Field(default_factory=dict)
    answer: Mapping[str, OneOrMore] = Field(
        default_factory=dict, description="Dotted paths to try first in Facturalia's answer."
    )

    @model_validator(mode="after")
    def _known_fields(self) -> Self:
        problems = field_problems({name: tuple(getattr(self, name)) for name in SECTIONS})
        if problems:
            raise ProblemsError(problems)
        return self

    def fields(self) -> Iterator[tuple[str, FieldRule]]:
        """All field rules by path (`invoice.date`, `customer.name`, `lines.quantity`, `controls.currency`), in file order."""
        for section in ("invoice", "customer", "lines", "controls"):
            for name, rule in getattr(self, section).items():
                yield f"{section}.{name}", rule

    def needed_columns(self) -> tuple[tuple[str, ...], ...]:
        """Every column the file must have, each as its accepted spellings; without doubles, in order of first use."""
        needed: dict[tuple[str, ...], None] = {(name,): None for name in self.invoice_key}
        for _, rule in self.fields():
            needed.update(dict.fromkeys(rule.alternatives()))
        needed.update({skip.column: None for skip in self.rows.skip})
        needed.update({(name,): None for name in self.rows.fill_down})
        return tuple(needed)

    def fixed_paths(self) -> frozenset[str]:
        """Dotted payload paths whose value the profile itself fixes (`invoice.language`, `lines.vat_rate`)."""
        return frozenset(
            path for path, rule in self.fields() if rule.value is not None and not path.startswith("controls.")
        )


def is_date_form(form: str) -> bool:
    """Whether a date written in this form can be read back as the same date. `%m/%Y`, which would invent a day, cannot."""
    try:
        return all(
            datetime.strptime(day.strftime(form), form).date() == day  # noqa: DTZ007 - a day has no time zone
            for day in (date(2026, 3, 4), date(2010, 11, 12))
        )
    except ValueError:
        return False


def field_problems(given: Mapping[str, Collection[str]]) -> list[tuple[tuple[str, ...], str]]:
    """What is wrong with the field names of each section: unknown, missing, or two that exclude each other."""
    problems: list[tuple[tuple[str, ...], str]] = [
        ((section, name), f"is not a field; known are {', '.join(sorted(known))}")
        for section, known in SECTIONS.items()
        for name in given.get(section, ())
        if name not in known and section != "lines"
    ]
    problems += [
        (("lines", name), "is not a field name: use small letters, digits and _")
        for name in given.get("lines", ())
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name)
    ]
    invoice = given.get("invoice", ())
    if "date" not in invoice:
        problems.append((("invoice", "date"), "is required"))
    if not {"name", "vat_number", "customer_id"} & set(given.get("customer", ())):
        problems.append((("customer",), "needs at least one of name, vat_number, customer_id"))
    problems += [(("lines", name), "is required") for name in sorted(LINE_FIELDS - set(given.get("lines", ())))]
    for one, other in (("due_date", "due_days"), ("discount_amount", "discount_percent")):
        if one in invoice and other in invoice:
            problems.append((("invoice", other), f"cannot stand beside invoice.{one}; keep one of them"))
    return problems


def normal_header(text: str) -> str:
    """A header as it is compared: compatibility forms and white space folded, case ignored."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()
