"""The quick way of reading .xlsx and the exact one: the same cells, or the quick one gives way."""

import io
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.styles.numbers import is_date_format, is_timedelta_format
from openpyxl.utils.datetime import from_excel

from importer.errors import SourceError
from importer.stations.read.cells import FIRST_DATE, other_text
from importer.stations.read.child.books import Book
from importer.stations.read.child.exact import ExactBook
from importer.stations.read.child.facts import Untrusted
from importer.stations.read.child.formats import Look, look, temporal_text
from importer.stations.read.child.package import modern
from importer.stations.read.child.xlsx import QuickBook, open_xlsx
from tests.read import seeds

SAMPLES = Path(__file__).parents[2] / ".." / "shared" / "samples"
RawWorkbook = Callable[..., bytes]
Seen = list[tuple[str, dict[tuple[int, int], tuple[str, int]], list[int], list[tuple[int, ...]]]]


def contents(book: Book) -> Seen:
    """Every sheet: its name, its cells that are not empty, its hidden rows and merged areas."""
    found: Seen = []
    for number, sheet in enumerate(book.sheets):
        facts = book.facts(number)
        cells: dict[tuple[int, int], tuple[str, int]] = {}
        row = 1
        for block in book.blocks(number, 1, None, None):
            texts = [column.to_pylist() for column in block.columns]
            for column, listed in enumerate(texts, 1):
                own = block.kinds[column - 1]
                for offset, text in enumerate(listed):
                    kind = 0 if own is None else int(own[offset])
                    if text or kind:
                        cells[row + offset, column] = text, kind
            row += len(texts[0]) if texts else 0
        found.append((sheet.name, cells, list(facts.hidden), [tuple(area) for area in facts.merges]))
    return found


def proved(book: Book) -> list[str]:
    """The sheets that the quick way reads itself."""
    if not isinstance(book, QuickBook):
        return []
    return [sheet.name for number, sheet in enumerate(book.sheets) if book._scanned(number) is not None]


def agree(data: bytes) -> list[str]:
    """Assert that both ways see the same, or refuse alike; gives the sheets that were proved."""
    exact: Seen | str
    try:
        exact = contents(ExactBook(modern(data, "a.xlsx"), "a.xlsx"))
    except SourceError as error:
        exact = error.code
    try:
        book = open_xlsx(data, "a.xlsx", exact=False)
        try:
            quick: Seen | str = contents(book)
        except Untrusted:
            return []  # it has noticed, and the exact way is taken
        names = proved(book)
    except SourceError as error:
        quick, names = error.code, []
    assert quick == exact
    return names


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder of sample files is not here")
def test_both_ways_agree_cell_by_cell_on_every_sample() -> None:
    """On real workbooks of other people both see the same cells, hidden rows and merged areas; most are proved."""
    sheets = [
        name
        for path in sorted(SAMPLES.rglob("*.xlsx"))
        if path.stat().st_size < 1 << 20
        for name in agree(path.read_bytes())
    ]

    assert len(sheets) >= 15


