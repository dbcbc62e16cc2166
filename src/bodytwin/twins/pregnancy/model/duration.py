r"""In which week will this woman give birth, and in which do women like those of the population?

The weekly hazards are those under which the population, divided by the findings of the visit, has
its published births (`hazard`, `cohort`). Her chances are those of the cells that her findings
leave, averaged by their shares, given that she is still pregnant:

.. math::
    P(W = w \mid \mathrm{found}, W \ge w_0) = \sum_{i \in \mathrm{found}} p_i f_{iw} \Big/
        \sum_{i \in \mathrm{found}} p_i \sum_{v \ge w_0} f_{iv}                             \tag{1}

The uncertainty of a chance is that of the published ratios and of the share of spontaneous births;
how much populations differ is not in it (spontaneous birth before 35 weeks: 4.3 % in Iams et al.
1996, near 1.6 % in Celik et al. 2008), and is larger for most women.

Source: data/duration.toml, and the works named in it.
Not for: diagnosis or treatment; women in labour; causes. Nothing of the mechanics is in it, and
no mechanical quantity has been validated on outcomes.
"""

from dataclasses import dataclass, replace
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.twins.pregnancy.model.cohort import (
    HISTORIES,
    TERM_WK,
    Ratios,
    cervix_log_ratio,
    fibronectin_log_ratio,
    history_log_ratio,
    length_mm,
    ratios,
    scores,
)
from bodytwin.twins.pregnancy.model.findings import Findings
from bodytwin.twins.pregnancy.model.hazard import Births, calibrated
from bodytwin.twins.pregnancy.model.quoted import quoted, table

Array = NDArray[np.float64]
MARKS_WK = (28, 32, 34, 35, 37)
STATEMENT = (
    "These chances are published statistics. What the mechanics says has not been validated on "
    "outcomes and is not in them."
)


class _Visit(TypedDict):
    visit_wk: float
    weeks: Array
    by: Ratios


@dataclass(frozen=True, kw_only=True)
class Chance:
    """A chance in this woman with its 95 % interval, and that in the population beside it."""

    before_wk: int
    value: float
    low: float
    high: float
    population: float

    @property
    def words(self) -> str:
        """The chance in a sentence, never without that of the population."""
        return (
            f"Birth before {self.before_wk} weeks: {self.value:.1%} ({self.low:.1%} to "
            f"{self.high:.1%}); in the population {self.population:.1%}."
        ).replace("%", " %")


@dataclass(frozen=True, kw_only=True)
class Weeks:
    """A middle, in weeks, and the ends of the interval that holds `level` of the births."""

    median_wk: float
    low_wk: float
    high_wk: float
    level: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Duration:
    """Chances of birth in each completed week: hers (draw, week), the population's (week,).

    `central` (week,) is at the published values. `cautions` says which findings were not used
    and where sources disagree.
    """

    visit_wk: int
    weeks: Array
    draws: Array
    central: Array
    population: Array
    cautions: tuple[str, ...] = ()

    def before(self, week: int) -> Chance:
        """The chance of birth before `week`, given that she is pregnant at the visit."""
        if not self.visit_wk < week <= self.weeks[-1]:
            raise InvalidInputError(
                f"A chance of birth can be given before weeks {self.visit_wk + 1} to "
                f"{int(self.weeks[-1])}, asked before {week}."
            )
        early = self.weeks < week
        low, high = np.quantile(self.draws[:, early].sum(axis=1), [0.025, 0.975])
        return Chance(
            before_wk=week,
            value=float(self.central[early].sum()),
            low=float(low),
            high=float(high),
            population=float(self.population[early].sum()),
        )

    def chances(self) -> tuple[Chance, ...]:
        """Before each of the usual weeks that are still ahead."""
        return tuple(self.before(week) for week in MARKS_WK if week > self.visit_wk)

    def words(self) -> str:
        """All chances beside those of the population, the median, cautions, and the statement."""
        hers, theirs = self.when(), self.when_in_population()
        median = (
            f"Half of such women give birth by {hers.median_wk:.1f} weeks, {hers.level:.0%} "
            f"between {hers.low_wk:.1f} and {hers.high_wk:.1f}; in the population half do by "
            f"{theirs.median_wk:.1f}."
        ).replace("%", " %")
        said = [chance.words for chance in self.chances()]
        return " ".join((*said, median, *self.cautions, STATEMENT))

    def still_pregnant_at(self, week: int) -> "Duration":
        """The same forecast of a woman who has not given birth when `week` begins.

        Nothing new was found at `week`; where something was, make a new forecast from it.
        """
        if not self.visit_wk <= week < self.weeks[-1]:
            raise InvalidInputError(
                f"This forecast is of weeks {self.visit_wk} to {int(self.weeks[-1]) - 1}, "
                f"asked for week {week}."
            )
        left = self.weeks >= week
        chances = (self.draws, self.central, self.population)
        draws, central, population = (
            c[..., left] / c[..., left].sum(axis=-1, keepdims=True) for c in chances
        )
        return replace(
            self,
            visit_wk=week,
            weeks=self.weeks[left],
            draws=draws,
            central=central,
            population=population,
        )

    def when(self, level: float = 0.9) -> Weeks:
        """Median and interval of the time of birth, days spread evenly within a week."""
        return _when(self.weeks, self.draws.mean(axis=0), level)

    def when_in_population(self, level: float = 0.9) -> Weeks:
        """The same of the population."""
        return _when(self.weeks, self.population, level)

    def sample_wk(self, rng: np.random.Generator) -> Array:
        """A time of birth (draw,) for each draw of the parameters: a forecast to be scored."""
        return _sample(self.weeks, self.draws, rng)

    def sample_population_wk(self, rng: np.random.Generator) -> Array:
        """As many times of birth from the population: the baseline of that score."""
        return _sample(self.weeks, np.broadcast_to(self.population, self.draws.shape), rng)


