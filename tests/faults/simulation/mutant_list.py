"""The protections of sending, each taken away on purpose: as edits of the source, with why a survivor may survive."""

from tests.faults.simulation.mutant_clocks import CLOCKS
from tests.faults.simulation.mutant_model import (
    ANSWERS,
    BOARD,
    DECISIONS,
    MOVES,
    PIPELINE,
    PLAN,
    PLANS,
    QUERIES,
    RUNS,
    SENDING,
    STORE,
    TIMES,
    Edit,
    Mutant,
)

_DOUBT_422 = "Rule(range(422, 423), Fact.DOUBT, Result.UNKNOWN, Next.DONE),"
_MAYBE = "Rule(NO_STATUS, Fact.MAYBE_SENT, Result.AMBIGUOUS, Next.AGAIN),"
_FIRST_409 = "Rule(range(409, 410), Fact.NONE, Result.AMBIGUOUS, Next.ONCE_MORE),"
_LAST_409 = "Rule(range(409, 410), Fact.CONFLICT, Result.UNKNOWN, Next.DONE),"
_500 = "Rule(range(500, 600), Fact.NONE, Result.AMBIGUOUS, Next.AGAIN),"
_LOOK = "            too_late = self._too_late(claim)  # the last thing before the send\n"
_WAIT = "            if not self._pace.wait(self._board.go_on):\n"
_REPLAYS_ARE_AMBIGUOUS = (
    "Rule(range(500, 600), Fact.REPLAYED, Result.UNKNOWN, Next.DONE),  # a stored failure comes back for ever\n"
)

