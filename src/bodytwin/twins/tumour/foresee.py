"""Many patients at once: what will be read in each, from the exact mixture over restlessness.

A patient of whom nothing was read is foreseen by the path alone.
"""

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from bodytwin.contract.case import Case, Target
from bodytwin.errors import InvalidInputError
from bodytwin.twins.tumour.learn import courses_of
from bodytwin.twins.tumour.model.path import ahead, diameter_of, nodes_of
from bodytwin.twins.tumour.model.step import steps_ahead
from bodytwin.twins.tumour.observe import DIAMETER, VOLUME, before
from bodytwin.twins.tumour.parameters import HOURS_PER_A, Followed
from bodytwin.twins.tumour.population import TumourPopulation

Array = NDArray[np.float64]
NODES = 15


def foreseen(
    population: TumourPopulation,
    cases: Sequence[Case[Followed]],
    targets: Sequence[Sequence[Target]],
    *,
    draws: int,
    rng: np.random.Generator,
) -> list[Array]:
    """Draws of readings, (draw, target) for each case, treatment going on; each target by itself.

    Error of measuring included. Draws are spread evenly over probability, in random order.
    """
    if any(t.quantity not in (DIAMETER, VOLUME) for own in targets for t in own):
        raise InvalidInputError(f"This twin foresees {DIAMETER} and {VOLUME}.")
    c = courses_of(cases)
    node, log_weight = nodes_of(NODES)
    known = [before(case.measurements) if case.measurements else None for case in cases]
    asked = [np.array([t.time_h for t in own]) / HOURS_PER_A for own in targets]
    times = [
        t if b is None else np.full_like(t, b.last_a) for t, b in zip(asked, known, strict=True)
    ]
    start = np.concatenate([[0], np.cumsum([len(own) for own in targets])]).astype(np.int64)
    weight, mean, sd = ahead(
        c.time_a, c.diameter_mm, c.spread_mm, c.start, population.numbers.packed(),
        node, log_weight, np.concatenate(times), start,
    )  # fmt: skip
    found: list[Array] = []
    even = (np.arange(draws) + 0.5) / draws
    for i, own in enumerate(targets):
        at = np.searchsorted(np.cumsum(weight[i]), even * (1 - 1e-12))
        at = np.minimum(at, NODES - 1)
        rows = slice(start[i], start[i + 1])
        x = mean[rows].T[at] + sd[rows].T[at] * rng.standard_normal((draws, len(own)))
        restless = np.exp(population.numbers.restlessness_log_sd * node[at])
        for j in range(len(own)):
            if b := known[i]:
                step = steps_ahead(
                    population.steps, b, x[:, j], restless, _even(draws, rng), asked[i][[j]]
                )
                x[:, j] += step[:, 0]
        size = diameter_of(population.numbers, x)
        volume = np.array([t.quantity == VOLUME for t in own])
        found.append(np.where(volume, population.volume_per_cube * size**3, size))
    return found


def _even(draws: int, rng: np.random.Generator) -> Array:
    """Two standard normal deviates for each draw, spread evenly, in random order."""
    even = cast(Array, ndtri((np.arange(draws) + 0.5) / draws))
    return np.column_stack([rng.permutation(even), rng.permutation(even)])
