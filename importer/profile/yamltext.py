"""YAML 1.2 as text: the one reader of profiles and of `accounts.yaml`.

Every scalar stays text exactly as written (`NO`, `0403170701`, `12:30`, `2026-03-01`), because a spreadsheet's words
must never become booleans, octal numbers or minutes on the way. Only the plain part of YAML is taken: one document,
no tabs, no anchors, aliases or tags, no key twice. Whatever else is found is refused with its line and column.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from importer.errors import ProfileError

Path = tuple[str | int, ...]
Mark = tuple[int, int]

MAX_CHARACTERS: Final = 1_000_000  # a profile with ten thousand map entries stays below
MAX_DEPTH: Final = 20  # the deepest key of a profile is at level 5
NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})  # plain scalars that YAML 1.2 calls empty
INVISIBLE: Final = re.compile(r"[^\n\r\t\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
HALVES: Final = re.compile(r"[\ud800-\udfff]")  # no file and no request can carry them

SENTENCES: Final[tuple[tuple[str, str], ...]] = (
    ("mapping values are not allowed", 'a ":" is not expected here. Put quotes around a text that holds ": ".'),
    ("could not find expected ':'", 'this line has no ":" after its key.'),
    ("cannot start any token", "a text cannot begin with {character} unless it is in quotes."),
    ("found unexpected end of stream", "a quote is opened here and never closed."),
    ("expected ',' or ']'", "a list in [ ] is not closed, or a comma is missing."),
    ("expected ',' or '}'", "a group in {{ }} is not closed, or a comma is missing."),
    ("expected <block end>", "this line does not fit: check its indentation, and its quotes and brackets."),
    (
        "sequence entries are not allowed",
        'a list ("- …") begins on a line of its own; a text that begins with "- " needs quotes.',
    ),
    ("chomping or indentation", 'a text that begins with "|" or ">" needs quotes.'),
    ("found unknown escape character", 'inside "…" a "\\" must be written twice; inside \'…\' once.'),
    ("expected the node content", "a text cannot begin with this sign unless it is in quotes."),
)


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file. `data` is made of dict, list, text and None (an empty value); keys are text.

    Where a file builds on another, `names` tells for each inherited path the file it stands in.
    """

    name: str
    data: Any
    marks: Mapping[Path, Mark]
    names: Mapping[Path, str] = field(default_factory=dict)

    def mark(self, path: Path) -> Mark:
        """Line and column, from 1, of the key (or list item) at `path`, or of the nearest one above it."""
        return self.marks.get(self._known(path), (1, 1))

    def file(self, path: Path) -> str:
        """The file in which that key stands."""
        return self.names.get(self._known(path), self.name)

    def order(self, path: Path) -> tuple[bool, str, Mark]:
        """Sorts paths as they stand in the file; those of other files behind its own."""
        name = self.file(path)
        return name != self.name, name, self.mark(path)

    def _known(self, path: Path) -> Path:
        while path and path not in self.marks:
            path = path[:-1]
        return path


def read_yaml(text: str, name: str) -> Document:
    """The document in `text`; `name` is how messages call the file. An empty file has data None.

    Raises `ProfileError` (code `yaml`) with `name:line:column` for everything that is not plain YAML.
    """
    if len(text) > MAX_CHARACTERS:
        refuse(name, (1, 1), f"the file is larger than {MAX_CHARACTERS:,} characters.")
    text = text.removeprefix("\ufeff")
    _only_plain_characters(text, name)
    reader = YAML(typ="safe", pure=True)
    try:
        return _Builder(name).document(iter(reader.parse(text)))
    except MarkedYAMLError as error:
        _refuse_syntax(name, error)
    except YAMLError:  # pragma: no cover - the characters it would complain of are refused above
        refuse(name, (1, 1), "the file is not YAML.")


def refuse(name: str, mark: Mark, sentence: str) -> NoReturn:
    """Raise the `ProfileError` for a place in a YAML file."""
    raise ProfileError(
        "yaml",
        f"{name}:{mark[0]}:{mark[1]}: {sentence}",
        fix="Correct the file at this line; spaces at the beginning of a line matter.",
    )


