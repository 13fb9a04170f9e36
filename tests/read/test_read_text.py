from collections.abc import Callable

import pyarrow as pa
import pytest

from importer.domain.findings import Severity
from importer.errors import SourceError
from importer.profile.model import SourceRule
from importer.stations.read import exact, fast
from importer.stations.table import Table

Reading = Callable[..., list[Table]]
Rows = Callable[[Table], list[list[str]]]


def test_a_row_has_the_number_the_spreadsheet_shows(reading: Reading, rows_of: Rows) -> None:
    """A blank line counts as a row, a line end inside quotes does not add one."""
    (table,) = reading('a;b\n1;"x\ny"\n\n2;z\n', "a", "b")

    assert table.rows.tolist() == [2, 3, 4]
    assert rows_of(table) == [["1", "x\ny"], ["", ""], ["2", "z"]]
    assert (table.header_row, table.rows_above, table.blank_end) == (1, 0, 0)


def test_rows_above_the_header_and_blank_rows_at_the_end_are_counted_apart(reading: Reading, rows_of: Rows) -> None:
    """Title rows are no data, nor are blank lines or lines of separators after the last row."""
    (table,) = reading("Verkoop 2026\n\na;b\n1;2\n;;\n\n ; \n", "a", "b")

    assert (table.header_row, table.rows_above, table.blank_end) == (3, 2, 3)
    assert rows_of(table) == [["1", "2"]]
    assert table.rows.tolist() == [4]


def test_cells_stay_exactly_as_they_stand(reading: Reading, rows_of: Rows) -> None:
    """Spaces, zeros, words for nothing and doubled quotes come through untouched."""
    (table,) = reading('a;b;c\n 00042 ;NA;"5"" pijp"\nnull;#N/A;NaN\n', "a")

    assert rows_of(table) == [[" 00042 ", "NA", '5" pijp'], ["null", "#N/A", "NaN"]]
    assert all(kinds is None for kinds in table.kinds)
    assert all(column.type == pa.string() and column.null_count == 0 for column in table.columns)


def test_a_file_of_a_header_only_is_a_table_without_rows(reading: Reading) -> None:
    """An export of a month without sales is no fault."""
    for text in ("a;b", "a;b\n", "a;b\r\n\r\n"):
        (table,) = reading(text, "a", "b")
        assert (len(table.rows), [len(column) for column in table.columns]) == (0, [0, 0])


def test_ragged_rows_are_kept_and_reported(reading: Reading, rows_of: Rows) -> None:
    """A row of another length stays in its place, cut or padded, with what was found in it."""
    (table,) = reading("a;b\n1;2\n3;4;5\n6\n7;8\n", "a", "b")

    assert rows_of(table) == [["1", "2"], ["3", "4"], ["6", ""], ["7", "8"]]
    assert table.ragged == {1: ("3", "4", "5"), 2: ("6",)}
    assert [(f.code, f.row, f.facts["found"], f.facts["expected"]) for f in table.findings] == [
        ("ragged-row", 3, "3", "2"),
        ("ragged-row", 4, "1", "2"),
    ]
    assert '";"' not in table.findings[0].message
    assert '";"' in table.findings[0].fix


def test_a_cut_row_is_data_even_if_its_kept_cells_are_blank(reading: Reading) -> None:
    """What stands beyond the header is never thrown away silently, not even on the last row."""
    (table,) = reading("a;b\n1;2\n;;stray\n", "a", "b")

    assert table.ragged == {1: ("", "", "stray")}
    assert (len(table.rows), table.blank_end) == (2, 0)


@pytest.mark.parametrize("body", ["1;2;\n3;4;\n", '1;"2\n2";\n3;4;\n', "1;2;;\n\n3;4;;\n"])
def test_rows_may_all_end_in_a_separator(reading: Reading, body: str) -> None:
    """Programs that end every row in a separator, but not the header, are understood."""
    (table,) = reading("a;b\n" + body, "a", "b")

    assert not table.ragged
    assert [len(column) for column in table.columns] == [len(table.rows)] * 2


