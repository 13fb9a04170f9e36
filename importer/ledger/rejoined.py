"""Questions about what failed before, asked when a corrected file comes back."""

import json
import re
from collections.abc import Collection, Mapping

from sqlalchemy import Connection, select

from importer.domain.identity import normalise_part
from importer.domain.records import Plan, Result, Snapshot
from importer.domain.states import State
from importer.ledger import tables
from importer.ledger.plans import account_id
from importer.ledger.rows import chunks

_ODD = re.compile(r"[^!-~\0]|\.0+(?:\Z|\0)")  # what makes a label count as another spelling of itself


def failed_before(connection: Connection, plan: Plan, snapshot: Snapshot, profile: str) -> frozenset[str]:
    """The labels of those invoices of a plan, refused ones included, that an earlier run refused or had rejected.

    Refusals are those of runs with `profile`; a rejection speaks for its identity, whatever the run.
    """
    owner = account_id(connection, plan.account)
    if owner is None:
        return frozenset()
    labels = {item.frozen.invoice.label for item in plan.items}
    labels.update(refused.label for refused in plan.refused if refused.label)
    found = _refused(connection, owner, profile, labels)
    # a rejection is what makes the generation rise, or will
    tried = [one for one, known in snapshot.known.items() if known.generation or known.state is State.REJECTED]
    rejected = _rejected(connection, tried)
    if rejected:
        found |= {item.frozen.invoice.label for item in plan.items if item.frozen.external_id in rejected}
    return found


def numbers(connection: Connection, external_ids: Collection[str]) -> Mapping[str, str]:
    """What Facturalia calls these invoices (its number, else its id), by external_id; those it does not have left out."""
    invoices = tables.invoices.c
    found: dict[str, str] = {}
    for part in chunks(list(external_ids)):
        query = select(invoices.external_id, invoices.remote_number, invoices.remote_id)
        for row in connection.execute(query.where(invoices.external_id.in_(part))):
            if row.remote_number or row.remote_id:
                found[row.external_id] = row.remote_number or row.remote_id
    return found


def _refused(connection: Connection, owner: int, profile: str, labels: Collection[str]) -> frozenset[str]:
    """A refused invoice has no row of its own, so its label speaks for it, spelled as in any of the files."""
    runs = _runs_with_refusals(connection, owner, profile)
    if not runs or not labels:
        return frozenset()
    columns = tables.source_rows.c
    known: set[str] = set()
    for part in chunks(runs):
        query = select(columns.label).where(columns.run.in_(part), columns.bucket == "refused", columns.label != "")
        known.update(connection.execute(query.distinct()).scalars())
    if not known:
        return frozenset()
    plain = {_normal(label) for label in known}
    found = plain.intersection(labels)
    if _ODD.search("\0".join(labels)):  # one look at all of them, for hardly any is ever spelled in two ways
        found.update(label for label in labels if _ODD.search(label) and _normal(label) in plain)
    return frozenset(found)


def _runs_with_refusals(connection: Connection, owner: int, profile: str) -> list[str]:
    """Runs of the account that refused rows, or were cut off before they could tell: the others need no look."""
    runs, profiles = tables.runs.c, tables.profiles.c
    query = (
        select(runs.id, runs.summary)
        .join_from(tables.runs, tables.profiles)
        .where(runs.account == owner, profiles.name == profile)
    )
    return [row.id for row in connection.execute(query) if _refusals(row.summary)]


def _refusals(summary: str) -> bool:
    rows = json.loads(summary).get("rows")
    return not isinstance(rows, dict) or rows.get("refused") != 0


def _rejected(connection: Connection, external_ids: Collection[str]) -> frozenset[str]:
    attempts, invoices = tables.attempts.c, tables.invoices.c
    found: set[str] = set()
    for part in chunks(list(external_ids)):
        query = select(invoices.external_id).join_from(tables.attempts, tables.invoices)
        query = query.where(invoices.external_id.in_(part), attempts.result == str(Result.REJECTED))
        found.update(connection.execute(query.distinct()).scalars())
    return frozenset(found)


def _normal(label: str) -> str:
    """A label as the identity counts it, whole or part by part."""
    return " / ".join(normalise_part(part) for part in label.split(" / "))
