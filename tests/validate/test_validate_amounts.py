"""Amounts: read exactly as the profile says they are written, or refused; never rounded, never guessed."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sources import COLUMNS, fields, go, table_of

from importer.domain.money import literal
from importer.stations.table import Kind
from importer.stations.validate.numbers import MAX_DECIMALS, MAX_DIGITS, PROBLEMS, parse_amounts

NBSP, NARROW = "\u00a0", "\u202f"
BELGIAN, ENGLISH, SWISS, FRENCH, PLAIN = (",", "."), (".", ","), (".", "'"), (",", "space"), (".", "")
LOCALES = (BELGIAN, ENGLISH, SWISS, FRENCH, PLAIN, (",", ""), (",", "'"), (".", "space"))
SIGNS_BETWEEN = {"": "", ".": ".", ",": ",", "'": "'\u2019", "space": f" {NBSP}{NARROW}"}


def read(texts: list[str], decimal: str, thousands: str, kind: Kind = Kind.TEXT) -> list[str]:
    """Each text as an exact literal, or as the code of what is wrong with it."""
    cells = pa.chunked_array([pa.array(texts, pa.large_string())])
    found = parse_amounts(cells, np.full(len(texts), kind, dtype=np.int8), decimal, thousands)
    return [
        PROBLEMS[problem] or ("" if empty else literal(int(mantissa), found.scale))
        for mantissa, problem, empty in zip(found.mantissa, found.problem, found.empty, strict=True)
    ]


def slowly(text: str, decimal: str, thousands: str) -> str:
    """The same by hand, sign by sign: the oracle shares no code and no pattern with the parser."""
    if not text:
        return ""
    rest = text[1:] if text[0] in "+-" else text
    whole, found, fraction = rest.partition(decimal)
    digits, run, groups = "", 0, []
    for sign in whole:
        if sign in "0123456789":
            digits, run = digits + sign, run + 1
        elif sign in SIGNS_BETWEEN[thousands] and thousands:
            groups.append(run)
            run = 0
        else:
            return "bad-amount"
    groups.append(run)
    grouped = len(groups) == 1 or (1 <= groups[0] <= 3 and all(size == 3 for size in groups[1:]))
    if not digits or not grouped or (found and not fraction) or any(sign not in "0123456789" for sign in fraction):
        return "bad-amount"
    value = Decimal(f"{digits}.{fraction or '0'}") * (-1 if text[0] == "-" else 1)
    if len(digits.lstrip("0")) > MAX_DIGITS:
        return "amount-too-large"
    if len(fraction.rstrip("0")) > MAX_DECIMALS:
        return "too-many-decimals"
    return f"{value.normalize():f}" if value else "0"


SPELLINGS = {
    # spelling: (Belgian: "," and "."; English: "." and ",")
    "1234,50": ("1234.5", "bad-amount"),
    "1234.50": ("bad-amount", "1234.5"),
    "1.234,50": ("1234.5", "bad-amount"),
    "1,234.50": ("bad-amount", "1234.5"),
    "1.234": ("1234", "1.234"),
    "1,234": ("1.234", "1234"),
    "1.23": ("bad-amount", "1.23"),
    "1 234,50": ("bad-amount", "bad-amount"),
    "(5)": ("bad-amount", "bad-amount"),
    "5-": ("bad-amount", "bad-amount"),
    "-5": ("-5", "-5"),
    "1e3": ("bad-amount", "bad-amount"),
    "1_000": ("bad-amount", "bad-amount"),
    "\u0661\u0662": ("bad-amount", "bad-amount"),
    "\u2212" + "5": ("bad-amount", "bad-amount"),
    "€ 5": ("bad-amount", "bad-amount"),
    "1.2345,00": ("bad-amount", "bad-amount"),
    "12.34.567": ("bad-amount", "bad-amount"),
    "1..234": ("bad-amount", "bad-amount"),
    ",50": ("bad-amount", "bad-amount"),
    "5,": ("bad-amount", "bad-amount"),
    "5\n": ("bad-amount", "bad-amount"),
    "": ("", ""),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_spellings_in_two_locales(spelling: str) -> None:
    """Each way of writing a number means one thing under a profile, or is refused; 1.234 is the profile's word alone."""
    belgian, english = SPELLINGS[spelling]

    assert read([spelling], *BELGIAN) == [belgian]
    assert read([spelling], *ENGLISH) == [english]


