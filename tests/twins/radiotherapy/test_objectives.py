import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.errors import InvalidPlanError
from bodytwin.twins.radiotherapy.model.cost import Held, cost_of
from bodytwin.twins.radiotherapy.model.objectives import (
    Beyond,
    Deviation,
    EquivalentUniformDose,
    GreatestDose,
    MeanDose,
    Overdose,
    Underdose,
    VolumeAbove,
    VolumeReached,
)
from bodytwin.twins.radiotherapy.model.wanted import Aim, Limit, Structure
from tests.twins.radiotherapy.phantom import rows, structures

SMOOTH = {
    "under": Underdose(50.0),
    "over": Overdose(50.0),
    "deviation": Deviation(50.0),
    "mean": MeanDose(),
    "gEUD 8": EquivalentUniformDose(8.0),
    "gEUD -10": EquivalentUniformDose(-10.0),
    "gEUD 0.5": EquivalentUniformDose(0.5),
    "greatest": GreatestDose(0.7),
    "gEUD above": Beyond(EquivalentUniformDose(4.0), most_gy=20.0),
    "mean below": Beyond(MeanDose(), least_gy=90.0),
    "volume above": VolumeAbove(45.0, 0.3),
    "volume reached": VolumeReached(55.0, 0.9),
}


def doses(seed=1, count=60):
    rng = np.random.default_rng(seed)
    share = rng.uniform(0.2, 1.0, count)
    return rng.uniform(20.0, 70.0, count), share / share.sum()


@pytest.mark.parametrize("name", SMOOTH)
def test_slopes_are_those_of_a_complex_step(name):
    dose, share = doses()
    objective = SMOOTH[name]
    slope = objective.slope(dose, share)
    for i in range(0, len(dose), 7):
        stepped = dose.astype(complex)
        stepped[i] += 1e-30j
        assert slope[i] == pytest.approx(
            np.imag(objective.value(stepped, share)) / 1e-30, rel=1e-12, abs=1e-14
        )


@given(st.integers(0, 10_000), st.floats(0.3, 3.0))
def test_equivalent_dose_grows_with_its_exponent_and_with_dose(seed, factor):
    dose, share = doses(seed)
    values = [EquivalentUniformDose(a).value(dose, share) for a in (-20.0, -1.0, 1.0, 3.0, 40.0)]
    assert all(x <= y + 1e-9 for x, y in zip(values, values[1:], strict=False))
    assert dose.min() - 1e-9 <= values[0] <= values[-1] <= dose.max() + 1e-9
    scaled = EquivalentUniformDose(3.0).value(factor * dose, share)
    assert scaled == pytest.approx(factor * values[3])


def test_equivalent_dose_of_one_is_the_mean_and_of_many_the_greatest():
    dose, share = doses()
    assert EquivalentUniformDose(1.0).value(dose, share) == pytest.approx(share @ dose, abs=1e-10)
    assert EquivalentUniformDose(1e5).value(dose, share) == pytest.approx(dose.max(), abs=1e-2)


def test_a_volume_goal_that_is_met_costs_nothing():
    dose, share = np.array([60.0, 40.0, 30.0, 20.0]), np.full(4, 0.25)
    assert VolumeAbove(45.0, 0.26).value(dose, share) == 0.0
    assert VolumeAbove(45.0, 0.1).value(dose, share) == pytest.approx(0.25 * 15.0**2)
    assert VolumeReached(25.0, 0.75).value(dose, share) == 0.0
    assert VolumeReached(25.0, 1.0).value(dose, share) == pytest.approx(0.25 * 5.0**2)


def test_the_cost_of_weights_has_the_gradient_of_finite_differences():
    given_rows, at = rows(), structures()
    aims = [
        Aim(at["target"], Deviation(50.0), 100.0),
        Aim(at["core"], Overdose(10.0), 10.0),
        Aim(at["core"], EquivalentUniformDose(8.0), 3.0),
        Aim(at["body"], MeanDose(), 2.0),
        Aim(at["body"], Beyond(MeanDose(), most_gy=1.0), 2.0),
    ]
    held = [
        Held(Limit(at["core"], most_gy=15.0), 50.0, np.full(len(at["core"].rows), 0.5)),
        Held(Limit(at["target"], least_gy=48.0), 50.0, np.zeros(len(at["target"].rows))),
        Held(Limit(at["body"], MeanDose(), most_gy=2.0), 7.0, np.zeros(1)),
        Held(Limit(at["core"], EquivalentUniformDose(3.0), most_gy=5.0), 7.0, np.zeros(1)),
    ]
    cost = cost_of(given_rows, aims, held)
    weight = np.random.default_rng(2).uniform(2.0, 6.0, given_rows.beamlets)
    _, gradient = cost(weight)
    for j in range(0, len(weight), 17):
        h = 1e-4
        ends = [cost(weight + s * h * (np.arange(len(weight)) == j))[0] for s in (-1, 1)]
        assert gradient[j] == pytest.approx((ends[1] - ends[0]) / (2 * h), rel=1e-6, abs=1e-4)


def test_a_structure_without_voxels_is_refused():
    with pytest.raises(InvalidPlanError, match="at least one voxel"):
        Structure("nothing", np.zeros(0, dtype=np.int64))


def test_a_limit_has_one_bound():
    with pytest.raises(InvalidPlanError, match="two limits"):
        Limit(structures()["core"], most_gy=20.0, least_gy=10.0)
