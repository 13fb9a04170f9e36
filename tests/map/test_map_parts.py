"""A part of a cell: `extract` and `duration`."""

from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError
from sources import fields, go, profile

from importer.profile.patterns import extract_problem
from importer.stations.map.parts import hours

LINE = "1001;01/03/2026;Zoë;[A1] Advies;1:30;10,00;21"
CODE = r"\[([^\]]+)\] .*"
PIECES = st.sampled_from(
    ["a", ".", r"\d", r"\s", "[a-z]", "[^0-9]", r"\[", r"\.", "(a)", "(b|c)", "(?:x)", "*", "+", "?", "{2}", "{1,900}",
     "^", "$", "|", r"\b", r"\1", "(?=a)", "(?i)", r"\Z", "(?P<n>a)", r"\u00e9", "[[:alpha:]]", "é", "{", "}", "]", "{2001}"]
)  # fmt: skip


def code(cell: str, rule: dict[str, object]) -> list[str]:
    """Product code of one line with this cell."""
    line = LINE.replace("[A1] Advies", cell).replace("1:30", "2")
    return fields(line, {"lines": {"product_code": {"column": "Code", **rule}}}, "lines.product_code")


@pytest.mark.parametrize(
    ("cell", "rule", "expected"),
    [
        ("[A1] Advies", {"extract": CODE}, "A1"),
        ("[A1] Advies", {"extract": r"\[[^\]]+\] (.*)"}, "Advies"),
        ("[ A1 ] Advies", {"extract": CODE}, "A1"),
        ("x[A1] Advies", {"extract": CODE}, "x[A1] Advies"),
        ("Advies", {"extract": CODE, "default": "DIV"}, "DIV"),
        (".", {"extract": CODE, "default": "DIV"}, "DIV"),
        (".", {"extract": CODE}, ""),
        ("[A1] Advies", {"extract": CODE, "map": {"A1": "ADV"}}, "ADV"),
        ("BTW [A1] Advies", {"extract": CODE, "strip": ["BTW"]}, "A1"),
        ("[Zoë] Ünï", {"extract": CODE}, "Zoë"),
    ],
)
def test_the_one_group_is_the_part_that_is_taken(cell: str, rule: dict[str, object], expected: str) -> None:
    """The whole cell must fit; the part is trimmed; strip comes before it, map and default after it."""
    assert code(cell, rule) == [expected]


def test_a_cell_that_does_not_fit_is_told_once() -> None:
    """With a map too: what could not be taken is no unknown word as well."""
    rule = {"column": "Code", "extract": CODE, "map": {"A1": "ADV"}}
    run = go("1001;01/03/2026;Zoë;Advies;2;10,00;21", {"lines": {"product_code": rule}})

    assert run.codes == ["not-extracted"]


@pytest.mark.parametrize("cell", ["<e>#REF!", "<u>."])
def test_a_broken_cell_stays_broken(cell: str) -> None:
    """An error cell is told as such: it is no cell of another form, and no default hides it."""
    rule = {"column": "Code", "extract": CODE, "default": "DIV"}
    run = go(f"1001;01/03/2026;Zoë;{cell};2;10,00;21", {"lines": {"product_code": rule}})

    assert run.codes in (["error-cell"], ["formula-not-calculated"])


@pytest.mark.parametrize(
    ("pattern", "clause"),
    [
        ("(a", "is not a regular expression"),
        ("a+", "needs exactly one group"),
        ("(a)(b)", "needs exactly one group"),
        (r"(a)\1", 'cannot use "'),
        ("(a)(?=b)", 'cannot use "(?"'),
        ("(?i)(a)", 'cannot use "(?"'),
        ("(a{600}){600}", "is too wide"),
        ("(a){1001}", "is too wide"),
        (r"(a)\Z", 'cannot use "'),
    ],
)
def test_a_pattern_that_cannot_be_bounded_is_refused(pattern: str, clause: str) -> None:
    """The profile does not load, and says why."""
    assert clause in extract_problem(pattern)
    with pytest.raises(ValidationError, match="extract "):
        profile({"lines": {"product_code": {"column": "Code", "extract": pattern}}})


@given(st.lists(PIECES, min_size=1, max_size=8).map("".join))
@example("((?:a{1,900}){2})")
@example("(a)$*")
@example("(a**)")
def test_every_pattern_that_is_let_through_works_in_time_of_the_cell(pattern: str) -> None:
    """What the profile accepts is a pattern of the engine that never goes back, so no cell can stop a run."""
    if not extract_problem(pattern):
        pc.match_substring_regex(pa.array(["aab[x] Zoë"], pa.large_string()), rf"\A(?:{pattern})\z")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1:30", "1.5"),
        ("01:30:00", "1.5"),
        ("03:15:00", "3.25"),
        ("0:00", "0"),
        ("100:00:09", "100.0025"),
        ("1:20", None),
        ("0:00:01", None),
        ("1:60", None),
        ("1:5", None),
        ("-1:30", None),
        ("1.5", None),
        ("1:30:00:00", None),
        ("٣:15", None),
    ],
)
def test_a_duration_is_exact_hours_or_nothing(text: str, expected: str | None) -> None:
    """Minutes and seconds have two digits; what four decimals do not hold is refused."""
    assert hours(text) == expected


@given(st.integers(0, 99_999), st.integers(0, 59), st.integers(0, 59))
def test_hours_come_back_to_the_second(whole: int, minutes: int, seconds: int) -> None:
    """Whatever is read has at most four decimals and is the duration again; whatever is not would have needed more."""
    total = whole * 3600 + minutes * 60 + seconds
    read = hours(f"{whole}:{minutes:02}:{seconds:02}")
    rounded = (Decimal(total) / 3600).quantize(Decimal("0.0001"))

    assert (read is None) == (rounded * 3600 != total)
    assert read is None or (Decimal(read) == rounded and "E" not in read)


def test_hours_are_the_quantity_whatever_the_signs_of_the_file() -> None:
    """A file with decimal commas still sends 1.5."""
    run = go(LINE.replace("[A1] Advies", "A1"), {"lines": {"quantity": {"column": "Aantal", "duration": "hours"}}})

    assert [str(line.quantity) for line in run.invoice.lines] == ["1.5"]


def test_a_cell_that_does_not_fit_is_no_word_of_the_map() -> None:
    """Though the map has the whole cell as a word: the profile asks for a part, and there is none."""
    rule = {"column": "Code", "extract": CODE, "map": {"A1": "ADV", "Advies": "WRONG"}}
    run = go("1001;01/03/2026;Zoë;Advies;2;10,00;21", {"lines": {"product_code": rule}})

    assert run.codes == ["not-extracted"]
    assert code("Advies", {**rule, "default": "DIV"}) == ["DIV"]
