"""The file's own totals beside ours: what a person sees as proof."""

from typing import Any, Final

from sources import go

COLUMNS: Final = "Nr;Datum;Klant;Code;Aantal;Prijs;BTW;Bedrag;Totaal"
CONTROLS: Final[dict[str, Any]] = {
    "controls": {"line_total": {"column": "Bedrag"}, "invoice_total_incl": {"column": "Totaal"}}
}
GOOD: Final = (
    "1001;01/03/2026;Zoë;A1;2;10,00;21;20,00;36,30\n"
    "1001;01/03/2026;Zoë;A2;1;10,00;21;;36,30\n"
    "1002;01/03/2026;Jan;A1;3;1,00;6;3,00;"
)


def test_each_control_column_is_added_up_beside_ours() -> None:
    """Rows with an empty cell count on neither side; an invoice total counts once, however many rows repeat it."""
    run = go(GOOD, CONTROLS, columns=COLUMNS)

    assert run.codes == []
    assert run.grouped.agreements == (
        ("controls.line_total", "Bedrag", 2300, 2300),
        ("controls.invoice_total_incl", "Totaal", 3630, 3630),
    )


def test_what_is_refused_counts_on_neither_side() -> None:
    """A wrong total refuses its invoice: the sums are those of the others."""
    run = go(GOOD + "\n1003;01/03/2026;An;A1;1;5,00;21;9,00;6,05", CONTROLS, columns=COLUMNS)

    assert run.refused == {"1003": ("line-total",)}
    assert [(one.stated, one.reckoned) for one in run.grouped.agreements] == [(2300, 2300), (3630, 3630)]


def test_without_control_columns_there_is_nothing_to_agree() -> None:
    """Nobody filled the columns in, or the profile has none."""
    assert go("1001;01/03/2026;Zoë;A1;2;10,00;21;;", CONTROLS, columns=COLUMNS).grouped.agreements == ()
    assert go("1001;01/03/2026;Zoë;A1;2;10,00;21").grouped.agreements == ()
