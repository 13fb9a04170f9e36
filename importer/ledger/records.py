"""What the ledger tells of itself: plain records for reports, pages and commands."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from importer.domain.identity import Account
from importer.domain.money import RateTotal
from importer.domain.states import State


class InvoiceRecord(NamedTuple):
    """An invoice as the ledger knows it. Money in cents; `plan_class` and `difference` are those of a run if asked by run.

    `customer` is empty once the request bytes were purged. `settled`: a person took it off the list of things to do.
    """

    external_id: str
    label: str
    system: str
    state: State
    reason: str
    generation: int
    key: str
    digest: str
    lines: int
    excl: int
    vat: int
    incl: int
    rates: tuple[RateTotal, ...]
    attempts: int
    ambiguous: bool
    first_attempt_at: datetime | None
    remote_id: str
    number: str
    pdf_url: str
    remote_excl: int | None
    remote_incl: int | None
    settled: bool
    changed: bool
    difference: str
    customer: str
    run: str
    created_at: datetime
    updated_at: datetime
    posted_at: datetime | None
    plan_class: str = ""


class Attention(NamedTuple):
    """An invoice that needs a person. `state` is `unknown`, `held`, `rejected` or `changed`."""

    external_id: str
    invoice: str
    state: str
    reason: str
    since: datetime
    account: Account


class RunRecord(NamedTuple):
    """One run. `finished_at` and `exit_code` are None while it lasts, or if it was killed."""

    run: str
    account: Account
    command: str
    profile: str
    profile_version: str
    plan_digest: str
    importer_version: str
    started_at: datetime
    finished_at: datetime | None
    exit_code: int | None
    summary: Mapping[str, object]


class RunRow(NamedTuple):
    """Rows `first` to `last` of a run and where they ended; the state is that of now.

    `bucket` is invoiced, skipped or refused; `plan_class`, `state` and what follows are empty unless invoiced.
    `message` says why: the rule that skipped, the codes that refused, the reason of the state, the difference.
    """

    sheet: int
    file: str
    sheet_name: str
    first: int
    last: int
    bucket: str
    label: str
    external_id: str
    plan_class: str
    state: str
    remote_id: str
    number: str
    message: str


class AttemptRecord(NamedTuple):
    """One POST of an invoice. `finished_at` is None if no outcome was recorded."""

    run: str
    number: int
    generation: int
    started_at: datetime
    finished_at: datetime | None
    result: str
    status: int
    code: str
    detail: str
    replayed: bool
