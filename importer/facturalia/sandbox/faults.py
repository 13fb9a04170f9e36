"""Misbehaviour on request: what a network and a server can do to a caller, by name.

lost-before    the connection closes, nothing was created
lost-after     the invoice is created, then the connection closes without an answer
500-before     500, nothing was created
500-after      the invoice is created, then 500
500-stored     nothing is created; the 500 is kept under the Idempotency-Key and replayed to every repeat
429            429 with Retry-After (argument: its seconds, default 1)
slow           created, answered after the seconds of the argument
truncated      created; headers and half of the body, then the connection closes
html-502       the HTML page of a proxy whose server is away; nothing was created
redirect       302 to another path; nothing was created
forget-keys    every Idempotency-Key is forgotten, then the request is answered as usual
"""

import math
import random
import threading
from typing import NamedTuple

from importer.errors import SettingsError

FAULT_HEADER = "X-Sandbox-Fault"
BEFORE = frozenset({"lost-before", "500-before", "500-stored", "429", "html-502", "redirect"})
AFTER = frozenset({"lost-after", "500-after", "slow", "truncated", "forget-keys"})
NAMES = BEFORE | AFTER
DEFAULT_ARGUMENT = {"429": 1.0}
NEEDS_ARGUMENT = frozenset({"slow"})
NEEDS_SOCKET = frozenset({"lost-before", "lost-after", "truncated"})


class Fault(NamedTuple):
    """One fault; `seconds` only counts for `429` and `slow`."""

    name: str
    seconds: float = 0

    def __str__(self) -> str:
        """As it is written in the header and in the record of requests."""
        return (
            f"{self.name}:{self.seconds:g}"
            if self.name in DEFAULT_ARGUMENT or self.name in NEEDS_ARGUMENT
            else self.name
        )


class Share(NamedTuple):
    """A fault that hits this share (0 to 1) of the requests."""

    fault: Fault
    share: float


def parse_fault(text: str) -> Fault:
    """The fault a header names: `lost-after`, `slow:0.5`, `429:2`. Raises `SettingsError` (`bad-faults`)."""
    name, _, argument = text.strip().partition(":")
    if name not in NAMES:
        raise _bad(f'"{name}" is not a fault.')
    takes = name in NEEDS_ARGUMENT or name in DEFAULT_ARGUMENT
    if argument and not takes:
        raise _bad(f'The fault "{name}" takes no argument.')
    if not argument and name in NEEDS_ARGUMENT:
        raise _bad(f'The fault "{name}" needs seconds, such as {name}:2.')
    return Fault(name, _number(argument, text) if argument else DEFAULT_ARGUMENT.get(name, 0.0))


def parse_faults(spec: str) -> tuple[Share, ...]:
    """The faults of a whole server: `lost-after:0.05,slow:2:0.01`. Raises `SettingsError` (`bad-faults`)."""
    shares = []
    for item in filter(None, (part.strip() for part in spec.split(","))):
        head, colon, share = item.rpartition(":")
        if not colon:
            raise _bad(f'"{item}" does not say how often.')
        value = _number(share, item)
        if value > 1:
            raise _bad(f'The share in "{item}" is above 1.')
        shares.append(Share(parse_fault(head), value))
    if math.fsum(share.share for share in shares) > 1:
        raise _bad("The shares of all faults together are above 1.")
    return tuple(shares)


class FaultDice:
    """Draws at most one fault a request; same seed and spec, same sequence. Thread-safe."""

    def __init__(self, spec: str, seed: int) -> None:
        self._shares = parse_faults(spec)
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    def draw(self) -> Fault | None:
        """The fault of the next request, if any."""
        if not self._shares:
            return None
        with self._lock:
            point = self._random.random()
        for fault, share in self._shares:
            if point < share:
                return fault
            point -= share
        return None


def _number(text: str, item: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise _bad(f'"{text}" in "{item}" is not a number from 0 up.')
    return value


def _bad(message: str) -> SettingsError:
    return SettingsError(
        "bad-faults",
        message,
        fix=f"Write NAME[:SECONDS]:SHARE, such as lost-after:0.05,slow:2:0.01. Names: {', '.join(sorted(NAMES))}.",
    )
