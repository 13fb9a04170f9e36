"""Numbers that authorities and banks hand out: each has many spellings and one normal form.

Only spelling is evened out here. Whether the check digits fit is for VALIDATE to say.
"""

import re
import unicodedata
from typing import Final

WORDS: Final = ("BTW", "TVA", "VAT", "MWST")  # "BTW BE 0403…"
BELGIAN: Final = "BE"
_SIGNS = re.compile(r"[\W_]+")
_LABEL = re.compile(r"^(?:NUMMER|NUMBER|NUM[EÉ]RO|NR|NO|N°)[\s:.°-]*")
_ENTERPRISE = re.compile(r"(?:BE)?([01]?[0-9]{9})\Z")
_COUNTRY = re.compile(r"[A-Z]{2}(?=[A-Z]*[0-9])[0-9A-Z]{2,13}\Z")
_OGM = re.compile(r"[+*]{0,3}\s*([0-9]{3})[\s/.-]*([0-9]{4})[\s/.-]*([0-9]{5})\s*[+*]{0,3}\Z")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}\Z")


def vat_form(text: str) -> str:
    """A VAT or enterprise number as it is sent: country and digits, nothing between (`BE0403170701`).

    The word before it (BTW, TVA), spaces, dots, dashes and case go; a Belgian number gets its country and its leading
    zero; GR becomes EL, as Greece writes it. Text that is no such number is given back without its signs.
    """
    bare = without_word(text)
    compact = _SIGNS.sub("", bare)
    belgian = _ENTERPRISE.match(compact)
    if belgian:
        return BELGIAN + belgian[1].zfill(10)
    return f"EL{compact[2:]}" if compact.startswith("GR") else compact


def without_word(text: str) -> str:
    """The text in capitals without the word and the label before the number: `BTW-nr. BE 0403…` is `BE 0403…`."""
    upper = unicodedata.normalize("NFKC", text).strip().upper()
    for word in WORDS:
        if upper.startswith(word):
            rest = upper.removeprefix(word).lstrip(" :.-")
            return _LABEL.sub("", rest).strip(" :.-")
    return upper.strip(" :.-")


def ogm_form(text: str) -> str:
    """A structured communication as banks print it, `+++090/9337/55493+++`; other text as it is."""
    found = _OGM.match(unicodedata.normalize("NFKC", text).strip())
    return f"+++{found[1]}/{found[2]}/{found[3]}+++" if found else text


def iban_form(text: str) -> str:
    """An account number without spaces, in capitals; other text as it is."""
    compact = re.sub(r"[\s.-]", "", unicodedata.normalize("NFKC", text)).upper()
    return compact if _IBAN.match(compact) else text


def country_of(form: str) -> str:
    """The country a VAT number in its normal form begins with; empty where it begins with none."""
    return form[:2] if _COUNTRY.match(form) else ""


def same_number(path: str, one: str, other: str) -> bool:
    """Whether two texts of a payload field are one number in two spellings. `path` is dotted: `customer.vat_number`."""
    if path == "customer.vat_number":
        return bool(one and other) and vat_form(one) == vat_form(other)
    return any(form(one) == form(other) for form in (ogm_form, iban_form))
