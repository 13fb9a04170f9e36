"""What a suggested profile leaves to a person: the word that stands where a choice is open, and the sentence about it."""

from collections.abc import Iterator
from typing import Any, Final

from importer.profile.yamltext import Document, Path

TO_CHOOSE: Final = "CHOOSE"


def open_choices(document: Document) -> list[tuple[Path, str]]:
    """Every place of a profile that still says `CHOOSE`, in file order, with a clause about it."""
    return [
        (path, f"is still open ({TO_CHOOSE}): the comment above it says what fits; write your choice in its place")
        for path in sorted(_places(document.data, ()), key=document.mark)
    ]


def _places(node: Any, path: Path) -> Iterator[Path]:
    if node == TO_CHOOSE:
        yield path
    elif isinstance(node, dict):
        for key, item in node.items():
            yield from _places(item, (*path, key))
    elif isinstance(node, list):
        for position, item in enumerate(node):
            yield from _places(item, (*path, position))
