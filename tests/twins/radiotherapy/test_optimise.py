import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError, InvalidPlanError
from bodytwin.twins.radiotherapy.model.merge import merged
from bodytwin.twins.radiotherapy.model.objectives import Deviation, MeanDose, Overdose
from bodytwin.twins.radiotherapy.model.optimise import WHAT_IF, Effort, optimise
from bodytwin.twins.radiotherapy.model.rows import rows_of
from bodytwin.twins.radiotherapy.model.wanted import Aim, Limit, Structure
from tests.twins.radiotherapy.phantom import influence, lattice, rows, structures

LONG = Effort(merged_iterations=400, finish_iterations=400, relative_change=1e-12)


@pytest.fixture(scope="module")
def plan():
    at = structures()
    aims = [
        Aim(at["target"], Deviation(50.0), 100.0),
        Aim(at["core"], Overdose(15.0), 10.0),
        Aim(at["body"], Overdose(20.0), 50.0),
    ]
    return rows(), at, aims


def test_rows_give_the_dose_and_the_slope_of_the_matrix():
    matrix = influence()
    made = rows_of(matrix)
    rng = np.random.default_rng(0)
    weight, slope = rng.random(matrix.shape[1]), rng.standard_normal(matrix.shape[0])
    whole = matrix.toarray().astype(float)
    np.testing.assert_allclose(made.dose_gy(weight), whole @ weight, rtol=1e-12)
    np.testing.assert_allclose(made.pull(slope), whole.T @ slope, rtol=1e-10)


def test_rows_refuse_influence_below_zero():
    with pytest.raises(InvalidInputError, match="negative"):
        rows_of(-influence())


@given(st.integers(0, 1000))
def test_slope_and_dose_are_adjoint(seed):
    made = rows_of(influence(beams=2))
    rng = np.random.default_rng(seed)
    weight, slope = rng.random(made.beamlets), rng.standard_normal(made.count)
    there, back = slope @ made.dose_gy(weight), made.pull(slope) @ weight
    assert there == pytest.approx(back, rel=1e-9, abs=1e-9)


def test_merging_keeps_the_mean_dose_of_every_structure(plan):
    made, at, _ = plan
    few = merged(made, lattice(), list(at.values()))
    assert few.rows.count < 0.3 * made.count
    weight = np.random.default_rng(1).random(made.beamlets)
    dose, seen = made.dose_gy(weight), few.rows.dose_gy(weight)
    for structure in at.values():
        mean = structure.share @ dose[structure.rows]
        other = few.seen(structure)
        assert other.share @ seen[other.rows] == pytest.approx(mean, rel=1e-5)


def test_voxels_near_the_target_stay_as_they_are(plan):
    made, at, _ = plan
    few = merged(made, lattice(), list(at.values()), margin_mm=6.0)
    weight = np.random.default_rng(1).random(made.beamlets)
    own = few.seen(at["target"])
    np.testing.assert_allclose(
        np.sort(few.rows.dose_gy(weight)[own.rows]),
        np.sort(made.dose_gy(weight)[at["target"].rows]),
        rtol=1e-6,
    )


def test_a_structure_that_was_not_merged_with_is_refused(plan):
    made, at, _ = plan
    few = merged(made, lattice(), [at["target"]])
    with pytest.raises(InvalidInputError, match="Merge again"):
        few.seen(at["core"])


def test_no_single_weight_makes_the_plan_better(plan):
    made, _, aims = plan
    found = optimise(made, aims, effort=LONG)
    whole = influence().toarray().astype(float)
    rng = np.random.default_rng(3)
    for j in rng.choice(made.beamlets, 12, replace=False):
        for change in (-0.02, 0.02):
            weight = found.weight.copy()
            weight[j] = max(0.0, weight[j] + change)
            dose = whole @ weight
            value = sum(
                a.priority * a.objective.value(dose[a.structure.rows], a.structure.share)
                for a in aims
            )
            assert value >= found.value * (1 - 1e-9)


def test_merged_rows_first_end_where_all_rows_do(plan):
    made, at, aims = plan
    whole = optimise(made, aims, effort=LONG)
    few = merged(made, lattice(), list(at.values()))
    both = optimise(made, aims, few=few, effort=Effort(finish_iterations=40))
    assert both.value <= 1.005 * whole.value


def test_a_what_if_starts_from_the_plan_there_is(plan):
    made, at, aims = plan
    few = merged(made, lattice(), list(at.values()))
    first = optimise(made, aims, few=few)
    other = [aims[0], Aim(at["core"], Overdose(13.0), 10.0), aims[2]]
    cold = optimise(made, other, few=few)
    warm = optimise(made, other, few=few, start=first.weight, effort=WHAT_IF)
    assert warm.evaluations < 0.4 * cold.evaluations
    assert warm.value <= 1.01 * cold.value


def test_limits_hold(plan):
    made, at, aims = plan
    free = optimise(made, aims)
    most = 0.93 * free.dose_gy[at["core"].rows].max()
    mean = 0.97 * free.dose_gy[at["body"].rows].mean()
    limits = [Limit(at["core"], most_gy=most), Limit(at["body"], MeanDose(), most_gy=mean)]
    assert max(float(limit.excess_gy(free.dose_gy).max()) for limit in limits) > 0.2
    held = optimise(made, aims, limits, effort=Effort(finish_iterations=200))
    assert held.excess_gy.max() <= 0.05
    assert held.value > free.value


def test_a_search_can_be_watched_and_stopped(plan):
    made, _, aims = plan
    seen = []

    def watch(step):
        seen.append(step)
        return step.iteration < 5

    found = optimise(made, aims, watch=watch)
    assert found.stopped
    assert [s.iteration for s in seen] == [1, 2, 3, 4, 5]
    assert seen[-1].value < seen[0].value
    assert found.value == pytest.approx(seen[-1].value, rel=1e-6)


def test_weights_are_never_negative(plan):
    made, _, aims = plan
    assert optimise(made, aims).weight.min() >= 0.0


def test_a_plan_without_aims_and_a_start_of_other_beams_are_refused(plan):
    made, _, aims = plan
    with pytest.raises(InvalidPlanError, match="at least one aim"):
        optimise(made, [])
    with pytest.raises(InvalidPlanError, match="other beams"):
        optimise(made, aims, start=np.ones(3))


def test_partial_volumes_weigh_voxels(plan):
    made, at, _ = plan
    inside = np.where(np.arange(len(at["target"].rows)) % 2, 1.0, 1e-9)
    half = Structure("half", at["target"].rows, inside=inside)
    found = optimise(made, [Aim(half, Deviation(50.0), 100.0)], effort=LONG)
    gap = np.abs(found.dose_gy[half.rows] - 50.0)
    assert gap[inside == 1.0].mean() < gap[inside < 1.0].mean()
