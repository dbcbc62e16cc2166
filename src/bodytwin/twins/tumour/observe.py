"""What of a record informs the twin: sizes of the lesion, and when treatment began and ended."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np

from bodytwin import units
from bodytwin.contract.case import Case, ErrorModel, Measurement
from bodytwin.errors import MissingDataError, UnitError
from bodytwin.numerics.inference import Censoring
from bodytwin.record import LOINC, Comparator, Covariate, Observation, Record, Treatment
from bodytwin.record.code import LOCAL
from bodytwin.twins.tumour.model.path import MOST, Exposure
from bodytwin.twins.tumour.model.step import Before, history
from bodytwin.twins.tumour.parameters import HOURS_PER_A, Followed, knots
from bodytwin.twins.tumour.population import TumourPopulation

DIAMETER, VOLUME = "tumour_diameter", "tumour_volume"
DIAMETER_LOINC = "33728-7"
TREATMENT = "tumour_treatment"
BELOW = (Comparator.LESS, Comparator.LESS_OR_EQUAL)


def is_treatment(row: Treatment | Covariate) -> bool:
    """Whether a row says that treatment of the tumour was given, or (as a 0) that it ended."""
    return row.code.system == LOCAL and row.code.code.startswith(TREATMENT)


def error_of(population: TumourPopulation) -> ErrorModel:
    """Equation (3) of the path on the scale of millimetres."""
    s = population.numbers.error_log_sd
    return ErrorModel(
        additive_sd=s * population.numbers.offset_mm, proportional_sd=s, sum_of_sd=True
    )


def case_of(
    record: Record, population: TumourPopulation, *, maker: tuple[str, str], as_of: datetime | None
) -> Case[Followed]:
    """The record up to `as_of` as the twin sees it; `maker` is the twin's name and version.

    Raises MissingDataError with everything that is lacking.
    """
    known = [o for o in record.observations if _known(o, as_of)]
    given = [t for t in record.treatments if is_treatment(t) and _known(t, as_of)]
    sizes = [o for o in known if _kind(o)]
    lacking = [] if sizes else [
        f"No size of the tumour is in the record: local codes {DIAMETER} or {VOLUME}, "
        f"or LOINC {DIAMETER_LOINC}."
    ]  # fmt: skip
    if not given:
        lacking.append(f"No start of treatment is in the record: a treatment coded {TREATMENT}.")
    if lacking:
        raise MissingDataError(*lacking)
    origin = min(t.instant.moment for t in given)
    now = as_of or max([*(o.instant.moment for o in sizes), *(t.instant.moment for t in given)])
    measured, left_out = _measured(sizes, population, origin)
    measured = _kept(measured, left_out)
    times_a = np.array([m.time_h for m in measured]) / HOURS_PER_A
    return Case(
        twin=maker[0],
        version=maker[1],
        variant=population.name,
        patient=record.patient,
        origin=origin,
        as_of=now,
        inputs=Followed(
            population=population,
            exposure=_exposure(record, given, origin, as_of),
            before=before(measured),
            knots_a=knots(times_a),
        ),
        measurements=tuple(measured),
        assumed=(
            "A forecast is of patients who are measured again, as those of the population were: "
            "who stops being measured has often progressed.",
        ),
        left_out=tuple(left_out),
    )


def before(measured: Sequence[Measurement]) -> Before:
    """The history of at least one measurement, in order of time."""
    return history(
        np.array([m.time_h for m in measured]) / HOURS_PER_A,
        np.array([m.value for m in measured]),
        np.array([m.censoring == Censoring.BELOW for m in measured]),
    )


def _known(row: Any, as_of: datetime | None) -> bool:
    return as_of is None or row.instant.moment <= as_of


def _kind(o: Observation) -> str:
    if o.code.system == LOCAL and o.code.code in (DIAMETER, VOLUME):
        return o.code.code
    return DIAMETER if o.code.system == LOINC and o.code.code == DIAMETER_LOINC else ""


def _measured(
    sizes: Sequence[Observation], population: TumourPopulation, origin: datetime
) -> tuple[list[Measurement], list[str]]:
    found: list[Measurement] = []
    left_out: list[str] = []
    for o in sorted(sizes, key=lambda o: o.instant.moment):
        try:
            diameter = _diameter_mm(o, population)
        except UnitError as error:
            left_out.append(f"A size was left out: {error}")
            continue
        comparator = o.quantity.comparator
        if diameter < 0 or (comparator is not None and comparator not in BELOW):
            left_out.append("A size was left out: it is negative, or said to be above a limit.")
            continue
        low = diameter < population.limit_mm - 1e-6
        if comparator is not None:
            low, limit = True, max(diameter, population.limit_mm)
        else:
            limit = population.limit_mm
        found.append(
            Measurement(
                quantity=DIAMETER,
                time_h=(o.instant.moment - origin).total_seconds() / 3600.0,
                value=limit if low else diameter,
                unit="mm",
                error=error_of(population),
                censoring=Censoring.BELOW if low else Censoring.NONE,
                source=f"{o.provenance.source_sha256}#{o.provenance.path}",
            )
        )
    return found, left_out


def _diameter_mm(o: Observation, population: TumourPopulation) -> float:
    value, unit = o.quantity.value, o.quantity.unit
    if _kind(o) == DIAMETER:
        return units.convert(value, source=unit, target="mm")
    volume = units.convert(value, source=unit, target="mm3")
    return float(np.cbrt(volume / population.volume_per_cube))


def _kept(measured: list[Measurement], left_out: list[str]) -> list[Measurement]:
    if len(measured) > MOST:
        left_out.append(f"{len(measured) - MOST} early sizes: the latest {MOST} are used.")
    return measured[-MOST:]


def _exposure(
    record: Record, given: Sequence[Treatment], origin: datetime, as_of: datetime | None
) -> Exposure:
    """The first treatment until its end, and the second, if another follows it."""

    def years(moment: datetime) -> float:
        return (moment - origin).total_seconds() / 3600.0 / HOURS_PER_A

    first = min(given, key=lambda t: t.instant.moment).code.code
    others = [years(t.instant.moment) for t in given if t.code.code != first]
    ends = sorted(
        years(c.instant.moment)
        for c in record.covariates
        if is_treatment(c) and c.quantity.value == 0 and _known(c, as_of)
    )
    following = min(others, default=float("inf"))
    before = [e for e in ends if 0 <= e < following]
    after = [e for e in ends if e >= following]
    return Exposure(
        stop_a=min([*before, following]),
        next_a=following,
        next_stop_a=min(after, default=float("inf")),
    )
