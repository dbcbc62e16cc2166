"""What of a record informs the twin, and with what error."""

import tomllib
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from bodytwin import units
from bodytwin.contract.case import Case, Measurement
from bodytwin.errors import MissingDataError, OutsidePopulationError, UnitError
from bodytwin.numerics.inference import Censoring
from bodytwin.record import LOINC, RXNORM, Comparator, Observation, Record, Route, Sex, Treatment
from bodytwin.record.code import LOCAL
from bodytwin.twins.dosing.model import ABSORBED, CENTRAL, Dose
from bodytwin.twins.dosing.model.batch import MODEL_DECIDES
from bodytwin.twins.dosing.parameters import History
from bodytwin.twins.dosing.population import CovariateNeed, PopulationModel

Series = list[tuple[datetime, float]]
STALE_DAYS = 30
SIDE = {
    Comparator.LESS: Censoring.BELOW,
    Comparator.LESS_OR_EQUAL: Censoring.BELOW,
    Comparator.GREATER: Censoring.ABOVE,
    Comparator.GREATER_OR_EQUAL: Censoring.ABOVE,
}


def is_challenge(treatment: Treatment, model: PopulationModel) -> bool:
    """Whether a dose given is one of the substance that tests the patient."""
    code, challenge = treatment.code, model.challenge
    return challenge is not None and code.system == RXNORM and code.code in challenge.rxnorm


def is_of_drug(treatment: Treatment, model: PopulationModel) -> bool:
    """Whether a dose given is a dose of the drug of the model."""
    code = treatment.code
    return (
        (code.system == RXNORM and code.code in model.rxnorm)
        or (code.system == LOCAL and code.code == model.drug)
        or is_challenge(treatment, model)
    )


def case_of(
    record: Record, model: PopulationModel, *, twin: str, version: str, as_of: datetime | None
) -> Case[History]:
    """The record up to `as_of` as the twin sees it, or a refusal with every reason."""
    given = sorted(
        (t for t in record.treatments if is_of_drug(t, model) and _known(t, as_of)),
        key=lambda t: t.instant.moment,
    )
    levels, left_out = _levels(record, model, as_of)
    lacking: list[str] = []
    if not given and model.structure.quantities.keys() != {"insulin", "glucose"}:
        lacking.append(
            f"No dose of {model.drug} is in the record"
            + ("." if as_of is None else f" up to {as_of:%Y-%m-%d %H:%M}.")
        )
    moments = [t.instant.moment for t in given] or [m for m, *_ in levels]
    if not moments:
        raise MissingDataError(*(lacking or ["The record holds nothing that this twin can use."]))
    origin = min(moments)
    end = as_of or max([*moments, *(m for m, *_ in levels)])
    series, assumed, missing = _covariates(record, model, end, origin)
    if lacking + missing:
        raise MissingDataError(*lacking, *missing)
    starts, table = _segments(series, origin)
    _require_population(model, series)
    measurements = tuple(
        sorted((_measurement(m, origin, model) for m in levels), key=lambda m: m.time_h)
    )
    history = History(
        population=model,
        doses=tuple(dose_of(t, model, origin) for t in given),
        segments_h=starts,
        covariates=table,
        occasions_h=_occasions(model, [m.time_h for m in measurements]),
    )
    return Case(
        twin=twin,
        version=version,
        variant=model.name,
        patient=record.patient,
        origin=origin,
        as_of=end,
        inputs=history,
        measurements=measurements,
        assumed=tuple(assumed),
        left_out=tuple(left_out),
    )


def _known(row: Any, as_of: datetime | None) -> bool:
    return as_of is None or row.instant.moment <= as_of


def dose_of(treatment: Treatment, model: PopulationModel, origin: datetime) -> Dose:
    """One dose in the unit of the model, in hours from the origin."""
    challenge = model.challenge if is_challenge(treatment, model) else None
    unit = challenge.dose_unit if challenge else model.dose_unit
    amount = units.convert(treatment.amount.value, source=treatment.amount.unit, target=unit)
    into = CENTRAL if treatment.route is Route.INTRAVENOUS else ABSORBED
    if treatment.route is Route.OTHER:
        into = ABSORBED if model.links else CENTRAL
    if model.challenge is not None:
        into = CENTRAL if challenge else ABSORBED
    duration = treatment.duration_h
    return Dose(
        time_h=treatment.instant.hours_since(origin),
        amount=amount,
        into=into,
        duration_h=MODEL_DECIDES if duration is None else duration,
        steady_interval_h=treatment.steady_state_interval_h,
    )


