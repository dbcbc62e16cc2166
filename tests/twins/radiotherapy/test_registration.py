"""Two images of one patient, one the other bent by a known displacement."""

from dataclasses import replace

import numpy as np
import pytest

from bodytwin.errors import InvalidInputError
from bodytwin.twins.radiotherapy.registration import Displacement, registered
from tests.twins.radiotherapy import head


def textured():
    """The head with bones and cavities, so that there is something to see."""
    rng = np.random.default_rng(3)
    values = np.where(head.BODY, 0.0, -1000.0)
    for x, y, z in rng.uniform((-50, -50, -30), (50, 50, 30), (30, 3)):
        ball = np.hypot(np.hypot(head.X - x, head.Y - y), head.Z - z)
        values += np.where(head.BODY, 350.0 * np.exp(-((ball / 9.0) ** 2)), 0.0)
    return head.image(values)


def bent(image):
    """A displacement of up to 8 mm, and the image seen through it."""
    u = np.stack(
        [
            4.0 + 4.0 * np.sin(head.Y / 45.0),
            -2.0 + 3.0 * np.cos(head.X / 50.0),
            2.0 * np.sin(head.X / 60.0),
        ],
        axis=-1,
    )
    known = Displacement(fixed=image, mm=u)
    seen = known.read(image, outside=-1000.0).astype(np.float32)
    return known, replace(image, values=seen)


@pytest.fixture(scope="module")
def found():
    moving = textured()
    known, fixed = bent(moving)
    return known, registered(fixed, moving), registered(fixed, moving, deformable=False)


def off(known, found):
    inner = np.hypot(head.X, head.Y) < 55.0
    return np.linalg.norm(found.mm - known.mm, axis=-1)[inner & (abs(head.Z) < 25)]


def test_a_known_displacement_is_found_to_a_part_of_a_voxel(found):
    known, bending, rigid = found
    assert np.linalg.norm(known.mm, axis=-1).mean() > 4.0
    assert off(known, bending).mean() < 0.3 * head.STEP_MM
    assert off(known, bending).mean() < 0.7 * off(known, rigid).mean()


def test_nothing_folds_and_a_rigid_motion_keeps_volumes(found):
    _, bending, rigid = found
    assert bending.jacobian.min() > 0.0
    assert rigid.jacobian == pytest.approx(1.0, abs=1e-6)


def test_doses_go_where_their_tissue_went(found):
    known, bending, _ = found
    dose = head.image(head.dose_gy(), "RTDOSE")
    true, mine = known.read(dose), bending.read(dose)
    inner = np.hypot(head.X, head.Y) < 55.0
    unmoved = np.abs(true - head.dose_gy())[inner].mean()
    assert np.abs(true - mine)[inner].mean() < 0.5 * unmoved


def test_images_of_other_kinds_are_refused():
    with pytest.raises(InvalidInputError, match="both are CT"):
        registered(textured(), head.image(0 * head.X, "MR"))
