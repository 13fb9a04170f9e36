"""What every campaign needs: a sandbox, a ledger, files of invoices, senders that are real processes, and a judge."""

import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from importer.domain.clock import Clock, SystemClock
from importer.domain.identity import Account, external_ids
from importer.domain.states import State
from importer.errors import LedgerError
from importer.facturalia.access import origin
from importer.facturalia.sandbox import SandboxSettings, SandboxThread
from importer.ledger.store import open_ledger
from importer.ledger.verify import verify
from importer.profile.shipped import mappings_folder
from importer.stations.submit.station import AHEAD
from importer.tools.sample import write_sample
from tests.faults.traces import broken_promises
from tests.faults.verdict import Ended, Verdict
from tests.secrets.allowed import reason
from tests.secrets.canaries import CANARIES, KEY, NAME
from tests.secrets.everywhere.canary_notes import Notes
from tests.secrets.files import sightings_in

ROOT = Path(__file__).resolve().parents[2]
IMPORTER = str(Path(sys.executable).parent / "importer")
DRIVER = (sys.executable, "-m", "tests.faults.sender")
FAULTS = "lost-before:0.04,lost-after:0.04,500-before:0.02,500-after:0.02,truncated:0.02,html-502:0.01"  # 15 % together
LONGEST = 600  # seconds a sender may take before it counts as hung


