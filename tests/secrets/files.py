"""Looks for canaries in everything that lies in a folder: plain files, what workbooks hold, ledgers by table and column."""

import os
import re
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Container, Iterator
from contextlib import closing
from pathlib import Path
from shutil import copyfile

from tests.secrets.everywhere.canary_notes import Canary, Notes, Sighting

SQLITE = b"SQLite format 3\0"
ZIP = b"PK\x03\x04"
BESIDE = ("-wal", "-journal", "-shm")  # what SQLite keeps beside a database
MOST = 50_000_000  # bytes of one member of a workbook: more is one of the bombs that the reader's tests are about


def sightings_in(folder: Path, notes: Notes, *, but: Container[Path] = ()) -> Iterator[Sighting]:
    """Every canary in names and contents of the files below a folder, `but` some; the notes themselves are left out.

    Links are not followed; pipes and sockets are not opened.
    """
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if (path := Path(where, name)) != notes.folder and path not in but)
        for name in sorted(names):
            path = Path(where, name)
            shown = str(path.relative_to(folder))
            notes.looked += 1
            for canary in notes.canaries:
                if canary.within(shown.encode()):
                    yield notes.sighting(canary, "name of a file", shown)
            if path.is_file() and not path.is_symlink():
                for canary, place, inside in _in_file(path, notes.canaries):
                    yield notes.sighting(canary, place, f"{shown} {inside}".strip())


def _in_file(path: Path, canaries: tuple[Canary, ...]) -> Iterator[tuple[Canary, str, str]]:
    """Canary, place, and the part of the file in which it is."""
    content = path.read_bytes()
    for canary in canaries:
        if canary.within(content):
            yield from ((canary, place, "") for place in _places(path, content, canary))
    if content.startswith(ZIP):
        for member, inside in _members(path):
            for canary in canaries:
                if canary.within(inside):
                    yield canary, f"file {path.name}", member


def _places(path: Path, content: bytes, canary: Canary) -> Iterator[str]:
    """What the table of `allowed` calls the place. A key may not even be in a ledger's free pages: it is looked for raw."""
    if canary.kind != "name":
        begins = re.match(rb"[a-z_]{0,12}(?:%s)" % b"|".join(mark.encode() for mark in canary.marks), content)
        yield f"key file {path.name}" if begins and not path.suffix else f"file {path.name}"
        return
    database = next((path.with_name(path.name.removesuffix(end)) for end in BESIDE if path.name.endswith(end)), path)
    if database.is_file() and database.read_bytes()[: len(SQLITE)] == SQLITE:
        yield from _columns(database, canary)
    else:
        yield f"file {path.name}"


def _columns(database: Path, canary: Canary) -> Iterator[str]:
    """The columns of a database in which a canary is, what its write-ahead log adds included. Changes nothing."""
    beside = [path for end in BESIDE[:2] if (path := database.with_name(database.name + end)).exists()]
    if not beside:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro&immutable=1", uri=True)) as opened:
            yield from _columns_of(opened, canary)
        return
    with tempfile.TemporaryDirectory() as scratch:
        for path in (database, *beside):
            copyfile(path, Path(scratch, path.name))
        with closing(sqlite3.connect(Path(scratch, database.name))) as opened:
            yield from _columns_of(opened, canary)


def _columns_of(opened: sqlite3.Connection, canary: Canary) -> Iterator[str]:
    opened.text_factory = bytes
    try:
        tables = [name.decode() for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        if "events" not in tables:
            yield "sandbox"
            return
        for table in tables:
            rows = opened.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - a name the database itself gave
            names = [each[0] for each in rows.description]
            for name, values in zip(names, zip(*rows, strict=True), strict=False):  # no row, no column
                if canary.within(b"\n".join(value for value in values if isinstance(value, bytes))):
                    yield f"ledger {table}.{name}"
    except sqlite3.DatabaseError:
        yield "damaged ledger"


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    """What a zip file holds; nothing, where it is damaged (many tests damage one)."""
    try:
        with zipfile.ZipFile(path) as book:
            for member in book.infolist():
                if member.file_size <= MOST:
                    yield member.filename, book.read(member)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        return
