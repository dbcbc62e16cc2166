"""Which dose do weights of beamlets leave, without a matrix of influence?

Weights are laid on a fine plane, folded once with each of the three tables of `pencil` (2), and
read where every voxel is seen: equation (1) of `pencil`, summed over beamlets before over voxels.
The sum is that of `influence`, but for reading between the points of one plane.

Not for: optimising, which needs each beamlet by itself.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from bodytwin.errors import InvalidInputError
from bodytwin.twins.radiotherapy.model.geometry import Beam
from bodytwin.twins.radiotherapy.model.pencil import FINE_MM, PencilBeam
from bodytwin.twins.radiotherapy.model.trace import Densities, traced

Array = NDArray[np.float64]


def dose_of_fluence(
    beam: Beam,
    densities: Densities,
    machine: PencilBeam,
    *,
    voxels_mm: Array,
    beamlets_mm: Array,
    weights: Array,
) -> Array:
    """Dose (n,) at voxels (n, 3) of one beam with beamlets (m, 2) of weights (m,).

    Raises:
        InvalidInputError: lengths that differ, or beamlets off the fine plane.

    """
    cells = np.rint(beamlets_mm / FINE_MM).astype(int)
    if len(weights) != len(beamlets_mm) or not np.allclose(cells * FINE_MM, beamlets_mm):
        raise InvalidInputError(
            f"{len(weights)} weights need as many beamlets, on whole multiples of {FINE_MM:g} mm."
        )
    from scipy.signal import fftconvolve  # half a second, which not every command owes

    seen = beam.seen(voxels_mm)
    depths = traced(beam, densities, seen=seen)
    tables = machine.tables(beamlet_mm=beam.beamlet_mm, surface_mm=depths.surface_mm)
    terms = machine.depth_terms(depths.at(seen)) * (beam.axis_distance_mm / seen[:, 2:]) ** 2
    low = cells.min(axis=0)
    plane = np.zeros(tuple(cells.max(axis=0) - low + 1))
    np.add.at(plane, tuple((cells - low).T), weights * machine.open_at(beamlets_mm))
    reach = tables.shape[1] - 1
    where = (seen[:, :2] / FINE_MM - low + reach).T
    total = np.zeros(len(seen))
    for k, table in enumerate(tables):
        whole = np.concatenate([table[:0:-1], table])
        whole = np.concatenate([whole[:, :0:-1], whole], axis=1)
        folded = fftconvolve(plane, whole, mode="full")
        total += terms[:, k] * map_coordinates(folded, where, order=1, mode="constant")
    return total


def open_field(
    machine: PencilBeam, *, width_mm: float, length_mm: float, beamlet_mm: float = 1.0
) -> tuple[Array, Array]:
    """Beamlets (m, 2) and their weights (m,) of a field open along x and z, each weight the share
    of its beamlet that the field covers.

    Raises:
        InvalidInputError: a field without extent, or beamlets that are no whole steps of the plane.

    """
    half = 0.5 * np.array([width_mm, length_mm]) + np.array(machine.edge_mm)
    whole = beamlet_mm / FINE_MM
    if not (half > 0).all() or whole < 1 or whole % 1:
        raise InvalidInputError(
            f"A field has sides above 0 mm and beamlets of whole multiples of {FINE_MM:g} mm, got "
            f"{width_mm:g}, {length_mm:g} and {beamlet_mm:g}."
        )
    count = np.ceil(half / beamlet_mm + 0.5).astype(int)
    sides = [beamlet_mm * np.arange(-n, n + 1) for n in count]
    shares = [
        np.clip(0.5 + (edge - np.abs(side)) / beamlet_mm, 0.0, 1.0)
        for side, edge in zip(sides, half, strict=True)
    ]
    x, z = np.meshgrid(*sides, indexing="ij")
    return np.column_stack([x.ravel(), z.ravel()]), np.outer(*shares).ravel()
