import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError, InvalidPlanError
from bodytwin.twins.chemotherapy.model.exposure import (
    Dose,
    DrugCycle,
    compartments,
    expose,
    regimen,
    virtual,
)

THREE = compartments(
    clearance_l_per_d=856.8, central_volume_l=6.94, peripheral=[(133.92, 7.39), (300.0, 225.0)]
)
DAYS = np.array([0.01, 0.05, 0.3, 1.0, 5.0, 30.0])
AMOUNT, WHEN = st.floats(1.0, 500.0), st.floats(0.0, 20.0)
LENGTH = st.one_of(st.just(0.0), st.floats(1e-4, 3.0))


def dose(amount=100.0, day=0.0, length=0.0):
    return Dose(drug="x", time_d=day, amount_mg=amount, infusion_d=length)


@given(AMOUNT, LENGTH)
def test_all_exposure_together_is_dose_over_clearance(amount, length):
    c = expose([dose(amount, 0.0, length)], THREE, drug="x")
    assert c.integral(np.array([1e5]))[0, 0] == pytest.approx(amount / 856.8, rel=1e-9)


@given(AMOUNT, AMOUNT, LENGTH, LENGTH, WHEN)
def test_doses_add_up(one, two, length, other, day):
    first, second = dose(one, 0.0, length), dose(two, day, other)
    t = np.linspace(0.0, 30.0, 61) + 0.003
    both = expose([first, second], THREE, drug="x")
    apart = [expose([d], THREE, drug="x") for d in (first, second)]
    summed = apart[0].plus(apart[1])
    for c in (apart[0].at(t) + apart[1].at(t), summed.at(t)):
        np.testing.assert_allclose(both.at(t), c, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(both.integral(t), summed.integral(t), rtol=1e-9, atol=1e-12)


@given(AMOUNT, LENGTH, st.floats(0.1, 50.0))
def test_a_later_dose_is_the_same_later(amount, length, shift):
    now = expose([dose(amount, 0.0, length)], THREE, drug="x").at(DAYS)
    later = expose([dose(amount, shift, length)], THREE, drug="x").at(DAYS + shift)
    np.testing.assert_allclose(later, now, rtol=1e-6, atol=1e-12)


def test_nothing_is_there_before_the_first_dose():
    c = expose([dose(day=3.0)], THREE, drug="x")
    assert c.at(np.array([2.999]))[0, 0] == 0.0
    assert c.integral(np.array([2.999]))[0, 0] == 0.0
    assert c.at(np.array([3.0]))[0, 0] == pytest.approx(100.0 / 6.94)


def test_a_short_infusion_is_nearly_a_bolus():
    at_once = expose([dose()], THREE, drug="x").at(DAYS[2:])
    quick = expose([dose(length=2e-5)], THREE, drug="x").at(DAYS[2:])
    np.testing.assert_allclose(quick, at_once, rtol=1e-3)


def test_absorption_keeps_the_whole_exposure():
    slow = THREE.absorbed(3.0)
    c = expose([dose()], slow, drug="x")
    assert c.at(np.zeros(1))[0, 0] == pytest.approx(0.0, abs=1e-12)
    assert c.integral(np.array([1e5]))[0, 0] == pytest.approx(100.0 / 856.8, rel=1e-9)


def test_a_virtual_exposure_starts_as_the_dose_and_halves():
    c = expose([dose()], virtual(elimination_per_d=np.log(2.0)), drug="x")
    np.testing.assert_allclose(c.at(np.array([0.0, 1.0, 2.0])), [[100.0, 50.0, 25.0]])


def test_each_draw_has_its_own_clearance():
    two = compartments(clearance_l_per_d=np.array([10.0, 20.0]), central_volume_l=5.0)
    total = expose([dose()], two, drug="x").integral(np.array([1e4]))[:, 0]
    np.testing.assert_allclose(total, [10.0, 5.0])


def test_other_drugs_are_no_exposure():
    assert np.all(expose([dose()], THREE, drug="y").at(DAYS) == 0.0)


def test_a_regimen_gives_each_drug_on_its_days():
    doses = regimen([
        DrugCycle(drug="a", amount_mg=1.0, days=(8, 1), cycle_d=21, cycles=2),
        DrugCycle(drug="b", amount_mg=2.0, days=(1,), cycle_d=21, cycles=2),
    ])  # fmt: skip
    said = [(d.drug, d.time_d) for d in doses]
    assert said == [("a", 0), ("b", 0), ("a", 7), ("a", 21), ("b", 21), ("a", 28)]


def test_impossible_plans_are_refused():
    with pytest.raises(InvalidPlanError, match="cannot be given"):
        DrugCycle(drug="a", amount_mg=1.0, days=(22,), cycle_d=21, cycles=2)
    with pytest.raises(InvalidPlanError, match="zero or more"):
        dose(amount=-1.0)
    with pytest.raises(InvalidInputError, match="rate of absorption"):
        compartments(clearance_l_per_d=5.0, central_volume_l=5.0).absorbed(1.0)
