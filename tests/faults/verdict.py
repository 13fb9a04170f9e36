"""What a campaign proved, and how the senders in it ended."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

SKIPPED = 77  # the exit code by which test programs say that they did not run


class Skip(Exception):
    """This machine cannot run the campaign; the text says why."""


@dataclass(slots=True)
class Verdict:
    """What a campaign proved; all but `unknown` must be 0. `figures` are its own; `broken` are promises not kept."""

    lost: int = 0
    duplicated: int = 0
    corrupt: int = 0
    unknown: int = 0
    figures: dict[str, object] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        counts = {name: getattr(self, name) for name in ("lost", "duplicated", "corrupt", "unknown")}
        return " ".join(f"{name}={value}" for name, value in {**counts, **self.figures}.items())

    def add(self, other: "Verdict") -> None:
        """Count another part in; its own figures are not added up here."""
        self.lost += other.lost
        self.duplicated += other.duplicated
        self.corrupt += other.corrupt
        self.unknown += other.unknown
        self.broken += other.broken

    def demand(self, kept: object, promise: str) -> None:
        """Note a promise that was not kept."""
        if not kept:
            self.broken.append(promise)

    @property
    def good(self) -> bool:
        """Nothing lost, nothing doubled, nothing broken."""
        return not (self.lost or self.duplicated or self.corrupt or self.broken)


class Ended(NamedTuple):
    """How a sender ended: exit code (negative: killed by that signal), its JSON object, what it said on stderr."""

    code: int
    told: dict[str, Any]
    said: str

    @property
    def error(self) -> str:
        """The code of the error that kept the command from running, or empty."""
        return str(self.told.get("error", {}).get("code", ""))
