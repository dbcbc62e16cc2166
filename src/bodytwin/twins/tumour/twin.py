"""The tumour twin: the contract, met."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.case import Case, ErrorModel, Measurement, Target
from bodytwin.contract.parameter import Prior
from bodytwin.contract.plan import Plan
from bodytwin.contract.twin import Outcome, Variant
from bodytwin.errors import InvalidInputError, InvalidPlanError, NotFoundError
from bodytwin.numerics.inference import Method, Progress, silent
from bodytwin.record import Record
from bodytwin.twins.tumour import outcomes, population
from bodytwin.twins.tumour.condition import ExactPath
from bodytwin.twins.tumour.evidence import CONTEXT, evidence_of
from bodytwin.twins.tumour.foresee import foreseen
from bodytwin.twins.tumour.interventions import (
    WEEK_H,
    Continue,
    Stop,
    Switch,
    TumourPlan,
    exposed,
    interventions_from_text,
)
from bodytwin.twins.tumour.observe import DIAMETER, VOLUME, case_of, error_of, is_treatment
from bodytwin.twins.tumour.outcomes import WithoutProgression
from bodytwin.twins.tumour.parameters import HOURS_PER_A, Followed, prior_of
from bodytwin.twins.tumour.population import TumourPopulation
from bodytwin.validity.claim import ContextOfUse, Evidence

Array = NDArray[np.float64]
LOOK_WEEKS = 26.0


class TumourTwin:
    """Sizes of a tumour under treatment, with a population learned from other patients."""

    name = "tumour"
    version = "2"

    def __init__(self, populations: Mapping[str, TumourPopulation] | None = None) -> None:
        """`populations` by name replace those that bodytwin comes with."""
        self._populations = populations

    @property
    def populations(self) -> Mapping[str, TumourPopulation]:
        """Every population, by name."""
        return self._populations or {n: population.load(n) for n in population.NAMES}

    def _population(self, variant: str) -> TumourPopulation:
        if variant not in self.populations:
            raise NotFoundError(f"No model {variant!r}. There are: {', '.join(self.populations)}.")
        return self.populations[variant]

    @property
    def context(self) -> ContextOfUse:
        """The question answered, for whom, and not for whom."""
        return CONTEXT

    @property
    def variants(self) -> Mapping[str, Variant]:
        """One for each population."""
        return {
            n: Variant(
                name=n, title=p.title, population=p.population, source=p.source, subject="tumour"
            )
            for n, p in self.populations.items()
        }

    def candidates(self, record: Record) -> Sequence[str]:
        """All populations, where the record holds a size of a tumour."""
        sizes = any(o.code.code in (DIAMETER, VOLUME) for o in record.observations)
        return list(self.populations) if sizes else []

    def observe(
        self, record: Record, *, variant: str, as_of: datetime | None = None
    ) -> Case[Followed]:
        """Sizes and treatment up to `as_of`."""
        return case_of(
            record, self._population(variant), maker=(self.name, self.version), as_of=as_of
        )

    def recorded_plan(self, record: Record, case: Case[Followed]) -> TumourPlan:
        """Ends and changes of treatment after `case.as_of`."""
        whole = self.observe(record, variant=case.variant).inputs.exposure
        known, parts = case.inputs.exposure, []
        if whole.next_a < np.inf and known.next_a == np.inf:
            parts.append(Switch(start_h=whole.next_a * HOURS_PER_A))
        elif whole.stop_a < np.inf and known.stop_a == np.inf:
            parts.append(Stop(start_h=whole.stop_a * HOURS_PER_A))
        later = [
            o.instant.hours_since(case.origin)
            for o in (*record.observations, *(t for t in record.treatments if is_treatment(t)))
        ]
        end = max([case.now_h, *later]) + LOOK_WEEKS * WEEK_H
        return Plan(name="as it was given", interventions=tuple(parts), until_h=end)

    def check_plan(self, case: Case[Followed], plan: TumourPlan) -> None:
        """Nothing in the past, an end after now, at most one change of treatment."""
        if any(i.start_h < case.now_h - 1e-6 for i in plan.interventions):
            raise InvalidPlanError("A plan cannot start before the time up to which all is known.")
        if plan.until_h <= case.now_h:
            raise InvalidPlanError("A plan must end after the time up to which the case is known.")
        exposed(case.inputs.exposure, plan)

    def prior(self, case: Case[Followed]) -> Prior:
        """The population, as standard deviates."""
        return prior_of(case.inputs)

    def method(self, case: Case[Followed]) -> Method:
        """The exact sampler of this twin's posterior."""
        times = np.array([m.time_h for m in case.measurements]) / HOURS_PER_A
        return ExactPath(followed=case.inputs, time_a=times)

    def simulate(
        self,
        case: Case[Followed],
        parameters: Array,
        plan: TumourPlan | None,
        targets: Sequence[Target],
    ) -> Array:
        """True diameters, or volumes where asked for, (draw, target)."""
        for t in targets:
            if (t.quantity, t.unit) not in ((DIAMETER, "mm"), (VOLUME, "mm3")):
                raise InvalidInputError(
                    f"This twin predicts {DIAMETER} in mm and {VOLUME} in mm3; asked for "
                    f"{t.quantity} in {t.unit}."
                )
        times = np.array([t.time_h for t in targets]) / HOURS_PER_A
        size = outcomes.diameters(case.inputs, parameters, plan, times)
        volume = np.array([t.quantity == VOLUME for t in targets])
        return np.where(volume, case.inputs.population.volume_per_cube * size**3, size)

    def error_of(self, case: Case[Followed], quantity: str) -> ErrorModel:
        """The error of a reading; that of a volume is three times the relative one."""
        error = error_of(case.inputs.population)
        if quantity == VOLUME:
            return ErrorModel(log_sd=3 * error.proportional_sd)
        return error

    def outcomes(
        self, case: Case[Followed], parameters: Array, plan: TumourPlan
    ) -> Sequence[Outcome]:
        """Changes of volume, response and progression, counted from now."""
        return outcomes.of_plan(case.inputs, case.now_h, parameters, plan)

    def utility(self, case: Case[Followed]) -> WithoutProgression:  # noqa: ARG002
        """Weeks without progression."""
        return WithoutProgression()

    def evidence(self, variant: str) -> Evidence:
        """Claims about one population and what supports them."""
        return evidence_of(variant, twin=self.name, version=self.version)

    def learn(
        self,
        cases: Sequence[Case[Followed]],
        *,
        variant: str,
        near: "TumourTwin | None" = None,
        progress: Progress = silent,
    ) -> "TumourTwin":
        """This twin, with the population of one variant learned from `cases` alone."""
        from bodytwin.twins.tumour.learn import learn

        close = near.populations[variant] if near else None
        found = learn(self._population(variant), cases, near=close, progress=progress)
        return TumourTwin({**self.populations, variant: found})

    def as_foreseen(self, measurement: Measurement) -> Measurement:
        """The volume that a diameter stands for."""
        factor = self._population(population.NAMES[0]).volume_per_cube
        return replace(
            measurement, quantity=VOLUME, unit="mm3", value=factor * measurement.value**3
        )

    def foresee(
        self,
        cases: Sequence[Case[Followed]],
        targets: Sequence[Sequence[Target]],
        *,
        variant: str,
        draws: int,
        rng: np.random.Generator,
    ) -> Sequence[Array]:
        """What will be read in many patients at once, (draw, target) for each."""
        return foreseen(self._population(variant), cases, targets, draws=draws, rng=rng)

    def plan_from_text(self, case: Case[Followed], text: str) -> TumourPlan:
        """A plan as people write it, looked at for half a year."""
        parts = tuple(interventions_from_text(text, now_h=case.now_h))
        end = max(case.now_h, *(p.start_h for p in parts)) + LOOK_WEEKS * WEEK_H
        plan: TumourPlan = Plan(name=text.strip(), interventions=parts, until_h=end)
        self.check_plan(case, plan)
        return plan

    def proposals(self, case: Case[Followed]) -> Sequence[TumourPlan]:
        """Going on, stopping and changing, now."""
        end, now = case.now_h + LOOK_WEEKS * WEEK_H, case.now_h
        kinds: list[tuple[str, Continue | Stop | Switch]] = [
            ("continue", Continue(start_h=now)),
            ("stop", Stop(start_h=now)),
        ]
        if case.inputs.exposure.next_a == np.inf:
            kinds.append(("switch", Switch(start_h=now)))
        return [Plan(name=n, interventions=(part,), until_h=end) for n, part in kinds]


TWIN = TumourTwin()
"""What the entry point names."""
