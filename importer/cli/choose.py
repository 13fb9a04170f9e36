"""Which profile a command uses: the one that is named, or the only one whose headers the files have."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from importer.cli.language import tr
from importer.cli.screen import say
from importer.errors import ProfileError

if TYPE_CHECKING:
    from importer.profile.load import LoadedProfile


def chosen_profile(mapping: str | None, files: Sequence[Path]) -> "tuple[str, LoadedProfile]":
    """What -m calls the profile, and the profile. Without -m it is found by the headers of the files, and said.

    Raises what loading and reading raise, and ConfigError `no-profile-fits` or `several-profiles-fit`.
    """
    if mapping is not None:
        return mapping, named_profile(mapping)
    from importer.settings import load_settings
    from importer.suggest.pick import candidates, pick_profile

    picked = pick_profile(files, candidates(load_settings().profiles))
    say(
        tr('The profile "{name}" fits the headers; it is used. Name it with -m to choose yourself.', name=picked.called)
    )
    return picked.called, picked.loaded


def named_profile(mapping: str) -> "LoadedProfile":
    """A profile by path, by the name of a shipped one, or by a name in the user's own folder (IMPORTER_PROFILES)."""
    from importer.profile.load import load_profile

    try:
        return load_profile(mapping)
    except ProfileError as error:
        if error.code != "profile-not-found":
            raise
        own = _own(mapping)
        if own is None:
            raise
    return load_profile(own)


def _own(name: str) -> Path | None:
    from importer.settings import load_settings

    folder = load_settings().profiles
    if folder is None or Path(name).name != name:
        return None
    return next((path for path in (folder / f"{name}.yaml", folder / f"{name}.yml") if path.is_file()), None)
