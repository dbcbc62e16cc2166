"""The unknowns of one patient, and the population the patient is drawn from."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from bodytwin.errors import InvalidParameterError

Array = NDArray[np.float64]


class Transform(StrEnum):
    """The scale on which a parameter is Gaussian in the population."""

    LOG = "log"
    IDENTITY = "identity"
    LOGIT = "logit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One unknown. `median` is in `unit`, `sd` on the transformed scale."""

    name: str
    unit: str
    median: float
    sd: float
    transform: Transform = Transform.LOG
    source: str = ""

    def __post_init__(self) -> None:
        finite = np.isfinite(self.median) and np.isfinite(self.sd) and self.sd > 0
        inside = {
            Transform.LOG: self.median > 0,
            Transform.LOGIT: 0 < self.median < 1,
            Transform.IDENTITY: True,
        }[self.transform]
        if not (finite and inside):
            raise InvalidParameterError(
                f"{self.name}: median {self.median} with sd {self.sd} is not possible on the "
                f"{self.transform} scale. The sd is positive; a log scale needs a positive "
                "median, a logit scale one between 0 and 1."
            )


@dataclass(frozen=True, kw_only=True, eq=False)
class Prior:
    """The population, for a patient like this one: p parameters and their correlation (p, p)."""

    parameters: tuple[Parameter, ...]
    correlation: Array

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters, in order."""
        return tuple(p.name for p in self.parameters)

    @cached_property
    def mean(self) -> Array:
        """Mean on the transformed scale, (p,)."""
        return self.unconstrain(np.array([[p.median for p in self.parameters]]))[0]

    @cached_property
    def covariance(self) -> Array:
        """Covariance on the transformed scale, (p, p)."""
        sd = np.array([p.sd for p in self.parameters])
        return self.correlation * np.outer(sd, sd)

    def constrain(self, z: Array) -> Array:
        """From the transformed scale (b, p) to natural units (b, p)."""
        theta = np.empty_like(z)
        for i, p in enumerate(self.parameters):
            match p.transform:
                case Transform.LOG:
                    theta[:, i] = np.exp(np.clip(z[:, i], -700, 700))
                case Transform.LOGIT:
                    theta[:, i] = expit(z[:, i])
                case Transform.IDENTITY:
                    theta[:, i] = z[:, i]
        return theta

    def unconstrain(self, theta: Array) -> Array:
        """From natural units (b, p) to the transformed scale (b, p)."""
        z = np.empty_like(theta, dtype=np.float64)
        for i, p in enumerate(self.parameters):
            match p.transform:
                case Transform.LOG:
                    z[:, i] = np.log(theta[:, i])
                case Transform.LOGIT:
                    z[:, i] = logit(theta[:, i])
                case Transform.IDENTITY:
                    z[:, i] = theta[:, i]
        return z

    def draw(self, size: int, rng: np.random.Generator) -> Array:
        """`size` patients of this population in natural units, (size, p)."""
        lower = np.linalg.cholesky(self.covariance)
        return self.constrain(self.mean + rng.standard_normal((size, len(self.mean))) @ lower.T)
