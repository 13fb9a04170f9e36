"""One invoice on the wire: intent, window, POST, outcome, and again where that is safe."""

import random
from datetime import timedelta

from importer.domain.clock import Clock, plain, stamp
from importer.domain.money import euros
from importer.domain.records import Outcome, Result
from importer.domain.states import State
from importer.errors import Doubtful, Unfinished
from importer.facturalia.answers import Next, Stop, Verdict, judge, stop_error
from importer.facturalia.pace import Pace, back_off, wait_for
from importer.facturalia.reading import Paths
from importer.facturalia.reply import Answer, Poster
from importer.stations.submit.board import Board, Claim
from importer.stations.submit.model import Settled, SubmitSettings
from importer.stations.submit.timekeeper import Timekeeper

TOO_MANY = 429
FAR = 366 * 86_400.0  # seconds; a moment further away is not worth naming exactly
FINAL = frozenset({Next.DONE, Next.LEAVE})
STATES = {
    Result.POSTED: State.POSTED,
    Result.REJECTED: State.REJECTED,
    Result.UNKNOWN: State.UNKNOWN,
    Result.AMBIGUOUS: State.SENDING,
}
WINDOW_OVER = Verdict(
    Result.UNKNOWN,
    Next.DONE,
    code="window-over",
    detail="An earlier attempt was never answered, and it is too long ago to repeat it safely without an invoice number.",
)


class Sender:
    """Sends claimed invoices; shared by all workers, each of which brings its own `Poster`."""

    def __init__(
        self,
        board: Board,
        *,
        pace: Pace,
        clock: Clock,
        times: Timekeeper,
        rng: random.Random,
        settings: SubmitSettings,
        paths: Paths,
    ) -> None:
        self._board = board
        self._pace = pace
        self._clock = clock
        self._times = times
        self._rng = rng
        self._settings = settings
        self._paths = paths

    def send(self, claim: Claim, poster: Poster) -> Settled | None:
        """Every attempt this run may make of one invoice, each with the same bytes and key.

        None if the invoice was not touched: the run stopped before its first attempt.
        """
        verdict: Verdict | None = None
        while True:
            sent = claim.attempt.number - 1 - claim.queued.attempts  # attempts this run has made so far
            if not self._board.is_durable(claim.intent):
                return None
            if not self._pace.wait(self._board.go_on):
                self._board.release(claim, touched=verdict is not None)
                return None if verdict is None else self._settle(claim, verdict, sent)
            too_late = self._too_late(claim)  # the last thing before the send
            if too_late is not None:
                self._record(claim, too_late)
                return self._settle(claim, too_late, sent)
            verdict = self._attempt(
                claim, poster, after_conflict=verdict is not None and verdict.then is Next.ONCE_MORE
            )
            sent += 1
            if verdict.then in FINAL or sent >= self._settings.attempts or not self._wait(verdict, sent):
                return self._settle(claim, verdict, sent)
            claim.attempt = self._times.attempt(claim.queued, self._settings.run, claim.attempt.number + 1)
            claim.intent = self._board.write(claim.attempt)
            if not claim.doubt:  # nothing has left this machine: the window begins anew
                claim.first = self._times.own(claim.attempt)

    def _too_late(self, claim: Claim) -> Verdict | None:
        """Why what an earlier attempt may have made cannot be asked for again without the risk of making it twice.

        Facturalia keeps keys for a day at least, and invoice numbers for ever. Where nothing proves how long ago that
        attempt was, it was too long ago. None: it may be sent.
        """
        if not claim.doubt or claim.queued.has_number:
            return None
        age = self._times.age(claim.first)
        if age is None:
            step = self._times.set_back(claim.first)
            return WINDOW_OVER if step is None else _clock_doubtful(*map(plain, step))
        return WINDOW_OVER if age >= self._settings.window else None

    def _attempt(self, claim: Claim, poster: Poster, *, after_conflict: bool) -> Verdict:
        """One POST, its outcome handed to the ledger, and what it says of the API."""
        pauses = self._pace.pauses
        reply = poster.post_invoice(claim.queued.body, claim.queued.key)
        now = self._clock.now()
        verdict = judge(
            reply,
            ambiguous_before=claim.doubt,
            after_conflict=after_conflict,
            posted_in_run=self._board.posted,
            now=now,
            paths=self._paths,
            sent=claim.queued.body,
        )
        if verdict.result is Result.AMBIGUOUS:
            claim.doubt = True
        self._record(claim, verdict)
        self._listen(verdict, claim.attempt.number - claim.queued.attempts, pauses)
        if isinstance(reply, Answer):
            self._pace.learn(reply.headers, now)
            self._times.learn(reply.headers, now)
        return verdict

    def _listen(self, verdict: Verdict, sent: int, pauses: int) -> None:
        """What an answer means for the whole run: stop, pause, or one more failure in a row."""
        settings = self._settings
        limited = verdict.status == TOO_MANY and verdict.then is Next.AGAIN
        if verdict.stop is not Stop.NO:
            self._board.stop_with(stop_error(verdict))
        elif verdict.then is Next.AGAIN and (limited or verdict.wait is not None):
            seconds = verdict.wait
            if seconds is None:
                seconds = back_off(sent, self._rng, base=settings.back_off_base, cap=settings.back_off_cap)
            if seconds > settings.longest_wait:
                until = stamp(self._clock.now() + timedelta(seconds=min(seconds, FAR)))
                self._board.stop_with(_rate_limited(f"asks to wait until {until}") if limited else _api_down(verdict))
            elif not self._pace.pause(seconds, seen=pauses) and limited:
                return  # it was under way when the pause began: an echo, not a new failure
        if limited:
            self._board.failed(pause=_rate_limited("says again and again that there are too many requests"))
        elif verdict.alive:
            self._board.answered()
        else:
            self._board.failed(pause=_api_down(verdict))

    def _record(self, claim: Claim, verdict: Verdict) -> None:
        state = STATES.get(verdict.result) or claim.rest()
        self._board.write(
            Outcome(
                claim.attempt,
                self._clock.now(),
                verdict.result,
                state,
                ambiguous=state in {State.SENDING, State.UNKNOWN},
                status=verdict.status,
                code=verdict.code,
                detail=verdict.detail,
                body=verdict.body,
                answered=verdict.answered,
            )
        )

    def _wait(self, verdict: Verdict, sent: int) -> bool:
        """Wait before the next attempt; False if there will be none in this run."""
        seconds = verdict.wait
        if seconds is None:
            settings = self._settings
            seconds = back_off(sent, self._rng, base=settings.back_off_base, cap=settings.back_off_cap)
        return wait_for(seconds, self._clock, self._board.go_on)

    def _settle(self, claim: Claim, verdict: Verdict, attempts: int) -> Settled:
        state = STATES.get(verdict.result) or claim.rest()
        settled = Settled(
            claim.queued.external_id,
            claim.queued.label,
            verdict.result,
            state,
            attempts,
            verdict.status,
            verdict.code,
            verdict.detail,
            verdict.answered,
        )
        self._board.settle(settled)
        return settled


