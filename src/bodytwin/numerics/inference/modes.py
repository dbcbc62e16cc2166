r"""Where the posterior is highest, for many problems and many starts at once.

The objective is :math:`U(z) = -\log p(z) - \log p(y \mid f(z))`. With
:math:`J = \partial f / \partial z` by central differences, its gradient and the
Hessian expected over the observations are

.. math::
    \nabla U = \Omega^{-1}(z - m) - J^T s, \qquad
    F = \Omega^{-1} + J^T \operatorname{diag}(i)\, J                         \tag{1}

where s and i are the score and the Fisher information of each observation.
Fisher scoring with (1) climbs from anywhere but its last digits come slowly
where observations are few, so each climb ends with Newton's method on the
Hessian H of U by second differences,

.. math::
    H_{ij} \approx \frac{U_{+i+j} + U_{-i-j} - U_{+i} - U_{-i} - U_{+j} - U_{-j}
    + 2 U_0}{2 h_i h_j}.                                                     \tag{2}

Both are damped (Levenberg), and a step that does not gain is never taken.

Source: Osborne, "Fisher's method of scoring", Int. Stat. Rev. 60 (1992);
Nocedal & Wright, *Numerical Optimization*, 2nd ed. (2006), chapters 3 and 10.
Not for: posteriors with kinks at the mode, or more than some tens of unknowns.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from bodytwin.numerics.inference.batch import Batch, Index
from bodytwin.numerics.inference.problem import Array

Curvature = Callable[[Batch, "_Climbers", NDArray[np.intp]], tuple[Array, Array]]

FISHER_STEP, NEWTON_STEP = 3e-4, 5e-3
LONGEST_STEP = 3.0
TRIES = 9
CHUNK = 1024


@dataclass(frozen=True, kw_only=True, eq=False)
class Modes:
    """k ends of climbs; `index` (k,) says which problem each belongs to.

    `gradient_norm` is in posterior standard deviations: below 1e-3 the mode is
    as good as exact. `converged` is False at a saddle, and where every run failed.
    """

    z: Array
    index: Index
    log_posterior: Array
    hessian: Array
    gradient_norm: Array
    converged: NDArray[np.bool_]
    iterations: NDArray[np.int64]

    def rows(self, picked: NDArray[np.intp]) -> "Modes":
        """Those of `picked`, in that order."""
        return Modes(**{f.name: getattr(self, f.name)[picked] for f in fields(self)})


@dataclass(kw_only=True, eq=False)
class _Climbers:
    """The state of k climbs, changed in place."""

    z: Array
    index: Index
    predicted: Array
    height: Array
    scale: Array
    hessian: Array
    decrement: Array
    damping: Array
    lowest_curvature: Array
    iterations: NDArray[np.int64]


def find_modes(
    batch: Batch,
    starts: Array,
    index: Index | None = None,
    *,
    newton: bool = True,
    tolerance: float = 1e-9,
) -> Modes:
    """Climb from each start (k, p) to the nearest mode of problem `index` (k,), one each if None.

    A climb ends when one more step would raise the log posterior by less than
    `tolerance`. Without `newton` the Hessian returned is that expected, F of (1).
    """
    rows = np.arange(len(starts)) if index is None else index
    climbers = _set_out(batch, np.array(starts, dtype=np.float64), rows)
    if newton:
        _climb(batch, climbers, _expected, tolerance=1e-4, iterations=20)
        _climb(batch, climbers, _actual, tolerance=tolerance, iterations=30)
    else:
        _climb(batch, climbers, _expected, tolerance=tolerance, iterations=60)
    return _arrived(climbers, tolerance)


def multistart(
    batch: Batch, rng: np.random.Generator, *, starts: int = 16, depth: float = 12.0
) -> Modes:
    """The distinct modes of each problem, highest first, problem by problem.

    Of four times as many points spread over the prior, the mean and the most
    probable `starts` are climbed from. Modes lower than the best by more than
    `depth` in log posterior are left out.
    """
    points = _design(batch.size, 4 * starts, rng)
    parts = [
        _explore(batch, np.arange(first, min(first + CHUNK, batch.count)), points, starts, depth)
        for first in range(0, batch.count, CHUNK)
    ]
    return Modes(
        **{f.name: np.concatenate([getattr(m, f.name) for m in parts]) for f in fields(Modes)}
    )


def _explore(batch: Batch, problems: Index, points: Array, starts: int, depth: float) -> Modes:
    z, index = _promising(batch, _spread(batch, problems, points), problems, starts)
    climbers = _set_out(batch, z, index)
    _climb(batch, climbers, _expected, tolerance=1e-4, iterations=20)
    near = distinct(_arrived(climbers, 1e-4), depth=depth + 3)
    return distinct(find_modes(batch, near.z, near.index), depth=depth)


def distinct(modes: Modes, *, depth: float, apart: float = 0.3) -> Modes:
    """One of each group of modes closer than `apart` standard deviations, highest first.

    A saddle or a failed climb stays only where its problem has nothing better.
    """
    order = np.lexsort((-modes.log_posterior, ~modes.converged, modes.index))
    modes = modes.rows(order)
    first = np.flatnonzero(np.diff(modes.index, prepend=-1))
    group = np.cumsum(np.diff(modes.index, prepend=-1) > 0) - 1
    rank = np.arange(len(order)) - first[group]
    worthy = modes.converged & (modes.log_posterior > modes.log_posterior[first][group] - depth)
    keep = rank == 0
    for r in range(1, int(rank.max()) + 1):
        row = np.flatnonzero((rank == r) & worthy)
        clear = np.ones(len(row), dtype=bool)
        for back in range(1, r + 1):
            d = modes.z[row] - modes.z[row - back]
            squared = np.einsum("ki,kij,kj->k", d, modes.hessian[row - back], d)
            clear &= ~keep[row - back] | (squared > apart**2)
        keep[row] = clear
    return modes.rows(np.flatnonzero(keep))


def _spread(batch: Batch, problems: Index, points: Array) -> Array:
    """Standard normal `points` (count, p), turned into each of `problems`' prior: (k, count, p)."""
    mean = batch.mean_of(problems)
    values, vectors = np.linalg.eigh(batch.precision_of(problems))
    turned = np.matmul(points / np.sqrt(values)[..., None, :], np.swapaxes(vectors, -1, -2))
    return np.broadcast_to(mean[..., None, :] + turned, (len(problems), *points.shape))


