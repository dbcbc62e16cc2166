r"""How many electrons, beside water, are where computed tomography shows a number?

With the mass density :math:`\rho` and the weights w of the elements of the tissue at a number H,

.. math::
    \rho_e(H) = \frac{\rho(H)}{\rho_w}
                \frac{\sum_i w_i(H) Z_i / A_i}{\sum_i w_i^{\mathrm{water}} Z_i / A_i}    \tag{1}

at the points of the table of densities and in the middle of each tissue, straight between them.

Source: Schneider, Bortfeld & Schlegel 2000, Phys Med Biol 45:459, doi
10.1088/0031-9155/45/2/314; the figures stand in data/tissues.toml.

Not for: metal; phantoms of plastic or water, which are not tissues (at 0 HU lies soft tissue of
1.013); a scanner with a table of its own.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.twins.radiotherapy.model.published import table

Array = NDArray[np.float64]


def electron_densities(hu: NDArray[np.floating]) -> NDArray[np.float32]:
    """Relative electron densities, of the shape of the numbers.

    Raises:
        InvalidInputError: a number outside of the table, or none.

    """
    at, density = points()
    given = np.asarray(hu, dtype=np.float64)
    if not ((given >= at[0]) & (given <= at[-1])).all():
        outside = given[~((given >= at[0]) & (given <= at[-1]))]
        raise InvalidInputError(
            f"{len(outside)} voxels of {given.size} lie outside of {at[0]:g} to {at[-1]:g} HU, or "
            "have no number. Give air to what the scanner padded, and to metal the number or "
            "density that it has."
        )
    return np.interp(given, at, density).astype(np.float32)


@cache
def points() -> tuple[Array, Array]:
    """Numbers in HU and relative electron densities of the table, equation (1)."""
    said = table("tissues")
    per_weight = np.array(said["element"]["protons"]) / np.array(said["element"]["weight"])
    shares = np.array(said["tissue"]["percent"]) / 100.0
    known, mass = (np.array(said["mass_density"][k], dtype=float) for k in ("hu", "g_per_cm3"))
    starts = np.append(np.array(said["tissue"]["hu"], dtype=float), known[-1])
    middle = 0.5 * (starts[:-1] + starts[1:])
    at = np.union1d(known, middle)
    electrons = np.interp(at, middle, shares @ per_weight / shares.sum(axis=1))
    hydrogen, oxygen = (said["element"]["names"].index(name) for name in ("H", "O"))
    weight = said["element"]["weight"]
    water = (2.0 + said["element"]["protons"][oxygen]) / (2.0 * weight[hydrogen] + weight[oxygen])
    return at, np.interp(at, known, mass) * electrons / water
