"""What sending did, told as findings: in the user's file and cell where that is known."""

import re
from collections.abc import Iterable
from typing import Protocol

from importer.domain.findings import Finding
from importer.domain.invoice import Sheet, Span
from importer.domain.records import Answered, Plan, PlanItem
from importer.domain.states import State

OUTCOME_CODES = frozenset({"rejected", "unknown", "id-not-found"})  # the findings made here

_FIELD = re.compile(r"\b(?:lines\.(\d+)\.(\w+)|(invoice|customer)\.(\w+))")


class Sent(Protocol):
    """Where sending left one invoice."""

    @property
    def external_id(self) -> str:
        """Its identity."""

    @property
    def label(self) -> str:
        """Its key as a person reads it."""

    @property
    def state(self) -> State:
        """Its state in the ledger."""

    @property
    def replayed(self) -> bool:
        """Facturalia had made it before, and said so."""

    @property
    def code(self) -> str:
        """The API's error code, or our own word."""

    @property
    def detail(self) -> str:
        """What Facturalia said, without customer data."""

    @property
    def answered(self) -> Answered:
        """What its answer shows."""


def tell_outcomes(sent: Iterable[Sent], recovered: Iterable[Sent] = (), plan: Plan | None = None) -> list[Finding]:
    """One finding for each invoice that was rejected, cannot be proved, or whose answer shows no id.

    The API names fields (`lines.0.unit_price`); with a plan they are translated back to the user's cell.
    """
    items = {item.frozen.external_id: item for item in plan.items} if plan is not None else {}
    sheets = plan.sheets if plan is not None else []
    findings = []
    for one in [*recovered, *sent]:
        reason = one.detail or one.code
        if one.state is State.REJECTED:
            findings.append(
                _place(
                    Finding("rejected", invoice=one.label, facts={"answer": reason}),
                    items.get(one.external_id),
                    sheets,
                    reason,
                )
            )
        elif one.state is State.UNKNOWN:
            findings.append(
                _place(
                    Finding("unknown", invoice=one.label, facts={"reason": reason}),
                    items.get(one.external_id),
                    sheets,
                    "",
                )
            )
        elif one.state is State.POSTED and not one.answered.remote_id:
            findings.append(_place(Finding("id-not-found", invoice=one.label), items.get(one.external_id), sheets, ""))
    return findings


def _place(finding: Finding, item: PlanItem | None, sheets: list[Sheet], answer: str) -> Finding:
    """The finding with the place of the first field the answer names, else of the invoice's first row."""
    if item is None:
        return finding
    spans = item.frozen.invoice.spans
    sheet_number, row = spans[0].sheet, spans[0].first
    column, cell = "", ""
    named = _FIELD.search(answer)
    if named:
        line, line_field, section, name = named.groups()
        if line is not None:
            sheet_number, row = _row_of_line(spans, int(line))
        path = f"lines.{line_field}" if line is not None else f"{section}.{name}"
        header, letter = sheets[sheet_number].columns.get(path, ("", ""))
        column, cell = header, f"{letter}{row}" if letter else ""
    sheet = sheets[sheet_number]
    return finding._replace(file=sheet.file.name, sheet=sheet.name, row=row, column=column, cell=cell)


def _row_of_line(spans: tuple[Span, ...], line: int) -> tuple[int, int]:
    """Sheet number and row of line `line` (from 0): lines stand in the order of their rows."""
    for span in spans:
        count = span.last - span.first + 1
        if line < count:
            return span.sheet, span.first + line
        line -= count
    return spans[0].sheet, spans[0].first
