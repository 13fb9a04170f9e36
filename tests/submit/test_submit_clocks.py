"""The age of what earlier runs left unanswered, when clocks are wrong."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from submit_world import LOST, REPLAYED, START, World, doubtful, invoice, script

from importer.domain import clock as clocks
from importer.domain.clock import SystemClock
from importer.domain.records import Attempt, Queued, Result
from importer.facturalia.dates import server_moment
from importer.facturalia.reply import Answer, Reply
from importer.stations.submit.model import Settled
from importer.stations.submit.timekeeper import Timekeeper

HOUR = 3_600.0


def after(hours: float) -> datetime:
    """So many hours after the world begins."""
    return START + timedelta(hours=hours)


def seen(number: int, wall: float, boot: float | None, **changes: Any) -> Queued:
    """A doubt of so many hours ago by the wall clock, and by the boot clock, which saw it from the beginning."""
    elapsed = None if boot is None else (100.0 - boot) * HOUR
    return doubtful(number, wall, first_elapsed=elapsed, same_boot=boot is not None, **changes)


def settle(queued: Queued, *, up: float = 100.0, boot: str = "boot-1") -> tuple[Settled, World]:
    """What becomes of one invoice when the wall clock shows START and the machine has been up for `up` hours."""
    world = World(script(REPLAYED))
    world.boot_name = boot
    world.seconds = up * HOUR
    world.wall_shift = -timedelta(hours=up)
    return world.submit([queued]).settled["imp-1"], world


@pytest.mark.parametrize(
    ("wall", "boot", "sent"),
    [
        (10.0, 10.0, True),
        (10.0, 19.9, True),
        (10.0, 20.0, False),
        (0.1, 30.0, False),
        (20.0, 1.0, False),
        (30.0, 1.0, False),
        (10.0, None, True),
        (-5.0, 1.0, True),
        (-5.0, 21.0, False),
        (-5.0, None, False),
        (10.0, -1.0, True),
        (-5.0, -1.0, False),
    ],
)
def test_the_greater_age_counts(wall: float, boot: float | None, sent: bool) -> None:
    """Of wall clock and boot clock the one that says more is believed; alone each may do, if it is no contradiction.

    Hours before now by each clock; below zero: in its future, which proves nothing.
    """
    settled, world = settle(seen(1, wall, boot))

    assert len(world.sent) == sent
    assert settled.result is (Result.POSTED if sent else Result.UNKNOWN)


@pytest.mark.parametrize(
    ("newest", "boot", "sent"),
    [
        (-1.0, None, True),
        (0.08, None, True),  # just below five minutes
        (0.09, None, False),
        (300.0, None, False),
        (300.0, 1.0, True),
        (300.0, 20.0, False),
    ],
)
def test_a_clock_behind_the_ledger_proves_nothing(newest: float, boot: float | None, sent: bool) -> None:
    """An event later than now, by more than five minutes, takes all belief from the wall clock; the boot may still prove."""
    settled, world = settle(seen(1, 1.0, boot, newest_event=after(newest)))

    assert len(world.sent) == sent
    if not sent and boot is None:
        assert settled.code == "clock-doubtful"


@pytest.mark.parametrize(("wall", "newest", "sent"), [(19.0, -1.0, True), (1.0, 300.0, False), (-1.0, -2.0, False)])
def test_a_later_attempt_in_this_boot_proves_nothing_alone(wall: float, newest: float, *, sent: bool) -> None:
    """Where the first attempt was made before the machine was started, this boot counts only a part of its age."""
    queued = seen(1, wall, 0.5, newest_event=after(newest))._replace(same_boot=False)
    settled, world = settle(queued)

    assert len(world.sent) == sent
    assert settled.code == ("" if sent else "clock-doubtful")


def test_the_part_that_this_boot_has_counted_counts() -> None:
    """Twenty hours since a later attempt are twenty hours at least since the first."""
    settled, world = settle(seen(1, 5.0, 20.0)._replace(same_boot=False))

    assert (settled.code, world.sent) == ("window-over", [])


@pytest.mark.parametrize(("boot", "sent"), [(None, False), (5.0, True), (21.0, False)])
def test_a_clock_once_set_back_never_proves_again(boot: float | None, *, sent: bool) -> None:
    """Although its time has caught up with what the ledger saw: what was lost on the way is not known."""
    settled, world = settle(seen(1, 5.0, boot, newest_event=after(-0.1), set_back=(after(-4), after(-9))))

    assert len(world.sent) == sent
    assert settled.code == ("" if sent else "clock-doubtful" if boot is None else "window-over")
    assert ("from 2026-03-03 05:00 UTC or later to 2026-03-03 00:00 UTC" in settled.detail) == (boot is None)


def test_a_doubt_says_which_moments_contradict_each_other() -> None:
    """The sentence a person reads names what the clock says and what the ledger saw."""
    settled, _ = settle(doubtful(1, 1.0, newest_event=after(26.5)))

    assert settled.detail == (
        "An earlier attempt was never answered, and its age is not known: this machine's clock was set back since, from "
        "2026-03-04 11:30 UTC or later to 2026-03-03 09:00 UTC. Without an invoice number it cannot be repeated safely."
    )


def test_new_and_numbered_invoices_go_whatever_the_clock_says() -> None:
    """A clock that proves nothing holds up doubtful invoices without a number, and no other."""
    world = World(script(REPLAYED))
    late = after(500)
    queue = [invoice(1), doubtful(2, 1.0, newest_event=late), doubtful(3, 1.0, newest_event=late, has_number=True)]
    result = world.submit(queue)

    assert [one.result for one in result.settled.values()] == [Result.POSTED, Result.UNKNOWN, Result.POSTED]


def test_what_the_wall_clock_said_at_the_claim_is_not_forgotten() -> None:
    """Hours that pass in a run count on, although somebody sets the wall clock back meanwhile."""
    world = World(script(REPLAYED))

    def slow_disk(record: object) -> None:
        if isinstance(record, Attempt):
            world.seconds += 2 * HOUR
            world.wall_shift -= timedelta(hours=3)

    world.ledger_failure = slow_disk  # it fails nothing, it only takes hours
    settled = world.submit([doubtful(1, 19.0)]).settled["imp-1"]

    assert (settled.code, world.sent) == ("window-over", [])


# --- the clock of Facturalia ------------------------------------------------------------------------------------


def dated(hours: float) -> Answer:
    """A replay whose server's clock shows so many hours after the world began."""
    return REPLAYED._replace(headers={**REPLAYED.headers, "date": format_datetime(after(hours), usegmt=True)})


