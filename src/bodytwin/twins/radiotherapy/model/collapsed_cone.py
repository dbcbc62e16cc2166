# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""Which dose do photons leave where water, lung and bone lie side by side?

Energy released in a voxel (`collapsed_cone_terma`) leaves it along the axes of cones that fill the
sphere (`collapsed_cone_kernels`). What a cone carries is put on its axis; the dose at a place is
then that of all lines through it. Along the line of a direction with share F and rate a of a term
of the kernel, through relative densities :math:`\rho`, energy R on its way and dose are

.. math::
    \frac{dR}{ds} = \rho\, (F\, T - a R), \qquad D = a R .                               \tag{1}

A voxel has one T and one density, so that over the length l of a line in it, with
:math:`x = a \rho l` and :math:`R_\infty = F T / a`, exactly

.. math::
    R_{out} = R_\infty + (R_{in} - R_\infty)\, e^{-x}, \qquad
    \bar D = a R_\infty + a\, (R_{in} - R_\infty)\, \frac{1 - e^{-x}}{x}.                \tag{2}

The kernel scales with density. For a direction, lines start in steps of one voxel on the face that
they cross most steeply. All voxels of a layer are then cut in the same way, by at most three lines
whose lengths sum to the same in every voxel: what leaves one line of (2) arrives in another or in
dose, and no energy is lost but through the faces of the grid.

Source: Ahnesjö 1989, Med Phys 16:577, doi 10.1118/1.596360 (the recursion along lattice lines);
the layout of lines is our own.

