"""The dosing twin: the contract, met."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.case import Case, ErrorModel, Target
from bodytwin.contract.parameter import Prior
from bodytwin.contract.plan import Plan
from bodytwin.contract.twin import Outcome, Variant
from bodytwin.errors import InvalidInputError, InvalidPlanError, NotFoundError
from bodytwin.numerics.inference import Progress, silent
from bodytwin.record import Record
from bodytwin.twins.dosing import outcomes, population
from bodytwin.twins.dosing.aim import TargetAttainment
from bodytwin.twins.dosing.evidence import CONTEXT, evidence_of
from bodytwin.twins.dosing.interventions import (
    DosingPlan,
    Given,
    Hold,
    Regimen,
    interventions_from_text,
    require_giveable,
)
from bodytwin.twins.dosing.model import ABSORBED
from bodytwin.twins.dosing.observe import case_of, dose_of, is_of_drug
from bodytwin.twins.dosing.parameters import History, covariates_at, prior_of
from bodytwin.twins.dosing.population import PopulationModel
from bodytwin.validity.claim import ContextOfUse, Evidence

if TYPE_CHECKING:
    from bodytwin.twins.dosing.learn import Learned

Array = NDArray[np.float64]
HORIZON_H = {"neutropenia": 504.0, "glucose": 6.0}


class DosingTwin:
    """Model-informed precision dosing with a library of published population models."""

    name = "dosing"
    version = "1"

    def __init__(
        self,
        models: Mapping[str, PopulationModel] | None = None,
        *,
        learned: "Learned | None" = None,
    ) -> None:
        """`models` by name replace those of the library that bodytwin comes with."""
        self._models = models
        self.learned = learned

    @cached_property
    def models(self) -> Mapping[str, PopulationModel]:
        """Every model this twin knows, by name."""
        return self._models or {name: population.load(name) for name in population.names()}

    def model(self, variant: str) -> PopulationModel:
        """One model. Raises NotFoundError with the names that exist."""
        if variant not in self.models:
            raise NotFoundError(f"No model {variant!r}. There are: {', '.join(self.models)}.")
        return self.models[variant]

    @property
    def context(self) -> ContextOfUse:
        """The question answered, for whom, and not for whom."""
        return CONTEXT

    @cached_property
    def variants(self) -> Mapping[str, Variant]:
        """One for each published model."""
        return {name: _variant(model) for name, model in self.models.items()}

    def candidates(self, record: Record) -> Sequence[str]:
        """Models of every drug of which the record holds a dose; best evidence first."""
        found = [
            name
            for name, model in self.models.items()
            if any(is_of_drug(t, model) for t in record.treatments)
        ]
        return sorted(found, key=lambda n: (-self.evidence(n).level, n))

    def observe(
        self, record: Record, *, variant: str, as_of: datetime | None = None
    ) -> Case[History]:
        """Doses, levels and covariates of one drug up to `as_of`."""
        return case_of(
            record, self.model(variant), twin=self.name, version=self.version, as_of=as_of
        )

    def recorded_plan(self, record: Record, case: Case[History]) -> DosingPlan:
        """The doses given after `case.as_of`."""
        model = case.inputs.population
        later = tuple(
            dose_of(t, model, case.origin)
            for t in record.treatments
            if is_of_drug(t, model) and t.instant.moment > case.as_of
        )
        last = max((d.time_h for d in later), default=case.now_h)
        return Plan(
            name="as it was given",
            interventions=(Given(doses=later),),
            until_h=max(last, case.now_h) + 24.0,
        )

    def check_plan(self, case: Case[History], plan: DosingPlan) -> None:
        """Amounts in real steps, intervals in use, a route the model knows, nothing in the past."""
        model = case.inputs.population
        for item in plan.interventions:
            if isinstance(item, Regimen):
                require_giveable(item, model.formulation, model.dose_unit)
                if item.route is not model.formulation.route and not model.links:
                    raise InvalidPlanError(
                        f"{model.name} knows {model.formulation.route} doses only."
                    )
            start = (
                item.start_h
                if isinstance(item, Regimen | Hold)
                else min((d.time_h for d in item.doses), default=case.now_h)
            )
            if start < case.now_h - 1e-9:
                raise InvalidPlanError(
                    f"A plan starts at or after {case.now_h:g} h, the time up to which the case "
                    f"is known; this one starts at {start:g} h."
                )
        if plan.until_h <= case.now_h:
            raise InvalidPlanError("A plan must end after the time up to which the case is known.")

    def prior(self, case: Case[History]) -> Prior:
        """The published population, for the covariates of this patient."""
        return prior_of(case.inputs, case.now_h)

    def simulate(
        self,
        case: Case[History],
        parameters: Array,
        plan: DosingPlan | None,
        targets: Sequence[Target],
    ) -> Array:
        """True values at the targets, (draw, target)."""
        model = case.inputs.population
        out = outcomes.run(case.inputs, case.now_h, parameters, plan, [t.time_h for t in targets])
        values = np.empty((len(parameters), len(targets)))
        for j, target in enumerate(targets):
            measured = model.quantities.get(target.quantity)
            if measured is None or measured.unit != target.unit:
                raise InvalidInputError(
                    f"{model.name} predicts "
                    + ", ".join(f"{n} in {q.unit}" for n, q in model.quantities.items())
                    + f"; asked for {target.quantity} in {target.unit}."
                )
            index = model.structure.quantities[target.quantity]
            scale = measured.amount_per_l_to_unit if index == 0 else 1.0
            values[:, j] = out[:, j, index] * scale
        failed = np.isnan(values).any(axis=1)
        values[failed] = np.nan
        return values

    def error_of(self, case: Case[History], quantity: str) -> ErrorModel:
        """The residual error of the published model."""
        return case.inputs.population.quantities[quantity].error

    def outcomes(
        self, case: Case[History], parameters: Array, plan: DosingPlan
    ) -> Sequence[Outcome]:
        """Exposure and effect over the last interval of the plan."""
        return outcomes.of_plan(case.inputs, case.now_h, parameters, plan)

    def utility(self, case: Case[History]) -> TargetAttainment:
        """The aims and limits that the model's file cites."""
        return TargetAttainment(model=case.inputs.population)

    def evidence(self, variant: str) -> Evidence:
        """Claims about one model and what supports them."""
        return evidence_of(variant, twin=self.name, version=self.version)

    def learn(
        self,
        cases: Sequence[Case[History]],
        *,
        variant: str,
        near: "DosingTwin | None" = None,
        progress: Progress = silent,
    ) -> "DosingTwin":
        """This twin, with the population of one variant learned from `cases` alone.

        `near` is a twin learned from much the same cases; it only shortens the search.
        """
        from bodytwin.twins.dosing.learn import learn

        found = learn(
            self.model(variant), cases, near=near.learned if near else None, progress=progress
        )
        return DosingTwin({**self.models, variant: found.model}, learned=found)

    def plan_from_text(self, case: Case[History], text: str) -> DosingPlan:
        """A plan as people write it, from the time the next dose is due."""
        model = case.inputs.population
        parts = interventions_from_text(
            text, form=model.formulation, dose_unit=model.dose_unit, start_h=_next_due_h(case)
        )
        plan: DosingPlan = Plan(
            name=text.strip(), interventions=tuple(parts), until_h=_until_h(case, parts)
        )
        self.check_plan(case, plan)
        return plan

    def proposals(self, case: Case[History]) -> Sequence[DosingPlan]:
        """Every regimen that can really be given, from the smallest daily amount up."""
        form, unit = case.inputs.population.formulation, case.inputs.population.dose_unit
        start = _next_due_h(case)
        plans: list[DosingPlan] = []
        for interval in form.intervals_h:
            for amount in _amounts(form.minimum, form.maximum, form.step):
                duration = form.duration_h(amount)
                if duration > interval:
                    continue
                part = Regimen(
                    amount=amount,
                    interval_h=interval,
                    start_h=start,
                    route=form.route,
                    duration_h=duration,
                )
                name = f"{amount:g} {unit} every {interval:g} h"
                plans.append(Plan(name=name, interventions=(part,), until_h=_until_h(case, [part])))
        return plans


