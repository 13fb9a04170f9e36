"""Rows that are no data leave with their reason; what stands only on the first row of an invoice is written on."""

import pytest
from sources import COLUMNS, fields, go, table

from importer.domain.invoice import Span

FILL = {"rows": {"fill_down": ["Nr", "Datum", "Klant"]}}
SKIP_TOTAL = {"column": "Code", "equals": "Totaal", "reason": "total row"}


def skip(**rule: object) -> dict[str, object]:
    """A profile with one skip rule."""
    return {"rows": {"skip": [{"column": "Code", "reason": "why", **rule}]}}


def test_skipped_rows_are_listed_in_runs_with_their_reason() -> None:
    """Adjacent rows with one reason are one span; blank rows between data are skipped too, in their own words."""
    run = go("""
        1001;01/03/2026;Zoë;A1;2;10,00;21
        .;.;.;Totaal;.;20,00;.
        .;.;.; Totaal ;.;20,00;.

        1002;01/03/2026;Zoë;A1;2;10,00;21
        .;.;.;Totaal;.;20,00;.
    """, {"rows": {"skip": [SKIP_TOTAL]}})  # fmt: skip

    assert [(skipped.span, skipped.reason) for skipped in run.mapped.skipped] == [
        (Span(0, 3, 4), "total row"),
        (Span(0, 5, 5), "blank row"),
        (Span(0, 7, 7), "total row"),
    ]
    assert run.grouped.rows == (6, 2, 4, 0)


@pytest.mark.parametrize(
    ("rule", "cells"),
    [
        ({"equals": ["Totaal", "Total"]}, {"Totaal", "Total"}),
        ({"matches": "Totaal|Sub.*"}, {"Totaal", "Subtotaal", "Sub"}),
        ({"matches": "(?i)totaal"}, {"Totaal", "TOTAAL"}),
        ({"matches": "(?!Tot).*"}, {"Subtotaal", "Sub", "TOTAAL", "x Totaal", "."}),
        ({"blank": "true"}, {"."}),
        ({"matches": ""}, {"."}),
        ({"other_than": ["Sub", "TOTAAL"]}, {"Totaal", "Total", "Subtotaal", "Totaal van de week", "x Totaal"}),
        ({"contains": "otaa"}, {"Totaal", "Subtotaal", "Totaal van de week", "x Totaal"}),
        ({"contains": [" van ", "x"]}, {"Totaal van de week", "x Totaal"}),
        ({"starts_with": "Totaal "}, {"Totaal", "Totaal van de week"}),
        ({"starts_with": ["Sub", "x"]}, {"Subtotaal", "Sub", "x Totaal"}),
    ],
)
def test_a_rule_tests_the_whole_trimmed_cell(rule: dict[str, object], cells: set[str]) -> None:
    """`equals` and `matches` are about the whole cell, the others about a part; `other_than` leaves empty cells alone."""
    words = ["Totaal", "Total", "Subtotaal", "Sub", "TOTAAL", "Totaal van de week", "x Totaal", "."]
    rows = "\n".join(f"{number};01/03/2026;Zoë;{word};2;10,00;21" for number, word in enumerate(words))

    left = fields(rows, skip(**rule), "lines.product_code")

    assert [cell or "." for cell in left] == [word for word in words if word not in cells]


def test_the_first_rule_that_fits_gives_the_reason() -> None:
    """One row has one reason."""
    changes = {"rows": {"skip": [SKIP_TOTAL, {"column": "Nr", "blank": "true", "reason": "no number"}]}}
    run = go(".;.;.;Totaal;.;1;.\n.;.;.;A1;.;1;.\n1001;01/03/2026;Zoë;A1;2;10,00;21", changes)

    assert [skipped.reason for skipped in run.mapped.skipped] == ["total row", "no number"]


def test_all_tests_of_a_rule_must_fit() -> None:
    """`also` narrows a rule down: a row leaves only if every test fits."""
    rule = {"column": "Code", "equals": "Totaal", "also": [{"column": "Nr", "blank": "true"}, {"column": "Prijs", "contains": "0"}]}  # fmt: skip
    run = go("""
        1001;01/03/2026;Zoë;Totaal;2;10,00;21
        .;.;.;Totaal;.;20,00;.
        .;.;.;Totaal;.;x;.
    """, {"rows": {"skip": [rule | {"reason": "total"}]}})  # fmt: skip

    assert [skipped.span for skipped in run.mapped.skipped] == [Span(0, 3, 3)]
    assert run.cells("missing-key") == ["A4"]


