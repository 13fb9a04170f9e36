"""What the keys for shapes of tables may say, and how mistakes in them are told."""

import pytest

from importer.errors import ProfileError
from importer.profile.headers import Merge, joined_headers
from importer.profile.load import parse_profile
from importer.profile.model import Profile

GOOD = """\
profile: acme
version: 1
system: acme
invoice_key: Nr
prices: excl_vat
invoice: {date: {column: Datum}}
customer: {name: {column: Klant}}
lines:
  product_code: {column: Code}
  quantity: {column: Aantal}
  unit_price: {column: Prijs}
  vat_rate: {value: 21}
"""
JOIN = "source: {join: {header: {sheet: Facturen, key: [Nr]}, lines: {sheet: Regels, key: [Factuur]}}}\n"


def load(text: str) -> Profile:
    """A profile from text."""
    return parse_profile(text.encode(), "x.yaml").profile


@pytest.mark.parametrize(
    ("added", "place", "words"),
    [
        ("source: {header: {row: 0, rows: 2}}", "13:19 (source.header.row)", "must be auto, or the number of the row"),
        ("source: {header: {rows: 3}}", "13:19 (source.header.rows)", "must be 1 or 2"),
        ("source: {header: {row: 2, row_count: 2}}", "13:27 (source.header.row_count)", "known are row, rows"),
        (JOIN.replace("key: [Factuur]", "key: [a, b]"), "13:10 (source.join)", "the same number of columns"),
        (JOIN.replace("sheet: Regels", "sheet: FACTUREN"), "13:10 (source.join)", "two different sheets"),
        (JOIN.replace("{join", "{sheets: x, join"), "13:1 (source)", "join names both sheets"),
        (JOIN.replace("{join", "{kind: csv, join"), "13:1 (source)", "join needs a workbook"),
        (JOIN.replace("key: [Factuur]", "column: x"), "13:55 (source.join.lines)", '"key" is missing'),
        ("rows: {footer: [{column: x, equals: y, filled: true, reason: r}]}", "13:1 (rows)", "filled is for rows.skip"),
        ("rows: {skip: [{column: x, contains: '', reason: r}]}", "13:15 (rows.skip[1])", "contains needs a text"),
        ("rows: {skip: [{column: x, equals: y, also: {column: z}, reason: r}]}", "13:38 (rows.skip[1].also)", "a list"),
        ("rows: {skip: [{column: x, equals: y, also: [{column: z}], reason: r}]}", "13:45 (rows.skip[1].also[1])", "exactly one"),
        ("extra_lines: {Tip: {}}", "13:15 (extra_lines.Tip)", '"amount", "product_code", "vat_rate" are missing'),
        ("extra_lines: {tip: {amount: Fooi}}", "13:21 (extra_lines.tip.amount)", 'write {column: "Fooi"}'),
        ("extra_lines: {tip: {quantity: {value: 1}}}", "13:21 (extra_lines.tip.quantity)", "is not a known key here"),
        ("severity: {bad-ammount: warning}", "13:12 (severity.bad-ammount)", 'the nearest is "bad-amount"'),
        ("severity: {bad-amount: warning}", "13:12 (severity.bad-amount)", "stays error: it protects money or identity"),
        ("severity: {bad-iban: note}", "13:12 (severity.bad-iban)", "a profile may say error or warning"),
        ("severity: {bad-iban: mild}", "13:12 (severity.bad-iban)", '"mild" is not one of "error", "warning", "note"'),
        ("packed: {count: 2}", "13:1 (packed)", '"packed" is not a known key'),
    ],
    ids=str,
)  # fmt: skip
def test_a_mistake_is_told_at_its_place(added: str, place: str, words: str) -> None:
    """Line, column, key and what may stand there instead."""
    with pytest.raises(ProfileError) as caught:
        load(GOOD + added)

    told = [line for line in caught.value.message.splitlines() if line.startswith(f"x.yaml:{place}:")]
    assert len(told) == 1
    assert words in told[0]


