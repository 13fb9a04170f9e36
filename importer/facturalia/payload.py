"""The request body of an invoice, byte by byte.

Written by hand and not by a JSON library, because money must be exact decimal literals (libraries write floats) and
because the same invoice must give the same bytes for ever. Field order is fixed; absent fields are left out; nothing
is recomputed later: these bytes are stored and every attempt sends them.
"""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from json.encoder import encode_basestring

from importer.domain.invoice import Invoice

INVOICE_ORDER = (
    "number",
    "date",
    "due_days",
    "due_days_after",
    "language",
    "note",
    "reference",
    "delivery_address_line_1",
    "delivery_address_line_2",
    "delivery_address_line_3",
    "is_paid",
    "vat_exemption_code",
    "layout",
    "autosend",
    "email_tpl",
    "discount_amount",
    "discount_percent",
)
CUSTOMER_ORDER = (
    "customer_id",
    "vat_number",
    "name",
    "street",
    "postal_code",
    "city",
    "country",
    "email",
    "phone",
    "external_customer_no",
)
LITERALS = frozenset(
    {
        "due_days",
        "is_paid",
        "vat_exemption_code",
        "layout",
        "autosend",
        "email_tpl",
        "discount_amount",
        "discount_percent",
        "customer_id",
    }
)  # numbers in the API: their text is an exact literal already
DEFAULTS = {"autosend": "0"}  # the API's own default is not documented; an invoice must never leave by surprise


class PayloadWriter:
    """Renders invoices; remembers texts it has seen, because exports repeat product codes and customers."""

    def __init__(self) -> None:
        self._quoted: dict[str, str] = {}
        self._customers: dict[int, tuple[Mapping[str, str], str]] = {}

    def body(self, invoice: Invoice, external_id: str) -> bytes:
        """The UTF-8 JSON of `POST /invoices`, without white space."""
        header = invoice.header if "autosend" in invoice.header else {**invoice.header, **DEFAULTS}
        lines = ",".join(
            f'{{"product_code":{self._quote(line.product_code)},"quantity":{line.quantity},"unit_price":{line.unit_price},"vat_rate":{line.vat_rate}'
            + ("".join(f",{self._quote(name)}:{self._quote(text)}" for name, text in line.extra) if line.extra else "")
            + "}"
            for line in invoice.lines
        )
        text = (
            f'{{"external_id":"{external_id}","invoice":{self._object(header, INVOICE_ORDER)},'
            f'"customer":{self._customer(invoice.customer)},"lines":[{lines}]}}'
        )
        return text.encode()

    def _quote(self, text: str) -> str:
        quoted = self._quoted.get(text)
        if quoted is None:
            quoted = self._quoted[text] = encode_basestring(text)
        return quoted

    def _object(self, fields: Mapping[str, str], order: tuple[str, ...]) -> str:
        return (
            "{"
            + ",".join(
                [
                    f'"{name}":{fields[name] if name in LITERALS else encode_basestring(fields[name])}'
                    for name in order
                    if name in fields
                ]
            )
            + "}"
        )

    def _customer(self, customer: Mapping[str, str]) -> str:
        known = self._customers.get(id(customer))
        if known is None:
            known = self._customers[id(customer)] = (
                customer,
                self._object(customer, CUSTOMER_ORDER),
            )  # keeps it alive: ids recur
        return known[1]


def differences(old: bytes, new: bytes) -> dict[str, tuple[str, str]]:
    """Where two bodies say something else: dotted path to (old, new), as text; absent is empty text.

    Numbers are compared as exact decimals (2.50 is 2.5), lines as a multiset: their order means nothing.
    """
    before, after = _parsed(old), _parsed(new)
    lines_before, lines_after = _line_bag(before.pop("lines", [])), _line_bag(after.pop("lines", []))
    flat_before, flat_after = dict(_leaves(before)), dict(_leaves(after))
    found = {
        path: (_shown(flat_before.get(path)), _shown(flat_after.get(path)))
        for path in sorted(flat_before.keys() | flat_after.keys())
        if flat_before.get(path) != flat_after.get(path)
    }
    if lines_before != lines_after:
        found |= _line_differences(lines_before, lines_after)
    return found


def _parsed(body: bytes) -> dict[str, object]:
    parsed: dict[str, object] = json.loads(body, parse_float=Decimal, parse_int=Decimal)
    return parsed


def _leaves(tree: object, path: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(tree, dict):
        for name, value in tree.items():
            yield from _leaves(value, f"{path}.{name}" if path else name)
    else:
        yield path, tree


def _line_bag(lines: object) -> list[tuple[tuple[str, object], ...]]:
    bag = [tuple(sorted(line.items())) for line in lines] if isinstance(lines, list) else []
    return sorted(bag, key=repr_of_numbers)


def repr_of_numbers(line: tuple[tuple[str, object], ...]) -> str:
    """A sort key under which equal numbers are equal text."""
    return repr([(name, _shown(value)) for name, value in line])


def _line_differences(
    before: list[tuple[tuple[str, object], ...]], after: list[tuple[tuple[str, object], ...]]
) -> dict[str, tuple[str, str]]:
    """What differs in the lines: by field where the lines pair off one to one, else the lines themselves."""
    old = [line for line in before if line not in after]
    new = [line for line in after if line not in before]
    if len(before) != len(after):
        return {"lines": (f"{len(before)} lines", f"{len(after)} lines")}
    found: dict[str, tuple[str, str]] = {}
    for old_line, new_line in zip(old, new, strict=False):
        old_fields, new_fields = dict(old_line), dict(new_line)
        for name in sorted(old_fields.keys() | new_fields.keys()):
            if old_fields.get(name) != new_fields.get(name):
                found.setdefault(f"lines.{name}", (_shown(old_fields.get(name)), _shown(new_fields.get(name))))
    return found or {"lines": ("other lines", "other lines")}


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)
