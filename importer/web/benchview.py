"""The bench as the page draws it: rows of fields, how the file is read, the first invoices."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from importer.language.speech import Speech
from importer.suggest.model import Column, Entry, Sure
from importer.suggest.model import Path as KeyPath
from importer.suggest.retell import ABSENT, FIXED, KEY, ROLES
from importer.web.bench import COUNTRY, FIELD, FREE, KEPT, NEEDED, PRICES, TEXT, Asked, Bench
from importer.web.preview import Row

FIRST: Final = 3  # invoices shown
SECTIONS: Final = ("invoice", "customer", "lines", "controls")
NUMBER: Final = ("invoice", "number")
SHOWN_FINDINGS: Final = 5


class Option(NamedTuple):
    """One entry of a select. `text` is shown as it is, `word` is a key of the page's words where there is no text."""

    value: str
    text: str
    word: str = ""
    header: bool = False  # a column: its letter is shown before it


class FieldRow(NamedTuple):
    """One field of an invoice and where it comes from. `fixed`: a text may be given for all rows; None: it may not."""

    path: str
    name: str
    needed: bool
    options: Sequence[Option]
    chosen: str
    examples: Sequence[str]
    sure: str
    proof: str
    fixed: str | None
    text_name: str


class ChoiceRow(NamedTuple):
    """One thing to decide that is no column. Without options any text can be the answer."""

    path: str
    name: str
    question: str
    why: str
    options: Sequence[Option]
    answer: str
    problem: tuple[str, str] | None
    country: str  # the word that may be a country; empty where something else is asked


class PricesRow(NamedTuple):
    """On which side of VAT the prices are: excl_vat or incl_vat, empty while it is open."""

    chosen: str
    open: bool
    proof: str


class FactRow(NamedTuple):
    """One thing the file proves of how it is read."""

    path: str
    value: str
    proof: str


class UnusedRow(NamedTuple):
    """A column no field uses, what stands in it, and why it is left out."""

    header: str
    examples: Sequence[str]
    reason: str


class BenchView(NamedTuple):
    """Everything the template draws of a bench."""

    rows: int
    columns: int
    header_row: int
    sheet: str
    open: int
    sections: Sequence[tuple[str, Sequence[FieldRow]]]
    choices: Sequence[ChoiceRow]
    prices: PricesRow
    facts: Sequence[FactRow]
    also: Sequence[FactRow]
    unused: Sequence[UnusedRow]
    notes: Sequence[str]
    invoices: Sequence[Row]
    counts: Mapping[str, int]
    findings: Sequence[str]
    more_findings: int
    error: tuple[str, str] | None
    yaml: str


def view_of(bench: Bench, speech: Speech) -> BenchView:
    """The bench in a language."""
    draft, made = bench.draft, bench.made
    findings = list(made.plan.findings) if made is not None else []
    return BenchView(
        rows=len(draft.sheet.rows),
        columns=len([each for each in draft.sheet.columns if each.header]),
        header_row=draft.sheet.header_row,
        sheet=draft.sheet.grid.sheet,
        open=bench.open,
        sections=[(section, list(_fields(bench, section, speech))) for section in SECTIONS],
        choices=[_choice(one, bench, speech) for one in bench.asked if _is_apart(one)],
        prices=_prices(bench, speech),
        facts=list(_facts(bench, speech)),
        also=list(_also(bench, speech)),
        unused=[
            UnusedRow(each.column.header or each.column.letter, each.column.examples, speech.words(each.reason))
            for each in draft.unused
        ],
        notes=list(map(speech.words, draft.remarks)),
        invoices=made.rows[:FIRST] if made is not None else (),
        counts=_counts(bench),
        findings=[f"{one.message_in(speech)} {one.fix_in(speech)}" for one in findings[:SHOWN_FINDINGS]],
        more_findings=max(0, len(findings) - SHOWN_FINDINGS),
        error=None if bench.error is None else speech.told(bench.error),
        yaml=bench.text(speech),
    )


def _fields(bench: Bench, section: str, speech: Speech) -> Iterator[FieldRow]:
    if section == "invoice" and bench.word(KEY) != bench.word(NUMBER):
        yield _field(bench, KEY, speech)
    for path in ROLES:
        if path[0] == section:
            yield _field(bench, path, speech)


