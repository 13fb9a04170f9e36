"""A team at one server: signing in by name and password, sessions that end, and waits for whoever guesses."""

import hashlib
import json
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from importer.web.private import write_private
from importer.web.sessions import Throttle
from importer.web.users import FILE, User, Users, key_of

if TYPE_CHECKING:
    from importer.web.oidc import Provider

LASTS: Final = timedelta(hours=12)
IDLE: Final = timedelta(hours=2)
KNOWN: Final = timedelta(days=180)  # how long a browser that signed in is told apart from a stranger's
NOTED: Final = timedelta(minutes=5)  # that somebody is still there is written down no more often
FREE: Final = 5  # wrong passwords for a name before the first wait
FREE_TOGETHER: Final = 40  # wrong passwords for any name, from browsers that nobody has signed in with
AT_ONCE: Final = 2  # passwords reckoned at a time: each takes 64 MiB
WAITING: Final = 8  # passwords waiting for their turn; more are sent away, or they would take all threads
GUESSED: Final = 1_000  # names whose wrong tries are remembered


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: its cookie, and the one that says later that this browser has signed in before."""

    user: User
    cookie: str
    browser: str


class Busy(Exception):
    """Too many wrong passwords for this name, or too many at once; `seconds` to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Team:
    """The people of a folder and their sessions. Cookies are kept as hashes only; methods may be called from any thread.

    `four_eyes`: whoever prepared an import may not approve it.
    """

    def __init__(self, folder: Path, now: Callable[[], datetime], *, four_eyes: bool = False) -> None:
        self.users = Users(folder / FILE, now)
        self.provider: Provider | None = None  # where people may also sign in
        self.four_eyes = four_eyes
        self._file = folder / "web-team.json"
        self._now = now
        self._turn = threading.Lock()
        self._reckoning = threading.Semaphore(AT_ONCE)
        self._waiting = 0
        self._throttles: dict[tuple[str, str], Throttle] = {}  # of names that somebody has
        self._guesses: OrderedDict[str, Throttle] = OrderedDict()  # of names that nobody has
        self._together = Throttle(now, free=FREE_TOGETHER)
        self._sessions: dict[str, dict[str, str]] = {}
        self._browsers: dict[str, dict[str, str]] = {}
        self._read()

    def sign_in(self, name: str, password: str, browser: str) -> SignedIn | None:
        """A session for the right password, None for a wrong one. `browser` is the cookie of an earlier signing in.

        Wrong tries from a browser that has signed in under this name before count on their own: nobody can lock
        somebody out by guessing from elsewhere. All others also count together, whatever the names. Raises Busy.
        """
        key = key_of(name)
        ours = self._browsers.get(_hash(browser), {}).get("name") == key and bool(browser)
        throttles = [self._throttle(key, _hash(browser) if ours else "")] + ([] if ours else [self._together])
        if wait := max(throttle.left() for throttle in throttles):
            raise Busy(wait)
        user = self._reckon(name, password)
        with self._turn:
            if user is None:
                for throttle in throttles:
                    throttle.wrong()
                return None
        return self._open(user, browser if ours else secrets.token_urlsafe(32))

    def vouched(self, names: Iterable[str]) -> SignedIn | None:
        """A session for the first of the names that a user has; somebody else has proved that they are theirs."""
        user = next(filter(None, map(self.users.find, names)), None)
        return None if user is None else self._open(user, secrets.token_urlsafe(32))

    def _open(self, user: User, browser: str) -> SignedIn:
        now, cookie = self._now(), secrets.token_urlsafe(32)
        with self._turn:
            self._sessions = {key: one for key, one in self._sessions.items() if one["ends"] > now.isoformat()}
            self._browsers = {key: one for key, one in self._browsers.items() if one["ends"] > now.isoformat()}
            self._sessions[_hash(cookie)] = {
                "name": user.name, "mark": user.mark, "ends": (now + LASTS).isoformat(), "seen": now.isoformat(),
            }  # fmt: skip
            self._browsers[_hash(browser)] = {"name": key_of(user.name), "ends": (now + KNOWN).isoformat()}
            self._write()
        return SignedIn(user, cookie, browser)

    def who(self, cookie: str, *, noted: bool = True) -> User | None:
        """Whose session it is; None once it has ended, lain idle, or password or role have changed.

        Being asked keeps a session from lying idle, unless it is not `noted`: a page that only listens is no person.
        """
        one = self._sessions.get(_hash(cookie))
        now = self._now()
        if one is None or one["ends"] <= now.isoformat() or one["seen"] <= (now - IDLE).isoformat():
            return None
        user = self.users.find(one["name"])
        if user is None or user.mark != one["mark"]:
            return None
        if noted and one["seen"] <= (now - NOTED).isoformat():
            with self._turn:
                one["seen"] = now.isoformat()
                self._write()
        return user

    def sign_out(self, cookie: str) -> None:
        """End a session."""
        with self._turn:
            if self._sessions.pop(_hash(cookie), None) is not None:
                self._write()

    def _reckon(self, name: str, password: str) -> User | None:
        with self._turn:
            if self._waiting >= WAITING:
                raise Busy(1)
            self._waiting += 1
        try:
            with self._reckoning:
                return self.users.check(name, password)
        finally:
            with self._turn:
                self._waiting -= 1

    def _throttle(self, name: str, browser: str) -> Throttle:
        with self._turn:
            if self.users.find(name) is not None:
                return self._throttles.setdefault((name, browser), Throttle(self._now, free=FREE))
            found = self._guesses.setdefault(name[:GUESSED], Throttle(self._now, free=FREE))
            self._guesses.move_to_end(name[:GUESSED])
            while len(self._guesses) > GUESSED:
                self._guesses.popitem(last=False)
            return found

    def _read(self) -> None:
        """A file that cannot be understood lets nobody in."""
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
            self._sessions = {
                str(key): {part: str(one[part]) for part in ("name", "mark", "ends", "seen")}
                for key, one in found["sessions"].items()
            }
            self._browsers = {
                str(key): {part: str(one[part]) for part in ("name", "ends")} for key, one in found["browsers"].items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            self._sessions, self._browsers = {}, {}

    def _write(self) -> None:
        write_private(self._file, {"sessions": self._sessions, "browsers": self._browsers})


def _hash(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
