"""Everything said of one pregnancy on a sheet that mother and doctor can both read.

Every chance stands beside that of all women with as many children who are still pregnant, every
intervention beside what its trials found.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from bodytwin.contract.case import Case
from bodytwin.contract.posterior import Posterior
from bodytwin.errors import InvalidPlanError
from bodytwin.numerics.inference import Progress
from bodytwin.twins.pregnancy.interventions import require_heard, words_of
from bodytwin.twins.pregnancy.model.cohort import share_shorter
from bodytwin.twins.pregnancy.model.duration import MARKS_WK, STATEMENT
from bodytwin.twins.pregnancy.model.findings import Findings, History
from bodytwin.twins.pregnancy.model.trials import MECHANICS, Intervention, heard
from bodytwin.twins.pregnancy.outcomes import (
    birth_wk,
    of_population,
    of_visit,
    under,
    week_of,
)
from bodytwin.twins.pregnancy.parameters import LUCK, Expecting, column

Array = NDArray[np.float64]
Shape = dict[str, Any]
RARE = 0.01
"""Below this, people are counted of 1000."""
HISTORIES = {
    History.NULLIPAROUS: "no earlier birth",
    History.TERM_ONLY: "earlier births at term",
    History.PRETERM_28_TO_36: "an earlier birth at 28 to 36 weeks",
    History.PRETERM_23_TO_27: "an earlier birth at 23 to 27 weeks",
}


def sheet(posterior: Posterior, progress: Progress) -> Shape:
    """What is known, chances and their course beside the population's, and each option."""
    case: Case[Expecting] = posterior.case
    known, now = case.inputs, week_of(case.now_h)
    population = of_population(known, now)
    untreated = of_visit(known, posterior.values)
    weeks, waiting = under(known, posterior.values, Intervention.WATCHFUL_WAITING, untreated, now)
    place = np.asarray(ndtr(column(posterior.values, LUCK)))
    options: list[Shape] = []
    for k, kind in enumerate(Intervention):
        progress(f"What of {words_of(kind)}", k / len(Intervention))
        options.append(_option(kind, posterior, untreated, population))
    return {
        "patient": case.patient,
        "variant": case.variant,
        "at": case.as_of.isoformat(),
        "gestation_d": int(case.now_h // 24),
        "found": dict(found_in_words(case)),
        "chances": _chances(weeks, waiting, population, now),
        "born": _born(birth_wk(weeks, waiting, place), weeks, population),
        "curve": _curve(weeks, waiting, population),
        "options": options,
        "statement": STATEMENT,
        "mechanics": MECHANICS,
        "assumed": list(case.assumed),
        "left_out": list(case.left_out),
    }


def found_in_words(case: Case[Expecting]) -> Mapping[str, Any]:
    """The findings, as people say them."""
    found = case.inputs.found
    said: Shape = {
        "visit_wk": found.week,
        "children": 2 if found.twins else 1,
        "cervical_length_mm": found.cervical_length_mm,
        "share_shorter": None,
        "history": None if found.history is None else HISTORIES[found.history],
        "fibronectin": _test(found),
    }
    if found.cervical_length_mm is not None:
        said["share_shorter"] = share_shorter(found.cervical_length_mm, week=found.week)
    return said


def _test(found: Findings) -> str | None:
    if found.fibronectin_positive is None:
        return None
    return "positive" if found.fibronectin_positive else "negative"


def _chances(weeks: Array, chance: Array, population: Array, now: float) -> list[Shape]:
    rows: list[Shape] = []
    for mark in (m for m in MARKS_WK if m > now):
        early = weeks < mark
        hers, theirs = chance[:, early].sum(axis=1), float(population[early].sum())
        low, high = np.quantile(hers, [0.05, 0.95])
        rows.append({
            "before_wk": mark, "mean": float(hers.mean()),
            "low90": float(low), "high90": float(high),
            "population": theirs, "of": 100 if min(hers.mean(), theirs) >= RARE else 1000,
        })  # fmt: skip
    return rows


def _born(draws: Array, weeks: Array, population: Array) -> Shape:
    low90, low50, median, high50, high90 = np.quantile(draws, [0.05, 0.25, 0.5, 0.75, 0.95])
    up_to = np.concatenate([[0.0], np.cumsum(population)])
    of_all = np.interp([0.05, 0.5, 0.95], up_to, np.append(weeks, weeks[-1] + 1))
    return {
        "unit": "wk", "low90": float(low90), "low50": float(low50), "median": float(median),
        "high50": float(high50), "high90": float(high90),
        "population": {"low90": of_all[0], "median": of_all[1], "high90": of_all[2]},
    }  # fmt: skip


def _curve(weeks: Array, chance: Array, population: Array) -> Shape:
    """The share still pregnant when each week begins."""

    def still(rows: Array) -> Array:
        left = 1 - np.cumsum(rows, axis=-1)
        return np.concatenate([np.ones((*rows.shape[:-1], 1)), left], axis=-1)

    low, median, high = np.quantile(still(chance), [0.05, 0.5, 0.95], axis=0)
    return {
        "week": np.append(weeks, weeks[-1] + 1).tolist(),
        "low90": low.tolist(), "median": median.tolist(), "high90": high.tolist(),
        "population": still(population).tolist(),
    }  # fmt: skip


def _option(
    kind: Intervention, posterior: Posterior, untreated: tuple[Array, Array], population: Array
) -> Shape:
    case: Case[Expecting] = posterior.case
    known, now = case.inputs, week_of(case.now_h)
    said: Shape = {
        "plan": words_of(kind), **_said(kind, known.found), "tried": True, "chances": [],
    }  # fmt: skip
    try:
        require_heard(kind, known.found, now)
    except InvalidPlanError:
        return said | {"tried": False}
    weeks, chance = under(known, posterior.values, kind, untreated, now)
    return said | {"chances": _chances(weeks, chance, population, now)}


def _said(kind: Intervention, found: Findings) -> Shape:
    """What the trial in women like her found, or why none speaks; and those in other women."""
    known = heard(kind, found)
    if kind is Intervention.WATCHFUL_WAITING:
        return {"finding": known.words(), "others": []}
    none = "No trial that was read took in women like her."
    return {
        "finding": known.trial.words() if known.trial else none,
        "others": [trial.words() for trial in known.others],
    }
