"""Questions to a twin: each begins a job whose progress can be watched and stopped."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from bodytwin.governance.request import Action
from bodytwin.numerics.inference.sample import Progress
from bodytwin.service import shapes, trying
from bodytwin.service.access import granted
from bodytwin.service.forecasting import When
from bodytwin.service.personalising import DRAWS, Wish
from bodytwin.service.scoring import score
from bodytwin.service.times import optional
from bodytwin.web.working import Begin, Working

router = APIRouter(prefix="/api/patients/{patient}")
MOST_PLANS = 8


class Wanted(BaseModel):
    """What to personalise; what is left out is chosen from the record."""

    twin: str | None = None
    variants: list[str] = Field(default_factory=list[str])
    subject: str | None = None
    as_of: str | None = None
    draws: int = DRAWS
    seed: int = 0

    def wish(self) -> Wish:
        """The same for the service."""
        return Wish(
            twin=self.twin,
            variants=tuple(self.variants),
            subject=self.subject,
            as_of=optional(self.as_of),
            draws=self.draws,
            seed=self.seed,
        )


class Foretell(Wanted):
    """When to forecast, and what will be done until then."""

    at: list[str]
    plan: str | None = None
    posterior: str | None = None
    replay: bool = False


class Try(Wanted):
    """Plans to try side by side; with none, those that the twin proposes."""

    plans: list[str] = Field(default_factory=list[str], max_length=MOST_PLANS)


@router.post("/personalise", status_code=202)
def personalise(work: Working, begin: Begin, patient: str, wanted: Wanted) -> dict[str, str]:
    """Fit the published models to the patient."""
    wish = wanted.wish()
    return _begun(
        begin, work, patient, lambda p: trying.personalised(work, patient, wish, progress=p)
    )


@router.post("/forecast", status_code=202)
def forecast(work: Working, begin: Begin, patient: str, asked: Foretell) -> dict[str, str]:
    """Say what will be measured, and register it first."""
    wish, when = asked.wish(), [When.of(text) for text in asked.at]

    def run(progress: Progress) -> Any:
        return trying.forecasted(
            work,
            patient,
            wish,
            when=when,
            plan=asked.plan,
            posterior=asked.posterior,
            replay=asked.replay,
            progress=progress,
        )

    return _begun(begin, work, patient, run)


@router.post("/compare", status_code=202)
def compare(work: Working, begin: Begin, patient: str, tried: Try) -> dict[str, str]:
    """Try plans side by side."""
    wish, plans = tried.wish(), tuple(tried.plans)
    return _begun(
        begin,
        work,
        patient,
        lambda p: trying.compared(work, patient, wish, plans=plans, progress=p),
    )


@router.get("/plans")
def plans(
    work: Working,
    patient: str,
    subject: str | None = None,
    twin: str | None = None,
    variant: Annotated[list[str] | None, Query()] = None,
) -> dict[str, Any]:
    """Plans that the twin proposes, and how one is written."""
    wish = Wish(twin=twin, variants=tuple(variant or ()), subject=subject)
    return trying.proposed(work, patient, wish)


@router.get("/forecasts")
def forecasts(work: Working, patient: str) -> list[dict[str, Any]]:
    """Every forecast that was registered, with how it fared."""
    return trying.past_forecasts(work, patient)


@router.post("/score")
def scoring(work: Working, patient: str) -> dict[str, Any]:
    """Hold registered forecasts against what has been measured since."""
    return shapes.scoring(score(work, patient=patient))


def _begun(
    begin: Callable[..., str], work: Working, patient: str, run: Callable[[Progress], Any]
) -> dict[str, str]:
    """Begin a job whose result is handed out only while the patient still allows to look."""

    def allowed() -> None:
        granted(work, patient, Action.READ, data="an answer that was waited for")

    return {"job": begin(run, allowed=allowed)}
