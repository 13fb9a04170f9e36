"""Belgian sense about whole invoices: company, customers, calendar, and why there is no VAT."""

from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pytest
import xlsxwriter
from sources import COLUMNS, Run, go, go_file, profile, table, table_of

from importer.domain.circumstances import Circumstances
from importer.stations.group.customers import customers_differ, fold
from importer.stations.group.headers import Headers
from importer.stations.group.keys import invoice_keys
from importer.stations.group.told import Told
from importer.stations.map import map_columns
from importer.stations.validate import validate_rows

TODAY = date(2026, 3, 31)
VAT = {"column": "BTW-nr", "check": "be-or-eu-vat"}


def line(number: int, name: str = "Zoë", *more: str, day: str = "01/03/2026", rate: str = "21") -> str:
    """One invoice of one line, with further cells behind it."""
    return ";".join([f"{number};{day};{name};A1;2;10,00;{rate}", *more])


def invoices(*lines: str, columns: str = "", given: Circumstances | None = None, **changes: Any) -> Run:
    """A file of these lines, with further columns behind the usual ones."""
    text = "\n".join(lines)
    return go(
        text, changes, columns=f"{COLUMNS};{columns}" if columns else COLUMNS, given=given or Circumstances(TODAY)
    )


# --- customers


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Cafe Zoe BV", "Café Zoë bvba"),
        ("S.A. L'Étoile du Nord", "L\u2019ETOILE DU NORD"),
        ("Bakkerij Peeters-Janssens", "BAKKERIJ PEETERS JANSSENS"),
        ("Garage Vandenberghe", "Garage Vandenbergh"),
    ],
)
def test_names_that_look_alike_are_told_with_both_places(one: str, other: str) -> None:
    """Accents, capitals, signs, legal form or a letter: both cells are named, and both invoices go."""
    run = invoices(line(1, one), line(2, other))
    finding = run.the("similar-customers")
    assert run.codes == ["similar-customers"]
    assert (finding.cell, finding.value, finding.facts) == ("C3", other, {"other": one, "other_place": "maart.csv, C2"})
    assert len(run.grouped.invoices) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Klant nummer 1001", "Klant nummer 1002"),
        ("Jan Maes", "Jan Maas"),
        ("Garage Peeters", "Bakkerij Peeters"),
        ("Vof Mertens", "Mertens en Zoon"),
    ],
)
def test_names_of_different_customers_are_not_told(one: str, other: str) -> None:
    """Other digits, short names, other words: two customers."""
    assert invoices(line(1, one), line(2, other)).codes == []


def test_a_legal_form_alone_is_a_name() -> None:
    """Nothing is left of `SA` without its legal form, so it stays."""
    assert fold("S.A.") == "sa"
    assert fold("NV Zoë") == fold("zoe n.v.") == "zoe"


def test_two_numbers_are_two_customers() -> None:
    """Names that look alike are not told where both have a VAT number: Facturalia finds customers by that."""
    run = invoices(
        line(1, "Garage Vandenberghe", "BE0403170701"),
        line(2, "Garage Vandenbergh", "BE0102030439"),
        columns="BTW-nr",
        customer={"vat_number": VAT},
    )
    assert run.codes == []


def test_a_customer_is_told_once_however_often_it_is_invoiced() -> None:
    """Each distinct pair gives one finding; as an error it refuses the first invoice of either name."""
    lines = [line(number, ("Cafe Zoe BV", "Café Zoë bvba")[number % 2]) for number in range(1, 21)]
    assert invoices(*lines).codes == ["similar-customers"]
    assert set(invoices(*lines, severity={"similar-customers": "error"}).refused) == {"1", "2"}


def test_fifty_thousand_customers_take_a_moment() -> None:
    """Neighbours in the alphabet are compared, not everybody with everybody: 0.3 s, far below this bound."""
    chance = np.random.default_rng(5)
    trades = ["Bakkerij", "Garage", "Café", "Studio", "Advies", "Tuinen", "Dakwerken", "Slagerij"]
    names = [f"{trades[trade]} {word:08x} BV" for trade, word in chance.integers(0, [8, 16**8], (50_000, 2)).tolist()]
    rules = profile()
    mapped = map_columns(
        [table_of([line(n, name).split(";") for n, name in enumerate(names)], COLUMNS.split(";"))], rules
    )
    headers = Headers(validate_rows(mapped, rules), invoice_keys(mapped)[0])
    start = perf_counter()
    customers_differ(Told(np.zeros(len(names), dtype=bool), {}), headers)
    assert perf_counter() - start < 3


# --- VAT numbers and countries


