"""The rhythm twin: the contract, met."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
from bodytwin.errors import InvalidInputError, InvalidPlanError, NotFoundError
from bodytwin.numerics.inference import Progress, silent
from bodytwin.record import Image, Record
from bodytwin.twins.rhythm import outcomes, parameters
from bodytwin.twins.rhythm.bench import STUDIES, Bench, view_of
from bodytwin.twins.rhythm.drawn import SAID, drawn, scar_from_words
from bodytwin.twins.rhythm.evidence import CONTEXT, evidence_of
from bodytwin.twins.rhythm.interventions import (
    Drug,
    Pacing,
    RhythmPlan,
    interventions_from_text,
)
from bodytwin.twins.rhythm.model.drugs import effects
from bodytwin.twins.rhythm.model.protocol import ExtraBeats
from bodytwin.twins.rhythm.observe import Imaged, case_of, is_of_ventricles
from bodytwin.twins.rhythm.observe import error_of as observed_error
from bodytwin.twins.rhythm.outcomes import QuietHeart
from bodytwin.validity.claim import ContextOfUse, Evidence

Array = NDArray[np.float64]
VARIANT = "healed_infarct"


@dataclass(frozen=True, kw_only=True)
class RhythmTwin:
    """Ventricles that are paced, thrown into a tachycardia, and treated, before the patient is."""

    spacing_mm: float = 1.5
    protocol: ExtraBeats = field(default_factory=ExtraBeats)
    affordable_draws: int = 12
    progress: Progress = silent
    name: str = "rhythm"

    @property
    def version(self) -> str:
        """Version, spacing and protocol."""
        p = self.protocol
        return f"1/{self.spacing_mm:g}mm/S1 {p.s1_ms:g}x{p.s1_beats}+{p.extras}"

    @property
    def context(self) -> ContextOfUse:
        """The question answered, for whom, and not for whom."""
        return CONTEXT

    @property
    def variants(self) -> Mapping[str, Variant]:
        """The published models."""
        return parameters.variants()

    def watched(self, progress: Progress) -> "RhythmTwin":
        """The same twin, which reports how far it has come."""
        return replace(self, progress=progress)

    def candidates(self, record: Record) -> Sequence[str]:
        """The one variant, where the ventricles were imaged."""
        return [VARIANT] if any(is_of_ventricles(i) for i in record.images) else []

    def observe(
        self, record: Record, *, variant: str, as_of: datetime | None = None
    ) -> Case[Imaged]:
        """The ventricles as imaged, and intervals of the ECG."""
        self._require(variant)
        return case_of(
            record,
            variant=variant,
            twin=self.name,
            version=self.version,
            spacing_mm=self.spacing_mm,
            as_of=as_of,
        )

    def recorded_plan(self, record: Record, case: Case[Imaged]) -> RhythmPlan:
        """Nothing: records do not say yet where was burnt or paced."""
        _ = record
        return Plan(name="as it went", until_h=case.now_h + 24.0)

    def check_plan(self, case: Case[Imaged], plan: RhythmPlan) -> None:
        """Lesions lie in this heart, sites exist, drugs are known, the plan has not begun."""
        if plan.until_h <= case.now_h:
            raise InvalidPlanError("A plan must end after the time up to which the case is known.")
        heart = case.inputs.heart
        for item in plan.interventions:
            if isinstance(item, Drug):
                _known(item)
                continue
            if isinstance(item, Pacing):
                strange = [s for s in item.sites if s not in heart.sites]
                if strange:
                    raise InvalidPlanError(
                        f"There is no site '{strange[0][:40]}'. There are: "
                        f"{', '.join(heart.sites)}."
                    )
                continue
            nearest = heart.voxels.positions_mm[heart.voxels.nearest(np.array(item.points_mm))]
            away = np.linalg.norm(nearest - np.array(item.points_mm), axis=1)
            if away.max() > item.radius_mm:
                raise InvalidPlanError(
                    f"A point of the lesion lies {away.max():.0f} mm from the muscle. Points are "
                    "in mm in the frame of the image (x to the left, y to the back, z up)."
                )

    def prior(self, case: Case[Imaged]) -> Prior:
        """The population."""
        _ = case
        return parameters.prior()

    def simulate(
        self,
        case: Case[Imaged],
        parameters: Array,
        plan: RhythmPlan | None,
        targets: Sequence[Target],
    ) -> Array:
        """True intervals at the targets, (draw, target)."""
        return outcomes.predicted(case, parameters, plan, targets)

    def error_of(self, case: Case[Imaged], quantity: str) -> ErrorModel:
        """Error of measuring an interval, that of the model included."""
        _ = case
        return observed_error(quantity)

    def outcomes(
        self, case: Case[Imaged], parameters: Array, plan: RhythmPlan
    ) -> Sequence[Outcome]:
        """Inducibility by programmed stimulation from every site, and what the plan costs."""
        return outcomes.of_plan(case, parameters, plan, self.protocol, self.progress)

    def utility(self, case: Case[Imaged]) -> QuietHeart:
        """A quiet heart, little burnt, a narrow QRS."""
        _ = case
        return QuietHeart()

    def evidence(self, variant: str) -> Evidence:
        """Claims and what supports them."""
        self._require(variant)
        return evidence_of(variant, twin=self.name, version=self.version)

    def plan_from_text(self, case: Case[Imaged], text: str) -> RhythmPlan:
        """A plan as people write it."""
        plan: RhythmPlan = Plan(
            name=text.strip(),
            interventions=interventions_from_text(text),
            until_h=case.now_h + 24.0,
        )
        self.check_plan(case, plan)
        return plan

    def proposals(self, case: Case[Imaged]) -> Sequence[RhythmPlan]:
        """To do nothing; a set of lesions is searched for by a command of its own."""
        return [Plan(name="nothing", until_h=case.now_h + 24.0)]

    @property
    def studies(self) -> Mapping[str, str]:
        """What can be asked of a heart beside forecasts and comparisons."""
        return STUDIES

    def view(self, case: Case[Imaged]) -> View:
        """The heart as a surface."""
        return view_of(case)

    def study(
        self, name: str, posterior: Posterior, asked: Mapping[str, Any], progress: Progress
    ) -> Shape:
        """Stimulate, search for lesions, pace, or ask the emulator."""
        bench = Bench(
            case=posterior.case,
            rows=posterior.values,
            protocol=self.protocol,
            progress=progress,
            posterior=posterior,
        )
        return bench.answer(name, asked)

    def drawn_into(self, image: Image, words: str) -> tuple[Image, str]:
        """The segmentation with a scar placed by size and position."""
        return drawn(image, scar_from_words(words)), SAID

    def _require(self, variant: str) -> None:
        if variant not in self.variants:
            raise NotFoundError(f"No model {variant!r}. There are: {', '.join(self.variants)}.")


def _known(drug: Drug) -> None:
    """Raise InvalidPlanError unless the drug was followed at this dose."""
    try:
        effects(drug.name, drug.multiple)
    except (NotFoundError, InvalidInputError) as unknown:
        raise InvalidPlanError(str(unknown)) from unknown


TWIN = RhythmTwin()
"""What the entry point names."""

__all__ = ["TWIN", "RhythmTwin"]
