"""Which of the known meanings a segment's name states, and which of two wins where they overlap."""

import re
from collections.abc import Mapping

from bodytwin.errors import UnreadableFileError
from bodytwin.importers.volume.volume import MEANINGS

PRECEDENCE = ("healthy", "inflamed", "border", "scar")
"""Of tissues drawn over each other, the later one wins: scar is drawn within the muscle."""


def meaning_of(name: str) -> str | None:
    """The meaning that a name states in the words of bodytwin, else None.

    >>> meaning_of("LV blood"), meaning_of("Smith")
    ('lv_blood', None)
    """
    plain = re.sub(r"[\s_-]+", "_", name.strip().lower())
    return plain if plain in MEANINGS else None


def require_meanings(found: Mapping[int, str | None]) -> dict[int, str]:
    """The meanings of all segments, refused with the numbers of those that have none."""
    lacking = sorted(number for number, meaning in found.items() if meaning is None)
    if lacking:
        raise UnreadableFileError(
            f"Segments without a known meaning: {lacking[:10]}. Say by number what each means: "
            f"{', '.join(MEANINGS)}."
        )
    return {number: meaning for number, meaning in found.items() if meaning is not None}


def may_overlap(one: str, other: str) -> bool:
    """Whether a voxel can be in both: tissue within the muscle can, blood and muscle cannot."""
    return one == other or (one in PRECEDENCE and other in PRECEDENCE)
