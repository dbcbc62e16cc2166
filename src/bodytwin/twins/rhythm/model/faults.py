"""What is wrong with a segmentation before a heart is made of it, and what can be mended.

A fault that changes what the heart is (holes through the wall, no base, two hearts, scar
outside the muscle, left and right exchanged, a wall of one or two voxels) is refused with what
to do; a crumb is removed and said so.
"""

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import OutsidePopulationError, UnreadableFileError
from bodytwin.numerics.grid import morphology

Mask = NDArray[np.bool_]
CRUMBS = 0.01
"""Share of the muscle that may lie apart and is removed."""
SPACING_MM = (0.2, 12.0)
"""Range of distances between voxels or slices that a cardiac image has."""
MUSCLE_ML = (40.0, 500.0)
"""Range of the volume of both ventricles' muscle in adults, hypertrophied hearts included."""
FRONT_AND_TOP = np.array([0.0, -0.6, 0.8])
"""Where the anterior wall looks, in LPS."""
THINNEST = 2.5
"""Fewest voxels through the wall of the left ventricle."""


def require_spacing(affine: NDArray[np.float64]) -> None:
    """Refuse voxels that no cardiac image has: the unit of length is wrong, then."""
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    low, high = SPACING_MM
    if spacing.min() < low or spacing.max() > high:
        raise UnreadableFileError(
            f"The voxels measure {' x '.join(f'{s:.3g}' for s in spacing)} mm; {low:g} to {high:g} "
            "mm is possible. Is the spacing in mm, and stated at all?"
        )
    unit = affine[:3, :3] / spacing
    if np.abs(unit.T @ unit - np.eye(3)).max() > 0.02:
        raise UnreadableFileError(
            "The axes of the image are not at right angles. Resample it to a straight grid first."
        )


def require_size(muscle_ml: float) -> None:
    """Refuse a muscle that is not that of both ventricles of an adult."""
    low, high = MUSCLE_ML
    if not low <= muscle_ml <= high:
        raise OutsidePopulationError(
            f"The muscle of both ventricles measures {muscle_ml:.0f} mL; {low:g} to {high:g} mL is "
            "what this model is for. Check the labels and the spacing."
        )


def one_piece(muscle: Mask) -> tuple[Mask, tuple[str, ...]]:
    """The muscle without crumbs; refused where it is in pieces."""
    pieces, count = morphology.pieces(muscle)
    if count == 1:
        return muscle, ()
    sizes = np.bincount(pieces.ravel())[1:]
    largest = int(np.argmax(sizes)) + 1
    apart = 1.0 - sizes.max() / sizes.sum()
    if apart > CRUMBS:
        raise UnreadableFileError(
            f"The muscle is in {count} pieces, {apart:.0%} of it apart from the largest. One heart "
            "in one piece is needed: close the gaps, or remove what is not ventricle."
        )
    return pieces == largest, (
        f"{count - 1} crumb(s) of muscle apart from the heart, {apart:.2%} of it, were removed.",
    )


def without_bubbles(muscle: Mask, blood: Mask) -> tuple[Mask, tuple[str, ...]]:
    """The muscle with small hollows filled; a large one is refused."""
    hollow = morphology.filled(muscle | blood) & ~(muscle | blood)
    count = int(hollow.sum())
    if not count:
        return muscle, ()
    share = count / muscle.sum()
    if share > CRUMBS:
        raise UnreadableFileError(
            f"There are holes in the wall, {share:.0%} of the muscle. Fill them in the "
            "segmentation, or label what they are."
        )
    return muscle | hollow, (f"Small holes in the wall, {share:.2%} of it, were filled.",)


def require_blood(blood: Mask, muscle: Mask, which: str) -> None:
    """Refuse a cavity that is missing, does not touch the muscle, or is in pieces."""
    if not blood.any():
        raise UnreadableFileError(f"The {which} cavity is not labelled. Both are needed.")
    if not (morphology.grown(blood) & muscle).any():
        raise UnreadableFileError(f"The {which} cavity does not touch the muscle.")


def require_base(opening: Mask, which: str) -> None:
    """Refuse a ventricle that is closed all around: where its valves are cannot be told, then."""
    if not opening.any():
        raise UnreadableFileError(
            f"The {which} ventricle is closed on all sides, so there is no base. Cut the "
            "segmentation at the plane of the valves."
        )


def require_scar_within(scar: Mask, muscle: Mask) -> None:
    """Refuse scar or border zone that lies outside the muscle."""
    if not scar.any():
        return
    beside = morphology.grown(muscle & ~scar)
    pieces, count = morphology.pieces(scar)
    touched = {int(k) for k in np.unique(pieces[beside & scar])} - {0}
    if len(touched) < count:
        raise UnreadableFileError(
            f"{count - len(touched)} region(s) of scar or border zone lie outside the muscle. "
            "Remove them, or label the muscle around them."
        )


def require_not_mirrored(anterior: NDArray[np.float64]) -> None:
    """Refuse a heart in which left and right are exchanged.

    With the septum on the left of whoever looks from the apex, the anterior wall is
    above; in the body it looks forwards and up. In a mirrored image it seems to look back and down.
    """
    if float(anterior @ FRONT_AND_TOP) < 0:
        raise UnreadableFileError(
            "Left and right seem exchanged: the anterior wall looks back and down. Check the "
            "orientation of the image, and that the labels of the cavities are right."
        )


def require_thick(wall_voxels: float) -> None:
    """Refuse a wall of which the grid sees too little."""
    if wall_voxels < THINNEST:
        raise UnreadableFileError(
            f"The left ventricular wall is {wall_voxels:.1f} voxels thick at this spacing; "
            f"{THINNEST:g} are needed. Take a smaller spacing."
        )
