"""Documents that must not become invoices: credit notes, drafts, what was cancelled or paid back, two rates in one order."""

import re
from collections.abc import Iterator
from typing import Final

import numpy as np

from importer.suggest.model import Column, Sure, Value, counted
from importer.suggest.numbers import read_amounts
from importer.suggest.skips import Skip
from importer.suggest.values import are_numbers, fold
from importer.suggest.work import Work

_CREDIT: Final = re.compile(
    r"credit|creditnota|avoir|note de credit|gutschrift|refund|terugbetaling|remboursement|^sc$|out_refund"
)
_NO_INVOICE: Final = re.compile(
    r"draft|concept|brouillon|klad|void|cancel|annul|revers|refund|terugbetaald|rembours|failed|mislukt|echou|trash|prullen"
)
_NO_ORDER: Final = re.compile(r"pending|on-?.?hold|in afwachting|in de wacht|en attente|wachten")
_PLACEHOLDER: Final = re.compile(r"\(prov\w*\)|/|draft|concept|brouillon|-|\?")
_MOST_KINDS: Final = 20  # kinds of documents, or states of them
_ONE: Final = re.compile(r"(?<!\d)1(?!\d)")


def find_documents(work: Work) -> list[Skip]:
    """A rule for each kind, whole invoices at a time; its column has its place then. Rows may be in several of them."""
    found = [*_kinds(work), *_states(work), *_cancelled(work), *_second_rates(work)]
    known = {row for skip in found for row in skip.rows}
    return [*found, *(skip for skip in _provisional(work) if not known >= set(skip.rows))]


def _kinds(work: Work) -> Iterator[Skip]:
    column = work.best("document_type", lambda each: len(each.distinct) <= _MOST_KINDS)
    if column is None:
        return
    kinds = [text for text in column.distinct if _CREDIT.search(fold(text))]
    if kinds:
        said = f'"{column.header}" calls some documents {", ".join(kinds)}: a credit note is never sent as an invoice'
        yield _rule(work, column, {"equals": _one_or_all(kinds)}, "credit note", said)
        return
    negative = _negative(work)
    below = [text for text in column.distinct if all(negative[_rows(column, text)])]
    above = [text for text in column.distinct if not any(negative[_rows(column, text)])]
    if below and above and len(below) + len(above) == len(column.distinct):
        said = f'every amount of documents where "{column.header}" is {", ".join(below)} is below zero, and no other one is'
        yield _rule(work, column, {"equals": _one_or_all(below)}, "credit note", said)


def _negative(work: Work) -> np.ndarray:
    """The rows with an amount or a quantity below zero."""
    found = np.zeros(len(work.body.rows), dtype=bool)
    for column in work.body.columns:
        if (column.has("amount") or column.has("quantity")) and are_numbers(column, work.signs):
            amounts = read_amounts(column, work.signs)
            found |= amounts.good & (amounts.numbers.mantissa < 0)
    return found


def _rows(column: Column, text: str) -> np.ndarray:
    return np.array([each == text for each in column.texts], dtype=bool)


def _one_or_all(texts: list[str]) -> str | list[str]:
    return texts if len(texts) > 1 else texts[0]


def _provisional(work: Work) -> Iterator[Skip]:
    """Drafts that have no number yet, only a placeholder for it."""
    if work.key is None or work.key.column.has("number") is None:
        return
    column = work.key.column
    texts = [text for text in column.distinct if _PLACEHOLDER.fullmatch(fold(text))]
    if texts and len(texts) < len(column.distinct):
        start = "(PROV" if all(text.startswith("(PROV") for text in texts) else ""
        test: dict[str, Value] = {"starts_with": start} if start else {"equals": _one_or_all(texts)}
        hit = np.isin(np.array(column.texts, dtype=object), texts)
        if work.key.down:
            hit = hit[work.key.source]
        said = f'"{column.header}" holds a placeholder for a number, such as {texts[0]}'
        rule: dict[str, Value] = {"column": column.header, **test}
        if work.key.down:
            rule["filled"] = "true"
        rows = tuple(int(row) for row in np.flatnonzero(hit))
        proof = f"{said} ({counted(len(rows), 'row')} here)"
        yield Skip(rows, {**rule, "reason": "draft without a number"}, footer=False, proof=proof, sure=Sure.LIKELY)


def _states(work: Work) -> Iterator[Skip]:
    column = work.best("status", lambda each: len(each.distinct) <= _MOST_KINDS)
    if column is None:
        return
    of_orders = "invoice" not in fold(column.header) and "factu" not in fold(column.header)
    states = [
        text
        for text in column.distinct
        if _NO_INVOICE.search(fold(text)) or (of_orders and _NO_ORDER.search(fold(text)))
    ]
    if states:
        said = f'"{column.header}" says {", ".join(states)} of some documents: they are no invoices, or not yet'
        yield _rule(work, column, {"equals": _one_or_all(states)}, "no invoice (status)", said)


def _cancelled(work: Work) -> Iterator[Skip]:
    for column in work.body.columns:
        if column.has("cancelled") is not None and column.header not in work.body.doubled:
            said = f'"{column.header}" is filled where an order was cancelled'
            yield _rule(work, column, {"matches": ".+"}, "cancelled", said)


def _second_rates(work: Work) -> Iterator[Skip]:
    """Where "Tax 2 Name" is filled beside "Tax 1 Name", no column tells which line has which rate."""
    headers = {column.header: column for column in work.body.columns}
    for column in work.free("vat_rate"):
        other = headers.get(_ONE.sub("2", column.header))
        if other is not None and other is not column:
            said = f'where "{other.header}" is filled too, the file does not tell which line has which VAT rate'
            yield _rule(work, other, {"matches": ".+"}, "two VAT rates in one order", said)


def _rule(work: Work, column: Column, test: dict[str, Value], reason: str, said: str) -> Skip:
    rule: dict[str, Value] = {"column": column.header, **test}
    once = work.beside_first(column)
    if once:
        rule["filled"] = "true"
    texts = column.taken(work.key.source).texts if once and work.key is not None else column.texts
    if "matches" in test:
        hit = [bool(text) for text in texts]
    else:
        wanted = {test["equals"]} if isinstance(test["equals"], str) else set(map(str, test["equals"]))
        hit = [text in wanted for text in texts]
    rows = tuple(int(row) for row in np.flatnonzero(hit))
    work.take(column, ("rows", "skip"))
    proof = f"{said} ({counted(len(rows), 'row')} here)"
    return Skip(rows, {**rule, "reason": reason}, footer=False, proof=proof, sure=Sure.LIKELY)
