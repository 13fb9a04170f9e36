"""The tags and cells of plain sheet XML, found in the raw bytes by whole arrays, each with its proof.

`NotPlain` is raised by whatever is not of the plain kind; see `plain`.
"""

import re
from dataclasses import dataclass

import numpy as np

from importer.stations.read.child.facts import WIDTH
from importer.stations.read.sheetscan import MAX_COLUMN

_PAD = bytes(32)
_ENTITY = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_ESCAPE = re.compile(rb"_x[0-9A-Fa-f]{4}_")
HIDDEN_ROW = re.compile(rb' hidden="(?:1|true)"')
WHOLE_NUMBER = re.compile(rb"-?[0-9]+")

_LT, _GT, _SLASH, QUOTE, _SPACE, DOT = b'<>/" .'
TAG_ROW, TAG_ROW0, _ROW_END, _CELL, _CELL0, TAG_CELL_END, TAG_V, _V0, _V_END = range(1, 10)
TAG_F, TAG_F0, _F_END, TAG_IS, _IS_END, _T, _T0, _T_END = range(10, 18)
TYPE_N, TYPE_S, TYPE_B, TYPE_E, TYPE_STR, TYPE_INLINE = range(6)  # types of cells


def _table(entries: dict[bytes, int]) -> np.ndarray:
    table = np.zeros(1 << 16, dtype=np.uint8)
    for pair, value in entries.items():
        table[pair[0] << 8 | pair[1]] = value
    return table


_TAGS = _table(
    {
        b"ro": TAG_ROW,
        b"/r": _ROW_END,
        b"c ": _CELL,
        b"/c": TAG_CELL_END,
        b"v>": TAG_V,
        b"v/": _V0,
        b"/v": _V_END,
        b"f>": TAG_F,
        b"f ": TAG_F,
        b"f/": TAG_F0,
        b"/f": _F_END,
        b"is": TAG_IS,
        b"/i": _IS_END,
        b"t>": _T,
        b"t ": _T,
        b"t/": _T0,
        b"/t": _T_END,
    }
)
_CLOSED = np.arange(32, dtype=np.uint8)  # the same tag when it closes itself
_CLOSED[[TAG_ROW, _CELL, TAG_F, _T]] = [TAG_ROW0, _CELL0, TAG_F0, _T0]
_LENGTH = np.zeros(32, dtype=np.int64)  # from < to >, of tags that carry no attributes; 0: any
for _tag, _size in (
    *((tag, 3) for tag in (TAG_CELL_END, _V_END, _F_END, _T_END, TAG_IS, _V0)),
    (TAG_V, 2),
    (_IS_END, 4),
    (_ROW_END, 5),
):
    _LENGTH[_tag] = _size
_FOLLOWS = np.zeros((32, 32), dtype=bool)
for _tag, _next in {
    TAG_ROW: (_CELL, _CELL0, _ROW_END),
    TAG_ROW0: (TAG_ROW, TAG_ROW0),
    _ROW_END: (TAG_ROW, TAG_ROW0),
    _CELL: (TAG_V, _V0, TAG_F, TAG_F0, TAG_IS, TAG_CELL_END),
    _CELL0: (_CELL, _CELL0, _ROW_END),
    TAG_CELL_END: (_CELL, _CELL0, _ROW_END),
    TAG_V: (_V_END,),
    _V_END: (TAG_CELL_END,),
    _V0: (TAG_CELL_END,),
    TAG_F: (_F_END,),
    _F_END: (TAG_V, _V0, TAG_CELL_END),
    TAG_F0: (TAG_V, _V0, TAG_CELL_END),
    TAG_IS: (_T, _T0, _IS_END),
    _T: (_T_END,),
    _T_END: (_IS_END,),
    _T0: (_IS_END,),
    _IS_END: (TAG_CELL_END,),
}.items():
    _FOLLOWS[_tag, list(_next)] = True


class NotPlain(Exception):
    """The XML is not of the plain kind; it may be sound all the same."""


def require(condition: object) -> None:
    """Raise NotPlain unless the condition holds."""
    if not condition:
        raise NotPlain


def plain_text(data: bytes) -> None:
    """Raise NotPlain unless bytes hold nothing that two XML readers could take differently."""
    raw = np.frombuffer(data, dtype=np.uint8)
    low = raw < _SPACE
    if low.any():
        control = raw[low]
        require(bool(((control == 9) | (control == 10)).all()))  # noqa: PLR2004 - tab and line feed
    if not data.isascii():
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            raise NotPlain from None
    require(b"&" not in data or not _ENTITY.search(data))
    require(b"_x" not in data or not _ESCAPE.search(data))


@dataclass(slots=True)
class Tags:
    """Every tag: what it is, where it begins and ends in the raw bytes (padded)."""

    raw: np.ndarray
    kind: np.ndarray
    begin: np.ndarray
    end: np.ndarray


@dataclass(slots=True)
class Cells:
    """Every cell: the index of its tag, its key, style and type; whether it is open (holds tags), and has content."""

    index: np.ndarray
    key: np.ndarray
    style: np.ndarray
    type: np.ndarray
    open: np.ndarray
    content: np.ndarray


