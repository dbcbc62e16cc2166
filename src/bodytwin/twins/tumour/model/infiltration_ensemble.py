r"""What does an image say about how far a tumour has infiltrated, and how it will go on?

Members of an ensemble are tumours, each with its own density u and cells. An image is compared
with what each member foretells and the members are recombined (`ensemble_transform`), in

.. math::
    z = \big(\ln \tfrac{u}{1 - u}, \; \ln D_w, \; \ln \rho, \; \ln \alpha\big),     \tag{1}

so that densities stay between 0 and 1 and rates above 0, and so that a front that should stand
farther on is moved there: ahead of a front :math:`\ln u` falls steadily. Densities below 1e-30
count as 1e-30, and above 1 - 6e-8 as that.

What is seen is either volumes above thresholds of detection, compared as radii of spheres (which
grow steadily and may be nought), or the density itself, averaged over cubes so large that their
errors are independent.

Source: numbers of thresholds in data/infiltration.toml. Not for: two tumours grown together
into one, what lies far from anything that was seen, or a posterior in several pieces.
"""

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from math import ceil
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.numerics.inference.ensemble_transform import transform
from bodytwin.twins.tumour.model.infiltration import STEP_D, Cells, Course, Tissue, grown

Array = NDArray[np.float64]
Single = NDArray[np.float32]
_LEARNT = ("diffusion_mm2_per_d", "rate_per_d", "alpha_per_gy")
_LEAST, _MOST = np.float32(1e-30), np.float32(1.0 - 6e-8)


@dataclass(frozen=True, kw_only=True, eq=False)
class Ensemble:
    """k tumours of equal weight at one time: `density` (k, nx, ny, nz) and `cells`, k of them."""

    density: Single
    cells: tuple[Cells, ...]
    time_d: float

    def __post_init__(self) -> None:
        if self.density.ndim != 4 or len(self.density) != len(self.cells):
            raise InvalidInputError(
                f"{len(self.cells)} kinds of cells need as many densities on three axes, "
                f"got {self.density.shape}."
            )

    def drawn(self, name: str) -> Array:
        """A number of the cells by its name, (k,)."""
        return np.array([getattr(c, name) for c in self.cells], dtype=np.float64)


class Seen(Protocol):
    """An image: p numbers with the variance of their errors, and what a density would show."""

    @property
    def observed(self) -> Array:
        """What was seen, (p,)."""
        ...

    @property
    def variance(self) -> Array:
        """Variance of its error, (p,)."""
        ...

    def foretold(self, density: Single, tissue: Tissue) -> Array:
        """What a tumour (nx, ny, nz) would show, (p,)."""
        ...


@dataclass(frozen=True, kw_only=True)
class Volumes:
    """Volumes above thresholds of density; the errors are those of the radii of equal spheres."""

    volumes_ml: tuple[float, ...]
    thresholds: tuple[float, ...]
    sd_mm: tuple[float, ...]

    def __post_init__(self) -> None:
        if not len(self.volumes_ml) == len(self.thresholds) == len(self.sd_mm) > 0:
            raise InvalidInputError("Each volume needs a threshold and the error of its radius.")
        if min(self.volumes_ml) < 0 or min(self.sd_mm) <= 0:
            raise InvalidInputError("A volume is 0 ml or more, the error of a radius above 0 mm.")

    @property
    def observed(self) -> Array:
        """Radii that were seen in mm, (p,)."""
        return radius_mm(np.array(self.volumes_ml))

    @property
    def variance(self) -> Array:
        """Variance of their errors in mm2, (p,)."""
        return np.square(np.array(self.sd_mm))

    def foretold(self, density: Single, tissue: Tissue) -> Array:
        """Radii that a density would show, (p,)."""
        return radius_mm(np.array([tissue.volume_ml(density, above=t) for t in self.thresholds]))


