"""Texts: invisible characters, identifiers a spreadsheet has damaged, check digits, fixed sets of values."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from stdnum import iban
from stdnum.be import ogm_vcs
from stdnum.be import vat as be_vat
from stdnum.eu import vat as eu_vat

from importer.domain.spelling import country_of, iban_form, ogm_form, vat_form, without_word
from importer.profile.model import Check
from importer.stations.columns import encoded

# Controls, format characters (zero-width and direction marks, soft hyphen, byte order mark), line separators.
_IN_IDS = r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]"
_IN_TEXTS = "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\x{feff}]"  # a note may have lines and tabs
_LEADS = tuple(b"\xc2\xd8\xdb\xdc\xe0\xe1\xe2\xef\xf0\xf3")  # first UTF-8 bytes of those beyond ASCII


def invisible(cells: pa.ChunkedArray, *, identifier: bool) -> np.ndarray:
    """Rows whose cell holds a character nobody can see."""
    found = np.zeros(len(cells), dtype=bool)
    start = 0
    for chunk in cells.chunks:
        if _suspect(chunk):
            hits = pc.match_substring_regex(chunk, _IN_IDS if identifier else _IN_TEXTS)
            found[start : start + len(chunk)] = hits.to_numpy(zero_copy_only=False)
        start += len(chunk)
    return found


def _suspect(chunk: pa.Array) -> bool:
    """Whether the bytes allow for an invisible character at all; a full search costs 20 times more."""
    data = chunk.buffers()[2]
    if data is None:
        return False
    octets = np.frombuffer(data, dtype=np.uint8)
    if not len(octets) or (octets.min() >= 32 and octets.max() < 127):  # noqa: PLR2004 - all of it printable ASCII
        return False
    if octets.min() < 32:  # noqa: PLR2004 - a control
        return True
    raw = data.to_pybytes()  # a copy, but bytes are looked for many times faster in it
    return b"\x7f" in raw or any(lead in raw for lead in _LEADS)


def scientific(cells: pa.ChunkedArray) -> np.ndarray:
    """Rows whose cell is what a spreadsheet leaves of a long number when it saves it as text: `1,23457E+15`."""
    found = np.asarray(
        pc.match_substring(cells, "E+").to_numpy(), dtype=bool
    )  # rare, and found much faster than a pattern
    return matches(cells, r"^[0-9](?:[.,][0-9]+)?E\+[0-9]{2,3}$") if found.any() else found


def among(cells: pa.ChunkedArray, allowed: tuple[str, ...]) -> np.ndarray:
    """Rows whose cell is one of the allowed texts."""
    return np.asarray(pc.is_in(cells, value_set=pa.array(allowed, type=pa.large_string())).to_numpy(), dtype=bool)


def matches(cells: pa.ChunkedArray, pattern: str) -> np.ndarray:
    """Rows whose cell matches a (RE2) pattern; write it with `^` and `$`."""
    return np.asarray(pc.match_substring_regex(cells, pattern).to_numpy(), dtype=bool)


def passes(cells: pa.ChunkedArray, check: Check) -> np.ndarray:
    """Rows whose cell passes a check of check digits. Each distinct text is checked once."""
    codes, distinct = encoded(cells)
    test = _CHECKS[check]
    good = np.fromiter((test(text) for text in distinct), dtype=bool, count=len(distinct))
    return good[codes] if len(good) else np.zeros(len(cells), dtype=bool)


def normal_form(text: str, check: Check | None) -> str:
    """A number in the one spelling in which it is sent; as it is where it is no such number, or its check fails.

    Without a check a VAT number counts as one only with its country before it: nine digits may be anything.
    """
    if check == "ogm":
        return ogm_form(text) if _ogm(text) else text
    if check == "iban":
        return iban_form(text) if _iban(text) else text
    good = _CHECKS[check](text) if check is not None else _eu_vat(text)
    return vat_form(text) if good else text


def vat_problem(text: str, check: Check) -> str:
    """Why a VAT number fails its check, as a clause; as precise as the number allows."""
    form = vat_form(text)
    country = country_of(form)
    if form.startswith("BE") and len(form) == len("BE0403170701") and form[2:].isdigit() and form[2] in "01":
        return f"with the digits before them its last two should be {97 - int(form[2:10]) % 97:02d}"
    if form.startswith("BE") or (form.isdigit() and check != "eu-vat"):
        found = sum(sign.isdigit() for sign in form)
        return f"it has {found} digits, a Belgian number has 10 and begins with 0 or 1"
    if check == "be-vat":
        return "it is not a Belgian number"
    if not country or country not in _COUNTRIES:
        return "it does not begin with the code of a country of the EU"
    return f"it does not have the form or the check digits of a number of {country}"


def _be_vat(text: str) -> bool:
    return bool(be_vat.is_valid(without_word(text)))


def _eu_vat(text: str) -> bool:
    return bool(eu_vat.is_valid(without_word(text)))


def _iban(text: str) -> bool:
    # the bank register of the library lacks old Belgian codes; the check digits are what a typing error breaks
    return bool(iban.is_valid(text, check_country=False))


def _ogm(text: str) -> bool:
    return bool(ogm_vcs.is_valid(text.strip("* ")))  # between +++ or ***


_CHECKS: dict[Check, Callable[[str], bool]] = {
    "be-vat": _be_vat,
    "eu-vat": _eu_vat,
    "be-or-eu-vat": lambda text: _be_vat(text) or _eu_vat(text),
    "iban": _iban,
    "ogm": _ogm,
}

_COUNTRIES = frozenset({*(code.upper() for code in eu_vat.MEMBER_STATES), "EL"})

CHECK_CODES: dict[Check, str] = {
    "be-vat": "bad-vat-number",
    "eu-vat": "bad-vat-number",
    "be-or-eu-vat": "bad-vat-number",
    "iban": "bad-iban",
    "ogm": "bad-ogm",
}
