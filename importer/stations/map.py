"""MAP: columns of the file become our fields, still text. Rows that are no data leave here, each with its reason."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from importer.domain.findings import column_letter
from importer.domain.invoice import Sheet, SkippedRows, Span
from importer.profile.model import FieldRule, Profile, SkipRule, normal_header
from importer.stations.columns import as_column, encoded, mask, trimmed
from importer.stations.table import Kind, Mapped, Table

BLANK_REASON = "blank row"

Column = tuple[pa.ChunkedArray, np.ndarray | None]


def map_columns(tables: Sequence[Table], profile: Profile) -> Mapped:
    """Bring all sheets of a run under our own names.

    Cells are trimmed; `strip`, `default`, `map`, `join`, `first_of`, `fill_down` and the skip rules of the profile are
    applied. Rows keep their order. A word missing from a total `map` stays as it is and is noted in `unmapped`. Every row read is in the frame or in `skipped`. The columns the profile needs must exist (READ proves it).
    """
    parts = [_map_table(number, table, profile) for number, table in enumerate(tables)]
    names = list(parts[0].columns)
    offsets = np.cumsum([0, *(len(part.row) for part in parts)])
    frame = pa.table(
        {
            name: pa.chunked_array([c for part in parts for c in part.columns[name][0].chunks], type=pa.large_string())
            for name in names
        }
    )
    return Mapped(
        frame=frame.to_pandas(types_mapper={pa.large_string(): pd.StringDtype(na_value=np.nan)}.get),
        kinds=_join_kinds(parts, names),
        sheet=np.concatenate([np.full(len(part.row), part.number, dtype=np.int32) for part in parts]),
        row=np.concatenate([part.row for part in parts]),
        sheets=[part.sheet for part in parts],
        key=tuple(f"key.{index}" for index in range(len(profile.invoice_key))),
        ragged={
            int(offset) + position: fields
            for part, offset in zip(parts, offsets, strict=False)
            for position, fields in part.ragged.items()
        },
        skipped=[skip for part in parts for skip in part.skipped],
        read=sum(len(table.rows) for table in tables),
        unmapped=_join_unmapped(parts, offsets),
        findings=[finding for table in tables for finding in table.findings],
    )


class _Part:
    """One sheet under our names. `unmapped` lists, by field, the positions whose word the profile's map lacks."""

    def __init__(self, number: int, table: Table, profile: Profile) -> None:
        self.number = number
        self.columns: dict[str, Column] = {}
        self.unmapped: dict[str, np.ndarray] = {}
        self.row = table.rows
        self.ragged = table.ragged
        self.skipped: list[SkippedRows] = []
        self._table = table
        self._positions: dict[str, int] = {}
        for position, header in enumerate(table.headers):
            self._positions.setdefault(normal_header(header), position)
        self._taken: dict[int, Column] = {}
        self._keep: np.ndarray | None = None
        self.sheet = Sheet(
            file=table.file,
            name=table.sheet,
            header_row=table.header_row,
            columns=self._addresses(profile),
            detected=table.detected,
        )

    def position(self, spellings: Sequence[str]) -> int:
        """The column that carries one of these headers."""
        return next(self._positions[name] for name in map(normal_header, spellings) if name in self._positions)

    def column(self, spellings: Sequence[str]) -> Column:
        """The trimmed cells of a column, rows that are no data left out."""
        position = self.position(spellings)
        if position not in self._taken:
            cells, kinds = self._table.columns[position], self._table.kinds[position]
            if self._keep is not None:
                cells = cells.take(pa.array(self._keep))
                kinds = None if kinds is None else kinds[self._keep]
            self._taken[position] = (trimmed(cells), kinds)
        return self._taken[position]

    def leave_out(self, keep: np.ndarray) -> None:
        """Keep only these rows (a mask over the rows still there)."""
        if keep.all():
            return
        self._keep = np.flatnonzero(keep)
        self._taken.clear()
        place = {int(old): new for new, old in enumerate(self._keep)}
        self.ragged = {place[position]: fields for position, fields in self.ragged.items() if position in place}
        self.row = self.row[self._keep]

    def replace(self, spellings: Sequence[str], cells: pa.ChunkedArray, kinds: np.ndarray | None) -> None:
        """Put other cells in the place of a column (fill-down)."""
        self._taken[self.position(spellings)] = (cells, kinds)

    def all_cells(self) -> Sequence[pa.ChunkedArray]:
        """Every column of the file, mapped or not."""
        return self._table.columns

    def _addresses(self, profile: Profile) -> dict[str, tuple[str, str]]:
        """For each field, header and letter of (the first of) its columns."""
        addresses = {}
        wanted: dict[str, tuple[str, ...]] = {f"key.{index}": (name,) for index, name in enumerate(profile.invoice_key)}
        wanted |= {path: rule.alternatives()[0] for path, rule in profile.fields() if rule.alternatives()}
        for path, spellings in wanted.items():
            position = self.position(spellings)
            addresses[path] = (self._table.headers[position], column_letter(position))
        return addresses


