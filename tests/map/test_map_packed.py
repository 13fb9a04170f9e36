"""Lines packed as numbered columns: each group that is not empty is a line, and a row stays one row."""

from typing import Any

import pytest
from sources import go, table

from importer.domain.invoice import Span
from importer.domain.outcomes import tell_outcomes
from importer.domain.records import Answered
from importer.domain.states import State
from importer.errors import SourceError

COLUMNS = "Nr;Datum;Klant;BTW;Code1;Aantal1;Prijs1;Code2;Aantal2;Prijs2;Code3;Aantal3;Prijs3"
PACKED: dict[str, Any] = {
    "lines": {
        "packed": {},
        "product_code": {"column": "Code{n}"},
        "quantity": {"column": "Aantal{n}"},
        "unit_price": {"column": "Prijs{n}"},
    }
}


def lines_of(text: str, changes: dict[str, Any] = PACKED, columns: str = COLUMNS) -> dict[str, list[str]]:
    """The product codes of each invoice, in order of lines."""
    return {
        label: [line.product_code for line in invoice.lines]
        for label, invoice in go(text, changes, columns=columns).invoices.items()
    }


def test_each_filled_group_is_a_line_in_order() -> None:
    """A row becomes as many lines as it has filled groups; a gap between groups is no line."""
    run = go("""
        1001;01/03/2026;Zoë;21;A1;2;10,00;.;.;.;A3;1;5,00
        1002;01/03/2026;Jan;6;B1;1;1,00;.;.;.;.;.;.
    """, PACKED, columns=COLUMNS)  # fmt: skip

    assert run.codes == []
    assert {label: [line[:4] for line in each.lines] for label, each in run.invoices.items()} == {
        "1001": [("A1", "2", "10", 21), ("A3", "1", "5", 21)],
        "1002": [("B1", "1", "1", 6)],
    }


def test_a_row_is_counted_once_whatever_it_packs() -> None:
    """Rows read are rows of the file: three lines in a row are one row, in the spans too."""
    run = go("""
        1001;01/03/2026;Zoë;21;A1;2;10,00;A2;1;5,00;A3;1;5,00
        1001;01/03/2026;Zoë;21;A4;1;5,00;.;.;.;.;.;.

        1002;01/03/2026;Jan;21;B1;1;x;B2;1;5,00;.;.;.
    """, PACKED, columns=COLUMNS)  # fmt: skip

    assert run.grouped.rows == (4, 2, 1, 1)
    assert run.invoices["1001"].spans == (Span(0, 2, 3),)
    assert run.refused == {"1002": ("bad-amount",)}
    assert run.grouped.refused[0].spans == (Span(0, 5, 5),)


def test_a_half_filled_group_is_told_at_its_own_cell() -> None:
    """What a group lacks is missing in its own column, not in that of the first group."""
    run = go("1001;01/03/2026;Zoë;21;A1;2;10,00;A2;.;5,00;.;1;.", PACKED, columns=COLUMNS)

    assert [(finding.code, finding.cell, finding.column) for finding in run.findings] == [
        ("missing-value", "I2", "Aantal2"),
        ("missing-value", "K2", "Code3"),
        ("missing-value", "M2", "Prijs3"),
    ]
    assert run.refused == {"1001": ("missing-value",)}


def test_what_is_wrong_with_the_row_is_told_once() -> None:
    """A wrong date in a row of three lines is one cell, and one finding."""
    run = go("1001;32/03/2026;.;21;A1;2;10,00;A2;1;5,00;A3;1;5,00", PACKED, columns=COLUMNS)

    assert [(finding.code, finding.cell) for finding in run.findings] == [("bad-date", "B2"), ("missing-value", "C2")]


def test_a_row_without_lines_is_refused_with_its_invoice() -> None:
    """Nothing is dropped: an invoice number without a single line is a finding, and its other row goes with it."""
    run = go("""
        1001;01/03/2026;Zoë;21;A1;2;10,00;.;.;.;.;.;.
        1001;01/03/2026;Zoë;21;.;.;.;.;.;.;.;.;.
    """, PACKED, columns=COLUMNS)  # fmt: skip

    assert run.codes == ["no-lines"]
    assert run.refused == {"1001": ("no-lines",)}
    assert run.grouped.rows == (2, 0, 0, 2)


def test_columns_may_stand_in_any_order_and_spelling() -> None:
    """Columns are found by name: groups need not stand together, and spellings may differ in case and space."""
    columns = "Nr;Datum;Klant;BTW;code2;CODE1;Aantal1;aantal2;Prijs1;Prijs 2"
    changes = {"lines": {**PACKED["lines"], "unit_price": {"column": ["Prijs{n}", "Prijs {n}"]}}}

    assert lines_of("1001;01/03/2026;Zoë;21;A2;A1;2;1;10,00;5,00", changes, columns) == {"1001": ["A1", "A2"]}


def test_fields_of_several_columns_are_numbered_too() -> None:
    """`first_of` and `join` take the columns of their own group, and a wrong cell is told where it stands."""
    columns = "Nr;Datum;Klant;BTW;Code1;EAN1;Aantal1;Prijs1;Code2;EAN2;Aantal2;Prijs2"
    changes = {"lines": {**PACKED["lines"], "product_code": {"first_of": ["Code{n}", "EAN{n}"]}}}
    run = go([table("""
        1001;01/03/2026;Zoë;21;A1;9;2;10,00;.;<n>12345678901234567890;1;5,00
        1002;01/03/2026;Jan;21;.;8;1;1,00;B2;.;1;5,00
    """, columns=columns)], changes)  # fmt: skip

    assert run.cells("number-as-id") == ["J2"]
    assert [line.product_code for line in run.invoices["1002"].lines] == ["8", "B2"]


