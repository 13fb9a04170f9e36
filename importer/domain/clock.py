"""Time as an argument: everything that needs the time, or waits, is handed a `Clock`."""

import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

TOLERANCE = timedelta(minutes=5)  # two clocks that differ by more are not both right
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """What the code may know of time."""

    def now(self) -> datetime:
        """The wall clock, aware, in UTC."""

    def elapsed(self) -> float:
        """Seconds since some fixed moment; counts while the machine sleeps, never jumps back."""

    def boot(self) -> str:
        """Names the start of the machine from which `elapsed` counts: two processes of one boot may compare theirs.

        Empty where that is not known, or where `elapsed` stands still while the machine sleeps.
        """

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        """The wall clock, aware, in UTC."""
        return datetime.now(UTC)

    def elapsed(self) -> float:
        """CLOCK_BOOTTIME where there is one: a suspended laptop must not stretch the retry window."""
        boottime = getattr(time, "CLOCK_BOOTTIME", None)
        return time.clock_gettime(boottime) if boottime is not None else time.monotonic()

    def boot(self) -> str:
        """The kernel's own random name of this boot; Linux alone gives one."""
        if not hasattr(time, "CLOCK_BOOTTIME"):
            return ""
        try:
            return BOOT_ID.read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            return ""

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


def in_belgium(moment: datetime) -> datetime:
    """A moment by the clocks of Belgium; by UTC where the machine knows no time zones."""
    try:
        return moment.astimezone(ZoneInfo("Europe/Brussels"))
    except ZoneInfoNotFoundError:
        return moment.astimezone(UTC)


def belgian_day(moment: datetime) -> date:
    """The day it is in Belgium, by which Facturalia dates invoices."""
    return in_belgium(moment).date()


def plain(moment: datetime) -> str:
    """How moments are written in sentences: `2026-03-03 09:15 UTC`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def stamp(moment: datetime) -> str:
    """How moments are written in the ledger and in JSON: `2026-03-03T09:15:00.000000Z`, sortable as text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment(text: str) -> datetime:
    """The inverse of `stamp`."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
