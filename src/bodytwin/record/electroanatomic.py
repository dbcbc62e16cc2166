"""One electroanatomic map: where a catheter touched a heart, and what it measured there."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.record.instant import Instant
from bodytwin.record.provenance import Provenance

NOT_STATED = "not stated"
MEASURED = ("lat_ms", "bipolar_mv", "unipolar_mv")
PLACED = ("vertices_mm", "triangles", "points_mm")


class Rhythm(StrEnum):
    """In which rhythm a heart was while it was mapped."""

    SINUS = "sinus"
    PACED = "paced"
    TACHYCARDIA = "tachycardia"
    OTHER = "other"
    NOT_STATED = "not stated"


@dataclass(frozen=True, kw_only=True, eq=False)
class Map:
    """Points (p, 3) with times and voltages (p,), and the shell (v, 3), (t, 3) around them.

    NaN is a value that was not measured. `lat_ms` counts from the reference, and
    is negative before it. The shell may be empty. `reference` and `annotation`
    say in words which beat and which deflection the times were taken from;
    `rhythm` is what somebody said, since no file tells it. The place is that of
    the mapping system and not that of any image.
    """

    vertices_mm: NDArray[np.float64]
    triangles: NDArray[np.int64]
    points_mm: NDArray[np.float64]
    lat_ms: NDArray[np.float64]
    bipolar_mv: NDArray[np.float64]
    unipolar_mv: NDArray[np.float64]
    instant: Instant
    provenance: Provenance
    rhythm: Rhythm = Rhythm.NOT_STATED
    name: str = ""
    reference: str = NOT_STATED
    annotation: str = NOT_STATED

    def __post_init__(self) -> None:
        _fix(self, "vertices_mm", _places(self.vertices_mm, "vertices_mm"))
        _fix(self, "points_mm", _places(self.points_mm, "points_mm"))
        _fix(self, "triangles", _triangles(self.triangles, len(self.vertices_mm)))
        for name in MEASURED:
            _fix(self, name, _values(getattr(self, name), name, len(self.points_mm)))

    def measured(self, name: str) -> NDArray[np.bool_]:
        """At which points `name`, one of MEASURED, was measured."""
        if name not in MEASURED:
            raise InvalidInputError(f"A map has {', '.join(MEASURED)}, and no {name!r}.")
        return np.isfinite(getattr(self, name))

    @cached_property
    def content_address(self) -> str:
        """SHA-256 over what the map shows and how it was taken: not over when and whence."""
        about = f"{self.rhythm.value}|{self.name}|{self.reference}|{self.annotation}"
        found = hashlib.sha256(about.encode())
        for name in (*PLACED, *MEASURED):
            array: NDArray[np.generic] = getattr(self, name)
            found.update(f"{name} {array.shape}".encode())
            found.update(np.ascontiguousarray(array).tobytes())
        return found.hexdigest()


def _fix(value: Map, name: str, array: NDArray[np.generic]) -> None:
    array.flags.writeable = False
    object.__setattr__(value, name, array)


def _places(given: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    places = np.array(given, dtype=np.float64)
    if places.ndim != 2 or places.shape[1] != 3 or not np.isfinite(places).all():
        raise InvalidInputError(f"{name} is (n, 3) of finite numbers, got {places.shape}.")
    return places


def _triangles(given: NDArray[np.int64], vertices: int) -> NDArray[np.int64]:
    triangles = np.array(given, dtype=np.int64)
    if triangles.ndim != 2 or triangles.shape[1] != 3:
        raise InvalidInputError(f"The triangles of a map are (t, 3), got {triangles.shape}.")
    if triangles.size and not (triangles.min() >= 0 and triangles.max() < vertices):
        raise InvalidInputError(f"A triangle names a point that is not among 0 to {vertices - 1}.")
    return triangles


def _values(given: NDArray[np.float64], name: str, points: int) -> NDArray[np.float64]:
    values = np.array(given, dtype=np.float64)
    if values.shape != (points,) or np.isinf(values).any():
        raise InvalidInputError(
            f"{name} at {points} points is ({points},) of numbers, NaN where it was not measured; "
            f"got {values.shape}."
        )
    return values
