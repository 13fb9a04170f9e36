"""The lines of one sheet, or of two that belong together, under our own names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from importer.domain.findings import Finding
from importer.profile.model import Profile
from importer.stations.columns import as_array, as_column
from importer.stations.map.part import Address, Column, Part
from importer.stations.table import Beside, Mapped, Origin


class Hollow(NamedTuple):
    """A row that is refused as a whole: the finding about it, and the field whose cell the finding is about."""

    position: int
    code: str
    path: str
    value: str
    facts: Mapping[str, str]

    def tell(self, mapped: Mapped, offset: int) -> Finding:
        """The finding; `offset` is where the block begins in the frame."""
        return mapped.finding(self.code, self.position + offset, self.path, value=self.value, facts=self.facts)


@dataclass(slots=True, kw_only=True)
class Block:
    """Lines under our names.

    `unmapped` lists, by field, the positions whose word the profile's map lacks; `unread` those whose cell the field's
    `extract` or `duration` does not fit.
    """

    sheet: np.ndarray
    row: np.ndarray
    ragged: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    hollow: Sequence[Hollow] = ()
    beside: Beside | None = None
    columns: dict[str, Column] = field(default_factory=dict)
    unmapped: dict[str, np.ndarray] = field(default_factory=dict)
    unread: dict[str, np.ndarray] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)


def addresses(part: Part, profile: Profile, paths: Mapping[str, Sequence[str]]) -> dict[str, Address]:
    """For each field header and letter of its (first) column on this sheet; `paths` are the columns by field."""
    wanted: dict[str, Sequence[str]] = {f"key.{index}": (name,) for index, name in enumerate(profile.invoice_key)}
    wanted |= paths
    return {path: part.address(spellings) for path, spellings in wanted.items() if part.has(spellings)}


def join_columns(blocks: Sequence[Block], name: str) -> pa.ChunkedArray:
    """The text of one field over all blocks, in one piece: the frame and whoever asks for its cells then share it."""
    chunks = [chunk for block in blocks for chunk in as_column(block.columns[name][0]).chunks]
    return as_column(as_array(pa.chunked_array(chunks, type=pa.large_string())))


def join_kinds(blocks: Sequence[Block]) -> Mapping[str, np.ndarray]:
    """Kinds by field over all blocks; a field whose cells are all text has none."""
    joined = {}
    for name in blocks[0].columns:
        kinds = [block.columns[name][1] for block in blocks]
        if any(kind is not None for kind in kinds):
            joined[name] = np.concatenate(
                [
                    np.zeros(len(block.row), dtype=np.int8) if kind is None else kind
                    for block, kind in zip(blocks, kinds, strict=True)
                ]
            )
    return joined


def join_positions(found: Sequence[Mapping[str, np.ndarray]], offsets: Sequence[int]) -> Mapping[str, np.ndarray]:
    """Positions in the frame by field; `found` are those of each block."""
    joined: dict[str, list[np.ndarray]] = {}
    for each, offset in zip(found, offsets, strict=False):
        for path, positions in each.items():
            joined.setdefault(path, []).append(positions + offset)
    return {path: np.concatenate(positions) for path, positions in joined.items()}


def join_origins(blocks: Sequence[Block]) -> Mapping[str, Origin]:
    """The same fields have an origin in every block: it depends on the profile alone."""
    joined = {}
    for path in blocks[0].origins:
        others = [block.origins[path] for block in blocks]
        columns: dict[int, Sequence[Address]] = {}
        for other in others:
            columns |= other.columns
        joined[path] = Origin(
            _concatenated([other.rows for other in others]),
            _concatenated([other.choice for other in others]),
            columns,
            _concatenated([other.sheets for other in others]),
        )
    return joined


def join_beside(blocks: Sequence[Block], offsets: Sequence[int]) -> Beside | None:
    """Rows beside the frame, with the positions they go with."""
    found = [(block.beside, offset) for block, offset in zip(blocks, offsets, strict=False) if block.beside is not None]
    if not found:
        return None
    return Beside(
        np.concatenate([beside.sheet for beside, _ in found]),
        np.concatenate([beside.row for beside, _ in found]),
        np.concatenate([beside.position + offset for beside, offset in found]),
    )


def _concatenated(arrays: Sequence[np.ndarray | None]) -> np.ndarray | None:
    known = [array for array in arrays if array is not None]
    return np.concatenate(known) if known else None
