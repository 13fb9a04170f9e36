"""A ledger file that a failing disk, or a hand, has changed: `verify` with the last known hash must notice."""

import argparse
import random
import sqlite3
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from importer.domain.clock import SystemClock
from importer.errors import LedgerError
from importer.facturalia.sandbox import SandboxSettings
from importer.ledger.store import open_ledger
from importer.ledger.verify import verify
from tests.faults.verdict import Verdict
from tests.faults.world import FAULTS, IMPORTER, World

KINDS = {"flip": 6, "edit": 2, "delete": 1, "cut": 1}  # how often, in proportion
BY_COMMAND = 3  # so many are shown to the command `ledger verify` as well


def bits(options: argparse.Namespace) -> Verdict:
    """Flip bits, edit and delete rows, cut the tail of copies of a ledger: opening or `verify --head` finds them all.

    A flip that leaves every readable value as it was (in bytes SQLite does not use) is harmless.
    """
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        world_folder = folder / "world"
        with World(
            world_folder, invoices=options.invoices, settings=SandboxSettings(faults=FAULTS, seed=options.seed)
        ) as world:
            world.finish()
            world.run()  # a later run, which finds everything posted
            total = world.judge()
            environment = world.environment
        whole = world.ledger.read_bytes()
        with open_ledger(world.ledger_url, clock=SystemClock()) as ledger:
            _, head = ledger.events_head()
        original = contents(world.ledger)
        results: Counter[tuple[str, str]] = Counter()
        for number in range(options.count):
            kind = rng.choices(list(KINDS), list(KINDS.values()))[0]
            copy = folder / "copy.db"
            copy.write_bytes(whole)
            copy.chmod(0o600)
            what = DEEDS[kind](copy, rng)
            damaged = copy.read_bytes()
            found = _found(copy, head)
            if number < BY_COMMAND and found:
                copy.write_bytes(damaged)
                total.demand(_told(copy, head, environment), f"`ledger verify` did not say so: {kind} {what}")
            if not found:
                copy.write_bytes(damaged)
                if contents(copy) == original:
                    found = "harmless"
                else:
                    total.corrupt += 1
                    found = "missed"
                    print(f"missed: {kind} {what}")
            results[kind, found] += 1
            for left in folder.glob("copy.db*"):
                left.unlink()
    for (kind, found), count in sorted(results.items()):
        print(f"{kind:8}{found:12}{count:6}")
    by_found: Counter[str] = Counter()
    for (_, found), count in results.items():
        by_found[found] += count
    total.figures |= {"damaged": options.count, "missed": by_found["missed"], "harmless": by_found["harmless"]}
    return total


def _found(copy: Path, head: str) -> str:
    """Where the damage was noticed: `opening`, `verify`, or nowhere."""
    try:
        with open_ledger(f"sqlite:///{copy}", clock=SystemClock(), upgrade=False, threaded=False, busy=1) as ledger:
            return "verify" if verify(ledger.database, head=head) else ""
    except LedgerError:
        return "opening"


def _told(copy: Path, head: str, environment: dict[str, str]) -> bool:
    done = subprocess.run(
        [IMPORTER, "ledger", "verify", "--head", head],
        env={**environment, "IMPORTER_LEDGER_URL": f"sqlite:///{copy}"},
        cwd=copy.parent,
        capture_output=True,
        check=False,
    )
    return done.returncode in {2, 4}


def contents(path: Path) -> object:
    """Everything that can be read from a database, or None where reading fails."""
    try:
        with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as raw:
            raw.text_factory = bytes
            facts = [
                raw.execute(f"PRAGMA {name}").fetchone()
                for name in ("user_version", "application_id", "encoding", "page_size", "auto_vacuum", "journal_mode")
            ]
            schema = raw.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name").fetchall()
            tables = [name.decode() for kind, name, _, _ in schema if kind == b"table"]
            rows = {
                table: raw.execute(_named("SELECT rowid, * FROM {} ORDER BY rowid", table)).fetchall()
                for table in tables
            }
    except (sqlite3.Error, UnicodeDecodeError):
        return None
    return facts, schema, rows


