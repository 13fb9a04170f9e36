"""What the pages work with: settings, the ledger, uploads, previews kept for a while, and what is being posted."""

import json
import os
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from importer.domain.circumstances import Circumstances
from importer.domain.clock import Clock, belgian_day, stamp
from importer.domain.identity import Account
from importer.domain.outcomes import OUTCOME_CODES
from importer.domain.states import SENDABLE, State
from importer.errors import ConfigError, ProfileError
from importer.facturalia.access import is_loopback
from importer.ledger.records import RunRecord
from importer.ledger.search import stored_body
from importer.ledger.store import Ledger
from importer.pipeline import plan_files
from importer.profile.load import LoadedProfile, load_profile
from importer.settings import AccountSettings, Settings
from importer.suggest.pick import Candidate, candidates, pick_profile
from importer.web.ownprofiles import OwnProfiles
from importer.web.preview import Preview, preview_of
from importer.web.sender import Posting, Senders
from importer.web.team import Team
from importer.web.uploads import Uploads, Work

REMEMBERED: Final = 50  # runs whose messages are looked through
_LINE: Final = re.compile(r"\blines\.(\d{1,6})\.([a-z_]+)\b(?! \")")
KEPT: Final = 4  # previews in memory: one of 10,000 invoices takes about 60 MB


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as the pages name it. `sandbox`: nothing is created in Facturalia."""

    name: str
    origin: str
    sandbox: bool


class Desk:
    """One open desk. Methods may be called from any thread."""

    def __init__(
        self, settings: Settings, ledger: Ledger, uploads: Uploads, clock: Clock, version: str, team: Team | None = None
    ) -> None:
        self.settings = settings
        self.team = team
        self.ledger = ledger
        self.uploads = uploads
        self.clock = clock
        self.own = OwnProfiles(settings.profiles or uploads.folder.parent / "profiles")
        self.senders = Senders(ledger, clock, version)
        self._known: tuple[object, list[Candidate]] = (None, [])
        self._previews: OrderedDict[tuple[str, str, str, str], Preview] = OrderedDict()
        self._turn = threading.Lock()
        self._confirming = threading.Lock()
        self._reading: dict[str, threading.Lock] = {}

    # --- accounts ------------------------------------------------------------------------------------------------

    def account(self, name: str) -> AccountSettings:
        """The settings of an account. SettingsError if there is none of that name."""
        return self.settings.account(name)

    def view(self, name: str) -> AccountView:
        """An account as the pages name it."""
        account = self.account(name)
        return AccountView(name, account.account.origin, is_loopback(account.base_url))

    def attention(self, name: str) -> int:
        """How many invoices of an account need a person."""
        return len(self.ledger.attention(self.account(name).account))

    def told(self, account: Account) -> dict[str, tuple[str, str]]:
        """By invoice, what was told in English when it was last rejected or left unknown: message with its cell, remedy."""
        found: dict[str, tuple[str, str]] = {}
        for run in self.ledger.runs(account, limit=REMEMBERED):  # newest first
            said: Any = run.summary.get("findings") or []
            for one in said:
                if one["code"] in OUTCOME_CODES and one["invoice"] not in found:
                    said_of = self._with_values(account, one["invoice"], one["message"])
                    found[one["invoice"]] = (said_of, one["fix"])
        return found

    def _with_values(self, account: Account, label: str, message: str) -> str:
        """A message with what was sent in the fields of lines it names; after a run that knew no cells, those are all."""
        if not _LINE.search(message):
            return message
        try:
            body = stored_body(self.ledger, account, label)
        except ConfigError:
            return message
        lines = json.loads(body)["lines"] if body else []

        def valued(named: re.Match[str]) -> str:
            number, name = int(named[1]), named[2]
            value = lines[number].get(name) if number < len(lines) else None
            return named[0] if value is None else f'{named[0]} "{value}"'

        return _LINE.sub(valued, message)

    # --- profiles ------------------------------------------------------------------------------------------------

    def profiles(self) -> list[Candidate]:
        """Every profile there is: shipped ones, then the user's own. Read anew once a file of theirs has changed."""
        folder = self.settings.profiles or self.own.present
        state = (folder, _state(folder))
        if self._known[0] != state:
            self._known = (state, candidates(folder))
        return self._known[1]

    def profile(self, called: str) -> LoadedProfile:
        """A profile by what -m calls it, but only one that this desk offers: a page may name no path."""
        for one in self.profiles():
            if one.called == called:  # loaded anew: what it extends may lie elsewhere
                return load_profile(Path(called) if called.endswith((".yaml", ".yml")) else called)
        raise ProfileError("profile-not-found", f'There is no profile "{called}".', fix="Choose one of the list.")

    def find_profile(self, work: Work) -> str:
        """What the one profile is called that fits the files of a work. ConfigError if none or several do."""
        return pick_profile(self.uploads.paths(work), self.profiles()).called

    # --- previews ------------------------------------------------------------------------------------------------

    def preview(self, work: Work) -> Preview:
        """The plan of a work against the ledger as it is now. Raises what reading and planning raise."""
        loaded = self.profile(work.profile)
        head = self.ledger.events_head()[1]
        key = (work.id, loaded.digest, head, stamp(self.clock.now())[:10])
        with self._turn:
            turn = self._reading.setdefault(work.id, threading.Lock())
        with turn:  # two browsers, one reading
            with self._turn:
                if key in self._previews:
                    self._previews.move_to_end(key)
                    return self._previews[key]
            files, settings = self.uploads.paths(work), self.account(work.account)
            given = Circumstances(belgian_day(self.clock.now()), settings.vat_number)
            plan = plan_files(files, loaded, settings.account, self.ledger, given=given)
            made = preview_of(plan, files, loaded)
            with self._turn:
                for stale in [other for other in self._previews if other[0] == work.id]:
                    del self._previews[stale]
                self._previews[key] = made
                while len(self._previews) > KEPT:
                    self._previews.popitem(last=False)
            return made

    # --- posting -------------------------------------------------------------------------------------------------

    def may_approve(self, work: Work, name: str) -> bool:
        """Whether somebody may confirm a work; with four eyes not whoever prepared it or wrote its profile."""
        if self.team is None or not self.team.four_eyes:
            return True
        return bool(work.prepared_by) and name not in (*work.prepared_by, self.own.maker(work.profile))

    def post(self, work: Work, digest: str, limit: int | None, by: str = "") -> None:
        """Send the plan that was confirmed. Whatever happens to the server, the work remembers which plan it was.

        Nothing happens if another browser has confirmed or discarded it a moment before. `by` is who confirms, in a
        team; ConfigError `four-eyes` if they may not.
        """
        made = self.preview(work)
        total = min(made.sendable, limit or made.sendable)
        with self._confirming:
            kept = self.uploads.find(work.id)
            if kept is None or kept.digest:
                return
            self._need_colleague(kept, by)
            work.prepared_by = kept.prepared_by
            work.digest, work.limit, work.run, work.approved_by = digest, limit, "", by
            self.uploads.save(work)
            self.senders.post(
                work.id, self.account(work.account), list(made.files), made.loaded,
                digest=digest, total=total, limit=limit, by=by, ended=lambda posting: self._ended(work, posting),
            )  # fmt: skip

    def go_on(self, work: Work, by: str = "") -> Posting:
        """Finish what is ready or unanswered of the run of a work. `by` is who says so, in a team.

        Raises ConfigError `four-eyes` where only a trial was confirmed, and `by` may not confirm the rest.
        """
        if work.limit is not None:
            self._need_colleague(work, by)
        settings, run = self.account(work.account), self.run_of(work)
        counts = self.ledger.counts(settings.account, run.run if run is not None else None)
        total = sum(number for state, number in counts.items() if str(state) in ("ready", "sending"))
        return self.senders.go_on(
            work.id,
            settings,
            run=run.run if run is not None else None,
            total=total,
            by=by,
            ended=lambda _: self._gone_on(work),
        )

    def _need_colleague(self, work: Work, by: str) -> None:
        if not self.may_approve(work, by):
            raise ConfigError(
                "four-eyes",
                "A colleague must approve before the invoices are created: you have prepared this import.",
                fix="Ask a colleague who may approve; nothing has been created.",
            )

    def run_of(self, work: Work) -> RunRecord | None:
        """The run that a confirmed work became; found by its plan if the server was killed in the middle."""
        if work.run:
            return self.ledger.run_record(work.run)
        if not work.digest:
            return None
        account = self.account(work.account).account
        runs = [run for run in self.ledger.runs(account) if run.command == "import" and run.plan_digest == work.digest]
        found = [run for run in runs if stamp(run.started_at) >= work.made_at]
        if found:
            work.run = found[0].run
            self.uploads.save(work)
            return found[0]
        return None

    def sendable(self, work: Work) -> int:
        """How many invoices of the preview would be posted."""
        return sum(item.plan_class in SENDABLE for item in self.preview(work).plan.items)

    def close(self) -> None:
        """End what is being posted; what is under way is finished."""
        self.senders.close()

    def _gone_on(self, work: Work) -> None:
        """Let go of the files once everything that the run was to post exists, and nothing in them was refused."""
        run = self.run_of(work)
        if run is None:
            return
        states = {one.state for one in self.ledger.invoice_records(run.run)}
        refused = any(row.bucket == "refused" for row in self.ledger.run_rows(run.run))
        if states == {State.POSTED} and not refused:
            self.uploads.empty(work)

    def _ended(self, work: Work, posting: Posting) -> None:
        if posting.summary is not None and posting.summary.run:
            work.run = posting.summary.run
            self.uploads.save(work)
            if posting.summary.exit == 0:
                self.uploads.empty(work)


def _state(folder: Path | None) -> list[tuple[str, int, int, int]]:
    """The profiles of a folder, each with what changes when somebody writes it."""
    if folder is None or not folder.is_dir():
        return []
    found = []
    for entry in os.scandir(folder):
        if entry.name.endswith((".yaml", ".yml")):
            seen = entry.stat()
            found.append((entry.name, seen.st_ino, seen.st_size, seen.st_mtime_ns))
    return sorted(found)
