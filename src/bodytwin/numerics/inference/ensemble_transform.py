r"""What does an ensemble say once something that its members foretell has been observed?

k states :math:`x_i` of n numbers, of which each foretells :math:`y_i = h(x_i)` of the p numbers
that were observed as :math:`y` with errors of covariance R. With deviations from the means as
columns, X (n, k) and Y (p, k), and the inflation :math:`\lambda \ge 1` of the variance,

.. math::
    \tilde P = \Big[ \tfrac{k-1}{\lambda} I + Y^T R^{-1} Y \Big]^{-1}, \qquad
    \bar w = \tilde P \, Y^T R^{-1} (y - \bar y),                                  \tag{1}

.. math::
    x_i^a = \bar x + X (\bar w + W_i), \qquad W = [(k-1) \tilde P]^{1/2},            \tag{2}

with the symmetric root, so that the ensemble moves as little as it can and its mean is what (1)
says. The n numbers enter (2) only, so a state may be of millions of voxels. Where h is linear and
the ensemble has the covariance of the prior, mean and covariance of the result are Kalman's.

Source: Bishop, Etherton & Majumdar 2001, *Mon Weather Rev* 129:420; Hunt, Kostelich & Szunyogh
2007, *Physica D* 230:112, whose equations 20 to 25 these are, without localisation.

Not for: observations that depend on few of the numbers only, each by itself (what k members
happen to have in common far away is believed: weigh few numbers, or such that concern the
whole); states whose spread is far from normal (transform them first); an ensemble whose members
do not include what is true in some proportion (no weighting can find it).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError

Array = NDArray[np.float64]
States = NDArray[Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class Transform:
    """Weights (k, k): member i of the new ensemble is the sum over j of weights[j, i] of the old.

    `surprise` (p,) is how many standard deviations, of error and ensemble together, each
    observation lay from what the ensemble foretold.
    """

    weights: Array
    surprise: Array

    def of(self, states: States) -> States:
        """The new ensemble of states (k, ...), in their precision."""
        flat = states.reshape(len(states), -1)
        return (self.weights.T.astype(states.dtype) @ flat).reshape(states.shape)


def transform(
    foretold: Array, *, observed: Array, covariance: Array, inflation: float = 1.0
) -> Transform:
    """Equations (1) and (2) from what k members foretell (k, p) and what was observed (p,).

    `covariance` of the errors is (p, p), or (p,) variances of errors that are independent.

    Raises:
        InvalidInputError: fewer than two members, shapes that do not agree, numbers that are not
            finite, a covariance that is none, or an inflation below 1.

    """
    _check(foretold, observed, covariance, inflation)
    k = len(foretold)
    mean = foretold.mean(axis=0)
    deviations = (foretold - mean).T
    weighed = _weighed(deviations, covariance)
    values, vectors = np.linalg.eigh((k - 1) / inflation * np.eye(k) + deviations.T @ weighed)
    middle = vectors @ ((vectors.T @ (weighed.T @ (observed - mean))) / values)
    root = (vectors * np.sqrt((k - 1) / values)) @ vectors.T
    spread = root + middle[:, None]
    weights = np.full((k, k), 1.0 / k) + spread - spread.mean(axis=0)
    total = inflation * deviations.var(axis=1, ddof=1) + _variances(covariance)
    return Transform(weights=weights, surprise=(observed - mean) / np.sqrt(total))


def _weighed(deviations: Array, covariance: Array) -> Array:
    if covariance.ndim == 1:
        return deviations / covariance[:, None]
    return np.asarray(np.linalg.solve(covariance, deviations), dtype=np.float64)


def _variances(covariance: Array) -> Array:
    return covariance if covariance.ndim == 1 else np.diag(covariance)


def _check(foretold: Array, observed: Array, covariance: Array, inflation: float) -> None:
    if foretold.ndim != 2 or len(foretold) < 2 or observed.shape != foretold.shape[1:]:
        raise InvalidInputError(
            "An ensemble has two members or more, each of which foretells what was observed; got "
            f"{foretold.shape} for {observed.shape}."
        )
    if not (np.isfinite(foretold).all() and np.isfinite(observed).all()):
        raise InvalidInputError("What is foretold and what is observed are finite numbers.")
    p = len(observed)
    if covariance.shape not in ((p,), (p, p)) or not (_variances(covariance) > 0).all():
        raise InvalidInputError(f"The errors need {p} variances above 0 or a covariance of them.")
    if covariance.ndim == 2 and not _positive(covariance):
        raise InvalidInputError("The covariance of the errors must be symmetric and positive.")
    if not (np.isfinite(inflation) and inflation >= 1):
        raise InvalidInputError(f"An inflation of the variance is 1 or more, got {inflation:g}.")


def _positive(covariance: Array) -> bool:
    return bool(
        np.allclose(covariance, covariance.T) and (np.linalg.eigvalsh(covariance) > 0).all()
    )
