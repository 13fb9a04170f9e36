from pathlib import Path

import pytest

from importer.profile.lint import lint
from importer.profile.load import load_profile, shipped
from importer.profile.patterns import complaint
from importer.profile.shipped import mappings_folder

HEAD = """\
# Acme webshop, "Rapporten > Facturen". Sample: maart.csv
#   Factuurnr;Datum;Klant;Code;Omschrijving;Aantal;Prijs
#   2026-0312;03/03/2026;Café Zoë;00042;Consultancy;8,5;1.250,00
"""
SAMPLE = "Factuurnr;Datum;Klant;Code;Omschrijving;Aantal;Prijs\r\n2026-0312;03/03/2026;Café Zoë;00042;Consultancy;8,5;1.250,00\r\n"
BODY = """\
profile: acme
version: 1
system: acme
source: {decimal: ",", thousands: ".", dates: "%d/%m/%Y"}
rows: {}
invoice_key: Factuurnr
prices: excl_vat
invoice: {date: {column: Datum}}
customer: {name: {column: Klant}}
lines: {product_code: {column: Code}, quantity: {column: Aantal}, unit_price: {column: Prijs}, vat_rate: {value: 21}}
"""


def problems(folder: Path, text: str, sample: str | None = SAMPLE) -> list[str]:
    """What lint says of a profile beside its sample."""
    file = folder / "acme.yaml"
    file.write_text(text, encoding="utf-8")
    if sample is not None:
        (folder / "maart.csv").write_bytes(sample.encode("windows-1252"))
    return [sentence.removeprefix(f"{file}:") for sentence in lint(load_profile(file))]


def test_a_sound_profile_has_no_problems(tmp_path: Path) -> None:
    """A profile that shows its export and guesses nothing passes."""
    assert problems(tmp_path, HEAD + BODY) == []


@pytest.mark.parametrize(
    "path", [*(profile.path for profile in shipped()), mappings_folder() / "_template.yaml"], ids=lambda path: path.stem
)
def test_shipped_profiles_and_the_template_pass(path: Path) -> None:
    """What is shipped opens with a comment on the export, quotes an existing sample, and has no odd rule."""
    assert lint(load_profile(path)) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            ("{}", '{skip: [{column: Klant, matches: "a^", reason: r}]}'),
            '8:31 (rows.skip[1].matches): "a^" can never fit',
        ),
        (
            ("{}", '{skip: [{column: Klant, matches: "Totaal ", reason: r}]}'),
            '8:31 (rows.skip[1].matches): "Totaal " can never fit',
        ),
        (
            ("{}", '{skip: [{column: Klant, matches: ".*", reason: r}]}'),
            '8:31 (rows.skip[1].matches): ".*" fits every cell',
        ),
        (
            ("{}", '{skip: [{column: Klant, equals: "", reason: r}]}'),
            '8:31 (rows.skip[1].equals): an empty text is written as "blank: true"',
        ),
        (
            ("{}", "{fill_down: [Omschrijving]}"),
            '8:20 (rows.fill_down[1]): the column "Omschrijving" is used by no field',
        ),
        (("{}", "{fill_down: [Aantal]}"), '8:20 (rows.fill_down[1]): the column "Aantal" belongs to the lines'),
        (("%d/%m/%Y", "%d/%m/%y"), '7:40 (source.dates): "%d/%m/%y" has a year of two digits'),
        (
            ('"%d/%m/%Y"', '["%d/%m/%Y", "%m/%d/%Y"]'),
            '7:40 (source.dates): "04/03/2026" fits both "%d/%m/%Y" and "%m/%d/%Y"',
        ),
        (
            ("source: {", "source: {encoding: [iso-8859-1, utf-8], "),
            "7:10 (source.encoding): iso-8859-1 fits every file, so utf-8 is never tried",
        ),
        (("source: {", "source: {kind: csv, sheets: x, "), "7:21 (source.sheets): means nothing for text files"),
        (
            ("source: {", "source: {kind: excel, delimiter: ';', "),
            "7:23 (source.delimiter): means nothing for workbooks",
        ),
        (("{value: 21}", "{value: 19}"), '13:96 (lines.vat_rate): "19" is none of 0, 6, 12, 21'),
        (
            ("{value: 21}", '{value: 21, strip: "%"}'),
            "13:118 (lines.vat_rate.strip): means nothing beside a fixed value",
        ),
        (
            ("{value: 21}", "{column: Code, map: {a: 21, b: 21}, default: 21}"),
            "13:121 (lines.vat_rate.map): every word means the default",
        ),
        (("{value: 21}", "{column: Code, map: {}}"), "13:121 (lines.vat_rate.map): is empty"),
        (
            ("{value: 21}", "{column: Code, map: {Hoog: 21, HOOG: 6}}"),
            '13:137 (lines.vat_rate.map.HOOG): "HOOG" stands here in two spellings',
        ),
        (("invoice: {", "invoice: {language: {value: de}, "), '11:11 (invoice.language): "de" is none of nl, fr, en'),
        (("customer: {", "customer: {country: {value: be}, "), '12:12 (customer.country): "be" is not a country code'),
    ],
)
def test_an_odd_rule_is_told_at_its_place(tmp_path: Path, change: tuple[str, str], expected: str) -> None:
    """Each rule that cannot work, or that would guess, gives one sentence with line, column and key."""
    (sentence,) = problems(tmp_path, HEAD + BODY.replace(*change, 1))
    assert sentence.startswith(expected)


