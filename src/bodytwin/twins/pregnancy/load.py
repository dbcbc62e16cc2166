"""How much do this woman's uterus and cervix stretch, for all that is not known of her?

Measures are drawn about what ultrasound said with its errors, tissue and supports from their
published spread, the pressure from that between women. Each draw is unloaded and read; then the
same shape at rest bears the same pressure four weeks later, with a cervix that softens as it does
and with one that softens half as fast, which is what progesterone is thought to do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin import units
from bodytwin.contract.case import Case
from bodytwin.contract.posterior import Posterior
from bodytwin.errors import InvalidInputError, InvalidParameterError, NumericalError
from bodytwin.numerics.inference import Progress
from bodytwin.numerics.solid import field
from bodytwin.twins.pregnancy.model.measures import NAMES, Measures, errors, measures
from bodytwin.twins.pregnancy.model.mechanics import (
    Load,
    Loaded,
    Readings,
    loaded_by,
    readings,
    seen_under,
)
from bodytwin.twins.pregnancy.model.meshing import half_uterus
from bodytwin.twins.pregnancy.model.pressure import Pressure, amniotic_pressure
from bodytwin.twins.pregnancy.model.template import Counts
from bodytwin.twins.pregnancy.model.tissue import tissues
from bodytwin.twins.pregnancy.model.trials import MECHANICS
from bodytwin.twins.pregnancy.parameters import HOURS_PER_WK, Expecting

Array = NDArray[np.float64]
Shape = dict[str, Any]
LATER_WK, SLOWER = 4.0, 0.5
FEWEST, MOST = 5, 500
LEAST_KPA = 0.1
ENOUGH = 0.5
"""Share of draws that must be computed; below, what is left would be a choice of easy women."""
WORDS = {
    "internal_os": ("Stretch about the internal os", "%"),
    "cervix": ("Stretch of the cervix", "%"),
    "uterus": ("Stretch of the wall of the uterus", "%"),
    "os_share": ("Share of the load that the cervix takes over at the internal os", "%"),
    "shortening_mm": ("Shortening of the canal by the load", "mm"),
    "os_mm": ("Width of the internal os", "mm"),
}
"""What is said of `Readings`, stretches as what is beyond one."""
STRETCHES = ("internal_os", "cervix", "uterus")
MESH = Counts(fine=2)
"""The coarsest mesh on which all that is said is within the stated limits of the next."""
CAUTION = (
    "The stiffness of the uterus, what holds it from outside and the pressure within are the least "
    "certain; several of these numbers are assumed."
)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Measures as ultrasound said, the pressure, and how many draws."""

    measures: Measures
    pressure: Pressure
    week: float
    draws: int


def asked_of(case: Case[Expecting], asked: Mapping[str, Any]) -> Asked:
    """What is asked of a woman: `measures` as texts with units, `draws`.

    Raises:
        InvalidInputError: a measure that is missing, unknown, or without a unit.
        InvalidParameterError: measures that conflict.
        OutsidePopulationError: no pressure was read for her week and none is given.

    """
    said: dict[str, str] = dict(asked["measures"])
    week = case.now_h / HOURS_PER_WK
    own = said.pop("pressure", None)
    known = case.inputs.found.cervical_length_mm
    if "cervix_length" not in said and known is not None:
        said["cervix_length"] = f"{known} mm"
    wanted = {name.rpartition("_")[0]: name for name in NAMES}
    lacking, strange = sorted(set(wanted) - set(said)), sorted(set(said) - set(wanted))
    if lacking or strange:
        raise InvalidInputError(
            f"Measures must be {', '.join(wanted)}, each as '35 mm' or '95 deg', and may have "
            f"'pressure'. Missing: {', '.join(lacking) or 'none'}; unknown: "
            f"{', '.join(s[:30] for s in strange) or 'none'}."
        )
    values = [_in(said[short], "deg" if name.endswith("deg") else "mm", short)
              for short, name in wanted.items()]  # fmt: skip
    draws = int(asked["draws"])
    if not FEWEST <= draws <= MOST:
        raise InvalidInputError(f"Ask for {FEWEST} to {MOST} draws, got {draws}.")
    pressure = amniotic_pressure(week=week) if own is None else _given(own)
    return Asked(measures=measures(np.array(values)), pressure=pressure, week=week, draws=draws)