def _map_table(number: int, table: Table, profile: Profile) -> _Part:
    part = _Part(number, table, profile)
    _leave_out_rows(part, profile)
    _fill_down(part, profile)
    for index, name in enumerate(profile.invoice_key):
        part.columns[f"key.{index}"] = part.column((name,))
    for path, rule in profile.fields():
        part.columns[path] = _field(part, path, rule)
    return part


def _leave_out_rows(part: _Part, profile: Profile) -> None:
    """Take out blank rows and rows under a skip rule; the first rule that fits gives the reason."""
    count = len(part.row)
    blank = np.ones(count, dtype=bool)
    for cells in part.all_cells():
        blank &= mask(pc.equal(pc.utf8_trim_whitespace(cells), ""))
        if not blank.any():
            break
    reasons = np.where(blank, 0, -1).astype(np.int32)
    words = [BLANK_REASON]
    for rule in profile.rows.skip:
        hit = _skipped_by(rule, part.column(rule.column)[0]) & (reasons < 0)
        reasons[hit] = len(words)
        words.append(rule.reason)
    gone = np.flatnonzero(reasons >= 0)
    for first, last in _runs(part.row[gone], reasons[gone]):
        span = Span(part.number, int(part.row[gone[first]]), int(part.row[gone[last]]))
        part.skipped.append(SkippedRows(span, words[reasons[gone[first]]]))
    part.leave_out(reasons < 0)


def _skipped_by(rule: SkipRule, cells: pa.ChunkedArray) -> np.ndarray:
    if rule.equals is not None:
        return mask(pc.is_in(cells, value_set=pa.array([text.strip() for text in rule.equals], type=pa.large_string())))
    if rule.matches is not None:
        return np.asarray(pd.Series(cells.to_pandas(), dtype="str").str.fullmatch(rule.matches), dtype=bool)
    return mask(pc.equal(cells, ""))


def _fill_down(part: _Part, profile: Profile) -> None:
    """Write the cells that stand only on the first row of an invoice on its other rows too.

    Values never cross from one invoice to the next: a customer without a VAT number must not get the one above.
    """
    filled = profile.rows.fill_down
    count = len(part.row)
    if not filled or not count:
        return
    by_header = {normal_header(name): (name,) for name in filled}
    keys = [(name,) for name in profile.invoice_key]
    filled_keys = [name for name in keys if normal_header(name[0]) in by_header]
    here = np.arange(count)
    if filled_keys:
        named = np.zeros(count, dtype=bool)
        for name in filled_keys:
            named |= ~mask(pc.equal(part.column(name)[0], ""))
        source = np.maximum.accumulate(np.where(named, here, -1))
        source[source < 0] = here[source < 0]  # rows above the first key stay as they are
        for name in filled_keys:
            _take(part, name, source)
    starts = np.zeros(count, dtype=bool)
    starts[0] = True
    for name in keys:
        codes, _ = encoded(part.column(name)[0])
        starts[1:] |= codes[1:] != codes[:-1]
    first = np.maximum.accumulate(np.where(starts, here, 0))
    for normal, name in by_header.items():
        if normal in {normal_header(key[0]) for key in filled_keys}:
            continue
        written = ~mask(pc.equal(part.column(name)[0], ""))
        source = np.maximum.accumulate(np.where(written, here, -1))
        _take(part, name, np.where(source >= first, source, here))


def _take(part: _Part, name: tuple[str], source: np.ndarray) -> None:
    cells, kinds = part.column(name)
    part.replace(name, cells.take(pa.array(source)), None if kinds is None else kinds[source])


def _field(part: _Part, path: str, rule: FieldRule) -> Column:
    """The text of one field, as its rule says."""
    count = len(part.row)
    if rule.value is not None:
        return _constant(rule.value, count), np.full(count, Kind.NUMBER, dtype=np.int8)
    if rule.column is not None:
        cells, kinds = part.column(rule.column)
    elif rule.join is not None:
        cells, kinds = _joined([part.column((name,)) for name in rule.join.columns], rule.join.separator)
    else:
        cells, kinds = _first_of([part.column((name,)) for name in rule.first_of or ()])
    for affix in rule.strip or ():
        cells = trimmed(_without(cells, affix))
    return _translated(part, path, rule, cells, kinds)


