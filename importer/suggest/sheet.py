"""Finding the table in a file: the sheet, the row of the headers, and the columns below it."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from importer.domain.findings import column_letter
from importer.errors import SourceError
from importer.stations.read import read_grids
from importer.stations.read.grid import Grid
from importer.suggest.model import Column, Sheet
from importer.suggest.synonyms import header_key, meanings

SEARCHED = 50  # rows in which READ looks for headers too
MOST_ROWS = 100_000  # rows that proofs are worked out on; `check` reads them all
_ENOUGH = 2  # headers the table of synonyms knows, for a row to be taken for the headers


def read_sheet(path: Path) -> Sheet:
    """The table of a file: the visible sheet and the row with the most headers that are known.

    Raises what reading raises, and SourceError `no-table` where no row looks like headers above rows of data.
    """
    grids = [grid for grid in read_grids(path, None, MOST_ROWS + SEARCHED) if grid.visible]
    found = [(grid, *_header(grid)) for grid in grids]
    found = [each for each in found if each[2] > 0]
    if not found:
        raise SourceError(
            "no-table",
            f"{path.name}: no row of the first {SEARCHED} looks like headers above rows of data.",
            fix="Export again with column headers, or start from `importer profile new --empty`.",
        )
    grid, index, score = max(found, key=lambda each: each[2])
    same = _keys(grid.cells[index])
    others = [
        other.sheet
        for other, row, _ in found
        if other is not grid and same <= _keys(other.cells[row])
    ]  # fmt: skip
    if score < _ENOUGH and not _tabular(grid, index):
        raise SourceError(
            "no-table",
            f"{path.name}: no row of the first {SEARCHED} looks like headers above rows of data.",
            fix="Export again with column headers, or start from `importer profile new --empty`.",
        )
    return _cut(grid, index, others)


def _header(grid: Grid) -> tuple[int, float]:
    """The index of the row most like headers, and how many of its cells the table of synonyms knows.

    Where it knows none, the first row whose cells are all text and that is as wide as the rows below it counts a half.
    """
    best, score = 0, 0.0
    for index, row in enumerate(grid.cells[:SEARCHED]):
        known = [meanings(cell.strip()) for cell in row if cell.strip()]
        roles = {found[0].role for found in known if found}
        if len(roles) > score and index + 1 < len(grid.cells):
            best, score = index, float(len(roles))
    if score >= _ENOUGH:
        return best, score
    for index in range(min(SEARCHED, len(grid.cells))):
        if _tabular(grid, index):
            return index, max(score, 0.5)
    return best, score


def _tabular(grid: Grid, index: int) -> bool:
    """Whether a row is all different texts, none a number, above a row that fills at least half as many cells."""
    cells = [cell.strip() for cell in grid.cells[index] if cell.strip()]
    below = [row for row in grid.cells[index + 1 : index + 6] if any(cell.strip() for cell in row)]
    if len(cells) < _ENOUGH or len(set(cells)) < len(cells) or not below:
        return False
    if any(_numeric(cell) for cell in cells):
        return False
    usual = max(sum(1 for cell in row if cell.strip()) for row in below)
    return usual * 2 >= len(cells) and usual <= len(cells) + 2


def _numeric(text: str) -> bool:
    bare = text.strip("€$£% ").replace(".", "").replace(",", "").replace(" ", "").lstrip("+-")
    return bare.isdigit()


def _keys(cells: Sequence[str]) -> frozenset[str]:
    return frozenset(header_key(cell) for cell in cells if cell.strip())


def _cut(grid: Grid, index: int, others: Sequence[str]) -> Sheet:
    headers = [cell.strip().strip("\ufeff").strip() for cell in grid.cells[index]]
    while headers and not headers[-1]:
        headers.pop()
    body = [
        (number, cells, kinds)
        for number, cells, kinds in zip(
            list(grid.rows[index + 1 :]), grid.cells[index + 1 :], grid.kinds[index + 1 :], strict=True
        )
        if any(cell.strip() for cell in cells)
    ]
    if not body:
        raise SourceError(
            "no-rows",
            f"{grid.file.name}: there is a header, and no rows below it.",
            fix="Check that the export ran over the right period.",
        )
    whole = len(body) <= MOST_ROWS
    body = body[:MOST_ROWS]
    counted = Counter(header_key(header) for header in headers if header)
    columns = [
        Column(
            position,
            column_letter(position),
            header,
            [cells[position].strip() if position < len(cells) else "" for _, cells, _ in body],
            _kinds(position, [kinds for _, _, kinds in body]),
        )
        for position, header in enumerate(headers)
    ]
    return Sheet(
        grid,
        grid.rows[index],
        headers,
        columns,
        np.array([number for number, _, _ in body], dtype=np.int64),
        others,
        frozenset(header for header in headers if counted[header_key(header)] > 1),
        whole,
    )


def _kinds(position: int, kinds: Sequence[bytes | None]) -> np.ndarray | None:
    found = np.fromiter(
        (0 if row is None or position >= len(row) else row[position] for row in kinds), dtype=np.int8, count=len(kinds)
    )
    return found if found.any() else None
