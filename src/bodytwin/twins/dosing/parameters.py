"""The unknowns of one patient, and how they become rows of the kernels."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from bodytwin.contract.parameter import Parameter, Prior, Transform
from bodytwin.twins.dosing.model import Dose, columns
from bodytwin.twins.dosing.population import PopulationModel

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the dosing twin knows of a patient besides the measurements.

    `covariates[k]` holds from `segments_h[k]` on, in the order of the model's
    file; `occasions_h` are the starts of the occasions after the first, the
    last of them the one to come.
    """

    population: PopulationModel
    doses: tuple[Dose, ...]
    segments_h: tuple[float, ...]
    covariates: tuple[tuple[float, ...], ...]
    occasions_h: tuple[float, ...] = ()

    def starts_h(self) -> tuple[float, ...]:
        """Starts of all segments in which nothing about the patient changes."""
        return tuple(sorted({*self.segments_h, *self.occasions_h}))


def covariates_at(history: History, time_h: float) -> Mapping[str, float]:
    """The covariates that hold at a time, clipped as the authors did."""
    k = max(0, int(np.searchsorted(history.segments_h, time_h, side="right")) - 1)
    needs = history.population.covariates
    return {
        name: min(max(value, need.minimum), need.maximum)
        for (name, need), value in zip(needs.items(), history.covariates[k], strict=True)
    }


def unit_of(name: str) -> str:
    """UCUM unit that the name of a structural parameter states."""
    return {
        "clearance_l_per_h": "L/h",
        "central_volume_l": "L",
        "intercompartmental_l_per_h": "L/h",
        "peripheral_volume_l": "L",
        "second_intercompartmental_l_per_h": "L/h",
        "second_peripheral_volume_l": "L",
        "absorption_per_h": "/h",
        "lag_h": "h",
        "zero_order_duration_h": "h",
        "max_elimination_per_h": "mg/h",
        "michaelis_constant_per_l": "mg/L",
        "baseline_1e9_per_l": "10*9/L",
        "mean_transit_h": "h",
        "slope_l_per_amount": "L/mg",
        "loss_per_h": "/h",
        "half_inhibition_per_l": "mg/L",
        "glucose_effectiveness_per_min": "/min",
        "insulin_action_decay_per_min": "/min",
        "insulin_sensitivity_per_min_per_mu_per_l": "L/min/m[IU]",
        "glucose_volume_l": "L",
        "insulin_clearance_per_min": "/min",
        "insulin_volume_l": "L",
        "baseline_glucose_mg_per_dl": "mg/dL",
        "baseline_insulin_mu_per_l": "m[IU]/L",
    }.get(name, "1")


def prior_of(history: History, now_h: float) -> Prior:
    """The population for a patient with the covariates that hold at `now_h`.

    Parameters that vary by occasion have one factor more for each occasion,
    and one for the occasion to come.
    """
    model = history.population
    current = covariates_at(history, now_h)
    parameters = [
        Parameter(
            name=name,
            unit=unit_of(name),
            median=model.parameters[name].typical(current),
            sd=model.parameters[name].sd,
            transform=model.parameters[name].transform,
            source=model.source.citation,
        )
        for name in model.varying
    ]
    for k in range(len(history.occasions_h) + 1):
        label = "next occasion" if k and k == len(history.occasions_h) else f"occasion {k + 1}"
        parameters += [
            Parameter(
                name=f"{name}, {label}",
                unit="1",
                median=1.0,
                sd=model.parameters[name].occasion_sd,
                source=model.source.citation,
            )
            for name in model.by_occasion
        ]
    correlation = np.eye(len(parameters))
    for i, a in enumerate(model.varying):
        for j, b in enumerate(model.varying):
            if i != j:
                correlation[i, j] = model.correlations.get(frozenset((a, b)), 0.0)
    return Prior(parameters=tuple(parameters), correlation=correlation)


def rows(history: History, now_h: float, parameters: Array) -> Array:
    """Kernel rows (draw, segment, column) for parameters (draw, parameter) in natural units."""
    model = history.population
    starts = history.starts_h()
    full = np.empty((len(parameters), len(starts), columns.WIDTH))
    fixed, shift = typical_rows(history, now_h)
    full[:] = fixed
    place = model.structure.columns
    count = len(model.varying)
    for i, name in enumerate(model.varying):
        spec = model.parameters[name]
        to_line, from_line = LINE[spec.transform]
        typical = to_line(shift[:, i])
        now = to_line(shift[-1, i])
        eta = to_line(parameters[:, i]) - now
        full[:, :, place[name]] = from_line(typical[None, :-1] + eta[:, None])
    if model.by_occasion:
        which = np.searchsorted(history.occasions_h, starts, side="right")
        for j, name in enumerate(model.by_occasion):
            factors = parameters[:, count + j :: len(model.by_occasion)]
            full[:, :, place[name]] *= factors[:, which]
    return full


@lru_cache(maxsize=512)
def typical_rows(history: History, now_h: float) -> tuple[Array, Array]:
    """Typical rows (segment, column); typical values of what varies (segment + now, varying)."""
    model = history.population
    place = model.structure.columns
    starts = history.starts_h()
    fixed = np.zeros((len(starts), columns.WIDTH))
    if "baseline_glucose_mg_per_dl" not in place:
        for name, value in columns.DEFAULTS.items():
            if name in place:
                fixed[:, place[name]] = value
        if "absorption_per_h" not in model.parameters:
            fixed[:, place["zero_order_fraction"]] = 1.0
    varying = np.empty((len(starts) + 1, len(model.varying)))
    for k, time in enumerate((*starts, now_h)):
        at = covariates_at(history, time)
        for name, spec in model.parameters.items():
            value = spec.typical(at)
            if k < len(starts):
                fixed[k, place[name]] = value
            if spec.sd > 0:
                varying[k, model.varying.index(name)] = value
    return fixed, varying


LINE = {
    Transform.LOG: (np.log, np.exp),
    Transform.IDENTITY: (lambda x: x, lambda x: x),
    Transform.LOGIT: (logit, expit),
}