def test_both_ways_agree_on_what_programs_write() -> None:
    """Every kind of cell and number format that XlsxWriter can write is proved, and read alike."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Blad1")
        codes = [
            "0%", "0.00%", "00000", "000-000", '"INV"0', "dd/mm/yyyy", "d mmm yy", "hh:mm", "[h]:mm", "mm:ss.0", "[Red]0.00",
            "#,##0.00 €", "[$-813]d mmmm yyyy;@", "yyyy\\-mm\\-dd", '0" d"', "General", "@", "0.0E+0", "[>100]0%;0", "_-* 0_-;@",
        ]  # fmt: skip
        values = [
            0,
            1,
            0.21,
            59,
            60,
            61,
            46082,
            46082.5,
            46082.9999,
            46082.99999999,
            0.5,
            1.5,
            -1,
            1e-7,
        ]
        for column, code in enumerate(codes):
            style = book.add_format({"num_format": code})
            for row, value in enumerate(values):
                sheet.write_number(row, column, value, style)
        for row, value in enumerate(
            (100.00000000000001, 19.989999999999998, 0.1 + 0.2, 1234.565, -0.0, 2e9 + 0.1, 1e15, 123456789012345678)
        ):
            sheet.write_number(20 + row, 0, value)
        sheet.write_row(30, 0, ["é€", "x\ny", "a & b <c>", "=1+1", "00042", "TRUE"])
        sheet.write_boolean(31, 0, True)
        sheet.write_formula(31, 1, "=A1*2", None, 7)
        sheet.write_formula(31, 2, "=NA()", None, "#N/A")
        sheet.write_formula(31, 4, '="x"', None, "x")
        sheet.merge_range("C34:E35", "samen")
        sheet.set_row(32, None, None, {"hidden": True})
        sheet.write(32, 9, "verborgen")
        book.add_worksheet("Leeg")
        book.add_worksheet("Oud").hide()

    assert agree(out.getvalue()) == ["Blad1", "Leeg", "Oud"]


@pytest.mark.parametrize(
    ("rows", "plain"),
    [
        ('<row r="1"><c r="A1"><v>1</v></c></row>', True),
        ('<row r="1"><c r="A1" s="2" t="n"><v>0.21</v></c></row>', True),
        ('<row r="1"><c r="A1" t="n" s="2"><v>0.21</v></c></row>', True),
        ('<row r="1" spans="1:2" hidden="1"><c r="A1"><v>1</v></c><c r="B1" s="1"/></row><row r="2"/>', True),
        ('<row r="1">\n  <c r="A1">\n    <v>1</v>\n  </c>\n</row>', True),
        ('<row r="1"><c r="A1" t="e"><v>#N/A</v></c><c r="B1" t="b"><v>1</v></c></row>', True),
        ('<row r="1"><c r="A1" t="str"><f>"x"</f><v> x </v></c><c r="B1"><f>1+1</f><v>2</v></c></row>', True),
        ('<row r="1"><c r="A1" t="inlineStr"><is><t xml:space="preserve"> x </t></is></c></row>', True),
        ('<row r="1"><c r="A1" s="1"><v>59</v></c><c r="B1" s="1"><v>46082.9999999</v></c></row>', True),
        ('<row r="1"><c r="A1" s="1"><v>-5</v></c><c r="B1" s="1"><v>99999999</v></c></row>', True),
        ('<row r="1"><c r="A1" s="1"><v>0.75</v></c><c r="B1" s="1"><v>46082</v></c></row>', True),
        (
            '<row r="1"><c r="A1"><v>12345678901234567890</v></c><c r="B1" s="3"><v>12345678901234567</v></c></row>',
            True,
        ),
        ('<row r="1"><c r="A1"><v>1E+400</v></c><c r="B1"><v>1E5</v></c><c r="C1"><v>-0</v></c></row>', True),
        ('<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row><row r="5"><c r="C5"><v>1</v></c></row>', True),
        # from here on readers differ, so only the exact one may speak
        ('<row r="1"><c r="A1" t="inlineStr"><is><t> x </t></is></c></row>', False),
        ('<row r="1"><c r="A1" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c></row>', False),
        ('<row r="1"><c r="A1" t="inlineStr"><is><t>a</t><rPh><t>b</t></rPh></is></c></row>', False),
        ('<row r="1"><c r="A1" t="inlineStr"><is><t>a_x0041_</t></is></c></row>', False),
        ('<row r="1"><c r="A1" t="inlineStr"><is><t>a\r\nb</t></is></c></row>', False),
        ('<row r="1"><c r="A1" t="inlineStr"><is><t><![CDATA[a]]></t></is></c></row>', False),
        ('<row r="1"><!-- x --><c r="A1"><v>1</v></c></row>', False),
        ('<row r="1"><c r="A1"><f>1+1</f></c></row>', False),
        ('<row r="1"><c r="A1"><f>1+1</f><v></v></c></row>', False),
        ('<row r="1"><c r="A1" t="e"/></row>', False),
        ('<row r="1"><c r="A1"><v>abc</v></c></row>', False),
        ('<row r="1"><c r="A1"><v> 1</v></c></row>', False),
        ('<row r="1"><c r="A1" t="b"><v>true</v></c></row>', False),
        ('<row r="1"><c r="A1" t="d"><v>2026-03-01</v></c></row>', False),
        ('<row r="1"><c r="A1" s="99"><v>1</v></c></row>', False),
        ('<row r="1"><c r="A1" t="inlineStr"><v>1</v></c></row>', False),
        ('<row r="1"><c><v>1</v></c></row>', False),
        ('<row><c r="A1"><v>1</v></c></row>', False),
        ('<row r="1.0"><c r="A1"><v>1</v></c></row>', False),
        ('<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>2</v></c></row>', False),
        ('<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>2</v></c></row>', False),
        ('<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>', False),
        ('<row r="1"><c r="A2"><v>1</v></c></row>', False),
        ('<row r="1"><c r="A1" r="B1"><v>1</v></c></row>', False),
        ('<row r="1"><c r="a1"><v>1</v></c></row>', False),
        ('<row r="1"><c r="A1"><v>1</v><v>2</v></c></row>', False),
        ('<row r="1"><c r="A1"><v>1</v></c></row><x/>', False),
        ('<row r="1"><c r="A1" t="inlineStr"><is><t>a &gt; b > c</t></is></c></row>', False),
    ],
)
def test_the_proof_takes_what_is_plain_and_gives_way_on_the_rest(
    raw_workbook: RawWorkbook, rows: str, *, plain: bool
) -> None:
    """Where two readers could differ the exact one speaks; where the proof holds they do not differ."""
    assert agree(raw_workbook(rows)) == (["Blad1"] if plain else [])


def test_a_number_format_on_which_readers_differ_is_left_to_the_exact_one(raw_workbook: RawWorkbook) -> None:
    """Format 27 is a day in some countries only: the value reader always takes it for one, so it is not asked."""
    styles = (
        '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><fonts count="1"><font/></fonts>'
        '<fills count="1"><fill><patternFill/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="27"/></cellXfs></styleSheet>'
    )
    parts = {"xl/styles.xml": styles}

    assert agree(raw_workbook('<row r="1"><c r="A1" s="1"><v>46082</v></c></row>', parts=parts)) == []
    assert agree(raw_workbook('<row r="1"><c r="A1"><v>46082</v></c></row>', parts=parts)) == ["Blad1"]


@pytest.mark.parametrize("place", ["-1", "2", "1x", "", "1.0"])
def test_a_text_that_is_not_in_the_table_of_texts_is_damage(raw_workbook: RawWorkbook, place: str) -> None:
    """Readers take -1 for the last text, and nonsense for the first; both are other people's words."""
    texts = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>a</t></si><si><t>b</t></si></sst>'
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        + "".join(
            f'<Relationship Id="{name}" Target="{target}.xml"'
            f' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}"/>'
            for name, target, kind in (
                ("rId1", "worksheets/sheet1", "worksheet"),
                ("rId2", "styles", "styles"),
                ("rId3", "sharedStrings", "sharedStrings"),
            )
        )
        + "</Relationships>"
    )
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/xl/workbook.xml"'
        ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/sharedStrings.xml"'
        ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
    )
    parts = {"xl/sharedStrings.xml": texts, "xl/_rels/workbook.xml.rels": relations, "[Content_Types].xml": types}

    def read(value: str) -> Seen:
        data = raw_workbook(f'<row r="1"><c r="A1" t="s"><v>{value}</v></c></row>', parts=parts)
        return contents(open_xlsx(data, "a.xlsx", exact=False))

    assert read("1")[0][1] == {(1, 1): ("b", 0)}
    if place:
        with pytest.raises(SourceError):
            read(place)
    else:
        assert read(place)[0][1] == {}


