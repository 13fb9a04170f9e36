"""PLAN: what would be sent, decided completely before the first byte goes out. Pure: it reads nothing, writes nothing."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

from importer.domain.findings import Finding
from importer.domain.identity import Account, customer_mark, external_ids
from importer.domain.invoice import Grouped, Invoice, Sheet, SkippedRows
from importer.domain.money import RateTotal
from importer.domain.records import Frozen, Known, Plan, PlanItem, Snapshot, Totals
from importer.domain.states import SENDABLE, PlanClass, State
from importer.facturalia.payload import DEFAULTS, PayloadWriter, differences

WHO = ("customer_id", "vat_number", "name")
BY_HAND = "hold:"  # a ledger reason that starts so is a person's


def freeze_invoices(invoices: Sequence[Invoice], account: Account, system: str) -> list[Frozen]:
    """Give each invoice its identity and its exact request bytes, in the same order."""
    writer = PayloadWriter()
    frozen = []
    identities = external_ids(account, system, (invoice.key for invoice in invoices))
    for invoice, identity in zip(invoices, identities, strict=True):
        body = writer.body(invoice, identity)
        frozen.append(Frozen(invoice, identity, body, hashlib.sha256(body).hexdigest()))
    return frozen


def make_plan(
    frozen: Sequence[Frozen],
    grouped: Grouped,
    findings: Sequence[Finding],
    snapshot: Snapshot,
    *,
    account: Account,
    fixed: frozenset[str],
    sheets: Sequence[Sheet],
    skipped: Sequence[SkippedRows],
) -> Plan:
    """Compare the source with the ledger: each invoice gets exactly one class, in file order.

    `fixed` are the payload paths whose value the profile itself fixes: a difference in those alone is a note
    (`profile-changed`), not a change. The digest covers the account and every (external_id, class, payload hash), so
    another ledger state or another file gives another digest.
    """
    decided = [_classify(item, snapshot.known.get(item.external_id), fixed, sheets) for item in frozen]
    items = [item for item, _ in decided]
    send = [item.frozen.invoice for item in items if item.plan_class in SENDABLE]
    return Plan(
        account=account,
        digest=_digest(account, items),
        items=items,
        refused=grouped.refused,
        findings=[*findings, *(finding for _, found in decided for finding in found)],
        rows=grouped.rows,
        skipped=list(skipped),
        sheets=list(sheets),
        totals=add_up(send),
        file_totals=add_up(
            item.frozen.invoice
            for item in items
            if not item.frozen.invoice.hold and item.plan_class is not PlanClass.HELD
        ),
        new_products=_new_products(send, snapshot.products),
        new_customers=_new_customers(send, snapshot.customers),
        agreements=grouped.agreements,
    )


def add_up(invoices: Iterable[Invoice]) -> Totals:
    """Sums of invoices, in cents, also per rate."""
    excl = vat = incl = 0
    rates: dict[int, list[int]] = {}
    for invoice in invoices:
        excl += invoice.excl
        vat += invoice.vat
        incl += invoice.incl
        for rate, base, rate_vat in invoice.rates:
            sums = rates.setdefault(rate, [0, 0])
            sums[0] += base
            sums[1] += rate_vat
    return Totals(excl, vat, incl, tuple(RateTotal(rate, *rates[rate]) for rate in sorted(rates)))


def _classify(
    frozen: Frozen, known: Known | None, fixed: frozenset[str], sheets: Sequence[Sheet]
) -> tuple[PlanItem, list[Finding]]:
    invoice = frozen.invoice
    if known is not None and known.settled:
        return PlanItem(frozen, PlanClass.SETTLED), []
    if known is not None and known.state in {State.UNKNOWN, State.SENDING}:
        return _under_way(frozen, known, sheets)
    if invoice.hold:
        return PlanItem(frozen, PlanClass.HELD, invoice.hold), []
    if known is None:
        return PlanItem(frozen, PlanClass.NEW), []
    if known.state is State.POSTED:
        return _against_posted(frozen, known, fixed, sheets)
    if known.state is State.HELD and known.reason.startswith(BY_HAND):
        reason = known.reason.removeprefix(BY_HAND).strip()
        return PlanItem(frozen, PlanClass.HELD, "held-by-hand"), [
            _finding("held-by-hand", invoice, sheets, {"reason": reason})
        ]
    return PlanItem(frozen, PlanClass.RETRY if known.state is State.REJECTED else PlanClass.READY), []


def _under_way(frozen: Frozen, known: Known, sheets: Sequence[Sheet]) -> tuple[PlanItem, list[Finding]]:
    """Perhaps it exists already: whatever the file says now (even that it is a credit note), only stored bytes may go."""
    if known.state is State.UNKNOWN:
        return PlanItem(frozen, PlanClass.UNKNOWN, known.reason), [
            _finding("unknown", frozen.invoice, sheets, {"reason": known.reason})
        ]
    other = known.body is not None and known.digest != frozen.digest and differences(known.body, frozen.body)
    return PlanItem(frozen, PlanClass.REPLAY), [_finding("stored-bytes", frozen.invoice, sheets, {})] if other else []


def _against_posted(
    frozen: Frozen, known: Known, fixed: frozenset[str], sheets: Sequence[Sheet]
) -> tuple[PlanItem, list[Finding]]:
    """Posted before: the same, the same but for the profile's own values, or changed since."""
    if known.digest == frozen.digest:
        return PlanItem(frozen, PlanClass.ALREADY_POSTED), []
    if known.body is None:
        facts = {
            "number": f" as {known.number}" if known.number else "",
            "difference": "its stored copy was purged, only its hash differs",
        }
        return PlanItem(frozen, PlanClass.CHANGED, difference=facts["difference"]), [
            _finding("changed-since-posted", frozen.invoice, sheets, facts)
        ]
    found = differences(known.body, frozen.body)
    if not found:
        return PlanItem(frozen, PlanClass.ALREADY_POSTED), []
    shown = "; ".join(f'{path} was "{old}", is "{new}"' for path, (old, new) in found.items())
    if all(_is_the_profiles(path, new, fixed, known.fixed) for path, (_, new) in found.items()):
        return PlanItem(frozen, PlanClass.ALREADY_POSTED, "profile-changed"), [
            _finding("profile-changed", frozen.invoice, sheets, {"difference": shown})
        ]
    facts = {"number": f" as {known.number}" if known.number else "", "difference": shown}
    return PlanItem(frozen, PlanClass.CHANGED, difference=shown), [
        _finding("changed-since-posted", frozen.invoice, sheets, facts)
    ]


