"""Names of countries to the two letters that Facturalia takes, offline."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

import pyarrow as pa

from importer.stations.columns import as_column, encoded

LANGUAGES = ("nl", "fr", "en", "de")
_CODE = re.compile(r"(?:[A-Z]{2})?")
_UNIONS = {"EU", "EZ", "UN", "ZZ", "XA", "XB", "QO"}  # two letters too, and no countries
_SIGNS = re.compile(r"[\W_]+")
# Everyday names that no list of countries has.
_EVERYDAY = {
    "Holland": "NL",
    "Hollande": "NL",
    "The Netherlands": "NL",
    "Nederlanden": "NL",
    "Engeland": "GB",
    "England": "GB",
    "Angleterre": "GB",
    "Groot-Brittannië": "GB",
    "Grande-Bretagne": "GB",
    "Great Britain": "GB",
    "UK": "GB",
    "Verenigde Staten van Amerika": "US",
    "United States of America": "US",
    "États-Unis d'Amérique": "US",
    "Amerika": "US",
    "Tsjechische Republiek": "CZ",
    "Czech Republic": "CZ",
    "République tchèque": "CZ",
    "Groothertogdom Luxemburg": "LU",
    "Grand-Duché de Luxembourg": "LU",
    "Republiek Ierland": "IE",
    "EL": "GR",  # Greece, as VAT numbers write it
}


def country_codes(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cells with each known name of a country (Dutch, French, English, German; ISO of three letters) as two letters.

    Capitals, accents and signs do not matter. What is no name, or the name of two countries, stays as it is, to be
    told as a finding. Each distinct text is looked up once.
    """
    codes, distinct = encoded(cells)
    if all(_CODE.fullmatch(text) and text not in _EVERYDAY for text in distinct):
        return cells
    names = _names()
    known = [
        _EVERYDAY.get(text) or (text if _CODE.fullmatch(text) else names.get(_folded(text), text)) for text in distinct
    ]
    return as_column(pa.array(known, type=pa.large_string()).take(pa.array(codes)))


@cache
def _names() -> Mapping[str, str]:
    """Folded names to codes, names of two countries left out."""
    from babel import Locale  # noqa: PLC0415 - hundreds of milliseconds, and most files write codes
    from babel.core import get_global  # noqa: PLC0415 - the same

    found: dict[str, set[str]] = {}
    territories = [
        {str(code): str(name) for code, name in Locale(language).territories.items()} for language in LANGUAGES
    ]
    countries = {code for code in territories[0] if re.fullmatch("[A-Z]{2}", code)} - _UNIONS
    for names in territories:
        for code in countries & set(names):
            found.setdefault(_folded(names[code]), set()).add(code)
    for alias, codes in get_global("territory_aliases").items():
        long, short = str(alias), [str(code) for code in codes]
        if re.fullmatch("[A-Z]{3}", long) and len(short) == 1 and short[0] in countries:
            found.setdefault(_folded(long), set()).add(short[0])
    for code in countries:
        found.setdefault(_folded(code), set()).add(code)
    for name, code in _EVERYDAY.items():
        found.setdefault(_folded(name), set()).add(code)
    return {name: next(iter(codes)) for name, codes in found.items() if len(codes) == 1}


def _folded(text: str) -> str:
    """A name without capitals, accents and signs."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _SIGNS.sub("", "".join(sign for sign in plain if not unicodedata.combining(sign)))