@pytest.mark.parametrize(
    ("number", "country", "told"),
    [
        ("BE0403170701", "BE", False),
        ("NL004495445B01", "BE", True),
        ("BE0403170701", "NL", True),
        ("GR094259216", "GR", False),
        ("EL094259216", "BE", True),
        ("FR40303265045", "MC", False),
        ("FR40303265045", "", False),
        ("", "NL", False),
    ],
)
def test_the_country_of_a_vat_number_is_the_customers(number: str, country: str, told: bool) -> None:
    """Greece is EL in VAT numbers, Monaco uses those of France; an empty cell says nothing."""
    run = invoices(
        line(1, "Zoë", number, country),
        columns="BTW-nr;Land",
        customer={"vat_number": VAT, "country": {"column": "Land"}},
    )
    assert run.codes == (["vat-country"] if told else [])


# --- the company


SELLER: dict[str, Any] = {"controls": {"seller_vat": {"column": "Verkoper"}}}
OWN = Circumstances(TODAY, "BE0403170701")


def test_a_file_of_another_company_is_refused_whole() -> None:
    """One row that names another seller refuses every invoice of its file, and none of another file."""
    columns = f"{COLUMNS};Verkoper"
    wrong = table("\n".join([line(1, "Zoë", "0403.170.701"), line(2, "Zoë", "BE0102030439")]), columns=columns)
    right = table(line(3, "Zoë", "BE 0403 170 701"), columns=columns, file="april.csv")
    run = go([wrong, right], SELLER, given=OWN)
    assert run.refused == {"1": ("wrong-company",), "2": ("wrong-company",)}
    assert list(run.invoices) == ["3"]
    assert run.the("wrong-company").cell == "H3"


@pytest.mark.parametrize("given", [OWN, Circumstances(TODAY)])
def test_the_own_company_and_an_unknown_one_pass(given: Circumstances) -> None:
    """Any spelling of the account's number is right; without a number there is nothing to compare with."""
    seller = "BTW BE 0403.170.701" if given.vat_number else "BE0102030439"
    run = invoices(line(1, "Zoë", seller), line(2, "Zoë", "."), columns="Verkoper", given=given, **SELLER)
    assert run.codes == []


def test_a_company_does_not_invoice_itself() -> None:
    """A customer with the account's own number is told once, and sent."""
    lines = [line(number, "Zoë", "0403.170.701") for number in (1, 2)]
    run = invoices(*lines, columns="BTW-nr", customer={"vat_number": VAT}, given=OWN)
    assert run.codes == ["customer-is-self"]
    assert len(run.grouped.invoices) == 2


# --- the calendar


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("31/03/2026", ""),
        ("01/04/2026", "date-in-future"),
        ("28/03/2024", ""),
        ("27/03/2024", "date-long-ago"),
    ],
)
def test_dates_are_compared_with_today(day: str, code: str) -> None:
    """Tomorrow is the future; more than two years is long ago (the 29th to 31st count as the 28th)."""
    assert invoices(line(1, day=day)).codes == ([code] if code else [])


def test_without_a_day_nothing_is_far() -> None:
    """Where nobody says what day it is, as in golden plans, dates are compared with nothing."""
    assert invoices(line(1, day="01/01/2005"), line(2, day="01/01/2055"), given=Circumstances()).codes == []


def test_many_far_days_are_one_finding() -> None:
    """A few days are told one by one, each with its cell; a whole old year is told at its oldest day, with the count."""
    few = invoices(*[line(day, day=f"{day:02d}/01/2020") for day in range(1, 4)], severity={"several-months": "note"})
    assert few.cells("date-long-ago") == ["B2", "B3", "B4"]
    many = invoices(*[line(day, day=f"{day:02d}/01/2020") for day in range(28, 0, -1)])
    assert many.cells("date-long-ago") == ["B29"]
    assert many.the("date-long-ago").facts["count"] == "28"


def test_months_are_noted_per_file() -> None:
    """March and April in one file are a note; a file of its own for each month is not."""
    lines = [line(1, day="01/02/2026"), line(2, day="01/03/2026")]
    noted = invoices(*lines)
    assert noted.codes == ["several-months"]
    assert noted.findings[0].place == "maart.csv"
    run = go([table(lines[0]), table(lines[1], file="april.csv")], given=Circumstances(TODAY))
    assert run.codes == []


@pytest.mark.parametrize(("due", "told"), [("01/03/2027", False), ("02/03/2027", True), ("", False)])
def test_a_payment_term_is_a_year_at_most(due: str, told: bool) -> None:
    """365 days pass; one more is told."""
    run = invoices(line(1, "Zoë", due), columns="Vervalt", invoice={"due_date": {"column": "Vervalt"}})
    assert run.codes == (["due-far-out"] if told else [])


def test_days_of_a_term_count_too() -> None:
    """A column of days is compared with the same limit."""
    rules: dict[str, Any] = {"invoice": {"due_days": {"column": "Dagen"}}}
    assert invoices(line(1, "Zoë", "30"), line(2, "Zoë", "3000"), columns="Dagen", **rules).cells("due-far-out") == [
        "H3"
    ]


# --- why there is no VAT


