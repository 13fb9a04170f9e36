"""What the attempts in a ledger must look like after any campaign, however its senders ended.

Keys and numbers forgive much: a sender that forgets to say first what it is about to do, or two that send at once,
still make one invoice each as long as the server remembers. These are the promises that hold where it no longer does.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from importer.domain.records import Result

NO_RECORD = "no-record"  # how the ledger calls an attempt whose process never said what came back


def broken_promises(ledger: Path, asked: Iterable[str], *, in_hand: int) -> list[str]:
    """A sentence for each promise that the attempts in a ledger do not keep.

    `asked` are the external_ids of all requests the server got, one each time; `in_hand` is how many attempts one
    sender may have begun and not ended at any moment. An invoice that is not in the ledger is another judge's business.
    """
    with closing(sqlite3.connect(ledger)) as raw:
        attempts = raw.execute(
            "SELECT invoices.external_id, runs.account, attempts.run, attempts.result, attempts.status, attempts.code "
            "FROM attempts JOIN invoices ON invoices.id = attempts.invoice JOIN runs ON runs.id = attempts.run "
            "ORDER BY attempts.id"
        ).fetchall()
        known = {name for (name,) in raw.execute("SELECT external_id FROM invoices")}
    requests = Counter(name for name in asked if name in known)
    begun = Counter(name for name, *_ in attempts)
    # one with a status was answered: 429 says "not executed" of a request that arrived
    denied = Counter(name for name, _, _, result, status, _ in attempts if result == Result.NOT_SENT and not status)
    unannounced = (requests - begun).total()
    hidden = (requests - (begun - denied)).total() - unannounced
    most = max(Counter(run for _, _, run, *_, code in attempts if code == NO_RECORD).values(), default=0)
    blocks: dict[int, list[str]] = defaultdict(list)  # the runs of an account, in the order in which they wrote
    for _, account, run, *_ in attempts:
        if blocks[account][-1:] != [run]:  # several accounts may send at the same time
            blocks[account].append(run)
    mixed = sum(len(runs) - len(set(runs)) for runs in blocks.values())
    found = (
        (unannounced, f"{unannounced} requests left without an intent in the ledger"),
        (hidden, f"{hidden} requests arrived that the ledger calls not sent"),
        (most > in_hand, f"a run left {most} attempts without their outcome; it has at most {in_hand} in hand"),
        (mixed, f"{mixed} times a run sent between two attempts of another run of its account"),
    )
    return [sentence for wrong, sentence in found if wrong]
