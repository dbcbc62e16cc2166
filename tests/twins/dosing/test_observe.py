"""What of a record informs the twin, what is assumed, and what is refused."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bodytwin.contract import personalise
from bodytwin.errors import MissingDataError, OutsidePopulationError
from bodytwin.numerics.inference import Censoring
from bodytwin.record import (
    LOINC,
    RXNORM,
    Code,
    Comparator,
    Covariate,
    Demographics,
    Instant,
    Observation,
    Provenance,
    Quantity,
    Record,
    Route,
    Sex,
    Treatment,
)  # fmt: skip
from bodytwin.record.code import LOCAL
from bodytwin.twins.dosing import TWIN

START = datetime(2024, 3, 1, 8, tzinfo=UTC)
FROM = Provenance("0" * 64, "row 1", "test")
GOTI = "vancomycin_goti_2018"


def at(hours: float) -> Instant:
    return Instant(START + timedelta(hours=hours))


def seen(loinc: str, value: float, unit: str, hours: float, comparator=None) -> Observation:
    return Observation(
        code=Code(LOINC, loinc), quantity=Quantity(value, unit, comparator), instant=at(hours),
        provenance=FROM,
    )  # fmt: skip


def given(amount: float, unit: str, hours: float, route=Route.INTRAVENOUS) -> Treatment:
    return Treatment(
        code=Code(RXNORM, "11124"), amount=Quantity(amount, unit), route=route, instant=at(hours),
        duration_h=1.0, provenance=FROM,
    )  # fmt: skip


def weighed(kg: float, hours: float) -> Covariate:
    return Covariate(
        code=Code(LOCAL, "weight_kg"), quantity=Quantity(kg, "kg"), instant=at(hours),
        provenance=FROM,
    )  # fmt: skip


ADULT = Record(
    patient="a",
    demographics=Demographics(sex=Sex.MALE, birth_date=date(1964, 3, 1)),
    treatments=(given(1.0, "g", 0), given(1000, "mg", 12), given(1000, "mg", 24)),
    observations=(
        seen("29463-7", 80.0, "kg", -24),
        seen("2160-0", 88.4, "umol/L", -24),
        seen("20578-1", 9.0, "ug/mL", 11.5),
        seen("20578-1", 14.0, "mg/L", 23.5),
    ),
)


def test_units_are_brought_to_those_of_the_model():
    case = TWIN.observe(ADULT, variant=GOTI)
    assert [d.amount for d in case.inputs.doses] == [1000.0, 1000.0, 1000.0]
    assert [m.value for m in case.measurements] == [9.0, 14.0]
    assert {m.unit for m in case.measurements} == {"mg/L"}


def test_creatinine_clearance_is_worked_out_from_age_weight_sex_and_creatinine():
    case = TWIN.observe(ADULT, variant=GOTI)
    names = list(TWIN.model(GOTI).covariates)
    clearance = case.inputs.covariates[0][names.index("creatinine_clearance_ml_per_min")]
    assert clearance == pytest.approx((140 - 60) * 80 / (72 * 1.0), rel=2e-3)
    woman = replace(ADULT, demographics=replace(ADULT.demographics, sex=Sex.FEMALE))
    less = TWIN.observe(woman, variant=GOTI).inputs.covariates[0]
    assert less[names.index("creatinine_clearance_ml_per_min")] == pytest.approx(0.85 * clearance)


def test_what_stands_in_for_missing_data_is_said():
    case = TWIN.observe(ADULT, variant=GOTI)
    assert any("haemodialysis is not in the record; 0 is assumed" in a for a in case.assumed)


def test_everything_that_is_lacking_is_named_at_once():
    bare = replace(ADULT, observations=ADULT.observations[2:], treatments=())
    with pytest.raises(MissingDataError) as refusal:
        TWIN.observe(bare, variant=GOTI)
    said = str(refusal.value)
    assert "No dose of vancomycin" in said
    assert "weight_kg" in said
    assert "creatinine_clearance_ml_per_min" in said


def test_a_patient_outside_the_population_is_refused_with_the_range():
    heavy = replace(ADULT, observations=(seen("29463-7", 400.0, "kg", -1), *ADULT.observations[1:]))
    with pytest.raises(OutsidePopulationError, match="weight_kg is 400 kg; the patients of"):
        TWIN.observe(heavy, variant=GOTI)


def test_nothing_later_than_the_date_asked_for_is_seen():
    early = TWIN.observe(ADULT, variant=GOTI, as_of=START + timedelta(hours=12))
    assert [m.time_h for m in early.measurements] == [11.5]
    assert [d.time_h for d in early.inputs.doses] == [0.0, 12.0]
    plan = TWIN.recorded_plan(ADULT, early)
    assert [d.time_h for d in plan.interventions[0].doses] == [24.0]


def test_a_level_below_the_limit_of_the_assay_stays_a_bound():
    low = replace(
        ADULT,
        observations=(*ADULT.observations[:2], seen("20578-1", 2.0, "mg/L", 11.5, Comparator.LESS)),
    )
    assert TWIN.observe(low, variant=GOTI).measurements[0].censoring is Censoring.BELOW


def test_a_level_in_a_unit_of_another_kind_is_left_out_and_said():
    odd = replace(ADULT, observations=(*ADULT.observations, seen("20578-1", 9.0, "mm[Hg]", 30)))
    case = TWIN.observe(odd, variant=GOTI)
    assert len(case.measurements) == 2
    assert len(case.left_out) == 1
    assert "mm[Hg]" in case.left_out[0]


def test_a_covariate_holds_from_its_time_on_and_backwards_from_its_first():
    heavier = replace(
        ADULT,
        covariates=(weighed(70.0, 6), weighed(75.0, 20)),
        observations=ADULT.observations[1:],
    )
    inputs = TWIN.observe(heavier, variant=GOTI).inputs
    weights = [row[0] for row in inputs.covariates]
    assert inputs.segments_h[0] == 0.0
    assert weights[0] == 70.0
    assert weights[-1] == 75.0
    assert inputs.segments_h[-1] == 20.0


def test_candidates_are_the_models_of_the_drug_that_was_given(neonates):
    assert set(TWIN.candidates(ADULT)) == {
        "vancomycin_buelga_2005", "vancomycin_goti_2018", "vancomycin_thomson_2009",
    }  # fmt: skip
    assert TWIN.candidates(neonates[0]) == ["phenobarbital_grasela_1985"]


def test_an_insulin_modified_glucose_test_is_seen_as_two_substances():
    def dose(rxnorm: str, amount: float, unit: str, hours: float, lasts_h: float) -> Treatment:
        return Treatment(
            code=Code(RXNORM, rxnorm), amount=Quantity(amount, unit), route=Route.INTRAVENOUS,
            instant=at(hours), duration_h=lasts_h, provenance=FROM,
        )  # fmt: skip

    tested = Record(
        patient="t",
        demographics=ADULT.demographics,
        treatments=(dose("4850", 24.0, "g", 0, 0), dose("5856", 1.6, "[IU]", 1 / 3, 1 / 12)),
        observations=(
            seen("29463-7", 80.0, "kg", -1),
            seen("2345-7", 255.0, "mg/dL", 0.2),
            seen("2345-7", 8.0, "mmol/L", 1.0),
            seen("2345-7", 92.0, "mg/dL", 3.0),
        ),
    )
    case = TWIN.observe(tested, variant="glucose_denti_2010")
    assert [d.amount for d in case.inputs.doses] == [24000.0, pytest.approx(1600.0)]
    assert [m.value for m in case.measurements] == [255.0, pytest.approx(144.1, abs=0.1), 92.0]
    found = personalise(TWIN, case, draws=400)
    assert found.fit.describes_the_data
    assert found.shrinkage["insulin_sensitivity_per_min_per_mu_per_l"] > 0.1
