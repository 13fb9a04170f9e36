"""What becomes of a file with a trap in it, in a few words that can be compared and shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from sources import go_file

from importer.domain.invoice import Invoice
from importer.errors import SourceError

MOST_SHOWN = 3


class Outcome(NamedTuple):
    """The code that refused the file as a whole, each finding with its place, what would be sent, what is refused."""

    file: str = ""
    told: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Trap:
    """A file that other programs misread: how it comes about, its bytes, and what must become of it."""

    name: str
    what: str
    data: Callable[[], bytes]
    must: Outcome
    suffix: str = "csv"
    profile: Mapping[str, Any] = field(default_factory=dict)

    def spring(self, folder: Path) -> Outcome:
        """Read the file with the importer itself."""
        path = folder / f"maart.{self.suffix}"
        path.write_bytes(self.data())
        try:
            run = go_file(path, self.profile)
        except SourceError as refusal:
            return Outcome(file=refusal.code)
        told = tuple(f"{finding.code} {finding.cell or finding.row or finding.sheet}" for finding in run.findings)
        return Outcome(
            told=told,
            sent=tuple(map(_shown, run.grouped.invoices)),
            refused=tuple(refused.label for refused in run.grouped.refused),
        )


def _shown(invoice: Invoice) -> str:
    lines = [f"{line.product_code} {line.quantity} x {line.unit_price} at {line.vat_rate} %" for line in invoice.lines]
    shown = " + ".join(lines) if len(lines) <= MOST_SHOWN else f"{lines[0]} and {len(lines) - 1} lines more"
    held = f" (held: {invoice.hold})" if invoice.hold else ""
    return f"{invoice.label} of {invoice.header['date']} for {invoice.customer['name']}: {shown}{held}"


RIGHT = Outcome(sent=("1001 of 2026-03-01 for Zoë: A1 2 x 10 at 21 %",))


def refused(*told: str, label: str = "1001") -> Outcome:
    """The only invoice is refused with these findings."""
    return Outcome(told=told, refused=(label,))


def right(number: str = "1001", day: str = "2026-03-01", name: str = "Zoë", line: str = "A1 2 x 10 at 21 %") -> Outcome:
    """The only invoice is read like this, without a word."""
    return Outcome(sent=(f"{number} of {day} for {name}: {line}",))


def file(code: str) -> Outcome:
    """The file is refused as a whole."""
    return Outcome(file=code)


def xlsx(name: str, what: str, data: Callable[[], bytes], must: Outcome, **more: Any) -> Trap:
    """A trap in a file that is called a workbook."""
    return Trap(name=name, what=what, data=data, must=must, suffix="xlsx", **more)


def csv(name: str, what: str, data: Callable[[], bytes], must: Outcome, **more: Any) -> Trap:
    """A trap in a file that is called a text file."""
    return Trap(name=name, what=what, data=data, must=must, **more)


def source(**keys: Any) -> Mapping[str, Any]:
    """A profile that states these keys of `source`."""
    return {"source": keys}
