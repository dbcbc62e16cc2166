"""Every closed form and kernel of chemotherapy against an integrator that shares no code."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from bodytwin.laws.myelosuppression import Marrow, cells_1e9_per_l, nadir, neutrophils_1e9_per_l
from bodytwin.twins.chemotherapy.model.chemo_sets import (
    disposition,
    limits,
    marrow,
    published,
    table,
)
from bodytwin.twins.chemotherapy.model.claret import Steps, claret
from bodytwin.twins.chemotherapy.model.counts import counts_1e9_per_l
from bodytwin.twins.chemotherapy.model.exposure import (
    Dose,
    DrugCycle,
    compartments,
    expose,
    virtual,
)
from bodytwin.twins.chemotherapy.model.log_kill import log_kill, saturating_kill
from bodytwin.twins.chemotherapy.model.resistance import Clones, Course, two_clones
from bodytwin.twins.chemotherapy.model.simeoni import Growth, simeoni, stages
from bodytwin.twins.chemotherapy.model.size import Release, sizes

ONE = np.ones(1)
CL, V1, Q2, V2, Q3, V3 = 856.8, 6.94, 133.92, 7.39, 300.0, 225.0
KA = 3.0
THREE = compartments(clearance_l_per_d=CL, central_volume_l=V1, peripheral=[(Q2, V2), (Q3, V3)])
DOSES = (
    Dose(drug="x", time_d=0.0, amount_mg=180.0, infusion_d=0.2),
    Dose(drug="x", time_d=0.1, amount_mg=50.0),
    Dose(drug="x", time_d=7.0, amount_mg=100.0, infusion_d=1.0),
)
CYCLE = DrugCycle(
    drug="docetaxel", amount_mg=180.0, days=(1,), cycle_d=21, cycles=1, infusion_d=1 / 24
)


def pieces(rate, start, times, doses, bolus):
    """Solve y' = rate(t, y, inflow) from event to event; `bolus` adds an amount to a state."""
    events = sorted({0.0, *(t for d in doses for t in (d.time_d, d.time_d + d.infusion_d))})
    y, out = np.array(start, dtype=float), []
    for i, begin in enumerate(events):
        for d in doses:
            if d.infusion_d == 0.0 and d.time_d == begin:
                y = bolus(y, d.amount_mg)
        inflow = sum(
            d.amount_mg / d.infusion_d
            for d in doses
            if d.infusion_d > 0 and d.time_d <= begin < d.time_d + d.infusion_d
        )
        end = events[i + 1] if i + 1 < len(events) else times[-1]
        if end <= begin:
            continue
        seen = times[(times > begin) & (times <= end)]
        done = solve_ivp(
            lambda t, y, inflow=inflow: rate(t, y, inflow), (begin, end), y, method="DOP853",
            rtol=1e-11, atol=1e-13, t_eval=np.union1d(seen, [end]),
        )  # fmt: skip
        out.extend(done.y[:, np.isin(done.t, seen)].T)
        y = done.y[:, -1]
    return np.array(out)


def three(t, y, inflow):
    """Amounts of three compartments, and the area under the curve."""
    c, c2, c3 = y[0] / V1, y[1] / V2, y[2] / V3
    two, other = Q2 * (c - c2), Q3 * (c - c3)
    return [inflow - CL * c - two - other, two, other, c]


def to_first(y, amount):
    y = y.copy()
    y[0] += amount
    return y


TIMES = np.array([0.05, 0.15, 0.21, 0.5, 1.0, 3.0, 7.0, 7.5, 8.0, 9.0, 20.0])


def test_three_compartments_and_their_area():
    found = pieces(three, [0.0, 0.0, 0.0, 0.0], TIMES, DOSES, to_first)
    c = expose(DOSES, THREE, drug="x")
    np.testing.assert_allclose(c.at(TIMES)[0], found[:, 0] / V1, rtol=1e-8, atol=1e-11)
    np.testing.assert_allclose(c.integral(TIMES)[0], found[:, 3], rtol=1e-8)


