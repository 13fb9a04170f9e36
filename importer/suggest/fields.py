"""The fields of invoice and customer: who, when, where. Each from the column whose header and cells agree."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from importer.profile.open import TO_CHOOSE
from importer.suggest.days import words
from importer.suggest.model import Answer, Choice, Column, Sure, Value, counted
from importer.suggest.tongue import language_shown
from importer.suggest.values import (
    are_identifiers,
    are_numbers,
    find_countries,
    find_languages,
    is_read_as_country,
    vat_number_failures,
)
from importer.suggest.work import Work

LANGUAGES: Final = (Answer("nl", "Dutch"), Answer("fr", "French"), Answer("en", "English"))
_SIMPLE: Final = (
    ("customer.postal_code", "postal_code"),
    ("customer.city", "city"),
    ("customer.email", "email"),
    ("customer.phone", "phone"),
)
_DAYS: Final = re.compile(r"[0-9]{1,3}")
_LONGEST_NUMBER: Final = 15
_MOST_WORDS: Final = 60  # different countries or languages; more are something else
_YES: Final = {"EUR", "EURO", "€"}


def invoice_fields(work: Work) -> None:
    """Number, dates, reference, language; what the key did not take."""
    _date(work)
    _due(work)
    reference = work.best("reference", weak=False) or (work.best("order", weak=False) if work.key is not None else None)
    if reference is not None and work.agrees(reference):
        work.column_field("invoice.reference", reference)
    _language(work)


def customer_fields(work: Work) -> None:
    """Who the customer is, and where."""
    _number_of_customer(work)
    _name(work)
    _vat_number(work)
    _street(work)
    for path, role in _SIMPLE:
        column = work.best(role, work.agrees)
        if column is not None:
            work.column_field(path, column, rule=_without_apostrophe(column))
    _country(work)


def _without_apostrophe(column: Column) -> dict[str, Value]:
    """Some programs write '9000, so that a spreadsheet keeps it as text."""
    return {"strip": ["'"]} if any(text.startswith("'") for text in column.distinct) else {}


def _date(work: Work) -> None:
    def test(column: Column) -> bool:
        return column.position in work.dates and work.dates[column.position].is_dates and work.agrees(column)

    columns = work.free("date", test)
    if not columns:
        alike = [each for each in work.dates.values() if each.is_dates and each.column.position not in work.used]
        hints = [f'"{each.column.header}" holds dates' for each in alike]
        choice = Choice(("invoice", "date", "column"), "Which column holds the date of the invoice?", column_too=True)
        proof = "no header is known as the date of the invoice" + (f"; {', '.join(hints)}" if hints else "")
        work.add("invoice.date", {"column": TO_CHOOSE}, Sure.CHOOSE, proof, choices=[choice])
        return
    column = columns[0]
    meaning = column.has("date")
    rivals = [each for each in columns[1:] if meaning is not None and meaning.weak]
    hints = [f'or "{each.header}", which holds dates too: {", ".join(each.examples[:2])}' for each in rivals]
    sure = Sure.LIKELY if meaning is not None and meaning.weak else Sure.PROVED
    work.column_field(
        "invoice.date", column, rule=_offset(work, column), proof=_dates_proof(work, column), sure=sure, hints=hints
    )


def _offset(work: Work, column: Column) -> dict[str, Value]:
    """The offsets of the time zone that stand behind the dates; the day is the one of the place they were written at."""
    found = work.dates[column.position].strip
    return {"strip": list(found)} if found else {}


def _dates_proof(work: Work, column: Column) -> str:
    found = work.dates[column.position]
    if not found.cells:
        return f"all {counted(found.native, 'cell')} hold true dates"
    fits = found.readings[0].fits if found.readings else 0
    if len(found.readings) > 1:
        return f"{fits:,} of {found.cells:,} texts are dates"
    shown = words(found.readings[0].form) if found.readings else ""
    return f"{fits:,} of {found.cells:,} texts are dates of the form {shown}" + (
        f", {found.native:,} cells are true dates" if found.native else ""
    )


