"""What binary workbooks say about numbers: shared by the scans of .xls and .xlsb."""

import re
import struct

from importer.stations.kind import Kind
from importer.stations.read.cells import number_text
from importer.stations.read.child.facts import Facts, key_of
from importer.stations.read.child.formats import PLAIN, Look, temporal_text

ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
_DAYLIKE = re.compile(r"[dmyhs]", re.IGNORECASE)  # a format that some reader may take for that of a day


def compressed(value: int) -> float:
    """A number as binary workbooks shorten it: 30 bits, whole or the upper half of a double, perhaps in hundredths."""
    whole = value & 2
    number = float(value >> 2) if whole else struct.unpack("<d", struct.pack("<Q", (value & 0xFFFFFFFC) << 32))[0]
    if whole and value & 0x80000000:
        number -= float(1 << 30)
    return float(number / 100) if value & 1 else float(number)


class Styles:
    """The looks of cell styles, by index. A style that is not there is a plain one."""

    def __init__(self, looks: list[Look], codes: list[str], *, since_1904: bool) -> None:
        self._looks, self._since_1904 = looks, since_1904
        self._watched = [
            bool(one.temporal or (_DAYLIKE.search(code) and code != "General"))
            for one, code in zip(looks, codes, strict=True)
        ]

    def number(self, facts: Facts, row: int, column: int, style: int, value: float) -> None:
        """Note a number whose text a value reader would not tell: of a day, in percent, filled up with zeros."""
        shown = self._looks[style] if style < len(self._looks) else PLAIN
        if shown.temporal:
            text, kind = temporal_text(value, shown, since_1904=self._since_1904)
            facts.fixed[key_of(row, column)] = (text, int(kind))
        elif style < len(self._watched) and self._watched[style]:
            text, kind = number_text(value, shown.style)
            facts.fixed[key_of(row, column)] = (text, int(kind))
        elif shown.style:
            facts.style(row, column, shown.style)


def error(facts: Facts, row: int, column: int, code: int) -> None:
    """Note a cell that shows an error."""
    facts.fixed[key_of(row, column)] = (ERRORS.get(code, "#ERROR!"), int(Kind.ERROR))
