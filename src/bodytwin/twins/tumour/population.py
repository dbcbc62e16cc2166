"""The population of a variant, as data: numbers with their source, read or learned."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from bodytwin.errors import NotFoundError
from bodytwin.twins.tumour.model.path import PathNumbers
from bodytwin.twins.tumour.model.step import StepNumbers

NAMES = ("laleh_2022",)


@dataclass(frozen=True, slots=True, kw_only=True)
class TumourPopulation:
    """A published or learned population, and how volumes and limits are meant in it.

    A volume is `volume_per_cube` times the diameter cubed. A lesion below `limit_mm` cannot be
    measured. `patients` and `readings` count those of whom it was learned.
    """

    name: str
    title: str
    population: str
    source: str
    licence: str
    volume_per_cube: float
    limit_mm: float
    patients: int
    readings: int
    numbers: PathNumbers
    steps: StepNumbers


def numbers_from(table: dict[str, Any]) -> PathNumbers:
    """The constants from a table of the data file."""
    a, b, c = (tuple(float(x) for x in row) for row in table["lower"])
    m = [float(x) for x in table["mean"]]
    plain = {k: float(v) for k, v in table.items() if k not in ("lower", "mean")}
    return PathNumbers(
        **plain,
        mean=(m[0], m[1], m[2]),
        lower=((a[0], a[1], a[2]), (b[0], b[1], b[2]), (c[0], c[1], c[2])),
    )


def steps_from(table: dict[str, Any]) -> StepNumbers:
    """The constants of the steps ahead from a table of the data file."""
    plain = {k: float(v) for k, v in table.items() if k != "shape"}
    return StepNumbers(**plain, shape=tuple(map(float, table["shape"])))


@cache
def load(name: str) -> TumourPopulation:
    """One population by name. Raises NotFoundError with the names that exist."""
    if name not in NAMES:
        raise NotFoundError(f"No model {name!r}. There are: {', '.join(NAMES)}.")
    text = (files("bodytwin.twins.tumour") / "data" / f"{name}.toml").read_text()
    table = tomllib.loads(text)
    return TumourPopulation(
        name=name,
        **table["about"],
        numbers=numbers_from(table["numbers"]),
        steps=steps_from(table["steps"]),
    )
