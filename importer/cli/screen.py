"""What commands print: JSON for programs, plain tables for people. Data to standard output, progress to standard error."""

import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from importer.cli.jsontext import json_text
from importer.cli.language import speech, tr, trn
from importer.cli.streams import tell
from importer.domain.invoice import Sheet
from importer.domain.records import Plan, Totals
from importer.domain.summary import Summary

PLACES = {
    "posted": "posted in this run",
    "already_posted": "posted before",
    "ready": "not posted yet: `importer resume`, or the same command again, goes on",
    "held": "held: a person decides",
    "changed": "changed since posted: shown, never sent",
    "refused": "refused: correct the file",
    "rejected": "rejected by Facturalia: no invoice was made",
    "unknown": "outcome unknown: look in Facturalia",
    "settled": "settled by a person",
}
MOST_NEW = 12  # names shown of what was never posted before
WOULD = {**PLACES, "ready": "to be posted"}  # of a plan


def console() -> Console:
    """A console for standard output; cell contents are never markup, and lines that leave the terminal stay whole."""
    terminal = sys.stdout.isatty()
    return Console(
        file=sys.stdout,
        markup=False,
        highlight=False,
        emoji=False,
        width=None if terminal else 160,
        soft_wrap=not terminal,
    )


def print_json(value: Mapping[str, object]) -> None:
    """One JSON object on standard output."""
    print(json_text(value))


def say(text: str) -> None:
    """A line for the person, on standard error."""
    tell(text)


def money(cents: int) -> str:
    """1234567 as 12,345.67, or as 12.345,67."""
    return speech().money(cents)


def table(headers: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> Table:
    """A plain table; columns numbered in `right` align right. Headers that are all empty are left out."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_header=any(headers))
    for number, header in enumerate(headers):
        made.add_column(header, justify="right" if number in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


def show_summary(summary: Summary, sheets: Sequence[Sheet], *, sends: bool) -> None:
    """Files, the arithmetic of rows, where the invoices ended, totals; findings come after."""
    out = console()
    for sheet in sheets:
        name = f"{sheet.file.name}, {sheet.name}" if sheet.name else sheet.file.name
        read = ", ".join(f"{tr(what)} {speech().words(value)}" for what, value in sheet.detected.items())
        header = tr("{sheet}: header in row {row}", sheet=name, row=str(sheet.header_row))
        out.print(header + (f", {read}" if read else ""))
    rows = summary.rows
    if rows["read"]:
        out.print(
            trn(
                rows["read"],
                "{count} row read = {invoiced} invoiced + {skipped} skipped + {refused} refused",
                "{count} rows read = {invoiced} invoiced + {skipped} skipped + {refused} refused",
                invoiced=rows["invoiced"],
                skipped=rows["skipped"],
                refused=rows["refused"],
            )
        )
    out.print()
    out.print(trn(summary.invoices["total"], "{count} invoice", "{count} invoices"), style="bold")
    words = PLACES if sends else WOULD
    counts = [(speech().number(summary.invoices[name]), tr(words[name])) for name in PLACES if summary.invoices[name]]
    if counts:
        out.print(table(("", ""), counts, right=(0,)))
    for one in summary.accepted:
        out.print(
            tr(
                "Accepted by {by}: {findings} of {code}, because: {reason}",
                by=one.by,
                findings=one.findings,
                code=one.code,
                reason=one.reason,
            )
        )
    if summary.recovered["posted"] or summary.recovered["unknown"]:
        out.print(tr("Settled from an earlier run: {posted} posted, {unknown} unknown.", **summary.recovered))
    if summary.rejoined["mended"] or summary.rejoined["still_failing"]:
        told = tr("{mended} mended, {still_failing} still failing, {unchanged} unchanged", **summary.rejoined)
        out.print(told, style="bold")
    out.print()
    if summary.totals.rates:
        show_totals(tr("Posted in this run, in euro") if sends else tr("Would be posted, in euro"), summary.totals)
    if summary.file_totals != summary.totals and summary.file_totals.rates:
        show_totals(tr("In the files, without refused and held invoices, in euro"), summary.file_totals)


def show_totals(title: str, totals: Totals) -> None:
    """Totals per rate and together, in euros."""
    rows = [(f"{rate} %", money(base), money(vat), money(base + vat)) for rate, base, vat in totals.rates]
    rows.append((tr("all"), money(totals.excl), money(totals.vat), money(totals.incl)))
    out = console()
    out.print(title, style="bold")
    out.print(table((tr("VAT"), tr("excl."), tr("VAT amount"), tr("incl.")), rows, right=(1, 2, 3)))
    out.print()


def show_new(plan: Plan) -> None:
    """What was never posted before in this account: products must exist, customers will be created."""
    out = console()
    width = out.width if out.is_terminal else 0
    for title, names in (
        (tr("Products never posted before in this account; they must exist in Facturalia"), plan.new_products),
        (
            tr("Customers never posted before in this account; Facturalia creates those it does not find"),
            [
                customer.get("name") or customer.get("vat_number") or customer.get("customer_id", "")
                for customer in plan.new_customers
            ],
        ),
    ):
        if names:
            left = len(names) - MOST_NEW
            more = " " + tr("… and {count} more (`--new FILE` writes all)", count=left) if left > 0 else ""
            for line in wrapped(f"{title} ({speech().number(len(names))}):", width, indent=""):
                out.print(line, style="bold")
            for line in wrapped(f"  {', '.join(names[:MOST_NEW])}{more}", width, indent="  "):
                out.print(line)
            out.print()


def wrapped(text: str, width: int, *, indent: str) -> list[str]:
    """`text` in lines of `width` columns, those after the first indented; 0: one line."""
    if not width:
        return [" ".join(text.splitlines())]
    return textwrap.wrap(text, width, subsequent_indent=indent, break_on_hyphens=False) or [""]
