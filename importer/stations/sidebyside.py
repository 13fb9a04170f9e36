"""Work on whole columns, on all cores: Arrow and numpy let go of the interpreter while they count."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

FEW = 50_000  # rows below which starting threads costs more than it saves
MOST = 4


def side_by_side(jobs: Sequence[Callable[[], None]], rows: int) -> None:
    """Do independent jobs on columns of so many rows. Raises what the first of them (in their order) raises."""
    cores = min(os.cpu_count() or 1, MOST)
    if rows < FEW or cores == 1:
        for job in jobs:
            job()
        return
    with ThreadPoolExecutor(cores, thread_name_prefix="columns") as pool:
        for done in [pool.submit(job) for job in jobs]:
            done.result()
