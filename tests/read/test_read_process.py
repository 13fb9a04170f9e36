"""The reader process: bounded, alone, replaced when it dies, and never a danger to the importer."""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from importer.errors import SourceError
from importer.profile.model import SourceRule
from importer.stations.read import process as module
from importer.stations.read import read_grids, read_tables
from importer.stations.read.early import start_reader
from importer.stations.read.process import Died, ReaderProcess, idle_pids, warm_up
from importer.stations.table import Table
from tests.read import seeds

Reading = Callable[..., list[Table]]
linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="looks at processes through /proc")


@pytest.fixture
def reader() -> Iterator[ReaderProcess]:
    """A process of the test's own."""
    process = ReaderProcess()
    yield process
    process.end()


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """A small workbook."""
    path = tmp_path / "verkoop.xlsx"
    path.write_bytes(seeds.xlsx())
    return path


def answer(process: ReaderProcess, **words: object) -> object:
    """The last answer to a request."""
    return list(process.ask(words, seconds=20))[-1]


def _open_files(pid: int) -> list[Path]:
    """The open files of a process, but those that are gone when one looks."""
    return [link for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]


def _names_of_open_files(pid: int) -> set[str]:
    """What its open files are called; one that is closed at this moment by another thread has no name any more."""
    found = set()
    for link in _open_files(pid):
        with contextlib.suppress(FileNotFoundError):
            found.add(str(link.readlink()))
    return found


def gone(pid: int) -> bool:
    """Whether a process ends within a few seconds."""
    for _ in range(100):
        if not Path(f"/proc/{pid}/stat").exists() or Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
            return True
        time.sleep(0.05)
    return False


def test_one_process_reads_file_after_file(workbook: Path) -> None:
    """It is started once; the second file finds it waiting."""
    read_grids(workbook, None, 1)
    first = idle_pids()
    read_grids(workbook, None, 1)

    assert len(first) == 1
    assert idle_pids() == first


