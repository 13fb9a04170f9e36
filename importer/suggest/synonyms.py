"""What a header means: the table of `headers.toml`, asked by whole headers in a form that spelling does not change."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final, Literal, NamedTuple

Side = Literal["", "excl", "incl"]

LANGUAGES: Final = ("nl", "fr", "en", "de")
_DROPPED: Final = str.maketrans("", "", " .:()[]_-/*'\"’`,;+º°\ufeff")  # noqa: RUF001 - headers are written with both apostrophes
_CURRENCY: Final = re.compile(r"[\s_]*(\(\s*(in\s+)?(eur|euro|€)\s*\)|\b(in\s+)?(eur|euro)|€)\s*$", re.IGNORECASE)
_TAX: Final = r"(\s+(of\s+)?(btw|tva|vat|tax(es)?|mwst))?"
_EXCL: Final = re.compile(
    rf"\b(excl(usief|usive)?\b\.?{_TAX}|ex\.?\s+btw|h\.?t\.?v\.?a\b\.?|h\.?t\b\.?|hors\s+(tva|taxes?)|zonder\s+btw"
    rf"|without\s+(vat|tax)|w/o\s+tax|untaxed|netto\s+excl)",
    re.IGNORECASE,
)
_INCL: Final = re.compile(
    rf"\b(incl(usief|usive)?\b\.?{_TAX}|inc\.?\s+tax|t\.?v\.?a\.?c\b\.?|t\.?t\.?c\b\.?|toutes\s+taxes\s+comprises|met\s+btw"
    rf"|with\s+(vat|tax))",
    re.IGNORECASE,
)


class Meaning(NamedTuple):
    """What a header may mean. `rank` orders: below 1000 the header says it by itself, from 1000 on only if values agree.

    `side` is what the header says of VAT ("" nothing), `language` the list it stands in ("" for weak ones).
    """

    role: str
    rank: int
    side: Side
    language: str

    @property
    def weak(self) -> bool:
        """Whether values have to agree before this is believed."""
        return self.rank >= WEAK


WEAK: Final = 1000


def header_key(header: str) -> str:
    """A header as it is compared: compatibility forms, case and accents folded, blanks and punctuation dropped."""
    text = unicodedata.normalize("NFKC", header.replace("º", "").replace("°", "")).casefold().replace("œ", "oe")
    folded = "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign))
    return "".join(folded.replace("#", "nr").translate(_DROPPED).split())


def split_side(header: str) -> tuple[str, Side]:
    """A header without its words for the side of VAT, its currency and its star; and the side they name."""
    text = _CURRENCY.sub("", header.strip().lstrip("*").replace("\n", " ").replace("_", " "))
    for pattern, side in ((_EXCL, "excl"), (_INCL, "incl")):
        if pattern.search(text):
            return pattern.sub("", text).strip(" ()[]-_/"), side  # type: ignore[return-value]  # one of Side's words
    return text, ""


@cache
def meanings(header: str) -> tuple[Meaning, ...]:
    """All that a header may mean, what it says by itself first, each role once.

    A header of two rows ("Klant / Naam"), or of a table within a table ("Factuurregels/Prijs"), is asked as a whole,
    else its last part alone.
    """
    upper, between, lower = header.rpartition("/")
    if not between:
        return _meanings(header)
    return _meanings(header) or _meanings(f"{upper} {lower}") or _meanings(lower.strip())


def _meanings(header: str) -> tuple[Meaning, ...]:
    whole = _table().get(header_key(_CURRENCY.sub("", header)), {})
    rest, side = split_side(header)
    found: dict[str, Meaning] = {}
    for role, (rank, language) in whole.items():
        found[role] = Meaning(role, rank, side, language)
    if side:
        key = header_key(rest)
        bare: Mapping[str, tuple[int, str]] = _table().get(key, {}) if key else {"amount": (0, "")}
        for role, (rank, language) in bare.items():
            if role in {"price", "amount"}:
                found.setdefault(role, Meaning(role, rank, side, language))
    return tuple(sorted(found.values(), key=lambda meaning: meaning.rank))


@cache
def spellings() -> Mapping[str, str]:
    """Every spelling of the table with the role that prefers it, for the search of similar ones."""
    found: dict[str, str] = {}
    for role, lists in _lists().items():
        for words in lists.values():
            for word in words:
                found.setdefault(word, role)
    return found


def language_of(header: str) -> str:
    """nl, fr, en or de where the header stands in the lists of that language alone; else ""."""
    whole = header_key(_CURRENCY.sub("", header))
    rest = header_key(split_side(header)[0])
    last = header_key(header.rpartition("/")[2])
    for key in (whole, rest, last):
        spoken = _spoken().get(key, frozenset())
        if spoken:
            return next(iter(spoken)) if len(spoken) == 1 else ""
    return ""


@cache
def _spoken() -> Mapping[str, frozenset[str]]:
    """The languages of each header key; weak spellings say nothing of one."""
    found: dict[str, set[str]] = {}
    for lists in _lists().values():
        for language in LANGUAGES:
            for word in lists.get(language, ()):
                found.setdefault(header_key(word), set()).add(language)
    return {key: frozenset(languages) for key, languages in found.items() if key}


def _lists() -> Mapping[str, Mapping[str, list[str]]]:
    text = (resources.files("importer.suggest") / "headers.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _table() -> Mapping[str, Mapping[str, tuple[int, str]]]:
    """Role -> (rank, language) by header key."""
    table: dict[str, dict[str, tuple[int, str]]] = {}
    for role, lists in _lists().items():
        for language in (*LANGUAGES, "weak"):
            for position, word in enumerate(lists.get(language, ())):
                rank = position + (WEAK if language == "weak" else 0)
                known = table.setdefault(header_key(word), {})
                if role not in known or rank < known[role][0]:
                    known[role] = (rank, "" if language == "weak" else language)
    return table
