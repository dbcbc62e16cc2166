r"""What presses on the uterus from within at rest, in a week of pregnancy?

Straight lines between the few pressures that could be read, each with where it was read. Twins,
fluid, parity and a later preterm birth made no difference where it was measured, so none enters.

Source: data/pressure.toml; Fisk et al. 1992, whose own table was not readable.
Not for: contractions, too much or too little fluid, or weeks outside the points.
"""

from dataclasses import dataclass

import numpy as np

from bodytwin.errors import OutsidePopulationError
from bodytwin.twins.pregnancy.model.quoted import table


@dataclass(frozen=True, kw_only=True)
class Pressure:
    """A mean and the standard deviation taken between women, with source and caution."""

    mean_kpa: float
    sd_kpa: float
    source: str
    caution: str


def amniotic_pressure(*, week: float) -> Pressure:
    """Pressure at rest in a week that lies between the points.

    Raises:
        OutsidePopulationError: the week lies outside the points.

    """
    said = table("pressure")["amniotic"]
    first, last = said["week"][0], said["week"][-1]
    if not first <= week <= last:
        raise OutsidePopulationError(
            f"Pressure could be read for {first:g} to {last:g} weeks, this is week {week:g}.",
            "Give a pressure measured or assumed for this woman.",
        )
    return Pressure(
        mean_kpa=float(np.interp(week, said["week"], said["pressure_kpa"])),
        sd_kpa=said["between_sd_kpa"],
        source=said["source"],
        caution=said["caution"],
    )


def rise_kpa(week: float, to_wk: float) -> float:
    """By how much the mean pressure rises between two weeks; outside of the points it does not."""
    said = table("pressure")["amniotic"]
    before, after = np.interp([week, to_wk], said["week"], said["pressure_kpa"])
    return float(after - before)
