"""Small exact tools on whole columns, shared by the stations up to `group`."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.domain.money import divide_half_up as exact_half_up

# Whole columns come and go; Arrow's own allocators give their memory back at once, and a sixth of the time of a large
# plan went into getting it anew.
pa.set_memory_pool(pa.system_memory_pool())

SAFE = 4e18  # below 2**62: room for doubling in 64 bits


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


def as_array(cells: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A column in one piece; a single chunk is not copied."""
    if not isinstance(cells, pa.ChunkedArray):
        return cells
    return cells.chunk(0) if cells.num_chunks == 1 else cells.combine_chunks()


def encoded(cells: pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """The distinct texts of a column in order of first appearance, and for each row the position of its text there."""
    dictionary = pc.dictionary_encode(as_array(cells))
    return dictionary.indices.to_numpy(), dictionary.dictionary.to_pylist()


def multiply_to_cents(left: np.ndarray, right: np.ndarray, scale: int) -> np.ndarray:
    """`left * right * 10**-scale` in cents, half away from zero; exact also where 64 bits are too few for the product.

    Raises OverflowError where the result itself does not fit 64 bits (VALIDATE lets no line of a trillion euros pass).
    """
    up, down = int(10 ** max(2 - scale, 0)), int(10 ** max(scale - 2, 0))
    size = np.abs(left.astype(np.float64)) * np.abs(right.astype(np.float64)) * up
    result = divide_half_up(left * right * up, down)
    for position in np.flatnonzero(size > SAFE):
        result[position] = exact_half_up(int(left[position]) * int(right[position]) * up, down)
    return result


def to_cents(mantissa: np.ndarray, scale: int) -> np.ndarray:
    """`mantissa * 10**-scale` in cents, half away from zero."""
    if scale <= 2:  # noqa: PLR2004 - cents have two decimals
        return np.asarray(mantissa * int(10 ** (2 - scale)), dtype=np.int64)
    return divide_half_up(mantissa, int(10 ** (scale - 2)))


def divide_half_up(value: np.ndarray, divisor: int | np.ndarray) -> np.ndarray:
    """`value / divisor` as whole numbers, halves away from zero (int64, divisor > 0 and below 2**62)."""
    if isinstance(divisor, int) and divisor == 1:
        return value
    size = np.abs(value)
    whole, rest = np.divmod(size, divisor)
    whole += rest * 2 >= divisor
    return np.where(value < 0, -whole, whole)
