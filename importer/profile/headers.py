"""Names of columns whose header takes two rows: groups above, columns below."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from importer.profile.names import normal_header

BETWEEN: Final = " / "


class Merge(NamedTuple):
    """Cells merged into one: the first and the last row (as the spreadsheet shows them) and column (1 is A)."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


def trimmed(cell: str) -> str:
    """A header cell without the white space and byte order marks around it."""
    return cell.strip().strip("\ufeff").strip()


def joined_headers(
    row: int, upper: Sequence[str], lower: Sequence[str], merges: Sequence[Merge] | None
) -> tuple[str, ...]:
    """The names of the columns under a header of two rows, `upper` (row number `row`) and `lower`.

    A column is called by the text above it and its own, "Klant / Naam"; where one of the two is empty, or both are the
    same, by the other alone. In a workbook a text above stands over exactly the cells it is merged with. A text file
    knows no merged cells (`merges` is None): there it stands over its own column and the columns to the right whose
    upper cell is empty, but over its own alone where the cell below it is empty.
    """
    width = max(len(upper), len(lower))
    above = [trimmed(cell) for cell in upper] + [""] * (width - len(upper))
    below = [trimmed(cell) for cell in lower] + [""] * (width - len(lower))
    groups = _spread(above, below) if merges is None else _merged(row, above, merges)
    return tuple(map(_name, groups, below))


def _spread(above: Sequence[str], below: Sequence[str]) -> list[str]:
    groups = []
    group = ""
    for upper, lower in zip(above, below, strict=True):
        if upper:
            group = upper if lower else ""
        groups.append(upper or (group if lower else ""))
    return groups


def _merged(row: int, above: Sequence[str], merges: Sequence[Merge]) -> list[str]:
    groups = list(above)
    for merge in merges:
        first = merge.first_column - 1
        if merge.first_row == row and first < len(groups):
            last = min(merge.last_column, len(groups))
            groups[first:last] = [above[first]] * (last - first)
    return groups


def _name(group: str, own: str) -> str:
    if not group or not own or normal_header(group) == normal_header(own):
        return own or group
    return group + BETWEEN + own
