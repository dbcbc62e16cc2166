"""The answer in a few sentences: what is expected, what to do, and how far to trust it."""

import math
from dataclasses import dataclass

import numpy as np

from bodytwin.contract.comparison import Option
from bodytwin.contract.forecast import Band, Forecast
from bodytwin.report.attainment import curves, said
from bodytwin.report.bands import Bands
from bodytwin.report.page import Page
from bodytwin.report.words import (
    UNKNOWN,
    hours,
    name_words,
    number,
    percent,
    percent_span,
    span,
    with_unit,
)
from bodytwin.validity.claim import Level
from bodytwin.validity.envelope import Where
from bodytwin.validity.scorecard import ScoreCard

STANDINGS = {
    Level.SIMULATOR: "a simulator, not yet personalised",
    Level.PERSONALISED: "personalised; its forecasts have not yet earned trust on real patients",
    Level.SCORED: "scored on real patients; entitled to forecast, not to rank options",
    Level.DECISION: "scored on real patients; entitled to forecast and to rank options",
}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A word to find it by, and what is said."""

    lead: str
    words: str


def answer(page: Page) -> tuple[Sentence, ...]:
    """Say the answer; what is not known is said to be so."""
    return tuple(s for s in (_expected(page), _plans(page), _trust(page), _applies(page)) if s)


def _expected(page: Page) -> Sentence | None:
    if page.foretold:
        return Sentence("Expected", _forecast(page.foretold[0].forecast, 0))
    f = page.levels
    if f is None or not f.targets:
        return Sentence("Expected", "No forecast was made.")
    ahead = [j for j, t in enumerate(f.targets) if t.time_h > page.case.now_h]
    return Sentence("Expected", _forecast(f, max(ahead, key=lambda j: f.targets[j].time_h))
                    if ahead else "Nothing beyond the present was forecast.")  # fmt: skip


def band_of(f: Forecast, target: int) -> tuple[Band, Band]:
    """Summarise what would be read at one target, by the twin and by the population alone."""
    at = np.array([f.targets[target].time_h])
    unit = f.targets[target].unit
    pair = (Bands.of(at, d[:, [target]]).at(0) for d in (f.observable, f.prior_observable))
    own, people = (
        Band(low90=a, low50=b, median=m, high50=c, high90=d, unit=unit) for a, b, m, c, d in pair
    )
    return own, people


def _forecast(f: Forecast, target: int) -> str:
    t, (own, people) = f.targets[target], band_of(f, target)
    if not math.isfinite(own.median):
        return "The forecast could not be computed."
    words = (
        f"{name_words(t.quantity)} {hours(t.time_h - f.issued_h)} from now is expected to be read "
        f"at {number(own.median)} ({span(own.low90, own.high90, t.unit)} in 9 of 10 cases, "
        f"{span(own.low50, own.high50, t.unit)} in half), under: {f.plan}. The population alone "
        f"says {number(people.median)} ({span(people.low90, people.high90, t.unit)})"
    )
    last = float(f.last_value[target])
    return words + (
        f"; the last value carried forward, {with_unit(number(last), t.unit)}."
        if math.isfinite(last)
        else "."
    )


def _plans(page: Page) -> Sentence | None:
    c = page.comparison
    if c is None or not c.options:
        return None
    if c.best is None:
        return Sentence("Options", c.ranking)
    option = next((o for o in c.options if o.plan == c.best), None)
    chance = _chances(page, option) if option else ""
    return Sentence("Options", f"{c.ranking} {chance}".strip())


def _chances(page: Page, option: Option) -> str:
    parts: list[str] = []
    for curve in curves(page):
        d = next((d for d in curve.doses if d.label == option.plan), None)
        if d is None:
            continue
        if curve.target:
            parts.append(f"{curve.outcome} {curve.target}: {said(d.in_target)}")
        if d.harm and curve.harm:
            parts.append(f"harm ({curve.harm}): {said(d.harm)}")
    return f"Chance of {'; '.join(parts)}." if parts else ""


def _trust(page: Page) -> Sentence:
    if not page.cards:
        return Sentence(
            "Trust", "No forecast of this model has been scored on real patients here: "
            "treat every number as a hypothesis.",
        )  # fmt: skip
    return Sentence("Trust", " ".join(card_line(c) for c in page.cards[:2]))


def card_line(c: ScoreCard) -> str:
    """Say a score card in one line."""
    cover, over, last = c.coverage90, c.skill_over_population, c.skill_over_last_value
    words = (
        f"On {c.forecasts} forecasts of {name_words(c.quantity).lower()} in {c.patients} patients, "
        f"{percent(cover.value)} of measurements fell inside the 90 % interval "
        f"(95 % interval {percent_span(cover.low, cover.high)})"
    )
    for estimate, whom in ((over, "the population"), (last, "the last value carried forward")):
        if math.isfinite(estimate.value):
            kind = "less" if estimate.value >= 0 else "more"
            words += (
                f"; error {abs(estimate.value) * 100:.0f} % {kind} than that of {whom} "
                f"(saved: {_signed(estimate.low, estimate.high)})"
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
    return Sentence("Applies", " ".join([words + verdict, *a.reasons]))
