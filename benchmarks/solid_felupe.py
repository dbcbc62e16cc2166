"""CPU seconds of felupe for a stiffness matrix: run by `solid.py` in its environment."""

import json
import sys
import time

import felupe
import numpy as np


def main(path, shear_kpa, bulk_kpa, rounds):
    """The mesh and displacement kept at `path`; the best of so many rounds."""
    kept = np.load(path)
    at = (felupe.element.TriQuadraticHexahedron().points + 1).astype(int) @ [1, 3, 9]
    mesh = felupe.Mesh(kept["positions"], kept["cells"][:, at], "hexahedron27")
    region = felupe.RegionTriQuadraticHexahedron(mesh)
    field = felupe.FieldContainer([felupe.Field(region, dim=3, values=kept["displacement"])])
    body = felupe.SolidBody(felupe.NeoHooke(mu=shear_kpa, bulk=bulk_kpa), field)
    best = np.inf
    for _ in range(rounds):
        before = time.thread_time()
        matrix = body.assemble.matrix(field)
        best = min(best, time.thread_time() - before)
    along = matrix @ kept["direction"]
    print(json.dumps({"core_s": best, "work": float(kept["direction"] @ along)}))


if __name__ == "__main__":
    main(*json.loads(sys.argv[1]))
