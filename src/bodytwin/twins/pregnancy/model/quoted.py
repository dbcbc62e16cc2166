r"""Which numbers were published, and how sure were their authors?

A value with an interval is drawn so that its median is the value and the ends of the interval are
the quantiles that they were published as: the logarithm is normal with one width below the value
and another above, or the value itself where the interval reaches zero. Correlations were not
published, so values are drawn one by one.

Not for: the spread between women.
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

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Quoted:
    """A published value, and the ends of its interval at `level` where there is one."""

    value: float
    low: float | None = None
    high: float | None = None
    level: float = 0.95

    def at(self, z: Array) -> Array:
        """Values (draw,) at standard normal scores `z` (draw,); the value where z is zero."""
        if self.low is None or self.high is None:
            return np.full(z.shape, self.value)
        unit = z / float(ndtri(0.5 + 0.5 * self.level))
        if self.low > 0.0:
            below, above = np.log(self.value / self.low), np.log(self.high / self.value)
            return self.value * np.exp(unit * np.where(z < 0.0, below, above))
        return self.value + unit * np.where(z < 0.0, self.value - self.low, self.high - self.value)


@cache
def table(name: str) -> Mapping[str, Any]:
    """A file of published numbers of this twin, by its name without ending."""
    path = files("bodytwin.twins.pregnancy") / "data" / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def quoted(said: Mapping[str, Any] | float) -> Quoted:
    """A number, or a value with its interval, as the files have them."""
    if isinstance(said, int | float):
        return Quoted(value=float(said))
    return Quoted(**{k: said[k] for k in ("value", "low", "high", "level") if k in said})
