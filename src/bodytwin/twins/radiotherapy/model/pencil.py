r"""What does one beamlet leave at a depth, beside its axis?

.. math::
    D(x, z, r, g) = \Big(\frac{\mathrm{SAD}}{g}\Big)^2 \sum_{k=1}^{3} K_k(x, z)\,
          \frac{\beta_k}{\beta_k - m} \big(e^{-m r} - e^{-\beta_k r}\big),             \tag{1}
.. math::
    K_k = F * W_k, \qquad F(x, z) = f(x) f(z), \quad
    f(x) = \tfrac12 \Big[\mathrm{erf}\frac{x + b/2}{\sqrt2 \sigma}
          - \mathrm{erf}\frac{x - b/2}{\sqrt2 \sigma}\Big]                            \tag{2}

at the water-equivalent depth r, with the radial kernels W of a machine at the distance of the
source from the surface, and the fluence F of a square beamlet of side b with the penumbra of the
source :math:`\sigma`, which may differ along x and z, as jaws and leaves lie at different
distances. F is known in closed form and all grids are even about zero, so a beamlet sits where it
should to the last digit. All lengths across are those in the plane of the isocentre. A beamlet away
from the axis is worth the open fluence there (the horns that a flattening filter leaves).

Source: Bortfeld, Schlegel & Rhein 1993, Med Phys 20:311, doi 10.1118/1.597070.

Not for: lung and bone beside water, where electrons and scatter do not scale with the depth of a
ray; absolute dose: a weight of one is one unit of the kernels.
"""

from dataclasses import dataclass, field, fields
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from bodytwin.errors import InvalidInputError

Array = NDArray[np.float64]
FINE_MM, REACH_MM = 0.5, 50.0
"""Step of the tables of (2), and how far from its axis a beamlet is followed if not stated."""
FWHM = 2.0 * np.sqrt(2.0 * np.log(2.0))
"""Full width at half maximum of a bell of unit standard deviation."""


def _flat() -> Array:
    return np.array([[0.0, 1.0]])


