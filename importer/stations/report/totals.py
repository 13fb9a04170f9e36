"""The sheet of totals: sums per state and VAT rate, and the control sums that prove the report."""

from collections.abc import Iterator
from typing import NamedTuple

from importer.domain.records import Totals
from importer.stations.report.accounts import INVOICE_PLACES, Accounts, joined, total
from importer.stations.report.book import Book, Cell, Column, Kind, Money, Page
from importer.stations.report.model import TONES, Place, RunReport, Tone
from importer.stations.report.speech import noun
from importer.stations.report.words import Words

WIDTHS = (44, 12, 16, 18, 18, 18)
_KINDS = (Kind.TEXT, Kind.COUNT, Kind.TEXT, Kind.MONEY, Kind.MONEY, Kind.MONEY)


class Control(NamedTuple):
    """Two figures that must be the same."""

    name: str
    one: int
    other: int
    money: bool = True


def write_totals(book: Book, report: RunReport, accounts: Accounts, words: Words) -> None:
    """Write the sheet."""
    page = book.page(words.sheets["totals"], WIDTHS)
    _header(page, "totals", words)
    for place in INVOICE_PLACES:
        if place is Place.REFUSED:
            if accounts.refused:
                refused = (words.places[place], len(accounts.refused), words.phrases["not_computed"])
                page.row(refused, TONES[place])
        elif accounts.counts[place]:
            _sums(page, words.places[place], accounts.counts[place], accounts.sums[place], TONES[place], words)
    every = joined(list(accounts.sums.values()))
    _sums(page, words.labels["every_place"], len(report.invoices), every, Tone.PLAIN, words)
    page.keep_first_row()
    page.heading(words.phrases["controls"])
    _header(page, "controls", words)
    for control in controls(report, accounts, words):
        _control(page, control, words)


def controls(report: RunReport, accounts: Accounts, words: Words) -> Iterator[Control]:
    """The figures of this report that must agree, each pair reckoned in two ways."""
    names = words.phrases
    if accounts.rows_at_end is not None:
        yield Control(names["control_rows"], accounts.rows_at_end["read"], accounts.rows["read"], money=False)
    if accounts.ended is not None and (report.invoices or accounts.refused):
        found = sum(accounts.counts.values())
        yield Control(names["control_invoices"], accounts.ended.get("total", 0), found, money=False)
    every = total(report.invoices)
    by_rate = sum(rate.base + rate.vat for sums in accounts.sums.values() for rate in sums.rates)
    yield Control(names["control_rates"], by_rate, every.incl)
    yield Control(names["control_incl"], every.excl + every.vat, every.incl)
    if accounts.posted_at_end is not None and report.invoices:
        ours = accounts.sums.get(Place.POSTED, Totals(0, 0, 0, ()))
        yield Control(names["control_posted"], accounts.posted_at_end.incl, ours.incl)
    for name, pairs in (
        ("control_excl", [(one.excl, one.remote_excl) for one in accounts.answered]),
        ("control_answered", [(one.incl, one.remote_incl) for one in accounts.answered]),
    ):
        shown = [(ours, theirs) for ours, theirs in pairs if theirs is not None]
        if shown:
            said = names[name].format(
                count=words.speech.number(len(shown)), invoices=noun(len(shown), "invoice", words)
            )
            yield Control(said, sum(ours for ours, _ in shown), sum(theirs for _, theirs in shown))


def _header(page: Page, name: str, words: Words) -> None:
    kinds = _KINDS if name == "totals" else (Kind.TEXT, Kind.TEXT, Kind.MONEY, Kind.MONEY, Kind.MONEY, Kind.TEXT)
    page.header([Column(title, kind, 0) for title, kind in zip(words.headers[name], kinds, strict=True)])


def _sums(page: Page, name: str, count: int, sums: Totals, tone: Tone, words: Words) -> None:
    for rate, base, vat in sums.rates:
        shown = words.phrases["rate"].format(rate=rate)
        page.row((name, None, shown, Money(base), Money(vat), Money(base + vat)), tone)
    together = (name, count, words.labels["all_rates"], Money(sums.excl), Money(sums.vat), Money(sums.incl))
    page.row(together, tone, bold=True)


def _control(page: Page, control: Control, words: Words) -> None:
    agrees = control.one == control.other
    difference = control.one - control.other
    figures = (control.one, control.other, difference)
    cells: list[Cell] = [Money(figure) if control.money else figure for figure in figures]
    result = words.phrases["agrees" if agrees else "differs"]
    page.row((control.name, None, *cells, result), Tone.GOOD if agrees else Tone.BAD, toned=5)