def test_a_day_beyond_all_calendars_is_left_to_the_exact_reader(raw_workbook: RawWorkbook) -> None:
    """The value reader fails on the whole sheet for it; the exact one tells the one cell."""
    data = raw_workbook('<row r="1"><c r="A1" s="1"><v>1E+15</v></c></row>')
    book = open_xlsx(data, "a.xlsx", exact=False)

    assert contents(ExactBook(data, "a.xlsx"))[0][1] == {(1, 1): ("#VALUE!", 4)}
    assert isinstance(book, QuickBook)
    assert agree(data) in ([], ["Blad1"])


def test_a_number_that_is_none_is_noticed_though_its_xml_is_plain(raw_workbook: RawWorkbook) -> None:
    """`1abc` is text to the value reader; the count of numbers does not come out, and the exact reader refuses it."""
    data = raw_workbook('<row r="1"><c r="A1"><v>1abc</v></c></row>')
    book = open_xlsx(data, "a.xlsx", exact=False)

    with pytest.raises(Untrusted):
        contents(book)
    with pytest.raises(SourceError):
        contents(ExactBook(data, "a.xlsx"))


cells = st.one_of(
    st.sampled_from(["", "A", "é", " x", "x ", "a\nb", "_x000D_", "1", "TRUE", "#N/A"]),
    st.floats(allow_nan=False, allow_infinity=False, width=64),
    st.integers(-(10**16), 10**16),
    st.decimals(min_value=-99999, max_value=99999, places=2).map(float),
    st.booleans(),
    st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    st.sampled_from(
        [seeds.Percent(0.07), seeds.Percent(0.145), seeds.Code(7), seeds.Code(-7), None, seeds.Error("#REF!")]
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(cells, min_size=3, max_size=3).map(tuple), min_size=1, max_size=12))
def test_both_ways_agree_on_any_mixture_of_cells(sheet: list[tuple[seeds.Cell, ...]]) -> None:
    """Whatever stands beside and below each other in a column."""
    agree(seeds.xlsx(sheet))


def test_our_view_of_number_formats_is_that_of_the_exact_reader() -> None:
    """Days and lengths of time are told from numbers as openpyxl tells them."""
    codes = [
        "General",
        "0",
        "0%",
        "dd/mm/yyyy",
        "[h]:mm",
        "[hh]:mm:ss",
        "[Red]0",
        "[$-413]d mmm",
        '"dag"0',
        "h\\h",
        "mm:ss",
        "0;d",
        "_d0",
        "@",
    ]

    for code in codes:
        temporal = look(code).temporal
        assert bool(temporal) == is_date_format(code), code
        assert (temporal == "length") == bool(is_date_format(code) and is_timedelta_format(code)), code


@given(st.floats(-10, 3_000_000, allow_nan=False) | st.integers(-3, 80).map(float))
def test_days_are_those_of_the_exact_reader(value: float) -> None:
    """A number means the same day, time or error."""
    try:
        found: date | datetime | time | timedelta | None = from_excel(value)
        expected = other_text(found, FIRST_DATE)
    except (OverflowError, ValueError):
        expected = ("#VALUE!", 4)  # type: ignore[assignment]  # the number of Kind.ERROR

    assert temporal_text(value, Look("day", 0), since_1904=False) == expected
