"""The user's own profiles as the pages write them: by name into one folder, never over another profile."""

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Final

from importer.errors import ConfigError

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_MADE: Final = ".made-here.json"  # SHA-256 of what was written here, by name: what was edited since is not ours
_MAKERS: Final = "/by"
_FIRST: Final = 'version: "1"'


class OwnProfiles:
    """A folder of profiles, made when first needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def present(self) -> Path | None:
        """The folder, if it is there already."""
        return self.folder if self.folder.is_dir() else None

    def may_replace(self, name: str) -> bool:
        """Whether the profile of that name was made here and nobody has edited it since."""
        path = self._path(name)
        return path.is_file() and self._made().get(name) == _digest(path.read_bytes())

    def maker(self, called: str) -> str:
        """Who wrote a profile as it is now, in a team; empty where nobody knows."""
        path = Path(called)
        if path.parent != self.folder or not path.is_file():
            return ""
        return self._by().get(path.stem, "") if self.may_replace(path.stem) else ""

    def save(self, name: str, text: str, *, replace: bool, by: str = "") -> Path:
        """Write a profile; over one of the same name only where `may_replace` and the person said so.

        A profile that takes the place of another gets the next version: the version is recorded with every invoice.
        Raises ConfigError `bad-profile-name`, `profile-exists` or `profile-not-ours`.
        """
        check_name(name)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._path(name)
        if os.path.lexists(path):
            if not self.may_replace(name):
                raise ConfigError(
                    "profile-not-ours",
                    f'There is another profile "{name}" already, which was not made here or was edited since.',
                    fix="Choose another name.",
                )
            if not replace:
                raise ConfigError(
                    "profile-exists",
                    f'There is a profile "{name}" already.',
                    fix="Choose another name, or say that it is to be replaced.",
                )
            text = text.replace(_FIRST, f'version: "{_version(path) + 1}"', 1)
        content = text.encode()
        self._remember(name, content, by)
        _write(path, content)
        return path

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.yaml"

    def _made(self) -> dict[str, object]:
        try:
            found = json.loads((self.folder / _MADE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _by(self) -> dict[str, str]:
        """Who wrote which, kept among the digests under a name that no profile can have."""
        found: object = self._made().get(_MAKERS, {})
        return found if isinstance(found, dict) else {}

    def _remember(self, name: str, content: bytes, by: str) -> None:
        kept = {**self._made(), name: _digest(content), _MAKERS: {**self._by(), name: by}}
        _write(self.folder / _MADE, json.dumps(kept).encode())


def check_name(called: str) -> None:
    """Raise ConfigError `bad-profile-name` unless the name can be one: it becomes the name of a file."""
    if not _NAME.fullmatch(called):
        raise ConfigError(
            "bad-profile-name",
            f'"{called}" cannot be the name of a profile.',
            fix="Use small letters, digits and -, beginning with a letter or digit, such as mijn-webshop.",
        )


def _write(path: Path, content: bytes) -> None:
    """Readers see the old file or the whole new one."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_bytes(content)
    fresh.replace(path)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _version(path: Path) -> int:
    found = re.search(r'^version: "(\d{1,9})"$', path.read_text(encoding="utf-8"), re.MULTILINE)
    return int(found[1]) if found is not None else 1
