r"""What would the mechanics say of this woman, answered from runs of others?

A solve takes a second or two, a question may need a thousand. Runs of virtual women of all weeks,
drawn wider than the published spread, are kept with the twin (`data/runs.npz`); between them a
Gaussian process (`numerics.emulate`) answers for nineteen inputs:

.. math::
    x = (\log m_1 \ldots \log m_{10},\ \alpha,\ \log \mu_c(w), \log a, \log\kappa, \log\mu_u,
        \log k_u, \log s_f, \log s_b, \log q p)                                          \tag{1}

with measures m and angle of `measures`, the modulus the cervix has in the week, the other constants
of `tissue`, and the pressure across the wall, which is last. The week enters through them alone.
Widths and stretches beyond one are learned as logarithms, the share s of the load and the
shortening d as

.. math::
    \operatorname{arsinh}(s / s_0), \qquad d / (q p).                                    \tag{2}

Each answer has
the standard deviation of the process times a factor under which 95 % of runs of women of the
published spread, of whom it had not learned, lay within 1.96 of it (split conformal prediction).

Source: made for this twin; how well it answers for women it has not seen is shown in
verification/pregnancy/emulator.
Not for: women outside the box of the runs, which `inside` tells; fields; devices.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from bodytwin.numerics.emulate import Process, conditioned
from bodytwin.twins.pregnancy.model.measures import Measures
from bodytwin.twins.pregnancy.model.mechanics import Load
from bodytwin.twins.pregnancy.model.template import Counts

Array = NDArray[np.float64]
MESH = Counts(fine=2)
"""The coarsest mesh on which all that is said is within the stated limits of the next."""
AMONG = ("internal_os", "cervix", "uterus", "os_share", "shortening_mm", "os_mm", "os_rest_mm")
"""What is emulated of `mechanics.Readings`."""
STRETCHES = AMONG[:3]
USUAL_SHARE = 0.01
"""The s0 of equation (2)."""
RUNS = "runs.npz"


@dataclass(frozen=True, eq=False)
class Emulator:
    """One process for each of `AMONG`, of inputs less `centre` over `scale`, both (19,).

    `factor` (7,) widens the standard deviations of the processes.
    """

    centre: Array
    scale: Array
    processes: tuple[Process, ...]
    factor: Array

    def levels(self, x: Array) -> tuple[Array, Array]:
        """Mean and standard deviation of `levelled` readings at inputs x (b, 19), (b, 7)."""
        at = (x - self.centre) / self.scale
        both = [p.predict(at) for p in self.processes]
        mean = np.stack([m for m, _ in both], axis=1)
        return mean, self.factor * np.stack([s for _, s in both], axis=1)

    def drawn(self, x: Array, rng: np.random.Generator) -> Array:
        """One draw of the readings (b, 7) at each of x (b, 19), with the error of the emulator."""
        mean, sd = self.levels(x)
        return readings_of(mean + sd * rng.standard_normal(mean.shape), x)

    def inside(self, x: Array) -> NDArray[np.bool_]:
        """Whether each of x (b, 19) lies among the runs."""
        return self.processes[0].inside((x - self.centre) / self.scale, margin=0.0)


def inputs(said: Measures, load: Load) -> Array:
    """Equation (1), (19,)."""
    t, law = load.tissue, load.tissue.cervix(week=load.week)
    constants = [
        law.c_kpa * law.b_shear / 2, t.cervix_stiffening, t.cervix_fibre_ratio, t.uterus_shear_kpa,
        t.uterus_fibre_kpa, t.front_kpa_per_mm, t.back_kpa_per_mm,
        load.across_kpa,
    ]  # fmt: skip
    return np.concatenate([np.log(said.array[:10]), said.array[10:], np.log(constants)])


def levelled(readings: Array, x: Array) -> Array:
    """Readings (b, 7) at inputs x (b, 19) as they are learned: logarithms and equation (2)."""
    made = np.empty_like(readings)
    for k, name in enumerate(AMONG):
        v = readings[:, k]
        if name == "os_share":
            made[:, k] = np.arcsinh(v / USUAL_SHARE)
        elif name == "shortening_mm":
            made[:, k] = v / np.exp(x[:, -1])
        else:
            made[:, k] = np.log(v - (name in STRETCHES))
    return made


def readings_of(levels: Array, x: Array) -> Array:
    """The inverse of `levelled`."""
    made = np.empty_like(levels)
    for k, name in enumerate(AMONG):
        y = levels[:, k]
        if name == "os_share":
            made[:, k] = USUAL_SHARE * np.sinh(y)
        elif name == "shortening_mm":
            made[:, k] = y * np.exp(x[:, -1])
        else:
            made[:, k] = np.exp(y) + (name in STRETCHES)
    return made


@cache
def emulator() -> Emulator:
    """The one that comes with the twin."""
    with (files("bodytwin.twins.pregnancy") / "data" / RUNS).open("rb") as file:
        kept = dict(np.load(file))
    return assembled(**kept)


def assembled(
    *, points: Array, values: Array, lengths: Array, noise: Array, factor: Array
) -> Emulator:
    """From inputs (n, 19) and readings (n, 7) of runs, lengths (7, 19), noise and factor (7,)."""
    x = points.astype(np.float64)
    centre, scale = x.mean(axis=0), x.std(axis=0)
    at, y = (x - centre) / scale, levelled(values.astype(np.float64), x)
    processes = tuple(
        conditioned(at, y[:, k], lengths=lengths[k], noise=float(noise[k]))
        for k in range(len(AMONG))
    )
    return Emulator(centre=centre, scale=scale, processes=processes, factor=factor)
