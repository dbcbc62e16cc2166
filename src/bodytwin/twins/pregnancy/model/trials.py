r"""What did randomised trials find of an intervention in women like this one?

A trial speaks of a woman only where she has what its women had: one child or two, week, length
of the cervix and history. A finding that is not known does not meet a criterion. A relative risk
:math:`R` of birth before week :math:`t` is applied to her forecast as one multiplier :math:`k` of
all hazards before that week, so that her chance :math:`P` becomes :math:`Q`:

.. math:: Q = R P \;\text{ or, if less, }\; 1 - (1 - P) / R, \qquad
    1 - (1 - P)^k = Q \;\Rightarrow\; k = \log(1 - Q) / \log(1 - P)                        \tag{1}

A ratio above one thus never makes a chance that is high already certain.
From week :math:`t` on hazards are as they were. The ratio is drawn from its interval.

Source: data/trials.toml, where each number says its trial and where it was read.
Not for: choosing a treatment; two interventions together; harms other than those named. What the
mechanics says of an intervention is no evidence that it prevents birth.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError, UnsupportedClaimError
from bodytwin.twins.pregnancy.model.duration import Duration
from bodytwin.twins.pregnancy.model.findings import Findings
from bodytwin.twins.pregnancy.model.quoted import Quoted, quoted, table

Array = NDArray[np.float64]
MECHANICS = (
    "What the mechanics says of it has not been validated on outcomes and does not stand against "
    "a randomised trial."
)


class Intervention(StrEnum):
    """What was tried to prevent an early birth."""

    WATCHFUL_WAITING = "watchful_waiting"
    CERCLAGE = "cerclage"
    PESSARY = "pessary"
    VAGINAL_PROGESTERONE = "vaginal_progesterone"
    BED_REST = "bed_rest"


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A trial or meta-analysis: whom it took in and what it found.

    `risk_ratio` is of birth before `before_wk`, none where there is no number. Where it is not
    `checked` against the source it is said, and not applied.
    """

    key: str
    intervention: Intervention
    twins: bool
    weeks: tuple[int, int]
    before_wk: int
    finding: str
    safety: str
    source: str
    read: str
    checked: bool = True
    risk_ratio: Quoted | None = None
    longest_mm: float | None = None
    below_mm: float | None = None
    above_mm: float | None = None
    history: tuple[str, ...] = ()

    def words(self) -> str:
        """What it found, what it warns of, and whether its figures were checked."""
        doubt = "" if self.checked else "(These figures were not checked against the source.)"
        return " ".join(part for part in (self.finding, doubt, self.safety) if part)

    def why_not(self, found: Findings) -> tuple[str, ...]:
        """Why it does not speak of a woman with these findings; empty where it does."""
        first, last = self.weeks
        reasons = [
            "its women carried twins" if self.twins else "its women carried one child",
            f"its women were at {first} to {last} weeks",
        ]
        misses = [found.twins != self.twins, not first <= found.week <= last]
        if self.history:
            reasons.append("its women had another history of births: " + _said(self.history))
            misses.append(found.history is None or found.history.value not in self.history)
        for limit, word, holds in self._lengths(found.cervical_length_mm):
            reasons.append(f"its women had a cervix {word} {limit:g} mm")
            misses.append(not holds)
        return tuple(why for why, miss in zip(reasons, misses, strict=True) if miss)

    def _lengths(self, length_mm: float | None) -> list[tuple[float, str, bool]]:
        known = length_mm is not None
        mm = length_mm if length_mm is not None else np.nan
        return [
            (limit, word, known and holds)
            for limit, word, holds in (
                (self.longest_mm, "of at most", mm <= (self.longest_mm or 0.0)),
                (self.below_mm, "of less than", mm < (self.below_mm or 0.0)),
                (self.above_mm, "of more than", mm > (self.above_mm or 0.0)),
            )
            if limit is not None
        ]


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What is known for one woman: a trial that speaks of her, or why none does; and the others.

    `others` are the trials of the same intervention in women unlike her.
    """

    intervention: Intervention
    trial: Trial | None
    reasons: tuple[str, ...]
    others: tuple[Trial, ...] = ()

    def words(self) -> str:
        """A paragraph to be shown beside what the mechanics says."""
        if self.intervention is Intervention.WATCHFUL_WAITING:
            return "Watchful waiting is what the forecast is of; trials compare with it."
        unlike = [f"In other women: {other.words()}" for other in self.others]
        if self.trial is not None:
            said = [self.trial.words()]
        else:
            said = ["No trial that was read speaks of this woman.", *self.reasons]
        return " ".join((*said, *unlike, MECHANICS))


def trials(intervention: Intervention) -> tuple[Trial, ...]:
    """The trials of an intervention, in the order in which they are asked."""
    return tuple(
        _trial(key, said)
        for key, said in table("trials").items()
        if said["intervention"] == intervention.value
    )


def heard(intervention: Intervention, found: Findings) -> Heard:
    """The first trial that speaks of a woman with these findings, or why none does."""
    asked = trials(intervention)
    why_not = {trial.key: trial.why_not(found) for trial in asked}
    speaks = next((trial for trial in asked if not why_not[trial.key]), None)
    return Heard(
        intervention=intervention,
        trial=speaks,
        reasons=()
        if speaks
        else tuple(f"Not {key}: {'; '.join(why)}." for key, why in why_not.items()),
        others=tuple(trial for trial in asked if trial is not speaks),
    )


def treated(
    untreated: Duration, found: Findings, intervention: Intervention, rng: np.random.Generator
) -> Duration:
    """Her forecast under an intervention, by equation (1).

    Raises:
        UnsupportedClaimError: no trial speaks of her, or hers gives no relative risk that was
            checked against its source.
        InvalidInputError: the forecast is of another visit.

    """
    if untreated.visit_wk != found.week:
        raise InvalidInputError(
            f"The forecast is of week {untreated.visit_wk}, the findings are of week {found.week}."
        )
    if intervention is Intervention.WATCHFUL_WAITING:
        return untreated
    ratio, before_wk = applied(found, intervention)
    early = untreated.weeks < before_wk
    drawn = ratio.at(rng.standard_normal(len(untreated.draws)))
    return replace(
        untreated,
        draws=moved(untreated.draws, early, drawn),
        central=moved(untreated.central[None], early, np.array([ratio.value]))[0],
    )


def applied(found: Findings, intervention: Intervention) -> tuple[Quoted, int]:
    """The relative risk that may be applied to her, and the week before which it counts.

    Raises:
        UnsupportedClaimError: no trial speaks of her, or hers gives no relative risk that was
            checked against its source.

    """
    known = heard(intervention, found)
    if known.trial is None:
        raise UnsupportedClaimError("No trial that was read speaks of this woman.", *known.reasons)
    ratio = known.trial.risk_ratio
    if ratio is None:
        raise UnsupportedClaimError(known.trial.finding, "No relative risk was read of it.")
    if not known.trial.checked:
        raise UnsupportedClaimError(
            known.trial.finding, "Its figures were not checked against the source."
        )
    return ratio, known.trial.before_wk


def moved(chance: Array, early: NDArray[np.bool_], ratio: Array) -> Array:
    """Chances (draw, week) with those of the weeks `early` multiplied in sum by `ratio` (draw,)."""
    before = chance[:, early].sum(axis=1)
    after = np.minimum(ratio * before, 1 - (1 - before) / ratio)
    after = np.where(ratio > 1, after, ratio * before)
    power = np.divide(
        np.log1p(-after), np.log1p(-before), out=np.ones_like(after), where=before > 0
    )
    left = 1 - np.cumsum(chance[:, early], axis=1)
    start = np.ones((len(chance), 1))
    still = np.concatenate([start, np.maximum(left, 0.0) ** power[:, None]], axis=1)
    later = chance[:, ~early] * ((1 - after) / (1 - before))[:, None]
    return np.concatenate([-np.diff(still, axis=1), later], axis=1)


def _said(history: tuple[str, ...]) -> str:
    return " or ".join(name.replace("_", " ") for name in history)


def _trial(key: str, said: Mapping[str, Any]) -> Trial:
    first, last = said["weeks"]
    return Trial(
        key=key,
        intervention=Intervention(said["intervention"]),
        twins=said["twins"],
        weeks=(first, last),
        before_wk=said["before_wk"],
        finding=said["finding"],
        safety=said["safety"],
        source=said["source"],
        read=said["read"],
        checked=said.get("checked", True),
        risk_ratio=quoted(said["risk_ratio"]) if "risk_ratio" in said else None,
        longest_mm=said.get("length_mm"),
        below_mm=said.get("length_below_mm"),
        above_mm=said.get("length_above_mm"),
        history=tuple(said.get("history", ())),
    )
