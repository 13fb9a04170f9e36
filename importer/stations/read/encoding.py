"""From bytes to UTF-8: a byte order mark wins, else the profile's encodings are tried strictly over the whole file."""

import codecs
import io
from collections.abc import Sequence
from dataclasses import dataclass

from importer.errors import SourceError
from importer.stations.read.oddities import may_be_damaged
from importer.stations.read.plausible import WESTERN, refuse_doubtful

_BLOCK = 8 << 20
_ASCII = bytes(range(128))
_BOMS = (  # longest first: the mark of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Text:
    """A text file as valid UTF-8 from byte `start` of `data` on, without NUL. `encoding` says what it was, in words.

    `may_be_damaged`: it holds signs that a wrong encoding makes of letters (`oddities` has them). `is_proof`: letters
    beyond ASCII were read, and no byte order mark said how.
    """

    data: bytes
    start: int
    encoding: str
    may_be_damaged: bool
    is_proof: bool = False

    def stream(self) -> io.TextIOWrapper:
        """The text from its beginning, with its line ends as they are (what the csv module wants)."""
        raw = io.BytesIO(self.data)
        raw.seek(self.start)
        return io.TextIOWrapper(raw, encoding="utf-8", newline="")


def decode(data: bytes, encodings: Sequence[str], name: str) -> Text:
    """Decode a whole file strictly. Raises SourceError naming the first bad line for each encoding tried.

    Also where the only encoding that fits makes words that no language has, unless the profile names it alone.
    """
    for mark, codec in _BOMS:
        if data.startswith(mark):
            try:
                text = _transcode(data, len(mark), codec)
            except UnicodeError:
                line = _bad_line(data, len(mark), codec)
                raise SourceError(
                    "wrong-encoding",
                    f"{name} says with its byte order mark that it is {codec}, but line {line} is not.",
                    fix="Export it again; something wrote into the file after it was made.",
                ) from None
            if 0 in text:
                raise _nul(name, text)
            start = len(mark) if text is data else 0
            return Text(text, start, f"{codec} (byte order mark)", may_be_damaged(text))

    faults = []
    nul: bytes | None = None
    for encoding in encodings:
        try:
            text = _transcode(data, 0, encoding)
        except UnicodeError:
            faults.append(encoding)
            continue
        if 0 not in text:
            refuse_doubtful(text, encoding, encodings, name)
            single = codecs.lookup(encoding).name in WESTERN  # each sign is one byte, and found much faster
            damaged = may_be_damaged(data, encoding) if single else may_be_damaged(text)
            return Text(text, 0, encoding, damaged, is_proof=not text.isascii())
        nul = nul or text
    if nul is not None:
        raise _nul(name, nul)
    places = ", ".join(f"{encoding} (line {_bad_line(data, 0, encoding)})" for encoding in faults)
    raise SourceError(
        "wrong-encoding",
        f"{name} is not written in any encoding the profile names; the first line that does not fit: {places}.",
        fix="Export as UTF-8, or name the file's encoding under source.encoding in the profile.",
    )


def _transcode(data: bytes, start: int, codec: str) -> bytes:
    """UTF-8 of `data` from `start` on; `data` itself where it is UTF-8 already. Raises UnicodeError if it does not fit."""
    superset = _contains_ascii(codec)
    if superset and data.isascii():
        return data
    same = codecs.lookup(codec).name == "utf-8"
    decoder = codecs.getincrementaldecoder(codec)("strict")
    out = io.BytesIO()
    size = len(data)
    for begin in range(start, size, _BLOCK):
        end = min(begin + _BLOCK, size)
        block = decoder.decode(data[begin:end], final=end == size)
        if not same:
            out.write(block.encode("utf-8"))
    return data if same else out.getvalue()


def _contains_ascii(codec: str) -> bool:
    try:
        return _ASCII.decode(codec) == _ASCII.decode("ascii")
    except UnicodeError:
        return False


def _bad_line(data: bytes, start: int, codec: str) -> int:
    """The line, from 1, of the first byte that does not fit."""
    try:
        data[start:].decode(codec)
    except UnicodeDecodeError as error:
        return data[start : start + error.start].decode(codec, "replace").count("\n") + 1
    except UnicodeError:
        return 1
    return 1


def _nul(name: str, text: bytes) -> SourceError:
    line = text.count(b"\n", 0, text.find(b"\0")) + 1
    return SourceError(
        "nul-byte",
        f"{name} holds a NUL byte in line {line}; text files have none.",
        fix="Export it again. If it is UTF-16 without a byte order mark, name utf-16-le under source.encoding.",
    )
