"""Invoices on one sheet and their lines on another: joined by a key, and every row of both is accounted for."""

from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from sources import ACCOUNT, Run, go, go_file, table

from importer.domain.findings import Finding
from importer.domain.invoice import Span
from importer.domain.outcomes import tell_outcomes
from importer.domain.records import Answered
from importer.domain.states import State
from importer.errors import SourceError
from importer.pipeline import check_files
from importer.profile.load import load_profile
from importer.stations.table import Table

JOIN: dict[str, Any] = {
    "source": {
        "join": {"header": {"sheet": "Facturen", "key": ["Nr"]}, "lines": {"sheet": "Regels", "key": ["Factuur"]}}
    }
}
HEADS, LINES = "Nr;Datum;Klant", "Factuur;Code;Aantal;Prijs;BTW"


def sheets(
    heads: str, lines: str, *, columns: tuple[str, str] = (HEADS, LINES), file: str = "maart.xlsx"
) -> list[Table]:
    """The two sheets of a workbook."""
    return [
        table(heads, file=file, sheet="Facturen", columns=columns[0]),
        table(lines, file=file, sheet="Regels", columns=columns[1]),
    ]


def join(heads: str, lines: str, changes: dict[str, Any] | None = None, **other: Any) -> Run:
    """Two sheets through MAP, VALIDATE and GROUP."""
    merged = {**JOIN, **(changes or {})}
    merged["source"] = JOIN["source"] | (changes or {}).get("source", {})
    return go(sheets(heads, lines, **other), merged)


def told(run: Run) -> list[tuple[str, str]]:
    """Code and place of each finding, without the file."""
    return [(finding.code, finding.place.removeprefix("maart.xlsx, ")) for finding in run.findings]


def test_lines_find_their_invoice_wherever_they_stand() -> None:
    """Invoices come in the order of their own sheet, lines in the order of theirs; all rows are counted."""
    run = join(
        "1002;02/03/2026;Jan\n1001;01/03/2026;Zoë",
        "1001;A1;2;10,00;21\n1002;B1;1;5,00;6\n1001;A2;1;5,00;21",
    )

    assert run.codes == []
    assert [(each.label, each.customer["name"], [line.product_code for line in each.lines]) for each in run.grouped.invoices] == [
        ("1002", "Jan", ["B1"]),
        ("1001", "Zoë", ["A1", "A2"]),
    ]  # fmt: skip
    assert run.grouped.rows == (5, 5, 0, 0)
    assert run.invoices["1001"].spans == (Span(0, 3, 3), Span(1, 2, 2), Span(1, 4, 4))


def test_keys_are_compared_as_numbers_of_invoices_are() -> None:
    """A number cell on one sheet and text with a space on the other are one key."""
    run = join("<n>1001;01/03/2026;Zoë", " 1001 ;A1;2;10,00;21\n１００１;A2;1;1,00;21")  # noqa: RUF001 - wide digits

    assert run.codes == []
    assert len(run.invoice.lines) == 2


def test_nothing_without_its_other_half_is_sent() -> None:
    """Lines without invoice, invoices without lines and rows without a key are told where they stand, and refused."""
    run = join(
        "1001;01/03/2026;Zoë\n1002;02/03/2026;Jan\n.;03/03/2026;An",
        "1001;A1;2;10,00;21\n1003;B1;1;5,00;6\n.;B2;1;5,00;6",
    )

    assert told(run) == [
        ("header-without-lines", 'Facturen!A3 (column "Nr")'),
        ("missing-key", 'Facturen!A4 (column "Nr")'),
        ("line-without-header", 'Regels!A3 (column "Factuur")'),
        ("missing-key", 'Regels!A4 (column "Factuur")'),
    ]
    assert set(run.invoices) == {"1001"}
    assert run.refused == {
        "1002": ("header-without-lines",),
        "1003": ("line-without-header",),
        "": ("missing-key",),
    }
    assert run.grouped.rows == (6, 2, 0, 4)