def test_a_text_file_starts_no_process(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small CSV imports do not pay for what they do not need."""

    def refuse() -> ReaderProcess:
        pytest.fail("a reader process was started")

    monkeypatch.setattr(module, "ReaderProcess", refuse)
    monkeypatch.setattr(module._keeper, "_idle", None)

    (table,) = reading("a;b\n1;2\n", "a")

    assert len(table.rows) == 1


@linux
def test_it_inherits_neither_secrets_nor_open_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No API key in its environment, no lock of the sender, no socket: its two pipes, and nothing else of ours."""
    monkeypatch.setenv("IMPORTER_API_KEY", "geheim-123")
    lock = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    os.set_inheritable(lock, True)
    fcntl.flock(lock, fcntl.LOCK_EX)
    fresh = ReaderProcess()
    try:
        answer(fresh, do="close")
        environment = Path(f"/proc/{fresh.pid}/environ").read_bytes()
        ours, its = _names_of_open_files(os.getpid()), _names_of_open_files(fresh.pid)
    finally:
        fresh.end()
        os.close(lock)

    assert b"geheim" not in environment
    assert b"IMPORTER" not in environment
    assert {name for name in ours & its if name != "/dev/null"} == {name for name in its if name.startswith("pipe:")}
    assert sum(name.startswith("pipe:") for name in its) == 2
    assert str(tmp_path / "lock") in ours - its


def test_a_process_that_dies_is_replaced(workbook: Path) -> None:
    """Whoever ends it: the next file is read by another."""
    warm_up()
    (pid,) = idle_pids()
    os.kill(pid, signal.SIGKILL)

    (grid,) = read_grids(workbook, None, None)

    assert grid.cells == seeds.SEEN
    assert idle_pids() != [pid]


def test_a_death_in_the_middle_gives_one_sentence(workbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice dead over one file: the file is at fault, the importer lives and says so."""
    asked: list[str] = []

    def die(self: ReaderProcess, words: dict[str, object], **_: object) -> list[bytes]:
        asked.append(str(words["exact"]))
        self.end()
        raise Died(overdue=False)

    monkeypatch.setattr(ReaderProcess, "ask", die)

    with pytest.raises(SourceError) as caught:
        read_tables(workbook, SourceRule(), ())
    assert caught.value.code == "unreadable-workbook"
    assert asked == ["False", "True"]  # the second time without the quick way


def test_the_clock_ends_a_file_that_takes_too_long(workbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that hangs is ended, and the sentence says that it took too long."""
    monkeypatch.setattr(module, "SECONDS", 0)  # so that any work is too much
    module._keeper.close()

    with pytest.raises(SourceError) as caught:
        read_tables(workbook, SourceRule(), ())
    assert caught.value.code == "file-too-slow"
    assert caught.value.message.startswith("verkoop.xlsx ")


@linux
def test_work_is_bounded_by_processor_time_too(reader: ReaderProcess) -> None:
    """The bound on work is the system's, so that it holds even if the importer sleeps."""
    data = seeds.xlsx([("x" * 20, float(number)) for number in range(20_000)])
    request = {"do": "open", "name": "a.xlsx", "kind": "auto", "seconds": 0, "exact": True}

    def work() -> None:
        list(reader.ask(request, seconds=60, data=data))
        for _ in range(50):  # a second of work is soon over
            list(reader.ask({"do": "rows", "sheet": 0, "first": 1, "last": None, "width": None}, seconds=60))

    with pytest.raises(Died) as caught:
        work()
    assert caught.value.overdue


@linux
def test_memory_is_bounded(reader: ReaderProcess) -> None:
    """A file that would take gigabytes ends its process, not the machine; the importer hears of it."""
    request = {"do": "open", "name": "a.xlsx", "kind": "auto", "seconds": 20, "exact": False}
    list(reader.ask(request, seconds=60, data=seeds.xlsx()))
    limits = Path(f"/proc/{reader.pid}/limits").read_text()
    space = next(line.split()[3] for line in limits.splitlines() if line.startswith("Max address space"))

    assert (1 << 29) < int(space) < (3 << 29)  # the libraries map some hundred megabytes that they never touch
    assert "Max core file size        0" in limits


def test_a_sheet_too_large_for_the_bound_is_refused(reading: Reading) -> None:
    """Eighteen million cells of an .ods in a file of a kilobyte: refused with a sentence, whatever the reader does."""
    cell = '<table:table-cell table:number-columns-repeated="18" office:value-type="string"><text:p>abcdefgh</text:p></table:table-cell>'
    data = seeds.ods_of(
        f'<table:table table:name="A"><table:table-row table:number-rows-repeated="1000000">{cell}</table:table-row></table:table>'
    )

    with pytest.raises(SourceError) as caught:
        reading(data, "abcdefgh", name="a.ods")
    assert caught.value.code == "file-too-heavy"


@linux
@pytest.mark.parametrize("busy", [False, True])
def test_it_ends_with_the_importer(tmp_path: Path, *, busy: bool) -> None:
    """Even if the importer is killed: its input closes, and it goes, at the latest when its work is done."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(seeds.xlsx([("tekst", float(number), "x") for number in range(20_000)]))
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom importer.stations.read import read_grids\n"
        "from importer.stations.read.process import idle_pids, warm_up\nwarm_up()\nprint(*idle_pids(), flush=True)\n"
        f"while {busy}: read_grids(Path(sys.argv[1]), None, None)\ntime.sleep(60)\n"
    )
    importer = subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE, text=True)
    assert importer.stdout is not None
    pid = int(importer.stdout.readline())
    time.sleep(0.3 if busy else 0)
    importer.kill()
    importer.wait()
    importer.stdout.close()

    assert gone(pid)


def test_threads_read_side_by_side(workbook: Path) -> None:
    """Each has a process of its own; one is kept."""
    found: list[object] = []

    def read() -> None:
        found.append(read_grids(workbook, None, None)[0].cells)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [seeds.SEEN] * 3
    assert len(idle_pids()) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_importer_starts_its_own(workbook: Path) -> None:
    """Two importers must not talk to one reader at once."""
    warm_up()
    before = idle_pids()
    pid = os.fork()
    if not pid:
        code = 1
        try:
            fine = idle_pids() == [] and read_grids(workbook, None, None)[0].cells == seeds.SEEN
            module._keeper.close()
            code = 0 if fine else 2
        finally:
            os._exit(code)

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert idle_pids() == before
    assert read_grids(workbook, None, None)[0].cells == seeds.SEEN


def test_it_is_started_early_for_workbooks_only(workbook: Path, tmp_path: Path) -> None:
    """While libraries load; a text file, a pipe, a folder or a missing file starts nothing, and is no fault yet."""
    module._keeper.close()
    text, pipe = tmp_path / "a.xlsx", tmp_path / "pipe"
    text.write_text("a;b\n")
    os.mkfifo(pipe)

    start_reader(text, pipe, tmp_path, tmp_path / "weg.xlsx", Path("a\0b"))
    before = idle_pids()
    start_reader(text, workbook)

    assert before == []
    assert len(idle_pids()) == 1


def test_the_importer_needs_nothing_of_it_to_start() -> None:
    """`importer --help` loads neither the value reader nor the process; the process itself loads no pandas."""
    code = "import sys, importer.cli.main; print([n for n in sys.modules if n.startswith(('python_calamine', 'pyarrow', 'openpyxl'))])"
    child = (
        "import sys, importer.stations.read.child.main, importer.stations.read.child.xlsx; "
        "print([n for n in ('pandas', 'pydantic', 'openpyxl', 'sqlalchemy', 'httpx') if n in sys.modules])"
    )

    for text in (code, child):
        done = subprocess.run([sys.executable, "-c", text], check=True, capture_output=True, text=True)
        assert done.stdout.strip() == "[]"
