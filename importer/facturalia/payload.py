"""The request body of an invoice, byte by byte.

Written by hand and not by a JSON library, because money must be exact decimal literals (libraries write floats) and
because the same invoice must give the same bytes for ever. Field order is fixed; absent fields are left out; nothing
is recomputed later: these bytes are stored and every attempt sends them.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from json.encoder import encode_basestring

from importer.domain.invoice import Invoice
from importer.domain.spelling import same_number

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
    """Renders invoices; remembers what repeats from one to the next: which fields there are, and customers."""

    def __init__(self) -> None:
        self._customers: dict[int, tuple[Mapping[str, str], str]] = {}
        self._layouts: dict[tuple[str, ...], list[tuple[str, str, bool]]] = {}

    def body(self, invoice: Invoice, external_id: str) -> bytes:
        """The UTF-8 JSON of `POST /invoices`, without white space."""
        header = invoice.header if "autosend" in invoice.header else {**invoice.header, **DEFAULTS}
        lines = ",".join(
            [
                f'{{"product_code":{encode_basestring(code)},"quantity":{quantity},"unit_price":{price},"vat_rate":{rate}'
                + (
                    "".join([f",{encode_basestring(name)}:{encode_basestring(text)}" for name, text in extra])
                    if extra
                    else ""
                )
                + "}"
                for code, quantity, price, rate, _, extra in invoice.lines
            ]
        )
        text = (
            f'{{"external_id":"{external_id}","invoice":{self._object(header, INVOICE_ORDER)},'
            f'"customer":{self._customer(invoice.customer)},"lines":[{lines}]}}'
        )
        return text.encode()

    def _object(self, fields: Mapping[str, str], order: tuple[str, ...]) -> str:
        names = tuple(fields)
        layout = self._layouts.get(names)
        if layout is None:
            layout = [(name, f'"{name}":', name in LITERALS) for name in order if name in fields]
            self._layouts[names] = layout
        return (
            "{"
            + ",".join(
                [
                    opening + (fields[name] if literal else encode_basestring(fields[name]))
                    for name, opening, literal in layout
                ]
            )
            + "}"
        )

    def _customer(self, customer: Mapping[str, str]) -> str:
        known = self._customers.get(id(customer))
        if known is None:  # the tuple keeps the mapping alive: ids of dead objects recur
            known = self._customers[id(customer)] = (customer, self._object(customer, CUSTOMER_ORDER))
        return known[1]


def differences(old: bytes, new: bytes) -> dict[str, tuple[str, str]]:
    """Where two bodies say something else: dotted path to (old, new), as text; absent is empty text.

    Numbers are compared as exact decimals (2.50 is 2.5), lines as a multiset: their order means nothing. VAT numbers,
    IBAN and structured communications that differ only in spelling say the same: older versions sent them as the file
    had them.
    """
    before, after = _parsed(old), _parsed(new)
    lines_before, lines_after = _line_bag(before.pop("lines", [])), _line_bag(after.pop("lines", []))
    flat_before, flat_after = dict(_leaves(before)), dict(_leaves(after))
    found = {
        path: (_shown(flat_before.get(path)), _shown(flat_after.get(path)))
        for path in sorted(flat_before.keys() | flat_after.keys())
        if flat_before.get(path) != flat_after.get(path)
        and not _same_number(path, flat_before.get(path), flat_after.get(path))
    }
    if lines_before != lines_after:
        found |= _line_differences(lines_before, lines_after)
    return found


def _same_number(path: str, old: object, new: object) -> bool:
    return isinstance(old, str) and isinstance(new, str) and same_number(path, old, new)


def _parsed(body: bytes) -> dict[str, object]:
    parsed: dict[str, object] = json.loads(body, parse_float=Decimal, parse_int=Decimal)
    return parsed


def _leaves(tree: object, path: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(tree, dict):
        for name, value in tree.items():
            yield from _leaves(value, f"{path}.{name}" if path else name)
    else:
        yield path, tree


def _line_bag(lines: object) -> Counter[tuple[tuple[str, object], ...]]:
    return Counter(tuple(sorted(line.items())) for line in lines) if isinstance(lines, list) else Counter()


def _line_differences(
    before: Counter[tuple[tuple[str, object], ...]], after: Counter[tuple[tuple[str, object], ...]]
) -> dict[str, tuple[str, str]]:
    """What differs in the lines: by field where there are as many, else how many; for each field the first case."""
    if before.total() != after.total():
        return {"lines": (f"{before.total()} lines", f"{after.total()} lines")}
    old, new = (sorted(rest.elements(), key=_in_words) for rest in (before - after, after - before))
    found: dict[str, tuple[str, str]] = {}
    for old_line, new_line in zip(old, new, strict=True):
        old_fields, new_fields = dict(old_line), dict(new_line)
        for name in sorted(old_fields.keys() | new_fields.keys()):
            if old_fields.get(name) != new_fields.get(name):
                found.setdefault(f"lines.{name}", (_shown(old_fields.get(name)), _shown(new_fields.get(name))))
    return found


def _in_words(line: tuple[tuple[str, object], ...]) -> list[tuple[str, str]]:
    """A sort key that puts like lines of two bodies side by side."""
    return [(name, _shown(value)) for name, value in line]


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)
