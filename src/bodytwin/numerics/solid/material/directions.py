r"""In which directions do the fibres of a tissue run, and how are all of them summed?

The share of fibres along n, with n in the axes f, s, n of the tissue, is

.. math::
    R(n) \propto \left( (n_1/a_1)^2 + (n_2/a_2)^2 + (n_3/a_3)^2 \right)^{-1/2}   \tag{1: Ellipsoid}
.. math::
    R(n) \propto e^{b\,(2 n_1^2 - 1)}                                            \tag{2: Gathered}

with :math:`\int R\, dA = 1` over all directions. (1): Ateshian 2007 (*J Biomech Eng* 129:240), and
of the cervix Myers et al. 2015 (*J Biomech* 48:1533); (2): Shi et al. 2022 (*Acta Biomater*
150:277).
Both as FEBio 4 states them (`ellipsoidal`, `von-Mises-3d`). The integral is Lebedev's rule, which
has the symmetry of the axes; opposite directions are one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import lebedev_rule

from bodytwin.errors import InvalidParameterError, require_positive

Array = NDArray[np.float64]
DEGREES = (7, 9, 11, 15, 17, 19, 21, 23, 29, 31, 35, 41)
"""Of polynomials that are summed exactly, of those rules of Lebedev's that have no weight below
nought."""


@dataclass(frozen=True)
class Ellipsoid:
    """Equation (1), with the semi-axes along f, s and n, of which the proportions matter only."""

    semi_axes: tuple[float, float, float]

    def __post_init__(self) -> None:
        for i, axis in enumerate(self.semi_axes):
            require_positive(**{f"semi_axes[{i}]": axis})

    def density(self, along: Array) -> Array:
        """Of (1), to a factor, at directions (d, 3)."""
        return 1 / np.linalg.norm(along / np.asarray(self.semi_axes), axis=1)


@dataclass(frozen=True)
class Gathered:
    """Equation (2): about the axis f, the more so the larger `concentration` is; 0 is evenly."""

    concentration: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.concentration) and self.concentration >= 0):
            raise InvalidParameterError(
                f"concentration must be zero or more and finite, got {self.concentration}."
            )

    def density(self, along: Array) -> Array:
        """Of (2), to a factor, at directions (d, 3)."""
        return np.exp(2 * self.concentration * (along[:, 0] ** 2 - 1))


Spread = Ellipsoid | Gathered


def sampled(spread: Spread, degree: int) -> tuple[Array, Array]:
    """Directions (d, 3) of one half of the sphere and the shares (d,) of fibres that they have."""
    if degree not in DEGREES:
        raise InvalidParameterError(f"degree must be one of {DEGREES}, got {degree}.")
    at, weight = lebedev_rule(degree)
    along = np.round(at.T, 14)
    leading = np.where(
        along[:, 0] != 0, along[:, 0], np.where(along[:, 1] != 0, along[:, 1], along[:, 2])
    )
    kept = leading > 0
    share = weight[kept] * spread.density(at.T[kept])
    return np.ascontiguousarray(at.T[kept]), share / share.sum()
