r"""Which parameters were published for a tissue or a tumour, and how sure were their authors?

A parameter with an interval is drawn so that its median is the published value and the ends of the
interval are the quantiles they were published as: the logarithm is a normal distribution of one
width below the value and another above it. Where an interval reaches zero the parameter itself is
drawn so, and what falls below zero is zero. Correlations were not published, so parameters are
drawn one by one, which makes intervals of predictions too wide rather than too narrow where
estimates trade off.

Not for: the spread between patients, unless the source says that the interval is that.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from bodytwin.errors import NotFoundError

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A published value, and its interval at a `level` such as 0.95 where there is one."""

    value: float
    low: float | None = None
    high: float | None = None
    level: float = 0.95

    @property
    def has_interval(self) -> bool:
        """Whether it can be drawn."""
        return self.low is not None and self.high is not None

    def draw(self, rng: np.random.Generator, count: int) -> Array:
        """Draws (count,), all the value itself where no interval was published."""
        if self.low is None or self.high is None:
            return np.full(count, self.value)
        z = rng.standard_normal(count) / float(ndtri(0.5 + 0.5 * self.level))
        if self.low > 0.0:
            below, above = np.log(self.value / self.low), np.log(self.high / self.value)
            return self.value * np.exp(z * np.where(z < 0.0, below, above))
        width = np.where(z < 0.0, self.value - self.low, self.high - self.value)
        return np.maximum(0.0, self.value + z * width)


@cache
def table(name: str) -> Mapping[str, Any]:
    """A file of published numbers of this twin, by its name without ending."""
    path = files("bodytwin.twins.radiotherapy") / "data" / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def entry(name: str, key: str) -> Mapping[str, Any]:
    """One entry; NotFoundError with the list where there is no such entry."""
    known = table(name)
    if key not in known:
        raise NotFoundError(f"No set '{key[:40]}' in {name}. There are: {', '.join(known)}.")
    return known[key]


def estimate(said: Mapping[str, Any] | float) -> Estimate:
    """A number, or a value with its interval, as the files have them."""
    if isinstance(said, int | float):
        return Estimate(value=float(said))
    return Estimate(**said)
