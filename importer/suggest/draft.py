"""Everything a file says about its profile, found out step by step: signs, rows, invoices, lines, fields."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from importer.profile.open import TO_CHOOSE
from importer.profile.unusable import unusable, without_lines
from importer.suggest.days import find_dates
from importer.suggest.documents import find_documents
from importer.suggest.fields import customer_fields, header_controls, invoice_fields
from importer.suggest.keys import find_key
from importer.suggest.layout import date_forms, source_entries
from importer.suggest.linefields import line_fields
from importer.suggest.lines import Lines, find_lines
from importer.suggest.model import Choice, Column, Draft, Sure, Value, counted
from importer.suggest.model import Path as KeyPath
from importer.suggest.numbers import Signs, SignsFound, affixes_of, find_signs
from importer.suggest.packed import unpack
from importer.suggest.rest import remarks_of, row_rules, unused_columns
from importer.suggest.retell import insist, retold
from importer.suggest.sheet import read_sheet
from importer.suggest.skips import Skip, find_skips
from importer.suggest.values import are_identifiers, find_rates
from importer.suggest.work import Work

AMOUNTS: Final = frozenset({"quantity", "price", "amount", "vat_amount", "discount", "shipping", "cost", "vat_rate"})


DATES: Final = frozenset({"date", "due_date"})


def make_draft(path: Path, name: str, told: Mapping[KeyPath, str] | None = None) -> Draft:
    """Everything a file says about its profile. `told` is what a person says of single fields, see `retell`.

    Raises SourceError like reading, `no-table` and `export-without-lines`.
    """
    raw = read_sheet(path)
    other = unusable(column.header for column in raw.columns)
    if other is not None:
        raise without_lines(path.name, other)
    sheet, packed = unpack(raw)
    sheet = retold(sheet, told or {})
    draft = Draft(raw, name)
    numeric = [column for column in sheet.columns if _is(column, AMOUNTS) and affixes_of(column) is not None]
    found = find_signs([column for column in numeric if _wants_signs(column)])
    dates = {column.position: find_dates(column) for column in sheet.columns if _is(column, DATES)}
    signs = found.fits[0] if found.fits else Signs(".", "")
    skips = find_skips(sheet, signs)
    gone = np.zeros(len(sheet.rows), dtype=bool)
    gone[[row for skip in skips for row in skip.rows]] = True
    work = Work(draft, sheet.of_rows(np.flatnonzero(~gone)), signs, dates)
    work.dates = {column.position: find_dates(column) for column in work.body.columns if _is(column, DATES)}
    _key(work)
    documents = find_documents(work)
    skips = [*skips, *documents]
    work = _without(work, [row for skip in documents for row in skip.rows])
    signs, settled = _settle(work, found)
    work.signs = signs
    lines = find_lines(work, signs)
    texts = _texts(work, lines)
    if texts is not None:
        skips = [*skips, texts]
        work = _without(work, texts.rows)
        lines = find_lines(work, signs)
    if packed:
        work.add(
            "lines.packed",
            {},
            Sure.PROVED,
            f"the headers show columns for {packed} lines in each row, with a number in their names",
        )
    source_entries(work, found, settled)
    _key_entries(work)
    line_fields(work, lines)
    invoice_fields(work)
    customer_fields(work)
    header_controls(work)
    date_forms(work)
    row_rules(work, skips)
    unused_columns(work, lines.proofs.equations if lines.proofs is not None else [])
    remarks_of(work)
    insist(draft, told or {})
    return draft


def _is(column: Column, roles: frozenset[str]) -> bool:
    return any(meaning.role in roles for meaning in column.meanings)


def _wants_signs(column: Column) -> bool:
    """Whether a column speaks for the signs: not one of rates, which often have their own."""
    return any(meaning.role in AMOUNTS - {"vat_rate"} for meaning in column.meanings) and not (
        column.meanings[0].role == "vat_rate" and find_rates(column, Signs(".", "")).are_rates
    )


def _settle(work: Work, found: SignsFound) -> tuple[Signs, str]:
    """The signs, where two readings fit also by arithmetic: the one in which the amounts prove each other. And why."""
    if len(found.fits) < 2:  # noqa: PLR2004 - two readings
        return work.signs, ""
    weights = {signs: find_lines(work, signs).weight for signs in found.fits}
    best = max(weights.values())
    winners = [signs for signs, weight in weights.items() if weight == best]
    if best > (0, 0) and len(winners) == 1:
        return winners[0], "only so quantity x price comes to the totals"
    return work.signs, ""


def _key(work: Work) -> None:
    """Which column names the invoices: the best one under which the date is the same on all rows of an invoice."""
    work.key = None
    days = [found.column for found in work.dates.values() if found.is_dates and found.column.has("date")]
    for role in ("number", "order"):
        for column in work.free(role):
            key = find_key(column)
            meaning = column.has(role)
            if key is None or meaning is None:
                continue
            if not meaning.weak or (
                are_identifiers(column) and (not days or any(work.agrees(day, key) for day in days))
            ):
                work.key = key
                return


def _without(work: Work, rows: Sequence[int]) -> Work:
    """The same work without these rows (positions), and with the key found anew; all of them gone leaves it as it is."""
    keep = np.ones(len(work.body.rows), dtype=bool)
    keep[list(rows)] = False
    if keep.all() or not keep.any():
        return work
    body = work.body.of_rows(np.flatnonzero(keep))
    dates = {column.position: find_dates(column) for column in body.columns if _is(column, DATES)}
    kept = Work(work.draft, body, work.signs, dates, None, dict(work.used), dict(work.why_not))
    _key(kept)
    return kept


def _texts(work: Work, lines: Lines) -> Skip | None:
    """The rows that hold neither quantity nor price: headings and notes between lines."""
    if lines.quantity is None or lines.price is None:
        return None
    bare = ~lines.quantity.filled & ~lines.price.filled
    if not bare.any() or int(bare.sum()) * 2 > len(bare):
        return None
    rows = np.flatnonzero(bare)
    where = ", ".join(str(int(row)) for row in work.body.rows[rows][:3])
    rule: dict[str, Value] = {
        "column": lines.quantity.header,
        "blank": "true",
        "also": [{"column": lines.price.header, "blank": "true"}],
        "reason": "no quantity and no price",
    }
    proof = f"neither a quantity nor a price stands in {counted(len(rows), 'row')}, such as row {where}"
    return Skip(tuple(rows.tolist()), rule, footer=False, proof=proof, sure=Sure.PROVED)


def _key_entries(work: Work) -> None:
    key = work.key
    if key is None:
        choice = Choice(("invoice_key",), "Which column names one invoice?", column_too=True)
        work.add(
            "invoice_key",
            [TO_CHOOSE],
            Sure.CHOOSE,
            "no header is known as the number of the invoice or the order",
            choices=[choice],
        )
        return
    header = key.column.header
    number = key.column.has("number")
    where = "only on adjacent rows" if not key.apart else f"also apart from each other, such as {key.apart[0]}"
    several = f"; the same value comes back {where}" if key.count < len(key.groups) else ""
    proof = f"{counted(key.count, 'invoice')} on {counted(len(key.groups), 'row')}{several}"
    sure = Sure.LIKELY if number is None or number.weak else Sure.PROVED
    work.add("invoice_key", [header], sure, proof, key.column)
    if number is not None:
        work.draft.remarks += [f"invoice {key.apart[0]} stands in two places of the file"] if key.apart else []
        rule: dict[str, Value] = {"column": header}
        work.add("invoice.number", rule, sure, f'the header "{header}" says so; {proof}', key.column)
    else:
        hint = "the file holds no invoice number: Facturalia numbers the invoices"
        work.add("invoice.number", None, Sure.ABSENT, hint)
        work.add(
            "invoice.reference", {"column": header}, Sure.LIKELY, f'"{header}" is the number of the order', key.column
        )
