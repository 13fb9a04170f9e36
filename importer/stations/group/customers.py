"""Customers that may be one, or are called one and are not: by name and VAT number, each distinct pair once."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from rapidfuzz.distance import Indel

from importer.domain.spelling import country_of
from importer.stations.group.headers import Headers
from importer.stations.group.told import Told

NAME, VAT, COUNTRY = "customer.name", "customer.vat_number", "customer.country"
LEGAL: Final = frozenset(
    {"bv", "bvba", "ebvba", "nv", "cv", "cvba", "cvoa", "vof", "gcv", "commv", "comm", "vzw", "ivzw", "eenmanszaak"}
    | {"sprl", "srl", "sa", "sc", "scrl", "scs", "snc", "sas", "sarl", "asbl", "aisbl"}
    | {"gmbh", "ag", "kg", "ltd", "limited", "plc", "inc", "llc"}
)
ALIKE: Final = 0.93  # of two names with few letters apart
SHORTEST: Final = 10  # letters: in short names one letter makes another name
BLOCK: Final = 4  # first letters that two names share
NEIGHBOURS: Final = 3  # names after it in the alphabet with which each is compared
WHERE: Final = {"GR": "EL"}  # a country's code to that of its VAT numbers, where they differ
ALSO: Final = frozenset({("GB", "XI"), ("MC", "FR"), ("IM", "GB")})  # country, and another one whose numbers it has
_WORDS = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"[0-9]+")
_POINTS = re.compile("[.'\u2019`\u00b4]")  # s.a., l'Étoile


class Pair(NamedTuple):
    """A name and a VAT number (or none) that stand together, and the first invoice where they do."""

    name: str
    vat: str
    number: int


def customers_differ(told: Told, headers: Headers) -> None:
    """Tell what is odd about customers, all of it as warnings; nobody is put together with anybody."""
    _countries(told, headers)
    if not headers.has(NAME):
        return
    pairs = list(_pairs(headers))
    folds = {pair.name: fold(pair.name) for pair in pairs if pair.name}
    _one_number(told, headers, pairs, folds)
    _one_name(told, headers, pairs, folds)
    _similar(told, headers, pairs, folds)


def fold(name: str) -> str:
    """A name without accents, capitals, signs and legal forms, its words in order of the alphabet."""
    if not name.isascii():
        parts = unicodedata.normalize("NFKD", name)
        name = "".join([sign for sign in parts if not unicodedata.combining(sign)])
    words = _WORDS.findall(_POINTS.sub("", name.casefold()))
    return " ".join(sorted([word for word in words if word not in LEGAL] or words))


def _countries(told: Told, headers: Headers) -> None:
    """The letters before a VAT number are those of the customer's country."""
    if not (headers.has(VAT) and headers.has(COUNTRY)):
        return
    numbers, forms = headers.texts(VAT)
    countries, names = headers.texts(COUNTRY)
    both = numbers.astype(np.int64) * max(len(names), 1) + countries
    for pair, first in zip(*(each.tolist() for each in np.unique(both, return_index=True)), strict=True):
        found, country = country_of(forms[pair // len(names)]), names[pair % len(names)]
        if found and country and found != WHERE.get(country, country) and (country, found) not in ALSO:
            own = headers.numbers[both == pair].tolist()
            finding = headers.finding("vat-country", int(headers.numbers[first]), VAT, found=found, country=country)
            told.tell_once(own, finding)


def _pairs(headers: Headers) -> Iterator[Pair]:
    """Every name and VAT number that stand together, in file order."""
    codes, names = headers.texts(NAME)
    vats = np.zeros(len(codes), dtype=np.int64)
    forms = [""]
    if headers.has(VAT):
        vats, forms = headers.texts(VAT)
    both = codes.astype(np.int64) * max(len(forms), 1) + vats
    _, first = np.unique(both, return_index=True)
    for place in np.sort(first).tolist():
        yield Pair(names[codes[place]], forms[vats[place]], int(headers.numbers[place]))


def _one_number(told: Told, headers: Headers, pairs: list[Pair], folds: dict[str, str]) -> None:
    """One VAT number with two names that are not the same name written in two ways."""
    known: dict[str, dict[str, Pair]] = {}
    for pair in pairs:
        if not pair.vat or not pair.name:
            continue
        names = known.setdefault(pair.vat, {})
        if folds[pair.name] not in names and names:
            other = next(iter(names.values()))
            facts = {"number": pair.vat, "other": other.name, "other_place": headers.place(other.number, NAME)}
            told.tell_once(
                [other.number, pair.number], headers.finding("one-number-two-names", pair.number, NAME, **facts)
            )
        names.setdefault(folds[pair.name], pair)


def _one_name(told: Told, headers: Headers, pairs: list[Pair], folds: dict[str, str]) -> None:
    """One name with two VAT numbers."""
    known: dict[str, dict[str, Pair]] = {}
    for pair in pairs:
        if not pair.vat or not pair.name:
            continue
        vats = known.setdefault(folds[pair.name], {})
        if pair.vat not in vats and vats:
            other = next(iter(vats.values()))
            facts = {
                "number": pair.vat,
                "other_number": other.vat,
                "other_place": headers.place(other.number, NAME),
            }
            told.tell_once(
                [other.number, pair.number], headers.finding("one-name-two-numbers", pair.number, NAME, **facts)
            )
        vats.setdefault(pair.vat, pair)


def _similar(told: Told, headers: Headers, pairs: list[Pair], folds: dict[str, str]) -> None:
    """Names that look alike, unless their VAT numbers say whether they are one."""
    first: dict[str, Pair] = {}
    vats: dict[str, set[str]] = {}
    for pair in pairs:
        if pair.name:
            first.setdefault(pair.name, pair)
            if pair.vat:
                vats.setdefault(pair.name, set()).add(pair.vat)
    for one, other in _alike(folds):
        if one in vats and other in vats:
            continue  # the same number finds the same customer, and two numbers are two
        early, late = sorted((first[one], first[other]), key=lambda pair: pair.number)
        facts = {"other": early.name, "other_place": headers.place(early.number, NAME)}
        told.tell_once([early.number, late.number], headers.finding("similar-customers", late.number, NAME, **facts))


def _alike(folds: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Names of one normal form, and names a letter or so apart; each name is compared with its neighbours only."""
    by_fold: dict[str, str] = {}
    for name, folded in folds.items():
        other = by_fold.setdefault(folded, name)
        if other != name:
            yield other, name
    ordered = sorted(folded for folded in by_fold if len(folded) >= SHORTEST)
    for place, one in enumerate(ordered):
        for other in ordered[place + 1 : place + 1 + NEIGHBOURS]:
            if one[:BLOCK] != other[:BLOCK]:
                break
            if Indel.normalized_similarity(one, other, score_cutoff=ALIKE) and _DIGITS.findall(one) == _DIGITS.findall(
                other
            ):
                yield by_fold[one], by_fold[other]
