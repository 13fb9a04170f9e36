"""Files come back with remarks, or only what failed of them: read once more, joined with what is known, written.

Every front door that has read files can do this: `check`, `plan`, `import`, and later for a run in the ledger.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from importer.domain.records import Plan
from importer.errors import SourceError
from importer.language.speech import Speech
from importer.ledger.store import Ledger
from importer.profile.load import LoadedProfile, load_profile, parse_profile
from importer.profile.model import Profile
from importer.stations.read.again import reopen
from importer.stations.reopened import Reopened
from importer.stations.report import RunReport
from importer.stations.report.returned import (
    Manner,
    Standing,
    give_back_annotated,
    give_back_failures,
    places,
    plan_standing,
    require_places,
    run_standing,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person asked for: the files with remarks, a workbook of failures, both, or nothing."""

    annotate: Path | None = None
    failures: Path | None = None

    def __bool__(self) -> bool:
        return self.annotate is not None or self.failures is not None

    def require(self, files: Sequence[Path]) -> None:
        """ConfigError now where something could not be written later; call it before anything is sent."""
        require_places([path for out in (self.annotate, self.failures) for path in _places(out, files)], files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What was written, one workbook a file. `failing` counts the rows of failing invoices, and those of none."""

    annotated: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    failing: int = 0

    def as_json(self) -> dict[str, object]:
        """The keys that `--json` has when something was asked for."""
        return {"annotated": list(self.annotated), "failures": list(self.failures)}


def give_back_plan(
    plan: Plan,
    files: Sequence[Path],
    loaded: LoadedProfile,
    wanted: Wanted,
    *,
    ledger: Ledger | None,
    speech: Speech,
    made_at: datetime,
) -> Given:
    """Give back the files of a plan, as it sees them. Without `ledger` nothing is known of what exists in Facturalia."""
    numbers = ledger.numbers([item.frozen.external_id for item in plan.items]) if ledger is not None else {}
    return _give_back(files, loaded.profile, plan_standing(plan, numbers, speech), wanted, speech, made_at)


def give_back_run(
    report: RunReport,
    files: Sequence[Path],
    profile: Profile,
    wanted: Wanted,
    *,
    speech: Speech,
    made_at: datetime,
) -> Given:
    """Give back the files of a run, with the states of now."""
    return _give_back(files, profile, run_standing(report, speech), wanted, speech, made_at)


def run_report(ledger: Ledger, run: str) -> RunReport:
    """All that the ledger knows of a run."""
    return RunReport(
        run=ledger.run_record(run),
        rows=ledger.run_rows(run),
        sheets=ledger.run_sheets(run),
        invoices=ledger.invoice_records(run),
        findings=ledger.run_findings(run),
        head=ledger.events_head(),
    )


def run_profile(ledger: Ledger, run: str, given: str | None) -> Profile:
    """The profile that a run used, as the ledger keeps it; `given` names another one."""
    if given is not None:
        return load_profile(given).profile
    text = ledger.run_profile(run)
    if not text:
        raise SourceError(
            "run-without-files", f"Run {run} read no files, so there is none to give back.", fix="Name an import."
        )
    return parse_profile(text.encode(), f"the profile of run {run}").profile


def find_files(report: RunReport, given: Sequence[Path]) -> list[Path]:
    """The files of a run: those given, else those of the same names in the working folder."""
    names = dict.fromkeys(sheet.file.name for sheet in report.sheets)
    return list(given) or [Path(name) for name in names]


def manner_of(profile: Profile, speech: Speech, made_at: datetime) -> Manner:
    """How the files of a profile are given back, so that the same profile reads them again."""
    source = profile.source
    named = [name for name in source.sheets or () if name != "*"]
    return Manner(
        made_at=made_at,
        profile=profile.profile,
        speech=speech,
        sheet=named[0] if named else "",
        header_rows=source.header.rows,
        header_first=source.header.row == "auto" and source.header.rows == 1,
        headings=bool(profile.rows.fill_down),
    )


def _give_back(
    files: Sequence[Path], profile: Profile, standing: Standing, wanted: Wanted, speech: Speech, made_at: datetime
) -> Given:
    wanted.require(files)
    manner = manner_of(profile, speech, made_at)
    annotated, failures, failing = [], [], 0
    for number, file in enumerate(files):
        reopened = _the_same(reopen(file, profile.source, profile.needed_columns()), standing)
        for out in _places(wanted.annotate, files)[number : number + 1]:
            give_back_annotated(out, reopened, standing, manner, files)
            annotated.append(str(out))
        for out in _places(wanted.failures, files)[number : number + 1]:
            failing += give_back_failures(out, reopened, standing, manner, files)
            failures.append(str(out))
    return Given(annotated=tuple(annotated), failures=tuple(failures), failing=failing)


def _places(out: Path | None, files: Sequence[Path]) -> list[Path]:
    return [] if out is None else places(out, [file.name for file in files])


def _the_same(reopened: Reopened, standing: Standing) -> Reopened:
    """SourceError unless the file holds the very bytes that were read: remarks would hang on the wrong cells."""
    if all(sheet.file.sha256 != reopened.file.sha256 for sheet in standing.sheets):
        raise SourceError(
            "file-differs",
            f"{reopened.file.name} is not the file that was read: its content differs.",
            fix="Give the file as it was, or check it anew with `importer check --annotate`.",
        )
    return reopened
