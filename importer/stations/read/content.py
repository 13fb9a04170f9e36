"""Opening a file: a regular file, whole and unchanging, read once, with its fingerprint."""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from importer.domain.invoice import SourceFile
from importer.errors import SourceError

MAX_BYTES = 1 << 30  # 1 GiB: about five million rows of a usual export
_SMALL = 4096
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
# O_NONBLOCK: opening a pipe must not wait for a writer. Both flags are missing on some systems.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


@dataclass(slots=True)
class Content:
    """A file in memory. `data` is emptied by `release`, so that a reader can let go of the bytes early."""

    file: SourceFile
    data: bytes

    def release(self) -> bytes:
        """Hand over the bytes; this object keeps none."""
        data, self.data = self.data, b""
        return data


def load(path: Path) -> Content:
    """Read a whole file. Raises SourceError if it is missing, no regular file, unreadable, empty, too large or growing."""
    name = path.name or str(path)
    try:
        handle = open(path, "rb", opener=_open)  # noqa: SIM115 - only open() takes an opener; closed below
    except FileNotFoundError:
        raise SourceError("file-missing", f"There is no file {path}.", fix="Check the path and the name.") from None
    except IsADirectoryError:
        raise _directory(name) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise _unreadable(name, error) from None
    with handle:
        before = os.fstat(handle.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise SourceError(
                "not-a-file", f"{name} is a device or a pipe, not a file.", fix="Give the export as an ordinary file."
            )
        if before.st_size > MAX_BYTES:
            raise SourceError(
                "file-too-large", f"{name} is larger than 1 GiB.", fix="Export in smaller parts, a month at a time."
            )
        try:
            data = handle.read(MAX_BYTES + 1)
        except OSError as error:
            raise _unreadable(name, error) from None
        after = os.fstat(handle.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(data) != after.st_size:
        raise SourceError(
            "file-changing",
            f"{name} changed while it was read.",
            fix="Wait until the program that writes it is done, then try again.",
        )
    if _is_empty(data):
        raise SourceError("empty-file", f"{name} is empty.", fix="Export again, and check that the export holds rows.")
    return Content(SourceFile(name, hashlib.sha256(data).hexdigest(), len(data)), data)


def _open(path: str, _flags: int) -> int:
    return os.open(path, _FLAGS)


def _is_empty(data: bytes) -> bool:
    """Nothing, or nothing but a byte order mark and white space."""
    if len(data) > _SMALL:
        return data.isspace()
    for bom in _BOMS:
        data = data.removeprefix(bom)
    return not data.strip(b" \t\r\n\0")


def _directory(name: str) -> SourceError:
    return SourceError("not-a-file", f"{name} is a folder, not a file.", fix="Name the file in it.")


def _unreadable(name: str, error: Exception) -> SourceError:
    reason = getattr(error, "strerror", None) or str(error)
    return SourceError(
        "file-unreadable",
        f"{name} cannot be opened: {reason}.",
        fix="Close it in other programs and check that you may read it.",
    )