def test_kinds_stay_with_their_cells() -> None:
    """A number cell of a workbook keeps its point, a text its comma, in each group by itself."""
    run = go("1001;01/03/2026;Zoë;21;A1;<n>2.5;10,00;A2;2,5;<n>10.5;.;.;.", PACKED, columns=COLUMNS)

    assert [(line.quantity, line.unit_price) for line in run.invoice.lines] == [("2.5", "10"), ("2.5", "10.5")]


@pytest.mark.parametrize(
    ("columns", "count", "words"),
    [
        ("Code1;Aantal1;Prijs1;Code2;Aantal2", None, 'there is no column "Prijs2"'),
        ("Code1;Aantal1;Prijs1;Code3;Aantal3;Prijs3", None, 'there is no column "Code2"'),
        ("Code1;Aantal1;Prijs1;Code1;Aantal2;Prijs2", None, 'the header "Code1" stands above two columns'),
        (
            "Code1;Aantal1;Prijs1;Code02;Aantal02;Prijs02",
            None,
            'a column "Code02", but the numbers are written 1, 2, 3',
        ),
        ("Code0;Aantal0;Prijs0;Code1;Aantal1;Prijs1", None, 'a column "Code0", but the numbers are written'),
        ("Code1;Aantal1;Prijs1;Code2;Aantal2;Prijs2", "1", 'a column "Code2", but lines.packed counts 1 lines'),
        ("Code1;Aantal1;Prijs1", "2", 'there is no column "Code2"'),
    ],
)
def test_columns_with_gaps_are_refused(columns: str, count: str | None, words: str) -> None:
    """A numbered column that nobody looks at would lose lines, so the file is refused as a whole."""
    changes = {"lines": {**PACKED["lines"], "packed": {} if count is None else {"count": count}}}
    cells = ";".join("1" for _ in columns.split(";"))

    with pytest.raises(SourceError) as caught:
        go(f"1001;01/03/2026;Zoë;21;{cells}", changes, columns=f"Nr;Datum;Klant;BTW;{columns}")

    assert caught.value.code == "packed-columns"
    assert words in caught.value.message


def test_a_control_total_is_numbered_too() -> None:
    """Each line is proved by the total of its own group."""
    columns = "Nr;Datum;Klant;BTW;Code1;Aantal1;Prijs1;Som1;Code2;Aantal2;Prijs2;Som2"
    changes = PACKED | {"controls": {"line_total": {"column": "Som{n}"}}}

    run = go("1001;01/03/2026;Zoë;21;A1;2;10,00;20,00;A2;3;5,00;16,00", changes, columns=columns)

    assert run.cells("line-total") == ["L2"]


def test_a_ragged_row_is_told_once() -> None:
    """A row with too few fields is one finding: its lines are not judged, nor that it seems to have none."""
    run = go("""
        1001;01/03/2026;Zoë;21;A1;2;10,00;A2;1;5,00
        1002;01/03/2026;Jan;21;A1;2;10,00;.;.;.;.;.;.
        1003;01/03/2026;An;21
    """, PACKED, columns=COLUMNS)  # fmt: skip

    assert run.codes == ["ragged-row", "ragged-row"]
    assert run.refused == {"1001": ("ragged-row",), "1003": ("ragged-row",)}
    assert run.grouped.rows == (3, 1, 0, 2)


def test_fill_down_and_skip_rules_work_on_rows() -> None:
    """Rows leave and are completed before their lines are parted."""
    changes = PACKED | {
        "rows": {
            "fill_down": ["Nr", "Datum", "Klant", "BTW"],
            "skip": [{"column": "Code1", "equals": "Totaal", "reason": "total"}],
        }
    }
    run = go("""
        1001;01/03/2026;Zoë;21;A1;2;10,00;A2;1;5,00;.;.;.
        .;.;.;.;A3;1;5,00;.;.;.;.;.;.
        .;.;.;.;Totaal;.;30,00;.;.;.;.;.;.
    """, changes, columns=COLUMNS)  # fmt: skip

    assert run.codes == []
    assert [line.product_code for line in run.invoice.lines] == ["A1", "A2", "A3"]
    assert run.grouped.rows == (3, 2, 1, 0)


def test_an_answer_about_a_line_is_told_at_its_group() -> None:
    """Facturalia names line 1 of the request: that is the second filled group of the row."""
    plan = go("1001;01/03/2026;Zoë;21;A1;2;10,00;.;.;.;A3;1;5,00", PACKED, columns=COLUMNS).plan()
    sent = Sent(plan.items[0].frozen.external_id)

    (finding,) = tell_outcomes([sent], (), plan)

    assert (finding.cell, finding.column, finding.value) == ("K2", "Code3", "A3")


class Sent:
    """A rejection of the second line of the invoice."""

    label, state, replayed, code = "1001", State.REJECTED, False, "422"
    detail = "lines.1.product_code: Product bestaat niet."
    answered = Answered()

    def __init__(self, external_id: str) -> None:
        self.external_id = external_id
