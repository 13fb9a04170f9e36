"""Give a file back with remarks, or only what failed of it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from importer.domain.invoice import SourceFile
from importer.stations.reopened import Reopened
from importer.stations.report.returned.cells import rows_of, with_groups
from importer.stations.report.returned.copied import Uncopyable, write_copy
from importer.stations.report.returned.fresh import FreshBook
from importer.stations.report.returned.legend import Line, Remarks, legend
from importer.stations.report.returned.model import FAILS, Limits, Manner, Standing
from importer.stations.report.returned.notes import SheetNotes, take_notes
from importer.stations.report.returned.rows import Keep, Part, SheetWriter, kept
from importer.stations.report.returned.target import given_back

LIMITS = Limits()


def give_back_annotated(
    path: Path,
    reopened: Reopened,
    standing: Standing,
    manner: Manner,
    sources: Sequence[Path],
    limits: Limits = LIMITS,
) -> None:
    """Write the whole file to `path` with remarks: all rows and columns in their places, further columns at the right.

    A workbook of usual size is copied with everything in it; any other file becomes a fresh workbook. `sources` are
    the files that were read, none of which is written over. ConfigError where `path` cannot be written.
    """
    notes = _notes_of(reopened, standing, manner)

    def explain(remarks: Remarks) -> Iterator[Line]:
        return _legend(reopened, notes, manner, remarks, standing, failures=False)

    with given_back(path, sources) as (made, scratch):
        if reopened.workbook is not None:
            try:
                write_copy(made, reopened, notes, manner, explain, limits)
            except Uncopyable:
                notes = _notes_of(reopened, standing, manner)  # as they were before the attempt
            else:
                return
        left_out = [sheet.name for sheet in reopened.sheets if sheet.name not in notes]
        remarks = Remarks(left_out=left_out, anew=not reopened.delimiter)
        with FreshBook(
            made, scratch=scratch, manner=manner, title=reopened.file.name, comments=limits.comments
        ) as book:
            for part in _parts(reopened, notes, manner):
                SheetWriter(book, part, manner, remarks, rows=limits.rows).write()
            book.add_legend(explain(remarks))


def give_back_failures(
    path: Path,
    reopened: Reopened,
    standing: Standing,
    manner: Manner,
    sources: Sequence[Path],
    limits: Limits = LIMITS,
) -> int:
    """Write only the failing invoices to `path`, all rows of each, below the same header; returns how many rows.

    Rows that belong to no invoice fail too. Where nothing fails, the workbook holds the header alone.
    """
    notes = _notes_of(reopened, standing, manner)
    remarks = Remarks(anew=not reopened.delimiter)
    count = 0
    with given_back(path, sources) as (made, scratch):  # noqa: SIM117 - the book is closed before the file is moved
        with FreshBook(
            made, scratch=scratch, manner=manner, title=reopened.file.name, comments=limits.comments
        ) as book:
            for part in _parts(reopened, notes, manner):
                rows = kept(part.notes, headings=manner.headings)
                count += len(rows)
                keep = Keep(rows, top=not manner.header_first)
                SheetWriter(book, part, manner, remarks, keep=keep, rows=limits.rows).write()
            book.add_legend(_legend(reopened, notes, manner, remarks, standing, failures=True))
    return count


def _legend(
    reopened: Reopened,
    notes: Mapping[str, SheetNotes],
    manner: Manner,
    remarks: Remarks,
    standing: Standing,
    *,
    failures: bool,
) -> Iterator[Line]:
    general = [text for one in notes.values() for text in one.general]
    present = {stretch.place for one in notes.values() for stretch in one.stretches}
    if failures:
        present &= FAILS
    return legend(reopened.file, manner, remarks, general, present=present, run=standing.run, failures=failures)


def is_of(file: SourceFile, reopened: Reopened) -> bool:
    """Whether a file is the one that was reopened: its bytes say so, not its name."""
    return file.sha256 == reopened.file.sha256


def _notes_of(reopened: Reopened, standing: Standing, manner: Manner) -> Mapping[str, SheetNotes]:
    """What is said of the sheets of one file, by their names."""
    notes = take_notes(standing, manner.speech)
    return {one.sheet.name: one for one in notes if is_of(one.sheet.file, reopened)}


def _parts(reopened: Reopened, notes: Mapping[str, SheetNotes], manner: Manner) -> Iterator[Part]:
    for sheet in reopened.sheets:
        own = notes.get(sheet.name)
        if own is not None:
            title = sheet.name or manner.sheet or Path(reopened.file.name).stem
            rows = rows_of(reopened, sheet)
            if manner.header_rows > 1:
                rows = with_groups(rows, own.sheet.header_row, sheet.merges)
            yield Part(title, rows, own, sheet.last_column, reopened.delimiter)