def test_one_row_that_ends_in_a_separator_is_ragged(reading: Reading) -> None:
    """If only one row does so, an extra separator before its last, empty, cell has shifted its cells."""
    (table,) = reading("a;b;note\n1;2;\n3;;4;\n5;6;\n", "a", "b")

    assert table.ragged == {1: ("3", "", "4", "")}


def test_a_row_that_lacks_the_usual_last_separator_is_ragged(reading: Reading) -> None:
    """Where every row ends in a separator, a row without it may have lost another one."""
    (table,) = reading("a;b\n1;2;\n3;\n5;6;\n", "a", "b")

    assert table.ragged == {1: ("3", "")}
    assert table.findings[0].message == "This row has 2 fields instead of 3."


@pytest.mark.parametrize(
    ("text", "row", "words"),
    [
        ('a;b\n1;2\n3;"4\n5;6\n', 3, "never closed"),
        ('a;b\n1;"2"x\n', 2, "follow the closing quote"),
        ('a;b\n1;2\n\n"x\ny";"z" \n', 4, "follow the closing quote"),
    ],
)
def test_broken_quotes_stop_the_file_with_their_row(reading: Reading, text: str, row: int, words: str) -> None:
    """A quote that does not match up makes every later row uncertain."""
    with pytest.raises(SourceError, match=rf"row {row}\b.*") as caught:
        reading(text, "a", "b")

    assert caught.value.code == "malformed-row"
    assert words in caught.value.message


def test_a_cell_without_end_is_refused(reading: Reading) -> None:
    """A cell of more than a million characters is a quote that was never closed, in any path of reading."""
    with pytest.raises(SourceError, match="row 2") as caught:
        reading("a;b\n1;" + "x" * 1_100_000 + "\n", "a", "b")

    assert caught.value.code == "malformed-row"


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_needed_headers_prove_the_delimiter(reading: Reading, rows_of: Rows, delimiter: str) -> None:
    """Whatever else a file is full of, the delimiter is the one that makes the headers appear."""
    text = delimiter.join(["Nr", "Prijs"]) + "\n" + delimiter.join(["1", '"1,50; of | meer\t"']) + "\n"

    (table,) = reading(text, "Nr", "Prijs")

    assert rows_of(table) == [["1", "1,50; of | meer\t"]]
    assert table.detected["delimiter"] == f'"{"tab" if delimiter == chr(9) else delimiter}" (detected)'


def test_an_unusual_delimiter_is_found_too(reading: Reading, rows_of: Rows) -> None:
    """If none of the four usual delimiters shows the headers, the pattern of the text is asked."""
    lines = ["nr^naam^prijs"] + [f"{number}^klant {number}^{number}.50" for number in range(20)]

    (table,) = reading("\n".join(lines), "nr", "naam", "prijs")

    assert table.detected["delimiter"] == '"^" (detected)'
    assert rows_of(table)[1] == ["1", "klant 1", "1.50"]


def test_the_first_line_of_excel_names_the_delimiter(reading: Reading, rows_of: Rows) -> None:
    """`sep=|` counts as a row above the header."""
    (table,) = reading("sep=|\r\na;x|b\r\n1|2\r\n", "b")

    assert (table.header_row, table.rows_above, rows_of(table)) == (2, 1, [["1", "2"]])
    assert table.detected["delimiter"] == '"|" (sep= line)'


def test_a_wrong_delimiter_in_the_profile_is_named(reading: Reading) -> None:
    """The remedy says which delimiter the file truly has."""
    with pytest.raises(SourceError, match='separated by ","') as caught:
        reading("a,b\n1,2\n", "a", "b", source=SourceRule(delimiter=";"))

    assert caught.value.code == "wrong-delimiter"


def test_a_delimiter_that_cannot_be_one_is_refused(reading: Reading) -> None:
    """A quote cannot separate cells."""
    with pytest.raises(SourceError) as caught:
        reading("a,b\n", "a", source=SourceRule(delimiter='"'))

    assert caught.value.code == "bad-delimiter"


