"""How the importer and its reader process talk: frames over pipes, each a tag, a length and that many bytes."""

import json
import struct
from typing import IO

_HEAD = struct.Struct(">cQ")
WORDS, BYTES = b"J", b"B"  # a JSON object; bytes whose meaning the words before them give
MAX_FRAME = 1 << 31  # more than a file may have, or a batch can have


def send(stream: IO[bytes], tag: bytes, payload: bytes | memoryview) -> None:
    """Write one frame. Raises OSError if nobody listens."""
    stream.write(_HEAD.pack(tag, len(payload)))
    stream.write(payload)


def send_words(stream: IO[bytes], words: object) -> None:
    """Write one frame with a JSON object, and let it go."""
    send(stream, WORDS, json.dumps(words).encode())
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[bytes, bytes]:
    """Read one frame: tag and payload. Raises EOFError if the other side is gone, or talks nonsense."""
    tag, length = _HEAD.unpack(_exactly(stream, _HEAD.size))
    if tag not in {WORDS, BYTES} or length > MAX_FRAME:
        raise EOFError
    return tag, _exactly(stream, length)


def _exactly(stream: IO[bytes], length: int) -> bytes:
    data = stream.read(length)
    if len(data) != length:
        raise EOFError
    return data
