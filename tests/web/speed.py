"""How fast are the pages? Against a real `importer web`, over HTTP, as a browser asks.

    python -m tests.web.speed [--rows 10000] [--invoices 10000] [--posted 3000] [--rounds 3]

It prints, in seconds (median, slowest):
    first       the first page: of a new ledger at once after the start, and later with 10,000 invoices in the ledger
    drop        a file from its upload to the whole preview, .csv and .xlsx
    page        one page of a large preview, sorted, searched, filtered; and what the server's memory did meanwhile
    watched     a run watched by a browser against one nobody watches: wall clock and processor time, as ratios
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx

from tests.bench.import_bench import Server

IMPORTER: Final = str(Path(sys.executable).parent / "importer")
LINES: Final = 4  # of an invoice
DELAY: Final = 0.02  # seconds an answer of the API takes
OK: Final = 200
SEEN: Final = 303  # go on to another page
VIEWS: Final = ("", "?sort=-incl", "?q=klant", "?state=new&sort=customer", "?p=100", "?p=200", "?sort=number&p=50")


class Pages:
    """One server of the pages over a ledger of its own, and a browser that is in."""

    def __init__(self, folder: Path, api: Server) -> None:
        folder.mkdir()
        begun = time.perf_counter()
        self.process = subprocess.Popen(
            [IMPORTER, "web", "--port", "0", "--json"],
            cwd=folder,
            env={
                **{name: text for name, text in os.environ.items() if not name.startswith("IMPORTER_")},
                "IMPORTER_LEDGER_URL": f"sqlite:///{folder / 'ledger.db'}",
                "IMPORTER_BASE_URL": f"http://127.0.0.1:{api.port}/api/v1",
                "IMPORTER_API_KEY": "test_key_of_the_speed_tool",
                "IMPORTER_CONCURRENCY": "16",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        link = json.loads(self.process.stdout.readline())["link"]
        self.started = time.perf_counter() - begun
        origin = link.partition("/enter")[0]
        self.browser = httpx.Client(base_url=origin, headers={"Origin": origin}, timeout=120, trust_env=False)
        begun = time.perf_counter()
        assert self.browser.get(link, follow_redirects=True).status_code == OK
        self.entered = time.perf_counter() - begun

    def get(self, path: str) -> float:
        """Seconds for one page, with its last byte."""
        begun = time.perf_counter()
        self.browser.get(path, follow_redirects=True).raise_for_status()
        return time.perf_counter() - begun

    def drop(self, path: Path) -> tuple[str, float]:
        """Upload a file. The address of its preview, and the seconds until all of that had come."""
        begun = time.perf_counter()
        with path.open("rb") as file:
            answer = self.browser.post(
                "/import", data={"account": "default"}, files={"files": (path.name, file)}, follow_redirects=True
            )
        answer.raise_for_status()
        return answer.url.path.removesuffix("/preview"), time.perf_counter() - begun

    def post(self, work: str, invoices: int, api: Server, *, watched: bool) -> tuple[float, float]:
        """Post everything of a work. Seconds from the first request to the last, and of the server's processor."""
        found = self.browser.get(f"{work}/confirm").text
        digest = found.partition('name="digest" value="')[2].partition('"')[0]
        api.arrivals.clear()
        processor = self.processor()
        assert self.browser.post(f"{work}/confirm", data={"digest": digest, "limit": ""}).status_code == SEEN
        watching = threading.Thread(target=self._watch, args=[work], daemon=True)
        if watched:
            watching.start()
        while len(api.arrivals) < invoices:
            time.sleep(0.05)
        if watched:
            watching.join()
        else:
            time.sleep(1)
        return (invoices - 1) / api.rate(), self.processor() - processor

    def _watch(self, work: str) -> None:
        """What the script of the page does: listen until the end."""
        with self.browser.stream("GET", f"{work}/events") as stream:
            for _ in stream.iter_lines():
                pass

    def processor(self) -> float:
        """Seconds of processor time the server has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        """MiB the server holds now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) // 1024

    def close(self) -> None:
        """End it."""
        self.browser.close()
        self.process.terminate()
        self.process.wait(60)


