"""The unknowns of one patient, and what else the twin knows of them."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.parameter import Parameter, Prior
from bodytwin.errors import InvalidPlanError
from bodytwin.twins.chemotherapy.model.chemo_sets import table
from bodytwin.twins.chemotherapy.population import ChemoModel, Drug

Array = NDArray[np.float64]
HOURS_PER_D = 24.0
_UNITS = {
    "_mm": "mm",
    "_kill_per_mg": "/mg",
    "_per_d_per_auc": "/d",
    "_l_per_d": "L/d",
    "_per_d": "/d",
    "_volume_l": "L",
    "_1e9_per_l": "10*9/L",
    "_l_per_mg": "L/mg",
    "_d": "d",
}
"""UCUM unit by the end of a name, the first that fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One dose in the drug's own unit (`Drug.unit`), `time_d` days from the origin of the case."""

    drug: str
    time_d: float
    amount: float
    infusion_d: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Treated:
    """What the twin knows besides measurements; `typical` are the published values for them.

    `typical` runs over `model.value` in order; body surface and filtration are None where the
    record does not tell them.
    """

    model: ChemoModel
    typical: tuple[float, ...]
    doses: tuple[Given, ...]
    surface_m2: float | None = None
    filtration_ml_per_min: float | None = None

    def value(self, name: str) -> float:
        """The published value of a parameter for this patient."""
        return self.typical[list(self.model.value).index(name)]


def unit_of(name: str) -> str:
    """UCUM unit that the name of a parameter states."""
    return next((unit for end, unit in _UNITS.items() if name.endswith(end)), "1")


def prior_of(treated: Treated) -> Prior:
    """The published spread around the published values for this patient, each on its own."""
    model = treated.model
    parameters = tuple(
        Parameter(
            name=name,
            unit=unit_of(name),
            median=treated.value(name),
            sd=math.sqrt(model.variance[name]),
            source=model.source,
        )
        for name in model.unknown
    )
    return Prior(parameters=parameters, correlation=np.eye(len(parameters)))


def column(treated: Treated, parameters: Array, name: str) -> Array:
    """One parameter of every draw (draw,), whether patients differ in it or not."""
    unknown = treated.model.unknown
    if name in unknown:
        return parameters[:, unknown.index(name)]
    return np.full(len(parameters), treated.value(name))


def kill_of(treated: Treated, parameters: Array, drug: Drug) -> Array:
    """The kill of one drug (draw,), with the deviation of the parameter that it shares."""
    assert drug.kill is not None
    own = column(treated, parameters, drug.kill)
    if drug.shares is None:
        return own
    return own * column(treated, parameters, drug.shares) / treated.value(drug.shares)


def in_own_unit(treated: Treated, drug: Drug, amount: float, unit: str) -> float:
    """An amount stated in mg, mg/m2 or as AUC, in the unit in which the drug acts.

    Raises InvalidPlanError where that takes what the record does not tell.
    """
    if unit == drug.unit:
        return amount
    if "mg/m2" in (unit, drug.unit) and "AUC" not in (unit, drug.unit):
        if treated.surface_m2 is None:
            raise InvalidPlanError(
                f"To turn {unit} of {drug.name} into {drug.unit} takes the body surface: the "
                "record holds neither it nor height and weight."
            )
        return amount * treated.surface_m2 if unit == "mg/m2" else amount / treated.surface_m2
    if (unit, drug.unit) == ("mg", "AUC"):
        if treated.filtration_ml_per_min is None:
            raise InvalidPlanError(
                f"To turn mg of {drug.name} into an AUC (Calvert) takes the filtration of the "
                "kidneys: the record lacks creatinine, weight, sex or age."
            )
        offset = table("body")["calvert"]["offset_ml_per_min"]
        return amount / (treated.filtration_ml_per_min + offset)
    raise InvalidPlanError(f"{drug.name} is given in {' or '.join(drug.stated)}, got {unit!r}.")
