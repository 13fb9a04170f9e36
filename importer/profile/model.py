"""A profile as data: every key of the profile file, its type and its default. `load` fills it from YAML.

Every scalar of a profile is text, exactly as written; only row numbers and counts are read as numbers.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from importer.profile.base import OneOrMore, ProblemsError, Strict
from importer.profile.names import (
    CONTROL_FIELDS,
    CUSTOMER_FIELDS,
    CUSTOMER_TEXT,
    EXTRA_FIELDS,
    INVOICE_FIELDS,
    INVOICE_INTEGER,
    INVOICE_NUMBER,
    INVOICE_TEXT,
    LINE_FIELDS,
    NUMBER,
    SECTIONS,
    normal_header,
)
from importer.profile.patterns import extract_problem
from importer.profile.problems import field_problems, name_problems, number_problems, severity_problems
from importer.profile.rows import RowsRule, SkipRule
from importer.profile.source import SourceRule, is_date_form

__all__ = [  # the parts of a profile have homes of their own; this is where others find them
    "CONTROL_FIELDS",
    "CUSTOMER_FIELDS",
    "CUSTOMER_TEXT",
    "INVOICE_FIELDS",
    "INVOICE_INTEGER",
    "INVOICE_NUMBER",
    "INVOICE_TEXT",
    "LINE_FIELDS",
    "SECTIONS",
    "ExtraLine",
    "FieldRule",
    "Join",
    "PackedRule",
    "ProblemsError",
    "Profile",
    "Reading",
    "RowsRule",
    "SkipRule",
    "SourceRule",
    "is_date_form",
    "normal_header",
]

Check = Literal["be-vat", "eu-vat", "be-or-eu-vat", "iban", "ogm"]
Severities = Literal["error", "warning", "note"]

PACKED: Final = "lines.packed"  # where `lines: {packed: ...}` stands once it is taken out of the fields
MAX_PACKED: Final = 200  # lines in one row


class Join(Strict):
    """Several columns put together; empty cells are left out, with their separator."""

    columns: OneOrMore
    separator: str = " "


class FieldRule(Strict):
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
    extract: str | None = Field(
        None,
        description="A regular expression for the whole cell with one group: the part to take; total unless `default`.",
    )
    duration: Literal["hours"] | None = Field(
        None, description="The cell is a time taken, h:mm or h:mm:ss: sent as hours, exact in 4 decimals or refused."
    )
    check: Check | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = [name for name in ("column", "value", "join", "first_of") if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) if given else "none"
            msg = f"give exactly one of column, value, join, first_of (found {found})"
            raise ValueError(msg)
        clause = extract_problem(self.extract) if self.extract is not None else ""
        if clause:
            msg = f"extract {clause}"
            raise ValueError(msg)
        return self

    def alternatives(self) -> tuple[tuple[str, ...], ...]:
        """The columns this field needs: for each, the spellings of which one must be in the file."""
        if self.column is not None:
            return (self.column,)
        names = self.join.columns if self.join is not None else self.first_of or ()
        return tuple((name,) for name in names)


class PackedRule(Strict):
    """Lines that stand beside each other in one row, in numbered columns: `{n}` in a column name is their number."""

    count: Annotated[int, Field(ge=1, le=MAX_PACKED, strict=False)] | None = Field(
        None, description="How many lines a row can hold; left out: as many as the headers of the file show."
    )


class ExtraLine(Strict):
    """An amount of the whole invoice that becomes one line of it; quantity 1, no line where it is zero or empty."""

    amount: FieldRule = Field(description="Once per invoice, with or without VAT as `prices` says.")
    product_code: FieldRule
    vat_rate: FieldRule
    description: FieldRule | None = Field(None, description="Sent as text with the line.")
    negate: Literal["true"] | None = Field(None, description="The file writes the amount to take off without a minus.")

    def fields(self) -> Iterator[tuple[str, FieldRule]]:
        """The field rules by name; `description` only where there is one."""
        for name in EXTRA_FIELDS:
            rule = getattr(self, name)
            if rule is not None:
                yield name, rule


class Reading(NamedTuple):
    """One look into a file: how to read it, and the columns it must have, each as its accepted spellings."""

    source: SourceRule
    needed: tuple[tuple[str, ...], ...]


class Profile(Strict):
    """One export format. `profile` and `version` are recorded with every invoice, `system` is part of its identity."""

    profile: str = Field(min_length=1, pattern=r"^[a-z0-9][a-z0-9-]*$")
    version: str = Field(min_length=1)
    system: str = Field(min_length=1)
    extends: str | None = Field(
        None, min_length=1, description="A profile this one builds on: a shipped name, or a path relative to this file."
    )
    without: tuple[str, ...] = Field((), description="Inherited keys to leave out, such as controls.line_total.")
    source: SourceRule = SourceRule()
    rows: RowsRule = RowsRule()
    invoice_key: OneOrMore
    prices: Literal["excl_vat", "incl_vat"]
    rounding: Literal["per_invoice", "per_line"] = "per_invoice"
    invoice: Mapping[str, FieldRule]
    customer: Mapping[str, FieldRule]
    lines: Mapping[str, FieldRule]
    packed: PackedRule | None = Field(None, alias=PACKED)
    extra_lines: Mapping[str, ExtraLine] = Field(
        default_factory=dict, description="Amounts of the whole invoice (shipping, a tip) that become lines, by a name."
    )
    controls: Mapping[str, FieldRule] = Field(default_factory=dict)
    answer: Mapping[str, OneOrMore] = Field(
        default_factory=dict, description="Dotted paths to try first in Facturalia's answer."
    )
    severity: Mapping[str, Severities] = Field(
        default_factory=dict, description="Finding codes that weigh more or less here than they usually do."
    )

    @model_validator(mode="before")
    @classmethod
    def _take_packed_out(cls, data: Any) -> Any:
        """`packed` stands among the line fields and is none."""
        lines = data.get("lines") if isinstance(data, Mapping) else None
        if not isinstance(lines, Mapping) or "packed" not in lines:
            return data
        fields = {name: rule for name, rule in lines.items() if name != "packed"}
        return {**data, "lines": fields, PACKED: lines["packed"]}

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        problems = field_problems({name: tuple(getattr(self, name)) for name in SECTIONS})
        problems += severity_problems(self.severity)
        problems += name_problems(self.extra_lines)
        columns = ((path, [name for names in rule.alternatives() for name in names]) for path, rule in self.fields())
        problems += number_problems(columns, packed=self.packed is not None, joined=self.source.join is not None)
        if self.without and self.extends is None:
            problems.append((("without",), "means nothing without extends: nothing is inherited"))
        if problems:
            raise ProblemsError(problems)
        return self

    def fields(self) -> Iterator[tuple[str, FieldRule]]:
        """All field rules by path (`invoice.date`, `lines.quantity`, `extra_lines.shipping.amount`), in file order."""
        for section in ("invoice", "customer", "lines"):
            for name, rule in getattr(self, section).items():
                yield f"{section}.{name}", rule
        for line, extra in self.extra_lines.items():
            for name, rule in extra.fields():
                yield f"extra_lines.{line}.{name}", rule
        for name, rule in self.controls.items():
            yield f"controls.{name}", rule

    def needed_columns(self) -> tuple[tuple[str, ...], ...]:
        """Every column the file must have, each as its accepted spellings; without doubles, in order of first use.

        Of packed lines these are the columns of line 1; which others there are is for the file to say.
        """
        needed: dict[tuple[str, ...], None] = {(name,): None for name in self.invoice_key}
        for _, rule in self.fields():
            needed.update(dict.fromkeys(rule.alternatives()))
        needed.update({test.column: None for skip in self.rows.rules() for test in skip.tests()})
        needed.update({(name,): None for name in self.rows.fill_down})
        if self.packed is None:
            return tuple(needed)
        return tuple({numbered(spellings, 1): None for spellings in needed})

    def readings(self) -> tuple[Reading, ...]:
        """What to read of each file: one look, or two where headers and lines stand on two sheets."""
        join = self.source.join
        if join is None:
            return (Reading(self.source, self.needed_columns()),)
        header: dict[tuple[str, ...], None] = {(name,): None for name in (*join.header.key, *self.invoice_key)}
        lines: dict[tuple[str, ...], None] = {(name,): None for name in join.lines.key}
        for path, rule in self.fields():
            for spellings in rule.alternatives():
                (lines if self.of_lines(path, spellings) else header)[spellings] = None
        return tuple(
            Reading(self.source.model_copy(update={"sheets": (side.sheet,), "join": None}), tuple(needed))
            for side, needed in ((join.header, header), (join.lines, lines))
        )

    def of_lines(self, path: str, spellings: Sequence[str]) -> bool:
        """Whether a column that a field uses stands on the sheet of lines, where there are two sheets."""
        taken = {normal_header(name) for name in self.source.join.from_header} if self.source.join is not None else ()
        return path.startswith(("lines.", "controls.line_")) and normal_header(spellings[0]) not in taken

    def fixed_paths(self) -> frozenset[str]:
        """Dotted payload paths whose value the profile itself fixes (`invoice.language`, `lines.vat_rate`)."""
        return frozenset(
            path
            for path, rule in self.fields()
            if rule.value is not None and not path.startswith(("controls.", "extra_lines."))
        )


def numbered(spellings: Sequence[str], number: int) -> tuple[str, ...]:
    """The column names of packed line `number`."""
    return tuple(name.replace(NUMBER, str(number)) for name in spellings)


def is_numbered(spellings: Sequence[str]) -> bool:
    """Whether a column has a number in its name, so that every packed line has its own."""
    return any(NUMBER in name for name in spellings)
