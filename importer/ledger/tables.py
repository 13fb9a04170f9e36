"""The ledger's tables. Money is whole cents, moments are sortable text, ids are integers or text: nothing is rounded.

Personal data stands in `bodies`, `answers`, `run_findings` and the `difference` columns only, so that it can be purged
while identities, digests and outcomes stay. `events` is append-only and holds no customer data.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)

from importer.domain.states import PlanClass, State

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def one_of(column: str, words: list[str]) -> str:
    """The SQL condition that `column` holds one of `words` (our own constants, no quotes in them)."""
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=text("''"))


accounts = Table(
    "accounts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("origin", Text, nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("origin", "name"),
)

profiles = Table(
    "profiles",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("fixed", Text, nullable=False),  # JSON list of dotted payload paths, sorted
    UniqueConstraint("name", "version", "digest", "fixed"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", ForeignKey("accounts.id"), nullable=False),
    Column("command", Text, nullable=False),
    Column("profile", ForeignKey("profiles.id")),
    Column("plan_digest", Text, nullable=False),
    Column("importer_version", Text, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("finished_at", Text),
    Column("exit_code", Integer),
    Column("summary", Text, nullable=False, server_default=text("'{}'")),  # JSON object
    CheckConstraint("(finished_at IS NULL) = (exit_code IS NULL)", name="finished_with_exit_code"),
    Index(None, "account", "started_at"),
)

files = Table(
    "files",  # one row a sheet: `sheet` is the number that spans refer to
    metadata,
    Column("run", ForeignKey("runs.id"), primary_key=True),
    Column("sheet", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sheet_name", Text, nullable=False),
    Column("header_row", Integer, nullable=False),
    Column("columns", Text, nullable=False),  # JSON: field path to [header, letter]
    Column("detected", Text, nullable=False),  # JSON object
)

invoices = Table(
    "invoices",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("account", ForeignKey("accounts.id"), nullable=False),
    Column("external_id", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("state", Text, nullable=False),
    _text("reason"),
    Column("generation", Integer, nullable=False),
    Column("idempotency_key", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("has_number", Integer, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("excl", BigInteger, nullable=False),
    Column("vat", BigInteger, nullable=False),
    Column("incl", BigInteger, nullable=False),
    Column("rates", Text, nullable=False),  # JSON list of [rate, base, vat]
    Column("first_attempt_at", Text),  # of this generation
    Column("attempts", Integer, nullable=False),  # over all generations
    Column("open_attempt", Integer),  # attempts.id whose outcome is not recorded
    Column("ambiguous", Integer, nullable=False),
    _text("remote_id"),
    _text("remote_number"),
    _text("pdf_url"),
    Column("remote_excl", BigInteger),
    Column("remote_incl", BigInteger),
    _text("settled_digest"),  # what a person called settled
    _text("seen_digest"),  # what the newest file says, where that is not what was posted
    _text("difference"),
    Column("profile", ForeignKey("profiles.id")),
    Column("run", Text, nullable=False),  # the last run that changed this row
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
    Column("posted_at", Text),
    Column("event", BigInteger, nullable=False),  # events.seq that recorded this row as it is
    UniqueConstraint("external_id"),
    CheckConstraint(one_of("state", [str(state) for state in State]), name="state_is_known"),
    CheckConstraint("length(external_id) = 36 AND external_id LIKE 'imp-%'", name="external_id_form"),
    CheckConstraint("length(digest) = 64", name="digest_is_sha256"),
    CheckConstraint("generation >= 0 AND attempts >= 0", name="counts_not_negative"),
    CheckConstraint("has_number IN (0, 1) AND ambiguous IN (0, 1)", name="flags_are_0_or_1"),
    CheckConstraint("ambiguous = 0 OR state IN ('sending', 'unknown')", name="ambiguous_only_while_unproved"),
    CheckConstraint("open_attempt IS NULL OR state = 'sending'", name="open_attempt_only_while_sending"),
    CheckConstraint(
        "state != 'sending' OR (first_attempt_at IS NOT NULL AND attempts > 0)", name="sending_was_attempted"
    ),
    CheckConstraint("(state = 'posted') = (posted_at IS NOT NULL)", name="posted_has_its_moment"),
    CheckConstraint("remote_id = '' OR state = 'posted'", name="remote_id_only_when_posted"),
    CheckConstraint("seen_digest = '' OR state = 'posted'", name="changed_only_when_posted"),
    CheckConstraint("settled_digest = '' OR state IN ('held', 'rejected', 'posted')", name="settled_only_when_at_rest"),
    CheckConstraint("state != 'held' OR reason != ''", name="held_for_a_reason"),
    Index(None, "account", "state"),
    Index(None, "account", "label"),
)

bodies = Table(
    "bodies",
    metadata,
    Column("invoice", ForeignKey("invoices.id"), primary_key=True),
    Column("customer", Text, nullable=False),  # a name for people: lists and reports
    Column("body", LargeBinary, nullable=False),  # the exact request bytes
)

answers = Table(
    "answers",
    metadata,
    Column("invoice", ForeignKey("invoices.id"), primary_key=True),
    Column("status", Integer, nullable=False),
    Column("received_at", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),  # the newest answer that had a body, whole
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("invoice", ForeignKey("invoices.id"), nullable=False),
    Column("run", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("finished_at", Text),
    _text("result"),
    Column("status", Integer, nullable=False, server_default=text("0")),
    _text("code"),
    _text("detail"),
    Column("replayed", Integer, nullable=False, server_default=text("0")),
    # what else tells its age, should the wall clock be set; all NULL in attempts of ledgers from before schema 0002
    Column("boot", Text),  # the start of the machine it was made in, where that is known
    Column("elapsed_ms", BigInteger),  # since that start, by the clock that never jumps
    Column("event", BigInteger),  # events.seq that recorded its beginning
    CheckConstraint("(finished_at IS NULL) = (result = '')", name="finished_with_result"),
    CheckConstraint("(boot IS NULL) = (elapsed_ms IS NULL)", name="elapsed_of_a_boot"),
    Index(None, "invoice"),
    Index("uq_attempts_one_open", "invoice", unique=True, sqlite_where=text("finished_at IS NULL")),
)

run_invoices = Table(
    "run_invoices",
    metadata,
    Column("run", ForeignKey("runs.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),  # plan order, which is file order
    Column("invoice", ForeignKey("invoices.id"), nullable=False),
    Column("plan_class", Text, nullable=False),
    _text("reason"),
    _text("difference"),
    UniqueConstraint("run", "invoice"),
    CheckConstraint(one_of("plan_class", [str(word) for word in PlanClass]), name="plan_class_is_known"),
)

source_rows = Table(
    "source_rows",
    metadata,
    Column("run", ForeignKey("runs.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("sheet", Integer, nullable=False),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("bucket", Text, nullable=False),
    Column("invoice", ForeignKey("invoices.id")),
    _text("label"),  # of a refused invoice
    _text("reason"),
    CheckConstraint("bucket IN ('invoiced', 'skipped', 'refused')", name="bucket_is_known"),
    CheckConstraint("(bucket = 'invoiced') = (invoice IS NOT NULL)", name="invoiced_names_its_invoice"),
    CheckConstraint("first <= last", name="first_before_last"),
)

run_findings = Table(
    "run_findings",
    metadata,
    Column("run", ForeignKey("runs.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("finding", Text, nullable=False),  # JSON list, the fields of a Finding
)

seen_products = Table(
    "seen_products",
    metadata,
    Column("account", ForeignKey("accounts.id"), primary_key=True),
    Column("code", Text, primary_key=True),
)

seen_customers = Table(
    "seen_customers",
    metadata,
    Column("account", ForeignKey("accounts.id"), primary_key=True),
    Column("mark", Text, primary_key=True),
)

events = Table(
    "events",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("at", Text, nullable=False),
    Column("run", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("data", Text, nullable=False),  # JSON object
    Column("prev_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    CheckConstraint("length(hash) = 64 AND length(prev_hash) = 64", name="hashes_are_sha256"),
)

EVENT_TRIGGERS = tuple(
    f"CREATE TRIGGER events_no_{deed} BEFORE {deed.upper()} ON events "
    "BEGIN SELECT RAISE(ABORT, 'events are append-only'); END"
    for deed in ("update", "delete")
)


@event.listens_for(events, "after_create")
def _make_append_only(_table: Table, connection: Connection, **_options: object) -> None:
    for statement in EVENT_TRIGGERS:
        connection.exec_driver_sql(statement)