Level = tuple[datetime, str, float, Observation]


def _levels(
    record: Record, model: PopulationModel, as_of: datetime | None
) -> tuple[list[Level], list[str]]:
    kept: list[Level] = []
    left_out: list[str] = []
    for o in record.observations:
        for name, q in model.quantities.items():
            ours = (o.code.system == LOINC and o.code.code in q.loinc) or (
                o.code.system == LOCAL and o.code.code == f"{model.drug}_{name}"
            )
            if not ours or not _known(o, as_of):
                continue
            try:
                value = _in_unit(o, q.unit, model.drug if name == "concentration" else name)
            except UnitError as error:
                left_out.append(f"A {name} was left out: {error}")
                continue
            kept.append((o.instant.moment, name, value, o))
    return kept, left_out


def _in_unit(o: Observation, unit: str, analyte: str) -> float:
    """The value in `unit`; moles turn into mass with the molar mass of the analyte."""
    known = units.is_convertible(o.quantity.unit, unit)
    molar = None if known else units.molar_mass_g_per_mol(analyte)
    return units.convert(
        o.quantity.value, source=o.quantity.unit, target=unit, molar_mass_g_per_mol=molar
    )


def _measurement(level: Level, origin: datetime, model: PopulationModel) -> Measurement:
    moment, name, value, o = level
    q = model.quantities[name]
    comparator = o.quantity.comparator
    side = Censoring.NONE if comparator is None else SIDE[comparator]
    if q.lower_limit is not None and value < q.lower_limit and side is Censoring.NONE:
        value, side = q.lower_limit, Censoring.BELOW
    if q.error.log_sd > 0 and value <= 0 and side is Censoring.NONE:
        raise MissingDataError(
            f"A {name} of {value:g} {q.unit} cannot be used: the model's error is on the log "
            "scale. Give it as below its limit of quantification."
        )
    return Measurement(
        quantity=name,
        time_h=(moment - origin).total_seconds() / 3600.0,
        value=value,
        unit=q.unit,
        error=q.error,
        censoring=side,
        source=f"{o.provenance.source_sha256}#{o.provenance.path}",
    )


def _occasions(model: PopulationModel, times_h: Sequence[float]) -> tuple[float, ...]:
    if not model.by_occasion:
        return ()
    gaps = zip(times_h[:-1], times_h[1:], strict=True)
    starts = [a for a, b in gaps if b - a > model.occasion_gap_h]
    last = times_h[-1] if times_h else 0.0
    return (*starts, last + min(model.occasion_gap_h, 1e6))


def _covariates(
    record: Record, model: PopulationModel, end: datetime, origin: datetime
) -> tuple[dict[str, Series], list[str], list[str]]:
    found: dict[str, Series] = {}
    assumed: list[str] = []
    missing: list[str] = []
    for name, need in model.covariates.items():
        series = [
            (moment, value)
            for moment, value in covariate_series(record, name, need, origin)
            if moment <= end
        ]
        if not series and need.missing is not None:
            series = [(origin, need.missing)]
            assumed.append(f"{name} is not in the record; {need.missing:g} is assumed.")
        if not series:
            missing.append(
                f"{name} is not in the record"
                + (f" ({need.derive.replace('_', ' ')} needs age, sex, weight and creatinine)"
                   if need.derive else f" (LOINC {', '.join(need.loinc)})" if need.loinc else "")
                + "."
            )  # fmt: skip
            continue
        age_days = (end - max(m for m, _ in series)).days
        if age_days > STALE_DAYS:
            assumed.append(f"{name} is {age_days} days old and taken as unchanged.")
        found[name] = sorted(series)
    return found, assumed, missing


def covariate_series(record: Record, name: str, need: CovariateNeed, origin: datetime) -> Series:
    """Every value of one covariate in the record, in the unit of the model."""
    direct = _direct(record, name, need.unit, need.loinc)
    if direct:
        return direct
    if name == "age_a" and record.demographics.birth_date is not None:
        return [(origin, _age_a(record, origin))]
    if name in ("female", "male") and record.demographics.sex in (Sex.FEMALE, Sex.MALE):
        return [(origin, float(record.demographics.sex.value == name))]
    if need.derive == "cockcroft_gault":
        return _cockcroft_gault(record, need)
    return []


