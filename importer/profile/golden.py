"""The golden plan of a sample: what a profile must make of a file, as readable data, and how two of them differ.

`expected.json` beside a sample holds one description per file name. A description depends on the file and the profile
alone: no account, no identity, no time.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from importer.domain.findings import Finding
from importer.domain.invoice import Invoice, Line, Refused, Sheet, SkippedRows
from importer.domain.money import RateTotal, euros
from importer.domain.records import Plan


def describe(plan: Plan) -> dict[str, Any]:
    """What a plan says of its file, as JSON data: rows, invoices in file order, refused ones, skipped rows, findings.

    Amounts are text with two decimals. `totals` are those of all invoices that are neither refused nor held.
    """
    return {
        "rows": plan.rows._asdict(),
        "invoices": [_invoice(item.frozen.invoice) for item in plan.items],
        "refused": [_refused(refused) for refused in plan.refused],
        "skipped": [_skipped(skipped, plan.sheets) for skipped in plan.skipped],
        "findings": [_finding(finding) for finding in plan.findings],
        "totals": _totals(plan.file_totals.excl, plan.file_totals.vat, plan.file_totals.incl, plan.file_totals.rates),
    }


def difference(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> list[str]:
    """How two descriptions differ, one sentence each, in the order of `expected`; empty if they are the same."""
    sentences: list[str] = []
    for name in ("rows", "totals"):
        sentences += _values(name, expected.get(name, {}), actual.get(name, {}))
    for name in ("invoices", "refused"):
        sentences += _named(name, expected.get(name, []), actual.get(name, []))
    for name in ("skipped", "findings"):
        sentences += _lists(name, expected.get(name, []), actual.get(name, []))
    return sentences


def to_text(descriptions: Mapping[str, Any]) -> str:
    """The content of an `expected.json`: one key a line, accents as they are, a line end at the end."""
    return json.dumps(descriptions, ensure_ascii=False, indent=2) + "\n"


def _invoice(invoice: Invoice) -> dict[str, Any]:
    described: dict[str, Any] = {
        "invoice": invoice.label,
        "key": list(invoice.key),
        "header": dict(sorted(invoice.header.items())),
        "customer": dict(sorted(invoice.customer.items())),
        "lines": [_line(line) for line in invoice.lines],
        "totals": _totals(invoice.excl, invoice.vat, invoice.incl, invoice.rates),
    }
    return described | ({"hold": invoice.hold} if invoice.hold else {})


def _line(line: Line) -> str:
    """`00042: 8.5 x 1250 = 10625.00, 21 % VAT`, further fields behind it."""
    extra = "".join(f", {name}: {text}" for name, text in line.extra)
    return (
        f"{line.product_code}: {line.quantity} x {line.unit_price} = {euros(line.amount)}, {line.vat_rate} % VAT{extra}"
    )


def _totals(excl: int, vat: int, incl: int, rates: Sequence[RateTotal]) -> dict[str, Any]:
    return {
        "excl_vat": euros(excl),
        "vat": euros(vat),
        "incl_vat": euros(incl),
        "by_rate": {str(rate.rate): {"base": euros(rate.base), "vat": euros(rate.vat)} for rate in rates},
    }


def _refused(refused: Refused) -> dict[str, Any]:
    return {"invoice": refused.label, "codes": sorted(refused.codes)}


def _skipped(skipped: SkippedRows, sheets: Sequence[Sheet]) -> str:
    sheet, first, last = skipped.span
    name = sheets[sheet].name
    rows = f"row {first}" if first == last else f"rows {first} to {last}"
    return f"{name}: {rows}: {skipped.reason}" if name else f"{rows}: {skipped.reason}"


def _finding(finding: Finding) -> str:
    """`bad-amount at maart.xlsx, Blad1!E14 (column "Prijs")`."""
    return f"{finding.code} at {finding.place}" if finding.place else finding.code


def _values(place: str, expected: Any, actual: Any) -> list[str]:
    """Differences of two groups of keys, or of two values."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        keys = [*expected, *(key for key in actual if key not in expected)]
        return [text for key in keys for text in _values(f"{place}, {key}", expected.get(key), actual.get(key))]
    if isinstance(expected, list) and isinstance(actual, list):
        return _lists(place, expected, actual)
    if expected == actual:
        return []
    return [f"{place}: expected {_shown(expected)}, found {_shown(actual)}."]


def _named(place: str, expected: Sequence[Any], actual: Sequence[Any]) -> list[str]:
    """Differences of two lists of invoices, found by their labels; the order counts too."""
    wanted = {entry["invoice"]: entry for entry in expected}
    found = {entry["invoice"]: entry for entry in actual}
    sentences = [f"{place}: {label} is missing." for label in wanted if label not in found]
    sentences += [f"{place}: {label} was not expected." for label in found if label not in wanted]
    for label, entry in wanted.items():
        if label in found:
            sentences += _values(f"invoice {label}", entry, found[label])
    common = [label for label in wanted if label in found]
    if common != [label for label in found if label in wanted]:
        sentences.append(f"{place}: the order differs.")
    if len(wanted) != len(expected) or len(found) != len(actual):
        sentences += (
            [] if len(expected) == len(actual) else [f"{place}: expected {len(expected)}, found {len(actual)}."]
        )
    return sentences


def _lists(place: str, expected: Sequence[Any], actual: Sequence[Any]) -> list[str]:
    """Differences of two lists of texts: what is missing, what is too much, or else the first place out of order."""
    missing, extra = list(expected), list(actual)
    for text in expected:
        if text in extra:
            extra.remove(text)
            missing.remove(text)
    sentences = [f"{place}: {_shown(text)} is missing." for text in missing]
    sentences += [f"{place}: {_shown(text)} was not expected." for text in extra]
    if not sentences and list(expected) != list(actual):
        sentences.append(f"{place}: the order differs.")
    return sentences


def _shown(value: object) -> str:
    return "nothing" if value is None else f'"{value}"'
