"""The laws that hold between deeds: what a run tells is what the ledger shows, and in the end everything has arrived."""

from collections import Counter
from collections.abc import Mapping, Sequence

from importer.domain.summary import Summary
from tests.faults.simulation.server import Facturalia
from tests.faults.simulation.source import Item
from tests.faults.simulation.watch import Name, Stored, Watch, hold_true

Rows = Mapping[Name, Stored]
ALIKE = {"unknown": {"unknown"}, "ready": {"ready", "sending"}, "rejected": {"rejected"}}


def agrees(server: Facturalia, watch: Watch) -> None:
    """Ledger and Facturalia say the same: one invoice each at most, posted means it exists, with the same bytes."""
    made = Counter((made.account, made.external_id) for made in server.made)
    twice = [name for name, count in made.items() if count > 1]
    hold_true(not twice, f"made twice: {twice}")
    rows = watch.rows()
    bodies = {(made.account, made.external_id): made.body for made in server.made}
    for name, row in rows.items():
        watch.rises(watch.story(name), row.generation)
        if row.state == "posted":
            hold_true(name in bodies, f"posted, and not in Facturalia: {row.label}")
            hold_true(bodies[name] == row.body, f"other bytes in Facturalia than in the ledger: {row.label}")
        if row.state in {"ready", "held", "rejected"}:
            hold_true(name not in bodies, f"{row.state}, and it exists: {row.label}")
    hold_true(bodies.keys() <= rows.keys(), "Facturalia has an invoice the ledger does not know")


def import_balances(
    summary: Summary, before: Rows, after: Rows, account: str, cart: Sequence[Item], *, broken: bool, limit: int | None
) -> None:
    """What an import tells."""
    counts, rows = summary.invoices, summary.rows
    _posted_balances(summary, before, after, account)
    hold_true(counts["total"] == len(cart) + broken, "the total is not what the file holds")
    labels = {item.key for item in cart}
    here = [row for name, row in after.items() if name[0] == account and row.label in labels and not row.settled]
    for told, states in ALIKE.items():
        hold_true(counts[told] == sum(row.state in states for row in here), f"{told} counts are not the ledger's")
    hold_true(limit is None or counts["posted"] <= limit, "more than the limit was posted")
    hold_true(rows["read"] == rows["invoiced"] + rows["refused"], "the rows do not add up")


def resume_balances(summary: Summary, before: Rows, after: Rows, account: str) -> None:
    """What a resume tells."""
    counts = summary.invoices
    _posted_balances(summary, before, after, account)
    told = sum(counts[place] for place in ("posted", "rejected", "unknown", "ready"))
    hold_true(counts["total"] == told, "the resumed invoices do not add up")


def clock_is_told(summary: Summary, *, behind: bool) -> None:
    """A clock that is behind what the ledger has seen is told to the user."""
    told = any(finding.code == "clock-went-back" for finding in summary.findings)
    hold_true(told or not behind, "a clock that was set back was not told")


def _posted_balances(summary: Summary, before: Rows, after: Rows, account: str) -> None:
    was = {name for name, row in before.items() if row.state == "posted"}
    posted = [row for name, row in after.items() if name[0] == account and row.state == "posted" and name not in was]
    told = summary.recovered["posted"]
    hold_true(summary.invoices["posted"] + told == len(posted), "posted counts are not the ledger's")
    if not told:  # what was recovered is told apart, without amounts
        hold_true(summary.totals.incl == sum(row.incl for row in posted), "the cents do not add up")


def all_there(watch: Watch, carts: Mapping[str, Sequence[Item]], *, allowed: set[Name]) -> None:
    """Once nothing fails any more: posted, held for a reason, put aside by a person, or among the `allowed`."""
    versions = {(account, item.key): item.version for account, cart in carts.items() for item in cart}
    rows = watch.rows()
    known = {(row.account, row.label) for row in rows.values()}
    hold_true(versions.keys() <= known, "lost: an invoice of the file is not in the ledger")
    for name, row in rows.items():
        named = (row.account, row.label) in versions
        aside = row.state == "held" or (row.state == "rejected" and (row.settled or not named))
        there = row.state == "posted" or name in allowed or aside
        hold_true(there, f"lost: {row.label} is {row.state} although nothing fails any more")
        if row.state == "held" and not row.settled:
            credit = versions.get((row.account, row.label), "credit") == "credit"
            hold_true(credit or watch.story(name).by_hand, f"lost: {row.label} is held without a reason")
