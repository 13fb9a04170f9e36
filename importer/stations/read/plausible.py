"""Whether a text that was read as a western encoding can be one: nearly every file of any encoding decodes as one."""

import codecs
import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.domain.findings import visible
from importer.errors import SourceError
from importer.stations.read.octets import Octets

WESTERN = frozenset({"cp1252", "iso8859-1", "iso8859-15"})
OTHERS = (
    "windows-1252",
    "iso-8859-15",
    "cp850",
    "mac-roman",
    "windows-1250",
    "windows-1251",
    "windows-1253",
    "big5",
    "gb18030",
    "shift_jis",
)
_LETTERS = "À-ÖØ-öø-ÿ"
# What no western word holds, though the bytes of other encodings often make it:
IMPLAUSIBLE = "|".join(
    (
        f"[{_LETTERS}]{{4}}",  # whole words of letters beyond ASCII: Cyrillic, Greek
        "[a-z][ŠŽŒŸ]|[A-Za-z][‚„ˆ‹ƒ]",  # noqa: RUF001 - a capital or an opening sign inside a word: é of DOS or of a Mac
        "[A-Za-z][†‡‰¢¤¥¦¨¬´¶¸¼½¾][A-Za-z]",  # noqa: RUF001 - signs inside a word: DOS, and œ or ž of iso-8859-15
        "[¤¥¦¨¬¶¸¹³±¯´]{2}",  # noqa: RUF001 - signs side by side: Chinese and Japanese
        f"[¤¥¦¬¶±][{_LETTERS}]",
        "½(?:uvre|ufs?\\b|il\\b|nolog)",  # œuvre, œuf, œil, œnologie of iso-8859-15
    )
)
CONTROLS = "[\x80-\x9f]"  # what iso-8859-1 and -15 make of €, Œ and the dashes of windows-1252; no text holds them
CURRENCY = "¤"  # nobody writes it: the euro sign of iso-8859-15
_SIGNS = sorted({sign.encode() for sign in IMPLAUSIBLE if not sign.isascii() and sign not in _LETTERS})
_ALL_HIGH = np.uint32(0x80808080)
_BLOCK = 1 << 20
_AROUND = re.compile(r'[^;,\t|"\r\n]*')
_SHOWN = 40  # characters of a cell


def refuse_doubtful(data: bytes, encoding: str, encodings: Sequence[str], name: str) -> None:
    """Raise SourceError where `data` (UTF-8, read as the western `encoding`) holds what no western text does.

    A profile that names one encoding alone has decided; only control characters (CONTROLS) are doubted then.
    """
    codec = codecs.lookup(encoding).name
    if codec not in WESTERN:
        return
    if codec != "cp1252" and b"\xc2" in data:
        _refuse(data, CONTROLS, encoding, name)
    if len(encodings) > 1 and _may_be_doubtful(data):
        _refuse(data, IMPLAUSIBLE, encoding, name)
        _refuse(data, CURRENCY, encoding, name)


def _refuse(data: bytes, pattern: str, encoding: str, name: str) -> None:
    """Raise SourceError at the first place that fits the pattern."""
    ends = pa.py_buffer(np.array([0, len(data)], dtype=np.int64))
    whole = pa.Array.from_buffers(pa.large_string(), 1, [None, ends, pa.py_buffer(data)])  # one text, not copied
    if not pc.match_substring_regex(whole, pattern)[0].as_py():  # many times faster than the search below
        return
    text = data.decode("utf-8")
    found = re.search(pattern, text)
    if found is None:
        return
    line = text.count("\n", 0, found.start()) + 1
    cell = _cell(text, found)
    shown = visible(_cut(cell)) if pattern == CONTROLS else _cut(cell)
    readings = "; ".join(f'{other}: "{reading}"' for other, reading in _readings(cell, encoding))
    raise SourceError(
        "encoding-doubtful",
        f'{name} can be read as {encoding}, but line {line} would then say "{shown}". '
        f"Other encodings it may be: {readings or '-'}.",
        fix="Export it as UTF-8, or name the one right encoding alone under source.encoding in the profile.",
    )


def _may_be_doubtful(data: bytes) -> bool:
    """Whether the bytes allow for anything implausible; a first look, several times faster than the search itself.

    Text with none of the signs must have four letters in a row: eight bytes beyond ASCII, so that wherever they stand
    there are four that one 32-bit word holds.
    """
    if data.isascii():
        return False
    there = Octets(data)
    if any(there.may_have(sign) for sign in _SIGNS):
        return True
    words = np.frombuffer(data, dtype=np.uint32, count=len(data) // 4)
    return any(
        ((words[begin : begin + _BLOCK] & _ALL_HIGH) == _ALL_HIGH).any() for begin in range(0, len(words), _BLOCK)
    )


def _cell(text: str, found: re.Match[str]) -> str:
    """The cell around a place; the separators are not known yet, so any of the usual ones ends it."""
    begin = text.rfind("\n", 0, found.start()) + 1
    for piece in _AROUND.finditer(text, begin):
        if piece.end() > found.start():
            return piece.group().strip()
    return found.group()


def _readings(cell: str, encoding: str) -> list[tuple[str, str]]:
    """What the cell says in other encodings, where it fits them."""
    octets, readings = cell.encode(encoding), []
    for other in OTHERS:
        if codecs.lookup(other) == codecs.lookup(encoding):
            continue
        try:
            reading = octets.decode(other)
        except UnicodeError:
            continue
        if reading.isprintable():
            readings.append((other, _cut(reading)))
    return readings


def _cut(cell: str) -> str:
    return cell if len(cell) <= _SHOWN else cell[:_SHOWN] + "…"
