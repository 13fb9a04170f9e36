"""Real processes, really killed: every source invoice must end as at most one invoice, and none may be lost.

    python -m tests.faults.campaign kill --count 200 --invoices 2000

Each sub-command prints counts and one last line `lost=… duplicated=… corrupt=… unknown=…`, and exits non-zero if
lost, duplicated or corrupt is not 0. Everything is on loopback and ends by itself.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from importer.domain.clock import SystemClock
from importer.domain.states import State
from importer.facturalia.sandbox import SandboxSettings, SandboxThread
from importer.ledger.store import open_ledger
from importer.ledger.verify import verify
from importer.settings import sandbox_account

IMPORTER = str(Path(sys.executable).parent / "importer")
FAULTS = "lost-before:0.04,lost-after:0.04,500-before:0.02,500-after:0.02,truncated:0.02,html-502:0.01"  # 15 % together


@dataclass(slots=True)
class Verdict:
    """What a campaign proved; all but `unknown` must be 0."""

    lost: int = 0
    duplicated: int = 0
    corrupt: int = 0
    unknown: int = 0

    def __str__(self) -> str:
        return " ".join(f"{field.name}={getattr(self, field.name)}" for field in fields(self))

    @property
    def good(self) -> bool:
        """Nothing lost, nothing doubled, nothing broken."""
        return not (self.lost or self.duplicated or self.corrupt)


class World:
    """One sandbox, one ledger, one file of invoices; senders are processes of their own."""

    def __init__(self, folder: Path, *, invoices: int, faults: str, seed: int) -> None:
        self.invoices = invoices
        self.ledger = folder / "ledger.db"
        self.sample = folder / "sample.csv"
        subprocess.run(
            [IMPORTER, "sample", "--invoices", str(invoices), "--lines", "2", str(self.sample)],
            check=True,
            stderr=subprocess.DEVNULL,
        )
        self.server = SandboxThread(SandboxSettings(faults=faults, seed=seed))
        self.environment = {
            **os.environ,
            "IMPORTER_BASE_URL": self.server.base_url,
            "IMPORTER_API_KEY": self.server.api_key,
            "IMPORTER_LEDGER_URL": f"sqlite:///{self.ledger}",
            "IMPORTER_CONCURRENCY": "8",
        }

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """A sender: `importer import` of the sample."""
        command = [IMPORTER, "import", str(self.sample), "-m", "demo", "--yes", "--json", *arguments]
        return subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def finish(self, rounds: int = 40) -> Counter[int]:
        """Run senders to their end until one has nothing left to do; counts their exit codes."""
        codes: Counter[int] = Counter()
        for _ in range(rounds):
            codes[self.start().wait()] += 1
            if codes[0]:
                break
        return codes

    def judge(self) -> Verdict:
        """Compare what the sandbox holds with the ledger and the source."""
        verdict = Verdict()
        received = Counter(one.external_id for one in self.server.invoices())
        verdict.duplicated = sum(count - 1 for count in received.values())
        account = sandbox_account(self.server.base_url, self.server.api_key).account
        with open_ledger(f"sqlite:///{self.ledger}", clock=SystemClock()) as ledger:
            counts = ledger.counts(account)
            problems = verify(ledger.database)
        verdict.unknown = counts.get(State.UNKNOWN, 0)
        posted = counts.get(State.POSTED, 0)
        verdict.lost = self.invoices - len(received) - (verdict.unknown if len(received) < self.invoices else 0)
        verdict.corrupt = len(problems) + abs(posted + verdict.unknown - self.invoices)
        return verdict

    def close(self) -> None:
        """Stop the sandbox."""
        self.server.stop()


def kill(options: argparse.Namespace) -> Verdict:
    """SIGKILL senders at random moments, then let one finish."""
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), invoices=options.invoices, faults=options.faults, seed=options.seed)
        kills = middle = 0
        try:
            while kills < options.count:
                before = world.server.count()
                senders = [world.start() for _ in range(options.senders)]
                left = world.invoices - before
                if left and rng.random() < 0.9:
                    # leave invoices for the kills to come, so that most of them hit a run that sends
                    target = before + rng.randint(1, max(2 * left * options.senders // (options.count - kills), 1))
                    while world.server.count() < min(target, world.invoices) and any(
                        one.poll() is None for one in senders
                    ):
                        time.sleep(0.002)
                    time.sleep(rng.random() * 0.02)
                else:
                    time.sleep(rng.random() * 1.5)
                for one in senders:
                    kills += one.poll() is None
                    one.kill()
                    one.wait()
                middle += before < world.server.count() < world.invoices
            codes = world.finish()
            requests = len(world.server.requests())
            verdict = world.judge()
        finally:
            world.close()
    print(
        f"{kills} kills ({middle} rounds in mid-flight), {options.senders} senders, {options.invoices} invoices, faults {options.faults or 'none'}"
    )
    print(f"{requests} requests; exits of the runs to the end: {dict(codes)}")
    return verdict


def parser() -> argparse.ArgumentParser:
    """The command line of the campaign."""
    made = argparse.ArgumentParser(
        prog="python -m tests.faults.campaign",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = made.add_subparsers(required=True)
    command = commands.add_parser("kill", help=kill.__doc__)
    command.add_argument("--count", type=int, default=200, help="how many kills")
    command.add_argument("--invoices", type=int, default=2_000)
    command.add_argument("--senders", type=int, default=1)
    command.add_argument("--faults", default=FAULTS)
    command.add_argument("--seed", type=int, default=0)
    command.set_defaults(run=kill)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one sub-command; 0 when nothing was lost, doubled or broken."""
    options = parser().parse_args(arguments)
    verdict: Verdict = options.run(options)
    print(verdict)
    return 0 if verdict.good else 1


if __name__ == "__main__":
    sys.exit(main())