def test_a_wrong_cell_is_told_on_its_own_sheet_and_once() -> None:
    """A wrong date stands on the sheet of invoices, however many lines there are; a wrong price on the other."""
    run = join("1001;32/03/2026;Zoë", "1001;A1;2;10,00;21\n1001;A2;x;5,00;21")

    assert told(run) == [("bad-date", 'Facturen!B2 (column "Datum")'), ("bad-amount", 'Regels!C3 (column "Aantal")')]
    assert run.refused == {"1001": ("bad-date", "bad-amount")}


def test_an_invoice_that_stands_twice_is_refused_even_under_another_number() -> None:
    """Where the join is by another column than the number, both rows of a repeated key are refused with the lines."""
    columns = ("Id;Nr;Datum;Klant", "Factuur;Code;Aantal;Prijs;BTW")
    changes = {
        "source": {
            "join": {"header": {"sheet": "Facturen", "key": "Id"}, "lines": {"sheet": "Regels", "key": "Factuur"}}
        }
    }
    run = join("7;1001;01/03/2026;Zoë\n7;1002;01/03/2026;Jan\n8;1003;01/03/2026;An", "7;A1;2;10,00;21\n8;A1;2;10,00;21", changes, columns=columns)  # fmt: skip

    assert [(code, place.partition(" ")[0]) for code, place in told(run)] == [
        ("header-repeated", "Facturen!A2"),
        ("header-repeated", "Facturen!A3"),
    ]
    assert set(run.invoices) == {"1003"}
    assert set(run.refused) == {"1001", "1002"}
    assert run.grouped.rows == (5, 2, 0, 3)


def test_a_line_without_invoice_has_no_name_where_the_join_is_not_the_number() -> None:
    """The database number of a line is no invoice number: the row is refused as one that belongs to no invoice."""
    columns = ("Id;Nr;Datum;Klant", LINES)
    changes = {
        "source": {
            "join": {"header": {"sheet": "Facturen", "key": "Id"}, "lines": {"sheet": "Regels", "key": "Factuur"}}
        }
    }
    run = join("7;1001;01/03/2026;Zoë", "7;A1;2;10,00;21\n9;A1;2;10,00;21", changes, columns=columns)  # fmt: skip

    assert run.refused == {"": ("line-without-header",)}


def test_a_key_of_two_columns() -> None:
    """Series and number together join the sheets."""
    sides = {
        "header": {"sheet": "Facturen", "key": ["Reeks", "Nr"]},
        "lines": {"sheet": "Regels", "key": ["R", "Factuur"]},
    }
    changes = {"invoice_key": ["Reeks", "Nr"], "source": {"join": sides}}
    run = join("A;1;01/03/2026;Zoë\nB;1;01/03/2026;Jan", "B;1;B1;1;5,00;6\nA;1;A1;2;10,00;21\nC;1;C1;1;1,00;6", changes,
               columns=("Reeks;" + HEADS, "R;" + LINES))  # fmt: skip

    assert {label: each.lines[0].product_code for label, each in run.invoices.items()} == {"A / 1": "A1", "B / 1": "B1"}
    assert run.refused == {"C / 1": ("line-without-header",)}


def test_one_rate_for_all_lines_of_an_invoice() -> None:
    """`from_header` lets a field of the lines use a column of the invoices."""
    changes = {"source": {"join": JOIN["source"]["join"] | {"from_header": ["BTW"]}}}
    run = join("1001;01/03/2026;Zoë;6\n1002;01/03/2026;Jan;5", "1001;A1;2;10,00\n1002;A1;1;1,00\n1002;A2;1;1,00", changes,
               columns=(HEADS + ";BTW", "Factuur;Code;Aantal;Prijs"))  # fmt: skip

    assert run.invoices["1001"].lines[0].vat_rate == 6
    assert told(run) == [("vat-rate", 'Facturen!D3 (column "BTW")')]


def test_the_same_header_may_stand_on_both_sheets() -> None:
    """A field takes the column of its own sheet."""
    run = join("1001;01/03/2026;Zoë;Notitie", "1001;A1;2;10,00;21;Regel", {
        "invoice": {"number": {"column": "Nr"}, "date": {"column": "Datum"}, "note": {"column": "Tekst"}},
        "lines": {"description": {"column": "Tekst"}},
    }, columns=(HEADS + ";Tekst", LINES + ";Tekst"))  # fmt: skip

    assert run.invoice.header["note"] == "Notitie"
    assert run.invoice.lines[0].extra == (("description", "Regel"),)


