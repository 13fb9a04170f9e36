"""The station's public function: all sheets of a run under our own names."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from importer.profile.model import Profile
from importer.stations.map.fields import map_field
from importer.stations.map.part import Part
from importer.stations.map.rows import choose_rows, fill_down
from importer.stations.table import Mapped, Origin, Table


def map_columns(tables: Sequence[Table], profile: Profile) -> Mapped:
    """Bring all sheets of a run under our own names.

    Cells are trimmed; `strip`, `default`, `map`, `join`, `first_of`, `fill_down` and the skip rules of the profile are
    applied. Rows keep their order. A word missing from a total `map` stays as it is and is noted in `unmapped`. Every
    row read is in the frame or in `skipped`. The columns the profile needs must exist (READ proves it).
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
        findings=[finding for part in parts for finding in part.findings],
        origins=_join_origins(parts),
        filled_keys=bool(parts[0].filled_keys),
    )


def _map_table(number: int, table: Table, profile: Profile) -> Part:
    part = Part(number, table, profile)
    skipped, passed_over = choose_rows(part, table, profile)
    part.leave_out(~passed_over)
    fill_down(part, profile)
    part.leave_out(~skipped[~passed_over])
    for index, name in enumerate(profile.invoice_key):
        map_field(part, f"key.{index}", None, (name,))
    for path, rule in profile.fields():
        map_field(part, path, rule, ())
    return part


def _join_kinds(parts: Sequence[Part], names: Sequence[str]) -> Mapping[str, np.ndarray]:
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


def _join_unmapped(parts: Sequence[Part], offsets: np.ndarray) -> Mapping[str, np.ndarray]:
    joined: dict[str, list[np.ndarray]] = {}
    for part, offset in zip(parts, offsets, strict=False):
        for path, positions in part.unmapped.items():
            joined.setdefault(path, []).append(positions + offset)
    return {path: np.concatenate(positions) for path, positions in joined.items()}


def _join_origins(parts: Sequence[Part]) -> Mapping[str, Origin]:
    """The same fields have an origin in every sheet: it depends on the profile alone."""
    joined = {}
    for path, origin in parts[0].origins.items():
        others = [part.origins[path] for part in parts]
        joined[path] = Origin(
            None if origin.rows is None else np.concatenate([other.rows for other in others]),
            None if origin.choice is None else np.concatenate([other.choice for other in others]),
            [columns for other in others for columns in other.columns],
        )
    return joined
