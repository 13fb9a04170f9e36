"""How a field gets its text: column, value, join, first_of, then strip, map and default."""

import pytest
from sources import COLUMNS, fields, go, profile, table

from importer.stations.map import map_columns
from importer.stations.table import Kind

LINE = "1001;01/03/2026;Zoë;A1;2;10,00;21"


@pytest.mark.parametrize("cell", ["Zoë", " Zoë ", "\u00a0Zoë\u202f", "\tZoë", "Zoë\u3000"])
def test_cells_are_trimmed(cell: str) -> None:
    """White space around a cell says nothing, the kinds nobody sees included."""
    assert fields(f"1001;01/03/2026;{cell};A1;2;10,00;21", {}, "customer.name") == ["Zoë"]


@pytest.mark.parametrize("word", ["NA", "N/A", "NULL", "null", "nan", "NaN", "None", "none", "-", "0", "TRUE", "#N/A"])
def test_words_that_other_programs_take_for_nothing_are_data(word: str) -> None:
    """Mr. Null lives in Namibia: only an empty cell is empty."""
    run = go(f"{word};01/03/2026;{word};{word};2;10,00;21")

    assert run.invoice.customer == {"name": word}
    assert run.invoice.lines[0].product_code == word
    assert run.invoice.key == (word,)


def test_the_first_spelling_that_is_there_is_taken() -> None:
    """A list of headers is a list of accepted spellings, compared without case and double spaces."""
    changes = {"customer": {"name": {"column": ["Naam", "KLANT  "]}}}

    assert fields(LINE, changes, "customer.name") == ["Zoë"]


def test_a_fixed_value_needs_no_column() -> None:
    """`value` stands on every row, and its finding has no cell."""
    assert fields(f"{LINE}\n{LINE}", {"invoice": {"language": {"value": "nl"}}}, "invoice.language") == ["nl", "nl"]
    run = go(LINE, {"invoice": {"language": {"value": "de"}}})
    assert run.the("bad-choice").place == "maart.csv, row 2"


def test_fixed_codes_are_not_damaged_numbers() -> None:
    """A code that the profile fixes, maps to or defaults to may hold the letter E or many digits."""
    changes = {
        "lines": {
            "product_code": {"column": "Code", "map": {"A1": "CONSULTANCE-E"}, "default": "12345678901234567890"}
        },
        "customer": {"vat_number": {"value": "BE0403170701"}},
    }
    run = go(f"{LINE}\n{LINE.replace('A1', 'A2')}", changes)

    assert run.codes == []
    assert [line.product_code for line in run.invoice.lines] == ["CONSULTANCE-E", "12345678901234567890"]


def test_join_leaves_out_empty_cells_with_their_separator() -> None:
    """No comma before nothing."""
    changes = {"customer": {"street": {"join": {"columns": ["Straat", "Nr.", "Bus"], "separator": ", "}}}}
    columns = COLUMNS + ";Straat;Nr.;Bus"
    rows = "\n".join(f"{LINE};{rest}" for rest in ("Kaai;12;B", "Kaai;.;B", ".;12;.", ".;.;.", "Kaai;.;."))

    assert fields(rows, changes, "customer.street", columns=columns) == ["Kaai, 12, B", "Kaai, B", "12", "", "Kaai"]


def test_first_of_takes_the_first_that_is_not_empty() -> None:
    """A company's name before a person's."""
    changes = {"customer": {"name": {"first_of": ["Firma", "Klant"]}}}

    assert fields(f"{LINE};Acme\n{LINE};.\n{LINE};   ", changes, "customer.name", columns=COLUMNS + ";Firma") == ["Acme", "Zoë", "Zoë"]  # fmt: skip


def test_a_finding_points_at_the_column_that_was_taken() -> None:
    """Where first_of took the second column, the second column's cell is the one to mend."""
    changes = {"invoice": {"due_date": {"first_of": ["Vervalt", "Termijn"]}}}
    columns = COLUMNS + ";Vervalt;Termijn"
    run = go(f"{LINE};.;morgen\n{LINE.replace('1001', '1002')};gisteren;31/03/2026", changes, columns=columns)

    assert [(finding.cell, finding.column, finding.value) for finding in run.findings] == [
        ("I2", "Termijn", "morgen"),
        ("H3", "Vervalt", "gisteren"),
    ]


def test_a_broken_cell_that_was_not_taken_is_not_pointed_at() -> None:
    """first_of took the sound first column, so what is wrong with its text is wrong there."""
    changes = {"customer": {"external_customer_no": {"first_of": ["Klantnr", "Oud nr"]}}}
    run = go(f"{LINE};A\u200b1;<e>#N/A", changes, columns=COLUMNS + ";Klantnr;Oud nr")

    assert [(finding.code, finding.cell) for finding in run.findings] == [("control-character", "H2")]


def test_a_finding_about_a_join_points_at_the_broken_cell() -> None:
    """An error cell anywhere in a join is an error of that cell."""
    changes = {"customer": {"street": {"join": {"columns": ["Straat", "Bus"]}}}}
    run = go(f"{LINE};Kaai;<e>#REF!", changes, columns=COLUMNS + ";Straat;Bus")

    assert (run.the("error-cell").cell, run.the("error-cell").column) == ("I2", "Bus")
    damaged = go(f"{LINE};Kaai;<n>1.5E+17", changes, columns=COLUMNS + ";Straat;Bus")
    assert damaged.cells("number-as-id") == ["I2"]


