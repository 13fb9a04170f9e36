"""Lines that stand beside each other in one row, in numbered columns: such a sheet is laid out as one line a row."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from importer.profile.names import NUMBER
from importer.suggest.model import Column, Sheet
from importer.suggest.synonyms import meanings

_LINE_ROLES: Final = frozenset(
    {"product_code", "description", "quantity", "price", "vat_rate", "amount", "vat_amount", "discount"}
)
_NEEDED: Final = frozenset({"quantity", "price"})
_DIGITS: Final = re.compile(r"\d+")


def unpack(sheet: Sheet) -> tuple[Sheet, int]:
    """The sheet with one row for each packed line, and how many lines a row can hold; the sheet itself and 0 if none.

    Numbered columns are called by their pattern (`Code {n}`). A line whose numbered cells are all empty is no row.
    """
    families = _families(sheet)
    if not families:
        return sheet, 0
    count = max(max(members) for members in families.values())
    own = {column.position for members in families.values() for column in members.values()}
    shared = [column for column in sheet.columns if column.position not in own]
    numbers, positions = [], []
    for row in range(len(sheet.rows)):
        for number in range(1, count + 1):
            if any(number in members and members[number].texts[row] for members in families.values()):
                numbers.append(number)
                positions.append(row)
    source = np.array(positions, dtype=np.int64)
    columns = [column.taken(source) for column in shared]
    for name, members in families.items():
        first = members[1]
        texts = [
            members[number].texts[row] if number in members else ""
            for number, row in zip(numbers, positions, strict=True)
        ]
        kinds = None
        if any(member.kinds is not None for member in members.values()):
            kinds = np.array(
                [
                    0 if number not in members or members[number].kinds is None else members[number].kinds[row]  # type: ignore[index]  # just tested
                    for number, row in zip(numbers, positions, strict=True)
                ],
                dtype=np.int8,
            )
        columns.append(
            Column(first.position, first.letter, name, texts, kinds, named=name.replace(NUMBER, "").strip(" _-."))
        )
    columns.sort(key=lambda column: column.position)
    return replace(sheet, columns=columns, rows=sheet.rows[source]), count


def _families(sheet: Sheet) -> Mapping[str, Mapping[int, Column]]:
    """Columns by header pattern and number, if together they make lines: at least quantity and price, at least twice."""
    found: dict[str, dict[int, Column]] = {}
    for column in sheet.columns:
        for match in _DIGITS.finditer(column.header):
            pattern = f"{column.header[: match.start()]}{NUMBER}{column.header[match.end() :]}"
            found.setdefault(pattern, {})[int(match[0])] = column
    families = {
        pattern: members
        for pattern, members in found.items()
        if 1 in members and 2 in members and _roles(pattern) & _LINE_ROLES  # noqa: PLR2004 - the second line
    }
    return families if {role for pattern in families for role in _roles(pattern)} >= _NEEDED else {}


def _roles(pattern: str) -> frozenset[str]:
    return frozenset(meaning.role for meaning in meanings(pattern.replace(NUMBER, "").strip(" _-.")))
