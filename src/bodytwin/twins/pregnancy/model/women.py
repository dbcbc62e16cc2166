r"""What are these measures in women of a given week?

The volume of the cavity is log-normal about its published mean, and is that of an ellipsoid,

.. math::
    V = \tfrac{\pi}{6} L W D, \qquad L = \lambda W, \quad D = \delta W,                  \tag{1}

so the three diameters are correlated through it. Thicknesses and diameters of the cervix are
log-normal with the published mean and standard deviation, its length and angle normal.

Source: data/measures.toml, and the works named in it; several spreads are assumed there.
Not for: weeks outside the table, twins, women in labour.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from bodytwin.errors import OutsidePopulationError
from bodytwin.twins.pregnancy.model.measures import NAMES
from bodytwin.twins.pregnancy.model.quoted import table

Array = NDArray[np.float64]
MM3_PER_ML = 1000.0


def drawn(week: float, rng: Generator, count: int) -> Array:
    """Measures of `count` virtual women (count, 11), in the order of `measures.NAMES`.

    They are drawn one by one: some may conflict, and `measures` refuses those.
    """
    limit = float(table("measures")["limit"]["scores"])
    return at_scores(week, _within(rng, limit, (count, len(NAMES))))


def at_scores(week: float, scores: Array) -> Array:
    """Measures (draw, 11) of women with standard normal `scores` (draw, 11).

    Scores are those of volume, length and depth over width, then in the order of `NAMES`.
    """
    said = table("measures")
    _require(week, said["cavity"])
    z = scores.T
    walls = said["wall"]
    lower = _between(week, said["lower_segment"], "mean_mm")
    columns = [
        *_diameters(week, z[:3], said["cavity"]),
        *(
            _log_normal(walls[name]["mean"], walls[name]["sd"], z[3 + i])
            for i, name in enumerate(("fundus_mm", "anterior_mm", "posterior_mm"))
        ),
        _log_normal(lower, lower * said["lower_segment"]["relative_sd"], z[6]),
        _normal(week, said["cervix_length"], "mm", z[7]),
        _log_normal(said["cervix_outer"]["mean_mm"], said["cervix_outer"]["sd_mm"], z[8]),
        _log_normal(said["canal"]["mean_mm"], said["canal"]["sd_mm"], z[9]),
        _normal(week, said["angle"], "deg", z[10]),
    ]
    return np.stack(columns, axis=1)


def _require(week: float, cavity: Mapping[str, Any]) -> None:
    first, last = cavity["first_wk"], cavity["last_wk"]
    if not first <= week <= last:
        raise OutsidePopulationError(
            f"Measures are known for {first:g} to {last:g} weeks, this is week {week:g}.",
            "Give the measures of this woman instead.",
        )


def _diameters(week: float, z: Array, cavity: Mapping[str, Any]) -> list[Array]:
    mean = float(np.polyval(cavity["volume_ml"], week))
    sd = mean - float(np.polyval(cavity["volume_less_one_sd_ml"], week))
    volume = MM3_PER_ML * _log_normal(mean, sd, z[0])
    longer, deeper = cavity["length_over_width"], cavity["depth_over_width"]
    length = _log_normal(longer["mean"], longer["sd"], z[1])
    depth = _log_normal(deeper["mean"], deeper["sd"], z[2])
    width = np.cbrt(6 * volume / (np.pi * length * depth))
    return [length * width, depth * width, width]


def _log_normal(mean: float, sd: float, z: Array) -> Array:
    spread = np.log1p((sd / mean) ** 2)
    return mean * np.exp(np.sqrt(spread) * z - spread / 2)


def _normal(week: float, said: Mapping[str, Any], unit: str, z: Array) -> Array:
    return _between(week, said, f"mean_{unit}") + _between(week, said, f"sd_{unit}") * z


def _between(week: float, said: Mapping[str, Any], name: str) -> float:
    return float(np.interp(week, said["week"], said[name]))


def _within(rng: Generator, limit: float, shape: tuple[int, int]) -> Array:
    from scipy.special import ndtr, ndtri

    low = float(ndtr(-limit))
    return np.asarray(ndtri(low + (1 - 2 * low) * rng.random(shape)), dtype=np.float64)