def _design(size: int, count: int, rng: np.random.Generator) -> Array:
    """Standard normal points (count, size).

    The mean comes first, then one and two either way along each axis, then, a
    quarter wider, a shifted additive recurrence whose step is the generalised
    golden ratio (Roberts 2018).
    """
    axes = np.eye(size)
    regular = np.concatenate([np.zeros((1, size)), axes, -axes, 2 * axes, -2 * axes])
    golden = 2.0
    for _ in range(60):
        golden = (1 + golden) ** (1 / (size + 1))
    step = golden ** -np.arange(1, size + 1)
    rest = (rng.random(size) + np.outer(np.arange(1, count + 1), step)) % 1
    return np.concatenate([regular, 1.25 * ndtri(np.clip(rest, 1e-6, 1 - 1e-6))])[:count]


def _promising(batch: Batch, points: Array, problems: Index, starts: int) -> tuple[Array, Index]:
    """The mean and the most probable `starts` of `points` (k, count, p), with their problems."""
    k, count, size = points.shape
    index = np.repeat(problems, count)
    flat = points.reshape(-1, size)
    height = batch.log_posterior(flat, index, batch.predict(flat, index)).reshape(k, count)
    height[:, 0] = np.inf
    best = np.argsort(-height, axis=1, kind="stable")[:, :starts]
    picked = np.take_along_axis(points, best[:, :, None], axis=1)
    return picked.reshape(-1, size), np.repeat(problems, best.shape[1])


