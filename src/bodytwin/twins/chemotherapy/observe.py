"""What of a record informs the twin: counts, sizes, doses, and what of the body they rest on."""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from bodytwin import units
from bodytwin.contract.case import Case, ErrorModel, Measurement
from bodytwin.errors import MissingDataError, OutsidePopulationError, UnitError
from bodytwin.numerics.inference import Censoring
from bodytwin.record import LOINC, RXNORM, Comparator, Observation, Record, Sex, Treatment
from bodytwin.record.code import LOCAL
from bodytwin.twins.chemotherapy.model.chemo_sets import table
from bodytwin.twins.chemotherapy.parameters import HOURS_PER_D, Given, Treated, in_own_unit
from bodytwin.twins.chemotherapy.population import ChemoModel, Drug

SIZE, COUNT = "tumour_diameter", "neutrophils"
SIZE_UNIT, COUNT_UNIT = "mm", "10*9/L"
CODES = {
    SIZE: {(LOINC, "33728-7"), (LOCAL, SIZE)},
    COUNT: {(LOINC, "751-8"), (LOINC, "26499-4"), (LOINC, "753-4"), (LOCAL, COUNT)},
}
SMALLEST_MM = 5.0
LEAST_1E9_PER_L = 0.05
ADULT_A = 18.0
SURFACE_M2 = (1.2, 2.6)
GROWTH_FACTORS = ("filgrastim", "pegfilgrastim", "lipegfilgrastim", "lenograstim", "gcsf")
BELOW = (Comparator.LESS, Comparator.LESS_OR_EQUAL)
Series = list[tuple[datetime, float]]


def is_of_drug(treatment: Treatment, drug: Drug) -> bool:
    """Whether a dose given is one of this drug."""
    code = treatment.code
    known = code.system == RXNORM and code.code in drug.rxnorm
    return known or (code.system == LOCAL and code.code == drug.name)


def concerns(record: Record, model: ChemoModel, others: Iterable[ChemoModel]) -> bool:
    """Whether a drug of the variant was given, or size and counts stand there before any drug."""

    def given(m: ChemoModel) -> bool:
        return any(is_of_drug(t, d) for t in record.treatments for d in m.drugs.values())

    if given(model):
        return True
    codes = {(o.code.system, o.code.code) for o in record.observations}
    both = bool(codes & CODES[SIZE]) and bool(codes & CODES[COUNT])
    return both and not any(given(m) for m in others)


def case_of(
    record: Record, model: ChemoModel, *, maker: tuple[str, str], as_of: datetime | None
) -> Case[Treated]:
    """The record up to `as_of` as the twin sees it; `maker` is the twin's name and version.

    Raises MissingDataError with everything that is lacking, OutsidePopulationError where the
    patient is not one of those the variant was made from.
    """
    known = sorted((o for o in record.observations if _known(o, as_of)), key=_moment)
    given = sorted(
        (t for t in record.treatments if _known(t, as_of) and drug_of(t, model)), key=_moment
    )
    left_out: list[str] = []
    found = [m for o in known if (m := _measured(o, model, left_out))]
    series, assumed, missing = _covariates(record, model, as_of)
    missing = _lacking(found, given, model) + missing
    if missing:
        raise MissingDataError(*missing)
    origin = min([*(m for m, _ in found), *(t.instant.moment for t in given)])
    now = as_of or max([*(m for m, _ in found), *(t.instant.moment for t in given)])
    bare = Treated(
        model=model,
        typical=_typical(model, series),
        doses=(),
        surface_m2=surface_m2(record, as_of),
        filtration_ml_per_min=filtration_ml_per_min(record, now),
    )
    _require_population(record, bare, series, now)
    doses = tuple(dose_of(t, bare, origin) for t in given)
    assumed += _assumed(bare, found, doses)
    return Case(
        twin=maker[0],
        version=maker[1],
        variant=model.name,
        patient=record.patient,
        origin=origin,
        as_of=now,
        inputs=with_doses(bare, doses),
        measurements=tuple(_placed(m, (at - origin).total_seconds()) for at, m in found),
        assumed=tuple(assumed),
        left_out=tuple(left_out),
    )


def with_doses(treated: Treated, doses: tuple[Given, ...]) -> Treated:
    """The same patient after these doses."""
    return Treated(
        model=treated.model,
        typical=treated.typical,
        doses=doses,
        surface_m2=treated.surface_m2,
        filtration_ml_per_min=treated.filtration_ml_per_min,
    )


def drug_of(treatment: Treatment, model: ChemoModel) -> Drug | None:
    """The drug of the variant that was given, if it is one."""
    return next((d for d in model.drugs.values() if is_of_drug(treatment, d)), None)


