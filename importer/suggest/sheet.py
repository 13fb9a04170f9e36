"""Finding the table in a file: the sheet, the row of the headers, and the columns below it."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from importer.domain.findings import column_letter
from importer.errors import SourceError
from importer.profile.headers import Merge, joined_headers, trimmed
from importer.stations.read import read_grids
from importer.stations.read.grid import Grid
from importer.suggest.model import Column, Sheet
from importer.suggest.synonyms import header_key, meanings

SEARCHED = 50  # rows in which READ looks for headers too
MOST_ROWS = 100_000  # rows that proofs are worked out on; `check` reads them all
_ENOUGH = 2  # headers the table of synonyms knows, for a row to be taken for the headers


class _Found(NamedTuple):
    """A header: where its first row is, how many rows it takes, and how much it names."""

    at: int
    rows: int
    score: float


def read_sheet(path: Path) -> Sheet:
    """The table of a file: the visible sheet and the row with the most headers that are known.

    Raises what reading raises, and SourceError `no-table` where no row looks like headers above rows of data.
    """
    found = [(grid, _header(grid)) for grid in read_grids(path, None, MOST_ROWS + SEARCHED) if grid.visible]
    found = [each for each in found if each[1].score > 0]
    grid, header = max(found, key=lambda each: each[1].score, default=(None, None))
    if grid is None or header is None or (header.score < _ENOUGH and not _tabular(grid, header.at)):
        raise SourceError(
            "no-table",
            f"{path.name}: no row of the first {SEARCHED} looks like headers above rows of data.",
            fix="Export again with column headers, or start from `importer profile new --empty`.",
        )
    same = _keys(_names(grid, header))
    others = [other.sheet for other, own in found if other is not grid and same <= _keys(_names(other, own))]
    return _cut(grid, header, others)


def _names(grid: Grid, header: _Found) -> Sequence[str]:
    return grid.cells[header.at] if header.rows == 1 else _two_rows(grid, header.at)


def _header(grid: Grid) -> _Found:
    """The row, or the two rows, most like headers; the score is how many different things their cells name.

    Two rows have to name more than either of them alone. Where the table knows none, the first row whose cells are all
    text and that is as wide as the rows below it counts a half.
    """
    best = _Found(0, 1, 0.0)
    last = len(grid.cells) - 1
    for index in range(min(SEARCHED, last)):
        score = _named(grid.cells[index])
        if score > best.score:
            best = _Found(index, 1, score)
    for index in range(min(SEARCHED, last - 1)):
        if any(_numeric(cell.strip()) for cell in grid.cells[index + 1] if cell.strip()):
            continue
        score = _named(_two_rows(grid, index))
        if score > best.score + 1 and _named(grid.cells[index + 1]) + 1 < score:
            best = _Found(index, 2, score)
    if best.score >= _ENOUGH:
        return best
    for index in range(min(SEARCHED, len(grid.cells))):
        if _tabular(grid, index):
            return _Found(index, 1, max(best.score, 0.5))
    return best


def _named(cells: Sequence[str]) -> float:
    counted = Counter(header_key(cell) for cell in cells if cell.strip())
    known = [meanings(cell.strip()) for cell in cells if cell.strip() and counted[header_key(cell)] == 1]
    return float(len({found[0].role for found in known if found}))


def _two_rows(grid: Grid, index: int) -> tuple[str, ...]:
    """The names that READ makes of a header of two rows."""
    merges = None
    if grid.sheet:
        merges = [Merge(top, left - 1, bottom, right - 1) for top, left, bottom, right in grid.merges]
    return joined_headers(grid.rows[index], grid.cells[index], grid.cells[index + 1], merges)


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


def _cut(grid: Grid, header: _Found, others: Sequence[str]) -> Sheet:
    headers = [trimmed(cell) for cell in _names(grid, header)]
    index = header.at + header.rows - 1
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
        grid.rows[header.at],
        header.rows,
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
