# pyright: reportMissingParameterType=false, reportUnknownParameterType=false
# numba infers the types of kernel arguments; the docstrings state them.

r"""Which dose does every beamlet leave in every voxel?

Voxels are seen from the source (`geometry`), their depths read from the traced rays (`trace`), and
the three depth terms of `pencil` (1) kept for each. They lie in cells of the plane of the
isocentre, so that a beamlet looks only at those near its axis: once to count them, once to fill the
columns of a sparse matrix, all beamlets in parallel.

A number takes 8 bytes (4 of dose, 4 of row); the numbers are about beamlets x voxels x
:math:`\pi` reach\ :sup:`2` / area seen. What is kept per voxel while it is made is 40 bytes.

Not for: dose further than the reach of the machine from the axis of a beamlet, which is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray
from scipy.sparse import csc_array

from bodytwin.errors import InvalidInputError
from bodytwin.twins.radiotherapy.model.geometry import Beam, beamlets
from bodytwin.twins.radiotherapy.model.pencil import FINE_MM, PencilBeam
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
    if not beams:
        raise InvalidInputError("An influence needs at least one beam and one voxel.")
    return influence_at(
        beams,
        densities,
        machine,
        voxels_mm=voxels_mm,
        beamlets_mm=[beamlets(beam, target_mm) for beam in beams],
    )


def influence_at(
    beams: Sequence[Beam],
    densities: Densities,
    machine: PencilBeam,
    *,
    voxels_mm: Array,
    beamlets_mm: Sequence[Array],
) -> Influence:
    """The influence of beamlets at stated places (m, 2) of each beam on the voxels (n, 3).

    Raises:
        InvalidInputError: no beam, no voxel, a beam without places, a body too near to a source.

    """
    if not beams or not len(voxels_mm):
        raise InvalidInputError("An influence needs at least one beam and one voxel.")
    if len(beams) != len(beamlets_mm) or not all(len(at) for at in beamlets_mm):
        raise InvalidInputError(
            f"{len(beams)} beams need as many lists of beamlets, none empty; got "
            f"{len(beamlets_mm)}."
        )
    seen = [
        _seen(beam, densities, machine, voxels_mm, np.ascontiguousarray(at, dtype=np.float64))
        for beam, at in zip(beams, beamlets_mm, strict=True)
    ]
    ends = np.concatenate([[0], np.cumsum(np.concatenate([s.near for s in seen]))])
    rows, dose = np.empty(ends[-1], dtype=np.int32), np.empty(ends[-1], dtype=np.float32)
    done = 0
    for s in seen:
        own = ends[done : done + len(s.at) + 1]
        _fill(
            rows, dose, own, s.at, s.place, s.terms, s.voxel, s.start, s.first, s.shape, s.table,
            s.open_at, machine.reach_mm, CELL_MM, FINE_MM,
        )  # fmt: skip
        done += len(s.at)
    index = np.int32 if ends[-1] < np.iinfo(np.int32).max else np.int64
    return Influence(
        matrix=csc_array(
            (dose, rows, ends.astype(index, copy=False)), shape=(len(voxels_mm), done)
        ),
        beam=np.repeat(np.arange(len(beams)), [len(at) for at in beamlets_mm]).astype(np.int32),
        beamlets_mm=np.concatenate(list(beamlets_mm)),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Seen:
    """What one beam needs to fill its columns: voxels in the order of their cells."""

    at: Array
    near: NDArray[np.int64]
    place: NDArray[np.float32]
    terms: NDArray[np.float32]
    voxel: NDArray[np.int32]
    start: NDArray[np.int64]
    first: Array
    shape: NDArray[np.int64]
    table: NDArray[np.float32]
    open_at: NDArray[np.float32]


def _seen(
    beam: Beam, densities: Densities, machine: PencilBeam, voxels_mm: Array, at: Array
) -> _Seen:
    seen, reach = beam.seen(voxels_mm), machine.reach_mm
    low, high = at.min(axis=0) - reach, at.max(axis=0) + reach
    (inside,) = np.nonzero(((seen[:, :2] >= low) & (seen[:, :2] <= high)).all(axis=1))
    seen = seen[inside]
    depths = traced(beam, densities, seen=seen)
    terms = machine.depth_terms(depths.at(seen)) * (beam.axis_distance_mm / seen[:, 2:]) ** 2
    order, start, first, shape = _cells(seen[:, :2])
    place = np.ascontiguousarray(seen[order, :2], dtype=np.float32)
    near = np.zeros(len(at), dtype=np.int64)
    _count(near, at, place, start, first, shape, reach, CELL_MM)
    tables = machine.tables(beamlet_mm=beam.beamlet_mm, surface_mm=depths.surface_mm)
    return _Seen(
        at=at,
        near=near,
        place=place,
        terms=np.ascontiguousarray(terms[order], dtype=np.float32),
        voxel=inside[order].astype(np.int32),
        start=start,
        first=first,
        shape=shape,
        table=np.ascontiguousarray(np.moveaxis(tables, 0, -1), dtype=np.float32),
        open_at=machine.open_at(at).astype(np.float32),
    )


def _cells(place: Array) -> tuple[NDArray[np.int64], NDArray[np.int64], Array, NDArray[np.int64]]:
    """Voxels in the order of their cells, where each cell starts, its origin and number."""
    if not len(place):
        return np.empty(0, np.int64), np.zeros(2, np.int64), np.zeros(2), np.ones(2, np.int64)
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
    rows, dose, ends, at, place, terms, voxel, start, first, shape, table, open_at, reach, cell,
    fine,
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
                    rows[m], dose[m] = voxel[n], total * open_at[j]
                    m += 1