@pytest.mark.parametrize(
    ("code", "rates", "found"),
    [
        ("", "21", []),
        ("", "0", ["rate-without-code"]),
        ("0", "0", ["rate-without-code"]),
        ("1", "0", []),
        ("1", "0 21", ["code-against-rate"]),
        ("4", "6", ["code-against-rate"]),
        ("6", "6", []),
        ("6", "6 21", []),
        ("6", "21", ["code-against-rate"]),
        ("9", "6", ["code-against-rate"]),
        ("13", "0 21", []),
        ("13", "21", ["code-against-rate"]),
        ("8", "0", []),
        ("5", "0", ["unknown-exemption-code"]),
        ("15", "21", ["unknown-exemption-code"]),
    ],
)
def test_a_code_goes_with_its_rates(code: str, rates: str, found: list[str]) -> None:
    """Codes without VAT, codes of reduced rates, and 13 beside taxed lines; OSS is left alone."""
    lines = [line(1, "Zoë", code, rate=rate) for rate in rates.split()]
    run = invoices(*lines, columns="Code V", invoice={"vat_exemption_code": {"column": "Code V"}})
    assert run.codes == found
    assert len(run.grouped.invoices) == 1


@pytest.mark.parametrize(
    ("number", "told"), [("NL004495445B01", False), ("EL094259216", False), ("BE0403170701", True), ("", True)]
)
@pytest.mark.parametrize(("code", "note"), [("2", ""), ("3", ""), ("4", "Intracommunautaire levering"), ("4", "Livraison intracommunautaire exonérée"), ("4", "Intra-Community supply")])  # fmt: skip
def test_an_intra_community_invoice_needs_a_foreign_number(number: str, told: bool, code: str, note: str) -> None:
    """By its code or by its note: a Belgian number, or none, is told."""
    run = invoices(
        line(1, "Zoë", number, code, note, rate="0"),
        columns="BTW-nr;Code V;Nota",
        invoice={"vat_exemption_code": {"column": "Code V"}, "note": {"column": "Nota"}},
        customer={"vat_number": VAT},
    )
    assert run.codes == (["intra-community-number"] if told else [])


def test_without_a_column_of_codes_all_are_told_at_once() -> None:
    """A thousand invoices without VAT are one finding where the profile gives no code, one each where a cell is empty."""
    lines = [line(number, rate="0") for number in range(1, 6)]
    run = invoices(*lines)
    assert run.codes == ["rate-without-code"]
    assert run.the("rate-without-code").facts == {"count": "5"}
    assert len(invoices(*lines, severity={"rate-without-code": "error"}).refused) == 5
    codes: dict[str, Any] = {"invoice": {"vat_exemption_code": {"column": "Code V"}}}
    assert invoices(*[f"{each};" for each in lines], columns="Code V", **codes).cells("rate-without-code") == [
        f"H{row}" for row in range(2, 7)
    ]


def test_what_is_refused_anyway_is_not_judged() -> None:
    """An invoice with a wrong cell gives no second finding about its company, dates or customer."""
    run = invoices(line(1, "Cafe Zoe", day="01/01/2020").replace("10,00", "x"), line(2, "Café Zoë"))
    assert run.codes == ["bad-amount"]


# --- the company in the titles


@pytest.mark.parametrize(
    ("title", "told"),
    [
        ("Verzonnen BV - BTW BE 0102.030.439 - 2000 Antwerpen", ["0102.030.439"]),
        ("Fictive SRL, TVA BE0102030439", ["0102030439"]),
        ("Ondernemingsnummer: 0102030439", ["0102030439"]),
        ("0102.030.439", ["0102.030.439"]),
        ("BTW BE 0403.170.701", []),  # the account's own
        ("Klant BE0102030439;Wij: BE 0403.170.701", []),  # one of them is
        ("BE 0102.030.438", []),  # no number at all: its check digits are wrong
        ("IBAN BE68 0102 0304 3900", []),
        ("Tel. 0102030439", []),
        ("Facturen van maart 2026", []),
    ],
)
def test_another_company_above_the_headers_is_a_warning(tmp_path: Path, title: str, told: list[str]) -> None:
    """A right number with its word or its dots, that is not the account's; nothing is refused for it."""
    (tmp_path / "maart.csv").write_text(f"{title}\n{COLUMNS}\n{line(1)}\n", encoding="utf-8")
    run = go_file(tmp_path / "maart.csv", given=OWN)
    assert [found.value for found in run.findings if found.code == "other-company-in-title"] == told
    assert list(run.invoices) == ["1"]


def test_titles_of_a_workbook_are_read_too(tmp_path: Path) -> None:
    """The finding stands at the cell of the title, on its sheet."""
    with xlsxwriter.Workbook(tmp_path / "maart.xlsx") as book:
        sheet = book.add_worksheet("Facturen")
        sheet.write_string("B1", "BTW BE 0102.030.439")
        for number, row in enumerate([COLUMNS, line(1)], 2):
            sheet.write_row(number, 0, row.split(";"))
    run = go_file(tmp_path / "maart.xlsx", given=OWN)
    assert run.the("other-company-in-title").place == "maart.xlsx, Facturen!B1"
