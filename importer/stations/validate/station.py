"""VALIDATE: which type each field has, what may be wrong with it, and how each failing cell is told."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.domain.findings import Finding, weighed
from importer.domain.money import euros
from importer.profile.model import INVOICE_INTEGER, FieldRule, Profile, normal_header
from importer.stations.columns import mask, multiply_to_cents, to_cents
from importer.stations.sidebyside import side_by_side
from importer.stations.table import Kind, Mapped, Numbers, Validated, damaged_number
from importer.stations.validate import dates, numbers, texts
from importer.stations.validate.fields import (
    CHOICES,
    COUNTRY_CODES,
    DAYS,
    IDENTIFIERS,
    REQUIRED,
    WHO,
    is_amount,
)
from importer.stations.validate.schema import Checked, failures
from importer.stations.validate.written import find_ways

RATES = (0, 6, 12, 21)
MAX_LINE = 1e12  # euros


Tellers = Mapping[str, Callable[[int, str, str], dict[str, str]]]


def validate_rows(mapped: Mapped, profile: Profile) -> Validated:
    """Read every mapped text as its type and check it.

    Returns typed values row by row, and one finding for each failing cell (plus those of reading and mapping).
    Nothing is dropped: a row with an error is marked in `bad`. Negative quantities and prices are no error here;
    `group` holds their invoices. The cells of a ragged row may stand under wrong headers, so they are not judged: the
    row is bad as a whole, and so is a row without a line or without its invoice. The profile's `severity` counts: what
    it makes a warning is told and refuses nothing. Raises SourceError where the profile leaves open how amounts or dates
    are written and the file does not prove it (`written`); never for bad data.
    """
    work = _Work(mapped, profile)
    fields = list(profile.fields())
    extra = [(path, rule) for path, rule in fields if path.startswith("extra_lines.")]
    jobs = [partial(work.key, index, name) for index, name in enumerate(mapped.key)]
    jobs += [partial(work.field, path, rule) for path, rule in fields if not path.startswith("extra_lines.")]
    side_by_side(jobs, len(mapped.frame))
    for path, rule in extra:  # one after the other: each looks at its amount
        work.field_of_extra(path, rule)
    work.put_in_order([*mapped.key, *(path for path, _ in fields)])
    work.customer_is_named()
    work.due_after_date()
    work.lines_are_payable()
    work.line_totals_fit()
    count = len(mapped.frame)
    bad = np.zeros(count, dtype=bool)
    whole = {*mapped.ragged, *mapped.hollow}
    lowered = frozenset(code for code, word in profile.severity.items() if word != "error")
    found = [case for case in failures(work.checked, count) if case[0] not in whole]
    bad[[row for row, _, code in found if code not in lowered]] = True
    bad[list(whole)] = True
    told = [weighed(finding, profile.severity) for finding in (*mapped.findings, *_told(work, found))]
    return Validated(
        mapped=mapped,
        numbers=work.numbers,
        days=work.days,
        bad=bad,
        failed={checked.path: failed for checked in work.checked if (failed := checked.failed(lowered)).any()},
        findings=mapped.in_order(told),
        sheets=work.written.sheets,
        forms=_normal_forms(mapped, profile),
    )


def _normal_forms(mapped: Mapped, profile: Profile) -> dict[str, tuple[np.ndarray, list[str]]]:
    """The fields that have a check, and VAT numbers, in the spelling in which they are sent; each distinct text once."""
    forms = {}
    for path, rule in profile.fields():
        if rule.check is None and path not in ("customer.vat_number", "controls.seller_vat"):
            continue
        codes, distinct = mapped.encoded(path)
        seen: dict[str, int] = {}
        recoded = [seen.setdefault(texts.normal_form(text, rule.check), len(seen)) for text in distinct]
        forms[path] = np.array(recoded, dtype=np.int64)[codes], list(seen)
    return forms


def _told(work: "_Work", found: Sequence[tuple[int, str, str]]) -> Iterator[Finding]:
    """One finding per failing cell: a cell that counts for several lines (filled down, packed, joined) is told once."""
    mapped = work.mapped
    tellers = work.tellers()
    again = (mapped.row[1:] == mapped.row[:-1]) & (mapped.sheet[1:] == mapped.sheet[:-1])
    packed = bool(again.any())
    filled = {path for path, origin in mapped.origins.items() if origin.rows is not None or origin.sheets is not None}
    seen = set()
    for row, path, code in found:
        if packed or path in filled:
            cell = (*mapped.address(path, row), path, code)
            if cell in seen:
                continue
            seen.add(cell)
        yield work.tell(row, path, code, tellers)


class _Work:
    """The columns of one run under way: typed values, and the problem of each cell."""

    def __init__(self, mapped: Mapped, profile: Profile) -> None:
        self.mapped = mapped
        self.profile = profile
        self.written = find_ways(
            mapped,
            profile.source,
            [path for path, _ in profile.fields() if is_amount(path)],
            [path for path, _ in profile.fields() if path in DAYS],
        )
        self.checked: list[Checked] = []
        self.numbers: dict[str, Numbers] = {}
        self.days: dict[str, np.ndarray] = {}
        self._readings: dict[str, tuple[str, str]] = {}
        self._computed = np.zeros(0, dtype=np.int64)  # line totals in cents
        self._checks = {path: rule.check for path, rule in profile.fields() if rule.check is not None}

    def put_in_order(self, paths: Sequence[str]) -> None:
        """The checked fields in this order, whichever was done first: a row's findings are told in it."""
        self.checked.sort(key=lambda checked: paths.index(checked.path))

    def key(self, index: int, name: str) -> None:
        """A column of the invoice key: an identifier; empty means that the row belongs to no invoice."""
        checked, cells = self._start(name)
        if index == 0:
            empty = np.ones(len(cells), dtype=bool)
            for other in self.mapped.key:
                empty &= mask(pc.equal(self.mapped.cells(other), ""))
            checked.mark(empty, "missing-key")
        date = self.profile.invoice["date"].column or ()
        named_by_day = normal_header(self.profile.invoice_key[index]) in map(normal_header, date)
        self._identifier(checked, cells, name, dates=named_by_day)

    def field(self, path: str, rule: FieldRule) -> None:
        """One field of the profile, by its type."""
        checked, cells = self._start(path)
        kinds = self.mapped.kinds.get(path)
        name = path.partition(".")[2]
        if path in DAYS:
            self._day(checked, cells, kinds, path)
        elif is_amount(path):
            self._amount(checked, cells, kinds, path)
        elif path in CHOICES:
            checked.mark(~texts.among(cells, ("", *CHOICES[path])), "bad-choice")
        elif name in INVOICE_INTEGER or path == "customer.customer_id":
            values, wrong = numbers.parse_integers(cells)
            self.numbers[path] = Numbers(values, 0)
            checked.mark(wrong, "bad-integer")
        elif path == "customer.country":
            checked.mark(~texts.matches(cells, "^(?:[A-Z]{2})?$"), "bad-choice")
        elif path == "controls.currency":
            checked.mark(~texts.among(cells, ("", "EUR")), "not-eur")
        elif path in IDENTIFIERS:
            self._identifier(checked, cells, path)
        else:
            self._text(checked, cells, kinds)
        self._digits(checked, cells, rule)
        if path in REQUIRED:
            checked.mark(mask(pc.equal(cells, "")), "missing-value")

    def field_of_extra(self, path: str, rule: FieldRule) -> None:
        """A field of an extra line, typed as the field of a line it becomes; needed only where there is an amount."""
        checked, cells = self._start(path)
        kinds = self.mapped.kinds.get(path)
        line, _, name = path.rpartition(".")
        if name in ("amount", "vat_rate"):
            self._amount(checked, cells, kinds, path, rate=name == "vat_rate")
        elif name == "product_code":
            self._identifier(checked, cells, path)
        else:
            self._text(checked, cells, kinds)
        self._digits(checked, cells, rule)
        if name in ("product_code", "vat_rate"):
            there = self.numbers[f"{line}.amount"].mantissa != 0
            checked.mark(there & mask(pc.equal(cells, "")), "missing-value")

    def customer_is_named(self) -> None:
        """Each row names its customer in at least one of the ways Facturalia knows."""
        ways = [path for path in WHO if path in self.mapped.frame.columns]
        empty = np.ones(len(self.mapped.frame), dtype=bool)
        for path in ways:
            empty &= mask(pc.equal(self.mapped.cells(path), ""))
        self._checked(ways[0]).mark(empty, "missing-value")

    def due_after_date(self) -> None:
        """A payment term is zero days or more."""
        if "invoice.due_date" in self.days:
            self._checked("invoice.due_date").mark(
                self.days["invoice.due_date"] < self.days["invoice.date"], "due-before-date"
            )

    def lines_are_payable(self) -> None:
        """A line of a trillion euros is a lost decimal sign; sums of such lines would not fit 64 bits."""
        quantity, price = self.numbers["lines.quantity"], self.numbers["lines.unit_price"]
        euros_each = np.abs(quantity.mantissa.astype(float)) * np.abs(price.mantissa.astype(float))
        large = euros_each * 10.0 ** -(quantity.scale + price.scale) >= MAX_LINE
        self._checked("lines.unit_price").mark(large, "amount-too-large")
        price.mantissa[large] = 0

    def line_totals_fit(self) -> None:
        """Quantity times price is what the file itself says, to the cent; only where all three could be read."""
        if "controls.line_total" not in self.numbers:
            return
        quantity, price, total = (
            self.numbers[path] for path in ("lines.quantity", "lines.unit_price", "controls.line_total")
        )
        self._computed = multiply_to_cents(quantity.mantissa, price.mantissa, quantity.scale + price.scale)
        readable = ~mask(pc.equal(self.mapped.cells("controls.line_total"), ""))
        for path in ("lines.quantity", "lines.unit_price"):
            readable &= self._checked(path).problem == 0
        self._checked("controls.line_total").mark(
            readable & (to_cents(total.mantissa, total.scale) != self._computed), "line-total"
        )

    def tell(self, row: int, path: str, code: str, tellers: Tellers) -> Finding:
        """The finding of one failing cell, with the facts its sentences need."""
        value = self.mapped.text(path, row)
        teller = tellers.get(code)
        facts = {"field": path, **(teller(row, path, value) if teller is not None else {})}
        return self.mapped.finding(code, row, path, value=value, facts=facts)

    def tellers(self) -> Tellers:
        """For codes whose sentences need more than the value: how to find those facts.

        Not kept in an attribute: the cycle would hold hundreds of megabytes while the collector is paused.
        """
        return {
            "bad-amount": lambda row, *_: {"expected": numbers.expected_form(*self.written.at(row).signs)},
            "too-many-decimals": lambda *_: {"limit": str(numbers.MAX_DECIMALS)},
            "bad-date": lambda row, *_: {"expected": dates.expected_form(self.written.at(row).forms)},
            "date-out-of-range": lambda *_: {"earliest": str(dates.EARLIEST), "latest": str(dates.LATEST)},
            "ambiguous-date": lambda _row, _path, value: dict(
                zip(("first", "second"), self._readings[value], strict=True)
            ),
            "bad-choice": lambda _row, path, _value: {"allowed": ", ".join(CHOICES.get(path, (COUNTRY_CODES,)))},
            "missing-key": lambda *_: {"columns": " and ".join(f'"{header}"' for header in self.profile.invoice_key)},
            "control-character": lambda _row, _path, value: {
                "names": ", ".join(sorted({f"U+{ord(sign):04X}" for sign in value if not sign.isprintable()}))
            },
            "bad-vat-number": lambda _row, path, value: {"problem": texts.vat_problem(value, self._checks[path])},
            "line-total": lambda row, *_: {"computed": euros(int(self._computed[row]))},
            "due-before-date": lambda row, *_: {"date": str(self.days["invoice.date"][row])},
            "not-text": lambda row, path, _value: {
                "kind": "date" if self.mapped.kinds[path][row] == Kind.DATE else "logical value"
            },
        }

    def _checked(self, path: str) -> Checked:
        return next(checked for checked in self.checked if checked.path == path)

    def _start(self, path: str) -> tuple[Checked, pa.ChunkedArray]:
        """A field before its own checks: cells whose value is not in the file at all."""
        count = len(self.mapped.frame)
        checked = Checked(path, np.zeros(count, dtype=np.int8), ("",))
        kinds = self.mapped.kinds.get(path)
        if kinds is not None:
            checked.mark(kinds == Kind.ERROR, "error-cell")
            checked.mark(kinds == Kind.UNCALCULATED, "formula-not-calculated")
        if path in self.mapped.unmapped:
            missing = np.zeros(count, dtype=bool)
            missing[self.mapped.unmapped[path]] = True
            checked.mark(missing, "unmapped-value")
        if path in self.mapped.unread:
            wrong = np.zeros(count, dtype=bool)
            wrong[self.mapped.unread[path]] = True
            rule = dict(self.profile.fields())[path]
            checked.mark(wrong, "bad-duration" if rule.duration is not None else "not-extracted")
        self.checked.append(checked)
        return checked, self.mapped.cells(path)

    @staticmethod
    def _digits(checked: Checked, cells: pa.ChunkedArray, rule: FieldRule) -> None:
        """What the rule's `check` says."""
        if rule.check is not None:
            wrong = ~texts.passes(cells, rule.check) & ~mask(pc.equal(cells, ""))
            checked.mark(wrong, texts.CHECK_CODES[rule.check])

    def _identifier(self, checked: Checked, cells: pa.ChunkedArray, path: str, *, dates: bool = False) -> None:
        """Text that names something; `dates`: it is the invoice date too, so a date cell is no accident."""
        checked.mark(texts.invisible(cells, identifier=True), "control-character")
        checked.mark(texts.scientific(cells), "number-as-id")
        kinds = self.mapped.kinds.get(path)
        if kinds is not None:
            checked.mark(damaged_number(cells, kinds), "number-as-id")
            checked.mark((kinds == Kind.BOOLEAN) | ((kinds == Kind.DATE) & (not dates)), "not-text")

    def _text(self, checked: Checked, cells: pa.ChunkedArray, kinds: np.ndarray | None) -> None:
        """Text for people: it may have lines, and a number in it must still be the number that was typed."""
        checked.mark(texts.invisible(cells, identifier=False), "control-character")
        if kinds is not None:
            checked.mark(damaged_number(cells, kinds), "number-as-id")

    def _day(self, checked: Checked, cells: pa.ChunkedArray, kinds: np.ndarray | None, path: str) -> None:
        parsed = self.written.dates(path, cells, kinds)
        for number, code in enumerate(dates.PROBLEMS):
            if code:
                checked.mark(parsed.problem == number, code)
        self._readings |= parsed.readings
        self.days[path] = parsed.day

    def _amount(
        self, checked: Checked, cells: pa.ChunkedArray, kinds: np.ndarray | None, path: str, *, rate: bool = False
    ) -> None:
        parsed = self.written.amounts(path, cells, kinds)
        for number, code in enumerate(numbers.PROBLEMS):
            if code:
                checked.mark(parsed.problem == number, code)
        full = ~parsed.empty
        if rate or path == "lines.vat_rate":
            checked.mark(full & ~np.isin(parsed.mantissa, [rate * 10**parsed.scale for rate in RATES]), "vat-rate")
        elif path == "lines.quantity":
            checked.mark(full & (parsed.mantissa == 0), "bad-quantity")
        elif path.startswith("invoice."):
            checked.mark(full & (parsed.mantissa < 0), "bad-amount")
        self.numbers[path] = Numbers(parsed.mantissa, parsed.scale)
