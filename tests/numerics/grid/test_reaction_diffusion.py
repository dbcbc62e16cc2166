"""A quantity that spreads through voxels and grows up to a ceiling."""

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bodytwin.errors import InvalidInputError, InvalidParameterError
from bodytwin.numerics.grid.conductance import conductance, excess_speed
from bodytwin.numerics.grid.logistic import Decay
from bodytwin.numerics.grid.reaction_diffusion import Field

SPACING = (1.5, 1.0, 3.0)


def patchy(shape, seed=0):
    """A box with holes, and diffusion that jumps."""
    rng = np.random.default_rng(seed)
    inside = rng.random(shape) < 0.8
    inside[shape[0] // 2, shape[1] // 2, shape[2] // 2] = True
    return rng.choice([0.2, 1.0], shape), inside, rng.random(shape)


def moved(u, relative, inside, *, kind=np.float64, spacing=SPACING, **how):
    faces = conductance(relative, inside=inside, spacing_mm=spacing, kind=kind)
    field = Field(faces, u)
    field.advance(**{"diffusion": 1.0, "rate_per_d": 0.0, "step_d": 0.5, **how})
    return field.values


def test_without_reaction_what_is_in_all_voxels_is_kept():
    diffusion, inside, u = patchy((13, 17, 9))
    after = moved(u, diffusion, inside, duration_d=20.0)
    before = u[inside].sum()
    assert after.sum() == pytest.approx(before, rel=1e-12)
    assert np.abs(after - u)[inside].max() > 0.2


def test_nothing_enters_what_is_not_inside_nor_crosses_it():
    inside = np.ones((9, 6, 5), dtype=bool)
    inside[4] = False
    u = np.where(np.arange(9)[:, None, None] < 4, 0.5, 0.0) * np.ones(inside.shape)
    after = moved(u, np.ones(inside.shape), inside, duration_d=50.0, rate_per_d=0.2)
    assert (after[4:] == 0).all()
    assert after[:4] == pytest.approx(np.full((4, 6, 5), 1 / (1 + np.exp(-10.0))), rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 9), st.floats(0.0, 15.0), st.floats(0.0, 2.0), st.floats(0.1, 4.0),
    st.floats(0.0, 20.0), st.sampled_from([np.float32, np.float64]),
)  # fmt: skip
def test_whatever_the_step_it_stays_between_nothing_and_the_ceiling(
    seed, diffusion, rate, step, loss, kind
):
    d, inside, u = patchy((6, 7, 5), seed)
    after = moved(
        np.round(u), d, inside, kind=kind, diffusion=diffusion, rate_per_d=rate,
        duration_d=2 * step, step_d=step, decays=[Decay(rate_per_d=loss, time_d=0.3)],
    )  # fmt: skip
    assert after.min() >= 0
    assert after.max() <= 1 + 4 * np.finfo(kind).eps


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_mirrored_problem_has_the_mirrored_result_to_the_last_bit(axis):
    d, inside, u = patchy((8, 19, 11))
    how = {"duration_d": 5.0, "rate_per_d": 0.1, "kind": np.float32}
    once = moved(u, d, inside, **how)
    other = moved(*(np.flip(x, axis) for x in (u, d, inside)), **how)
    assert (np.flip(other, axis) == once).all()


def test_results_do_not_depend_on_the_number_of_threads():
    d, inside, u = patchy((8, 19, 11))
    before, found = numba.get_num_threads(), []
    try:
        for threads in (1, before):
            numba.set_num_threads(threads)
            found.append(moved(u, d, inside, duration_d=5.0, rate_per_d=0.1, kind=np.float32))
    finally:
        numba.set_num_threads(before)
    assert (found[0] == found[1]).all()


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_cosine_between_walls_decays_at_its_rate(axis):
    n, shape = 40, [1, 1, 1]
    shape[axis] = n
    length = n * SPACING[axis]
    wave = np.cos(np.pi * (np.arange(n) + 0.5) / n).reshape(shape)
    after = moved(
        0.5 + 0.4 * wave, np.ones(shape), np.ones(shape, dtype=bool), diffusion=0.7, duration_d=80.0
    )
    decay = np.exp(-0.7 * (np.pi / length) ** 2 * 80.0)
    assert after == pytest.approx(0.5 + 0.4 * decay * wave, abs=2e-3 * decay)


