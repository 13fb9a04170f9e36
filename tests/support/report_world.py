"""Runs in a real ledger for the tests of the report: planned, sent and ended as the pipeline does it, without a network."""

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
from openpyxl.workbook import Workbook

from importer.domain.findings import Finding
from importer.domain.identity import Account
from importer.domain.invoice import Grouped, Invoice, Line, Refused, RowCounts, Sheet, SkippedRows, SourceFile, Span
from importer.domain.money import RateTotal, divide_half_up
from importer.domain.outcomes import tell_outcomes
from importer.domain.records import Answered, Attempt, Outcome, Plan, ProfileRecord, Result
from importer.domain.states import State
from importer.domain.summary import Summary, count_invoices, exit_code
from importer.ledger.store import Ledger, open_ledger
from importer.stations.plan import add_up, freeze_invoices, make_plan
from importer.stations.report import RunReport
from tests.secrets.canaries import NAME

ACCOUNT = Account("https://invoices.example", "kantoor")
SYSTEM = "acme"
PROFILE = ProfileRecord("acme-webshop", "7", hashlib.sha256(b"x").hexdigest(), "profile: acme-webshop\n", frozenset())
START = datetime(2026, 4, 1, 8, 0, tzinfo=UTC)
PDF = "https://invoices.example/pdf/"


