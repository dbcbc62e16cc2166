"""An anatomy that has changed since the plan was made: imagined, or seen in a later image."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import MissingDataError
from bodytwin.record import Delineated
from bodytwin.twins.radiotherapy.anatomy import changed, changes_from_text, shift_of
from bodytwin.twins.radiotherapy.registration import registered

Dose = NDArray[np.float32]
Point = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Then:
    """The anatomies before and today, and how doses and the isocentre go from one to the other.

    `moved_mm` takes the isocentre of the plan to where the machine has it in the image of
    today, `back_mm` to where it belongs there.
    """

    before: Delineated
    today: Delineated
    words: str
    remark: str
    moved_mm: Point
    back_mm: Point
    mapped: Callable[[Dose], Dose]


def imagined(anatomy: Delineated, words: str) -> Then:
    """The change that words say; voxels stay those of the image.

    Raises:
        InvalidPlanError: words that say no change.

    """
    changes = changes_from_text(words)
    x, y, z = shift_of(changes)
    return Then(
        before=anatomy,
        today=changed(anatomy, changes),
        words=words,
        remark="The change is a what-if; voxels are those of the image of before.",
        moved_mm=(-x, -y, -z),
        back_mm=(0.0, 0.0, 0.0),
        mapped=lambda dose: dose,
    )


def seen(before: Delineated, today: Delineated, target: str) -> Then:
    """The change between two images, doses of before read where their tissue lies today.

    The patient is set up so that the target lies at the isocentre.

    Raises:
        MissingDataError: the target is not delineated today.
        NumericalError: no displacement without folds was found.

    """
    if target not in today.masks or not today.masks[target].any():
        raise MissingDataError("The target is not delineated in the image of today.")
    found = registered(today.image, before.image)
    at_target = found.mm[today.masks[target]].mean(axis=0)
    x, y, z = (float(-v) for v in at_target)
    far = float(np.linalg.norm(found.mm, axis=-1)[today.masks[target]].max())

    def mapped(dose: Dose) -> Dose:
        return found.read(replace(before.image, values=dose)).astype(np.float32)

    return Then(
        before=before,
        today=today,
        words="as the last image shows it",
        remark="Doses given before are mapped by deformable registration (up to "
        f"{far:.0f} mm in the target); their error is that of the displacement.",
        moved_mm=(x, y, z),
        back_mm=(x, y, z),
        mapped=mapped,
    )
