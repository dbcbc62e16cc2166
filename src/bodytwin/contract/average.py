"""Several published models of one medicine, weighed by how well each foresaw this patient.

Source: Uster DW et al., *Clin Pharmacol Ther* 2021;109:175-183 (model averaging and
selection for vancomycin); the weights here are posterior model probabilities from the
marginal likelihood, under equal prior probabilities.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bodytwin.contract.comparison import Array, Option
from bodytwin.contract.forecast import Forecast
from bodytwin.contract.posterior import Posterior
from bodytwin.errors import InvalidInputError


def model_weights(posteriors: Sequence[Posterior]) -> Array:
    """Posterior probability of each model, (model,), adding to one.

    All must have seen the same measurements; with none, all weigh the same.
    """
    seen = {
        tuple((m.quantity, m.time_h, m.value, m.unit) for m in p.case.measurements)
        for p in posteriors
    }
    if len(seen) != 1:
        raise InvalidInputError("Models can be weighed only on the same measurements.")
    log_evidence = np.array([p.method.log_evidence for p in posteriors])
    weight = np.exp(log_evidence - log_evidence.max())
    return weight / weight.sum()


def _shares(weights: Array, total: int) -> list[int]:
    edges = np.round(np.cumsum(weights) * total).astype(int)
    return [int(n) for n in np.diff(np.concatenate([[0], edges]))]


def average_forecasts(forecasts: Sequence[Forecast], weights: Array) -> Forecast:
    """One forecast whose draws come from each model in proportion to its weight."""
    first = forecasts[0]
    if any(f.targets != first.targets or f.plan != first.plan for f in forecasts):
        raise InvalidInputError("Only forecasts of the same targets under the same plan can mix.")
    take = _shares(weights, len(first.latent))

    def mixed(name: str) -> Array:
        parts = [getattr(f, name)[:n] for f, n in zip(forecasts, take, strict=True)]
        return np.concatenate(parts)

    told = [f"{f.variant} {w:.0%}" for f, w in zip(forecasts, weights, strict=True)]
    return replace(
        first,
        variant=" + ".join(f.variant for f in forecasts),
        posterior=" ".join(f.posterior for f in forecasts),
        latent=mixed("latent"),
        observable=mixed("observable"),
        prior_observable=mixed("prior_observable"),
        remarks=(
            *dict.fromkeys(r for f in forecasts for r in f.remarks),
            "Weights of the models: " + ", ".join(told) + ".",
        ),
    )


def average_options(per_model: Sequence[Sequence[Option]], weights: Array) -> tuple[Option, ...]:
    """Options whose draws come from each model in proportion to its weight."""
    take = _shares(weights, len(per_model[0][0].utility))
    mixed: list[Option] = []
    for same_plan in zip(*per_model, strict=True):
        first = same_plan[0]
        outcomes = {
            name: replace(
                outcome,
                draws=np.concatenate(
                    [o.outcomes[name].draws[:n] for o, n in zip(same_plan, take, strict=True)]
                ),
            )
            for name, outcome in first.outcomes.items()
        }
        utility = np.concatenate([o.utility[:n] for o, n in zip(same_plan, take, strict=True)])
        mixed.append(Option(plan=first.plan, outcomes=outcomes, utility=utility))
    return tuple(mixed)