@contextmanager
def opened(folder: Path, api: Server) -> Iterator[Pages]:
    """A server of the pages, ended afterwards."""
    pages = Pages(folder, api)
    try:
        yield pages
    finally:
        pages.close()


def sample(path: Path, invoices: int, seed: int) -> Path:
    """An invented export of so many invoices."""
    line = [IMPORTER, "sample", "--invoices", str(invoices), "--lines", str(LINES), "--seed", str(seed), str(path)]
    subprocess.run(line, check=True, capture_output=True)
    return path


def told(name: str, seconds: list[float], goal: str) -> None:
    """One line of figures."""
    print(
        f"{name:28} {statistics.median(seconds):8.3f} {max(seconds):8.3f}   {len(seconds)} times; goal {goal}",
        flush=True,
    )


def small(folder: Path, api: Server, rows: int, rounds: int) -> None:
    """First pages, and files from drop to preview."""
    starts, firsts, drops = [], [], {".csv": [], ".xlsx": []}  # type: tuple[list[float], list[float], dict[str, list[float]]]
    for turn in range(rounds):
        with opened(folder / f"small{turn}", api) as pages:
            starts.append(pages.started)
            firsts.append(pages.entered)
            for suffix, seconds in drops.items():
                seconds.append(pages.drop(sample(folder / f"s{turn}{suffix}", rows // LINES, turn))[1])
    told("start of the server", starts, "none")
    told("first page, cold", firsts, "0.2")
    for suffix, seconds in drops.items():
        told(f"drop to preview, {suffix}", seconds, f"3 at 10,000 rows; this is {rows:,}")


def large(folder: Path, api: Server, invoices: int) -> None:
    """Pages of a large preview, and the first page beside it."""
    with opened(folder / "large", api) as pages:
        work, seconds = pages.drop(sample(folder / "large.csv", invoices, 1))
        told("drop to preview, large", [seconds], f"none; {invoices:,} invoices, {invoices * LINES:,} rows")
        before = pages.memory()
        for view in VIEWS:
            told(f"preview{view}", [pages.get(f"{work}/preview{view}") for _ in range(10)], "0.3")
        told("one invoice", [pages.get(f"{work}/invoice/{number * invoices // 10}") for number in range(10)], "0.3")
        told("confirm", [pages.get(f"{work}/confirm") for _ in range(10)], "0.3")
        told("first page", [pages.get("/") for _ in range(20)], "0.2")
        print(f"memory: {before} MiB before these pages, {pages.memory()} MiB after", flush=True)


def watched(folder: Path, api: Server, invoices: int, rounds: int) -> None:
    """Runs with and without a browser that watches, turn by turn."""
    clock, processor = [], []
    with opened(folder / "watched", api) as pages:
        for turn in range(rounds):
            found = {}
            for watching in (turn % 2 == 0, turn % 2 == 1):
                path = sample(folder / f"w{turn}{watching}.csv", invoices, 10 + 2 * turn + watching)
                found[watching] = pages.post(pages.drop(path)[0], invoices, api, watched=watching)
            clock.append(found[True][0] / found[False][0])
            processor.append(found[True][1] / found[False][1])
            print(f"  {invoices:,} invoices: alone {found[False][0]:.1f} s, watched {found[True][0]:.1f} s", flush=True)
        told("first page afterwards", [pages.get("/") for _ in range(20)], "0.2")
        told("history afterwards", [pages.get("/history") for _ in range(20)], "none")
    for name, ratios in (("clock", clock), ("processor", processor)):
        shown = ", ".join(f"{ratio:.3f}" for ratio in ratios)
        print(f"watched / alone, {name}: {statistics.median(ratios):.3f} ({shown}); goal 1.03", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--invoices", type=int, default=10_000)
    parser.add_argument("--posted", type=int, default=3_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    api = Server(DELAY)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small(folder, api, options.rows, options.rounds)
        large(folder, api, options.invoices)
        watched(folder, api, options.posted, options.rounds)


if __name__ == "__main__":
    main()
