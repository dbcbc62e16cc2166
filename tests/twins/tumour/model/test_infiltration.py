"""A tumour that infiltrates: growth, fractions, drugs, images. The brain is a made-up one."""

from dataclasses import replace

import numpy as np
import pytest

from bodytwin.errors import InvalidInputError, InvalidParameterError, InvalidPlanError
from bodytwin.twins.tumour.model.infiltration import (
    Cells,
    Course,
    Drug,
    Fraction,
    Tissue,
    excess_speed,
    grown,
    seeded,
)
from bodytwin.twins.tumour.model.infiltration_ensemble import (
    DensityMap,
    Ensemble,
    Volumes,
    detection,
    forecast,
    radius_mm,
    updated,
)

CELLS = Cells(
    diffusion_mm2_per_d=0.3, rate_per_d=0.08, grey_share=0.2, alpha_per_gy=0.06, alpha_beta_gy=10.0
)
SHAPE = (24, 20, 12)


def brain():
    """An ellipsoid of white matter under a rind of grey, with a ventricle in the middle."""
    axes = [np.linspace(-1, 1, n) for n in SHAPE]
    r = np.sqrt(sum(a**2 for a in np.meshgrid(*axes, indexing="ij")))
    inside = r < 1.0
    inside[11:13, 6:14, 4:8] = False
    return Tissue(inside=inside, white=np.where(r < 0.7, 1.0, 0.0), spacing_mm=(2.0, 2.0, 3.0))


BRAIN = brain()
START = seeded(BRAIN, at_voxel=(7, 10, 6), width_mm=4.0, peak=0.8)
WEEKDAYS = tuple(Fraction(time_d=float(d), dose_gy=2.0) for d in (1, 2, 3, 4, 7, 8))


def everywhere(value):
    return np.where(BRAIN.inside, value, 0.0)


def test_an_even_density_without_motion_follows_its_equation_exactly():
    cells = replace(CELLS, diffusion_mm2_per_d=0.0)
    drug = Drug(time_d=2.0, kill_per_d=3.0, decay_d=0.1)
    course = Course(fractions=(Fraction(time_d=5.0, dose_gy=2.0),), drugs=(drug,))
    [found] = grown(everywhere(0.01), BRAIN, cells, course, at_d=(6.0,), step_d=2.0)
    alone = [Course(fractions=course.fractions), Course(drugs=course.drugs), Course()]
    parts = [grown(everywhere(1e-9), BRAIN, cells, c, at_d=(6.0,))[0].max() for c in alone]
    assert parts[0] / parts[2] == pytest.approx(np.exp(-0.06 * 2 * 1.2), rel=1e-6)
    assert parts[1] / parts[2] == pytest.approx(np.exp(-0.3), rel=1e-6)
    fine = grown(everywhere(0.01), BRAIN, cells, course, at_d=(6.0,), step_d=0.01)[0]
    assert found[BRAIN.inside] == pytest.approx(fine[BRAIN.inside], rel=1e-10)


def test_an_image_shows_what_was_there_before_the_fraction_of_its_day():
    course = Course(fractions=(Fraction(time_d=3.0, dose_gy=2.0),))
    with_it, after = grown(START, BRAIN, CELLS, course, at_d=(3.0, 3.001))
    without = grown(START, BRAIN, CELLS, Course(), at_d=(3.0,))[0]
    assert (with_it == without).all()
    left = BRAIN.burden_ml(after) / BRAIN.burden_ml(with_it)
    assert left == pytest.approx(np.exp(-0.06 * 2 * 1.2), rel=1e-3)


def test_each_voxel_answers_to_its_own_dose():
    dose = np.linspace(0, 6, SHAPE[0])[:, None, None] * np.ones(SHAPE)
    still = replace(CELLS, diffusion_mm2_per_d=0.0, rate_per_d=0.0)
    course = Course(fractions=(Fraction(time_d=1.0, dose_gy=dose),))
    for cells in (still, replace(still, straight_from_gy=3.0)):
        [after] = grown(everywhere(0.5), BRAIN, cells, course, at_d=(2.0,))
        bent = np.minimum(dose, cells.straight_from_gy or np.inf)
        tail = (dose - bent) * (0.06 + 2 * 0.006 * 3.0)
        expected = 0.5 * np.exp(-0.06 * bent - 0.006 * bent**2 - tail)
        assert after[BRAIN.inside] == pytest.approx(expected[BRAIN.inside], rel=1e-12)


