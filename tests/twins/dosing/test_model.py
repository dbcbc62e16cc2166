"""The kernels: what pharmacokinetics demands of them, and an independent integrator."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp

from bodytwin.errors import InvalidInputError
from bodytwin.twins.dosing.model import ABSORBED, CENTRAL, STRUCTURES, Batch, Dose, Schedule
from bodytwin.twins.dosing.model import columns as c

TIMES = [0.25, 1.0, 2.0, 5.0, 8.0, 12.0, 12.5, 20.0, 36.0, 72.0]
LEVEL, AREA, EFFECT = 0, 1, 2


def row(**values: float) -> np.ndarray:
    full = np.zeros(c.WIDTH)
    for name, value in (c.DEFAULTS | values).items():
        if name in c.PK:
            full[c.PK.index(name)] = value
    return full


def solve(
    parameters, doses, times, *, compartments=1, links=1, structure="linear", segments=(0.0,)
):
    batch = Batch(
        structure=STRUCTURES[structure],
        compartments=compartments,
        links=links,
        absorbs=links > 0,
        schedules=[Schedule(doses=doses, segments_h=segments, times_h=times)],
    )
    return batch.run(np.atleast_2d(parameters)[None], np.zeros(1, dtype=np.int64))[0]


rate = st.floats(0.02, 20.0)
volume = st.floats(1.0, 300.0)
patient = st.fixed_dictionaries(
    {
        "clearance_l_per_h": rate,
        "central_volume_l": volume,
        "intercompartmental_l_per_h": rate,
        "peripheral_volume_l": volume,
        "second_intercompartmental_l_per_h": rate,
        "second_peripheral_volume_l": volume,
        "absorption_per_h": st.floats(0.05, 8.0),
        "lag_h": st.floats(0.0, 1.0),
        "bioavailability": st.floats(0.1, 1.0),
    }
)
BOTH_WAYS = [
    Dose(time_h=0.0, amount=500.0, into=CENTRAL, duration_h=1.5),
    Dose(time_h=6.0, amount=300.0, into=ABSORBED),
    Dose(time_h=12.0, amount=250.0, into=CENTRAL),
]


def derivative(p, links, inflow):
    def f(_t, y):
        chain, x = y[:links], y[links : links + 3]
        level = x[0] / p["central_volume_l"]
        flows = [
            p["intercompartmental_l_per_h"] * (level - x[1] / p["peripheral_volume_l"]),
            p["second_intercompartmental_l_per_h"]
            * (level - x[2] / p["second_peripheral_volume_l"]),
        ]
        moved = p["absorption_per_h"] * np.asarray(chain)
        gained = np.concatenate([[0.0], moved[:-1]]) - moved
        centre = inflow + moved[-1] - p["clearance_l_per_h"] * level - sum(flows)
        return [*gained, centre, *flows]

    return f


def integrate(p, links, times):
    y, now, levels = np.zeros(links + 3), 0.0, []
    changes = {0.0, 1.5, 6.0 + p["lag_h"], 12.0, *times}
    for after in sorted(changes):
        if after > now:
            inflow = 500.0 / 1.5 if now < 1.5 else 0.0
            y = solve_ivp(
                derivative(p, links, inflow), (now, after), y, "LSODA", rtol=1e-10, atol=1e-10
            ).y[:, -1]
            now = after
        if after in times:
            levels.append(y[links] / p["central_volume_l"])
        if after == 6.0 + p["lag_h"]:
            y[0] += 300.0 * p["bioavailability"]
        if after == 12.0:
            y[links] += 250.0
    return levels


@given(patient, st.sampled_from([1, 2, 4]))
def test_three_compartments_satisfy_their_differential_equations(p, links):
    times = [0.7, 1.5, 4.0, 6.9, 9.0, 12.0, 13.0, 30.0]
    got = solve(row(**p), BOTH_WAYS, times, compartments=3, links=links)[:, LEVEL]
    assert_allclose(got, integrate(p, links, times), rtol=1e-6, atol=1e-7)


@given(patient)
def test_total_exposure_is_dose_over_clearance(p):
    slowest = p["clearance_l_per_h"] + p["intercompartmental_l_per_h"]
    slowest += p["second_intercompartmental_l_per_h"]
    late = 1e7 / slowest * 300
    got = solve(row(**p), BOTH_WAYS, [late], compartments=3)[0, AREA]
    dose = 500.0 + 300.0 * p["bioavailability"] + 250.0
    assert_allclose(got, dose / p["clearance_l_per_h"], rtol=1e-6)


@given(patient)
def test_area_is_the_integral_of_the_level(p):
    times = np.linspace(0.0, 5.9, 4001)
    out = solve(row(**p), BOTH_WAYS[:1], list(times), compartments=3)
    trapezoid = np.trapezoid(out[:, LEVEL], times)
    assert_allclose(out[-1, AREA], trapezoid, rtol=1e-3)


@given(patient)
def test_doses_add(p):
    def levels(doses):
        return solve(row(**p), doses, TIMES, compartments=2)[:, LEVEL]

    apart = sum(levels([d]) for d in BOTH_WAYS)
    assert_allclose(levels(BOTH_WAYS), apart, rtol=1e-9, atol=1e-12)


@given(patient)
def test_the_integrator_agrees_with_the_closed_form(p):
    closed = solve(row(**p), BOTH_WAYS, TIMES, compartments=3, links=3)
    numeric = solve(
        row(**p), BOTH_WAYS, TIMES, compartments=3, links=3, structure="michaelis_menten"
    )
    scale = closed.max(axis=0)
    assert_allclose(numeric[:, :2] / scale[:2], closed[:, :2] / scale[:2], atol=1e-7)


@given(patient, st.sampled_from([CENTRAL, ABSORBED]), st.sampled_from([0.0, 2.0]))
def test_steady_state_is_what_many_doses_lead_to(p, into, duration_h):
    duration_h = duration_h if into == CENTRAL else 0.0
    p = p | {"peripheral_volume_l": min(p["peripheral_volume_l"], 20.0)}
    slow = dict(p, clearance_l_per_h=max(p["clearance_l_per_h"], 2.0))
    one = Dose(time_h=0.0, amount=100.0, into=into, duration_h=duration_h, steady_interval_h=8.0)
    many = [
        Dose(time_h=-8.0 * k, amount=100.0, into=into, duration_h=duration_h) for k in range(1500)
    ]
    times = [0.1, 1.0, 4.0, 8.0, 20.0]
    assert_allclose(
        solve(row(**slow), [one], times, compartments=2)[:, LEVEL],
        solve(row(**slow), many, times, compartments=2)[:, LEVEL],
        rtol=1e-6,
        atol=1e-9,
    )


def test_absorption_as_fast_as_elimination_is_no_special_case():
    equal = row(clearance_l_per_h=3.0, central_volume_l=30.0, absorption_per_h=0.1)
    level = solve(equal, [Dose(time_h=0.0, amount=100.0, into=ABSORBED)], [10.0])[0, LEVEL]
    assert_allclose(level, 100 * 0.1 / 30 * 10 * np.exp(-1.0), rtol=1e-12)


def test_a_level_taken_at_the_time_of_a_dose_is_the_one_before_it():
    p = row(clearance_l_per_h=3.0, central_volume_l=30.0)
    doses = [Dose(time_h=t, amount=100.0, into=CENTRAL) for t in (0.0, 12.0)]
    levels = solve(p, doses, [0.0, 12.0])[:, LEVEL]
    assert_allclose(levels, [0.0, 100 / 30 * np.exp(-1.2)], rtol=1e-12)


def test_bioavailability_leaves_a_dose_into_a_vein_alone():
    p = row(clearance_l_per_h=3.0, central_volume_l=30.0, bioavailability=0.4)
    late = [1e5]
    by_vein = solve(p, [Dose(time_h=0.0, amount=90.0, into=CENTRAL)], late)[0, AREA]
    by_mouth = solve(p, [Dose(time_h=0.0, amount=90.0, into=ABSORBED)], late)[0, AREA]
    assert_allclose([by_vein, by_mouth], [30.0, 12.0])


def test_a_change_of_clearance_keeps_the_amount_in_the_body():
    before = row(clearance_l_per_h=1.0, central_volume_l=10.0, intercompartmental_l_per_h=2.0)
    after = row(clearance_l_per_h=5.0, central_volume_l=10.0, intercompartmental_l_per_h=2.0)
    dose = [Dose(time_h=0.0, amount=100.0, into=CENTRAL)]
    looks = [5.0 - 1e-9, 5.0 + 1e-9]
    levels = solve(np.stack([before, after]), dose, looks, compartments=2, segments=(0.0, 5.0))
    assert_allclose(levels[0, LEVEL], levels[1, LEVEL], rtol=1e-6)


def test_times_come_back_in_the_order_in_which_they_were_asked():
    p = row(clearance_l_per_h=3.0, central_volume_l=30.0)
    dose = [Dose(time_h=0.0, amount=100.0, into=CENTRAL)]
    forth = solve(p, dose, [1.0, 5.0, 9.0])
    back = solve(p, dose, [9.0, 1.0, 5.0])
    assert_allclose(back, forth[[2, 0, 1]])


def test_a_saturated_elimination_is_slower_than_a_linear_one():
    p = row(central_volume_l=10.0, max_elimination_per_h=5.0, michaelis_constant_per_l=1.0)
    dose = [Dose(time_h=0.0, amount=1000.0, into=CENTRAL)]
    level = solve(p, dose, [10.0], structure="michaelis_menten")[0, LEVEL]
    implicit = 100.0 - level + np.log(100.0 / level)
    assert_allclose(implicit, 5.0 / 10.0 * 10.0, rtol=1e-7)


def test_impossible_parameters_give_nan_and_not_a_number_that_looks_right():
    p = row(clearance_l_per_h=np.nan, central_volume_l=30.0)
    assert np.isnan(solve(p, [Dose(time_h=0.0, amount=1.0, into=CENTRAL)], [1.0])).all()


def test_refuses_to_swallow_what_the_model_can_only_inject():
    p = row(clearance_l_per_h=1.0, central_volume_l=30.0)
    with pytest.raises(InvalidInputError, match="no absorption"):
        solve(p, [Dose(time_h=0.0, amount=1.0, into=ABSORBED)], [1.0], links=0)