def test_a_footer_ends_the_table() -> None:
    """The first row that fits and everything below it is no data, whatever it looks like; each row has its reason."""
    footer = {"column": "Nr", "matches": "[0-9]+ records?.*", "reason": "footer"}
    run = go("""
        1001;01/03/2026;Zoë;A1;2;10,00;21
        2 records downloaded;.;.;.;.;.;.

        Printed;on;Monday;.;.;.;.
        3 records downloaded;.;.;.;.;.;.
    """, {"rows": {"footer": [footer], "skip": [{"column": "Nr", "equals": "Printed", "reason": "printed"}]}})  # fmt: skip

    assert run.codes == []
    assert [(skipped.span, skipped.reason) for skipped in run.mapped.skipped] == [
        (Span(0, 3, 3), "footer"),
        (Span(0, 4, 4), "blank row"),
        (Span(0, 5, 5), "printed"),
        (Span(0, 6, 6), "footer"),
    ]
    assert run.grouped.rows == (5, 1, 4, 0)


def test_a_footer_of_one_sheet_is_none_of_the_next() -> None:
    """Each sheet has its own end."""
    footer = {"rows": {"footer": [{"column": "Code", "equals": "Totaal", "reason": "footer"}]}}
    one = table("1001;01/03/2026;Zoë;A1;2;10,00;21\n.;.;.;Totaal;.;20,00;.", sheet="Blad1")
    other = table("1002;01/03/2026;Zoë;A1;2;10,00;21", sheet="Blad2")

    assert set(go([one, other], footer).invoices) == {"1001", "1002"}


@pytest.mark.parametrize(("rest", "told"), [("A1;2;10,00;21", True), ("A1;.;10,00;21", False), (".;2;10,00;21", False)])
def test_data_below_a_footer_is_told(rest: str, told: bool) -> None:
    """Rows that carry all that a line needs are not lost silently behind a rule that fits too early."""
    footer = {"rows": {"footer": [{"column": "Code", "equals": "Totaal", "reason": "footer"}]}}
    run = go(f"1001;01/03/2026;Zoë;Totaal;2;10,00;21\n1002;01/03/2026;Zoë;{rest}", footer)

    assert run.codes == (["data-below-footer"] if told else [])
    assert run.grouped.rows == (2, 0, 2, 0)


def test_a_rule_may_look_at_what_is_filled_down() -> None:
    """With `filled` whole invoices leave by a word on their first row; without it only that row does."""
    columns = COLUMNS + ";Status"
    rule = {"column": "Status", "equals": "Geannuleerd", "reason": "cancelled"}
    fill = ["Nr", "Datum", "Klant", "Status"]
    text = """
        1001;01/03/2026;Zoë;A1;2;10,00;21;Geannuleerd
        .;.;.;A2;1;5,00;6;.
        1002;02/03/2026;Jan;A1;2;10,00;21;Betaald
        .;.;.;A2;1;5,00;6;.
    """
    whole = go(text, {"rows": {"fill_down": fill, "skip": [rule | {"filled": "true"}]}}, columns=columns)
    row = go(text, {"rows": {"fill_down": fill, "skip": [rule]}}, columns=columns)

    assert whole.codes == []
    assert [skipped.span for skipped in whole.mapped.skipped] == [Span(0, 2, 3)]
    assert whole.grouped.rows == (4, 2, 2, 0)
    assert [skipped.span for skipped in row.mapped.skipped] == [Span(0, 2, 2)]
    assert row.cells("missing-key") == ["A3"]


def test_a_ragged_row_under_a_rule_is_skipped_without_a_word() -> None:
    """A total row may have any number of fields: it is no data."""
    run = go(".;.;.;Totaal\n1001;01/03/2026;Zoë;A1;2;10,00;21", {"rows": {"skip": [SKIP_TOTAL]}})

    assert run.codes == []
    assert run.grouped.rows == (2, 1, 1, 0)


