r"""Which beamlet weights give this patient the doses that are wished for, and what do they give?

Doses are computed in the voxels of the body on the grid of the image, with the influence of every
beamlet that covers a target (`influence`), and weights are searched for by `optimise`. A plan is
scaled so that 95 % of the target of the highest prescription receive that dose:

.. math::
    x \leftarrow x\, D_p / D_{95}(A x).                                             \tag{1}

On a changed anatomy the dose of given weights is computed without the matrix (`forward`).

Not for: what leaves of a collimator can shape, monitor units, or a plan that is given.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidPlanError
from bodytwin.twins.radiotherapy.model import collapsed_cone
from bodytwin.twins.radiotherapy.model.collapsed_cone_kernels import water_6mv
from bodytwin.twins.radiotherapy.model.dvh import dvh
from bodytwin.twins.radiotherapy.model.forward import dose_of_fluence
from bodytwin.twins.radiotherapy.model.geometry import Beam
from bodytwin.twins.radiotherapy.model.influence import Influence, influence
from bodytwin.twins.radiotherapy.model.merge import Lattice, Merged, merged
from bodytwin.twins.radiotherapy.model.objectives import Objective
from bodytwin.twins.radiotherapy.model.optimise import Effort, Step, optimise
from bodytwin.twins.radiotherapy.model.pencil import PencilBeam
from bodytwin.twins.radiotherapy.model.rows import Rows, rows_of
from bodytwin.twins.radiotherapy.model.trace import Densities
from bodytwin.twins.radiotherapy.model.wanted import Aim, Structure

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
BODY = "body"
COVERED_PERCENT = 95.0
Told = Callable[[str, float], None]


def _silent(_what: str, _share: float) -> None:
    pass


@dataclass(frozen=True, kw_only=True, eq=False)
class Site:
    """Densities, the body, and targets with their prescribed doses over the whole course."""

    densities: Densities
    body: Mask
    regions: Mapping[str, Mask]
    prescribed_gy: Mapping[str, float]

    def __post_init__(self) -> None:
        if not self.prescribed_gy or not set(self.prescribed_gy) <= set(self.regions):
            raise InvalidPlanError("A plan needs a target with a prescribed dose.")
        if not self.regions[self.target][self.body].any():
            raise InvalidPlanError("The target lies outside of the body. Check its delineation.")

    @property
    def target(self) -> str:
        """The target of the highest prescription."""
        return max(self.prescribed_gy, key=lambda name: self.prescribed_gy[name])

    @cached_property
    def cells(self) -> NDArray[np.int64]:
        """Indices (n, 3) of the voxels of the body."""
        return np.argwhere(self.body)

    @cached_property
    def voxels_mm(self) -> Array:
        """Centres (n, 3) of the voxels of the body."""
        affine = self.densities.affine
        return self.cells @ affine[:3, :3].T + affine[:3, 3]

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Length of one step along each axis."""
        x, y, z = np.linalg.norm(self.densities.affine[:3, :3], axis=0)
        return float(x), float(y), float(z)

    @property
    def voxel_cm3(self) -> float:
        """Volume of a voxel."""
        return abs(float(np.linalg.det(self.densities.affine[:3, :3]))) / 1000.0

    @cached_property
    def own(self) -> Mapping[str, Mask]:
        """Voxels (n,) of each region; those of several targets go to the highest prescription."""
        inside = {name: mask[self.body] for name, mask in self.regions.items()}
        taken = np.zeros(len(self.cells), dtype=np.bool_)
        for name in sorted(self.prescribed_gy, key=lambda n: -self.prescribed_gy[n]):
            inside[name] = inside[name] & ~taken
            taken |= inside[name]
        return inside | {BODY: ~taken}

    @property
    def target_mm(self) -> Array:
        """Centres (m, 3) of the voxels of all targets."""
        return self.voxels_mm[~self.own[BODY]]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """An objective for a region by its name, or for all of the body but the targets."""

    region: str
    objective: Objective
    priority: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Planned:
    """Weights (beamlets,) of the beamlets of some beams, and the dose (n,) of the whole course."""

    beams: tuple[Beam, ...]
    beam: NDArray[np.int32]
    beamlets_mm: Array
    weights: Array
    dose_gy: Array
    iterations: int
    stopped: bool


