"""Where a canary may be. Everywhere else it is a leak."""

from fnmatch import fnmatchcase
from typing import NamedTuple

from tests.secrets.everywhere.canary_notes import Sighting


class Allowed(NamedTuple):
    """A kind of canary, the pattern of the places where it may be, and why."""

    kind: str
    place: str
    reason: str


# places: `log LOGGER`, `argv`, `error CODE`, `stdout COMMAND`, `stderr COMMAND`, `screen COMMAND` (both, at a terminal),
# `stdout of a test`, `name of a file`, `file NAME`, `key file NAME` (it begins with the key, and its name has no suffix),
# `ledger TABLE.COLUMN`, `sandbox` (a database that is no ledger), `damaged ledger`
ALLOWED = (
    Allowed(
        "key", "key file *", "a file that is there to hold a key; who may read it is the business of tests/settings"
    ),
    Allowed("key", "file .env", "the other place for a key on disk"),
    Allowed("sandbox key", "stdout sandbox", "printed as settings to copy; it opens nothing else"),
    Allowed("sandbox key", "file settings.py", "the module that defines it, where a test copies the package"),
    Allowed(
        "name", "stdout check", "the answer to the person who asked: customers never seen before, cells that are wrong"
    ),
    Allowed("name", "stdout plan", "the same"),
    Allowed(
        "name", "screen import", "a person at a terminal sees the plan, with customers never seen before, and is asked"
    ),
    Allowed("name", "stdout profile suggest", "the same: examples of columns, and two lines of the export in the head"),
    Allowed("name", "stdout profile new", "the same"),
    Allowed("name", "stderr profile new", "examples of the columns that may be the answer"),
    Allowed("name", "file *.yaml", "a profile made from an export shows two lines of it in its head"),
    Allowed("name", "file *.csv", "what users hand in, and lists they ask for"),
    Allowed("name", "file *.xlsx", "what users hand in, and reports"),
    Allowed("name", "ledger bodies.customer", "a name for people; goes with `ledger purge`"),
    Allowed("name", "ledger bodies.body", "the bytes that are sent; go with `ledger purge`"),
    Allowed("name", "ledger answers.body", "what Facturalia answered; goes with `ledger purge`"),
    Allowed("name", "ledger run_findings.finding", "findings quote cells; go with `ledger purge`"),
    Allowed("name", "ledger *.difference", "what a newer file says otherwise; goes with `ledger purge`"),
    Allowed("name", "damaged ledger", "a test damaged it on purpose: its columns can no longer be told"),
    Allowed("name", "sandbox", "stands for Facturalia itself: it keeps the invoices"),
)


def reason(sighting: Sighting) -> str:
    """Why a canary may be where it was seen; empty: it may not."""
    for one in ALLOWED:
        if one.kind == sighting.kind and fnmatchcase(sighting.place, one.place):
            return one.reason
    return ""
