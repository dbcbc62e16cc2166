"""What is asked about the load on uterus and cervix?

Measures as texts with units, how many draws are computed directly, and the pressure if it is known.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bodytwin import units
from bodytwin.contract.case import Case
from bodytwin.errors import InvalidInputError
from bodytwin.twins.pregnancy.model.measures import (
    NAMES,
    Measures,
    measures,
    short_name,
    unit_of,
)
from bodytwin.twins.pregnancy.model.pressure import Pressure, amniotic_pressure
from bodytwin.twins.pregnancy.parameters import HOURS_PER_WK, Expecting

FEWEST, MOST = 5, 500


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Measures as ultrasound said, the pressure, and how many draws."""

    measures: Measures
    pressure: Pressure
    week: float
    draws: int


def asked_of(case: Case[Expecting], asked: Mapping[str, Any]) -> Asked:
    """What is asked of a woman: `measures` as texts with units, `draws`.

    A measure that is not said is the last one of her record.

    Raises:
        InvalidInputError: a measure that is missing, unknown, or without a unit.
        InvalidParameterError: measures that conflict.
        OutsidePopulationError: no pressure was read for her week and none is given.

    """
    week = case.now_h / HOURS_PER_WK
    known = dict(case.inputs.ultrasound)
    if case.inputs.found.cervical_length_mm is not None:
        known["cervix_length_mm"] = case.inputs.found.cervical_length_mm
    recorded = {short_name(name): f"{value} {unit_of(name)}" for name, value in known.items()}
    said: dict[str, str] = recorded | dict(asked["measures"])
    own = said.pop("pressure", None)
    wanted = {short_name(name): name for name in NAMES}
    lacking, strange = sorted(set(wanted) - set(said)), sorted(set(said) - set(wanted))
    if lacking or strange:
        raise InvalidInputError(
            f"Measures must be {', '.join(wanted)}, each as '35 mm' or '95 deg', in the record (as "
            "ultrasound_fundus and so on) or in a file, which may have 'pressure'. "
            f"Missing: {', '.join(lacking) or 'none'}; unknown: "
            f"{', '.join(s[:30] for s in strange) or 'none'}."
        )
    values = [_in(said[short], unit_of(name), short) for short, name in wanted.items()]
    draws = int(asked["draws"])
    if not FEWEST <= draws <= MOST:
        raise InvalidInputError(f"Ask for {FEWEST} to {MOST} draws, got {draws}.")
    pressure = amniotic_pressure(week=week) if own is None else _given(own)
    return Asked(measures=measures(np.array(values)), pressure=pressure, week=week, draws=draws)


def _in(said: Any, unit: str, name: str) -> float:
    number, _, own = str(said).strip().partition(" ")
    try:
        return units.convert(float(number), source=own.strip() or "none", target=unit)
    except ValueError as error:
        raise InvalidInputError(
            f"{name} must be a number and its unit, as '35 mm' or '95 deg'; got {str(said)[:30]!r}."
        ) from error


def _given(own: str) -> Pressure:
    kpa = _in(own, "kPa", "pressure")
    return Pressure(
        mean_kpa=kpa, sd_kpa=0.1 * kpa, source="as given", caution="10 % of it is its spread"
    )