@dataclass(frozen=True, kw_only=True, eq=False)
class DensityMap:
    """A map of the density (nx, ny, nz), averaged over cubes of `cube_mm`, each with error `sd`."""

    density: NDArray[np.floating]
    tissue: Tissue
    cube_mm: float
    sd: float

    @property
    def observed(self) -> Array:
        """Means over the cubes that hold brain, (p,)."""
        return self.foretold(self.density.astype(np.float32), self.tissue)

    @property
    def variance(self) -> Array:
        """Variance of their errors, (p,)."""
        return np.full(len(self.observed), self.sd**2)

    def foretold(self, density: Single, tissue: Tissue) -> Array:
        """Means of a density over the same cubes, (p,)."""
        cubes = _cubes(tissue, self.cube_mm)
        total = np.bincount(cubes, weights=density[tissue.inside].astype(np.float64))
        count = np.bincount(cubes)
        return total[count > 0] / count[count > 0]


def radius_mm(volume_ml: Array) -> Array:
    """Radius of a sphere of that volume."""
    return np.cbrt(3000.0 * volume_ml / (4.0 * np.pi))


@cache
def detection() -> tuple[float, float]:
    """Densities at the edge of what enhances on T1, and of what is bright on T2 or FLAIR."""
    path = files("bodytwin.twins.tumour") / "data" / "infiltration.toml"
    found = tomllib.loads(path.read_text(encoding="utf-8"))["detection"]
    return float(found["enhancing"]), float(found["oedema"])


def forecast(
    ensemble: Ensemble, tissue: Tissue, course: Course, *, until_d: float, step_d: float = STEP_D
) -> Ensemble:
    """Every member followed to a later time, before what is given then."""
    density = np.empty_like(ensemble.density)
    for i, cells in enumerate(ensemble.cells):
        density[i] = grown(
            ensemble.density[i], tissue, cells, course,
            at_d=(until_d,), from_d=ensemble.time_d, step_d=step_d,
        )[0]  # fmt: skip
    return replace(ensemble, density=density, time_d=until_d)


def updated(ensemble: Ensemble, tissue: Tissue, image: Seen, *, inflation: float = 1.0) -> Ensemble:
    """The ensemble once an image of the same time was seen; variances are inflated before.

    Raises:
        InvalidInputError: fewer than two members, or an inflation below 1.

    """
    foretold = np.array([image.foretold(u, tissue) for u in ensemble.density])
    found = transform(
        foretold, observed=image.observed, covariance=image.variance, inflation=inflation
    )
    density = np.zeros_like(ensemble.density)
    density[:, tissue.inside] = _density(found.of(_logit(ensemble.density[:, tissue.inside])))
    learnt = [n for n in _LEARNT if (ensemble.drawn(n) > 0).all()]
    drawn = np.exp(found.of(np.log(np.array([ensemble.drawn(n) for n in learnt]).T)))
    cells = tuple(
        replace(c, **dict(zip(learnt, map(float, row), strict=True)))
        for c, row in zip(ensemble.cells, drawn, strict=True)
    )
    return replace(ensemble, density=density, cells=cells)


def _logit(density: Single) -> Single:
    u = np.clip(density, _LEAST, _MOST)
    return np.log(u) - np.log1p(-u)


def _density(logit: Single) -> Single:
    """Back again, with what would be below 1e-30 as nothing."""
    with np.errstate(over="ignore"):
        u = 1.0 / (1.0 + np.exp(-logit))
    return np.where(u > 2.0 * _LEAST, u, 0.0).astype(np.float32)


def _cubes(tissue: Tissue, cube_mm: float) -> NDArray[np.int64]:
    """Which cube each voxel inside lies in, (n,)."""
    if not cube_mm > 0:
        raise InvalidInputError(f"A cube has an edge above 0 mm, got {cube_mm:g}.")
    places = np.argwhere(tissue.inside)
    at = (places * np.array(tissue.spacing_mm) // cube_mm).astype(np.int64)
    shape = [
        ceil(n * h / cube_mm) for n, h in zip(tissue.inside.shape, tissue.spacing_mm, strict=True)
    ]
    return np.asarray(np.ravel_multi_index(tuple(at.T), tuple(shape)), dtype=np.int64)
