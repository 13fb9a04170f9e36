"""What tells the age of an attempt beside the wall clock: its boot, the seconds since, and the event that recorded it."""

from collections.abc import Sequence

import sqlalchemy as sa

from alembic import op

revision: str = "0002"
down_revision: str | Sequence[str] | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

KEPT = "id, invoice, run, number, generation, started_at, finished_at, result, status, code, detail, replayed"


def upgrade() -> None:
    """Make `attempts` anew with three columns more, empty in the attempts there are.

    SQLite cannot add a check to a table that exists. The old table is the one that is renamed, so that the new one
    gets the name and the text that a new ledger gives it.
    """
    op.rename_table("attempts", "attempts_before")
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("invoice", sa.Integer(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("status", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("code", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("detail", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("replayed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("boot", sa.Text(), nullable=True),
        sa.Column("elapsed_ms", sa.BigInteger(), nullable=True),
        sa.Column("event", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(boot IS NULL) = (elapsed_ms IS NULL)", name=op.f("ck_attempts_elapsed_of_a_boot")),
        sa.CheckConstraint("(finished_at IS NULL) = (result = '')", name=op.f("ck_attempts_finished_with_result")),
        sa.ForeignKeyConstraint(["invoice"], ["invoices.id"], name=op.f("fk_attempts_invoice")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.execute(f"INSERT INTO attempts ({KEPT}) SELECT {KEPT} FROM attempts_before")  # noqa: S608 - our own words
    op.drop_table("attempts_before")  # its indexes go with it and leave their names free
    op.create_index(op.f("ix_attempts_invoice"), "attempts", ["invoice"], unique=False)
    op.create_index(
        "uq_attempts_one_open", "attempts", ["invoice"], unique=True, sqlite_where=sa.text("finished_at IS NULL")
    )


def downgrade() -> None:
    """The backup made before the upgrade is the way back."""
    raise NotImplementedError("Restore the backup that was made before the upgrade.")
