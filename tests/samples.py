"""Every file of a folder of real exports through the reader and `profile suggest`: one line a file.

    python -m tests.samples ../shared/samples

Each line says what was understood (sheet, rows, columns, header row, encoding, delimiter, what the suggestion makes of
it) or with which sentence the file was refused. Cells with content are counted by another library as well (the csv
module, openpyxl, calamine): a difference is a silent loss. The last line is `files=… understood=… refused=… lost=…
crashed=…`; the exit code is 1 if lost or crashed is not 0.
"""

import csv
import io
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import openpyxl
import python_calamine

from importer.errors import ImporterError
from importer.stations.read import Grid, read_grids
from importer.suggest.suggest import Suggestion, suggest_profile

IGNORED = frozenset({".md", ".json"})
DELIMITERS = {"tab": "\t", "space": " "}


class Line(NamedTuple):
    """What is said of one file. `fate` is understood, refused, lost or crashed."""

    path: Path
    fate: str
    said: str


def look_at(folder: Path) -> Iterator[Line]:
    """A line for each file, in the order of their names."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix not in IGNORED:
            yield look_at_file(path)


def look_at_file(path: Path) -> Line:
    """Read one file whole, count again, and suggest a profile for it."""
    try:
        grids = read_grids(path, None, None)
    except ImporterError as refusal:
        return Line(path, "refused", f"{refusal.code}: {refusal.message}")
    except Exception as error:  # noqa: BLE001 - a crash is what is looked for
        return Line(path, "crashed", repr(error))
    ours, theirs = sum(map(filled, grids)), count_again(path, grids)
    if ours != theirs:
        return Line(path, "lost", f"{ours} cells with content, another library finds {theirs}")
    read = "; ".join(map(described, grids))
    try:
        suggestion = suggest_profile(path)
    except ImporterError as refusal:
        return Line(path, "understood", f"{read} | no profile: {refusal.code}: {refusal.message}")
    except Exception as error:  # noqa: BLE001
        return Line(path, "crashed", repr(error))
    return Line(path, "understood", f"{read} | {suggested(suggestion)}")


def filled(grid: Grid) -> int:
    """Cells with content."""
    return sum(cell.strip() != "" for row in grid.cells for cell in row)


def count_again(path: Path, grids: Sequence[Grid]) -> int:
    """The cells with content as another library sees them."""
    detected = grids[0].detected
    if "encoding" not in detected:
        return count_workbook(path)
    text = path.read_bytes().decode(detected["encoding"].split()[0])
    called = detected["delimiter"].split('"')[1]
    delimiter = DELIMITERS.get(called, called)
    csv.field_size_limit(1 << 30)
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter)
    return sum(cell.strip() != "" for row in rows for cell in row)


def count_workbook(path: Path) -> int:
    """Of all sheets: calamine hides error cells and cannot tell merged ones, so openpyxl where it can."""
    sheets: list[Iterable[Sequence[object]]]
    if openpyxl_can(path):
        book = openpyxl.load_workbook(path, data_only=True)
        sheets = [sheet.iter_rows(values_only=True) for sheet in book.worksheets]
    else:
        other = python_calamine.load_workbook(path)
        sheets = [other.get_sheet_by_name(name).to_python() for name in other.sheet_names]
    return sum(value is not None and str(value).strip() != "" for rows in sheets for row in rows for value in row)


def openpyxl_can(path: Path) -> bool:
    """Whether it is one of the formats that openpyxl reads."""
    return path.suffix in {".xlsx", ".xlsm"}


def described(grid: Grid) -> str:
    """A sheet in a few words."""
    rows = sum(any(cell.strip() for cell in row) for row in grid.cells)
    columns = max(map(len, grid.cells), default=0)
    found = ", ".join(f"{word}" for name, word in grid.detected.items() if name != "format")
    hidden = "" if grid.visible else " (hidden)"
    named = f'"{grid.sheet}"{hidden} ' if grid.sheet else ""
    uneven = 0 if "encoding" not in grid.detected else odd_rows(grid)
    return (
        f"{named}{rows} rows x {columns} columns"
        + (f", {found}" if found else "")
        + (f", {uneven} rows of another length" if uneven else "")
    )


def odd_rows(grid: Grid) -> int:
    """Rows with content that have another number of fields than most."""
    lengths = Counter(len(row) for row in grid.cells if any(cell.strip() for cell in row))
    return lengths.total() - max(lengths.values(), default=0)


def suggested(suggestion: Suggestion) -> str:
    """What a suggestion says of the table."""
    draft, trial = suggestion.draft, suggestion.trial
    sure = Counter(str(entry.sure) for entry in draft.entries.values())
    table = f"header row {draft.sheet.header_row}, {len(draft.sheet.rows)} data rows; " + ", ".join(
        f"{number} {word}" for word, number in sorted(sure.items())
    )
    if trial is None:
        return f"{table}; {len(draft.choices)} questions open"
    if trial.error:
        return f"{table}; trial: {trial.error}"
    return f"{table}; {trial.invoices} invoices, {trial.refused} refused, {trial.held} held, rows {dict(trial.rows)}"


def main(arguments: Sequence[str]) -> int:
    """Print the lines of a folder; 0 when nothing was lost and nothing crashed."""
    folder = Path(arguments[0]) if arguments else Path("../shared/samples")
    fates = Counter[str]()
    for line in look_at(folder):
        fates[line.fate] += 1
        print(f"{line.path.relative_to(folder)}: {line.fate}: {line.said}", flush=True)
    print(
        f"files={fates.total()} "
        + " ".join(f"{word}={fates[word]}" for word in ("understood", "refused", "lost", "crashed"))
    )
    return 1 if fates["lost"] or fates["crashed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
