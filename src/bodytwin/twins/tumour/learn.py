"""Learn the population of courses from patients, by maximal likelihood.

The likelihood of `model.path` is exact given restlessness, which is summed over seven
Gauss-Hermite nodes. Its logarithm is climbed by L-BFGS with forward differences, from the numbers
of the file or those learned from much the same patients. A prior of sd 3 on each (logarithmic)
number, centred on the file's, keeps finite what few patients leave open.

The steps ahead (`model.step`) are learned after it, from every step after a second reading.

Readings of patients who left are used up to the last: what made them leave is then in their
history as far as the readings tell, and biases nothing (missing at random); what does not show in
a reading is not seen.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bodytwin.contract.case import Case
from bodytwin.errors import MissingDataError, NumericalError
from bodytwin.numerics.inference import Censoring, Progress, silent
from bodytwin.twins.tumour.model.path import (
    Courses,
    PathNumbers,
    log_likelihood,
    log_likelihoods,
    nodes_of,
)
from bodytwin.twins.tumour.model.step import SAME_MM, SOONEST_A, Steps, learned
from bodytwin.twins.tumour.parameters import HOURS_PER_A, Followed
from bodytwin.twins.tumour.population import TumourPopulation

Array = NDArray[np.float64]
FEWEST = 20
"""Patients below which no population is learned."""
NODES = 7
STEP = 1e-5
WIDTH = 3.0
"""Sd of a weak prior about the numbers of the file, so that courses too alike have a population."""
IMPOSSIBLE = 1e9
LOGARITHMIC = np.array([1, 2, 3, 9, 11, 14, 15])
"""Places of packed numbers above zero."""
GIVEN = np.array([0, 5])
"""Places of numbers that are kept: the offset, and the error, that of whole millimetres."""


def courses_of(cases: Sequence[Case[Followed]]) -> Courses:
    """The readings of many cases; one below the limit is an even spread below it."""
    time: list[float] = []
    size: list[float] = []
    spread: list[float] = []
    start = [0]
    for case in cases:
        for m in case.measurements:
            low = m.censoring == Censoring.BELOW
            time.append(m.time_h / HOURS_PER_A)
            size.append(m.value / 2 if low else m.value)
            spread.append(m.value / math.sqrt(12.0) if low else 0.0)
        start.append(len(time))
    return Courses(
        time_a=np.array(time),
        diameter_mm=np.array(size),
        spread_mm=np.array(spread),
        start=np.array(start, dtype=np.int64),
    )


def learn(
    population: TumourPopulation,
    cases: Sequence[Case[Followed]],
    *,
    near: TumourPopulation | None = None,
    progress: Progress = silent,
) -> TumourPopulation:
    """The population of `cases` and nothing else; `near` only shortens the search.

    Raises MissingDataError with fewer than 20 patients.
    """
    usable = [c for c in cases if c.measurements]
    if len(usable) < FEWEST:
        raise MissingDataError(
            f"A population of courses is learned from at least {FEWEST} patients with readings, "
            f"got {len(usable)}."
        )
    start = (near or population).numbers
    courses = courses_of(usable)
    found = _climbed(courses, start, population.numbers, progress)
    return replace(
        population,
        numbers=found,
        steps=learned(steps_of(courses, found), population.steps),
        patients=len(usable),
        readings=len(courses.time_a),
    )


def steps_of(c: Courses, numbers: PathNumbers) -> Steps:
    """The steps from every reading but the first to the next and to the one after it."""
    spans = list(pairwise(c.start.tolist()))
    pairs = np.array(
        [
            (a, i, i + j)
            for a, b in spans
            for i in range(a + 1, b)
            for j in (1, 2)
            if i + j < b and c.time_a[i + j] > c.time_a[i]
        ],
        dtype=np.int64,
    ).reshape(-1, 3)
    first, at, to = pairs.T
    x = np.log(c.diameter_mm + numbers.offset_mm)
    seen = c.spread_mm == 0
    same = np.zeros(len(x), dtype=np.bool_)
    same[1:] = (np.abs(np.diff(c.diameter_mm)) < SAME_MM) & (seen[1:] == seen[:-1])
    total = np.cumsum(same)
    return Steps(
        span_a=np.maximum(c.time_a[to] - c.time_a[at], SOONEST_A),
        x=x[at],
        gain=x[to] - x[at],
        log_restless=_log_restless(c, numbers, first, at + 1),
        repeats=(total[at] - total[first]).astype(np.float64),
        earlier=(at - first).astype(np.float64),
        same=(np.abs(c.diameter_mm[to] - c.diameter_mm[at]) < SAME_MM) & (seen[at] == seen[to]),
        seen=seen[at],
        known=seen[to],
    )


def _log_restless(
    c: Courses, numbers: PathNumbers, first: NDArray[np.int64], end: NDArray[np.int64]
) -> Array:
    """Mean of ln v given readings `first` until `end` of each, (course,)."""
    node, log_weight = nodes_of(NODES)
    rows = np.concatenate([np.arange(a, b) for a, b in zip(first, end, strict=True)] or [first])
    start = np.concatenate([[0], np.cumsum(end - first)]).astype(np.int64)
    fit = log_likelihoods(
        c.time_a[rows], c.diameter_mm[rows], c.spread_mm[rows], start, numbers.packed(),
        node, log_weight,
    )  # fmt: skip
    share = np.exp(fit - fit.max(axis=1, keepdims=True))
    return numbers.restlessness_log_sd * (share @ node) / share.sum(axis=1)


def _free(numbers: PathNumbers) -> Array:
    packed = numbers.packed()
    packed[LOGARITHMIC] = np.log(np.maximum(packed[LOGARITHMIC], 1e-8))
    return np.delete(packed, GIVEN)


def _packed(free: Array, start: PathNumbers) -> Array:
    packed = start.packed()
    packed[np.delete(np.arange(len(packed)), GIVEN)] = free
    packed[LOGARITHMIC] = np.exp(np.clip(packed[LOGARITHMIC], -20.0, 20.0))
    return packed


def _climbed(
    courses: Courses, start: PathNumbers, known: PathNumbers, progress: Progress
) -> PathNumbers:
    node, log_weight = nodes_of(NODES)
    data = (courses.time_a, courses.diameter_mm, courses.spread_mm, courses.start)
    count, rounds, centre = len(courses.start) - 1, 0, _free(known)

    def loss(free: Array) -> float:
        p = _packed(free, start)
        fit = -float(log_likelihood(*data, p, node, log_weight))
        held = 0.5 * float(((free - centre) ** 2).sum()) / WIDTH**2
        return (fit + held) / count if math.isfinite(fit) else IMPOSSIBLE

    def slope(free: Array) -> tuple[float, Array]:
        here = loss(free)
        moved = [loss(free + STEP * axis) for axis in np.eye(len(free))]
        return here, (np.array(moved) - here) / STEP

    def told(_: Array) -> None:
        nonlocal rounds
        rounds += 1
        progress("Learning the population", min(0.95, rounds / 60))

    found: Any = minimize(
        slope, _free(start), jac=True, method="L-BFGS-B", callback=told,
        options={"maxiter": 200, "ftol": 1e-9},
    )  # fmt: skip
    if found.fun >= IMPOSSIBLE:
        raise NumericalError("The population could not be learned: the likelihood is not finite.")
    return unpacked(_packed(found.x, start), start.largest_mm)


def unpacked(p: Array, largest_mm: float) -> PathNumbers:
    """The numbers from their places in the kernels."""
    f = [float(x) for x in p]
    return PathNumbers(
        offset_mm=f[0],
        largest_mm=largest_mm,
        slowing_per_a=f[15],
        waning_per_a=f[1],
        wander_per_root_a=f[2],
        restlessness_log_sd=f[3],
        trend_power=f[4],
        error_log_sd=f[5],
        mean=(f[6], f[7], f[8]),
        lower=((f[9], 0.0, 0.0), (f[10], f[11], 0.0), (f[12], f[13], f[14])),
    )
