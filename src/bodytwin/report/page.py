"""Everything one report says, gathered before any of it is drawn.

Times are hours from the origin of the case; probabilities run from 0 to 1.
Only `title`, `about`, `made_at`, `context`, `posterior` and `levels` (or None)
must be given: a section whose material is lacking says so, or is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.case import Case
from bodytwin.contract.comparison import Comparison
from bodytwin.contract.forecast import Forecast
from bodytwin.contract.next_measurement import Worth
from bodytwin.contract.posterior import Posterior
from bodytwin.contract.twin import Variant
from bodytwin.record import Provenance
from bodytwin.report.chance import AttainmentCurve
from bodytwin.validity.claim import ContextOfUse, Evidence
from bodytwin.validity.envelope import Applicability
from bodytwin.validity.score import Score
from bodytwin.validity.scorecard import ScoreCard

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseGiven:
    """One dose on the time axis; `planned` where it has not been given yet."""

    time_h: float
    amount: float
    unit: str
    duration_h: float = 0.0
    planned: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """The range aimed at for one quantity, and where harm begins; `words` names the guideline."""

    quantity: str
    unit: str
    low: float | None = None
    high: float | None = None
    harm_above: float | None = None
    harm_below: float | None = None
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A registered forecast and its score; `standing` as in the store, such as "prospective"."""

    score: Score
    standing: str = ""
    registered_at: datetime | None = None

    @property
    def replayed(self) -> bool:
        """Whether the outcome was already known here, and only kept from the twin."""
        return self.standing == "replay"


@dataclass(frozen=True, kw_only=True, eq=False)
class Foretold:
    """A registered forecast whose outcome is awaited: what could prove the twin wrong."""

    forecast: Forecast
    standing: str = ""
    registered_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Page:
    """One patient, one question, one report.

    `posterior` is of the model with most weight; `weights` names every model
    of an average. `prior_draws` (draw, parameter) are of the population.
    `levels` has every time of the grid as a target, past and future, under the
    first plan (or under nothing more given); `what_ifs` the same under each
    plan, on one grid.
    """

    title: str
    about: str
    made_at: datetime
    context: ContextOfUse
    posterior: Posterior
    levels: Forecast | None
    prior_draws: Array | None = None
    variants: tuple[Variant, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict[str, float])
    doses: tuple[DoseGiven, ...] = ()
    aims: tuple[Aim, ...] = ()
    what_ifs: tuple[Forecast, ...] = ()
    comparison: Comparison | None = None
    next_measurements: tuple[Worth, ...] = ()
    attainment: tuple[AttainmentCurve, ...] = ()
    foretold: tuple[Foretold, ...] = ()
    judged: tuple[Judged, ...] = ()
    cards: tuple[ScoreCard, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    applicability: Applicability | None = None
    sources: tuple[Provenance, ...] = ()
    refused: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict[str, str])
    seeds: Mapping[str, int] = field(default_factory=dict[str, int])
    hashes: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def case(self) -> Case[Any]:
        """What the twin saw of the patient."""
        return self.posterior.case

    @property
    def patient(self) -> str:
        """The pseudonym."""
        return self.case.patient