@pytest.mark.parametrize("space", [" ", NBSP, NARROW], ids=["space", "no-break", "narrow no-break"])
def test_spaces_between_thousands(space: str) -> None:
    """`thousands: space` takes the three spaces that programs write, and only between groups of three."""
    assert read([f"1{space}234,50", f"12{space}34,5", f"1{space}{space}234"], *FRENCH) == [
        "1234.5",
        "bad-amount",
        "bad-amount",
    ]


def test_apostrophes_between_thousands() -> None:
    """The straight and the typographic apostrophe of Swiss programs are one sign."""
    assert read(["1'234'567.5", "1\u2019234", "1'23"], *SWISS) == ["1234567.5", "1234", "bad-amount"]


def test_numbers_of_a_workbook_have_a_point_whatever_the_profile_says() -> None:
    """A number cell is exact text already; the profile's comma is about text cells."""
    assert read(["1234.5", "-0.25", "1.234"], *BELGIAN, Kind.NUMBER) == ["1234.5", "-0.25", "1.234"]
    assert read(["1234,5", "1.23E+20", "1E-16"], *BELGIAN, Kind.NUMBER) == ["bad-amount"] * 3


def test_other_cells_of_a_workbook_are_no_amounts() -> None:
    """A date or a logical value in an amount column is refused, not counted as a number."""
    run = go("1001;01/03/2026;Zoë;A1;<d>2026-03-01;<b>TRUE;21")

    assert run.codes == ["bad-amount", "bad-amount"]


def test_decimals_end_at_six_and_trailing_zeros_do_not_count() -> None:
    """1,5000000000 has one decimal; a seventh that says something is refused, because rounding is a person's decision."""
    assert read(["1,5000000000", "1,1234560", "1,1234567", "0,0000001"], *BELGIAN) == [
        "1.5",
        "1.123456",
        "too-many-decimals",
        "too-many-decimals",
    ]


def test_digits_end_at_twelve_and_leading_zeros_do_not_count() -> None:
    """Twelve digits before the decimals pass exactly, thirteen are a lost decimal sign."""
    assert read(["999999999999,999999", "1000000000000", "0" * 40 + "5", "-1000000000000"], *BELGIAN) == [
        "999999999999.999999",
        "amount-too-large",
        "5",
        "amount-too-large",
    ]


@given(st.sampled_from(LOCALES), st.lists(st.text("0123456789.,' \u00a0\u202f\u2019+-()eE_\u0661", max_size=14), min_size=1, max_size=20))  # fmt: skip
@example(BELGIAN, ["1.234,5", "1.234.567", "-0,0"])
@example(FRENCH, [f"1{NBSP}234{NARROW}567,8"])
def test_any_text_is_read_as_the_oracle_reads_it(locale: tuple[str, str], texts: list[str]) -> None:
    """For any text under any locale the parser and the slow oracle agree, also on what is wrong."""
    assert read(texts, *locale) == [slowly(text, *locale) for text in texts]


@given(
    st.sampled_from(LOCALES),
    st.lists(
        st.decimals(-(10**13), 10**13, allow_nan=False, places=None).map(lambda n: round(n, 8)), min_size=1, max_size=20
    ),
    st.randoms(use_true_random=False),
)
def test_any_number_written_in_the_locale_comes_back(
    locale: tuple[str, str], values: list[Decimal], random: object
) -> None:
    """What a program writes under the profile's locale is read back as the same number, or refused for its size."""
    decimal, thousands = locale
    texts = []
    for value in values:
        sign = random.choice(SIGNS_BETWEEN[thousands]) if thousands else ""  # type: ignore[attr-defined]  # a random.Random
        texts.append(f"{value:,f}".replace(",", "_").replace(".", decimal).replace("_", sign))

    found = read(texts, decimal, thousands)

    assert found == [slowly(text, decimal, thousands) for text in texts]
    for value, text in zip(values, found, strict=True):
        if text[-1].isdigit():
            assert Decimal(text) == value


def test_negative_zero_is_zero() -> None:
    """-0,00 is no negative line."""
    run = go("1001;01/03/2026;Zoë;A1;1;-0,00;21\n1001;01/03/2026;Zoë;A2;1;5,00;21")

    assert run.codes == []
    assert run.invoice.hold == ""


@pytest.mark.parametrize(("rate", "fine"), [("21", True), ("21,0", True), ("6%", True), ("0", True), ("12,00 %", True), ("21,5", False), ("-6", False), ("0,21", False), ("121", False)])  # fmt: skip
def test_vat_rates(rate: str, fine: bool) -> None:
    """0, 6, 12 and 21 pass in any spelling; 0,21 is not silently made 21."""
    run = go(f"1001;01/03/2026;Zoë;A1;1;5,00;{rate}")

    told = ["rate-without-code"] if rate == "0" else []
    assert run.codes == (told if fine else ["vat-rate"])