def test_absorption_into_two_compartments():
    two = compartments(clearance_l_per_d=20.0, central_volume_l=5.0, peripheral=[(8.0, 12.0)])
    doses = [d for d in DOSES if d.infusion_d == 0.0]

    def rate(t, y, inflow):
        flow = 8.0 * (y[1] / 5.0 - y[2] / 12.0)
        return [-KA * y[0], KA * y[0] - 20.0 * y[1] / 5.0 - flow, flow]

    found = pieces(rate, [0.0, 0.0, 0.0], TIMES, doses, to_first)
    c = expose(doses, two.absorbed(KA), drug="x")
    after = TIMES > 0.1
    np.testing.assert_allclose(c.at(TIMES[after])[0], found[after, 1] / 5.0, rtol=1e-8, atol=1e-10)


def test_kill_in_proportion_and_kill_that_saturates():
    def both(t, y, inflow):
        c = y[0] / V1
        return [*three(t, y[:4], inflow), 0.02 - 0.3 * c, 0.02 - 0.4 * c / (0.5 + c)]

    found = pieces(both, np.zeros(6), TIMES, DOSES, to_first)
    c = expose(DOSES, THREE, drug="x")
    shared = {"start": ONE, "growth_per_d": 0.02 * ONE}
    linear = log_kill(TIMES, kills=[(c, 0.3 * ONE)], **shared)
    bent = saturating_kill(TIMES, concentration=c, kill=(0.4 * ONE, 0.5 * ONE), **shared)
    np.testing.assert_allclose(linear[0], np.exp(found[:, 4]), rtol=1e-8)
    np.testing.assert_allclose(bent[0], np.exp(found[:, 5]), rtol=1e-8)


def test_claret_with_a_dose_that_changes():
    times = np.array([5.0, 14.0, 20.0, 21.0, 100.0, 400.0])
    steps = Steps(starts_d=np.array([0.0, 14.0, 21.0]), exposure=np.array([3.0, 0.0, 2.0]))
    size, y, begin = [], 1.0, 0.0
    for level, end in zip(steps.exposure, [14.0, 21.0, 400.0], strict=True):
        seen = times[(times > begin) & (times <= end)]
        done = solve_ivp(
            lambda t, y, e=level: (0.003 - 0.0036 * e * np.exp(-0.0076 * t)) * y,
            (begin, end), [y], method="DOP853", rtol=1e-12, atol=1e-14, t_eval=seen,
        )  # fmt: skip
        size.extend(done.y[0])
        y, begin = done.y[0, -1], end
    found = claret(
        times, steps, start=1.0, growth_per_d=0.003, kill_per_d=0.0036, resistance_per_d=0.0076
    )
    np.testing.assert_allclose(found[0], size, rtol=1e-9)


