"""A key and a customer's name that occur nowhere else are followed through a whole month of work, faults included."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.facturalia.sandbox import SandboxSettings, SandboxThread
from tests.secrets.canaries import KEY, NAME

IMPORTER = Path(sys.executable).parent / "importer"
HEADER = "Factuurnr;Datum;Vervaldatum;Klantnr;Klant;BTW-nummer;Straat;Postcode;Gemeente;Land;Code;Omschrijving;Aantal;Prijs;BTW;Bedrag"


def _row(number: str, quantity: str = "2", price: str = "10,00", rate: str = "21%", total: str = "20,00") -> str:
    return f"{number};03/03/2026;02/04/2026;7;{NAME};;{NAME}laan 1;9000;Gent;België;ZW-1;dienst;{quantity};{price};{rate};{total}"


class Month:
    """Commands of one user in a folder of their own; everything they print is kept."""

    def __init__(self, folder: Path, server: SandboxThread) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.argv: list[str] = []
        (folder / "tmp").mkdir()
        self.environment = {
            **os.environ,
            "IMPORTER_BASE_URL": server.base_url,
            "IMPORTER_API_KEY": KEY,
            "IMPORTER_LEDGER_URL": f"sqlite:///{folder / 'ledger.db'}",
            "TMPDIR": str(folder / "tmp"),
            "PYTHONWARNINGS": "error",
        }

    def run(self, *arguments: str, **changes: str) -> int:
        """One command, with settings changed for it alone."""
        process = subprocess.Popen(
            [IMPORTER, *arguments],
            cwd=self.folder,
            env={**self.environment, **changes},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        self.argv.append(Path(f"/proc/{process.pid}/cmdline").read_text() if Path("/proc").exists() else "")
        out, err = process.communicate(timeout=120)
        self.said += [out, err]
        return process.returncode


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    """Good and bad files, rejections, lost answers, a wrong key, a dead server, a planted bug: all in one folder."""
    folder = tmp_path_factory.mktemp("month")
    settings = SandboxSettings(
        api_key=KEY, faults="lost-after:0.2,500-before:0.2,html-502:0.1", seed=3, products=frozenset({"ZW-1"})
    )
    good = "\r\n".join(
        [HEADER, *(_row(f"K-{number}") for number in range(12)), _row("K-99", quantity="-1", total="-10,00"), ""]
    )
    bad = "\r\n".join(
        [
            HEADER,
            _row("B-1", price="1O,00"),
            _row("B-2", rate="19%"),
            _row("B-3", total="21,00"),
            _row("B-4").replace("ZW-1", "NONE"),
            "",
        ]
    )
    (folder / "good.csv").write_text(good, encoding="utf-8")
    (folder / "bad.csv").write_text(bad, encoding="utf-8")
    (folder / "changed.csv").write_text(good.replace(";2;10,00;21%;20,00", ";3;10,00;21%;30,00", 1), encoding="utf-8")
    with SandboxThread(settings) as server:
        month = Month(folder, server)
        codes = [
            month.run("check", "bad.csv", "-m", "demo"),
            month.run("import", "good.csv", "-m", "demo", "--yes", "--report", "good.xlsx"),
            month.run("resume"),
            month.run("import", "bad.csv", "-m", "demo", "--yes", "--report", "bad.xlsx"),
            month.run("import", "changed.csv", "-m", "demo", "--yes"),
            month.run("import", "good.csv", "-m", "demo", "--yes", IMPORTER_API_KEY=KEY + "\nx"),
            month.run("import", "bad.csv", "-m", "demo", "--yes", IMPORTER_API_KEY=f"{KEY}-wrong"),
            month.run("import", "bad.csv", "-m", "demo", "--yes", IMPORTER_BASE_URL="http://127.0.0.1:1/api/v1"),
            month.run("status"),
            month.run("doctor"),
            month.run("ledger", "verify"),
        ]
        planted = (
            "import importer.pipeline as p, os, sys; from importer.cli.main import main\n"
            "def broken(*a, **k): raise ZeroDivisionError(os.environ['CUSTOMER'] + os.environ['IMPORTER_API_KEY'])\n"
            "p.read_tables = broken\n"
            "sys.exit(main(['check', 'good.csv', '-m', 'demo']))"
        )
        result = subprocess.run(
            [sys.executable, "-c", planted],
            cwd=folder,
            env={**month.environment, "CUSTOMER": NAME},
            capture_output=True,
            text=True,
            check=False,
        )
        month.said += [result.stdout, result.stderr]
        assert result.returncode == 70
        assert codes[0] == 1
        assert 0 in codes
        assert 2 in codes
        yield month


def _files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file below a folder; what a workbook holds is unpacked."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path, path.read_bytes()
            if path.suffix == ".xlsx":
                with zipfile.ZipFile(path) as book:
                    yield from ((path / name, book.read(name)) for name in book.namelist())


def test_the_key_is_nowhere(month: Month) -> None:
    """The API key is on no screen, in no argument, file, report, ledger, or trace of a bug."""
    assert month.said
    assert not [text for text in month.said if KEY in text]
    assert not [text for text in month.argv if KEY in text]
    hits = [path for path, content in _files(month.folder) if KEY.encode() in content]
    assert not hits


def test_a_customer_is_only_where_work_is_done(month: Month) -> None:
    """A customer's name is in the files, the ledger and the report; on no screen, in no trace, in no temporary file."""
    assert not [text for text in month.said if NAME in text]
    allowed = {
        "good.csv",
        "bad.csv",
        "changed.csv",
        "ledger.db",
        "ledger.db-wal",
        "ledger.db-journal",
        "good.xlsx",
        "bad.xlsx",
    }
    hits = {
        path.relative_to(month.folder).parts[0] for path, content in _files(month.folder) if NAME.encode() in content
    }
    assert "ledger.db" in hits
    assert hits <= allowed


def test_the_trace_of_a_bug_is_kept_without_values(month: Month) -> None:
    """The file that a bug leaves names places in the code, not what was in the variables."""
    traces = list((month.folder / "tmp").glob("importer-bug-*.txt"))

    assert len(traces) == 1
    assert "ZeroDivisionError" in traces[0].read_text()


def test_purging_leaves_no_name_in_the_ledger(month: Month) -> None:
    """After `ledger purge` the names of posted invoices are out of the file, and the chain still proves the rest."""
    database = month.folder / "ledger.db"
    copy = month.folder / "tmp" / "purged.db"
    assert month.run("ledger", "backup", str(copy)) == 0
    url = f"sqlite:///{copy}"
    planted = (
        "from datetime import timedelta; from importer.domain.clock import SystemClock; from importer.ledger.store import open_ledger\n"
        "from importer.ledger.purge import purge; clock = SystemClock()\n"
        f"ledger = open_ledger({url!r}, clock=clock)\n"
        "done = purge(ledger.database, before=clock.now() + timedelta(days=1), clock=clock); ledger.close(); print(done.invoices)"
    )
    result = subprocess.run(
        [sys.executable, "-c", planted], env=month.environment, capture_output=True, text=True, check=True
    )

    assert int(result.stdout) > 0
    assert copy.read_bytes().count(NAME.encode()) < database.read_bytes().count(NAME.encode())
    assert month.run("ledger", "verify", IMPORTER_LEDGER_URL=url) == 0
    copy.unlink()
