"""What a mutant is, and the files that mutants change."""

from typing import NamedTuple

SENDING = "importer/stations/submit/sending.py"
TIMES = "importer/stations/submit/timekeeper.py"
BOARD = "importer/stations/submit/board.py"
ANSWERS = "importer/facturalia/answers.py"
PLANS = "importer/ledger/plans.py"
MOVES = "importer/ledger/transitions.py"
STORE = "importer/ledger/store.py"
QUERIES = "importer/ledger/queries.py"
DECISIONS = "importer/ledger/decisions.py"
PLAN = "importer/stations/plan.py"
PIPELINE = "importer/pipeline.py"
RUNS = "importer/sending.py"


class Edit(NamedTuple):
    """`old` stands exactly once in the file, and becomes `new`."""

    file: str
    old: str
    new: str


class Mutant(NamedTuple):
    """A protection taken away. `survives` explains why no test has to see it; empty: a test must go red.

    `tests` are further test files that guard what the simulation does not reach.
    """

    name: str
    edits: tuple[Edit, ...]
    survives: str = ""
    tests: tuple[str, ...] = ()
