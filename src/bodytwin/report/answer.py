"""The answer in a few sentences: what is expected, what to do, and how far to trust it."""

import math
import re
from dataclasses import dataclass

import numpy as np

from bodytwin.contract.comparison import Comparison, Option
from bodytwin.contract.forecast import Band, Forecast
from bodytwin.report.attainment import compared, said
from bodytwin.report.bands import Bands
from bodytwin.report.calibration import made_words
from bodytwin.report.page import Page
from bodytwin.report.words import (
    UNKNOWN,
    hours,
    lowered,
    name_words,
    number,
    percent,
    percent_span,
    span,
    unbroken,
    with_unit,
)
from bodytwin.validity.claim import Level, Support
from bodytwin.validity.envelope import Where
from bodytwin.validity.scorecard import ScoreCard

FEW = 3
STANDINGS = {
    Level.SIMULATOR: "a simulator, not yet personalised",
    Level.PERSONALISED: "personalised; its forecasts have not yet earned trust on real patients",
    Level.SCORED: "scored on real patients; entitled to forecast, not to rank options",
    Level.DECISION: "scored on real patients; entitled to forecast and to rank options",
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A word to find it by, what is said, and what stands behind it."""

    lead: str
    words: str
    note: str = ""


def answer(page: Page) -> tuple[Sentence, ...]:
    """Say the answer; what is not known is said to be so."""
    return tuple(s for s in (_expected(page), _plans(page), _trust(page), _applies(page)) if s)


def _expected(page: Page) -> Sentence | None:
    if page.foretold:
        return _forecast(page.foretold[0].forecast, 0)
    f = page.levels
    if f is None or not f.targets:
        return Sentence("Expected", "No forecast was made.")
    ahead = [j for j, t in enumerate(f.targets) if t.time_h > page.case.now_h]
    if not ahead:
        return Sentence("Expected", "Nothing beyond the present was forecast.")
    return _forecast(f, max(ahead, key=lambda j: f.targets[j].time_h))


def band_of(f: Forecast, target: int) -> tuple[Band, Band]:
    """Summarise what would be read at one target, by the twin and by the population alone."""
    at = np.array([f.targets[target].time_h])
    unit = f.targets[target].unit
    pair = (Bands.of(at, d[:, [target]]).at(0) for d in (f.observable, f.prior_observable))
    own, people = (
        Band(low90=a, low50=b, median=m, high50=c, high90=d, unit=unit) for a, b, m, c, d in pair
    )
    return own, people


def _forecast(f: Forecast, target: int) -> Sentence:
    t, (own, people) = f.targets[target], band_of(f, target)
    if not math.isfinite(own.median):
        return Sentence("Expected", "The forecast could not be computed.")
    words = (
        f"In {hours(t.time_h - f.issued_h)} {lowered(name_words(t.quantity))} should read "
        f"{with_unit(number(own.median), t.unit)}: nine times in ten from "
        f"{span(own.low90, own.high90)}, half of the time from {span(own.low50, own.high50)}."
    )
    last = float(f.last_value[target])
    carried = with_unit(number(last), t.unit) if math.isfinite(last) else "none"
    note = (
        f"If what is done is: {unbroken(f.plan)}. Without this patient's measurements the "
        f"population says {number(people.median)} ({span(people.low90, people.high90, t.unit)}); "
        f"last value carried forward: {carried}."
    )
    return Sentence("Expected", words, note)


def _plans(page: Page) -> Sentence | None:
    c = page.comparison
    if c is None or not c.options:
        return None
    shown = [o for o in c.options if o.plan == c.best] if c.best else c.options
    chances = [(o.plan, _chances(c, o)) for o in shown]
    told = [f"{unbroken(plan)}: {words}." for plan, words in chances if words]
    told = told if len(told) <= FEW else []
    return Sentence("Options", c.ranking, " ".join(told))


def _chances(c: Comparison, option: Option) -> str:
    parts: list[str] = []
    for curve in compared(c):
        d = next((d for d in curve.doses if d.label == option.plan), None)
        if d is None:
            continue
        name = lowered(curve.outcome)
        if curve.target:
            parts.append(f"{name} {curve.target} in {said(d.in_target)}")
        if d.harm and curve.harm:
            parts.append(f"{name} {curve.harm}, which harms, in {said(d.harm)}")
    return "; ".join(parts)


def _trust(page: Page) -> Sentence:
    if page.cards:
        words = " ".join(card_line(c) for c in page.cards[:2])
    else:
        words = _validated(page) or (
            "No forecast of this model has been scored on real patients: treat every number as a "
            "hypothesis."
        )
    held, count = sum(j.score.covered90 for j in page.judged), len(page.judged)
    note = (
        f"In this patient {held} of {count} measured values fell inside the 90 % interval; "
        f"{made_words(page.judged)}."
    )
    return Sentence("Trust", words, note if count else "")


def _validated(page: Page) -> str:
    found = [
        f
        for e in page.evidence
        for c in e.claims
        for f in c.findings
        if f.support is Support.VALIDATION
    ]
    words = " ".join(f.words if f.passed else f"Fails: {f.words}" for f in found[:FEW])
    return re.sub(r"(?<=[\s(])-(?=\d)", "−", words)


def card_line(c: ScoreCard) -> str:
    """Say a score card in one line."""
    cover, over, last = c.coverage90, c.skill_over_population, c.skill_over_last_value
    words = (
        f"On {c.forecasts} forecasts of {lowered(name_words(c.quantity))} in {c.patients} "
        f"patients, {percent(cover.value)} of measurements fell inside the 90 % interval "
        f"(95 % interval {percent_span(cover.low, cover.high)})"
    )
    for estimate, whom in ((over, "the population"), (last, "the last value carried forward")):
        if math.isfinite(estimate.value):
            kind = "smaller" if estimate.value >= 0 else "larger"
            words += (
                f"; errors were {abs(estimate.value) * 100:.0f} % {kind} than those of {whom} "
                f"({_signed(estimate.low, estimate.high)})"
            )
    return words + "."


def _signed(low: float, high: float) -> str:
    if not math.isfinite(low + high):
        return UNKNOWN
    return f"{low * 100:.0f} to {high * 100:.0f} %".replace("-", "−")


def _applies(page: Page) -> Sentence | None:
    a = page.applicability
    fit = page.posterior.fit
    words = "" if fit.describes_the_data else fit.words + " "
    if a is None:
        return Sentence("Applies", words.strip()) if words else None
    verdict = {
        Where.INSIDE: "This patient is like those the model was made from.",
        Where.EDGE: "This patient is at the edge of those the model was made from.",
        Where.OUTSIDE: "This patient is OUTSIDE those the model was made from.",
    }[a.where]
    return Sentence("Applies", words + verdict, " ".join(r[:1].upper() + r[1:] for r in a.reasons))
