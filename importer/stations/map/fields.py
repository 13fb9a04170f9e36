"""The text of one field, as its rule says: column, value, join or first_of, then strip, extract, duration, map and default."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.profile.model import FieldRule
from importer.stations.columns import as_array, as_column, mask
from importer.stations.map.block import Block
from importer.stations.map.countries import country_codes
from importer.stations.map.part import Address, Column, Place, View
from importer.stations.map.parts import take_part
from importer.stations.table import Kind, Origin, damaged_number


def map_field(block: Block, view: View, path: str, rule: FieldRule | None, spellings: Sequence[str] = ()) -> None:
    """Put one field among the columns of the block; without a rule it is a column as it stands."""
    count = len(block.row)
    if rule is None or rule.column is not None:
        names = spellings if rule is None or rule.column is None else rule.column
        column = view.column(names)
        place = view.place(names)
        if any(each is not None for each in place[1:]):
            block.origins[path] = Origin(place.rows, place.choice, place.columns, place.sheets)
    elif rule.value is not None:
        block.columns[path] = (_constant(rule.value, count), np.full(count, Kind.PROFILE, dtype=np.int8))
        return
    else:
        sources = [(name,) for name in (rule.join.columns if rule.join is not None else rule.first_of or ())]
        columns = [view.column(name) for name in sources]
        column = _joined(columns, rule.join.separator) if rule.join is not None else _first_of(columns)
        choice = _choice(columns, count, joined=rule.join is not None)
        block.origins[path] = _origin(block, [view.place(name) for name in sources], choice)
    block.columns[path] = column if rule is None else _ruled(block, path, rule, column)


def _ruled(block: Block, path: str, rule: FieldRule, column: Column) -> Column:
    cells, kinds = column
    for affix in rule.strip or ():
        cells = as_column(pc.utf8_trim_whitespace(_without(cells, affix)))
    if path == "customer.country" and rule.map is None:
        cells = country_codes(cells)
    missed = None
    if rule.extract is not None or rule.duration is not None:
        cells, kinds, missed = take_part(cells, kinds, rule)
        if rule.default is None:
            block.unread[path] = np.flatnonzero(missed)
    if rule.map is None and rule.default is None:
        return cells, kinds
    return _worded(block, path, rule, (cells, kinds), missed)


def _worded(block: Block, path: str, rule: FieldRule, column: Column, missed: np.ndarray | None) -> Column:
    """The column after `map` and `default`; `missed` are cells without the part that the rule takes."""
    cells, kinds = column
    broken = _broken(kinds, len(block.row))
    missed = np.zeros(len(block.row), dtype=bool) if missed is None else missed
    empty = (mask(pc.equal(cells, "")) | missed) & ~broken
    ours = np.zeros(len(empty), dtype=bool)
    if rule.map is not None:
        words = pa.array([word.strip() for word in rule.map], type=pa.large_string())
        meanings = pa.array(list(rule.map.values()), type=pa.large_string())
        places = as_array(pc.index_in(cells, value_set=words))
        ours = mask(pc.is_valid(places)) & ~broken & ~missed
        missing = ~ours & ~broken
        cells = pc.if_else(pa.array(ours), meanings.take(places), as_array(cells))
        if rule.default is None:
            block.unmapped[path] = np.flatnonzero(missing & ~empty)
        else:
            empty = missing
    if rule.default is not None:
        cells = pc.if_else(pa.array(empty), pa.scalar(rule.default, pa.large_string()), as_array(cells))
        ours = ours | empty
    kinds = np.zeros(len(empty), dtype=np.int8) if kinds is None else kinds.copy()
    kinds[ours] = Kind.PROFILE
    return as_column(cells), kinds


def _broken(kinds: np.ndarray | None, count: int) -> np.ndarray:
    """Cells whose true value is not in the file; no map and no default may hide them."""
    return np.zeros(count, dtype=bool) if kinds is None else kinds >= Kind.ERROR


def _joined(columns: Sequence[Column], separator: str) -> Column:
    """Text put together is TEXT, unless one of its cells is broken or a damaged number."""
    text = as_array(columns[0][0])
    for cells, _ in columns[1:]:
        other = as_array(cells)
        both = pc.and_(pc.not_equal(text, ""), pc.not_equal(other, ""))
        between = pc.if_else(both, pa.scalar(separator, pa.large_string()), pa.scalar("", pa.large_string()))
        text = pc.binary_join_element_wise(text, between, other, pa.scalar("", pa.large_string()))
    kinds = None
    for cells, other_kinds in columns:
        if other_kinds is not None:
            kept = (other_kinds >= Kind.ERROR) | damaged_number(cells, other_kinds)
            broken = np.where(kept, other_kinds, Kind.TEXT).astype(np.int8)
            kinds = broken if kinds is None else np.maximum(kinds, broken)
    return as_column(text), kinds


def _first_of(columns: Sequence[Column]) -> Column:
    cells, kinds = columns[0]
    text = as_array(cells)
    for other, other_kinds in columns[1:]:
        empty = pc.equal(text, "")
        if kinds is not None or other_kinds is not None:
            zeros = np.zeros(len(text), dtype=np.int8)
            kinds = np.where(
                mask(empty), zeros if other_kinds is None else other_kinds, zeros if kinds is None else kinds
            )
        text = pc.if_else(empty, as_array(other), text)
    return as_column(text), kinds


def _choice(columns: Sequence[Column], count: int, *, joined: bool) -> np.ndarray:
    """Which column a person should look at: the first that is not empty; in a join, the first one that is broken."""
    choice = np.zeros(count, dtype=np.int8)
    for number, (cells, _) in reversed(list(enumerate(columns))):
        choice[mask(pc.not_equal(cells, ""))] = number
    for number, (cells, kinds) in reversed(list(enumerate(columns))):
        if joined and kinds is not None:
            choice[_broken(kinds, count) | damaged_number(cells, kinds)] = number
    return choice


def _origin(block: Block, places: Sequence[Place], choice: np.ndarray) -> Origin:
    """One origin of several columns; `choice` tells for each line which of the places counts."""
    lines = np.arange(len(choice))
    widths = [max(map(len, place.columns.values())) for place in places]
    begins = np.cumsum([0, *widths])[:-1]
    columns: dict[int, Sequence[Address]] = {}
    for number in sorted({number for place in places for number in place.columns}):
        known = [place.columns.get(number, next(iter(place.columns.values()))) for place in places]
        columns[number] = [address for each in known for address in each]
    within = begins[choice]
    if any(place.choice is not None for place in places):
        zero = np.zeros(len(choice), dtype=np.int64)
        within = within + np.stack([zero if place.choice is None else place.choice for place in places])[choice, lines]
    return Origin(
        _chosen([place.rows for place in places], block.row, choice),
        within,
        columns,
        _chosen([place.sheets for place in places], block.sheet, choice),
    )


def _chosen(arrays: Sequence[np.ndarray | None], own: np.ndarray, choice: np.ndarray) -> np.ndarray | None:
    """For each line what the chosen place says; None where every place says nothing but the line's own."""
    if all(each is None for each in arrays):
        return None
    stacked = np.stack([own if each is None else each for each in arrays])
    return np.asarray(stacked[choice, np.arange(len(choice))])


def _without(cells: pa.ChunkedArray, affix: str) -> pa.Array:
    """Take `affix` off the start and the end of the cells that carry it."""
    text = as_array(cells)
    if not affix:
        return text
    text = pc.if_else(pc.ends_with(text, affix), pc.utf8_slice_codeunits(text, 0, stop=-len(affix)), text)
    return pc.if_else(pc.starts_with(text, affix), pc.utf8_slice_codeunits(text, len(affix)), text)


def _constant(text: str, count: int) -> pa.ChunkedArray:
    return pa.chunked_array([pa.repeat(pa.scalar(text, pa.large_string()), count)])