def _translated(part: _Part, path: str, rule: FieldRule, cells: pa.ChunkedArray, kinds: np.ndarray | None) -> Column:
    """Apply `map` and `default`. What the profile puts in counts as a NUMBER: it writes decimals with a point."""
    if rule.map is None and rule.default is None:
        return cells, kinds
    empty = mask(pc.equal(cells, ""))
    ours = empty.copy() if rule.default is not None else np.zeros(len(empty), dtype=bool)
    if rule.map is not None:
        words = pa.array([word.strip() for word in rule.map], type=pa.large_string())
        meanings = pa.array(list(rule.map.values()), type=pa.large_string())
        places = pc.index_in(cells, value_set=words)
        missing = mask(pc.is_null(places))
        cells = pc.if_else(pc.is_null(places), cells, meanings.take(places.combine_chunks()))
        ours |= ~missing
        if rule.default is not None:
            ours |= missing
            empty |= missing
        else:
            part.unmapped[path] = np.flatnonzero(missing & ~empty & ~_broken(kinds, len(empty)))
    if rule.default is not None:
        cells = pc.if_else(
            pa.array(empty & ~_broken(kinds, len(empty))), pa.scalar(rule.default, pa.large_string()), cells
        )
    kinds = np.zeros(len(empty), dtype=np.int8) if kinds is None else kinds.copy()
    kinds[ours & (kinds < Kind.ERROR)] = Kind.NUMBER
    return as_column(cells), kinds


def _broken(kinds: np.ndarray | None, count: int) -> np.ndarray:
    """Cells whose true value is not in the file; no default may hide them."""
    return np.zeros(count, dtype=bool) if kinds is None else kinds >= Kind.ERROR


def _joined(columns: Sequence[Column], separator: str) -> Column:
    text = columns[0][0].combine_chunks()
    for cells, _ in columns[1:]:
        other = cells.combine_chunks()
        both = pc.and_(pc.not_equal(text, ""), pc.not_equal(other, ""))
        between = pc.if_else(both, pa.scalar(separator, pa.large_string()), pa.scalar("", pa.large_string()))
        text = pc.binary_join_element_wise(text, between, other, pa.scalar("", pa.large_string()))
    kinds = None
    for _, other_kinds in columns:
        if other_kinds is not None:
            broken = np.where(other_kinds >= Kind.ERROR, other_kinds, Kind.TEXT).astype(np.int8)
            kinds = broken if kinds is None else np.maximum(kinds, broken)
    return as_column(text), kinds


def _first_of(columns: Sequence[Column]) -> Column:
    cells, kinds = columns[0]
    for other, other_kinds in columns[1:]:
        empty = pc.equal(cells, "")
        if kinds is not None or other_kinds is not None:
            zeros = np.zeros(len(other), dtype=np.int8)
            kinds = np.where(
                mask(empty), zeros if other_kinds is None else other_kinds, zeros if kinds is None else kinds
            )
        cells = pc.if_else(empty, other, cells)
    return as_column(cells), kinds


def _without(cells: pa.ChunkedArray, affix: str) -> pa.ChunkedArray:
    """Take `affix` off the start or the end of the cells that carry it."""
    trailing = pc.ends_with(cells, affix)
    cells = pc.if_else(trailing, pc.utf8_slice_codeunits(cells, 0, stop=-len(affix)), cells)
    leading = pc.starts_with(cells, affix)
    return pc.if_else(leading, pc.utf8_slice_codeunits(cells, len(affix)), cells)


def _constant(text: str, count: int) -> pa.ChunkedArray:
    return pa.chunked_array([pa.repeat(pa.scalar(text, pa.large_string()), count)])


def _runs(rows: np.ndarray, values: np.ndarray) -> list[tuple[int, int]]:
    """Positions (first, last) of stretches of adjacent rows with one value."""
    if not len(rows):
        return []
    breaks = np.flatnonzero((rows[1:] != rows[:-1] + 1) | (values[1:] != values[:-1])) + 1
    return list(zip([0, *breaks.tolist()], [*(breaks - 1).tolist(), len(rows) - 1], strict=True))


def _join_kinds(parts: Sequence[_Part], names: Sequence[str]) -> Mapping[str, np.ndarray]:
    """Kinds by field over all sheets; a field whose cells are all text has none."""
    joined = {}
    for name in names:
        kinds = [part.columns[name][1] for part in parts]
        if any(kind is not None for kind in kinds):
            joined[name] = np.concatenate(
                [
                    np.zeros(len(part.row), dtype=np.int8) if kind is None else kind
                    for part, kind in zip(parts, kinds, strict=True)
                ]
            )
    return joined


def _join_unmapped(parts: Sequence[_Part], offsets: np.ndarray) -> Mapping[str, np.ndarray]:
    joined: dict[str, list[np.ndarray]] = {}
    for part, offset in zip(parts, offsets, strict=False):
        for path, positions in part.unmapped.items():
            joined.setdefault(path, []).append(positions + offset)
    return {path: np.concatenate(positions) for path, positions in joined.items()}