@dataclass(frozen=True, kw_only=True)
class Gain:
    """Weeks by which one distribution has later births on average, with its 95 % interval."""

    mean_wk: float
    low_wk: float
    high_wk: float


def weeks_gained(later: Duration, than: Duration) -> Gain:
    """Mean difference under the same draws; InvalidInputError where these are not the same."""
    if later.draws.shape != than.draws.shape or later.visit_wk != than.visit_wk:
        raise InvalidInputError("Weeks gained need two forecasts of one visit with the same draws.")
    each = (later.draws - than.draws) @ later.weeks
    low, high = np.quantile(each, [0.025, 0.975])
    middle = float((later.central - than.central) @ later.weeks)
    return Gain(mean_wk=middle, low_wk=float(low), high_wk=float(high))


def baseline(*, twins: bool, spontaneous_share: Array) -> Births:
    """Births of the population by completed week, for each share (draw,) of spontaneous ones."""
    said = table("duration")["baseline"]["twin" if twins else "singleton"]
    percent = np.array(said["percent"], dtype=np.float64)
    every = np.broadcast_to(percent / percent.sum(), (len(spontaneous_share), len(percent)))
    weeks = said["first_wk"] + np.arange(len(percent))
    spontaneous = np.where(weeks < TERM_WK, spontaneous_share[:, None] * every, 0.0)
    return Births(first_wk=int(weeks[0]), spontaneous=spontaneous, other=every - spontaneous)


def duration(found: Findings, rng: np.random.Generator, *, count: int = 200) -> Duration:
    """The distribution for these findings, with `count` draws of the parameters."""
    said = table("duration")["baseline"]["twin" if found.twins else "singleton"]
    share = quoted(said["spontaneous_share_of_preterm"])
    drawn = np.clip(share.at(rng.standard_normal(count)), 0.0, 1.0)
    ahead = _ahead(found, np.array([share.value]))
    return Duration(
        visit_wk=found.week,
        weeks=ahead.weeks,
        draws=her_births(found, _ahead(found, drawn), by=ratios(rng, count)),
        central=her_births(found, ahead, by=ratios())[0],
        population=ahead.all[0],
        cautions=found.cautions,
    )


