# ruff: noqa: D103
"""A plan per CPU second, against SciPy's L-BFGS-B on SciPy's sparse products in the same run.

Against pyRadPlan: `python -m benchmarks.plan_optimisation --peer`, kept in plan_optimisation.txt.
"""

from benchmarks import plan_optimisation

AS_GOOD, FASTER = 1.005, 2.0


def test_a_plan_is_as_good_as_scipys_in_half_the_time():
    matrix, structures, lattice = plan_optimisation.body()
    found = plan_optimisation.ours(matrix, structures, lattice)
    spent_s, value, iterations = plan_optimisation.plain(matrix, structures)
    print()
    for line in plan_optimisation.lines(found, "SciPy alone", spent_s, value, iterations):
        print(line)
    assert found["value"] <= AS_GOOD * value
    assert spent_s / (found["rows_s"] + found["cold_s"]) >= FASTER