def load(posterior: Posterior, asked: Mapping[str, Any], progress: Progress, seed: int) -> Shape:
    """Stretches and what follows from them, as distributions; a picture of the middle one.

    Raises NumericalError where less than half of the draws could be computed.
    """
    case: Case[Expecting] = posterior.case
    of = asked_of(case, asked)
    rng = np.random.default_rng([seed, of.draws])
    rows: dict[str, list[Readings]] = {"now": [], "later": [], "slower": []}
    failed: list[str] = []
    tissue = tissues(rng.standard_normal((of.draws, 9)))
    sd = errors(of.measures)
    for k in range(of.draws):
        progress("Uterus and cervix under their load", k / of.draws)
        values = of.measures.array + sd * rng.standard_normal(len(sd))
        kpa = of.pressure.mean_kpa + of.pressure.sd_kpa * float(rng.standard_normal())
        now = Load(tissue=tissue[k], week=of.week, pressure_kpa=max(kpa, LEAST_KPA))
        later = replace(now, week=of.week + LATER_WK)
        slower = replace(later, tissue=tissue[k].slower(SLOWER, since_wk=of.week))
        try:
            seen = seen_under(half_uterus(measures(values), MESH), now)
            found = [readings(seen), *(readings(loaded_by(seen, x)) for x in (later, slower))]
        except (InvalidParameterError, NumericalError) as error:
            failed.append(str(error))
            continue
        for name, one in zip(rows, found, strict=True):
            rows[name].append(one)
    if len(rows["now"]) < ENOUGH * of.draws:
        raise NumericalError(
            f"Only {len(rows['now'])} of {of.draws} draws could be computed. The first that could "
            f"not: {failed[0]}"
        )
    return {
        "patient": case.patient,
        "week": of.week,
        "pressure_kpa": {"mean": of.pressure.mean_kpa, "sd": of.pressure.sd_kpa},
        "measures": {n: v for n, v in zip(NAMES, of.measures.array.tolist(), strict=True)},
        "draws": of.draws,
        "computed": len(rows["now"]),
        "failed": failed[:3],
        "readings": [_spread(name, rows["now"]) for name in WORDS],
        "later": {name: _change(rows["now"], rows[name]) for name in ("later", "slower")},
        "later_wk": LATER_WK,
        "section": _section(of),
        "statement": f"{MECHANICS} {CAUTION}",
    }


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


def _spread(name: str, rows: list[Readings]) -> Shape:
    words, unit = WORDS[name]
    values = np.array([getattr(r, name) for r in rows])
    if unit == "%":
        values = 100 * (values - 1 if name in STRETCHES else values)
    low, median, high = np.quantile(values, [0.05, 0.5, 0.95])
    return {
        "name": name, "words": words, "unit": unit,
        "low90": float(low), "median": float(median), "high90": float(high),
    }  # fmt: skip


def _change(now: list[Readings], then: list[Readings]) -> Shape:
    """By how much the stretch beyond one about the internal os grows, as a ratio."""
    ratio = [(b.internal_os - 1) / (a.internal_os - 1) for a, b in zip(now, then, strict=True)]
    low, median, high = np.quantile(ratio, [0.05, 0.5, 0.95])
    return {"low90": float(low), "median": float(median), "high90": float(high)}


def _section(of: Asked) -> Shape:
    """The sagittal section of the measures as said, with the stretch at its nodes."""
    middle = tissues(np.zeros((1, 9)))[0]
    seen: Loaded = seen_under(
        half_uterus(of.measures, MESH),
        Load(tissue=middle, week=of.week, pressure_kpa=of.pressure.mean_kpa),
    )
    at_nodes = field.at_nodes(seen.at_rest.mesh, seen.stretch)
    faces = seen.as_seen.surfaces["symmetry"]
    return {
        "place_mm": seen.positions_mm[faces][:, :, 1:].round(2).tolist(),
        "stretch": at_nodes[faces].round(4).tolist(),
    }
