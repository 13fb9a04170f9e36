"""Invoices, plans and ledgers for the tests of the ledger: defaults everywhere, so that a test shows what matters."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from importer.domain.findings import Finding
from importer.domain.identity import Account, external_id
from importer.domain.invoice import Invoice, Line, Refused, RowCounts, Sheet, SkippedRows, SourceFile, Span
from importer.domain.money import RateTotal
from importer.domain.records import (
    Answered,
    Attempt,
    Frozen,
    Outcome,
    Plan,
    PlanItem,
    ProfileRecord,
    Queued,
    Result,
    Totals,
)
from importer.domain.states import PlanClass, State
from importer.ledger.store import Ledger, open_ledger
from tests.secrets.canaries import NAME

ACCOUNT = Account("https://invoices.example", "default")
START = datetime(2026, 11, 22, 15, 30, 12, tzinfo=UTC)
PROFILE = ProfileRecord(
    "acme-webshop", "1", hashlib.sha256(b"x").hexdigest(), "profile: acme-webshop\n", frozenset({"invoice.language"})
)
FILE = SourceFile("maart.csv", hashlib.sha256(b"file").hexdigest(), 1_234)


class TestClock:
    """A clock that goes on by a step, a second unless told otherwise, at each look."""

    __test__ = False

    def __init__(self, step: float = 1.0, boot: str = "boot-1") -> None:
        self.seconds = 0.0
        self.step = step
        self.boot_name = boot

    def now(self) -> datetime:
        """The wall clock."""
        self.seconds += self.step
        return START + timedelta(seconds=self.seconds)

    def elapsed(self) -> float:
        """Seconds so far."""
        return self.seconds

    def boot(self) -> str:
        """The start of the machine, as the test says."""
        return self.boot_name

    def sleep(self, seconds: float) -> None:
        """Wait without waiting."""
        self.seconds += seconds


def url_of(path: Path) -> str:
    """The address of a ledger file."""
    return f"sqlite:///{path}"


def ledger_at(path: Path | None, *, threaded: bool = True, busy: float = 60.0) -> Ledger:
    """A ledger on file, or in memory."""
    return open_ledger(url_of(path) if path else "sqlite://", clock=TestClock(), threaded=threaded, busy=busy)


def frozen(
    label: str, *, price: str = "10.5", first: int = 2, customer: str = NAME, account: Account = ACCOUNT
) -> Frozen:
    """An invoice of one line with its bytes."""
    identity = external_id(account, "acme", [label])
    payload = {
        "external_id": identity,
        "invoice": {"number": label, "date": "2026-03-03"},
        "customer": {"name": customer},
        "lines": [{"product_code": "00042", "quantity": 1, "unit_price": float(price), "vat_rate": 21}],
    }
    body = json.dumps(payload, ensure_ascii=False).encode()
    excl = round(float(price) * 100)
    vat = excl * 21 // 100
    invoice = Invoice(
        key=(label,),
        label=label,
        header={"number": label, "date": "2026-03-03"},
        customer={"name": customer},
        lines=(Line("00042", "1", price, 21, excl),),
        excl=excl,
        vat=vat,
        incl=excl + vat,
        rates=(RateTotal(21, excl, vat),),
        spans=(Span(0, first, first),),
    )
    return Frozen(invoice, identity, body, hashlib.sha256(body).hexdigest())


def plan_of(
    items: Sequence[PlanItem],
    *,
    refused: Sequence[Refused] = (),
    skipped: Sequence[SkippedRows] = (),
    findings: Sequence[Finding] = (),
) -> Plan:
    """A plan of these items, as read from one sheet."""
    nothing = Totals(0, 0, 0, ())
    return Plan(
        account=ACCOUNT,
        digest="sha256:" + "0" * 64,
        items=list(items),
        refused=list(refused),
        findings=list(findings),
        rows=RowCounts(len(items), len(items), 0, 0),
        skipped=list(skipped),
        sheets=[Sheet(FILE, "", 1, {"lines.unit_price": ("Prijs", "I")}, {"encoding": "utf-8"})],
        totals=nothing,
        file_totals=nothing,
    )


def begin(ledger: Ledger, *, profile: ProfileRecord | None = PROFILE, account: Account = ACCOUNT) -> str:
    """A run that has begun."""
    return ledger.begin_run(account, "import", profile=profile, plan_digest="sha256:1", importer_version="0.1.0")


def stored(ledger: Ledger, *labels: str, plan_class: PlanClass = PlanClass.NEW, account: Account = ACCOUNT) -> str:
    """A run whose plan holds these invoices."""
    run = begin(ledger, account=account)
    items = [
        PlanItem(frozen(label, first=row, account=account), plan_class) for row, label in enumerate(labels, start=2)
    ]
    ledger.store_plan(run, account, "acme", PROFILE, plan_of(items))
    return run


def replan(ledger: Ledger, item: PlanItem) -> str:
    """A further run whose plan holds one item."""
    run = begin(ledger)
    ledger.store_plan(run, ACCOUNT, "acme", PROFILE, plan_of([item]))
    return run


def queued(ledger: Ledger, label: str, account: Account = ACCOUNT) -> Queued:
    """What the queue says of one invoice, whatever its state."""
    return next(each for each in ledger.queue(account, states=list(State)) if each.label == label)


def attempt_of(each: Queued, run: str = "run", *, seconds: float = 100, boot: str = "boot-1") -> Attempt:
    """The next attempt of a queued invoice; both clocks say `seconds`."""
    at = START + timedelta(seconds=seconds)
    return Attempt(each.external_id, run, each.attempts + 1, each.generation, at, boot, int(seconds * 1000))


def outcome_of(
    attempt: Attempt, state: State, *, result: Result | None = None, ambiguous: bool = False, body: bytes = b"",
    code: str = "", remote_id: str = "",
) -> Outcome:  # fmt: skip
    """An outcome that makes the invoice `state`."""
    usual = {
        State.POSTED: Result.POSTED,
        State.REJECTED: Result.REJECTED,
        State.UNKNOWN: Result.UNKNOWN,
        State.READY: Result.NOT_SENT,
        State.SENDING: Result.AMBIGUOUS,
        State.HELD: Result.NOT_SENT,
    }
    answered = Answered(remote_id=remote_id, number="2026-1" if remote_id else "", excl=1050, incl=1270)
    at = attempt.at + timedelta(seconds=1)
    return Outcome(
        attempt, at, result or usual[state], state, ambiguous, 201, code, "A sentence." if code else "", body, answered
    )


def run_to(ledger: Ledger, label: str, state: State, *, ambiguous: bool = False, run: str = "run") -> None:
    """Attempt an invoice and bring it to `state`."""
    attempt = attempt_of(queued(ledger, label), run)
    ledger.write(attempt).result(10)
    remote = "R-1" if state is State.POSTED else ""
    body = b'{"id": "R-1"}' if state is State.POSTED else b""
    ledger.write(outcome_of(attempt, state, ambiguous=ambiguous, remote_id=remote, body=body)).result(10)
