"""`doctor`: is everything in place? It looks, and sends nothing."""

from datetime import datetime
from typing import NamedTuple

from importer.domain.clock import TOLERANCE, SystemClock, plain
from importer.domain.findings import Finding
from importer.errors import ImporterError
from importer.ledger.health import health
from importer.ledger.place import ledger_path
from importer.ledger.store import open_ledger
from importer.settings import load_settings


class Fact(NamedTuple):
    """One thing looked at. `exit` is 0 where all is well, else the exit code of a command that would need it."""

    what: str
    found: str
    fix: str = ""
    exit: int = 0


def examine(account: str) -> list[Fact]:
    """Settings, address, key, ledger file, durability, disk; in the order in which a run needs them."""
    facts: list[Fact] = []
    try:
        settings = load_settings()
        chosen = settings.account(account)
    except ImporterError as error:
        return [_fault("settings", error)]
    facts.append(Fact("account", f"{chosen.account.name} at {chosen.base_url}"))
    rate = "no limit" if chosen.rate is None else f"{chosen.rate:g} requests a second"
    facts.append(Fact("pace", f"{rate}, {chosen.concurrency} at once"))
    try:
        chosen.api_key()
        facts.append(Fact("API key", "set (not shown, not tried)"))
    except ImporterError as error:
        facts.append(_fault("API key", error))
    try:
        path = ledger_path(settings.ledger_url)
        if path is not None and not path.exists():
            facts.append(Fact("ledger", f"{path} does not exist yet; the first import makes it"))
            return facts
        with open_ledger(settings.ledger_url, clock=SystemClock(), upgrade=False) as ledger:
            found = health(ledger.database)
            count, head = ledger.events_head()
            newest = ledger.newest_event()
    except ImporterError as error:
        facts.append(_fault("ledger", error))
        return facts
    facts.append(
        Fact(
            "ledger",
            f"{found.path or 'in memory'}, schema {found.schema}, {found.size / 1e6:,.1f} MB, rights {found.file_rights}",
        )
    )
    facts.append(
        Fact(
            "durability",
            f"SQLite {found.sqlite_version}, journal {found.journal_mode}, synchronous {found.synchronous}",
        )
    )
    facts.append(Fact("disk", f"{found.file_system}, {found.free_space / 1e9:,.1f} GB free"))
    facts.append(Fact("audit chain", f"{count:,} events, newest hash {head[:16]}…"))
    facts.append(_clock(newest))
    facts += [Fact("warning", warning, exit=1) for warning in found.warnings]
    return facts


def _clock(newest: datetime | None) -> Fact:
    """The time of this machine: behind the ledger's newest event it cannot be right."""
    now = SystemClock().now()
    if newest is None or newest - now <= TOLERANCE:
        return Fact("clock", plain(now))
    found = Finding("clock-went-back", facts={"before": plain(newest), "after": plain(now)})
    return Fact("clock", found.message, found.fix, exit=1)


def _fault(what: str, error: ImporterError) -> Fact:
    return Fact(what, error.message, error.fix, error.exit_code)
