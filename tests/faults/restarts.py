"""How soon a killed run goes on, and how soon a long-used ledger is ready to plan."""

import argparse
import random
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from importer.domain.clock import SystemClock, moment
from importer.domain.identity import Account
from importer.domain.records import Answered, Attempt, Outcome, Queued, Result
from importer.domain.states import State
from importer.facturalia.access import origin
from importer.facturalia.sandbox import SandboxSettings
from importer.ledger.store import Ledger, open_ledger
from importer.pipeline import check_files
from importer.profile.load import load_profile
from importer.tools.sample import write_sample
from tests.faults.verdict import Verdict
from tests.faults.world import IMPORTER, World, end

FIRST_REPLAY = 2.0  # seconds from start-up to the first request
PLANNED = 3.0  # seconds for `importer plan` of PLAN_FILE invoices, start-up included
PLAN_FILE = 2_000
ANSWER = b'{"id": 1}'  # what Facturalia might say; small, its size does not matter to planning
AT_ONCE = 20_000  # transitions handed over before any is waited for
KILLED_AFTER = 20  # invoices of the new file
# slow answers, so that a killed run always leaves some unanswered
SLOW = SandboxSettings(keep_external_ids=False, latency=0.05)


def resume(options: argparse.Namespace) -> Verdict:
    """After SIGKILL `resume` sends within 2 s of its start, in a ledger of 250,000 too, which plans 2,000 within 3 s."""
    total = Verdict()
    with tempfile.TemporaryDirectory() as folder:
        total.add(_replays(Path(folder) / "killed", options, total))
        total.add(_large(Path(folder) / "large", options, total))
    return total


def _replays(folder: Path, options: argparse.Namespace, total: Verdict) -> Verdict:
    """An import killed again and again, and how soon each `resume` goes on."""
    rng = random.Random(options.seed)
    step = 1 + options.invoices // (2 * options.count)
    with World(folder, invoices=options.invoices, settings=SLOW) as world:
        found = [
            _first_replay(world, world.importing(), step, rng, go_on=left == 1) for left in range(options.count, 0, -1)
        ]
        world.finish()
        verdict = world.judge()
    total.figures["slowest_replay_s"] = _in_time(found, max, "the first replay", options.slack, total)
    return verdict


def _first_replay(
    world: World, sending: list[str], step: int, rng: random.Random, *, go_on: bool = False
) -> float | None:
    """Kill a sender once it has made `step` more; seconds from the start of `resume` to its first request.

    None if there was nothing left to send. That `resume` is killed as well unless it shall `go_on`.
    """
    killed = world.start(sending)
    world.await_count(world.server.count() + step, [killed])
    time.sleep(rng.random() * 0.05)
    end(killed)
    time.sleep(0.1)  # what it had under way arrives
    before = len(world.server.requests())
    began = datetime.now(UTC)
    sender = world.start(world.resuming(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while len(world.server.requests()) == before and sender.poll() is None:
        time.sleep(0.005)
    first = world.server.requests()[before:]
    if first and not go_on:
        sender.kill()
    world.wait(sender)
    return (moment(first[0].at) - began).total_seconds() if first else None


def _in_time(
    found: list[float | None], which: Callable[[list[float]], float], what: str, slack: float, total: Verdict
) -> float:
    """Demand that most resumes had work to do, and that the one which counts (`max` or `min`) was quick; its seconds."""
    seconds = [one for one in found if one is not None]
    counts = which(seconds or [0.0])
    print(f"{what} after {', '.join(f'{one:.2f}' for one in seconds)} s")
    total.demand(len(seconds) > len(found) // 2, f"{what}: only {len(seconds)} of {len(found)} resumes had work to do")
    total.demand(counts <= FIRST_REPLAY * slack, f"{what} came after {counts:.2f} s")
    return round(counts, 2)


def _large(folder: Path, options: argparse.Namespace, total: Verdict) -> Verdict:
    """A ledger in which so many invoices are posted, and a new file of 2,000: planned, then killed and resumed."""
    rng = random.Random(options.seed)
    with World(folder, invoices=1, settings=SLOW) as world:
        started = time.monotonic()
        fill(world, options.ledger_invoices)
        made = time.monotonic() - started
        sample = folder / "new.csv"
        write_sample(sample, invoices=PLAN_FILE, lines=4, seed=8)
        seconds, busy = [], []
        times = range(min(options.count, 3))
        for _ in times:
            started, before = time.monotonic(), _children_cpu()
            ended = world.run([IMPORTER, "plan", str(sample), "-m", "demo", "--json"])
            seconds.append(time.monotonic() - started)
            busy.append(_children_cpu() - before)
            total.demand(ended.told["invoices"]["new"] == PLAN_FILE, f"the plan says {ended.told['invoices']}")
        size = world.ledger.stat().st_size
        sending = [IMPORTER, "import", str(sample), "-m", "demo", "--yes", "--json"]
        found = [_first_replay(world, sending, KILLED_AFTER, rng) for _ in times]
    best = min(seconds)
    print(
        f"a ledger of {options.ledger_invoices:,} posted invoices ({size / 2**20:.0f} MiB, made in {made:.0f} s): "
        f"`plan` of {PLAN_FILE:,} more took {', '.join(f'{one:.2f}' for one in seconds)} s, "
        f"of which {min(busy):.2f} s on a processor"
    )
    total.demand(best <= PLANNED * options.slack, f"opening and planning took {best:.2f} s at best")
    total.figures |= {"plan_s": round(best, 2), "plan_cpu_s": round(min(busy), 2)}
    # the best, as with the plan: what a larger ledger costs, it costs every time
    what = "in the large ledger the first replay"
    total.figures["large_replay_s"] = _in_time(found, min, what, options.slack, total)
    return Verdict()


def _children_cpu() -> float:
    """Processor seconds of all children that have ended: on a busy machine the clock on the wall says less."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def fill(world: World, invoices: int) -> None:
    """Post so many invoices into the world's ledger, without a server, by the ledger's own door."""
    account = Account(origin(world.server.base_url), "default")
    sample = world.folder / "old.csv"
    write_sample(sample, invoices=invoices, lines=2, seed=7)
    loaded = load_profile("demo")
    plan = check_files([sample], loaded, account)
    with open_ledger(world.ledger_url, clock=SystemClock()) as ledger:
        run = ledger.begin_run(account, "import", profile=None, plan_digest=plan.digest, importer_version="")
        ledger.store_plan(run, account, "demo", None, plan)
        queue = ledger.queue(account, run=run, states=[State.READY])
        for part in _parts(queue):
            _post(ledger, run, part)
        ledger.end_run(run, 0, {})


def _parts(queue: Iterable[Queued]) -> Iterator[list[Queued]]:
    left = iter(queue)
    while part := list(islice(left, AT_ONCE)):
        yield part


def _post(ledger: Ledger, run: str, part: list[Queued]) -> None:
    now = SystemClock().now()
    futures = []
    for queued in part:
        attempt = Attempt(queued.external_id, run, 1, queued.generation, now)
        futures.append(ledger.write(attempt))
        outcome = Outcome(
            attempt, now, Result.POSTED, State.POSTED,
            ambiguous=False, status=201, body=ANSWER, answered=Answered(remote_id=queued.external_id[-8:]),
        )  # fmt: skip
        futures.append(ledger.write(outcome))
    for future in futures:
        future.result()