def test_a_run_taken_up_at_an_image_is_the_run_that_went_on():
    drugs = tuple(Drug(time_d=float(t), kill_per_d=0.4, decay_d=3.0) for t in (0, 3, 7))
    course = Course(fractions=WEEKDAYS, drugs=drugs)
    first, through = grown(START, BRAIN, CELLS, course, at_d=(7.0, 12.0))
    [taken_up] = grown(first, BRAIN, CELLS, course, at_d=(12.0,), from_d=7.0)
    assert (taken_up == through).all()


def test_the_order_in_which_a_course_is_written_does_not_matter():
    drugs = tuple(Drug(time_d=float(t), kill_per_d=0.4, decay_d=1.0) for t in (0, 3))
    one = grown(START, BRAIN, CELLS, Course(fractions=WEEKDAYS, drugs=drugs), at_d=(9.0,))[0]
    course = Course(fractions=WEEKDAYS[::-1], drugs=drugs[::-1])
    assert (grown(START, BRAIN, CELLS, course, at_d=(9.0,))[0] == one).all()


def test_cells_enter_neither_the_ventricle_nor_the_skull_and_run_along_white_matter():
    [after] = grown(START, BRAIN, CELLS, Course(), at_d=(60.0,))
    assert (after[~BRAIN.inside] == 0).all()
    grey = replace(BRAIN, white=np.zeros(SHAPE))
    [slow] = grown(START, grey, CELLS, Course(), at_d=(60.0,))
    assert BRAIN.volume_ml(slow, above=0.16) < 0.9 * BRAIN.volume_ml(after, above=0.16)


def test_a_tumour_that_has_filled_the_brain_can_be_followed_on():
    fast = replace(CELLS, diffusion_mm2_per_d=2.0, rate_per_d=0.7)
    now = START
    for _ in range(4):
        [now] = grown(now, BRAIN, fast, Course(), at_d=(30.0,))
    assert now[BRAIN.inside] == pytest.approx(np.ones(int(BRAIN.inside.sum())), abs=1e-6)


def test_a_segmentation_says_what_is_white_grey_or_neither():
    labels = np.array([[[0, 1, 2, 3]]])
    made = Tissue.of_labels(labels, white=(2,), grey=(1,), spacing_mm=(1.0, 1.0, 2.0))
    assert made.inside.tolist() == [[[False, True, True, False]]]
    assert made.white.tolist() == [[[0, 0, 1, 0]]]
    assert made.voxel_ml == pytest.approx(0.002)


def test_half_a_day_is_a_short_enough_step_with_everything_given():
    drugs = tuple(Drug(time_d=float(t), kill_per_d=0.5, decay_d=1 / 9.24) for t in range(12))
    course = Course(fractions=WEEKDAYS, drugs=drugs)
    burden = [
        BRAIN.burden_ml(grown(START, BRAIN, CELLS, course, at_d=(12.0,), step_d=step)[0])
        for step in (0.5, 0.05)
    ]
    assert burden[0] == pytest.approx(burden[1], rel=1e-3)


def test_coarse_voxels_are_known_to_hasten_the_front():
    x, _, z = excess_speed(BRAIN, CELLS)
    assert 0.03 < x < z < 0.12
    assert CELLS.front_mm_per_d == pytest.approx(2 * np.sqrt(0.024))


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ({"density": 2 * START}, InvalidInputError),
        ({"density": START[1:]}, InvalidInputError),
        ({"at_d": (3.0, 2.0)}, InvalidInputError),
        (
            {"course": Course(fractions=(Fraction(time_d=1.0, dose_gy=np.ones(3)),))},
            InvalidPlanError,
        ),
    ],
)
def test_what_cannot_be_is_refused(bad, error):
    how = {"density": START, "course": Course(), "at_d": (3.0,), **bad}
    with pytest.raises(error):
        grown(how["density"], BRAIN, CELLS, how["course"], at_d=how["at_d"])


