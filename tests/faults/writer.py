"""Writes attempts and outcomes into a ledger and says on stdout, one line each, what the ledger called durable.

    python -m tests.faults.writer LEDGER_URL SAMPLE

Lines: `planned`, then `attempt EXTERNAL_ID` and `outcome EXTERNAL_ID`, each after the future of the write resolved;
`done` at the end. Nothing is sent: the disk is what is tried here.
"""

import hashlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from importer.domain.clock import SystemClock
from importer.domain.identity import Account
from importer.domain.records import Answered, Attempt, Outcome, Queued, Result
from importer.domain.states import State
from importer.ledger.store import Ledger, open_ledger
from importer.pipeline import check_files
from importer.profile.load import load_profile

ACCOUNT = Account("http://127.0.0.1:1", "default")
THREADS = 4


def tell(*words: str) -> None:
    """One line, in one write: threads do not mix theirs."""
    os.write(1, (" ".join(words) + "\n").encode())


def work(ledger: Ledger, run: str, queued: Queued) -> None:
    """One invoice: the intent, then that it was posted."""
    clock = SystemClock()
    attempt = Attempt(queued.external_id, run, queued.attempts + 1, queued.generation, clock.now())
    ledger.write(attempt).result()
    tell("attempt", queued.external_id)
    body = hashlib.sha512(queued.body).hexdigest().encode() * 8  # an answer of a usual size
    answered = Answered(remote_id=queued.external_id[-8:])
    outcome = Outcome(
        attempt, clock.now(), Result.POSTED, State.POSTED, ambiguous=False, status=201, body=body, answered=answered
    )
    ledger.write(outcome).result()
    tell("outcome", queued.external_id)


def main(url: str, sample: str) -> None:
    """Plan, then work through the plan with some invoices in flight."""
    plan = check_files([Path(sample)], load_profile("demo"), ACCOUNT)
    with open_ledger(url, clock=SystemClock()) as ledger:
        run = ledger.begin_run(ACCOUNT, "import", profile=None, plan_digest=plan.digest, importer_version="")
        ledger.store_plan(run, ACCOUNT, "demo", None, plan)
        tell("planned")
        queue = ledger.queue(ACCOUNT, run=run, states=[State.READY])
        with ThreadPoolExecutor(THREADS) as pool:
            for _ in pool.map(lambda queued: work(ledger, run, queued), queue):
                pass
    tell("done")


if __name__ == "__main__":
    main(*sys.argv[1:])
