"""pyRadPlan's plan of the TG-119 phantom: run by `plan_optimisation.py` in its environment.

Writes the influence, the structures, the objective and the CPU seconds that its SciPy L-BFGS-B
took, to the file named.
"""

import logging
import sys
import time
import warnings

import numpy as np
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
from pyRadPlan.optimization.objectives import (  # noqa: E402
    MeanDose,
    SquaredDeviation,
    SquaredOverdosing,
)
from pyRadPlan.optimization.problems import _nonlin_fluence  # noqa: E402

BEAMS = 5


def problem_seen():
    """The planning problem that the next optimisation makes, for its voxels."""
    seen = {}
    kinds = vars(_nonlin_fluence).values()
    kind = next(k for k in kinds if getattr(k, "__module__", "") == _nonlin_fluence.__name__)
    original = kind._initialize

    def kept(self):
        original(self)
        seen["problem"] = self

    kind._initialize = kept
    return seen


def main(path):
    """Plan as in its own example of a photon plan, with the SciPy solver."""
    ct, structures = load_tg119()
    plan = PhotonPlan(machine="Generic")
    angles = np.linspace(0, 360, BEAMS, endpoint=False)
    plan.prop_stf = {"gantry_angles": angles, "couch_angles": np.zeros(BEAMS)}
    plan.prop_opt = {"solver": "scipy"}
    beams = generate_stf(ct, structures, plan)
    before = time.process_time()
    influence = calc_dose_influence(ct, structures, beams, plan)
    influence_s = time.process_time() - before
    core, target, body = structures.vois
    core.objectives = [SquaredOverdosing(priority=10.0, d_max=1.0)]
    target.objectives = [SquaredDeviation(priority=100.0, d_ref=3.0)]
    body.objectives = [
        MeanDose(priority=1.0, d_ref=0.0),
        SquaredOverdosing(priority=10.0, d_max=2.0),
    ]
    seen, told = problem_seen(), {}
    before = time.process_time()
    weight = fluence_optimization(ct, structures, beams, influence, plan, opt_info=told)
    spent_s = time.process_time() - before
    matrix = csc_array(influence.physical_dose.flat[0])
    masks = [np.asarray(voxels) for voxels, _ in seen["problem"]._objective_list]
    np.savez(
        path,
        data=matrix.data,
        indices=matrix.indices,
        indptr=matrix.indptr,
        shape=matrix.shape,
        masks=np.array(masks),
        grid=influence.dose_grid.dimensions[::-1],
        weight=np.asarray(weight),
        value=min(told["obj_history"]),
        iterations=told["num_iter"],
        spent_s=spent_s,
        influence_s=influence_s,
    )


if __name__ == "__main__":
    main(sys.argv[1])
