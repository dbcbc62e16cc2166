"""Learn the population of courses from patients, by maximal likelihood.

The likelihood of `model.path` is exact given restlessness, which is summed over seven
Gauss-Hermite nodes. Its logarithm is climbed by L-BFGS with forward differences, from the numbers
of the file or those learned from much the same patients. A prior of sd 3 on each (logarithmic)
number, centred on the file's, keeps finite what few patients leave open.

Readings of patients who left are used up to the last: what made them leave is then in their
history as far as the readings tell, and biases nothing (missing at random); what does not show in
a reading is not seen.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bodytwin.contract.case import Case
from bodytwin.errors import MissingDataError, NumericalError
from bodytwin.numerics.inference import Censoring, Progress, silent
from bodytwin.twins.tumour.model.path import Courses, PathNumbers, log_likelihood, nodes_of
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
LOGARITHMIC = np.array([1, 2, 3, 5, 9, 11, 14, 15])
"""Places of packed numbers above zero; the offset in place 0 is kept."""


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
    return replace(population, numbers=found, patients=len(usable), readings=len(courses.time_a))


def _free(numbers: PathNumbers) -> Array:
    packed = numbers.packed()
    packed[LOGARITHMIC] = np.log(np.maximum(packed[LOGARITHMIC], 1e-8))
    return packed[1:]


def _packed(free: Array, offset_mm: float) -> Array:
    packed = np.concatenate([[offset_mm], free])
    packed[LOGARITHMIC] = np.exp(np.clip(packed[LOGARITHMIC], -20.0, 20.0))
    return packed


def _climbed(
    courses: Courses, start: PathNumbers, known: PathNumbers, progress: Progress
) -> PathNumbers:
    node, log_weight = nodes_of(NODES)
    data = (courses.time_a, courses.diameter_mm, courses.spread_mm, courses.start)
    count, rounds, centre = len(courses.start) - 1, 0, _free(known)

    def loss(free: Array) -> float:
        p = _packed(free, start.offset_mm)
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
    return unpacked(_packed(found.x, start.offset_mm), start.largest_mm)


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
