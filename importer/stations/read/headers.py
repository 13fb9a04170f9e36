"""Finding the header: the first row, or the first two rows together, that hold every needed header."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from importer.domain.findings import column_letter
from importer.domain.invoice import Above
from importer.domain.returned import is_added_header
from importer.errors import SourceError
from importer.profile.headers import Merge, joined_headers, trimmed
from importer.profile.names import normal_header
from importer.profile.source import HeaderRule
from importer.profile.unusable import unusable, without_lines

SEARCHED = 50  # rows looked at when the profile says `header: auto`
_SHOWN = 40  # headers listed in a message

Needed = Sequence[tuple[str, ...]]
Merges = Callable[[], Sequence[Merge]]  # only asked where the header takes two rows


@dataclass(frozen=True, slots=True)
class Found:
    """The (last) header row: its number, and the names of the columns; columns without header are ""."""

    row: int
    headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Missed:
    """No row fits. `row` (0: there is none), `headers` and `missing` are those of the row that comes nearest."""

    row: int
    headers: tuple[str, ...]
    missing: tuple[tuple[str, ...], ...]
    holds: int  # how many of the needed headers it has


def above_header(rows: Iterable[Sequence[str]]) -> tuple[Above, ...]:
    """The cells with text of the rows above a header, from the top of the sheet."""
    return tuple(
        Above(row, f"{column_letter(position)}{row}", text)
        for row, cells in enumerate(islice(rows, SEARCHED), 1)
        for position, cell in enumerate(cells)
        if (text := cell.strip())
    )


def rows_to_search(rule: HeaderRule) -> int:
    """How many rows from the top `find_header` wants to see."""
    return (SEARCHED if rule.row == "auto" else rule.row) + rule.rows - 1


def find_header(
    rows: Iterable[tuple[int, Sequence[str]]], needed: Needed, rule: HeaderRule, merges: Merges | None = None
) -> Found | Missed:
    """The first header in `rows` (number, cells) that holds all needed names, or the one that begins at row `rule.row`.

    A header of two rows ends at `Found.row`; how its names are made is told by `joined_headers`. `merges` gives the
    merged cells of the sheet; without it (text files know none) blank cells stand for them. Without needed headers it
    is the first row that is not blank.
    """
    best = Missed(0, (), tuple(needed), -1)
    for first, number, headers in _candidates(rows, rule, merges):
        if rule.row not in ("auto", first):
            continue
        headers = tuple("" if is_added_header(header) else header for header in headers)  # noqa: PLW2901 - ours are none
        present = {normal_header(header) for header in headers if header}
        missing = tuple(names for names in needed if not any(normal_header(name) in present for name in names))
        if present and not missing:
            return Found(number, headers)
        holds = len(needed) - len(missing) if present else -1
        if holds > best.holds:
            best = Missed(number, headers, missing, holds)
    return best


def _candidates(
    rows: Iterable[tuple[int, Sequence[str]]], rule: HeaderRule, merges: Merges | None
) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Every possible header: its first row, its last row, the names of its columns."""
    if rule.rows == 1:
        for number, cells in rows:
            yield number, number, tuple(trimmed(cell) for cell in cells)
        return
    merged = None if merges is None else merges()
    above: tuple[int, Sequence[str]] | None = None
    for number, cells in rows:
        if above is not None:
            yield above[0], number, joined_headers(*above, cells, merged)
        above = number, tuple(cells)


def refuse_duplicates(place: str, found: Found, needed: Needed) -> None:
    """Raise SourceError if a needed header stands above two columns: which one is meant cannot be known."""
    wanted = {normal_header(name) for names in needed for name in names}
    first: dict[str, int] = {}
    for position, header in enumerate(found.headers):
        normal = normal_header(header)
        if normal not in wanted:
            continue
        if normal in first:
            one, other = column_letter(first[normal]), column_letter(position)
            raise SourceError(
                "duplicate-header",
                f'{place}: the header "{header}" stands above two columns, {one} and {other} (row {found.row}).',
                fix="Rename or delete one of the two columns; which one is meant cannot be known.",
            )
        first[normal] = position


def not_found(place: str, missed: Missed, rule: HeaderRule) -> SourceError:
    """The error for a table whose header row is not there, or which is a known export without lines of invoices."""
    other = unusable(missed.headers)
    if other is not None:
        return without_lines(place, other)
    wanted = ", ".join(_names(names) for names in missed.missing)
    if rule.row == "auto":
        searched = f"in its first {SEARCHED} rows"
        fix = "Correct the headers in the file or the column names in the profile."
    else:
        where = f"row {rule.row}" if rule.rows == 1 else f"rows {rule.row} and {rule.row + 1}"
        searched = f"in {where}, where the profile expects them"
        fix = "Correct source.header, or the column names, in the profile."
    if not any(missed.headers):
        return SourceError("header-not-found", f"{place}: no headers were found {searched}.", fix=fix)
    lacks = f"; missing: {wanted}" if wanted else ""
    return SourceError(
        "header-not-found",
        f"{place}: the needed headers were not found {searched}{lacks}. Row {missed.row} comes nearest; "
        f"its headers are: {_listed(missed.headers)}.",
        fix=fix,
    )


def _names(names: tuple[str, ...]) -> str:
    return " or ".join(f'"{name}"' for name in names)


def _listed(headers: Sequence[str]) -> str:
    filled = [f'"{header if len(header) <= _SHOWN else header[:_SHOWN] + "…"}"' for header in headers if header]
    more = f" and {len(filled) - _SHOWN} more" if len(filled) > _SHOWN else ""
    return ", ".join(filled[:_SHOWN]) + more