def _is_the_profiles(path: str, new: str, fixed: frozenset[str], before: frozenset[str]) -> bool:
    """Whether a difference is the profile's doing: it fixes the value, or fixed one that nothing has replaced.

    Where a column of the file took the place of the fixed value, the file speaks, and that is a change.
    """
    return path in fixed or (path in before and new == DEFAULTS.get(path.removeprefix("invoice."), ""))


def _finding(code: str, invoice: Invoice, sheets: Sequence[Sheet], facts: Mapping[str, str]) -> Finding:
    """A finding about a whole invoice, placed at its first row."""
    span = invoice.spans[0]
    sheet = sheets[span.sheet]
    return Finding(code, file=sheet.file.name, sheet=sheet.name, row=span.first, invoice=invoice.label, facts=facts)


def _digest(account: Account, items: Sequence[PlanItem]) -> str:
    proof = hashlib.sha256(json.dumps([*account], ensure_ascii=False).encode())
    for line in sorted(f"{item.frozen.external_id} {item.plan_class} {item.frozen.digest}\n" for item in items):
        proof.update(line.encode())
    return "sha256:" + proof.hexdigest()


def _new_products(invoices: Sequence[Invoice], known: frozenset[str]) -> list[str]:
    return sorted({line.product_code for invoice in invoices for line in invoice.lines} - known)


def _new_customers(invoices: Sequence[Invoice], known: frozenset[str]) -> list[Mapping[str, str]]:
    """Customers not posted before, each once, in file order. Equal customers share one object."""
    spelled: dict[tuple[str | None, ...], Mapping[str, str]] = {}
    for customer in {id(invoice.customer): invoice.customer for invoice in invoices}.values():
        spelled.setdefault(tuple(map(customer.get, WHO)), customer)  # what their mark is made of: marks cost time
    marked: dict[str, Mapping[str, str]] = {}
    for customer in spelled.values():
        marked.setdefault(customer_mark(customer), customer)
    return [customer for mark, customer in marked.items() if mark not in known]
