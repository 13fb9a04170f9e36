"""Accept once: a person lets findings of a code pass in one run, by name and with a reason.

Only codes whose weight a profile may change can be accepted: what protects money or identity never passes.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from importer.domain.catalogue import CATALOGUE
from importer.domain.findings import Finding


class Acceptance(NamedTuple):
    """Who let the findings of a code pass, and why. `findings` is how many there were."""

    code: str
    reason: str
    by: str
    findings: int = 0


def acceptable() -> tuple[str, ...]:
    """The codes that may be accepted, in the order of the catalogue."""
    return tuple(code for code, entry in CATALOGUE.items() if entry.allowed)


def occurring(accepted: Sequence[Acceptance], findings: Iterable[Finding]) -> tuple[Acceptance, ...]:
    """Those acceptances that let something pass, with how much; where nothing was found there is nothing to record."""
    if not accepted:
        return ()
    counts = Counter(finding.code for finding in findings)
    return tuple(one._replace(findings=counts[one.code]) for one in accepted if counts[one.code])
