"""Regular expressions of profiles: skip rules that fit no cell or every cell, and parts of a cell that cannot be taken."""

import re
import warnings
from importlib import import_module
from typing import Any, Final

sre = import_module("re._constants")  # the parsed form of a pattern has no public home
parser = import_module("re._parser")

PROBES: Final = ("", "0", "x", "Totaal 12,50", "2026-0312", "Ünï-cøde")
MOST_REPEATS: Final = 1000
_ESCAPE: Final = re.compile(r"\\(?![dDwWsS])[A-Za-z0-9]")
_PLAIN_KINDS: Final = {sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN, sre.AT}
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


def extract_problem(pattern: str) -> str:
    """Why a pattern cannot take a part of a cell, as a clause; empty where it can.

    What is let through takes time in proportion to the cell, whatever is in it: no looking around, no going back to a
    group, and repeats of at most MOST_REPEATS in all.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        return f"is not a regular expression: {error}"
    if compiled.groups != 1:
        return f"needs exactly one group, such as ([A-Z]+): the part to take (found {compiled.groups})"
    odd = _ESCAPE.search(re.sub(r"\\\\", "", pattern))
    if odd is not None or "[[:" in pattern or "(?" in pattern.replace("(?:", ""):
        return (
            f'cannot use "{odd[0] if odd is not None else "(?"}": write signs as they are, and groups as ( ) or (?: )'
        )
    if not _plain(list(parser.parse(pattern)), MOST_REPEATS):
        return f"is too wide: repeats within repeats, or of more than {MOST_REPEATS} times, are not taken"
    return ""


def _plain(items: list[Any], left: int) -> bool:
    """Whether items repeat at most `left` times, repeats within repeats multiplied."""
    for kind, argument in items:
        if kind in {sre.MAX_REPEAT, sre.MIN_REPEAT}:
            least, most = argument[0], argument[1]
            times = max(least, 1 if most is sre.MAXREPEAT else most, 1)
            if times > left or not _plain(list(argument[2]), left // times):
                return False
        elif kind is sre.SUBPATTERN:
            if not _plain(list(argument[3]), left):
                return False
        elif kind is sre.BRANCH:
            if not all(_plain(list(branch), left) for branch in argument[1]):
                return False
        elif kind not in _PLAIN_KINDS:
            return False
    return True


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
