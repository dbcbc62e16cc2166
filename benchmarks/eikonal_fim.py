"""CPU seconds of fim-python for activating a block: run by `eikonal.py` in its environment."""

import json
import sys
import time

import numpy as np
from fimpy.solver import create_fim_solver

CUBE = ((0, 1, 3, 7), (0, 1, 5, 7), (0, 2, 3, 7), (0, 2, 6, 7), (0, 4, 5, 7), (0, 4, 6, 7))


def main(shape, spacing_mm, along, across):
    """Every cube cut into six tetrahedra, fibres along the first axis, begun at one corner."""
    place = np.arange(np.prod(shape)).reshape(shape)
    points = np.argwhere(place >= 0) * spacing_mm
    corners = np.stack(
        [
            place[a : shape[0] - 1 + a, b : shape[1] - 1 + b, c : shape[2] - 1 + c].ravel()
            for a in (0, 1)
            for b in (0, 1)
            for c in (0, 1)
        ],
        axis=1,
    )
    cells = np.concatenate([corners[:, of] for of in CUBE])
    speeds = np.tile(np.diag([along**2, across**2, across**2]), (len(cells), 1, 1))
    solver = create_fim_solver(points.astype(np.float32), cells, speeds.astype(np.float32))
    before = time.process_time()
    found = solver.comp_fim(np.array([0]), np.array([0.0], dtype=np.float32))
    spent = time.process_time() - before
    print(json.dumps({"core_s": spent, "last_ms": float(found.max()), "nodes": len(points)}))


if __name__ == "__main__":
    main(*json.loads(sys.argv[1]))
