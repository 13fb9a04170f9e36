"""The quick look at the rows of a sheet: whole megabytes of XML at once, with a proof that nothing odd is in them.

A value reader that skips what it does not know is only trusted where every tag is one that is known here, in the
order that every spreadsheet program writes, every cell says its own address, and all addresses ascend. Anything
else raises `NotPlain`, and the exact reader takes over.
"""

import re
from dataclasses import dataclass
from html import unescape

import numpy as np

from importer.stations.kind import Kind
from importer.stations.read.cells import number_text
from importer.stations.read.child.facts import WIDTH, Facts
from importer.stations.read.child.formats import Look, temporal_text
from importer.stations.read.sheetscan import MAX_CELLS, MAX_COLUMN, MAX_ROW

_PAD = bytes(32)
_ENTITY = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_ESCAPE = re.compile(rb"_x[0-9A-Fa-f]{4}_")
_HIDDEN = re.compile(rb' hidden="(?:1|true)"')
_WHOLE = re.compile(rb"-?[0-9]+")

_LT, _GT, _SLASH, _QUOTE, _SPACE, _DOT = b'<>/" .'
_ROW, _ROW0, _ROW_END, _CELL, _CELL0, _CELL_END, _V, _V0, _V_END = range(1, 10)
_F, _F0, _F_END, _IS, _IS_END, _T, _T0, _T_END = range(10, 18)
_N, _S, _B, _E, _STR, _INLINE = range(6)  # types of cells


def _table(entries: dict[bytes, int]) -> np.ndarray:
    table = np.zeros(1 << 16, dtype=np.uint8)
    for pair, value in entries.items():
        table[pair[0] << 8 | pair[1]] = value
    return table


_TAGS = _table(
    {
        b"ro": _ROW,
        b"/r": _ROW_END,
        b"c ": _CELL,
        b"/c": _CELL_END,
        b"v>": _V,
        b"v/": _V0,
        b"/v": _V_END,
        b"f>": _F,
        b"f ": _F,
        b"f/": _F0,
        b"/f": _F_END,
        b"is": _IS,
        b"/i": _IS_END,
        b"t>": _T,
        b"t ": _T,
        b"t/": _T0,
        b"/t": _T_END,
    }
)
_CLOSED = np.arange(32, dtype=np.uint8)  # the same tag when it closes itself
_CLOSED[[_ROW, _CELL, _F, _T]] = [_ROW0, _CELL0, _F0, _T0]
_LENGTH = np.zeros(32, dtype=np.int64)  # from < to >, of tags that carry no attributes; 0: any
for _tag, _size in (
    *((tag, 3) for tag in (_CELL_END, _V_END, _F_END, _T_END, _IS, _V0)),
    (_V, 2),
    (_IS_END, 4),
    (_ROW_END, 5),
):
    _LENGTH[_tag] = _size
