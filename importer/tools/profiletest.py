"""`profile test`: a profile over its samples must give the plans that stand beside them."""

import json
from pathlib import Path

from importer.domain.identity import Account
from importer.errors import ImporterError
from importer.pipeline import check_files
from importer.profile.golden import describe, difference, to_text
from importer.profile.load import load_profile
from importer.profile.samplefile import samples_of

EXPECTED = "expected.json"


def run_profile_test(name: str, *, regen: bool = False) -> list[str]:
    """Every difference between what the profile makes of its samples and what is expected, one sentence each.

    The samples are the files named in `expected.json` beside the sample of the profile's head comment. `regen` writes
    the expectation instead, for every file of that folder that `expected.json` names (at first: the sample alone).
    """
    loaded = load_profile(name)
    sample = next((sample.path for sample in samples_of(loaded) if sample.path is not None), None)
    if sample is None:
        return [f"{loaded.name}: the head comment names no sample (`Sample: PATH`)."]
    expectation = sample.parent / EXPECTED
    expected = json.loads(expectation.read_text(encoding="utf-8")) if expectation.exists() else {}
    files = list(expected) or [sample.name]
    actual: dict[str, object] = {}
    problems = []
    for file in files:
        try:
            plan = check_files([Path(sample.parent / file)], loaded, Account("check", "check"))
        except ImporterError as error:
            problems.append(f"{loaded.name}, {file}: {error.message}")
            continue
        actual[file] = describe(plan)
        if not regen:
            problems += [
                f"{loaded.name}, {file}: {sentence}" for sentence in difference(expected.get(file, {}), describe(plan))
            ]
    if regen and not problems:
        expectation.write_text(to_text(actual), encoding="utf-8")
    return problems
