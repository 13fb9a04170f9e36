"""Rows that are no lines: totals, notes below the table, and texts between lines. A rule needs a proof."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from importer.stations.columns import to_cents
from importer.suggest.model import Column, Sheet, Sure, Value
from importer.suggest.numbers import Signs, affixes_of, read_amounts
from importer.suggest.values import fold

_TOTAL: Final = re.compile(
    r"(algemeen |eind|sub|sub-|grand |sous-|sous )?(totaal|totalen|total|totaux|som|somme|sum|summe|gesamt)"
    r"( general| generale| generaal| incl\.?| excl\.?| htva| tvac| ht| ttc)?\s*:?"
)
_FOOT: Final = 3  # cells a note below the table fills at most


@dataclass(frozen=True)
class Skip:
    """Rows that are no data: their positions, the rule, and why. `sure` CHOOSE: the rule is only a comment."""

    rows: tuple[int, ...]
    rule: Mapping[str, Value]
    footer: bool
    proof: str
    sure: Sure


def find_skips(sheet: Sheet, signs: Signs) -> list[Skip]:
    """Total rows and notes at the end. No row is in two of them."""
    found: list[Skip] = []
    taken: set[int] = set()
    for skip in (*_totals(sheet, signs), *_notes(sheet)):
        if not taken & set(skip.rows):
            found.append(skip)
            taken |= set(skip.rows)
    return found


def _totals(sheet: Sheet, signs: Signs) -> list[Skip]:
    numeric = [column for column in sheet.columns if affixes_of(column) is not None and column.filled.any()]
    found = []
    for column in sheet.columns:
        if not column.header or column.header in sheet.doubled:
            continue
        labels: dict[str, list[int]] = {}
        for row in np.flatnonzero(column.filled).tolist():
            if _TOTAL.fullmatch(fold(column.texts[row])):
                labels.setdefault(column.texts[row], []).append(row)
        rows = [row for each in labels.values() for row in each]
        if not rows or len(rows) * 2 > len(sheet.rows):
            continue
        proofs = [proof for row in rows if (proof := _sum_of(sheet, numeric, row, signs))]
        where = ", ".join(str(sheet.rows[row]) for row in rows[:5])
        said = f"row {where} says {' and '.join(_quoted(label) for label in labels)}"
        rule = {
            "column": column.header,
            "equals": list(labels) if len(labels) > 1 else next(iter(labels)),
            "reason": "total row",
        }
        if len(proofs) == len(rows):
            found.append(Skip(tuple(rows), rule, footer=False, proof=f"{said}; {proofs[0]}", sure=Sure.PROVED))
        else:
            thin = all(_cells(sheet, row) * 2 <= _usual(sheet) for row in rows)
            proof = f"{said}; no column adds up to what it says" + (", but it fills few cells" if thin else "")
            found.append(Skip(tuple(rows), rule, footer=False, proof=proof, sure=Sure.LIKELY if thin else Sure.CHOOSE))
    return found


def _sum_of(sheet: Sheet, numeric: Sequence[Column], row: int, signs: Signs) -> str:
    """Which column's cell in this row is the sum of the cells above it, in words; "" if none is."""
    for column in numeric:
        if not column.texts[row]:
            continue
        amounts = read_amounts(column, signs)
        if not amounts.good[row]:
            continue
        cents = to_cents(amounts.numbers.mantissa, amounts.numbers.scale)
        above = np.where(amounts.good, cents, 0)[:row]
        start = 0
        while start < row:
            if int(above[start:].sum()) == int(cents[row]) and (above[start:] != 0).sum() > 1:
                first = int(sheet.rows[start])
                return f'"{column.header}" there is the sum of rows {first} to {int(sheet.rows[row - 1])}'
            later = [each for each in range(start, row) if _is_total(sheet, each)]
            if not later:
                break
            start = later[0] + 1
    return ""


def _is_total(sheet: Sheet, row: int) -> bool:
    return any(_TOTAL.fullmatch(fold(column.texts[row])) for column in sheet.columns if column.texts[row])


def _notes(sheet: Sheet) -> list[Skip]:
    """Rows at the end that hold nothing but a text or two in the first columns."""
    usual = _usual(sheet)
    if usual <= _FOOT + 1:
        return []
    rows = []
    for row in range(len(sheet.rows) - 1, -1, -1):
        if _cells(sheet, row) > 1 or not _first_cell(sheet, row):
            break
        rows.append(row)
    rows.reverse()
    if not rows or len(rows) * 2 > len(sheet.rows):
        return []
    first = _first_cell(sheet, rows[0])
    if first is None:
        return []
    column, text = first
    if not column.header or column.header in sheet.doubled:
        return []
    pattern = re.sub(r"\d+", r"\\d+", re.escape(text).replace(r"\ ", " "))
    exact = (
        {"column": column.header, "matches": pattern}
        if r"\d+" in pattern
        else {"column": column.header, "equals": text}
    )
    proof = f"from row {int(sheet.rows[rows[0]])} to the end each row holds one cell, {_quoted(text)}, where others fill {usual}"
    return [Skip(tuple(rows), {**exact, "reason": "note below the table"}, footer=True, proof=proof, sure=Sure.PROVED)]


def _first_cell(sheet: Sheet, row: int) -> tuple[Column, str] | None:
    return next(((column, column.texts[row]) for column in sheet.columns if column.texts[row]), None)


def _cells(sheet: Sheet, row: int) -> int:
    return sum(1 for column in sheet.columns if column.texts[row])


def _usual(sheet: Sheet) -> int:
    counts = sorted(_cells(sheet, row) for row in range(min(len(sheet.rows), 200)))
    return counts[len(counts) // 2]


def _quoted(text: str) -> str:
    return f'"{text}"' if len(text) <= 40 else f'"{text[:39]}…"'  # noqa: PLR2004 - what fits on a line
