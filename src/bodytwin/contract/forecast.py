"""What is expected to be measured, said before it is."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.case import Target
from bodytwin.contract.digest import digest

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Median and the central 50 % and 90 % intervals, in the unit of the target."""

    median: float
    low50: float
    high50: float
    low90: float
    high90: float
    unit: str

    @classmethod
    def of(cls, draws: Array, unit: str) -> "Band":
        """Summarise equally weighted draws (draw,); NaN draws are left out."""
        q = np.nanquantile(draws, [0.05, 0.25, 0.5, 0.75, 0.95])
        low90, low50, median, high50, high90 = (float(x) for x in q)
        return cls(median=median, low50=low50, high50=high50, low90=low90, high90=high90, unit=unit)


@dataclass(frozen=True, kw_only=True, eq=False)
class Forecast:
    """Draws of targets under one plan, each array of shape (draw, target).

    `latent` is the true value, `observable` adds the error of measuring.
    `prior_observable` is the same for a patient of whom nothing was measured,
    and `last_value` (target,) the last measurement carried forward (NaN where
    there is none): a twin must beat both.
    """

    patient: str
    twin: str
    version: str
    variant: str
    plan: str
    posterior: str
    made_with: str
    issued_h: float
    targets: tuple[Target, ...]
    latent: Array
    observable: Array
    prior_observable: Array
    last_value: Array
    remarks: tuple[str, ...]
    seed: int

    @cached_property
    def id(self) -> str:
        """SHA-256 over what it was made from and what it says."""
        return digest(
            self.twin, self.version, self.variant, self.plan, self.posterior, self.made_with,
            self.issued_h, self.targets, self.latent, self.observable, self.prior_observable,
            self.last_value, self.seed,
        )  # fmt: skip

    def band(self, target: int) -> Band:
        """What will be measured at one target, error of measuring included."""
        return Band.of(self.observable[:, target], self.targets[target].unit)

    def latent_band(self, target: int) -> Band:
        """The true value at one target."""
        return Band.of(self.latent[:, target], self.targets[target].unit)

    def to_xarray(self) -> "xr.Dataset":
        """Labelled draws over draw and target, with quantity, time [h] and unit as coordinates."""
        import xarray as xr

        dims = ("draw", "target")
        return xr.Dataset(
            {
                "latent": (dims, self.latent),
                "observable": (dims, self.observable),
                "prior_observable": (dims, self.prior_observable),
            },
            coords={
                "quantity": ("target", [t.quantity for t in self.targets]),
                "time_h": ("target", [t.time_h for t in self.targets], {"units": "h"}),
                "unit": ("target", [t.unit for t in self.targets]),
            },
            attrs={"twin": self.twin, "version": self.version, "plan": self.plan, "id": self.id},
        )
