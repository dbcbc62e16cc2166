"""The pencil beam of a photon machine, from a machine file of matRad (`photons_*.mat`).

The file tabulates the model of Bortfeld, Schlegel and Rhein (Med Phys 1993;20:311): three
depth terms with coefficients `betas_per_mm`, the attenuation `m_per_mm`, and for each distance of
source and surface three radial kernels.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.radiotherapy import matlab
from bodytwin.importers.radiotherapy.found import Found
from bodytwin.importers.source import sha256

Array = NDArray[np.float64]
KERNELS = ("kernel1", "kernel2", "kernel3")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PhotonMachine:
    """Kernels (distances, 3, radii) at `surface_distance_mm` and `radius_mm`.

    `primary_fluence` (n, 2) is the relative fluence of the open beam by distance from the axis
    in mm, in the plane of the isocentre; the penumbra is a full width at half maximum there.
    """

    name: str
    source_sha256: str
    energy_mv: float
    axis_distance_mm: float
    collimator_distance_mm: float
    m_per_mm: float
    betas_per_mm: Array
    penumbra_mm: float
    primary_fluence: Array
    surface_distance_mm: Array
    radius_mm: Array
    kernels: Array


def read(data: bytes) -> Found[PhotonMachine]:
    """The machine in a file.

    Raises:
        UnreadableFileError: damaged, of another kind of radiation, or something is lacking.

    """
    machine = matlab.read(data, ("machine",))["machine"]
    try:
        if machine["meta"]["radiationMode"] != "photons":
            raise UnreadableFileError("The machine is not one of photons.")
        value = _machine(machine["meta"], machine["data"], sha256(data))
    except UnreadableFileError:
        raise
    except (KeyError, TypeError, IndexError, ValueError):
        raise UnreadableFileError("The file is no photon machine of matRad.") from None
    if not all(np.isfinite(a).all() for a in (value.kernels, value.radius_mm, value.betas_per_mm)):
        raise UnreadableFileError("The kernels of the machine are not finite.")
    return Found(value=value)


def _machine(meta: dict[str, Any], data: dict[str, Any], source: str) -> PhotonMachine:
    kernels = data["kernel"] if isinstance(data["kernel"], list) else [data["kernel"]]
    fluence = np.asarray(data["primaryFluence"], dtype=np.float64)
    if fluence.ndim != 2 or fluence.shape[1] != 2:
        raise UnreadableFileError("The primary fluence of the machine is not (n, 2).")
    return PhotonMachine(
        name=str(meta["name"]),
        source_sha256=source,
        energy_mv=_number(data["energy"]),
        axis_distance_mm=_number(meta["SAD"]),
        collimator_distance_mm=_number(meta["SCD"]),
        m_per_mm=_number(data["m"]),
        betas_per_mm=_row(data["betas"]),
        penumbra_mm=_number(data["penumbraFWHMatIso"]),
        primary_fluence=fluence,
        surface_distance_mm=np.array([_number(k["SSD"]) for k in kernels]),
        radius_mm=_row(data["kernelPos"]),
        kernels=np.array([[_row(k[name]) for name in KERNELS] for k in kernels]),
    )


def _number(value: Any) -> float:
    return float(np.ravel(value)[0])


def _row(value: Any) -> Array:
    return np.ravel(np.asarray(value, dtype=np.float64))
