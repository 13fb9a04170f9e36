"""Which type each of our fields has, by its path."""

from collections.abc import Mapping

from importer.profile.names import INVOICE_NUMBER

REQUIRED = (
    "invoice.number",
    "invoice.date",
    "lines.product_code",
    "lines.quantity",
    "lines.unit_price",
    "lines.vat_rate",
)
IDENTIFIERS = frozenset(
    {
        "invoice.number",
        "lines.product_code",
        "customer.external_customer_no",
        "customer.vat_number",
        "customer.postal_code",
    }
)
WHO = ("customer.name", "customer.vat_number", "customer.customer_id")
AMOUNTS = frozenset(
    {
        "lines.quantity",
        "lines.unit_price",
        "lines.vat_rate",
        "controls.line_total",
        "controls.invoice_total_excl",
        "controls.invoice_total_incl",
    }
)
DAYS = frozenset({"invoice.date", "invoice.due_date"})
CHOICES: Mapping[str, tuple[str, ...]] = {
    "invoice.language": ("nl", "fr", "en"),
    "invoice.due_days_after": ("nf", "em"),
    "invoice.autosend": ("0", "1"),
    "invoice.is_paid": ("0", "1"),
}
COUNTRY_CODES = "the country codes (two capital letters, such as BE)"


def is_amount(path: str) -> bool:
    """Whether a field holds numbers that may have decimals."""
    section, _, name = path.partition(".")
    extra = section == "extra_lines" and name.rpartition(".")[2] in ("amount", "vat_rate")
    return extra or path in AMOUNTS or (section != "extra_lines" and name in INVOICE_NUMBER)
