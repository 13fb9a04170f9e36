"""Who works with the pages in a team: names, roles and passwords, in a file beside the ledger."""

import json
import os
import re
import secrets
import stat
import threading
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from filelock import FileLock

from importer.domain.clock import stamp
from importer.errors import ConfigError, SettingsError
from importer.web.private import write_private

FILE: Final = "web-users.json"
SHORTEST: Final = 12  # characters of a password
LONGEST: Final = 128
_NAME: Final = re.compile(r"[^\W_][\w .@'\u2019+-]{0,59}")  # \w knows the letters of all languages


class Role(StrEnum):
    """What a person may do; each may also do what those before it may."""

    PREPARE = "prepare"
    APPROVE = "approve"
    ADMINISTER = "administer"

    def may(self, needed: "Role") -> bool:
        """Whether this role allows what another one is needed for."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class User:
    """One person. `hash` is of Argon2id, with its parameters and salt; `added` is ISO 8601 in UTC."""

    name: str
    role: Role
    hash: str
    added: str

    def may(self, needed: Role) -> bool:
        """Whether this person may do what a role is needed for."""
        return self.role.may(needed)

    @property
    def mark(self) -> str:
        """Another one as soon as the password or the role changes, or somebody else gets the name."""
        return sha256(f"{self.name}\n{self.role}\n{self.hash}".encode()).hexdigest()[:32]


class Users:
    """The file of users. It may change at any time, by a command beside the pages: every look is at what it is now.

    Methods may be called from any thread and raise SettingsError `bad-users` or `unsafe-users` where the file cannot be
    trusted. Names are told apart without regard to capitals.
    """

    def __init__(self, file: Path, now: Callable[[], datetime], hasher: PasswordHasher | None = None) -> None:
        self.file = file
        self._now = now
        self._hasher = hasher or PasswordHasher()  # the low-memory choice of RFC 9106: 64 MB and three passes
        self._turn = threading.Lock()
        self._seen: tuple[object, dict[str, User]] = (None, {})
        self._decoy = ""

    def all(self) -> list[User]:
        """Everybody, by name."""
        return sorted(self._read().values(), key=lambda user: user.name.casefold())

    def find(self, name: str) -> User | None:
        """The user of that name."""
        return self._read().get(key_of(name))

    def who_may(self, role: Role) -> list[str]:
        """The names of those who may do what that role is needed for."""
        return [user.name for user in self.all() if user.role.may(role)]

    def check(self, name: str, password: str) -> User | None:
        """The user, if the password is theirs. For a name that nobody has it takes the same work."""
        if not self._decoy:
            self._decoy = self._hasher.hash(secrets.token_urlsafe())
        user = self.find(name)
        given = unicodedata.normalize("NFC", password)[: LONGEST + 1].encode("utf-8", "surrogatepass")
        try:
            self._hasher.verify(user.hash if user is not None else self._decoy, given)
        except (Argon2Error, InvalidHashError):
            return None
        return user

    def add(self, name: str, role: Role, password: str) -> User:
        """A new user. Raises ConfigError `bad-user-name`, `user-exists` or `weak-password`."""
        called = self.check_new(name)
        made = User(called, role, self._hashed(called, password), stamp(self._now()))
        with self._changing() as users:
            _free(users, called)
            users[key_of(called)] = made
        return made

    def check_new(self, name: str) -> str:
        """The name as it would be kept. Raises ConfigError `bad-user-name` or `user-exists`."""
        called = " ".join(unicodedata.normalize("NFC", name).split())
        if not _NAME.fullmatch(called):
            raise ConfigError(
                "bad-user-name",
                f'"{called[:80]}" cannot be the name of a user.',
                fix="Use at most 60 letters, digits, spaces and . - + @ ', beginning with a letter or digit.",
            )
        _free(self._read(), called)
        return called

    def known(self, name: str) -> User:
        """The user of that name. Raises ConfigError `no-user`."""
        return _known(self._read(), name)

    def set_password(self, name: str, password: str) -> User:
        """Another password; every session of that user ends. Raises ConfigError `no-user` or `weak-password`."""
        fresh = self._hashed(self.known(name).name, password)
        return self._change(name, lambda user: replace(user, hash=fresh))

    def set_role(self, name: str, role: Role) -> User:
        """Another role; every session of that user ends. Raises ConfigError `no-user` or `last-administrator`."""
        return self._change(name, lambda user: replace(user, role=role))

    def remove(self, name: str) -> None:
        """Take a user away, and end their sessions. Raises ConfigError `no-user` or `last-administrator`."""
        self._change(name, lambda _: None)

    def _change(self, name: str, change: Callable[[User], User | None]) -> User:
        with self._changing() as users:
            before = _known(users, name)
            after = change(before)
            if after is None:
                del users[key_of(name)]
            else:
                users[key_of(name)] = after
            if not any(user.role is Role.ADMINISTER for user in users.values()):
                raise ConfigError(
                    "last-administrator",
                    f'"{before.name}" is the last administrator.',
                    fix="Make somebody else an administrator first.",
                )
        return after or before

    def _hashed(self, name: str, password: str) -> str:
        given = unicodedata.normalize("NFC", password)
        if not SHORTEST <= len(given) <= LONGEST or given.strip() == "" or key_of(given) == key_of(name):
            raise ConfigError(
                "weak-password",
                "This password is too easy to guess, or too long.",
                fix=f"Use {SHORTEST} to {LONGEST} characters, and not the name. Four words in a row are a good one.",
            )
        return self._hasher.hash(given.encode("utf-8", "surrogatepass"))

    @contextmanager
    def _changing(self) -> Iterator[dict[str, User]]:
        """The users as they are, to be changed; written where nothing was raised. One process at a time."""
        with FileLock(self.file.with_suffix(".lock"), timeout=10):
            users = dict(self._read())
            yield users
            kept = sorted(users.values(), key=lambda user: user.added)
            write_private(self.file, {"users": [asdict(user) for user in kept]})

    def _read(self) -> dict[str, User]:
        try:
            found = self.file.stat()
        except FileNotFoundError:
            return {}
        state = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_mode)
        with self._turn:
            if self._seen[0] != state:
                self._seen = (state, _load(self.file, found))
            return self._seen[1]


def _load(file: Path, state: os.stat_result) -> dict[str, User]:
    if os.name == "posix" and state.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingsError(
            "unsafe-users",
            f'The file of users "{file}" can be read or changed by others.',
            fix=f'Run: chmod 600 "{file}". If others may have changed it, give everybody a new password.',
        )
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))["users"]
        users = [User(one["name"], Role(one["role"]), str(one["hash"]), str(one["added"])) for one in entries]
        return {key_of(user.name): user for user in users}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise SettingsError(
            "bad-users",
            f'The file of users "{file}" cannot be understood.',
            fix="Put back an earlier copy of it, or remove it and add the users again.",
        ) from None


def _known(users: dict[str, User], name: str) -> User:
    user = users.get(key_of(name))
    if user is None:
        raise ConfigError("no-user", f'There is no user "{name[:80]}".', fix="`importer users list` shows them.")
    return user


def _free(users: dict[str, User], name: str) -> None:
    if key_of(name) in users:
        raise ConfigError(
            "user-exists", f'There is a user "{name}" already.', fix="Choose another name, or remove it first."
        )


def key_of(name: str) -> str:
    """What tells names apart: not capitals, nor spaces, nor how an accent is written."""
    return " ".join(unicodedata.normalize("NFC", name).split()).casefold()
