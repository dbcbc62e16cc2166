"""What a twin is: a simulator, a population, and a way to see a record.

Whoever writes a twin writes this and nothing else. Calibration, ensembles,
comparison of plans, scoring, storage and pages are written once for all twins.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.case import Case, ErrorModel, Measurement, Target
from bodytwin.contract.parameter import Prior
from bodytwin.contract.plan import Plan
from bodytwin.numerics.inference.sample import Method, Progress
from bodytwin.record import Record
from bodytwin.validity.claim import ContextOfUse, Evidence

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One published population model within a twin."""

    name: str
    title: str
    population: str
    source: str
    subject: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """A derived result that a decision can rest on: `draws` (draw,) in `unit`.

    `low` to `high` is the range aimed at, `harm_above` and `harm_below` the
    values beyond which harm is expected; None where no guideline names one.
    """

    name: str
    unit: str
    draws: Array
    words: str = ""
    low: float | None = None
    high: float | None = None
    harm_above: float | None = None
    harm_below: float | None = None

    @property
    def has_aim(self) -> bool:
        """Whether a range is aimed at."""
        return self.low is not None or self.high is not None

    @property
    def has_limit(self) -> bool:
        """Whether a limit of harm is known."""
        return self.harm_above is not None or self.harm_below is not None

    @property
    def is_event(self) -> bool:
        """Whether every draw is yes (1) or no (0), so that its mean is a probability."""
        return self.unit == "1" and bool(np.isin(self.draws, (0.0, 1.0)).all())

    def in_target(self) -> NDArray[np.bool_]:
        """Which draws lie in the range aimed at, (draw,)."""
        low = -np.inf if self.low is None else self.low
        high = np.inf if self.high is None else self.high
        return (self.draws >= low) & (self.draws <= high)

    def harmful(self) -> NDArray[np.bool_]:
        """Which draws lie beyond a limit of harm, (draw,)."""
        above = np.inf if self.harm_above is None else self.harm_above
        below = -np.inf if self.harm_below is None else self.harm_below
        return (self.draws > above) | (self.draws < below)


class Utility(Protocol):
    """What a good result is, stated so that a reader can disagree with it."""

    @property
    def words(self) -> str:
        """The preference in one or two sentences, weights included."""
        ...

    def __call__(self, outcomes: Mapping[str, Outcome]) -> Array:
        """Value of each draw (draw,); larger is better."""
        ...


class Twin(Protocol):
    """The contract. Every method is pure; arrays run over draws first."""

    @property
    def name(self) -> str:
        """One word: the folder, the command argument, the entry point."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever a number that the twin says may change."""
        ...

    @property
    def context(self) -> ContextOfUse:
        """The question answered, for whom, and not for whom."""
        ...

    @property
    def variants(self) -> Mapping[str, Variant]:
        """The published models of this twin, by name; at least one."""
        ...

    def candidates(self, record: Record) -> Sequence[str]:
        """Names of the variants that concern what this record holds, best evidence first."""
        ...

    def observe(self, record: Record, *, variant: str, as_of: datetime | None = None) -> Case[Any]:
        """What the twin sees of the record up to `as_of` (all of it when None).

        Raises MissingDataError with the list of what is lacking, and
        OutsidePopulationError where the patient is not one of those the
        variant was made from.
        """
        ...

    def recorded_plan(self, record: Record, case: Case[Any]) -> Plan[Any]:
        """What the record says was done after `case.as_of`, as a plan."""
        ...

    def check_plan(self, case: Case[Any], plan: Plan[Any]) -> None:
        """Raise InvalidPlanError where the plan cannot be given to this patient."""
        ...

    def prior(self, case: Case[Any]) -> Prior:
        """The population, for a patient with the covariates of the case."""
        ...

    def simulate(
        self, case: Case[Any], parameters: Array, plan: Plan[Any] | None, targets: Sequence[Target]
    ) -> Array:
        """True values at the targets, (draw, target), for parameters (draw, parameter).

        `plan` None means that nothing is done after the case's own history. A
        draw whose simulation failed is a row of NaN.
        """
        ...

    def error_of(self, case: Case[Any], quantity: str) -> ErrorModel:
        """How a future measurement of `quantity` would miss the truth."""
        ...

    def outcomes(self, case: Case[Any], parameters: Array, plan: Plan[Any]) -> Sequence[Outcome]:
        """The results of a plan that a decision rests on, for parameters (draw, parameter)."""
        ...

    def utility(self, case: Case[Any]) -> Utility:
        """The usual aim for this variant, from its cited guideline."""
        ...

    def evidence(self, variant: str) -> Evidence:
        """Claims about one variant, and the cases that support each."""
        ...


