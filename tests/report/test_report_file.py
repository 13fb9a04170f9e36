"""Where a report is written: whole or not at all, and over nothing but an earlier report."""

import errno
import gc
import os
import resource
import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import overload

import openpyxl
import pytest
from report_world import World, invoice, listed, opened, posted

from importer.errors import ConfigError
from importer.ledger.records import InvoiceRecord
from importer.stations.report import RunReport, require_target, write_report


@pytest.fixture
def report(world: World) -> RunReport:
    """A small report."""
    return world.report(world.run(world.plan([invoice("A", (0, 2, 3))]), {"A": posted("A")}))


def refusal(path: Path, report: RunReport) -> str:
    """The code with which writing is refused; the check beforehand says the same."""
    with pytest.raises(ConfigError) as writing:
        write_report(path, report)
    with pytest.raises(ConfigError) as checking:
        require_target(path)
    assert checking.value.as_json() == writing.value.as_json()
    assert writing.value.fix
    return writing.value.code


def test_a_missing_folder_is_refused(report: RunReport, tmp_path: Path) -> None:
    """No folder is made behind a person's back."""
    assert refusal(tmp_path / "none" / "r.xlsx", report) == "report-folder-missing"
    assert not (tmp_path / "none").exists()


def test_a_folder_is_refused(report: RunReport, tmp_path: Path) -> None:
    """A folder is no file to write to."""
    (tmp_path / "r.xlsx").mkdir()
    assert refusal(tmp_path / "r.xlsx", report) == "report-is-folder"


@pytest.mark.parametrize("name", ["report", "report.csv", "report.xls", "report.xlsx.txt"])
def test_another_suffix_is_refused(report: RunReport, tmp_path: Path, name: str) -> None:
    """A workbook under a name that no spreadsheet program opens is refused."""
    assert refusal(tmp_path / name, report) == "report-name"
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("content", [b"", b"Factuurnr;Datum\n", b"PK\x03\x04 cut short", b"\x00" * 100])
def test_a_file_that_is_no_workbook_is_not_written_over(report: RunReport, tmp_path: Path, content: bytes) -> None:
    """Whatever holds no report keeps its bytes."""
    path = tmp_path / "r.xlsx"
    path.write_bytes(content)
    assert refusal(path, report) == "report-over-other-file"
    assert path.read_bytes() == content


def test_a_workbook_that_is_no_report_is_not_written_over(report: RunReport, tmp_path: Path) -> None:
    """The very workbook that was imported is not written over by its own report."""
    path = tmp_path / "maart.xlsx"
    openpyxl.Workbook().save(path)
    before = path.read_bytes()
    assert refusal(path, report) == "report-over-other-file"
    assert path.read_bytes() == before


def test_an_earlier_report_is_replaced(world: World, report: RunReport, tmp_path: Path) -> None:
    """A report is written again over itself, also after another program has saved it, and keeps its permissions."""
    path = tmp_path / "r.xlsx"
    write_report(path, report)
    opened(path).save(path)
    path.chmod(0o600)
    reader = path.open("rb")
    before = path.read_bytes()
    later = world.report(world.run(world.plan([invoice("B", (0, 2, 2))]), {"B": posted("B")}))
    write_report(path, later)
    assert [row["Invoice"] for row in listed(path, "Rows")] == ["B"]
    assert path.stat().st_mode & 0o777 == 0o600
    with reader:  # whoever was reading the earlier one still has it whole
        assert reader.read() == before


def test_a_link_stays_a_link(report: RunReport, tmp_path: Path) -> None:
    """Writing to a link writes the file it points at."""
    write_report(tmp_path / "r.xlsx", report)
    (tmp_path / "newest.xlsx").symlink_to(tmp_path / "r.xlsx")
    write_report(tmp_path / "newest.xlsx", report)
    assert (tmp_path / "newest.xlsx").is_symlink()
    assert opened(tmp_path / "r.xlsx").sheetnames[0] == "Summary"


