"""Why there is no VAT, or less: the exemption code of an invoice beside the rates of its lines and its customer."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from importer.domain.spelling import country_of, vat_form
from importer.profile.model import Profile
from importer.stations.group.headers import Headers
from importer.stations.group.lines import Lines
from importer.stations.group.told import Told
from importer.stations.group.totals import RATES, Amounts

CODE, VAT, NOTE, RATE = "invoice.vat_exemption_code", "customer.vat_number", "invoice.note", "lines.vat_rate"
NO_VAT: Final = (1, 2, 3, 4, 7, 11)  # codes of invoices that have no VAT at all
SOME_WITHOUT: Final = 13  # exempt by article 44: other lines may have VAT
REDUCED: Final[Mapping[int, int]] = MappingProxyType({6: 6, 10: 6, 12: 6, 14: 6, 9: 12})
OSS: Final = 8  # rates of other countries, which cannot be sent: nothing to compare with
INTRA: Final = (2, 3)
KNOWN: Final = (*NO_VAT, *REDUCED, OSS, SOME_WITHOUT)
WORDING: Final = re.compile(r"intra-? ?comm?un|39 ?bis", re.IGNORECASE)  # nl, fr and en; the article of the VAT code


def codes_fit(told: Told, headers: Headers, lines: Lines, amounts: Amounts, profile: Profile) -> None:
    """Compare code, rates and VAT number of each invoice."""
    if not len(headers.numbers):
        return
    at = {
        rate: np.logical_or.reduceat((amounts.rate == rate)[lines.order], lines.start)[headers.numbers]
        for rate in RATES
    }
    codes = headers.integers(CODE) if headers.has(CODE) else np.zeros(len(headers.numbers), dtype=np.int64)
    _without_reason(told, headers, at[0] & (codes == 0), lines, amounts)
    if codes.any():
        _rates(told, headers, codes, at)
        for code in np.unique(codes[codes != 0]).tolist():
            if code not in KNOWN:
                numbers = headers.numbers[codes == code].tolist()
                told.tell_once(numbers, headers.finding("unknown-exemption-code", numbers[0], CODE))
    _intra_community(told, headers, np.isin(codes, INTRA) | _worded(headers, profile))


def _without_reason(told: Told, headers: Headers, wrong: np.ndarray, lines: Lines, amounts: Amounts) -> None:
    """One finding for all such invoices where no column gives a code, else one each: there the cells are empty."""
    if not wrong.any():
        return
    numbers = headers.numbers[wrong].tolist()
    if not headers.has(CODE):
        line = next(each for each in lines.order[lines.start[numbers[0]] :].tolist() if amounts.rate[each] == 0)
        if line < len(headers.mapped.row):  # not an extra line
            finding = headers.mapped.finding("rate-without-code", line, RATE, facts={"count": str(len(numbers))})
        else:
            finding = headers.finding("rate-without-code", numbers[0], "", count=str(len(numbers)))
        told.tell_once(numbers, finding)
        return
    for number in numbers:
        told.tell(number, headers.finding("rate-without-code", number, CODE, count="1"))


def _rates(told: Told, headers: Headers, codes: np.ndarray, at: Mapping[int, np.ndarray]) -> None:
    """Rates that a code does not go with; one finding for each pair of code and rate."""
    for code in np.unique(codes[codes != 0]).tolist():
        own = codes == code
        expected = REDUCED.get(code, 0)
        if code in NO_VAT:
            cases = [(rate, own & at[rate]) for rate in RATES if rate]
        elif code == SOME_WITHOUT or code in REDUCED:
            lacking = own & ~at[expected]
            cases = [(rate, lacking & at[rate]) for rate in RATES if rate != expected]
        else:
            continue
        for rate, wrong in cases:
            if wrong.any():
                numbers = headers.numbers[wrong].tolist()
                finding = headers.finding("code-against-rate", numbers[0], CODE, expected=str(expected), rate=str(rate))
                told.tell_once(numbers, finding)


def _worded(headers: Headers, profile: Profile) -> np.ndarray:
    """Invoices whose note says that they are intra-Community, whatever their code."""
    if "note" not in profile.invoice:
        return np.zeros(len(headers.numbers), dtype=bool)
    codes, distinct = headers.texts(NOTE)
    return np.asarray(np.array([WORDING.search(text) is not None for text in distinct], dtype=bool)[codes])


def _intra_community(told: Told, headers: Headers, intra: np.ndarray) -> None:
    """Such an invoice needs the VAT number of a customer in another country of the EU."""
    if not intra.any():
        return
    path = VAT if headers.has(VAT) else "customer.name" if headers.has("customer.name") else ""
    for number in headers.numbers[intra].tolist():
        value = headers.text(number, VAT) if headers.has(VAT) else ""
        if country_of(vat_form(value)) in ("", "BE", "GB", "CH", "NO"):
            told.tell(number, headers.finding("intra-community-number", number, path)._replace(value=value))