@runtime_checkable
class LearningTwin(Protocol):
    """A twin that can learn a population from patients; not every twin can."""

    def learn(self, cases: Sequence[Case[Any]], *, variant: str, near: Any = None) -> Twin:
        """The twin, with the population of `variant` learned from `cases` and nothing else.

        `near` is a result learned from much the same cases; it may shorten the
        search and must not change what it finds.
        """
        ...


@runtime_checkable
class ExpensiveTwin(Protocol):
    """A twin of which one run takes long: personalised through an emulator, with few draws."""

    @property
    def affordable_draws(self) -> int:
        """How many draws a posterior of this twin has at most."""
        ...

    def watched(self, progress: Progress) -> Twin:
        """The same twin, which tells `progress` how far a run has come; it may raise to stop."""
        ...


@runtime_checkable
class ConditioningTwin(Protocol):
    """A twin that knows how its own posterior is best drawn, where no method is asked for."""

    def method(self, case: Case[Any]) -> Method:
        """The inference for this case."""
        ...


@runtime_checkable
class ForeseeingTwin(LearningTwin, Protocol):
    """A twin that can foresee many patients at once, for studies of thousands of forecasts."""

    def as_foreseen(self, measurement: Measurement) -> Measurement:
        """The measurement in the quantity and unit in which forecasts are judged."""
        ...

    def foresee(
        self,
        cases: Sequence[Case[Any]],
        targets: Sequence[Sequence[Target]],
        *,
        variant: str,
        draws: int,
        rng: np.random.Generator,
    ) -> Sequence[Array]:
        """What will be measured in each case if all goes on, (draw, target), error included."""
        ...


@runtime_checkable
class EventTwin(Protocol):
    """A twin that foresees when something happens that happens once, as a birth.

    A forecast of such a quantity speaks of the event whenever it comes; the time of its target
    means nothing.
    """

    @property
    def events(self) -> Mapping[str, str]:
        """The unit of each such quantity, by its name."""
        ...


@runtime_checkable
class PopulationTwin(Protocol):
    """A twin whose case holds findings: it says what would be foreseen without any of them.

    Else the baseline of a forecast is the prior, which may know of the findings.
    """

    def of_population(self, case: Case[Any], parameters: Array, targets: Sequence[Target]) -> Array:
        """As `simulate`, of all patients at this time, whatever was found in this one."""
        ...


@runtime_checkable
class PlanningTwin(Protocol):
    """A twin that reads plans as people write them and knows which can be given."""

    def plan_from_text(self, case: Case[Any], text: str) -> Plan[Any]:
        """The plan that `text` says. Raises InvalidPlanError with the syntax."""
        ...

    def proposals(self, case: Case[Any]) -> Sequence[Plan[Any]]:
        """Plans that can really be carried out, for a search among them."""
        ...


@runtime_checkable
class WeighingTwin(Protocol):
    """A twin whose outcomes the user may weigh against each other."""

    def weighed(self, case: Case[Any], weights: Mapping[str, float]) -> Utility:
        """The preference that counts each outcome by its weight; InvalidInputError where none."""
        ...
