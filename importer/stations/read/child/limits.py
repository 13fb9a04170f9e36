"""Bounds of the reader process: so much memory, and so much time for each file. Whoever breaks them ends, alone."""

import os
import signal
from importlib import import_module
from pathlib import Path
from typing import Any

# Not on every system; there the importer's clock still holds.
resource: Any = import_module("resource") if hasattr(os, "fork") else None

MEMORY = 1 << 30  # bytes of the whole process
_LIBRARIES = 320 << 20  # bytes that libraries map and do not touch
_SLACK = 48 << 20  # what the system itself maps beside


def limit_early() -> None:
    """A first bound, while the libraries are still being loaded, which map more than they use."""
    if resource is not None:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY + _LIBRARIES, hard))


def limit_memory() -> None:
    """Let the process grow to `MEMORY` bytes in memory; what is mapped and never touched now does not count."""
    if resource is None:
        return
    mapped, resident = _sizes()
    _lower(resource.RLIMIT_AS, mapped + max(MEMORY - resident - _SLACK, _SLACK))
    _lower(resource.RLIMIT_CORE, 0)  # customers' data must not end in a core file


def limit_time(seconds: int) -> None:
    """From now on, at most so many seconds of work; then the system ends the process."""
    if resource is None:
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime) + 1 + seconds, hard))
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)


def _lower(what: int, limit: int) -> None:
    _, hard = resource.getrlimit(what)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(what, (limit, limit))


def _sizes() -> tuple[int, int]:
    """Bytes mapped and bytes in memory, as the system counts them; (0, 0) where it does not tell."""
    try:
        fields = Path("/proc/self/statm").read_text().split()
    except OSError:
        return 0, 0
    return int(fields[0]) * resource.getpagesize(), int(fields[1]) * resource.getpagesize()
