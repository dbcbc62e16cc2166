"""Where to run an expensive function, so that few runs fill the space evenly.

Scrambled Sobol points (Owen 1998, *J Complexity* 14:466), mapped to a standard normal
and cut at `reach` standard deviations, since the unknowns of a prior are Gaussian.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from bodytwin.errors import InvalidInputError

Array = NDArray[np.float64]


def design(*, runs: int, unknowns: int, seed: int, reach: float = 2.5) -> Array:
    """Points (runs, unknowns), standard normal and none beyond `reach`.

    Raises:
        InvalidInputError: fewer runs than would bear an emulator.

    """
    from scipy.stats import qmc  # half a second, which not every command owes

    if runs < 2 * unknowns + 2:
        raise InvalidInputError(
            f"{unknowns} unknowns need at least {2 * unknowns + 2} runs, got {runs}."
        )
    engine = qmc.Sobol(d=unknowns, scramble=True, rng=np.random.default_rng(seed))
    unit = engine.random_base2(int(np.ceil(np.log2(runs))))[:runs]
    low, high = ndtr(-reach), ndtr(reach)
    return np.asarray(ndtri(low + (high - low) * unit), dtype=np.float64)
