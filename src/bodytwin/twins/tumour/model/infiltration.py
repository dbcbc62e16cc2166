r"""How far has a tumour infiltrated the brain, and what is left of it after treatment?

The share u of the largest density of cells follows

.. math::
    \partial_t u = \nabla \cdot D(x) \nabla u + \rho u (1 - u) - k(t) u,            \tag{1}

where cells move in white matter with the diffusion :math:`D_w`, in grey matter with a share g of
it, :math:`D = D_w (p + g (1 - p))` with p of a voxel white, and cannot leave the brain nor enter
its ventricles. A dose of a drug given at :math:`t_i` kills at the rate

.. math::
    k(t) = \sum_{t_i \le t} k_i \, e^{-(t - t_i) / \tau_i}                          \tag{2}

and a fraction of radiation leaves at once the share S of `laws.cell_survival` of each voxel's
own dose. Steps end where anything is given or imaged. An image taken when a fraction is due shows
what was there before it.

Source: (1) Swanson, Alvord & Murray 2000, Cell Prolif 33:317; with irradiation Rockne et al. 2010,
Phys Med Biol 55:3271. Solved by `numerics.grid.reaction_diffusion`, which says how well.

Not for: tumours that push the brain aside, necrosis, growth that differs from cell to cell, fibres
as directions (diffusion has none here), or drugs that reach one part more than another; voxels
so coarse that `excess_speed` is more than can be borne.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError, InvalidParameterError, InvalidPlanError
from bodytwin.laws.cell_survival import log_survival, log_survival_straight
from bodytwin.numerics.grid import conductance as faces
from bodytwin.numerics.grid.logistic import Decay
from bodytwin.numerics.grid.reaction_diffusion import Field

Array = NDArray[np.floating]
Mask = NDArray[np.bool_]
STEP_D = 0.5
ROUNDING = 1e-6
"""By how much a density in single precision may exceed the largest."""
_IMAGE, _FRACTION, _DRUG = 0, 1, 2


@dataclass(frozen=True, kw_only=True, eq=False)
class Tissue:
    """What of a box is brain: `inside` (nx, ny, nz), and which share of a voxel is `white`.

    The rest of a voxel inside is grey matter. Cerebrospinal fluid and what is not brain
    are not inside. `spacing_mm` is the length of a voxel along each axis.
    """

    inside: Mask
    white: Array
    spacing_mm: tuple[float, float, float]

    def __post_init__(self) -> None:
        if self.white.shape != self.inside.shape:
            raise InvalidInputError(
                f"Brain {self.inside.shape} and white matter {self.white.shape} are two boxes."
            )
        found = self.white[self.inside]
        if not (np.isfinite(found) & (found >= 0) & (found <= 1)).all():
            raise InvalidInputError("White matter is a share of each voxel, from 0 to 1.")

    @classmethod
    def of_labels(
        cls,
        labels: NDArray[np.integer],
        *,
        white: Sequence[int],
        grey: Sequence[int],
        spacing_mm: tuple[float, float, float],
    ) -> "Tissue":
        """Brain from the whole numbers of a segmentation; what has other labels is not inside."""
        matter = np.isin(labels, white)
        inside = np.asarray(matter | np.isin(labels, grey), dtype=np.bool_)
        return cls(inside=inside, white=matter.astype(np.float32), spacing_mm=spacing_mm)

    @cached_property
    def voxel_ml(self) -> float:
        """Volume of a voxel."""
        return float(np.prod(self.spacing_mm)) / 1000.0

    def conductance(self, grey_share: float, kind: type[np.floating]) -> faces.Conductance:
        """Faces of the voxels where diffusion in white matter is 1 mm2 per d."""
        relative = self.white + grey_share * (1.0 - self.white)
        return faces.conductance(
            relative, inside=self.inside, spacing_mm=self.spacing_mm, kind=kind
        )

    def volume_ml(self, density: Array, *, above: float) -> float:
        """Volume of the voxels with more than that share of the largest density."""
        return float(np.count_nonzero(density[self.inside] > above)) * self.voxel_ml

    def burden_ml(self, density: Array) -> float:
        """All cells, as the volume they would fill at the largest density."""
        return float(np.sum(density[self.inside], dtype=np.float64)) * self.voxel_ml


@dataclass(frozen=True, kw_only=True)
class Cells:
    """How the cells of a tumour move, divide, and answer to radiation."""

    diffusion_mm2_per_d: float
    rate_per_d: float
    grey_share: float
    alpha_per_gy: float = 0.0
    alpha_beta_gy: float = 10.0
    straight_from_gy: float | None = None

    def __post_init__(self) -> None:
        given = (self.diffusion_mm2_per_d, self.rate_per_d, self.alpha_per_gy)
        if not (all(isfinite(x) for x in given) and min(given) >= 0):
            raise InvalidParameterError(
                f"Diffusion, rate and alpha are 0 or more, got {given}. Look at their units."
            )
        if not (0 <= self.grey_share <= 1 and self.alpha_beta_gy > 0):
            raise InvalidParameterError(
                "The share of diffusion in grey matter is from 0 to 1 and alpha/beta above 0 Gy, "
                f"got {self.grey_share:g} and {self.alpha_beta_gy:g}."
            )

    @property
    def front_mm_per_d(self) -> float:
        """Speed of a front in white matter that has run for long."""
        return 2.0 * float(np.sqrt(self.diffusion_mm2_per_d * self.rate_per_d))

    def surviving(self, dose_gy: Array | float) -> Array:
        """Share of the cells that is left by a fraction."""
        dose = np.asarray(dose_gy, dtype=np.float64)
        beta = self.alpha_per_gy / self.alpha_beta_gy
        if self.straight_from_gy is None:
            return np.exp(log_survival(dose, alpha_per_gy=self.alpha_per_gy, beta_per_gy2=beta))
        return np.exp(
            log_survival_straight(
                dose,
                alpha_per_gy=self.alpha_per_gy,
                beta_per_gy2=beta,
                straight_from_gy=self.straight_from_gy,
            )
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Fraction:
    """A fraction of radiation: the same dose everywhere, or one for each voxel (nx, ny, nz)."""

    time_d: float
    dose_gy: Array | float

    def __post_init__(self) -> None:
        dose = np.asarray(self.dose_gy)
        if not (isfinite(self.time_d) and np.isfinite(dose).all() and (dose >= 0).all()):
            raise InvalidPlanError("A fraction has a time in days and doses of 0 Gy or more.")


@dataclass(frozen=True, kw_only=True)
class Drug:
    """A dose of a drug, which kills at `kill_per_d` at first, falling by e every `decay_d`."""

    time_d: float
    kill_per_d: float
    decay_d: float

    def __post_init__(self) -> None:
        given = (self.time_d, self.kill_per_d, self.decay_d)
        if not (all(isfinite(x) for x in given) and self.kill_per_d >= 0 and self.decay_d > 0):
            raise InvalidPlanError(
                "A drug has a time in days, kills at 0 per day or more and decays in more than "
                f"0 days, got {given}."
            )

    def at(self, time_d: float) -> Decay:
        """What it does from then on."""
        given = Decay(rate_per_d=self.kill_per_d, time_d=self.decay_d)
        return given.later(time_d - self.time_d)


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """What is given, in any order."""

    fractions: tuple[Fraction, ...] = ()
    drugs: tuple[Drug, ...] = ()


def grown(
    density: Array,
    tissue: Tissue,
    cells: Cells,
    course: Course,
    *,
    at_d: Sequence[float],
    from_d: float = 0.0,
    step_d: float = STEP_D,
) -> list[Array]:
    """The density (nx, ny, nz) at each of the times `at_d`, from what it was at `from_d`.

    Fractions due at `from_d` or later are given; drugs given before still act. A run
    from one image to another and on from there is the same as one run through both. Single
    precision unless `density` is double.

    Raises:
        InvalidInputError: densities that are not from 0 to 1, or times out of order.
        InvalidPlanError: a dose map for another box.

    """
    kind = np.float64 if density.dtype == np.float64 else np.float32
    _check(density, tissue, course, [from_d, *at_d])
    field = Field(tissue.conductance(cells.grey_share, kind), density)
    shares: dict[int, Array] = {}
    found: list[Array] = []
    now = from_d
    for time, what, index in _events(course, from_d, at_d):
        field.advance(
            diffusion=cells.diffusion_mm2_per_d,
            rate_per_d=cells.rate_per_d,
            duration_d=time - now,
            step_d=step_d,
            decays=[d.at(now) for d in course.drugs if d.time_d <= now],
        )
        now = time
        if what == _IMAGE:
            found.append(field.values)
        elif what == _FRACTION:
            dose = course.fractions[index].dose_gy
            if id(dose) not in shares:
                shares[id(dose)] = cells.surviving(dose)
            field.scale(shares[id(dose)])
    return found


def excess_speed(tissue: Tissue, cells: Cells) -> tuple[float, float, float]:
    """By which share a plane front in white matter runs too fast along each axis of the voxels."""
    x, y, z = (
        faces.excess_speed(
            rate_per_d=cells.rate_per_d,
            diffusion_mm2_per_d=cells.diffusion_mm2_per_d,
            spacing_mm=h,
        )
        for h in tissue.spacing_mm
    )
    return x, y, z


def seeded(
    tissue: Tissue, *, at_voxel: Sequence[float], width_mm: float, peak: float = 1.0
) -> NDArray[np.float32]:
    """A round tumour: the density falls from its `peak` as a normal density of that width."""
    if not (0 <= peak <= 1 and width_mm > 0):
        raise InvalidInputError(f"A peak is 0 to 1 and a width above 0, got {peak}, {width_mm}.")
    axes = [
        (np.arange(n) - c) * h
        for n, c, h in zip(tissue.inside.shape, at_voxel, tissue.spacing_mm, strict=True)
    ]
    x, y, z = np.meshgrid(*axes, indexing="ij", sparse=True)
    density = peak * np.exp(-(x**2 + y**2 + z**2) / (2.0 * width_mm**2))
    return np.where(tissue.inside, density, 0.0).astype(np.float32)


def _events(course: Course, from_d: float, at_d: Sequence[float]) -> list[tuple[float, int, int]]:
    """(time, what, which) in order; images before fractions before drugs."""
    found = [(t, _IMAGE, i) for i, t in enumerate(at_d)]
    found += [(f.time_d, _FRACTION, i) for i, f in enumerate(course.fractions)]
    found += [(d.time_d, _DRUG, i) for i, d in enumerate(course.drugs)]
    last = (at_d[-1], _IMAGE, len(at_d))
    return sorted(e for e in found if e[0] >= from_d and e <= last)


def _check(density: Array, tissue: Tissue, course: Course, times: list[float]) -> None:
    if density.shape != tissue.inside.shape:
        raise InvalidInputError(
            f"The tissue is {tissue.inside.shape}, the density {density.shape}; they must agree."
        )
    found = density[tissue.inside]
    if not (np.isfinite(found) & (found >= 0) & (found <= 1 + ROUNDING)).all():
        raise InvalidInputError("A density is a share of the largest, from 0 to 1.")
    if len(times) < 2 or not (np.isfinite(times).all() and (np.diff(times) >= 0).all()):
        raise InvalidInputError(f"Times of images follow the start in order, got {times} d.")
    shapes = {np.shape(f.dose_gy) for f in course.fractions} - {()}
    if shapes - {tissue.inside.shape}:
        raise InvalidPlanError(
            f"The tissue is {tissue.inside.shape}, a dose map is not. Bring doses to its voxels."
        )
