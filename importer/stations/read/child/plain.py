"""The quick look at the rows of a sheet: whole megabytes of XML at once, with a proof that nothing odd is in them.

A value reader that skips what it does not know is only trusted where every tag is one that is known here, in the
order that every spreadsheet program writes, every cell says its own address, and all addresses ascend. Anything
else raises `NotPlain`, and the exact reader takes over.
"""

from html import unescape

import numpy as np

from importer.stations.kind import Kind
from importer.stations.read.cells import number_text
from importer.stations.read.child.facts import WIDTH, Facts
from importer.stations.read.child.formats import Look, temporal_text
from importer.stations.read.child.plaintags import (
    DOT,
    HIDDEN_ROW,
    QUOTE,
    TAG_CELL_END,
    TAG_F,
    TAG_F0,
    TAG_IS,
    TAG_ROW,
    TAG_ROW0,
    TAG_V,
    TYPE_B,
    TYPE_E,
    TYPE_INLINE,
    TYPE_N,
    TYPE_S,
    TYPE_STR,
    WHOLE_NUMBER,
    Cells,
    NotPlain,
    Tags,
    cells_of,
    plain_text,
    require,
    tags_of,
    whole,
)
from importer.stations.read.sheetscan import MAX_CELLS, MAX_ROW


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
        tags = tags_of(data)
        rows, row_of = self._rows(tags)
        cells = cells_of(tags, row_of)
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

    def _rows(self, tags: Tags) -> tuple[np.ndarray, np.ndarray]:
        """Indexes of the row tags, and the row number of each tag."""
        raw = tags.raw
        index = np.flatnonzero((tags.kind == TAG_ROW) | (tags.kind == TAG_ROW0))
        at = tags.begin[index]
        for offset, sign in enumerate(b'row r="', 1):
            require(bool((raw[at + offset] == sign).all()))
        number, end = whole(raw, at + 8, 7)
        require(bool((raw[end] == QUOTE).all()))
        require(int(number[0]) > self._row and int(number[-1]) <= MAX_ROW and bool((number[1:] > number[:-1]).all()))
        self._row = int(number[-1])
        return index, np.repeat(number, np.diff(np.append(index, len(tags.kind))))

    def _extent(self, data: bytes, tags: Tags, rows: np.ndarray, row_of: np.ndarray, cells: Cells) -> None:
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
                if row in known and HIDDEN_ROW.search(data, begin, end):
                    facts.hidden.append(row)

    def _values(self, data: bytes, tags: Tags, cells: Cells) -> None:
        """What stands in the cells, as far as a value reader would not tell it rightly."""
        kind = tags.kind
        # the place of <v>: right after the cell, or after its formula
        after = kind[cells.index + 1]
        value = cells.index + 1 + np.where(after == TAG_F, 2, np.where(after == TAG_F0, 1, 0))
        valued = kind[value] == TAG_V
        begin = np.where(valued, tags.end[value] + 1, 0)
        size = np.where(valued, tags.begin[np.minimum(value + 1, len(kind) - 1)] - begin, 0)
        formula = (after == TAG_F) | (after == TAG_F0)
        require(not (formula & (size == 0) & (cells.type != TYPE_STR)).any())  # saved without a result

        number = (cells.type == TYPE_N) & valued
        first = tags.raw[begin]
        require(bool((~number | ((size > 0) & (((first >= 48) & (first < 58)) | (first == 45)))).all()))  # noqa: PLR2004 - digits, minus
        logical = cells.type == TYPE_B
        require(bool((~logical | (valued & (size == 1) & ((first == 48) | (first == 49)))).all()))  # noqa: PLR2004 - 0, 1
        errors = cells.type == TYPE_E
        require(bool((~errors | (size > 0)).all()))
        require(bool(((cells.type != TYPE_INLINE) == (after != TAG_IS))[(after != TAG_CELL_END) & cells.open].all()))
        require(not (number & self._doubtful[cells.style]).any())
        shared = np.flatnonzero((cells.type == TYPE_S) & valued)
        _, stop = whole(tags.raw, begin[shared], 8)
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

    def _count(self, cells: Cells, typed: np.ndarray) -> None:
        rows = cells.key // WIDTH
        starts = np.flatnonzero(np.append(True, rows[1:] != rows[:-1])) if len(rows) else np.empty(0, dtype=np.int64)
        counts = np.add.reduceat(typed.astype(np.int64), starts) if len(rows) else starts
        self._typed.append((rows[starts], counts))

    def _long_numbers(self, data: bytes, cells: Cells, which: np.ndarray, begin: np.ndarray, size: np.ndarray) -> None:
        """Whole numbers of more digits than a number keeps are shown as written: so nobody takes them for exact."""
        for place in np.flatnonzero(which).tolist():
            written = data[begin[place] : begin[place] + size[place]]
            if WHOLE_NUMBER.fullmatch(written):
                text, kind = number_text(int(written), self._looks[cells.style[place]].style)
                self.facts.fixed[int(cells.key[place])] = (text, int(kind))

    def _days(
        self,
        data: bytes,
        raw: np.ndarray,
        cells: Cells,
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
        decimals = (raw[at + np.minimum(run, 7)] == DOT) & (length > run)
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
