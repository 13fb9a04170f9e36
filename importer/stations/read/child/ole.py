"""The container of old Office files: finding one stream in it. Only read here; whatever does not add up is damage."""

import struct

_FREE = 0xFFFFFFFA  # sector numbers from here on mean no sector
_NO_ENTRY = 0xFFFFFFFF


class Damaged(ValueError):
    """The container is not sound."""


def stream(data: bytes, names: tuple[str, ...]) -> bytes:
    """The first of these streams that is there, by name (letter case does not matter). Raises Damaged."""
    try:
        return _Container(data).stream(names)
    except (struct.error, IndexError) as error:
        raise Damaged from error


class _Container:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._size = 1 << _bounded(struct.unpack_from("<H", data, 30)[0], 7, 16)
        self._small = 1 << _bounded(struct.unpack_from("<H", data, 32)[0], 5, 12)
        self._cutoff: int
        directory, _, self._cutoff, mini, mini_count, extra, extra_count = struct.unpack_from("<7I", data, 48)
        self._fat = self._table(self._fat_sectors(extra, extra_count))
        self._entries = self._chain(directory)
        self._mini_fat = self._table(self._sectors(mini)) if mini_count else ()

    def stream(self, names: tuple[str, ...]) -> bytes:
        wanted = [name.lower() for name in names]
        found: dict[str, bytes] = {}
        root = self._entries[:128]
        for at in range(0, len(self._entries) - 127, 128):
            entry = self._entries[at : at + 128]
            length = struct.unpack_from("<H", entry, 64)[0]
            name = entry[: max(min(length, 64) - 2, 0)].decode("utf-16-le", "replace").lower()
            if entry[66] == 2 and name in wanted:  # noqa: PLR2004 - a stream
                found.setdefault(name, entry)
        for name in wanted:
            if name in found:
                return self._content(found[name], root)
        raise Damaged

    def _content(self, entry: bytes, root: bytes) -> bytes:
        start, size = struct.unpack_from("<2I", entry, 116)
        if size >= self._cutoff:
            content = self._chain(start)
        else:
            holder = self._chain(struct.unpack_from("<I", root, 116)[0])
            size_of, chain = self._small, _walk(self._mini_fat, start)
            content = b"".join(holder[sector * size_of : (sector + 1) * size_of] for sector in chain)
        if len(content) < size:
            raise Damaged
        return content[:size]

    def _fat_sectors(self, extra: int, extra_count: int) -> list[int]:
        sectors = list(struct.unpack_from("<109I", self._data, 76))
        per = self._size // 4
        for _ in range(min(extra_count, len(self._data) // self._size + 1)):
            if extra >= _FREE:
                break
            more = struct.unpack_from(f"<{per}I", self._sector(extra))
            sectors += more[:-1]
            extra = more[-1]
        return [sector for sector in sectors if sector < _FREE]

    def _table(self, sectors: list[int]) -> tuple[int, ...]:
        if len(sectors) > len(self._data) // self._size + 1:
            raise Damaged
        content = b"".join(self._sector(sector) for sector in sectors)
        return struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4])

    def _sectors(self, start: int) -> list[int]:
        return list(_walk(self._fat, start))

    def _chain(self, start: int) -> bytes:
        return b"".join(self._sector(sector) for sector in self._sectors(start))

    def _sector(self, number: int) -> bytes:
        begin = (number + 1) * self._size
        sector = self._data[begin : begin + self._size]
        if not sector:
            raise Damaged
        return sector.ljust(self._size, b"\0")  # some writers cut the last one


def _walk(table: tuple[int, ...], start: int) -> list[int]:
    """The sectors of a chain. Raises Damaged if it leaves the table or bites its own tail."""
    chain: list[int] = []
    while start < _FREE:
        if start >= len(table) or len(chain) > len(table):
            raise Damaged
        chain.append(start)
        start = table[start]
    return chain


def _bounded(value: int, least: int, most: int) -> int:
    if not least <= value <= most:
        raise Damaged
    return value
