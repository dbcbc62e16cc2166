"""A field to look at: when each point of the ventricles is reached from one point, if the
signal ran along the surface at 0.6 m/s with a spread of 15 %. For the page, not for medicine.
"""

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from bodytwin.importers import mesh

SPEEDS_MM_PER_MS = np.random.default_rng(0).normal(0.6, 0.09, 200)


def activation(data: bytes, *, start: int = 0) -> bytes:
    """The surface as ASCII PLY, with `activation_ms` and its `activation_sd_ms` at each point."""
    surface = mesh.read(data, length_unit="mm")
    points, triangles = surface.vertices_mm, surface.triangles
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    lengths = np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1)
    graph = coo_matrix((lengths, edges.T), shape=(len(points), len(points))).tocsr()
    distance = dijkstra(graph, directed=False, indices=start)
    times = distance[None, :] / np.clip(SPEEDS_MM_PER_MS, 0.2, None)[:, None]
    rows = np.column_stack([points, times.mean(axis=0), times.std(axis=0)])
    names = ("x", "y", "z", "activation_ms", "activation_sd_ms")
    header = [
        "ply", "format ascii 1.0", f"element vertex {len(points)}",
        *(f"property float {n}" for n in names),
        f"element face {len(triangles)}", "property list uchar int vertex_indices", "end_header",
    ]  # fmt: skip
    body = [" ".join(f"{v:.5g}" for v in row) for row in rows]
    faces = [f"3 {a} {b} {c}" for a, b, c in triangles]
    return "\n".join([*header, *body, *faces, ""]).encode()