def tags_of(data: bytes) -> Tags:
    """Every tag of whole rows. Raises NotPlain where one is unknown or follows what it may not follow."""
    raw = np.frombuffer(data + _PAD, dtype=np.uint8)
    begin, end = np.flatnonzero(raw == _LT), np.flatnonzero(raw == _GT)
    require(begin.size and begin.size == end.size)
    require(bool((begin < end).all()) and bool((begin[1:] > end[:-1]).all()))
    kind = _TAGS[raw[begin + 1].astype(np.uint16) << 8 | raw[begin + 2]]
    closed = raw[end - 1] == _SLASH
    kind = np.where(closed, _CLOSED[kind], kind)
    length = _LENGTH[kind]
    require(bool(((length == 0) | (length == end - begin)).all()))
    require(bool(_FOLLOWS[kind[:-1], kind[1:]].all()))
    require(kind[0] in {TAG_ROW, TAG_ROW0} and kind[-1] in {_ROW_END, TAG_ROW0})
    # text without xml:space="preserve" loses its outer blanks in some readers and keeps them in others
    texts = np.flatnonzero((kind == _T) & (end - begin == 2))  # noqa: PLR2004 - <t>
    if texts.size:
        inner, stop = end[texts] + 1, begin[texts + 1]
        require(not ((inner < stop) & ((raw[inner] <= _SPACE) | (raw[stop - 1] <= _SPACE))).any())
    return Tags(raw, kind, begin, end)


def cells_of(tags: Tags, row_of: np.ndarray) -> Cells:
    """Every cell; `row_of` is the row number of each tag. Raises NotPlain where an address is not what it must be."""
    raw = tags.raw
    index = np.flatnonzero((tags.kind == _CELL) | (tags.kind == _CELL0))
    at = tags.begin[index]
    for offset, sign in enumerate(b'c r="', 1):
        require(bool((raw[at + offset] == sign).all()))
    column, end = _letters(raw, at + 6)
    row, end = whole(raw, end, 7)
    require(bool((raw[end] == QUOTE).all()) and bool((row == row_of[index]).all()))
    require(bool((column <= MAX_COLUMN).all()))
    key = row * WIDTH + column - 1
    require(bool((np.diff(key) > 0).all()))
    style, kinds, end = _attributes(raw, end + 1)
    stop = tags.end[index]
    opened = tags.kind[index] == _CELL
    require(bool(np.where(opened, end == stop, end == stop - 1).all()))
    content = opened & (tags.kind[np.minimum(index + 1, len(tags.kind) - 1)] != TAG_CELL_END)
    return Cells(index, key, style, kinds, opened, content)


def _attributes(raw: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Style and type of cells, and where their attributes end: `s` and `t`, each at most once, in either order."""
    style = np.zeros(len(at), dtype=np.int64)
    kinds = np.zeros(len(at), dtype=np.int8)
    for attribute in b"sts":
        here = np.flatnonzero(
            (raw[at] == _SPACE) & (raw[at + 1] == attribute) & (raw[at + 2] == b"="[0]) & (raw[at + 3] == QUOTE)
        )
        if not here.size:
            continue
        start = at[here] + 4
        if attribute == b"s"[0]:
            number, end = whole(raw, start, 5)
            style[here] = number
        else:
            code, end = _type(raw, start)
            kinds[here] = code
        require(bool((raw[end] == QUOTE).all()))
        at = at.copy()
        at[here] = end + 1
    return style, kinds, at


def _type(raw: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The type of cells written from `at` on, and where its name ends."""
    code = np.full(len(at), -1, dtype=np.int8)
    end = at + 1
    for number, name in ((TYPE_N, b"n"), (TYPE_S, b"s"), (TYPE_B, b"b"), (TYPE_E, b"e")):
        code[(raw[at] == name[0]) & (raw[at + 1] == QUOTE)] = number
    for number, name in ((TYPE_STR, b"str"), (TYPE_INLINE, b"inlineStr")):
        same = np.ones(len(at), dtype=bool)
        for offset, sign in enumerate(name):
            same &= raw[at + offset] == sign
        code[same] = number
        end = np.where(same, at + len(name), end)
    require(bool((code >= 0).all()))
    return code, end


def _letters(raw: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Column numbers from letters, and where these end."""
    column = np.zeros(len(at), dtype=np.int64)
    more = np.ones(len(at), dtype=bool)
    end = at.copy()
    for offset in range(3):
        letter = raw[end].astype(np.int64) - 64
        more = more & (letter > 0) & (letter <= 26)  # noqa: PLR2004 - letters
        require(offset or bool(more.all()))
        column = np.where(more, column * 26 + letter, column)
        end = end + more
        if not more.any():
            break
    return column, end


def whole(raw: np.ndarray, at: np.ndarray, digits: int) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers of at most so many digits, none beginning with a needless 0, and where they end."""
    number = np.zeros(len(at), dtype=np.int64)
    more = np.ones(len(at), dtype=bool)
    end = at.copy()
    for offset in range(digits):
        digit = raw[end].astype(np.int64) - 48
        more = more & (digit >= 0) & (digit < 10)  # noqa: PLR2004 - digits
        require(offset or bool(more.all()))
        number = np.where(more, number * 10 + digit, number)
        end = end + more
        if not more.any():
            break
    return number, end
