"""What commands print: JSON for programs, plain tables for people. Data to standard output, progress to standard error."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from importer.domain.findings import Finding, Severity
from importer.domain.invoice import Sheet
from importer.domain.money import euros
from importer.domain.records import Plan, Totals
from importer.domain.summary import Summary

MOST_FINDINGS = 40  # shown on screen; all of them are in the report and in --json

PLACES = {
    "posted": "posted in this run",
    "already_posted": "posted before",
    "ready": "ready, not sent",
    "held": "held: a person decides",
    "changed": "changed since posted: shown, never sent",
    "refused": "refused: correct the file",
    "rejected": "rejected by Facturalia",
    "unknown": "outcome unknown: look in Facturalia",
    "settled": "settled by a person",
}


def console(*, errors: bool = False) -> Console:
    """A console for standard output or standard error; cell contents are never markup."""
    stream = sys.stderr if errors else sys.stdout
    wide = None if stream.isatty() else 160  # files and pipes get whole lines
    return Console(file=stream, markup=False, highlight=False, emoji=False, width=wide, soft_wrap=not stream.isatty())


def print_json(value: Mapping[str, object]) -> None:
    """One JSON object on standard output."""
    print(json.dumps(value, ensure_ascii=False))


def say(text: str) -> None:
    """A line for the person, on standard error."""
    print(text, file=sys.stderr, flush=True)


def money(cents: int) -> str:
    """1234567 as 12,345.67."""
    whole, _, rest = euros(abs(cents)).partition(".")
    return f"{'-' if cents < 0 else ''}{int(whole):,}.{rest}"


def table(title: str, headers: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()) -> Table:
    """A plain table; columns numbered in `right` align right."""
    made = Table(
        title=title or None, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="bold"
    )
    for number, header in enumerate(headers):
        made.add_column(header, justify="right" if number in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


def show_summary(summary: Summary, sheets: Sequence[Sheet], *, sends: bool) -> None:
    """Files, the arithmetic of rows, where the invoices ended, totals, findings, and what to do next."""
    out = console()
    for sheet in sheets:
        name = f"{sheet.file.name}, {sheet.name}" if sheet.name else sheet.file.name
        read = ", ".join(f"{what} {value}" for what, value in sheet.detected.items())
        out.print(f"{name}: header in row {sheet.header_row}" + (f", {read}" if read else ""))
    rows = summary.rows
    if rows["read"]:
        out.print(
            f"{rows['read']:,} rows read = {rows['invoiced']:,} invoiced + {rows['skipped']:,} skipped + {rows['refused']:,} refused"
        )
    out.print()
    counts = [(f"{summary.invoices[name]:,}", words) for name, words in PLACES.items() if summary.invoices[name]]
    noun = "invoice" if summary.invoices["total"] == 1 else "invoices"
    out.print(table(f"{summary.invoices['total']:,} {noun}", ("", ""), counts, right=(0,)))
    if summary.recovered["posted"] or summary.recovered["unknown"]:
        out.print(
            f"Settled from an earlier run: {summary.recovered['posted']} posted, {summary.recovered['unknown']} unknown."
        )
    out.print()
    show_totals("Posted in this run" if sends else "Would be posted", summary.totals)
    if summary.file_totals != summary.totals and summary.file_totals.rates:
        show_totals("In the files", summary.file_totals)
    show_findings(summary.findings)


def show_totals(title: str, totals: Totals) -> None:
    """Totals per rate and together, in euros."""
    rows = [(f"{rate} %", money(base), money(vat), money(base + vat)) for rate, base, vat in totals.rates]
    rows.append(("all", money(totals.excl), money(totals.vat), money(totals.incl)))
    out = console()
    out.print(table(title, ("VAT", "excl.", "VAT amount", "incl."), rows, right=(1, 2, 3)))
    out.print()


def show_findings(findings: Sequence[Finding]) -> None:
    """Findings by what they are: errors first, each with place, value and remedy; many of a kind are counted."""
    if not findings:
        return
    out = console()
    order = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
    counts = Counter(finding.severity for finding in findings)
    out.print(
        ", ".join(
            f"{counts[severity]:,} {severity}{'s' if counts[severity] != 1 else ''}"
            for severity in order
            if counts[severity]
        )
    )
    shown: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    for finding in sorted(findings, key=lambda one: order.index(one.severity)):
        if shown[finding.code] >= MOST_FINDINGS // 4 or shown.total() >= MOST_FINDINGS:
            left_out[finding.code] += 1
            continue
        shown[finding.code] += 1
        place = f"{finding.place}: " if finding.place else ""
        out.print(f"  {place}{finding.message}  [{finding.code}]")
        out.print(f"      {finding.fix}")
    for code, count in left_out.items():
        out.print(f"  … and {count:,} more of {code} (all are in --json and in the report)")
    out.print()


def show_new(plan: Plan) -> None:
    """What was never posted before in this account: products must exist, customers will be created."""
    out = console()
    for title, names in (
        ("Products never posted before in this account; they must exist in Facturalia", plan.new_products),
        (
            "Customers never posted before in this account; Facturalia creates those it does not find",
            [
                customer.get("name") or customer.get("vat_number") or customer.get("customer_id", "")
                for customer in plan.new_customers
            ],
        ),
    ):
        if names:
            more = f" … and {len(names) - 12} more" if len(names) > 12 else ""  # noqa: PLR2004 - a screenful
            out.print(f"{title} ({len(names)}): {', '.join(names[:12])}{more}")
