"""Which control of which tumour do published parameters speak of?

Not for: a tumour of other risk or histology, or fractions other than those of the source.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import OutsidePopulationError
from bodytwin.twins.radiotherapy.model.dvh import Dvh
from bodytwin.twins.radiotherapy.model.ntcp_sets import Course
from bodytwin.twins.radiotherapy.model.published import Estimate, entry, estimate, table
from bodytwin.twins.radiotherapy.model.tcp import Tumour, of_curve

Array = NDArray[np.float64]
KINDS: dict[str, Callable[..., Tumour]] = {"cells": Tumour, "curve": of_curve}


@dataclass(frozen=True, kw_only=True)
class TcpSet:
    """Published parameters of one tumour."""

    key: str
    tumour: str
    endpoint: str
    kind: str
    parameters: dict[str, Estimate]
    fraction_gy: tuple[float, float]
    source: str
    caution: str

    def control(self, given: Dvh, course: Course, *, duration_d: float) -> float:
        """The probability at the published values.

        Raises:
            OutsidePopulationError: fractions other than those of the patients of the source.

        """
        self.require_fractions_of(course.fraction_gy)
        tumour = self.cells({name: p.value for name, p in self.parameters.items()})
        found = tumour.control(given, fractions=course.fractions, duration_d=duration_d)
        return float(found[0])

    def draws(
        self,
        given: Dvh,
        course: Course,
        rng: np.random.Generator,
        count: int,
        *,
        duration_d: float,
    ) -> Array:
        """Probabilities (count,) with the parameters drawn from their published intervals.

        Raises:
            OutsidePopulationError: fractions other than those of the patients of the source.

        """
        self.require_fractions_of(course.fraction_gy)
        tumour = self.cells({name: p.draw(rng, count) for name, p in self.parameters.items()})
        return tumour.control(given, fractions=course.fractions, duration_d=duration_d)

    def cells(self, values: Mapping[str, Any]) -> Tumour:
        """The cells that values or draws of the parameters stand for."""
        return KINDS[self.kind](**values)

    def require_fractions_of(self, fraction_gy: float) -> None:
        """Raise OutsidePopulationError unless patients of the source had such fractions."""
        low, high = self.fraction_gy
        if not low <= fraction_gy <= high:
            raise OutsidePopulationError(
                f"{self.key} was fitted to patients treated with {low:g} to {high:g} Gy a "
                f"fraction, this plan gives {fraction_gy:.3g} Gy.",
                "Outside these its probability is not known.",
            )


def keys() -> tuple[str, ...]:
    """The sets there are."""
    return tuple(table("tcp"))


def tcp_set(key: str) -> TcpSet:
    """One set; NotFoundError with the list where there is no such set."""
    said = entry("tcp", key)
    low, high = said["fraction_gy"]
    return TcpSet(
        key=key,
        tumour=said["tumour"],
        endpoint=said["endpoint"],
        kind=said["kind"],
        parameters={name: estimate(p) for name, p in said["parameters"].items()},
        fraction_gy=(low, high),
        source=said["source"],
        caution=said["caution"],
    )
