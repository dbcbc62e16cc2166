r"""How large is a tumour under several drugs whose doses, not levels, are known to act?

.. math::
    \ln\frac{y(t)}{y_0} = g\,t - \sum_i k_i X_i(t),                               \tag{1}

where X is the action of a drug's doses D at times s so far. Where the drug is released from a
virtual place of effect at the rate q, and resistance comes at the rate :math:`\lambda` from the
first dose :math:`s_1` of any drug on,

.. math::
    X(t) = \sum_{s \le t} D\, e^{-\lambda (s - s_1)} \frac{q}{q + \lambda}
        \left(1 - e^{-(q + \lambda)(t - s)}\right),                                \tag{2}

and where a dose holds one level for a span L

.. math::
    X(t) = \sum_{s \le t} D \min(t - s,\, L).                                      \tag{3}

X is the same for all draws, so that thousands of draws cost a product of two matrices.

Source: (2) Claret et al. 2009, J Clin Oncol 27:4103, and Bruno et al. 2012, CPT Pharmacometrics
Syst Pharmacol 1:e19, doi 10.1038/psp.2012.20; (3) Zecchin et al. 2016, Br J Clin Pharmacol 82:717,
doi 10.1111/bcp.12994, with the level of a cycle held for the usual length of one.

Not for: new lesions, or drugs that change each other's effect.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.laws.possible import not_negative, positive

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A drug of (2): rates per day."""

    release_per_d: float
    resistance_per_d: float = 0.0

    def __post_init__(self) -> None:
        positive(release_per_d=self.release_per_d)
        not_negative(resistance_per_d=self.resistance_per_d)

    def action(self, doses: Array, starts_d: Array, first_d: float, times_d: Array) -> Array:
        """X of (2) at `times_d` (t,), for `doses` at `starts_d` (dose,)."""
        both = self.release_per_d + self.resistance_per_d
        share = doses * np.exp(-self.resistance_per_d * (starts_d - first_d))
        since = np.maximum(times_d[:, None] - starts_d, 0.0)
        return -np.expm1(-both * since) @ share * (self.release_per_d / both)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A drug of (3): the span of its level in days, and its level for one unit of dose."""

    hold_d: float
    level_per_dose: float

    def __post_init__(self) -> None:
        positive(hold_d=self.hold_d, level_per_dose=self.level_per_dose)

    def action(self, doses: Array, starts_d: Array, first_d: float, times_d: Array) -> Array:
        """X of (3) at `times_d` (t,), for `doses` at `starts_d` (dose,); no resistance."""
        del first_d
        since = np.clip(times_d[:, None] - starts_d, 0.0, self.hold_d)
        return since @ doses * self.level_per_dose


def sizes(
    times_d: Array, *, start: Array, growth_per_d: Array, kills: Sequence[tuple[Array, Array]]
) -> Array:
    """Size (draw, time) by (1) in the unit of `start` (draw,), which is the size at time 0.

    `kills` pairs k (draw,) of each drug with its X (time,).

    Raises:
        InvalidInputError: an action that does not fit the times.

    """
    t = np.asarray(times_d, dtype=np.float64)
    (y0,) = positive(start=start)
    log_size = np.log(y0)[:, None] + growth_per_d[:, None] * t
    for kill, action in kills:
        if action.shape != t.shape:
            raise InvalidInputError("Each drug needs its action at every time.")
        log_size = log_size - kill[:, None] * action
    return np.exp(np.clip(log_size, -700.0, 700.0))
