"""What the ledger gives and takes: plain records, shared by `plan`, `submit`, the ledger and the front doors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from importer.domain.acceptance import Acceptance
from importer.domain.findings import Finding
from importer.domain.identity import Account
from importer.domain.invoice import Agreement, Invoice, Refused, RowCounts, Sheet, SkippedRows
from importer.domain.money import RateTotal
from importer.domain.states import PlanClass, State


class ProfileRecord(NamedTuple):
    """A profile as a run used it. `digest` is the SHA-256 of `text`; `fixed` the dotted payload paths with fixed values."""

    name: str
    version: str
    digest: str
    text: str
    fixed: frozenset[str]


class Frozen(NamedTuple):
    """An invoice with its identity and its exact request bytes. `digest` is the SHA-256 of `body`, hexadecimal."""

    invoice: Invoice
    external_id: str
    body: bytes
    digest: str


class Known(NamedTuple):
    """What the ledger knows of an invoice in a plan. `body` is filled only where the digest differs (or None if purged).

    `settled` is a person's `resolve --as settled`; `fixed` are the dotted payload paths the profile had fixed values
    for when these bytes were made.
    """

    external_id: str
    state: State
    digest: str
    generation: int
    reason: str
    settled: bool
    number: str  # what Facturalia calls it, if known
    body: bytes | None
    fixed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The ledger as a plan sees it: the invoices asked for, and what this account has posted before."""

    known: Mapping[str, Known]  # by external_id
    products: frozenset[str]  # product codes posted before in this account
    customers: frozenset[str]  # `customer_mark`s posted before in this account


class PlanItem(NamedTuple):
    """One invoice of a plan: what it is against the ledger. `difference` only for `changed`."""

    frozen: Frozen
    plan_class: PlanClass
    reason: str = ""
    difference: str = ""


class Totals(NamedTuple):
    """Sums in cents."""

    excl: int
    vat: int
    incl: int
    rates: tuple[RateTotal, ...]


@dataclass(slots=True, kw_only=True)
class Plan:
    """What would be sent, complete before the first byte goes out.

    `items` are in file order; `refused` and `findings` say what is wrong with the file; `rows` balance. `totals` are
    those of the items that would be posted, `file_totals` of all items not held. `new_products` and `new_customers`
    were never posted before in this account: products must exist there, customers will be created. `failed_before` are
    the labels of those invoices, refused ones included, that an earlier run refused or had rejected.
    """

    account: Account
    digest: str
    items: list[PlanItem]
    refused: list[Refused]
    findings: list[Finding]
    rows: RowCounts
    skipped: list[SkippedRows]
    sheets: list[Sheet]
    totals: Totals
    file_totals: Totals
    new_products: list[str] = field(default_factory=list)
    new_customers: list[Mapping[str, str]] = field(default_factory=list)  # the API's customer fields
    failed_before: frozenset[str] = frozenset()
    accepted: tuple[Acceptance, ...] = ()  # what a person let pass
    agreements: tuple[Agreement, ...] = ()  # the file's own totals beside ours, over all items


class Queued(NamedTuple):
    """An invoice to send: everything an attempt needs, exactly as stored.

    `first_attempt_at` is when this generation was first tried, None if never. `ambiguous` says that an earlier
    attempt may have made the invoice. `lines` and `incl` (cents) serve the canary.

    Further witnesses of its age, for doubtful invoices without a number only, about the attempts of this generation
    that may have made it: `first_elapsed` is the earliest of this boot, on the clock that never jumps, and `same_boot`
    says that no earlier one was made in another; `newest_event` is the latest moment the ledger has seen since, and
    `set_back` are the two moments, one after the other, by which it has seen the wall clock go back since.
    """

    external_id: str
    label: str
    body: bytes
    key: str  # Idempotency-Key
    generation: int
    state: State
    first_attempt_at: datetime | None
    ambiguous: bool
    has_number: bool  # the body carries invoice.number
    lines: int
    excl: int
    incl: int
    attempts: int = 0  # begun so far, over all generations
    first_elapsed: float | None = None  # seconds
    same_boot: bool = False
    newest_event: datetime | None = None
    set_back: tuple[datetime, datetime] | None = None


class Result(StrEnum):
    """What one attempt proved."""

    NOT_SENT = "not-sent"  # nothing left this machine, or the API says it did not execute (429)
    AMBIGUOUS = "ambiguous"  # it may exist
    POSTED = "posted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"  # cannot be proved without a person
    REFUSED_US = "refused-us"  # our configuration; no invoice is blamed, nothing was made


class Attempt(NamedTuple):
    """The intent of one POST, made durable before the socket is written. `number` counts attempts of the invoice from 1.

    `at` is by the wall clock; `elapsed_ms` by the clock of `boot` that never jumps, and means nothing without it.
    """

    external_id: str
    run: str
    number: int
    generation: int
    at: datetime
    boot: str = ""
    elapsed_ms: int = 0


class Answered(NamedTuple):
    """What Facturalia said of a posted invoice. Money in cents, None where the answer does not say."""

    remote_id: str = ""
    number: str = ""
    pdf_url: str = ""
    excl: int | None = None
    incl: int | None = None
    replayed: bool = False


class Outcome(NamedTuple):
    """The result of an attempt, and the state the invoice is in afterwards.

    `status` is the HTTP status (0: no answer), `code` the API's error code or our own word, `detail` a sentence
    without customer data, `body` the whole answer as received (empty: none).
    """

    attempt: Attempt
    at: datetime
    result: Result
    state: State
    ambiguous: bool
    status: int = 0
    code: str = ""
    detail: str = ""
    body: bytes = b""
    answered: Answered = Answered()
