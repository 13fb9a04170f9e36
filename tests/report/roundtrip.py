"""The round trip of a workbook: thirty planted errors, given back in three languages, corrected, imported, posted once.

    python -m tests.report.roundtrip                  one line with the figures; exit 1 if anything differs
    python -m tests.report.roundtrip --keep FOLDER    leaves the workbooks there, to look at

The command line runs as processes of its own, and posts over HTTP into a sandbox that this command starts. The corrected
workbook goes in twice, the second time as LibreOffice saved it, where that is installed: nothing may be posted again.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))  # where the tests find it too
from desk import Desk, Said, a_desk
from planted import COLUMNS, INVOICES, PLANTS, SHEET, corrected, planted

LANGUAGES = ("nl", "fr", "en")
RED = "FFF8D7D7"
OFFICE_SECONDS = 180
_SMALL_WORDS = re.compile(r"\b(the|is not|are|and|with|which|must|cannot|this|that|from|what|should)\b")
_QUOTED = re.compile(r'"[^"]*"|`[^`]*`')
Run = Callable[..., Said]


@dataclass
class Trip:
    """What was seen on the way. `wrong` holds a sentence for everything that is not as it should be."""

    found: dict[str, int] = field(default_factory=dict)
    posted: int = 0
    doubled: int = 0
    mended: int = 0
    failing: int = 0
    office: str = "skipped (not installed)"
    wrong: list[str] = field(default_factory=list)

    def expect(self, what: str, seen: object, wanted: object) -> None:
        """Note a difference."""
        if seen != wanted:
            self.wrong.append(f"{what}: {seen} instead of {wanted}")

    def line(self) -> str:
        """The figures."""
        found = " ".join(f"{language}={count}" for language, count in self.found.items())
        kinds = len({one.kind for one in PLANTS})
        return (
            f"planted={len(PLANTS)} kinds={kinds} found {found} posted={self.posted} doubled={self.doubled}"
            f" mended={self.mended} still failing={self.failing} libreoffice={self.office}"
        )


def travel(desk: Desk, run: Run, soffice: str | None) -> Trip:
    """The whole way, in the folder of a desk with a sandbox. `run` executes one command."""
    trip = Trip()
    planted(desk.folder / "maart.xlsx")
    told = {language: _look(trip, desk.folder, run, language) for language in LANGUAGES}
    for language in ("nl", "fr"):
        _compare(trip, language, told[language], told["en"])

    first = run("import", "maart.xlsx", "-m", "demo", "--yes", "--json").object()
    trip.expect("posted at first", first["invoices"]["posted"], INVOICES - len(PLANTS))
    second = _import(run, str(corrected(desk.folder / "terug-nl.xlsx").name))
    trip.mended, trip.failing = second["rejoined"]["mended"], second["rejoined"]["still_failing"]
    trip.expect("exit code of the corrected workbook", second["exit"], 0)
    trip.expect("mended", trip.mended, len(PLANTS))
    trip.expect("still failing", trip.failing, 0)

    again = [_import(run, "terug-nl.xlsx")]
    if soffice is not None:
        again.append(_import(run, str(_saved_by_office(desk.folder, soffice, "terug-nl.xlsx"))))
        trip.office = "joined"
    for said in again:
        trip.expect("posted when imported again", said["invoices"]["posted"], 0)
        trip.expect("already posted", said["invoices"]["already_posted"], INVOICES)
    assert desk.server is not None
    numbers = Counter(str(one.number) for one in desk.server.invoices())
    trip.posted = len(numbers)
    trip.doubled = desk.count - len(numbers)
    trip.expect("posted", trip.posted, INVOICES)
    trip.expect("doubled", trip.doubled, 0)
    return trip


def _look(trip: Trip, folder: Path, run: Run, language: str) -> Mapping[str, str]:
    """`check --annotate` in a language: findings, red cells and comments stand at the planted cells and nowhere else."""
    name = f"terug-{language}.xlsx"
    said = run("--lang", language, "check", "maart.xlsx", "-m", "demo", "--annotate", name, "--json").object()
    trip.found[language] = said["findings_total"]
    places = sorted((one["code"], one["cell"]) for one in said["findings"])
    trip.expect(f"findings in {language}", places, sorted((one.kind, one.cell) for one in PLANTS))
    cells = [cell for row in _sheet(folder / name).iter_rows(max_col=len(COLUMNS)) for cell in row]
    told = {cell.coordinate: str(cell.comment.text) for cell in cells if cell.comment is not None}
    wanted = sorted(one.cell for one in PLANTS)
    trip.expect(f"commented cells in {language}", sorted(told), wanted)
    red = sorted(cell.coordinate for cell in cells if cell.fill.fgColor.rgb == RED)
    trip.expect(f"red cells in {language}", red, wanted)
    for one in said["findings"]:
        for part in (one["message"], one["fix"]):
            if part not in told.get(one["cell"], ""):
                trip.wrong.append(f'{language}, {one["cell"]}: the comment does not say "{part}"')
    return told


def _compare(trip: Trip, language: str, told: Mapping[str, str], english: Mapping[str, str]) -> None:
    """No comment, and no line of one, is English in a workbook of another language."""
    for cell, text in told.items():
        theirs = set(_sentences(english.get(cell, "")))
        for sentence in _sentences(text):
            if sentence in theirs or _SMALL_WORDS.search(_QUOTED.sub("", sentence)):
                trip.wrong.append(f'{language}, {cell}: "{sentence}" is English')


def _sentences(comment: str) -> Iterator[str]:
    return (line.strip() for line in comment.splitlines() if " " in line.strip())


def _import(run: Run, name: str) -> dict[str, Any]:
    return run("import", name, "-m", "demo", "--yes", "--json").object()


def _sheet(path: Path) -> Any:
    return load_workbook(path)[SHEET]


def _saved_by_office(folder: Path, soffice: str, name: str) -> Path:
    """The workbook opened and saved by LibreOffice; its path from the folder."""
    user = (folder / "office").as_uri()
    subprocess.run(
        [soffice, f"-env:UserInstallation={user}", "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML",
         "--outdir", "bewaard", name],
        cwd=folder, check=True, capture_output=True, timeout=OFFICE_SECONDS,
    )  # fmt: skip
    return Path("bewaard") / name


def main(arguments: list[str] | None = None) -> int:
    """Travel, print the line and what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, help="a new folder for the workbooks")
    keep: Path | None = parser.parse_args(arguments).keep
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with a_desk(folder) as desk:
            trip = travel(desk, desk.process, shutil.which("soffice"))
        if keep is not None:
            shutil.copytree(folder, keep, ignore=shutil.ignore_patterns("office", "ledger*"))
    print(trip.line())
    for sentence in trip.wrong:
        print(f"  {sentence}")
    return 1 if trip.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
