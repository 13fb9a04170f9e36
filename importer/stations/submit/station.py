"""The station that sends: the only one that changes anything outside this machine."""

import random
import threading
from collections.abc import Callable, Sequence
from contextlib import closing

from importer.domain.clock import Clock
from importer.domain.records import Queued, Result
from importer.facturalia.pace import Pace
from importer.facturalia.reading import NO_PATHS, Paths
from importer.facturalia.reply import Poster
from importer.stations.submit.board import Board
from importer.stations.submit.model import LedgerWriter, Progress, SubmitResult, SubmitSettings
from importer.stations.submit.sending import Sender, check_canary
from importer.stations.submit.timekeeper import Timekeeper

# Invoices claimed beyond those under way, per worker: on a disk that takes as long to flush as Facturalia to answer,
# fewer would leave workers waiting; each more is one to replay after a crash.
AHEAD = 2


def submit(
    queue: Sequence[Queued],
    *,
    ledger: LedgerWriter,
    make_client: Callable[[], Poster],
    clock: Clock,
    rng: random.Random,
    settings: SubmitSettings,
    progress: Progress,
    stop: threading.Event,
    answer_paths: Paths = NO_PATHS,
    pace: Pace | None = None,
    times: Timekeeper | None = None,
) -> SubmitResult:
    """Send every invoice of the queue at most once, as far as that can be proved, and record each step in the ledger.

    For every attempt the intent is durable before the first byte leaves, and the outcome is written afterwards; every
    attempt of an invoice sends its stored bytes under its stored key. With one worker all happens in the calling
    thread, in the order of the queue; with more, each worker has its own client and the next invoices are claimed
    ahead. `progress` is called once per settled invoice, one call at a time, from whichever thread. Set `stop` to end
    the run after what is under way. `pace` is shared by runs on the same key; made from `settings.rate` if None.
    `times` tells the age of earlier attempts and goes on learning from one call to the next; a new one if None.

    What cannot be sent any more ends the run with a reason in the result, it is not raised. Raises LedgerError if the
    ledger cannot be written: then nothing more was sent. On return every write is durable.
    """
    times = times if times is not None else Timekeeper(clock)
    board = Board(queue, ledger=ledger, clock=clock, times=times, settings=settings, progress=progress, stop=stop)
    sender = Sender(
        board,
        pace=pace if pace is not None else Pace(clock, settings.rate),
        clock=clock,
        times=times,
        rng=rng,
        settings=settings,
        paths=answer_paths,
    )
    workers = min(settings.workers, len(queue))
    try:
        if workers:
            with closing(make_client()) as poster:
                if settings.canary_first:
                    _send_canary(board, sender, poster, new_only=workers > 1)
                if workers == 1:
                    _work(board, sender, poster, ahead=0)
        if workers > 1 and board.go_on():
            _in_threads(board, sender, make_client, workers)
    except BaseException as error:  # noqa: BLE001 - raised again by `finish`, once the ledger knows where all invoices are
        board.crashed(error)
    return board.finish()


def _send_canary(board: Board, sender: Sender, poster: Poster, *, new_only: bool) -> None:
    """Send one by one until a new invoice is posted, and stop the run if its totals are not ours.

    With `new_only` the repetitions of unanswered attempts wait until then; otherwise the queue's order is kept.
    """
    while (claim := board.take(new_only=new_only)) is not None:
        new = not claim.doubt
        settled = sender.send(claim, poster)
        if settled is not None and new and settled.result is Result.POSTED:
            error = check_canary(claim, settled)
            if error is not None:
                board.stop_with(error)
            return


def _work(board: Board, sender: Sender, poster: Poster, *, ahead: int) -> None:
    while (claim := board.take(ahead=ahead)) is not None:
        sender.send(claim, poster)


def _in_threads(board: Board, sender: Sender, make_client: Callable[[], Poster], workers: int) -> None:
    """Let so many workers empty the queue. An interrupt lets them finish what is under way, then goes on upwards."""

    def work() -> None:
        try:
            with closing(make_client()) as poster:
                _work(board, sender, poster, ahead=AHEAD * workers)
        except BaseException as error:  # noqa: BLE001 - raised again in the calling thread
            board.crashed(error)

    threads = [threading.Thread(target=work, name=f"submit-{place}") for place in range(workers)]
    try:
        for thread in threads:
            thread.start()
    finally:
        _join(threads, board)


def _join(threads: Sequence[threading.Thread], board: Board) -> None:
    interrupt: BaseException | None = None
    for thread in threads:
        while thread.ident is not None and thread.is_alive():
            try:
                thread.join()
            except BaseException as error:  # noqa: BLE001 - Ctrl-C: no reason to leave requests without their outcome
                interrupt = error
                board.crashed(error)
    if interrupt is not None:
        raise interrupt