def dose_of(treatment: Treatment, treated: Treated, origin: datetime) -> Given:
    """One dose in the drug's own unit; an infusion of no stated length lasts as it usually does."""
    drug = drug_of(treatment, treated.model)
    assert drug is not None
    unit = treatment.amount.unit
    per_surface = units.is_convertible(unit, "mg/m2")
    said = "mg/m2" if per_surface else "mg"
    amount = units.convert(treatment.amount.value, source=unit, target=said)
    lasted_h = treatment.duration_h or drug.infusion_h
    return Given(
        drug=drug.name,
        time_d=treatment.instant.hours_since(origin) / HOURS_PER_D,
        amount=in_own_unit(treated, drug, amount, said),
        infusion_d=lasted_h / HOURS_PER_D,
    )


def error_of(model: ChemoModel, quantity: str) -> ErrorModel:
    """The error of the published model; MissingDataError where it does not know the quantity."""
    error = model.size_error if quantity == SIZE else model.blood_error
    if error is None or quantity not in CODES:
        raise MissingDataError(f"{model.name} does not foresee {quantity}.")
    return error


def _known(row: Any, as_of: datetime | None) -> bool:
    return as_of is None or row.instant.moment <= as_of


def _moment(row: Any) -> datetime:
    return row.instant.moment


def _measured(
    o: Observation, model: ChemoModel, left_out: list[str]
) -> tuple[datetime, Measurement] | None:
    for quantity, unit, error, least in (
        (SIZE, SIZE_UNIT, model.size_error, SMALLEST_MM),
        (COUNT, COUNT_UNIT, model.blood_error, LEAST_1E9_PER_L),
    ):
        if error is None or (o.code.system, o.code.code) not in CODES[quantity]:
            continue
        try:
            value = units.convert(o.quantity.value, source=o.quantity.unit, target=unit)
        except UnitError as problem:
            left_out.append(f"A value of {quantity} was left out: {problem}")
            return None
        comparator = o.quantity.comparator
        if value < 0 or (comparator is not None and comparator not in BELOW):
            left_out.append(f"A value of {quantity} was left out: negative, or above a limit.")
            return None
        low = comparator is not None or value < least
        limit = max(value, least) if comparator is not None else least
        return o.instant.moment, Measurement(
            quantity=quantity,
            time_h=0.0,
            value=limit if low else value,
            unit=unit,
            error=error,
            censoring=Censoring.BELOW if low else Censoring.NONE,
            source=f"{o.provenance.source_sha256}#{o.provenance.path}",
        )
    return None


def _placed(m: Measurement, seconds: float) -> Measurement:
    return Measurement(
        quantity=m.quantity,
        time_h=seconds / 3600.0,
        value=m.value,
        unit=m.unit,
        error=m.error,
        censoring=m.censoring,
        source=m.source,
    )


def _lacking(
    found: Sequence[tuple[datetime, Measurement]], given: Sequence[Treatment], model: ChemoModel
) -> list[str]:
    seen = {m.quantity for _, m in found}
    lacking: list[str] = []
    if model.has_size and SIZE not in seen:
        lacking.append(
            f"No size of the tumour is in the record: LOINC 33728-7 or local code {SIZE}, the sum "
            "of longest diameters."
        )
    if model.has_blood and COUNT not in seen and not given:
        lacking.append(
            "Neither a neutrophil count (LOINC 751-8, 26499-4 or 753-4) nor a dose of "
            f"{' or '.join(model.drugs)} is in the record."
        )
    return lacking


def _covariates(
    record: Record, model: ChemoModel, as_of: datetime | None
) -> tuple[dict[str, float], list[str], list[str]]:
    values: dict[str, float] = {}
    assumed: list[str] = []
    missing: list[str] = []
    for name, need in model.covariates.items():
        found = latest(record, {(LOCAL, name), *((LOINC, c) for c in need.loinc)}, need.unit, as_of)
        if found is None and name == "female" and record.demographics.sex in (Sex.FEMALE, Sex.MALE):
            found = float(record.demographics.sex is Sex.FEMALE)
        if found is None and need.missing is not None:
            found = need.missing
            unit = "" if need.unit == "1" else f" {need.unit}"
            assumed.append(f"{name} is not in the record; {need.missing:g}{unit} is assumed.")
        if found is None:
            codes = f" (LOINC {', '.join(need.loinc)})" if need.loinc else ""
            missing.append(f"{name} is not in the record{codes}.")
        else:
            values[name] = found
    return values, assumed, missing


def latest(
    record: Record, codes: set[tuple[str, str]], unit: str, as_of: datetime | None, **molar: float
) -> float | None:
    """The last value known of something, in `unit`; None where there is none."""
    series: Series = []
    for row in (*record.covariates, *record.observations):
        if (row.code.system, row.code.code) not in codes or not _known(row, as_of):
            continue
        if row.quantity.comparator is not None:
            continue
        try:
            value = units.convert(
                row.quantity.value, source=row.quantity.unit, target=unit, **molar
            )
        except UnitError:
            continue
        series.append((row.instant.moment, value))
    return max(series, key=lambda pair: pair[0])[1] if series else None