@dataclass(frozen=True, kw_only=True, eq=False)
class PencilBeam:
    """The machine: `kernels` (distances, 3, radii) at `surface_mm` and `radius_mm`.

    The kernels are those of one cell of FINE_MM; `betas_per_mm` is (3,). `penumbra_mm` is a full
    width at half maximum, that along z is `penumbra_z_mm` where it differs. `open_fluence` (n, 2)
    holds distances from the axis in mm and the fluence there over that on the axis, constant beyond
    the last. A field reaches `edge_mm` further than its nominal edge, along x and z. Beyond
    `reach_mm` of its axis a beamlet leaves nothing.
    """

    name: str
    m_per_mm: float
    betas_per_mm: Array
    penumbra_mm: float
    surface_mm: Array
    radius_mm: Array
    kernels: NDArray[np.floating]
    penumbra_z_mm: float | None = None
    open_fluence: Array = field(default_factory=_flat)
    edge_mm: tuple[float, float] = (0.0, 0.0)
    reach_mm: float = REACH_MM

    def __post_init__(self) -> None:
        shape = (len(self.surface_mm), 3, len(self.radius_mm))
        rates = np.append(self.betas_per_mm, self.m_per_mm)
        if self.kernels.shape != shape or not np.isfinite(self.kernels).all():
            raise InvalidInputError(
                f"Kernels for {shape[0]} distances and {shape[2]} radii are {shape}, finite; got "
                f"{self.kernels.shape}."
            )
        above = (*rates, *self.penumbras_mm, self.reach_mm)
        if len(rates) != 4 or not (np.array(above) > 0).all() or self.m_per_mm in self.betas_per_mm:
            raise InvalidInputError(
                "A machine has an attenuation, three other depth terms, penumbras and a reach, all "
                "above zero."
            )
        if self.open_fluence.shape[1:] != (2,) or not (np.diff(self.open_fluence[:, 0]) > 0).all():
            raise InvalidInputError(
                "The open fluence is (n, 2): distances from the axis, growing, and what is there."
            )

    @property
    def penumbras_mm(self) -> tuple[float, float]:
        """Along x and z."""
        z = self.penumbra_mm if self.penumbra_z_mm is None else self.penumbra_z_mm
        return self.penumbra_mm, z

    def open_at(self, beamlets_mm: Array) -> Array:
        """The open fluence (n,) over that on the axis at beamlets (n, 2)."""
        return np.interp(np.hypot(*np.asarray(beamlets_mm).T), *self.open_fluence.T)

    def depth_terms(self, depth_mm: Array) -> Array:
        """The three factors of equation (1) at depths (n,), (n, 3)."""
        r, beta = np.asarray(depth_mm)[:, None], self.betas_per_mm
        bent = np.exp(-self.m_per_mm * r) - np.exp(-beta * r)
        return beta / (beta - self.m_per_mm) * bent

    def tables(self, *, beamlet_mm: float, surface_mm: float) -> Array:
        """K of equation (2) in steps of FINE_MM from the axis on, (3, steps, steps).

        Nothing lies further from the axis than `reach_mm` and a step.
        """
        steps = round(self.reach_mm / FINE_MM)
        blurred = 0.5 * beamlet_mm + 2 * max(self.penumbras_mm)
        wide = steps + round(blurred / FINE_MM) + 1
        at = FINE_MM * np.arange(-wide, wide + 1)
        half = 0.5 * beamlet_mm
        sides = [
            0.5 * (erf((at + half) / width) - erf((at - half) / width))
            for width in (2**0.5 / FWHM * p for p in self.penumbras_mm)
        ]
        from scipy.signal import fftconvolve  # half a second, which not every command owes

        radius = np.hypot(*np.meshgrid(at, at, indexing="ij"))
        fluence = np.outer(*sides)
        found = [
            fftconvolve(np.interp(radius, self.radius_mm, row, right=0.0), fluence, mode="same")
            for row in self._kernels_at(surface_mm)
        ]
        kept = slice(wide, wide + steps + 1)
        near = radius[kept, kept] < self.reach_mm + FINE_MM
        return np.stack(found)[:, kept, kept] * near

    def _kernels_at(self, surface_mm: float) -> Array:
        low, high = float(self.surface_mm[0]), float(self.surface_mm[-1])
        if not low <= surface_mm <= high:
            raise InvalidInputError(
                f"The body begins {surface_mm:.0f} mm from the source; {low:g} to {high:g} mm are "
                f"known of this machine. Check the isocentre."
            )
        nearest = int(np.argmin(np.abs(self.surface_mm - surface_mm)))
        return np.asarray(self.kernels[nearest], dtype=np.float64)


def machine_from(data: bytes) -> PencilBeam:
    """The machine of a file that `machine_file` made.

    Raises:
        InvalidInputError: bytes that are no such file.

    """
    try:
        with np.load(BytesIO(data), allow_pickle=False) as held:
            values = {name: held[name] for name in held.files}
        name = str(values.pop("name"))
        edge = values.pop("edge_mm", np.zeros(2))
        numbers = {k: float(v) for k, v in values.items() if v.ndim == 0}
        arrays = {k: v for k, v in values.items() if v.ndim}
        return PencilBeam(name=name, edge_mm=(float(edge[0]), float(edge[1])), **numbers, **arrays)
    except (OSError, ValueError, KeyError, TypeError, IndexError, BadZipFile) as error:
        raise InvalidInputError(
            "This file holds no machine. Make one with machine_file() of a commissioned machine."
        ) from error


def machine_file(machine: PencilBeam) -> bytes:
    """The machine as a file (NumPy .npz) that `machine_from` reads, the same to the bit."""
    known = {f.name: getattr(machine, f.name) for f in fields(machine)}
    held: dict[str, Any] = {k: np.asarray(v) for k, v in known.items() if v is not None}
    body = BytesIO()
    np.savez_compressed(body, **held)
    return body.getvalue()


@cache
def generic() -> PencilBeam:
    """A generic machine of 6 MV; where it is from stands in data/generic_6mv.toml."""
    path = files("bodytwin.twins.radiotherapy") / "data" / "generic_6mv.npz"
    return machine_from(path.read_bytes())
