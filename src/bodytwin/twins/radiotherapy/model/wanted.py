r"""What does a plan have to do, in which voxels, and how far is a dose from it?

The plan is judged by :math:`F(d) = \sum_k p_k f_k(d)`, with the priorities p of the aims, subject
to limits :math:`c_j(d) \le 0`: a number of a structure, or the dose of each of its voxels, on one
side of a bound.

Not for: ranking plans by benefit; see the response models.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidPlanError, require_positive
from bodytwin.twins.radiotherapy.model.objectives import Objective

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Structure:
    """Voxels of a structure: rows of the influence, each with its share of the volume.

    `inside` says how much of each voxel lies in the structure (partial volumes), one where it is
    not given. `fine` is false for what may be seen coarsely far from the rest, such as the body.
    """

    name: str
    rows: Index
    inside: Array | None = None
    fine: bool = True
    share: Array = field(init=False)

    def __post_init__(self) -> None:
        inside = np.ones(len(self.rows)) if self.inside is None else self.inside
        if len(self.rows) == 0 or len(inside) != len(self.rows):
            raise InvalidPlanError(
                f"{self.name} has {len(self.rows)} voxels and {len(inside)} partial volumes; one "
                "for each is needed, and at least one voxel. Check that the structure meets the "
                "dose grid."
            )
        if not (np.all(inside >= 0.0) and inside.sum() > 0.0):
            raise InvalidPlanError(f"{self.name} has partial volumes below zero, or none above it.")
        object.__setattr__(self, "share", np.asarray(inside, dtype=np.float64) / inside.sum())


@dataclass(frozen=True, eq=False)
class Aim:
    """An objective for a structure, with its priority."""

    structure: Structure
    objective: Objective
    priority: float = 1.0

    def __post_init__(self) -> None:
        require_positive(priority=self.priority)


@dataclass(frozen=True, eq=False)
class Limit:
    """What must hold: `number` of a structure, or each voxel's dose, between two doses.

    Without a `number` the bounds are for every voxel of the structure.
    """

    structure: Structure
    number: Objective | None = None
    most_gy: float | None = None
    least_gy: float | None = None

    def __post_init__(self) -> None:
        if (self.most_gy is None) == (self.least_gy is None):
            raise InvalidPlanError(
                f"A limit for {self.structure.name} has one bound: most_gy or least_gy. Make two "
                "limits for two bounds."
            )

    @property
    def sign(self) -> float:
        """Plus one for an upper bound, minus one for a lower one."""
        return 1.0 if self.most_gy is not None else -1.0

    @property
    def bound_gy(self) -> float:
        """The bound."""
        return float(self.most_gy if self.most_gy is not None else self.least_gy or 0.0)

    def excess_gy(self, dose_gy: Array) -> Array:
        """By how much the doses (rows,) go beyond, negative where they do not."""
        own = dose_gy[self.structure.rows]
        found = own if self.number is None else np.atleast_1d(self._number(own))
        return self.sign * (found - self.bound_gy)

    def _number(self, own: Array) -> float:
        assert self.number is not None
        return float(self.number.value(own, self.structure.share))


def values(aims: Sequence[Aim], dose_gy: Array) -> Array:
    """Priority times objective of each aim, for the doses of all rows."""
    return np.array(
        [
            a.priority * float(a.objective.value(dose_gy[a.structure.rows], a.structure.share))
            for a in aims
        ]
    )