class World:
    """One sandbox, one ledger, a file of invoices for each account; senders are processes of their own.

    `number` False takes invoice.number out of the profile: then only Idempotency-Keys (and external_ids, where the
    sandbox keeps them) stand between a repeat and a second invoice.
    """

    def __init__(
        self,
        folder: Path,
        *,
        invoices: int,
        settings: SandboxSettings,
        number: bool = True,
        accounts: Sequence[str] = ("default",),
        concurrency: int = 8,
        clock: Clock | None = None,
        ledger: Path | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.ledger = ledger or folder / "ledger.db"
        self.ledger_url = f"sqlite:///{self.ledger}"
        self.codes: Counter[int] = Counter()  # exit codes of senders that were waited for
        self._senders: list[subprocess.Popen[bytes]] = []
        self._in_hand = concurrency * (1 + AHEAD) + 1  # claimed by one sender, at most
        self.notes = Notes.begin(folder / "canaries", CANARIES)
        self.profile = "demo" if number else str(self._profile_without_number())
        self.samples = {}
        for place, account in enumerate(accounts):
            self.samples[account] = folder / f"sample-{account}.csv"
            write_sample(self.samples[account], invoices=invoices, lines=2, seed=place)
            _employ_canary(self.samples[account])
        self._settings, self._clock = replace(settings, api_key=KEY), clock
        self.server = SandboxThread(self._settings, clock=clock)
        self.identities: dict[str, list[str]] = {
            account: external_ids(
                Account(origin(self.server.base_url), account),
                "demo",
                [(f"S{place}-{number:07d}",) for number in range(1, invoices + 1)],
            )
            for place, account in enumerate(accounts)
        }
        self.environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith("IMPORTER_")},
            "IMPORTER_BASE_URL": self.server.base_url,
            "IMPORTER_API_KEY": self.server.api_key,
            "IMPORTER_LEDGER_URL": self.ledger_url,
            "IMPORTER_CONCURRENCY": str(concurrency),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",  # no writes but those that are meant
        }
        if tuple(accounts) != ("default",):
            self._write_accounts(accounts)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in self._senders:
            end(one)
        self.server.stop()

    def _profile_without_number(self) -> Path:
        lines = (mappings_folder() / "demo.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if line.strip() != "number: {column: Factuurnr}"]
        if len(kept) != len(lines) - 1:
            raise ValueError("the demo profile no longer maps the number as expected")
        path = self.folder / "without-number.yaml"
        path.write_text("".join(kept), encoding="utf-8")
        return path

    def _write_accounts(self, accounts: Sequence[str]) -> None:
        entries = []
        for account in accounts:
            key = self.folder / f"key-{account}"
            key.touch(mode=0o600)
            key.write_text(self.server.api_key)
            entries.append(f"{account}:\n  api_key_file: {key}\n")
        path = self.folder / "accounts.yaml"
        path.write_text("".join(entries))
        self.environment["IMPORTER_ACCOUNTS"] = str(path)

    # --- senders ------------------------------------------------------------------------------------------------

    def importing(self, account: str = "default") -> list[str]:
        """The command that imports an account's file."""
        sample = str(self.samples[account])
        return [IMPORTER, "import", sample, "-m", self.profile, "-a", account, "--yes", "--json"]

    def resuming(self, account: str = "default") -> list[str]:
        """The command that finishes what is open in an account."""
        return [IMPORTER, "resume", "-a", account, "--json"]

    def driving(self, *options: str) -> list[str]:
        """The same import through the pipeline, by a process whose clock and threads can be chosen."""
        return [*DRIVER, str(self.samples["default"]), self.profile, *options]

    def start(self, command: Sequence[str] | None = None, **more: Any) -> "subprocess.Popen[bytes]":
        """A sender that runs in the background, in a process group of its own."""
        given = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **more}
        one = subprocess.Popen(
            command or self.importing(), cwd=self.folder, env=self.environment, start_new_session=True, **given
        )
        self._senders.append(one)
        return one

    def run(self, command: Sequence[str] | None = None) -> Ended:
        """A sender from start to end."""
        return self.wait(self.start(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE))

    def wait(self, sender: "subprocess.Popen[bytes]") -> Ended:
        """Wait for a sender that was started with pipes. One that hangs is ended, with code -9."""
        try:
            out, err = sender.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            end(sender)
            out, err = sender.communicate()
        self._senders.remove(sender)
        self.codes[sender.returncode] += 1
        self.notes.look("stdout import", out)
        self.notes.look("stderr import", err)
        try:
            told = json.loads(out or b"{}")
        except ValueError:  # killed while it printed
            told = {}
        return Ended(sender.returncode, told, err.decode("utf-8", "replace"))

    def finish(self, command: Sequence[str] | None = None, rounds: int = 60) -> Ended:
        """Run senders to their end until nothing is left that one could do by itself."""
        ended = Ended(-1, {}, "")
        for _ in range(rounds):
            ended = self.run(command)
            if ended.code == 0 or (ended.code == 4 and not ended.told.get("invoices", {}).get("ready", 1)):
                break
        return ended

    def strike(self, rng: random.Random, strokes: int, senders: int = 1, command: Sequence[str] | None = None) -> int:
        """Start senders and SIGKILL them at a random moment; `strokes` are still to come. Returns how many were alive."""
        left = sum(map(len, self.identities.values())) - self.server.count()
        running = [self.start(command) for _ in range(senders)]
        if left > 0 and rng.random() < 0.9:
            # leave invoices for the strokes to come, so that most of them hit a run that sends
            target = self.server.count() + rng.randint(1, max(2 * left * senders // max(strokes, 1), 1))
            self.await_count(target, running)
            time.sleep(rng.random() * 0.02)
        else:
            time.sleep(rng.random() * 1.5)
        alive = 0
        for one in running:
            alive += one.poll() is None
            end(one)
        return alive

    def await_count(self, target: int, running: "Iterable[subprocess.Popen[bytes]]") -> None:
        """Wait until the sandbox holds so many invoices, or no sender runs any more."""
        running = list(running)
        while self.server.count() < target and any(one.poll() is None for one in running):
            time.sleep(0.002)

    def forget(self, *kinds: str) -> None:
        """Make the sandbox forget what it holds of these kinds: `key`, `external_id`."""
        with self.server.store.transaction() as step:
            for kind in kinds:
                step.release_all(kind)

    def revive(self, port: int) -> None:
        """Start an empty sandbox on the port of one that was stopped."""
        self.server = SandboxThread(self._settings, port=port, clock=self._clock)

    # --- the judge ----------------------------------------------------------------------------------------------

    def judge(self, *, whole: bool = True) -> Verdict:
        """Compare what the sandbox received with the ledger and the source, identity by identity.

        Duplicated counts invoices beyond the first, and also second Idempotency-Keys and second bytes of one
        identity, which would have made one in a server that knows nothing but keys. `whole` is False for a ledger
        that was lost or put back on the way: it cannot tell of every attempt.
        """
        verdict = Verdict()
        held: dict[str, list[Any]] = defaultdict(list)
        for one in self.server.invoices():
            held[one.external_id].append(one)
        forms: dict[str, set[tuple[str, str]]] = defaultdict(set)
        requests = self.server.requests()
        for seen in requests:
            forms[seen.external_id].add((seen.key, seen.sha256))
        rows, verdict.corrupt = self._ledger_rows()
        wanted = [identity for identities in self.identities.values() for identity in identities]
        verdict.duplicated = sum(
            max(len(held[name]), len(forms[name])) - 1 for name in wanted if held[name] or forms[name]
        ) + sum(len(found) for name, found in held.items() if name not in set(wanted))
        for name in wanted:
            state, digest, remote_id = rows.get(name, ("", "", ""))
            verdict.unknown += state == State.UNKNOWN
            if not held[name]:
                verdict.lost += state != State.UNKNOWN
                continue
            one = held[name][0]
            same = digest == hashlib.sha256(one.body).hexdigest()
            right = state == State.UNKNOWN or (state == State.POSTED and remote_id == str(one.id))
            verdict.corrupt += not (same and right)
        if whole and rows:
            asked = [seen.external_id for seen in requests]
            verdict.broken += broken_promises(self.ledger, asked, in_hand=self._in_hand)
        verdict.demand(not self.codes[70], f"{self.codes[70]} senders ended with a bug (exit 70)")
        for spot in {*self.notes.sightings(), *sightings_in(self.folder, self.notes)}:
            verdict.demand(reason(spot), f"{spot.kind} got out: {spot.place}: {spot.excerpt}")
        return verdict

    def _ledger_rows(self) -> tuple[dict[str, tuple[str, str, str]], int]:
        """State, digest and remote id by external_id, and how many problems `verify` finds."""
        try:
            with open_ledger(self.ledger_url, clock=SystemClock()) as ledger:
                problems = verify(ledger.database)
        except LedgerError as error:
            print(f"the ledger does not open: {error}")
            return {}, 1
        for problem in problems:
            print(problem)
        with closing(sqlite3.connect(self.ledger)) as raw:
            found = raw.execute("SELECT external_id, state, digest, remote_id FROM invoices").fetchall()
        return {name: (state, digest, remote_id) for name, state, digest, remote_id in found}, len(problems)


def _employ_canary(sample: Path) -> None:
    """The first customer of a sample, wherever it occurs, becomes the one that may get about nowhere."""
    text = sample.read_bytes().decode("windows-1252")
    first = text.split("\n", 2)[1].split(";")[4]
    sample.write_bytes(text.replace(f";{first};", f";{NAME};").encode("windows-1252"))


def end(sender: "subprocess.Popen[bytes]") -> None:
    """SIGKILL a sender and what it started (its own group), if it still runs, and take its leave."""
    if sender.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(sender.pid, signal.SIGKILL)
    sender.wait()
