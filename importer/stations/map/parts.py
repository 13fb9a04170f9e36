"""A part of a cell, as the profile's `extract` and `duration` say it."""

import re
from decimal import Decimal
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.profile.model import FieldRule
from importer.stations.columns import as_column, encoded, mask
from importer.stations.map.part import Column
from importer.stations.table import Kind

_DURATION: Final = re.compile(r"([0-9]{1,5}):([0-5][0-9])(?::([0-5][0-9]))?")
_HOUR: Final = 3600
_EXACT: Final = 9  # seconds: 0.0025 hours, the least that comes out in four decimals


def take_part(cells: pa.ChunkedArray, kinds: np.ndarray | None, rule: FieldRule) -> tuple[*Column, np.ndarray]:
    """Cells and kinds after `extract` and `duration`, and which filled cells did not fit; those stay as they are.

    Empty and broken cells are passed over. Hours are written with a point, as the profile writes numbers.
    """
    count = len(cells)
    missed = np.zeros(count, dtype=bool)
    passed = mask(pc.equal(cells, ""))
    if kinds is not None:
        passed |= kinds >= Kind.ERROR
    if rule.extract is not None:
        whole = rf"\A(?:{rule.extract})\z"  # Arrow's patterns never go back, so no cell makes them slow
        fits = mask(pc.match_substring_regex(cells, whole)) & ~passed
        taken = pc.utf8_trim_whitespace(pc.replace_substring_regex(cells, whole, r"\1"))
        cells = as_column(pc.if_else(pa.array(fits), taken, cells))
        missed |= ~fits & ~passed
    if rule.duration is not None:
        codes, texts = encoded(cells)
        read = [hours(text) for text in texts]
        fits = np.array([text is not None for text in read], dtype=bool)[codes] & ~passed & ~missed
        meant = pa.array([text or "" for text in read], pa.large_string()).take(pa.array(codes))
        cells = as_column(pc.if_else(pa.array(fits), meant, cells))
        missed |= ~fits & ~passed
        kinds = np.zeros(count, dtype=np.int8) if kinds is None else kinds.copy()
        kinds[fits] = Kind.PROFILE
    return cells, kinds, missed


def hours(text: str) -> str | None:
    """A duration h:mm or h:mm:ss in hours; None for any other text, and where four decimals cannot hold it exactly."""
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    seconds = int(found[1]) * _HOUR + int(found[2]) * 60 + int(found[3] or 0)
    if seconds % _EXACT:
        return None
    return f"{Decimal(seconds) / _HOUR:f}"