def test_forms_that_exclude_each_other_are_fine(tmp_path: Path) -> None:
    """Several date forms are no problem as long as no text fits two of them with different meanings."""
    text = BODY.replace('"%d/%m/%Y"', '["%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d", "%d/%m/%Y %H:%M"]')
    assert problems(tmp_path, HEAD + text) == []


def test_a_profile_without_head_comment_is_told(tmp_path: Path) -> None:
    """A profile that does not say where its export comes from cannot be reviewed."""
    first, second = problems(tmp_path, BODY)
    assert "which program makes the export" in first
    assert "names no sample" in second


def test_an_absent_sample_is_told(tmp_path: Path) -> None:
    """The sample a profile names must exist."""
    absent, _ = problems(tmp_path, HEAD + BODY, sample=None)
    assert 'the sample "maart.csv" does not exist' in absent


def test_a_sample_without_the_mapped_columns_is_told(tmp_path: Path) -> None:
    """The header of the sample must hold every column the profile uses; the missing ones are named."""
    (sentence,) = problems(
        tmp_path, HEAD + BODY, SAMPLE.replace("Klant;", "Relatie;").replace("Prijs", "Bedrag") + HEAD[-60:]
    )[:1]
    assert 'the sample "maart.csv" has no header row with Klant, Prijs' in sentence


def test_a_head_comment_without_lines_of_the_export_is_told(tmp_path: Path) -> None:
    """Header and a line of data of the sample must be quoted; one of the two is not enough."""
    for kept in ([0], [0, 1], [0, 2]):
        head = "".join(HEAD.splitlines(keepends=True)[number] for number in kept)
        (sentence,) = problems(tmp_path, head + BODY)
        assert "does not show the header line and a line of data" in sentence


def test_an_unreadable_sample_is_told(tmp_path: Path) -> None:
    """A sample that is no workbook in spite of its name, or no text, gives a sentence and no failure."""
    (tmp_path / "maart.xlsx").write_bytes(b"no workbook")
    first, *_ = problems(tmp_path, HEAD.replace("maart.csv", "maart.xlsx") + BODY, sample=None)
    assert 'the sample "maart.xlsx" cannot be read' in first
    (tmp_path / "maart.csv").write_bytes(b"\xff\xfe\x81")
    first, *_ = problems(tmp_path, HEAD + BODY.replace("source: {", "source: {encoding: utf-8, "), sample=None)
    assert "it is not utf-8 text" in first


@pytest.mark.parametrize(
    "pattern", ["a^", "$a", "x$y", "(^a|b)^c", "(a^|b^)", r"x\s", r"\s+x", " x", "(?!)", "a+^b", "x{2}^", r"\Zx"]
)
def test_patterns_that_fit_no_cell_are_found(pattern: str) -> None:
    """A skip rule that can never work is told, because nobody would notice it."""
    assert "can never fit" in complaint(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "Totaal",
        "^Totaal$",
        "Totaal.*",
        r"\s*x",
        "a*^b",
        "(^a|b$)",
        "x?$",
        "(?i)subtotaal .*",
        r"\d+ %",
        "(?=x).+",
        "[^;]+!",
    ],
)
def test_patterns_that_can_fit_are_left_alone(pattern: str) -> None:
    """No false alarm: each of these fits some cell, and not every cell."""
    assert complaint(pattern) == ""


@pytest.mark.parametrize("pattern", [".*", "(?s).*", "(.*)", ".*|x"])
def test_patterns_that_fit_everything_are_found(pattern: str) -> None:
    """A skip rule that takes every row, blank cells included, is told."""
    assert "every row" in complaint(pattern)
