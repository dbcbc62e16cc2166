"""The unknowns of one heart, and the population they are drawn from."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.contract.parameter import Parameter, Prior, Transform
from bodytwin.contract.twin import Variant

Array = NDArray[np.float64]
NAMES = (
    "fibre_speed_m_per_s",
    "anisotropy",
    "endocardial_speedup",
    "border_speed_share",
    "border_duration_share",
    "duration_share",
    "lesion_radius_share",
)
"""In the order of the columns of every array of parameters."""


@cache
def _table() -> dict[str, Any]:
    path = files("bodytwin.twins.rhythm") / "data" / "population.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def prior() -> Prior:
    """The population, unknowns independent of each other."""
    parameters = tuple(Parameter(transform=Transform.LOG, **row) for row in _table()["parameters"])
    assert tuple(p.name for p in parameters) == NAMES
    return Prior(parameters=parameters, correlation=np.eye(len(parameters)))


@cache
def variants() -> dict[str, Variant]:
    """The published models of this twin."""
    return {row["name"]: Variant(**row) for row in _table()["variants"]}
