import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from importer.domain.clock import SystemClock, stamp
from importer.facturalia.sandbox import SandboxSettings, SandboxThread, running
from importer.ledger.store import open_ledger
from importer.settings import load_settings
from importer.web.desk import Desk
from importer.web.uploads import Uploads, Work
from tests.secrets.canaries import KEY
from tests.web.attacks_pages import INVOICES, SAMPLE


@contextlib.contextmanager
def _at_desk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Desk, SandboxThread]]:
    """A desk of a folder, before a sandbox."""
    with running(SandboxSettings(api_key=KEY)) as sandbox:
        monkeypatch.setenv("IMPORTER_LEDGER_URL", f"sqlite:///{folder / 'ledger.db'}")
        monkeypatch.setenv("IMPORTER_BASE_URL", sandbox.base_url)
        monkeypatch.setenv("IMPORTER_API_KEY", KEY)
        clock, settings = SystemClock(), load_settings()
        with open_ledger(settings.ledger_url, clock=clock) as ledger:
            desk = Desk(settings, ledger, Uploads(folder / "uploads"), clock, "0")
            try:
                yield desk, sandbox
            finally:
                desk.close()


def _begun(desk: Desk) -> Work:
    work = desk.uploads.begin("default", stamp(desk.clock.now()))
    desk.uploads.add(work, SAMPLE.name, [SAMPLE.read_bytes()])
    work.profile = "demo"
    desk.uploads.save(work)
    return work


def _until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_late_second_confirmation_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser that read the work before another confirmed it posts nothing, even after the first has ended."""
    with _at_desk(tmp_path, monkeypatch) as (desk, sandbox):
        first = _begun(desk)
        late = desk.uploads.find(first.id)
        assert late is not None
        digest = desk.preview(first).plan.digest
        desk.post(first, digest, 1)
        _until(lambda: (posting := desk.senders.of(first.id)) is not None and posting.ended and first.run)
        posting = desk.senders.of(first.id)
        desk.post(late, digest, None)
        assert desk.senders.of(first.id) is posting
        assert posting is not None
        assert posting.error is None
        assert len(sandbox.requests()) == 1
        kept = desk.uploads.find(first.id)
        assert kept is not None
        assert (kept.run, kept.limit) == (first.run, 1)


def test_a_discarded_work_is_not_posted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody discarded a moment before another confirms it is not posted, and does not come back."""
    with _at_desk(tmp_path, monkeypatch) as (desk, sandbox):
        work = _begun(desk)
        made = desk.preview(work)
        assert made.sendable == INVOICES
        desk.uploads.discard(work)
        desk.post(work, made.plan.digest, None)
        assert desk.senders.of(work.id) is None
        assert sandbox.requests() == []
        assert list(desk.uploads.all()) == []