def test_simeoni_from_event_to_event():
    values = published("xenograft_simeoni_2004", "paclitaxel_a").value
    w0, l0, l1, k1, k2 = values.values()
    doses = [Dose(drug="x", time_d=t, amount_mg=60.0) for t in (8.0, 12.0, 16.0)]
    drug = compartments(clearance_l_per_d=16.0, central_volume_l=0.8)
    times = np.array([4.0, 8.0, 8.1, 9.0, 12.5, 20.0, 35.0])

    def rate(t, y, inflow):
        hit = k2 * y[0] / 0.8 * y[1]
        slowed = l0 / (1.0 + (l0 / l1 * y[1:].sum()) ** 20.0) ** 0.05
        return [
            -20.0 * y[0], slowed * y[1] - hit, hit - k1 * y[2], k1 * (y[2] - y[3]),
            k1 * (y[3] - y[4]),
        ]  # fmt: skip

    found = pieces(rate, [0.0, w0, 0.0, 0.0, 0.0], times, doses, to_first)
    growth = Growth(
        start=w0, exponential_per_d=l0, linear_per_d=l1, damage_per_d=k1, potency_l_per_mg_d=k2
    )
    cells = stages(expose(doses, drug, drug="x"), times, growth=growth)[0]
    np.testing.assert_allclose(cells, found[:, 1:], rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(cells.sum(axis=1), found[:, 1:].sum(axis=1), rtol=1e-8)


def test_simeoni_goes_over_from_one_growth_to_the_other_at_their_ratio():
    """An unperturbed tumour is exponential up to w = l1 / l0 and then linear."""
    never = expose([], virtual(elimination_per_d=1.0), drug="x")
    growth = Growth(
        start=0.01, exponential_per_d=0.3, linear_per_d=0.6, damage_per_d=1.0,
        potency_l_per_mg_d=0.0,
    )  # fmt: skip
    turn = np.log(2.0 / 0.01) / 0.3
    t = np.array([0.5 * turn, turn + 20.0, turn + 30.0])
    size = simeoni(never, t, growth=growth)[0]
    assert size[0] == pytest.approx(0.01 * np.exp(0.3 * t[0]), rel=1e-8)
    assert (size[2] - size[1]) / 10.0 == pytest.approx(0.6, rel=1e-8)
    assert size[1] == pytest.approx(2.0 + 0.6 * 20.0, rel=0.01)


def test_two_clones_under_doses_at_once_and_lasting():
    course = Course(
        starts_d=np.array([0.0, 14.0, 21.0]), lasting=np.array([1.0, 0.0, 2.0]),
        at_once=np.array([0.0, 1.0, 1.0]),
    )  # fmt: skip
    times = np.array([3.0, 14.0, 15.0, 30.0, 90.0])
    y, begin, out = np.array([0.99, 0.01]), 0.0, []
    for level, jump, end in zip(course.lasting, course.at_once, [14.0, 21.0, 90.0], strict=True):
        y = y * np.exp(-np.array([0.2, 0.02]) * jump)
        seen = times[(times > begin) & (times <= end)]
        done = solve_ivp(
            lambda t, y, e=level: [
                (0.03 - 0.2 * e - 1e-3) * y[0],
                (0.02 - 0.02 * e) * y[1] + 1e-3 * y[0],
            ],
            (begin, end), y, method="DOP853", rtol=1e-12, atol=1e-30,
            t_eval=np.union1d(seen, [end]),
        )  # fmt: skip
        out.extend(done.y[:, np.isin(done.t, seen)].T)
        y, begin = done.y[:, -1], end
    clones = Clones(
        start=1.0, resistant_share=0.01, growth_sensitive_per_d=0.03,
        growth_resistant_per_d=0.02, acquired_per_d=1e-3, kill_sensitive=0.2,
        kill_resistant=0.02,
    )  # fmt: skip
    np.testing.assert_allclose(two_clones(times, course, clones=clones)[0], out, rtol=1e-9)


@pytest.mark.parametrize("half", [np.inf, 5.79])
def test_five_compartments_of_the_marrow(half):
    base, mtt, gamma, slope = 5.2, 3.5, 0.145, 14.5
    transit = 4.0 / mtt

    def rate(t, y, inflow):
        c, n = y[0] / V1, y[8]
        effect = slope * c / (1.0 + c / half)
        born = transit * y[4] * ((1.0 - effect) * (base / n) ** gamma - 1.0)
        passed = [transit * (y[i - 1] - y[i]) for i in range(5, 9)]
        return [*three(t, y[:4], inflow), born, *passed]

    found = pieces(rate, [0.0] * 4 + [base] * 5, TIMES, DOSES, to_first)
    given = Marrow(
        baseline_1e9_per_l=base, mean_transit_d=mtt, feedback=gamma, slope_l_per_mg=slope,
        half_mg_per_l=half,
    )  # fmt: skip
    cells = cells_1e9_per_l(expose(DOSES, THREE, drug="x"), TIMES, marrow=given)[0]
    np.testing.assert_allclose(cells, found[:, 4:], rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(cells[:, 4], found[:, 8], rtol=1e-8)


@pytest.mark.parametrize("part", ["neutrophils", "neutrophils_2002"])
def test_the_nadir_after_docetaxel_comes_when_it_was_seen(part):
    """180 mg (100 mg/m2 in 1.8 m2): median day 7 as labelled; models put it within two days."""
    rng = np.random.default_rng(1)
    draws = published("docetaxel", "exposure").draw(rng, 500)
    blood = marrow(published("docetaxel", part).draw(rng, 500))
    days = np.arange(0.0, 21.1, 0.25)
    c = expose(CYCLE.doses(), disposition(draws), drug="docetaxel")
    counts = neutrophils_1e9_per_l(c, days, marrow=blood)
    found = nadir(days, counts, recovered_1e9_per_l=limits().retreat_1e9_per_l)
    print(
        part, np.median(found.day_d), np.median(found.count_1e9_per_l),
        np.mean(found.count_1e9_per_l < 0.5), np.median(found.recovered_d),
    )  # fmt: skip
    assert abs(np.median(found.day_d) - table("docetaxel")["observed"]["nadir_d"]) < 2.0
    assert np.median(found.count_1e9_per_l) < limits().severe_1e9_per_l
    assert np.median(found.recovered_d) < 21.0


@pytest.mark.parametrize("cycles", [1, 6])
def test_the_fast_counts_of_the_twin_are_those_of_the_law(cycles):
    rng = np.random.default_rng(2)
    kinetics = disposition(published("docetaxel", "exposure").draw(rng, 60))
    blood = marrow(published("docetaxel", "neutrophils").draw(rng, 60))
    given = DrugCycle(
        drug="docetaxel", amount_mg=180.0, days=(1,), cycle_d=21, cycles=cycles, infusion_d=1 / 24
    )
    c = expose(given.doses(), kinetics, drug="docetaxel")
    days = np.arange(0.0, 21.0 * cycles, 0.37)
    law = neutrophils_1e9_per_l(c, days, marrow=blood)
    fast = counts_1e9_per_l(c, blood, days, events_d=np.zeros(1))
    off = np.abs(fast - law) / np.maximum(law, 0.1)
    assert np.max(off) < 5e-3
    assert np.quantile(off, 0.99) < 1e-3


def test_sizes_under_doses_that_act_late_and_wear_off():
    """Equation (2) of size for two drugs against an integrator."""
    late = Release(release_per_d=0.0143, resistance_per_d=0.0064)
    soon = Release(release_per_d=0.43, resistance_per_d=0.034)
    starts, many = np.array([0.0, 21.0, 42.0]), np.arange(0.0, 56.0, 2.0)
    times = np.array([10.0, 21.0, 50.0, 120.0])
    x = [
        late.action(np.full(3, 130.0), starts, 0.0, times),
        soon.action(np.full(len(many), 1.7), many, 0.0, times),
    ]
    found = sizes(
        times, start=70.0 * ONE, growth_per_d=6e-4 * ONE,
        kills=[(1.28e-3 * ONE, x[0]), (4.7e-3 * ONE, x[1])],
    )  # fmt: skip
    y, begin, seen = np.array([0.0, 0.0, np.log(70.0)]), 0.0, []

    def rate(t, y):
        one = 1.28e-3 * 0.0143 * y[0] * np.exp(-0.0064 * t)
        two = 4.7e-3 * 0.43 * y[1] * np.exp(-0.034 * t)
        return [-0.0143 * y[0], -0.43 * y[1], 6e-4 - one - two]

    for end in sorted({*starts, *many, *times} - {0.0}):
        y = y + np.array([130.0 * (begin in starts), 1.7 * (begin in many), 0.0])
        y = solve_ivp(rate, (begin, end), y, method="DOP853", rtol=1e-11, atol=1e-13).y[:, -1]
        begin = float(end)
        if end in times:
            seen.append(np.exp(y[2]))
    np.testing.assert_allclose(found[0], seen, rtol=1e-8)


def test_the_nadir_after_eribulin_comes_when_it_was_seen():
    """1.4 mg/m2 (1.23 of the base) in 1.7 m2 on days 1 and 8: mean day 13 as labelled."""
    kinetics = disposition({n: v * ONE for n, v in published("eribulin", "exposure").value.items()})
    blood = marrow(published("eribulin", "neutrophils").draw(np.random.default_rng(3), 500))
    doses = [
        Dose(drug="eribulin", time_d=t, amount_mg=1.23 * 1.7, infusion_d=1 / 288) for t in (0, 7)
    ]
    days = np.arange(0.0, 28.1, 0.25)
    c = expose(doses, kinetics, drug="eribulin")
    counts = counts_1e9_per_l(c, blood, days, events_d=np.zeros(1))
    found = nadir(days, counts, recovered_1e9_per_l=limits().retreat_1e9_per_l)
    print(np.mean(found.day_d), np.mean(found.count_1e9_per_l < 1.0))
    assert abs(np.mean(found.day_d) - table("eribulin")["observed"]["nadir_d"]) < 2.0
