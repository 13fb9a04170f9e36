"""The body of a 201: an invoice as the look-alike shows it.

UNKNOWN in the contract: every field name of it. Chosen: all under `invoice`; amounts, quantities and prices as text
(exact in every JSON reader), `id` and rates as whole numbers.
"""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from importer.domain.money import euros
from importer.facturalia.sandbox.fields import BLANK
from importer.facturalia.sandbox.store import Received
from importer.facturalia.sandbox.totals import Sums

_MONTHS = 12


def called(customer: Mapping[str, Any]) -> str:
    """How the customer is called in lists."""
    for name in ("name", "vat_number"):
        if text := str(customer.get(name, "")).strip(BLANK):
            return text
    return f"customer {customer['customer_id']}"


def due_date(invoice: Mapping[str, Any], default: int) -> str:
    """Invoice date plus days. UNKNOWN: the formula of `em`; chosen: then on to the end of that month. Stops at 9999."""
    try:
        due = date.fromisoformat(invoice["date"]) + timedelta(days=int(invoice.get("due_days", default)))
        if invoice.get("due_days_after") == "em":
            following = date(due.year + due.month // _MONTHS, due.month % _MONTHS + 1, 1)
            due = following - timedelta(days=1)
    except (OverflowError, ValueError):
        due = date.max
    return due.isoformat()


def resource(row: Received, payload: Mapping[str, Any], sums: Sums, due: str, pdf: str) -> bytes:
    """The body of a 201. UNKNOWN: its field names; chosen: everything under `invoice`, all numbers but id and rate as text."""
    lines = [
        {
            **{name: line[name] for name in ("product_code", "quantity", "unit_price")},
            "vat_rate": int(line["vat_rate"]),
            "amount": euros(amount),
        }
        for line, amount in zip(payload["lines"], sums.lines, strict=True)
    ]
    invoice = {
        "id": row.id,
        "number": row.number,
        "external_id": payload.get("external_id"),
        "date": row.date,
        "due_date": due,
        "currency": "EUR",
        "customer": payload["customer"],
        "lines": lines,
        "discount": euros(sums.discount),
        "totals": {
            "excl_vat": euros(sums.excl),
            "vat": euros(sums.vat),
            "incl_vat": euros(sums.incl),
            "by_rate": [{"rate": rate.rate, "base": euros(rate.base), "vat": euros(rate.vat)} for rate in sums.rates],
        },
        "links": {"pdf": pdf},
        "sandbox": True,
    }
    return json.dumps({"invoice": invoice}, default=str, ensure_ascii=False).encode()
