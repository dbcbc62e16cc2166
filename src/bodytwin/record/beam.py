"""How a machine was to irradiate the patient: beams, control points and monitor units.

Angles and distances are those of IEC 61217 as DICOM writes them: the isocentre in LPS mm,
jaws and leaves in the plane of the isocentre in mm.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidPlanError, require_positive
from bodytwin.record.instant import Instant
from bodytwin.record.provenance import Provenance

Array = NDArray[np.float64]
RISE = 1e-6


class LimiterKind(StrEnum):
    """What limits a beam, and along which axis it moves (DICOM 300A,00B8)."""

    X = "X"
    Y = "Y"
    ASYMX = "ASYMX"
    ASYMY = "ASYMY"
    MLCX = "MLCX"
    MLCY = "MLCY"


@dataclass(frozen=True, kw_only=True, eq=False)
class Limiter:
    """One pair of jaws, or leaves with `boundaries_mm` (pairs + 1,) across their movement."""

    kind: LimiterKind
    pairs: int
    boundaries_mm: Array | None = None

    def __post_init__(self) -> None:
        is_leaves = self.kind in (LimiterKind.MLCX, LimiterKind.MLCY)
        if self.boundaries_mm is None:
            if is_leaves:
                raise InvalidPlanError("Leaves need the boundaries between them.")
            return
        edges = np.array(self.boundaries_mm, dtype=np.float64)
        if edges.shape != (self.pairs + 1,) or not (np.diff(edges) > 0).all():
            raise InvalidPlanError(
                f"{self.pairs} pairs of leaves have {self.pairs + 1} boundaries that rise, got "
                f"{edges.shape}."
            )
        edges.flags.writeable = False
        object.__setattr__(self, "boundaries_mm", edges)


@dataclass(frozen=True, kw_only=True, eq=False)
class Fluence:
    """Share of the open beam (rows, columns) that passes, in the plane of the isocentre.

    The first value lies at `first_mm`, x and y of the beam's limiting system; columns go
    with x, rows against y, `spacing_mm` apart (between rows, between columns).
    """

    weights: Array
    first_mm: tuple[float, float]
    spacing_mm: tuple[float, float]

    def __post_init__(self) -> None:
        weights = np.array(self.weights, dtype=np.float64)
        if weights.ndim != 2 or not weights.size or not np.isfinite(weights).all():
            raise InvalidPlanError(f"A fluence is (rows, columns), got {weights.shape}.")
        if weights.min() < 0 or not 0 < weights.max() <= 1 + RISE:
            raise InvalidPlanError(
                f"A relative fluence lies between 0 and 1, got {weights.min():.3g} to "
                f"{weights.max():.3g}. Divide by the highest and put that into the monitor units."
            )
        require_positive(row_mm=self.spacing_mm[0], column_mm=self.spacing_mm[1])
        weights.flags.writeable = False
        object.__setattr__(self, "weights", weights)


@dataclass(frozen=True, kw_only=True, eq=False)
class ControlPoint:
    """The whole state of the machine at one moment of a beam; energy in MeV for electrons.

    `positions_mm` holds (2, pairs) per limiter of the beam in its order: the first bank at
    the lower coordinate. `meterset` is the share of the beam's monitor units given so far.
    """

    gantry_deg: float
    collimator_deg: float
    couch_deg: float
    isocentre_mm: tuple[float, float, float]
    energy_mv: float
    meterset: float
    positions_mm: tuple[Array, ...] = ()

    def __post_init__(self) -> None:
        require_positive(energy_mv=self.energy_mv)
        angles = (self.gantry_deg, self.collimator_deg, self.couch_deg, *self.isocentre_mm)
        if not np.isfinite(angles).all() or not 0 <= self.meterset <= 1 + RISE:
            raise InvalidPlanError(
                "A control point has finite angles and isocentre, and a meterset from 0 to 1."
            )
        fixed = tuple(np.array(p, dtype=np.float64) for p in self.positions_mm)
        for positions in fixed:
            if positions.ndim != 2 or len(positions) != 2 or not np.isfinite(positions).all():
                raise InvalidPlanError("Positions of a limiter are (2, pairs) of finite numbers.")
            if (positions[1] < positions[0] - RISE).any():
                raise InvalidPlanError("A jaw or leaf has passed the one opposite to it.")
            positions.flags.writeable = False
        object.__setattr__(self, "positions_mm", fixed)


@dataclass(frozen=True, kw_only=True, eq=False)
class Beam:
    """One beam; `monitor_units` per fraction, None for a beam that is not to be given.

    `radiation` is a term of DICOM such as PHOTON. `fluence` is there where the beam is
    planned as a fluence that no leaves have been fitted to.
    """

    number: int
    name: str
    machine: str
    radiation: str
    monitor_units: float | None
    axis_distance_mm: float
    limiters: tuple[Limiter, ...]
    points: tuple[ControlPoint, ...]
    fluence: Fluence | None = None

    def __post_init__(self) -> None:
        require_positive(axis_distance_mm=self.axis_distance_mm)
        if self.monitor_units is not None:
            require_positive(monitor_units=self.monitor_units)
        given = [point.meterset for point in self.points]
        if len(given) < 2 or abs(given[0]) > RISE or abs(given[-1] - 1) > RISE:
            raise InvalidPlanError(
                f"Beam {self.number} has control points whose meterset goes from 0 to 1; got "
                f"{len(given)} points."
            )
        if (np.diff(given) < -RISE).any():
            raise InvalidPlanError(f"The meterset of beam {self.number} falls on the way.")
        shapes = [(2, limiter.pairs) for limiter in self.limiters]
        if any([p.shape for p in point.positions_mm] != shapes for point in self.points):
            raise InvalidPlanError(
                f"A control point of beam {self.number} does not place each of its limiters."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prescription:
    """A dose for a region of the structure set, over all fractions; `region` None for a point."""

    dose_gy: float
    region: int | None = None

    def __post_init__(self) -> None:
        require_positive(dose_gy=self.dose_gy)


@dataclass(frozen=True, kw_only=True, eq=False)
class TreatmentPlan:
    """Beams to be given together in each of `fractions` fractions.

    `approval` is APPROVED, UNAPPROVED or REJECTED, or "" where the source says nothing.
    """

    label: str
    beams: tuple[Beam, ...]
    fractions: int
    instant: Instant
    provenance: Provenance
    prescriptions: tuple[Prescription, ...] = ()
    frame_uid: str = ""
    uid: str = ""
    structures_uid: str = ""
    patient_position: str = ""
    approval: str = ""

    def __post_init__(self) -> None:
        numbers = [beam.number for beam in self.beams]
        if not numbers or len(set(numbers)) < len(numbers):
            raise InvalidPlanError("A plan has beams, each with a number of its own.")
        if self.fractions < 1:
            raise InvalidPlanError(f"A plan has 1 fraction or more, got {self.fractions}.")

    @property
    def is_deliverable(self) -> bool:
        """Whether every beam is shaped by jaws or leaves and not by a fluence alone."""
        return all(beam.fluence is None and beam.limiters for beam in self.beams)
