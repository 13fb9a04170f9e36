"""What the API answered, told in the user's file and cell."""

from typing import NamedTuple

import pytest
from sources import COLUMNS, Run, go, table

from importer.domain.findings import column_letter
from importer.domain.outcomes import tell_outcomes
from importer.domain.records import Answered
from importer.domain.states import State


class Sent(NamedTuple):
    """Where sending left an invoice."""

    external_id: str
    label: str
    state: State
    code: str = ""
    detail: str = ""
    answered: Answered = Answered()
    replayed: bool = False


def told(run: Run, detail: str, label: str = "1001") -> str:
    """The place of the finding about a rejected invoice."""
    plan = run.plan()
    identity = next(item.frozen.external_id for item in plan.items if item.frozen.invoice.label == label)
    (finding,) = tell_outcomes([Sent(identity, label, State.REJECTED, "422", detail)], (), plan)
    return finding.place


SOURCE = """
    1001;01/03/2026;Zoë;A1;2;10,00;21
    1002;01/03/2026;Jan;A1;2;10,00;21
    1001;01/03/2026;Zoë;A2;1;5,00;6

    1001;01/03/2026;Zoë;A3;1;5,00;6
"""


@pytest.mark.parametrize(
    ("detail", "place"),
    [
        ("lines.0.unit_price: Moet ≥ 0 zijn.", 'maart.csv, F2 (column "Prijs")'),
        ("lines.1.vat_rate: onbekend", 'maart.csv, G4 (column "BTW")'),
        ("lines.2.product_code: bestaat niet", 'maart.csv, D6 (column "Code")'),
        ("lines.9.product_code: bestaat niet", 'maart.csv, D2 (column "Code")'),
        ("lines.1.surprise: ?", "maart.csv, row 4"),
        ("invoice.date: Verplicht (JJJJ-MM-DD).", 'maart.csv, B2 (column "Datum")'),
        ("customer.name: te lang; lines.1.quantity: te groot", 'maart.csv, C2 (column "Klant")'),
        ("customer.phone: te lang", "maart.csv, row 2"),
        ("Controleer de velden.", "maart.csv, row 2"),
    ],
)
def test_fields_of_the_answer_become_cells(detail: str, place: str) -> None:
    """The first field an answer names is translated to the cell it came from, over blank and other invoices' rows."""
    assert told(go(SOURCE), detail) == place


def test_a_line_on_another_sheet() -> None:
    """Lines are numbered over sheets and files in file order."""
    one = table("1001;01/03/2026;Zoë;A1;2;10,00;21", sheet="Blad1")
    other = table("1001;01/03/2026;Zoë;A2;2;10,00;21", sheet="Blad2")

    assert told(go([one, other]), "lines.1.quantity: ?") == 'maart.csv, Blad2!E2 (column "Aantal")'


def test_a_due_date_is_the_users_word_for_due_days() -> None:
    """The API complains of due_days; the file holds a due date."""
    run = go(
        "1001;01/03/2026;Zoë;A1;2;10,00;21;31/03/2026",
        {"invoice": {"due_date": {"column": "Vervalt"}}},
        columns=COLUMNS + ";Vervalt",
    )

    assert told(run, "invoice.due_days: te lang") == 'maart.csv, H2 (column "Vervalt")'


def test_recovered_invoices_are_told_without_a_place() -> None:
    """What earlier runs left behind is told too, first, though the files of this run may not hold it."""
    plan = go(SOURCE).plan()
    old = Sent("imp-0", "0999", State.UNKNOWN, "expired", "")
    new = Sent(plan.items[0].frozen.external_id, "1001", State.POSTED, answered=Answered(remote_id="R-1"))

    (finding,) = tell_outcomes([new], [old], plan)

    assert (finding.code, finding.invoice, finding.place) == ("unknown", "0999", "")
    assert finding.message == "Whether invoice 0999 exists in Facturalia cannot be proved: expired"


def test_without_a_plan_nothing_has_a_place() -> None:
    """`resume` knows no files."""
    (finding,) = tell_outcomes([Sent("imp-0", "0999", State.REJECTED, "422", "lines.0.quantity: ?")])

    assert finding.place == ""


@pytest.mark.parametrize("state", [State.READY, State.SENDING, State.HELD])
def test_what_needs_no_word(state: State) -> None:
    """Only rejected, unknown and id-less invoices are told here."""
    assert tell_outcomes([Sent("imp-0", "0999", state)]) == []


@pytest.mark.parametrize(("position", "letter"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")])  # fmt: skip
def test_column_letters(position: int, letter: str) -> None:
    """Columns are named as the spreadsheet names them, up to its last one."""
    assert column_letter(position) == letter
