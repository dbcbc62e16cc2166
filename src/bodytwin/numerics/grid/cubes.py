# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

"""What does each cube between eight voxels add to the weights of `stencil`?"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def assemble(inside, fibre, along, across, weights, stiffness):
    """Add every cube's share to `weights` (n, 26), and a bound of its eigenvalues to `stiffness`.

    `inside` (nx, ny, nz) int32 numbers the conducting voxels of a box with a margin; diffusion
    `along` and `across` (n,) is in 1/ms (divided by the square of the spacing).
    """
    ids = np.empty(8, dtype=np.int64)
    for x in range(inside.shape[0] - 1):
        for y in range(inside.shape[1] - 1):
            for z in range(inside.shape[2] - 1):
                found = 0
                for c in range(8):
                    ids[c] = inside[x + (c >> 2), y + ((c >> 1) & 1), z + (c & 1)]
                    found += ids[c] >= 0
                if found > 1:
                    _cube(ids, found, fibre, along, across, weights, stiffness)


@njit(cache=True, nogil=True)
def _cube(ids, found, fibre, along, across, weights, stiffness):
    gradient = np.zeros((3, 8))
    edges = _gradient(ids, gradient)
    mean, tensor = _means(ids, found, fibre, along, across)
    folds = _folds(tensor)
    extra = _without_missing(tensor, edges, mean)
    share = found / 8.0
    even = share * _isotropic(ids, found, edges, share * mean, weights) * mean
    form = share * (gradient.T @ (extra @ gradient))
    _add_folds(ids, found, folds, form)
    most = 0.0
    for a in range(8):
        most = max(most, np.abs(form[a]).sum())
        for b in range(a):
            if ids[a] >= 0 and ids[b] >= 0:
                _join(ids, a, b, -form[a, b], weights)
    for a in range(8):
        if ids[a] >= 0:
            stiffness[ids[a]] += even + most


@njit(cache=True, nogil=True)
def _join(ids, a, b, weight, weights):
    k = (
        9 * ((b >> 2) - (a >> 2) + 1)
        + 3 * (((b >> 1) & 1) - ((a >> 1) & 1) + 1)
        + ((b & 1) - (a & 1) + 1)
    )
    k = k if k < 13 else k - 1
    weights[ids[a], k] += weight
    weights[ids[b], 25 - k] += weight


@njit(cache=True, nogil=True)
def _gradient(ids, gradient):
    """Weights (3, 8) of the mean gradient times the spacing; how many edges each direction has."""
    edges = np.zeros(3, dtype=np.int64)
    for d in range(3):
        bit = 4 >> d
        for c in range(8):
            if not c & bit and ids[c] >= 0 and ids[c | bit] >= 0:
                edges[d] += 1
                gradient[d, c] -= 1.0
                gradient[d, c | bit] += 1.0
        if edges[d]:
            gradient[d] /= edges[d]
    return edges


@njit(cache=True, nogil=True)
def _means(ids, found, fibre, along, across):
    mean, tensor = 0.0, np.zeros((3, 3))
    for c in range(8):
        i = ids[c]
        if i >= 0:
            mean += across[i] / found
            for a in range(3):
                for b in range(3):
                    tensor[a, b] += (along[i] - across[i]) * fibre[i, a] * fibre[i, b] / found
    return mean, tensor


@njit(cache=True, nogil=True)
def _folds(tensor):
    """a^2 (R_dd - R_ee)^2 / (R_dd + R_ee) of the plane across each direction, (3,)."""
    found, trace, squares = np.zeros(3), 0.0, 0.0
    for d in range(3):
        trace += tensor[d, d]
        squares += tensor[d, d] ** 2
    if trace > 0:
        aligned = 1.5 * squares / trace**2 - 0.5
        for d in range(3):
            p, q = tensor[(d + 1) % 3, (d + 1) % 3], tensor[(d + 2) % 3, (d + 2) % 3]
            if p + q > 0:
                found[d] = (aligned * (p - q)) ** 2 / (p + q)
    return found


@njit(cache=True, nogil=True)
def _add_folds(ids, found, folds, form):
    """Add to `form` (8, 8) the energy of what is bent like a saddle in each face that is whole."""
    for d in range(3):
        p, q = 4 >> ((d + 1) % 3), 4 >> ((d + 2) % 3)
        for base in (0, 4 >> d):
            corners = np.array([base, base | p, base | q, base | p | q])
            if (ids[corners] >= 0).all():
                for a in range(4):
                    for b in range(4):
                        sign = 1.0 if (a in (0, 3)) == (b in (0, 3)) else -1.0
                        form[corners[a], corners[b]] += sign * folds[d] / 8.0
    if found == 8:
        _count_once(folds.sum() / 32.0, form)


@njit(cache=True, nogil=True)
def _count_once(excess, form):
    """Take from `form` (8, 8) what two directions both counted: saddles that differ by side."""
    for a in range(8):
        for b in range(8):
            odd = (a ^ b) ^ ((a ^ b) >> 1) ^ ((a ^ b) >> 2)
            form[a, b] -= excess * (1.0 - 2.0 * (odd & 1))


@njit(cache=True, nogil=True)
def _without_missing(tensor, edges, mean):
    """`tensor` (3, 3) where directions without an edge take the slope that costs least."""
    full = tensor + mean * np.eye(3)
    for d in range(3):
        if edges[d] == 0:
            pivot = full[d, d]
            if pivot > 0:
                full -= np.outer(full[:, d], full[d]) / pivot
            full[d, :] = 0.0
            full[:, d] = 0.0
    for d in range(3):
        if edges[d]:
            full[d, d] -= mean
    return full


@njit(cache=True, nogil=True)
def _isotropic(ids, found, edges, mean, weights):
    """Join edges, and where all are active diagonals of faces; returns the stiffness per `mean`."""
    stiff = 0.0
    for d in range(3):
        bit = 4 >> d
        if edges[d]:
            weight = mean / 12.0 if found == 8 else mean / edges[d]
            stiff += 0.0 if found == 8 else 2.0 / edges[d]
            for c in range(8):
                if not c & bit and ids[c] >= 0 and ids[c | bit] >= 0:
                    _join(ids, c, c | bit, weight, weights)
    if found == 8:
        stiff = 8.0 / 12.0
        for both in (3, 5, 6):
            for c in range(8):
                if c < c ^ both:
                    _join(ids, c, c ^ both, mean / 12.0, weights)
    return stiff
