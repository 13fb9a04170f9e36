"""Files that hold a secret: read only where nobody else can."""

import os
import stat
from pathlib import Path
from typing import Final

from importer.errors import SettingsError

MAX_KEY_FILE: Final = 4_096  # bytes


def read_secret(path: Path, *, shared_with_group: bool = False) -> str:
    """The text of a key file that nobody else can read. Raises SettingsError `unsafe-key-file`, `no-key`, `bad-key`."""
    try:
        with path.open("rb") as file:
            only_ours(path, os.fstat(file.fileno()), shared_with_group)  # of the file that is open, not of a later one
            content = file.read(MAX_KEY_FILE + 1)
            if len(content) > MAX_KEY_FILE:
                raise SettingsError(
                    "bad-key", f'The file "{path}" is too large to be a key file.', fix="Check the path."
                )
            return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError("bad-key", f'The key file "{path}" is not text.', fix="Check the path.") from None
    except OSError as error:
        raise SettingsError(
            "no-key",
            f'The key file "{path}" cannot be read: {error.strerror or "unknown error"}.',
            fix="Check the path and that you may read the file.",
        ) from None


def only_ours(path: Path, state: os.stat_result, shared_with_group: bool) -> None:
    """Raise SettingsError `unsafe-key-file` where others may read the file."""
    forbidden = stat.S_IRWXO if shared_with_group else stat.S_IRWXO | stat.S_IRWXG
    if os.name == "posix" and state.st_mode & forbidden:
        raise SettingsError(
            "unsafe-key-file",
            f'The key file "{path}" can be read by others (mode {stat.S_IMODE(state.st_mode):04o}).',
            fix=f'Run: chmod 600 "{path}". If others may have seen the key, make a new one.',
        )
