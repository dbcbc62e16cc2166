"""What was measured of a beam in a tank of water: scans of PTW (`.mcc`) and output factors.

A file of scans is text: `BEGIN_SCAN n`, lines `KEY=value`, points between `BEGIN_DATA` and
`END_DATA` as place and dose (a third number, that of the reference detector, is left out), then
`END_SCAN n`. Lengths are mm: the depth of a depth dose, or the place across in the plane of the
scan. Crossplane is x of a patient (left and right at gantry 0), inplane z (head and feet).

Output factors are a table with sides of fields in cm as columns (`05x05`) and energies as rows
(`6 MV`).

Not for: scans with wedges, off the axis, on a diagonal, with a turned gantry or not in water: each
is held back with its reason.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.importers.number import number, quoted
from bodytwin.importers.radiotherapy.found import Found
from bodytwin.importers.report import HeldBack
from bodytwin.importers.source import text_bytes

Array = NDArray[np.float64]
START, END = "BEGIN_SCAN_DATA", "END_SCAN_DATA"
SCAN = re.compile(r"(BEGIN|END)_SCAN\s+([0-9]{1,6})", re.ASCII)
SIDES = re.compile(r"([0-9]{1,3}(?:\.[0-9]+)?)\s*[xX]\s*([0-9]{1,3}(?:\.[0-9]+)?)", re.ASCII)
ENERGY = re.compile(r"([0-9]{1,3}(?:\.[0-9]+)?)\s*MV", re.ASCII)
MOST_POINTS = 100_000


class Along(Enum):
    """Where a scan goes: down the axis, or across it at one depth."""

    AXIS = "PDD"
    X = "CROSSPLANE_PROFILE"
    Z = "INPLANE_PROFILE"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scan:
    """Doses (n,) at growing places (n,) in mm; `depth_mm` is that of a profile, 0 of a depth dose.

    `sides_mm` are those of the field along x and z in the plane of the isocentre.
    """

    along: Along
    sides_mm: tuple[float, float]
    depth_mm: float
    surface_mm: float
    axis_distance_mm: float
    energy_mv: float
    detector: str
    corrections: tuple[str, ...]
    place_mm: Array
    dose: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFactor:
    """The dose of a field over that of the reference field, as the table has it."""

    energy_mv: float
    sides_mm: tuple[float, float]
    factor: float


WANTED: Mapping[str, str] = {
    "MODALITY": "X",
    "MEAS_MEDIUM": "WATER",
    "FIELD_TYPE": "RECTANGULAR",
    "SCAN_DIAGONAL": "NOT_DIAGONAL",
}
ZERO = (
    "WEDGE_ANGLE", "GANTRY", "COLL_ANGLE", "COLL_OFFSET_INPLANE", "COLL_OFFSET_CROSSPLANE",
    "SCAN_OFFAXIS_INPLANE", "SCAN_OFFAXIS_CROSSPLANE", "SCAN_ANGLE", "INCLINATION_ANGLE",
)  # fmt: skip
"""What must be 0 where it is stated."""
READ = (
    "SCAN_CURVETYPE", "FIELD_CROSSPLANE", "FIELD_INPLANE", "SCAN_DEPTH", "SSD", "ISOCENTER",
    "ENERGY", "DETECTOR_NAME", "CORRECTIONS",
)  # fmt: skip


def read_scans(data: bytes) -> Found[tuple[Scan, ...]]:
    """The scans of a file, in its order.

    What is not a scan of an open field along an axis is held back. Keys of the header that mean
    nothing to this reader are listed in the remarks.

    Raises:
        UnreadableFileError: no file of scans, cut off, or without one scan that can be used.

    """
    body, _ = text_bytes(data, what="A file of scans (.mcc)")
    lines = [line.strip() for line in body.decode().splitlines() if line.strip()]
    if lines[0] != START:
        raise UnreadableFileError(f"A file of scans starts with {START}.")
    if lines[-1] != END:
        raise UnreadableFileError(f"The file is cut off: it does not end with {END}.")
    scans: list[Scan] = []
    held: list[HeldBack] = []
    left: set[str] = set()
    for name, keys, rows in _blocks(lines[1:-1]):
        left |= set(keys) - set(WANTED) - set(ZERO) - set(READ)
        try:
            scans.append(_scan(keys, rows))
        except InvalidInputError as error:
            held.append(HeldBack(path=f"scan {name}", kind="scan", reason=str(error)))
    if not scans:
        raise UnreadableFileError(
            f"None of {len(held)} scans can be used. The first: {held[0].reason}"
            if held
            else "The file holds no scan."
        )
    remarks = (f"Not read: {', '.join(sorted(left))}.",) if left else ()
    return Found(value=tuple(scans), held_back=tuple(held), remarks=remarks)


def read_output_factors(data: bytes) -> Found[tuple[OutputFactor, ...]]:
    """The factors of a table.

    Raises:
        UnreadableFileError: columns that are no sides, rows that are no energy, no factor above 0.

    """
    body, _ = text_bytes(data, what="A table of output factors")
    rows = [row for row in csv.reader(body.decode().splitlines()) if any(map(str.strip, row))]
    sides = [_sides(cell) for cell in rows[0][1:]]
    found: list[OutputFactor] = []
    for row in rows[1:]:
        energy = ENERGY.fullmatch(row[0].strip())
        if energy is None or len(row) != len(sides) + 1:
            raise UnreadableFileError(
                f"A row is an energy such as 6 MV and {len(sides)} factors, got "
                f"{quoted(row[0].strip())} and {len(row) - 1}."
            )
        for side, cell in zip(sides, row[1:], strict=True):
            if cell.strip():
                factor = OutputFactor(
                    energy_mv=float(energy[1]), sides_mm=side, factor=_above_zero(cell)
                )
                found.append(factor)
    keys = [(f.energy_mv, f.sides_mm) for f in found]
    if not found or len(set(keys)) < len(keys):
        raise UnreadableFileError("The table holds no factor, or one field twice.")
    return Found(value=tuple(found))


def _blocks(lines: Iterable[str]) -> Iterator[tuple[str, dict[str, str], list[str]]]:
    """Number, header and points of each scan."""
    name, keys, rows, inside = "", dict[str, str](), list[str](), False
    for line in lines:
        mark = SCAN.fullmatch(line)
        if mark and mark[1] == "BEGIN" and not name:
            name, keys, rows = mark[2], {}, []
        elif mark and mark[2] == name and not inside:
            yield name, keys, rows
            name = ""
        elif name and line == "BEGIN_DATA" and not inside and not rows:
            inside = True
        elif inside and line == "END_DATA":
            inside = False
        elif inside and not mark:
            rows.append(line)
        elif not inside and "=" in line:
            key, _, value = line.partition("=")
            keys[key.strip()] = value.strip()
        else:
            raise UnreadableFileError(
                f"The file is damaged at {quoted(line)} in {f'scan {name}' if name else 'no scan'}."
            )
    if name:
        raise UnreadableFileError(f"Scan {name} has no end.")


def _scan(keys: Mapping[str, str], rows: list[str]) -> Scan:
    for key, wanted in WANTED.items():
        if keys.get(key, wanted) != wanted:
            raise InvalidInputError(f"{key} is not {wanted}.")
    for key in ZERO:
        if _float(keys, key, 0.0) != 0.0:
            raise InvalidInputError(f"{key} is not 0.")
    try:
        along = Along(keys.get("SCAN_CURVETYPE", ""))
    except ValueError:
        raise InvalidInputError(
            f"SCAN_CURVETYPE is none of {', '.join(a.value for a in Along)}."
        ) from None
    place, dose = _points(rows)
    return Scan(
        along=along,
        sides_mm=(_positive(keys, "FIELD_CROSSPLANE"), _positive(keys, "FIELD_INPLANE")),
        depth_mm=0.0 if along is Along.AXIS else _positive(keys, "SCAN_DEPTH"),
        surface_mm=_positive(keys, "SSD"),
        axis_distance_mm=_positive(keys, "ISOCENTER"),
        energy_mv=_positive(keys, "ENERGY"),
        detector=keys.get("DETECTOR_NAME", ""),
        corrections=tuple(c for c in keys.get("CORRECTIONS", "").split(";") if c),
        place_mm=place,
        dose=dose,
    )


def _points(rows: list[str]) -> tuple[Array, Array]:
    """Growing places and doses above 0."""
    words = [row.split() for row in rows]
    if not 2 < len(rows) <= MOST_POINTS or any(len(w) not in (2, 3) for w in words):
        raise InvalidInputError(
            f"A scan has 3 to {MOST_POINTS} points of a place and a dose each, got {len(rows)}."
        )
    points = np.array([[number(w[0]), number(w[1])] for w in words])
    if points[0, 0] > points[-1, 0]:
        points = points[::-1]
    if not (np.diff(points[:, 0]) > 0).all() or not (points[:, 1] > 0).all():
        raise InvalidInputError("The places of a scan grow or fall, and its doses are above 0.")
    return points[:, 0].copy(), points[:, 1].copy()


def _float(keys: Mapping[str, str], key: str, otherwise: float) -> float:
    return number(keys[key]) if keys.get(key) else otherwise


def _positive(keys: Mapping[str, str], key: str) -> float:
    value = _float(keys, key, 0.0)
    if not value > 0:
        raise InvalidInputError(f"{key} is lacking or not above 0.")
    return value


def _sides(cell: str) -> tuple[float, float]:
    found = SIDES.fullmatch(cell.strip())
    if found is None or not (float(found[1]) > 0 and float(found[2]) > 0):
        raise UnreadableFileError(
            f"A column is named for the sides of a field in cm such as 10x10, got "
            f"{quoted(cell.strip())}."
        )
    return 10.0 * float(found[1]), 10.0 * float(found[2])


def _above_zero(cell: str) -> float:
    try:
        value = number(cell.strip())
    except InvalidInputError as error:
        raise UnreadableFileError(f"An output factor: {error}.") from None
    if not value > 0:
        raise UnreadableFileError(f"An output factor is above 0, got {quoted(cell.strip())}.")
    return value
