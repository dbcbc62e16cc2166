r"""How far from a run may an emulator be, shown on runs it did not see?

Each run is left out in turn with lengths and noise kept,

.. math::
    e_i = [K^{-1} r]_i / [K^{-1}]_{ii}, \qquad s_i^2 = s^2 / [K^{-1}]_{ii}      \tag{1}

(Rasmussen & Williams 2006, equations 5.10 to 5.12, with the linear mean projected out). The
bound is the process's own standard deviation times the quantile of |e_i| / s_i that
covers the wished share of all runs but one (split conformal prediction: Vovk 2005).
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_solve

from bodytwin.numerics.emulate.process import Array, Process, with_one


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """`factor` times the sd of the process covers `covers` of the runs left out, of which `runs`.

    `rms` is the root mean square of the error on them, in the unit of the output.
    """

    factor: float
    covers: float
    runs: int
    rms: float


def leave_one_out(process: Process, *, covers: float = 0.95) -> Bound:
    """Leave each run out in turn, and say how far from it the emulator was."""
    error, sd = left_out(process)
    ratio = np.sort(np.abs(error) / sd)
    n = len(ratio)
    rank = min(int(np.ceil((n + 1) * covers)), n) - 1
    return Bound(
        factor=float(ratio[rank]),
        covers=covers,
        runs=n,
        rms=float(np.sqrt(np.mean(error**2))),
    )


def left_out(process: Process) -> tuple[Array, Array]:
    """Error and stated sd (n,) of each run, foretold from the others."""
    n = len(process.points)
    inverse = cho_solve((process.root, True), np.eye(n))
    h = with_one(process.points)
    within = inverse @ h
    projected = inverse - within @ cho_solve((process.mean_root, True), within.T)
    diagonal = np.diag(projected)
    return projected @ process.values / diagonal, np.sqrt(process.variance / diagonal)
