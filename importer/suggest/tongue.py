"""The language of the customers, as far as the language of the headers shows it."""

from collections.abc import Sequence
from typing import Final

from importer.suggest.model import MOST_EXAMPLES, Column
from importer.suggest.synonyms import language_of

SHOWING: Final = ("nl", "fr")  # English headers say nothing of the customers: programs write them everywhere
_FEWEST: Final = 3
_SHARE: Final = 4  # at least four of five telling headers


def language_shown(columns: Sequence[Column]) -> tuple[str, int, tuple[str, ...]]:
    """The language of the headers if it is nl or fr, how many are, and some of them. Else "", 0 and nothing.

    Only headers that one language alone writes count, whether or not a key uses them.
    """
    telling = [(column.header, language_of(column.header)) for column in columns]
    telling = [(header, language) for header, language in telling if language]
    for language in SHOWING:
        own = tuple(header for header, spoken in telling if spoken == language)
        if len(own) >= _FEWEST and len(own) * (_SHARE + 1) >= len(telling) * _SHARE:
            return language, len(own), own[:MOST_EXAMPLES]
    return "", 0, ()
