"""The results a dosing decision rests on, from the levels over the last interval of a plan."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.twin import Outcome
from bodytwin.twins.dosing.interventions import DosingPlan, Regimen, doses_of
from bodytwin.twins.dosing.model import Batch, Schedule
from bodytwin.twins.dosing.model.structure import AREA, EFFECT, LEVEL
from bodytwin.twins.dosing.parameters import History, rows
from bodytwin.twins.dosing.population import Aim, PopulationModel

Array = NDArray[np.float64]
LOOKS = 49
NADIR_LOOKS = 241


@dataclass(frozen=True, slots=True)
class Looks:
    """The grid on which a plan is looked at: `interval_h` before `until_h`, and from `now_h` on."""

    now_h: float
    until_h: float
    interval_h: float

    @property
    def last_interval_h(self) -> Array:
        """Times over the last interval, its end included."""
        return np.linspace(self.until_h - self.interval_h, self.until_h, LOOKS)


def kernel(history: History, plan: DosingPlan | None, times_h: Sequence[float]) -> Batch:
    """The batch of one subject: doses so far and those of the plan, seen at `times_h`."""
    model = history.population
    planned = doses_of(plan) if plan is not None else ()
    return Batch(
        structure=model.structure,
        compartments=model.compartments,
        links=model.links,
        absorbs=model.absorbs,
        schedules=[
            Schedule(
                doses=(*history.doses, *planned), segments_h=history.starts_h(), times_h=times_h
            )
        ],
    )


def run(
    history: History, now_h: float, parameters: Array, plan: DosingPlan | None,
    times_h: Sequence[float],
) -> Array:  # fmt: skip
    """Kernel outputs (draw, time, 3) for parameters (draw, parameter)."""
    batch = kernel(history, plan, times_h)
    subject = np.zeros(len(parameters), dtype=np.int64)
    return batch.run(rows(history, now_h, parameters), subject)


def of_plan(
    history: History, now_h: float, parameters: Array, plan: DosingPlan
) -> tuple[Outcome, ...]:
    """Every outcome of the model under a plan, each with its cited range and limit."""
    model = history.population
    regimens = [i for i in plan.interventions if isinstance(i, Regimen)]
    interval = min(regimens[-1].interval_h if regimens else 24.0, plan.until_h - now_h)
    looks = Looks(now_h, plan.until_h, interval)
    if "concentration" in model.quantities:
        found = _exposure(history, parameters, plan, looks)
    else:
        found = []
    if "concentration" not in model.quantities or len(model.quantities) > 1:
        found += _effects(history, parameters, plan, looks)
    return tuple(found)


def _exposure(history: History, parameters: Array, plan: DosingPlan, looks: Looks) -> list[Outcome]:
    model = history.population
    concentration = model.quantities["concentration"]
    scale, unit = concentration.amount_per_l_to_unit, concentration.unit
    times = looks.last_interval_h
    day = max(looks.until_h - 24.0, looks.now_h)
    out = run(history, looks.now_h, parameters, plan, [*times, day])
    level = out[:, :-1, LEVEL] * scale
    auc24 = (out[:, -2, AREA] - out[:, -1, AREA]) * 24.0 / (looks.until_h - day)
    average = (out[:, -2, AREA] - out[:, 0, AREA]) * scale / looks.interval_h
    found = [
        _outcome(model, "auc24_mg_h_per_l", f"{model.dose_unit}.h/L", auc24,
                 "Area under the curve over the last 24 hours"),
        _outcome(model, "trough", unit, level[:, -1], "Level just before the next dose"),
        _outcome(model, "peak", unit, level.max(axis=1), "Highest level of the last interval"),
        _outcome(model, "average", unit, average, "Mean level over the last interval"),
    ]  # fmt: skip
    aims = [a for a in (*model.targets, *model.toxicity) if a.outcome == "time_above_fraction"]
    if aims:
        threshold = next(a.above for a in aims if a.above is not None)
        share = (level > threshold).mean(axis=1)
        words = f"Share of the last interval above {threshold:g} {unit}"
        found.append(_outcome(model, "time_above_fraction", "1", share, words))
    return found


def _effects(history: History, parameters: Array, plan: DosingPlan, looks: Looks) -> list[Outcome]:
    model = history.population
    times = np.linspace(looks.now_h, looks.until_h, NADIR_LOOKS)
    effect = run(history, looks.now_h, parameters, plan, list(times))[:, :, EFFECT]
    if "neutrophils" in model.quantities:
        unit = model.quantities["neutrophils"].unit
        return [_outcome(model, "nadir", unit, effect.min(axis=1), "Lowest neutrophil count")]
    if "response" in model.quantities:
        unit = model.quantities["response"].unit
        return [_outcome(model, "response_at_end", unit, effect[:, -1], "Response at the end")]
    unit = model.quantities["glucose"].unit
    return [
        _outcome(model, "nadir", unit, effect.min(axis=1), "Lowest glucose"),
        _outcome(model, "response_at_end", unit, effect[:, -1], "Glucose at the end"),
    ]


def _outcome(model: PopulationModel, name: str, unit: str, draws: Array, words: str) -> Outcome:
    aim = _first(model.targets, name)
    harm = _first(model.toxicity, name)
    return Outcome(
        name=name,
        unit=unit,
        draws=draws,
        words=words,
        low=aim.low if aim else None,
        high=aim.high if aim else None,
        harm_above=harm.above if harm else None,
        harm_below=harm.below if harm else None,
    )


def _first(aims: Sequence[Aim], name: str) -> Aim | None:
    return next((a for a in aims if a.outcome == name), None)
