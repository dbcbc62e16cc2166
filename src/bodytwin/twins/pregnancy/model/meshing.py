r"""What mesh can the mechanics of this woman's uterus and cervix be computed on?

The nodes of `template` are put where `sweep` says. Fibres have, at each quadrature point, f around
the cavity or canal, s along it and n through the wall. Collagen of the cervix runs round its canal,
in the outer zone and near the internal os most (Yao et al. 2016, PLoS ONE 11:e0166709; Nott et al.
2018, BJOG 125:812); muscle of the uterus around and along (Fiocchi et al. 2012, Br J Radiol
85:e1009). The law of the tissue lays its families at angles from f towards s.

The scaled Jacobian is

.. math::
    J_s = \frac{\det J}{|J_1| |J_2| |J_3|},                                              \tag{1}

1 for a brick, 0 where an element folds.

Source: the works on fibres above (abstracts read); the mesh was made for this twin.
Not for: the inner zone of the cervix, whose fibres run along the canal.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import NumericalError
from bodytwin.numerics.solid import Mesh, element
from bodytwin.twins.pregnancy.model.measures import Measures
from bodytwin.twins.pregnancy.model.shape import Shape
from bodytwin.twins.pregnancy.model.sweep import placed
from bodytwin.twins.pregnancy.model.template import (
    Counts,
    Template,
    half_template,
    in_plane,
    whole_template,
)

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
_ENDS = np.array([[i, j, k] for k in (-1.0, 1.0) for j in (-1.0, 1.0) for i in (-1.0, 1.0)])
_CHECKED_SLOPE = np.concatenate([element.VOLUME_SLOPE, element.shapes(_ENDS)[1]])


@dataclass(frozen=True, eq=False)
class Uterus:
    """A mesh with named surfaces (faces of nine nodes, (f, 9)) and regions (elements, (m,)).

    Surfaces: `cavity` (lined by the membranes), `canal`, `outer` and its parts `fundus`, `front`,
    `pelvis` (the front of the lower segment), `back`, `ligaments` (round the internal os, where the
    cardinal and uterosacral hold) and `cervix_outer`; `external_os`; `symmetry`, empty in a whole
    uterus. Regions: `uterus`, its part `lower_segment`, `cervix`, its part `internal_os`.
    `plate.os_ring` names the nodes where the
    canal begins. `axes` (m, 27, 3, 3) has f, s and n in its rows.
    """

    measures: Measures
    mesh: Mesh
    plate: Template

    @property
    def surfaces(self) -> dict[str, Ints]:
        """Faces of each surface, by its name."""
        return self.plate.surfaces

    @property
    def regions(self) -> dict[str, Ints]:
        """Elements of each region, by its name."""
        return self.plate.regions

    @cached_property
    def axes(self) -> Array:
        """Directions f, s and n at the quadrature points."""
        return _axes(self)

    @cached_property
    def scaled_jacobian(self) -> Array:
        """Least of (1) over the quadrature points and corners of each element, (m,)."""
        return _scaled(_jacobian(self.mesh.positions_mm, self.mesh.cells)).min(axis=1)

    @cached_property
    def tissue_mm3(self) -> float:
        """Volume of wall and cervix."""
        return float(self.mesh.geometry.weight_mm3.sum())

    @cached_property
    def cavity_mm3(self) -> float:
        """Volume within the cavity, closed by a lid where the canal begins.

        For half a uterus that of its half.
        """
        return cavity_mm3(self.mesh.positions_mm, self.surfaces["cavity"], self.plate.os_ring)

    def area_mm2(self, surface: str) -> float:
        """Area of a named surface."""
        normal = _face_normals(self.mesh.positions_mm[self.surfaces[surface]])
        return float((np.linalg.norm(normal, axis=2) * element.FACE_WEIGHT).sum())


def half_uterus(measures: Measures, counts: Counts | None = None) -> Uterus:
    """The left half, which a load that is the same on both sides deforms like the right.

    Raises:
        InvalidParameterError: the measures conflict.
        NumericalError: an element folds.

    """
    return _made(measures, half_template(counts or Counts()))


def whole_uterus(measures: Measures, counts: Counts | None = None) -> Uterus:
    """Both halves in one mesh; raises as `half_uterus` does."""
    return _made(measures, whole_template(counts or Counts()))


def _made(measures: Measures, plate: Template) -> Uterus:
    positions = placed(Shape(measures), angle=plate.angle, r=plate.r, w=plate.w)
    positions[in_plane(plate.angle, plate.r), 0] = 0.0
    require_unfolded(positions, plate)
    return Uterus(measures=measures, mesh=Mesh(positions, plate.cells), plate=plate)


def require_unfolded(positions_mm: Array, plate: Template) -> None:
    """Raise NumericalError where an element of the plate folds at a quadrature point or corner."""
    least = np.linalg.det(_jacobian(positions_mm, plate.cells)).min(axis=1)
    if least.min() > 0:
        return
    worst = int(np.argmin(least))
    centre = plate.cells[worst, 13]
    raise NumericalError(
        f"An element folds at r = {plate.r[centre]:.2f} and {np.degrees(plate.angle[centre]):.0f} "
        "degrees from the front (3 wall, 4 to 5 internal os, 7 external os): these measures leave "
        "no room for it. Take smaller elements, or measure angle and length of the cervix again."
    )


def cavity_mm3(positions_mm: Array, cavity: Ints, os_ring: Ints) -> float:
    """Volume that the faces of the cavity enclose, with straight lines over the `os_ring` to the
    middle between its front and back.

    By the divergence theorem about that middle, to which lid and sagittal plane add nothing.
    """
    x, ring = positions_mm[cavity], positions_mm[os_ring]
    centre = ring[np.abs(ring[:, 0]) < 1e-9].mean(axis=0)
    at = np.einsum("qa,fai->fqi", element.FACE_VALUE, x) - centre
    flux = (at * _face_normals(x)).sum(axis=2) * element.FACE_WEIGHT
    return float(-flux.sum() / 3)


def _face_normals(x: Array) -> Array:
    first, second = np.moveaxis(np.einsum("qda,fai->fqdi", element.FACE_SLOPE, x), 2, 0)
    return np.cross(first, second)


def _jacobian(positions: Array, cells: Ints) -> Array:
    return np.einsum("qda,mai->mqdi", _CHECKED_SLOPE, positions[cells], optimize=True)


def _scaled(jacobian: Array) -> Array:
    return np.linalg.det(jacobian) / np.linalg.norm(jacobian, axis=3).prod(axis=2)


def _axes(of: Uterus) -> Array:
    x = of.mesh.positions_mm[of.mesh.cells]
    slope = np.einsum("qda,mai->mqdi", element.VOLUME_SLOPE, x)
    f = _unit(_around(of))
    wall = np.cross(slope[:, :, 0], slope[:, :, 1])
    n = _unit(wall - (wall * f).sum(axis=2, keepdims=True) * f)
    return np.ascontiguousarray(np.stack([f, np.cross(n, f), n], axis=2))


def _around(of: Uterus) -> Array:
    """Round the cavity above r = 3, round the canal below r = 4, and between the two a mixture."""
    at, shape = of.mesh.points_mm, Shape(of.measures)
    wide = shape.half_mm[0] / shape.half_mm[1]
    cavity = np.stack([wide * at[..., 1], -at[..., 0] / wide, np.zeros(at.shape[:2])], axis=2)
    canal = np.cross(shape.canal, at - shape.os_mm)
    low = np.clip(of.mesh.at_points(of.plate.r) - 3.0, 0.0, 1.0)[..., None]
    return (1 - low) * _unit(cavity) + low * _unit(canal)


def _unit(x: Array) -> Array:
    return x / np.linalg.norm(x, axis=-1, keepdims=True)
