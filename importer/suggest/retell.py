"""What a person says of single fields, against what the headers say: the suggestion is worked out anew with it.

A word for a field is the letter of its column ("C"), ABSENT ("-": not in this file), or FIXED and a text ("=21": the
same on all rows). Letters, not headers: a header may hold anything, line breaks too.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from importer.suggest.linefields import FOREIGN
from importer.suggest.model import Column, Draft, Entry, Path, Sheet, Sure, Value
from importer.suggest.numbers import affixes_of
from importer.suggest.synonyms import Meaning, split_side

ABSENT: Final = "-"
FIXED: Final = "="
PROOF: Final = "chosen by a person"
KEY: Final[Path] = ("invoice_key",)
AMOUNTS: Final = frozenset({"quantity", "unit_price", "vat_rate", "line_total"})

# The meanings a column may have for each field; a column that a person names gets the first one alone.
ROLES: Final[Mapping[Path, tuple[str, ...]]] = {
    ("invoice_key",): ("order",),
    ("invoice", "number"): ("number",),
    ("invoice", "date"): ("date",),
    ("invoice", "due_date"): ("due_date",),
    ("invoice", "reference"): ("reference",),
    ("customer", "name"): ("customer", "company", "person", "first_name", "last_name"),
    ("customer", "vat_number"): ("vat_number",),
    ("customer", "street"): ("street",),
    ("customer", "postal_code"): ("postal_code",),
    ("customer", "city"): ("city",),
    ("customer", "country"): ("country",),
    ("customer", "email"): ("email",),
    ("customer", "phone"): ("phone",),
    ("lines", "product_code"): ("product_code",),
    ("lines", "quantity"): ("quantity",),
    ("lines", "unit_price"): ("price",),
    ("lines", "vat_rate"): ("vat_rate",),
    ("controls", "line_total"): ("amount",),
    ("controls", "currency"): ("currency",),
}
FIRST: Final = -1  # ranks before every header


def retold(sheet: Sheet, told: Mapping[Path, str]) -> Sheet:
    """The sheet with columns that mean what a person says they mean."""
    named = {word: ROLES[path][0] for path, word in told.items() if path in ROLES and not _is_other(word)}
    gone = {role for path, word in told.items() if path in ROLES and _is_other(word) for role in ROLES[path]}
    if not named and not gone:
        return sheet
    return replace(sheet, columns=[_meaning(column, named, gone) for column in sheet.columns])


def insist(draft: Draft, told: Mapping[Path, str]) -> None:
    """Put into the draft what a person says, where the file alone would not have come to it."""
    for path, word in told.items():
        entry = draft.entries.get(path)
        if word == ABSENT:
            if entry is not None and path != KEY:
                draft.add(Entry(path, None, Sure.ABSENT, PROOF))
        elif word.startswith(FIXED):
            draft.add(Entry(path, {"value": word.removeprefix(FIXED)}, Sure.LIKELY, PROOF))
        else:
            column = next((each for each in draft.sheet.columns if each.letter == word), None)
            if column is not None and (entry is None or entry.value is None or entry.columns[:1] != (column.header,)):
                draft.add(Entry(path, _rule(path, column), Sure.LIKELY, PROOF, (column.header,)))
                draft.unused = [each for each in draft.unused if each.column.letter != word]


def _is_other(word: str) -> bool:
    return word == ABSENT or word.startswith(FIXED)


def _meaning(column: Column, named: Mapping[str, str], gone: set[str]) -> Column:
    role = named.get(column.letter)
    if role is not None:
        return replace(column, told=(Meaning(role, FIRST, split_side(column.header)[1], ""),))
    kept = tuple(meaning for meaning in column.meanings if meaning.role not in gone)
    return column if kept == column.meanings else replace(column, told=kept)


def _rule(path: Path, column: Column) -> Value:
    """How the field is read from a column that nothing else speaks for."""
    if path == KEY:
        return [column.header]
    rule: dict[str, Value] = {"column": column.header}
    if path[-1] in AMOUNTS:
        words = [word for word in affixes_of(column) or () if word.upper() not in FOREIGN]
        if words:
            rule["strip"] = words
    if path == ("customer", "vat_number"):
        rule["check"] = "be-or-eu-vat"
    return rule
