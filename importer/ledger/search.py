"""Finding invoices again: by number, by customer, and what exactly was sent."""

from sqlalchemy import or_, select

from importer.domain.identity import Account
from importer.ledger import decisions, queries, tables
from importer.ledger.plans import account_id
from importer.ledger.records import InvoiceRecord
from importer.ledger.store import Ledger

MOST = 200


def search_invoices(ledger: Ledger, account: Account, words: str, most: int = MOST) -> list[InvoiceRecord]:
    """Invoices of an account whose number, label or customer holds all the words, newest first; at most `most`.

    Customers are found only while their data was not purged.
    """
    invoices, bodies = tables.invoices.c, tables.bodies.c
    query = (
        select(invoices.id)
        .select_from(tables.invoices.outerjoin(tables.bodies, bodies.invoice == invoices.id))
        .order_by(invoices.id.desc())
        .limit(most)
    )
    for word in words.split()[:8]:
        query = query.where(
            or_(
                *(
                    column.icontains(word, autoescape=True)
                    for column in (invoices.label, invoices.remote_number, bodies.customer)
                )
            )
        )
    with ledger.database.reading() as connection:
        query = query.where(invoices.account == account_id(connection, account))
        ids = [row.id for row in connection.execute(query)]
        found = queries.invoice_records(connection, ids=ids) if ids else []
    return sorted(found, key=lambda one: one.created_at, reverse=True)


def stored_body(ledger: Ledger, account: Account, identity: str) -> bytes | None:
    """The exact request bytes of an invoice; None once purged. ConfigError if it is not found or not unique."""
    with ledger.database.reading() as connection:
        row = decisions.find(connection, account, identity)
        body = connection.execute(select(tables.bodies.c.body).where(tables.bodies.c.invoice == row["id"])).scalar()
    return None if body is None else bytes(body)
