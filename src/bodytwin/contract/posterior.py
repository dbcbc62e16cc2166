"""What is believed of one patient, given the data so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.case import Case
from bodytwin.contract.digest import digest
from bodytwin.contract.parameter import Prior

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodRecord:
    """Which inference method made the draws, why it was chosen, and how it went."""

    name: str
    reason: str
    trusted: bool
    log_evidence: float
    diagnostics: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Whether the personalised twin describes the data it was given.

    `residuals` are standardised, one for each measurement; `tail_probability`
    is the chance of a misfit as large as this one if the model were right.
    """

    residuals: tuple[float, ...]
    tail_probability: float
    describes_the_data: bool
    words: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Posterior:
    """Equally weighted draws of the parameters in natural units, (draw, parameter).

    A value in a chain: `parent` is the id of the posterior that this one updates.
    """

    case: Case[Any]
    prior: Prior
    values: Array
    method: MethodRecord
    fit: Fit
    seed: int
    parent: str | None = None

    @cached_property
    def id(self) -> str:
        """SHA-256 over the case, the draws and the seed."""
        return digest(self.case, self.values, self.seed, self.parent)

    def __getitem__(self, name: str) -> Array:
        """Draws of one parameter, (draw,), in its unit."""
        return self.values[:, self.prior.names.index(name)]

    @property
    def shrinkage(self) -> Mapping[str, float]:
        """1 − posterior variance / prior variance on the transformed scale, for each parameter.

        Near 0 the patient's data said nothing about it, near 1 they settled it.
        """
        z = self.prior.unconstrain(self.values)
        told = 1 - z.var(axis=0) / np.diag(self.prior.covariance)
        return dict(zip(self.prior.names, map(float, told), strict=True))

    def to_xarray(self) -> "xr.Dataset":
        """The draws as a labelled data set, one variable for each parameter with its unit."""
        import xarray as xr

        return xr.Dataset(
            {
                p.name: ("draw", self.values[:, i], {"units": p.unit, "source": p.source})
                for i, p in enumerate(self.prior.parameters)
            },
            attrs={
                "twin": self.case.twin,
                "version": self.case.version,
                "variant": self.case.variant,
                "case": self.case.digest,
                "method": self.method.name,
                "seed": self.seed,
            },
        )
