"""Which language a person reads: what was asked for, else what the environment says, else English."""

from collections.abc import Mapping
from typing import Final

from importer.errors import SettingsError
from importer.language.speech import LANGUAGES, SOURCE

SETTING: Final = "IMPORTER_LANGUAGE"
_LOCALES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set counts, as everywhere


def choose(given: str, environment: Mapping[str, str]) -> str:
    """One of LANGUAGES. `given` is what `--lang` or IMPORTER_LANGUAGE says, empty if nothing.

    A locale such as `nl_BE.UTF-8` gives nl; one of another language gives English. SettingsError `bad-language` if
    `given` is no language of ours.
    """
    if given:
        return require_language(given)
    locale = next((text for name in _LOCALES if (text := environment.get(name, ""))), "")
    language = locale.replace("-", "_").partition("_")[0].partition(".")[0].lower()
    return language if language in LANGUAGES else SOURCE


def require_language(text: str) -> str:
    """`nl`, `fr` or `en`, however it is capitalised. SettingsError `bad-language` for anything else."""
    language = text.strip().lower()
    if language not in LANGUAGES:
        raise SettingsError("bad-language", f'"{text}" is not a language of the importer.', fix="Choose nl, fr or en.")
    return language
