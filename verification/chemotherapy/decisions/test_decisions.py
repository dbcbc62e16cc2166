"""A few women of those whom `python -m verification.chemotherapy.decisions.card 1000` judges."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from verification.chemotherapy.decisions import card as made
from verification.chemotherapy.virtual_patients.test_virtual_patients import rates as one_by_one


def test_fixed_steps_of_all_women_are_those_of_an_adaptive_integrator_for_each():
    case, _, p = made.drawn(4)
    counts, _ = made.followed(p, [(made.FIRST_D, made.GIVEN_MG)], made.NOW_D)
    days = np.arange(2.0, made.NOW_D, 1.0)
    for woman in range(4):
        y, out = np.concatenate([np.zeros(3), np.full(5, np.log(p[6, woman]))]), []
        edges = [made.FIRST_D, made.FIRST_D + made.HOUR_D, made.NOW_D]
        for inflow, start, end in zip(
            (made.GIVEN_MG / made.HOUR_D, 0.0), edges, edges[1:], strict=False
        ):
            done = solve_ivp(
                one_by_one, (start, end), y, method="LSODA", rtol=1e-9, atol=1e-10,
                args=(p[:10, woman], inflow), dense_output=True,
            )  # fmt: skip
            y, out = done.y[:, -1], done.sol
        exact = np.exp(out(days)[7])
        found = counts[np.round(days / made.STEP_D).astype(int), woman]
        assert found == pytest.approx(exact, rel=2e-3)
    assert case.inputs.surface_m2 == pytest.approx(1.765, abs=0.01)


def test_a_regimen_is_best_as_often_as_is_said():
    found = made.card(40)
    assert found.refused <= 2
    print()
    for said, came, n in found.groups(3):
        doubt = np.sqrt(max(said * (1 - said), 0.05) / n)
        print(f"said {said:.3f}, came {came:.3f} of {n}")
        assert abs(said - came) < 3 * doubt
    best = found.said[np.arange(len(found.best)), found.best]
    assert best.mean() > found.said.mean() + 0.1
