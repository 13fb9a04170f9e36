"""Whole files: what is suggested is what they say, it reads them, and nothing else is used."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from layouts import DAY, DUTCH, ENGLISH, FRENCH, workbook, written

from importer.errors import ConfigError, ProfileError, SourceError
from importer.profile.lint import lint
from importer.profile.load import load_profile, parse_profile
from importer.profile.open import TO_CHOOSE
from importer.suggest.model import Sure
from importer.suggest.report import as_json
from importer.suggest.suggest import Suggestion, finished, slug, start, suggest_profile

Suggest = Callable[..., Suggestion]


@pytest.fixture
def suggest(tmp_path: Path) -> Suggest:
    """Suggest a profile for a text."""

    def suggested(text: str, encoding: str = "utf-8") -> Suggestion:
        return suggest_profile(written(tmp_path, text, encoding=encoding))

    return suggested


def value(made: Suggestion, path: str) -> Any:
    """What stands in the profile at a path; None for a comment."""
    entry = made.draft.entries.get(tuple(path.split(".")))
    return None if entry is None else entry.value


def openings(made: Suggestion) -> list[str]:
    """What is left to choose."""
    return [".".join(choice.path) for choice in made.draft.choices]


def test_a_dutch_export_is_understood_whole(suggest: Suggest) -> None:
    """Every field of a usual Dutch list is found and proved, the total row is skipped, and the file is read without a finding."""
    made = suggest(DUTCH, "windows-1252")

    assert openings(made) == []
    assert made.complete
    assert made.trial is not None
    assert (dict(made.trial.rows), made.trial.invoices, dict(made.trial.findings)) == (
        {"read": 5, "invoiced": 4, "skipped": 1, "refused": 0},
        3,
        {"vat-country": 1},  # a Belgian number in the Netherlands
    )
    profile = parse_profile(made.text.encode(), "x").profile
    assert (profile.source.encoding, profile.source.delimiter) == (("windows-1252",), ";")
    assert (profile.source.decimal, profile.source.thousands, profile.source.dates) == (",", ".", ("%d-%m-%Y",))
    assert (profile.invoice_key, profile.prices) == (("Factuurnummer",), "excl_vat")
    assert value(made, "rows.skip") == [{"column": "Factuurnummer", "equals": "Totaal", "reason": "total row"}]
    assert value(made, "customer.country") == {"column": "Land"}
    assert "countries that are understood" in made.draft.entries["customer", "country"].proof
    assert value(made, "customer.vat_number") == {"column": "BTW-nummer", "check": "be-or-eu-vat"}
    assert value(made, "controls.line_total") == {"column": "Totaal excl. BTW"}
    proof = made.draft.entries["rows", "skip"].proof
    assert 'row 6 says "Totaal"' in proof
    assert '"Totaal excl. BTW" there is the sum of rows 2 to 5' in proof


def test_a_french_export_is_understood_whole(suggest: Suggest) -> None:
    """French headers with a rate in words need nothing but what the file shows; the words around the rate are taken off."""
    made = suggest(FRENCH)
    assert made.complete
    assert value(made, "lines.vat_rate") == {"column": "Taux TVA", "strip": ["TVA", "%"]}
    assert value(made, "prices") == "excl_vat"
    assert value(made, "invoice.due_date") == {"column": "Échéance"}


def test_an_order_export_is_understood_with_its_shipping(suggest: Suggest) -> None:
    """Order fields are filled down, the firm goes before the person, and shipping becomes a line because the total says so."""
    made = suggest(ENGLISH)

    assert made.complete
    assert value(made, "invoice.number") is None
    assert value(made, "customer.name") == {"first_of": ["Billing Company", "Billing Name"]}
    assert value(made, "rows.fill_down")[0] == "Order Date"
    assert "Billing Company" in value(made, "rows.fill_down")
    assert value(made, "lines.vat_rate") == {"column": "Tax rate", "map": {"0.21": "21"}}
    assert value(made, "extra_lines.shipping")["vat_rate"] == {"value": "21"}
    assert value(made, "controls.invoice_total_incl") == {"column": "Total"}
    assert any("SHIPPING, which must exist in Facturalia" in remark for remark in made.draft.remarks)


def test_answers_complete_the_profile(tmp_path: Path) -> None:
    """With its choices made, the profile loads and makes the invoice."""
    path = written(tmp_path, "Factuurnr;Datum;Klant;Code;Aantal;Prijs\n1;28/01/2026;X;A;1;10,50\n")
    made = suggest_profile(path, answers=[(("prices",), "excl_vat"), (("lines", "vat_rate", "value"), "21")])
    assert made.complete
    assert TO_CHOOSE not in made.text


def test_what_is_open_keeps_the_profile_from_loading(suggest: Suggest) -> None:
    """A suggestion with choices left is refused with file, line and key of each, and a remedy."""
    made = suggest("Factuurnr;Datum;Klant;Code;Aantal;Prijs;BTW %\n1;28/01/2026;X;A;1;10,50;21\n")
    assert openings(made) == ["prices"]
    with pytest.raises(ProfileError) as caught:
        parse_profile(made.text.encode(), "mijn.yaml")
    line = made.text.splitlines().index(f"prices: {TO_CHOOSE}") + 1
    assert caught.value.code == "profile-open"
    assert caught.value.message.startswith(f"mijn.yaml:{line}:1 (prices): is still open")
    assert "profile new" in caught.value.fix


def test_two_readings_are_both_told_and_none_is_taken(suggest: Suggest) -> None:
    """01/02/2026 and 1,250 may each be two things: both are shown with what they mean, and the keys are open."""
    made = suggest(
        "Invoice Number,Date,Customer,SKU,Quantity,Unit Price excl. VAT,VAT rate\n"
        'A1,01/02/2026,X,P,1,"1,250",21\nA2,03/04/2026,Y,P,2,"2,500",21\n'
    )
    assert openings(made) == ["source.decimal", "source.dates"]
    for said in ('"1,250" is 1.25', '"1,250" is 1250', "2026-02-01", "2026-01-02"):
        assert said in made.text


def test_arithmetic_settles_what_signs_leave_open(suggest: Suggest) -> None:
    """Where two readings fit every amount, the one in which amounts prove each other is taken, and the reason is said."""
    made = suggest(
        "Invoice Number,Date,Customer,SKU,Quantity,Unit Price,VAT rate,Line Total\n"
        'A1,28/02/2026,X,P,"1,500","2,000",21,"3,000,000"\nA2,03/04/2026,Y,P,"3,000","2,000",21,"6,000,000"\n'
    )
    assert value(made, "source.decimal") == "."
    assert "source.decimal" not in openings(made)


def test_words_that_nobody_knows_are_open_one_by_one(suggest: Suggest) -> None:
    """VAT wordings that say their rate are in the table; the one that says none is left to a person."""
    made = suggest(
        "Factuurnr;Datum;Klant;Code;Aantal;Prijs excl. btw;BTW\n"
        "1;31/01/2026;X;A;1;10,50;21% NL\n2;31/01/2026;X;A;1;10,50;BTW vrijgesteld\n"
        "3;31/01/2026;X;A;1;10,50;Marge\n4;31/01/2026;X;A;1;10,50;21% NL\n5;31/01/2026;X;A;1;10,50;21% NL\n"
    )
    assert openings(made) == ["lines.vat_rate.map.Marge"]
    assert value(made, "lines.vat_rate")["map"] == {"21% NL": "21", "BTW vrijgesteld": "0", "Marge": TO_CHOOSE}


ONE_RATE = """\
Factuurnr;Datum;Klant;Code;Aantal;Prijs;Subtotaal;BTW;Totaal
1;31/01/2026;X;A;2;10,50;41,00;8,61;49,61
1;31/01/2026;X;B;1;20,00;41,00;8,61;49,61
2;31/01/2026;X;A;1;20,00;20,00;4,20;24,20
"""


def test_a_word_that_is_no_country_is_left_to_a_person(suggest: Suggest) -> None:
    """Where one word is not known, all words of the file go into a table, and that one is open; it may be left out."""
    text = "Factuurnr;Datum;Klant;Land;Code;Aantal;Prijs excl.;BTW %\n"
    text += "".join(
        f"{row};31/01/2026;X;{land};A;1;10,50;21\n" for row, land in enumerate(("België", "EIRE", "Elders"))
    )
    made = suggest(text)
    assert openings(made) == ["customer.country.map.Elders"]
    assert value(made, "customer.country")["map"] == {"België": "BE", "EIRE": "IE", "Elders": TO_CHOOSE}


def test_vat_amounts_are_never_taken_for_rates(suggest: Suggest) -> None:
    """Amounts under "BTW" are no rates: they and the total show the one rate, and the control sees any other one."""
    made = suggest(ONE_RATE)
    assert value(made, "lines.vat_rate") == {"value": "21"}
    assert "with 21 % on every line" in made.draft.entries["lines", "vat_rate"].proof
    assert value(made, "controls.invoice_total_incl") == {"column": "Totaal"}
    assert made.complete


def test_a_rate_that_no_control_would_guard_stays_open(suggest: Suggest) -> None:
    """Where each invoice has one line, a total may be of the line or of the invoice: the rate is said, and left to choose."""
    rows = ONE_RATE.splitlines()
    made = suggest("\n".join([rows[0], rows[3]]) + "\n")
    assert openings(made) == ["lines.vat_rate.value"]
    entry = made.draft.entries["lines", "vat_rate"]
    assert "with 21 % on every line" in entry.proof
    assert entry.choices[0].options[0].value == "21"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("Kostprijs", "what the seller paid is no price"),
        ("Opmerking", "may be meant for nobody but you"),
        ("Magazijn", "not known"),
        ("Faktuurdatum", "looks like"),
    ],
)
def test_a_column_without_use_says_why(suggest: Suggest, header: str, reason: str) -> None:
    """Every column that no key uses is listed with the reason; a likeness is told, never used."""
    made = suggest(f"Factuurnr;Datum;Klant;Code;Aantal;Prijs excl.;BTW %;{header}\n1;31/01/2026;X;A;1;10,50;21;7\n")
    assert [(each.column.header, reason in each.reason) for each in made.draft.unused] == [(header, True)]
    assert made.complete


def test_no_column_is_lost_or_used_twice_for_two_things(suggest: Suggest) -> None:
    """Each column of a file is used by a key or listed as unused, never both."""
    for text in (DUTCH, FRENCH, ENGLISH):
        made = suggest(text)
        used = {name for entry in made.draft.entries.values() for name in entry.columns}
        unused = {each.column.header for each in made.draft.unused}
        assert used | unused == set(made.draft.sheet.headers)
        assert not used & unused


def test_a_rate_is_no_price_as_well(suggest: Suggest) -> None:
    """A column "Tarief" may be either; where its cells are VAT rates it is the rate, and the price stays open."""
    made = suggest("Factuurnummer;Datum;Klant;Code;Aantal;Per stuk;Tarief\nZ1;03/10/2026;Zo bv;A1;2;10,50;21\n")

    assert value(made, "lines.vat_rate") == {"column": "Tarief"}
    assert value(made, "lines.unit_price") != {"column": "Tarief"}
    assert "lines.unit_price.value" in openings(made)


def test_a_credit_note_is_never_sent_as_an_invoice(suggest: Suggest) -> None:
    """Documents that their type calls credit notes are skipped by rule, because their amounts may be positive."""
    made = suggest(
        "Factuurnr;Datum;Soort;Klant;Code;Aantal;Prijs excl.;BTW %\n"
        "1;31/01/2026;Factuur;X;A;1;10,50;21\n2;31/01/2026;Creditnota;X;A;1;10,50;21\n"
    )
    assert value(made, "rows.skip") == [{"column": "Soort", "equals": "Creditnota", "reason": "credit note"}]
    assert made.trial is not None
    assert made.trial.rows["skipped"] == 1


@pytest.mark.parametrize(
    ("extra", "cells", "rule"),
    [
        ("Status", ("Verzonden", "Concept"), {"column": "Status", "equals": "Concept"}),
        ("Order Status", ("completed", "on-hold"), {"column": "Order Status", "equals": "on-hold"}),
        ("Cancelled at", ("", "2026-02-01"), {"column": "Cancelled at", "matches": ".+"}),
    ],
)
def test_what_is_no_invoice_is_skipped_by_rule(
    suggest: Suggest, extra: str, cells: tuple[str, str], rule: dict[str, str]
) -> None:
    """Drafts, orders that wait and what was cancelled are skipped, with the column that says so."""
    made = suggest(
        f"Factuurnr;Datum;{extra};Klant;Code;Aantal;Prijs excl.;BTW %\n"
        f"1;31/01/2026;{cells[0]};X;A;1;10,50;21\n2;31/01/2026;{cells[1]};X;A;1;10,50;21\n"
    )
    (found,) = value(made, "rows.skip")
    assert {key: text for key, text in found.items() if key != "reason"} == rule
    assert made.trial is not None
    assert made.trial.rows["skipped"] == 1


def test_a_kind_whose_amounts_are_all_below_zero_is_a_credit_note(suggest: Suggest) -> None:
    """A code nobody knows is understood by its amounts: all below zero there, and nowhere else."""
    made = suggest(
        "Factuurnr;Datum;Type;Klant;Code;Aantal;Prijs excl.;BTW %\n"
        "1;31/01/2026;0;X;A;1;10,50;21\n2;31/01/2026;2;X;A;-1;10,50;21\n"
    )
    assert value(made, "rows.skip") == [{"column": "Type", "equals": "2", "reason": "credit note"}]


def test_a_cancelled_order_leaves_as_a_whole(suggest: Suggest) -> None:
    """Where the state stands on the first row only, the rule takes the further rows too, and fills the column down."""
    made = suggest(
        "Order Number,Order Date,Financial Status,Customer,SKU,Quantity,Unit Price excl. VAT,VAT rate\n"
        "1,2026-03-02,paid,X,A,1,10.50,21\n1,,,,B,1,10.50,21\n2,2026-03-02,refunded,X,A,1,10.50,21\n2,,,,B,1,10.50,21\n"
    )
    (rule,) = value(made, "rows.skip")
    assert rule["filled"] == "true"
    assert "Financial Status" in value(made, "rows.fill_down")
    assert made.trial is not None
    assert dict(made.trial.rows) == {"read": 4, "invoiced": 2, "skipped": 2, "refused": 0}


def test_two_rates_in_one_order_are_made_by_hand(suggest: Suggest) -> None:
    """Where a second tax is filled, the first one is not the rate of every line: the order is skipped by rule."""
    made = suggest(
        "Order Number,Order Date,Customer,SKU,Quantity,Unit Price excl. VAT,Tax 1 Name,Tax 2 Name\n"
        "1,2026-03-02,X,A,1,10.50,BTW 21%,\n2,2026-03-02,X,A,1,10.50,BTW 21%,BTW 6%\n"
    )
    (rule,) = value(made, "rows.skip")
    assert (rule["column"], rule["matches"]) == ("Tax 2 Name", ".+")
    assert made.trial is not None
    assert made.trial.rows["skipped"] == 1


def test_what_was_taken_back_is_not_invoiced(suggest: Suggest) -> None:
    """Of two quantities the one without refunds is taken, although the other one comes to the totals on every line."""
    made = suggest(
        "Order Number,Order Date,Customer,SKU,Quantity,Quantity (- Refund),Item Cost,Order Line (w/o tax),VAT rate\n"
        "1,2026-03-02,X,A,2,2,10.50,21.00,21\n1,2026-03-02,X,B,3,1,10.50,31.50,21\n"
    )
    assert value(made, "lines.quantity") == {"column": "Quantity (- Refund)"}


def test_discounts_are_set_aside_in_the_proofs(suggest: Suggest) -> None:
    """An invoice with a discount proves nothing against the others; how many were left out is said."""
    made = suggest(
        "Factuurnr;Datum;Klant;Code;Aantal;Prijs;Korting %;BTW %;Totaal incl.\n"
        "1;31/01/2026;X;A;2;10,50;;21;49,61\n1;31/01/2026;X;B;1;20,00;;21;49,61\n2;31/01/2026;X;A;1;20,00;25,00;21;18,15\n"
        "3;31/01/2026;X;A;2;20,00;;21;48,40\n"
    )
    assert value(made, "prices") == "excl_vat"
    assert value(made, "controls.invoice_total_incl") == {"column": "Totaal incl."}
    assert made.trial is not None
    assert made.trial.findings == {"invoice-total": 1}


def test_the_offset_of_a_time_zone_is_taken_off(suggest: Suggest) -> None:
    """Times with an offset are dates of the place they were written at."""
    made = suggest(
        "Invoice Number,Created at,Customer,SKU,Quantity,Unit Price excl. VAT,VAT rate\n"
        "A1,2026-03-28 23:30:00 +0100,X,P,1,1.25,21\nA2,2026-03-29 23:30:00 +0200,X,P,1,1.25,21\n"
    )
    assert value(made, "invoice.date") == {"column": "Created at", "strip": [" +0100", " +0200"]}
    assert made.complete


def test_foreign_money_is_not_made_euro(suggest: Suggest) -> None:
    """A dollar sign is not taken off: the amounts are refused and a note says why."""
    made = suggest(
        "Invoice Number,Date,Customer,SKU,Quantity,Unit Price excl. VAT,VAT rate\nA1,28/02/2026,X,P,1,$1.25,21\n"
    )
    assert value(made, "lines.unit_price") == {"column": "Unit Price excl. VAT"}
    assert made.trial is not None
    assert made.trial.findings == {"bad-amount": 1}
    assert not made.complete
    assert any("carry $" in remark for remark in made.draft.remarks)


def test_packed_lines_are_suggested(suggest: Suggest) -> None:
    """Numbered columns in one row become lines, and their totals prove them."""
    made = suggest(
        "Factuurnr;Datum;Klant;Code1;Aantal1;Prijs1;BTW1;Code2;Aantal2;Prijs2;BTW2;Totaal incl.\n"
        "1;31/01/2026;X;A;1;10,50;21;B;2;3,00;6;19,07\n2;28/01/2026;Y;A;1;10,50;21;;;;;12,71\n"
    )
    assert made.complete
    assert value(made, "lines.packed") == {}
    assert value(made, "lines.unit_price") == {"column": "Prijs{n}"}
    assert value(made, "controls.invoice_total_incl") == {"column": "Totaal incl."}


def test_titles_blank_rows_and_notes_are_no_data(suggest: Suggest) -> None:
    """The header is found below a title, and a note below the table begins the footer."""
    made = suggest(
        "Overzicht verkoop\nPeriode: januari\n\nFactuurnr;Datum;Klant;Code;Aantal;Prijs excl.;BTW %;Bedrag\n"
        "1;31/01/2026;X;A;1;10,50;21;10,50\n1;31/01/2026;X;B;2;10,50;21;21,00\n2;28/01/2026;Y;A;4;10,00;21;40,00\n"
        "3 rijen geëxporteerd\n"
    )
    assert made.complete
    assert made.draft.sheet.header_row == 4
    (footer,) = value(made, "rows.footer")
    assert footer["matches"] == r"\d+ rijen geëxporteerd"


def test_a_header_above_two_columns_is_not_used(suggest: Suggest) -> None:
    """Which of two columns with one header is meant cannot be known, so the field is left to a person."""
    made = suggest("Factuurnr;Datum;Klant;Klant;Code;Aantal;Prijs excl.;BTW %\n1;31/01/2026;X;Y;A;1;10,50;21\n")
    assert openings(made) == ["customer.name.value"]
    assert [each.column.letter for each in made.draft.unused] == ["C", "D"]


def test_a_field_that_differs_within_an_invoice_is_not_one_of_it(suggest: Suggest) -> None:
    """A city that is another one on the second row of an invoice is no field of the invoice; the cells are named."""
    made = suggest(
        "Factuurnr;Datum;Klant;Gemeente;Code;Aantal;Prijs excl.;BTW %\n"
        "1;31/01/2026;X;Gent;A;1;10,50;21\n1;31/01/2026;X;Mons;B;1;10,50;21\n"
    )
    assert value(made, "customer.city") is None
    assert [each.reason for each in made.draft.unused] == ['differs within an invoice: D3 "Mons", unlike its first row']


def test_two_times_of_one_day_are_the_same_date(suggest: Suggest) -> None:
    """Lines written a minute apart belong to an invoice of one date: times are dropped before dates are compared."""
    made = suggest(
        "Invoice Number,Invoice Date,Customer,SKU,Quantity,Unit Price excl. VAT,VAT rate\n"
        "1,2026-03-02 10:11:00,X,A,1,10.50,21\n1,2026-03-02 10:12:00,X,B,1,10.50,21\n"
    )
    assert value(made, "invoice.date") == {"column": "Invoice Date"}
    assert made.complete


def test_a_workbook_needs_no_signs(tmp_path: Path) -> None:
    """True numbers and dates prove themselves; codes with leading zeros stay text; a note of the sheet stands in the profile."""
    rows: Sequence[Sequence[object]] = [
        ["Factuurnr", "Datum", "Klant", "Code", "Aantal", "Prijs excl.", "BTW", "Bedrag"],
        ["2026-1", DAY, "X", "00042", 2, 1250.5, 0.21, 2501],
        ["2026-1", DAY, "X", "00043", 1, 3, 0.06, 3],
    ]
    made = suggest_profile(workbook(tmp_path, {"Uitleg": [["Lees mij"]], "Facturen": rows}))
    assert made.complete
    assert value(made, "source.decimal") is None
    assert value(made, "lines.vat_rate")["map"] == {"0.21": "21", "0.06": "6"}


def test_sheets_with_the_same_headers_are_a_choice(tmp_path: Path) -> None:
    """Two months on two sheets: which ones are meant is asked, because the importer would refuse to choose."""
    rows: Sequence[Sequence[object]] = [
        ["Factuurnr", "Datum", "Klant", "Code", "Aantal", "Prijs excl.", "BTW %"],
        ["1", DAY, "X", "A", 2, 3, 21],
    ]
    path = workbook(tmp_path, {"Jan": rows, "Feb": rows})
    made = suggest_profile(path)
    assert openings(made) == ["source.sheets"]
    assert suggest_profile(path, answers=[(("source", "sheets"), "Feb")]).complete


@pytest.mark.parametrize(
    ("where", "text", "fits"),
    [
        ("prices", "incl_vat", True),
        ("prices", "both", False),
        ("lines.vat_rate.value", "21", True),
        ("lines.vat_rate.value", "19", False),
        ("customer.name.value", "Cash customer", True),
        ("invoice_key", "Nergens", False),
        ("nothing", "x", False),
    ],
)
def test_an_answer_has_to_fit(tmp_path: Path, where: str, text: str, fits: bool) -> None:
    """An answer that cannot be is refused with what can."""
    path = written(tmp_path, "Datum;Aantal;Prijs;Artikel\n31/01/2026;1;10,50;A\n")
    answers = [(tuple(where.split(".")), text)]
    if fits:
        suggest_profile(path, answers=answers)
    else:
        with pytest.raises(ConfigError) as caught:
            suggest_profile(path, answers=answers)
        assert caught.value.code == "bad-answer"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty-file"),
        ("1;2\n3;4\n", "no-table"),
        ("Factuurnr;Datum;Klant\n", "no-table"),
        ("\n\n  \n", "empty-file"),
    ],
)
def test_a_file_without_a_table_is_refused_in_a_sentence(tmp_path: Path, text: str, code: str) -> None:
    """Nothing, numbers alone, or headers without rows: no profile can come of it."""
    with pytest.raises(SourceError) as caught:
        suggest_profile(written(tmp_path, text))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("stem", "name"),
    [("facturen-maart", "facturen-maart"), ("Export 2026-03", "export"), ("Été (1)", "ete"), ("2026_03", "my-export")],
)
def test_the_profile_is_named_after_the_file(stem: str, name: str) -> None:
    """Small letters without accents, and without the month and the number of the file."""
    assert slug(stem) == name


def test_the_text_is_a_profile_with_its_sample_and_passes_lint(tmp_path: Path) -> None:
    """What is written loads, shows lines of its sample, and has nothing for lint to say."""
    path = written(tmp_path, DUTCH)
    made = finished(start(path, "mijn-export"), path)
    (tmp_path / "mijn.yaml").write_text(made.text, encoding="utf-8")
    assert lint(load_profile(tmp_path / "mijn.yaml")) == []


@pytest.mark.parametrize(
    "nasty", ['"', "'", "#", ": ", "- ", "{", "]", "\\", "&", "!", "null", "~", "\u200b", "\u2028", "%"]
)
def test_any_header_can_stand_in_the_text(tmp_path: Path, nasty: str) -> None:
    """Signs that mean something in YAML, and signs nobody can see, are written so that the profile reads them back."""
    header = f"Klant {nasty}x"
    text = f'Factuurnr;Datum;"{header.replace(chr(34), chr(34) * 2)}";Code;Aantal;Prijs excl.;BTW %\n1;31/01/2026;X{nasty};A;1;10,50;21\n'
    path = written(tmp_path, text)
    name = next(each for each in start(path).sheet.headers if each.startswith("Klant"))
    made = suggest_profile(path, answers=[(("customer", "name", "value"), name)] if start(path).choices else [])
    assert parse_profile(made.text.encode(), "x").profile.customer["name"].column == (name,)


def test_the_data_for_the_web_page_says_everything(suggest: Suggest) -> None:
    """Field, column, examples, confidence and proof of each key, the open choices with their options, unused columns."""
    made = suggest("Factuurnr;Datum;Klant;Code;Aantal;Prijs;BTW %;Magazijn\n1;28/01/2026;X;A;1;10,50;21;M\n")
    shown = as_json(made, Path("export.csv"))
    by_field = {each["field"]: each for each in shown["fields"]}
    assert by_field["invoice.date"]["column"] == "Datum"
    assert by_field["invoice.date"]["examples"] == ["28/01/2026"]
    assert by_field["prices"]["confidence"] == Sure.CHOOSE
    assert [option["value"] for option in by_field["prices"]["choices"][0]["options"]] == ["excl_vat", "incl_vat"]
    assert shown["unused"] == [{"column": "Magazijn", "letter": "H", "examples": ["M"], "reason": "not known"}]
    assert (shown["open"], shown["trial"], shown["yaml"]) == (1, None, made.text)
    assert all(each["proof"] for each in shown["fields"])
