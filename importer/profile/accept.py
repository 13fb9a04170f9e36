"""A profile for one run in which a person accepts findings of some codes: as errors they would refuse invoices."""

import difflib
from collections.abc import Sequence
from dataclasses import replace

from importer.domain.acceptance import Acceptance, acceptable
from importer.domain.catalogue import CATALOGUE
from importer.domain.findings import Severity
from importer.errors import ConfigError
from importer.profile.load import LoadedProfile


def accept(loaded: LoadedProfile, accepted: Sequence[Acceptance]) -> LoadedProfile:
    """The profile with the accepted codes weighing as warnings where they weighed more; its text and digest stay.

    Raises ConfigError `cannot-accept` for a code that is unknown or may not be accepted, `accept-needs-reason` for an
    acceptance without reason or name.
    """
    for one in accepted:
        _require(one)
    severity = dict(loaded.profile.severity)
    for one in accepted:
        if severity.get(one.code, CATALOGUE[one.code].severity) == Severity.ERROR:
            severity[one.code] = "warning"
    profile = loaded.profile.model_copy(update={"severity": severity})
    return replace(loaded, profile=profile, accepted=tuple({one.code: one for one in accepted}.values()))


def _require(one: Acceptance) -> None:
    codes = acceptable()
    if one.code not in CATALOGUE:
        near = difflib.get_close_matches(one.code, codes, n=1)
        hint = f' Did you mean "{near[0]}"?' if near else ""
        raise ConfigError(
            "cannot-accept",
            f'There is no finding "{one.code}".{hint}',
            fix=f"These can be accepted: {', '.join(codes)}.",
        )
    if one.code not in codes:
        raise ConfigError(
            "cannot-accept",
            f'"{one.code}" protects money or identity, so nobody can accept it.',
            fix=f"Correct the file. These can be accepted: {', '.join(codes)}.",
        )
    if not one.reason.strip() or not one.by.strip():
        raise ConfigError(
            "accept-needs-reason",
            f'Accepting "{one.code}" needs a reason and a name.',
            fix="Add --reason with a sentence, and --by with your name where the system does not know it.",
        )
