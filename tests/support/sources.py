"""Small sources for the tests of the stations: a table is a text, a profile a base with changes.

    run = go('''
        1001;01/03/2026;Zoë;A1;2;10,00;21
        1001;01/03/2026;Zoë;A2;1;<n>2.5;21
    ''')

The header row is added (COLUMNS) unless the text brings its own. Cells are split at ";". `<n>` before a cell makes it
a number of a workbook, `<d>` a date, `<b>` a boolean, `<e>` an error, `<u>` a formula without result. A line with
another number of fields is a ragged row, a line of white space a blank row, `.` an empty cell.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pyarrow as pa

from importer.domain.circumstances import UNKNOWN, Circumstances
from importer.domain.findings import Finding
from importer.domain.identity import Account
from importer.domain.invoice import Grouped, Invoice, SourceFile
from importer.domain.records import Frozen, Known, Plan, Snapshot
from importer.domain.states import State
from importer.profile.model import Profile
from importer.stations.group import group_invoices
from importer.stations.map import map_columns
from importer.stations.plan import freeze_invoices, make_plan
from importer.stations.read import read_tables
from importer.stations.table import Kind, Mapped, Table, Validated
from importer.stations.validate import validate_rows

ACCOUNT = Account("https://invoices.example", "default")
COLUMNS = "Nr;Datum;Klant;Code;Aantal;Prijs;BTW"
BASE: Mapping[str, Any] = {
    "profile": "acme",
    "version": "1",
    "system": "acme",
    "source": {"decimal": ",", "thousands": ".", "dates": "%d/%m/%Y"},
    "invoice_key": ["Nr"],
    "prices": "excl_vat",
    "invoice": {"number": {"column": "Nr"}, "date": {"column": "Datum"}},
    "customer": {"name": {"column": "Klant"}},
    "lines": {
        "product_code": {"column": "Code"},
        "quantity": {"column": "Aantal"},
        "unit_price": {"column": "Prijs"},
        "vat_rate": {"column": "BTW", "strip": ["%"]},
    },
}
KINDS = {
    "n": Kind.NUMBER,
    "d": Kind.DATE,
    "b": Kind.BOOLEAN,
    "e": Kind.ERROR,
    "u": Kind.UNCALCULATED,
}


def profile(changes: Mapping[str, Any] | None = None) -> Profile:
    """The base profile with changes merged in, key by key; None takes a key out."""
    return Profile.model_validate(_merged(BASE, changes or {}))


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(merged.get(key), Mapping) and not _is_rule(value):
            merged[key] = _merged(merged[key], value)
        else:
            merged[key] = value
    return merged


def _is_rule(value: Mapping[str, Any]) -> bool:
    return bool({"column", "value", "first_of"} & set(value)) or "columns" in (value.get("join") or {})


def table(text: str, *, file: str = "maart.csv", sheet: str = "", columns: str = COLUMNS) -> Table:
    """A table as READ would hand it over; `columns` empty: the first line holds the headers."""
    lines = dedent(text).strip("\n").split("\n") if text.strip() else []
    if not columns:
        columns, lines = lines[0], lines[1:]
    return table_of(
        [line.strip().split(";") if line.strip() else [] for line in lines], columns.split(";"), file, sheet
    )


def table_of(rows: Sequence[Sequence[str]], headers: Sequence[str], file: str = "maart.csv", sheet: str = "") -> Table:
    """A table of rows of cells in the notation of this module; an empty row is blank."""
    width = len(headers)
    cells = [["" if cell == "." else cell for cell in row] for row in rows]
    ragged = {position: tuple(row) for position, row in enumerate(cells) if len(row) not in {0, width}}
    square = [[*row, *[""] * width][:width] for row in cells]
    parsed = [[_typed(cell) for cell in row] for row in square]
    columns = [
        pa.chunked_array([pa.array([row[place][0] for row in parsed], pa.large_string())]) for place in range(width)
    ]
    kinds = [np.array([row[place][1] for row in parsed], dtype=np.int8) for place in range(width)]
    facts = {"expected": str(width), "delimiter": ";"}
    findings = [
        Finding("ragged-row", file=file, sheet=sheet, row=position + 2, value=";".join(found), facts={"found": str(len(found)), **facts})
        for position, found in ragged.items()
    ]  # fmt: skip
    return Table(
        file=SourceFile(file, (file + "0" * 64)[:64], 1),
        sheet=sheet,
        header_row=1,
        headers=tuple(headers),
        columns=columns,
        rows=np.arange(2, len(rows) + 2, dtype=np.int64),
        kinds=[each if each.any() else None for each in kinds],
        detected={},
        ragged=ragged,
        findings=findings,
    )


def _typed(cell: str) -> tuple[str, int]:
    if len(cell) > 2 and cell[0] == "<" and cell[2] == ">" and cell[1] in KINDS:
        return cell[3:], int(KINDS[cell[1]])
    return cell, int(Kind.TEXT)


@dataclass
class Run:
    """Tables after MAP, VALIDATE and GROUP."""

    profile: Profile
    mapped: Mapped
    validated: Validated
    grouped: Grouped
    findings: list[Finding]

    @property
    def codes(self) -> list[str]:
        """The codes of all findings, in order."""
        return [finding.code for finding in self.findings]

    @property
    def invoices(self) -> dict[str, Invoice]:
        """The invoices that passed, by label."""
        return {invoice.label: invoice for invoice in self.grouped.invoices}

    @property
    def refused(self) -> dict[str, tuple[str, ...]]:
        """The codes of each refused invoice, by label."""
        return {refused.label: refused.codes for refused in self.grouped.refused}

    def the(self, code: str) -> Finding:
        """The only finding of this code."""
        (found,) = [finding for finding in self.findings if finding.code == code]
        return found

    def the_first(self, code: str) -> Finding:
        """The first finding of this code."""
        return next(finding for finding in self.findings if finding.code == code)

    def cells(self, code: str) -> list[str]:
        """The cells about which something is told, or the rows."""
        return [finding.cell or str(finding.row) for finding in self.findings if finding.code == code]

    @property
    def invoice(self) -> Invoice:
        """The only invoice."""
        (invoice,) = self.grouped.invoices
        return invoice

    def frozen(self, account: Account = ACCOUNT) -> list[Frozen]:
        """Identity and bytes of each invoice."""
        return freeze_invoices(self.grouped.invoices, account, self.profile.system)

    def bodies(self) -> dict[str, bytes]:
        """The request bytes by label."""
        return {each.invoice.label: each.body for each in self.frozen()}

    def plan(self, *known: Known, account: Account = ACCOUNT, **other: frozenset[str]) -> Plan:
        """The plan against a ledger that knows these invoices."""
        snapshot = Snapshot(
            {each.external_id: each for each in known},
            other.get("products", frozenset()),
            other.get("customers", frozenset()),
        )
        return make_plan(
            self.frozen(account),
            self.grouped,
            self.findings,
            snapshot,
            account=account,
            fixed=self.profile.fixed_paths(),
            sheets=self.mapped.sheets,
            skipped=self.mapped.skipped,
        )


def go(
    source: str | Iterable[Table],
    changes: Mapping[str, Any] | Profile | None = None,
    *,
    columns: str = COLUMNS,
    given: Circumstances = UNKNOWN,
) -> Run:
    """Take a text, or tables, through MAP, VALIDATE and GROUP."""
    rules = changes if isinstance(changes, Profile) else profile(changes)
    tables = [table(source, columns=columns)] if isinstance(source, str) else list(source)
    mapped = map_columns(tables, rules)
    validated = validate_rows(mapped, rules)
    grouped, findings = group_invoices(validated, rules, given)
    return Run(rules, mapped, validated, grouped, findings)


def go_file(path: Path, changes: Mapping[str, Any] | Profile | None = None, *, given: Circumstances = UNKNOWN) -> Run:
    """The same from a file on disk, through READ."""
    rules = changes if isinstance(changes, Profile) else profile(changes)
    tables = [found for source, needed in rules.readings() for found in read_tables(path, source, needed)]
    return go(tables, rules, given=given)


def fields(source: str, changes: Mapping[str, Any], path: str, *, columns: str = COLUMNS) -> list[str]:
    """What MAP makes of one field, row by row."""
    mapped = map_columns([table(source, columns=columns)], profile(changes))
    return [mapped.text(path, position) for position in range(len(mapped.frame))]


def known(frozen: Frozen, state: State, **changes: Any) -> Known:
    """What the ledger says of an invoice whose stored bytes are these."""
    record = Known(frozen.external_id, state, frozen.digest, 0, "", False, "", None, frozenset())
    return record._replace(**changes)
