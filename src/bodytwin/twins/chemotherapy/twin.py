"""The chemotherapy twin: the contract, met."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.case import Case, ErrorModel, Target
from bodytwin.contract.parameter import Prior
from bodytwin.contract.plan import Plan
from bodytwin.contract.twin import Outcome, Variant
from bodytwin.errors import InvalidInputError, InvalidPlanError, NotFoundError
from bodytwin.record import Record
from bodytwin.twins.chemotherapy import outcomes, population
from bodytwin.twins.chemotherapy.evidence import CONTEXT, evidence_of
from bodytwin.twins.chemotherapy.interventions import (
    ChemoPlan,
    Course,
    Intervention,
    Recorded,
    doses_of,
    interventions_from_text,
    share_of,
)
from bodytwin.twins.chemotherapy.observe import (
    COUNT,
    COUNT_UNIT,
    SIZE,
    SIZE_UNIT,
    case_of,
    concerns,
    dose_of,
    drug_of,
    error_of,
)
from bodytwin.twins.chemotherapy.outcomes import EffectAgainstToxicity
from bodytwin.twins.chemotherapy.parameters import HOURS_PER_D, Treated, prior_of
from bodytwin.twins.chemotherapy.population import ChemoModel
from bodytwin.validity.claim import ContextOfUse, Evidence

Array = NDArray[np.float64]
LOOK_D = 168.0
PROPOSED = {
    "docetaxel_breast": (
        "docetaxel 75 mg/m2 every 21 d x 6",
        "docetaxel 100 mg/m2 every 21 d x 6",
        "docetaxel 75 mg/m2 every 21 d x 6 + "
        "capecitabine 1000 mg/m2 twice daily days 1-14 every 21 d x 6",
    ),
    "docetaxel_any": (
        "docetaxel 75 mg/m2 every 21 d x 6",
        "docetaxel 100 mg/m2 every 21 d x 6",
        "docetaxel 35 mg/m2 days 1 8 15 every 28 d x 4",
    ),
    "eribulin_breast": (
        "eribulin 1.4 mg/m2 days 1 8 every 21 d x 6",
        "eribulin 1.1 mg/m2 days 1 8 every 21 d x 6",
        "eribulin 1.4 mg/m2 days 1 15 every 28 d x 4",
    ),
    "carboplatin_ovarian": (
        "carboplatin AUC 5 every 21 d x 6",
        "carboplatin AUC 4 every 21 d x 6 + gemcitabine 1000 mg/m2 days 1 8 every 21 d x 6",
    ),
}
"""Regimens of each variant that are in use."""


class ChemotherapyTwin:
    """Regimens for one patient: effect on the tumour against harm to the blood."""

    name = "chemotherapy"
    version = "1"

    def _model(self, variant: str) -> ChemoModel:
        if variant not in population.NAMES:
            raise NotFoundError(f"No model {variant!r}. There are: {', '.join(population.NAMES)}.")
        return population.load(variant)

    @property
    def context(self) -> ContextOfUse:
        """The question answered, for whom, and not for whom."""
        return CONTEXT

    @property
    def variants(self) -> Mapping[str, Variant]:
        """One for each set of drugs and endpoints."""
        models = {n: population.load(n) for n in population.NAMES}
        return {
            n: Variant(
                name=n, title=m.title, population=m.population, source=m.source, subject=m.subject
            )
            for n, m in models.items()
        }

    def candidates(self, record: Record) -> Sequence[str]:
        """Variants of a drug that was given; before any, all where size and count are known."""
        models = {n: population.load(n) for n in population.NAMES}
        return [n for n, m in models.items() if concerns(record, m, models.values())]

    def observe(
        self, record: Record, *, variant: str, as_of: datetime | None = None
    ) -> Case[Treated]:
        """Sizes, counts, doses and covariates up to `as_of`."""
        return case_of(record, self._model(variant), maker=(self.name, self.version), as_of=as_of)

    def recorded_plan(self, record: Record, case: Case[Treated]) -> ChemoPlan:
        """The doses given after `case.as_of`."""
        model = case.inputs.model
        later = tuple(
            dose_of(t, case.inputs, case.origin)
            for t in record.treatments
            if t.instant.moment > case.as_of and drug_of(t, model) is not None
        )
        parts: tuple[Intervention, ...] = (Recorded(doses=later),) if later else ()
        return _plan("as it was given", parts, case)

    def check_plan(self, case: Case[Treated], plan: ChemoPlan) -> None:
        """Drugs and amounts that the variant knows, nothing in the past, an end after now."""
        treated = case.inputs
        for item in plan.interventions:
            if isinstance(item, Course):
                _require_giveable(item, treated.model, share_of(plan))
        if any(d.time_d * HOURS_PER_D < case.now_h - 1e-6 for d in doses_of(plan, treated)):
            raise InvalidPlanError("A plan cannot start before the time up to which all is known.")
        if plan.until_h <= case.now_h:
            raise InvalidPlanError("A plan must end after the time up to which the case is known.")

    def prior(self, case: Case[Treated]) -> Prior:
        """The published population, for the covariates of this patient."""
        return prior_of(case.inputs)

    def simulate(
        self,
        case: Case[Treated],
        parameters: Array,
        plan: ChemoPlan | None,
        targets: Sequence[Target],
    ) -> Array:
        """True sizes and counts at the targets, (draw, target)."""
        treated, model = case.inputs, case.inputs.model
        known = {SIZE: SIZE_UNIT} if model.has_size else {}
        known |= {COUNT: COUNT_UNIT} if model.has_blood else {}
        for t in targets:
            if known.get(t.quantity) != t.unit:
                said = " and ".join(f"{q} in {u}" for q, u in known.items())
                raise InvalidInputError(
                    f"{model.name} predicts {said}; asked for {t.quantity} in {t.unit}."
                )
        times = np.array([t.time_h for t in targets]) / HOURS_PER_D
        is_size = np.array([t.quantity == SIZE for t in targets])
        values = np.empty((len(parameters), len(targets)))
        if is_size.any():
            values[:, is_size] = outcomes.size_mm(treated, parameters, plan, times[is_size])
        if not is_size.all():
            values[:, ~is_size] = outcomes.neutrophils_1e9_per_l(
                treated, parameters, plan, times[~is_size], case.now_h / HOURS_PER_D
            )
        values[~np.isfinite(values).all(axis=1)] = np.nan
        return values

    def error_of(self, case: Case[Treated], quantity: str) -> ErrorModel:
        """The residual error of the published model."""
        return error_of(case.inputs.model, quantity)

    def outcomes(
        self, case: Case[Treated], parameters: Array, plan: ChemoPlan
    ) -> Sequence[Outcome]:
        """Size, response and progression; nadir, days below limits, grades and delays."""
        return outcomes.of_plan(case.inputs, case.now_h, parameters, plan)

    def utility(self, case: Case[Treated]) -> EffectAgainstToxicity:
        """Response without life-threatening neutropenia, or what of it the variant knows."""
        return self.weighed(case, {})

    def weighed(self, case: Case[Treated], weights: Mapping[str, float]) -> EffectAgainstToxicity:
        """The preference of the user: how much each outcome counts."""
        model = case.inputs.model
        return EffectAgainstToxicity(model.has_size, model.has_blood, weights)

    def evidence(self, variant: str) -> Evidence:
        """Claims about one variant and what supports them."""
        self._model(variant)
        return evidence_of(variant, twin=self.name, version=self.version)

    def plan_from_text(self, case: Case[Treated], text: str) -> ChemoPlan:
        """A plan as people write it."""
        parts = interventions_from_text(text, case.inputs, case.now_h)
        plan = _plan(text.strip(), parts, case)
        self.check_plan(case, plan)
        return plan

    def proposals(self, case: Case[Treated]) -> Sequence[ChemoPlan]:
        """Regimens in use that can be given to this patient, and nothing."""
        found: list[ChemoPlan] = []
        for text in (*PROPOSED[case.inputs.model.name], "stop"):
            try:
                found.append(self.plan_from_text(case, text))
            except InvalidPlanError:
                continue
        return found


def _plan(name: str, parts: tuple[Intervention, ...], case: Case[Treated]) -> ChemoPlan:
    bare: ChemoPlan = Plan(name=name, interventions=parts, until_h=case.now_h + 1.0)
    last = max((d.time_d for d in doses_of(bare, case.inputs)), default=0.0)
    until = max(case.now_h / HOURS_PER_D + LOOK_D, last + outcomes.AFTER_LAST_D)
    return Plan(name=name, interventions=parts, until_h=until * HOURS_PER_D)


def _require_giveable(course: Course, model: ChemoModel, share: float) -> None:
    if course.drug not in model.drugs:
        raise InvalidPlanError(
            f"{model.name} does not know {course.drug}. It knows {' and '.join(model.drugs)}."
        )
    stated = model.drugs[course.drug].stated
    if course.unit not in stated:
        raise InvalidPlanError(
            f"{course.drug} is given in {' or '.join(stated)}, got {course.unit!r}."
        )
    low, high = stated[course.unit]
    amount = course.amount * share
    if not low <= amount <= high:
        raise InvalidPlanError(
            f"{course.drug} {amount:g} {course.unit} lies outside {low:g} to {high:g} "
            f"{course.unit}, what the studies gave or near it."
        )


TWIN = ChemotherapyTwin()
"""What the entry point names."""
