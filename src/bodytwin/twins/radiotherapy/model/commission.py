r"""Which pencil beam gives the doses that were measured in a tank of water?

Depth doses, profiles and output factors y of two or more fields are fitted at once:

.. math::
    \min_{\theta}\, \min_{c \ge 0}\, \sum_i
      \frac{(D_i(\theta, c) - y_i)^2}{w_i^2},
    \qquad w_i^2 = (p\, y^{\mathrm{axis}}_i)^2 + (\delta\, |\nabla y_i|)^2               \tag{1}

The dose D of `commission_water` is linear in the strengths c of its bells, which non-negative least
squares find for every :math:`\theta` (attenuation, three depth terms, penumbra and edge along two
axes, open fluence). A misfit counts as a share p of the dose on the axis, and less where dose
falls steeply, as a shift of :math:`\delta` explains it: the two ways in which a beam is accepted.

Output factors need no term of their own: what the head scatters is a wide bell of the fluence, that
a small field catches less of. One size of field cannot tell depth from width, so two are needed.

Kernels are measured at one distance of source and surface. To others they are carried as they lie
in the patient: a bell keeps its millimetres in water and so is narrower in the plane of the
isocentre as the surface goes away.

Source of the separation of linear and other unknowns: Golub & Pereyra 1973, SIAM J Numer Anal
10:413, doi 10.1137/0710036.

Not for: fields much larger than the largest measured; wedges; electrons; a patient, before the
physicist of the machine has checked it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares, nnls

from bodytwin.errors import InvalidInputError, MisfitError, MissingDataError, NumericalError
from bodytwin.twins.radiotherapy.model.commission_water import (
    BELLS_MM,
    KNOTS_MM,
    Points,
    Shape,
    terms_of,
)
from bodytwin.twins.radiotherapy.model.pencil import FINE_MM, FWHM, PencilBeam

Array = NDArray[np.float64]
SKIN_MM = 3.0
"""Shallower, what is measured is electrons of the head and the chamber itself: not fitted."""
DEPTH_SHARE, PROFILE_SHARE = 0.004, 0.010
DEPTH_SHIFT_MM, PROFILE_SHIFT_MM = 1.0, 0.6
"""p and delta of equation (1); a depth may shift only before the maximum."""
POINTS_OF_A_PROFILE = 50.0
"""How much one profile weighs beside a depth dose, however many points it has."""
REACH_MM = 120.0
NEAR_MM, NEAR_STEP_MM = 12.0, 0.1
"""Up to where and how finely narrow bells are tabulated: kernels are read in straight lines."""
WORST = 3.0
"""A root mean square of the misfits of (1) above which no machine is given."""
AT_DEPTH_MM = 100.0
SURFACES_MM = np.arange(600.0, 1151.0, 50.0)
START = np.log([0.009, 0.28, 0.02, 0.0038, 2.0, 2.0])
PULL = 0.02
"""How weakly unknowns are held to where they start, so that none wanders where nothing tells."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Profile:
    """Dose (n,) in any unit at places (n,) across, at one depth; the axis is at 0."""

    depth_mm: float
    place_mm: Array
    dose: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Field:
    """What was measured of one open field: its sides along x and z, its depth dose and profiles.

    `output` is the dose at the reference depth over that of the reference field.
    """

    sides_mm: tuple[float, float]
    output: float
    depth_mm: Array
    depth_dose: Array
    along_x: tuple[Profile, ...] = ()
    along_z: tuple[Profile, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """Open fields in a tank whose surface lies `surface_mm` from the source."""

    name: str
    surface_mm: float
    reference_depth_mm: float
    fields: tuple[Field, ...]
    axis_distance_mm: float = 1000.0

    def __post_init__(self) -> None:
        if len({f.sides_mm for f in self.fields}) < 2:
            raise MissingDataError(
                "At least two sizes of field are needed to tell depth from width. Add a field."
            )
        for along in ("along_x", "along_z"):
            if not any(getattr(f, along) for f in self.fields):
                raise MissingDataError(f"No profile {along.replace('_', ' ')} is there. Add one.")
        for f in self.fields:
            _checked(f, self.reference_depth_mm)
        if not float(SURFACES_MM[0]) <= self.surface_mm <= float(SURFACES_MM[-1]):
            raise InvalidInputError(
                f"The surface of the tank is {SURFACES_MM[0]:g} to {SURFACES_MM[-1]:g} mm from "
                f"the source, got {self.surface_mm:g} mm."
            )


def commissioned(measured: Measured) -> PencilBeam:
    """The machine, of which an open reference field leaves one unit of dose at the reference.

    Raises:
        MisfitError: the model does not describe what was measured.
        NumericalError: the strengths of the bells were not found.

    """
    rows = list(_rows(measured))

    def misfit(unknown: Array) -> Array:
        off, _ = _solved(rows, _shape(unknown))
        return np.append(off, PULL * unknown)

    found = least_squares(misfit, np.zeros(len(START) + 4), diff_step=1e-3, max_nfev=40)
    shape = _shape(found.x)
    off, strength = _solved(rows, shape)
    size = float(np.sqrt((off**2).sum() / sum(r.weight.sum() for r in rows)))
    if size > WORST:
        raise MisfitError(
            f"The pencil beam misses the measurements by {size:.1f} times what is allowed "
            f"({WORST:g}). Check the sides of the fields, their axes, and the distance of the tank."
        )
    return _machine(measured, shape, strength)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Rows:
    """One scan: `weight` (n,) sums to how many measurements it counts for."""

    points: Points
    sides_mm: tuple[float, float]
    dose: Array
    allowed: Array
    weight: Array


def _rows(measured: Measured) -> Iterator[_Rows]:
    """All scans, in units of the dose of the reference field at the reference depth."""
    for f in measured.fields:
        depth, dose = f.depth_mm, f.depth_dose
        unit = float(np.interp(measured.reference_depth_mm, depth, dose)) / f.output
        kept = depth >= SKIN_MM
        d, y = depth[kept], dose[kept] / unit
        rising = d < d[np.argmax(y)]
        allowed = np.hypot(DEPTH_SHARE * y, DEPTH_SHIFT_MM * np.gradient(y, d) * rising)
        at = Points(
            depth_mm=d,
            x_mm=0.0 * d,
            z_mm=0.0 * d,
            surface_mm=measured.surface_mm,
            axis_distance_mm=measured.axis_distance_mm,
        )
        yield _Rows(points=at, sides_mm=f.sides_mm, dose=y, allowed=allowed, weight=np.ones(len(d)))
        for profiles, axis in ((f.along_x, 0), (f.along_z, 1)):
            for p in profiles:
                on_axis = float(np.interp(p.depth_mm, depth, dose)) / unit
                yield _profile(measured, f, p, axis=axis, on_axis=on_axis)


def _profile(measured: Measured, f: Field, p: Profile, *, axis: int, on_axis: float) -> _Rows:
    y = p.dose / float(np.interp(0.0, p.place_mm, p.dose)) * on_axis
    n, nothing = len(y), np.zeros(len(y))
    steep = np.gradient(y, p.place_mm)
    return _Rows(
        points=Points(
            depth_mm=np.full(n, p.depth_mm),
            x_mm=nothing if axis else p.place_mm,
            z_mm=p.place_mm if axis else nothing,
            surface_mm=measured.surface_mm,
            axis_distance_mm=measured.axis_distance_mm,
        ),
        sides_mm=f.sides_mm,
        dose=y,
        allowed=np.hypot(PROFILE_SHARE * on_axis, PROFILE_SHIFT_MM * steep),
        weight=np.full(n, POINTS_OF_A_PROFILE / n),
    )


def _shape(unknown: Array) -> Shape:
    """From unknowns of about one: logarithms, millimetres of edge, shares of fluence."""
    rates = np.exp(START + 0.2 * unknown[:6])
    m, beta = rates[0], rates[1:4]
    apart = np.where(np.abs(beta - m) < 1e-3 * m, 1e-3 * m, 0.0)
    return Shape(
        m_per_mm=float(m),
        betas_per_mm=beta + apart,
        sigma_mm=rates[4:6],
        edge_mm=0.2 * unknown[6:8],
        open_fluence=1.0 + 0.02 * unknown[8:10],
    )


def _solved(rows: list[_Rows], shape: Shape) -> tuple[Array, Array]:
    """Weighted misfits, and the strengths (3, bells) that make them least."""
    parts = [terms_of(r.points, sides_mm=r.sides_mm, shape=shape) for r in rows]
    scale = [np.sqrt(r.weight) / r.allowed for r in rows]
    matrix = np.concatenate([p * s[:, None] for p, s in zip(parts, scale, strict=True)])
    wanted = np.concatenate([r.dose * s for r, s in zip(rows, scale, strict=True)])
    length = np.linalg.norm(matrix, axis=0)
    try:
        strength, _ = nnls(matrix / length, wanted, maxiter=50 * len(length))
    except RuntimeError:
        raise NumericalError(
            "The strengths of the kernels were not found. Check the measurements for outliers."
        ) from None
    return matrix @ (strength / length) - wanted, (strength / length).reshape(3, -1)


def _machine(measured: Measured, shape: Shape, strength: Array) -> PencilBeam:
    radius = np.append(
        np.arange(0.0, NEAR_MM, NEAR_STEP_MM), np.arange(NEAR_MM, REACH_MM + FINE_MM, FINE_MM)
    )
    shrunk = (measured.surface_mm + AT_DEPTH_MM) / (SURFACES_MM + AT_DEPTH_MM)
    width = BELLS_MM * shrunk[:, None]
    bells = np.exp(-0.5 * (radius / width[..., None]) ** 2) / (2.0 * np.pi * width[..., None] ** 2)
    along_x, along_z = (float(FWHM * s) for s in shape.sigma_mm)
    return PencilBeam(
        name=measured.name,
        m_per_mm=shape.m_per_mm,
        betas_per_mm=shape.betas_per_mm,
        penumbra_mm=along_x,
        penumbra_z_mm=along_z,
        open_fluence=np.column_stack([KNOTS_MM, np.append(1.0, shape.open_fluence)]),
        edge_mm=(float(shape.edge_mm[0]), float(shape.edge_mm[1])),
        surface_mm=SURFACES_MM,
        radius_mm=radius,
        kernels=np.einsum("kj,sjr->skr", strength, bells) * FINE_MM**2,
        reach_mm=REACH_MM,
    )


def _checked(f: Field, reference_depth_mm: float) -> None:
    scans = [(f.depth_mm, f.depth_dose)] + [(p.place_mm, p.dose) for p in f.along_x + f.along_z]
    for place, dose in scans:
        good = len(place) == len(dose) > 2 and np.isfinite(place).all() and np.isfinite(dose).all()
        if not (good and (np.diff(place) > 0).all() and (dose > 0).all()):
            raise InvalidInputError(
                "A scan has three or more points at growing places with doses above 0. Sort it, "
                "and take the background off."
            )
    low, high = float(f.depth_mm[0]), float(f.depth_mm[-1])
    depths = [reference_depth_mm, *(p.depth_mm for p in f.along_x + f.along_z)]
    if not all(low <= d <= high for d in depths) or not f.output > 0 or min(f.sides_mm) <= 0:
        raise InvalidInputError(
            f"Profiles and the reference lie within the depth dose ({low:g} to {high:g} mm), sides "
            "and output are above 0."
        )
    if any(p.place_mm[0] >= 0 or p.place_mm[-1] <= 0 for p in f.along_x + f.along_z):
        raise InvalidInputError("A profile goes across the axis, which is at 0 mm.")
