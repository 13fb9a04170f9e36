"""The API is down, or says wait: few requests, no storms, and a pause that a later run ends."""

import argparse
import math
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from importer.domain.clock import moment
from importer.facturalia.sandbox import RateLimit, SandboxSettings
from tests.faults.verdict import Verdict
from tests.faults.world import World

MOST = 1.1  # requests per invoice under a total outage
CONCURRENCY = 8
FLIGHT = timedelta(seconds=1)  # a request that was under way when the 429 came may still arrive


class Down(ThreadingHTTPServer):
    """A server that answers everything with 503, and counts."""

    daemon_threads = True
    count = 0


class _Refusal(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """503, whatever was asked."""
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        assert isinstance(self.server, Down)
        self.server.count += 1
        self.send_response(503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name of the library
        """Silence."""


@contextmanager
def down(port: int) -> Iterator[Down]:
    """503 on a port of loopback for the block."""
    server = Down(("127.0.0.1", port), _Refusal)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def outage(options: argparse.Namespace) -> Verdict:
    """100 % 503: at most 1.1 requests an invoice, exit 3. A real window limit: nothing leaves before Retry-After ends."""
    total = Verdict()
    with tempfile.TemporaryDirectory() as folder:
        total.add(_total_outage(Path(folder) / "outage", options, total))
        total.add(_window(Path(folder) / "window", options, total))
    return total


def _total_outage(folder: Path, options: argparse.Namespace, total: Verdict) -> Verdict:
    """Runs against a dead server, as often as `count` says; then it comes back and everything arrives."""
    codes, most = [], 0
    with World(folder, invoices=options.invoices, settings=SandboxSettings(keep_external_ids=False)) as world:
        alive = world.environment["IMPORTER_BASE_URL"]
        port = world.server.port
        world.server.stop()
        with down(port) as dead:
            for _ in range(options.count):
                before = dead.count
                codes.append(world.run().code)
                most = max(most, dead.count - before)
        world.revive(port)
        assert world.server.base_url == alive
        world.finish()
        verdict = world.judge()
    ratio = most / options.invoices
    print(f"100 % 503: {options.count} runs, at most {most} requests for {options.invoices} invoices, exits {codes}")
    total.demand(ratio <= MOST, f"{ratio:.2f} requests an invoice under a total outage")
    total.demand(set(codes) == {3}, f"exits under a total outage: {codes}")
    total.figures |= {"requests_per_invoice": round(ratio, 3)}
    return verdict


def _window(folder: Path, options: argparse.Namespace, total: Verdict) -> Verdict:
    """A limit of so many requests in a fixed window, which two runs meet again and again."""
    limit = RateLimit(max(options.invoices // 8, 12), 4.0)
    settings = SandboxSettings(keep_external_ids=False, rate_limit=limit)
    with World(folder, invoices=options.invoices, settings=settings, concurrency=CONCURRENCY) as world:
        ended = world.finish()
        verdict = world.judge()
        seen, exits = world.server.requests(), world.codes
    early = storms = under_way = 0
    window = timedelta(seconds=limit.window)
    opened = quiet_until = moment("2000-01-01T00:00:00.000000Z")
    limited_at = opened
    for one in seen:
        at = moment(one.at)
        if at < quiet_until - timedelta(seconds=0.05):
            under_way += 1
            early += at > limited_at + FLIGHT or under_way >= CONCURRENCY
        if at - opened >= window:
            opened = at
        if one.status == 429:
            storms += 1
            if at >= quiet_until:
                limited_at, under_way = at, 0
            # Retry-After is in whole seconds, rounded up
            quiet_until = at + timedelta(seconds=math.ceil((opened + window - at).total_seconds()))
    print(
        f"{limit.requests} requests in {limit.window:g} s: {len(seen)} requests, {storms} x 429, {early} too early;"
        f" exits {dict(exits)}"
    )
    total.demand(not early, f"{early} requests before Retry-After had ended")
    total.demand(ended.code == 0, f"under a window limit the run ended with {ended.code}")
    total.figures |= {"limited": storms, "early": early}
    return verdict