def _direct(record: Record, name: str, unit: str, loinc: Iterable[str]) -> Series:
    codes = {(LOCAL, name), *((LOINC, code) for code in loinc)}
    series: Series = []
    for row in (*record.covariates, *record.observations):
        if (row.code.system, row.code.code) not in codes:
            continue
        if isinstance(row, Observation) and row.quantity.comparator is not None:
            continue
        try:
            value = units.convert(row.quantity.value, source=row.quantity.unit, target=unit)
        except UnitError:
            continue
        series.append((row.instant.moment, value))
    return series


def _age_a(record: Record, at: datetime) -> float:
    born = record.demographics.birth_date
    assert born is not None
    return (at.date() - born).days / 365.25


@cache
def cockcroft_gault() -> dict[str, Any]:
    """The constants of the equation, with their source."""
    path = files("bodytwin.twins.dosing") / "data" / "cockcroft_gault.toml"
    return tomllib.loads(path.read_text())


def _cockcroft_gault(record: Record, need: CovariateNeed) -> Series:
    k = cockcroft_gault()
    weights = sorted(_direct(record, "weight_kg", "kg", k["weight_loinc"]))
    sex = record.demographics.sex
    ages = _direct(record, "age_a", "a", ())
    if not weights or sex not in (Sex.FEMALE, Sex.MALE):
        return []
    if record.demographics.birth_date is None and not ages:
        return []
    series: Series = []
    for moment, creatinine in sorted(_creatinine(record, k)):
        age = ages[0][1] if record.demographics.birth_date is None else _age_a(record, moment)
        floor = need.creatinine_floor
        if floor and age > floor["age_over_a"]:
            creatinine = max(creatinine, floor["value"])
        weight = next((w for m, w in reversed(weights) if m <= moment), weights[0][1])
        clearance = (k["age_offset_a"] - age) * weight / (k["divisor"] * creatinine)
        series.append((moment, clearance * (k["female"] if sex is Sex.FEMALE else 1.0)))
    return series


def _creatinine(record: Record, k: dict[str, Any]) -> Series:
    codes = {(LOINC, c) for c in k["creatinine_loinc"]} | {(LOCAL, "creatinine_mg_per_dl")}
    series: Series = []
    for row in (*record.observations, *record.covariates):
        if (row.code.system, row.code.code) in codes:
            try:
                value = units.convert(
                    row.quantity.value,
                    source=row.quantity.unit,
                    target="mg/dL",
                    molar_mass_g_per_mol=k["creatinine_molar_mass_g_per_mol"],
                )
            except UnitError:
                continue
            series.append((row.instant.moment, value))
    return series


def _segments(
    series: dict[str, Series], origin: datetime
) -> tuple[tuple[float, ...], tuple[tuple[float, ...], ...]]:
    """Starts in hours, the first at or before the origin, and the covariates from each on."""

    def at(values: Series, moment: datetime) -> float:
        return next((v for m, v in reversed(values) if m <= moment), values[0][1])

    changes = sorted(
        {
            m
            for values in series.values()
            for m, v in values
            if m > origin and v != at(values, origin)
        }
        | {
            m
            for values in series.values()
            for (_, a), (m, b) in zip(values[:-1], values[1:], strict=True)
            if m > origin and a != b
        }
    )
    starts = (0.0, *((m - origin).total_seconds() / 3600.0 for m in changes))
    table = tuple(tuple(at(v, m) for v in series.values()) for m in (origin, *changes))
    return starts, table


def _require_population(model: PopulationModel, series: dict[str, Series]) -> None:
    reasons: list[str] = []
    for name, need in model.covariates.items():
        for value in sorted({v for _, v in series[name]}):
            if not need.low <= value <= need.high:
                reasons.append(
                    f"{name} is {value:.4g} {need.unit}; the patients of {model.name} had "
                    f"{need.low:g} to {need.high:g} {need.unit}."
                )
                break
    if reasons:
        raise OutsidePopulationError(*reasons)
