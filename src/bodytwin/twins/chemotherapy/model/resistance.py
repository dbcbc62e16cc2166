r"""What is left when some cells do not answer a drug, and others learn not to?

Sensitive cells S and resistant cells R, between events at which rates change,

.. math::
    S' = (g_S - k_S - m)\, S, \qquad R' = (g_R - k_R)\, R + m S,                   \tag{1}

where m is the rate at which a sensitive cell becomes resistant. With
:math:`a = g_S - k_S - m` and :math:`b = g_R - k_R` the solution is exact,

.. math::
    S(t) = S_0 e^{a t}, \qquad
    R(t) = R_0 e^{b t} + m S_0\, e^{b t}\, \frac{e^{(a-b) t} - 1}{a - b},          \tag{2}

and every event may in addition take a share of each clone at once: the logarithm of the share that
survives is :math:`-q` times the dose.

Source: Goldie & Coldman 1979, Cancer Treat Rep 63:1727; Monro & Gaffney 2009, J Theor Biol 257:292,
doi 10.1016/j.jtbi.2008.11.026. (2) is the variation of constants.

Not for: few cells (chance decides whether a resistant one is there at all), or clones that compete
for space.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.laws.possible import not_negative, positive

Array = NDArray[np.float64]
Numbers = float | Array
SENSITIVE, RESISTANT = 0, 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Clones:
    """Of each draw (draw,) or all: the size at day 0, which share of it is resistant, and rates.

    `kill_sensitive` and `kill_resistant` are per unit of dose: logarithms where the dose acts at
    once, and rates per day where it acts while it lasts.
    """

    start: Numbers
    resistant_share: Numbers
    growth_sensitive_per_d: Numbers
    growth_resistant_per_d: Numbers
    acquired_per_d: Numbers
    kill_sensitive: Numbers
    kill_resistant: Numbers = 0.0

    def __post_init__(self) -> None:
        positive(start=self.start)
        not_negative(
            resistant_share=self.resistant_share,
            acquired_per_d=self.acquired_per_d,
            kill_sensitive=self.kill_sensitive,
            kill_resistant=self.kill_resistant,
        )
        if np.any(np.asarray(self.resistant_share) > 1.0):
            raise InvalidInputError("resistant_share is a share, from 0 to 1.")


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """From each of `starts_d` (s,) on a dose `lasting` per day, and one `at_once` there; (s,)."""

    starts_d: Array
    lasting: Array
    at_once: Array

    def __post_init__(self) -> None:
        not_negative(starts_d=self.starts_d, lasting=self.lasting, at_once=self.at_once)
        same = self.starts_d.shape == self.lasting.shape == self.at_once.shape
        if not same or np.any(np.diff(self.starts_d) <= 0):
            raise InvalidInputError("Each start needs its doses, in the order of time.")


def two_clones(times_d: Array, course: Course, *, clones: Clones) -> Array:
    """Sizes (draw, time, 2) of the sensitive and the resistant clone at increasing `times_d`.

    A size asked for at an event is the one before it.

    Raises:
        InvalidInputError: times before 0 or that do not increase.

    """
    (t,) = not_negative(times_d=times_d)
    if t.ndim != 1 or np.any(np.diff(t) <= 0):
        raise InvalidInputError("Times must increase.")
    y0, share, gs, gr, m, ks, kr = _columns(clones)
    state = np.stack([y0 * (1.0 - share), y0 * share], axis=1)
    hit = np.stack([ks, kr], axis=1)
    out = np.empty((len(y0), len(t), 2))
    now, level = 0.0, 0.0
    edges = np.append(course.starts_d, np.inf)
    for s, edge in enumerate(edges):
        a, b = gs - ks * level - m, gr - kr * level
        for i in np.flatnonzero((t <= edge) & (t > now if s else t >= now)):
            out[:, i] = _grown(state, a, b, m, t[i] - now)
        if np.isfinite(edge):
            state = _grown(state, a, b, m, edge - now) * np.exp(-hit * course.at_once[s])
            now, level = float(edge), float(course.lasting[s])
    return out


def _grown(state: Array, a: Array, b: Array, m: Array, span: float) -> Array:
    """Equation (2) over `span` days."""
    gap = (a - b) * span
    safe = np.where(np.abs(gap) > 1e-12, gap, 1.0)
    mean = np.where(np.abs(gap) > 1e-12, np.expm1(gap) / safe, 1.0 + 0.5 * gap)
    with_m = state[:, RESISTANT] + m * state[:, SENSITIVE] * span * mean
    return np.stack([state[:, SENSITIVE] * np.exp(a * span), with_m * np.exp(b * span)], axis=1)


def _columns(clones: Clones) -> list[Array]:
    values = (
        clones.start, clones.resistant_share, clones.growth_sensitive_per_d,
        clones.growth_resistant_per_d, clones.acquired_per_d, clones.kill_sensitive,
        clones.kill_resistant,
    )  # fmt: skip
    return [*np.broadcast_arrays(*(np.atleast_1d(np.asarray(v, float)) for v in values))]
