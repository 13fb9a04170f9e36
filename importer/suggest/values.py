"""What the cells of a column can be: VAT rates, countries, languages, identifiers. Words are known in nl, fr, en and de."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from importer.stations.map.countries import country_codes
from importer.stations.table import Kind
from importer.stations.validate.texts import passes
from importer.suggest.model import Column
from importer.suggest.numbers import Signs, affixes_of, read_amounts

RATES: Final = (0, 6, 12, 21)
LANGUAGE_WORDS: Final[Mapping[str, str]] = {
    "nl": "nl", "n": "nl", "nld": "nl", "dut": "nl", "nederlands": "nl", "neerlandais": "nl", "dutch": "nl",
    "fr": "fr", "f": "fr", "fra": "fr", "fre": "fr", "frans": "fr", "francais": "fr", "french": "fr",
    "en": "en", "e": "en", "eng": "en", "engels": "en", "anglais": "en", "english": "en",
}  # fmt: skip
# Wordings that say by themselves that no VAT is on the invoice, whatever the reason.
_ZERO: Final = re.compile(
    r"vrijgesteld|vrijstelling|exempt|exoner|verlegd|medecontractant|cocontractant|autoliquidation|reverse charge|intracom"
    r"|geen btw|sans tva|no vat|zero rated|niet onderworpen|non soumis|export"
)
_PERCENT: Final = re.compile(r"(?<![\d.,])(0|6|12|21)(?:[.,]0+)?\s*%")
_ONLY: Final = re.compile(r"(?:0[.,])(06|12|21)0*")
_OLD_NAMES: Final[Mapping[str, str]] = {"eire": "IE", "rsa": "ZA", "hongkong": "HK"}
_MOST_RATES: Final = 60  # different wordings; more are no rates
_IDENTIFIER: Final = re.compile(r"[^\n]{1,40}")


@dataclass(frozen=True)
class Rates:
    """How the VAT rates of a column are written. Either plain after `strip`, or by `words` ("" for one nobody knows)."""

    strip: tuple[str, ...]
    words: Mapping[str, str]
    known: int  # cells whose rate is known
    filled: int

    @property
    def are_rates(self) -> bool:
        """Whether nearly all cells are rates."""
        return self.filled > 0 and self.known * 10 >= self.filled * 8

    @property
    def plain(self) -> bool:
        """Whether no word needs to be translated."""
        return not self.words


def fold(text: str) -> str:
    """Small letters without accents."""
    text = unicodedata.normalize("NFD", text.casefold())
    return "".join(sign for sign in text if not unicodedata.combining(sign))


def find_rates(column: Column, signs: Signs) -> Rates:
    """The rates of a column, as VALIDATE reads it, or by its wordings."""
    filled = int(column.filled.sum())
    if not filled or len(column.distinct) > _MOST_RATES:
        return Rates((), {}, 0, filled)
    words = affixes_of(column) or ()
    amounts = read_amounts(column, signs, words)
    allowed = [rate * 10**amounts.numbers.scale for rate in RATES]
    plain = amounts.good & np.isin(amounts.numbers.mantissa, allowed)
    if bool(plain[column.filled].all()):
        return Rates(words, {}, filled, filled)
    meant = {text: rate_of(text) for text in column.distinct}
    known = sum(1 for text in column.texts if text and meant[text])
    foreign = int((amounts.good & ~plain).sum()) if all(not each for each in meant.values()) else 0
    return Rates(words, meant, known, filled) if not foreign else Rates(words, {}, int(plain.sum()), filled)


def rate_of(text: str) -> str:
    """The rate a wording says by itself: "21% NL" is 21, "0.21" is 21, "BTW vrijgesteld" is 0; "" where it says none."""
    found = set(_PERCENT.findall(text))
    if len(found) == 1:
        return str(found.pop())
    if found:
        return ""
    if match := _ONLY.fullmatch(text):
        return str(int(match[1]))
    bare = text.replace(",", ".").rstrip("0").rstrip(".") if "." in text or "," in text else text
    if bare in {"0", "6", "12", "21"}:
        return bare
    return "0" if _ZERO.search(fold(text)) else ""


def rates_by_row(column: Column, rates: Rates, signs: Signs) -> np.ndarray:
    """The rate of each row in percent; -1 where none is known."""
    if rates.words:
        return np.array([int(rates.words.get(text) or -1) if text else -1 for text in column.texts], dtype=np.int64)
    amounts = read_amounts(column, signs, rates.strip)
    up = 10**amounts.numbers.scale
    plain = amounts.good & np.isin(amounts.numbers.mantissa, [rate * up for rate in RATES])
    return np.where(plain, amounts.numbers.mantissa // up, -1)


def find_countries(column: Column) -> Mapping[str, str]:
    """The country code each text of a column means; "" where nobody knows."""
    return {text: country_of(text) for text in column.distinct}


def country_of(text: str) -> str:
    """The country code of a name in nl, fr, en or de, or of a code, as MAP reads it; and of some old names."""
    return _mapped_country(text) or _OLD_NAMES.get(re.sub(r"[^a-z]", "", fold(text)), "")


def is_read_as_country(text: str) -> bool:
    """Whether MAP turns the text into a country code by itself."""
    return bool(_mapped_country(text))


def _mapped_country(text: str) -> str:
    (code,) = country_codes(pa.chunked_array([pa.array([text], pa.large_string())])).to_pylist()
    return str(code) if re.fullmatch(r"[A-Z]{2}", str(code)) else ""


def find_languages(column: Column) -> Mapping[str, str]:
    """nl, fr or en for each text of a column; "" where nobody knows."""
    return {
        text: LANGUAGE_WORDS.get(fold(text).split("_", maxsplit=1)[0].split("-", maxsplit=1)[0].strip("."), "")
        for text in column.distinct
    }


def vat_number_failures(column: Column) -> list[int]:
    """Positions of filled cells that are no Belgian or European VAT number."""
    good = passes(column.cells, "be-or-eu-vat")
    return [int(row) for row in np.flatnonzero(column.filled & ~good)]


def are_identifiers(column: Column) -> bool:
    """Whether the cells can name something: short, one line, mostly with digits, and not dates."""
    if not column.distinct:
        return False
    if column.kinds is not None and (column.kinds == Kind.DATE).any():
        return False
    sample = column.distinct[:1000]
    good = sum(1 for text in sample if _IDENTIFIER.fullmatch(text) and any(sign.isdigit() for sign in text))
    return good * 4 >= len(sample) * 3


def are_words(column: Column) -> bool:
    """Whether the cells are names or sentences: most hold a blank, and letters."""
    sample = column.distinct[:1000]
    return bool(sample) and sum(1 for text in sample if " " in text and any(sign.isalpha() for sign in text)) * 2 > len(
        sample
    )


def are_numbers(column: Column, signs: Signs) -> bool:
    """Whether nearly all cells are amounts."""
    if affixes_of(column) is None:
        return False
    amounts = read_amounts(column, signs)
    return int(amounts.good.sum()) * 10 >= int(column.filled.sum()) * 9 > 0
