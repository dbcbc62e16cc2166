"""From the population to the patient: condition the prior on what was measured."""

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import chdtrc

from bodytwin.contract.case import Case, ErrorModel, Measurement
from bodytwin.contract.parameter import Prior
from bodytwin.contract.posterior import Array, Fit, MethodRecord, Posterior
from bodytwin.contract.twin import ConditioningTwin, ExpensiveTwin, Twin
from bodytwin.errors import InvalidInputError, MisfitError, NumericalError
from bodytwin.numerics.inference import (
    Censoring,
    Emulated,
    Escalating,
    Method,
    Observed,
    Problem,
    Progress,
    silent,
)

REFUSE_BELOW = 0.001
"""A misfit rarer than this under the model itself is refused (research gate: needs a human)."""


def random_stream(seed: int, case: Case[Any], purpose: str) -> np.random.Generator:
    """Random numbers fixed by the seed, the case and the purpose, and by nothing else.

    What the patient is called does not count: two stores call them differently.
    """
    whole = replace(case, patient="").digest
    words = [int(whole[i : i + 8], 16) for i in range(0, 32, 8)]
    return np.random.default_rng([seed, *words, *purpose.encode()])


def observed(measurements: tuple[Measurement, ...]) -> Observed:
    """The measurements as arrays (n,)."""
    error = [m.error for m in measurements]
    return Observed(
        value=np.array([m.value for m in measurements], dtype=np.float64),
        additive_sd=np.array([e.additive_sd for e in error]),
        proportional_sd=np.array([e.proportional_sd for e in error]),
        log_sd=np.array([e.log_sd for e in error]),
        sum_of_sd=np.array([e.sum_of_sd for e in error], dtype=np.bool_),
        censoring=np.array([m.censoring for m in measurements], dtype=np.int8),
        weight=np.ones(len(measurements)),
    )


def problem_of(twin: Twin, case: Case[Any], prior: Prior) -> Problem:
    """The inference problem of one case, on the transformed scale of its prior."""
    targets = [m.target for m in case.measurements]

    def predict(z: Array) -> Array:
        return twin.simulate(case, prior.constrain(z), None, targets)

    return Problem(
        mean=prior.mean,
        covariance=prior.covariance,
        observed=observed(case.measurements),
        predict=predict,
    )


def personalise(
    twin: Twin,
    case: Case[Any],
    *,
    method: Method | None = None,
    draws: int = 2000,
    seed: int = 0,
    progress: Progress = silent,
    parent: str | None = None,
) -> Posterior:
    """Draws of the patient's parameters given every measurement of the case.

    With no measurement the posterior is the population. `method` chooses the
    inference; the default goes from a Laplace approximation through importance
    sampling to tempered sequential Monte Carlo as its own checks demand, and
    for an ExpensiveTwin works through an emulator; a ConditioningTwin brings its own. An
    ExpensiveTwin has no more draws than it can afford.
    """
    draws = affordable(twin, draws)
    prior = twin.prior(case)
    rng = random_stream(seed, case, "personalise")
    if not case.measurements:
        return Posterior(
            case=case,
            prior=prior,
            values=prior.draw(draws, rng),
            method=MethodRecord(
                name="population",
                reason="Nothing has been measured in this patient yet.",
                trusted=True,
                log_evidence=0.0,
                diagnostics={},
            ),
            fit=Fit(
                residuals=(),
                tail_probability=1.0,
                describes_the_data=True,
                words="There is no measurement to compare with.",
            ),
            seed=seed,
            parent=parent,
        )
    problem = problem_of(twin, case, prior)
    sample = (method or _usual(twin, case)).sample(problem, rng, progress)
    if not np.isfinite(sample.draws).all():
        raise NumericalError("The inference returned draws that are not finite.")
    z = sample.resampled(draws, rng)
    best = sample.most_probable(problem)
    return Posterior(
        case=case,
        prior=prior,
        values=prior.constrain(z),
        method=MethodRecord(
            name=sample.method,
            reason=sample.reason,
            trusted=sample.trusted,
            log_evidence=sample.log_evidence,
            diagnostics=dict(sample.diagnostics),
        ),
        fit=fit_check(problem, best),
        seed=seed,
        parent=parent,
    )


