"""What of a record the twin sees, and whom it refuses."""

from datetime import date

import pytest

from bodytwin.errors import InvalidPlanError, MissingDataError, OutsidePopulationError
from bodytwin.numerics.inference import Censoring
from bodytwin.record import Sex
from bodytwin.twins.chemotherapy import TWIN
from tests.twins.chemotherapy.conftest import COUNTS, SIZES, count, dose, holds, record_of, size


def test_everything_that_is_lacking_is_said_at_once():
    with pytest.raises(MissingDataError) as refusal:
        TWIN.observe(record_of(sex=Sex.UNKNOWN), variant="docetaxel_breast")
    reasons = " ".join(refusal.value.reasons)
    assert all(word in reasons for word in ("size", "neutrophil", "female"))


def test_counts_in_any_unit_are_read_and_zero_is_below_a_limit():
    record = record_of((count(0, 2400.0, "/uL"), count(7, 0.0)), [dose(0, 130.0)])
    first, last = TWIN.observe(record, variant="docetaxel_any").measurements
    assert first.value == pytest.approx(2.4)
    assert last.censoring is Censoring.BELOW


def test_a_dose_per_surface_becomes_milligrams_by_height_and_weight():
    record = record_of((*COUNTS, *SIZES), [dose(0, 75.0, unit="mg/m2")])
    (given,) = TWIN.observe(record, variant="docetaxel_breast").inputs.doses
    assert given.amount == pytest.approx(75.0 * (165.0 * 68.0 / 3600.0) ** 0.5)


def test_milligrams_of_carboplatin_become_an_area_by_calvert():
    body = (holds("weight_kg", 72.0, "kg"), holds("creatinine_mg_per_dl", 1.0, "mg/dL"))
    record = record_of(
        SIZES, [dose(0, 500.0, "carboplatin")], covariates=body, born=date(1964, 3, 1)
    )
    (given,) = TWIN.observe(record, variant="carboplatin_ovarian").inputs.doses
    assert given.amount == pytest.approx(500.0 / (80.0 * 0.85 + 25.0), rel=0.01)
    with pytest.raises(InvalidPlanError, match="creatinine"):
        TWIN.observe(
            record_of(SIZES, [dose(0, 500.0, "carboplatin")]), variant="carboplatin_ovarian"
        )


@pytest.mark.parametrize(
    ("more", "variant", "words"),
    [
        ({"born": date(2012, 1, 1)}, "docetaxel_any", "adults"),
        ({"sex": Sex.MALE}, "carboplatin_ovarian", "women"),
        ({"treatments": (dose(1, 6.0, "pegfilgrastim"),)}, "docetaxel_any", "growth factor"),
        (
            {"covariates": (holds("body_surface_m2", 0.9, "m2"),)},
            "docetaxel_any",
            "body surface",
        ),
        ({"covariates": (holds("acid_glycoprotein_g_per_l", 9.0, "g/L"),)}, "docetaxel_any", "0.3"),
    ],
)
def test_patients_unlike_those_of_the_study_are_refused(more, variant, words):
    with pytest.raises(OutsidePopulationError, match=words):
        TWIN.observe(record_of((*COUNTS, *SIZES), **more), variant=variant)


def test_a_low_albumin_lowers_the_clearance_of_eribulin():
    def clearance(*covariates):
        body = (holds("weight_kg", 68.7, "kg"), *covariates)
        case = TWIN.observe(record_of(COUNTS, covariates=body), variant="eribulin_breast")
        return case.inputs.value("clearance_l_per_d")

    usual = holds("albumin_g_per_l", 40.0, "g/L")
    low = holds("albumin_g_per_l", 30.0, "g/L")
    assert clearance(low) / clearance(usual) == pytest.approx(0.75**0.946)


def test_only_drugs_given_are_candidates_and_before_any_all_of_them(treated, untreated):
    assert set(TWIN.candidates(treated)) == {"docetaxel_breast", "docetaxel_any"}
    assert set(TWIN.candidates(untreated)) == set(TWIN.variants)
    assert TWIN.candidates(record_of((size(0, 40.0),))) == []
