"""Exports of CARTO 3: for each map a shell (`.mesh`) and the points taken (`_car.txt`).

A file of points begins with a line that states its version and the map. Each line
after it is one point, its cells apart by tabs: the 5th to 7th are its place in mm,
the 11th and 12th its unipolar and bipolar voltage in mV, the 13th its time in ms
from the reference. -10000 stands for no value.

A map without points has values where its shell has; a map with neither is listed
and not kept. The format is not published: see `sections`.
"""

from collections.abc import Sequence

import numpy as np

from bodytwin.errors import InvalidInputError, UnreadableFileError
from bodytwin.importers.electroanatomic.made import Array, Maps, Raw, Said, at_vertices, made, named
from bodytwin.importers.electroanatomic.packed import Study
from bodytwin.importers.electroanatomic.sections import Shell, measured, shell
from bodytwin.importers.number import number
from bodytwin.importers.report import HeldBack
from bodytwin.record import Map

MESH, POINTS = ".mesh", "_car.txt"
FEWEST_CELLS = 13
PLACE, UNIPOLAR, BIPOLAR, LAT = slice(4, 7), 10, 11, 12
VALUES = {"unipolar": UNIPOLAR, "bipolar": BIPOLAR, "lat": LAT}


def read(study: Study, said: Said, *, source: str) -> Maps:
    """The maps of a study, in the order of their names."""
    if not study.files:
        raise UnreadableFileError(
            f"Among {study.others} files there is none that ends in {MESH} or {POINTS}. "
            "Give the whole export of CARTO 3."
        )
    maps: list[Map] = []
    held: list[HeldBack] = []
    for place, stem in enumerate(sorted(set(map(_stem, study.files))), 1):
        files = {n[len(stem) :].lower(): d for n, d in study.files.items() if _stem(n) == stem}
        raw, found = _map(files, f"map {place}")
        held += found
        if raw is None:
            held.append(HeldBack(path=f"map {place}", kind="map", reason="It has no points."))
            continue
        raw = named(raw, stem.replace("\\", "/").rsplit("/", 1)[-1])
        maps.append(made(raw, said, source=source, path=f"map {place}"))
    others = f"{study.others} files are not read (electrograms, positions of electrodes, others)."
    return Maps(maps=tuple(maps), held_back=tuple(held), remarks=(others,) if study.others else ())


def _stem(name: str) -> str:
    ending = MESH if name.lower().endswith(MESH) else POINTS
    return name[: -len(ending)]


def _map(files: dict[str, bytes], path: str) -> tuple[Raw | None, list[HeldBack]]:
    held: list[HeldBack] = []
    around = Shell()
    if MESH in files:
        try:
            around = shell(files[MESH])
        except UnreadableFileError as error:
            held.append(HeldBack(path=path, kind="shell", reason=str(error)))
    if POINTS in files:
        points, values = _points(files[POINTS], path, held)
        if len(points):
            return _with(around, points, values), held
    if len(around.vertices_mm) and around.values:
        return at_vertices(around.vertices_mm, around.triangles, around.values), held
    return None, held


def _with(around: Shell, points: Array, values: dict[str, Array]) -> Raw:
    return Raw(
        points_mm=points,
        values=values,
        vertices_mm=around.vertices_mm,
        triangles=around.triangles,
    )


def _points(data: bytes, path: str, held: list[HeldBack]) -> tuple[Array, dict[str, Array]]:
    lines = data.decode("cp1252", errors="replace").splitlines()
    if not lines or not lines[0].upper().startswith("VERSION"):
        reason = "The file of points does not begin with its version."
        held.append(HeldBack(path=path, kind="points", reason=reason))
        return np.empty((0, 3)), {}
    rows: list[list[float]] = []
    for at, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        try:
            rows.append(_row(line.split("\t")))
        except InvalidInputError as error:
            held.append(HeldBack(path=f"{path}, line {at}", kind="point", reason=str(error)))
    table = np.array(rows, dtype=np.float64).reshape(-1, 3 + len(VALUES))
    return table[:, :3], {k: measured(table[:, 3 + at]) for at, k in enumerate(VALUES)}


def _row(cells: Sequence[str]) -> list[float]:
    if len(cells) < FEWEST_CELLS:
        raise InvalidInputError(
            f"The line has {len(cells)} cells, and at least {FEWEST_CELLS} are needed"
        )
    place = [number(cell.strip()) for cell in cells[PLACE]]
    return place + [_value(cells[k].strip()) for k in VALUES.values()]


def _value(cell: str) -> float:
    return float("nan") if cell.lower() in ("", "nan") else number(cell)
