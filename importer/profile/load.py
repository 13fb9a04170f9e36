"""Profiles from files: by path, or by the name of a shipped one. All that is wrong is said at once, in plain words."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from importer.domain.acceptance import Acceptance
from importer.errors import ProfileError
from importer.profile.explain import OPTIONAL_SECTIONS, place, problems_of
from importer.profile.extend import extended
from importer.profile.files import Shipped, decode_profile, find_profile, read_profile, shipped, title_of
from importer.profile.model import Profile
from importer.profile.open import open_choices
from importer.profile.yamltext import Document, read_yaml

__all__ = ["LoadedProfile", "Shipped", "load_profile", "parse_profile", "shipped", "title_of"]

FIX = "Correct these lines; `importer profile new --empty` shows and explains every key."
OPEN_FIX = "Choose in the file, or answer the questions of `importer profile new`."


@dataclass(frozen=True, slots=True)
class LoadedProfile:
    """A profile and the file it came from.

    `name` is how messages call the file, `path` where it is (None: it came as text), `text` its content, `digest` the
    SHA-256 of its bytes in hexadecimal. `document` knows the file, line and column of every key. Where a profile extends
    another one, `text` is the merged result, complete without the other file, and `digest` the SHA-256 of that text.
    """

    profile: Profile
    name: str
    path: Path | None
    text: str
    digest: str
    document: Document
    accepted: tuple[Acceptance, ...] = ()  # what a person lets pass in this run, see `importer.profile.accept`


def load_profile(name_or_path: str | Path) -> LoadedProfile:
    """The profile in a file, or the shipped profile of that name.

    A path is a `Path`, ends in .yaml or .yml, or holds a slash; everything else is a name. A profile it extends is read
    too. Raises `ProfileError`: `profile-not-found`, `profile-unreadable`, `yaml`, `extends`, `profile-open`
    (a suggested profile with choices left), or `profile` with every problem on a line of its own.
    """
    name, path = find_profile(name_or_path)
    return parse_profile(read_profile(path, name), name, path)


def parse_profile(content: bytes, name: str, path: Path | None = None) -> LoadedProfile:
    """The profile in the bytes of a file that messages call `name`. Raises `ProfileError` like `load_profile`."""
    text = decode_profile(content, name)
    document = read_yaml(text, name)
    merged = extended(document, text, path)
    if merged is not None:
        document, text = merged
    if still := open_choices(document):
        raise ProfileError("profile-open", "\n".join(place(document, *each) for each in still), fix=OPEN_FIX)
    data = document.data
    if isinstance(data, Mapping):
        data = {key: item for key, item in data.items() if item is not None or key not in OPTIONAL_SECTIONS}
    try:
        profile = Profile.model_validate(data)
        problems = problems_of(document)
    except ValidationError as error:
        profile, problems = None, problems_of(document, error.errors(include_url=False))
    if profile is None or problems:
        raise ProfileError("profile", "\n".join(problems), fix=FIX)
    digest = hashlib.sha256(content if merged is None else text.encode()).hexdigest()
    return LoadedProfile(profile, name, path, text, digest, document)