def surface_m2(record: Record, as_of: datetime | None) -> float | None:
    """The body surface as stated, or by Mosteller's equation of height and weight."""
    k = table("body")["surface"]

    def of(name: str, unit: str, codes: Sequence[str]) -> float | None:
        return latest(record, {(LOCAL, name), *((LOINC, c) for c in codes)}, unit, as_of)

    stated = of("body_surface_m2", "m2", k["surface_loinc"])
    height = of("height_cm", "cm", k["height_loinc"])
    weight = of("weight_kg", "kg", k["weight_loinc"])
    if stated is not None or height is None or weight is None:
        return stated
    return math.sqrt(height * weight / k["divisor"])


def filtration_ml_per_min(record: Record, now: datetime) -> float | None:
    """Creatinine clearance by Cockcroft and Gault, with the ceiling used for carboplatin."""
    k, sex = table("body")["cockcroft_gault"], record.demographics.sex
    codes = {(LOCAL, "creatinine_mg_per_dl"), *((LOINC, c) for c in k["creatinine_loinc"])}
    molar = {"molar_mass_g_per_mol": k["creatinine_molar_mass_g_per_mol"]}
    creatinine = latest(record, codes, "mg/dL", now, **molar)
    weights = {
        (LOCAL, "weight_kg"),
        *((LOINC, c) for c in table("body")["surface"]["weight_loinc"]),
    }
    weight, age = latest(record, weights, "kg", now), age_a(record, now)
    if creatinine is None or weight is None or age is None or sex not in (Sex.FEMALE, Sex.MALE):
        return None
    clearance = (k["age_offset_a"] - age) * weight / (k["divisor"] * creatinine)
    clearance *= k["female"] if sex is Sex.FEMALE else 1.0
    return min(clearance, k["most_ml_per_min"])


def age_a(record: Record, at: datetime) -> float | None:
    """Years of age, from the date of birth or as stated."""
    born = record.demographics.birth_date
    if born is not None:
        return (at.date() - born).days / 365.25
    return latest(record, {(LOCAL, "age_a")}, "a", at)


def _typical(model: ChemoModel, covariates: dict[str, float]) -> tuple[float, ...]:
    value = dict(model.value)
    for effect in model.effects:
        value[effect.parameter] *= effect.factor(covariates[effect.covariate])
    return tuple(value.values())


def _require_population(
    record: Record, treated: Treated, covariates: dict[str, float], now: datetime
) -> None:
    model, age, reasons = treated.model, age_a(record, now), []
    for name, value in covariates.items():
        need = model.covariates[name]
        low, high = need.range
        if not low <= value <= high:
            reasons.append(
                f"{name} is {value:.4g} {need.unit}; {low:g} to {high:g} {need.unit} is looked at."
            )
    if age is not None and age < ADULT_A:
        reasons.append(f"The patients of {model.name} were adults.")
    if model.women_only and record.demographics.sex is Sex.MALE:
        reasons.append(f"The patients of {model.name} were women.")
    low, high = SURFACE_M2
    if treated.surface_m2 is not None and not low <= treated.surface_m2 <= high:
        reasons.append(
            f"The body surface is {treated.surface_m2:.3g} m2; {low:g} to {high:g} m2 is looked at."
        )
    if model.has_blood and _has_growth_factor(record, now):
        reasons.append("A growth factor for neutrophils was given; the models do not know any.")
    if reasons:
        raise OutsidePopulationError(*reasons)


def _has_growth_factor(record: Record, now: datetime) -> bool:
    names = [
        (t.code.code if t.code.system == LOCAL else t.code.display).lower()
        for t in record.treatments
        if t.instant.moment <= now
    ]
    return any(factor in name for name in names for factor in GROWTH_FACTORS)


def _assumed(
    treated: Treated, found: Sequence[tuple[datetime, Measurement]], doses: Sequence[Given]
) -> list[str]:
    said = list(treated.model.assumed)
    if treated.surface_m2 is None:
        said.append("The body surface is not known: plans in mg/m2 of drugs in mg are refused.")
    first = min((d.time_d for d in doses), default=math.inf)
    if treated.model.has_blood and all(m.quantity != COUNT for _, m in found):
        said.append("No neutrophil count is known: the patient is any one of the population.")
    elif doses and treated.model.has_blood:
        start = min(at for at, _ in found)
        early = any(
            m.quantity == COUNT and (at - start).total_seconds() / 86400.0 <= first
            for at, m in found
        )
        if not early:
            said.append("No neutrophil count from before the first dose is known.")
    return said