def check_canary(claim: Claim, settled: Settled) -> Doubtful | None:
    """Whether the totals Facturalia returned, where they can be read, differ from ours by more than a cent per line."""
    queued, answered = claim.queued, settled.answered
    for name, theirs, ours in (("excl.", answered.excl, queued.excl), ("incl.", answered.incl, queued.incl)):
        if theirs is not None and abs(theirs - ours) > queued.lines:
            return Doubtful(
                "totals-differ",
                f"Invoice {queued.label} came back as {euros(theirs)} {name} VAT; the file says {euros(ours)}.",
                fix="Look at this invoice in Facturalia, and at `prices` and the discounts in the profile. "
                "It exists and was recorded; nothing else was sent.",
            )
    return None


def _clock_doubtful(before: str, after: str) -> Verdict:
    """The verdict on an attempt whose age nobody can tell, since the clock was set back after it."""
    return WINDOW_OVER._replace(
        code="clock-doubtful",
        detail="An earlier attempt was never answered, and its age is not known: this machine's clock was set back "
        f"since, from {before} or later to {after}. Without an invoice number it cannot be repeated safely.",
    )


def _api_down(verdict: Verdict) -> Unfinished:
    reason = f"the answer was {verdict.status}" if verdict.status else verdict.code
    return Unfinished(
        "api-down",
        f"Facturalia cannot be reached or does not work (last: {reason}); the run is paused.",
        fix="Run the same command again later, or `importer resume`: it goes on where this one stopped.",
    )


def _rate_limited(says: str) -> Unfinished:
    return Unfinished(
        "rate-limited",
        f"Facturalia {says}; the run is paused.",
        fix="Run the same command again after that, or `importer resume`, perhaps with a lower IMPORTER_RATE.",
    )
