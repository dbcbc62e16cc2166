r"""How do fibres run through the wall? The Laplace-Dirichlet rule.

Bayer, Blake, Plank, Trayanova 2012, *Ann Biomed Eng* 40:2243, doi 10.1007/s10439-012-0593-5. At
each voxel a frame of three directions (around, along, through the wall) is made for
each surface from the slopes of the fields, and blended by spherical interpolation that counts
frames which differ only in the sense of their axes as one. Then it is turned by

.. math::
    \alpha = \alpha_{endo} (1 - 2 d) (1 - \phi_{epi}) \pm \alpha_{epi} \phi_{epi}    \tag{1}

about the direction through the wall, and alike by beta about the fibre; d is 0 at the left
and 1 at the right endocardium.

The source turns first and blends then. Angles that differ by more than a right angle would
there be blended the wrong way round; turning last gives the same at every surface, and between
them the helix angle runs in a straight line.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from bodytwin.twins.rhythm.model.coordinates import Fields

Array = NDArray[np.float64]
TINY = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Angles:
    """Helix and sheet angles at endocardium and epicardium, in degrees."""

    endo: float = 60.0
    epi: float = -60.0
    sheet_endo: float = -65.0
    sheet_epi: float = 25.0


def frames(along: Array, through: Array) -> Array:
    """Frames (n, 3, 3) with columns around, along and through, from two slopes (n, 3).

    Where the slope along vanishes (on a surface held at one value) its mean takes its place.
    """
    length = np.linalg.norm(along, axis=1, keepdims=True)
    mean = along.mean(axis=0) / np.linalg.norm(along.mean(axis=0))
    e1 = np.where(length > TINY, along / np.maximum(length, TINY), mean)
    rest = through - (through * e1).sum(axis=1, keepdims=True) * e1
    size = np.linalg.norm(rest, axis=1, keepdims=True)
    spare = np.cross(e1, np.where(np.abs(e1[:, :1]) < 0.9, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]]))
    spare /= np.linalg.norm(spare, axis=1, keepdims=True)
    e2 = np.where(size > TINY, rest / np.maximum(size, TINY), spare)
    return np.stack([np.cross(e1, e2), e1, e2], axis=2)


def turned(frame: Array, alpha_deg: Array, beta_deg: Array) -> Array:
    """Frames turned by alpha about the direction through the wall, then by beta about the fibre."""
    a, b = np.radians(alpha_deg), np.radians(beta_deg)
    zero, one = np.zeros_like(a), np.ones_like(a)
    first = np.stack(
        [np.cos(a), -np.sin(a), zero, np.sin(a), np.cos(a), zero, zero, zero, one], axis=1
    ).reshape(-1, 3, 3)
    second = np.stack(
        [one, zero, zero, zero, np.cos(b), np.sin(b), zero, -np.sin(b), np.cos(b)], axis=1
    ).reshape(-1, 3, 3)
    return frame @ first @ second


SAME = np.array([[0, 0, 0, 1], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]], dtype=np.float64)
"""Half turns about each axis, and none: they change the sense of axes only."""


def blended(one: Array, other: Array, share: Array) -> Array:
    """Frames between `one` and `other`, which they are at shares 0 and 1."""
    p, q = Rotation.from_matrix(one), Rotation.from_matrix(other)
    alike = np.stack([(p * Rotation.from_quat(half)).as_quat() for half in SAME])
    b = q.as_quat()
    dot = np.einsum("kni,ni->kn", alike, b)
    best = np.argmax(np.abs(dot), axis=0)
    pick = np.arange(len(b))
    a = alike[best, pick] * np.sign(np.where(dot[best, pick] == 0, 1.0, dot[best, pick]))[:, None]
    angle = np.arccos(np.clip((a * b).sum(axis=1), -1.0, 1.0))
    sine = np.sin(angle)
    near = sine < 1e-6
    w0 = np.where(near, 1 - share, np.sin((1 - share) * angle) / np.where(near, 1.0, sine))
    w1 = np.where(near, share, np.sin(share * angle) / np.where(near, 1.0, sine))
    made = Rotation.from_quat(w0[:, None] * a + w1[:, None] * b).as_matrix()
    made = np.where((share <= 0)[:, None, None], one, made)
    return np.where((share >= 1)[:, None, None], other, made)


@dataclass(frozen=True, kw_only=True, eq=False)
class Slopes:
    """Gradients per mm (n, 3) of the four fields."""

    left: Array
    right: Array
    outer: Array
    along: Array


def fibres(fields: Fields, slopes: Slopes, angles: Angles | None = None) -> tuple[Array, Array]:
    """Direction of the fibre and normal of the sheet, each (n, 3) of unit length."""
    a = angles or Angles()
    total = fields.left + fields.right
    depth = np.where(total > TINY, fields.right / np.maximum(total, TINY), 0.5)
    outer = np.clip(fields.outer, 0.0, 1.0)
    endo = blended(frames(slopes.along, -slopes.left), frames(slopes.along, slopes.right), depth)
    made = blended(endo, frames(slopes.along, slopes.outer), outer)
    inwards = (made[:, :, 2] * endo[:, :, 2]).sum(axis=1) < 0
    made[inwards] = made[inwards] @ np.diag([-1.0, 1.0, -1.0])
    sense = np.sign((made[:, :, 2] * slopes.outer).sum(axis=1))
    alpha = a.endo * (1 - 2 * depth) * (1 - outer) + sense * a.epi * outer
    beta = a.sheet_endo * (1 - 2 * depth) * (1 - outer) + sense * a.sheet_epi * outer
    made = turned(made, alpha, beta)
    return made[:, :, 0], made[:, :, 2]
