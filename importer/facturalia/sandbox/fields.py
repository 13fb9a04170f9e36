"""The fields of `POST /invoices`, once: the checks and the OpenAPI schema are both made from this table."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from importer.facturalia.sandbox.countries import COUNTRIES

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MISSING = object()
BLANK = " \t\r\n"  # `\s` is not the same set in every dialect of patterns; these four are
FILLED = r"[^ \t\r\n]"

REQUIRED = "Verplicht."
NOT_AN_OBJECT = "Moet een object zijn."


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field. Numbers arrive as Decimal (never float, never bool), so a whole 30.0 is an integer, as in JSON Schema.

    UNKNOWN in the contract, chosen here: lengths, upper bounds, that null is refused (but for vat_exemption_code),
    that numbers written as text are refused.
    """

    kind: Literal["string", "integer", "number", "date"] = "string"
    required: bool = False
    least: int | None = None  # smallest value
    above: int | None = None  # value must be larger
    most: int | None = None
    choices: tuple[str | int, ...] = ()
    longest: int = 255
    filled: bool = False  # must hold something else than white space
    nullable: bool = False
    booleans: bool = False

    def fault(self, value: object) -> str:
        """Why `value` is not allowed, in Dutch as the API says it; empty if it is."""
        if value is None:
            return "" if self.nullable else "Mag niet null zijn."
        if isinstance(value, bool):
            return "" if self.booleans else self._type_fault()
        match self.kind:
            case "string":
                return self._text_fault(value) if isinstance(value, str) else self._type_fault()
            case "date":
                return "" if isinstance(value, str) and _is_date(value) else "Verplicht (JJJJ-MM-DD)."
            case _:
                return self._number_fault(value) if isinstance(value, Decimal) else self._type_fault()

    def schema(self) -> dict[str, object]:
        """The same law as JSON Schema (OpenAPI 3.1)."""
        schema: dict[str, object] = {"type": "string" if self.kind == "date" else self.kind}
        if self.kind == "date":
            schema["format"] = "date"
        if self.choices:
            schema["enum"] = list(self.choices)
        elif self.kind == "string":
            schema["maxLength"] = self.longest
            if self.filled:
                schema |= {"minLength": 1, "pattern": FILLED}
        for word, bound in (("minimum", self.least), ("exclusiveMinimum", self.above), ("maximum", self.most)):
            if bound is not None:
                schema[word] = bound
        if self.booleans:
            return {"enum": [*self.choices, True, False]}
        if self.nullable:
            schema["type"] = [schema["type"], "null"]
        return schema

    def _type_fault(self) -> str:
        if self.choices:
            return self._choices_fault()
        return {
            "string": "Moet tekst zijn.",
            "integer": "Moet een geheel getal zijn.",
            "number": "Moet een getal zijn.",
        }.get(self.kind, "Verplicht (JJJJ-MM-DD).")

    def _choices_fault(self) -> str:
        return f"Ongeldige waarde; toegelaten: {', '.join(map(str, self.choices))}."

    def _text_fault(self, value: str) -> str:
        if self.choices:
            if value in self.choices:
                return ""
            return (
                self._choices_fault()
                if len(self.choices) < len(COUNTRIES)
                else "Moet een ISO-landcode van 2 letters zijn."
            )
        if self.filled and not value.strip(BLANK):
            return REQUIRED
        return f"Mag niet langer zijn dan {self.longest} tekens." if len(value) > self.longest else ""

    def _number_fault(self, value: Decimal) -> str:
        if self.choices:
            return "" if value in self.choices else self._choices_fault()
        if self.kind == "integer" and value != value.to_integral_value():
            return self._type_fault()
        if self.least is not None and value < self.least:
            return f"Moet ≥ {self.least} zijn."
        if self.above is not None and value <= self.above:
            return f"Moet > {self.above} zijn."
        return f"Moet ≤ {self.most} zijn." if self.most is not None and value > self.most else ""


_ID = Field(kind="integer", least=0, most=2**53)
_TEXT = Field()

INVOICE: Mapping[str, Field] = MappingProxyType(
    {
        "number": Field(filled=True, longest=100),
        "date": Field(kind="date", required=True),
        "due_days": Field(kind="integer", least=0, most=36_500),
        "due_days_after": Field(choices=("nf", "em")),
        "language": Field(choices=("nl", "fr", "en")),
        "note": Field(longest=10_000),
        "reference": _TEXT,
        "delivery_address_line_1": _TEXT,
        "delivery_address_line_2": _TEXT,
        "delivery_address_line_3": _TEXT,
        "is_paid": Field(kind="integer", choices=(0, 1), booleans=True),
        "vat_exemption_code": Field(kind="integer", least=0, most=2**53, nullable=True),
        "layout": _ID,
        "autosend": Field(kind="integer", choices=(0, 1)),
        "email_tpl": _ID,
        "discount_amount": Field(kind="number", least=0, most=10**15),
        "discount_percent": Field(kind="number", least=0, most=100),
    }
)
CUSTOMER: Mapping[str, Field] = MappingProxyType(
    {
        "customer_id": _ID,
        "vat_number": _TEXT,
        "name": _TEXT,
        "street": _TEXT,
        "postal_code": _TEXT,
        "city": _TEXT,
        "email": _TEXT,
        "phone": _TEXT,
        "external_customer_no": _TEXT,
        "country": Field(choices=COUNTRIES),
    }
)
LINE: Mapping[str, Field] = MappingProxyType(
    {
        "product_code": Field(required=True, filled=True),
        "quantity": Field(kind="number", required=True, above=0, most=10**9),
        "unit_price": Field(kind="number", required=True, least=0, most=10**9),
        "vat_rate": Field(kind="number", required=True, choices=(0, 6, 12, 21)),
    }
)
EXTERNAL_ID = Field(filled=True)
TOP = frozenset({"external_id", "invoice", "customer", "lines"})
WHO = ("customer_id", "vat_number", "name")  # at least one of them


def check_fields(given: object, fields: Mapping[str, Field], place: str, strict: bool) -> dict[str, str]:
    """Dotted path -> message for every fault of one object; `strict` refuses fields the table does not have."""
    if not isinstance(given, dict):
        return {place: NOT_AN_OBJECT if given is not _MISSING else REQUIRED}
    faults = {}
    for name, field in fields.items():
        value = given.get(name, _MISSING)
        if value is _MISSING:
            if field.required:
                faults[f"{place}.{name}"] = "Verplicht (JJJJ-MM-DD)." if field.kind == "date" else REQUIRED
        elif fault := field.fault(value):
            faults[f"{place}.{name}"] = fault
    if strict:
        faults |= {f"{place}.{name}": "Onbekend veld." for name in given if name not in fields}
    return faults


def missing(payload: Mapping[str, object], name: str) -> object:
    """The value of a part, or a mark that `check_fields` reports as missing."""
    return payload.get(name, _MISSING)


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
