"""How fast is `importer plan`? Measured against a hand-written floor in the same run, as a ratio.

    python tests/bench/plan_bench.py [--invoices 250000] [--rounds 3]

The floor does the least that could be called the same work and checks nothing: `pyarrow.csv` to text, exact amounts,
grouping, the JSON of every invoice, SHA-256 of each. Both run in fresh processes, start-up included, in turns.
Prints seconds, peak memory, ratio, and the cost of ten times the lines.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LINES = 4


def floor(path: Path) -> None:
    """The least work: everything by hand, nothing checked."""
    import hashlib
    from json.encoder import encode_basestring as quote

    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv

    table = csv.read_csv(
        path,
        read_options=csv.ReadOptions(encoding="cp1252"),
        parse_options=csv.ParseOptions(delimiter=";", newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            strings_can_be_null=False, column_types=dict.fromkeys(_header(path), pa.string())
        ),
    )

    def exact(name: str) -> list[str]:
        plain = pc.replace_substring(pc.replace_substring(table[name], ".", ""), ",", ".")
        return list(plain.cast(pa.decimal128(18, 6)).cast(pa.string()).to_pylist())

    def iso(name: str) -> list[str]:
        return list(pc.strftime(pc.strptime(table[name], "%d/%m/%Y", "s"), "%Y-%m-%d").to_pylist())

    keys = pc.dictionary_encode(table["Factuurnr"].combine_chunks())
    group = keys.indices.to_numpy()
    start = np.flatnonzero(np.r_[True, group[1:] != group[:-1]]).tolist()
    code, quantity, price = table["Code"].to_pylist(), exact("Aantal"), exact("Prijs")
    rate = pc.replace_substring(table["BTW"], "%", "").to_pylist()
    lines = [
        f'{{"product_code":{quote(c)},"quantity":{q},"unit_price":{p},"vat_rate":{r}}}'
        for c, q, p, r in zip(code, quantity, price, rate, strict=True)
    ]
    number, date = table["Factuurnr"].to_pylist(), iso("Datum")
    customer = [
        table[name].to_pylist() for name in ("Klantnr", "Klant", "BTW-nummer", "Straat", "Postcode", "Gemeente", "Land")
    ]
    digests = []
    for first, end in zip(start, [*start[1:], len(lines)], strict=True):
        who = ",".join(f'"f":{quote(column[first])}' for column in customer)
        body = f'{{"invoice":{{"number":{quote(number[first])},"date":"{date[first]}"}},"customer":{{{who}}},"lines":[{",".join(lines[first:end])}]}}'
        digests.append(hashlib.sha256(body.encode()).digest())
    print(len(digests))


def _header(path: Path) -> list[str]:
    with path.open(encoding="cp1252") as file:
        return file.readline().rstrip("\r\n").split(";")


def measure(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Wall seconds and peak memory in MiB of one process."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"{command} failed: {process.stderr.read().decode() if process.stderr else ''}")
    return seconds, usage.ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--invoices", type=int, default=250_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--floor", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.floor:
        floor(options.floor)
        return
    with tempfile.TemporaryDirectory() as folder:
        importer = str(Path(sys.executable).parent / "importer")
        environment = {**os.environ, "IMPORTER_LEDGER_URL": f"sqlite:///{folder}/ledger.db"}
        whole, tenth = Path(folder) / "whole.csv", Path(folder) / "tenth.csv"
        for path, invoices in ((whole, options.invoices), (tenth, options.invoices // 10)):
            subprocess.run(
                [importer, "sample", "--invoices", str(invoices), "--lines", str(LINES), str(path)],
                check=True,
                stderr=subprocess.DEVNULL,
            )
        commands = {
            "floor": [sys.executable, __file__, "--floor", str(whole)],
            "importer plan": [importer, "plan", str(whole), "-m", "demo", "--json"],
            "importer plan, a tenth": [importer, "plan", str(tenth), "-m", "demo", "--json"],
        }
        figures: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(options.rounds):
            for name, command in commands.items():
                figures[name].append(measure(command, environment))
        print(
            f"{options.invoices * LINES:,} lines, {options.invoices:,} invoices, {len(_header(whole))} columns, {options.rounds} rounds in turns"
        )
        print(f"{'':24}{'median s':>10}{'min s':>10}{'peak MiB':>10}")
        for name, found in figures.items():
            seconds = [one for one, _ in found]
            print(
                f"{name:24}{statistics.median(seconds):10.2f}{min(seconds):10.2f}{max(peak for _, peak in found):10.0f}"
            )
        best = {name: statistics.median(one for one, _ in found) for name, found in figures.items()}
        ratios = [plan[0] / base[0] for plan, base in zip(figures["importer plan"], figures["floor"], strict=True)]
        print(
            f"plan / floor: {statistics.median(ratios):.2f} (rounds: {', '.join(f'{ratio:.2f}' for ratio in ratios)})"
        )
        print(f"ten times the lines: {best['importer plan'] / best['importer plan, a tenth']:.2f} times the time")
    print(f"own peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB", file=sys.stderr)


if __name__ == "__main__":
    main()
