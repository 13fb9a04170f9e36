"""The names of our fields, section by section, and how headers are compared."""

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

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
CONTROL_FIELDS = frozenset({"line_total", "invoice_total_excl", "invoice_total_incl", "currency", "seller_vat"})
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

EXTRA_FIELDS: Final = ("amount", "product_code", "vat_rate", "description")  # of one entry of `extra_lines`
NUMBER: Final = "{n}"  # in a column name of `lines`: the number of a packed line


def normal_header(text: str) -> str:
    """A header as it is compared: compatibility forms and white space folded, case ignored."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()