def _due(work: Work) -> None:
    column = work.best(
        "due_date",
        lambda each: each.position in work.dates and work.dates[each.position].is_dates and work.agrees(each),
    )
    if column is not None:
        work.column_field(
            "invoice.due_date", column, rule=_offset(work, column), proof=_dates_proof(work, column), sure=Sure.PROVED
        )
        return
    days = work.best(
        "due_days",
        lambda each: all(_DAYS.fullmatch(text) for text in each.distinct) and work.agrees(each),
    )
    if days is not None:
        work.column_field("invoice.due_days", days, proof="all cells are whole numbers of days", sure=Sure.PROVED)


def _language(work: Work) -> None:
    column = work.best("language", lambda each: len(each.distinct) <= _MOST_WORDS and work.agrees(each))
    if column is None:
        shown, number, examples = language_shown(work.body.columns)
        if shown:
            names = ", ".join(f'"{header}"' for header in examples)
            proof = (
                f"{counted(number, 'header')} can only be Dutch, such as {names}; "
                "change it if your customers speak another language"
                if shown == "nl"
                else f"{counted(number, 'header')} can only be French, such as {names}; "
                "change it if your customers speak another language"
            )
            work.add("invoice.language", {"value": shown}, Sure.LIKELY, proof)
        return
    meant = find_languages(column)
    if not any(meant.values()):
        work.why_not.setdefault(column.position, "its words are no languages that Facturalia knows (nl, fr, en)")
        return
    if all(text == meaning for text, meaning in meant.items()):
        work.column_field("invoice.language", column, proof="all cells are nl, fr or en", sure=Sure.PROVED)
    else:
        choices = [
            Choice(("invoice", "language", "map", text), f'Which language is "{text}"?', LANGUAGES)
            for text, meaning in meant.items()
            if not meaning
        ]
        _mapped(work, "invoice.language", column, meant, choices)


def _number_of_customer(work: Work) -> None:
    product = work.draft.entries.get(("lines", "product_code"))
    # "Code" alone is the customer's only beside a column of product codes
    column = work.best("customer_number", weak=product is not None and bool(product.columns))
    if column is None or not work.agrees(column) or are_dates(work, column):
        return
    if any(len(text) > _LONGEST_NUMBER for text in column.distinct):
        work.why_not.setdefault(column.position, "the number of a record in a database, no customer number")
        return
    rule: dict[str, Value] = {"strip": [".0"]} if all(text.endswith(".0") for text in column.distinct) else {}
    work.column_field("customer.external_customer_no", column, rule=rule, proof="the same on all rows of each invoice")


def are_dates(work: Work, column: Column) -> bool:
    """Whether a column holds dates."""
    return column.position in work.dates and work.dates[column.position].is_dates


def _name(work: Work) -> None:
    path = "customer.name"
    firms = work.best("company", work.agrees)
    person = work.best("person", work.agrees)
    first = work.best("first_name", work.agrees)
    last = work.best("last_name", work.agrees) if first is not None else None
    if firms is not None and work.by_invoice(firms).filled.all():
        work.column_field(path, firms, proof="filled for every invoice")
    elif firms is not None and person is not None:
        proof = f'"{firms.header}" names the firms, "{person.header}" everybody'
        work.add(path, {"first_of": [firms.header, person.header]}, Sure.LIKELY, proof, firms, person)
    elif person is not None:
        work.column_field(path, person)
    elif (
        plain := work.best("customer", lambda each: work.agrees(each) and not are_dates(work, each), weak=first is None)
    ) is not None:
        empty = np.flatnonzero(~work.by_invoice(plain).filled).tolist()
        hints = [f"empty in {work.cells(plain, empty)}"] if empty else []
        work.column_field(
            path, plain, proof="" if empty else "filled for every invoice, and the same on all its rows", hints=hints
        )
    elif firms is not None and last is not None:
        said = f'"{firms.header}" names the firms, "{last.header}" the others'
        hints = ["a profile cannot put first and last name together only where there is no firm"]
        value = {"first_of": [firms.header, last.header]}
        work.add(path, value, Sure.LIKELY, said, firms, last, hints=hints)
    elif first is not None and last is not None:
        names = {"join": {"columns": [first.header, last.header], "separator": " "}}
        work.add(path, names, Sure.LIKELY, f'"{first.header}" and "{last.header}" say so', first, last)
    elif not work.free("vat_number"):
        number = work.draft.entries.get(("customer", "external_customer_no"))
        proof = "no header is known as the name of the customer" + (
            f'; there is his number, "{number.columns[0]}"' if number else ""
        )
        work.open_field(path, "customer", "Which column, or which fixed text, is the customer's name?", proof=proof)


