"""Headers that only look like known ones. Such a likeness is shown to a person and never used."""

from collections.abc import Iterable, Sequence
from typing import Final

from rapidfuzz import fuzz, process

from importer.suggest.model import Column
from importer.suggest.synonyms import header_key, spellings, split_side

LEAST: Final = 80  # of 100
MARGIN: Final = 10  # by which the best role must lead, to be named alone


def similar_columns(role: str, columns: Iterable[Column]) -> tuple[tuple[str, int], ...]:
    """Columns whose header looks like one of the role's, best first, with their score up to 100."""
    scored = [
        (column.header, score) for column in columns if (score := dict(similar_roles(column.header)).get(role, 0))
    ]
    return tuple(sorted(scored, key=lambda each: -each[1])[:3])


def similar_roles(header: str) -> Sequence[tuple[str, int]]:
    """Roles whose spellings look like this header, best first; empty where nothing is near enough."""
    bare = header_key(split_side(header)[0])
    if len(bare) < 3:  # noqa: PLR2004 - two letters look like everything
        return ()
    known = spellings()
    # our own keys and not the library's default processor: that one drops "%", so that "BTW %" would be a VAT amount
    keys = {word: header_key(word) for word in known}
    found: dict[str, int] = {}
    for key, score, word in process.extract(bare, keys, scorer=fuzz.ratio, limit=8, score_cutoff=LEAST):
        if ("%" in key) != ("%" in bare):  # a percentage and an amount are never alike
            continue
        role = known[word]
        found[role] = max(found.get(role, 0), int(score))
    ordered = sorted(found.items(), key=lambda each: -each[1])
    if len(ordered) > 1 and ordered[0][1] - ordered[1][1] >= MARGIN:
        return ordered[:1]
    return ordered
