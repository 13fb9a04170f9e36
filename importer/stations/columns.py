"""Small exact tools on whole columns, shared by the stations up to `group`."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def mask(booleans: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """Arrow booleans without nulls as a numpy mask."""
    if isinstance(booleans, pa.ChunkedArray):
        return np.asarray(booleans.to_numpy(), dtype=bool)
    return np.asarray(booleans.to_numpy(zero_copy_only=False), dtype=bool)


def trimmed(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cells without white space at either end (all kinds Unicode knows, the non-breaking ones too)."""
    return as_column(pc.utf8_trim_whitespace(cells))


def as_column(cells: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    """Any Arrow text as a chunked column of large strings."""
    chunked = cells if isinstance(cells, pa.ChunkedArray) else pa.chunked_array([cells])
    return chunked if chunked.type == pa.large_string() else chunked.cast(pa.large_string())


def encoded(cells: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """The distinct texts of a column in order of first appearance, and for each row the position of its text there."""
    dictionary = pc.dictionary_encode(cells.combine_chunks())
    return dictionary.indices.to_numpy(), dictionary.dictionary.to_pylist()


def multiply_to_cents(left: np.ndarray, right: np.ndarray, scale: int) -> np.ndarray:
    """`left * right * 10**-scale` in cents, half away from zero; exact also where 64 bits are too few for the product.

    Raises OverflowError where the result itself does not fit 64 bits (impossible for amounts that VALIDATE let through
    at their decimals, whose product stays below 10**24).
    """
    with np.errstate(over="ignore"):
        product = left * right
    result = _to_cents(product, scale)
    risky = np.abs(left.astype(np.float64)) * np.abs(right.astype(np.float64)) > 4e18  # noqa: PLR2004 - below 2**62
    divisor = int(10 ** max(scale - 2, 0))
    for position in np.flatnonzero(risky):
        exact = int(left[position]) * int(right[position]) * int(10 ** max(2 - scale, 0))
        size = (2 * abs(exact) + divisor) // (2 * divisor)
        result[position] = size if exact >= 0 else -size
    return result


def to_cents(mantissa: np.ndarray, scale: int) -> np.ndarray:
    """`mantissa * 10**-scale` in cents, half away from zero."""
    return _to_cents(mantissa, scale)


def divide_half_up(value: np.ndarray, divisor: int | np.ndarray) -> np.ndarray:
    """`value / divisor` as whole numbers, halves away from zero (int64, divisor > 0)."""
    size = np.abs(value)
    whole, rest = np.divmod(size, divisor)
    whole += rest * 2 >= divisor
    return np.where(value < 0, -whole, whole)


def _to_cents(value: np.ndarray, scale: int) -> np.ndarray:
    if scale <= 2:  # noqa: PLR2004 - cents have two decimals
        return np.asarray(value * int(10 ** (2 - scale)), dtype=np.int64)
    return divide_half_up(value, int(10 ** (scale - 2)))
