"""Arrays to bytes and back, bit for bit, and the same bytes for the same arrays."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def packed(**arrays: Array) -> bytes:
    """A NumPy archive of the arrays, by name."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{k: np.ascontiguousarray(v) for k, v in arrays.items()})
    return buffer.getvalue()


def squeezed(**arrays: Array) -> bytes:
    """As `packed`, in less space: for labels and other arrays that repeat themselves."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def unpacked(data: bytes) -> Mapping[str, Array]:
    """The arrays of `packed`, by name."""
    with np.load(io.BytesIO(data), allow_pickle=False) as held:
        return {name: held[name] for name in held.files}
