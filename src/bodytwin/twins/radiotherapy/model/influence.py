# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""Which dose does every beamlet leave in every voxel?

Voxels are seen from the source (`geometry`), their depths read from the traced rays (`trace`), and
the three depth terms of `pencil` (1) kept for each. They lie in cells of the plane of the
isocentre, so that a beamlet looks only at those near its axis: once to count them, once to fill the
columns of a sparse matrix, all beamlets in parallel.

A number takes 8 bytes (4 of dose, 4 of row); the numbers are about beamlets x voxels x
:math:`\pi` reach\ :sup:`2` / area seen. What is kept per voxel while it is made is 40 bytes.

Not for: dose further than `pencil.REACH_MM` from the axis of a beamlet, which is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray
from scipy.sparse import csc_array, hstack

from bodytwin.errors import InvalidInputError
from bodytwin.twins.radiotherapy.model.geometry import Beam, beamlets
from bodytwin.twins.radiotherapy.model.pencil import FINE_MM, REACH_MM, PencilBeam
from bodytwin.twins.radiotherapy.model.trace import Densities, traced

Array = NDArray[np.float64]
CELL_MM = 10.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Influence:
    """Dose (voxels, beamlets) per unit of weight; `beamlets_mm` (beamlets, 2) of `beam` each."""

    matrix: csc_array
    beam: NDArray[np.int32]
    beamlets_mm: Array


def influence(
    beams: Sequence[Beam],
    densities: Densities,
    machine: PencilBeam,
    *,
    voxels_mm: Array,
    target_mm: Array,
) -> Influence:
    """The influence of all beamlets that cover a target (m, 3) on the voxels (n, 3).

    Raises:
        InvalidInputError: no beam, no voxel, or a body too near to a source.

    """
    if not beams or not len(voxels_mm):
        raise InvalidInputError("An influence needs at least one beam and one voxel.")
    parts: list[csc_array] = []
    places: list[Array] = []
    for beam in beams:
        at = beamlets(beam, target_mm)
        parts.append(_of(beam, densities, machine, voxels_mm, at))
        places.append(at)
    return Influence(
        matrix=csc_array(hstack(parts, format="csc")),
        beam=np.repeat(np.arange(len(beams)), [len(p) for p in places]).astype(np.int32),
        beamlets_mm=np.concatenate(places),
    )


def _of(
    beam: Beam, densities: Densities, machine: PencilBeam, voxels_mm: Array, at: Array
) -> csc_array:
    seen = beam.seen(voxels_mm)
    depths = traced(beam, densities)
    tables = machine.tables(beamlet_mm=beam.beamlet_mm, surface_mm=depths.surface_mm)
    terms = machine.depth_terms(depths.at(seen)) * (beam.axis_distance_mm / seen[:, 2:]) ** 2
    order, start, first, shape = _cells(seen[:, :2])
    place = np.ascontiguousarray(seen[order, :2], dtype=np.float32)
    terms = np.ascontiguousarray(terms[order], dtype=np.float32)
    near = np.zeros(len(at), dtype=np.int64)
    _count(near, at, place, start, first, shape, REACH_MM, CELL_MM)
    ends = np.concatenate([[0], np.cumsum(near)])
    rows = np.empty(ends[-1], dtype=np.int32)
    dose = np.empty(ends[-1], dtype=np.float32)
    table = np.ascontiguousarray(np.moveaxis(tables, 0, -1), dtype=np.float32)
    _fill(
        rows, dose, ends, at, place, terms, order.astype(np.int32), start, first, shape, table,
        REACH_MM, CELL_MM, FINE_MM,
    )  # fmt: skip
    return csc_array((dose, rows, ends), shape=(len(voxels_mm), len(at)))


def _cells(place: Array) -> tuple[NDArray[np.int64], NDArray[np.int64], Array, NDArray[np.int64]]:
    """Voxels in the order of their cells, where each cell starts, its origin and number."""
    first = np.floor(place.min(axis=0) / CELL_MM) * CELL_MM
    index = ((place - first) // CELL_MM).astype(np.int64)
    shape = index.max(axis=0) + 1
    flat = index[:, 0] * shape[1] + index[:, 1]
    order = np.argsort(flat, kind="stable")
    start = np.searchsorted(flat[order], np.arange(shape.prod() + 1))
    return order, start, first, shape


@njit(cache=True, nogil=True)
def _span(at, first, shape, reach, cell):
    """The cells within reach, first and last of both axes."""
    a = max(0, int(np.floor((at[0] - reach - first[0]) / cell)))
    b = min(shape[0] - 1, int(np.floor((at[0] + reach - first[0]) / cell)))
    c = max(0, int(np.floor((at[1] - reach - first[1]) / cell)))
    d = min(shape[1] - 1, int(np.floor((at[1] + reach - first[1]) / cell)))
    if b < a or d < c:
        return 0, -1, 0, -1
    return a, b, c, d


@njit(cache=True, nogil=True, parallel=True)
def _count(near, at, place, start, first, shape, reach, cell):
    for j in prange(len(at)):
        a, b, c, d = _span(at[j], first, shape, reach, cell)
        x, z, found = np.float32(at[j, 0]), np.float32(at[j, 1]), 0
        for p in range(a, b + 1):
            for n in range(start[p * shape[1] + c], start[p * shape[1] + d + 1]):
                off = (place[n, 0] - x) ** 2 + (place[n, 1] - z) ** 2
                found += off < np.float32(reach * reach)
        near[j] = found


@njit(cache=True, nogil=True, parallel=True)
def _fill(  # noqa: PLR0913 - one loop over everything
    rows, dose, ends, at, place, terms, order, start, first, shape, table, reach, cell, fine
):  # fmt: skip
    per = np.float32(1.0 / fine)
    for j in prange(len(at)):
        a, b, c, d = _span(at[j], first, shape, reach, cell)
        x, z, m = np.float32(at[j, 0]), np.float32(at[j, 1]), ends[j]
        for p in range(a, b + 1):
            for n in range(start[p * shape[1] + c], start[p * shape[1] + d + 1]):
                dx, dz = place[n, 0] - x, place[n, 1] - z
                if dx * dx + dz * dz < np.float32(reach * reach):
                    u, v = abs(dx) * per, abs(dz) * per
                    i, k = int(u), int(v)
                    s, t = u - i, v - k
                    total = np.float32(0.0)
                    for q in range(3):
                        low = (1 - t) * table[i, k, q] + t * table[i, k + 1, q]
                        high = (1 - t) * table[i + 1, k, q] + t * table[i + 1, k + 1, q]
                        total += terms[n, q] * ((1 - s) * low + s * high)
                    rows[m], dose[m] = order[n], total
                    m += 1
