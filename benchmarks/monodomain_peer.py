"""Million cell-steps per core-second of Finitewave: run by `monodomain.py` in its environment."""

import json
import sys
import time

import finitewave
import numpy as np


def main(shape, steps, dt_ms, dx_mm):
    """Fibres along the first axis; a wave under way from one face, compiled before it is timed."""
    shape = tuple(n + 2 for n in shape)
    tissue = finitewave.CardiacTissue3D(shape)
    tissue.fibers = np.zeros((*shape, 3))
    tissue.fibers[..., 0] = 1.0
    tissue.D_al, tissue.D_ac = 1.0, 0.13
    model = finitewave.TP063D()
    model.dt, model.dr, model.prog_bar = dt_ms, dx_mm, False
    model.cardiac_tissue = tissue
    model.stim_sequence = finitewave.StimSequence()
    model.stim_sequence.add_stim(
        finitewave.StimVoltageCoord3D(0, 20, 1, 4, 1, shape[1] - 1, 1, shape[2] - 1)
    )
    model.t_max = steps * dt_ms
    model.run(num_of_threads=1)
    model.t_max += steps * dt_ms
    before, done = time.process_time(), model.step
    model.run(initialize=False, num_of_threads=1)
    spent = time.process_time() - before
    cells = int((tissue.mesh == 1).sum())
    print(json.dumps({"rate": cells * (model.step - done) / spent / 1e6, "cells": cells}))


if __name__ == "__main__":
    main(*json.loads(sys.argv[1]))