class StepClock:
    """A clock that goes on by a second at each look."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        """The wall clock."""
        self.seconds += 1
        return START + timedelta(seconds=self.seconds)

    def elapsed(self) -> float:
        """Seconds so far."""
        return self.seconds

    def boot(self) -> str:
        """Not known."""
        return ""

    def sleep(self, seconds: float) -> None:
        """Wait without waiting."""
        self.seconds += seconds


class Fate(NamedTuple):
    """What sending makes of an invoice. `excl` and `incl`, in cents, are what the answer shows."""

    state: State
    detail: str = ""
    code: str = ""
    remote_id: str = ""
    number: str = ""
    replayed: bool = False
    excl: int | None = None
    incl: int | None = None


class Sent(NamedTuple):
    """Where sending left an invoice, as `tell_outcomes` asks for it."""

    external_id: str
    label: str
    state: State
    replayed: bool
    code: str
    detail: str
    answered: Answered


def sheet(file: str = "maart.xlsx", name: str = "Blad1", detected: Mapping[str, str] | None = None) -> Sheet:
    """A sheet that was read."""
    digest = hashlib.sha256(file.encode()).hexdigest()
    columns = {"invoice.number": ("Factuurnr", "A"), "lines.unit_price": ("Prijs", "I")}
    return Sheet(SourceFile(file, digest, 1_234_567), name, 1, columns, detected or {"encoding": "utf-8"})


def invoice(
    label: str,
    *spans: tuple[int, int, int],
    price: int = 10_000,
    rate: int = 21,
    hold: str = "",
    name: str = NAME,
) -> Invoice:
    """An invoice with one line of `price` cents for each of its rows; spans are (sheet, first, last)."""
    count = sum(last - first + 1 for _, first, last in spans)
    excl = price * count
    vat = divide_half_up(excl * rate, 100)
    literal = f"{price // 100}.{price % 100:02d}"
    return Invoice(
        key=(label,),
        label=label,
        header={"number": label, "date": "2026-03-03"},
        customer={"name": name},
        lines=(Line("00042", "1", literal, rate, price),) * count,
        excl=excl,
        vat=vat,
        incl=excl + vat,
        rates=(RateTotal(rate, excl, vat),),
        spans=tuple(Span(*span) for span in spans),
        hold=hold,
    )


def refused(label: str, *spans: tuple[int, int, int], codes: tuple[str, ...] = ("bad-amount",)) -> Refused:
    """A refused invoice."""
    return Refused(label=label, spans=tuple(Span(*span) for span in spans), codes=codes)


def skipped(reason: str, span: tuple[int, int, int]) -> SkippedRows:
    """Rows left out by a rule."""
    return SkippedRows(Span(*span), reason)


class World:
    """A ledger on file and runs in it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.db"
        self.ledger: Ledger = open_ledger(f"sqlite:///{self.path}", clock=StepClock())

    def plan(
        self,
        invoices: Sequence[Invoice],
        *,
        sheets: Sequence[Sheet] = (),
        refused: Sequence[Refused] = (),
        skipped: Sequence[SkippedRows] = (),
        findings: Sequence[Finding] = (),
    ) -> Plan:
        """The plan of these invoices against the ledger as it is."""
        invoiced = _size(span for one in invoices for span in one.spans)
        not_sent = _size(span for one in refused for span in one.spans)
        left_out = _size(one.span for one in skipped)
        rows = RowCounts(invoiced + not_sent + left_out, invoiced, left_out, not_sent)
        frozen = freeze_invoices(invoices, ACCOUNT, SYSTEM)
        return make_plan(
            frozen,
            Grouped(list(invoices), list(refused), rows),
            findings,
            self.ledger.snapshot(ACCOUNT, {one.external_id: one.digest for one in frozen}),
            account=ACCOUNT,
            fixed=frozenset(),
            sheets=sheets or [sheet()],
            skipped=skipped,
        )

    def begin(self, plan: Plan) -> str:
        """A run whose plan is stored, and nothing sent."""
        run = self.ledger.begin_run(
            ACCOUNT, "import", profile=PROFILE, plan_digest=plan.digest, importer_version="0.1.0"
        )
        self.ledger.store_plan(run, ACCOUNT, SYSTEM, PROFILE, plan)
        return run

    def run(self, plan: Plan, fates: Mapping[str, Fate], *, ends: bool = True) -> str:
        """A whole run: what has a fate is sent and gets it, the rest stays ready."""
        run = self.begin(plan)
        settled = self.send(run, fates)
        if not ends:
            return run
        posted = [
            item.frozen.invoice
            for item in plan.items
            if item.frozen.external_id in settled and settled[item.frozen.external_id].state is State.POSTED
        ]
        counts = count_invoices(plan, settled)
        rows = plan.rows._asdict()
        summary = Summary(
            run=run,
            plan=plan.digest,
            exit=exit_code(counts, rows, stop=None, sends=True),
            rows=rows,
            invoices=counts,
            totals=add_up(posted),
            file_totals=plan.file_totals,
            recovered={"posted": 0, "unknown": 0},
            findings=[*plan.findings, *tell_outcomes(settled.values(), (), plan)],
        )
        self.ledger.end_run(run, summary.exit, summary.as_json())
        return run

    def send(self, run: str, fates: Mapping[str, Fate], *, of_run: str | None = None) -> dict[str, Sent]:
        """Attempt the invoices of a run that have a fate."""
        settled = {}
        for one in self.ledger.queue(ACCOUNT, run=of_run or run, states=[State.READY]):
            if one.label not in fates:
                continue
            fate = fates[one.label]
            now = self.ledger._clock.now()
            attempt = Attempt(one.external_id, run, one.attempts + 1, one.generation, now)
            self.ledger.write(attempt).result(10)
            pdf = PDF + fate.remote_id if fate.remote_id else ""
            answered = Answered(fate.remote_id, fate.number, pdf, fate.excl, fate.incl, fate.replayed)
            results = {State.POSTED: Result.POSTED, State.REJECTED: Result.REJECTED, State.UNKNOWN: Result.UNKNOWN}
            outcome = Outcome(
                attempt,
                now,
                results[fate.state],
                fate.state,
                fate.state is State.UNKNOWN,
                status=201,
                code=fate.code,
                detail=fate.detail,
                body=b"{}",
                answered=answered,
            )
            self.ledger.write(outcome).result(10)
            settled[one.external_id] = Sent(
                one.external_id, one.label, fate.state, fate.replayed, fate.code, fate.detail, answered
            )
        return settled

    def report(self, run: str) -> RunReport:
        """What the ledger tells of a run."""
        ledger = self.ledger
        return RunReport(
            run=ledger.run_record(run),
            rows=ledger.run_rows(run),
            sheets=ledger.run_sheets(run),
            invoices=ledger.invoice_records(run),
            findings=ledger.run_findings(run),
            head=ledger.events_head(),
        )

    def edit(self, statement: str) -> None:
        """Change the ledger file behind its back."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                connection.execute(f"DROP TRIGGER {trigger}")
            connection.execute(statement)


def posted(label: str, **answer: Any) -> Fate:
    """A posted invoice with an id and a number made from its label."""
    return Fate(State.POSTED, remote_id=f"R-{label}", number=f"VF/{label}", **answer)


def opened(path: Path) -> Workbook:
    """The report as another program reads it."""
    return openpyxl.load_workbook(path)


def listed(path: Path, name: str) -> list[dict[str, Any]]:
    """A list sheet, and the sheets it goes on in, as one dictionary a row, by header."""
    found = []
    book = opened(path)
    for title in book.sheetnames:
        if title == name or (title.startswith(f"{name} ") and title.rpartition(" ")[2].isdigit()):
            head, *rows = book[title].iter_rows(values_only=True)
            found += [dict(zip(map(str, head), row, strict=True)) for row in rows]
    return found


def text_of(path: Path, name: str) -> list[list[Any]]:
    """A sheet as rows of what its cells hold, empty cells left out."""
    return [[cell for cell in row if cell is not None] for row in opened(path)[name].iter_rows(values_only=True)]


def _size(spans: Iterable[Span]) -> int:
    return sum(span.last - span.first + 1 for span in spans)
