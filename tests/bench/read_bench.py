"""How fast and how large is reading a workbook? Measured against the bare value reader in the same run, as a ratio.

    python tests/bench/read_bench.py cells [--rows 100000] [--rounds 5]
    python tests/bench/read_bench.py check [--invoices 25000]

`cells` reads an .xlsx of rows x 10 cells (texts, days, amounts, whole numbers) with python-calamine's `iter_rows`, which
proves nothing, and with `read_tables`: prescan, proof, reader process and the way back included. Each round starts both
anew, in turns; "first" includes the start of the reader process, "next" finds it running. Processor seconds are those of
all processes together: they do not care who else uses the machine.

`check` runs `importer check` on 4 lines for each invoice and 20 columns, and watches the memory of the importer and its
reader together.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

COLUMNS = 10
LINES = 4
PAUSE = 0.01  # seconds between two looks at the memory


def write(path: Path, rows: int, *, shared: bool) -> None:
    """A sheet such as exports have: texts, days, amounts with cents, small numbers."""
    import xlsxwriter

    chance = random.Random(1)
    names = ("Café Zoë BV", "Bakkerij De Smet", "Consultancy maart", "Menuiserie Dubois SRL")
    with xlsxwriter.Workbook(path, {"constant_memory": not shared}) as book:
        sheet = book.add_worksheet("Blad1")
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_row(0, 0, [f"kolom {column}" for column in range(COLUMNS)])
        for row in range(1, rows + 1):
            for column in range(0, COLUMNS, 5):
                sheet.write_string(row, column, f"2026-{row // LINES:06}")
                sheet.write_datetime(row, column + 1, date(2026, 1, 1) + timedelta(days=row % 300), day)
                sheet.write_string(row, column + 2, chance.choice(names))
                sheet.write_number(row, column + 3, chance.randrange(100, 100_000) / 100)
                sheet.write_number(row, column + 4, row % 9 + 1)


def processor() -> float:
    """Processor seconds of this process and its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def bare(path: Path) -> list[float]:
    """Seconds and processor seconds of the value reader alone."""
    from python_calamine import CalamineWorkbook

    begun, worked = time.perf_counter(), processor()
    cells = 0
    for row in CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows():
        cells += len(row)
    return [time.perf_counter() - begun, processor() - worked, cells]


def ours(path: Path) -> list[float]:
    """The same of `read_tables`, three times: the first starts the reader process. Libraries are loaded before."""
    from importer.profile.model import SourceRule
    from importer.stations.read import tables
    from importer.stations.read.process import warm_up

    figures: list[float] = []
    for turn in range(3):
        if turn:
            warm_up()
            time.sleep(0.5)  # until it has started: a large file lets its process go, and its memory with it
        begun, worked = time.perf_counter(), processor()
        (table,) = tables.read_tables(path, SourceRule(), ())
        figures += [time.perf_counter() - begun, processor() - worked]
        assert len(table.rows) > 1
    return figures


def in_turns(path: Path, rounds: int) -> tuple[list[list[float]], list[list[float]]]:
    """The figures of both, each in a process of its own."""
    found: dict[str, list[list[float]]] = {"bare": [], "ours": []}
    for _ in range(rounds):
        for name, figures in found.items():
            done = subprocess.run(
                [sys.executable, __file__, "one", "--path", str(path), "--name", name], check=True, capture_output=True
            )
            figures.append(json.loads(done.stdout))
    return found["bare"], found["ours"]


def cells(rows: int, rounds: int) -> None:
    """Print the ratios."""
    with tempfile.TemporaryDirectory() as folder:
        print(f"{'':24}{'bare s':>8}{'first s':>9}{'next s':>8}{'first x':>9}{'next x':>8}{'cpu x':>7}")
        for shared in (False, True):
            path = Path(folder) / "cells.xlsx"
            write(path, rows, shared=shared)
            alone, whole = in_turns(path, rounds)
            middle = statistics.median
            first = [two[0] / one[0] for one, two in zip(alone, whole, strict=True)]
            later = [min(two[2], two[4]) / one[0] for one, two in zip(alone, whole, strict=True)]
            work = [min(two[3], two[5]) / one[1] for one, two in zip(alone, whole, strict=True)]
            label = f"{rows * COLUMNS:,} cells, {'shared' if shared else 'inline'} texts"
            print(
                f"{label:24}{middle(one[0] for one in alone):8.2f}{middle(two[0] for two in whole):9.2f}"
                f"{middle(min(two[2], two[4]) for two in whole):8.2f}{middle(first):9.2f}{middle(later):8.2f}{middle(work):7.2f}"
            )


def check(invoices: int) -> None:
    """Print the time and the memory of `importer check`."""
    importer = str(Path(sys.executable).parent / "importer")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "verkoop.xlsx"
        command = [importer, "sample", "--invoices", str(invoices), "--lines", str(LINES), str(path)]
        subprocess.run(command, check=True, capture_output=True)
        environment = {**os.environ, "IMPORTER_LEDGER_URL": f"sqlite:///{folder}/ledger.db"}
        begun = time.perf_counter()
        process = subprocess.Popen(
            [importer, "check", path, "-m", "demo", "--json"], stdout=subprocess.DEVNULL, env=environment
        )
        peak, alone = 0, 0
        while process.poll() is None:
            own, children = _memory(process.pid), sum(_memory(pid) for pid in _children(process.pid))
            peak, alone = max(peak, own + children), max(alone, own)
            time.sleep(PAUSE)
        print(
            f"{invoices * LINES:,} rows x 20 columns, {path.stat().st_size / (1 << 20):.1f} MiB of .xlsx: exit {process.returncode}"
        )
        print(
            f"{time.perf_counter() - begun:.1f} s, importer and reader together at most {peak / 1024:.0f} MiB (importer {alone / 1024:.0f})"
        )


def _memory(pid: int) -> int:
    """KiB in memory."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")), 0)


def _children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("cells", "check", "one"))
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--invoices", type=int, default=25_000)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--name", choices=("bare", "ours"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.what == "one":
        print(json.dumps(bare(options.path) if options.name == "bare" else ours(options.path)))
    elif options.what == "cells":
        cells(options.rows, options.rounds)
    else:
        check(options.invoices)


if __name__ == "__main__":
    main()
