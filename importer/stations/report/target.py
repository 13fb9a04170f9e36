"""Where a report may be written, and writing it whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from importer.errors import ConfigError

MARK = "facturalia-importer-report"  # a custom property of every workbook made here
_PROPERTIES = "docProps/custom.xml"
_MOST = 100_000  # bytes of properties looked at


def require_target(path: Path) -> None:
    """ConfigError unless a report can be written to `path`; call it before sending, so that nothing is found out late.

    An earlier report is replaced. Any other file is refused, other workbooks too: it may be the very file imported.
    """
    if path.suffix.lower() != ".xlsx":
        raise ConfigError(
            "report-name",
            f'The report is a workbook, and "{path.name}" does not end in .xlsx.',
            fix="Give it a name that ends in .xlsx.",
        )
    if not path.parent.is_dir():
        raise ConfigError(
            "report-folder-missing",
            f'The folder "{path.parent}" for the report does not exist.',
            fix="Make the folder, or write the report elsewhere.",
        )
    if path.is_dir():
        raise ConfigError(
            "report-is-folder",
            f'"{path}" is a folder; the report needs the name of a file.',
            fix="Add a file name that ends in .xlsx.",
        )
    if path.exists() and not _is_report(path):
        raise ConfigError(
            "report-over-other-file",
            f'"{path}" exists and is no report of the importer, so it is not written over.',
            fix="Choose another name, or move that file away.",
        )
    if not os.access(path.parent, os.W_OK):
        raise _not_writable(path, "the folder does not allow it")


@contextmanager
def whole_file(path: Path) -> Iterator[tuple[Path, Path]]:
    """A file to fill and a folder for scratch; the file takes the place of `path` at the end, or nothing changes.

    Both live in the folder of `path`, so that the last step is a rename. ConfigError where the system says no.
    """
    require_target(path)
    with filled(path, _not_writable) as made:
        yield made


@contextmanager
def filled(path: Path, not_written: Callable[[Path, str], ConfigError]) -> Iterator[tuple[Path, Path]]:
    """The same for any workbook that may be written to `path`; `not_written` words what the system says."""
    place = path.resolve()  # a link stays a link
    try:
        with tempfile.TemporaryDirectory(prefix=".report-", dir=place.parent, ignore_cleanup_errors=True) as scratch:
            made = Path(scratch) / "report.xlsx"
            yield made, Path(scratch)
            if place.exists():
                shutil.copymode(place, made)
            with made.open("rb+") as file:
                os.fsync(file.fileno())
            made.replace(place)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise not_written(path, reason) from error


def _is_report(path: Path) -> bool:
    try:
        with ZipFile(path) as archive, archive.open(_PROPERTIES) as properties:
            return MARK.encode() in properties.read(_MOST)
    except (BadZipFile, KeyError, OSError, EOFError, RuntimeError, NotImplementedError):
        return False  # not a zip, not a workbook, encrypted, cut short: all of them not ours


def _not_writable(path: Path, reason: str) -> ConfigError:
    return ConfigError(
        "report-not-written",
        f'The report cannot be written to "{path}": {reason}.',
        fix="Close it in other programs, make room, or choose another folder; `importer report` writes it again at any time.",
    )
