"""Which formats a profile's `source.kind` allows."""

from io import BytesIO
from zipfile import ZipFile

from importer.domain.returned import MARK
from importer.errors import SourceError
from importer.stations.read.sniff import REFUSALS, TEXT_LIKE, WORKBOOKS, Format

_MOST = 100_000  # bytes of properties looked at


def kind_of(kind: str, data: bytes) -> str:
    """The kind a profile states; a workbook of ours that gives a text file back may be read in its place."""
    return "auto" if kind == "csv" and data.startswith(b"PK") and _is_returned(data) else kind


def _is_returned(data: bytes) -> bool:
    try:
        with ZipFile(BytesIO(data)) as archive, archive.open("docProps/custom.xml") as properties:
            return MARK.encode() in properties.read(_MOST)
    except Exception:  # noqa: BLE001 - the zip module raises many types on damage; none of them is a workbook of ours
        return False


def allowed(found: Format, kind: str, name: str) -> Format:
    """The format to read, if that is read and the profile's kind (auto, csv, excel) allows it. Raises SourceError."""
    if kind == "csv" and found in TEXT_LIKE:
        return Format.TEXT
    if kind == "csv" and found in WORKBOOKS:
        raise SourceError(
            "wrong-kind",
            f"{name} is a workbook, but the profile expects a text file (source.kind: csv).",
            fix="Export as CSV, or set source.kind to auto or excel in the profile.",
        )
    if found in REFUSALS:
        refusal = REFUSALS[found]
        raise SourceError(refusal.code, f"{name} {refusal.sentence}", fix=refusal.fix)
    if kind == "excel" and found is Format.TEXT:
        raise SourceError(
            "wrong-kind",
            f"{name} is a text file, but the profile expects a workbook (source.kind: excel).",
            fix="Save as Excel Workbook (.xlsx), or set source.kind to auto or csv in the profile.",
        )
    return found
