"""Which complication of which organ do published parameters speak of, and of which doses?

A set says the organ as its authors contoured it, the endpoint, whether its dose is the physical
one or that in 2 Gy fractions, and in which fractions its patients were treated. Beyond those it
refuses.

Not for: adding probabilities of endpoints, which are not independent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import OutsidePopulationError, UnsupportedClaimError
from bodytwin.laws.isoeffect import eqd2_gy
from bodytwin.twins.radiotherapy.model.delivered import Delivered
from bodytwin.twins.radiotherapy.model.dvh import Dvh, dvh
from bodytwin.twins.radiotherapy.model.ntcp import (
    Complication,
    Logistic,
    LogLogistic,
    Lyman,
    RelativeSeriality,
)
from bodytwin.twins.radiotherapy.model.published import Estimate, entry, estimate, table

Array = NDArray[np.float64]
KINDS: dict[str, type[Complication]] = {
    "lyman": Lyman,
    "logistic": Logistic,
    "log_logistic": LogLogistic,
    "relative_seriality": RelativeSeriality,
}


@dataclass(frozen=True, kw_only=True)
class Course:
    """A prescription: dose to the target in equal fractions."""

    prescribed_gy: float
    fractions: int

    @property
    def fraction_gy(self) -> float:
        """Dose of a fraction."""
        return self.prescribed_gy / self.fractions


@dataclass(frozen=True, kw_only=True)
class NtcpSet:
    """Published parameters of one complication; `alpha_beta_gy` is none for physical dose."""

    key: str
    organ: str
    structure: str
    endpoint: str
    kind: str
    parameters: dict[str, Estimate]
    alpha_beta_gy: float | None
    fraction_gy: tuple[float, float]
    source: str
    caution: str

    @property
    def fixed(self) -> tuple[str, ...]:
        """Parameters that were published without an interval."""
        return tuple(name for name, p in self.parameters.items() if not p.has_interval)

    def probability(self, given: Dvh, course: Course) -> float:
        """The probability at the published values.

        Raises:
            OutsidePopulationError: fractions other than those of the patients of the source.

        """
        values = {name: p.value for name, p in self.parameters.items()}
        return float(self._model(values).probability(self.seen(given, course))[0])

    def draws(self, given: Dvh, course: Course, rng: np.random.Generator, count: int) -> Array:
        """Probabilities (count,) with the parameters drawn from their published intervals.

        Raises:
            OutsidePopulationError: fractions other than those of the patients of the source.
            UnsupportedClaimError: no interval was published.

        """
        if len(self.fixed) == len(self.parameters):
            raise UnsupportedClaimError(
                f"{self.key} was published without intervals, so how sure its probability is "
                "cannot be said.",
                "Ask for the probability at the published values, or choose a set with intervals.",
            )
        drawn = {name: p.draw(rng, count) for name, p in self.parameters.items()}
        return self._model(drawn).probability(self.seen(given, course))

    def seen(self, given: Dvh, course: Course) -> Dvh:
        """The histogram in the dose that the parameters belong to."""
        self.require_fractions_of(course.fraction_gy)
        if self.alpha_beta_gy is None:
            return given
        dose = eqd2_gy(given.dose_gy, fractions=course.fractions, alpha_beta_gy=self.alpha_beta_gy)
        return dvh(dose, given.volume_cm3)

    def across(self, given: Delivered, share: Array, drawn: Mapping[str, Array]) -> Array:
        """Probabilities (draws,) of a course of which each draw is given `share` (draws,).

        `drawn` holds draws of parameters by name; what is not among them is as published.
        """
        values = {name: p.value for name, p in self.parameters.items()} | dict(drawn)
        dose = (
            given.physical_gy(share)
            if self.alpha_beta_gy is None
            else given.eqd2_gy(share, alpha_beta_gy=self.alpha_beta_gy)
        )
        return self._model(values).across(dose, given.share)

    def require_fractions_of(self, fraction_gy: float) -> None:
        """Raise OutsidePopulationError unless patients of the source had such fractions."""
        low, high = self.fraction_gy
        if not low <= fraction_gy <= high:
            raise OutsidePopulationError(
                f"{self.key} was fitted to patients treated with {low:g} to {high:g} Gy a "
                f"fraction, this plan gives {fraction_gy:.3g} Gy.",
                "Outside these its probability is not known; a conversion to 2 Gy fractions does "
                "not make it so.",
            )

    def _model(self, values: Mapping[str, Any]) -> Complication:
        return KINDS[self.kind](**values)


def keys() -> tuple[str, ...]:
    """The sets there are."""
    return tuple(table("ntcp"))


def ntcp_set(key: str) -> NtcpSet:
    """One set; NotFoundError with the list where there is no such set."""
    said = entry("ntcp", key)
    low, high = said["fraction_gy"]
    return NtcpSet(
        key=key,
        organ=said["organ"],
        structure=said["structure"],
        endpoint=said["endpoint"],
        kind=said["kind"],
        parameters={name: estimate(p) for name, p in said["parameters"].items()},
        alpha_beta_gy=said.get("alpha_beta_gy"),
        fraction_gy=(low, high),
        source=said["source"],
        caution=said["caution"],
    )