SINGLE: tuple[Mutant, ...] = (
    *CLOCKS,
    Mutant(
        "no intent before the send",
        (
            Edit(
                BOARD,
                "            future = self._ledger.write(record)\n",
                "            if isinstance(record, Attempt):\n"
                "                future = Future()\n"
                "                future.set_result(None)\n"
                "            else:\n"
                "                self._ledger.write(record.attempt)\n"
                "                future = self._ledger.write(record)\n",
            ),
        ),
    ),
    Mutant(
        "intent not awaited",
        (Edit(SENDING, "if not self._board.is_durable(claim.intent):", "if False:"),),
        tests=("tests/submit/test_submit_ends.py",),
    ),
    Mutant(
        "new key per retry",
        (
            Edit(
                SENDING,
                "poster.post_invoice(claim.queued.body, claim.queued.key)",
                'poster.post_invoice(claim.queued.body, f"{claim.queued.key}-{claim.attempt.number}")',
            ),
        ),
    ),
    Mutant(
        "new key per run",
        (
            Edit(
                SENDING,
                "poster.post_invoice(claim.queued.body, claim.queued.key)",
                'poster.post_invoice(claim.queued.body, f"{claim.queued.key}-{self._settings.run}")',
            ),
        ),
    ),
    Mutant(
        "random keys",
        (
            Edit(
                "importer/domain/identity.py",
                'return str(uuid.uuid5(NAMESPACE, f"{identity}:{generation}"))',
                "return str(uuid.uuid4())",
            ),
        ),
    ),
    Mutant("no window check", (Edit(SENDING, _LOOK, "            too_late = None\n"),)),
    Mutant(
        "window check before the waits, not next to the send",
        (
            Edit(SENDING, _LOOK, ""),
            Edit(SENDING, _WAIT, "            too_late = self._too_late(claim)\n" + _WAIT),
        ),
        tests=("tests/submit/test_submit_rules.py",),
    ),
    Mutant(
        "window check once per run",
        (
            Edit(
                SENDING,
                "        verdict: Verdict | None = None\n        while True:\n",
                "        verdict: Verdict | None = None\n"
                "        too_late = self._too_late(claim)\n"
                "        while True:\n",
            ),
            Edit(SENDING, _LOOK, ""),
        ),
    ),
    Mutant(
        "window by the wall clock alone",
        (Edit(TIMES, "age = timedelta(seconds=elapsed - first.born)", "age = timedelta(0)"),),
        tests=("tests/submit/test_submit_rules.py",),
    ),
    Mutant(
        "window renewed by every attempt",
        (Edit(MOVES, '"first_attempt_at": row["first_attempt_at"] or at,', '"first_attempt_at": at,'),),
    ),
    Mutant(
        "time-out taken as failed",
        (Edit(ANSWERS, _MAYBE, "Rule(NO_STATUS, Fact.MAYBE_SENT, Result.REJECTED, Next.DONE),"),),
    ),
    Mutant(
        "time-out taken as not sent",
        (Edit(ANSWERS, _MAYBE, "Rule(NO_STATUS, Fact.MAYBE_SENT, Result.NOT_SENT, Next.AGAIN),"),),
    ),
    Mutant(
        "not sent taken as ambiguous",
        (
            Edit(
                ANSWERS,
                "Rule(NO_STATUS, Fact.NONE, Result.NOT_SENT, Next.AGAIN),",
                "Rule(NO_STATUS, Fact.NONE, Result.AMBIGUOUS, Next.AGAIN),",
            ),
        ),
    ),
    Mutant(
        "500 taken as failed", (Edit(ANSWERS, _500, "Rule(range(500, 600), Fact.NONE, Result.REJECTED, Next.DONE),"),)
    ),
    Mutant("a stored 500 repeated for ever", (Edit(ANSWERS, f"    {_REPLAYS_ARE_AMBIGUOUS}", ""),)),
    Mutant(
        "409 taken as success",
        (
            Edit(ANSWERS, _FIRST_409, "Rule(range(409, 410), Fact.NONE, Result.POSTED, Next.DONE),"),
            Edit(ANSWERS, _LAST_409, "Rule(range(409, 410), Fact.CONFLICT, Result.POSTED, Next.DONE),"),
        ),
    ),
    Mutant(
        "409 answered with a new key",
        (Edit(ANSWERS, _FIRST_409, "Rule(range(409, 410), Fact.NONE, Result.REJECTED, Next.DONE),"),),
    ),
    Mutant(
        "409 repeated without end",
        (
            Edit(ANSWERS, f"    {_LAST_409}\n", ""),
            Edit(ANSWERS, _FIRST_409, "Rule(range(409, 410), Fact.NONE, Result.AMBIGUOUS, Next.AGAIN),"),
        ),
        tests=("tests/facturalia/test_answers_table.py",),
    ),
    Mutant("a rejection after doubt believed", (Edit(ANSWERS, f"    {_DOUBT_422}\n", ""),)),
    Mutant(
        "a taken number taken for a rejection",
        (Edit(ANSWERS, "    Rule(range(422, 423), Fact.NAMES_US, Result.UNKNOWN, Next.DONE),\n", ""),),
        tests=("tests/facturalia/test_answers_table.py",),
    ),
    Mutant(
        "a redirect taken as not sent",
        (
            Edit(
                ANSWERS,
                "Rule(range(300, 400), Fact.NONE, Result.AMBIGUOUS, Next.LEAVE, Stop.REDIRECTED),",
                "Rule(range(300, 400), Fact.NONE, Result.NOT_SENT, Next.LEAVE, Stop.REDIRECTED),",
            ),
        ),
    ),
    Mutant(
        "redirects followed",
        (Edit("importer/facturalia/client.py", "follow_redirects=False,", "follow_redirects=True,"),),
        tests=("tests/facturalia/test_client_wire.py",),
    ),
    Mutant(
        "a 200 that is no JSON taken as posted",
        (
            Edit(
                ANSWERS,
                "Rule(SUCCESSES, Fact.NONE, Result.AMBIGUOUS, Next.AGAIN),",
                "Rule(SUCCESSES, Fact.NONE, Result.POSTED, Next.DONE),",
            ),
        ),
    ),
    Mutant(
        "bytes rebuilt on replay",
        (
            Edit(
                PLANS,
                "            case PlanClass.RETRY:\n",
                "            case PlanClass.REPLAY if digest != row['digest']:\n"
                "                self._refreeze(row, item.frozen, state, row['reason'])\n"
                "                kind = 'refrozen'\n"
                "            case PlanClass.RETRY:\n",
            ),
        ),
    ),
    Mutant(
        "posted overwritten when changed",
        (
            Edit(
                PLANS,
                "            case PlanClass.CHANGED | PlanClass.HELD if state is State.POSTED:\n",
                "            case PlanClass.CHANGED if state is State.POSTED:\n"
                "                next_generation(row)\n"
                "                self._refreeze(row, item.frozen, State.READY, '')\n"
                "                kind = 'refrozen'\n"
                "            case PlanClass.HELD if state is State.POSTED:\n",
            ),
        ),
    ),
    Mutant(
        "a change planned as a retry",
        (
            Edit(
                PLAN,
                "    return PlanItem(frozen, PlanClass.CHANGED, difference=shown), [\n"
                '        _finding("changed-since-posted", frozen.invoice, sheets, facts)\n'
                "    ]\n\n\ndef _is_the_profiles",
                "    return PlanItem(frozen, PlanClass.RETRY, difference=shown), [\n"
                '        _finding("changed-since-posted", frozen.invoice, sheets, facts)\n'
                "    ]\n\n\ndef _is_the_profiles",
            ),
        ),
    ),
    Mutant(
        "credit notes sent",
        (
            Edit(
                PLAN,
                "    if invoice.hold:\n        return PlanItem(frozen, PlanClass.HELD, invoice.hold), []\n    if known is None:",
                "    if known is None:",
            ),
        ),
    ),
    Mutant(
        "a person's hold not planned",
        (
            Edit(
                PLAN,
                "if known.state is State.HELD and known.reason.startswith(BY_HAND):",
                "if False:",
            ),
        ),
    ),
    Mutant(
        "no check in store_plan that the ledger is as planned",
        (Edit(PLANS, "if not _as_seen(item, row):", "if False:"),),
    ),
    Mutant(
        "generation not raised after a rejection",
        (
            Edit(
                PLANS,
                "            case PlanClass.RETRY:\n                next_generation(row)\n",
                "            case PlanClass.RETRY:\n",
            ),
        ),
    ),
    Mutant(
        "the old key kept when a person says not posted",
        (
            Edit(
                DECISIONS,
                '            next_generation(self._row)\n            self._record(State.READY, f"resolved:',
                "            self._row |= {'ambiguous': 0, 'open_attempt': None, 'first_attempt_at': None}\n"
                '            self._record(State.READY, f"resolved:',
            ),
        ),
    ),
    Mutant(
        "an attempt without outcome not read as ambiguous",
        (
            Edit(
                QUERIES,
                "            ambiguous=bool(row.ambiguous) or row.open_attempt is not None,\n            has_number",
                "            ambiguous=bool(row.ambiguous),\n            has_number",
            ),
        ),
        survives="an invoice that an earlier process left is `sending`, and that alone counts as doubt in `is_doubtful`: "
        "the pair with that one is red",
    ),
    Mutant(
        "`sending` alone no doubt",
        (
            Edit(
                BOARD,
                "_DOUBTFUL_STATES = frozenset({State.SENDING, State.UNKNOWN})",
                "_DOUBTFUL_STATES: frozenset[State] = frozenset()",
            ),
        ),
        survives="the queue says `ambiguous` as well, for an attempt that was ambiguous and for one without outcome: the "
        "pair with the latter is red",
    ),
    Mutant(
        "the ledger forgets an earlier doubt",
        (Edit(MOVES, 'ambiguous = bool(row["ambiguous"]) or outcome.ambiguous', "ambiguous = outcome.ambiguous"),),
        survives="submit carries a doubt along by itself, from the queue or within a run, and says it with every outcome; "
        "all three ways to remember a doubt taken away together are red",
    ),
    Mutant(
        "the ledger takes contradictions",
        (Edit(MOVES, "        if wrong:\n", "        if False:\n"),),
        survives="submit never hands one over: it is the second lock on that door. The pairs with wrong verdicts show "
        "what each lock holds, and tests/ledger proves this one by itself",
        tests=(),
    ),
    Mutant(
        "any state may be attempted",
        (
            Edit(
                MOVES,
                "ATTEMPTABLE = frozenset({State.READY, State.SENDING, State.UNKNOWN})",
                "ATTEMPTABLE = frozenset(State)",
            ),
        ),
    ),
    Mutant(
        "no sender lock",
        (
            Edit(
                STORE,
                '        with locked(path.with_name(f"{path.name}.{name}.lock"), wait=wait, busy=busy):\n',
                "        if locked and name and busy:\n",
            ),
        ),
    ),
    Mutant(
        "claims ahead never returned",
        (
            Edit(
                BOARD,
                "            for claim in self._claimed:\n                self._release(claim)\n            for future",
                "            for future",
            ),
        ),
    ),
    Mutant(
        "what earlier runs left is not settled",
        (
            Edit(
                RUNS,
                "    queue = ledger.queue(sending.account, run=run, states=[State.SENDING])\n    if not queue:\n",
                "    queue = ledger.queue(sending.account, run=run, states=[State.SENDING])\n    if queue is not None:\n",
            ),
        ),
    ),
    Mutant(
        "unknown sent again by import",
        (
            Edit(PLAN, "    if known.state is State.UNKNOWN:\n", "    if False:\n"),
            Edit(
                PIPELINE,
                "run=run, states=[State.READY, State.SENDING])",
                "run=run, states=[State.READY, State.SENDING, State.UNKNOWN])",
            ),
        ),
    ),
    Mutant(
        "the limit not kept", (Edit(BOARD, "limit is not None and self._outstanding + self._spent >= limit", "False"),)
    ),
    Mutant(
        "no canary",
        (
            Edit(
                "importer/stations/submit/station.py",
                "            if error is not None:\n                board.stop_with(error)\n",
                "",
            ),
        ),
        tests=("tests/submit/test_submit_queue.py",),
    ),
    Mutant(
        "accounts share their identities",
        (
            Edit(
                "importer/domain/identity.py",
                "_json([IDENTITY_VERSION, account.origin, account.name, system])",
                '_json([IDENTITY_VERSION, account.origin, "", system])',
            ),
        ),
    ),
    Mutant(
        "rate limit counts as an attempt that may have made it",
        (
            Edit(
                ANSWERS,
                "Rule(range(429, 430), Fact.NONE, Result.NOT_SENT, Next.AGAIN),",
                "Rule(range(429, 430), Fact.NONE, Result.AMBIGUOUS, Next.AGAIN),",
            ),
        ),
        tests=("tests/facturalia/test_answers_table.py",),
    ),
)

