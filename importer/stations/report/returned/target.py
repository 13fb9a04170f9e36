"""Where a workbook that is given back may be written: never over a file that a person has worked in."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from importer.domain.returned import MARK
from importer.errors import ConfigError
from importer.stations.report.target import filled

_MOST = 100_000  # bytes of properties looked at
_DATES = re.compile(rb"<dcterms:(created|modified)[^>]*>([^<]*)<")


def places(out: Path, files: Sequence[str]) -> list[Path]:
    """Where the workbook of each file goes: `out` itself, or for several files `out-NAME.xlsx` beside it."""
    if len(files) == 1:
        return [out]
    made: list[Path] = []
    for file in files:
        wanted = f"{out.stem}-{Path(file).stem}"
        names = (wanted if number == 1 else f"{wanted}-{number}" for number in range(1, len(files) + 1))
        made.append(next(path for name in names if (path := out.with_name(f"{name}{out.suffix}")) not in made))
    return made


def require_places(wanted: Iterable[Path], sources: Sequence[Path]) -> None:
    """ConfigError unless a workbook can be given back at each place; call it before sending.

    An earlier one is replaced as long as nobody has saved it since. Any other file is refused: it may hold the
    corrections of a person, or be the very file that is read.
    """
    seen: set[Path] = set()
    for path in wanted:
        if path.suffix.lower() != ".xlsx":
            raise ConfigError(
                "returned-name",
                f'The file is given back as a workbook, and "{path.name}" does not end in .xlsx.',
                fix="Give it a name that ends in .xlsx.",
            )
        if not path.parent.is_dir():
            raise ConfigError(
                "returned-folder-missing",
                f'The folder "{path.parent}" for the workbook does not exist.',
                fix="Make the folder, or write the workbook elsewhere.",
            )
        if path.is_dir():
            raise ConfigError(
                "returned-is-folder",
                f'"{path}" is a folder; the workbook needs the name of a file.',
                fix="Add a file name that ends in .xlsx.",
            )
        if path.resolve() in seen:
            raise ConfigError(
                "returned-twice",
                f'"{path}" is to hold two workbooks.',
                fix="Give the annotated workbook and the one of failures different names.",
            )
        seen.add(path.resolve())
        if path.exists():
            _require_replaceable(path, sources)
        if not os.access(path.parent, os.W_OK):
            raise _not_written(path, "the folder does not allow it")


@contextmanager
def given_back(path: Path, sources: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    """A file to fill and a folder for scratch; the file takes the place of `path` at the end, or nothing changes."""
    require_places([path], sources)
    with filled(path, _not_written) as made:
        yield made


def _require_replaceable(path: Path, sources: Sequence[Path]) -> None:
    for source in sources:
        if source.exists() and source.samefile(path):
            raise ConfigError(
                "returned-over-source",
                f'"{path}" is the file that is read, so it is not written over.',
                fix="Choose another name for the workbook.",
            )
    if not _is_untouched(path):
        raise ConfigError(
            "returned-over-other-file",
            f'"{path}" exists, and it is another file or was saved by somebody since, so it is not written over.',
            fix="Choose another name, or move that file away.",
        )


def _is_untouched(path: Path) -> bool:
    """Whether a workbook is ours and as we wrote it: every program that saves one moves on the date of change."""
    try:
        with ZipFile(path) as archive:
            with archive.open("docProps/custom.xml") as properties:
                ours = MARK.encode() in properties.read(_MOST)
            with archive.open("docProps/core.xml") as core:
                dates = dict(_DATES.findall(core.read(_MOST)))
    except (BadZipFile, KeyError, OSError, EOFError, RuntimeError, NotImplementedError):
        return False  # not a zip, not a workbook, encrypted, cut short: all of them not ours
    return ours and b"created" in dates and dates.get(b"created") == dates.get(b"modified")


def _not_written(path: Path, reason: str) -> ConfigError:
    return ConfigError(
        "returned-not-written",
        f'The workbook cannot be written to "{path}": {reason}.',
        fix="Close it in other programs, make room, or choose another folder.",
    )