@pytest.mark.parametrize("kind", ["e", "u"])
@pytest.mark.parametrize(
    "rule",
    [
        {"column": "Land", "default": "BE"},
        {"column": "Land", "map": {"België": "BE"}, "default": "BE"},
        {"column": "Land", "map": {"#N/A": "BE"}},
        {"column": "Land", "map": {"#N/A": ""}, "default": "BE"},
        {"column": "Land", "strip": ["#N/A"], "default": "BE"},
        {"first_of": ["Land", "Klant"], "default": "BE"},
        {"join": {"columns": ["Land", "Leeg"]}, "default": "BE"},
    ],
)
def test_no_rule_hides_a_broken_cell(kind: str, rule: dict[str, object]) -> None:
    """A cell whose true value is not in the file is an error before any default, map, join or first_of."""
    run = go(f"{LINE};<{kind}>#N/A;.", {"customer": {"country": rule}}, columns=COLUMNS + ";Land;Leeg")

    assert run.codes == ["error-cell" if kind == "e" else "formula-not-calculated"]
    assert run.findings[0].cell == "H2"


def test_an_error_in_a_later_column_of_first_of_is_not_used() -> None:
    """Where the first column says enough, what stands in the second is not looked at."""
    changes = {"customer": {"name": {"first_of": ["Klant", "Firma"]}}}

    assert go(f"{LINE};<e>#N/A", changes, columns=COLUMNS + ";Firma").codes == []
    assert go(f"{LINE.replace('Zoë', '.')};<e>#N/A", changes, columns=COLUMNS + ";Firma").codes == ["error-cell"]


def test_a_map_is_total_unless_there_is_a_default() -> None:
    """A word the map lacks is told; an empty cell is empty; with a default both mean the default."""
    rule = {"column": "Land", "map": {"België": "BE", " Nederland ": "NL", "": "FR"}}
    rows = "\n".join(f"{LINE};{word}" for word in ("België", "Nederland", "Elders", ".", "belgië"))

    total = fields(rows, {"customer": {"country": rule}}, "customer.country", columns=COLUMNS + ";Land")
    lenient = fields(
        rows, {"customer": {"country": rule | {"default": "DE"}}}, "customer.country", columns=COLUMNS + ";Land"
    )

    assert total == ["BE", "NL", "Elders", "FR", "belgië"]
    assert lenient == ["BE", "NL", "DE", "FR", "DE"]


def test_a_map_without_a_word_for_empty_leaves_it_empty() -> None:
    """An empty cell is not an unknown word."""
    rule = {"column": "Land", "map": {"België": "BE"}}
    run = go(f"{LINE};.", {"customer": {"country": rule}}, columns=COLUMNS + ";Land")

    assert run.codes == []
    assert "country" not in run.invoice.customer


def test_mapped_to_empty_text_is_left_out() -> None:
    """`map: {n.v.t.: ""}` says that the word means nothing."""
    rule = {"column": "Land", "map": {"n.v.t.": ""}}

    assert (
        "country"
        not in go(f"{LINE};n.v.t.", {"customer": {"country": rule}}, columns=COLUMNS + ";Land").invoice.customer
    )


@pytest.mark.parametrize(
    ("cell", "left"),
    [("21%", "21"), ("21 %", "21"), ("TVA 21 %", "21"), ("TVA", ""), ("%21", "21"), ("21", "21"), ("%", ""), ("", "")],
)
def test_strip_takes_prefixes_and_suffixes_off(cell: str, left: str) -> None:
    """Each affix is taken off once at either end, in the order of the profile, with the spaces beside it."""
    changes = {"lines": {"vat_rate": {"column": "BTW", "strip": ["TVA", "%"]}}}

    assert fields(f"1001;01/03/2026;Zoë;A1;2;10,00;{cell}", changes, "lines.vat_rate") == [left]


def test_strip_of_nothing_takes_nothing_off() -> None:
    """An empty affix must not blank the column."""
    assert fields(LINE, {"customer": {"name": {"column": "Klant", "strip": [""]}}}, "customer.name") == ["Zoë"]


def test_strip_comes_before_map() -> None:
    """The map is about what is left."""
    rule = {"column": "BTW", "strip": ["%"], "map": {"21": "21", "laag": "6"}}

    assert fields("1001;01/03/2026;Zoë;A1;2;10,00;laag %", {"lines": {"vat_rate": rule}}, "lines.vat_rate") == ["6"]


def test_kinds_travel_with_their_cells() -> None:
    """Number and date cells stay what they were; text of the profile is neither."""
    changes = {"invoice": {"reference": {"column": "Ref", "default": "geen"}, "language": {"value": "nl"}}}
    text = f"{LINE};<n>42\n{LINE};.\n{LINE};x"
    mapped = map_columns([table(text, columns=COLUMNS + ";Ref")], profile(changes))

    assert mapped.kinds["invoice.reference"].tolist() == [Kind.NUMBER, Kind.PROFILE, Kind.TEXT]
    assert set(mapped.kinds["invoice.language"].tolist()) == {Kind.PROFILE}
    assert "lines.quantity" not in mapped.kinds


def test_sheets_with_other_spellings_and_kinds_join() -> None:
    """Each sheet has its own addresses; a column that is typed in one sheet only stays so."""
    one = table(LINE, file="a.csv")
    other = table(
        "Naam;" + COLUMNS.replace("Klant;", "") + "\nx;1002;01/03/2026;A1;2;<n>0.1;x", columns="", file="b.csv"
    )
    changes = {"customer": {"name": {"column": ["Klant", "Naam"]}}}

    run = go([one, other], changes)

    assert run.cells("vat-rate") == []
    assert [(finding.file, finding.cell) for finding in run.findings] == [("b.csv", "G2")]
    assert run.mapped.sheets[1].columns["customer.name"] == ("Naam", "A")
