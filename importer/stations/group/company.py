"""Whose invoices these are: the seller that the file names, and a customer that is the company itself."""

import numpy as np

from importer.domain.spelling import vat_form
from importer.stations.group.headers import Headers
from importer.stations.group.told import Told

SELLER = "controls.seller_vat"
BUYER = "customer.vat_number"


def same_company(told: Told, headers: Headers, own: str) -> None:
    """Compare with the account's VAT number, where it is known.

    A file that names another seller is refused as a whole, with one finding for each number it names.
    """
    if not own:
        return
    if headers.has(SELLER):
        file_of = [sheet.file for sheet in headers.mapped.sheets]
        owner = np.array([file_of.index(file) for file in file_of])[headers.sheets()]
        for text, numbers in headers.by_text(SELLER):
            if vat_form(text) != own:
                for file in dict.fromkeys(owner[numbers].tolist()):
                    in_file = headers.numbers[owner == file].tolist()
                    first = next(number for number in numbers if owner[number] == file)
                    told.tell_once(in_file, headers.finding("wrong-company", first, SELLER, own=own))
    if headers.has(BUYER):
        for text, numbers in headers.by_text(BUYER):
            if vat_form(text) == own:
                told.tell_once(numbers, headers.finding("customer-is-self", numbers[0], BUYER))