class FullDisk(Sequence[InvoiceRecord]):
    """Invoices during whose listing the disk fills up: the third look at them fails."""

    def __init__(self, invoices: Sequence[InvoiceRecord], error: Exception, looks: int) -> None:
        self._invoices = invoices
        self._error = error
        self._looks = looks

    @overload
    def __getitem__(self, at: int) -> InvoiceRecord: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[InvoiceRecord]: ...
    def __getitem__(self, at: int | slice) -> InvoiceRecord | Sequence[InvoiceRecord]:
        return self._invoices[at]

    def __len__(self) -> int:
        return len(self._invoices)

    def __iter__(self) -> Iterator[InvoiceRecord]:
        self._looks -= 1
        yield from self._invoices
        if self._looks <= 0:
            raise self._error


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), RuntimeError("a bug")])
@pytest.mark.parametrize("looks", range(1, 9))
def test_a_failure_on_the_way_leaves_everything_as_it_was(
    report: RunReport, tmp_path: Path, error: Exception, looks: int
) -> None:
    """Wherever writing fails, the earlier report is untouched and nothing is left beside it."""
    folder = tmp_path / "out"
    folder.mkdir()
    write_report(folder / "r.xlsx", report)
    before = (folder / "r.xlsx").read_bytes()
    broken = replace(report, invoices=FullDisk(report.invoices, error, looks))
    with pytest.raises((ConfigError, OSError, RuntimeError)) as raised:
        write_report(folder / "r.xlsx", broken)
    if isinstance(raised.value, ConfigError):
        assert (raised.value.code, "No space left" in raised.value.message) == ("report-not-written", True)
    assert [path.name for path in folder.iterdir()] == ["r.xlsx"]
    assert (folder / "r.xlsx").read_bytes() == before


# XlsxWriter leaves its scratch file open when it fails: the collector closes it, and says so
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_file_that_may_not_grow_is_a_clear_refusal(report: RunReport, tmp_path: Path) -> None:
    """Where the system stops the file from growing, the message says so, and nothing is left behind."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, hard))
    try:
        with pytest.raises(ConfigError, match="File too large") as raised:
            write_report(tmp_path / "r.xlsx", report)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert raised.value.code == "report-not-written"
    assert [path.name for path in tmp_path.iterdir()] == ["ledger"]
    del raised
    gc.collect()


def test_a_list_longer_than_a_sheet_goes_on_in_further_sheets(world: World, tmp_path: Path) -> None:
    """No row is cut: what does not fit goes on in "Rows 2", with its header, filter and frozen row."""
    run = world.run(world.plan([invoice("A", (0, 2, 12)), invoice("B", (0, 13, 13))]), {"A": posted("A")})
    write_report(tmp_path / "r.xlsx", world.report(run), rows_per_sheet=5)
    book = opened(tmp_path / "r.xlsx")
    assert book.sheetnames == ["Summary", "To do", "Invoices", "Rows", "Rows 2", "Rows 3", "Totals", "Findings"]
    assert [book[name].max_row for name in ("Rows", "Rows 2", "Rows 3")] == [5, 5, 5]
    assert [row["Row"] for row in listed(tmp_path / "r.xlsx", "Rows")] == list(range(2, 14))
    assert {book[name].auto_filter.ref for name in ("Rows", "Rows 2", "Rows 3")} == {"A1:H5"}
    assert {book[name].freeze_panes for name in ("Rows", "Rows 2", "Rows 3")} == {"A2"}


def test_memory_does_not_grow_with_the_rows(world: World, tmp_path: Path) -> None:
    """Ten times the rows take no more memory to write."""
    peaks = []
    for count in (1_000, 10_000):
        run = world.run(world.plan([invoice(f"A-{count}", (0, 2, count + 1))]), {})
        report = world.report(run)
        tracemalloc.start()
        write_report(tmp_path / f"{count}.xlsx", report)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 500_000


def test_every_list_is_ready_to_read_and_print(report: RunReport, tmp_path: Path) -> None:
    """Lists open with frozen headers, filters and set widths, and print landscape on one page's width, headers repeated."""
    write_report(tmp_path / "r.xlsx", report)
    book = opened(tmp_path / "r.xlsx")
    assert book.sheetnames == ["Summary", "To do", "Invoices", "Rows", "Totals", "Findings"]
    for page in book:
        assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
        fitting = page.sheet_properties.pageSetUpPr
        assert fitting is not None
        assert fitting.fitToPage
        assert len(page.column_dimensions) > 1
    for name in ("Invoices", "Rows", "Totals"):
        page = book[name]
        assert page.freeze_panes == "A2"
        assert page.auto_filter.ref.startswith("A1:")
        assert page.print_title_rows == "$1:$1"
        assert all(cell.font.b for cell in page[1])
    states = {cell.value: cell.fill.fgColor.rgb for cell in book["Invoices"]["B"][1:]}
    assert states == {"posted in this run": "FFD9EFDB"}  # the colour and the word
    assert book["To do"]["A2"].value == "Nothing here needs a person."
    assert book["Findings"]["A2"].value == "Nothing."
