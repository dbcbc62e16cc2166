"""How much dose was planned or computed where, and what it is the dose of."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.record.image import Image

MODALITY = "RTDOSE"


class DoseKind(StrEnum):
    """Energy per mass, the same weighted by its effect, or a difference (DICOM 3004,0004)."""

    PHYSICAL = "PHYSICAL"
    EFFECTIVE = "EFFECTIVE"
    ERROR = "ERROR"


class Summation(StrEnum):
    """What a dose is the sum over (DICOM 3004,000A)."""

    PLAN = "PLAN"
    MULTI_PLAN = "MULTI_PLAN"
    PLAN_OVERVIEW = "PLAN_OVERVIEW"
    FRACTION = "FRACTION"
    BEAM = "BEAM"
    BRACHY = "BRACHY"
    FRACTION_SESSION = "FRACTION_SESSION"
    BEAM_SESSION = "BEAM_SESSION"
    BRACHY_SESSION = "BRACHY_SESSION"
    CONTROL_POINT = "CONTROL_POINT"
    RECORD = "RECORD"


@dataclass(frozen=True, kw_only=True, eq=False)
class Dose:
    """Doses in Gy on the voxels of `image`, whose modality is RTDOSE.

    `fractions` is the number over which this dose is given, None where it was not
    stated. `plan_uid` and `structures_uid` name what it belongs to, "" where the source
    named none; `beams` are the numbers of the beams of a dose of single beams.
    """

    image: Image
    kind: DoseKind
    summation: Summation
    frame_uid: str
    fractions: int | None = None
    uid: str = ""
    plan_uid: str = ""
    structures_uid: str = ""
    beams: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        values = self.image.values
        if self.image.modality != MODALITY or values.dtype.kind != "f":
            raise InvalidInputError(
                f"A dose is an image of modality {MODALITY} of numbers with a fraction, got "
                f"{values.dtype}."
            )
        if not np.isfinite(values).all():
            raise InvalidInputError("A dose is finite in every voxel.")
        if self.kind is not DoseKind.ERROR and float(values.min()) < 0:
            raise InvalidInputError(f"A dose is not below 0 Gy, got {float(values.min()):.3g} Gy.")
        if self.fractions is not None and self.fractions < 1:
            raise InvalidInputError(f"A dose is given in 1 fraction or more, got {self.fractions}.")

    @property
    def dose_gy(self) -> NDArray[np.floating]:
        """Doses (nx, ny, nz)."""
        return self.image.values
