r"""When is she born, under a plan: each draw's chances of the weeks, and its own week.

A draw has ratios and shares of its own, so its chances :math:`f_w` differ; its week is the one at
its own place :math:`\Phi(u)` among women alike, days spread evenly within a week. What is known
now, that she is still pregnant at :math:`w_0` weeks and days, leaves the time ahead; of the week
that has begun, as much as is left of it:

.. math:: P(W = w \mid W \ge w_0) = g_w \Big/ \sum_{v} g_v, \qquad
    g_w = f_w \min(1, \max(0, w + 1 - w_0))                                                \tag{1}
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from bodytwin.contract.twin import Outcome
from bodytwin.twins.pregnancy.interventions import PregnancyPlan, chosen
from bodytwin.twins.pregnancy.model.cohort import ratios_at
from bodytwin.twins.pregnancy.model.duration import MARKS_WK, baseline, births_by_length
from bodytwin.twins.pregnancy.model.quoted import quoted, table
from bodytwin.twins.pregnancy.model.trials import Intervention, applied, moved
from bodytwin.twins.pregnancy.parameters import (
    HOURS_PER_WK,
    LENGTH,
    LUCK,
    SHARE,
    TRIAL,
    Expecting,
    column,
    ratio_deviates,
)

Array = NDArray[np.float64]
AT_ONCE = 40
AIM_WK = (34, 37)


def week_of(now_h: float) -> float:
    """Weeks of gestation, with the days as a fraction."""
    return now_h / HOURS_PER_WK


def chances(
    known: Expecting, parameters: Array, plan: PregnancyPlan | None, now_wk: float
) -> tuple[Array, Array]:
    """Starts (week,) of now and of the weeks after, and equation (1) of each draw, (draw, week)."""
    return under(known, parameters, chosen(plan), of_visit(known, parameters), now_wk)


def of_visit(known: Expecting, parameters: Array) -> tuple[Array, Array]:
    """Weeks (week,) and chances (draw, week) as of the visit, nothing done; not to be written to.

    The last one is kept: a forecast and every option of a sheet ask for the same.
    """
    return _of_visit(known, parameters.shape, np.ascontiguousarray(parameters).tobytes())


@lru_cache(maxsize=8)
def _of_visit(known: Expecting, shape: tuple[int, int], values: bytes) -> tuple[Array, Array]:
    parameters = np.frombuffer(values).reshape(shape)
    parts = [
        _some_of_visit(known, parameters[at : at + AT_ONCE]) for at in range(0, shape[0], AT_ONCE)
    ]
    weeks, chance = parts[0][0], np.concatenate([c for _, c in parts])
    weeks.flags.writeable = chance.flags.writeable = False
    return weeks, chance


def under(
    known: Expecting,
    parameters: Array,
    kind: Intervention,
    untreated: tuple[Array, Array],
    now_wk: float,
) -> tuple[Array, Array]:
    """Chances (draw, week) of `untreated` from now on, if `kind` is begun."""
    weeks, chance = untreated
    if kind is not Intervention.WATCHFUL_WAITING:
        ratio, before_wk = applied(known.found, kind)
        chance = moved(chance, weeks < before_wk, ratio.at(column(parameters, TRIAL)))
    return _ahead(weeks, chance, now_wk)


def of_population(known: Expecting, now_wk: float) -> Array:
    """The same of all women who carry as many children and are still pregnant, (week,)."""
    return _of_all(known, now_wk)[1]


def _of_all(known: Expecting, now_wk: float) -> tuple[Array, Array]:
    said = table("duration")["baseline"]["twin" if known.found.twins else "singleton"]
    share = np.array([said["spontaneous_share_of_preterm"]["value"]])
    births = baseline(twins=known.found.twins, spontaneous_share=share)
    weeks, chance = _ahead(births.weeks, births.all, now_wk)
    return weeks, chance[0]


def birth_wk(weeks: Array, chance: Array, place: Array) -> Array:
    """The time of birth in weeks of each draw (draw,) at its `place` from 0 to 1.

    `weeks` (week,) are starts, each of a span up to the next, the last of a week.
    """
    up_to = np.cumsum(chance, axis=1)
    before = np.concatenate([np.zeros((len(chance), 1)), up_to[:, :-1]], axis=1)
    at = np.minimum(np.sum(place[:, None] >= up_to, axis=1), len(weeks) - 1)
    draw = np.arange(len(chance))
    width = np.maximum(chance[draw, at], 1e-300)
    lasts = np.diff(np.append(weeks, weeks[-1] + 1))
    return weeks[at] + lasts[at] * np.clip((place - before[draw, at]) / width, 0.0, 1.0)


def born_wk(
    known: Expecting, parameters: Array, plan: PregnancyPlan | None, now_wk: float
) -> Array:
    """Gestation at birth of each draw, (draw,)."""
    weeks, chance = chances(known, parameters, plan, now_wk)
    return birth_wk(weeks, chance, np.asarray(ndtr(column(parameters, LUCK))))


def born_wk_in_population(known: Expecting, parameters: Array, now_wk: float) -> Array:
    """Gestation at birth of as many women of the population, (draw,)."""
    weeks, chance = _of_all(known, now_wk)
    every = np.broadcast_to(chance, (len(parameters), len(chance)))
    return birth_wk(weeks, every, np.asarray(ndtr(column(parameters, LUCK))))


def of_plan(
    known: Expecting, now_h: float, parameters: Array, plan: PregnancyPlan
) -> tuple[Outcome, ...]:
    """Chances of birth before the usual weeks that are ahead, and gestation at birth."""
    now = week_of(now_h)
    weeks, chance = chances(known, parameters, plan, now)
    population = of_population(known, now)
    alike = "two children" if known.found.twins else "one child"
    found = [
        Outcome(
            name=f"birth_before_{mark}",
            unit="1",
            draws=chance[:, weeks < mark].sum(axis=1),
            words=f"Chance of birth before {mark} weeks; of all women with {alike} who are still "
            f"pregnant at {int(now)} weeks {population[weeks < mark].sum():.1%}".replace("%", " %"),
        )
        for mark in MARKS_WK
        if mark > now
    ]
    place = np.asarray(ndtr(column(parameters, LUCK)))
    return (
        *found,
        Outcome(
            name="gestation_at_birth",
            unit="wk",
            draws=birth_wk(weeks, chance, place),
            words="Weeks of gestation at birth, of any kind",
        ),
    )


@dataclass(frozen=True)
class NotTooEarly:
    """Birth not before the first of 34 and 37 weeks that is ahead counts one."""

    before_wk: int

    @property
    def words(self) -> str:
        """The preference in a sentence."""
        return (
            f"Birth at {self.before_wk} weeks or later counts one, earlier nothing; harms of an "
            "intervention are not weighed here."
        )

    def __call__(self, outcomes: Mapping[str, Outcome]) -> Array:
        """Value of each draw (draw,)."""
        name = f"birth_before_{self.before_wk}"
        if name in outcomes:
            return 1.0 - outcomes[name].draws
        return np.ones_like(outcomes["gestation_at_birth"].draws)


def aim_of(now_h: float) -> NotTooEarly:
    """The first of these weeks that is ahead."""
    return NotTooEarly(next((w for w in AIM_WK if w > week_of(now_h)), AIM_WK[-1]))


def _ahead(weeks: Array, chance: Array, now_wk: float) -> tuple[Array, Array]:
    """Equation (1) for chances (draw, week), and where each week ahead starts."""
    part = np.clip(weeks + 1 - now_wk, 0.0, 1.0)
    left = part > 0
    kept = chance[:, left] * part[left]
    return np.maximum(weeks[left], now_wk), kept / kept.sum(axis=1, keepdims=True)


def _some_of_visit(known: Expecting, parameters: Array) -> tuple[Array, Array]:
    twins = known.found.twins
    said = table("duration")["baseline"]["twin" if twins else "singleton"]
    share = quoted(said["spontaneous_share_of_preterm"]).at(column(parameters, SHARE))
    return births_by_length(
        known.found,
        column(parameters, LENGTH),
        by=ratios_at(ratio_deviates(parameters)),
        spontaneous_share=np.clip(share, 0.0, 1.0),
    )
