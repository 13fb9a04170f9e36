"""Exports that no profile can turn into invoices: they hold totals, payments or bookings, and no lines.

A person who chose the wrong export is told so, with the name of the right one where it is known.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from importer.errors import SourceError
from importer.profile.names import normal_header


class Unusable(NamedTuple):
    """An export by headers that only it has, all of them together. `instead`: the export to use, or empty."""

    program: str
    headers: tuple[str, ...]
    instead: str = ""


# Headers from the programs' own sources and documents, or from programs that read their files.
KNOWN: Final = (
    Unusable(
        "WooCommerce Analytics",
        ("Order #", "N. Revenue (formatted)", "Product(s)", "Items sold"),
        "Advanced Order Export (WooCommerce)",
    ),
    Unusable("PrestaShop", ("ID", "Reference", "New client", "Delivery", "Payment")),
    Unusable("PrestaShop", ("ID", "Référence", "Nouveau client", "Livraison", "Paiement")),
    Unusable("Magento", ("Purchase Point", "Purchase Date", "Bill-to Name", "Grand Total (Base)")),
    Unusable("Mollie", ("Payment method", "Consumer name", "Settlement reference", "Amount refunded")),
    Unusable("Stripe", ("Amount Refunded", "Converted Amount", "Fee", "Seller Message")),
    Unusable("Stripe", ("Amount Due", "Amount Paid", "Finalized At (UTC)", "Number")),
    Unusable("DATEV", ("Umsatz (ohne Soll/Haben-Kz)", "Soll/Haben-Kennzeichen", "Belegdatum")),
    Unusable("FEC", ("JournalCode", "EcritureNum", "CompteNum", "PieceRef", "Debit", "Credit")),
    Unusable("SnelStart", ("Boekingcode", "Grootboeknummer", "Relatiecode", "Debet", "Credit")),
    Unusable("Wave", ("Transaction ID", "Account Name", "Amount (One column)", "Sales Tax Name")),
    Unusable("Invoicely", ("Date", "Due", "Details", "Client", "Status", "Total")),
    Unusable("Yuki", ("Code grootboekrekening", "Openstaand bedrag", "Relatiecode")),
    Unusable("Twikey", ("invoicenumber", "amount", "duedate", "customerNumber")),
    Unusable("Lightspeed Restaurant", ("Kasticket-ID", "Liteserver-ID", "Volgnummer")),
    Unusable("Invoice2go", ("Items", "Document Number", "Amount due")),
)


def unusable(headers: Iterable[str]) -> Unusable | None:
    """The known export without lines that these headers belong to."""
    present = {normal_header(header).lstrip("*") for header in headers}
    return next((one for one in KNOWN if {normal_header(name) for name in one.headers} <= present), None)


def without_lines(place: str, found: Unusable) -> SourceError:
    """The error for such a file."""
    message = (
        f"{place} is an export of {found.program} that holds totals, payments or bookings, and no lines of invoices."
    )
    if found.instead:
        return SourceError("export-without-lines", message, fix=f"Use {found.instead} instead.")
    return SourceError(
        "export-without-lines",
        message,
        fix="Export the invoices or the orders with their lines there, and import those.",
    )