def test_a_course_that_cannot_be_given_is_refused():
    for bad in ({"dose_gy": -1.0}, {"dose_gy": np.array([np.nan])}, {"time_d": np.inf}):
        with pytest.raises(InvalidPlanError):
            Fraction(**{"time_d": 0.0, "dose_gy": 2.0, **bad})
    for bad in ({"kill_per_d": -1.0}, {"decay_d": 0.0}, {"time_d": np.nan}):
        with pytest.raises(InvalidPlanError):
            Drug(**{"time_d": 0.0, "kill_per_d": 1.0, "decay_d": 1.0, **bad})


def test_cells_that_cannot_be_are_refused():
    for bad in ({"rate_per_d": -1.0}, {"grey_share": 2.0}, {"alpha_beta_gy": 0.0}):
        with pytest.raises(InvalidParameterError):
            replace(CELLS, **bad)


def members(count, rng):
    """Tumours whose cells are drawn around others than the true ones."""
    d = 0.2 * np.exp(0.4 * rng.standard_normal(count))
    rate = 0.06 * np.exp(0.3 * rng.standard_normal(count))
    cells = tuple(
        replace(CELLS, diffusion_mm2_per_d=float(a), rate_per_d=float(b))
        for a, b in zip(d, rate, strict=True)
    )
    return Ensemble(density=np.repeat(START[None], count, axis=0), cells=cells, time_d=0.0)


@pytest.fixture(scope="module")
def prior():
    made = members(24, np.random.default_rng(3))
    return forecast(made, BRAIN, Course(), until_d=30.0, step_d=1.0)


def test_volumes_above_both_thresholds_bring_speed_and_forecast_nearer_the_truth(prior):
    truth, later = grown(START, BRAIN, CELLS, Course(), at_d=(30.0, 45.0), step_d=0.1)
    seen = tuple(BRAIN.volume_ml(truth, above=t) for t in detection())
    image = Volumes(volumes_ml=seen, thresholds=detection(), sd_mm=(0.3, 0.3))
    told = updated(prior, BRAIN, image)
    assert told.density.min() >= 0
    assert told.density.max() <= 1
    speeds = [np.array([c.front_mm_per_d for c in e.cells]) for e in (prior, told)]
    off = [abs(np.log(s.mean() / CELLS.front_mm_per_d)) for s in speeds]
    assert off[1] < 0.5 * off[0]
    assert speeds[1].std() < 0.7 * speeds[0].std()
    wanted = radius_mm(np.array(BRAIN.volume_ml(later, above=0.16)))
    errors = []
    for e in (prior, told):
        ahead = forecast(e, BRAIN, Course(), until_d=45.0, step_d=1.0)
        radii = [radius_mm(np.array(BRAIN.volume_ml(u, above=0.16))) for u in ahead.density]
        errors.append(abs(np.mean(radii) - wanted))
    assert errors[1] < 0.5 * errors[0]


def test_a_map_of_the_density_brings_the_field_nearer_the_truth(prior):
    truth = grown(START, BRAIN, CELLS, Course(), at_d=(30.0,), step_d=0.1)[0]
    image = DensityMap(density=truth, tissue=BRAIN, cube_mm=8.0, sd=0.05)
    told = updated(prior, BRAIN, image)
    off = [np.abs(e.density.mean(axis=0) - truth).sum() for e in (prior, told)]
    assert off[1] < 0.5 * off[0]


def test_a_map_of_an_even_density_is_that_density_in_every_cube():
    image = DensityMap(density=everywhere(0.4), tissue=BRAIN, cube_mm=7.0, sd=0.1)
    assert image.observed == pytest.approx(np.full(len(image.variance), 0.4), rel=1e-6)
    assert len(image.observed) > 50


def test_a_tumour_that_is_not_seen_is_smaller_than_was_foretold(prior):
    image = Volumes(volumes_ml=(0.0,), thresholds=(0.8,), sd_mm=(1.0,))
    told = updated(prior, BRAIN, image)
    before, after = (np.mean([BRAIN.burden_ml(u) for u in e.density]) for e in (prior, told))
    assert after < before


def test_an_ensemble_needs_cells_for_each_density():
    with pytest.raises(InvalidInputError):
        Ensemble(density=START[None], cells=(CELLS, CELLS), time_d=0.0)
    with pytest.raises(InvalidInputError):
        Volumes(volumes_ml=(1.0,), thresholds=(0.8, 0.16), sd_mm=(1.0,))
