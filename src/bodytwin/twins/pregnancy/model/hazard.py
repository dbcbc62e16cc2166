r"""Which weekly hazards make a population with these findings give birth when it did?

Birth in completed week :math:`w` is spontaneous, with hazard :math:`\lambda_w e^{\eta_{iw}}` for
women of cell :math:`i` (a set of findings), or other (indicated before term; all that ends a
pregnancy from 37 weeks on), with hazard :math:`\mu_w` for all:

.. math::
    q_{iw} = 1 - \exp(-\lambda_w e^{\eta_{iw}} - \mu_w), \qquad
    f_{iw} = q_{iw} \prod_{v<w} (1 - q_{iv})                                              \tag{1}
.. math::
    s_{iw} = f_{iw} \frac{\lambda_w e^{\eta_{iw}}}{\lambda_w e^{\eta_{iw}} + \mu_w}         \tag{2}

:math:`\lambda_w, \mu_w` are those for which the cells, weighted by their shares, have the
published chances of spontaneous and of other birth in every week:

.. math::
    \sum_i p_i s_{iw} = S_w, \qquad \sum_i p_i (f_{iw} - s_{iw}) = O_w                      \tag{3}

so findings move women within their population and never the population itself. In the last week
all who are left give birth.

Source: Prentice & Gloeckler, Biometrics 34:57 (1978), the grouped proportional hazards model; (3)
is the house's own use of it.
Not for: effects that make a birth other than spontaneous more or less likely.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError, NumericalError

Array = NDArray[np.float64]
STEPS, ENOUGH = 60, 1e-10


@dataclass(frozen=True, kw_only=True, eq=False)
class Births:
    """Chances (week,) of birth in completed weeks `first_wk` on, or of each draw (draw, week).

    The two together sum to one.
    """

    first_wk: int
    spontaneous: Array
    other: Array

    def __post_init__(self) -> None:
        total = self.spontaneous + self.other
        if self.spontaneous.shape != self.other.shape or np.any(
            np.minimum(self.spontaneous, self.other) < 0
        ):
            raise InvalidInputError(
                "Chances of birth are two rows of the same weeks, none negative."
            )
        if np.any(np.abs(total.sum(axis=-1) - 1.0) > 1e-9):
            raise InvalidInputError("Chances of birth over all weeks sum to one, these do not.")

    @property
    def weeks(self) -> Array:
        """Completed weeks (week,)."""
        return self.first_wk + np.arange(self.other.shape[-1], dtype=np.float64)

    @property
    def all(self) -> Array:
        """Chances of any birth, shaped as each."""
        return self.spontaneous + self.other

    def undelivered_at(self, week: int) -> "Births":
        """The same population, of those who are still pregnant when `week` begins."""
        at = week - self.first_wk
        if not 0 <= at < self.other.shape[-1] - 1:
            raise InvalidInputError(
                f"Weeks {self.first_wk} to {int(self.weeks[-1])} are known, got {week}."
            )
        left = self.all[..., at:].sum(axis=-1, keepdims=True)
        return Births(
            first_wk=week,
            spontaneous=self.spontaneous[..., at:] / left,
            other=self.other[..., at:] / left,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Hazards:
    """Of each draw and week: spontaneous and other, per week, (draw, week)."""

    first_wk: int
    spontaneous: Array
    other: Array

    def births(self, log_ratio: Array) -> Array:
        """Equation (1): chances (draw, ..., week) for `log_ratio` (draw, ..., week)."""
        ratio = np.exp(log_ratio)
        lead = (slice(None),) + (None,) * (log_ratio.ndim - 2)
        rate = self.spontaneous[lead] * ratio + self.other[lead]
        rate[..., -1] = np.inf
        before = np.cumsum(rate[..., :-1], axis=-1)
        still = np.exp(-np.concatenate([np.zeros_like(before[..., :1]), before], axis=-1))
        return still * -np.expm1(-rate)

    def spontaneous_births(self, log_ratio: Array) -> Array:
        """Equation (2), shaped as `births`."""
        lead = (slice(None),) + (None,) * (log_ratio.ndim - 2)
        own, other = self.spontaneous[lead] * np.exp(log_ratio), self.other[lead]
        with np.errstate(invalid="ignore"):
            share = np.where(own > 0, own / (own + other), 0.0)
        return self.births(log_ratio) * share


def calibrated(births: Births, *, log_ratio: Array, share: Array) -> Hazards:
    """Equation (3), for `log_ratio` (draw, cell, week) and `share` (cell,) that sums to one.

    Raises:
        NumericalError: no hazards give the chances asked for.

    """
    ratio = np.exp(log_ratio)
    weeks = births.other.shape[-1]
    left = np.ones(log_ratio.shape[:2]) * share
    own, other = np.zeros((2, len(log_ratio), weeks))
    for w in range(weeks - 1):
        own[:, w], other[:, w], left = _week(
            ratio[:, :, w], left, births.spontaneous[..., w], births.other[..., w]
        )
    own[:, -1], other[:, -1] = births.spontaneous[..., -1], births.other[..., -1]
    return Hazards(first_wk=births.first_wk, spontaneous=own, other=other)


def _week(
    ratio: Array, left: Array, asked: Array, asked_other: Array
) -> tuple[Array, Array, Array]:
    """Hazards (draw,) of one week by fixed-point steps, and who is left (draw, cell)."""
    all_left = left.sum(axis=1)
    both = -np.log1p(-np.minimum((asked + asked_other) / all_left, 1 - 1e-12))
    part = asked / np.maximum(asked + asked_other, 1e-300)
    own = both * part * all_left / np.sum(left * ratio, axis=1)
    other = both * (1 - part)
    miss = np.inf
    for _ in range(STEPS):
        mine = own[:, None] * ratio
        rate = mine + other[:, None]
        gone = left * -np.expm1(-rate)
        share = np.divide(mine, rate, out=np.zeros_like(rate), where=rate > 0)
        got, got_other = np.sum(gone * share, axis=1), np.sum(gone * (1 - share), axis=1)
        miss = float(np.max(np.abs(got - asked)) + np.max(np.abs(got_other - asked_other)))
        if miss < ENOUGH:
            return own, other, left - gone
        own = own * np.divide(asked, got, out=np.ones_like(got), where=got > 0)
        other = other * np.divide(
            asked_other, got_other, out=np.ones_like(got), where=got_other > 0
        )
    raise NumericalError(
        f"No weekly hazards give the published chances of birth: {miss:.1e} is left after {STEPS} "
        "steps. Findings this strong do not go with this population."
    )
