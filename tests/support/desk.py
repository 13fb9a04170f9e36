"""A desk for the tests of the command line: a folder, a sandbox on loopback, and the command itself.

said = desk.run("import", "maart.csv", "-m", "demo", "--yes", "--json")     in this process
said = desk.process("import", …)                                            as a real process
said.code, said.out, said.err, said.object()
"""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from importer.cli.main import app, ledger_app, main, profile_app
from importer.facturalia.sandbox import SandboxSettings, SandboxThread, running
from tests.secrets.canaries import KEY, NAME
from tests.secrets.everywhere.canary_notes import Notes, command_of

ROOT = Path(__file__).resolve().parents[2]
IMPORTER = str(Path(sys.executable).parent / "importer")
HEADERS = (
    "Factuurnr;Datum;Vervaldatum;Klantnr;Klant;BTW-nummer;Straat;Postcode;Gemeente;Land;"
    "Code;Omschrijving;Aantal;Prijs;BTW;Bedrag;Verkoper;Magazijn;Project;Opmerking"
)
COMMANDS = [
    (*before, command.name or "")
    for before, group in (((), app), (("profile",), profile_app), (("ledger",), ledger_app))
    for command in group.registered_commands
]
CUSTOMER = NAME
STREET = "Kanariestraat 7"


@dataclass(frozen=True)
class Said:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    def object(self) -> dict[str, Any]:
        """The one JSON object of `--json`; nothing else may stand on standard output."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        assert self.out.count("\n") == 1
        assert self.out.endswith("\n")
        return found

    def refusal(self) -> str:
        """The code of an error, told in one object, in one sentence and a remedy, without a stack trace."""
        found = self.object()
        assert found["exit"] == self.code
        assert set(found["error"]) == {"code", "message", "fix"}
        assert all(found["error"].values())
        self.is_calm()
        return str(found["error"]["code"])

    def is_calm(self) -> None:
        """No stack trace, no name of an exception."""
        assert "Traceback" not in self.out + self.err
        assert 'File "' not in self.out + self.err


class Desk:
    """A folder with a ledger, and the settings that lead to a sandbox. `name` is the ledger's file."""

    def __init__(self, folder: Path, server: SandboxThread | None, name: str = "ledger.db") -> None:
        self.folder = folder
        self.server = server
        self.settings = {"IMPORTER_LEDGER_URL": f"sqlite:///{folder / name}", "TMPDIR": str(folder)}
        if server is not None:
            self.settings |= {"IMPORTER_BASE_URL": server.base_url, "IMPORTER_API_KEY": server.api_key}

    @property
    def count(self) -> int:
        """How many invoices the sandbox holds."""
        assert self.server is not None
        return self.server.count()

    @property
    def requests(self) -> int:
        """How many requests the sandbox has seen."""
        assert self.server is not None
        return len(self.server.requests())

    def run(self, *arguments: object, **settings: str) -> Said:
        """One command in this process."""
        out, err = io.StringIO(), io.StringIO()
        before = dict(os.environ)
        os.environ.update(self.settings | settings)
        try:
            with contextlib.chdir(self.folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = main([str(argument) for argument in arguments])
        finally:
            os.environ.clear()
            os.environ.update(before)
        said = Said(code, out.getvalue(), err.getvalue())
        notes, words = Notes.of_session(), [str(argument) for argument in arguments]
        notes.look("argv", "\0".join(words))
        notes.look(f"stdout {command_of(words)}", said.out)
        notes.look(f"stderr {command_of(words)}", said.err)
        return said

    def start(self, *arguments: object, piped: bool = False, **settings: str) -> "subprocess.Popen[str]":
        """One command as a process of its own; `piped`: what it asks is answered through a pipe."""
        return subprocess.Popen(
            [IMPORTER, *map(str, arguments)],
            cwd=self.folder,
            env={**os.environ, **self.settings, **settings},
            stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def process(self, *arguments: object, **settings: str) -> Said:
        """One command as a process of its own, to its end."""
        with self.start(*arguments, **settings) as started:
            out, err = started.communicate(timeout=120)
        return Said(started.returncode, out, err)

    def file(self, name: str, rows: Iterable[str]) -> Path:
        """A text file in the layout of the profile `demo`."""
        path = self.folder / name
        path.write_text("\r\n".join([HEADERS, *rows]) + "\r\n", encoding="windows-1252")
        return path


@contextlib.contextmanager
def a_desk(folder: Path, settings: SandboxSettings | None = None) -> Iterator[Desk]:
    """A desk with a sandbox, which opens to the canary among the keys."""
    with running(replace(settings or SandboxSettings(), api_key=KEY)) as server:
        yield Desk(folder, server)


def row(number: str, code: str = "A1", quantity: str = "2", price: str = "10,00", **more: str) -> str:
    """A row of the layout `demo`; the customer is a canary that belongs into no log."""
    cells = {
        "date": "02/03/2026", "due": "01/04/2026", "customer": CUSTOMER, "street": STREET, "rate": "21%", "total": "",
        **more,
    }  # fmt: skip
    return (
        f"{number};{cells['date']};{cells['due']};00042;{cells['customer']};;{cells['street']};9000;Gent;België;"
        f"{code};Stoel;{quantity};{price};{cells['rate']};{cells['total']};Ann;M1;P-1;"
    )


def rows(count: int, first: int = 1) -> list[str]:
    """So many invoices of one line."""
    return [row(f"T-{number:04d}") for number in range(first, first + count)]