def births_by_length(
    found: Findings, scores_of: Array, *, by: Ratios, spontaneous_share: Array
) -> tuple[Array, Array]:
    """Weeks (week,), and equation (1) (draw, week) with a length at the score (draw,) of each draw.

    A length among `found` does not count; ratios and share (draw,) are those of the draw.
    """
    births = _ahead(found, spontaneous_share)
    open_length = replace(found, cervical_length_mm=None)
    log_ratio, share, hers = _cells(open_length, births.weeks, by)
    hazards = calibrated(births, log_ratio=log_ratio, share=share)
    z, _ = scores()
    groups = log_ratio.shape[1] // len(z)
    at = np.clip((scores_of - z[0]) / (z[1] - z[0]), 0.0, len(z) - 1 - 1e-9)
    low = at.astype(np.int64)
    part = (at - low)[:, None, None]
    by_length = log_ratio.reshape(len(log_ratio), len(z), groups, -1)
    draw = np.arange(len(log_ratio))
    own = (1 - part) * by_length[draw, low] + part * by_length[draw, low + 1]
    weight = hers.reshape(len(z), groups)[len(z) // 2]
    return births.weeks, np.einsum("c,dcw->dw", weight / weight.sum(), hazards.births(own))


def her_births(found: Findings, births: Births, *, by: Ratios) -> Array:
    """Equation (1), (draw, week), in a population that is undelivered at the visit."""
    log_ratio, share, hers = _cells(found, births.weeks, by)
    hazards = calibrated(births, log_ratio=log_ratio, share=share)
    left = np.flatnonzero(hers)
    weight = hers[left] / hers[left].sum()
    return np.einsum("c,dcw->dw", weight, hazards.births(log_ratio[:, left]))


def _cells(found: Findings, weeks: Array, by: Ratios) -> tuple[Array, Array, Array]:
    """Log ratios (draw, cell, week); shares (cell,) in the population, and of those like her."""
    z, share = scores()
    visit: _Visit = {"visit_wk": float(found.week), "weeks": weeks, "by": by}
    log_ratio = cervix_log_ratio(length_mm(z, week=found.week), **visit)
    hers = share
    if found.cervical_length_mm is not None:
        mine = cervix_log_ratio(np.array([found.cervical_length_mm]), **visit)
        log_ratio = np.concatenate([log_ratio, mine], axis=1)
        share, hers = np.append(share, 0.0), np.append(np.zeros_like(share), 1.0)
    if found.history is not None and not found.twins:
        said = table("duration")["history"]["share"]
        log_ratio = _crossed(log_ratio, history_log_ratio(weeks, by=by))
        share = np.outer(share, [said[h.value] for h in HISTORIES]).ravel()
        hers = np.outer(hers, [float(h is found.history) for h in HISTORIES]).ravel()
    if found.fibronectin_positive is not None and not found.twins:
        positive = table("duration")["fibronectin"]["positive_share"]
        log_ratio = _crossed(log_ratio, fibronectin_log_ratio(**visit))
        share = np.outer(share, [1 - positive, positive]).ravel()
        result = float(found.fibronectin_positive)
        hers = np.outer(hers, [1.0 - result, result]).ravel()
    return log_ratio, share, hers


def _crossed(one: Array, other: Array) -> Array:
    both = one[:, :, None, :] + other[:, None, :, :]
    return both.reshape(both.shape[0], -1, both.shape[-1])


def _ahead(found: Findings, spontaneous_share: Array) -> Births:
    births = baseline(twins=found.twins, spontaneous_share=spontaneous_share)
    return births.undelivered_at(max(found.week, births.first_wk))


def _when(weeks: Array, chance: Array, level: float) -> Weeks:
    if not 0 < level < 1:
        raise InvalidInputError(f"A level lies between 0 and 1, got {level}.")
    tail = (1 - level) / 2
    edges = np.append(weeks, weeks[-1] + 1)
    up_to = np.concatenate([[0.0], np.cumsum(chance)])
    low, median, high = np.interp([tail, 0.5, 1 - tail], up_to, edges)
    return Weeks(median_wk=float(median), low_wk=float(low), high_wk=float(high), level=level)


def _sample(weeks: Array, chance: Array, rng: np.random.Generator) -> Array:
    up_to = np.cumsum(chance, axis=1)
    u = rng.random(len(chance)) * up_to[:, -1]
    at = np.sum(u[:, None] >= up_to, axis=1)
    within = rng.random(len(chance))
    return weeks[np.minimum(at, len(weeks) - 1)] + within