def _field(bench: Bench, path: KeyPath, speech: Speech) -> FieldRow:
    entry = bench.draft.entries.get(path)
    chosen = bench.word(path)
    sure = Sure.ABSENT if entry is None else entry.sure
    if entry is None or entry.value is None:
        sure = Sure.CHOOSE if path in NEEDED else Sure.ABSENT
    elif sure is Sure.CHOOSE and chosen:
        sure = Sure.LIKELY  # the column is clear; words in it that are not have rows of their own
    return FieldRow(
        path=".".join(path),
        name=f"{FIELD}{'.'.join(path)}",
        needed=path in NEEDED,
        options=list(_options(bench, path, entry, chosen)),
        chosen=chosen,
        examples=_examples(bench, entry),
        sure=str(sure),
        proof="" if entry is None else speech.words(entry.proof),
        fixed=(chosen.removeprefix(FIXED) if chosen.startswith(FIXED) else "") if path in FREE else None,
        text_name=f"{TEXT}{'.'.join(path)}",
    )


def _options(bench: Bench, path: KeyPath, entry: Entry | None, chosen: str) -> Iterator[Option]:
    if path in NEEDED:
        yield Option("", "", "choosecol")
    else:
        yield Option(ABSENT, "", "notinfile")
    if chosen == KEPT and entry is not None:
        yield Option(KEPT, " + ".join(entry.columns))
    fixed = {chosen.removeprefix(FIXED)} if chosen.startswith(FIXED) else set()
    for one in bench.asked:
        if one.field == path and one.choice.column_too:
            fixed.update(option.value for option in one.choice.options)
    for text in sorted(fixed):
        yield Option(f"{FIXED}{text}", text, "ws_always")
    for column in bench.columns:
        yield Option(column.letter, column.header, header=True)


def _examples(bench: Bench, entry: Entry | None) -> Sequence[str]:
    found: list[Column] = []
    if entry is not None:
        found = [column for name in entry.columns if (column := bench.draft.sheet.column(name)) is not None]
    return found[0].examples if found else ()


def _is_apart(one: Asked) -> bool:
    """Whether a choice has a row of its own: those of columns stand with their field, the side of VAT with the reading."""
    return not one.choice.column_too and one.choice.path != PRICES


def _choice(one: Asked, bench: Bench, speech: Speech) -> ChoiceRow:
    entry = bench.draft.entries[one.field]
    return ChoiceRow(
        path=".".join(one.field),
        name=one.name,
        question=speech.words(one.choice.question),
        why=speech.words(entry.proof),
        options=[Option(each.value, f"{each.value}: {speech.words(each.meaning)}") for each in one.choice.options],
        answer=one.answer,
        problem=None if one.problem is None else speech.told(one.problem),
        country=one.choice.path[-1] if one.choice.path[:3] == COUNTRY else "",
    )


def _prices(bench: Bench, speech: Speech) -> PricesRow:
    entry = bench.draft.entries.get(PRICES)
    open_ = entry is None or entry.sure is Sure.CHOOSE
    proof = "" if entry is None else speech.words(entry.proof)
    return PricesRow("" if entry is None or open_ else str(entry.value), open_, proof)


def _facts(bench: Bench, speech: Speech) -> Iterator[FactRow]:
    for path, entry in bench.draft.entries.items():
        open_ = any(one.field == path for one in bench.asked)
        if path[0] == "source" and not open_:
            yield FactRow(".".join(path), _value(entry, speech), speech.words(entry.proof))


def _value(entry: Entry, speech: Speech) -> str:
    value = entry.value
    if value is None:
        return ""
    texts = [value] if isinstance(value, str) else [str(each) for each in value]
    if entry.path == ("source", "dates"):
        return ", ".join(speech.fact("form", _form(text)) for text in texts)
    return ", ".join(texts)


def _form(text: str) -> str:
    return text.replace("%d", "dd").replace("%m", "mm").replace("%Y", "yyyy").replace("%y", "yy")


def _also(bench: Bench, speech: Speech) -> Iterator[FactRow]:
    """What is used beside the fields that can be changed here."""
    for path, entry in bench.draft.entries.items():
        if path in ROLES or path[0] in {"source", "prices", "rounding"} or entry.value is None:
            continue
        shown = ", ".join(entry.columns) or (
            str(entry.value["value"]) if isinstance(entry.value, Mapping) and "value" in entry.value else ""
        )
        yield FactRow(".".join(path), shown, speech.words(entry.proof))


def _counts(bench: Bench) -> Mapping[str, int]:
    """Invoices in all and by what would become of them."""
    if bench.made is None:
        return {}
    return {"all": len(bench.made.rows), **bench.made.counts}
