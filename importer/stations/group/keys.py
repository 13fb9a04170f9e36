"""Which rows belong to which invoice."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.domain.findings import Finding
from importer.domain.identity import all_normal, normalise_part
from importer.stations.table import Mapped

_SIGNS = re.compile(r"[\W_]+")
# Cyrillic and Greek letters, small, whose capitals look like Latin ones.
_ALIKE = str.maketrans("авекмнорстухіјѕαβεζηικμνορτυχ", "abekmhopctyxijsabezhikmnoptyx")


class Near(NamedTuple):
    """A finding about keys that look alike, and the invoices they name."""

    finding: Finding
    invoices: tuple[int, ...]


@dataclass(slots=True)
class Keys:
    """`group` is the number of each row's invoice in order of first row, -1 for rows that name none.

    `parts` are the normalised key parts of each invoice. `order` lists the rows of all invoices, invoice by invoice,
    in file order within each; `start` and `end` delimit each invoice in it (no invoice is empty), `first` is its first
    row.
    """

    group: np.ndarray
    parts: list[tuple[str, ...]]
    order: np.ndarray
    start: np.ndarray
    end: np.ndarray
    first: np.ndarray

    def rows(self, number: int) -> np.ndarray:
        """The rows of one invoice, in file order."""
        return np.asarray(self.order[self.start[number] : self.end[number]])


def invoice_keys(mapped: Mapped) -> tuple[Keys, list[Near]]:
    """Normalise the keys and sort the rows by invoice; near-equal keys give a warning each."""
    group, parts = _numbers_and_parts(mapped)
    named = np.flatnonzero(group >= 0)
    numbers = group[named]
    order = (
        named if not len(numbers) or (numbers[1:] >= numbers[:-1]).all() else named[np.argsort(numbers, kind="stable")]
    )
    sorted_numbers = group[order]
    start = (
        np.flatnonzero(np.r_[True, sorted_numbers[1:] != sorted_numbers[:-1]])
        if len(order)
        else np.zeros(0, dtype=np.int64)
    )
    keys = Keys(group, parts, order, start, np.r_[start[1:], len(order)][: len(start)], order[start])
    return keys, _near_equal(mapped, keys)


def identified(mapped: Mapped, column: str) -> tuple[np.ndarray, list[str]]:
    """The distinct normalised texts of a column, and for each row the position of its text there."""
    codes, texts = mapped.encoded(column)
    if all_normal(texts):
        return codes, texts
    seen: dict[str, int] = {}
    recoded = [seen.setdefault(normalise_part(text), len(seen)) for text in texts]
    return np.array(recoded, dtype=np.int64)[codes], list(seen)


def _numbers_and_parts(mapped: Mapped) -> tuple[np.ndarray, list[tuple[str, ...]]]:
    columns = [identified(mapped, name) for name in mapped.key]
    combined = columns[0][0].astype(np.int64)
    for codes, texts in columns[1:]:
        _, dense = np.unique(combined, return_inverse=True)  # many long columns would not fit 64 bits
        combined = dense * max(len(texts), 1) + codes
    distinct, first, inverse = np.unique(combined, return_index=True, return_inverse=True)
    by_appearance = np.argsort(first, kind="stable")
    rank = np.empty(len(distinct), dtype=np.int64)
    numbers, parts = 0, []
    for old in by_appearance.tolist():
        part = tuple(texts[codes[first[old]]] for codes, texts in columns)
        if any(part):
            rank[old] = numbers
            parts.append(part)
            numbers += 1
        else:
            rank[old] = -1
    return rank[inverse] if len(distinct) else combined, parts


def _near_equal(mapped: Mapped, keys: Keys) -> list[Near]:
    """Keys that differ only in case, signs, leading zeros or alphabet, and one key that the file spells in two ways."""
    findings = []
    for other, number in _alike(keys.parts):
        facts = {"other": " / ".join(keys.parts[other])}
        row, value = int(keys.first[number]), " / ".join(keys.parts[number])
        found = mapped.finding("near-equal-keys", row, mapped.key[0], value=value, facts=facts)
        findings.append(Near(found, (other, number)))
    for name in mapped.key:
        codes, texts = mapped.encoded(name)
        if all_normal(texts):
            continue
        spelled: dict[str, str] = {}
        variants = {
            code: first_text
            for code, text in enumerate(texts)
            if (first_text := spelled.setdefault(normalise_part(text), text)) != text
        }
        if variants:
            present, first = np.unique(codes, return_index=True)
            row_of = dict(zip(present.tolist(), first.tolist(), strict=True))
            for code, first_text in variants.items():
                row = row_of[code]
                found = mapped.finding("near-equal-keys", row, name, facts={"other": first_text})
                findings.append(Near(found, (int(keys.group[row]),)))
    return findings


def _alike(parts: Sequence[tuple[str, ...]]) -> list[tuple[int, int]]:
    """Pairs of keys that look alike: the first one, and each later one."""
    if _all_differ(parts):
        return []
    pairs = []
    folded: dict[str, int] = {}
    for number, part in enumerate(parts):
        fold = "/".join([_SIGNS.sub("", text).casefold().lstrip("0") for text in part])
        if not fold.isascii():
            fold = fold.translate(_ALIKE)
        other = folded.setdefault(fold, number)
        if other != number:
            pairs.append((other, number))
    return pairs


def _all_differ(parts: Sequence[tuple[str, ...]]) -> bool:
    """Whether no two keys can be alike: the usual case, proved on whole columns many times faster than key by key."""
    if not parts or len(parts[0]) > 1:
        return False
    texts = pa.array([part[0] for part in parts], type=pa.large_string())
    if not pc.all(pc.string_is_ascii(texts)).as_py():
        return False
    folded = pc.utf8_ltrim(pc.ascii_lower(pc.replace_substring_regex(texts, "[^0-9A-Za-z]+", "")), "0")
    return bool(pc.count_distinct(folded).as_py() == len(parts))
