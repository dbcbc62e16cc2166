"""Back-test: walk through a record in time order and forecast each measurement before looking.

Doses and other treatments between two measurements are taken as they were
given, so a forecast is judged by the body's response and not by guessing what
the clinic would do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bodytwin.contract.case import Measurement
from bodytwin.contract.forecast import Forecast
from bodytwin.contract.foresee import forecast_unguarded
from bodytwin.contract.personalise import personalise
from bodytwin.contract.posterior import Posterior
from bodytwin.contract.twin import Twin
from bodytwin.numerics.inference import Method
from bodytwin.record import Record


@dataclass(frozen=True, kw_only=True, eq=False)
class Replayed:
    """A forecast of one or more measurements taken at one time, and what was then measured.

    `shown` is False where the twin would have refused to show the forecast,
    because the model did not fit the patient until then.
    """

    posterior: Posterior
    forecast: Forecast
    outcome: tuple[Measurement, ...]
    shown: bool


def replay(
    twin: Twin,
    record: Record,
    *,
    variant: str,
    method: Method | None = None,
    draws: int = 2000,
    seed: int = 0,
    only_last: bool = False,
) -> Iterator[Replayed]:
    """Forecast each measurement of the record from the earlier ones.

    The first measurement time is never forecast: until then the twin is the
    population. With `only_last` one forecast is made, of the last time.
    """
    whole = twin.observe(record, variant=variant)
    times = sorted({m.time_h for m in whole.measurements})
    pairs = list(zip(times[:-1], times[1:], strict=True))
    for before, at in pairs[-1:] if only_last else pairs:
        case = twin.observe(record, variant=variant, as_of=whole.origin + timedelta(hours=before))
        outcome = tuple(m for m in whole.measurements if m.time_h == at)
        posterior = personalise(twin, case, method=method, draws=draws, seed=seed)
        plan: Any = twin.recorded_plan(record, case)
        said = forecast_unguarded(
            twin, posterior, [m.target for m in outcome], plan=plan, seed=seed
        )
        yield Replayed(
            posterior=posterior,
            forecast=said,
            outcome=outcome,
            shown=posterior.fit.describes_the_data and posterior.method.trusted,
        )
