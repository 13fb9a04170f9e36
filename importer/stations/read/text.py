"""Text files: encoding, delimiter and header proved, then every row."""

from collections.abc import Sequence
from itertools import islice

import numpy as np

from importer.domain.findings import Finding
from importer.profile.model import SourceRule
from importer.stations.read.columns import Body
from importer.stations.read.content import Content
from importer.stations.read.dialect import Layout, delimiter_name, find_layout, refuse_single_quotes
from importer.stations.read.encoding import Text, decode
from importer.stations.read.exact import read_exact, records
from importer.stations.read.fast import read_fast
from importer.stations.read.headers import above_header, refuse_duplicates
from importer.stations.read.oddities import damaged_letters, full_sheet
from importer.stations.table import Table


def read_text(content: Content, source: SourceRule, needed: Sequence[tuple[str, ...]]) -> list[Table]:
    """Read a delimited text file as one table whose sheet is called "". `content` is released.

    A row's number is the ordinal of its record: a blank line counts, a line end inside quotes does not.
    """
    name = content.file.name
    text = decode(content.release(), source.encoding, name)
    refuse_single_quotes(text, name)
    layout = find_layout(text, source, needed, name)
    refuse_duplicates(name, layout.header, needed)
    headers, header_row = layout.header.headers, layout.header.row
    body = read_fast(text, layout.delimiter, header_row, len(headers))
    if body is None:
        body = read_exact(text, layout.delimiter, header_row, len(headers), name)
    rows = np.arange(header_row + 1, header_row + 1 + body.count, dtype=np.int64)

    findings = _ragged_rows(name, body, header_row, layout)
    if text.may_be_damaged:
        findings += damaged_letters(name, "", headers, body.columns, rows)
    findings += full_sheet(name, "", header_row + body.count)
    return [
        Table(
            file=content.file,
            sheet="",
            header_row=header_row,
            headers=headers,
            columns=body.columns,
            rows=rows,
            kinds=body.kinds,
            detected={
                "format": "text (CSV)",
                "encoding": text.encoding,
                "delimiter": f'"{delimiter_name(layout.delimiter)}" ({layout.origin})',
            },
            ragged=body.ragged,
            findings=findings,
            blank_end=body.blank_end,
            rows_above=header_row - 1,
            above=above_header(islice(records(text, layout.delimiter, name), header_row - 1)),
            proved=_proved(source, text, layout),
        )
    ]


def _proved(source: SourceRule, text: Text, layout: Layout) -> dict[str, str]:
    """What the profile left open. Plain ASCII proves no encoding, and a byte order mark needs none."""
    proved = {}
    if "encoding" not in source.model_fields_set and text.is_proof:
        proved["encoding"] = text.encoding
    if source.delimiter is None and layout.origin == "detected":
        proved["delimiter"] = layout.delimiter
    if source.header.row == "auto" and source.header.rows == 1:
        proved["header"] = str(layout.header.row)
    return proved


def _ragged_rows(name: str, body: Body, header_row: int, layout: Layout) -> list[Finding]:
    """One `ragged-row` finding per ragged row, in order of rows."""
    common = {"expected": str(body.expected), "delimiter": delimiter_name(layout.delimiter)}
    facts: dict[int, dict[str, str]] = {}  # shared: a million ragged rows must not need a million of them
    findings = []
    for position, fields in body.ragged.items():
        found = len(fields)
        if found not in facts:
            facts[found] = {"found": str(found), **common}
        row = header_row + 1 + position
        value = layout.delimiter.join(fields)
        findings.append(Finding("ragged-row", file=name, row=row, value=value, facts=facts[found]))
    return findings