def _vat_number(work: Work) -> None:
    column = work.best(
        "vat_number", lambda each: work.agrees(each) and len(vat_number_failures(each)) * 2 <= int(each.filled.sum())
    )
    if column is None:
        weak = work.best("vat_number", work.agrees, weak=False)
        if weak is not None:
            proof = f"most cells are no Belgian or European VAT number: {work.cells(weak, vat_number_failures(weak))}"
            work.add(
                "customer.vat_number",
                None,
                Sure.LIKELY,
                proof,
                weak,
                hints=[f"{{column: {json.dumps(weak.header, ensure_ascii=False)}}}"],
            )
        return
    wrong = vat_number_failures(column)
    count = int(column.filled.sum())
    proof = f"{count - len(wrong):,} of {count:,} cells have right check digits"
    hints = [f"an invoice with a wrong number is refused: {work.cells(column, wrong)}"] if wrong else []
    work.column_field(
        "customer.vat_number",
        column,
        rule={"check": "be-or-eu-vat"},
        proof=proof,
        sure=Sure.LIKELY if wrong else Sure.PROVED,
        hints=hints,
    )


def _street(work: Work) -> None:
    column = work.best("street", work.agrees)
    if column is None:
        return
    beside = [each for each in work.body.columns if each.position == column.position + 1 and each.has("house_number")]
    numbers = work.best("house_number", work.agrees, weak=False) or next(
        (each for each in beside if each.position not in work.used and are_identifiers(each)), None
    )
    if numbers is None:
        work.column_field("customer.street", column)
    else:
        rule: dict[str, Value] = {"join": {"columns": [column.header, numbers.header], "separator": " "}}
        work.add(
            "customer.street", rule, Sure.LIKELY, f'"{column.header}" and "{numbers.header}" say so', column, numbers
        )


def _country(work: Work) -> None:
    column = work.best("country", lambda each: work.agrees(each) and len(each.distinct) <= _MOST_WORDS * 2)
    if column is None:
        return
    meant = find_countries(column)
    if not any(meant.values()):
        work.why_not.setdefault(column.position, "its words are no countries")
        return
    if all(map(is_read_as_country, meant)):
        proof = f"all {counted(len(meant), 'different word')} are countries that are understood as they are"
        work.column_field("customer.country", column, proof=proof, sure=Sure.PROVED)
        return
    choices = [
        Choice(
            ("customer", "country", "map", text), f'Which country is "{text}" (two letters, or empty: leave it out)?'
        )
        for text, meaning in meant.items()
        if not meaning
    ]
    _mapped(work, "customer.country", column, meant, choices)


def _mapped(work: Work, path: str, column: Column, meant: Mapping[str, str], choices: Sequence[Choice]) -> None:
    """A field with a table of words; those that nobody knows are open."""
    table = {text: meaning or TO_CHOOSE for text, meaning in meant.items()}
    proof = f"{sum(1 for each in meant.values() if each):,} of {len(meant):,} different words are known"
    sure = Sure.CHOOSE if choices else Sure.PROVED
    work.column_field(path, column, rule={"map": table}, proof=proof, sure=sure, choices=choices)


def header_controls(work: Work) -> None:
    """The currency, which is proved and never sent."""
    column = work.best("currency", lambda each: len(each.distinct) <= _MOST_WORDS and not are_numbers(each, work.signs))
    if column is None:
        return
    foreign = [text for text in column.distinct if text.upper() not in _YES]
    rule: dict[str, Value] = {}
    if any(text != "EUR" and text not in foreign for text in column.distinct):
        rule = {"map": {text: text.upper() if text in foreign else "EUR" for text in column.distinct}}
    proof = "all cells are euro" if not foreign else f"invoices in {', '.join(foreign[:5])} are refused"
    work.column_field("controls.currency", column, rule=rule, proof=proof, sure=Sure.PROVED)
