# ruff: noqa: D103
"""The stiffness matrix costs less than with felupe."""

import pytest

from benchmarks import solid


def test_a_stiffness_matrix_costs_less_than_six_tenths_of_felupes():
    equations, u = solid.block()
    stiff, _ = solid.ours(equations, u)
    theirs = solid.felupe(equations, u)
    if isinstance(theirs, str):
        pytest.skip(theirs)
    print(f"ours {stiff:.3f} s, felupe {theirs['core_s']:.3f} s")
    assert stiff < 0.6 * theirs["core_s"]