@pytest.mark.parametrize(("ahead", "sent"), [(0.0, 2), (1.0, 2), (5.0, 1), (5_000.0, 1), (-5.0, 2), (-5_000.0, 2)])
def test_the_servers_clock_makes_older_and_never_younger(ahead: float, sent: int) -> None:
    """By how much our clock is behind Facturalia's, so much older is what an earlier run left; never less."""
    world = World(script(dated(ahead)))
    result = world.submit([invoice(1), doubtful(2, 16.0)])

    assert len(world.sent) == sent
    assert result.settled["imp-2"].result is (Result.POSTED if sent == 2 else Result.UNKNOWN)


def test_a_server_that_is_behind_does_not_rejuvenate() -> None:
    """What is too old by our own clock stays too old, whatever an answer says."""
    world = World(script(dated(-10.0)))
    result = world.submit([invoice(1), doubtful(2, 21.0)])

    assert result.settled["imp-2"].code == "window-over"


def test_what_this_run_has_sent_itself_does_not_age_by_it() -> None:
    """Both moments of an attempt of this run were read from the same clocks: however wrong, its age is known."""
    answers: dict[str, Reply] = {"imp-1": dated(500.0), "imp-2": LOST}

    def answer(identity: str, attempt: int) -> Reply:
        return answers[identity] if attempt == 1 else REPLAYED

    world = World(answer)
    result = world.submit([invoice(1), invoice(2)])

    assert result.settled["imp-2"].result is Result.POSTED


@pytest.mark.parametrize(
    "text", ["", "yesterday", "Tue, 99 Mar 2026 09:00:00 GMT", "0", "Tue, 03 Mar 99999 09:00:00 GMT"]
)
def test_a_date_that_cannot_be_read_says_nothing(text: str) -> None:
    """Nonsense in the header is no clock."""
    assert server_moment({"date": text}) is None


def test_a_date_is_read_as_http_writes_it() -> None:
    """GMT, and what older servers write instead, is UTC."""
    noon = datetime(2026, 3, 3, 12, tzinfo=UTC)

    assert server_moment({"date": "Tue, 03 Mar 2026 12:00:00 GMT"}) == noon
    assert server_moment({"date": "Tue, 03 Mar 2026 12:00:00 -0000"}) == noon
    assert server_moment({"date": "Tue, 03 Mar 2026 13:00:00 +0100"}) == noon
    assert server_moment({}) is None


