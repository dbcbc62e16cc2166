"""CPU seconds of Arritmic3D for one beat of a block: run by `eikonal.py` in its environment."""

import json
import os
import sys
import time
from importlib import resources

import arritmic3d
import numpy as np
from arritmic3d.arr3D_config import get_vectorial_parameters, make_default_config

BEAT_MS = 600.0


def main(shape, spacing_mm, share):
    """Its own restitution, fibres along the first axis, begun at one corner of the block.

    What it calls a core is the outermost layer of the grid, which it leaves empty.
    """
    config = make_default_config() | {"COND_VELOC_TRANSVERSAL_REDUCTION": share}
    outer = tuple(n + 2 for n in shape)
    kinds = np.zeros(outer, dtype=int)
    kinds[1:-1, 1:-1, 1:-1] = 1
    tissue = arritmic3d.CardiacTissue(*outer, *(spacing_mm,) * 3)
    parameters = get_vectorial_parameters(tissue, outer, config)
    folder = resources.files("arritmic3d") / "restitutionModels"
    tissue.InitModels(*(os.fspath(folder / f"config_TorOrd_{what}.csv") for what in ("APD", "CV")))
    tissue.SetInitialAPD(config["INITIAL_APD"])
    fibres = [[1.0, 0.0, 0.0]] * kinds.size
    tissue.InitPy(kinds.ravel(order="F").tolist(), parameters, fibres)
    corner = int(np.ravel_multi_index((1, 1, 1), outer, order="F"))
    tissue.SetTimer(arritmic3d.SystemEventType.FILE_WRITE, 20.0, initial_time=0.0)
    tissue.SetSystemEvent(arritmic3d.SystemEventType.EXT_ACTIVATION, 1.0)
    before = time.process_time()
    while tissue.GetTime() < BEAT_MS:
        if tissue.update(0) == arritmic3d.SystemEventType.EXT_ACTIVATION:
            tissue.ExternalActivation([corner], tissue.GetTime(), 1)
    spent = time.process_time() - before
    reached = np.asarray(tissue.GetLAT())
    print(json.dumps({"core_s": spent, "last_ms": float(reached.max()), "nodes": int(kinds.sum())}))


if __name__ == "__main__":
    main(*json.loads(sys.argv[1]))
