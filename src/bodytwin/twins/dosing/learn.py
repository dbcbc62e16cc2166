"""Learn the population of a model from patients, so that it can be tried on another one.

The structure, the covariate effects and everything that does not vary between
patients stay as published. Typical values and spreads of what varies, and the
sizes of the residual errors, are estimated by first-order conditional
estimation (`numerics.inference.population`), from the published ones as start.
Correlations between parameters are estimated where there are ten patients for
each entry of the covariance, and taken as zero where there are fewer.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.case import Case, ErrorModel
from bodytwin.errors import MissingDataError
from bodytwin.numerics.inference import (
    Observed,
    PopulationFit,
    PopulationParameters,
    PopulationProblem,
    Progress,
    estimate,
    silent,
)
from bodytwin.twins.dosing.cohort import Cohort
from bodytwin.twins.dosing.parameters import LINE, History
from bodytwin.twins.dosing.population import PopulationModel, PopulationParameter

Array = NDArray[np.float64]
FEWEST = 8
"""Patients below which no population is learned."""

PATIENTS_PER_ENTRY = 10
"""Patients asked for each entry of a full covariance (a rule of thumb of regression)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Learned:
    """A model with the population of `patients` patients, and the fit behind it."""

    model: PopulationModel
    fit: PopulationFit
    patients: int


@dataclass(frozen=True, kw_only=True, eq=False)
class _Residual:
    """Which residual terms are estimated, and the observations under them."""

    cohort: Cohort

    @cached_property
    def terms(self) -> tuple[tuple[str, str], ...]:
        """(quantity, name of its error term) for each term that is above zero."""
        return tuple(
            (name, term)
            for name, q in self.cohort.model.quantities.items()
            for term in ("additive_sd", "proportional_sd", "log_sd")
            if getattr(q.error, term) > 0
            and any(m.quantity == name for c in self.cohort.cases for m in c.measurements)
        )

    @cached_property
    def start(self) -> Array:
        """Logarithms of the published sizes."""
        quantities = self.cohort.model.quantities
        return np.array([np.log(getattr(quantities[q].error, term)) for q, term in self.terms])

    @cached_property
    def _masks(self) -> tuple[NDArray[np.bool_], ...]:
        shape = self.cohort.observed.value.shape
        masks: list[NDArray[np.bool_]] = []
        for quantity, _ in self.terms:
            mask = np.zeros(shape, dtype=np.bool_)
            for i, case in enumerate(self.cohort.cases):
                for j, m in enumerate(case.measurements):
                    mask[i, j] = m.quantity == quantity
            masks.append(mask)
        return tuple(masks)

    def observed(self, log_sizes: Array) -> Observed:
        """The measurements, with these sizes of the residual terms."""
        seen = self.cohort.observed
        fields = {t: getattr(seen, t).copy() for t in ("additive_sd", "proportional_sd", "log_sd")}
        for (_, term), mask, size in zip(self.terms, self._masks, log_sizes, strict=True):
            fields[term][mask] = np.exp(size)
        return replace(seen, **fields)


def learn(
    model: PopulationModel,
    cases: Sequence[Case[History]],
    *,
    near: Learned | None = None,
    progress: Progress = silent,
) -> Learned:
    """The population of `cases` under the structure of `model`.

    `near` is a fit of much the same patients, from which the search starts; it
    changes how long the search takes and not what it finds. Raises
    MissingDataError with fewer than eight patients.
    """
    usable = [c for c in cases if c.measurements]
    if len(usable) < FEWEST:
        raise MissingDataError(
            f"A population is learned from at least {FEWEST} patients with measurements, "
            f"got {len(usable)}."
        )
    cohort = Cohort(model=model, cases=usable)
    residual = _Residual(cohort=cohort)
    count = len(model.varying)
    problem = PopulationProblem(
        subjects=len(usable),
        predict=lambda fixed, eta, who: cohort.predict(fixed + eta, who.astype(np.int64)),
        observed_at=residual.observed,
        correlated=len(usable) >= PATIENTS_PER_ENTRY * count * (count + 1) // 2,
    )
    sd = np.array([model.parameters[n].sd for n in model.varying])
    start = near.fit.parameters if near else PopulationParameters(
        fixed=np.zeros(count), covariance=np.diag(sd**2), residual=residual.start
    )  # fmt: skip
    fit = estimate(problem, start, standard_errors=False, progress=progress)
    return Learned(
        model=_with(model, fit.parameters, residual.terms), fit=fit, patients=len(usable)
    )


def _with(
    model: PopulationModel, found: PopulationParameters, terms: Sequence[tuple[str, str]]
) -> PopulationModel:
    sd = np.sqrt(np.diag(found.covariance))
    parameters = dict(model.parameters)
    for i, name in enumerate(model.varying):
        parameters[name] = _shifted(parameters[name], float(found.fixed[i]), float(sd[i]))
    errors: dict[str, dict[str, float]] = {}
    for (quantity, term), size in zip(terms, np.exp(found.residual), strict=True):
        errors.setdefault(quantity, {})[term] = float(size)
    quantities = {
        name: replace(q, error=_error(q.error, errors.get(name, {})))
        for name, q in model.quantities.items()
    }
    told = repr((sorted((n, p.value, p.sd) for n, p in parameters.items()), errors,
                 found.covariance.tolist()))  # fmt: skip
    return replace(
        model,
        parameters=parameters,
        quantities=quantities,
        correlations=_correlations(model.varying, found.covariance),
        sha256=hashlib.sha256((model.sha256 + told).encode()).hexdigest(),
    )


def _shifted(p: PopulationParameter, shift: float, sd: float) -> PopulationParameter:
    to_line, from_line = LINE[p.transform]
    return replace(p, value=float(from_line(to_line(p.value) + shift)), sd=max(sd, 1e-6))


def _error(old: ErrorModel, found: dict[str, float]) -> ErrorModel:
    return replace(old, **found) if found else old


def _correlations(names: Sequence[str], covariance: Array) -> dict[frozenset[str], float]:
    sd = np.sqrt(np.diag(covariance))
    return {
        frozenset((names[i], names[j])): float(
            np.clip(covariance[i, j] / (sd[i] * sd[j]), -0.999, 0.999)
        )
        for i in range(len(names))
        for j in range(i)
        if covariance[i, j] != 0
    }
