"""The fast reader of text files: pyarrow, only where it provably gives what the row-exact reader gives.

The proof: no lone carriage return, no blank line between rows, every quote well-formed and no line end inside
quotes, so that every line is one record; and pyarrow itself refuses rows of unequal length.
"""

import csv

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from importer.stations.read.columns import Body, last_filled
from importer.stations.read.encoding import Text
from importer.stations.read.exact import FIELD_LIMIT, MAX_ROWS, lines_until

_CHUNK = 4 << 20  # bytes whose quotes are looked at in one go
_BLOCK = 1 << 20  # bytes pyarrow parses in one go; a row must fit
_QUOTE, _LINE_FEED, _RETURN = b'"'[0], b"\n"[0], b"\r"[0]


def read_fast(text: Text, delimiter: str, header_row: int, width: int) -> Body | None:
    """The rows below the header, exactly as `read_exact` gives them, or None where only that reader will do."""
    data = text.data
    if not delimiter.isascii():
        return None
    begin = _offset(data, text.start, lines_until(text, delimiter, header_row))
    if data.count(b"\r", text.start, begin) != data.count(b"\r\n", text.start, begin):
        return None  # a lone carriage return ends a line too, so the header is not where the line feeds say
    end, blank_end = _without_blank_end(data, begin)
    if begin == end:
        return Body([pa.chunked_array([], pa.string())] * width, 0, blank_end, [None] * width)
    lines = _plain_lines(data, begin, end, ord(delimiter))
    if lines is None or lines > MAX_ROWS:
        return None
    columns = _parse(data, begin, end, delimiter, width, lines)
    if columns is None:
        return None
    count = last_filled(columns, len(columns[0]))
    blank_end += len(columns[0]) - count
    return Body([column.slice(0, count) for column in columns], count, blank_end, [None] * width)


def _offset(data: bytes, start: int, lines: int) -> int:
    """Where the line after the first `lines` lines begins."""
    for _ in range(lines):
        found = data.find(b"\n", start)
        if found < 0:
            return len(data)
        start = found + 1
    return start


def _without_blank_end(data: bytes, begin: int) -> tuple[int, int]:
    """The end of the last line with content (its line end left out), and the number of blank lines after it."""
    end, ends = len(data), 0
    while end > begin and data[end - 1] == _LINE_FEED:
        end -= 2 if end - 1 > begin and data[end - 2] == _RETURN else 1
        ends += 1
    return end, ends if end == begin else max(ends - 1, 0)


def _plain_lines(data: bytes, begin: int, end: int, delimiter: int) -> int | None:
    """The number of lines, if each is provably one record; else None."""
    count = 0
    while begin < end:
        stop = min(begin + _CHUNK, end)
        if stop < end:
            stop = data.rfind(b"\n", begin, stop) + 1
            if stop <= begin:
                return None  # one line longer than a chunk
        chunk = np.frombuffer(data, dtype=np.uint8, count=stop - begin, offset=begin)
        line_ends = np.flatnonzero(chunk == _LINE_FEED)
        if not _line_ends_are_plain(chunk, line_ends) or not _quotes_are_plain(chunk, line_ends, delimiter):
            return None
        count += line_ends.size
        begin = stop
    return count + 1  # the last line end is not within the bounds


def _line_ends_are_plain(chunk: np.ndarray, line_ends: np.ndarray) -> bool:
    """Whether no line is blank and every carriage return belongs to a line feed. A chunk begins at a line's start."""
    lengths = np.diff(line_ends, prepend=-1)
    returns = np.count_nonzero(chunk == _RETURN)
    if not returns:
        return bool((lengths > 1).all())
    returned = (lengths > 1) & (chunk[line_ends - 1] == _RETURN)
    return np.count_nonzero(returned) == returns and bool((lengths > 1 + returned).all())


def _quotes_are_plain(chunk: np.ndarray, line_ends: np.ndarray, delimiter: int) -> bool:
    """Whether quotes only open after a delimiter or line start, only close before one, or are doubled inside.

    Counting from the start of a line, even quotes open and odd ones close; a doubled quote closes and opens at once.
    No line may end inside quotes.
    """
    quotes = np.flatnonzero(chunk == _QUOTE)
    if not quotes.size:
        return True
    if quotes.size % 2:
        return False
    opening, closing = quotes[0::2], quotes[1::2]
    doubled = closing[:-1] + 1 == opening[1:]
    before = chunk[opening - 1]  # of a quote at 0 this is the last byte of the chunk; hence the third case
    opens = (before == delimiter) | (before == _LINE_FEED) | (opening == 0)
    opens[1:] |= doubled
    after = chunk[np.minimum(closing + 1, chunk.size - 1)]
    closes = (after == delimiter) | (after == _LINE_FEED) | (after == _RETURN) | (closing == chunk.size - 1)
    closes[:-1] |= doubled
    return bool(opens.all() and closes.all()) and not (np.searchsorted(quotes, line_ends) & 1).any()


def _fields_of_line(data: bytes, begin: int, end: int, delimiter: str) -> int:
    stop = data.find(b"\n", begin, end)
    line = data[begin : end if stop < 0 else stop].decode("utf-8")
    try:
        return len(next(csv.reader([line], delimiter=delimiter, strict=True)))
    except csv.Error:
        return 0


def _parse(data: bytes, begin: int, end: int, delimiter: str, width: int, lines: int) -> list[pa.ChunkedArray] | None:
    """The columns below the header, if all rows are as long as the first and hold nothing beyond the header."""
    fields = _fields_of_line(data, begin, end, delimiter)
    if fields < width:
        return None
    names = [str(column) for column in range(fields)]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(pa.py_buffer(data).slice(begin, end - begin)),
            read_options=arrow_csv.ReadOptions(column_names=names, block_size=_BLOCK),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter,
                quote_char='"',
                double_quote=True,
                escape_char=False,
                newlines_in_values=False,  # proved before
                ignore_empty_lines=False,
            ),
            convert_options=arrow_csv.ConvertOptions(
                check_utf8=False,  # decoded strictly before
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None  # a row of another length, or one larger than a block
    longest = [pc.max(pc.binary_length(column)).as_py() or 0 for column in table.columns]
    if max(longest) > FIELD_LIMIT or any(longest[width:]) or table.num_rows != lines:
        return None
    return list(table.columns[:width])
