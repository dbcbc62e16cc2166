r"""How much energy does a beam release in each voxel?

.. math::
    T(p) = \Psi(x, z) \Big(\frac{\mathrm{SAD}}{g}\Big)^2 \big(P, S\big)\big(r(x, z, g)\big)  \tag{1}

with P and S of `collapsed_cone_kernels` (1) at the water-equivalent depth r of `trace` (1), seen
from the source as in `geometry` (2). The fluence is the sum of weights of square beamlets of side b
folded with a bell,

.. math::
    \Psi(x, z) = \sum_j w_j\, f(x - x_j; s_x)\, f(z - z_j; s_z), \qquad
    s_u^2 = \sigma^2 + \tfrac{1}{12} \sum_e (e \cdot u)^2,                                \tag{2}

with f of `pencil` (2). The second part of s, over the edges e of a voxel, is what averaging
over a voxel does to a beam on the average.

Not for: fluence that was hardened by a wedge, or softer off the axis.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from scipy.special import erf

from bodytwin.errors import InvalidInputError
from bodytwin.twins.radiotherapy.model.collapsed_cone_kernels import Photons
from bodytwin.twins.radiotherapy.model.geometry import Beam
from bodytwin.twins.radiotherapy.model.trace import Densities, traced

Array = NDArray[np.float64]
Float = NDArray[np.float32]
FINE_MM, TABLE_MM = 0.5, 1.0
_FWHM = 2.0 * np.sqrt(2.0 * np.log(2.0))


def released(
    beam: Beam, densities: Densities, photons: Photons, *, beamlets_mm: Array, weights: Array
) -> Float:
    """P and S of equation (1) in every voxel, (nx, ny, nz, 2), per mass.

    Beamlets (m, 2) in mm in the plane of the isocentre have weights (m,). The unit is that of
    dose, so that all of it absorbed where it is released is its sum.

    Raises:
        InvalidInputError: lengths that differ, none at all, weights that are not finite, beamlets
            off the fine plane, or a voxel at or behind the source.

    """
    from scipy.signal import fftconvolve  # half a second, which not every command owes

    plane, low = _plane(beamlets_mm, weights)
    edges = densities.affine[:3, :3].T @ beam.axes.T
    sigma = np.sqrt((photons.penumbra_mm / _FWHM) ** 2 + (edges**2).sum(axis=0) / 12.0)
    profiles = [_profile(beam.beamlet_mm, s) for s in sigma[:2]]
    fluence = fftconvolve(plane, np.outer(*profiles), mode="full")
    reach = np.array([len(p) // 2 for p in profiles])
    depths = traced(beam, densities)
    longest = float(depths.depth_mm.max()) + 2.0 * TABLE_MM
    at = np.arange(0.0, longest + TABLE_MM, TABLE_MM)
    table = photons.fluence_per_weight * photons.released(at)
    found = np.zeros((*densities.values.shape, 2), dtype=np.float32)
    for n in range(len(found)):
        seen = beam.seen(_voxels(densities, n))
        psi = map_coordinates(fluence, (seen[:, :2] / FINE_MM - low + reach).T, order=1)
        psi = np.maximum(psi, 0.0) * (beam.axis_distance_mm / seen[:, 2]) ** 2
        deep = depths.at(seen)
        for k in range(2):
            found[n, ..., k] = (psi * np.interp(deep, at, table[:, k])).reshape(found.shape[1:3])
    return found


def _plane(beamlets_mm: Array, weights: Array) -> tuple[Array, NDArray[np.int64]]:
    """Weights on the fine plane, and the index of its first point."""
    cells = np.rint(np.asarray(beamlets_mm) / FINE_MM).astype(np.int64)
    alike = len(weights) == len(beamlets_mm) > 0 and np.isfinite(weights).all()
    if not alike or not np.allclose(cells * FINE_MM, beamlets_mm):
        raise InvalidInputError(
            f"{len(weights)} weights, finite, need as many beamlets, on whole multiples of "
            f"{FINE_MM:g} mm; got {len(beamlets_mm)} beamlets."
        )
    low = cells.min(axis=0)
    plane = np.zeros(tuple(cells.max(axis=0) - low + 1))
    np.add.at(plane, tuple((cells - low).T), weights)
    return plane, low


def _profile(beamlet_mm: float, sigma_mm: float) -> Array:
    """F of equation (2) on the fine plane, from where it is nothing on to the other side."""
    wide = int(np.ceil((0.5 * beamlet_mm + 5.0 * sigma_mm) / FINE_MM))
    at, half = FINE_MM * np.arange(-wide, wide + 1), 0.5 * beamlet_mm
    across = sigma_mm * np.sqrt(2.0)
    return 0.5 * (erf((at + half) / across) - erf((at - half) / across))


def _voxels(densities: Densities, n: int) -> Array:
    """Centres in mm of the voxels of one plane of the first index, (ny x nz, 3)."""
    _, ny, nz = densities.values.shape
    j, k = np.meshgrid(np.arange(ny), np.arange(nz), indexing="ij")
    index = np.column_stack([np.full(j.size, n), j.ravel(), k.ravel()])
    return index @ densities.affine[:3, :3].T + densities.affine[:3, 3]
