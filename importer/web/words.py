"""What the pages say: short texts by key, in three languages. Findings and errors are spoken by `importer.language`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

LANGUAGES: Final = ("nl", "fr", "en")
SOURCE: Final = "en"


@cache
def table() -> Mapping[str, Mapping[str, str]]:
    """Every text, by key and language, from `words.toml`."""
    found: dict[str, dict[str, str]] = tomllib.loads((files("importer.web") / "words.toml").read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one language of LANGUAGES."""

    language: str

    def __call__(self, key: str, **facts: object) -> str:
        """A text with its facts. KeyError for a key or fact that nobody wrote: a test looks for those."""
        return table()[key][self.language].format(**facts)


def preferred(accepted: str) -> str:
    """The language of LANGUAGES that a browser likes best, by its Accept-Language header."""
    ranked: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted.split(",")[:20]):
        name, _, quality = part.strip().partition(";q=")
        language = name.partition("-")[0].lower()
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        if language in LANGUAGES:
            ranked.append((-weight, place, language))
    return min(ranked)[2] if ranked else SOURCE