@pytest.mark.parametrize("rule", [{"blank": "true"}, {"equals": ""}, {"matches": ".*"}, {"other_than": "A1"}])
def test_a_cut_off_row_is_not_blank(rule: dict[str, object]) -> None:
    """The cells a ragged row lacks are not empty cells: a file cut off in its last row must not pass."""
    run = go("1001;01/03", skip(**rule))

    assert run.codes == ["ragged-row"]
    assert run.refused == {"1001": ("ragged-row",)}


def test_all_rows_may_be_skipped() -> None:
    """A file of total rows has no invoices, no findings, and balances."""
    run = go(".;.;.;Totaal;.;1;.\n\n.;.;.;Totaal;.;1;.", {"rows": {"skip": [SKIP_TOTAL]}})

    assert run.grouped.rows == (3, 0, 3, 0)
    assert run.plan().items == []


def test_fill_down_writes_on_until_the_next_invoice() -> None:
    """Number, date and customer of the first row hold for the rows below it."""
    run = go("""
        1001;01/03/2026;Zoë;A1;2;10,00;21
        .;.;.;A2;1;5,00;6

        .;.;.;A3;1;5,00;6
        1002;02/03/2026;Jan;A1;2;10,00;21
    """, FILL)  # fmt: skip

    assert run.codes == []
    assert {label: len(invoice.lines) for label, invoice in run.invoices.items()} == {"1001": 3, "1002": 1}
    assert run.invoices["1001"].customer == {"name": "Zoë"}


def test_a_value_never_crosses_to_the_next_invoice() -> None:
    """A customer without VAT number does not get the number of the customer above."""
    columns = COLUMNS + ";BTW-nr"
    changes = {
        "rows": {"fill_down": ["Nr", "Datum", "Klant", "BTW-nr"]},
        "customer": {"vat_number": {"column": "BTW-nr"}},
    }
    run = go("""
        1001;01/03/2026;Zoë;A1;2;10,00;21;BE0403170701
        .;.;.;A2;1;5,00;6;.
        1002;02/03/2026;Jan;A1;2;10,00;21;.
        .;.;.;A2;1;5,00;6;.
        1003;02/03/2026;.;A1;2;10,00;21;.
    """, changes, columns=columns)  # fmt: skip

    assert run.invoices["1001"].customer == {"name": "Zoë", "vat_number": "BE0403170701"}
    assert run.invoices["1002"].customer == {"name": "Jan"}
    assert run.refused == {"1003": ("missing-value",)}


def test_a_key_on_every_row_needs_no_filling() -> None:
    """The key may stand on every row and the customer on the first one; a returning key starts anew."""
    changes = {"rows": {"fill_down": ["Datum", "Klant"]}}
    run = go("""
        1001;01/03/2026;Zoë;A1;2;10,00;21
        1001;.;.;A2;1;5,00;6
        1002;02/03/2026;Jan;A1;2;10,00;21
        1001;.;.;A3;1;5,00;6
    """, changes)  # fmt: skip

    assert set(run.invoices) == {"1002"}
    assert run.cells("missing-value") == ["B5", "C5"]


def test_a_subtotal_between_the_rows_of_an_invoice_breaks_nothing() -> None:
    """A skipped row without a key is part of no invoice, so filling goes on below it."""
    changes = {"rows": {"fill_down": ["Datum", "Klant"], "skip": [SKIP_TOTAL]}}
    run = go("""
        1001;01/03/2026;Zoë;A1;2;10,00;21
        .;.;.;Totaal;.;20,00;.
        1001;.;.;A2;1;5,00;6
    """, changes)  # fmt: skip

    assert run.codes == []
    assert len(run.invoice.lines) == 2


def test_a_key_of_two_columns() -> None:
    """Series and number together name an invoice; both are filled, and a new value in either starts a new invoice."""
    columns = "Reeks;" + COLUMNS
    changes = {"invoice_key": ["Reeks", "Nr"], "rows": {"fill_down": ["Reeks", "Nr", "Datum", "Klant"]}}
    run = go("""
        A;1;01/03/2026;Zoë;A1;2;10,00;21
        .;.;.;.;A2;1;5,00;6
        B;1;01/03/2026;Jan;A1;2;10,00;21
        .;.;.;.;A2;1;5,00;6
        B;2;01/03/2026;An;A1;2;10,00;21
    """, changes, columns=columns)  # fmt: skip

    assert {label: invoice.customer["name"] for label, invoice in run.invoices.items()} == {
        "A / 1": "Zoë",
        "B / 1": "Jan",
        "B / 2": "An",
    }


