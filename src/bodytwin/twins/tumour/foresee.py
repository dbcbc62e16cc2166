"""Many patients at once: what will be read in each, from the exact mixture over restlessness."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.case import Case, Target
from bodytwin.errors import InvalidInputError
from bodytwin.twins.tumour.learn import courses_of
from bodytwin.twins.tumour.model.path import ahead, diameter_of, nodes_of
from bodytwin.twins.tumour.observe import DIAMETER, VOLUME
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
    times = np.array([t.time_h for own in targets for t in own]) / HOURS_PER_A
    start = np.concatenate([[0], np.cumsum([len(own) for own in targets])]).astype(np.int64)
    weight, mean, sd = ahead(
        c.time_a, c.diameter_mm, c.spread_mm, c.start, population.numbers.packed(),
        node, log_weight, times, start,
    )  # fmt: skip
    found: list[Array] = []
    even = (np.arange(draws) + 0.5) / draws
    for i, own in enumerate(targets):
        at = np.searchsorted(np.cumsum(weight[i]), even * (1 - 1e-12))
        at = np.minimum(at, NODES - 1)
        rows = slice(start[i], start[i + 1])
        noise = rng.standard_normal((draws, len(own)))
        x = mean[rows].T[at] + sd[rows].T[at] * noise
        size = diameter_of(population.numbers, x)
        volume = np.array([t.quantity == VOLUME for t in own])
        found.append(np.where(volume, population.volume_per_cube * size**3, size))
    return found