@dataclass(frozen=True, kw_only=True)
class Arrangement:
    """Beams at equal angles around the middle of the targets."""

    beams: int = 9
    beamlet_mm: float = 5.0
    first_deg: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= self.beams <= 72 or not 2.0 <= self.beamlet_mm <= 20.0:
            raise InvalidPlanError(
                f"A plan has 1 to 72 beams with beamlets of 2 to 20 mm, got {self.beams} and "
                f"{self.beamlet_mm:g} mm."
            )

    def around(self, site: Site) -> tuple[Beam, ...]:
        """The beams."""
        x, y, z = (float(v) for v in site.target_mm.mean(axis=0))
        return tuple(
            Beam(
                gantry_deg=(self.first_deg + 360.0 * k / self.beams) % 360.0,
                isocentre_mm=(x, y, z),
                beamlet_mm=self.beamlet_mm,
            )
            for k in range(self.beams)
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Prepared:
    """All that plans of one site with the same beams share: influence, rows and merged rows."""

    site: Site
    beams: tuple[Beam, ...]
    influence: Influence
    rows: Rows
    merged: Merged
    structures: Mapping[str, Structure]


def prepared(
    site: Site,
    regions: Iterable[str],
    machine: PencilBeam,
    *,
    beams: Sequence[Beam],
    told: Told = _silent,
) -> Prepared:
    """What plans need whose wishes are for `regions` only; `told` may raise to stop.

    Raises:
        InvalidPlanError: a region that is not there.

    """
    structures = _structures(site, regions)
    told("Tracing beams", 0.0)
    found = influence(
        beams, site.densities, machine, voxels_mm=site.voxels_mm, target_mm=site.target_mm
    )
    told("Merging voxels far from everything", 0.8)
    rows = rows_of(found.matrix)
    lattice = Lattice(voxel=site.cells, spacing_mm=site.spacing_mm)
    few = merged(rows, lattice, tuple(structures.values()))
    return Prepared(
        site=site,
        beams=tuple(beams),
        influence=found,
        rows=rows,
        merged=few,
        structures=structures,
    )


def plan(
    ready: Prepared,
    wishes: Sequence[Wish],
    *,
    like: Planned | None = None,
    effort: Effort | None = None,
    told: Told = _silent,
) -> Planned:
    """The plan that meets the wishes best; `told` hears what is done and may raise to stop.

    The search begins at the weights of a plan `like` it, of the same beams, where there is one.

    Raises:
        InvalidPlanError: a wish for a region that was not prepared.

    """
    strange = {w.region for w in wishes} - set(ready.structures)
    if strange:
        raise InvalidPlanError(
            f"Wishes are for the regions that were prepared: {', '.join(ready.structures)}."
        )
    how = effort or Effort()
    most = how.merged_iterations + how.finish_iterations

    def watch(step: Step) -> bool:
        told(f"Optimising on {step.stage}", min(1.0, step.iteration / most))
        return True

    done = optimise(
        ready.rows,
        [Aim(ready.structures[w.region], w.objective, w.priority) for w in wishes],
        few=ready.merged,
        start=None if like is None else like.weights,
        effort=how,
        watch=watch,
    )
    scale = _scale(ready.site, done.dose_gy)
    return Planned(
        beams=ready.beams,
        beam=ready.influence.beam,
        beamlets_mm=ready.influence.beamlets_mm,
        weights=done.weight * scale,
        dose_gy=done.dose_gy * scale,
        iterations=done.iterations,
        stopped=done.stopped,
    )


def given_to(site: Site, made: Planned, machine: PencilBeam, *, told: Told) -> Array:
    """The dose (n,) that the weights of a plan give to another anatomy."""
    total = np.zeros(len(site.cells))
    for k, beam in enumerate(made.beams):
        told("Computing the dose on this anatomy", k / len(made.beams))
        own = made.beam == k
        total += dose_of_fluence(
            beam,
            site.densities,
            machine,
            voxels_mm=site.voxels_mm,
            beamlets_mm=made.beamlets_mm[own],
            weights=made.weights[own],
        )
    return total


def by_cones(site: Site, made: Planned, *, told: Told) -> Array:
    """The dose (n,) of a plan by collapsed cones, which see lung, air and bone as they are."""
    total = np.zeros(len(site.cells))
    photons = water_6mv()
    for k, beam in enumerate(made.beams):
        told("Computing the dose by collapsed cones", k / len(made.beams))
        own = made.beam == k
        total += collapsed_cone.dose_of_fluence(
            beam,
            site.densities,
            photons,
            voxels_mm=site.voxels_mm,
            beamlets_mm=made.beamlets_mm[own],
            weights=made.weights[own],
        )
    return total


def moved(made: Planned, by_mm: tuple[float, float, float]) -> Planned:
    """The plan with its isocentre moved relative to the patient."""

    def one(beam: Beam) -> Beam:
        x, y, z = (a + b for a, b in zip(beam.isocentre_mm, by_mm, strict=True))
        return replace(beam, isocentre_mm=(x, y, z))

    return replace(made, beams=tuple(one(b) for b in made.beams))


def covered_gy(site: Site, dose_gy: Array) -> float:
    """D95 of the target of the highest prescription."""
    own = dose_gy[site.own[site.target]]
    return dvh(own, np.full(len(own), site.voxel_cm3)).dose_at_gy(COVERED_PERCENT)


def _scale(site: Site, dose_gy: Array) -> float:
    """Equation (1)."""
    reached = covered_gy(site, dose_gy)
    if not reached > 0.0:
        raise InvalidPlanError("No beam reaches the target: its dose is zero.")
    return site.prescribed_gy[site.target] / reached


def _structures(site: Site, regions: Iterable[str]) -> dict[str, Structure]:
    found: dict[str, Structure] = {}
    for region in regions:
        if region not in site.own:
            raise InvalidPlanError(
                f"There is no region of that name. There are: {', '.join(site.own)}."
            )
        found[region] = Structure(region, np.flatnonzero(site.own[region]), fine=region != BODY)
    return found