# --- what is told -------------------------------------------------------------------------------------------------


def told(times: Timekeeper) -> list[tuple[str, str]]:
    """Codes and messages of the findings."""
    return [(finding.code, finding.message) for finding in times.findings()]


def test_a_clock_that_is_right_is_not_worth_a_word() -> None:
    """Some minutes' difference, or an hour to Facturalia, are told to nobody."""
    times = Timekeeper(World(script(LOST)), after(0.08))
    times.learn(dated(1.0).headers, START)

    assert told(times) == []


def test_each_wrong_clock_is_told_once_with_both_moments() -> None:
    """The ledger's newest event, and the greatest difference to Facturalia, whatever order they are seen in."""
    times = Timekeeper(World(script(LOST)), after(30))
    for hours in (2.0, 5.0, 3.0, -4.0):
        times.learn(dated(hours).headers, START)
    times.age(times.earlier(doubtful(1, 1.0, newest_event=after(10))))

    assert told(times) == [
        (
            "clock-went-back",
            "This machine's clock was set back: the ledger saw 2026-03-04 15:00 UTC, and after that 2026-03-03 09:00 UTC.",
        ),
        ("clock-behind", "This machine's clock says 2026-03-03 09:00 UTC, and Facturalia's says 2026-03-03 14:00 UTC."),
    ]


def test_a_clock_that_went_back_before_an_earlier_run_is_told_too() -> None:
    """The newest event may be of a run that was begun by the wrong time and died: what was seen before it counts."""
    times = Timekeeper(World(script(LOST)), after(-1))
    times.age(times.earlier(doubtful(1, 1.0, newest_event=after(10))))
    later = Timekeeper(World(script(LOST)), after(-1))
    later.age(later.earlier(doubtful(1, 15.0, newest_event=after(-1), set_back=(after(-3), after(-13)))))

    assert [code for code, _ in told(times)] == ["clock-went-back"]
    assert told(later) == [
        (
            "clock-went-back",
            "This machine's clock was set back: the ledger saw 2026-03-03 06:00 UTC, and after that 2026-03-02 20:00 UTC.",
        )
    ]


def test_workers_learn_together() -> None:
    """However many answers come at once, the greatest difference stays."""
    times = Timekeeper(World(script(LOST)))
    hours = [float(number % 40) for number in range(400)]

    def work(part: int) -> None:
        for each in hours[part::4]:
            times.learn(dated(each).headers, START)

    workers = [threading.Thread(target=work, args=(part,)) for part in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert "2026-03-05 00:00 UTC" in told(times)[0][1]


# --- the boot -----------------------------------------------------------------------------------------------------


def test_attempts_carry_their_boot() -> None:
    """Every attempt tells the ledger its boot and the milliseconds since."""
    world = World(script(LOST, REPLAYED))
    world.seconds = 12.3456
    world.submit([invoice(1)])
    attempts = [record for record in world.records if isinstance(record, Attempt)]

    assert [each.boot for each in attempts] == ["boot-1"] * 2
    assert attempts[0].elapsed_ms == 12_345
    assert attempts[1].elapsed_ms == int(world.sent[1].at * 1000)


def test_the_machine_knows_its_boot() -> None:
    """Where the kernel names its boot, all processes are told the same name; it is stable."""
    if not clocks.BOOT_ID.exists():
        pytest.skip("this kernel does not name its boot")

    assert SystemClock().boot() == SystemClock().boot() == clocks.BOOT_ID.read_text().strip() != ""


def _missing(path: Path) -> None:
    path.unlink()


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _nonsense(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00")


@pytest.mark.parametrize("spoil", [_missing, _folder, _nonsense])
def test_a_boot_that_cannot_be_read_is_not_known(
    spoil: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without /proc, or with something else in its place, nothing breaks and nothing is claimed."""
    path = tmp_path / "boot_id"
    path.write_text("85736fcd\n")
    monkeypatch.setattr(clocks, "BOOT_ID", path)
    assert SystemClock().boot() == "85736fcd"
    spoil(path)
    assert SystemClock().boot() == ""


def test_a_clock_that_stops_asleep_names_no_boot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where `elapsed` cannot count suspension, its difference between two processes would prove too little."""
    monkeypatch.delattr(time, "CLOCK_BOOTTIME", raising=False)

    assert SystemClock().boot() == ""
