# ruff: noqa: D103
"""A body of voxels bends in less CPU time than with pyamg.

Beyond a million unknowns: `python -m benchmarks.voxels`, kept in voxels.txt.
"""

import re

import pytest

from benchmarks import voxels

FASTER, SAME = 1.5, 1e-6


def test_a_bone_of_voxels_costs_less_than_with_pyamg():
    voxels.ours(*voxels.shaft(12))
    given = voxels.shaft(20)
    mine, theirs = voxels.ours(*given), voxels.pyamg(*given)
    if isinstance(theirs, str):
        pytest.skip(theirs)
    print(f"\nours {mine['cpu_s']:.2f} CPU s, pyamg {theirs['cpu_s']:.2f} CPU s")
    assert mine["most_mm"] == pytest.approx(theirs["most_mm"], rel=SAME)
    assert theirs["cpu_s"] >= FASTER * mine["cpu_s"]


def test_the_figures_beyond_a_million_unknowns_are_kept_and_reach_what_was_set():
    kept = (voxels.HERE / "voxels.txt").read_text()
    sizes = re.findall(rf"{voxels.PYAMG}, (\d+) unknowns", kept)
    ratios = re.findall(r"pyamg over ours: ([0-9.]+) in CPU s, ([0-9.]+) in time", kept)
    assert int(sizes[-1]) > 1_000_000
    assert min(map(float, ratios[-1])) >= FASTER
