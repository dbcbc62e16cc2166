r"""Which measurement, taken next, would improve the decision most.

The expected value of sample information of a measurement y is

.. math::
    E_y \max_a E[u(a) \mid y] - \max_a E[u(a)]                            \tag{1}

estimated from the draws that a comparison already holds: each simulated y
reweights the draws by its likelihood, so no new simulation of plans is needed.

Source: Heath, Manolopoulou, Baio, *Med Decis Making* 2017;37:747-758 reviews the
estimators; this is the plain importance-weighted one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bodytwin.contract.case import Target
from bodytwin.contract.comparison import Array, Comparison
from bodytwin.contract.personalise import random_stream, with_error
from bodytwin.contract.plan import Plan
from bodytwin.contract.posterior import Posterior
from bodytwin.contract.twin import Twin
from bodytwin.errors import InvalidInputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """How much the expected utility would rise by measuring `target`, and the error of that.

    `sd_before` and `sd_after` are of the true value there, in the unit of the target.
    """

    target: Target
    expected_gain: float
    expected_gain_se: float
    sd_before: float
    sd_after: float


def next_measurement(
    twin: Twin,
    posterior: Posterior,
    comparison: Comparison,
    candidates: Sequence[Target],
    *,
    plan: Plan[Any] | None = None,
    simulated: int = 400,
    seed: int = 0,
) -> tuple[Worth, ...]:
    """The candidates with what each is expected to be worth, most first.

    `comparison` must have been made from `posterior`; `plan` is what is done until the
    candidate times. `simulated` outcomes are
    tried for each candidate.
    """
    if comparison.posteriors != (posterior.id,):
        raise InvalidInputError("The comparison was made from another posterior.")
    value = np.column_stack([o.utility for o in comparison.options])
    rng = random_stream(seed, posterior.case, "next measurement")
    picked = rng.choice(len(value), size=min(simulated, len(value)), replace=False)
    noise = rng.standard_normal(len(picked))
    true = twin.simulate(posterior.case, posterior.values, plan, candidates)
    worth = [
        _worth(twin, posterior, target, true[:, j], value, picked, noise)
        for j, target in enumerate(candidates)
    ]
    return tuple(sorted(worth, key=lambda w: (-w.expected_gain, w.sd_after)))


def _worth(
    twin: Twin, posterior: Posterior, target: Target, true: Array, value: Array,
    picked: np.ndarray, noise: Array,
) -> Worth:  # fmt: skip
    error = twin.error_of(posterior.case, target.quantity)
    read = with_error(true[picked], error, noise)
    unit_step = np.ones_like(true)
    if error.log_sd > 0:
        gap, sd = np.log(read[:, None] / true[None, :]), np.full_like(true, error.log_sd)
    else:
        gap, sd = read[:, None] - true[None, :], with_error(true, error, unit_step) - true
    log_weight = -0.5 * (gap / sd) ** 2 - np.log(sd)
    weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    weight /= weight.sum(axis=1, keepdims=True)
    best_after = (weight @ value).max(axis=1)
    chosen_now = value[:, int(np.argmax(value.mean(axis=0)))]
    stay_after = weight @ chosen_now
    gain = best_after - stay_after
    gain[gain < 1e-12] = 0.0
    mean_after = weight @ true
    variance_after = np.maximum(weight @ (true**2) - mean_after**2, 0.0)
    return Worth(
        target=target,
        expected_gain=float(gain.mean()),
        expected_gain_se=float(gain.std() / np.sqrt(len(gain))),
        sd_before=float(true.std()),
        sd_after=float(np.sqrt(variance_after.mean())),
    )
