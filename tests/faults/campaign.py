"""Real processes, really killed: every source invoice must end as at most one invoice, and none may be lost.

    python -m tests.faults.campaign kill --count 200 --invoices 2000

Each sub-command prints counts and one last line `lost=… duplicated=… corrupt=… unknown=…` with its own figures after
these, and exits with 1 if lost, duplicated or corrupt is not 0 or another promise was not kept; with 77 and the reason
if this machine cannot run it. Runs with other seeds are further parts: their counts add up. Everything is on loopback
and ends by itself.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence

from tests.faults import clocks, crowds, damage, disks, injected, kills, outages, powercuts, restarts
from tests.faults.verdict import SKIPPED, Skip, Verdict
from tests.faults.world import FAULTS

Campaign = Callable[[argparse.Namespace], Verdict]


def parser() -> argparse.ArgumentParser:
    """The command line of the campaign."""
    made = argparse.ArgumentParser(
        prog="python -m tests.faults.campaign",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = made.add_subparsers(required=True)

    def command(
        run: Campaign, *, count: int, of: str, invoices: int, faults: str | None = None
    ) -> Callable[..., object]:
        told = (run.__doc__ or "").replace("%", "%%")  # argparse takes a lone % for a format
        sub = commands.add_parser(run.__name__, help=told.splitlines()[0], description=told)
        sub.add_argument("--count", type=int, default=count, help=f"how many {of} (default {count})")
        sub.add_argument("--seed", type=int, default=0)
        sub.add_argument("--invoices", type=int, default=invoices)
        if faults is not None:
            sub.add_argument("--faults", default=faults, help="what the sandbox does to requests")
        sub.set_defaults(run=run)
        return sub.add_argument

    for run, count in ((kills.kill, 200), (kills.keys, 60)):
        add = command(run, count=count, of="kills", invoices=2_000 if run is kills.kill else 1_000, faults=FAULTS)
        add("--senders", type=int, default=1)
        add("--no-number", action="store_true", help="take invoice.number out of the profile")
    command(kills.ledger, count=12, of="accidents", invoices=200, faults=FAULTS)
    for run in (injected.syscalls, disks.disk):
        add = command(run, count=0, of="points, 0 for all", invoices=2)
        add("--part", type=part, default=(1, 1), metavar="K/N", help="every N-th point, from the K-th")
        add("--sender", choices=[injected.ALONE, injected.CROWD, "both"], default="both", help="whose calls are struck")
    command(powercuts.powercut, count=100, of="cuts", invoices=1_000)
    command(crowds.contention, count=4, of="processes", invoices=400)
    command(clocks.clock, count=40, of="jumps", invoices=30, faults=clocks.LOSSES)
    command(outages.outage, count=3, of="runs under the outage", invoices=200)
    add = command(restarts.resume, count=5, of="kills", invoices=200)
    add("--ledger-invoices", type=int, default=250_000, help="how many the large ledger holds")
    add("--slack", type=float, default=1.0, help="how many times the promised seconds are borne, on a busy machine")
    command(damage.bits, count=1_000, of="damaged copies", invoices=40)
    return made


def part(text: str) -> tuple[int, int]:
    """`2/4` as the second of four parts."""
    place, _, parts = text.partition("/")
    if not 1 <= int(place) <= int(parts):
        raise argparse.ArgumentTypeError("K is from 1 to N")
    return int(place), int(parts)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one sub-command; 0 when nothing was lost, doubled or broken."""
    options = parser().parse_args(arguments)
    started = time.monotonic()
    try:
        verdict: Verdict = options.run(options)
    except Skip as reason:
        print(f"skipped: {reason}")
        return SKIPPED
    for promise in verdict.broken:
        print(f"not kept: {promise}")
    print(f"{time.monotonic() - started:.0f} s")
    print(verdict, flush=True)
    return 0 if verdict.good else 1


if __name__ == "__main__":
    sys.exit(main())
