"""The radiotherapy twin: the contract, met."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.case import Case, ErrorModel, Target
from bodytwin.contract.parameter import Prior
from bodytwin.contract.plan import Plan
from bodytwin.contract.posterior import Posterior
from bodytwin.contract.study import Shape, View
from bodytwin.contract.twin import Outcome, Variant
from bodytwin.errors import InvalidInputError, InvalidPlanError, NotFoundError, Refusal
from bodytwin.numerics.inference import Progress
from bodytwin.record import Record
from bodytwin.record.code import LOCAL
from bodytwin.twins.radiotherapy import outcomes
from bodytwin.twins.radiotherapy.bench import STUDIES, Bench, view_of
from bodytwin.twins.radiotherapy.evidence import CONTEXT, evidence_of
from bodytwin.twins.radiotherapy.interventions import (
    Continue,
    Fractions,
    RadiotherapyPlan,
    interventions_from_text,
    lasts_d,
)
from bodytwin.twins.radiotherapy.observe import (
    IN_VIVO,
    IN_VIVO_ERROR,
    Course,
    case_of,
    given_after,
    organs_in,
    usable,
)
from bodytwin.twins.radiotherapy.outcomes import UncomplicatedControl
from bodytwin.twins.radiotherapy.parameters import prior_of, variants
from bodytwin.validity.claim import ContextOfUse, Evidence

Array = NDArray[np.float64]
SAID = "tumour"
"""The local code of a covariate whose value names a variant, as `tumour:larynx_t2`."""
DOSES = "doses"
ORGANS = {
    "head and neck": "head_and_neck_organs",
    "thorax": "thorax_organs",
    "pelvis": "pelvis_organs",
}


@dataclass(frozen=True, kw_only=True)
class RadiotherapyTwin:
    """A course of photons: what its dose does, and what the rest of it could be."""

    name: str = "radiotherapy"
    version: str = "1"

    @property
    def context(self) -> ContextOfUse:
        """The question answered, for whom, and not for whom."""
        return CONTEXT

    @property
    def variants(self) -> Mapping[str, Variant]:
        """Tumours and parts of the body."""
        return variants()

    def candidates(self, record: Record) -> Sequence[str]:
        """The tumour that the record names, else the part of the body that the organs are of.

        Where no organ is known, doses alone.
        """
        anatomies = usable(record)
        if not anatomies:
            return []
        named = [
            c.code.code.removeprefix(f"{SAID}:")
            for c in record.covariates
            if c.code.system == LOCAL and c.code.code.startswith(f"{SAID}:")
        ]
        known = [name for name in named if name in self.variants]
        if known:
            return known[-1:]
        counts = {site: len(organs_in(anatomies[-1], site)) for site in ORGANS}
        best = max(counts, key=lambda site: counts[site])
        return [ORGANS[best] if counts[best] else DOSES]

    def observe(
        self, record: Record, *, variant: str, as_of: datetime | None = None
    ) -> Case[Course]:
        """The anatomy with its dose, the fractions given, and doses measured in the patient."""
        self._require(variant)
        return case_of(record, variant=variant, twin=self.name, version=self.version, as_of=as_of)

    def recorded_plan(self, record: Record, case: Case[Course]) -> RadiotherapyPlan:
        """The fractions given after `case.as_of`."""
        later = given_after(record, case.as_of)
        items = [Fractions(count=len(later), dose_gy=case.inputs.fraction_gy)] if later else []
        end = later[-1].instant.hours_since(case.origin) if later else case.now_h
        return Plan(
            name="as it was given",
            interventions=tuple(items),
            until_h=max(end, case.now_h) + 24.0,
        )

    def check_plan(self, case: Case[Course], plan: RadiotherapyPlan) -> None:
        """A plan that gives a dose, in fractions that the studies behind the model had."""
        if plan.until_h <= case.now_h:
            raise InvalidPlanError("A plan must end after the time up to which the case is known.")
        course = case.inputs
        once = [i for i in plan.interventions if isinstance(i, Continue)]
        if len(once) > 1:
            raise InvalidPlanError("A course is continued once.")
        parts = outcomes.given_under(course, plan)
        if not parts:
            raise InvalidPlanError("No fraction was given and the plan gives none.")
        reasons: list[str] = []
        for check in outcomes.fraction_checks(course, case.variant):
            for part in parts:
                try:
                    check(part.dose_gy)
                except Refusal as refusal:
                    reasons += refusal.reasons
        if reasons:
            raise InvalidPlanError(" ".join(dict.fromkeys(reasons)))

    def prior(self, case: Case[Course]) -> Prior:
        """What is delivered, and the published tumour and organs."""
        return prior_of(case.variant, tuple(case.inputs.organs))

    def simulate(
        self,
        case: Case[Course],
        parameters: Array,
        plan: RadiotherapyPlan | None,
        targets: Sequence[Target],
    ) -> Array:
        """The true ratio of dose delivered to planned at the targets, (draw, target)."""
        _ = case, plan
        strange = [t for t in targets if (t.quantity, t.unit) != (IN_VIVO, "1")]
        if strange:
            raise InvalidInputError(
                f"The radiotherapy twin predicts {IN_VIVO} in 1; asked for "
                f"{strange[0].quantity[:40]} in {strange[0].unit[:20]}."
            )
        return np.repeat(parameters[:, :1], len(targets), axis=1)

    def error_of(self, case: Case[Course], quantity: str) -> ErrorModel:
        """The error of measuring a dose in the patient."""
        _ = case, quantity
        return IN_VIVO_ERROR

    def outcomes(
        self, case: Case[Course], parameters: Array, plan: RadiotherapyPlan
    ) -> Sequence[Outcome]:
        """Control, complications and doses at the end of the course."""
        parts = outcomes.given_under(case.inputs, plan)
        return outcomes.of_course(case.inputs, case.variant, parameters, parts)

    def utility(self, case: Case[Course]) -> UncomplicatedControl:
        """Control without complications."""
        _ = case
        return UncomplicatedControl()

    def weighed(self, case: Case[Course], weights: Mapping[str, float]) -> UncomplicatedControl:
        """The preference of the user: how much each outcome counts."""
        _ = case
        return UncomplicatedControl(weights)

    def evidence(self, variant: str) -> Evidence:
        """Claims and what supports them."""
        self._require(variant)
        return evidence_of(variant, twin=self.name, version=self.version)

    def plan_from_text(self, case: Case[Course], text: str) -> RadiotherapyPlan:
        """A plan as people write it."""
        items = interventions_from_text(text)
        course = case.inputs
        made: RadiotherapyPlan = Plan(
            name=text.strip(), interventions=items, until_h=case.now_h + 24.0
        )
        total = sum(p.count for p in outcomes.given_under(course, made)) - course.given
        plan: RadiotherapyPlan = Plan(
            name=text.strip(),
            interventions=items,
            until_h=case.now_h + 24.0 * (1 + lasts_d(total)),
        )
        self.check_plan(case, plan)
        return plan

    def proposals(self, case: Case[Course]) -> Sequence[RadiotherapyPlan]:
        """To continue, to stop, two fractions more or fewer: those that can be judged."""
        course = case.inputs
        left = course.fractions - course.given
        dose = course.fraction_gy
        texts = ["continue", f"continue; 2 x {dose:g} Gy"]
        texts += [f"{left - 2} x {dose:g} Gy"] if left > 2 else []
        texts += ["stop"] if course.given else []
        found: list[RadiotherapyPlan] = []
        for text in texts:
            try:
                found.append(self.plan_from_text(case, text))
            except InvalidPlanError:
                continue
        return found

    @property
    def studies(self) -> Mapping[str, str]:
        """What can be asked of a course beside forecasts and comparisons."""
        return STUDIES

    def view(self, case: Case[Course]) -> View:
        """The anatomy with its dose."""
        return view_of(case)

    def study(
        self, name: str, posterior: Posterior, asked: Mapping[str, Any], progress: Progress
    ) -> Shape:
        """Histograms and probabilities, a new plan, or the plan on a changed anatomy."""
        return Bench(posterior=posterior, progress=progress).answer(name, asked)

    def _require(self, variant: str) -> None:
        if variant not in self.variants:
            raise NotFoundError(f"No model {variant!r}. There are: {', '.join(self.variants)}.")


TWIN = RadiotherapyTwin()
"""What the entry point names."""

__all__ = ["TWIN", "RadiotherapyTwin"]
