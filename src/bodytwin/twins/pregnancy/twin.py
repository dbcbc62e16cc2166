"""The pregnancy twin: the contract, met."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.case import Case, ErrorModel, Target
from bodytwin.contract.parameter import Prior
from bodytwin.contract.plan import Plan
from bodytwin.contract.posterior import Posterior
from bodytwin.contract.study import Shape, View
from bodytwin.contract.twin import Outcome, Variant
from bodytwin.errors import (
    InvalidInputError,
    InvalidPlanError,
    NotFoundError,
    OutsidePopulationError,
)
from bodytwin.numerics.inference import Progress
from bodytwin.record import Record
from bodytwin.twins.pregnancy import outcomes
from bodytwin.twins.pregnancy.evidence import CONTEXT, evidence_of
from bodytwin.twins.pregnancy.interventions import (
    WORDS,
    Begin,
    PregnancyPlan,
    chosen,
    from_text,
    require_heard,
)
from bodytwin.twins.pregnancy.load import load
from bodytwin.twins.pregnancy.model.cohort import length_mm
from bodytwin.twins.pregnancy.model.trials import Intervention
from bodytwin.twins.pregnancy.observe import (
    BIRTH,
    BIRTH_UNIT,
    LENGTH,
    LENGTH_UNIT,
    case_of,
    concerns,
    error_of,
)
from bodytwin.twins.pregnancy.outcomes import NotTooEarly
from bodytwin.twins.pregnancy.parameters import HOURS_PER_WK, Expecting, column, prior_of
from bodytwin.twins.pregnancy.parameters import LENGTH as LENGTH_SCORE
from bodytwin.twins.pregnancy.sheet import found_in_words, sheet
from bodytwin.validity.claim import ContextOfUse, Evidence

Array = NDArray[np.float64]
VARIANT = "published_statistics"
END_WK = 44.0


class PregnancyTwin:
    """The week of birth, from published statistics of what foretells it."""

    name = "pregnancy"
    version = "1"
    events = MappingProxyType({BIRTH: BIRTH_UNIT})

    @property
    def context(self) -> ContextOfUse:
        """The question answered, for whom, and not for whom."""
        return CONTEXT

    @property
    def variants(self) -> Mapping[str, Variant]:
        """The one there is."""
        return MappingProxyType(
            {
                VARIANT: Variant(
                    name=VARIANT,
                    title="Week of birth from cervical length, earlier births and fibronectin",
                    population=CONTEXT.population,
                    source="Iams et al. 1996; Celik et al. 2008; Mercer et al. 1999; Goldenberg "
                    "et al. 1996; births of 2023 in the United States",
                    subject="pregnancy",
                )
            }
        )

    def candidates(self, record: Record) -> Sequence[str]:
        """The variant, where the record tells of a pregnancy."""
        return [VARIANT] if concerns(record) else []

    def observe(
        self, record: Record, *, variant: str, as_of: datetime | None = None
    ) -> Case[Expecting]:
        """Gestation, findings of the last visit, and the birth if it is known."""
        self._require(variant)
        return case_of(record, variant=variant, maker=(self.name, self.version), as_of=as_of)

    def recorded_plan(self, record: Record, case: Case[Expecting]) -> PregnancyPlan:  # noqa: ARG002
        """Watchful waiting: interventions are not read from records."""
        return self._plan(Begin(kind=Intervention.WATCHFUL_WAITING))

    def check_plan(self, case: Case[Expecting], plan: PregnancyPlan) -> None:
        """One intervention at most, of which a trial speaks; an end after now."""
        require_heard(chosen(plan), case.inputs.found, outcomes.week_of(case.now_h))
        if plan.until_h <= case.now_h:
            raise InvalidPlanError("A plan must end after the time up to which the case is known.")

    def prior(self, case: Case[Expecting]) -> Prior:
        """Women of the same history, test and week; refused once the child is born."""
        if case.inputs.born_wk is not None:
            raise OutsidePopulationError("The child is born: there is nothing left to foresee.")
        return prior_of()

    def simulate(
        self,
        case: Case[Expecting],
        parameters: Array,
        plan: PregnancyPlan | None,
        targets: Sequence[Target],
    ) -> Array:
        """Length of the cervix at the targets and gestation at birth, (draw, target)."""
        now = outcomes.week_of(case.now_h)
        return self._true(
            parameters, targets, lambda: outcomes.born_wk(case.inputs, parameters, plan, now)
        )

    def _true(
        self, parameters: Array, targets: Sequence[Target], when: Callable[[], Array]
    ) -> Array:
        values = np.empty((len(parameters), len(targets)))
        born: Array | None = None
        for j, target in enumerate(targets):
            if (target.quantity, target.unit) == (LENGTH, LENGTH_UNIT):
                week = target.time_h / HOURS_PER_WK
                values[:, j] = length_mm(column(parameters, LENGTH_SCORE), week=week)
            elif (target.quantity, target.unit) == (BIRTH, BIRTH_UNIT):
                born = when() if born is None else born
                values[:, j] = born
            else:
                raise InvalidInputError(
                    f"This twin predicts {LENGTH} in {LENGTH_UNIT} and {BIRTH} in {BIRTH_UNIT}; "
                    f"asked for {target.quantity} in {target.unit}."
                )
        return values

    def of_population(
        self, case: Case[Expecting], parameters: Array, targets: Sequence[Target]
    ) -> Array:
        """Births of all women with as many children who are still pregnant now."""
        now = outcomes.week_of(case.now_h)
        return self._true(
            parameters,
            targets,
            lambda: outcomes.born_wk_in_population(case.inputs, parameters, now),
        )

    def error_of(self, case: Case[Expecting], quantity: str) -> ErrorModel:  # noqa: ARG002
        """Whole millimetres and half a day."""
        return error_of(quantity)

    def outcomes(
        self, case: Case[Expecting], parameters: Array, plan: PregnancyPlan
    ) -> Sequence[Outcome]:
        """Chances of an early birth, each with that of all women, and gestation at birth."""
        return outcomes.of_plan(case.inputs, case.now_h, parameters, plan)

    def utility(self, case: Case[Expecting]) -> NotTooEarly:
        """Birth not before 34 weeks, or 37."""
        return outcomes.aim_of(case.now_h)

    def evidence(self, variant: str) -> Evidence:
        """Claims about the variant and what supports them."""
        self._require(variant)
        return evidence_of(variant, twin=self.name, version=self.version)

    @property
    def studies(self) -> Mapping[str, str]:
        """What can be asked beyond forecasts."""
        return {
            "sheet": "how long this pregnancy may last, beside all women, and what trials found",
            "load": "how much uterus and cervix stretch, now and in weeks to come",
        }

    def view(self, case: Case[Expecting]) -> View:
        """What was found at the visit that the forecast runs from."""
        return View(header=found_in_words(case))

    def study(
        self, name: str, posterior: Posterior, asked: Mapping[str, Any], progress: Progress
    ) -> Shape:
        """The sheet, of which nothing is asked; or the load, of `measures` and `draws`."""
        if name == "load" and set(asked) == {"measures", "draws"}:
            return load(posterior, asked, progress, posterior.seed)
        if name != "sheet" or asked:
            raise InvalidInputError(
                "This twin has two studies: 'sheet', of which nothing is asked, and 'load', of "
                "measures and draws."
            )
        return sheet(posterior, progress)

    def plan_from_text(self, case: Case[Expecting], text: str) -> PregnancyPlan:
        """A plan as people write it."""
        plan = self._plan(from_text(text), name=text.strip())
        self.check_plan(case, plan)
        return plan

    def proposals(self, case: Case[Expecting]) -> Sequence[PregnancyPlan]:
        """Watchful waiting, and all of which a trial speaks for her."""
        found: list[PregnancyPlan] = []
        for words in WORDS:
            try:
                found.append(self.plan_from_text(case, words))
            except InvalidPlanError:
                continue
        return found

    def _plan(self, begin: Begin, *, name: str = "watchful waiting") -> PregnancyPlan:
        return Plan(name=name, interventions=(begin,), until_h=END_WK * HOURS_PER_WK)

    def _require(self, variant: str) -> None:
        if variant != VARIANT:
            raise NotFoundError(f"No model {variant!r}. There is: {VARIANT}.")


TWIN = PregnancyTwin()
"""What the entry point names."""
