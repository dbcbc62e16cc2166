"""pyRadPlan's influence on the TG-119 phantom: run by `influence.py` in its environment.

Writes the influence, all that it was made of, the CPU seconds and the memory that it took, and a
plan that was optimised with it, to the file named.
"""

import logging
import sys
import time
import tracemalloc
import warnings

import numpy as np
import SimpleITK
from scipy.sparse import csc_array

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

from pyRadPlan import (  # noqa: E402
    PhotonPlan,
    calc_dose_influence,
    fluence_optimization,
    generate_stf,
    load_tg119,
)
from pyRadPlan.dose.engines._base_pencilbeam import PencilBeamEngineAbstract  # noqa: E402
from pyRadPlan.optimization.objectives import (  # noqa: E402
    MeanDose,
    SquaredDeviation,
    SquaredOverdosing,
)

BEAMS, ROUNDS = 5, 3


def densities_seen():
    """The engine that the next calculation uses, for its densities and voxels."""
    seen = {}
    original = PencilBeamEngineAbstract._init_dose_calc

    def kept(self, *given):
        seen["engine"] = self
        return original(self, *given)

    PencilBeamEngineAbstract._init_dose_calc = kept
    return seen


def main(path):
    """Five beams, beamlets of 5 mm, its own dose grid of 5 mm; the first round compiles."""
    ct, structures = load_tg119()
    plan = PhotonPlan(machine="Generic")
    angles = np.linspace(0, 360, BEAMS, endpoint=False)
    plan.prop_stf = {"gantry_angles": angles, "couch_angles": np.zeros(BEAMS)}
    plan.prop_opt = {"solver": "scipy"}
    beams = generate_stf(ct, structures, plan)
    seen, spent = densities_seen(), []
    for _ in range(ROUNDS):
        before = time.process_time()
        influence = calc_dose_influence(ct, structures, beams, plan)
        spent.append(time.process_time() - before)
    tracemalloc.start()
    calc_dose_influence(ct, structures, beams, plan)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    core, target, body = structures.vois
    core.objectives = [SquaredOverdosing(priority=10.0, d_max=1.0)]
    target.objectives = [SquaredDeviation(priority=100.0, d_ref=3.0)]
    body.objectives = [
        MeanDose(priority=1.0, d_ref=0.0),
        SquaredOverdosing(priority=10.0, d_max=2.0),
    ]
    weight = fluence_optimization(ct, structures, beams, influence, plan)
    matrix = csc_array(influence.physical_dose.flat[0])
    engine, grid = seen["engine"], influence.dose_grid
    cube = engine.cube_wed
    np.savez(
        path,
        data=matrix.data,
        indices=matrix.indices,
        indptr=matrix.indptr,
        shape=matrix.shape,
        weight=np.asarray(weight),
        spent_s=min(spent),
        peak_bytes=peak,
        voxels=np.asarray(engine._vdose_grid),
        grid=grid.dimensions[::-1],
        origin_mm=grid.origin,
        spacing_mm=[grid.resolution[axis] for axis in "xyz"],
        densities=SimpleITK.GetArrayFromImage(cube),
        densities_origin_mm=cube.GetOrigin(),
        densities_spacing_mm=cube.GetSpacing(),
        isocentres_mm=[beam.iso_center for beam in beams.beams],
        gantries_deg=angles,
        beamlet_mm=beams.beams[0].bixel_width,
        beam=np.repeat(np.arange(BEAMS), [len(beam.rays) for beam in beams.beams]),
        places_mm=[ray.ray_pos_bev[[0, 2]] for beam in beams.beams for ray in beam.rays],
    )


if __name__ == "__main__":
    main(sys.argv[1])