def test_what_is_skipped_on_one_sheet_takes_its_lines_along() -> None:
    """A rule about invoices skips their lines too, each row listed with the reason; rules about lines skip lines only."""
    rules = [
        {"column": "Klant", "equals": "Kassa", "reason": "cash sale"},
        {"column": "Code", "equals": "Totaal", "reason": "total"},
    ]
    run = join("1001;01/03/2026;Zoë\n1002;01/03/2026;Kassa", "1001;A1;2;10,00;21\n1001;Totaal;.;20,00;.\n1002;B1;1;5,00;6\n1002;B2;1;5,00;6",
               {"rows": {"skip": rules}})  # fmt: skip

    assert run.codes == []
    assert [(skip.span, skip.reason) for skip in run.mapped.skipped] == [
        (Span(0, 3, 3), "cash sale"),
        (Span(1, 3, 3), "total"),
        (Span(1, 4, 5), "cash sale (sheet Facturen)"),
    ]
    assert run.grouped.rows == (6, 2, 4, 0)


def test_lines_stay_where_one_of_two_rows_of_an_invoice_is_skipped() -> None:
    """An old version of the invoice, skipped by rule, does not take away the lines of the one that stays."""
    rule = {"column": "Klant", "contains": "oud", "reason": "old version"}
    run = join("1001;01/03/2026;Zoë (oud)\n1001;01/03/2026;Zoë", "1001;A1;2;10,00;21", {"rows": {"skip": [rule]}})

    assert run.codes == []
    assert run.invoice.customer["name"] == "Zoë"
    assert run.grouped.rows == (3, 2, 1, 0)


def test_a_rule_about_neither_sheet_is_refused() -> None:
    """A skip rule that fits no sheet would be passed over without a word."""
    rules = [{"column": "Status", "equals": "x", "reason": "r"}]

    with pytest.raises(SourceError, match='a rule of the profile is about "Status", but neither'):
        join("1001;01/03/2026;Zoë", "1001;A1;2;10,00;21", {"rows": {"skip": rules}})


def test_keys_written_on_the_first_line_only() -> None:
    """`fill_down` completes the key on the sheet of lines."""
    run = join("1001;01/03/2026;Zoë", "1001;A1;2;10,00;21\n.;A2;1;5,00;21", {"rows": {"fill_down": ["Factuur"]}})

    assert run.codes == []
    assert len(run.invoice.lines) == 2


def test_a_damaged_key_joins_nothing() -> None:
    """A number of twenty digits in a number cell has lost its end: it may name another invoice."""
    number = "12345678901234567000"
    run = join(f"{number};01/03/2026;Zoë", f"<n>{number};A1;2;10,00;21")

    assert set(run.codes) == {"header-without-lines", "missing-key"}
    assert run.invoices == {}


def test_several_workbooks_are_joined_each_in_itself() -> None:
    """A line finds its invoice in its own file only."""
    both = [
        *sheets("1001;01/03/2026;Zoë", "1001;A1;2;10,00;21\n1002;A1;1;1,00;21", file="maart.xlsx"),
        *sheets("1002;01/04/2026;Jan", "1002;B1;1;5,00;6", file="april.xlsx"),
    ]
    run = go(both, JOIN)

    assert run.the("line-without-header").file == "maart.xlsx"
    assert run.refused == {"1002": ("line-without-header",)}
    assert run.grouped.rows == (5, 2, 0, 3)


def test_hidden_sheets_are_told_once() -> None:
    """Two looks at one workbook tell a hidden sheet once, and never one that was read."""
    first, second = sheets("1001;01/03/2026;Zoë", "1001;A1;2;10,00;21")
    for each, other in ((first, "Regels"), (second, "Facturen")):
        each.findings += [Finding("hidden-sheet", file="maart.xlsx", sheet=name) for name in ("Oud", other)]

    run = go([first, second], JOIN)

    assert [(finding.code, finding.sheet) for finding in run.findings] == [("hidden-sheet", "Oud")]


