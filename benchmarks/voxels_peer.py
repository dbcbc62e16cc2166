"""CPU seconds of pyamg for a body of bricks: run by `voxels.py` in its environment."""

import json
import resource
import sys
import time

import numpy as np
import pyamg
from scipy.sparse import csr_matrix


def main(path, tolerance):
    """The body kept at `path`: from its bricks to its displacement."""
    kept = {name: value for name, value in np.load(path).items()}
    cpu, wall = time.process_time(), time.perf_counter()
    count = len(kept["positions"])
    free = np.flatnonzero(~np.repeat(kept["held"], 3))
    matrix = assembled(kept["corners"], kept["moduli"], kept["stiffness"], count)
    matrix = matrix[free][:, free].tobsr((3, 3))
    rigid = np.zeros((3 * count, 6))
    for axis in range(3):
        turn = np.zeros(3)
        turn[axis] = 1.0
        rigid[axis::3, axis] = 1.0
        rigid[:, 3 + axis] = np.cross(turn, kept["positions"]).reshape(-1)
    smoother = ("block_gauss_seidel", {"sweep": "symmetric", "iterations": 1})
    levels = pyamg.smoothed_aggregation_solver(
        matrix,
        B=rigid[free],
        strength=("symmetric", {"theta": 0.02}),
        presmoother=smoother,
        postsmoother=smoother,
    )
    residuals = []
    found = levels.solve(
        kept["force"].reshape(-1)[free], tol=tolerance, accel="cg", residuals=residuals
    )
    print(
        json.dumps(
            {
                "cpu_s": time.process_time() - cpu,
                "wall_s": time.perf_counter() - wall,
                "iterations": len(residuals) - 1,
                "most_mm": float(np.abs(found).max()),
                "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
            }
        )
    )


def assembled(corners, moduli, stiffness, count):
    """The whole matrix, (3 count, 3 count)."""
    at = (3 * corners[:, :, None] + np.arange(3, dtype=np.int32)).reshape(-1, 24)
    rows, columns = np.repeat(at, 24, axis=1).reshape(-1), np.tile(at, (1, 24)).reshape(-1)
    values = (moduli[:, None] * stiffness.reshape(1, -1)).reshape(-1)
    return csr_matrix((values, (rows, columns)), shape=(3 * count, 3 * count))


if __name__ == "__main__":
    main(*json.loads(sys.argv[1]))
