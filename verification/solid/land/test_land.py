"""The tip of the beam, and the apex of the ventricle, where the benchmark is said to put them."""

import pytest

from verification.solid.land import problems

STATED_TIP_MM = (4.0, 4.2)
STATED_APEX_MM = (-26.6, -28.3)
SETTLED_MM = (-11.66, -15.55)
"""Of problem 3, by ourselves with counts (4, 8, 3); no published figure could be read."""


def test_the_tip_of_the_beam_rises_into_the_stated_range(record_property):
    (_, _, coarse), _ = problems.beam((10, 1, 1))
    (_, _, fine), _ = problems.beam((20, 2, 2))
    record_property("tip_mm", [float(coarse), float(fine)])
    print(f"problem 1: {coarse:.4f}, {fine:.4f} mm")
    low, high = STATED_TIP_MM
    assert low < fine < high
    assert abs(fine - coarse) < 0.015 * fine


def test_the_apex_of_the_inflated_ventricle_goes_to_the_stated_height(record_property):
    inside, outside, _ = problems.problem_2((4, 6, 2))
    record_property("apex_mm", [float(inside[2]), float(outside[2])])
    print(f"problem 2: {inside[2]:.3f}, {outside[2]:.3f} mm")
    assert inside[2] == pytest.approx(STATED_APEX_MM[0], rel=0.01)
    assert outside[2] == pytest.approx(STATED_APEX_MM[1], rel=0.01)


def test_the_apex_of_the_contracting_ventricle_rises_to_where_a_finer_mesh_puts_it(record_property):
    heights = [
        (inside[2], outside[2])
        for inside, outside, _ in map(problems.problem_3, ((2, 3, 1), (4, 6, 2)))
    ]
    record_property("apex_mm", str(heights))
    print("problem 3:", heights)
    for (coarse, fine), settled in zip(zip(*heights, strict=True), SETTLED_MM, strict=True):
        assert abs(fine - settled) < abs(coarse - settled) / 2
        assert fine == pytest.approx(settled, rel=0.01)
