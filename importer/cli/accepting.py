"""`--accept CODE --reason TEXT`: what a person lets pass in one run."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importer.profile.load import LoadedProfile


def accepting(loaded: "LoadedProfile", codes: Sequence[str] | None, reason: str, by: str) -> "LoadedProfile":
    """The profile for a run in which these codes are accepted. ConfigError where that may not be, or is not explained."""
    if not codes:
        return loaded
    from importer.domain.acceptance import Acceptance
    from importer.profile.accept import accept

    who = by or _user()
    return accept(loaded, [Acceptance(code, reason, who) for code in codes])


def accepting_again(loaded: "LoadedProfile") -> list[str]:
    """The arguments that accept the same."""
    if not loaded.accepted:
        return []
    first = loaded.accepted[0]
    codes = [argument for one in loaded.accepted for argument in ("--accept", one.code)]
    return [*codes, "--reason", first.reason, "--by", first.by]


def _user() -> str:
    """The name with which a person is logged in; empty where the system knows none."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
