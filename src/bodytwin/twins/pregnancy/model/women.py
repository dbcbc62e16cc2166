r"""What are these measures in women of a given week?

The volume of the cavity is log-normal about its published mean, and is that of an ellipsoid,

.. math::
    V = \tfrac{\pi}{6} L W D, \qquad L = \lambda W, \quad D = \delta W,                  \tag{1}

so the three diameters are correlated through it. Thicknesses and diameters of the cervix are
log-normal with the published mean and standard deviation, its length and angle normal.

Between visits a woman is taken to keep her place among women, so that the contents grow, and wall
and cervix change, as they do in all (`grown`).

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
OF_WALLS = ("fundus_mm", "anterior_mm", "posterior_mm")


def drawn(week: float, rng: Generator, count: int) -> Array:
    """Measures of `count` virtual women (count, 11), in the order of `measures.NAMES`.

    They are drawn one by one: some may conflict, and `measures` refuses those.
    """
    limit = float(table("measures")["limit"]["scores"])
    return at_scores(week, _within(rng, limit, (count, len(NAMES))))


def known_wk() -> tuple[float, float]:
    """The first and last week whose measures are known."""
    said = table("measures")["cavity"]
    return float(said["first_wk"]), float(said["last_wk"])


def scores_of(week: float, values: Array) -> Array:
    """The scores (draw, 11) for which `at_scores` gives measures `values` (draw, 11)."""
    said = table("measures")
    _require(week)
    a = values.T
    cavity, walls = said["cavity"], said["wall"]
    mean, sd = _volume(week, cavity)
    longer, deeper = cavity["length_over_width"], cavity["depth_over_width"]
    lower = _between(week, said["lower_segment"], "mean_mm")
    columns = [
        _log_score(mean, sd, np.pi / 6 * a[0] * a[1] * a[2] / MM3_PER_ML),
        _log_score(longer["mean"], longer["sd"], a[0] / a[2]),
        _log_score(deeper["mean"], deeper["sd"], a[1] / a[2]),
        *(_log_score(walls[name]["mean"], walls[name]["sd"], a[3 + i])
          for i, name in enumerate(OF_WALLS)),
        _log_score(lower, lower * said["lower_segment"]["relative_sd"], a[6]),
        _score(week, said["cervix_length"], "mm", a[7]),
        _log_score(said["cervix_outer"]["mean_mm"], said["cervix_outer"]["sd_mm"], a[8]),
        _log_score(said["canal"]["mean_mm"], said["canal"]["sd_mm"], a[9]),
        _score(week, said["angle"], "deg", a[10]),
    ]  # fmt: skip
    return np.stack(columns, axis=1)


def grown(values: Array, *, week: float, to_wk: float) -> Array:
    """Measures (draw, 11) that women with `values` in `week` have in week `to_wk`.

    Raises OutsidePopulationError where either week is outside of the table.
    """
    return at_scores(to_wk, scores_of(week, values))


def at_scores(week: float, scores: Array) -> Array:
    """Measures (draw, 11) of women with standard normal `scores` (draw, 11).

    Scores are those of volume, length and depth over width, then in the order of `NAMES`.
    """
    said = table("measures")
    _require(week)
    z = scores.T
    walls = said["wall"]
    lower = _between(week, said["lower_segment"], "mean_mm")
    columns = [
        *_diameters(week, z[:3], said["cavity"]),
        *(
            _log_normal(walls[name]["mean"], walls[name]["sd"], z[3 + i])
            for i, name in enumerate(OF_WALLS)
        ),
        _log_normal(lower, lower * said["lower_segment"]["relative_sd"], z[6]),
        _normal(week, said["cervix_length"], "mm", z[7]),
        _log_normal(said["cervix_outer"]["mean_mm"], said["cervix_outer"]["sd_mm"], z[8]),
        _log_normal(said["canal"]["mean_mm"], said["canal"]["sd_mm"], z[9]),
        _normal(week, said["angle"], "deg", z[10]),
    ]
    return np.stack(columns, axis=1)


def _require(week: float) -> None:
    first, last = known_wk()
    if not first <= week <= last:
        raise OutsidePopulationError(
            f"Measures are known for {first:g} to {last:g} weeks, this is week {week:g}.",
            "Give the measures of this woman instead.",
        )


def _diameters(week: float, z: Array, cavity: Mapping[str, Any]) -> list[Array]:
    volume = MM3_PER_ML * _log_normal(*_volume(week, cavity), z[0])
    longer, deeper = cavity["length_over_width"], cavity["depth_over_width"]
    length = _log_normal(longer["mean"], longer["sd"], z[1])
    depth = _log_normal(deeper["mean"], deeper["sd"], z[2])
    width = np.cbrt(6 * volume / (np.pi * length * depth))
    return [length * width, depth * width, width]


def _volume(week: float, cavity: Mapping[str, Any]) -> tuple[float, float]:
    mean = float(np.polyval(cavity["volume_ml"], week))
    return mean, mean - float(np.polyval(cavity["volume_less_one_sd_ml"], week))


def _log_score(mean: float, sd: float, value: Array) -> Array:
    spread = np.log1p((sd / mean) ** 2)
    return (np.log(value / mean) + spread / 2) / np.sqrt(spread)


def _score(week: float, said: Mapping[str, Any], unit: str, value: Array) -> Array:
    return (value - _between(week, said, f"mean_{unit}")) / _between(week, said, f"sd_{unit}")


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