def _amounts(minimum: float, maximum: float, step: float) -> list[float]:
    """Multiples of the step: all of them, or 24 spread evenly on a log scale."""
    first, last = math.ceil(minimum / step - 1e-9), math.floor(maximum / step + 1e-9)
    if last - first < 24:
        return [k * step for k in range(first, last + 1)]
    spread = np.unique(np.round(np.geomspace(max(first, 1), last, 24)).astype(int))
    return [float(k * step) for k in spread]


def _variant(model: PopulationModel) -> Variant:
    return Variant(
        name=model.name,
        title=model.title,
        population=model.source.population,
        source=model.source.citation,
        subject=model.drug,
    )


def _next_due_h(case: Case[History]) -> float:
    """Now, or when the interval of the last two doses has passed."""
    times = [d.time_h for d in case.inputs.doses]
    if len(times) < 2 or times[-1] == times[-2]:
        return case.now_h
    return max(case.now_h, times[-1] + min(times[-1] - times[-2], 72.0))


def _until_h(case: Case[History], parts: Sequence[Regimen | Hold]) -> float:
    """A whole number of intervals after the last change, near five half-lives on."""
    regimens = [p for p in parts if isinstance(p, Regimen)]
    wanted = _horizon_h(case)
    if not regimens:
        return case.now_h + wanted
    last = regimens[-1]
    return last.start_h + last.interval_h * max(1, math.ceil(wanted / last.interval_h))


def _horizon_h(case: Case[History]) -> float:
    model = case.inputs.population
    if "neutrophils" in model.quantities:
        return HORIZON_H["neutropenia"]
    if "glucose" in model.quantities:
        return HORIZON_H["glucose"]
    at = covariates_at(case.inputs, case.now_h)

    def typical(name: str) -> float:
        return model.parameters[name].typical(at) if name in model.parameters else 0.0

    volume = sum(
        typical(n)
        for n in ("central_volume_l", "peripheral_volume_l", "second_peripheral_volume_l")
    )
    clearance = typical("clearance_l_per_h")
    if "max_elimination_per_h" in model.parameters:
        clearance += typical("max_elimination_per_h") / (2 * typical("michaelis_constant_per_l"))
    half_life = math.log(2) * volume / clearance
    return min(max(5 * half_life, 48.0), 1344.0)


TWIN = DosingTwin()
"""What the entry point names."""

__all__ = ["ABSORBED", "TWIN", "DosingTwin"]