Not for: directions of cones that follow the divergence of the beam (they are those of its axis, 3
degrees off at the edge of a field of 10 cm); electrons from the head; more detail than a voxel.
Lines of few cones show behind small fields far from the beam. Media scale as water of their
density: bone and metal are not of other atoms.
"""

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from bodytwin.twins.radiotherapy.model.collapsed_cone_kernels import Cones, Photons
from bodytwin.twins.radiotherapy.model.collapsed_cone_terma import released
from bodytwin.twins.radiotherapy.model.geometry import Beam
from bodytwin.twins.radiotherapy.model.trace import Densities

Array = NDArray[np.float64]
Float = NDArray[np.float32]
AIR, PARTS = 0.01, 4
"""Relative density below which nothing is left; into how many sums the directions are put."""


def dose_of_fluence(
    beam: Beam,
    densities: Densities,
    photons: Photons,
    *,
    voxels_mm: Array,
    beamlets_mm: Array,
    weights: Array,
) -> Array:
    """Dose (n,) at places (n, 3) in mm of one beam with beamlets (m, 2) in mm of weights (m,).

    Takes what `forward.dose_of_fluence` takes, with photons for a machine, and is in its unit
    (Gy where a weight is in Gy). The dose of all voxels is found (`grid_dose`) and read
    linearly between them; outside the image it is nothing.

    Raises:
        InvalidInputError: lengths that differ, weights that are not finite, beamlets off the fine
            plane, or a voxel at or behind the source.

    """
    dose = grid_dose(beam, densities, photons, beamlets_mm=beamlets_mm, weights=weights)
    inverse = np.linalg.inv(densities.affine)[:3]
    index = np.asarray(voxels_mm) @ inverse[:, :3].T + inverse[:, 3]
    return map_coordinates(dose, index.T, output=np.float64, order=1, mode="grid-constant")


def grid_dose(
    beam: Beam,
    densities: Densities,
    photons: Photons,
    *,
    beamlets_mm: Array,
    weights: Array,
    cones: Cones | None = None,
) -> Float:
    """Mean dose of every voxel (nx, ny, nz), for 48 cones where none are given.

    Raises:
        InvalidInputError: as of `dose_of_fluence`.

    """
    box = _body(densities.values)
    affine = densities.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ [s.start for s in box]
    body = Densities(values=np.ascontiguousarray(densities.values[box]), affine=affine)
    given = released(beam, body, photons, beamlets_mm=beamlets_mm, weights=weights)
    dose = np.zeros(densities.values.shape, dtype=np.float32)
    dose[box] = spread(beam, body, cones or photons.cones(), released_gy=given)
    return dose


def spread(beam: Beam, densities: Densities, cones: Cones, *, released_gy: Float) -> Float:
    """The dose (nx, ny, nz) that P and S released per mass (nx, ny, nz, 2) leave, in their unit."""
    inverse = np.linalg.inv(densities.affine)[:3, :3]
    ways = (cones.directions @ beam.axes) @ inverse.T
    shape = densities.values.shape
    parts = np.zeros((PARTS, densities.values.size), dtype=np.float32)
    density = densities.values.astype(np.float32).ravel()
    given = np.ascontiguousarray(released_gy, dtype=np.float32).reshape(-1, 2)
    _spread(parts, given, density, np.array(shape), ways, cones.share, cones.rate_per_mm, AIR)
    return parts.sum(axis=0, dtype=np.float32).reshape(shape)


def _body(values: Float) -> tuple[slice, slice, slice]:
    """The smallest box that holds all that is denser than air, and one voxel more."""
    ends: list[slice] = []
    for axis in range(3):
        others = tuple(k for k in range(3) if k != axis)
        inside = np.flatnonzero((values > AIR).any(axis=others))
        first, last = (inside[0], inside[-1]) if len(inside) else (0, values.shape[axis] - 1)
        ends.append(slice(max(int(first) - 1, 0), int(last) + 2))
    return ends[0], ends[1], ends[2]


@njit(cache=True, nogil=True, parallel=True)
def _spread(parts, given, density, shape, ways, share, rate, air):
    """Adds all directions, each part of them to a sum of its own."""
    for part in prange(len(parts)):
        for n in range(part, len(ways), len(parts)):
            _along(parts[part], given, density, shape, ways[n], share[n], rate[n], air)


@njit(cache=True, nogil=True)
def _axes(way):
    """The axis that is crossed most steeply, then the others in order."""
    k = 0
    for a in range(1, 3):
        if abs(way[a]) > abs(way[k]) + 1e-12:
            k = a
    return k, (1 if k == 0 else 0), (1 if k == 2 else 2)


@njit(cache=True, nogil=True)
def _pieces(cell, part, i, j, drift_i, drift_j):
    """How lines entering a layer at (i, j) in it are cut: cells (3, 2) and parts (3,), number."""
    a, b = int(np.floor(i)), int(np.floor(j))
    at_i, at_j = 2.0, 2.0
    if int(np.floor(i + drift_i)) != a:
        at_i = ((a + 1 if drift_i > 0 else a) - i) / drift_i
    if int(np.floor(j + drift_j)) != b:
        at_j = ((b + 1 if drift_j > 0 else b) - j) / drift_j
    done, count = 0.0, 0
    while count < 3:
        stop = min(1.0, at_i, at_j)
        cell[count, 0], cell[count, 1], part[count] = a, b, stop - done
        count += 1
        if stop >= 1.0:
            break
        if at_i <= at_j:
            a, at_i = a + (1 if drift_i > 0 else -1), 2.0
        else:
            b, at_j = b + (1 if drift_j > 0 else -1), 2.0
        done = stop
    return count


@njit(cache=True, nogil=True)
def _step(energy, source, rate, x):
    """Equation (2): the energy that goes on, and the mean dose of the piece."""
    balance = source / rate
    over = energy - balance
    left = np.exp(-x)
    mean = (1.0 - left) / x if x > 1e-6 else 1.0 - 0.5 * x
    return balance + over * left, rate * (balance + over * mean)


@njit(cache=True, nogil=True)
def _along(dose, given, density, shape, way, share, rate, air):
    """Adds the dose of one direction, layer after layer, all lines of a layer at once."""
    strides = (shape[1] * shape[2], shape[2], 1)
    k, i, j = _axes(way)
    length = 1.0 / abs(way[k])
    drift_i, drift_j = way[i] * length, way[j] * length
    far_i = int(np.ceil(abs(drift_i) * shape[k])) + 1
    far_j = int(np.ceil(abs(drift_j) * shape[k])) + 1
    energy = np.zeros((shape[i] + far_i + 1, shape[j] + far_j + 1, 3))
    off_i, off_j = (far_i if drift_i > 0 else 0), (far_j if drift_j > 0 else 0)
    cell, part = np.zeros((3, 2), np.int64), np.zeros(3)
    for n in range(shape[k]):
        layer = n if way[k] > 0 else shape[k] - 1 - n
        pieces = _pieces(cell, part, 0.5 + n * drift_i, 0.5 + n * drift_j, drift_i, drift_j)
        for p in range(pieces):
            for a in range(shape[i]):
                line = energy[a - cell[p, 0] + off_i]
                base = layer * strides[k] + a * strides[i]
                for b in range(shape[j]):
                    at = base + b * strides[j]
                    if density[at] <= air:
                        continue
                    thick = density[at] * length * part[p]
                    of = b - cell[p, 1] + off_j
                    for t in range(3):
                        line[of, t], mean = _step(
                            line[of, t], share[t] * given[at, min(t, 1)], rate[t], rate[t] * thick
                        )
                        dose[at] += part[p] * mean
