"""The ledger as it began: accounts, runs, invoices, attempts, and the chain of events."""

from collections.abc import Sequence

import sqlalchemy as sa

from alembic import op

revision: str = "0001"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make every table, index and trigger."""
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("origin", "name", name=op.f("uq_accounts_origin_name")),
    )
    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint("length(hash) = 64 AND length(prev_hash) = 64", name=op.f("ck_events_hashes_are_sha256")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_events")),
    )
    op.create_table(
        "profiles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("fixed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profiles")),
        sa.UniqueConstraint("name", "version", "digest", "fixed", name=op.f("uq_profiles_name_version_digest_fixed")),
    )
    op.create_table(
        "invoices",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("has_number", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("excl", sa.BigInteger(), nullable=False),
        sa.Column("vat", sa.BigInteger(), nullable=False),
        sa.Column("incl", sa.BigInteger(), nullable=False),
        sa.Column("rates", sa.Text(), nullable=False),
        sa.Column("first_attempt_at", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("open_attempt", sa.Integer(), nullable=True),
        sa.Column("ambiguous", sa.Integer(), nullable=False),
        sa.Column("remote_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("remote_number", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("pdf_url", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("remote_excl", sa.BigInteger(), nullable=True),
        sa.Column("remote_incl", sa.BigInteger(), nullable=True),
        sa.Column("settled_digest", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("seen_digest", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("difference", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("profile", sa.Integer(), nullable=True),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=False),
        sa.Column("posted_at", sa.Text(), nullable=True),
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(state = 'posted') = (posted_at IS NOT NULL)", name=op.f("ck_invoices_posted_has_its_moment")
        ),
        sa.CheckConstraint(
            "ambiguous = 0 OR state IN ('sending', 'unknown')", name=op.f("ck_invoices_ambiguous_only_while_unproved")
        ),
        sa.CheckConstraint(
            "length(external_id) = 36 AND external_id LIKE 'imp-%'", name=op.f("ck_invoices_external_id_form")
        ),
        sa.CheckConstraint(
            "open_attempt IS NULL OR state = 'sending'", name=op.f("ck_invoices_open_attempt_only_while_sending")
        ),
        sa.CheckConstraint("remote_id = '' OR state = 'posted'", name=op.f("ck_invoices_remote_id_only_when_posted")),
        sa.CheckConstraint("seen_digest = '' OR state = 'posted'", name=op.f("ck_invoices_changed_only_when_posted")),
        sa.CheckConstraint(
            "settled_digest = '' OR state IN ('held', 'rejected', 'posted')",
            name=op.f("ck_invoices_settled_only_when_at_rest"),
        ),
        sa.CheckConstraint("state != 'held' OR reason != ''", name=op.f("ck_invoices_held_for_a_reason")),
        sa.CheckConstraint(
            "state != 'sending' OR (first_attempt_at IS NOT NULL AND attempts > 0)",
            name=op.f("ck_invoices_sending_was_attempted"),
        ),
        sa.CheckConstraint(
            "state IN ('ready', 'sending', 'posted', 'rejected', 'unknown', 'held')",
            name=op.f("ck_invoices_state_is_known"),
        ),
        sa.CheckConstraint("generation >= 0 AND attempts >= 0", name=op.f("ck_invoices_counts_not_negative")),
        sa.CheckConstraint("has_number IN (0, 1) AND ambiguous IN (0, 1)", name=op.f("ck_invoices_flags_are_0_or_1")),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_invoices_digest_is_sha256")),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_invoices_account")),
        sa.ForeignKeyConstraint(["profile"], ["profiles.id"], name=op.f("fk_invoices_profile")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint("external_id", name=op.f("uq_invoices_external_id")),
    )
    op.create_index(op.f("ix_invoices_account_label"), "invoices", ["account", "label"], unique=False)
    op.create_index(op.f("ix_invoices_account_state"), "invoices", ["account", "state"], unique=False)
    op.create_table(
        "runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account", sa.Integer(), nullable=False),
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("profile", sa.Integer(), nullable=True),
        sa.Column("plan_digest", sa.Text(), nullable=False),
        sa.Column("importer_version", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.Text(), nullable=True),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("summary", sa.Text(), server_default=sa.text("'{}'"), nullable=False),
        sa.CheckConstraint("(finished_at IS NULL) = (exit_code IS NULL)", name=op.f("ck_runs_finished_with_exit_code")),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_runs_account")),
        sa.ForeignKeyConstraint(["profile"], ["profiles.id"], name=op.f("fk_runs_profile")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    op.create_index(op.f("ix_runs_account_started_at"), "runs", ["account", "started_at"], unique=False)
    op.create_table(
        "seen_customers",
        sa.Column("account", sa.Integer(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_seen_customers_account")),
        sa.PrimaryKeyConstraint("account", "mark", name=op.f("pk_seen_customers")),
    )
    op.create_table(
        "seen_products",
        sa.Column("account", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_seen_products_account")),
        sa.PrimaryKeyConstraint("account", "code", name=op.f("pk_seen_products")),
    )
    op.create_table(
        "answers",
        sa.Column("invoice", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["invoice"], ["invoices.id"], name=op.f("fk_answers_invoice")),
        sa.PrimaryKeyConstraint("invoice", name=op.f("pk_answers")),
    )
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
        sa.CheckConstraint("(finished_at IS NULL) = (result = '')", name=op.f("ck_attempts_finished_with_result")),
        sa.ForeignKeyConstraint(["invoice"], ["invoices.id"], name=op.f("fk_attempts_invoice")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index(op.f("ix_attempts_invoice"), "attempts", ["invoice"], unique=False)
    op.create_index(
        "uq_attempts_one_open", "attempts", ["invoice"], unique=True, sqlite_where=sa.text("finished_at IS NULL")
    )
    op.create_table(
        "bodies",
        sa.Column("invoice", sa.Integer(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["invoice"], ["invoices.id"], name=op.f("fk_bodies_invoice")),
        sa.PrimaryKeyConstraint("invoice", name=op.f("pk_bodies")),
    )
    op.create_table(
        "files",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("sheet", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sheet_name", sa.Text(), nullable=False),
        sa.Column("header_row", sa.Integer(), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("detected", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_files_run")),
        sa.PrimaryKeyConstraint("run", "sheet", name=op.f("pk_files")),
    )
    op.create_table(
        "run_findings",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_run_findings_run")),
        sa.PrimaryKeyConstraint("run", "position", name=op.f("pk_run_findings")),
    )
    op.create_table(
        "run_invoices",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("invoice", sa.Integer(), nullable=False),
        sa.Column("plan_class", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("difference", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(
            "plan_class IN ('new', 'ready', 'retry', 'replay', 'already_posted', 'changed', 'held', 'settled', 'unknown', 'refused')",
            name=op.f("ck_run_invoices_plan_class_is_known"),
        ),
        sa.ForeignKeyConstraint(["invoice"], ["invoices.id"], name=op.f("fk_run_invoices_invoice")),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_run_invoices_run")),
        sa.PrimaryKeyConstraint("run", "position", name=op.f("pk_run_invoices")),
        sa.UniqueConstraint("run", "invoice", name=op.f("uq_run_invoices_run_invoice")),
    )
    op.create_table(
        "source_rows",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sheet", sa.Integer(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("invoice", sa.Integer(), nullable=True),
        sa.Column("label", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(
            "(bucket = 'invoiced') = (invoice IS NOT NULL)", name=op.f("ck_source_rows_invoiced_names_its_invoice")
        ),
        sa.CheckConstraint("bucket IN ('invoiced', 'skipped', 'refused')", name=op.f("ck_source_rows_bucket_is_known")),
        sa.CheckConstraint("first <= last", name=op.f("ck_source_rows_first_before_last")),
        sa.ForeignKeyConstraint(["invoice"], ["invoices.id"], name=op.f("fk_source_rows_invoice")),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_source_rows_run")),
        sa.PrimaryKeyConstraint("run", "position", name=op.f("pk_source_rows")),
    )
    for deed in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER events_no_{deed.lower()} BEFORE {deed} ON events "
            "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
        )


def downgrade() -> None:
    """There is nothing before this version."""
    raise NotImplementedError("This is the first version of the ledger.")
