"""The planning image: one image, and the names by which plans, contours and doses refer to it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.record.image import Image


@dataclass(frozen=True, kw_only=True, eq=False)
class Series:
    """An image with the UIDs of its study, series, frame of reference and slices.

    `slice_uids` stand in the order of the third axis of the image. UIDs can lead back to
    the patient: they are not part of the text of this value, and of no error.
    """

    image: Image
    study_uid: str
    uid: str
    frame_uid: str
    slice_uids: tuple[str, ...]
    class_uid: str
    patient_position: str = ""

    def __post_init__(self) -> None:
        if len(self.slice_uids) != self.image.values.shape[2]:
            raise InvalidInputError(
                f"The image has {self.image.values.shape[2]} slices, and "
                f"{len(self.slice_uids)} were named."
            )

    def __repr__(self) -> str:
        return f"Series of {len(self.slice_uids)} slices"

    @property
    def normal(self) -> NDArray[np.float64]:
        """Unit vector (3,) across the slices, pointing along the positive of its longest axis."""
        normal = np.cross(self.image.affine[:3, 0], self.image.affine[:3, 1])
        normal /= np.linalg.norm(normal)
        return normal * np.sign(normal[int(np.argmax(np.abs(normal)))])

    @property
    def heights_mm(self) -> NDArray[np.float64]:
        """Height (slices,) of each slice along `normal`, in the order of the slices."""
        steps = np.arange(len(self.slice_uids))[:, None] * self.image.affine[:3, 2]
        return (self.image.affine[:3, 3] + steps) @ self.normal
