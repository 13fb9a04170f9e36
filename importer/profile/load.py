"""Profiles from files: by path, or by the name of a shipped one. All that is wrong is said at once, in plain words."""

import difflib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from importer.errors import ProfileError
from importer.profile.explain import OPTIONAL_SECTIONS, problems_of
from importer.profile.model import Profile
from importer.profile.shipped import mappings_folder
from importer.profile.yamltext import Document, read_yaml

FIX = "Correct these lines; `importer profile template` shows and explains every key."


@dataclass(frozen=True, slots=True)
class LoadedProfile:
    """A profile and the file it came from.

    `name` is how messages call the file, `path` where it is (None: it came as text), `text` its content, `digest` the
    SHA-256 of its bytes in hexadecimal. `document` knows the line and column of every key.
    """

    profile: Profile
    name: str
    path: Path | None
    text: str
    digest: str
    document: Document


class Shipped(NamedTuple):
    """A profile that comes with the importer. `title` is the first line of its head comment."""

    name: str
    title: str
    path: Path


def load_profile(name_or_path: str | Path) -> LoadedProfile:
    """The profile in a file, or the shipped profile of that name.

    A path is a `Path`, ends in .yaml or .yml, or holds a slash; everything else is a name. Raises `ProfileError`:
    `profile-not-found`, `profile-unreadable`, `yaml`, or `profile` with every problem on a line of its own.
    """
    if isinstance(name_or_path, str) and not _is_path(name_or_path):
        path = _shipped_path(name_or_path)
        name = f"mappings/{path.name}"
    else:
        path = Path(name_or_path)
        name = str(name_or_path)
    return parse_profile(_read(path, name), name, path)


def parse_profile(content: bytes, name: str, path: Path | None = None) -> LoadedProfile:
    """The profile in the bytes of a file that messages call `name`. Raises `ProfileError` like `load_profile`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ProfileError(
            "profile-unreadable",
            f"{name}:{line}: the file is not UTF-8 text.",
            fix='Save it with the encoding "UTF-8" and try again.',
        ) from None
    document = read_yaml(text, name)
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
    return LoadedProfile(profile, name, path, text, hashlib.sha256(content).hexdigest(), document)


def shipped() -> list[Shipped]:
    """The shipped profiles by name; files whose name begins with `_` are no profiles to use."""
    return [
        Shipped(path.stem, _title(path), path)
        for path in sorted(mappings_folder().glob("*.yaml"))
        if not path.name.startswith("_")
    ]


def title_of(text: str) -> str:
    """The first words of a profile's head comment: `# Acme webshop, CSV export. Sample: ...` is "Acme webshop, CSV export"."""
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        words = line.lstrip("# ").partition("Sample:")[0].strip().rstrip(".")
        if words and not words.startswith("yaml-language-server"):
            return words
    return ""


def _title(path: Path) -> str:
    return title_of(path.read_text(encoding="utf-8"))


def _is_path(text: str) -> bool:
    return "/" in text or "\\" in text or text.lower().endswith((".yaml", ".yml"))


def _shipped_path(name: str) -> Path:
    known = {profile.name: profile.path for profile in shipped()}
    if name in known:
        return known[name]
    nearest = difflib.get_close_matches(name, known, n=1)
    hint = f' Did you mean "{nearest[0]}"?' if nearest else ""
    raise ProfileError(
        "profile-not-found",
        f'There is no shipped profile "{name}".{hint} Shipped are: {", ".join(known)}.',
        fix="Use one of these names, or the path of a profile file, which ends in .yaml.",
    )


def _read(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ProfileError(
            "profile-not-found",
            f'There is no profile file "{name}".',
            fix=f"Check the path, or use the name of a shipped profile: {', '.join(item.name for item in shipped())}.",
        ) from None
    except OSError as error:
        raise ProfileError(
            "profile-unreadable",
            f'The profile file "{name}" cannot be read: {error.strerror or error}.',
            fix="Check that it is a file and that you may read it.",
        ) from None
