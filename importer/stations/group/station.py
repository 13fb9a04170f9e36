"""GROUP: one bad line refuses its whole invoice and only that one; every row ends in exactly one bucket."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow.compute as pc

from importer.domain.circumstances import UNKNOWN, Circumstances
from importer.domain.findings import Finding, Severity
from importer.domain.invoice import Grouped, Refused, RowCounts, Span
from importer.domain.money import euros
from importer.profile.model import Profile
from importer.stations.columns import encoded, mask, to_cents
from importer.stations.group.agreement import agreements
from importer.stations.group.build import build_invoices
from importer.stations.group.guards import guard
from importer.stations.group.incl import nearest_totals
from importer.stations.group.keys import Keys, identified, invoice_keys
from importer.stations.group.lines import Lines, all_lines
from importer.stations.group.ragged import suspects
from importer.stations.group.spans import Spans
from importer.stations.group.told import Told
from importer.stations.group.totals import Amounts, reckon
from importer.stations.table import Mapped, Validated

CREDIT, NEGATIVE = "credit-note", "negative-line"
MAX_CENTS = 1e14


def group_invoices(
    validated: Validated, profile: Profile, given: Circumstances = UNKNOWN
) -> tuple[Grouped, list[Finding]]:
    """Gather rows that share an invoice key into invoices, in order of first row; lines keep file order.

    Returns the invoices that passed, the refused ones with their codes, and all findings so far plus those about
    whole invoices. An invoice with a negative line is held, with a warning. `given` is what dates and companies are
    compared with. Raises RuntimeError if rows do not balance: nothing may be lost.
    """
    mapped = validated.mapped
    keys, near = invoice_keys(mapped)
    lines = all_lines(validated, keys, profile)
    ragged = suspects(mapped, keys)
    told = Told(_with_bad_rows(validated, keys, ragged), profile.severity)
    amounts = reckon(validated, keys, lines, profile, told.bad)
    told.near(near)
    _weigh_down(told, validated, keys)
    _sums_fit(told, validated, keys, lines, amounts)
    _rows_agree(told, validated, keys, profile)
    _files_agree(told, validated, keys, amounts)
    _totals_agree(told, validated, keys, lines, amounts)
    guard(told, validated, keys, lines, amounts, profile, given)
    hold = _hold(told, validated, keys, lines, amounts)
    findings = mapped.in_order([*validated.findings, *told.findings])
    spans = Spans(mapped, keys)
    refused = _refused(mapped, keys, told, spans, findings, ragged)
    good = np.flatnonzero(~told.bad)
    invoices = build_invoices(validated, profile, keys, lines, amounts, good=good, hold=hold, spans=spans.of)
    counts = _count(mapped, invoiced=int(spans.rows[good].sum()), refused=refused)
    return Grouped(invoices, refused, counts, agreements(validated, keys, amounts, told.bad)), findings


def _count(mapped: Mapped, invoiced: int, refused: Sequence[Refused]) -> RowCounts:
    """The arithmetic of rows: read = invoiced + skipped + refused, or this is a bug."""
    skipped = sum(skip.span.last - skip.span.first + 1 for skip in mapped.skipped)
    refused_rows = sum(span.last - span.first + 1 for invoice in refused for span in invoice.spans)
    if mapped.read != invoiced + skipped + refused_rows:
        msg = f"rows do not balance: {mapped.read} read, {invoiced} invoiced, {skipped} skipped, {refused_rows} refused"
        raise RuntimeError(msg)
    return RowCounts(mapped.read, invoiced, skipped, refused_rows)


def _weigh_down(told: Told, validated: Validated, keys: Keys) -> None:
    """A finding of reading that this profile calls an error refuses the invoice whose row it is about."""
    mapped = validated.mapped
    raised = {
        (finding.file, finding.sheet, finding.row)
        for finding in validated.findings
        if finding.weight == Severity.ERROR and finding.row
    }
    if not raised:
        return
    known = np.isin(mapped.row, [row for _, _, row in raised])
    for row in np.flatnonzero(known & (keys.group >= 0)).tolist():
        if _place(mapped, row) in raised:
            told.bad[keys.group[row]] = True
    if mapped.beside is not None:
        for number, row, position in zip(*(array.tolist() for array in mapped.beside), strict=True):
            sheet = mapped.sheets[number]
            if (sheet.file.name, sheet.name, row) in raised and keys.group[position] >= 0:
                told.bad[keys.group[position]] = True


def _sums_fit(told: Told, validated: Validated, keys: Keys, lines: Lines, amounts: Amounts) -> None:
    """An invoice of a trillion euros is a lost decimal sign, and beyond it sums would not fit 64 bits."""
    if not len(lines.order):
        return
    sizes = np.add.reduceat(np.abs(amounts.amount[lines.order].astype(float)), lines.start)
    for number in np.flatnonzero(sizes >= MAX_CENTS).tolist():
        row, value = int(keys.first[number]), f"{sizes[number] / 100:.0f}"
        told.tell(number, validated.mapped.finding("amount-too-large", row, "lines.unit_price", value=value))


def _rows_agree(told: Told, validated: Validated, keys: Keys, profile: Profile) -> None:
    """Header fields of one invoice agree over its rows, compared as typed values; each differing cell is told.

    A cell that could not be read, or stands in a row that is refused as a whole, was told already; it is compared with
    nothing.
    """
    mapped = validated.mapped
    shifted = np.zeros(len(mapped.row), dtype=bool)
    shifted[[*mapped.ragged, *mapped.hollow]] = True
    anchor = np.repeat(keys.first, keys.end - keys.start)  # for each row in order: the first row of its invoice
    paths = [
        path
        for path, rule in profile.fields()
        if rule.value is None and (not path.startswith(("lines.", "controls.")) or path.startswith("controls.invoice_"))
    ]
    for path in paths:
        values = _comparable(validated, path)
        differs = values[keys.order] != values[anchor]
        told_before = validated.failed.get(path, shifted) | shifted
        differs &= ~(told_before[keys.order] | told_before[anchor])
        for place in np.flatnonzero(differs).tolist():
            row, first = int(keys.order[place]), int(anchor[place])
            facts = {"other": mapped.text(path, first), "other_row": str(int(mapped.row[first]))}
            told.tell(int(keys.group[row]), mapped.finding("header-differs", row, path, facts=facts))


def _comparable(validated: Validated, path: str) -> np.ndarray:
    """A field as integers that are equal where its typed values are equal (NaT equals NaT, empty is not zero)."""
    if path in validated.days:
        return validated.days[path].view("int64")
    if path in validated.numbers:
        written = mask(pc.not_equal(validated.mapped.cells(path), ""))
        return np.asarray(validated.numbers[path].mantissa * 2 + written)
    codes, _ = identified(validated.mapped, path) if path == "invoice.number" else validated.spelled(path)
    return codes


def _files_agree(told: Told, validated: Validated, keys: Keys, amounts: Amounts) -> None:
    """Invoices with lines in several files, or on several sheets: refused where lines are repeated, as in a copy.

    Other lines are joined: with a warning from two files, without from two sheets, which are one source.
    """
    mapped = validated.mapped
    if len(mapped.sheets) < 2 or not len(keys.order):  # noqa: PLR2004 - one sheet cannot disagree with itself
        return
    ordered = mapped.sheet[keys.order]
    several = np.flatnonzero(np.minimum.reduceat(ordered, keys.start) != np.maximum.reduceat(ordered, keys.start))
    code, _ = encoded(mapped.cells("lines.product_code"))
    quantity = validated.numbers["lines.quantity"].mantissa
    for number in several.tolist():
        seen: dict[tuple[int, int, int, int], int] = {}
        rows = keys.rows(number).tolist()
        one = int(mapped.sheet[rows[0]])
        other, repeated = -1, False
        for row in rows:
            line = (int(code[row]), int(quantity[row]), int(amounts.price.mantissa[row]), int(amounts.rate[row]))
            here = int(mapped.sheet[row])
            if seen.setdefault(line, here) != here:
                one, other, repeated = seen[line], row, True
                break
            if other < 0 and mapped.sheets[here].file != mapped.sheets[one].file:
                other = row
        if other >= 0:
            facts = dict(zip(("first", "second"), _names(mapped, one, int(mapped.sheet[other])), strict=True))
            case = "invoice-in-two-files" if repeated else "invoice-joined"
            told.tell(number, mapped.finding(case, other, mapped.key[0], facts=facts))


def _names(mapped: Mapped, one: int, other: int) -> tuple[str, str]:
    """Two sheets as a person tells them apart."""
    first, second = mapped.sheets[one], mapped.sheets[other]
    if first.file == second.file:
        return f"{first.file.name}, {first.name}", f"{second.file.name}, {second.name}"
    return first.file.name, second.file.name


def _with_bad_rows(validated: Validated, keys: Keys, ragged: Mapping[int, Sequence[int]]) -> np.ndarray:
    """Which invoices have a row with an error, or may own a row whose cells are shifted."""
    bad = np.zeros(len(keys.parts), dtype=bool)
    if len(keys.order):
        bad = np.logical_or.reduceat(validated.bad[keys.order], keys.start)
    for numbers in ragged.values():
        bad[list(numbers)] = True
    return bad


def _totals_agree(told: Told, validated: Validated, keys: Keys, lines: Lines, amounts: Amounts) -> None:
    """Control totals per invoice, to the cent, for invoices without other errors."""
    mapped = validated.mapped
    for path, computed in (
        ("controls.invoice_total_excl", amounts.excl),
        ("controls.invoice_total_incl", amounts.incl),
    ):
        if path in validated.numbers:
            stated = to_cents(*validated.numbers[path])[keys.first]
            written = mask(pc.not_equal(mapped.cells(path), ""))[keys.first]
            for number in np.flatnonzero(~told.bad & written & (stated != computed)).tolist():
                facts = {"computed": euros(int(computed[number]))}
                told.tell(number, mapped.finding("invoice-total", int(keys.first[number]), path, facts=facts))
    if amounts.given_incl is None or amounts.prices is None:
        return
    for number in np.flatnonzero(~told.bad & (amounts.given_incl != amounts.incl)).tolist():
        given = int(amounts.given_incl[number])
        own = lines.order[lines.start[number] : lines.end[number]].tolist()
        below, above = nearest_totals(amounts.prices, own, given)
        totals = [each for each in (below, above) if each != given] or [int(amounts.incl[number])]
        facts = {"one": euros(totals[0]), "other": euros(totals[-1])}
        finding = mapped.finding(
            "incl-not-exact", int(keys.first[number]), "lines.unit_price", value=euros(given), facts=facts
        )
        told.tell(number, finding)


def _hold(told: Told, validated: Validated, keys: Keys, lines: Lines, amounts: Amounts) -> list[str]:
    """For each invoice the code that holds it, or empty text; zero totals only warn."""
    hold = [""] * len(keys.parts)
    if not len(keys.order):
        return hold
    mapped, excl = validated.mapped, amounts.excl
    negative = (lines.quantity.mantissa < 0) | (lines.price.mantissa < 0)
    some = np.logical_or.reduceat(negative[lines.order], lines.start)
    every = np.logical_and.reduceat(negative[lines.order], lines.start)
    for number in np.flatnonzero((some | (excl <= 0)) & ~told.bad).tolist():
        row = int(keys.first[number])
        if some[number] or excl[number] < 0:
            hold[number] = CREDIT if excl[number] < 0 or every[number] else NEGATIVE
            facts = {"total": euros(int(excl[number]))} if hold[number] == CREDIT else {}
            told.tell(number, mapped.finding(hold[number], row, mapped.key[0], facts=facts))
        else:
            told.tell(number, mapped.finding("zero-total", row, mapped.key[0]))
    return hold


def _refused(
    mapped: Mapped,
    keys: Keys,
    told: Told,
    spans: Spans,
    findings: Sequence[Finding],
    ragged: Mapping[int, Sequence[int]],
) -> list[Refused]:
    codes: dict[tuple[str, str, int], list[str]] = {}
    for finding in findings:
        if finding.severity is Severity.ERROR:
            codes.setdefault((finding.file, finding.sheet, finding.row), []).append(finding.code)
    suspected = {number for numbers in ragged.values() for number in numbers}
    refused = []
    for number in np.flatnonzero(told.bad).tolist():
        own = [code for span in spans.of(number) for code in _codes(mapped, span, codes)]
        own += told.codes.get(number, ())
        if number in suspected:
            own.append("ragged-row")
        refused.append(
            Refused(
                label=mapped.label(int(keys.first[number])), spans=spans.of(number), codes=tuple(dict.fromkeys(own))
            )
        )
    for span in spans.nameless:
        own = list(_codes(mapped, span, codes))
        refused.append(Refused(label="", spans=(span,), codes=tuple(dict.fromkeys(own))))
    return refused


def _codes(mapped: Mapped, span: Span, codes: Mapping[tuple[str, str, int], Sequence[str]]) -> Iterator[str]:
    """The codes of the errors in these rows."""
    sheet = mapped.sheets[span.sheet]
    for row in range(span.first, span.last + 1):
        yield from codes.get((sheet.file.name, sheet.name, row), ())


def _place(mapped: Mapped, row: int) -> tuple[str, str, int]:
    sheet = mapped.sheets[int(mapped.sheet[row])]
    return sheet.file.name, sheet.name, int(mapped.row[row])
