"""What does one see of a uterus and its cervix, cut along the middle?

The left half from all sides: outside, inside, and the cut. Nodes on an edge between two of these
are seen twice, so that the edge stays sharp. The same for every woman and week.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.study import packed
from bodytwin.twins.pregnancy.model.mechanics import Loaded
from bodytwin.twins.pregnancy.model.meshing import Uterus

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
PARTS = (("outer", "external_os"), ("cavity", "canal"), ("symmetry",))
QUARTERS = ((0, 1, 4), (0, 4, 3), (1, 2, 5), (1, 5, 4), (3, 4, 7), (3, 7, 6), (4, 5, 8), (4, 8, 7))
"""A face of nine nodes is drawn as eight triangles."""


def skin(of: Uterus) -> tuple[Ints, Ints]:
    """Nodes that are seen (k,), and triangles (t, 3) among them, in order about their outside."""
    nodes: list[Ints] = []
    triangles: list[Ints] = []
    seen = 0
    for part in PARTS:
        faces = np.concatenate([of.surfaces[name] for name in part])
        own, at = np.unique(faces, return_inverse=True)
        nodes.append(own)
        triangles.append(seen + at.reshape(-1, 9)[:, QUARTERS].reshape(-1, 3))
        seen += len(own)
    return np.concatenate(nodes), np.concatenate(triangles)


def series(
    name: str,
    words: str,
    seen: Sequence[Loaded],
    stretch: Array,
    interval: tuple[Array, Array] | None = None,
) -> dict[str, Any]:
    """How one goes on: shape and stretch (week, node) beyond one in each of some weeks.

    `interval` has the low and the high end of the stretch; without it nothing is said of how sure
    it is.
    """
    nodes, _ = skin(seen[0].as_seen)
    arrays = {
        "place_mm": np.stack([one.positions_mm[nodes] for one in seen]),
        "stretch": stretch[:, nodes] - 1,
    }
    if interval is not None:
        arrays["width"] = (interval[1] - interval[0])[:, nodes]
    return {
        "name": name,
        "words": words,
        "weeks": [one.load.week for one in seen],
        "arrays": {key: packed(value.astype(np.float32).ravel()) for key, value in arrays.items()},
    }
