import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from importer.errors import SourceError
from importer.profile.model import SourceRule
from importer.stations.read import read_tables
from importer.stations.table import Kind, Table

SAMPLES = Path(__file__).parents[2] / ".." / "shared" / "samples"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder of sample files is not here")
FILES = sorted(path.relative_to(SAMPLES).as_posix() for path in SAMPLES.rglob("*") if path.is_file())
LARGE = "uci-online-retail/Online Retail.xlsx"
Rows = Callable[[Table], list[list[str]]]


def sound(table: Table) -> None:
    """Assert the promises of `Table`."""
    count = len(table.rows)
    assert len(table.columns) == len(table.headers) == len(table.kinds) > 0
    assert all(len(column) == count and column.null_count == 0 for column in table.columns)
    assert all(kinds is None or (len(kinds) == count and set(kinds) <= set(Kind)) for kinds in table.kinds)
    assert table.rows.tolist() == list(range(table.header_row + 1, table.header_row + 1 + count))
    assert table.rows_above == table.header_row - 1
    assert all(0 <= position < count for position in table.ragged)
    for finding in table.findings:
        assert finding.message
        assert finding.fix


@pytest.mark.parametrize("name", [name for name in FILES if name != LARGE])
@pytest.mark.parametrize("sheets", [None, ("*",)])
def test_real_files_give_tables_or_a_reason(name: str, sheets: tuple[str, ...] | None) -> None:
    """Nothing but a sound table or a SourceError comes out of any file."""
    try:
        tables = read_tables(SAMPLES / name, SourceRule(sheets=sheets), ())
    except SourceError as error:
        assert error.message  # noqa: PT017 - a table is as good an outcome
        assert error.fix  # noqa: PT017 - the same
        return
    for table in tables:
        sound(table)


def test_a_trading_day_is_read_whole() -> None:
    """3,108 lines of a real wholesaler."""
    (table,) = read_tables(
        SAMPLES / "uci-online-retail/2010-12-01.csv", SourceRule(), [("InvoiceNo",), ("Quantity",), ("UnitPrice",)]
    )

    sound(table)
    assert (len(table.rows), table.header_row, table.blank_end) == (3108, 1, 0)
    assert not table.findings


def test_a_large_real_workbook_is_read_whole() -> None:
    """70,051 lines saved by Excel; invoice numbers are numbers or text, dates are dates."""
    (table,) = read_tables(SAMPLES / LARGE, SourceRule(), [("InvoiceNo",), ("InvoiceDate",)])

    sound(table)
    assert len(table.rows) == 70_051
    kinds = dict(zip(table.headers, table.kinds, strict=True))
    numbers = kinds["InvoiceNo"]
    dates = kinds["InvoiceDate"]
    assert numbers is not None
    assert dates is not None
    assert [int((numbers == kind).sum()) for kind in (Kind.NUMBER, Kind.TEXT)] == [68_876, 1_175]
    assert (dates == Kind.DATE).all()


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("row_more_sep_row5_col2", {6}),
        ("row_less_sep_row1_col5", {2}),
        ("row_less_sep_row50_col2", {51}),
        ("row_extra_quote1_col2", "malformed-row"),
        ("row_extra_quote50_col5", "malformed-row"),
    ],
)
def test_one_polluted_row_is_found_in_its_place(name: str, outcome: set[int] | str, rows_of: Rows) -> None:
    """A separator too many or too few is a ragged row, the other rows are those of the clean twin."""
    needed = [("DATE",), ("PRODUCTID",), ("Comments",)]
    try:
        (table,) = read_tables(SAMPLES / f"polluted/{name}.csv", SourceRule(), needed)
    except SourceError as error:
        assert error.code == outcome  # noqa: PT017 - the other cases give a table
        return
    (clean,) = read_tables(SAMPLES / "polluted/source.csv", SourceRule(), needed)

    assert {int(table.rows[position]) for position in table.ragged} == outcome
    same = [position for position in range(len(clean.rows)) if position not in table.ragged]
    assert [rows_of(table)[position] for position in same] == [rows_of(clean)[position] for position in same]


FRAGMENTS = (
    b'r="',
    b't="s"',
    b"<v>",
    b"<f>",
    b'"-1"',
    b'"999999999999"',
    b"NaN",
    b"1E+400",
    b's="99"',
    b"<c/>",
    b"\xff",
)


def damaged_part(content: bytes, chance: random.Random) -> bytes:
    """The XML with one piece changed, added or taken out."""
    position = chance.randrange(len(content))
    way = chance.randrange(4)
    if way == 0:
        return content[:position] + bytes([chance.randrange(256)]) + content[position + 1 :]
    if way == 1:
        return content[:position] + chance.choice(FRAGMENTS) + content[position:]
    if way == 2:
        return content[:position] + content[position + chance.randrange(60) :]
    values = list(re.finditer(rb'"[^"]*"|>[^<]+<', content))
    value = chance.choice(values)
    new = chance.choice((b"", b"-1", b"0", b"abc", b"1e400", b"9" * 20, b"2.5", b"TRUE", b"A1"))
    return content[: value.start() + 1] + new + content[value.end() - 1 :]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ["DataTypesFormats.xlsx", "date_1904.xlsx", "sheet_visibility.xlsx", "errors.xlsx"])
def test_damaged_xml_never_shows_a_stack_trace(name: str, seed: int, tmp_path: Path) -> None:
    """The same for an archive that is whole while the XML in it is not."""
    with zipfile.ZipFile(SAMPLES / "workbooks" / name) as archive:
        original = {part: archive.read(part) for part in archive.namelist() if archive.getinfo(part).file_size}
    chance = random.Random(seed)
    path = tmp_path / name
    outcomes = set()
    for _ in range(40):
        part = chance.choice([part for part in original if part.endswith((".xml", ".rels"))])
        with zipfile.ZipFile(path, "w") as archive:
            for other, content in original.items():
                archive.writestr(other, damaged_part(content, chance) if other == part else content)
        try:
            for table in read_tables(path, SourceRule(sheets=("*",)), ()):
                sound(table)
            outcomes.add("table")
        except SourceError as error:
            outcomes.add(error.code)
    assert {"table", "unreadable-workbook"} <= outcomes


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ["DataTypesFormats.xlsx", "date_1904.xlsx", "inventory-table.xlsx", "errors.xlsx"])
def test_random_damage_never_shows_a_stack_trace(name: str, seed: int, tmp_path: Path) -> None:
    """Flipped, cut and repeated bytes give a table or a SourceError, whatever the libraries raise."""
    original = (SAMPLES / "workbooks" / name).read_bytes()
    chance = random.Random(seed)
    path = tmp_path / name
    outcomes = set()
    for _ in range(25):
        data = bytearray(original)
        for _ in range(chance.choice((1, 3, 20))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        if chance.random() < 0.2:
            del data[chance.randrange(len(data)) :]
        path.write_bytes(bytes(data))
        try:
            for table in read_tables(path, SourceRule(), ()):
                sound(table)
            outcomes.add("table")
        except SourceError as error:
            outcomes.add(error.code)
    assert "unreadable-workbook" in outcomes
