"""Say what will be measured, before it is."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from bodytwin.contract.case import Case, Target
from bodytwin.contract.forecast import Forecast
from bodytwin.contract.personalise import random_stream, require_fit, with_error
from bodytwin.contract.plan import Plan
from bodytwin.contract.posterior import Array, Posterior
from bodytwin.contract.twin import PopulationTwin, Twin
from bodytwin.errors import InvalidInputError


def forecast(
    twin: Twin,
    posterior: Posterior,
    targets: Sequence[Target],
    *,
    plan: Plan[Any] | None = None,
    seed: int = 0,
) -> Forecast:
    """Draws of what will be measured at `targets` if `plan` is carried out.

    The same is computed for a patient of whom nothing was measured, and the
    last measurement carried forward stands beside both. Raises MisfitError
    where the posterior does not describe the patient's data.
    """
    require_fit(posterior)
    return forecast_unguarded(twin, posterior, targets, plan=plan, seed=seed)


def forecast_unguarded(
    twin: Twin,
    posterior: Posterior,
    targets: Sequence[Target],
    *,
    plan: Plan[Any] | None = None,
    seed: int = 0,
) -> Forecast:
    """As `forecast`, also where the model does not fit: for scoring, never for showing."""
    if not targets:
        raise InvalidInputError("A forecast needs at least one target: a quantity and a time.")
    case = posterior.case
    if plan is not None:
        twin.check_plan(case, plan)
    rng = random_stream(seed, case, "forecast")
    count = len(posterior.values)
    population = posterior.prior.draw(count, rng)
    noise = rng.standard_normal((count, len(targets)))
    latent = twin.simulate(case, posterior.values, plan, targets)
    failed = int(np.isnan(latent).any(axis=1).sum())
    before = _before(twin, case, population, plan, targets)
    return Forecast(
        patient=case.patient,
        twin=case.twin,
        version=case.version,
        variant=case.variant,
        plan=plan.name if plan else "nothing more is given",
        posterior=posterior.id,
        made_with=posterior.method.name,
        issued_h=case.now_h,
        targets=tuple(targets),
        latent=latent,
        observable=_as_measured(twin, case, targets, latent, noise),
        prior_observable=_as_measured(twin, case, targets, before, noise),
        last_value=_carried_forward(case, targets),
        remarks=(*case.assumed, *([f"{failed} of {count} runs failed."] if failed else [])),
        seed=seed,
    )


def _before(
    twin: Twin,
    case: Case[Any],
    population: Array,
    plan: Plan[Any] | None,
    targets: Sequence[Target],
) -> Array:
    if isinstance(twin, PopulationTwin):
        return twin.of_population(case, population, targets)
    return twin.simulate(case, population, plan, targets)


def _as_measured(
    twin: Twin, case: Case[Any], targets: Sequence[Target], true: Array, noise: Array
) -> Array:
    columns = [
        with_error(true[:, j], twin.error_of(case, t.quantity), noise[:, j])
        for j, t in enumerate(targets)
    ]
    return np.column_stack(columns)


def _carried_forward(case: Case[Any], targets: Sequence[Target]) -> Array:
    last = {m.quantity: m.value for m in sorted(case.measurements, key=lambda m: m.time_h)}
    return np.array([last.get(t.quantity, np.nan) for t in targets])