# --- the deeds ------------------------------------------------------------------------------------------------------


def _flip(copy: Path, rng: random.Random) -> str:
    data = bytearray(copy.read_bytes())
    place, bit = rng.randrange(len(data)), rng.randrange(8)
    data[place] ^= 1 << bit
    copy.write_bytes(data)
    return f"byte {place} bit {bit}"


def _by_hand(copy: Path, deed: Callable[[sqlite3.Connection], str]) -> str:
    """A person with an SQLite shell who takes the guards off, does it, and puts the guards back."""
    with closing(sqlite3.connect(copy, isolation_level=None)) as raw:
        raw.execute("PRAGMA ignore_check_constraints = ON")
        guards = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            raw.execute(_named("DROP TRIGGER {}", name))
        what = deed(raw)
        for _, sql in guards:
            raw.execute(sql)
    return what


def _named(statement: str, *names: str) -> str:
    """A statement with the names of tables or columns put in, quoted."""
    return statement.format(*(f'"{name}"' for name in names))


def _tables(raw: sqlite3.Connection) -> list[str]:
    names = [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return [name for name in names if raw.execute(_named("SELECT count(*) FROM {}", name)).fetchone()[0]]


def _edit(copy: Path, rng: random.Random) -> str:
    def deed(raw: sqlite3.Connection) -> str:
        while True:
            table = rng.choice(_tables(raw))
            columns = [row[1] for row in raw.execute(_named("PRAGMA table_info({})", table))]
            column = rng.choice(columns)
            rowid, value = rng.choice(raw.execute(_named("SELECT rowid, {} FROM {}", column, table)).fetchall())
            try:
                raw.execute(_named("UPDATE {} SET {} = ? WHERE rowid = ?", table, column), (_other(value, rng), rowid))
            except sqlite3.IntegrityError:  # a unique index refuses it: another place
                continue
            return f"{table}.{column} row {rowid}"

    return _by_hand(copy, deed)


def _other(value: object, rng: random.Random) -> object:
    """Something near, of the same type."""
    match value:
        case None:
            return 1
        case int():
            return value + rng.choice([-1, 1, 100])
        case bytes():
            place = rng.randrange(len(value)) if value else 0
            return value[:place] + bytes([(value[place] if value else 0) ^ 1]) + value[place + 1 :]
        case _:
            text = str(value)
            place = rng.randrange(len(text)) if text else 0
            return text[:place] + ("8" if text[place : place + 1] != "8" else "9") + text[place + 1 :]


def _delete(copy: Path, rng: random.Random) -> str:
    def deed(raw: sqlite3.Connection) -> str:
        table = rng.choice([name for name in _tables(raw) if name != "alembic_version"])
        rowid = rng.choice(raw.execute(_named("SELECT rowid FROM {}", table)).fetchall())[0]
        raw.execute(_named("DELETE FROM {} WHERE rowid = ?", table), (rowid,))
        return f"{table} row {rowid}"

    return _by_hand(copy, deed)


def _cut(copy: Path, rng: random.Random) -> str:
    """The newest events, or the end of the file."""
    if rng.random() < 0.5:
        data = copy.read_bytes()
        keep = rng.randrange(1, len(data))
        copy.write_bytes(data[:keep])
        return f"file at {keep}"

    def deed(raw: sqlite3.Connection) -> str:
        newest = raw.execute("SELECT max(seq) FROM events").fetchone()[0]
        kept = newest - rng.randint(1, min(20, newest))
        raw.execute("DELETE FROM events WHERE seq > ?", (kept,))
        return f"events after {kept}"

    return _by_hand(copy, deed)


DEEDS: dict[str, Callable[[Path, random.Random], str]] = {
    "flip": _flip,
    "edit": _edit,
    "delete": _delete,
    "cut": _cut,
}
