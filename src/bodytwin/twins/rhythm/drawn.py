"""A scar drawn into the image of a heart that shows none: for studies and teaching."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.record import Image
from bodytwin.twins.rhythm.model.anatomy import heart_from_labels
from bodytwin.twins.rhythm.model.heart import Heart, Tissue
from bodytwin.twins.rhythm.model.scar import Scar, placed

SPACING_MM = 1.0
DRAWN = {Tissue.BORDER: (2, "border"), Tissue.SCAR: (3, "scar")}
WORDS = {
    "height": "height",
    "angle": "angle_deg",
    "radius": "radius_mm",
    "border": "border_mm",
    "depth": "depth",
    "channel": "channel_mm",
    "channel-angle": "channel_deg",
}
SAID = "The scar is made up: placed by size and position, not seen in the patient."


def scar_from_words(words: str) -> Scar:
    """A scar as people write it: "radius 24 channel 6"; what is left out is as usual."""
    found: dict[str, float] = {}
    parts = words.split()
    if len(parts) % 2:
        raise InvalidInputError(_allowed())
    for name, number in zip(parts[::2], parts[1::2], strict=True):
        if name not in WORDS or not re.fullmatch(r"-?\d+(\.\d+)?", number):
            raise InvalidInputError(_allowed())
        found[WORDS[name]] = float(number)
    return Scar(**found)


def _allowed() -> str:
    return (
        f"A scar is written as names with numbers, such as 'radius 24 channel 6'. Names are "
        f"{', '.join(WORDS)}; lengths in mm, angles in degrees, height and depth from 0 to 1."
    )


def drawn(image: Image, scar: Scar) -> Image:
    """The segmentation with this scar.

    Raises:
        InvalidInputError: it shows a scar already, or is no segmentation.

    """
    if image.labels is None or set(image.labels.values()) & {"scar", "border"}:
        raise InvalidInputError(
            "A scar can be placed in a segmentation that shows none. Leave the scar out, or give "
            "those labels no meaning."
        )
    heart, _ = heart_from_labels(image.values, image.affine, image.labels, spacing_mm=SPACING_MM)
    labels = dict(image.labels)
    numbers = {kind: _free(labels, wished) for kind, (wished, _) in DRAWN.items()}
    values = _with(np.array(image.values), image.affine, labels, placed(heart, scar), numbers)
    labels |= {numbers[kind]: name for kind, (_, name) in DRAWN.items()}
    return replace(image, values=values, labels=labels)


def _free(labels: Mapping[int, str], wished: int) -> int:
    return wished if wished not in labels else max(labels) + wished


def _with(
    values: NDArray[Any],
    affine: NDArray[np.float64],
    labels: Mapping[int, str],
    heart: Heart,
    numbers: Mapping[Tissue, int],
) -> NDArray[Any]:
    """The wounded muscle of `heart` drawn into healthy muscle."""
    cells = np.argwhere(np.isin(values, [n for n, name in labels.items() if name == "healthy"]))
    at = cells @ affine[:3, :3].T + affine[:3, 3]
    tissue = heart.tissue[heart.voxels.nearest(at)]
    for kind, number in numbers.items():
        values[tuple(cells[tissue == kind].T)] = number
    return values
