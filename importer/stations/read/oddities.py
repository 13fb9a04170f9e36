"""Findings that every format shares: letters damaged by a wrong encoding, sheets filled to the brim."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.domain.findings import Finding, column_letter
from importer.stations.read.octets import Octets

# Two or three UTF-8 bytes of a western letter or sign, read as windows-1252; or the sign for a lost letter.
_CONTINUATION = "\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"  # noqa: RUF001 - these very signs are meant
MOJIBAKE = f"(Ã[{_CONTINUATION}]|Â[\u0080-\u00bf]|â[€‚„][{_CONTINUATION}]|\ufffd)"  # noqa: RUF001
_SIGNS = ("Ã", "Â", "â€", "â‚", "â„", "\ufffd")  # noqa: RUF001
ROW_LIMITS = frozenset({65_536, 1_048_576})  # of .xls, and of .xlsx


def may_be_damaged(data: bytes, encoding: str = "utf-8") -> bool:
    """Whether text in UTF-8 or a western encoding holds any letter that a damaged text would hold; a cheap first look."""
    if data.isascii():
        return False
    there = Octets(data)
    signs = [octets for sign in _SIGNS if (octets := sign.encode(encoding, "ignore"))]
    return any(there.may_have(sign) and sign in data for sign in signs)


def damaged_letters(
    file: str, sheet: str, headers: Sequence[str], columns: Sequence[pa.ChunkedArray], rows: np.ndarray
) -> list[Finding]:
    """One `mojibake` finding per column, on its first cell that looks read in a wrong encoding."""
    findings = []
    for position, column in enumerate(columns):
        for offset, chunk in _with_offsets(column):
            hits = pc.match_substring_regex(chunk, MOJIBAKE)
            first = pc.index(hits, True).as_py()
            if first >= 0:
                row = int(rows[offset + first])
                cell = f"{column_letter(position)}{row}"
                value = chunk[first].as_py()
                findings.append(
                    Finding(
                        "mojibake", file=file, sheet=sheet, row=row, column=headers[position], cell=cell, value=value
                    )
                )
                break
    return findings


def full_sheet(file: str, sheet: str, last_row: int) -> list[Finding]:
    """A `row-limit` finding if the last row is the last one the format can hold."""
    if last_row not in ROW_LIMITS:
        return []
    return [Finding("row-limit", file=file, sheet=sheet, row=last_row, facts={"count": str(last_row)})]


def _with_offsets(column: pa.ChunkedArray) -> list[tuple[int, pa.Array]]:
    pairs, offset = [], 0
    for chunk in column.chunks:
        pairs.append((offset, chunk))
        offset += len(chunk)
    return pairs