def _set_out(batch: Batch, z: Array, index: Index) -> _Climbers:
    """Climbers at their starts; one where the run fails comes back towards the mean."""
    predicted = batch.predict(z, index)
    height = batch.log_posterior(z, index, predicted)
    for _ in range(20):
        lost = np.flatnonzero(~np.isfinite(height))
        if not len(lost):
            break
        mean = batch.mean_of(index[lost])
        z[lost] = mean + 0.6 * (z[lost] - mean)
        predicted[lost] = batch.predict(z[lost], index[lost])
        height[lost] = batch.log_posterior(z[lost], index[lost], predicted[lost])
    k, p = z.shape
    precision = np.broadcast_to(batch.precision_of(index), (k, p, p))
    return _Climbers(
        z=z,
        index=index,
        predicted=predicted,
        height=height,
        scale=1 / np.sqrt(np.diagonal(precision, axis1=1, axis2=2)),
        hessian=precision.copy(),
        decrement=np.full(k, np.inf),
        damping=np.zeros(k),
        lowest_curvature=np.ones(k),
        iterations=np.zeros(k, dtype=np.int64),
    )


def _arrived(c: _Climbers, tolerance: float) -> Modes:
    settled = c.decrement < max(1e3 * tolerance, 1e-6)
    return Modes(
        z=c.z,
        index=c.index,
        log_posterior=c.height,
        hessian=c.hessian,
        gradient_norm=np.sqrt(2 * c.decrement),
        converged=settled & (c.lowest_curvature > 0) & np.isfinite(c.height),
        iterations=c.iterations,
    )


def _climb(
    batch: Batch, c: _Climbers, curvature: Curvature, *, tolerance: float, iterations: int
) -> None:
    """Climb until a step would gain less than `tolerance`; who has arrived costs no more runs."""
    rows = np.flatnonzero(np.isfinite(c.height))
    c.damping[:] = 0.0
    for iteration in range(iterations + 1):
        if not len(rows):
            return
        gradient, c.hessian[rows] = curvature(batch, c, rows)
        size = c.scale[rows]
        scaled = size[:, :, None] * c.hessian[rows] * size[:, None, :]
        values, vectors = np.linalg.eigh(scaled)
        pull = np.einsum("kji,kj->ki", vectors, size * gradient)
        c.lowest_curvature[rows] = values[:, 0]
        # At a saddle the gradient vanishes: a tenth of a standard deviation downhill gets off it.
        pull += np.where(values < -1e-6, np.where(pull < 0, -0.1, 0.1) * np.sqrt(abs(values)), 0.0)
        stiffness = np.maximum(np.abs(values), 1e-8)
        c.decrement[rows] = 0.5 * np.sum(pull * pull / stiffness, axis=1)
        go = c.decrement[rows] >= tolerance
        rows, vectors, pull, stiffness = rows[go], vectors[go], pull[go], stiffness[go]
        if iteration == iterations:
            return
        rows = _advance(batch, c, rows, vectors, pull, stiffness)
        c.iterations[rows] += 1


def _advance(
    batch: Batch, c: _Climbers, rows: Index, vectors: Array, pull: Array, stiffness: Array
) -> Index:
    """One damped step for each row, tried shorter until it gains; the rows that did gain."""
    waiting = np.arange(len(rows))
    for _ in range(TRIES):
        at = rows[waiting]
        damped = stiffness[waiting] + c.damping[at, None]
        step = -np.einsum("kij,kj->ki", vectors[waiting], pull[waiting] / damped) * c.scale[at]
        z = c.z[at] + _shortened(batch, step, c.index[at])
        predicted = batch.predict(z, c.index[at])
        height = batch.log_posterior(z, c.index[at], predicted)
        gains = height > c.height[at]
        won = at[gains]
        c.z[won], c.predicted[won], c.height[won] = z[gains], predicted[gains], height[gains]
        c.damping[won] = np.where(c.damping[won] > 1e-2, c.damping[won] / 6, 0.0)
        waiting = waiting[~gains]
        c.damping[rows[waiting]] = np.maximum(6 * c.damping[rows[waiting]], 0.1)
        if not len(waiting):
            break
    return np.delete(rows, waiting)


def _shortened(batch: Batch, step: Array, index: Index) -> Array:
    """`step`, no longer than three prior standard deviations."""
    pulled = np.matmul(batch.precision_of(index), step[..., None])[..., 0]
    length = np.sqrt(np.sum(step * pulled, axis=1))
    return step * np.minimum(1.0, LONGEST_STEP / np.maximum(length, 1e-300))[:, None]