def test_where_diffusion_jumps_the_steady_flow_passes_unchanged():
    d = np.where(np.arange(30) < 12, 1.0, 0.1).reshape(30, 1, 1)
    faces = conductance(d, inside=np.ones(d.shape, bool), spacing_mm=(2, 1, 1), kind=np.float64)
    weights = faces.weights[0][faces.weights[0] > 0]
    resistance = (1 / weights).sum() * 2.0**-2
    assert resistance == pytest.approx(11.5 / 1.0 + 17.5 / 0.1, rel=1e-12)


def test_what_nothing_has_reached_is_exactly_nothing():
    u = np.zeros((60, 60, 12))
    u[30, 30, 6] = 1.0
    how = {"duration_d": 1.0, "kind": np.float32, "rate_per_d": 0.05}
    after = moved(u, np.full(u.shape, 0.1), np.ones(u.shape, bool), **how)
    assert (after[:10] == 0).all()
    assert after[28:33, 30, 6].min() > 0


def test_what_is_less_than_is_followed_counts_as_nothing():
    u = np.zeros((60, 4, 4))
    u[0] = 1.0
    how = {"duration_d": 15.0, "kind": np.float32, "rate_per_d": 0.05}
    after = moved(u, np.full(u.shape, 0.1), np.ones(u.shape, bool), **how)
    assert 4e-31 < after[after > 0].min() < 1e-25


def test_a_coarse_grid_hastens_fronts_by_a_twenty_fourth_of_kappa():
    fine = excess_speed(rate_per_d=0.05, diffusion_mm2_per_d=0.1, spacing_mm=0.1)
    assert fine == pytest.approx(0.05 * 0.1**2 / 0.1 / 24, rel=1e-2)
    coarse = excess_speed(rate_per_d=0.05, diffusion_mm2_per_d=0.1, spacing_mm=3.0)
    q = np.linspace(0.5, 4, 20001)
    speed = ((4.5 + 2 * (np.cosh(q) - 1)) / q).min() / (2 * np.sqrt(4.5))
    assert coarse == pytest.approx(speed - 1, rel=1e-6)


def test_a_share_of_it_can_be_taken_voxel_by_voxel():
    d, inside, u = patchy((5, 6, 7))
    field = Field(conductance(d, inside=inside, spacing_mm=SPACING, kind=np.float64), u)
    share = np.random.default_rng(1).random(u.shape)
    field.scale(share)
    assert field.values == pytest.approx(np.where(inside, u * share, 0.0), rel=1e-15)
    with pytest.raises(InvalidInputError):
        field.scale(1.5)


def test_what_cannot_be_is_refused():
    ones, inside = np.ones((3, 3, 3)), np.ones((3, 3, 3), dtype=bool)
    for bad in (
        {"diffusion": -ones}, {"inside": ~inside}, {"spacing_mm": (1, 1, 0)},
        {"diffusion": np.ones((3, 3, 4))},
    ):  # fmt: skip
        given_ = {"diffusion": ones, "inside": inside, "spacing_mm": (1, 1, 1), **bad}
        with pytest.raises(InvalidInputError):
            conductance(given_.pop("diffusion"), **given_)
    with pytest.raises(InvalidInputError, match="stages"):
        moved(ones, ones, inside, diffusion=1e4, duration_d=1.0)
    with pytest.raises(InvalidInputError):
        moved(ones, ones, inside, duration_d=-1.0)
    with pytest.raises(InvalidInputError, match="shorter"):
        moved(ones, ones, inside, duration_d=1.0, rate_per_d=500.0)
    with pytest.raises(InvalidInputError):
        moved(np.ones((3, 3, 2)), ones, inside, duration_d=1.0)
    with pytest.raises(InvalidParameterError):
        excess_speed(rate_per_d=0.0, diffusion_mm2_per_d=1.0, spacing_mm=1.0)
