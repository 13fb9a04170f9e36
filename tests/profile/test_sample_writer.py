import csv
import hashlib
import tracemalloc
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.domain.identity import Account
from importer.errors import ConfigError
from importer.pipeline import check_files
from importer.profile.load import load_profile
from importer.profile.shipped import samples_folder
from importer.tools.sample import HEADERS, write_sample

ACCOUNT = Account("https://example.test", "default")


def rows(path: Path) -> list[list[str]]:
    """All rows of a written text sample, the header first."""
    with path.open(encoding="windows-1252", newline="") as file:
        return list(csv.reader(file, delimiter=";", strict=True))


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_every_invoice_of_a_sample_is_valid(tmp_path: Path, suffix: str) -> None:
    """The profile `demo` takes the whole sample: nothing refused, nothing held, no finding, lines as asked."""
    path = tmp_path / f"sample{suffix}"
    write_sample(path, invoices=150, lines=3, seed=7)
    plan = check_files([path], load_profile("demo"), ACCOUNT)
    assert plan.rows == (450, 450, 0, 0)
    assert (plan.findings, plan.refused) == ([], [])
    assert [len(item.frozen.invoice.lines) for item in plan.items] == [3] * 150
    assert len({item.frozen.invoice.header["number"] for item in plan.items}) == 150


def test_text_and_workbook_hold_the_same_cells(tmp_path: Path) -> None:
    """The format changes nothing: every cell of the workbook is the text of the text file."""
    write_sample(tmp_path / "a.csv", invoices=20, seed=1)
    write_sample(tmp_path / "a.xlsx", invoices=20, seed=1)
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert sheet is not None
    cells = [["" if cell is None else cell for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert cells == rows(tmp_path / "a.csv")


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    """Two samples of one seed are one file, whenever they are made; another seed gives other invoices."""
    digests = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        path = tmp_path / f"{name}{suffix}"
        write_sample(path, invoices=10, seed=seed)
        digests.append(hashlib.sha256(path.read_bytes()).hexdigest())
    assert digests[0] == digests[1] != digests[2]


def test_a_seed_means_the_same_for_ever(tmp_path: Path) -> None:
    """Figures measured on a sample stay comparable: its first lines never change."""
    path = tmp_path / "a.csv"
    write_sample(path, invoices=2, lines=1, seed=0)
    assert (
        hashlib.sha256(path.read_bytes()).hexdigest()
        == "52caef1703716dbff475764f1c2a3a9c737bc1eac7ecae0017d355f4a27d28a5"
    )


def test_the_layout_is_that_of_the_demo() -> None:
    """The sample has the columns of the shipped demo file, in its order."""
    assert tuple(rows(samples_folder() / "demo" / "facturen-maart.csv")[0]) == HEADERS


@settings(max_examples=10)
@given(invoices=st.integers(1, 60), lines=st.integers(1, 9), seed=st.integers(0, 10**9))
def test_counts_are_exact(tmp_path_factory: pytest.TempPathFactory, invoices: int, lines: int, seed: int) -> None:
    """Any sample has exactly the invoices and lines asked for, and 20 cells in every row."""
    path = tmp_path_factory.mktemp("sample") / "a.csv"
    write_sample(path, invoices=invoices, lines=lines, seed=seed)
    header, *body = rows(path)
    assert len(body) == invoices * lines
    assert {len(row) for row in [header, *body]} == {20}
    numbers = [row[0] for row in body]
    assert [numbers.count(number) for number in dict.fromkeys(numbers)] == [lines] * invoices


def test_memory_does_not_grow_with_the_sample(tmp_path: Path) -> None:
    """Five times the invoices take no more memory."""
    peaks = []
    for invoices in (2_000, 10_000):
        tracemalloc.start()
        write_sample(tmp_path / "a.csv", invoices=invoices, lines=1)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.5


@pytest.mark.parametrize(
    ("name", "invoices", "lines", "seed", "words"),
    [
        ("a.ods", 1, 1, 0, "neither in .csv nor in .xlsx"),
        ("a.csv", 0, 1, 0, "1 or more"),
        ("a.csv", 1, 0, 0, "1 or more"),
        ("a.csv", 1, 1, -1, "the seed 0 or more"),
        ("a.xlsx", 1_048_576, 1, 0, "A sheet holds 1,048,575 lines"),
        ("none/a.csv", 1, 1, 0, "cannot be written"),
    ],
)
def test_what_cannot_be_written_is_refused(
    tmp_path: Path, name: str, invoices: int, lines: int, seed: int, words: str
) -> None:
    """A wrong ending, number or folder is one sentence, and leaves no file behind."""
    with pytest.raises(ConfigError, match=words):
        write_sample(tmp_path / name, invoices=invoices, lines=lines, seed=seed)
    assert list(tmp_path.iterdir()) == []
