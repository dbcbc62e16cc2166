import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError
from bodytwin.twins.chemotherapy.model.exposure import Dose, compartments, expose
from bodytwin.twins.chemotherapy.model.simeoni import Growth, simeoni, stages, threshold_mg_per_l

RATES = {
    "exponential_per_d": 0.3, "linear_per_d": 0.7, "damage_per_d": 0.9, "potency_l_per_mg_d": 0.6,
}  # fmt: skip
DRUG = compartments(clearance_l_per_d=1.0, central_volume_l=1.0)
NEVER = expose([], DRUG, drug="x")


def steadily(level, days=200.0):
    """An infusion that makes a steady level after a bolus of it."""
    doses = [
        Dose(drug="x", time_d=0.0, amount_mg=level),
        Dose(drug="x", time_d=0.0, amount_mg=level * days, infusion_d=days),
    ]
    return expose(doses, DRUG, drug="x")


def test_a_small_tumour_grows_exponentially():
    size = simeoni(NEVER, np.array([0.0, 2.0, 10.0]), growth=Growth(start=1e-3, **RATES))
    np.testing.assert_allclose(size[0], 1e-3 * np.exp(0.3 * np.array([0.0, 2.0, 10.0])), rtol=1e-7)


def test_a_large_tumour_grows_linearly():
    size = simeoni(NEVER, np.array([50.0, 60.0]), growth=Growth(start=10.0, **RATES))
    assert size[0, 1] - size[0, 0] == pytest.approx(7.0, rel=1e-6)


@settings(deadline=None, max_examples=10)
@given(st.floats(1.05, 4.0))
def test_a_tumour_vanishes_above_the_threshold_and_not_below(times):
    limit = float(threshold_mg_per_l(exponential_per_d=0.3, potency_l_per_mg_d=0.6))
    t = np.array([100.0, 150.0])
    above = simeoni(steadily(limit * times), t, growth=Growth(start=0.1, **RATES))[0]
    below = simeoni(steadily(limit / times), t, growth=Growth(start=0.1, **RATES))[0]
    assert 0.0 <= above[1] < above[0] < 0.1
    assert below.min() > 0.1


def test_cells_that_are_hit_pass_every_stage_before_they_are_gone():
    c = expose([Dose(drug="x", time_d=1.0, amount_mg=3.0)], DRUG, drug="x")
    cells = stages(c, np.array([1.0, 1.5, 3.0, 30.0]), growth=Growth(start=0.01, **RATES))[0]
    assert np.all(cells[0, 1:] == 0.0)
    assert cells[1, 1] > cells[1, 2] > cells[1, 3] > 0.0
    assert np.all(cells[-1, 1:] < 1e-6)


@settings(deadline=None, max_examples=10)
@given(st.floats(0.1, 5.0), st.floats(0.1, 3.0))
def test_more_drug_leaves_less_tumour(amount, more):
    t = np.array([3.0, 10.0, 30.0])
    growth = Growth(start=0.05, **RATES)
    less, gone = (
        simeoni(expose([Dose(drug="x", time_d=0.0, amount_mg=a)], DRUG, drug="x"), t, growth=growth)
        for a in (amount, amount + more)
    )
    assert np.all(gone < less)


def test_no_size_overflows():
    size = simeoni(NEVER, np.array([1.0]), growth=Growth(start=1e30, **RATES))
    assert np.isfinite(size).all()


def test_times_before_the_start_are_refused():
    with pytest.raises(InvalidInputError, match="from day 0"):
        simeoni(NEVER, np.array([-1.0, 2.0]), growth=Growth(start=1.0, **RATES))
