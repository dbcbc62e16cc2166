r"""What did ultrasound measure of this woman's uterus and cervix, and can it all be true at once?

Diameters are those of the cavity, from inner wall to inner wall: longitudinal from the internal os
to the fundus, anterior-posterior and transverse across the middle. Thickness is that of the wall
at right angles to the cavity: at the fundus, halfway up in front and behind, and of the lower
uterine segment 3 cm in front of the internal os. The length of the cervix is that of its canal,
straight from os to os; the angle is between the canal and the line from the internal os to the
inner wall 3 cm in front of it.

Source: definitions as in Louwagie et al. 2021, PLoS ONE 16:e0242118 (abstract) and in trials of
the uterocervical angle; errors of measurement in data/measures.toml.
Not for: a funnelled internal os, a curved canal, a placenta, a bicornuate or scarred uterus.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidParameterError, require_positive
from bodytwin.twins.pregnancy.model.quoted import table

Array = NDArray[np.float64]
LOWER_MM = 30.0
"""How far in front of the internal os the lower segment and the angle are read."""


@dataclass(frozen=True, kw_only=True)
class Measures:
    """Eleven measures in mm and degrees. Raises InvalidParameterError naming what conflicts."""

    longitudinal_mm: float
    anterior_posterior_mm: float
    transverse_mm: float
    fundus_mm: float
    anterior_mm: float
    posterior_mm: float
    lower_segment_mm: float
    cervix_length_mm: float
    cervix_outer_mm: float
    canal_mm: float
    angle_deg: float

    def __post_init__(self) -> None:
        require_positive(**{name: getattr(self, name) for name in NAMES})
        if not 30.0 <= self.angle_deg <= 170.0:
            raise InvalidParameterError(
                f"angle_deg must be 30 to 170, got {self.angle_deg:.1f}. It is the anterior angle "
                "between canal and lower segment, in degrees."
            )
        self._walls_leave_a_cavity()
        self._cervix_surrounds_its_canal()
        self._cervix_fits_its_uterus()

    def _walls_leave_a_cavity(self) -> None:
        narrow = min(self.anterior_posterior_mm, self.transverse_mm, self.longitudinal_mm)
        diameter = next(n for n in DIAMETERS if getattr(self, n) == narrow)
        for wall in WALLS:
            _no_less(self, diameter, 2 * getattr(self, wall), f"twice {wall}")

    def _cervix_surrounds_its_canal(self) -> None:
        _no_less(self, "cervix_outer_mm", self.canal_mm + 4.0, "canal_mm and walls of 2 mm")

    def _cervix_fits_its_uterus(self) -> None:
        wide = 1.5 * self.cervix_outer_mm
        for diameter in DIAMETERS:
            _no_less(self, diameter, wide, "1.5 times cervix_outer_mm")
            _no_less(self, diameter, 1.5 * LOWER_MM, "1.5 times the 3 cm of the lower segment")
        _no_less(self, "cervix_length_mm", 4.0 + self.lower_segment_mm, "lower_segment_mm and 4 mm")

    @property
    def array(self) -> Array:
        """The measures in the order of `NAMES`, (11,)."""
        return np.array([getattr(self, name) for name in NAMES])

    def changed(self, **to: float) -> "Measures":
        """The same woman with some measures replaced."""
        return replace(self, **to)


NAMES = tuple(f.name for f in fields(Measures))
DIAMETERS = NAMES[:3]
WALLS = NAMES[3:7]


def short_name(name: str) -> str:
    """A measure of `NAMES` without its unit."""
    return name.rpartition("_")[0]


def unit_of(name: str) -> str:
    """The unit of a measure of `NAMES`."""
    return name.rpartition("_")[2]


def measures(values: Array) -> Measures:
    """From an array (11,) in the order of `NAMES`."""
    return Measures(**{name: float(v) for name, v in zip(NAMES, values, strict=True)})


def _no_less(of: Measures, name: str, least: float, what: str) -> None:
    if not getattr(of, name) >= least:
        raise InvalidParameterError(
            f"{name} of {getattr(of, name):.1f} conflicts with {what}, {least:.1f}: it must be "
            "at least that. Diameters are of the cavity, all in mm. Measure both again."
        )


def errors(of: Measures) -> Array:
    """Standard deviations of the error of each measure, in the order of `NAMES`, (11,)."""
    said = table("measures")["error"]
    diameters = [said["diameter_relative"]["sd"] * getattr(of, n) for n in DIAMETERS]
    rest = ["cervix_length_mm", "cervix_outer_mm", "canal_mm", "angle_deg"]
    return np.array(
        [*diameters, *[said["thickness_mm"]["sd"]] * len(WALLS), *(said[n]["sd"] for n in rest)]
    )
