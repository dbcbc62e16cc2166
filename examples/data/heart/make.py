"""A heart small enough to draw at once, from a published surface of many more points.

    python make.py geo1_heart.vtp

writes `ventricles.ply` beside this file. Edges are collapsed one after another, always
the one that moves the surface least, measured by the squared distance to the planes of
the triangles that met there (Garland & Heckbert, SIGGRAPH 1997). A collapse keeps one of
the two points where it was, so every point left is one of the source, with its label. An
edge stays if its ends carry different labels, if the surface would touch itself (the link
condition: Dey et al., Publ Inst Math 66:23, 1999), or if a triangle would turn over.
"""

import heapq
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.importers import mesh

HERE = Path(__file__).parent
POINTS = 5000
TURN = 0.2
"""Smallest cosine between the normals of a triangle before and after a collapse."""
COMMENTS = (
    "mean shape of the two ventricles, coordinates in mm",
    "from KIT-IBT/Cobiveco examples/geo1/heart.vtp, Apache-2.0, simplified by make.py",
    "part: 1 base, 2 epicardium, 3 left endocardium, 4 right endocardium",
)
Array = NDArray[Any]


class Simplifier:
    """A closed surface from which points are taken away."""

    def __init__(self, points: Array, triangles: Array, label: Array) -> None:
        self.points, self.label = points, label
        self.faces = {i: tuple(int(v) for v in t) for i, t in enumerate(triangles)}
        self.around: list[set[int]] = [set() for _ in points]
        for i, face in self.faces.items():
            for v in face:
                self.around[v].add(i)
        self.quadric = np.zeros((len(points), 4, 4))
        for face in self.faces.values():
            normal, area = self._normal(face)
            plane = np.append(normal, -normal @ points[face[0]])
            self.quadric[list(face)] += area * np.outer(plane, plane)
        self.age = np.zeros(len(points), dtype=int)
        self.queue: list[tuple[float, int, int, int, int]] = []
        for v in range(len(points)):
            self._offer(v)

    def reduce(self, wanted: int) -> None:
        """Collapse edges until so many points are left."""
        left = sum(bool(faces) for faces in self.around)
        while left > wanted and self.queue:
            _, kept, gone, age_kept, age_gone = heapq.heappop(self.queue)
            current = age_kept == self.age[kept] and age_gone == self.age[gone]
            if current and self._may(kept, gone):
                self._collapse(kept, gone)
                left -= 1

    def result(self) -> tuple[Array, Array, Array]:
        """Points, triangles and labels that are left, in the old order."""
        used = np.array([v for v, faces in enumerate(self.around) if faces])
        place = {int(v): i for i, v in enumerate(used)}
        triangles = np.array([[place[v] for v in f] for f in self.faces.values()])
        return self.points[used], triangles, self.label[used]

    def _normal(self, face: tuple[int, ...]) -> tuple[Array, float]:
        a, b, c = self.points[list(face)]
        cross = np.cross(b - a, c - a)
        double = float(np.linalg.norm(cross))
        return cross / max(double, 1e-12), double / 2

    def _neighbours(self, v: int) -> set[int]:
        return {w for i in self.around[v] for w in self.faces[i]} - {v}

    def _offer(self, v: int) -> None:
        for w in self._neighbours(v):
            if self.label[v] != self.label[w]:
                continue
            both = self.quadric[v] + self.quadric[w]
            for kept, gone in ((v, w), (w, v)):
                p = np.append(self.points[kept], 1.0)
                entry = (float(p @ both @ p), kept, gone, int(self.age[kept]), int(self.age[gone]))
                heapq.heappush(self.queue, entry)

    def _may(self, kept: int, gone: int) -> bool:
        shared = self.around[kept] & self.around[gone]
        if len(shared) != 2 or len(self._neighbours(kept) & self._neighbours(gone)) != 2:
            return False
        for i in self.around[gone] - shared:
            before, _ = self._normal(self.faces[i])
            moved = tuple(kept if v == gone else v for v in self.faces[i])
            after, area = self._normal(moved)
            if area < 1e-6 or before @ after < TURN:
                return False
        return True

    def _collapse(self, kept: int, gone: int) -> None:
        for i in list(self.around[gone]):
            face = self.faces[i]
            if kept in face:
                del self.faces[i]
                for v in face:
                    self.around[v].discard(i)
            else:
                self.faces[i] = tuple(kept if v == gone else v for v in face)
                self.around[kept].add(i)
        self.around[gone] = set()
        self.quadric[kept] += self.quadric[gone]
        self.age[[kept, gone]] += 1
        self._offer(kept)


def ply(points: Array, triangles: Array, label: Array) -> bytes:
    """A binary PLY file."""
    header = [
        "ply",
        "format binary_little_endian 1.0",
        *(f"comment {line}" for line in COMMENTS),
        f"element vertex {len(points)}",
        *(f"property float {axis}" for axis in "xyz"),
        "property uchar part",
        f"element face {len(triangles)}",
        "property list uchar int vertex_indices",
        "end_header\n",
    ]
    vertex = np.empty(len(points), dtype=[("xyz", "<f4", 3), ("part", "u1")])
    vertex["xyz"], vertex["part"] = points, label
    face = np.empty(len(triangles), dtype=[("n", "u1"), ("corners", "<i4", 3)])
    face["n"], face["corners"] = 3, triangles
    return "\n".join(header).encode() + vertex.tobytes() + face.tobytes()


def main(source: Path) -> None:
    """Write the small surface."""
    whole = mesh.read(source.read_bytes(), length_unit="mm")
    small = Simplifier(whole.vertices_mm, whole.triangles, whole.point_data["class"])
    small.reduce(POINTS)
    points, triangles, label = small.result()
    (HERE / "ventricles.ply").write_bytes(ply(points, triangles, label))
    print(f"ventricles.ply: {len(points)} of {len(whole.vertices_mm)} points")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