def test_any_line_end_will_do(reading: Reading, rows_of: Rows) -> None:
    """Windows, Unix, old Macintosh and mixed files have the same rows."""
    for end in ("\n", "\r\n", "\r"):
        (table,) = reading(end.join(["a;b", "1;2", "3;4", ""]), "a", "b")
        assert rows_of(table) == [["1", "2"], ["3", "4"]]
    (table,) = reading("titel\ra;b\r\n1;2\n3;4\r5;6", "a", "b")
    assert (rows_of(table), table.rows.tolist()) == ([["1", "2"], ["3", "4"], ["5", "6"]], [3, 4, 5])


def test_a_missing_header_is_named_with_those_that_are_there(reading: Reading) -> None:
    """The message says what lacks and what the nearest row holds."""
    with pytest.raises(SourceError) as caught:
        reading("Titel\nNr;Bedrag\n1;2\n", "Nr", "Prijs")

    assert caught.value.code == "header-not-found"
    for words in ('missing: "Prijs"', "Row 2", '"Nr", "Bedrag"'):
        assert words in caught.value.message


def test_headers_are_compared_without_case_spaces_or_width(reading: Reading) -> None:
    """A header is the same in capitals, with a trailing space or a no-break space; as read it stays as it is."""
    (table,) = reading(" FACTUUR\u00a0nr ;\uff30rijs;\n1;2;3\n", "Factuur nr", "prijs")

    assert table.headers == ("FACTUUR\u00a0nr", "\uff30rijs", "")


def test_the_header_row_may_be_given_by_number(reading: Reading, rows_of: Rows) -> None:
    """A number is the row the spreadsheet shows, and it must hold the headers."""
    text = "a;b\nx;y\n\na;b\n1;2\n"
    (table,) = reading(text, "a", source=SourceRule(header=4))
    assert rows_of(table) == [["1", "2"]]

    with pytest.raises(SourceError, match="in row 2"):
        reading(text, "a", source=SourceRule(header=2))
    with pytest.raises(SourceError, match="in row 99"):
        reading(text, "a", source=SourceRule(header=99))


def test_the_header_is_searched_in_fifty_rows(reading: Reading) -> None:
    """Row 50 is still looked at, row 51 is not."""
    (table,) = reading("x\n" * 49 + "a;b\n1;2\n", "a", "b")
    assert table.header_row == 50

    with pytest.raises(SourceError, match="first 50 rows"):
        reading("x\n" * 50 + "a;b\n1;2\n", "a", "b")


def test_a_needed_header_above_two_columns_is_refused(reading: Reading) -> None:
    """Which of two columns of one name is meant cannot be known; other doubles do no harm."""
    with pytest.raises(SourceError, match="A and C") as caught:
        reading("Prijs;nr;prijs \n1;2;3\n", "nr", "Prijs")
    assert caught.value.code == "duplicate-header"

    (table,) = reading("nr;memo;memo\n1;2;3\n", "nr")
    assert table.headers == ("nr", "memo", "memo")


def test_a_full_sheet_is_suspected_of_being_cut_off(reading: Reading) -> None:
    """Exactly as many rows as a format can hold is nearly always too few."""
    (full,) = reading("a\n" + "1\n" * 65_535, "a")
    (other,) = reading("a\n" + "1\n" * 65_534, "a")

    assert [(f.code, f.row, f.severity) for f in full.findings] == [("row-limit", 65_536, Severity.WARNING)]
    assert not other.findings


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"\n" * 60 + b"1;2\n", "file-too-large"), (b"1;2\n" * 60, "file-too-large"), (b"1\n" * 30, "malformed-row")],
)
def test_no_text_file_grows_without_bounds(
    reading: Reading, monkeypatch: pytest.MonkeyPatch, body: bytes, code: str
) -> None:
    """Rows, blank ones too, and rows of a wrong length are counted; beyond any real export the file is refused."""
    for module in (exact, fast):
        monkeypatch.setattr(module, "MAX_ROWS", 50)
    monkeypatch.setattr(exact, "MAX_RAGGED", 20)

    (table,) = reading(b"a;b\n" + body[: len(body) // 3] + b"1;2\n", "a")
    with pytest.raises(SourceError) as caught:
        reading(b"a;b\n" + body, "a")

    assert len(table.rows) <= 50
    assert caught.value.code == code