def _expected(batch: Batch, c: _Climbers, rows: Index) -> tuple[Array, Array]:
    """Gradient (k, p) and expected Hessian (k, p, p) of equation (1)."""
    h = FISHER_STEP * c.scale[rows]
    z, index, base = c.z[rows], c.index[rows], c.predicted[rows]
    offsets = np.concatenate([np.eye(batch.size), -np.eye(batch.size)])
    runs = _runs(batch, z, index, h, offsets)
    gradient, hessian = _linearised(batch, z, index, base, _jacobian(base, runs, h))
    c.scale[rows] = 1 / np.sqrt(np.diagonal(hessian, axis1=1, axis2=2))
    return gradient, hessian


def _actual(batch: Batch, c: _Climbers, rows: Index) -> tuple[Array, Array]:
    """Gradient (k, p) and Hessian (k, p, p) of equation (2); (1) where a run beside it fails."""
    h = NEWTON_STEP * c.scale[rows]
    z, index, base = c.z[rows], c.index[rows], c.predicted[rows]
    p, one = batch.size, np.eye(batch.size)
    i, j = np.triu_indices(p, 1)
    offsets = np.concatenate([one, -one, one[i] + one[j], -one[i] - one[j]])
    runs = _runs(batch, z, index, h, offsets)
    gradient, expected = _linearised(batch, z, index, base, _jacobian(base, runs[:, : 2 * p], h))
    observed = batch.observed.rows(index)
    loss = -observed.beside().log_density(runs).sum(axis=-1)
    here = -observed.log_density(base).sum(axis=-1)
    with np.errstate(invalid="ignore"):
        both = loss[:, :p] + loss[:, p : 2 * p] - 2 * here[:, None]
        pairs = loss[:, 2 * p : 2 * p + len(i)] + loss[:, 2 * p + len(i) :] - 2 * here[:, None]
        hessian = np.zeros((len(rows), p, p))
        hessian[:, range(p), range(p)] = both / h**2
        mixed = (pairs - both[:, i] - both[:, j]) / (2 * h[:, i] * h[:, j])
        hessian[:, i, j] = hessian[:, j, i] = mixed
    hessian += batch.precision_of(index)
    whole = np.all(np.isfinite(hessian), axis=(1, 2))
    return gradient, np.where(whole[:, None, None], hessian, expected)


def _runs(batch: Batch, z: Array, index: Index, h: Array, offsets: Array) -> Array:
    """Predictions (k, m, n) at z (k, p) moved by each of `offsets` (m, p), in units of h (k, p)."""
    points = (z[:, None, :] + h[:, None, :] * offsets).reshape(-1, z.shape[1])
    predicted = batch.predict(points, np.repeat(index, len(offsets)))
    return predicted.reshape(len(z), len(offsets), -1)


def _jacobian(base: Array, runs: Array, h: Array) -> Array:
    """Slopes (k, n, p) from runs either way (k, 2p, n); one-sided where the other run failed."""
    p = h.shape[1]
    up, down = runs[:, :p], runs[:, p:]
    middle = base[:, None, :]
    with np.errstate(invalid="ignore", over="ignore"):
        slope = (up - down) / 2
    if not np.all(np.isfinite(slope)):
        slope = np.where(np.isfinite(slope), slope, up - middle)
        slope = np.where(np.isfinite(slope), slope, middle - down)
        slope = np.where(np.isfinite(slope), slope, 0.0)
    return np.swapaxes(slope / h[:, :, None], 1, 2)


def _linearised(
    batch: Batch, z: Array, index: Index, predicted: Array, jacobian: Array
) -> tuple[Array, Array]:
    score, information = batch.observed.rows(index).slope(predicted)
    precision = batch.precision_of(index)
    prior = np.matmul(precision, (z - batch.mean_of(index))[..., None])[..., 0]
    gradient = prior - np.matmul(score[:, None, :], jacobian)[:, 0, :]
    weighted = information[:, :, None] * jacobian
    return gradient, precision + np.matmul(np.swapaxes(jacobian, 1, 2), weighted)
