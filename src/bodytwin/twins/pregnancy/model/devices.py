r"""What do a suture, a pessary, more fluid, or another posture change in a loaded uterus?

A cerclage is a cable through the middle of the wall of the cervix, tied while the uterus bears its
load (`numerics.solid`, `ring`). A pessary is a rigid ring round the cervix, its axis turned towards
the back, which what it touches slides along (`contact`). Fluid has a weight: what it presses with
grows along gravity,

.. math::
    p = q \, (p_0 + \rho\, \Delta g \cdot x),                                            \tag{1}

x from the middle of the cavity and q the share that the wall bears, since the organs around are
heavy too. Ultrasound saw her lying, so :math:`\Delta g` is by how much gravity differs from that.
Her long axis is taken to lie along the bed.

Source: data/devices.toml and the works named in it.
Not for: a suture that slips or cuts, a pessary that the vagina moves, the weight of the fetus on
one place, contractions.
"""

from dataclasses import replace
from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidParameterError
from bodytwin.numerics import solid
from bodytwin.twins.pregnancy.model.mechanics import Loaded, loaded_by, pressed_by
from bodytwin.twins.pregnancy.model.quoted import table
from bodytwin.twins.pregnancy.model.sweep import LAST

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
KPA_PER_MMHG = 0.133322
PENALTY_KPA_PER_MM, DEPTH_MM = 1.0, 0.3


def cerclage(before: Loaded, *, tension_mn: float | None = None) -> tuple[Loaded, solid.Ring]:
    """Half a uterus with the suture tied round its cervix, and the half of the suture.

    Raises:
        InvalidParameterError: the cervix is too short for the height of a suture.
        NumericalError: no equilibrium was found with it.

    """
    said = table("devices")["cerclage"]
    points = solid.on_nodes(_round(before, float(said["height_mm"])))
    ring = solid.tied(
        points, before.positions_mm, half=True, stiffness_mn=float(said["stiffness_mn"]),
        tension_mn=float(said["tension_mn"]) if tension_mn is None else tension_mn,
    )  # fmt: skip
    return loaded_by(before, before.load, more=[ring]), ring


def pessary(before: Loaded) -> tuple[Loaded, solid.Contact]:
    """A uterus whose cervix is in the smaller pessary that surrounds it, else in the larger.

    Raises NumericalError where no equilibrium was found with it.
    """
    said, of = table("devices")["pessary"], before.as_seen.measures
    inner = next(
        (d for d in said["inner_mm"] if d >= of.cervix_outer_mm), float(said["inner_mm"][-1])
    )
    tube = (float(said["outer_mm"]) - inner) / 4
    os_mm, end = _ends(before)
    way = (end - os_mm) / np.linalg.norm(end - os_mm)
    place = os_mm + float(said["depth_share"]) * (end - os_mm)
    ring = solid.Torus(
        _three(place), _three(_turned(way, said["turned_deg"])), inner / 2 + tube, tube
    )
    faces = np.concatenate([before.as_seen.surfaces[n] for n in ("cervix_outer", "ligaments")])
    touch = solid.Contact(faces, ring, penalty_kpa_per_mm=PENALTY_KPA_PER_MM)
    return pressed_by(before, [touch], depth_mm=DEPTH_MM), touch


def canal_deg(of: Loaded) -> float:
    """Direction of the canal in the sagittal plane: 0 forwards, -90 down, less is backwards."""
    os_mm, end = _ends(of)
    return float(np.degrees(np.arctan2(end[2] - os_mm[2], end[1] - os_mm[1])))


def polyhydramnios(before: Loaded) -> Loaded:
    """The same uterus under the pressure that drainage was seen to take away."""
    change = table("pressure")["drained"]["polyhydramnios_change_mmhg"]["value"]
    kpa = before.load.pressure_kpa - KPA_PER_MMHG * float(change)
    return loaded_by(before, replace(before.load, pressure_kpa=kpa))


def on_a_bed(before: Loaded, *, head_up_deg: float) -> Loaded:
    """The same uterus, the bed's head up by an angle: 0 as seen, 90 upright, -20 head down."""
    if not -45.0 <= head_up_deg <= 90.0:
        raise InvalidParameterError(f"head_up_deg must be -45 to 90, got {head_up_deg}.")
    said = table("devices")["fluid"]
    weight = float(said["density_kg_per_m3"]) * float(said["gravity_m_per_s2"]) * 1e-6
    angle = radians(head_up_deg)
    change = np.array([0.0, -cos(angle) + 1.0, -sin(angle)])
    rise = before.load.tissue.borne_share * weight * change
    cavity = before.as_seen.surfaces["cavity"]
    heavy = solid.Pressure(cavity, 0.0, rise_kpa_per_mm=(0.0, float(rise[1]), float(rise[2])))
    return loaded_by(before, before.load, more=[heavy])


def _ends(of: Loaded) -> tuple[Array, Array]:
    """The middles of internal and external os, in the sagittal plane."""
    plate, places = of.as_seen.plate, of.positions_mm
    os_mm, end = places[plate.os_ring].mean(axis=0), places[plate.r == LAST].mean(axis=0)
    os_mm[0] = end[0] = 0.0
    return os_mm, end


def _turned(way: Array, degrees: float) -> Array:
    """A direction that points down, turned towards the back."""
    c, s = cos(radians(degrees)), sin(radians(degrees))
    return np.array([0.0, c * way[1] + s * way[2], c * way[2] - s * way[1]])


def _three(x: Array) -> tuple[float, float, float]:
    return float(x[0]), float(x[1]), float(x[2])


def _round(of: Loaded, height_mm: float) -> Ints:
    """Nodes of the middle of the wall nearest to a height above the external os, front to back."""
    plate = of.as_seen.plate
    length = of.as_seen.measures.cervix_length_mm
    if height_mm > length - 2.0:
        raise InvalidParameterError(
            f"A suture {height_mm:.0f} mm above the external os needs a cervix of "
            f"{height_mm + 2:.0f} mm or more, got {length:.1f}."
        )
    r = np.where(plate.w == 0.5, np.round(plate.r, 6), 0.0)
    levels = np.unique(r[(r > 5.0) & (r < LAST)])
    places, (_, end) = of.positions_mm, _ends(of)
    away = [float(np.linalg.norm((places[r == one].mean(axis=0) - end)[1:])) for one in levels]
    level = levels[int(np.argmin(np.abs(np.array(away) - height_mm)))]
    nodes = np.flatnonzero(r == level)
    return nodes[np.argsort(plate.angle[nodes])]