def test_a_skipped_heading_opens_its_invoice() -> None:
    """A heading row that carries number and customer and is skipped for having no product still opens the invoice."""
    changes = FILL | {"rows": {"fill_down": ["Nr", "Datum", "Klant"], "skip": [{"column": "Code", "blank": "true", "reason": "heading"}]}}  # fmt: skip
    run = go("""
        1001;01/03/2026;Zoë;.;.;.;.
        .;.;.;A1;2;10,00;21
        1002;02/03/2026;Jan;.;.;.;.
        .;.;.;A1;1;5,00;21
    """, changes)  # fmt: skip

    assert {label: (invoice.customer["name"], invoice.excl) for label, invoice in run.invoices.items()} == {
        "1001": ("Zoë", 2000),
        "1002": ("Jan", 500),
    }
    assert run.grouped.rows == (4, 2, 2, 0)


def test_a_total_in_the_key_column_is_no_key() -> None:
    """A row skipped for what stands in the key column itself is passed over: the next rows go on with the key above."""
    changes = {"rows": {"fill_down": ["Nr", "Datum", "Klant"], "skip": [{"column": "Nr", "matches": "Totaal.*", "reason": "total"}]}}  # fmt: skip
    run = go("""
        1001;01/03/2026;Zoë;A1;2;10,00;21
        Totaal 1001;.;.;.;.;20,00;.
        .;.;.;A2;1;5,00;21
    """, changes)  # fmt: skip

    assert {label: invoice.excl for label, invoice in run.invoices.items()} == {"1001": 2500}


def test_rows_above_the_first_key_name_no_invoice() -> None:
    """There is nothing above to fill down from: the rows are refused, not given to the invoice below."""
    run = go(".;01/03/2026;Zoë;A1;2;10,00;21\n1001;01/03/2026;Zoë;A1;2;10,00;21", FILL)

    assert run.cells("missing-key") == ["A2"]
    assert set(run.invoices) == {"1001"}


def test_nothing_is_filled_from_one_sheet_to_the_next() -> None:
    """A sheet that begins without a key begins without an invoice."""
    one = table("1001;01/03/2026;Zoë;A1;2;10,00;21", sheet="Blad1")
    other = table(".;.;.;A2;1;5,00;21", sheet="Blad2")

    run = go([one, other], FILL)

    assert len(run.invoices["1001"].lines) == 1
    assert run.the("missing-key").place == 'maart.csv, Blad2!A2 (column "Nr")'


def test_kinds_are_filled_with_their_cells() -> None:
    """A real date on the first row is a real date on the rows below, and an error cell an error, told once."""
    fine = go("1001;<d>2026-03-01;Zoë;A1;2;10,00;21\n.;.;.;A2;1;5,00;6", FILL)
    broken = go("1001;<e>#N/A;Zoë;A1;2;10,00;21\n.;.;.;A2;1;5,00;6\n.;.;.;A3;1;5,00;6", FILL)

    assert fine.invoice.header["date"] == "2026-03-01"
    assert broken.cells("error-cell") == ["B2"]
    assert broken.refused == {"1001": ("error-cell",)}


def test_a_filled_cell_is_told_where_it_stands() -> None:
    """What is wrong with a filled value is wrong in one cell, above; an empty one is told on the invoice's first row."""
    run = go("""
        1001;32/03/2026;Zoë;A1;2;10,00;21
        .;.;.;A2;1;5,00;6
        .;.;.;A3;1;5,00;6
        1002;01/03/2026;.;A1;2;10,00;21
        .;.;.;A2;1;5,00;6
    """, FILL)  # fmt: skip

    assert [(finding.code, finding.cell) for finding in run.findings] == [("bad-date", "B2"), ("missing-value", "C5")]


def test_a_value_written_later_in_the_invoice_differs_from_none_above() -> None:
    """Filling goes down, not up: a customer named only on the second row is told as a difference."""
    run = go("1001;01/03/2026;.;A1;2;10,00;21\n.;.;Zoë;A2;1;5,00;6", FILL)

    assert set(run.codes) == {"missing-value"}
    assert run.refused == {"1001": ("missing-value",)}
