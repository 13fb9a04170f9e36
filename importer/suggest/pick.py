"""The profile that fits a file, found by its headers: for when nobody named one."""

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from importer.errors import ConfigError, ProfileError
from importer.profile.headers import Merge
from importer.profile.load import LoadedProfile, load_profile, shipped
from importer.profile.model import Reading
from importer.profile.source import SourceRule
from importer.profile.unusable import unusable, without_lines
from importer.stations.read import Grid, read_grids
from importer.stations.read.headers import SEARCHED, Found, find_header

_SIGNS = {"tab": "\t", "space": " "}


class Candidate(NamedTuple):
    """A profile that may fit, and what a person calls it with -m."""

    called: str
    loaded: LoadedProfile


def candidates(folder: Path | None) -> list[Candidate]:
    """The shipped profiles and those of the user's folder, by name; files that are no profile, or unfinished, are left out.

    Raises ProfileError `no-profiles-folder` where the folder is none.
    """
    found = [Candidate(one.name, load_profile(one.name)) for one in shipped()]
    if folder is None:
        return found
    if not folder.is_dir():
        raise ProfileError(
            "no-profiles-folder",
            f'"{folder}" is no folder of profiles.',
            fix="Correct IMPORTER_PROFILES, or leave it out.",
        )
    for path in sorted((*folder.glob("*.yaml"), *folder.glob("*.yml"))):
        if not path.name.startswith("_"):
            try:
                found.append(Candidate(str(path), load_profile(path)))
            except ProfileError:
                continue  # `profile lint` says what is wrong with it; here it is only no candidate
    return found


def pick_profile(paths: Sequence[Path], known: Iterable[Candidate]) -> Candidate:
    """The one profile whose columns all files have. Reads the beginning of each file once; writes nothing.

    Raises SourceError where a file cannot be read, ConfigError `no-profile-fits` or `several-profiles-fit`.
    """
    heads = [(path, _heads(path)) for path in paths]
    every = list(known)
    fitting = [one for one in every if all(_fits(one.loaded, grids) for _, grids in heads)]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(path.name for path in paths)
    if not fitting:
        first = shlex.quote(str(paths[0]))
        for path, grids in heads:
            _refuse_without_lines(path, grids)
        raise ConfigError(
            "no-profile-fits",
            f"{names}: none of the {len(every)} known profiles fits these headers.",
            fix=f"Name one with -m, or let `importer profile suggest {first}` make one.",
        )
    raise ConfigError(
        "several-profiles-fit",
        f"{names}: {len(fitting)} profiles fit these headers: {', '.join(one.called for one in fitting)}.",
        fix=f"Say which one is meant, such as -m {fitting[0].called}.",
    )


def _refuse_without_lines(path: Path, grids: Sequence[Grid]) -> None:
    for grid in grids:
        for row in grid.cells:
            other = unusable(row)
            if other is not None:
                raise without_lines(path.name, other)


def _heads(path: Path) -> list[Grid]:
    """The first rows of a file; those of its sheets."""
    return read_grids(path, None, SEARCHED + 1)


def _fits(loaded: LoadedProfile, grids: Sequence[Grid]) -> bool:
    return all(_reading_fits(reading, grids) for reading in loaded.profile.readings())


def _reading_fits(reading: Reading, grids: Sequence[Grid]) -> bool:
    source = reading.source
    is_text = grids[0].detected.get("format", "").startswith("text")
    if source.kind == ("excel" if is_text else "csv"):
        return False
    if is_text and source.delimiter is not None and source.delimiter != _delimiter(grids[0]):
        return False
    return any(_has_header(reading, grid) for grid in grids if _is_read(source, grid))


def _delimiter(grid: Grid) -> str:
    name = grid.detected["delimiter"][1:].split('"')[0]
    return _SIGNS.get(name, name)


def _is_read(source: SourceRule, grid: Grid) -> bool:
    """Whether READ would look at this sheet at all."""
    if source.sheets is None or not grid.sheet:
        return grid.visible
    named = {name.strip().casefold() for name in source.sheets}
    return grid.sheet.strip().casefold() in named or ("*" in named and grid.visible)


def _has_header(reading: Reading, grid: Grid) -> bool:
    rows = list(zip(grid.rows, grid.cells, strict=True))
    merges = None
    if grid.sheet:
        merges = [Merge(top, left - 1, bottom, right - 1) for top, left, bottom, right in grid.merges]
    found = find_header(rows, reading.needed, reading.source.header, None if merges is None else lambda: merges)
    return isinstance(found, Found)
