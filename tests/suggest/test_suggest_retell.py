"""What a person says of a field goes before what the headers say, and everything else is worked out with it."""

from pathlib import Path

import pytest

from importer.suggest.model import Draft
from importer.suggest.suggest import start

TEXT = """Nr;Datum;Klant;Code;Aantal;Prijs;Prijs lijst;BTW;Totaal
1;03/11/2026;Een BV;X;2;10,00;12,00;21%;24,00
2;21/11/2026;Twee BV;Y;3;5,00;6,00;21%;18,00
"""


def told(folder: Path, **words: str) -> Draft:
    """The draft of the file with a person's words; `lines__unit_price="G"` is one for lines.unit_price."""
    path = folder / "winkel.csv"
    path.write_text(TEXT, encoding="utf-8")
    return start(path, "winkel", {tuple(field.split("__")): word for field, word in words.items()})


def test_a_named_column_is_proved_with_the_others(tmp_path: Path) -> None:
    """The price a person names is the one with which quantity x price comes to the totals."""
    entries = told(tmp_path, lines__unit_price="G").entries
    assert entries["lines", "unit_price"].value == {"column": "Prijs lijst"}
    assert 'quantity x price is "Totaal"' in entries["lines", "unit_price"].proof
    assert entries["controls", "line_total"].columns == ("Totaal",)


@pytest.mark.parametrize("word", ["-", "=2"])
def test_a_field_may_be_left_out_or_be_the_same_everywhere(tmp_path: Path, word: str) -> None:
    """No column is read for it then, whatever its header says."""
    entry = told(tmp_path, lines__quantity=word).entries["lines", "quantity"]
    assert (entry.value, entry.columns) == (None if word == "-" else {"value": "2"}, ())
    assert not entry.choices


def test_a_person_may_insist_on_a_column_that_does_not_fit(tmp_path: Path) -> None:
    """A column of names as the date: the profile says so, and the check will tell what is wrong."""
    draft = told(tmp_path, invoice__date="C")
    assert draft.entries["invoice", "date"].value == {"column": "Klant"}
    assert all(each.column.header != "Klant" for each in draft.unused)


def test_the_word_for_percent_comes_off_a_rate_that_a_person_names(tmp_path: Path) -> None:
    """A field from a column that nothing else speaks for is read without the signs around its numbers."""
    assert told(tmp_path, lines__quantity="H").entries["lines", "quantity"].value == {"column": "BTW", "strip": ["%"]}


def test_nothing_said_changes_nothing(tmp_path: Path) -> None:
    """Without words of a person the draft is the one it always was."""
    assert told(tmp_path).entries == start(tmp_path / "winkel.csv", "winkel").entries
