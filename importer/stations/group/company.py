"""Whose invoices these are: the seller that the file names, and a customer that is the company itself."""

import re
import unicodedata
from collections.abc import Iterator

import numpy as np
from stdnum.be import vat as be_vat

from importer.domain.findings import Finding
from importer.domain.invoice import Above, Sheet
from importer.domain.spelling import vat_form
from importer.stations.group.headers import Headers
from importer.stations.group.told import Told

SELLER = "controls.seller_vat"
BUYER = "customer.vat_number"
# A number after a word that says what it is, or in the notation of the authorities; not the beginning of a longer one.
_IN_TITLE = re.compile(
    r"(?:(?:\bBE|\b(?:BTW|TVA|VAT|KBO|BCE|RPR|RPM|ONDERNEMINGSN\w*|ENTREPRISE)\b[^0-9]{0,25}?(?:BE)?)[ .:]{0,3}"
    r"([01]?[0-9]{3}[ .]?[0-9]{3}[ .]?[0-9]{3})|\b([01][0-9]{3}\.[0-9]{3}\.[0-9]{3}))(?![ .]?[0-9])"
)


def same_company(told: Told, headers: Headers, own: str) -> None:
    """Compare with the account's VAT number, where it is known.

    A file whose column names another seller is refused as a whole, with one finding for each number it names. Where only
    the titles above the header name others, it is a warning: they may name the program or the customer.
    """
    if not own:
        return
    if headers.has(SELLER):
        _sellers(told, headers, own)
    for sheet in headers.mapped.sheets:
        for finding in _in_titles(sheet, own):
            told.tell_once([], finding)
    if headers.has(BUYER):
        for text, numbers in headers.by_text(BUYER):
            if vat_form(text) == own:
                told.tell_once(numbers, headers.finding("customer-is-self", numbers[0], BUYER))


def _sellers(told: Told, headers: Headers, own: str) -> None:
    file_of = [sheet.file for sheet in headers.mapped.sheets]
    owner = np.array([file_of.index(file) for file in file_of])[headers.sheets()]
    for text, numbers in headers.by_text(SELLER):
        if vat_form(text) != own:
            for file in dict.fromkeys(owner[numbers].tolist()):
                in_file = headers.numbers[owner == file].tolist()
                first = next(number for number in numbers if owner[number] == file)
                told.tell_once(in_file, headers.finding("wrong-company", first, SELLER, own=own))


def _in_titles(sheet: Sheet, own: str) -> Iterator[Finding]:
    """A finding for the first other company of the titles, if they name companies and not this one."""
    named = [(above, number) for above in sheet.above for number in companies(above)]
    if named and all(vat_form(number) != own for _, number in named):
        above, number = named[0]
        yield Finding(
            "other-company-in-title",
            file=sheet.file.name,
            sheet=sheet.name,
            row=above.row,
            cell=above.cell,
            value=number,
            facts={"own": own},
        )


def companies(above: Above) -> Iterator[str]:
    """The Belgian enterprise numbers in a title, as written there; only those whose check digits fit."""
    text = unicodedata.normalize("NFKC", above.text).upper()
    for found in _IN_TITLE.finditer(text):
        number = found[1] or found[2]
        if be_vat.is_valid(re.sub("[ .]", "", number).zfill(10)):
            yield number
