"""Ways to damage a file: bits, cuts, the archive around the parts, the XML and the records inside, sizes that lie."""

import io
import random
import re
import struct
import zipfile
from collections.abc import Callable

Mutation = Callable[[bytes, random.Random], bytes]

_NUMBERS = (
    b"",
    b"-1",
    b"0",
    b"abc",
    b"1e400",
    b"9" * 20,
    b"2.5",
    b"TRUE",
    b"A1",
    b"XFD1048576",
    b"2147483648",
    b"#N/A",
    b"&x;",
)
_PIECES = (
    b'r="', b't="s"', b"<v>", b"<f>", b'"-1"', b'"999999999999"', b"NaN", b"1E+400", b's="99"', b"<c/>", b"\xff", b"\0", b"]]>",
    b'<c r="XFD1048576"><v>1</v></c>', b'<row r="1048576">', b'<!DOCTYPE a [<!ENTITY b "c">]>', b'table:number-rows-repeated="1048576" ',
    b'table:number-columns-repeated="16384" ', b"<!--", b"<![CDATA[", b"_x0041_", b" ", b"\r\n", b"<t> x </t>",
)  # fmt: skip


def flipped(data: bytes, chance: random.Random) -> bytes:
    """Some bits turned over."""
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 3, 20))):
        out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


def overwritten(data: bytes, chance: random.Random) -> bytes:
    """Some bytes, or whole numbers, replaced."""
    out = bytearray(data)
    for _ in range(chance.choice((1, 2, 8))):
        at = chance.randrange(len(out))
        size = chance.choice((1, 2, 4))
        value = chance.choice((0, 1, (1 << 8 * size) - 1, 1 << 8 * size - 1, chance.randrange(1 << 8 * size)))
        out[at : at + size] = value.to_bytes(size, "little")
    return bytes(out)


def cut(data: bytes, chance: random.Random) -> bytes:
    """The end, the beginning or a piece of the middle missing."""
    at, length = chance.randrange(len(data)), chance.choice((1, 7, 512, len(data)))
    return chance.choice((data[:at], data[at:], data[:at] + data[at + length :])) or b"x"


def doubled(data: bytes, chance: random.Random) -> bytes:
    """A piece written twice, or moved elsewhere."""
    at, to, length = chance.randrange(len(data)), chance.randrange(len(data)), chance.choice((1, 16, 512, 4096))
    return data[:to] + data[at : at + length] + data[to:]


def _repacked(data: bytes, chance: random.Random, change: Callable[[dict[str, bytes]], None]) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    except zipfile.BadZipFile:
        return overwritten(data, chance)
    change(parts)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def archive_changed(data: bytes, chance: random.Random) -> bytes:
    """Parts dropped, swapped, renamed, emptied or blown up."""

    def change(parts: dict[str, bytes]) -> None:
        one, other = chance.choice(list(parts)), chance.choice(list(parts))
        way = chance.randrange(5)
        if way == 0:
            del parts[one]
        elif way == 1:
            parts[one], parts[other] = parts[other], parts[one]
        elif way == 2:
            parts[chance.choice((one.upper(), f"/{one}", f"../{one}", one + "\0"))] = parts.pop(one)
        elif way == 3:
            parts[one] = b""
        else:
            parts[one] += chance.choice((b" ", b"<a>", b"\0")) * chance.choice((1000, 2_000_000))

    return _repacked(data, chance, change)


def sizes_swapped(data: bytes, chance: random.Random) -> bytes:
    """What the archive says of the sizes, places and ways of packing of its parts is not so."""
    out = bytearray(data)
    heads = [match.start() for match in re.finditer(rb"PK(\x03\x04|\x01\x02|\x05\x06)", data)]
    if not heads:
        return overwritten(data, chance)
    for _ in range(chance.choice((1, 2))):
        at = chance.choice(heads) + chance.choice((6, 8, 10, 14, 16, 18, 20, 22, 24, 26, 28, 42))
        out[at : at + 4] = struct.pack(
            "<I", chance.choice((0, 1, 8, 99, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, chance.randrange(1 << 32)))
        )
    return bytes(out)


def xml_changed(data: bytes, chance: random.Random) -> bytes:
    """One piece of the XML of a part changed, added or taken out."""

    def change(parts: dict[str, bytes]) -> None:
        names = [name for name, content in parts.items() if content and name.lower().endswith((".xml", ".rels"))]
        sheets = [name for name in names if "sheet1" in name or "content" in name]
        if not names:
            return
        name = chance.choice(sheets if sheets and chance.random() < 0.6 else names)
        for _ in range(chance.choice((1, 1, 3))):
            parts[name] = _xml(parts[name], chance)

    return _repacked(data, chance, change)


def _xml(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content))
    way = chance.randrange(5)
    if way == 0:
        return content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]
    if way == 1:
        return content[:at] + chance.choice(_PIECES) + content[at:]
    if way == 2:
        return content[:at] + content[at + chance.randrange(60) :] or b"x"
    if way == 3:
        tags = list(re.finditer(rb"<[^<>]+>", content))
        if tags:
            tag = chance.choice(tags)
            return (
                content[: tag.start()] + chance.choice((b"", tag.group() * 2, b"</x>")) + content[tag.end() :] or b"x"
            )
    values = list(re.finditer(rb'"[^"]*"|>[^<]+<', content))
    if not values:
        return content + b"x"
    value = chance.choice(values)
    return content[: value.start() + 1] + chance.choice(_NUMBERS) + content[value.end() - 1 :]


def records_changed(data: bytes, chance: random.Random) -> bytes:
    """Kinds and lengths in the records of binary workbooks changed."""
    if data.startswith(b"PK"):

        def change(parts: dict[str, bytes]) -> None:
            names = [name for name in parts if name.endswith(".bin")]
            if names:
                name = chance.choice(names)
                parts[name] = overwritten(parts[name], chance)

        return _repacked(data, chance, change)
    out = bytearray(data)
    for _ in range(chance.choice((1, 3))):
        at = chance.choice(
            (chance.randrange(512), chance.randrange(len(out) // 2 * 2))
        )  # the header as often as all else
        out[at : at + 2] = struct.pack("<H", chance.choice((0, 0xFFFF, 0x203, 0xBD, 0x809, chance.randrange(1 << 16))))
    return bytes(out)


def text_changed(data: bytes, chance: random.Random) -> bytes:
    """Signs that mean something in text files put anywhere, perhaps very often."""
    out = data
    for _ in range(chance.choice((1, 3))):
        at = chance.randrange(len(out))
        piece = chance.choice(
            (b'"', b";", b",", b"\0", b"\r", b"\n", b"\xff\xfe", b"\xef\xbb\xbf", b"sep=,\n", b'";"', b"\x81", b"=1+1")
        )
        out = out[:at] + piece * chance.choice((1, 1, 1, 3, 5000)) + out[at:]
    return out


ANY: tuple[Mutation, ...] = (flipped, overwritten, cut, doubled)
PACKED: tuple[Mutation, ...] = (archive_changed, sizes_swapped, xml_changed, xml_changed, records_changed)


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The file with one kind of damage that fits it."""
    if data.startswith(b"PK"):
        ways = ANY + PACKED
    elif data.startswith(b"\xd0\xcf"):
        ways = (*ANY, records_changed, records_changed)
    else:
        ways = (*ANY, text_changed, text_changed)
    return chance.choice(ways)(data, chance)
