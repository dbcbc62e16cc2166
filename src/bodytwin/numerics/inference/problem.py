r"""What is known before, what was observed, and how a prediction may miss it.

Unknowns :math:`z` (p of them) are Gaussian before any observation,
:math:`z \sim N(m, \Omega)`. A simulator predicts n observations :math:`f(z)`, and

.. math::
    y \sim N(f, v(f)), \qquad v = a^2 + (b f)^2 \;\text{ or }\; (a + b f)^2,  \tag{1}
.. math::
    \log y \sim N(\log f, s^2)                                                \tag{2}

where a log error s is given. An observation known only to lie below or above a
limit contributes the probability of that.

Not for: correlated errors, counts, yes-or-no outcomes.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import IntEnum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from bodytwin.errors import InvalidInputError

Array = NDArray[np.float64]
LOG_2PI = float(np.log(2 * np.pi))


class Censoring(IntEnum):
    """Where the true value lies, seen from the number reported."""

    BELOW = -1
    NONE = 0
    ABOVE = 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Observed:
    """n observations; every field has shape (n,), or (b, n) in a batch of b problems.

    `log_sd` is 0 where the error is on the natural scale. `sum_of_sd` chooses
    the second form of (1). `weight` multiplies each log-likelihood and is 0
    for padding.
    """

    value: Array
    additive_sd: Array
    proportional_sd: Array
    log_sd: Array
    sum_of_sd: NDArray[np.bool_]
    censoring: NDArray[np.int8]
    weight: Array

    def __post_init__(self) -> None:
        used = (self.weight > 0) & (self.log_sd > 0)
        if np.any(used & ~(self.value > 0)):
            raise InvalidInputError(
                "An observation with an error on the log scale must be positive. "
                "Report it as below a limit, or give it an error on the natural scale."
            )

    @cached_property
    def on_log_scale(self) -> NDArray[np.bool_]:
        """True where equation (2) holds."""
        return self.log_sd > 0

    @cached_property
    def any_censored(self) -> bool:
        """Whether any observation is only a bound."""
        return bool(np.any(self.censoring != Censoring.NONE))

    def sd(self, predicted: Array) -> Array:
        """Standard deviation of equation (1) or (2) at `predicted` (..., n)."""
        a, b = self.additive_sd, self.proportional_sd * np.abs(predicted)
        natural = np.where(self.sum_of_sd, a + b, np.sqrt(a * a + b * b))
        return np.where(self.on_log_scale, self.log_sd, natural)

    def log_density(self, predicted: Array) -> Array:
        """Log-likelihood of each observation, shape of `predicted` (..., n); NaN becomes -inf."""
        with np.errstate(all="ignore"):
            sd = self.sd(predicted)
            z = self._gap(predicted) / sd
            jacobian = np.where(self.on_log_scale, np.log(self.value), 0.0)
            density = -0.5 * z * z - np.log(sd) - 0.5 * LOG_2PI - jacobian
            if self.any_censored:
                density = np.where(
                    self.censoring == Censoring.NONE, density, log_ndtr(-self.censoring * z)
                )
            density = np.where(self.weight > 0, density * self.weight, 0.0)
        return np.where(np.isnan(density), -np.inf, density)

    def slope(self, predicted: Array) -> tuple[Array, Array]:
        """Derivative of `log_density` by `predicted`, and the information expected of it.

        The information is that of Fisher, 1/v + v'^2/(2 v^2), and for a bound
        the curvature of the logarithm of the normal distribution function.
        """
        with np.errstate(all="ignore"):
            log, sd = self.on_log_scale, self.sd(predicted)
            b = self.proportional_sd
            widening = np.where(self.sum_of_sd, b * np.sign(predicted), b * b * predicted / sd)
            relative = np.where(log, 0.0, widening) / sd
            z = self._gap(predicted) / sd
            pull = np.where(log, 1.0 / predicted, 1.0) / sd
            z_slope = -pull - z * relative
            score = -z * z_slope - relative
            information = pull * pull + 2 * relative * relative
            if self.any_censored:
                bound = self.censoring != Censoring.NONE
                u, u_slope = -self.censoring * z, -self.censoring * z_slope
                hazard = np.exp(-0.5 * u * u - 0.5 * LOG_2PI - log_ndtr(u))
                bend = np.clip(hazard * (hazard + u), 0.0, 1.0)
                score = np.where(bound, hazard * u_slope, score)
                information = np.where(bound, bend * u_slope * u_slope, information)
            known = (self.weight > 0) & np.isfinite(score) & np.isfinite(information)
            return (
                np.where(known, score * self.weight, 0.0),
                np.where(known, information * self.weight, 0.0),
            )

    def rows(self, index: NDArray[np.intp]) -> "Observed":
        """The observations of batch rows `index`, where fields are (b, n); shared fields stay."""
        return self._each(lambda a: a if a.ndim == 1 else a[index])

    def beside(self) -> "Observed":
        """The same, with an axis put in before the last, to meet predictions (b, runs, n)."""
        return self._each(lambda a: a if a.ndim == 1 else a[:, None, :])

    def _each(self, change: Callable[[NDArray[Any]], NDArray[Any]]) -> "Observed":
        return Observed(**{f.name: change(getattr(self, f.name)) for f in fields(self)})

    def _gap(self, predicted: Array) -> Array:
        natural = self.value - predicted
        if not np.any(self.on_log_scale):
            return natural
        return np.where(self.on_log_scale, np.log(self.value) - np.log(predicted), natural)


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """A Gaussian prior of p unknowns, n observations, and the simulator between them.

    `predict` takes z of shape (b, p) and returns (b, n); a row of NaN is a failed run.
    """

    mean: Array
    covariance: Array
    observed: Observed
    predict: Callable[[Array], Array]

    @property
    def size(self) -> int:
        """Number of unknowns, p."""
        return len(self.mean)

    @cached_property
    def cholesky(self) -> Array:
        """Lower factor of the prior covariance, (p, p)."""
        return np.asarray(np.linalg.cholesky(self.covariance), dtype=np.float64)

    @cached_property
    def precision(self) -> Array:
        """Inverse of the prior covariance, (p, p)."""
        return np.asarray(np.linalg.inv(self.covariance), dtype=np.float64)

    @cached_property
    def _log_normaliser(self) -> float:
        log_det = 2 * float(np.log(np.diag(self.cholesky)).sum())
        return -0.5 * (self.size * LOG_2PI + log_det)

    def log_prior(self, z: Array) -> Array:
        """Log density of the prior at z (b, p), shape (b,)."""
        d = z - self.mean
        return self._log_normaliser - 0.5 * np.einsum("bi,ij,bj->b", d, self.precision, d)

    def log_likelihood(self, z: Array) -> Array:
        """Log-likelihood at z (b, p), shape (b,); a failed run is -inf."""
        return self.observed.log_density(self.predict(z)).sum(axis=-1)

    def log_posterior(self, z: Array) -> Array:
        """Log of prior times likelihood at z (b, p), shape (b,)."""
        return self.log_prior(z) + self.log_likelihood(z)
