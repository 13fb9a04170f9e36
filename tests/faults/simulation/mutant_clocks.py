"""The protections against clocks that go wrong, each taken away on purpose."""

from tests.faults.simulation.mutant_model import (
    QUERIES,
    RUNS,
    SENDING,
    STORE,
    TIMES,
    Edit,
    Mutant,
)

CLOCKS: tuple[Mutant, ...] = (
    Mutant(
        "the wall clock at the claim forgotten",
        (Edit(TIMES, "born = min(born, elapsed - (now - at).total_seconds())", "born = born"),),
        tests=("tests/submit/test_submit_clocks.py",),
    ),
    Mutant(
        "a first attempt in the future counts as young",
        (Edit(TIMES, "if first.at is not None and first.at > now else None", "if False else None"),),
        tests=("tests/submit/test_submit_rules.py",),
    ),
    Mutant(
        "a clock behind the ledger is believed",
        (Edit(TIMES, "if first.newest is not None and self._look_back(first.newest, now):", "if False:"),),
    ),
    Mutant(
        "a step back forgotten when the new time has caught up",
        (Edit(TIMES, "        if first.set_back is not None:\n", "        if False:\n"),),
    ),
    Mutant(
        "only the newest event looked at, not all since the attempt",
        (Edit(QUERIES, "if since is None else _seen_since", "if since is None or since else _seen_since"),),
    ),
    Mutant(
        "all events looked at, not those since the attempt",
        (Edit(QUERIES, "select(events.at).where(events.seq >= since)", "select(events.at)"),),
    ),
    Mutant(
        "between two runs age by the wall clock alone",
        (Edit(STORE, "        boot = self._clock.boot()\n", '        boot = ""\n'),),
    ),
    Mutant(
        "boots not told apart",
        (Edit(QUERIES, "here = attempts.boot == boot", "here = attempts.boot.is_not(None)"),),
    ),
    Mutant(
        "a later attempt of this boot taken for the first",
        (Edit(TIMES, "here is not None and queued.same_boot", "here is not None"),),
    ),
    Mutant(
        "what was proved not sent makes an invoice older",
        (Edit(QUERIES, "                attempts.result.not_in(MADE_NOTHING),\n", ""),),
        tests=("tests/ledger/test_ledger_age.py",),
    ),
    Mutant(
        "Facturalia's clock not listened to",
        (Edit(SENDING, "            self._times.learn(reply.headers, now)\n", ""),),
    ),
    Mutant(
        "Facturalia's clock believed where it makes younger",
        (
            Edit(TIMES, "if theirs is None or theirs - now <= TOLERANCE:", "if theirs is None:"),
            Edit(TIMES, "            if theirs - now > self._behind:\n", "            if theirs:\n"),
        ),
        tests=("tests/submit/test_submit_clocks.py",),
    ),
    Mutant(
        "Facturalia's clock forgotten between the parts of a command",
        (Edit(RUNS, "            times=times,\n", ""),),
    ),
)