def test_an_answer_of_facturalia_is_told_on_the_right_sheet() -> None:
    """A field of the invoice stands on one sheet, a line on the other, at its own row."""
    run = join("1002;02/03/2026;Jan\n1001;01/03/2026;Zoë", "1001;A1;2;10,00;21\n1002;B1;1;5,00;6\n1001;A2;1;5,00;21")
    plan = run.plan()

    class Sent:
        external_id, label, state, replayed, code = (
            plan.items[1].frozen.external_id,
            "1001",
            State.REJECTED,
            False,
            "422",
        )
        answered = Answered()

        def __init__(self, detail: str) -> None:
            self.detail = detail

    places = [
        tell_outcomes([Sent(detail)], (), plan)[0].place
        for detail in ("lines.1.unit_price: Moet ≥ 0 zijn.", "customer.name: Verplicht.")
    ]

    assert places == ['maart.xlsx, Regels!D4 (column "Prijs")', 'maart.xlsx, Facturen!C3 (column "Klant")']


def test_a_real_workbook_through_the_whole_pipeline(tmp_path: Path) -> None:
    """READ looks at each of the two sheets by its own headers; a third sheet is left alone; totals are right."""
    with xlsxwriter.Workbook(tmp_path / "maart.xlsx") as book:
        for name, rows in (
            ("invoicelines", [["NR", "AMOUNT", "PRICE", "ARTICLENR"], [7, 2, 10.5, "A1"], [8, 1, 3, "B1"], [7, 1, 1, "A2"]]),
            ("Uitleg", [["NR", "PRICE"], ["zie", "blad 1"]]),
            ("invoices", [["Export", "", ""], ["NR", "DATE", "CLIENTNAME"], [7, "2026-03-01", "Zoë"], [8, "2026-03-02", "Jan"]]),
        ):  # fmt: skip
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    (tmp_path / "robo.yaml").write_text(
        "profile: robo\nversion: 1\nsystem: robo\ninvoice_key: NR\nprices: excl_vat\n"
        "source: {join: {header: {sheet: invoices, key: NR}, lines: {sheet: invoicelines, key: NR}}}\n"
        "invoice: {date: {column: DATE}, number: {column: NR}}\ncustomer: {name: {column: CLIENTNAME}}\n"
        "lines: {product_code: {column: ARTICLENR}, quantity: {column: AMOUNT}, unit_price: {column: PRICE}, vat_rate: {value: 21}}\n",
        encoding="utf-8",
    )
    loaded = load_profile(tmp_path / "robo.yaml")

    plan = check_files([tmp_path / "maart.xlsx"], loaded, ACCOUNT)

    assert [(item.frozen.invoice.label, item.frozen.invoice.excl) for item in plan.items] == [("7", 2200), ("8", 300)]
    assert plan.rows == (5, 5, 0, 0)
    assert [sheet.header_row for sheet in plan.sheets] == [2, 1]
    assert go_file(tmp_path / "maart.xlsx", loaded.profile).codes == []


KEYS = st.sampled_from(["1001", "1002", "1003", "1004", ".", " 1001", "01001"])


@settings(max_examples=50, deadline=None)
@given(heads=st.lists(KEYS, max_size=6), lines=st.lists(KEYS, max_size=8), bad=st.integers(0, 9))
def test_every_row_of_both_sheets_is_counted_exactly_once(heads: list[str], lines: list[str], bad: int) -> None:
    """Whatever stands on the two sheets: rows balance, no row is in two spans, and cents in are cents out or refused."""
    text = "\n".join(f"{key};01/03/2026;Zoë" for key in heads)
    other = "\n".join(f"{key};A{number};{'x' if number == bad else '1'};1,00;0" for number, key in enumerate(lines))
    run = go(sheets(text, other), JOIN | {"invoice_key": ["Nr"]})

    grouped = run.grouped
    spans = [span for invoice in grouped.invoices for span in invoice.spans]
    spans += [span for refused in grouped.refused for span in refused.spans]
    seen = [(span.sheet, row) for span in spans for row in range(span.first, span.last + 1)]
    assert len(seen) == len(set(seen)) == len(heads) + len(lines)
    for invoice in grouped.invoices:
        assert {span.sheet for span in invoice.spans} == {0, 1}
        rows = sum(span.last - span.first + 1 for span in invoice.spans if span.sheet == 1)
        assert len(invoice.lines) == rows == invoice.excl // 100
