"""Rows with too many or too few fields: no invoice that may own one is sent without it."""

from typing import Any

import pytest
from sources import COLUMNS, go

GOOD = "1001;01/03/2026;Zoë;A1;2;10,00;21"
OTHER = "1002;01/03/2026;Jan;A1;2;10,00;21"
THIRD = "1003;01/03/2026;An;A1;2;10,00;21"


@pytest.mark.parametrize(
    "ragged",
    [
        "1001;01/03/2026;Zoë; en co;A2;1;5,00;21",
        "1001;01/03/2026;Zoë;A2;1;5,00;21;",
        "1001;01/03/2026;Zoë;A2",
        "1001",
        "x;1001;01/03/2026;Zoë;A2;1;5,00;21",
        "100101/03/2026;Zoë;A2;1;5,00;21",
    ],
    ids=["a separator in the name", "one at the end", "cut off", "nearly nothing", "the key shifted", "the key glued"],
)
def test_the_invoice_a_ragged_row_may_belong_to_is_refused_and_no_other(ragged: str) -> None:
    """Wherever its key went, the row takes its invoice with it; the others pass; its cells are not judged one by one."""
    run = go(f"{GOOD}\n{OTHER}\n{ragged}\n{THIRD}")

    assert set(run.invoices) == {"1002", "1003"}
    assert "1001" in run.refused
    assert set(run.codes) == {"ragged-row"}
    assert run.grouped.rows == (4, 2, 0, 2)


def test_a_ragged_row_may_be_a_whole_invoice() -> None:
    """Its own invoice is refused under its own key."""
    run = go(f"{GOOD}\n1009;01/03/2026;Zoë;A1;1")

    assert run.refused == {"1009": ("ragged-row",)}
    assert set(run.invoices) == {"1001"}


def test_a_key_that_holds_a_separator() -> None:
    """An unquoted separator inside the key parts it in two; put together they name the invoice."""
    columns = COLUMNS + ";Extra"
    good = GOOD.replace("1001", "2026,7") + ";x"

    run = go(f"{good}\n{OTHER};x\n2026;7;01/03/2026;Zoë;A1;1;5,00;21;x", columns=columns)

    assert set(run.invoices) == {"1002"}
    assert "2026,7" in run.refused


def test_a_row_that_names_none_it_is_refused_alone() -> None:
    """A ragged row without any known key is a refused row; no invoice suffers."""
    run = go(f"{GOOD}\n;;x\n{OTHER}")

    assert set(run.invoices) == {"1001", "1002"}
    assert run.refused == {"": ("ragged-row",)}


FILL: dict[str, Any] = {"rows": {"fill_down": ["Nr", "Datum", "Klant"]}}


@pytest.mark.parametrize(
    "ragged",
    [
        ".;.;.;A2;1;5,00;21;x",
        ".;.;.;A2",
        "tekst;.;.;.;A2;1;5,00;21",
        ".;.;.;A2;1;5,00;21;.",
    ],
)
def test_below_a_filled_key_the_invoice_above_is_suspect(ragged: str) -> None:
    """Where the key stands on the first row only, a ragged row may belong to the invoice above, whatever its cells say."""
    run = go(f"{OTHER}\n{GOOD}\n{ragged}\n.;.;.;A3;1;5,00;21\n{THIRD}", FILL)

    assert "1001" in run.refused
    assert set(run.invoices) == {"1002", "1003"}
    assert "A3" not in {line.product_code for invoice in run.grouped.invoices for line in invoice.lines}


def test_a_ragged_first_row_takes_the_rows_below_with_it() -> None:
    """If the row that names the invoice is ragged, its other rows are not given to the invoice above."""
    run = go(f"{OTHER}\n1001;01/03/2026;Zoë\n.;.;.;A2;1;5,00;21\n{THIRD}", FILL)

    assert set(run.refused) == {"1001", "1002"}
    assert set(run.invoices) == {"1003"}


def test_parts_of_a_key_must_all_occur() -> None:
    """With a key of two columns a row is suspect only where both parts occur."""
    changes = {"invoice_key": ["Reeks", "Nr"]}
    columns = "Reeks;" + COLUMNS
    run = go(f"A;{GOOD}\nB;{GOOD}\nA;{OTHER}\nx;A;{GOOD}", changes, columns=columns)

    assert "A / 1001" in run.refused
    assert set(run.invoices) == {"B / 1001", "A / 1002"}
