"""The row-exact reader of text files: the csv module, strict, over the whole file. Its word is law."""

import csv
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from importer.errors import SourceError
from importer.stations.read.columns import Body, ColumnBuilder
from importer.stations.read.encoding import Text

FIELD_LIMIT = 1 << 20  # characters in one cell; a spreadsheet program holds 32,767
MAX_ROWS = 5_000_000  # of one text file: five times what a sheet can hold
MAX_RAGGED = 500_000  # rows of a wrong length that are kept with what was found in them


def records(text: Text, delimiter: str, name: str) -> Iterator[list[str]]:
    """Every record from the top, the n-th being row n; a blank line is an empty record.

    Quotes are `"`, doubled inside a quoted text. Raises SourceError, with the row, where they do not match up.
    """
    csv.field_size_limit(FIELD_LIMIT)  # of the whole process; nothing else here reads CSV
    reader = csv.reader(text.stream(), delimiter=delimiter, quotechar='"', doublequote=True, strict=True)
    row = 0
    while True:
        row += 1
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _malformed(str(error), row, name) from None


def lines_until(text: Text, delimiter: str, row: int) -> int:
    """How many physical lines the records up to and including `row` take. They must be sound."""
    csv.field_size_limit(FIELD_LIMIT)
    reader = csv.reader(text.stream(), delimiter=delimiter, quotechar='"', doublequote=True, strict=True)
    for _ in range(row):
        next(reader)
    return reader.line_num


def read_exact(text: Text, delimiter: str, header_row: int, width: int, name: str) -> Body:
    """Every row below the header. Rows of another length are kept, padded or cut, and listed as ragged.

    Rows may all end in the same number of empty fields beyond the header (`1;2;` below `a;b`): that is how some
    programs write. Where only some rows do, an extra separator has shifted their cells, and they are ragged. A blank
    row is never ragged. `Body.expected` is the number of fields a row should have.
    """
    body = _read(text, delimiter, header_row, width, name, None)
    if body is None:
        usual = _usual_length(text, delimiter, header_row, width, name)
        body = _read(text, delimiter, header_row, width, name, usual)
        assert body is not None  # noqa: S101 - None only stands for a length not known yet
    return body


def _read(text: Text, delimiter: str, header_row: int, width: int, name: str, expected: int | None) -> Body | None:
    """The rows; None if `expected` is None and turns out to matter."""
    builder = ColumnBuilder(width)
    ragged: dict[int, tuple[str, ...]] = {}
    usual = width if expected is None else expected
    for record in _below(text, delimiter, header_row, name):
        found = len(record)
        if builder.position >= MAX_ROWS:
            raise _too_long(name)
        if found == width == usual:
            builder.add(record)
            continue
        blank = not any(map(str.strip, record))
        beyond = any(record[width:])
        if expected is None and found > width and not beyond and not blank:
            return None
        odd = not blank and (found != usual or beyond)
        if odd:
            ragged[builder.position] = tuple(record)
            if len(ragged) > MAX_RAGGED:
                raise _too_ragged(name, usual, delimiter)
        builder.add([*record, *[""] * (width - found)][:width], keep=odd)
    return builder.finish(ragged, expected=usual)


def _usual_length(text: Text, delimiter: str, header_row: int, width: int, name: str) -> int:
    """The number of fields most rows have, of those that hold nothing beyond the header."""
    lengths = Counter(
        len(record)
        for record in _below(text, delimiter, header_row, name)
        if len(record) >= width and not any(record[width:]) and any(map(str.strip, record))
    )
    return max(lengths, key=lambda length: (lengths[length], -length))


def _below(text: Text, delimiter: str, header_row: int, name: str) -> Iterator[list[str]]:
    return islice(records(text, delimiter, name), header_row, None)


def _too_long(name: str) -> SourceError:
    return SourceError(
        "file-too-large",
        f"{name} has more than {MAX_ROWS // 1_000_000} million rows.",
        fix="Export in smaller parts, a month at a time.",
    )


def _too_ragged(name: str, usual: int, delimiter: str) -> SourceError:
    shown = "tab" if delimiter == "\t" else delimiter
    return SourceError(
        "malformed-row",
        f'{name}: more than {MAX_RAGGED} rows do not have the {usual} fields that the separator "{shown}" should give.',
        fix="Check the separator (source.delimiter in the profile), and export again.",
    )


def _malformed(reason: str, row: int, name: str) -> SourceError:
    if "unexpected end of data" in reason:
        sentence = f'{name}: the text that begins with a quote (") in row {row} is never closed.'
    elif "field larger" in reason:
        sentence = f'{name}: row {row} holds a cell of more than {FIELD_LIMIT} characters; a quote (") is probably never closed.'
    elif "expected after" in reason:
        sentence = f'{name}: in row {row} other characters follow the closing quote (") of a text.'
    else:
        sentence = f"{name}: row {row} cannot be read as a row of cells ({reason})."
    return SourceError(
        "malformed-row",
        sentence,
        fix='Write a quote inside a text twice (""), or correct the row and export again.',
    )
