"""What is told about whole invoices, and which of them it refuses."""

from collections.abc import Mapping, Sequence

import numpy as np

from importer.domain.findings import Finding, Severity, weighed
from importer.stations.group.keys import Near


class Told:
    """Findings about whole invoices as they are made; an error marks its invoice in `bad`.

    `codes` are those of invoices that are refused for a finding that stands at the row of another one.
    """

    def __init__(self, bad: np.ndarray, severity: Mapping[str, str]) -> None:
        self.findings: list[Finding] = []
        self.bad = bad
        self.codes: dict[int, list[str]] = {}
        self._severity = severity

    def tell(self, number: int, finding: Finding) -> None:
        """One finding about invoice `number`."""
        self.tell_once([number], finding)

    def tell_once(self, numbers: Sequence[int], finding: Finding) -> None:
        """One finding about several invoices, placed at one of them; as an error it refuses them all."""
        finding = weighed(finding, self._severity)
        self.findings.append(finding)
        if finding.severity is Severity.ERROR:
            self.bad[list(numbers)] = True
            if len(numbers) > 1:
                for number in numbers:
                    self.codes.setdefault(number, []).append(finding.code)

    def near(self, near: Sequence[Near]) -> None:
        """Keys that look alike; as an error it refuses both invoices, for each may lack lines of the other."""
        for finding, invoices in near:
            self.tell_once(invoices, finding)
