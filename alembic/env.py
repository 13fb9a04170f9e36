"""How Alembic reaches the ledger: through the connection it is handed, inside that connection's transaction."""

import os

from sqlalchemy import Connection

from alembic import context
from importer.ledger.database import Database
from importer.ledger.place import ledger_path
from importer.ledger.tables import metadata


def migrate(connection: Connection) -> None:
    """Run the migrations that were asked for; the caller commits."""
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


handed = context.config.attributes.get("connection")
if handed is not None:
    migrate(handed)
else:
    # the command `alembic` of a developer, on the ledger that the environment names
    database = Database(ledger_path(os.environ.get("IMPORTER_LEDGER_URL", "sqlite://")))
    with database.writing() as own:
        migrate(own)
    database.close()