@pytest.mark.parametrize(
    ("lines", "path", "words"),
    [
        ("product_code: {column: 'Code{n}'}", "lines.product_code", 'there is no "packed" under lines'),
        ("packed: {count: 2}", "lines.packed", "needs {n} in the column names of lines"),
        ("packed: {count: 0}", "lines.packed.count", "must be a number from 1 to 200"),
        ("packed: {n: 1}", "lines.packed.n", "known are count"),
        ("packed: x", "lines.packed", "must be a group of keys (count)"),
        ("packed:", "lines.packed", "is empty"),
    ],
)
def test_a_mistake_in_packed_lines(lines: str, path: str, words: str) -> None:
    """`packed` stands under lines and goes with numbered columns, one not without the other."""
    text = GOOD.replace("  product_code: {column: Code}\n", "") if lines.startswith("product_code") else GOOD
    with pytest.raises(ProfileError) as caught:
        load(text.replace("lines:\n", f"lines:\n  {lines}\n"))

    (sentence,) = caught.value.message.splitlines()
    assert f"({path})" in sentence
    assert words in sentence


def test_numbered_columns_belong_to_lines() -> None:
    """A number outside the lines would name many invoices; a line total without one would be that of one line only."""
    text = GOOD.replace("lines:\n", "lines:\n  packed: {}\n").replace("{column: Code}", "{column: 'Code{n}'}")
    with pytest.raises(ProfileError) as caught:
        load(text.replace("{column: Klant}", "{column: 'Klant{n}'}") + "controls: {line_total: {column: T}}\n")

    one, other = caught.value.message.splitlines()
    assert "only fields of lines can" in one
    assert "needs {n} in its column name" in other


def test_packed_lines_need_the_columns_of_line_one() -> None:
    """Which further lines there are is for the file to say."""
    text = GOOD.replace("lines:\n", "lines:\n  packed: {}\n").replace("{column: Code}", "{column: 'Code{n}'}")

    assert ("Code1",) in load(text).needed_columns()


def test_two_sheets_need_their_own_columns() -> None:
    """Fields of lines stand on one sheet, the rest on the other; `from_header` moves a column over."""
    text = GOOD.replace("{value: 21}", "{column: BTW}") + JOIN.replace("}}}\n", "}, from_header: [BTW]}}\n")

    header, lines = load(text).readings()

    assert header.source.sheets == ("Facturen",)
    assert header.needed == (("Nr",), ("Datum",), ("Klant",), ("BTW",))
    assert lines.source.sheets == ("Regels",)
    assert lines.needed == (("Factuur",), ("Code",), ("Aantal",), ("Prijs",))


def test_one_sheet_is_one_reading() -> None:
    """Without join nothing is read twice."""
    profile = load(GOOD)

    assert profile.readings() == ((profile.source, profile.needed_columns()),)


@pytest.mark.parametrize(
    ("upper", "lower", "names"),
    [
        ("Nr;Klant;;Lijn;", ";Naam;BTW;Code;Prijs", "Nr|Klant / Naam|Klant / BTW|Lijn / Code|Lijn / Prijs"),
        ("Klant;;;Totaal", "Naam;BTW;;", "Klant / Naam|Klant / BTW||Totaal"),
        (";Klant;", "Nr;Naam;Land", "Nr|Klant / Naam|Klant / Land"),
        ("Nr;;", ";Datum;Klant", "Nr|Datum|Klant"),
        ("Nr; Klant ;", "NR;\ufeffNaam", "NR|Klant / Naam|"),
    ],
)
def test_names_of_two_rows_in_a_text_file(upper: str, lower: str, names: str) -> None:
    """A text above stands over the empty cells to its right that have a text below, until the next one."""
    made = joined_headers(1, upper.split(";"), lower.split(";"), None)

    assert "|".join(made) == names


def test_names_of_two_rows_in_a_workbook() -> None:
    """A text above stands over exactly the cells it is merged with: an empty cell beside them belongs to no group."""
    upper, lower = ["Nr", "Klant", "", "", ""], ["", "Naam", "BTW", "Land", "Code"]
    merges = [Merge(3, 1, 4, 1), Merge(3, 2, 3, 3), Merge(1, 1, 1, 9), Merge(3, 40, 3, 50)]

    assert joined_headers(3, upper, lower, merges) == ("Nr", "Klant / Naam", "Klant / BTW", "Land", "Code")
    assert joined_headers(3, upper, lower, []) == ("Nr", "Klant / Naam", "BTW", "Land", "Code")
