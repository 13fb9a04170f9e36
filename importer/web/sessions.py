"""Who is in: sessions that a link opens once, and a wait for whoever guesses links."""

import hashlib
import json
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from importer.web.private import write_private

LASTS: Final = timedelta(hours=12)
FREE: Final = 20  # wrong tries before the first wait
LONGEST: Final = 60  # seconds of the longest wait
FORGOTTEN: Final = timedelta(minutes=10)  # after so long without a wrong try they no longer count


class Throttle:
    """The wait after too many wrong tries: some are free, then each costs 1, 2, 4 … 60 seconds in which nobody is heard."""

    def __init__(self, now: Callable[[], datetime], free: int = FREE) -> None:
        self._now = now
        self._free = free
        self._wrong = 0
        self._last = self._until = now()

    def left(self) -> int:
        """Whole seconds still to wait; 0 if none."""
        seconds = (self._until - self._now()).total_seconds()
        return max(0, -int(-seconds // 1))

    def wrong(self) -> None:
        """One more wrong try."""
        now = self._now()
        self._wrong = 1 if now - self._last > FORGOTTEN else self._wrong + 1
        self._last = now
        if self._wrong >= self._free:
            self._until = now + timedelta(seconds=min(2 ** min(self._wrong - self._free, 10), LONGEST))


class Sessions:
    """Who is in. A one-time link opens a session; its cookie is kept as a hash, so that a restart ends nobody's work."""

    def __init__(self, file: Path, now: Callable[[], datetime]) -> None:
        self._file = file
        self._now = now
        self._link = secrets.token_urlsafe(24)
        self._until = _read(file)
        self.throttle = Throttle(now)

    @property
    def link(self) -> str:
        """The word in the link that lets one browser in, once."""
        return self._link

    def enter(self, word: str) -> str | None:
        """The cookie of a new session, if the word is the right one; the link is used up. Nobody is heard during a wait."""
        if self.throttle.left():
            return None
        if not self._link or not secrets.compare_digest(word.encode(), self._link.encode()):
            self.throttle.wrong()
            return None
        self._link = ""
        cookie = secrets.token_urlsafe(32)
        self._until = {name: end for name, end in self._until.items() if end > self._now().isoformat()}
        self._until[_hash(cookie)] = (self._now() + LASTS).isoformat()
        write_private(self._file, self._until)
        return cookie

    def knows(self, cookie: str) -> bool:
        """Whether a cookie is that of a session that has not ended."""
        return self._until.get(_hash(cookie), "") > self._now().isoformat()


def _read(file: Path) -> dict[str, str]:
    """The end of each session by the hash of its cookie. A file that cannot be understood lets nobody in."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: end for name, end in found.items() if isinstance(end, str)}


def _hash(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
