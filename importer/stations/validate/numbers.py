"""Amounts from text, exactly: a strict pattern decides, then integers are read. No float, no guess.

Library parsers are too lenient here: they read `12.5` as 125 in a Belgian locale, take `1_000`, or round silently.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.stations.columns import as_array, mask
from importer.stations.table import Kind

MAX_DECIMALS = 6
MAX_DIGITS = 12  # before the decimal sign

THOUSANDS = {"": "", ".": r"\.", ",": ",", "'": "['’]", "space": "[ \u00a0\u202f]"}  # noqa: RUF001 - spreadsheets write both apostrophes


class Amounts(NamedTuple):
    """Numbers as `mantissa * 10**-scale`, int64; 0 where `problem` is not empty for that row.

    `problem` holds a finding code per row: "" (fine), "bad-amount", "too-many-decimals", "amount-too-large".
    `empty` marks empty cells (no problem by themselves).
    """

    mantissa: np.ndarray
    scale: int
    problem: np.ndarray
    empty: np.ndarray


PROBLEMS = ("", "bad-amount", "too-many-decimals", "amount-too-large")


def parse_amounts(
    cells: pa.ChunkedArray,
    kinds: np.ndarray | None,
    decimal: str,
    thousands: str,
    known: pa.DictionaryArray | None = None,
) -> Amounts:
    """Read a column of amounts written with these signs; numbers of a workbook and of the profile have a point.

    `scale` is the smallest that holds every value, at most 6 after trailing zeros are dropped. `known` are the same
    cells by their distinct texts, where they were found before.
    """
    text = as_array(cells)
    native = None if kinds is None else (kinds == Kind.NUMBER) | (kinds == Kind.PROFILE)
    if native is not None and native.any() and not native.all():
        problem, plain = _plain(text, decimal, thousands)
        native_problem, native_plain = _plain(text, ".", "")
        return _amounts(
            text, np.where(native, native_problem, problem), pc.if_else(pa.array(native), native_plain, plain)
        )
    signs = (".", "") if native is not None and native.any() else (decimal, thousands)
    encoded = pc.dictionary_encode(text) if known is None else known
    distinct = _amounts(encoded.dictionary, *_plain(encoded.dictionary, *signs))  # quantities and rates repeat
    rows = encoded.indices.to_numpy()
    return Amounts(distinct.mantissa[rows], distinct.scale, distinct.problem[rows], distinct.empty[rows])


def _amounts(text: pa.Array, problem: np.ndarray, plain: pa.Array) -> Amounts:
    empty = mask(pc.equal(text, ""))
    problem[empty] = 0
    good = pa.array((problem == 0) & ~empty)
    numbers = pc.if_else(good, plain, pa.scalar("0", pa.large_string()))
    mantissa = _int64(numbers.cast(pa.decimal128(MAX_DIGITS + MAX_DECIMALS, MAX_DECIMALS)))
    mantissa, scale = _smallest_scale(mantissa)
    return Amounts(mantissa, scale, problem, empty)


def merge_amounts(parts: Sequence[tuple[np.ndarray, Amounts]]) -> Amounts:
    """One column whose rows were read in several ways: of each part the rows of its mask count."""
    scale = max(amounts.scale for _, amounts in parts)
    first = parts[0][1]
    mantissa, problem = np.zeros_like(first.mantissa), np.zeros_like(first.problem)
    for rows, amounts in parts:
        mantissa[rows] = amounts.mantissa[rows] * 10 ** (scale - amounts.scale)
        problem[rows] = amounts.problem[rows]
    return Amounts(mantissa, scale, problem, first.empty)


def parse_integers(cells: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers of at most nine digits as int64 (0 where empty or wrong), and the mask of the wrong ones."""
    text = as_array(cells)
    good = pc.match_substring_regex(text, "^[0-9]{1,9}$")
    values = pc.if_else(good, text, pa.scalar("0", pa.large_string())).cast(pa.int64())
    return values.to_numpy(), ~mask(good) & ~mask(pc.equal(text, ""))


def expected_form(decimal: str, thousands: str) -> str:
    """How amounts must be written, in words."""
    names = {"space": "a space", "'": "an apostrophe"}
    middle = "nothing" if not thousands else names.get(thousands, f'"{thousands}"')
    return f'"{decimal}" before the cents and {middle} between thousands'


def _plain(text: pa.Array, decimal: str, thousands: str) -> tuple[np.ndarray, pa.Array]:
    """Problem numbers (see PROBLEMS) per row, and the text rewritten to digits with a point and no trailing zeros."""
    group = THOUSANDS[thousands]
    point = re.escape(decimal)
    whole = rf"(?:[0-9]{{1,3}}(?:{group}[0-9]{{3}})+|[0-9]+)" if group else "[0-9]+"
    bad = ~mask(pc.match_substring_regex(text, rf"^[+-]?{whole}(?:{point}[0-9]+)?$"))
    bad |= mask(pc.match_substring(text, "\n"))  # `$` also fits before a final line feed
    if group:
        text = pc.replace_substring_regex(text, group, "")
    if decimal != ".":
        text = pc.replace_substring(text, decimal, ".")
    text = pc.utf8_ltrim(text, "+")
    if mask(pc.match_substring_regex(text, r"\.[0-9]*0$")).any():
        text = pc.replace_substring_regex(text, r"(\.[0-9]*?)0+$", r"\1")
        text = pc.utf8_rtrim(text, ".")
    problem = bad.astype(np.int8)
    problem[~bad & mask(pc.match_substring_regex(text, rf"\.[0-9]{{{MAX_DECIMALS + 1}}}"))] = 2
    large = ~bad & mask(pc.match_substring_regex(text, rf"^-?0*[1-9][0-9]{{{MAX_DIGITS}}}"))
    problem[large] = 3
    return problem, text


def _int64(decimals: pa.Array) -> np.ndarray:
    """The unscaled integers of decimal128 values that fit 64 bits: the low half of each little-endian 128."""
    decimals = as_array(decimals)
    halves = np.frombuffer(decimals.buffers()[1], dtype="<i8")[
        2 * decimals.offset : 2 * (decimals.offset + len(decimals))
    ]
    return np.array(halves[::2], dtype=np.int64)


def _smallest_scale(mantissa: np.ndarray) -> tuple[np.ndarray, int]:
    scale = MAX_DECIMALS
    while scale and len(mantissa) and not (mantissa % 10).any():
        mantissa = mantissa // 10
        scale -= 1
    return mantissa, scale
