"""What sending did, told as findings: in the user's file and cell where that is known."""

import re
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from importer.domain.findings import Finding
from importer.domain.invoice import Sheet, Span
from importer.domain.records import Answered, Plan, PlanItem
from importer.domain.states import State

OF_CLOCKS = frozenset({"clock-went-back", "clock-behind"})  # about the machine that sent
OUTCOME_CODES = frozenset({"rejected", "unknown", "id-not-found"}) | OF_CLOCKS  # the findings that sending makes

_FIELD = re.compile(r"\b(?:lines\.(\d+)\.(\w+)|(invoice|customer)\.(\w+))")

_SOURCE = {"invoice.due_days": "invoice.due_date"}  # what a file may say instead of the API's field


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
    places = {external_id: number for number, external_id in enumerate(items)}
    # in the order of the file, whichever answer came first
    for one in [*recovered, *sorted(sent, key=lambda one: places.get(one.external_id, -1))]:
        reason = one.detail or one.code
        if one.state is State.REJECTED:
            findings.append(
                _place(
                    Finding(
                        "rejected",
                        invoice=one.label,
                        facts={"answer": _in_cells(reason, items.get(one.external_id), sheets)},
                    ),
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
    """The finding with the place and value of the first field the answer names, else of the invoice's first row."""
    if item is None:
        return finding
    span = item.frozen.invoice.spans[0]
    named = _FIELD.search(answer)
    where = _where(named, item, sheets) if named else _Where(span.sheet, span.first, "", "", "")
    sheet = sheets[where.sheet]
    return finding._replace(
        file=sheet.file.name,
        sheet=sheet.name,
        row=where.row,
        column=where.column,
        cell=where.cell,
        value=where.value,
    )


class _Where(NamedTuple):
    """A field of the API in the user's file. Column, cell and value are empty where they are not known."""

    sheet: int
    row: int
    column: str
    cell: str
    value: str


def _where(named: re.Match[str], item: PlanItem, sheets: list[Sheet]) -> _Where:
    invoice = item.frozen.invoice
    line, line_field, section, name = named.groups()
    value = ""
    if line is not None:
        sheet, row = _row_of_line(invoice.spans, int(line))
        columns = sheets[sheet].columns
        if int(line) < len(invoice.places):
            sheet, row, columns = invoice.places[int(line)]
        path = f"lines.{line_field}"
        if line_field == "product_code" and int(line) < len(invoice.lines):
            value = invoice.lines[int(line)].product_code
    else:
        sheet, row = invoice.spans[0].sheet, invoice.spans[0].first
        columns = sheets[sheet].columns
        path = f"{section}.{name}"
    header, letter = columns.get(path) or columns.get(_SOURCE.get(path, ""), ("", ""))
    return _Where(sheet, row, header, f"{letter}{row}" if letter else "", value)


def _in_cells(answer: str, item: PlanItem | None, sheets: list[Sheet]) -> str:
    """What Facturalia said, with the fields it names as the user's cells, as in `K4 "1001": Product bestaat niet`."""
    if item is None:
        return answer

    def cell(named: re.Match[str]) -> str:
        where = _where(named, item, sheets)
        sheet = sheets[where.sheet]
        if not where.cell:
            return f"row {where.row}, {named[0]}"
        found = f"{sheet.name}!{where.cell}" if sheet.name else where.cell
        return f'{found} "{where.value}"' if where.value else found

    return _FIELD.sub(cell, answer).replace(".; ", ". ")


def _row_of_line(spans: tuple[Span, ...], line: int) -> tuple[int, int]:
    """Sheet number and row of line `line` (from 0): lines stand in the order of their rows."""
    for span in spans:
        count = span.last - span.first + 1
        if line < count:
            return span.sheet, span.first + line
        line -= count
    return spans[0].sheet, spans[0].first
