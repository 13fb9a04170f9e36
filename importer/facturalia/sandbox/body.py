"""From the bytes of a request to a checked payload and the digest that says whether two payloads are the same."""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from importer.facturalia.sandbox.fields import (
    BLANK,
    CUSTOMER,
    EXTERNAL_ID,
    INVOICE,
    LINE,
    NOT_AN_OBJECT,
    REQUIRED,
    TOP,
    WHO,
    check_fields,
    missing,
)
from importer.facturalia.sandbox.settings import SandboxSettings
from importer.facturalia.sandbox.totals import sum_up


class NotJson(ValueError):
    """The bytes are not one JSON value in UTF-8."""


class Parsed(NamedTuple):
    """A JSON value, numbers as Decimal, and the SHA-256 (hexadecimal) of its meaning.

    The digest is the same for `120.0` and `120`, and for any order of the fields; lines keep their order. How
    Facturalia compares payloads is UNKNOWN; parsed is the more forgiving reading.
    """

    value: Any
    digest: str


def parse(body: bytes) -> Parsed:
    """Read a body. Raises `NotJson`, also for NaN, lone surrogates, a BOM and absurd depth."""
    try:
        value = json.loads(body.decode("utf-8"), parse_float=Decimal, parse_int=Decimal, parse_constant=_no_constant)
        text = json.dumps(value, default=_meaning, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return Parsed(value, hashlib.sha256(text.encode()).hexdigest())
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise NotJson from error


def check(payload: object, settings: SandboxSettings) -> dict[str, str]:
    """Dotted path -> message for everything that is wrong, zero-based lines; empty if the payload is valid.

    UNKNOWN in the contract, chosen here: all faults are listed at once; unknown fields are refused by default outside
    `lines[]`; an unknown product is a 422 on its line; a discount larger than the invoice is refused.
    """
    if not isinstance(payload, dict):
        return {"body": NOT_AN_OBJECT}
    strict = settings.unknown_fields == "refuse"
    faults = {name: "Onbekend veld." for name in payload if name not in TOP} if strict else {}
    if "external_id" in payload and (fault := EXTERNAL_ID.fault(payload["external_id"])):
        faults["external_id"] = fault
    invoice, customer = missing(payload, "invoice"), missing(payload, "customer")
    faults |= check_fields(invoice, INVOICE, "invoice", strict)
    if isinstance(invoice, dict) and {"discount_amount", "discount_percent"} <= invoice.keys():
        faults["invoice.discount_percent"] = "Niet samen met discount_amount."
    faults |= check_fields(customer, CUSTOMER, "customer", strict)
    if isinstance(customer, dict) and not any(_given(customer.get(name)) for name in WHO):
        faults["customer"] = "Geef minstens customer_id, vat_number of name."
    faults |= _check_lines(missing(payload, "lines"), settings.products)
    if not faults and "discount_amount" in payload["invoice"]:
        gross = sum_up(payload["lines"], {}, settings)
        if payload["invoice"]["discount_amount"] * 100 > (gross.excl if settings.prices == "excl_vat" else gross.incl):
            faults["invoice.discount_amount"] = "Mag niet hoger zijn dan het totaal."
    return faults


def _check_lines(lines: object, products: frozenset[str] | None) -> dict[str, str]:
    if not isinstance(lines, list):
        return {"lines": "Moet een lijst zijn." if isinstance(lines, (str, dict, Decimal, bool)) else REQUIRED}
    if not lines:
        return {"lines": "Minstens 1 lijn."}
    faults: dict[str, str] = {}
    for position, line in enumerate(lines):
        place = f"lines.{position}"
        found = check_fields(line, LINE, place, strict=False)
        if not found and products is not None and line["product_code"] not in products:
            found = {f"{place}.product_code": "Product bestaat niet."}
        faults |= found
    return faults


def _given(value: object) -> bool:
    return isinstance(value, Decimal) or (isinstance(value, str) and bool(value.strip(BLANK)))


def _meaning(value: Decimal) -> Mapping[str, str]:
    """A number as what it is worth. Wrapped, so that the number 5 and the text "5" stay different payloads."""
    sign, digits, exponent = value.as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    bare = text.rstrip("0")
    if not bare:
        return {"#": "0"}
    return {"#": f"{'-' * sign}{bare}e{int(exponent) + len(text) - len(bare)}"}


def _no_constant(name: str) -> Decimal:
    raise ValueError(name)