def _only_plain_characters(text: str, name: str) -> None:
    for number, line in enumerate(text.splitlines(), start=1):
        tab = line.find("\t")
        if tab >= 0 and not line.lstrip().startswith("#"):  # a comment may quote a tab-separated export
            refuse(name, (number, tab + 1), 'a tab is not allowed. Use spaces; for a tab inside a text write "\\t".')
    if (found := INVISIBLE.search(text)) is not None:
        before = text[: found.start()]
        mark = (before.count("\n") + 1, found.start() - (before.rfind("\n") + 1) + 1)
        refuse(name, mark, f"an invisible character (U+{ord(found[0]):04X}) is not allowed.")


def _refuse_syntax(name: str, error: MarkedYAMLError) -> NoReturn:
    problem = str(error.problem or "")
    place = error.problem_mark
    if "end of stream" in problem and error.context_mark is not None:
        place = error.context_mark  # where the quote was opened says more than where the file ends
    character = problem.split("'")[1] if problem.count("'") > 1 else "this"
    for words, sentence in SENTENCES:
        if words in problem:
            says = sentence.format(character=f'"{character}"')
            break
    else:
        says = f"this is not YAML ({problem})."
    refuse(name, (place.line + 1, place.column + 1) if place is not None else (1, 1), says)


class _Builder:
    """Turns the parser's events into plain data, and remembers where everything stood."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.marks: dict[Path, Mark] = {}

    def document(self, events: Iterator[Event]) -> Document:
        data = None
        found = False
        for event in events:
            if isinstance(event, DocumentStartEvent):
                if found:
                    refuse(self.name, _mark(event), 'a second document begins here ("---"). Use one file for each.')
                if event.version not in {None, (1, 2)}:
                    refuse(self.name, _mark(event), "this file asks for another YAML version than 1.2.")
                found = True
                data = self.value(next(events), events, ())
        return Document(self.name, data, MappingProxyType(self.marks))

    def value(self, event: Event, events: Iterator[Event], path: Path) -> Any:
        self._only_plain_nodes(event)
        self.marks.setdefault(path, _mark(event))
        if len(path) > MAX_DEPTH:
            refuse(self.name, _mark(event), f"more than {MAX_DEPTH} levels inside each other.")
        if isinstance(event, MappingStartEvent):
            return self._mapping(events, path)
        if isinstance(event, SequenceStartEvent):
            items: list[Any] = []
            for item in events:
                if isinstance(item, SequenceEndEvent):
                    break
                items.append(self.value(item, events, (*path, len(items))))
            return items
        if not isinstance(event, ScalarEvent):  # pragma: no cover - the parser gives nothing else at this place
            refuse(self.name, _mark(event), "this is not YAML.")
        return None if event.style is None and event.value in NULLS else self._text(event)

    def _mapping(self, events: Iterator[Event], path: Path) -> dict[str, Any]:
        group: dict[str, Any] = {}
        for event in events:
            if isinstance(event, MappingEndEvent):
                break
            self._only_plain_nodes(event)
            if not isinstance(event, ScalarEvent):
                refuse(self.name, _mark(event), "a key must be a text, not a list or a group.")
            key = self._text(event)
            if key in group:
                line, _ = self.marks[*path, key]
                refuse(self.name, _mark(event), f'the key "{key}" stands here twice, first in line {line}.')
            self.marks[*path, key] = _mark(event)
            group[key] = self.value(next(events), events, (*path, key))
        return group

    def _text(self, event: ScalarEvent) -> str:
        text = str(event.value)
        if HALVES.search(text):
            refuse(self.name, _mark(event), 'a "\\u" code stands for half a character; write the character itself.')
        return text

    def _only_plain_nodes(self, event: Event) -> None:
        if not isinstance(event, NodeEvent):  # pragma: no cover - the parser gives nothing else at this place
            refuse(self.name, _mark(event), "this is not YAML.")
        if isinstance(event, AliasEvent):
            refuse(
                self.name,
                _mark(event),
                'a reference ("*name") is not allowed; put a text that begins with * in quotes.',
            )
        if event.anchor is not None:
            refuse(
                self.name, _mark(event), 'an anchor ("&name") is not allowed; put a text that begins with & in quotes.'
            )
        if getattr(event, "tag", None) is not None:
            refuse(self.name, _mark(event), 'a tag ("!name") is not allowed; put a text that begins with ! in quotes.')


def _mark(event: Event) -> Mark:
    return event.start_mark.line + 1, event.start_mark.column + 1
