"""Regular expressions of skip rules: those that fit no cell, and those that fit every cell."""

import re
from importlib import import_module
from typing import Any, Final

sre = import_module("re._constants")  # the parsed form of a pattern has no public home
parser = import_module("re._parser")

PROBES: Final = ("", "0", "x", "Totaal 12,50", "2026-0312", "Ünï-cøde")
_START: Final = {sre.AT_BEGINNING, sre.AT_BEGINNING_STRING}
_END: Final = {sre.AT_END, sre.AT_END_STRING}


def complaint(pattern: str) -> str:
    """What is wrong with a pattern that a whole trimmed cell must match, as a clause; empty if nothing is seen."""
    compiled = re.compile(pattern)
    if all(compiled.fullmatch(text) for text in PROBES):
        return "fits every cell, so every row would be skipped"
    items = list(parser.parse(pattern))
    if not compiled.flags & re.MULTILINE and _never(items):
        return 'can never fit: something must stand before its "^" or behind its "$"'
    if items and (_is_space(items[0]) or _is_space(items[-1])):
        return "can never fit: it asks for a space at the beginning or end, and cells are compared without them"
    return ""


def _never(items: list[Any]) -> bool:
    before = 0
    for position, (kind, argument) in enumerate(items):
        behind = sum(_least(item) for item in items[position + 1 :])
        impossible = kind is sre.FAILURE or (kind is sre.ASSERT_NOT and not len(argument[1]))
        if impossible or (kind is sre.AT and ((argument in _START and before) or (argument in _END and behind))):
            return True
        if kind is sre.SUBPATTERN and _never(list(argument[3])):
            return True
        if kind is sre.BRANCH and all(_never(list(branch)) for branch in argument[1]):
            return True
        before += _least(items[position])
    return False


def _least(item: Any) -> int:
    """The fewest characters an item takes."""
    kind, argument = item
    if kind in {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}:
        return int(argument[0] * argument[2].getwidth()[0])
    if kind is sre.SUBPATTERN:
        return int(argument[3].getwidth()[0])
    if kind is sre.BRANCH:
        return min(int(branch.getwidth()[0]) for branch in argument[1])
    return 1 if kind in {sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN} else 0


def _is_space(item: Any) -> bool:
    """Whether an item takes white space and nothing else, at least once."""
    kind, argument = item
    if kind in {sre.MAX_REPEAT, sre.MIN_REPEAT} and argument[0] > 0:
        return all(map(_is_space, argument[2]))
    if kind is sre.IN:
        return all(part == (sre.CATEGORY, sre.CATEGORY_SPACE) or _is_space(part) for part in argument)
    return kind is sre.LITERAL and chr(argument).isspace()
