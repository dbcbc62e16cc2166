r"""How long must oxygen be breathed until carbon monoxide has left the blood?

The share :math:`C` of haemoglobin bound to carbon monoxide falls with a
half-life :math:`T` on 100 % oxygen and r times slower in air:

.. math::
    C(t) = C_0 \, 2^{-(h_{O_2}(t) + h_{air}(t) / r) / T}                         \tag{1}

with the hours :math:`h` spent in each since the first measurement.

Source: `weaver_2000.toml`. Not for: oxygen above normal pressure, ongoing
exposure, and the harm that outlasts the gas: a normal level is no discharge.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.case import Case, ErrorModel, Measurement, Target
from bodytwin.contract.parameter import Parameter, Prior
from bodytwin.contract.plan import Plan
from bodytwin.contract.twin import Outcome, Variant
from bodytwin.errors import InvalidPlanError, MissingDataError, NotFoundError, require_positive
from bodytwin.record import LOINC, Record
from bodytwin.validity.claim import Claim, ContextOfUse, Evidence, Level

Array = NDArray[np.float64]
PAPER: dict[str, Any] = tomllib.loads(
    (files("bodytwin_plugin_example") / "weaver_2000.toml").read_text()
)
NAME, VERSION, VARIANT = "carbon_monoxide", "0.1.0", "weaver_2000"
QUANTITY, LOINC_CODE, OXYGEN_CODE = "carboxyhaemoglobin", "20563-3", "oxygen_100_percent"

CONTEXT = ContextOfUse(
    question="How long must oxygen be breathed until carbon monoxide has left the blood?",
    population=PAPER["population"],
    not_for="Hyperbaric oxygen, ongoing exposure, deciding on discharge.",
    influence="None: an example for authors of twins.",
    consequence="None.",
)
WEAVER = Variant(
    name=VARIANT,
    title=PAPER["title"],
    population=PAPER["population"],
    source=PAPER["source"],
    subject="carbon monoxide",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Oxygen:
    """100 % oxygen by tight mask, from `start_h` for `duration_h` hours."""

    start_h: float
    duration_h: float

    def __post_init__(self) -> None:
        require_positive(duration_h=self.duration_h)


def washout_h(oxygen: Sequence[Oxygen], time_h: Array) -> Array:
    """Exponent of (1) times T: hours of oxygen that would have removed as much, at `time_h`."""
    on = np.zeros_like(time_h)
    for o in oxygen:
        on += np.clip(time_h - o.start_h, 0.0, o.duration_h)
    return on + (time_h - on) / PAPER["air"]["times_slower"]


@dataclass(frozen=True, slots=True)
class Aim:
    """Low carboxyhaemoglobin against hours under a mask; a preference made up for this example."""

    words: str = "Each percent left at the end counts as much as two hours under the mask."

    def __call__(self, outcomes: Mapping[str, Outcome]) -> Array:
        return -outcomes["level_at_end"].draws - 0.5 * outcomes["hours_of_oxygen"].draws


@dataclass(frozen=True, kw_only=True)
class CarbonMonoxide:
    """The whole contract, for one published half-life."""

    name: str = NAME
    version: str = VERSION
    context: ContextOfUse = CONTEXT
    variants: Mapping[str, Variant] = field(default_factory=lambda: {VARIANT: WEAVER})

    def candidates(self, record: Record) -> Sequence[str]:
        return [VARIANT] if any(o.code.code == LOINC_CODE for o in record.observations) else []

    def observe(
        self, record: Record, *, variant: str, as_of: datetime | None = None
    ) -> Case[tuple[Oxygen, ...]]:
        if variant not in self.variants:
            raise NotFoundError(f"There is no variant '{variant}'. Known: {VARIANT}.")
        seen = [
            o
            for o in record.observations
            if (o.code.system, o.code.code, o.quantity.unit) == (LOINC, LOINC_CODE, "%")
            and o.quantity.comparator is None
            and (as_of is None or o.instant.moment <= as_of)
        ]
        if not seen:
            raise MissingDataError(f"No carboxyhaemoglobin in % (LOINC {LOINC_CODE}).")
        origin = min(o.instant.moment for o in seen)
        end = as_of or _end(record)
        measurements = [
            Measurement(
                quantity=QUANTITY,
                time_h=o.instant.hours_since(origin),
                value=o.quantity.value,
                unit="%",
                error=self._error(),
                source=f"{o.provenance.source_sha256}#{o.provenance.path}",
            )
            for o in seen
        ]
        return Case(
            twin=self.name,
            version=self.version,
            variant=variant,
            patient=record.patient,
            origin=origin,
            as_of=end,
            inputs=_breathed(record, origin, -math.inf, _hours(end, origin)),
            measurements=tuple(sorted(measurements, key=lambda m: m.time_h)),
            assumed=("In air carbon monoxide leaves four times more slowly than on oxygen.",),
        )

    def recorded_plan(self, record: Record, case: Case[Any]) -> Plan[Oxygen]:
        until_h = max(_hours(_end(record), case.origin), case.now_h)
        later = _breathed(record, case.origin, case.now_h, until_h)
        return Plan(name="as recorded", interventions=later, until_h=until_h)

    def check_plan(self, case: Case[Any], plan: Plan[Oxygen]) -> None:
        free_h = case.now_h
        for o in plan.interventions:
            if o.start_h < free_h:
                raise InvalidPlanError(
                    f"Oxygen from {o.start_h:g} h overlaps what was or is given until {free_h:g} h."
                )
            free_h = o.start_h + o.duration_h

    def prior(self, case: Case[Any]) -> Prior:
        cv = PAPER["half_life_sd_min"] / PAPER["half_life_mean_min"]
        level = PAPER["assumed"]["level_percent"]
        return Prior(
            parameters=(
                Parameter(
                    name="first_level",
                    unit="%",
                    median=level["median"],
                    sd=level["log_sd"],
                    source="assumed by the author of this example",
                ),
                Parameter(
                    name="half_life_on_oxygen",
                    unit="h",
                    median=PAPER["half_life_mean_min"] / 60 / math.sqrt(1 + cv * cv),
                    sd=math.sqrt(math.log1p(cv * cv)),
                    source=PAPER["source"],
                ),
            ),
            correlation=np.eye(2),
        )

    def simulate(
        self,
        case: Case[Any],
        parameters: Array,
        plan: Plan[Oxygen] | None,
        targets: Sequence[Target],
    ) -> Array:
        oxygen = (*case.inputs, *(plan.interventions if plan else ()))
        gone_h = washout_h(oxygen, np.array([t.time_h for t in targets], dtype=np.float64))
        return parameters[:, :1] * np.exp2(-gone_h[None, :] / parameters[:, 1:])

    def error_of(self, case: Case[Any], quantity: str) -> ErrorModel:
        return self._error()

    def outcomes(self, case: Case[Any], parameters: Array, plan: Plan[Oxygen]) -> Sequence[Outcome]:
        end = Target(quantity=QUANTITY, time_h=plan.until_h, unit="%")
        hours = sum(o.duration_h for o in plan.interventions)
        return (
            Outcome(
                name="level_at_end",
                unit="%",
                draws=self.simulate(case, parameters, plan, [end])[:, 0],
                words="Carboxyhaemoglobin at the end of the plan.",
            ),
            Outcome(
                name="hours_of_oxygen",
                unit="h",
                draws=np.full(len(parameters), hours),
                words="Hours under the mask from now on.",
            ),
        )

    def utility(self, case: Case[Any]) -> Aim:
        return Aim()

    def evidence(self, variant: str) -> Evidence:
        words = "Carboxyhaemoglobin on 100 % oxygen halves at the rate of the cited patients."
        return Evidence(
            twin=self.name,
            version=self.version,
            variant=variant,
            level=Level.PERSONALISED,
            claims=(Claim(words=words),),
            known_failures=("No forecast of it has been compared with a patient.",),
        )

    def _error(self) -> ErrorModel:
        return ErrorModel(additive_sd=PAPER["assumed"]["reading_sd_percent"])


def _hours(moment: datetime, origin: datetime) -> float:
    return (moment - origin).total_seconds() / 3600.0


def _end(record: Record) -> datetime:
    measured = [o.instant.moment for o in record.observations]
    given = [
        t.instant.moment + timedelta(hours=t.duration_h or 0.0)
        for t in record.treatments
        if t.code.code == OXYGEN_CODE
    ]
    return max(measured + given)


def _breathed(
    record: Record, origin: datetime, from_h: float, until_h: float
) -> tuple[Oxygen, ...]:
    """Oxygen given between two times; what began earlier or lasts longer is cut there."""
    cut: list[Oxygen] = []
    for t in record.treatments:
        if t.code.code == OXYGEN_CODE and t.duration_h:
            start = max(t.instant.hours_since(origin), from_h)
            end = min(t.instant.hours_since(origin) + t.duration_h, until_h)
            if end > start:
                cut.append(Oxygen(start_h=start, duration_h=end - start))
    return tuple(cut)


TWIN = CarbonMonoxide()