def _usual(twin: Twin, case: Case[Any]) -> Method:
    if isinstance(twin, ConditioningTwin):
        return twin.method(case)
    return Emulated() if isinstance(twin, ExpensiveTwin) else Escalating()


def affordable(twin: Twin, draws: int) -> int:
    """As many draws as asked for, or as many as the twin can afford to run."""
    return min(draws, twin.affordable_draws) if isinstance(twin, ExpensiveTwin) else draws


def update(
    twin: Twin,
    posterior: Posterior,
    case: Case[Any],
    *,
    method: Method | None = None,
    seed: int | None = None,
    progress: Progress = silent,
) -> Posterior:
    """A new posterior from a later case of the same patient; the old one stays and is its parent.

    All data are used again, so the order in which they arrived does not matter.
    """
    old = posterior.case
    if (old.twin, old.variant, old.patient) != (case.twin, case.variant, case.patient):
        raise InvalidInputError(
            "An update needs a case of the same twin, variant and patient as the posterior."
        )
    if case.as_of < old.as_of:
        raise InvalidInputError(
            "The new case ends before the old one. Personalise anew to look at an earlier date."
        )
    return personalise(
        twin,
        case,
        method=method,
        draws=len(posterior.values),
        seed=posterior.seed if seed is None else seed,
        progress=progress,
        parent=posterior.id,
    )


def fit_check(problem: Problem, best: Array) -> Fit:
    """Does the model describe the data, patient's deviation from the population included?

    Where the model is linear and Gaussian, the smallest sum of squared
    standardised residuals and squared deviations from the prior is exactly
    chi-squared with as many degrees of freedom as there are measurements.
    """
    seen = problem.observed
    predicted = problem.predict(best[None, :])[0]
    sd = seen.sd(predicted)
    on_log = seen.on_log_scale
    gap = seen.value - predicted
    gap[on_log] = np.log(seen.value[on_log]) - np.log(predicted[on_log])
    residuals = gap / sd
    beyond_limit = (seen.censoring != Censoring.NONE) & (residuals * seen.censoring <= 0)
    residuals = np.where(beyond_limit, 0.0, residuals)
    deviation = best - problem.mean
    statistic = float(residuals @ residuals + deviation @ problem.precision @ deviation)
    tail = float(chdtrc(len(residuals), statistic))
    described = tail >= REFUSE_BELOW
    worst = int(np.argmax(np.abs(residuals)))
    words = (
        f"The model describes the {len(residuals)} measurement(s): a misfit this large or larger "
        f"has probability {tail:.2g} if the model is right."
        if described
        else f"The model does not describe the measurements: a misfit this large has probability "
        f"{tail:.1g} if the model is right. Largest residual: measurement {worst + 1}, "
        f"{residuals[worst]:+.1f} sd. Check dose times, units and the time of sampling."
    )
    return Fit(
        residuals=tuple(float(r) for r in residuals),
        tail_probability=tail,
        describes_the_data=described,
        words=words,
    )


def require_fit(posterior: Posterior) -> None:
    """Refuse to predict from a model that does not describe the patient."""
    if not posterior.fit.describes_the_data:
        raise MisfitError(posterior.fit.words)
    if not posterior.method.trusted:
        raise MisfitError(
            "The draws of the posterior failed their own checks: " + posterior.method.reason
        )


def with_error(true: Array, error: ErrorModel, noise: Array) -> Array:
    """What would be read if the truth were `true`; `noise` is standard normal, of its shape."""
    if error.log_sd > 0:
        return true * np.exp(error.log_sd * noise)
    additive, proportional = error.additive_sd, error.proportional_sd * np.abs(true)
    sd = additive + proportional if error.sum_of_sd else np.hypot(additive, proportional)
    return true + sd * noise
