r"""How the unknowns of many subjects are distributed, from all their observations together.

Subject i has effects :math:`\eta_i \sim N(0, \Omega)` around fixed effects
:math:`\theta`, and observations as in `problem`, with residual parameters
:math:`\sigma`. The marginal likelihood is taken at each subject's mode,

.. math::
    \log L = \sum_i \Big[ \log p(y_i, \hat\eta_i) + \tfrac p2 \log 2\pi
             - \tfrac12 \log |F_i| \Big]                                     \tag{1}

with the expected Hessian F of `modes`: first-order conditional estimation, with
interaction because v is taken at the subject's own prediction. The maximum over
:math:`(\theta, \log \Omega^{1/2}, \sigma)` is sought by a quasi-Newton method
that starts with the Hessian; all its differences are central, and the displaced
problems of all subjects are climbed together, from the modes last found.

Source: Lindstrom & Bates, "Nonlinear mixed effects models for repeated measures
data", Biometrics 46 (1990); Wang, "Derivation of various NONMEM estimation
methods", J. Pharmacokinet. Pharmacodyn. 34 (2007).
Not for: effects observed only through counts, or covariances close to singular.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError, NumericalError
from bodytwin.numerics.inference.batch import Batch, Index
from bodytwin.numerics.inference.mixture import covariances
from bodytwin.numerics.inference.modes import find_modes
from bodytwin.numerics.inference.problem import LOG_2PI, Array, Observed
from bodytwin.numerics.inference.sample import Progress, silent

STEP, WIDE_STEP = 3e-3, 1e-2
INNER_TOLERANCE = 1e-12
SMALLEST_SD, LARGEST_SD = 1e-3, 50.0
LONGEST_SEARCH, LONGEST_STEP, TRIES = 200, 1.5, 12
LARGEST_BATCH = 40_000


@dataclass(frozen=True, kw_only=True, eq=False)
class PopulationParameters:
    """Fixed effects (q,), covariance of the effects (p, p), residual parameters (r,)."""

    fixed: Array
    covariance: Array
    residual: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class PopulationProblem:
    """The observations of `subjects` people and the simulator they share.

    `predict` takes fixed effects (k, q) and effects (k, p), a row for each run,
    and the subject of each run (k,), and returns (k, n). `observed_at` gives the
    observations, of fields (n,) or (subjects, n), under residual parameters (r,),
    which like the fixed effects may take any real value. With `correlated` the
    covariance is full, otherwise diagonal. `penalty` is added to (1).
    """

    subjects: int
    predict: Callable[[Array, Array, Index], Array]
    observed_at: Callable[[Array], Observed]
    correlated: bool = False
    penalty: Callable[[PopulationParameters], float] | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class PopulationFit:
    """The maximum of (1), with all its constants.

    `effects` (subjects, p) are the modes. `covariance_of_estimates` belongs to
    `vector`: the fixed effects, the log-Cholesky factor of the covariance, row
    by row below its diagonal, and the residual parameters. It is NaN where not
    asked for or where the likelihood is flat.
    """

    parameters: PopulationParameters
    vector: Array
    log_likelihood: float
    effects: Array
    covariance_of_estimates: Array
    converged: bool
    evaluations: int

    @property
    def standard_errors(self) -> Array:
        """Of each entry of `vector`; a log standard deviation's is relative."""
        return np.sqrt(np.diagonal(self.covariance_of_estimates))


