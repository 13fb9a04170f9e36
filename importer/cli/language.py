"""The one language of this process: chosen before a command runs, asked for wherever something is shown."""

import os
from contextlib import suppress
from pathlib import Path

from importer.errors import SettingsError
from importer.language.choose import SETTING, choose
from importer.language.speech import ENGLISH, Speech

_chosen: list[Speech] = [ENGLISH]  # a process speaks to one person; tests begin anew with each command


def begin(given: str | None = None) -> None:
    """Speak the language asked for with `--lang`, else that of the environment. SettingsError `bad-language`."""
    _chosen[0] = ENGLISH  # should the choice itself be wrong
    _chosen[0] = Speech(choose(given or _set(), os.environ))


def begin_quietly(given: str = "") -> None:
    """`begin`, and English where what was asked for is wrong: `--help` and `--lang` must work all the same."""
    with suppress(SettingsError):
        begin(given)


def speech() -> Speech:
    """The language to speak."""
    return _chosen[0]


def tr(english: str, /, **facts: str | int) -> str:
    """A sentence in the language of this process, with its facts."""
    return speech().say(english, **facts)


def trn(number: int, one: str, several: str, /, **facts: str | int) -> str:
    """The sentence for a number of things, which is `{count}` in it."""
    return speech().count(number, one, several, **facts)


def _set() -> str:
    """IMPORTER_LANGUAGE; the file .env is looked at only where there is one, for that takes time."""
    given = os.environ.get(SETTING, "")
    if given or not Path(".env").is_file():
        return given
    from importer.settings import given_language

    return given_language()
