"""Curves for looking at: what would be measured over time, and how far the data moved a belief."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract import forecast as foresee
from bodytwin.contract.average import average_forecasts
from bodytwin.contract.case import Target
from bodytwin.contract.forecast import Forecast
from bodytwin.contract.personalise import random_stream
from bodytwin.contract.posterior import Posterior
from bodytwin.contract.twin import Outcome, Twin
from bodytwin.errors import Refusal
from bodytwin.record import Record
from bodytwin.report import Aim, DoseGiven
from bodytwin.service.forecasting import measured_quantities
from bodytwin.service.personalising import Personalised
from bodytwin.service.words import plan_of

Array = NDArray[np.float64]
GRID = 160
SHOWN_DRAWS = 1000
LOWER, UPPER = 0.05, 0.95
OF_AIM = ("low", "high", "harm_above", "harm_below", "words")
POINTS = 96
REACH = 0.005
"""Share of the draws beyond each end of a density that is not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Density:
    """How likely each value of one parameter is, for the population and for the patient."""

    parameter: str
    unit: str
    x: Array
    prior: Array
    posterior: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One measured point; `comparator` where it was below or above a limit."""

    time_h: float
    value: float
    comparator: str | None
    source: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """The 90 % interval of what would be measured, at each time, with the population beside."""

    quantity: str
    unit: str
    time_h: Array
    lower: Array
    median: Array
    upper: Array
    prior_lower: Array
    prior_median: Array
    prior_upper: Array
    measured: tuple[Measured, ...]
    aim: Aim | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Curves:
    """Every quantity of one case over one span of time, and the doses within it."""

    origin: Any
    now_h: float
    quantities: tuple[Curve, ...]
    doses: tuple[DoseGiven, ...]


def foreseen(
    p: Personalised, times_h: Sequence[float] | Array, plan: str | None, *, seed: int
) -> Forecast | None:
    """What would be read at every time of a grid: for looking at, not for the log."""
    targets = [
        Target(quantity=name, time_h=float(t), unit=unit)
        for name, unit in measured_quantities(p.first.case)
        for t in times_h
    ]
    if not targets:
        return None
    said = [
        foresee(
            p.twin,
            replace(q, values=q.values[:SHOWN_DRAWS]),
            targets,
            plan=plan_of(p.twin, p.record, q.case, plan),
            seed=seed,
        )
        for q in p.posteriors
    ]
    return said[0] if len(said) == 1 else average_forecasts(said, p.weights)


def curves(
    p: Personalised,
    times_h: Array,
    plan: str | None,
    *,
    aims: Sequence[Aim] = (),
    doses: Sequence[DoseGiven] = (),
    seed: int = 0,
) -> Curves:
    """The curves of one plan, or of what was given."""
    case = p.first.case
    found = foreseen(p, times_h, plan, seed=seed)
    drawn: list[Curve] = []
    for i, (name, unit) in enumerate(measured_quantities(case)):
        assert found is not None
        here = slice(i * len(times_h), (i + 1) * len(times_h))
        mine = np.nanquantile(found.observable[:, here], (LOWER, 0.5, UPPER), axis=0)
        others = np.nanquantile(found.prior_observable[:, here], (LOWER, 0.5, UPPER), axis=0)
        drawn.append(
            Curve(
                quantity=name,
                unit=unit,
                time_h=times_h,
                lower=mine[0],
                median=mine[1],
                upper=mine[2],
                prior_lower=others[0],
                prior_median=others[1],
                prior_upper=others[2],
                measured=_measured(p, name),
                aim=next((a for a in aims if (a.quantity, a.unit) == (name, unit)), None),
            )
        )
    return Curves(origin=case.origin, now_h=case.now_h, quantities=tuple(drawn), doses=tuple(doses))


def _measured(p: Personalised, quantity: str) -> tuple[Measured, ...]:
    case = p.first.case
    limits = {
        (o.instant.hours_since(case.origin), o.quantity.value): o.quantity.comparator
        for o in p.record.observations
        if o.quantity.comparator is not None
    }
    found = (m for m in case.measurements if m.quantity == quantity)
    return tuple(
        Measured(
            time_h=m.time_h,
            value=m.value,
            comparator=c.value if (c := limits.get((m.time_h, m.value))) else None,
            source=m.source,
        )
        for m in found
    )


def aims_of(p: Personalised, outcomes: Iterable[Outcome]) -> tuple[Aim, ...]:
    """The range and the limit of harm, where an outcome is in the unit of a quantity."""
    every = list(outcomes)
    return tuple(
        _aim(name, unit, [o for o in every if o.unit == unit])
        for name, unit in measured_quantities(p.first.case)
        if any(o.unit == unit and (o.has_aim or o.has_limit) for o in every)
    )


def _aim(quantity: str, unit: str, outcomes: Sequence[Outcome]) -> Aim:
    aimed = next((o for o in outcomes if o.has_aim), None)
    limited = next((o for o in outcomes if o.has_limit), None)
    return Aim(
        quantity=quantity,
        unit=unit,
        low=aimed.low if aimed else None,
        high=aimed.high if aimed else None,
        harm_above=limited.harm_above if limited else None,
        harm_below=limited.harm_below if limited else None,
        words="; ".join(dict.fromkeys(o.words for o in (aimed, limited) if o and o.words)),
    )


def doses_seen(twin: Twin, record: Record, variant: str, origin: datetime) -> tuple[DoseGiven, ...]:
    """The doses that matter to a model: those without which it would see another case."""
    whole = twin.observe(record, variant=variant).digest
    mattering = {
        code
        for code in {t.code for t in record.treatments}
        if _without(twin, record, variant, code) != whole
    }
    return tuple(
        DoseGiven(
            time_h=t.instant.hours_since(origin),
            amount=t.amount.value,
            unit=t.amount.unit,
            duration_h=t.duration_h or 0.0,
            words=t.route.value,
        )
        for t in record.treatments
        if t.code in mattering
    )


def _without(twin: Twin, record: Record, variant: str, code: Any) -> str:
    rest = tuple(t for t in record.treatments if t.code != code)
    try:
        return twin.observe(replace(record, treatments=rest), variant=variant).digest
    except Refusal:
        return ""


def densities(posterior: Posterior) -> tuple[Density, ...]:
    """Prior and posterior of every parameter over the range that either reaches."""
    case = posterior.case
    rng = random_stream(posterior.seed, case, "population of the page")
    prior = posterior.prior.draw(len(posterior.values), rng)
    return tuple(
        _density(p.name, p.unit, prior[:, i], posterior.values[:, i])
        for i, p in enumerate(posterior.prior.parameters)
    )


def _density(name: str, unit: str, prior: Array, posterior: Array) -> Density:
    ends = np.quantile(np.concatenate([prior, posterior]), (REACH, 1 - REACH))
    positive = bool(ends[0] > 0)
    scale = np.log if positive else np.asarray
    low, high = scale(ends)
    x = np.linspace(low, high, POINTS)
    return Density(
        parameter=name,
        unit=unit,
        x=np.exp(x) if positive else x,
        prior=_smoothed(scale(prior[prior > 0] if positive else prior), x),
        posterior=_smoothed(scale(posterior), x),
    )


def _smoothed(draws: Array, x: Array) -> Array:
    """A Gaussian kernel density, scaled to a highest value of one over both of its kind."""
    spread = min(draws.std(), np.subtract(*np.quantile(draws, (0.75, 0.25))) / 1.349)
    width = 0.9 * max(float(spread), 1e-12) * len(draws) ** -0.2
    kernel = np.exp(-0.5 * ((x[:, None] - draws[None, :]) / width) ** 2)
    return kernel.sum(axis=1) / (len(draws) * width * np.sqrt(2 * np.pi))


def shape(found: Curves) -> Mapping[str, Any]:
    """As the page reads it."""
    return {
        "origin": found.origin,
        "now_h": found.now_h,
        "quantities": [
            {
                "quantity": c.quantity,
                "unit": c.unit,
                **{
                    k: getattr(c, k).tolist()
                    for k in (
                        "time_h", "lower", "median", "upper",
                        "prior_lower", "prior_median", "prior_upper",
                    )
                },
                "measured": c.measured,
                "aim": None if c.aim is None else {k: getattr(c.aim, k) for k in OF_AIM},
            }
            for c in found.quantities
        ],
        "doses": found.doses,
    }  # fmt: skip