def test_the_fixed_numbers_of_a_profile_have_a_point() -> None:
    """`default: "0.5"` and `map: {half: "0.5"}` mean a half in every locale, beside cells with a comma."""
    changes = {
        "lines": {
            "quantity": {"column": "Aantal", "default": "0.5", "map": None},
            "unit_price": {"column": "Prijs", "map": {"half": "2.50", "heel": "5"}, "default": "1.25"},
        },
    }
    run = go("1001;01/03/2026;Zoë;A1;.;half;21\n1001;01/03/2026;Zoë;A1;1,5;onbekend;21", changes)

    assert [(line.quantity, line.unit_price) for line in run.invoice.lines] == [("0.5", "2.5"), ("1.5", "1.25")]


def test_a_fixed_number_with_the_locales_comma_is_refused() -> None:
    """A comma in the profile's own number is told, not read as thousands."""
    assert go("1001;01/03/2026;Zoë;A1;1;5;21", {"lines": {"quantity": {"value": "2,5"}}}).codes == ["bad-amount"]


def test_whole_numbers_are_normal_numbers() -> None:
    """007 days are seven days and 007 as the customer's id is 7: JSON knows no leading zeros."""
    run = go(
        "1001;01/03/2026;007;A1;1;5,00;21;030",
        {"customer": {"name": None, "customer_id": {"column": "Klant"}}, "invoice": {"due_days": {"column": "Dagen"}}},
        columns=COLUMNS + ";Dagen",
    )

    assert run.invoice.header["due_days"] == "30"
    assert run.invoice.customer == {"customer_id": "7"}


@pytest.mark.parametrize("text", ["-1", "1.0", "1,0", "1e2", "\u0663", "1234567890", "3 0", "x"])
def test_what_is_no_whole_number(text: str) -> None:
    """Whole numbers are digits alone, at most nine."""
    run = go(f"1001;01/03/2026;Zoë;A1;1;5,00;21;{text}", {"invoice": {"due_days": {"column": "Dagen"}}}, columns=COLUMNS + ";Dagen")  # fmt: skip

    assert run.codes == ["bad-integer"]


def test_an_empty_whole_number_is_left_out_and_zero_is_not() -> None:
    """No payment term and a term of zero days are two things."""
    changes = {"invoice": {"due_days": {"column": "Dagen"}}}
    run = go(
        "1001;01/03/2026;Zoë;A1;1;5,00;21;.\n1002;01/03/2026;Zoë;A1;1;5,00;21;0", changes, columns=COLUMNS + ";Dagen"
    )

    assert "due_days" not in run.invoices["1001"].header
    assert run.invoices["1002"].header["due_days"] == "0"


@pytest.mark.parametrize("field", ["discount_percent", "discount_amount"])
def test_a_discount_is_not_negative(field: str) -> None:
    """A negative discount would raise the price."""
    run = go(
        "1001;01/03/2026;Zoë;A1;1;5,00;21;-5", {"invoice": {field: {"column": "Korting"}}}, columns=COLUMNS + ";Korting"
    )

    assert run.codes == ["bad-amount"]


def test_no_text_is_taken_for_a_number_by_the_importer() -> None:
    """What MAP hands on is the text of the cell, to the letter: no 1.10 becomes 1.1, no 00042 becomes 42."""
    assert fields("1001;01/03/2026;Zoë;00042;1.10;1e5;NA", {}, "lines.product_code") == ["00042"]
    assert fields("1001;01/03/2026;Zoë;00042;1.10;1e5;NA", {}, "lines.quantity") == ["1.10"]
    assert fields("1001;01/03/2026;Zoë;00042;1.10;1e5;NA", {}, "lines.vat_rate") == ["NA"]


def test_one_odd_cell_among_many_costs_nothing() -> None:
    """One bad amount in a long column is one finding, and every other value is exact."""
    rows = [[str(row), "01/03/2026", "Zoë", "A1", "1", f"{row},25", "21"] for row in range(2_000)]
    rows[1_234][5] = "1,2,3"

    run = go([table_of(rows, COLUMNS.split(";"))])

    assert run.codes == ["bad-amount"]
    assert all(run.invoices[str(row)].excl == row * 100 + 25 for row in range(2_000) if row != 1_234)
