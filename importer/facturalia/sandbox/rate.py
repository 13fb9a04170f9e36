"""The limit on requests. UNKNOWN in the contract: numbers, window and units; chosen: a fixed window, seconds."""

import math
import threading
from collections.abc import Mapping

from importer.domain.clock import Clock
from importer.facturalia.sandbox.settings import RateLimit


class RateGate:
    """Counts the requests of a window, whatever their outcome. Thread-safe; without a limit it lets all pass."""

    def __init__(self, limit: RateLimit | None, clock: Clock) -> None:
        self._limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        self._opened = -math.inf
        self._count = 0

    def enter(self) -> tuple[Mapping[str, str], float | None]:
        """The `X-RateLimit-*` headers, and the seconds until the window ends if this request is one too many."""
        if self._limit is None:
            return {}, None
        with self._lock:
            now = self._clock.elapsed()
            if now - self._opened >= self._limit.window:
                self._opened, self._count = now, 0
            self._count += 1
            left, wait = self._limit.requests - self._count, self._opened + self._limit.window - now
        return rate_headers(self._limit.requests, max(left, 0), wait), wait if left < 0 else None


def rate_headers(limit: int, left: int, seconds: float) -> dict[str, str]:
    """`X-RateLimit-*`; Reset is the seconds until the window ends, rounded up."""
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-Reset": str(math.ceil(seconds)),
    }
