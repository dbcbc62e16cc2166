# ruff: noqa: D103
"""Beamlets per CPU second, against the same equations in plain NumPy in the same run.

Against pyRadPlan: `python -m benchmarks.influence --peer`, kept in influence.txt.
"""

import re

from benchmarks import influence

FASTER, SAME, MEMORY = 3.0, 1e-4, 3.0
GOALS = {"time": 6.0, "gamma_percent": 99.5, "numbers": 0.03}


def test_an_influence_is_that_of_plain_numpy_in_a_third_of_the_time():
    given = influence.box()
    matrix, spent_s, peak_mb = influence.ours(*given)
    reference, plain_s = influence.plain(*given)
    print(f"\nplain NumPy {plain_s:.2f} CPU s, bodytwin {spent_s:.2f} CPU s, {peak_mb:.0f} MB")
    assert influence.difference(matrix, reference) < SAME
    assert matrix.nnz * 8 / 1e6 < peak_mb < MEMORY * matrix.nnz * 8 / 1e6
    assert plain_s / spent_s >= FASTER


def test_the_figures_beside_pyradplan_are_kept_and_reach_what_was_set():
    kept = (influence.HERE / "influence.txt").read_text()
    (ratio,) = re.findall(r"M numbers \(.* of it\).* 1/([0-9.]+) of the time", kept)
    (numbers,) = re.findall(r"\(([0-9.]+) of it\)", kept)
    passed = re.findall(r"gamma 2 %/2 mm ([0-9.]+) %", kept)
    assert len(passed) == 2
    assert float(ratio) >= GOALS["time"]
    assert min(map(float, passed)) >= GOALS["gamma_percent"]
    assert abs(float(numbers) - 1.0) <= GOALS["numbers"]
