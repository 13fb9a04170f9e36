"""Where a profile is: at a path, or among the shipped ones by its name; and the bytes of it."""

import difflib
from pathlib import Path
from typing import NamedTuple

from importer.errors import ProfileError
from importer.profile.shipped import mappings_folder


class Shipped(NamedTuple):
    """A profile that comes with the importer. `title` is the first line of its head comment."""

    name: str
    title: str
    path: Path


def find_profile(name_or_path: str | Path) -> tuple[str, Path]:
    """What messages call a profile, and its path. Raises `ProfileError` `profile-not-found` for an unknown name.

    A path is a `Path`, ends in .yaml or .yml, or holds a slash; everything else is a name.
    """
    if isinstance(name_or_path, str) and not is_path(name_or_path):
        path = shipped_path(name_or_path)
        return f"mappings/{path.name}", path
    return str(name_or_path), Path(name_or_path)


def read_profile(path: Path, name: str) -> bytes:
    """The bytes of a profile file. Raises `ProfileError`: `profile-not-found`, `profile-unreadable`."""
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


def decode_profile(content: bytes, name: str) -> str:
    """The text of a profile. Raises `ProfileError` `profile-unreadable`, with the line, if it is not UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ProfileError(
            "profile-unreadable",
            f"{name}:{line}: the file is not UTF-8 text.",
            fix='Save it with the encoding "UTF-8" and try again.',
        ) from None


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


def shipped_path(name: str) -> Path:
    """The file of a shipped profile. Raises `ProfileError` `profile-not-found`."""
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


def is_path(text: str) -> bool:
    """Whether a text names a file rather than a shipped profile."""
    return "/" in text or "\\" in text or text.lower().endswith((".yaml", ".yml"))


def _title(path: Path) -> str:
    return title_of(path.read_text(encoding="utf-8"))
