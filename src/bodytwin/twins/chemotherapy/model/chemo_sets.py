r"""Which numbers were published on a drug and its effects, and how do patients differ?

The logarithm of a parameter is a normal distribution around that of its published value, with the
published `variance` between patients, and none where none was published. Parameters are drawn one
by one, because correlations were not published.

Not for: how sure the authors were of the value itself.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import NotFoundError
from bodytwin.laws.myelosuppression import Marrow
from bodytwin.twins.chemotherapy.model.exposure import Disposition, compartments
from bodytwin.twins.chemotherapy.model.regimen_effects import Limits

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Published:
    """Parameters of one set as published: the value of each, and the variance of its logarithm."""

    value: Mapping[str, float]
    variance: Mapping[str, float]
    confirmed: bool

    def draw(self, rng: np.random.Generator, count: int) -> dict[str, Array]:
        """Patients (count,) of each parameter, in the order of the file."""
        return {
            name: value * np.exp(np.sqrt(self.variance[name]) * rng.standard_normal(count))
            for name, value in self.value.items()
        }


@cache
def table(name: str) -> Mapping[str, Any]:
    """A file of published numbers, by its name without ending."""
    path = files("bodytwin.twins.chemotherapy") / "data" / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def published(name: str, part: str) -> Published:
    """One set of a file.

    Raises:
        NotFoundError: the file has no such set.

    """
    found = table(name).get(part, {})
    if "parameters" not in found:
        sets = sorted(k for k, v in table(name).items() if "parameters" in v)
        raise NotFoundError(f"No set {part!r} among the numbers of {name}: {', '.join(sets)}.")
    rows = found["parameters"]
    return Published(
        value={k: float(v["value"]) for k, v in rows.items()},
        variance={k: float(v.get("variance", 0.0)) for k, v in rows.items()},
        confirmed=bool(found.get("confirmed", True)),
    )


def disposition(drawn: Mapping[str, Array]) -> Disposition:
    """Disposition of patients drawn from a set named `exposure`."""
    peripheral = [
        (drawn[f"flow_{i}_l_per_d"], drawn[f"volume_{i}_l"])
        for i in (1, 2)
        if f"flow_{i}_l_per_d" in drawn
    ]
    return compartments(
        clearance_l_per_d=drawn["clearance_l_per_d"],
        central_volume_l=drawn["central_volume_l"],
        peripheral=peripheral,
    )


def marrow(drawn: Mapping[str, Array]) -> Marrow:
    """Marrow of patients drawn from a set on neutrophils, linear or with a greatest effect."""
    system = {n: drawn[n] for n in ("baseline_1e9_per_l", "mean_transit_d", "feedback")}
    if "greatest" in drawn:
        half = drawn["half_mg_per_l"]
        return Marrow(**system, slope_l_per_mg=drawn["greatest"] / half, half_mg_per_l=half)
    return Marrow(**system, slope_l_per_mg=drawn["slope_l_per_mg"])


def limits() -> Limits:
    """Where counts and sizes change their name."""
    found = table("limits")
    return Limits(
        severe_1e9_per_l=found["neutropenia"]["grade_3_1e9_per_l"],
        life_threatening_1e9_per_l=found["neutropenia"]["grade_4_1e9_per_l"],
        retreat_1e9_per_l=found["neutropenia"]["retreat_1e9_per_l"],
        progression=found["size"]["progression"],
        response=found["size"]["response"],
    )
