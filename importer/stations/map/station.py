"""The station's public function: all sheets of a run under our own names."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa

from importer.domain.findings import Finding
from importer.domain.invoice import Sheet
from importer.errors import SourceError
from importer.profile.model import LINE_FIELDS, Profile, numbered
from importer.profile.rows import CellTest
from importer.profile.source import SheetJoin
from importer.stations.map.block import (
    Block,
    addresses,
    join_beside,
    join_columns,
    join_kinds,
    join_origins,
    join_positions,
)
from importer.stations.map.fields import map_field
from importer.stations.map.joined import JoinedView, row_keys, skip_lines
from importer.stations.map.packed import PackedView
from importer.stations.map.part import Part, View
from importer.stations.map.rows import choose_rows, fill_down, leave_out, skip_filled
from importer.stations.sidebyside import side_by_side
from importer.stations.table import Mapped, Origin, Table

Spellings = tuple[str, ...]
Gone = Callable[[np.ndarray, Sequence[str]], None]  # told before rows leave: a reason for each, -1 for those that stay


def map_columns(tables: Sequence[Table], profile: Profile) -> Mapped:
    """Bring all sheets of a run under our own names.

    Cells are trimmed; `strip`, `default`, `map`, `join`, `first_of`, `fill_down` and the skip rules of the profile are
    applied; packed lines are parted, and the sheets of `source.join` joined (`tables` then come in pairs, headers
    first). Rows keep their order; lines of joined sheets stand in the order of their headers. A word missing from a
    total `map` stays as it is and is noted in `unmapped`, a cell that `extract` or `duration` does not fit in `unread`. Every row read is in the frame, in `beside` or in `skipped`.
    The columns the profile needs must exist (READ proves it). Raises SourceError where packed columns have gaps, or a
    skip rule names columns that neither of two joined sheets has.
    """
    parts: list[Part] = []
    blocks: list[Block] = []
    sheets: list[Sheet] = []
    join = profile.source.join
    if join is None:
        for number, table in enumerate(tables):
            part = Part(number, table, profile.invoice_key, profile.rows.fill_down)
            _prepare(part, table, profile, _proof(profile))
            parts.append(part)
            blocks.append(_block(part, profile))
            sheets.append(_sheet(part, table, profile, _columns(profile)))
    else:
        for number in range(0, len(tables), 2):
            header, lines, block = _joined(number, tables[number], tables[number + 1], profile, join)
            parts += [header, lines]
            blocks.append(block)
            for part, table, of_lines in ((header, tables[number], False), (lines, tables[number + 1], True)):
                columns = {
                    path: names
                    for path, names in _columns(profile).items()
                    if profile.of_lines(path, names) is of_lines
                }
                sheets.append(_sheet(part, table, profile, columns))
    return _mapped(parts, blocks, sheets, profile, read=sum(len(table.rows) for table in tables))


def _mapped(
    parts: Sequence[Part], blocks: Sequence[Block], sheets: list[Sheet], profile: Profile, *, read: int
) -> Mapped:
    offsets = [0, *np.cumsum([len(block.row) for block in blocks]).tolist()]
    names = list(blocks[0].columns)
    frame = pa.table({name: join_columns(blocks, name) for name in names})
    hollow = [(each, offset) for block, offset in zip(blocks, offsets, strict=False) for each in block.hollow]
    mapped = Mapped(
        frame=frame.to_pandas(types_mapper={pa.large_string(): pd.StringDtype(na_value=np.nan)}.get),
        kinds=join_kinds(blocks),
        sheet=np.concatenate([block.sheet for block in blocks]),
        row=np.concatenate([block.row for block in blocks]),
        sheets=sheets,
        key=tuple(f"key.{index}" for index in range(len(profile.invoice_key))),
        ragged={
            offset + position: fields
            for block, offset in zip(blocks, offsets, strict=False)
            for position, fields in block.ragged.items()
        },
        skipped=sorted((skip for part in parts for skip in part.skipped), key=lambda skip: skip.span),
        read=read,
        unmapped=join_positions([block.unmapped for block in blocks], offsets),
        unread=join_positions([block.unread for block in blocks], offsets),
        findings=list(_findings(parts, joined=profile.source.join is not None)),
        origins=join_origins(blocks),
        filled_keys=bool(parts[0].filled_keys),
        hollow=frozenset(each.position + offset for each, offset in hollow),
        beside=join_beside(blocks, offsets),
    )
    mapped.findings += [each.tell(mapped, offset) for each, offset in hollow]
    return mapped


def _prepare(part: Part, table: Table, profile: Profile, proof: Sequence[Spellings], gone: Gone | None = None) -> None:
    """Leave rows out that are no data, and write down what stands on the first row of an invoice only."""
    rules = [rule for rule in profile.rows.skip if _has(part, rule.tests())]
    footer = [rule for rule in profile.rows.footer if _has(part, rule.tests())]
    chosen = choose_rows(part, table, [rule for rule in rules if not rule.filled], footer, proof)
    if gone is not None:
        gone(chosen.reasons, chosen.words)
    part.leave_out(~chosen.passed_over)
    fill_down(part)
    part.leave_out(~chosen.skipped[~chosen.passed_over])
    if any(rule.filled for rule in rules):
        reasons, words = skip_filled(part, [rule for rule in rules if rule.filled])
        if gone is not None:
            gone(reasons, words)
        leave_out(part, reasons, words)


def _block(part: Part, profile: Profile) -> Block:
    """The lines of one sheet: its rows, or what they pack."""
    view: View = part
    count = len(part.row)
    if profile.packed is None:
        block = Block(sheet=np.full(count, part.number, dtype=np.int32), row=part.row, ragged=part.ragged)
    else:
        view = packed = PackedView(part, profile)
        number = np.full(len(packed.row), part.number, dtype=np.int32)
        block = Block(sheet=number, row=packed.row, ragged=packed.ragged, hollow=packed.hollow)
    _map_fields(block, lambda _: view, profile)
    return block


def _joined(number: int, table: Table, other: Table, profile: Profile, join: SheetJoin) -> tuple[Part, Part, Block]:
    """Two sheets as parts, and their lines."""
    keys = tuple(dict.fromkeys((*profile.invoice_key, *join.header.key)))
    header = Part(number, table, keys, profile.rows.fill_down)
    lines = Part(number + 1, other, join.lines.key, profile.rows.fill_down)
    _every_rule_has_a_sheet(header, lines, profile)
    left: list[tuple[list[tuple[str, ...]], np.ndarray, Sequence[str]]] = []
    _prepare(
        header,
        table,
        profile,
        [(name,) for name in keys],
        lambda reasons, words: left.append((row_keys(header, join.header.key), reasons, words)),
    )
    proof = [names for path, names in _columns(profile).items() if path.startswith("lines.") and lines.has(names)]
    _prepare(lines, other, profile, [*((name,) for name in join.lines.key), *proof])
    for gone, reasons, words in left:
        skip_lines(header, lines, gone, reasons, words, join)
    view = JoinedView(header, lines, profile, join)
    block = Block(sheet=view.sheet, row=view.row, hollow=view.hollow, beside=view.beside)
    for path, place in view.key_places().items():
        block.origins[path] = Origin(place.rows, place.choice, place.columns, place.sheets)
    _map_fields(block, view.of, profile)
    return header, lines, block


def _map_fields(block: Block, view: Callable[[str], View], profile: Profile) -> None:
    keys = [(f"key.{index}", None, (name,)) for index, name in enumerate(profile.invoice_key)]
    fields = [*keys, *((path, rule, ()) for path, rule in profile.fields())]
    jobs = [partial(map_field, block, view(path), path, rule, names) for path, rule, names in fields]
    alone = all(
        isinstance(view(path), Part) for path, _, _ in fields
    )  # other views put columns together as they are asked
    side_by_side(jobs, len(block.row) if alone else 0)
    block.columns = {path: block.columns[path] for path, _, _ in fields}


def _columns(profile: Profile) -> Mapping[str, Spellings]:
    """The (first) column of each field; of packed lines that of line 1."""
    return {path: numbered(rule.alternatives()[0], 1) for path, rule in profile.fields() if rule.alternatives()}


def _proof(profile: Profile) -> list[Spellings]:
    """The columns that together show a row to be data: the key, and what a line cannot be without."""
    lines = [numbered(names, 1) for name in sorted(LINE_FIELDS) for names in (profile.lines[name].column,) if names]
    return [*((name,) for name in profile.invoice_key), *lines]


def _sheet(part: Part, table: Table, profile: Profile, columns: Mapping[str, Spellings]) -> Sheet:
    return Sheet(
        file=table.file,
        name=table.sheet,
        header_row=table.header_row,
        columns=addresses(part, profile, columns),
        detected=table.detected,
        proved=table.proved,
        above=table.above,
    )


def _has(part: Part, tests: Sequence[CellTest]) -> bool:
    return all(part.has(test.column) for test in tests)


def _every_rule_has_a_sheet(header: Part, lines: Part, profile: Profile) -> None:
    """With two sheets a rule may be about either; one that is about none would be passed over without a word."""
    wanted = [[test.column for test in rule.tests()] for rule in profile.rows.rules()]
    wanted += [[(name,)] for name in profile.rows.fill_down]
    for columns in wanted:
        if not any(all(part.has(names) for names in columns) for part in (header, lines)):
            names = " and ".join(f'"{spellings[0]}"' for spellings in columns)
            raise SourceError(
                "header-not-found",
                f'{header.file.name}: a rule of the profile is about {names}, but neither the sheet "{header.name}" nor '
                f'the sheet "{lines.name}" has it.',
                fix="Correct the column names under rows in the profile, or the headers in the file.",
            )


def _findings(parts: Sequence[Part], *, joined: bool) -> Iterator[Finding]:
    """What was told of the sheets; where two of a file are read one by one, each hidden one is told once."""
    read = {(part.file, part.name) for part in parts}
    told = set()
    for part in parts:
        for finding in part.findings:
            if joined and finding.code == "hidden-sheet":
                sheet = (part.file, finding.sheet)
                if sheet in read or sheet in told:
                    continue
                told.add(sheet)
            yield finding
