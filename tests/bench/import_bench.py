"""How fast does `importer import` post? Against bare httpx with the same concurrency, in the same run, as a ratio.

    python tests/bench/import_bench.py [--invoices 2000] [--in-flight 16] [--delay 0.02] [--rounds 3]

A bare asyncio server answers each POST after the delay and notes when each arrived. The rate of a run is taken from
its first to its last request there, so start-up and reading count for neither; for the importer it holds everything a
run does meanwhile: canary, both durable commits of every invoice, progress. The floor posts bodies of the same size.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


class Server:
    """Answers every POST after `delay` seconds; `arrivals` are the moments, in seconds of the monotonic clock."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.arrivals: list[float] = []
        self.sizes: list[int] = []
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self.port = 0
        threading.Thread(target=self._run, daemon=True).start()
        self._ready.wait()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    int(line.split(b":")[1])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length")
                )
                body = await reader.readexactly(length)
                self.arrivals.append(time.monotonic())
                self.sizes.append(length)
                await asyncio.sleep(self.delay)
                answer = json.dumps(
                    {"invoice": {"id": len(self.arrivals), "external_id": json.loads(body).get("external_id", "")}}
                ).encode()
                writer.write(
                    b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                    % len(answer)
                    + answer
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def rate(self) -> float:
        """Requests a second from the first to the last since the last call; forgets them."""
        arrivals, self.arrivals = self.arrivals, []
        return (len(arrivals) - 1) / (max(arrivals) - min(arrivals))


def bare_httpx(url: str, invoices: int, in_flight: int, size: int) -> None:
    """The floor: one httpx client a thread, nothing kept."""
    import httpx

    body = json.dumps({"pad": "x" * max(size - 10, 0)}).encode()
    left = iter(range(invoices))
    lock = threading.Lock()

    def work() -> None:
        with httpx.Client(trust_env=False) as client:
            while True:
                with lock:
                    if next(left, None) is None:
                        return
                client.post(url, content=body, headers={"Content-Type": "application/json"}).raise_for_status()

    with ThreadPoolExecutor(in_flight) as pool:
        for future in [pool.submit(work) for _ in range(in_flight)]:
            future.result()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--invoices", type=int, default=2_000)
    parser.add_argument("--in-flight", type=int, default=16)
    parser.add_argument("--delay", type=float, default=0.02)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--floor", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.floor:
        bare_httpx(options.floor[0], options.invoices, options.in_flight, int(options.floor[1]))
        return
    server = Server(options.delay)
    url = f"http://127.0.0.1:{server.port}/api/v1"
    with tempfile.TemporaryDirectory() as folder:
        importer = str(Path(sys.executable).parent / "importer")
        sample = Path(folder) / "sample.csv"
        subprocess.run(
            [importer, "sample", "--invoices", str(options.invoices), str(sample)],
            check=True,
            stderr=subprocess.DEVNULL,
        )
        ratios, ours, floors = [], [], []
        for turn in range(options.rounds):
            environment = {
                **os.environ,
                "IMPORTER_BASE_URL": url,
                "IMPORTER_API_KEY": "fac_test_bench",
                "IMPORTER_LEDGER_URL": f"sqlite:///{folder}/ledger-{turn}.db",
                "IMPORTER_CONCURRENCY": str(options.in_flight),
            }
            subprocess.run(
                [importer, "import", str(sample), "-m", "demo", "--yes", "--json"],
                check=True,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            size = round(statistics.mean(server.sizes))
            ours.append(server.rate())
            command = [
                sys.executable,
                __file__,
                "--invoices",
                str(options.invoices),
                "--in-flight",
                str(options.in_flight),
                "--floor",
                f"{url}/invoices",
                str(size),
            ]
            subprocess.run(command, check=True)
            floors.append(server.rate())
            ratios.append(ours[-1] / floors[-1])
    ideal = options.in_flight / options.delay
    print(
        f"{options.invoices:,} invoices of {size} bytes, {options.in_flight} in flight, the server answers after {options.delay * 1000:g} ms, {options.rounds} rounds in turns"
    )
    print(f"importer import: {statistics.median(ours):.0f} a second (ideal {ideal:.0f})")
    print(f"bare httpx:      {statistics.median(floors):.0f} a second")
    print(
        f"importer / bare httpx: {statistics.median(ratios):.2f} (rounds: {', '.join(f'{ratio:.2f}' for ratio in ratios)})"
    )


if __name__ == "__main__":
    main()