def estimate(
    population: PopulationProblem,
    start: PopulationParameters,
    *,
    effects: Array | None = None,
    standard_errors: bool = True,
    tolerance: float = 1e-6,
    progress: Progress = silent,
) -> PopulationFit:
    """Maximise (1) from `start`, and from the modes `effects` (subjects, p) if they are known.

    The search ends where less than `tolerance` in log-likelihood is left to
    gain; it has converged where that is below 1e-4.
    """
    search = _Search(population, _Layout.of(start, population.correlated), progress)
    p = search.layout.effects
    search.modes = np.zeros((population.subjects, p)) if effects is None else effects.copy()
    end = search.climb(search.layout.pack(start), tolerance)
    if search.restarted(end.vector):
        end = search.climb(end.vector, tolerance)
    m = len(end.vector)
    progress("Population fitted", 1.0)
    return PopulationFit(
        parameters=search.layout.unpack(end.vector),
        vector=end.vector,
        log_likelihood=end.value - search.penalty(end.vector),
        effects=search.modes,
        covariance_of_estimates=(
            search.covariance(end.vector) if standard_errors else np.full((m, m), np.nan)
        ),
        converged=end.left_to_gain < 1e-4,
        evaluations=search.evaluations,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _End:
    """Where a maximisation stopped, and (1) with its penalty there."""

    vector: Array
    value: float
    left_to_gain: float


@dataclass(frozen=True, kw_only=True)
class _Layout:
    """Where each parameter lies in the vector that is searched."""

    fixed: int
    effects: int
    residual: int
    correlated: bool

    @classmethod
    def of(cls, start: PopulationParameters, correlated: bool) -> "_Layout":
        p = len(start.covariance)
        off_diagonal = start.covariance - np.diag(np.diag(start.covariance))
        if not correlated and np.any(off_diagonal):
            raise InvalidInputError(
                "The starting covariance has correlations and the population none. "
                "Give a diagonal covariance, or set correlated=True."
            )
        return cls(
            fixed=len(start.fixed), effects=p, residual=len(start.residual), correlated=correlated
        )

    @cached_property
    def below(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Rows and columns of the Cholesky factor that are searched."""
        if self.correlated:
            return np.tril_indices(self.effects)
        return np.diag_indices(self.effects)  # pyright: ignore[reportReturnType]

    @property
    def spread(self) -> slice:
        """Where the covariance lies in the vector."""
        return slice(self.fixed, self.fixed + len(self.below[0]))

    def pack(self, parameters: PopulationParameters) -> Array:
        i, j = self.below
        entries = np.linalg.cholesky(parameters.covariance)[i, j]
        entries = np.where(i == j, np.log(np.where(i == j, entries, 1.0)), entries)
        return np.concatenate([parameters.fixed, entries, parameters.residual])

    def unpack(self, vector: Array) -> PopulationParameters:
        i, j = self.below
        entries = vector[self.spread]
        factor = np.zeros((self.effects, self.effects))
        sd = np.exp(np.clip(entries, np.log(SMALLEST_SD), np.log(LARGEST_SD)))
        factor[i, j] = np.where(i == j, sd, entries)
        return PopulationParameters(
            fixed=vector[: self.fixed],
            covariance=factor @ factor.T,
            residual=vector[self.spread.stop :],
        )


@dataclass(eq=False)
class _Search:
    """The state of one maximisation: the modes are the memory that makes each step cheap."""

    population: PopulationProblem
    layout: _Layout
    progress: Progress
    modes: Array = field(default_factory=lambda: np.zeros((0, 0)))
    evaluations: int = 0

    def climb(self, vector: Array, tolerance: float) -> _End:
        """Quasi-Newton maximisation of (1) from `vector`."""
        here, gradient = self._value(vector), self._gradient(vector)
        if not np.isfinite(here):
            raise NumericalError(
                "The population likelihood is zero at the starting values. Check that the "
                "simulator runs there, and that residual errors are not far too small."
            )
        inverse, fresh = self._inverse(vector), True
        for _ in range(LONGEST_SEARCH):
            left = 0.5 * float(gradient @ inverse @ gradient)
            if left < tolerance:
                break
            moved, there = self._uphill(vector, here, gradient, inverse)
            if there > here:
                after = self._gradient(moved)
                inverse = _updated(inverse, moved - vector, gradient - after)
                vector, here, gradient, fresh = moved, there, after, False
            elif fresh:
                break
            else:
                inverse, fresh = self._inverse(vector), True
        left = 0.5 * float(gradient @ inverse @ gradient)
        return _End(vector=vector, value=here, left_to_gain=left)

    def _uphill(
        self, vector: Array, here: float, gradient: Array, inverse: Array
    ) -> tuple[Array, float]:
        """The end of a step that gains enough (Armijo), or of one too short to matter."""
        step = inverse @ gradient
        spread = step[self.layout.spread]
        step = step * min(1.0, LONGEST_STEP / max(float(np.max(np.abs(spread))), 1e-300))
        gain = float(gradient @ step)
        moved, there = vector, here
        for _ in range(TRIES):
            moved = vector + step
            there = self._value(moved)
            if there > here + 1e-4 * gain:
                break
            step, gain = step / 3, gain / 3
        return moved, there

    def _value(self, vector: Array) -> float:
        """(1) with its penalty; the modes are kept for what comes next."""
        self.evaluations += 1
        self.progress(f"Population likelihood, evaluation {self.evaluations}", 0.5)
        value, modes = self._marginal(vector[None])
        if np.isfinite(value[0]):
            self.modes = modes
        return float(value[0])

    def _gradient(self, vector: Array) -> Array:
        m = len(vector)
        h = STEP * np.eye(m)
        beside, _ = self._marginal(np.concatenate([vector + h, vector - h]))
        with np.errstate(invalid="ignore"):
            slope = (beside[:m] - beside[m:]) / (2 * STEP)
        return np.where(np.isfinite(slope), slope, 0.0)

    def _inverse(self, vector: Array) -> Array:
        """Inverse of minus the Hessian, with downward curvature taken as its size."""
        hessian = -self._hessian(vector)
        if not np.all(np.isfinite(hessian)):
            return STEP * np.eye(len(vector))
        return covariances(hessian[None])[0]

    def penalty(self, vector: Array) -> float:
        given = self.population.penalty
        return 0.0 if given is None else given(self.layout.unpack(vector))

    def restarted(self, vector: Array) -> bool:
        """Whether subjects have a better mode elsewhere; they move to it."""
        sd = np.sqrt(np.diag(self.layout.unpack(vector).covariance))
        corners = np.concatenate([np.zeros((1, len(sd))), np.diag(1.5 * sd), np.diag(-1.5 * sd)])
        before, _ = self._subjects(vector, self.modes)
        moved = False
        for corner in corners:
            value, modes = self._subjects(vector, np.tile(corner, (self.population.subjects, 1)))
            better = value > before + 1e-3
            self.modes[better], before[better] = modes[better], value[better]
            moved |= bool(better.any())
        return moved

    def covariance(self, vector: Array) -> Array:
        """Inverse of minus the Hessian of (1); NaN where that is no covariance."""
        hessian = -self._hessian(vector)
        if not np.all(np.isfinite(hessian)) or np.linalg.eigvalsh(hessian)[0] <= 0:
            return np.full_like(hessian, np.nan)
        return np.asarray(np.linalg.inv(hessian), dtype=np.float64)

    def _hessian(self, vector: Array) -> Array:
        m = len(vector)
        i, j = np.triu_indices(m, 1)
        one = WIDE_STEP * np.eye(m)
        moves = np.concatenate([np.zeros((1, m)), one, -one, one[i] + one[j], -one[i] - one[j]])
        values, _ = self._marginal(vector + moves)
        with np.errstate(invalid="ignore"):
            both = values[1 : m + 1] + values[m + 1 : 2 * m + 1] - 2 * values[0]
            pairs = values[2 * m + 1 : 2 * m + 1 + len(i)] + values[2 * m + 1 + len(i) :]
            hessian = np.diag(both)
            hessian[i, j] = (pairs - 2 * values[0] - both[i] - both[j]) / 2
        hessian[j, i] = hessian[i, j]
        return hessian / WIDE_STEP**2

    def _marginal(self, vectors: Array) -> tuple[Array, Array]:
        """(1) with its penalty at each of `vectors` (t, m), and the modes under the last."""
        size = max(1, LARGEST_BATCH // self.population.subjects)
        values: list[Array] = []
        modes = self.modes
        for first in range(0, len(vectors), size):
            part = vectors[first : first + size]
            each, found = self._subjects(part, np.tile(self.modes, (len(part), 1)))
            penalty = np.array([self.penalty(v) for v in part])
            values.append(each.reshape(len(part), -1).sum(axis=1) + penalty)
            modes = found[-self.population.subjects :]
        return np.concatenate(values), modes

    def _subjects(self, vectors: Array, starts: Array) -> tuple[Array, Array]:
        """The terms of (1) for every subject under every one of `vectors`, and the modes."""
        batch = _displaced(self.population, [self.layout.unpack(v) for v in np.atleast_2d(vectors)])
        modes = find_modes(batch, starts, newton=False, tolerance=INNER_TOLERANCE)
        log_det = np.linalg.slogdet(modes.hessian).logabsdet
        value = modes.log_posterior + 0.5 * (self.layout.effects * LOG_2PI - log_det)
        return np.asarray(value), modes.z


def _updated(inverse: Array, step: Array, bend: Array) -> Array:
    """The BFGS update of an inverse Hessian; left alone where the curvature is not upward."""
    curvature = float(step @ bend)
    if curvature <= 1e-10 * float(np.linalg.norm(step) * np.linalg.norm(bend)):
        return inverse
    left = np.eye(len(step)) - np.outer(step, bend) / curvature
    return left @ inverse @ left.T + np.outer(step, step) / curvature


def _displaced(population: PopulationProblem, parameters: list[PopulationParameters]) -> Batch:
    """All subjects under each of `parameters`, in that order, as one batch."""
    n = population.subjects
    fixed = np.stack([p.fixed for p in parameters])
    observed = [population.observed_at(p.residual) for p in parameters]
    size = len(parameters[0].covariance)
    precisions = [np.linalg.inv(p.covariance) for p in parameters]
    return Batch(
        mean=np.zeros(size),
        precision=np.asarray(np.repeat(precisions, n, axis=0), dtype=np.float64),
        observed=_stacked(observed, n),
        predict=lambda z, index: population.predict(fixed[index // n], z, index % n),
    )


def _stacked(observed: list[Observed], subjects: int) -> Observed:
    def whole(name: str) -> NDArray[np.generic]:
        parts = [np.atleast_2d(getattr(o, name)) for o in observed]
        return np.concatenate([np.broadcast_to(a, (subjects, a.shape[-1])) for a in parts])

    return Observed(**{f.name: whole(f.name) for f in fields(Observed)})  # pyright: ignore[reportArgumentType]
