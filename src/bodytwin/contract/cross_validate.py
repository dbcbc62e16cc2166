"""Forecast each patient with a population learned from the other ones.

A published population may rest on the very patients it is tried on. Here the
population is learned anew without each patient, or without each of `folds`
groups of patients, so that nothing of a patient reaches their own forecast.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from bodytwin.contract.case import Case
from bodytwin.contract.replay import Replayed, replay
from bodytwin.contract.twin import LearningTwin, Twin
from bodytwin.errors import InvalidInputError, MissingDataError
from bodytwin.numerics.inference import Method, Progress, silent
from bodytwin.record import Record


def cross_validate(  # noqa: PLR0913
    twin: Twin,
    records: Sequence[Record],
    *,
    variant: str,
    folds: int | None = None,
    method: Method | None = None,
    draws: int = 2000,
    seed: int = 0,
    only_last: bool = False,
    progress: Progress = silent,
) -> Iterator[Replayed]:
    """Replay every record under a population from which its patient was left out.

    `folds` None leaves out one patient at a time. Groups are drawn by `seed`.
    Records that the variant cannot see raise its refusal: leave them out first.
    """
    if not isinstance(twin, LearningTwin):
        raise InvalidInputError(f"The twin {twin.name} cannot learn a population.")
    cases: list[Case[Any]] = [twin.observe(r, variant=variant) for r in records]
    count = len(records) if folds is None else folds
    if not 2 <= count <= len(records):
        raise MissingDataError(
            f"{len(records)} patients cannot be split into {count} groups; at least two are needed."
        )
    group = np.random.default_rng(seed).permutation(len(records)) % count
    progress("Learning the population", 0.0)
    whole = twin.learn(cases, variant=variant)
    for k in range(count):
        progress(f"Leaving out group {k + 1} of {count}", k / count)
        kept = [c for c, g in zip(cases, group, strict=True) if g != k]
        without = twin.learn(kept, variant=variant, near=whole)
        for record, g in zip(records, group, strict=True):
            if g == k:
                yield from replay(
                    without,
                    record,
                    variant=variant,
                    method=method,
                    draws=draws,
                    seed=seed,
                    only_last=only_last,
                )
    progress("Cross-validated", 1.0)
