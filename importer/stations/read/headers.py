"""Finding the header row: the first row that holds every needed header."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from importer.domain.findings import column_letter
from importer.errors import SourceError
from importer.profile.model import normal_header

SEARCHED = 50  # rows looked at when the profile says `header: auto`
_SHOWN = 40  # headers listed in a message

Needed = Sequence[tuple[str, ...]]
HeaderRule = Literal["auto"] | int


@dataclass(frozen=True, slots=True)
class Found:
    """The header row: its number, and its cells trimmed; columns without header are ""."""

    row: int
    headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Missed:
    """No row fits. `row` (0: there is none), `headers` and `missing` are those of the row that comes nearest."""

    row: int
    headers: tuple[str, ...]
    missing: tuple[tuple[str, ...], ...]
    holds: int  # how many of the needed headers it has


def trimmed(cell: str) -> str:
    """A header cell without the white space and byte order marks around it."""
    return cell.strip().strip("\ufeff").strip()


def rows_to_search(rule: HeaderRule) -> int:
    """How many rows from the top `find_header` wants to see."""
    return SEARCHED if rule == "auto" else rule


def find_header(rows: Iterable[tuple[int, Sequence[str]]], needed: Needed, rule: HeaderRule) -> Found | Missed:
    """The first row of `rows` (number, cells) that holds all needed headers, or the row whose number is `rule`.

    Without needed headers it is the first row that is not blank.
    """
    best = Missed(0, (), tuple(needed), -1)
    for number, cells in rows:
        if rule not in ("auto", number):
            continue
        headers = tuple(trimmed(cell) for cell in cells)
        present = {normal_header(header) for header in headers if header}
        missing = tuple(names for names in needed if not any(normal_header(name) in present for name in names))
        if present and not missing:
            return Found(number, headers)
        holds = len(needed) - len(missing) if present else -1
        if holds > best.holds:
            best = Missed(number, headers, missing, holds)
    return best


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
    """The error for a table whose header row is not there."""
    wanted = ", ".join(_names(names) for names in missed.missing)
    if rule == "auto":
        searched = f"in its first {SEARCHED} rows"
        fix = "Correct the headers in the file or the column names in the profile."
    else:
        searched = f"in row {rule}, where the profile expects them"
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
