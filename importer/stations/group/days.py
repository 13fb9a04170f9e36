"""Dates that cannot be wrong as cells and are unlikely as dates of invoices."""

from datetime import date

import numpy as np

from importer.stations.group.headers import Headers
from importer.stations.group.told import Told

DATE, DUE_DATE, DUE_DAYS = "invoice.date", "invoice.due_date", "invoice.due_days"
LONG_TERM = 365  # days
YEARS = 2  # invoices are imported for weeks, not years; older books are closed
MANY = 20  # different days; more of them are told at once


def days_are_likely(told: Told, headers: Headers, today: date | None) -> None:
    """Payment terms of more than a year; and, where it is known what day it is, dates far from it."""
    _terms(told, headers)
    if today is None:
        return
    _months(told, headers)
    days = headers.days(DATE)
    oldest = np.datetime64(today.replace(year=today.year - YEARS, day=min(today.day, 28)))
    _far(told, headers, "date-in-future", days > np.datetime64(today), today, latest=True)
    _far(told, headers, "date-long-ago", days < oldest, today, latest=False)


def _far(told: Told, headers: Headers, code: str, wrong: np.ndarray, today: date, *, latest: bool) -> None:
    """One finding for each such day, or one for the farthest of many."""
    days = headers.days(DATE)
    each = np.unique(days[wrong])
    groups = [np.flatnonzero(days == day) for day in each]
    if len(each) > MANY:
        order = np.flatnonzero(wrong)
        farthest = int(order[np.argmax(days[order]) if latest else np.argmin(days[order])])
        groups = [np.r_[farthest, order[order != farthest]]]
    for group in groups:
        numbers = headers.numbers[group].tolist()
        finding = headers.finding(code, numbers[0], DATE, today=str(today), count=str(len(numbers)))
        told.tell_once(numbers, finding)


def _months(told: Told, headers: Headers) -> None:
    """A note for each file whose invoices are not all of one month."""
    days, sheets = headers.days(DATE), headers.sheets()
    files = [sheet.file for sheet in headers.mapped.sheets]
    for file in dict.fromkeys(files):
        own = np.isin(sheets, [number for number, each in enumerate(files) if each == file]) & ~np.isnat(days)
        dated = days[own]
        if not len(dated) or dated.min().astype("datetime64[M]") == dated.max().astype("datetime64[M]"):
            continue
        numbers = headers.numbers[own].tolist()
        finding = headers.finding("several-months", numbers[0], DATE, first=str(dated.min()), last=str(dated.max()))
        told.tell_once(numbers, finding._replace(sheet="", row=0, column="", cell="", value="", invoice=""))


def _terms(told: Told, headers: Headers) -> None:
    if headers.has(DUE_DATE):
        path, days = DUE_DATE, headers.days(DUE_DATE) - headers.days(DATE)
        terms = np.where(np.isnat(days), 0, days.astype("int64"))
    elif headers.has(DUE_DAYS):
        path, terms = DUE_DAYS, headers.integers(DUE_DAYS)
    else:
        return
    for term in np.unique(terms[terms > LONG_TERM]).tolist():
        numbers = headers.numbers[terms == term].tolist()
        finding = headers.finding("due-far-out", numbers[0], path, days=str(term), count=str(len(numbers)))
        told.tell_once(numbers, finding)