# Names of some of the above, taken away together, and why they may survive even so.
_OPEN = "an attempt without outcome not read as ambiguous"
_STATE = "`sending` alone no doubt"
_FORGETS = "the ledger forgets an earlier doubt"
TOGETHER: tuple[tuple[tuple[str, ...], str], ...] = (
    ((_OPEN, _STATE), ""),
    ((_OPEN, _FORGETS), "the state `sending` alone still counts as doubt"),
    ((_STATE, _FORGETS), "the attempt without outcome, or the stored word `ambiguous`, still counts as doubt"),
    ((_OPEN, _STATE, _FORGETS), ""),
    (("a rejection after doubt believed", "the ledger takes contradictions"), ""),
    (("time-out taken as failed", "the ledger takes contradictions"), ""),
    (("500 taken as failed", "the ledger takes contradictions"), ""),
    (("409 answered with a new key", "the ledger takes contradictions"), ""),
    (("time-out taken as not sent", "the ledger takes contradictions"), ""),
    (("no window check", "a clock behind the ledger is believed"), ""),
    (("a first attempt in the future counts as young", "a clock behind the ledger is believed"), ""),
    (("between two runs age by the wall clock alone", "a clock behind the ledger is believed"), ""),
    (("boots not told apart", "a later attempt of this boot taken for the first"), ""),
    (("no window check", "new key per run"), ""),
    (("a change planned as a retry", "no check in store_plan that the ledger is as planned"), ""),
    (("a person's hold not planned", "no check in store_plan that the ledger is as planned"), ""),
    (("no sender lock", "any state may be attempted"), ""),
    (("no sender lock", "new key per retry"), ""),
    (("any state may be attempted", "the ledger takes contradictions"), ""),
    (("generation not raised after a rejection", "the old key kept when a person says not posted"), ""),
    (("a redirect taken as not sent", "bytes rebuilt on replay"), ""),
    (("claims ahead never returned", "window renewed by every attempt"), ""),
)
