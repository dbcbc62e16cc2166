"""Laws of growth, and cells that live and die under fractions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError
from bodytwin.twins.tumour.model import growth
from bodytwin.twins.tumour.model.viable import irradiated

CELLS = {
    "rate_per_d": 0.02,
    "capacity": 5e4,
    "clearance_per_d": 0.1,
    "alpha_per_gy": 0.3,
    "beta_per_gy2": 0.03,
}


@given(
    v=st.floats(1.0, 9e3), a=st.floats(1e-3, 0.1), s=st.floats(0.0, 99.0), t=st.floats(0.0, 99.0)
)
def test_growing_twice_is_growing_once_for_both_times(v, a, s, t):
    for law, own in (
        (growth.logistic, {}),
        (growth.gompertz, {}),
        (growth.bertalanffy, {"power": 0.4}),
    ):
        args = {"rate_per_d": a, "capacity": 1e4, **own}
        assert law(law(v, days=s, **args), days=t, **args) == pytest.approx(
            law(v, days=s + t, **args), rel=1e-9
        )


def test_bertalanffy_holds_the_logistic_law_and_gompertz():
    args = {"days": 30.0, "rate_per_d": 0.05, "capacity": 4e3}
    found = growth.bertalanffy(200.0, power=1.0, **args)
    assert found == pytest.approx(growth.logistic(200.0, **args), rel=1e-12)
    near = growth.bertalanffy(200.0, power=1e-6, **args)
    assert near == pytest.approx(growth.gompertz(200.0, **args), rel=1e-5)


def test_a_tumour_at_its_capacity_stays():
    assert growth.saturated(70.0, days=50.0, rate_per_d=0.1, psi=1.0) == pytest.approx(70.0)


def test_a_fraction_kills_and_removes_nothing_at_once():
    at = np.array([3.0, 3.0 + 1e-9])
    live, dead = irradiated(
        900.0, days=at, fraction_days=np.array([3.0]), dose_gy=np.array([2.0]), **CELLS
    )
    assert dead[0] == 0
    assert live[1] / live[0] == pytest.approx(np.exp(-0.6 - 0.12))
    assert live[1] + dead[1] == pytest.approx(live[0])


def test_fractions_without_doses_or_out_of_order_are_refused():
    for days, dose in (([1.0, 2.0], [2.0]), ([2.0, 1.0], [2.0, 2.0])):
        with pytest.raises(InvalidInputError, match="in order"):
            irradiated(
                9.0, days=np.array([5.0]), fraction_days=np.array(days),
                dose_gy=np.array(dose), **CELLS,
            )  # fmt: skip


def test_draws_are_solved_side_by_side():
    alpha = np.array([0.1, 0.3])
    live, _ = irradiated(
        900.0, days=np.array([9.0]), fraction_days=np.arange(5.0), dose_gy=np.full(5, 2.0),
        **{**CELLS, "alpha_per_gy": alpha},
    )  # fmt: skip
    assert live.shape == (2, 1)
    assert live[1, 0] < live[0, 0]
