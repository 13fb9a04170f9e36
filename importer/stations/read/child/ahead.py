"""Giving a workbook to the value reader before anything else is done: that takes longest, and needs no lock of ours."""

import io
import threading
import zipfile
from dataclasses import dataclass

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from importer.stations.read.prescan import refuse_bombs

_WORTH = 200_000  # bytes of a file below which a thread is not worth its start


@dataclass(frozen=True, slots=True)
class SheetName:
    """A sheet by name, and whether people see it."""

    name: str
    visible: bool


def named(book: CalamineWorkbook) -> list[tuple[int, SheetName]]:
    """The worksheets, with their places among all sheets (charts are sheets too, without cells)."""
    return [
        (place, SheetName(sheet.name, sheet.visible == SheetVisibleEnum.Visible))
        for place, sheet in enumerate(book.sheets_metadata)
        if sheet.typ == SheetTypeEnum.WorkSheet
    ]


class Ahead:
    """Opens a workbook and takes the values of its first visible sheet, in a thread of its own."""

    def __init__(self, data: bytes) -> None:
        self.book: CalamineWorkbook | None = None
        self.names: list[str] = []  # of all sheets, in order
        self.sheets: list[tuple[int, SheetName]] = []  # see `named`
        self.name = ""  # of the sheet that is read
        self.values: CalamineSheet | None = None
        self.data = data
        self._opened = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def opened(self) -> CalamineWorkbook | None:
        """The open workbook, which nobody but the thread may ask for a sheet before `finish`; None if it fails."""
        self._opened.wait()
        return self.book

    def finish(self) -> CalamineSheet | None:
        """Wait until the sheet is read, or has failed (None). It is handed over: nothing of it is kept here."""
        self._thread.join()
        values, self.values = self.values, None
        return values

    def _run(self) -> None:
        try:
            book = CalamineWorkbook.from_filelike(io.BytesIO(self.data))
            self.names = list(book.sheet_names)
            self.sheets = named(book)
            self.name = next((sheet.name for _, sheet in self.sheets if sheet.visible), self.names[0])
            self.book = book
            self._opened.set()
            self.values = book.get_sheet_by_name(self.name)
        except BaseException:  # noqa: BLE001 - whoever asks again is told; some of these are no exceptions
            self.values = None
        finally:
            self._opened.set()


def start_ahead(data: bytes, name: str) -> Ahead | None:
    """Begin with a workbook that is worth it and says nothing bad of itself. Raises SourceError."""
    if len(data) < _WORTH:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            refuse_bombs(archive.infolist(), name)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return None  # those who look closer will say it
    return Ahead(data)
