"""The solid meets its measures and says which of them cannot meet."""

import numpy as np
import pytest

from bodytwin.errors import InvalidParameterError
from bodytwin.twins.pregnancy.model.shape import Shape
from bodytwin.twins.pregnancy.model.sweep import placed
from tests.twins.pregnancy.model.woman import WOMAN


def at(measures, *, r, angle=0.0, w=(0.0, 1.0)):
    count = len(w)
    return placed(Shape(measures), angle=np.full(count, angle), r=np.full(count, r), w=np.array(w))


@pytest.mark.parametrize(
    ("name", "r", "angle"),
    [("fundus_mm", 0.0, 0.0), ("anterior_mm", 2.0, 0.0), ("posterior_mm", 2.0, np.pi)],
)
def test_walls_are_as_thick_as_measured(name, r, angle):
    inner, outer = at(WOMAN, r=r, angle=angle)
    assert np.linalg.norm(outer - inner) == pytest.approx(getattr(WOMAN, name), rel=1e-12)


def test_the_canal_leaves_at_the_measured_angle_and_length():
    shape = Shape(WOMAN)
    (front, _), (back, _) = at(WOMAN, r=7.0), at(WOMAN, r=7.0, angle=np.pi)
    canal = (front + back) / 2 - shape.os_mm
    ahead = shape.lower_mm - shape.os_mm
    cosine = canal @ ahead / np.linalg.norm(canal) / np.linalg.norm(ahead)
    assert np.linalg.norm(ahead) == pytest.approx(30.0, rel=1e-12)
    assert np.linalg.norm(canal) == pytest.approx(WOMAN.cervix_length_mm, rel=1e-12)
    assert np.degrees(np.arccos(cosine)) == pytest.approx(WOMAN.angle_deg, rel=1e-12)


@pytest.mark.parametrize("r", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
@pytest.mark.parametrize("angle", [0.0, 1.0, 2.5, np.pi])
def test_the_surfaces_have_no_steps(r, angle):
    before, after = (at(WOMAN, r=r + step, angle=angle) for step in (-1e-7, 1e-7))
    assert after == pytest.approx(before, abs=1e-4)


@pytest.mark.parametrize("r", [4.0, 5.0])
def test_the_internal_os_is_rounded_without_a_kink(r):
    steps = np.diff([at(WOMAN, r=r + s)[0] for s in (-1e-5, 0, 1e-5)], axis=0)
    one, two = steps / np.linalg.norm(steps, axis=1)[:, None]
    assert one @ two == pytest.approx(1.0, abs=1e-6)


def test_a_cervix_that_would_run_into_the_wall_is_refused_with_the_length_it_needs():
    with pytest.raises(
        InvalidParameterError, match="angle_deg of 45 conflicts with cervix_len"
    ) as e:
        Shape(WOMAN.changed(angle_deg=45.0, cervix_length_mm=14.0))
    least = float(str(e.value).split()[-2])
    assert Shape(WOMAN.changed(angle_deg=45.0, cervix_length_mm=least + 0.1))


def test_a_cervix_too_wide_for_its_uterus_is_refused():
    narrow = WOMAN.changed(
        longitudinal_mm=110.0, anterior_posterior_mm=68.0, transverse_mm=70.0,
        cervix_outer_mm=45.0, cervix_length_mm=45.0, angle_deg=50.0,
    )  # fmt: skip
    with pytest.raises(InvalidParameterError, match="takes up the whole lower half"):
        Shape(narrow)
