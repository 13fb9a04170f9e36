"""`--annotate` and `--failures`: what is given back, and what is said about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from importer.cli.language import speech, tr

if TYPE_CHECKING:
    from importer.domain.records import Plan
    from importer.ledger.store import Ledger
    from importer.profile.load import LoadedProfile
    from importer.tools.giveback import Given, Wanted


def asked(annotate: Path | None, failures: Path | None, files: Sequence[Path]) -> "Wanted | None":
    """What to give back; None for nothing. ConfigError now where it could not be written later."""
    if annotate is None and failures is None:
        return None
    from importer.tools.giveback import Wanted

    wanted = Wanted(annotate=annotate, failures=failures)
    wanted.require(files)
    return wanted


def give_back_plan(
    plan: "Plan",
    files: Sequence[Path],
    loaded: "LoadedProfile",
    wanted: "Wanted | None",
    *,
    ledger: "Ledger | None" = None,
) -> "Given | None":
    """Write what was asked for, as a plan sees the files."""
    if wanted is None:
        return None
    from importer.domain.clock import SystemClock
    from importer.tools import giveback

    now = SystemClock().now()
    return giveback.give_back_plan(plan, files, loaded, wanted, ledger=ledger, speech=speech(), made_at=now)


@dataclass(frozen=True, slots=True)
class Back:
    """What to give back of the files of an import, once it has ended."""

    files: Sequence[Path]
    loaded: "LoadedProfile"
    wanted: "Wanted"

    def give(self, ledger: "Ledger", run: str) -> "Given":
        """Write it, with the states of now."""
        from importer.domain.clock import SystemClock
        from importer.tools.giveback import give_back_run, run_report

        profile, now = self.loaded.profile, SystemClock().now()
        return give_back_run(run_report(ledger, run), self.files, profile, self.wanted, speech=speech(), made_at=now)


def give_back_run(
    ledger: "Ledger", run: str, files: Sequence[Path], mapping: str | None, annotate: Path | None, failures: Path | None
) -> "Given":
    """Write what was asked for, as the ledger now knows a run. Without `files` those of its names in this folder."""
    from importer.domain.clock import SystemClock
    from importer.tools import giveback

    report = giveback.run_report(ledger, run)
    profile = giveback.run_profile(ledger, run, mapping)
    wanted = giveback.Wanted(annotate=annotate, failures=failures)
    found, now = giveback.find_files(report, files), SystemClock().now()
    return giveback.give_back_run(report, found, profile, wanted, speech=speech(), made_at=now)


def show_given(given: "Given | None") -> None:
    """Where the workbooks are, and what to do with them."""
    from importer.cli.screen import console, say

    if given is None:
        return
    out = console()
    for path in given.annotated:
        out.print(tr("With remarks: {path}", path=path))
    for path in given.failures:
        out.print(tr("Only what failed: {path}", path=path))
    if given.failures and not given.failing:
        say(tr("Nothing failed: the workbook of failures holds the header alone."))
    else:
        say(tr("Correct it, save it, and import it with the same profile: nothing is ever posted twice."))
