"""The results a decision could rest on: change of volume, response, weeks without progression."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.twin import Outcome
from bodytwin.twins.tumour.interventions import WEEK_H, TumourPlan, exposed
from bodytwin.twins.tumour.model.path import Exposure, course, diameter_of, drift
from bodytwin.twins.tumour.model.step import steps_ahead
from bodytwin.twins.tumour.parameters import HOURS_PER_A, Followed

Array = NDArray[np.float64]


@cache
def criteria() -> dict[str, Any]:
    """The criteria of RECIST 1.1 and the times looked at, from their data file."""
    return tomllib.loads((files("bodytwin.twins.tumour") / "data" / "recist.toml").read_text())


def diameters(
    followed: Followed, parameters: Array, plan: TumourPlan | None, time_a: Array
) -> Array:
    """True diameters in mm at `time_a` under a plan, (draw, time).

    Until the last reading those of the path; then the steps ahead, and what the plan changes: the
    drift of the path under it less that under treatment going on.
    """
    numbers, before = followed.population.numbers, followed.before
    exposure, last = exposed(followed.exposure, plan), np.array([before.last_a])
    until = np.minimum(time_a, before.last_a)
    past = course(numbers, parameters, np.array(followed.knots_a), exposure, until)
    stands = course(numbers, parameters, np.array(followed.knots_a), exposure, last)[:, 0]
    ahead = steps_ahead(
        followed.population.steps, before, stands, parameters[:, 4], parameters[:, 5:7], time_a
    )

    def gained(e: Exposure) -> Array:
        return drift(numbers, parameters, e, np.maximum(time_a, last)) - drift(
            numbers, parameters, e, last
        )

    changed = gained(exposure) - gained(Exposure())
    return diameter_of(numbers, past + ahead + changed)


def of_plan(
    followed: Followed, now_h: float, parameters: Array, plan: TumourPlan
) -> Sequence[Outcome]:
    """Every outcome, counted from now; true sizes, without the error of measuring."""
    c = criteria()
    weeks = np.arange(0.0, c["longest_weeks"] + 0.5)
    ahead_a = (now_h + weeks * WEEK_H) / HOURS_PER_A
    past_a = np.array([0.0, *(k for k in followed.knots_a if k < ahead_a[0])])
    d = diameters(followed, parameters, plan, np.concatenate([past_a, ahead_a]))
    before, ahead = d[:, : len(past_a)], d[:, len(past_a) :]
    early, late = int(c["early_weeks"]), int(c["late_weeks"])
    return (
        _ratio("volume_ratio_13w", ahead, early),
        _ratio("volume_ratio_26w", ahead, late),
        Outcome(
            name="response_26w",
            unit="1",
            draws=(ahead[:, late] <= c["response_ratio"] * before[:, 0]).astype(np.float64),
            words="Whether the diameter is then at most 70 % of that when treatment began",
        ),
        Outcome(
            name="weeks_without_progression",
            unit="wk",
            draws=_weeks_to_progression(before, ahead, weeks),
            words=f"Weeks until the diameter is 20 % and 5 mm above its smallest, at most "
            f"{c['longest_weeks']:g}",
        ),
    )


def _ratio(name: str, ahead: Array, week: int) -> Outcome:
    return Outcome(
        name=name,
        unit="1",
        draws=(ahead[:, week] / ahead[:, 0]) ** 3,
        words=f"Volume after {week} weeks, of that now",
    )


def _weeks_to_progression(before: Array, ahead: Array, weeks: Array) -> Array:
    c = criteria()
    whole = np.minimum.accumulate(np.column_stack([before.min(axis=1), ahead]), axis=1)[:, :-1]
    grown = (ahead >= c["progression_ratio"] * whole) & (ahead >= whole + c["progression_gain_mm"])
    first = np.where(grown.any(axis=1), grown.argmax(axis=1), len(weeks) - 1)
    return weeks[first]


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutProgression:
    """One point for each week without progression."""

    @property
    def words(self) -> str:
        """The preference in a sentence."""
        return "One point for each week without progression (RECIST 1.1); side effects count not."

    def __call__(self, outcomes: Mapping[str, Outcome]) -> Array:
        """Weeks of each draw, (draw,)."""
        return outcomes["weeks_without_progression"].draws
