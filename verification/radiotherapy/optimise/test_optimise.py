import numpy as np
import pytest
from scipy.optimize import minimize, nnls

from bodytwin.twins.radiotherapy.model.cost import cost_of
from bodytwin.twins.radiotherapy.model.merge import merged
from bodytwin.twins.radiotherapy.model.objectives import Deviation, MeanDose, Overdose
from bodytwin.twins.radiotherapy.model.optimise import Effort, optimise
from bodytwin.twins.radiotherapy.model.rows import rows_of
from bodytwin.twins.radiotherapy.model.wanted import Aim, Limit
from tests.twins.radiotherapy.phantom import influence, lattice, structures

LONG = Effort(merged_iterations=1500, finish_iterations=1500, relative_change=1e-14)


@pytest.fixture(scope="module")
def small():
    matrix = influence(beams=5)
    return matrix.toarray().astype(float), rows_of(matrix), structures()


def test_squared_aims_end_where_least_squares_do(small):
    whole, rows, at = small
    aims = [
        Aim(at["target"], Deviation(50.0), 100.0),
        Aim(at["core"], Deviation(0.0), 5.0),
        Aim(at["body"], Deviation(0.0), 20.0),
    ]
    root = [np.sqrt(a.priority * a.structure.share) for a in aims]
    left = np.vstack(
        [r[:, None] * whole[a.structure.rows] for r, a in zip(root, aims, strict=True)]
    )
    right = np.concatenate([r * a.objective.dose_gy for r, a in zip(root, aims, strict=True)])
    exact, norm = nnls(left, right, maxiter=5000)
    found = optimise(rows, aims, effort=LONG)
    assert found.value == pytest.approx(norm**2, rel=1e-6)
    body = np.concatenate([s.rows for s in at.values()])
    assert np.abs(found.dose_gy - whole @ exact)[body].max() < 0.02
    assert np.any(exact == 0.0)


def test_the_gradient_vanishes_where_weights_are_free_and_pushes_where_they_are_not(small):
    _, rows, at = small
    aims = [Aim(at["target"], Deviation(50.0), 100.0), Aim(at["body"], Overdose(15.0), 50.0)]
    found = optimise(rows, aims, effort=LONG)
    _, gradient = cost_of(rows, aims)(found.weight)
    _, before = cost_of(rows, aims)(np.full(rows.beamlets, found.weight.mean()))
    free = found.weight > 1e-6
    assert np.abs(gradient[free]).max() < 1e-3 * np.abs(before).max()
    assert gradient[~free].min() > -1e-3 * np.abs(before).max()


def test_limits_end_where_a_quadratic_programme_does(small):
    whole, rows, at = small
    aims = [Aim(at["target"], Deviation(50.0), 100.0), Aim(at["body"], Deviation(0.0), 5.0)]
    free = optimise(rows, aims, effort=LONG)
    most = 0.6 * float(free.dose_gy[at["core"].rows].mean())
    limit = Limit(at["core"], MeanDose(), most_gy=most)
    found = optimise(rows, aims, [limit], effort=LONG)
    mean = at["core"].share @ whole[at["core"].rows]
    weighted = np.zeros(len(whole))
    wanted = np.zeros(len(whole))
    for a in aims:
        weighted[a.structure.rows] = a.priority * a.structure.share
        wanted[a.structure.rows] = a.objective.dose_gy
    square = whole.T @ (weighted[:, None] * whole)
    line = whole.T @ (weighted * wanted)
    base = float(weighted @ wanted**2)
    exact = minimize(
        lambda x: x @ square @ x - 2 * line @ x + base,
        free.weight,
        jac=lambda x: 2 * (square @ x - line),
        method="SLSQP",
        bounds=[(0.0, None)] * len(line),
        constraints={"type": "ineq", "fun": lambda x: most - mean @ x, "jac": lambda _: -mean},
        options={"maxiter": 400, "ftol": 1e-9},
    )
    assert exact.success
    assert found.value == pytest.approx(exact.fun, rel=1e-3)
    assert found.value > 1.01 * free.value
    assert found.excess_gy[0] <= 0.05


def test_a_limit_on_every_voxel_is_met_through_merged_rows_too(small):
    _, rows, at = small
    aims = [Aim(at["target"], Deviation(50.0), 100.0), Aim(at["body"], Overdose(20.0), 20.0)]
    most = 0.9 * float(optimise(rows, aims, effort=LONG).dose_gy[at["core"].rows].max())
    limit = Limit(at["core"], most_gy=most)
    few = merged(rows, lattice(), list(at.values()))
    direct = optimise(rows, aims, [limit], effort=Effort(finish_iterations=300))
    through = optimise(rows, aims, [limit], few=few, effort=Effort(finish_iterations=60))
    assert direct.excess_gy[0] <= 0.05
    assert through.excess_gy[0] <= 0.05
    assert through.value == pytest.approx(direct.value, rel=0.01)
