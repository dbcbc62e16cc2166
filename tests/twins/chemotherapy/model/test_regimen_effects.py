import numpy as np
import pytest

from bodytwin.errors import InvalidInputError
from bodytwin.laws.myelosuppression import Marrow
from bodytwin.twins.chemotherapy.model.chemo_sets import disposition, limits, published
from bodytwin.twins.chemotherapy.model.exposure import DrugCycle, regimen
from bodytwin.twins.chemotherapy.model.regimen_effects import (
    DIAMETER,
    VOLUME,
    Drug,
    Patients,
    regimen_effects,
    response,
)
from bodytwin.twins.chemotherapy.model.simeoni import Growth

DAYS = np.arange(0.0, 64.0, 0.5)
LIMITS = limits()


def patients(count=40):
    rng = np.random.default_rng(3)
    kinetics = published("docetaxel", "exposure").draw(rng, count)
    blood = published("docetaxel", "neutrophils").draw(rng, count)
    drug = Drug(
        disposition=disposition(kinetics),
        tumour_effect=np.full(count, 1.5),
        marrow_effect=blood["slope_l_per_mg"],
    )
    return Patients(
        drugs={"docetaxel": drug},
        growth=Growth(
            start=20.0, exponential_per_d=0.01, linear_per_d=5.0, damage_per_d=0.3,
            potency_l_per_mg_d=1.0,
        ),
        marrow=Marrow(
            baseline_1e9_per_l=blood["baseline_1e9_per_l"],
            mean_transit_d=blood["mean_transit_d"],
            feedback=blood["feedback"],
            slope_l_per_mg=1.0,
        ),
    )  # fmt: skip


def given(amount, drug="docetaxel"):
    cycle = DrugCycle(
        drug=drug, amount_mg=amount, days=(1,), cycle_d=21, cycles=3, infusion_d=1 / 24
    )
    return regimen([cycle])


def test_a_larger_dose_does_more_for_the_tumour_and_more_to_the_blood_of_everybody():
    people = patients()
    small = regimen_effects(given(100.0), people, DAYS, limits=LIMITS)
    large = regimen_effects(given(180.0), people, DAYS, limits=LIMITS)
    assert np.all(large.size[:, -1] < small.size[:, -1])
    assert np.all(large.response.least <= small.response.least)
    deeper = large.toxicity.nadir.count_1e9_per_l < small.toxicity.nadir.count_1e9_per_l
    assert deeper.all()
    assert large.toxicity.severe.mean() >= large.toxicity.life_threatening.mean() > 0.0
    assert small.size.shape == large.neutrophils_1e9_per_l.shape == (40, len(DAYS))


def test_a_fall_and_a_rise_are_read_as_published():
    diameter = np.array([[100.0, 80.0, 60.0, 66.0, 78.0]])
    found = response(np.arange(5.0), diameter, power=DIAMETER, limits=LIMITS)
    assert found.least[0] == pytest.approx(0.6)
    assert found.least_d[0] == 2.0
    assert found.responded[0]
    assert found.progression_d[0] == pytest.approx(3.0 + np.log(72 / 66) / np.log(78 / 66))


def test_a_volume_must_grow_by_the_cube_to_have_progressed():
    volume = np.array([[1.0, 1.5, 1.2**3 * 1.01]])
    found = response(np.arange(3.0), volume, power=VOLUME, limits=LIMITS)
    assert 1.0 < found.progression_d[0] < 2.0
    still = response(np.arange(2.0), volume[:, :2], power=VOLUME, limits=LIMITS)
    assert np.isinf(still.progression_d[0])


def test_a_drug_without_known_effects_is_refused():
    with pytest.raises(InvalidInputError, match="not known"):
        regimen_effects(given(10.0, "water"), patients(2), DAYS, limits=LIMITS)


def test_figures_that_could_not_be_confirmed_say_so():
    assert not published("colorectal_claret_2009", "tumour").confirmed
    assert published("docetaxel", "neutrophils").confirmed
