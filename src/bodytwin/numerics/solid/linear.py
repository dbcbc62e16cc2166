# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""Which x solves A x = b, for a sparse A of symmetric pattern whose unknowns are well ordered?

The one entry for linear systems of solids: Gaussian elimination by dense blocks. Unknowns are
eliminated in parts, S, such as the inner nodes of a few elements or those of a cut
between two halves. What is left to later ones, B, that a part meets is a dense block of its own:

.. math::
    X = F_{SS}^{-1} F_{SB}, \qquad U = F_{BB} - F_{BS} X                                 \tag{1}

and U is added to the block of the part that holds the first of B. Duff and Reid 1983 (*ACM Trans
Math Softw* 9:302). Rows are exchanged within a part only, as far as :math:`F_{SS}` goes.

Nearly all of the work is left to LAPACK. SuperLU, which comes with SciPy and goes column by column,
took three to eight times as long (`python -m benchmarks.solid`).

Not for: matrices whose pattern is not symmetric.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.linalg import get_blas_funcs, get_lapack_funcs
from scipy.sparse import csr_matrix

from bodytwin.errors import NumericalError

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Solve = Callable[[Array], Array]
_getrf, _getrs = get_lapack_funcs(("getrf", "getrs"), dtype=np.float64)
(_gemm,) = get_blas_funcs(("gemm",), dtype=np.float64)
NOUGHT = 1e-14
"""Of the largest entry of a block, what a pivot is that only rounding has left."""


@dataclass(frozen=True, eq=False)
class Front:
    """The block of one `part`: its unknowns are `first` to `first` + `own`, those it meets `later`.

    Entry k of `source` of the matrix goes to `target`: the blocks SS, SB and BS follow one another,
    column by column. U goes to the front `parent`, to the `place` of its unknowns; the first
    `shared` of them are its S.
    """

    part: int
    first: int
    own: int
    later: Ints
    source: Ints
    target: Ints
    parent: int
    place: Ints
    shared: int


class Elimination:
    """Of matrices (n, n) of the pattern of `matrix`, whose unknowns are in parts of `sizes`."""

    def __init__(self, matrix: csr_matrix, sizes: Sequence[int]) -> None:
        size = np.asarray(sizes, dtype=np.int64)
        ends = np.cumsum(size)
        part = np.repeat(np.arange(len(size)), size)
        rows = np.repeat(np.arange(len(part)), np.diff(matrix.indptr))
        columns = matrix.indices.astype(np.int64)
        first = part[np.minimum(rows, columns)]
        order = np.argsort(first, kind="stable")
        cut = np.searchsorted(first[order], np.arange(len(size) + 1))
        sources = [order[a:b] for a, b in pairwise(cut)]
        later, parent = _met([columns[of] for of in sources], ends, part)
        self._fronts: list[Front] = []
        for t, of in enumerate(sources):
            s, start, p = int(size[t]), int(ends[t] - size[t]), parent[t]
            i, j = (_local(k[of], start, s, later[t]) for k in (rows, columns))
            place = _local(later[t], int(ends[p] - size[p]), int(size[p]), later[p])
            shared = int(np.searchsorted(later[t], ends[p]))
            into = _target(i, j, s, len(later[t]))
            self._fronts.append(Front(t, start, s, later[t], of, into, p, place, shared))

    def factorised(self, values: Array) -> Solve:
        """A function that takes b (n,) or (n, k) to x, for the matrix whose entries are `values`.

        Raises NumericalError if it is singular.
        """
        waiting: list[list[tuple[Front, Array]]] = [[] for _ in self._fronts]
        kept = [_eliminated(f, values, waiting) for f in self._fronts]

        def solve(right: Array) -> Array:
            out = right.astype(np.float64, copy=True)
            for front, block in zip(self._fronts, kept, strict=True):
                own = slice(front.first, front.first + front.own)
                out[own], _ = _getrs(block.square, block.pivots, out[own])
                out[front.later] -= block.below @ out[own]
            for front, block in zip(reversed(self._fronts), reversed(kept), strict=True):
                out[front.first : front.first + front.own] -= block.right @ out[front.later]
            return out

        return solve


@dataclass(frozen=True, eq=False)
class _Block:
    """What is kept of a front: the factors of SS, BS, and X of (1)."""

    square: Array
    pivots: NDArray[np.int32]
    below: Array
    right: Array


def _eliminated(front: Front, values: Array, waiting: list[list[tuple[Front, Array]]]) -> _Block:
    s, b = front.own, len(front.later)
    flat, rest = np.zeros(s * (s + 2 * b)), np.zeros((b, b), order="F")
    _gather(values, front.source, front.target, flat)
    for child, left in waiting[front.part]:
        _extend(flat, rest, s, child.place, child.shared, left)
    waiting[front.part].clear()
    square = flat[: s * s].reshape((s, s), order="F")
    right = flat[s * s : s * (s + b)].reshape((s, b), order="F")
    below = flat[s * (s + b) :].reshape((b, s), order="F")
    largest = np.abs(square).max()
    lu, pivots, _ = _getrf(square, overwrite_a=True)
    if not np.abs(np.diagonal(lu)).min() > NOUGHT * largest:
        raise NumericalError(
            "The stiffness matrix is singular: the body can move without resistance. "
            "Hold it in place, or check that all parts are joined."
        )
    if b:
        right, _ = _getrs(lu, pivots, right, overwrite_b=True)
        left = _gemm(-1.0, below, right, beta=1.0, c=rest, overwrite_c=True)
        waiting[front.parent].append((front, left))
    return _Block(lu, pivots, below, right)


def _met(columns: list[Ints], ends: Ints, part: Ints) -> tuple[list[Ints], list[int]]:
    """The later unknowns that each part meets, and the part that holds the first of them."""
    waiting: list[list[Ints]] = [[] for _ in columns]
    later: list[Ints] = []
    parent: list[int] = []
    for t, own in enumerate(columns):
        beyond = np.unique(np.concatenate([own, *waiting[t]]))
        later.append(beyond[beyond >= ends[t]])
        parent.append(int(part[later[t][0]]) if len(later[t]) else t)
        waiting[parent[t]].append(later[t])
    return later, parent


def _local(k: Ints, first: int, own: int, later: Ints) -> Ints:
    return np.where(k < first + own, k - first, own + np.searchsorted(later, k))


def _target(i: Ints, j: Ints, s: int, b: int) -> Ints:
    """Where entry (i, j) of a front, one of which is in S, lies in its blocks."""
    left = np.where(i < s, i + s * j, s * (s + b) + (i - s) + b * j)
    return np.where(j < s, left, s * s + i + s * (j - s))


@njit(cache=True, nogil=True)
def _gather(values, source, target, out):
    for k in range(len(source)):
        out[target[k]] += values[source[k]]


@njit(cache=True, nogil=True)
def _extend(flat, rest, s, place, shared, left):
    """Adds `left` (k, k) to the blocks of a front; the first `shared` of its `place` are in S."""
    b, k = len(rest), len(place)
    right, below = s * s, s * (s + b)
    for j in range(k):
        at = place[j]
        if j < shared:
            for i in range(shared):
                flat[s * at + place[i]] += left[i, j]
            for i in range(shared, k):
                flat[below + b * at + place[i] - s] += left[i, j]
        else:
            for i in range(shared):
                flat[right + s * (at - s) + place[i]] += left[i, j]
            for i in range(shared, k):
                rest[place[i] - s, at - s] += left[i, j]
