"""The arithmetic of a report: every invoice in one place, every row in one bucket, every cent in one sum."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from importer.domain.money import RateTotal, add_rates, cents_of
from importer.domain.records import Totals
from importer.domain.states import PlanClass, State
from importer.ledger.records import InvoiceRecord, RunRecord, RunRow
from importer.stations.report.model import Place, RunReport

BUCKETS = ("invoiced", "skipped", "refused")
INVOICE_PLACES = tuple(place for place in Place if place is not Place.SKIPPED)


@dataclass(frozen=True, slots=True)
class Accounts:
    """A run added up. `places` by external_id; `counts` and `sums` by place; `rows` has `read` and the buckets.

    What ends in `_at_end`, and `ended` (invoices by place), is what the run itself told at its end; None if it told
    nothing. `refused` are the labels of refused invoices, in order. `answered` are the invoices whose totals
    Facturalia's answer shows.
    """

    places: Mapping[str, Place]
    counts: Mapping[Place, int]
    sums: Mapping[Place, Totals]
    rows: Mapping[str, int]
    refused: tuple[str, ...]
    ended: Mapping[str, int] | None
    rows_at_end: Mapping[str, int] | None
    posted_at_end: Totals | None
    files_at_end: Totals | None
    recovered: Mapping[str, int]
    rejoined: Mapping[str, int]
    answered: Sequence[InvoiceRecord]


def add_up(report: RunReport) -> Accounts:
    """Give each invoice its place and add up. Raises RuntimeError where rows do not balance: that is a bug."""
    run = report.run
    places = {invoice.external_id: place_of(invoice, run) for invoice in report.invoices}
    refused = tuple(dict.fromkeys(row.label for row in report.rows if row.bucket == "refused" and row.label))
    counts = Counter(places[invoice.external_id] for invoice in report.invoices)
    counts[Place.REFUSED] = len(refused)
    grouped: dict[Place, list[InvoiceRecord]] = {}
    for invoice in report.invoices:
        grouped.setdefault(places[invoice.external_id], []).append(invoice)
    rows_at_end = _numbers(run.summary.get("rows"))
    return Accounts(
        places=places,
        counts={place: counts[place] for place in INVOICE_PLACES},
        sums={place: total(grouped[place]) for place in INVOICE_PLACES if place in grouped},
        rows=_count_rows(report.rows, rows_at_end),
        refused=refused,
        rows_at_end=rows_at_end,
        ended=_numbers(run.summary.get("invoices")),
        posted_at_end=_totals(run.summary.get("totals")),
        files_at_end=_totals(run.summary.get("file_totals")),
        recovered=_recovered(run),
        rejoined=_numbers(run.summary.get("rejoined")) or {},
        answered=[
            invoice for invoice in report.invoices if invoice.remote_excl is not None or invoice.remote_incl is not None
        ],
    )


def place_of(invoice: InvoiceRecord, run: RunRecord) -> Place:
    """Where an invoice of a run stands now, told from the run: what it posted stays its own, whatever came later."""
    if invoice.state is not State.POSTED:
        if invoice.settled and invoice.state in {State.HELD, State.REJECTED}:
            return Place.SETTLED
        return Place.READY if invoice.state is State.SENDING else Place(str(invoice.state))
    if invoice.posted_at is not None and invoice.posted_at >= run.started_at:
        ended_here = invoice.run == run.run if run.finished_at is None else invoice.posted_at <= run.finished_at
        return Place.POSTED if ended_here else Place.POSTED_LATER
    if invoice.plan_class in {PlanClass.CHANGED, PlanClass.HELD, PlanClass.SETTLED}:
        if invoice.plan_class == PlanClass.CHANGED and invoice.changed:
            return Place.CHANGED
        if invoice.settled:
            return Place.SETTLED
        return Place.HELD if invoice.plan_class == PlanClass.HELD else Place.ALREADY_POSTED
    return Place.ALREADY_POSTED


def total(invoices: Sequence[InvoiceRecord]) -> Totals:
    """The sums of invoices as the ledger holds them."""
    return Totals(
        sum(invoice.excl for invoice in invoices),
        sum(invoice.vat for invoice in invoices),
        sum(invoice.incl for invoice in invoices),
        add_rates(rate for invoice in invoices for rate in invoice.rates),
    )


def joined(sums: Sequence[Totals]) -> Totals:
    """The sum of sums."""
    return Totals(
        sum(one.excl for one in sums),
        sum(one.vat for one in sums),
        sum(one.incl for one in sums),
        add_rates(rate for one in sums for rate in one.rates),
    )


def _count_rows(rows: Sequence[RunRow], told: Mapping[str, int] | None) -> Mapping[str, int]:
    """Rows by bucket, each row of a sheet once; what the run told of itself must be the same."""
    counts = dict.fromkeys(("read", *BUCKETS), 0)
    at = (-1, 0)  # sheet and row of the last row counted
    for row in rows:
        if row.bucket not in BUCKETS or row.last < row.first or (row.sheet, row.first) <= at:
            msg = f"rows {row.first} to {row.last} of sheet {row.sheet} are out of order, or in two buckets"
            raise RuntimeError(msg)
        at = (row.sheet, row.last)
        counts[row.bucket] += row.last - row.first + 1
    counts["read"] = sum(counts[bucket] for bucket in BUCKETS)
    if told is not None and any(told.get(name) != number for name, number in counts.items()):
        msg = f"rows do not balance: the run told {dict(told)}, its rows are {counts}"
        raise RuntimeError(msg)
    return counts


def _recovered(run: RunRecord) -> Mapping[str, int]:
    """What was settled of earlier runs. The run that does nothing else tells its two counts and nothing around them."""
    told = run.summary if run.command == "recover" else run.summary.get("recovered")
    return {"posted": 0, "unknown": 0, **(_numbers(told) or {})}


def _numbers(value: object) -> dict[str, int] | None:
    """The whole numbers of a JSON object by name; None if there are none."""
    if not isinstance(value, Mapping):
        return None
    found = {str(name): number for name, number in value.items() if isinstance(number, int)}
    return found or None


def _totals(value: object) -> Totals | None:
    """The inverse of how a summary writes totals; None if it wrote none."""
    if not isinstance(value, Mapping) or "incl_vat" not in value:
        return None
    rates = value.get("by_rate")
    by_rate = rates if isinstance(rates, Mapping) else {}
    return Totals(
        cents_of(value.get("excl_vat")) or 0,
        cents_of(value.get("vat")) or 0,
        cents_of(value.get("incl_vat")) or 0,
        tuple(
            RateTotal(int(rate), cents_of(sums["base"]) or 0, cents_of(sums["vat"]) or 0)
            for rate, sums in by_rate.items()
        ),
    )
