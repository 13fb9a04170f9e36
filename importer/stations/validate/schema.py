"""The pandera schema of a run: typed columns, and a check for every finding code a column can raise."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors


@dataclass(slots=True)
class Checked:
    """One field on its way through the schema: `problem` per row is a position in `codes`; 0 means fine."""

    path: str
    problem: np.ndarray
    codes: tuple[str, ...]  # codes[0] is ""

    def mark(self, rows: np.ndarray, code: str) -> None:
        """Give these rows (a mask) the problem `code`, unless they have one already: one cell, one finding."""
        if code not in self.codes:
            self.codes = (*self.codes, code)
        self.problem[rows & (self.problem == 0)] = self.codes.index(code)

    def failed(self, passed: frozenset[str]) -> np.ndarray:
        """The rows that have a problem, those of the codes in `passed` left out."""
        failed = np.asarray(self.problem != 0, dtype=bool)
        for number, code in enumerate(self.codes):
            if code in passed:
                failed &= self.problem != number
        return failed


def failures(fields: Sequence[Checked], count: int) -> list[tuple[int, str, str]]:
    """Every failing cell as (row position, field path, code), in order of row, then of field.

    One pass of pandera over int8 columns, lazily, never coercing (one bad cell under coerce costs a minute per
    million rows). Raises RuntimeError when pandera reports anything that is not a failing row: that is a bug.
    """
    frame = pd.DataFrame({field.path: field.problem for field in fields}, index=pd.RangeIndex(count))
    schema = pa.DataFrameSchema(
        {field.path: pa.Column("int8", checks=_checks(field), nullable=False) for field in fields}, strict=True
    )
    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
        if cases["index"].isna().any():
            msg = f"the schema itself failed: {sorted(set(cases['check'].astype(str)))}"
            raise RuntimeError(msg) from None
        order = {field.path: place for place, field in enumerate(fields)}
        found = zip(
            cases["index"].astype("int64").tolist(), cases["column"].tolist(), cases["check"].tolist(), strict=True
        )
        return sorted(
            ((row, str(path), str(code)) for row, path, code in found), key=lambda case: (case[0], order[case[1]])
        )
    return []


def _checks(field: Checked) -> list[pa.Check]:
    return [pa.Check(_differs_from(number), error=code, name=code) for number, code in enumerate(field.codes) if code]


def _differs_from(number: int) -> Callable[["pd.Series[int]"], "pd.Series[bool]"]:
    def differs(problem: "pd.Series[int]") -> "pd.Series[bool]":
        return problem != number

    return differs
