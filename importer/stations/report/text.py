"""Text on its way into a cell: nothing hidden, nothing cut without a mark, nothing that a program could run."""

import re

MOST = 32_767  # UTF-16 units a cell can hold
_SURE = MOST // 2  # any text of so many characters fits

# Controls (tab and line ends too), soft hyphen, zero-width and direction marks, line separators, halves of
# characters, non-characters: what nobody can see, or no workbook can hold.
_HIDDEN = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\xad\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ud800-\\udfff\\ufdd0-\\ufdef\\ufeff\\ufffe\\uffff]"
)
_NAMES = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def visible(text: str, shortened: str) -> str:
    r"""`text` with what cannot be seen written out (`\t`, `\x07`, `\u202e`), short enough for a cell.

    `shortened` is the note where it had to be cut, with `{count}` for its true number of characters.
    """
    if not text.isprintable():
        text = _HIDDEN.sub(_written, text)
    if text.startswith("<r>") and text.endswith("</r>"):
        text += " "  # XlsxWriter would take it for markup of its own and write it unescaped
    return text if len(text) <= _SURE else _cut(text, shortened)


def _written(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    return _NAMES.get(character) or (f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}")  # noqa: PLR2004 - one byte


def _cut(text: str, shortened: str) -> str:
    units = text.encode("utf-16-le")
    if len(units) // 2 <= MOST:
        return text
    note = "… " + shortened.format(count=f"{len(text):,}")
    kept = units[: 2 * (MOST - len(note))]
    return kept.decode("utf-16-le", errors="ignore") + note  # ignore: half a character at the cut
