"""The pandera schema: it reports every failing cell once, in order, and nothing passes it unseen."""

import numpy as np
import pytest

from importer.stations.validate.schema import Checked, failures


def checked(path: str, *problems: int, codes: tuple[str, ...] = ("", "bad-amount", "vat-rate")) -> Checked:
    """A field with these problems."""
    return Checked(path, np.array(problems, dtype=np.int8), codes)


def test_failures_come_by_row_then_by_field() -> None:
    """Each failing cell is (row, field, code), in the order in which a person reads."""
    fields = [checked("z", 0, 1, 2), checked("a", 2, 1, 0)]

    assert failures(fields, 3) == [
        (0, "a", "vat-rate"),
        (1, "z", "bad-amount"),
        (1, "a", "bad-amount"),
        (2, "z", "vat-rate"),
    ]


@pytest.mark.parametrize("count", [0, 1, 5])
def test_sound_columns_have_no_failures(count: int) -> None:
    """No rows, one row, some rows: nothing is reported where nothing is wrong."""
    assert failures([checked("a", *[0] * count), checked("b", *[0] * count, codes=("",))], count) == []


def test_every_row_may_fail() -> None:
    """No limit on failing rows hides the rest."""
    found = failures([checked("a", *[1] * 5_000)], 5_000)

    assert [row for row, _, _ in found] == list(range(5_000))


def test_a_column_that_is_no_problem_column_is_a_bug() -> None:
    """A failure that is not about a row (a wrong type) raises instead of passing for a finding."""
    wrong = Checked("a", np.array([0.0, 1.0]), ("", "bad-amount"))

    with pytest.raises(RuntimeError, match="the schema itself failed"):
        failures([wrong], 2)


def test_one_cell_has_one_problem_the_first() -> None:
    """Marking a cell again keeps what was found first."""
    field = checked("a", 0, 0)
    field.mark(np.array([True, False]), "error-cell")
    field.mark(np.array([True, True]), "missing-value")

    assert failures([field], 2) == [(0, "a", "error-cell"), (1, "a", "missing-value")]
