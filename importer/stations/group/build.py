"""Invoices as plain data, built column by column: a million lines must not cost a million small frames."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import repeat

import numpy as np
import pyarrow.compute as pc

from importer.domain.invoice import Invoice, Line, Span
from importer.domain.money import RateTotal, literal
from importer.profile.model import LINE_FIELDS, Profile
from importer.stations.columns import encoded, mask
from importer.stations.group.keys import Keys, identified
from importer.stations.group.lines import Lines
from importer.stations.group.places import line_places
from importer.stations.group.totals import RATES, Amounts
from importer.stations.table import Numbers, Validated


def build_invoices(
    validated: Validated,
    profile: Profile,
    keys: Keys,
    lines: Lines,
    amounts: Amounts,
    *,
    good: np.ndarray,
    hold: Sequence[str],
    spans: Callable[[int], tuple[Span, ...]],
) -> list[Invoice]:
    """The invoices numbered `good`, in that order. Equal texts and equal customers are shared, not copied."""
    made = _lines(validated, profile, keys, lines, amounts)
    places = line_places(validated.mapped, profile, keys, lines)
    first = keys.first[good]
    headers = _records(_columns(validated, "invoice", profile.invoice, first))
    customers = _records(_columns(validated, "customer", profile.customer, first))
    labels = _labels(validated, first)
    excl, incl = amounts.excl.tolist(), amounts.incl.tolist()
    rates = _rate_totals(amounts, lines)
    start, end = lines.start.tolist(), lines.end.tolist()
    return [
        Invoice(
            key=keys.parts[number],
            label=label,
            header=header,
            customer=customer,
            lines=tuple(made[start[number] : end[number]]),
            excl=excl[number],
            vat=incl[number] - excl[number],
            incl=incl[number],
            rates=rates[number],
            spans=spans(number),
            hold=hold[number],
            places=tuple(places[start[number] : end[number]]) if places else (),
        )
        for number, label, header, customer in zip(good.tolist(), labels, headers, customers, strict=True)
    ]


def _lines(validated: Validated, profile: Profile, keys: Keys, lines: Lines, amounts: Amounts) -> list[Line]:
    """All lines in the order of `lines.order`."""
    order = lines.order
    columns: list[Iterable[object]] = [
        _line_texts(validated, keys, lines, "product_code"),
        _literals(lines.quantity, order),
        _literals(amounts.price, order),
        amounts.rate[order].tolist(),
        amounts.amount[order].tolist(),
    ]
    extra = [name for name in profile.lines if name not in LINE_FIELDS]
    if "description" not in extra and any(rule.description is not None for rule in profile.extra_lines.values()):
        extra.append("description")
    if extra:
        named = [
            [(name, text) if text else None for text in _line_texts(validated, keys, lines, name)] for name in extra
        ]
        columns.append(tuple(pair for pair in pairs if pair) for pairs in zip(*named, strict=True))
    else:
        columns.append(repeat(()))
    # in the order of Line's fields; its own constructor would take twice as long
    return list(map(partial(tuple.__new__, Line), zip(*columns)))  # noqa: B905 - repeat() has no end


def _line_texts(validated: Validated, keys: Keys, lines: Lines, name: str) -> list[str]:
    """The texts of a line field in the order of `lines.order`; empty where a line has no such field."""
    path = f"lines.{name}"
    known = path in validated.mapped.frame.columns
    if not lines.extras:
        return _texts(validated, path, lines.order)
    count = len(validated.mapped.frame)
    texts = _texts(validated, path, np.arange(count)) if known else [""] * count
    for extra in lines.extras:
        path = f"{extra.path}.{name}"
        given = path in validated.mapped.frame.columns
        texts += _texts(validated, path, keys.first[extra.invoices]) if given else [""] * len(extra.invoices)
    ordered: list[str] = np.array(texts, dtype=object)[lines.order].tolist() if texts else []
    return ordered


def _columns(validated: Validated, section: str, names: Iterable[str], first: np.ndarray) -> dict[str, list[str]]:
    """The API's fields of a section as text, by name; a due date becomes the days between it and the invoice date."""
    columns = {}
    for name in names:
        path = f"{section}.{name}"
        if name == "due_date":
            days = (validated.days[path] - validated.days["invoice.date"])[first]
            columns["due_days"] = np.where(np.isnat(days), "", days.astype("int64").astype(str)).tolist()
        elif path in validated.days:
            columns[name] = np.datetime_as_string(validated.days[path][first]).tolist()
        elif path in validated.numbers:
            written = mask(pc.not_equal(validated.mapped.cells(path), ""))[first]
            texts = _literals(validated.numbers[path], first)
            columns[name] = [text if there else "" for text, there in zip(texts, written.tolist(), strict=True)]
        else:
            columns[name] = _texts(validated, path, first)
    return columns


def _records(columns: Mapping[str, Sequence[str]]) -> list[Mapping[str, str]]:
    """One mapping per invoice without its empty fields; equal ones are the same object."""
    names = tuple(columns)
    if "number" in columns and not any("" in texts for texts in columns.values()):  # no two are equal, none lacks any
        return [dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    shared: dict[tuple[str, ...], Mapping[str, str]] = {}
    records = []
    for values in zip(*columns.values(), strict=True):
        record = shared.get(values)
        if record is None:
            record = {name: value for name, value in zip(names, values, strict=True) if value}
            shared[values] = record
        records.append(record)
    return records


def _texts(validated: Validated, path: str, rows: np.ndarray) -> list[str]:
    """Texts of a field. The invoice's number is written as its key is, a VAT number in its normal form."""
    mapped = validated.mapped
    if path == "invoice.number":
        codes, distinct = identified(mapped, path)
    elif path in validated.forms:
        codes, distinct = validated.forms[path]
    else:
        codes, distinct = mapped.encoded(path) if path in mapped.key else encoded(mapped.cells(path))
    texts: list[str] = np.array(distinct, dtype=object)[codes[rows]].tolist() if len(distinct) else []
    return texts


def _literals(numbers: Numbers, rows: np.ndarray) -> list[str]:
    distinct, inverse = np.unique(numbers.mantissa[rows], return_inverse=True)
    words = np.array([literal(mantissa, numbers.scale) for mantissa in distinct.tolist()], dtype=object)
    texts: list[str] = words[inverse].tolist() if len(distinct) else []
    return texts


def _labels(validated: Validated, first: np.ndarray) -> list[str]:
    columns = [_texts(validated, name, first) for name in validated.mapped.key]
    return [" / ".join(parts) for parts in zip(*columns, strict=True)]


def _rate_totals(amounts: Amounts, lines: Lines) -> list[tuple[RateTotal, ...]]:
    """For each invoice base and VAT of the rates that occur on its lines, also where they come to zero."""
    if not len(lines.order):
        return []
    bits = np.zeros(len(amounts.rate), dtype=np.int64)
    for column, rate in enumerate(RATES):
        bits |= (amounts.rate == rate).astype(np.int64) << column
    sets = np.bitwise_or.reduceat(bits[lines.order], lines.start)
    totals: list[tuple[RateTotal, ...]] = [()] * len(sets)
    for value in np.unique(sets[sets > 0]).tolist():  # invoices with the same rates together
        numbers = np.flatnonzero(sets == value)
        columns = [
            map(RateTotal, repeat(rate), amounts.base[numbers, column].tolist(), amounts.vat[numbers, column].tolist())
            for column, rate in enumerate(RATES)
            if value >> column & 1
        ]
        for number, total in zip(numbers.tolist(), zip(*columns, strict=True), strict=True):
            totals[number] = total
    return totals
