"""The file's own totals beside ours, over all invoices that may go: proof that a person can check at a glance."""

import numpy as np
import pyarrow.compute as pc

from importer.domain.invoice import Agreement
from importer.stations.columns import mask, multiply_to_cents, to_cents
from importer.stations.group.keys import Keys
from importer.stations.group.totals import Amounts
from importer.stations.table import Validated

LINES = "controls.line_total"


def agreements(validated: Validated, keys: Keys, amounts: Amounts, bad: np.ndarray) -> tuple[Agreement, ...]:
    """For each control column of amounts: its sum, and what we reckon for the same rows or invoices.

    Rows of refused invoices (`bad`) and empty cells count on neither side. A column nobody filled in is left out.
    """
    found = []
    named = np.flatnonzero(keys.group >= 0)
    rows = named[~bad[keys.group[named]]]
    if LINES in validated.numbers:
        rows_of_lines = rows[_written(validated, LINES)[rows]]
        quantity, price = (validated.numbers[path] for path in ("lines.quantity", "lines.unit_price"))
        ours = multiply_to_cents(
            quantity.mantissa[rows_of_lines], price.mantissa[rows_of_lines], quantity.scale + price.scale
        )
        found += _agreement(validated, LINES, rows_of_lines, ours)
    for path, computed in (
        ("controls.invoice_total_excl", amounts.excl),
        ("controls.invoice_total_incl", amounts.incl),
    ):
        if path in validated.numbers:
            good = np.flatnonzero(~bad)
            good = good[_written(validated, path)[keys.first[good]]]
            found += _agreement(validated, path, keys.first[good], computed[good])
    return tuple(found)


def _written(validated: Validated, path: str) -> np.ndarray:
    return mask(pc.not_equal(validated.mapped.cells(path), ""))


def _agreement(validated: Validated, path: str, rows: np.ndarray, ours: np.ndarray) -> list[Agreement]:
    """One column over these rows; nothing where there are none. Sums are Python's own: they never overflow."""
    if not len(rows):
        return []
    number = validated.numbers[path]
    stated = to_cents(number.mantissa[rows], number.scale)
    header = next(sheet.columns[path][0] for sheet in validated.mapped.sheets if path in sheet.columns)
    return [Agreement(path, header, sum(stated.tolist()), sum(ours.tolist()))]
