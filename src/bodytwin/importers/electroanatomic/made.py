"""What comes of a file of maps, what a caller says of it, and how units become mm, ms and mV."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from bodytwin import units
from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.importers.report import HeldBack
from bodytwin.record import Instant, Map, Provenance, Rhythm
from bodytwin.record.electroanatomic import NOT_STATED

READER = "electroanatomic/1"
Array = NDArray[np.float64]
KINDS = {"lat": "ms", "bipolar": "mV", "unipolar": "mV"}
NO_TRIANGLES = np.empty((0, 3), dtype=np.int64)
NO_PLACES = np.empty((0, 3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a file does not say of itself: which column or array is what, and in which unit.

    `places`, `lat`, `bipolar` and `unipolar` are names in the file; units are UCUM
    codes. `not_measured` is the number that stands for no measurement. `reference`
    and `annotation` say in words from which beat and deflection times were taken.
    `instant` is when the heart was mapped, `rhythm` in which rhythm: no file says it.
    """

    places: tuple[str, str, str] = ("x", "y", "z")
    lat: str | None = None
    bipolar: str | None = None
    unipolar: str | None = None
    length_unit: str | None = None
    time_unit: str | None = None
    voltage_unit: str | None = None
    not_measured: float | None = None
    reference: str = NOT_STATED
    annotation: str = NOT_STATED
    instant: Instant | None = None
    rhythm: Rhythm = Rhythm.NOT_STATED

    @property
    def names(self) -> dict[str, str]:
        """The names of what was measured, by kind."""
        given = {"lat": self.lat, "bipolar": self.bipolar, "unipolar": self.unipolar}
        return {kind: name for kind, name in given.items() if name is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Maps:
    """The maps of a file in its order, what was held back, and remarks."""

    maps: tuple[Map, ...]
    held_back: tuple[HeldBack, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Raw:
    """One map in mm, ms and mV before it is checked; a kind that is absent was not measured."""

    points_mm: Array
    values: dict[str, Array]
    vertices_mm: Array = field(default_factory=lambda: NO_PLACES)
    triangles: NDArray[np.int64] = field(default_factory=lambda: NO_TRIANGLES)
    name: str = ""


def made(raw: Raw, said: Said, *, source: str, path: str) -> Map:
    """The map of what was read.

    Raises:
        InvalidInputError: nobody said when it was taken.
        UnreadableFileError: the numbers of the file are no map.

    """
    if said.instant is None:
        raise InvalidInputError("A file of maps does not say when they were taken. Say it.")
    nothing = np.full(len(raw.points_mm), np.nan)
    try:
        return Map(
            vertices_mm=raw.vertices_mm,
            triangles=raw.triangles,
            points_mm=raw.points_mm,
            lat_ms=raw.values.get("lat", nothing),
            bipolar_mv=raw.values.get("bipolar", nothing),
            unipolar_mv=raw.values.get("unipolar", nothing),
            instant=said.instant,
            provenance=Provenance(source, path, READER),
            rhythm=said.rhythm,
            name=raw.name,
            reference=said.reference,
            annotation=said.annotation,
        )
    except InvalidInputError as error:
        raise UnreadableFileError(str(error)) from None


def in_units(found: dict[str, Array], said: Said) -> dict[str, Array]:
    """What was measured in ms and mV, with NaN for the number that stands for nothing."""
    if not found:
        raise InvalidInputError(
            "Nothing measured was named. Say the names of lat, bipolar or unipolar in the file."
        )
    return {kind: _converted(kind, values, said) for kind, values in found.items()}


def _converted(kind: str, values: Array, said: Said) -> Array:
    unit, target = (said.time_unit if kind == "lat" else said.voltage_unit), KINDS[kind]
    if not unit or not units.is_convertible(unit, target):
        raise InvalidInputError(
            f"Say the unit in which the file gives {kind}, such as {target!r}: the file does not."
        )
    scale = units.convert(1.0, source=unit, target=target)
    values = np.array(values, dtype=np.float64)
    values[np.isinf(values)] = np.nan
    if said.not_measured is not None:
        values[values == said.not_measured] = np.nan
    return values * scale


def at_vertices(vertices_mm: Array, triangles: NDArray[np.int64], values: dict[str, Array]) -> Raw:
    """A map whose points are the vertices of the shell at which anything has a value."""
    any_value = np.zeros(len(vertices_mm), dtype=bool)
    for array in values.values():
        any_value |= np.isfinite(array)
    return Raw(
        points_mm=vertices_mm[any_value],
        values={kind: array[any_value] for kind, array in values.items()},
        vertices_mm=vertices_mm,
        triangles=triangles,
    )


def named(raw: Raw, name: str) -> Raw:
    """The same map with the name that it has in its study."""
    return replace(raw, name=name)
