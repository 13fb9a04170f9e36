"""The translations of one language, and finding a finished English sentence again among their templates.

Rooms below the front doors speak English, and the ledger keeps English. At the edge such a sentence is looked up: as it
is, else by the template it was made from, whose facts are taken out of it and put into the other language's template.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

PLACEHOLDER = re.compile(r"\{(\w+)(?::(\w+))?\}")
_SHAPES = {"number": r"-?[\d,.]+", "things": r"[\d,]+ [^;]+?"}  # of facts, so that no other words are taken for one
_BRACES = re.compile(r"\{\{|\}\}")


class Found(NamedTuple):
    """A sentence found again: its English template and the facts that were in it, by placeholder."""

    template: str
    facts: Mapping[str, str]


@dataclass(slots=True)
class Book:
    """One language. `sentences` by English template, `plurals` by English singular: (one, several)."""

    sentences: Mapping[str, str]
    plurals: Mapping[str, tuple[str, str]]
    _patterns: list[tuple[str, Sequence[str], re.Pattern[str]]] = field(default_factory=list)

    def find(self, text: str) -> Found | None:
        """The template with the most words of its own that `text` was made from; None if there is none."""
        if not self._patterns:
            self._patterns = _patterns(self.sentences)
        for template, literals, pattern in self._patterns:
            if all(part in text for part in literals) and (match := pattern.fullmatch(text)):
                return Found(template, match.groupdict())
        return None


class ErrorText(NamedTuple):
    """What the templates file tells of an error code: its class, and its English messages and fixes."""

    kind: str
    messages: tuple[str, ...]
    fixes: tuple[str, ...]


@cache
def read_book(language: str) -> Book:
    """The translations of a language other than English. Doubtful ("fuzzy") ones count as missing."""
    from importlib import resources  # noqa: PLC0415 - English needs neither, and `--help` answers at once

    from babel.messages.pofile import read_po  # noqa: PLC0415 - same

    file = resources.files("importer") / "locale" / language / "LC_MESSAGES" / "importer.po"
    with file.open("rb") as opened:
        catalog = read_po(opened, locale=language)
    sentences: dict[str, str] = {}
    plurals: dict[str, tuple[str, str]] = {}
    for message in catalog:
        if not message.id or message.fuzzy:
            continue
        if isinstance(message.string, tuple) and all(message.string):
            plurals[message.id[0]] = (message.string[0], message.string[1])
        elif isinstance(message.string, str) and message.string:
            sentences[str(message.id)] = message.string
    return Book(sentences, plurals)


@cache
def error_texts() -> Mapping[str, ErrorText]:
    """The codes of errors, in alphabetical order, as the comments of the templates file tell them."""
    from importlib import resources  # noqa: PLC0415 - only `explain` asks

    from babel.messages.pofile import read_po  # noqa: PLC0415 - same

    with (resources.files("importer") / "locale" / "importer.pot").open("rb") as opened:
        catalog = read_po(opened)
    kinds: dict[str, str] = {}
    texts: dict[tuple[str, str], list[str]] = {}
    for message in catalog:
        for comment in message.auto_comments:  # `SourceError no-rows: message`
            kind, _, rest = comment.partition(" ")
            code, _, part = rest.partition(": ")
            if kind[:1].isupper() and part in {"message", "fix"}:
                kinds[code] = kind
                texts.setdefault((code, part), []).append(str(message.id))
    return {
        code: ErrorText(kinds[code], tuple(texts.get((code, "message"), ())), tuple(texts.get((code, "fix"), ())))
        for code in sorted(kinds)
    }


def _patterns(sentences: Mapping[str, str]) -> list[tuple[str, Sequence[str], re.Pattern[str]]]:
    """Every template with placeholders as a pattern, the one with most words of its own first."""
    made = []
    for template in sentences:
        if not PLACEHOLDER.search(template):
            continue
        parts = PLACEHOLDER.split(template)  # literal, name, kind, literal, …
        literals = [_BRACES.sub(lambda pair: pair[0][0], part) for part in parts[::3]]
        if not any(character.isalpha() for part in literals for character in part):
            continue  # only signs: it would fit anything
        names: set[str] = set()
        pattern = re.escape(literals[0])
        for name, kind, literal in zip(parts[1::3], parts[2::3], literals[1:], strict=True):
            pattern += f"(?P={name})" if name in names else f"(?P<{name}>{_SHAPES.get(kind, '.*?')})"
            names.add(name)
            pattern += re.escape(literal)
        made.append((sum(map(len, literals)), template, tuple(filter(None, literals)), re.compile(pattern, re.DOTALL)))
    made.sort(key=lambda one: (-one[0], one[1]))
    return [(template, literals, pattern) for _, template, literals, pattern in made]