_FOLLOWS = np.zeros((32, 32), dtype=bool)
for _tag, _next in {
    _ROW: (_CELL, _CELL0, _ROW_END),
    _ROW0: (_ROW, _ROW0),
    _ROW_END: (_ROW, _ROW0),
    _CELL: (_V, _V0, _F, _F0, _IS, _CELL_END),
    _CELL0: (_CELL, _CELL0, _ROW_END),
    _CELL_END: (_CELL, _CELL0, _ROW_END),
    _V: (_V_END,),
    _V_END: (_CELL_END,),
    _V0: (_CELL_END,),
    _F: (_F_END,),
    _F_END: (_V, _V0, _CELL_END),
    _F0: (_V, _V0, _CELL_END),
    _IS: (_T, _T0, _IS_END),
    _T: (_T_END,),
    _T_END: (_IS_END,),
    _T0: (_IS_END,),
    _IS_END: (_CELL_END,),
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


class RowScan:
    """Takes the rows of a sheet piece by piece, each piece whole rows, and gathers facts.

    `looks` says what each cell style makes of a number; `doubtful` marks styles on which readers disagree.
    """

    def __init__(self, looks: list[Look], doubtful: np.ndarray, *, since_1904: bool) -> None:
        self.facts = Facts()
        self._since_1904 = since_1904
        self._looks = looks
        self._temporal = np.array([bool(one.temporal) for one in looks], dtype=bool)
        self._lengths = np.array([one.temporal == "length" for one in looks], dtype=bool)
        self._style = np.full(len(looks), -1, dtype=np.int16)  # index into the facts' styles
        for number, one in enumerate(looks):
            if one.style:
                if one.style not in self.facts.styles:
                    self.facts.styles.append(one.style)
                self._style[number] = self.facts.styles.index(one.style)
        self._doubtful = doubtful
        self._row, self._cells = 0, 0
        self._typed: list[tuple[np.ndarray, np.ndarray]] = []

    def feed(self, data: bytes) -> None:
        """Look at the next rows. Raises NotPlain."""
        plain_text(data)
        if not data.strip():
            return
        tags = _tags(data)
        rows, row_of = self._rows(tags)
        cells = _cells(tags, row_of)
        self._cells += len(cells.key)
        require(self._cells <= MAX_CELLS)
        require(not len(cells.key) or int(cells.style.max()) < len(self._looks))
        self._extent(data, tags, rows, row_of, cells)
        self._values(data, tags, cells)

    def typed_between(self, first: int, last: int) -> int:
        """How many cells of rows `first` to `last` hold numbers or logical values."""
        total = 0
        for rows, counts in self._typed:
            begin, end = np.searchsorted(rows, [first, last + 1])
            total += int(counts[begin:end].sum())
        return total

    def _rows(self, tags: "_Tags") -> tuple[np.ndarray, np.ndarray]:
        """Indexes of the row tags, and the row number of each tag."""
        raw = tags.raw
        index = np.flatnonzero((tags.kind == _ROW) | (tags.kind == _ROW0))
        at = tags.begin[index]
        for offset, sign in enumerate(b'row r="', 1):
            require(bool((raw[at + offset] == sign).all()))
        number, end = _whole(raw, at + 8, 7)
        require(bool((raw[end] == _QUOTE).all()))
        require(int(number[0]) > self._row and int(number[-1]) <= MAX_ROW and bool((number[1:] > number[:-1]).all()))
        self._row = int(number[-1])
        return index, np.repeat(number, np.diff(np.append(index, len(tags.kind))))

    def _extent(self, data: bytes, tags: "_Tags", rows: np.ndarray, row_of: np.ndarray, cells: "_Cells") -> None:
        facts = self.facts
        filled = cells.content
        if not filled.any():
            return
        columns = cells.key & (WIDTH - 1)
        facts.last_row = int(cells.key[len(filled) - 1 - int(np.argmax(filled[::-1]))] // WIDTH)
        facts.last_column = max(facts.last_column, int(columns[filled].max()) + 1)
        if b" hidden=" in data:
            known = set((cells.key[filled] // WIDTH).tolist())
            for begin, end, row in zip(
                tags.begin[rows].tolist(), tags.end[rows].tolist(), row_of[rows].tolist(), strict=True
            ):
                if row in known and _HIDDEN.search(data, begin, end):
                    facts.hidden.append(row)

    def _values(self, data: bytes, tags: "_Tags", cells: "_Cells") -> None:
        """What stands in the cells, as far as a value reader would not tell it rightly."""
        kind = tags.kind
        # the place of <v>: right after the cell, or after its formula
        after = kind[cells.index + 1]
        value = cells.index + 1 + np.where(after == _F, 2, np.where(after == _F0, 1, 0))
        valued = kind[value] == _V
        begin = np.where(valued, tags.end[value] + 1, 0)
        size = np.where(valued, tags.begin[np.minimum(value + 1, len(kind) - 1)] - begin, 0)
        formula = (after == _F) | (after == _F0)
        require(not (formula & (size == 0) & (cells.type != _STR)).any())  # saved without a result

        number = (cells.type == _N) & valued
        first = tags.raw[begin]
        require(bool((~number | ((size > 0) & (((first >= 48) & (first < 58)) | (first == 45)))).all()))  # noqa: PLR2004 - digits, minus
        logical = cells.type == _B
        require(bool((~logical | (valued & (size == 1) & ((first == 48) | (first == 49)))).all()))  # noqa: PLR2004 - 0, 1
        errors = cells.type == _E
        require(bool((~errors | (size > 0)).all()))
        require(bool(((cells.type != _INLINE) == (after != _IS))[(after != _CELL_END) & cells.open].all()))
        require(not (number & self._doubtful[cells.style]).any())
        shared = np.flatnonzero((cells.type == _S) & valued)
        _, stop = _whole(tags.raw, begin[shared], 8)
        require(bool((stop == begin[shared] + size[shared]).all()))  # the place of a text, and nothing else

        self._count(cells, number | logical)
        for place in np.flatnonzero(errors).tolist():
            text = unescape(data[begin[place] : begin[place] + size[place]].decode())
            self.facts.fixed[int(cells.key[place])] = (text, int(Kind.ERROR))
        self._long_numbers(data, cells, number & (size > 15), begin, size)  # noqa: PLR2004 - digits a number keeps
        self._days(data, tags.raw, cells, number & self._temporal[cells.style], begin, size)
        style = self._style[cells.style]
        styled = number & (style >= 0)
        if styled.any():
            self.facts.styled_keys.frombytes(cells.key[styled].astype(np.int64).tobytes())
            self.facts.styled.frombytes(style[styled].tobytes())

    def _count(self, cells: "_Cells", typed: np.ndarray) -> None:
        rows = cells.key // WIDTH
        starts = np.flatnonzero(np.append(True, rows[1:] != rows[:-1])) if len(rows) else np.empty(0, dtype=np.int64)
        counts = np.add.reduceat(typed.astype(np.int64), starts) if len(rows) else starts
        self._typed.append((rows[starts], counts))

    def _long_numbers(
        self, data: bytes, cells: "_Cells", which: np.ndarray, begin: np.ndarray, size: np.ndarray
    ) -> None:
        """Whole numbers of more digits than a number keeps are shown as written: so nobody takes them for exact."""
        for place in np.flatnonzero(which).tolist():
            written = data[begin[place] : begin[place] + size[place]]
            if _WHOLE.fullmatch(written):
                text, kind = number_text(int(written), self._looks[cells.style[place]].style)
                self.facts.fixed[int(cells.key[place])] = (text, int(kind))

    def _days(
        self,
        data: bytes,
        raw: np.ndarray,
        cells: "_Cells",
        which: np.ndarray,
        begin: np.ndarray,
        size: np.ndarray,
    ) -> None:
        """Days that every reader takes alike are left to it; early, late, nearly next days and times are worked out here."""
        places = np.flatnonzero(which)
        if not places.size:
            return
        at, length = begin[places], size[places]
        digit = [(raw[at + offset] >= 48) & (raw[at + offset] < 58) for offset in range(7)]  # noqa: PLR2004 - 0 to 9
        usual = digit[0] & digit[1] & digit[2] & (raw[at] != 48)  # noqa: PLR2004 - 0
        run = np.full(len(places), 7)
        for offset in (6, 5, 4, 3):
            run[~digit[offset]] = offset
        whole = run == length
        decimals = (raw[at + np.minimum(run, 7)] == _DOT) & (length > run)
        near = decimals & (raw[at + run + 1] == 57) & (raw[at + run + 2] == 57) & (raw[at + run + 3] == 57)  # noqa: PLR2004 - .999
        usual &= (run < 7) & (whole | decimals) & ~near & ~self._lengths[cells.style[places]]  # noqa: PLR2004 - digits
        for place in places[~usual].tolist():
            try:
                number = float(data[begin[place] : begin[place] + size[place]])
            except ValueError:
                raise NotPlain from None
            shown = self._looks[cells.style[place]]
            text, kind = temporal_text(number, shown, since_1904=self._since_1904)
            self.facts.fixed[int(cells.key[place])] = (text, int(kind))


@dataclass(slots=True)
class _Tags:
    """Every tag: what it is, where it begins and ends in the raw bytes (padded)."""

    raw: np.ndarray
    kind: np.ndarray
    begin: np.ndarray
    end: np.ndarray


@dataclass(slots=True)
class _Cells:
    """Every cell: the index of its tag, its key, style and type; whether it is open (holds tags), and has content."""

    index: np.ndarray
    key: np.ndarray
    style: np.ndarray
    type: np.ndarray
    open: np.ndarray
    content: np.ndarray


def _tags(data: bytes) -> _Tags:
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
    require(kind[0] in {_ROW, _ROW0} and kind[-1] in {_ROW_END, _ROW0})
    # text without xml:space="preserve" loses its outer blanks in some readers and keeps them in others
    texts = np.flatnonzero((kind == _T) & (end - begin == 2))  # noqa: PLR2004 - <t>
    if texts.size:
        inner, stop = end[texts] + 1, begin[texts + 1]
        require(not ((inner < stop) & ((raw[inner] <= _SPACE) | (raw[stop - 1] <= _SPACE))).any())
    return _Tags(raw, kind, begin, end)


def _cells(tags: _Tags, row_of: np.ndarray) -> _Cells:
    raw = tags.raw
    index = np.flatnonzero((tags.kind == _CELL) | (tags.kind == _CELL0))
    at = tags.begin[index]
    for offset, sign in enumerate(b'c r="', 1):
        require(bool((raw[at + offset] == sign).all()))
    column, end = _letters(raw, at + 6)
    row, end = _whole(raw, end, 7)
    require(bool((raw[end] == _QUOTE).all()) and bool((row == row_of[index]).all()))
    require(bool((column <= MAX_COLUMN).all()))
    key = row * WIDTH + column - 1
    require(bool((np.diff(key) > 0).all()))
    style, kinds, end = _attributes(raw, end + 1)
    stop = tags.end[index]
    opened = tags.kind[index] == _CELL
    require(bool(np.where(opened, end == stop, end == stop - 1).all()))
    content = opened & (tags.kind[np.minimum(index + 1, len(tags.kind) - 1)] != _CELL_END)
    return _Cells(index, key, style, kinds, opened, content)


def _attributes(raw: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Style and type of cells, and where their attributes end: `s` and `t`, each at most once, in either order."""
    style = np.zeros(len(at), dtype=np.int64)
    kinds = np.zeros(len(at), dtype=np.int8)
    for attribute in b"sts":
        here = np.flatnonzero(
            (raw[at] == _SPACE) & (raw[at + 1] == attribute) & (raw[at + 2] == b"="[0]) & (raw[at + 3] == _QUOTE)
        )
        if not here.size:
            continue
        start = at[here] + 4
        if attribute == b"s"[0]:
            number, end = _whole(raw, start, 5)
            style[here] = number
        else:
            code, end = _type(raw, start)
            kinds[here] = code
        require(bool((raw[end] == _QUOTE).all()))
        at = at.copy()
        at[here] = end + 1
    return style, kinds, at


def _type(raw: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The type of cells written from `at` on, and where its name ends."""
    code = np.full(len(at), -1, dtype=np.int8)
    end = at + 1
    for number, name in ((_N, b"n"), (_S, b"s"), (_B, b"b"), (_E, b"e")):
        code[(raw[at] == name[0]) & (raw[at + 1] == _QUOTE)] = number
    for number, name in ((_STR, b"str"), (_INLINE, b"inlineStr")):
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


def _whole(raw: np.ndarray, at: np.ndarray, digits: int) -> tuple[np.ndarray, np.ndarray]:
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
