r"""How far do uterus and cervix stretch under what presses within, and what does the cervix bear?

Ultrasound sees the solid loaded. Its shape without the load is found first (`numerics.solid`,
`unloaded`), for the tissue and pressure that are assumed; stretch counts from there:

.. math::
    \lambda = \text{largest singular value of } F.                                       \tag{1}

The pressure is what the fluid has above the abdomen around the uterus, a share of what it has above
the top of the abdomen. It follows the lining of the cavity; the canal is closed and bears none.
Abdominal wall, spine and pelvis are springs at the outer surface. The force that the cervix takes
over at the internal os, along its canal, is that of its own elements on the nodes that they share
with the uterus; its share is counted against the pressure across the wall on the widest section of
the cavity:

.. math::
    s = \frac{|d \cdot \sum_{a} R_a|}{p\, \pi D_{ap} D_t / 4}.                           \tag{2}

Source: made for this twin; the idea of such a model is that of Westervelt et al. 2017, J Biomech
Eng 139:051004.
Largest stretches and stresses are not among the numbers: they lie at edges and change with the
mesh.

Not for: contractions, the fetus in the wall, membranes, tears; no quantity of it has been
validated on outcomes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import require_positive
from bodytwin.numerics import solid
from bodytwin.numerics.solid import field
from bodytwin.numerics.solid.equations import Equations
from bodytwin.numerics.solid.newton import Step, silent
from bodytwin.twins.pregnancy.model.meshing import Uterus
from bodytwin.twins.pregnancy.model.tissue import Tissue

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
BACK = ("back", "pelvis", "ligaments", "cervix_outer")
FRONT = ("front", "fundus")


@dataclass(frozen=True, kw_only=True)
class Load:
    """The tissue of a week and the pressure within, above that at the top of the abdomen."""

    tissue: Tissue
    week: float
    pressure_kpa: float

    def __post_init__(self) -> None:
        require_positive(pressure_kpa=self.pressure_kpa, week=self.week)

    @property
    def across_kpa(self) -> float:
        """What the wall bears of the pressure within."""
        return self.tissue.borne_share * self.pressure_kpa


@dataclass(frozen=True, eq=False)
class Loaded:
    """A uterus `as_seen`, its body `at_rest`, and the displacement (n, 3) that `load` makes."""

    as_seen: Uterus
    at_rest: solid.Body
    load: Load
    displacement_mm: Array

    @property
    def positions_mm(self) -> Array:
        """Where the nodes are under the load, (n, 3)."""
        return self.at_rest.mesh.positions_mm + self.displacement_mm

    @property
    def stretch(self) -> Array:
        """Equation (1) at the quadrature points, (m, 27)."""
        return field.stretches(self.at_rest.mesh, self.displacement_mm)[..., 2]


@dataclass(frozen=True, kw_only=True)
class Readings:
    """What a loaded uterus says in numbers; stretches are means over a region's volume.

    `os_share` is equation (2). `shortening_mm` is by how much the closed part of the canal is
    shorter than at rest, `os_mm` how wide its inner end is, and `os_rest_mm` was at rest.
    """

    internal_os: float
    cervix: float
    uterus: float
    os_share: float
    shortening_mm: float
    os_mm: float
    os_rest_mm: float


def seen_under(uterus: Uterus, load: Load, *, on_step: Callable[[Step], None] = silent) -> Loaded:
    """The shape at rest that `load` turns into the shape seen.

    Raises NumericalError with the share of the load that could be taken away and why not more.
    """
    found = solid.unloaded(
        _body(uterus, load), _loads(uterus, load), _held(uterus), on_step=on_step
    )
    return Loaded(uterus, found.body, load, found.displacement_mm)


def loaded_by(
    before: Loaded,
    load: Load,
    *,
    more: Sequence[solid.Load] = (),
    on_step: Callable[[Step], None] = silent,
) -> Loaded:
    """The same shape at rest under another load, which may have other tissue too, and `more`.

    Raises NumericalError with the share of the load that could be borne and why not more.
    """
    uterus, rest = before.as_seen, before.at_rest
    made = _body(uterus, load, mesh=rest.mesh, axes=rest.axes)
    found = solid.solve(
        made, [*_loads(uterus, load), *more], _held(uterus), start_mm=before.displacement_mm,
        on_step=on_step,
    )  # fmt: skip
    return Loaded(uterus, made, load, found.displacement_mm)


def pressed_by(before: Loaded, bodies: Sequence[solid.Contact], *, depth_mm: float) -> Loaded:
    """The same under the same load, against rigid bodies that no point enters by `depth_mm`.

    Raises NumericalError where no equilibrium was found.
    """
    uterus, load, rest = before.as_seen, before.load, before.at_rest
    found = solid.rest(
        rest, _loads(uterus, load), _held(uterus), bodies, depth_mm=depth_mm,
        start_mm=before.displacement_mm,
    )  # fmt: skip
    return Loaded(uterus, rest, load, found.solution.displacement_mm)


def readings(of: Loaded) -> Readings:
    """The numbers of one loaded uterus."""
    stretch, weight = of.stretch, of.at_rest.mesh.geometry.weight_mm3
    region = of.as_seen.regions

    def mean(name: str) -> float:
        at = region[name]
        return float((stretch[at] * weight[at]).sum() / weight[at].sum())

    now_mm, os_mm, _ = _canal(of.as_seen, of.positions_mm)
    rest_mm, os_rest_mm, _ = _canal(of.as_seen, of.at_rest.mesh.positions_mm)
    return Readings(
        internal_os=mean("internal_os"),
        cervix=mean("cervix"),
        uterus=mean("uterus"),
        os_share=_os_share(of),
        shortening_mm=rest_mm - now_mm,
        os_mm=os_mm,
        os_rest_mm=os_rest_mm,
    )


def _body(
    uterus: Uterus, load: Load, *, mesh: solid.Mesh | None = None, axes: Array | None = None
) -> solid.Body:
    law_of = np.zeros(len(uterus.mesh.cells), dtype=np.int64)
    law_of[uterus.regions["cervix"]] = 1
    return solid.body(
        uterus.mesh if mesh is None else mesh,
        (load.tissue.uterus(), load.tissue.cervix(week=load.week)),
        bulk_kpa=load.tissue.bulk_kpa(),
        law_of=law_of,
        axes=uterus.axes if axes is None else axes,
    )


def _loads(uterus: Uterus, load: Load) -> list[solid.Load]:
    held = [(FRONT, load.tissue.front_kpa_per_mm), (BACK, load.tissue.back_kpa_per_mm)]
    springs = [solid.Support(uterus.surfaces[n], k) for names, k in held for n in names]
    return [solid.Pressure(uterus.surfaces["cavity"], load.across_kpa), *springs]


def _held(uterus: Uterus) -> list[solid.Held]:
    return [solid.Held(np.flatnonzero(uterus.mesh.positions_mm[:, 0] == 0.0), 0)]


def _canal(uterus: Uterus, positions_mm: Array) -> tuple[float, float, Array]:
    """Length and inner width of the canal in mm, and its direction (3,), from its own nodes."""
    ring = positions_mm[uterus.plate.os_ring]
    faces = uterus.surfaces["canal"]
    ends = np.intersect1d(faces, uterus.surfaces["external_os"])
    first, last = ring.mean(axis=0), positions_mm[ends].mean(axis=0)
    first[0] = last[0] = 0.0
    way = last - first
    off = ring - first
    width = 2 * float(np.linalg.norm(off, axis=1).mean())
    length = float(np.linalg.norm(way))
    return length, width, way / length


def _os_share(of: Loaded) -> float:
    uterus, whole = of.as_seen, of.at_rest
    cervix = uterus.regions["cervix"]
    part = solid.Body(
        mesh=solid.Mesh(whole.mesh.positions_mm, whole.mesh.cells[cervix]),
        laws=whole.laws,
        law_of=whole.law_of[cervix],
        bulk_kpa=whole.bulk_kpa[cervix],
        axes=whole.axes[cervix],
        active_kpa=whole.active_kpa[cervix],
    )
    equations = Equations(part, [], [])
    state = equations.settled(of.displacement_mm.reshape(-1), share=1.0)
    force = equations.balance(state, share=1.0, stiff=False).residual_mn.reshape(-1, 3)
    others = np.setdiff1d(np.arange(len(whole.mesh.cells)), cervix)
    shared = np.intersect1d(whole.mesh.cells[cervix], whole.mesh.cells[others])
    _, _, way = _canal(uterus, of.positions_mm)
    m = uterus.measures
    sides = 1 if len(uterus.surfaces["symmetry"]) == 0 else 2
    section = pi / 4 * m.anterior_posterior_mm * m.transverse_mm
    along = sides * abs(float(force[shared].sum(axis=0) @ way))
    return along / (of.load.across_kpa * section)
