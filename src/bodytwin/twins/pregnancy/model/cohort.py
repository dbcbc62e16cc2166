r"""How do the findings of a visit divide a population, and how do they move its hazards?

Women are divided by the standard score :math:`z` of cervical length, by history and, where it was
tested, by fibronectin. With the gap :math:`g` from the visit to the middle of week :math:`w` and
the length :math:`L` (not below a floor),

.. math::
    \eta^L = a (L_1 - L)^+ + b(g) (L_0 - L)                                                 \tag{1}
.. math::
    \eta = \log\left(1 - \rho + \rho \, e^{\eta^L} / \overline{e^{\eta^L}}\right)
           + \eta^H(w) + \eta^F(g), \qquad w < 37;                                          \tag{2}

and none from 37 weeks on. :math:`\rho` is the share of spontaneous births that go with the
cervix; :math:`b` and :math:`\eta^F` are interpolated in the gap, because what is measured today
says less of later weeks; :math:`\eta^H` in the week of birth. The length of the population is
shifted by week; :math:`L` is the one measured.

Source: data/duration.toml; Celik et al. 2008 and Iams et al. 1996, to which (1) and
:math:`\rho` were fitted; Berghella et al. 2007 for the dependence on the week of measurement.
Not for: causes. A ratio of a finding is no effect of changing it.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.special import ndtri

from bodytwin.twins.pregnancy.model.findings import History
from bodytwin.twins.pregnancy.model.quoted import quoted, table

Array = NDArray[np.float64]
TERM_WK = 37
Z_STEP, Z_ENDS = 0.1, (-3.4, 3.0)
HISTORIES = tuple(History)


@dataclass(frozen=True, kw_only=True)
class LengthEffect:
    """The parameters of equation (1): `slope_per_mm` at gaps `gap_wk` from a visit.

    A visit before `fitted_from_wk` counts as one then.
    """

    fitted_from_wk: float
    gap_wk: tuple[float, ...]
    slope_per_mm: tuple[float, ...]
    steep_per_mm: float
    knee_mm: float
    knot_mm: float
    floor_mm: float

    def log_ratio(self, found_mm: Array, *, visit_wk: float, weeks: Array) -> Array:
        """Equation (1), (length, week), for lengths (length,)."""
        gap = weeks + 0.5 - max(visit_wk, self.fitted_from_wk)
        slope = np.interp(gap, self.gap_wk, self.slope_per_mm)
        length = np.maximum(found_mm, self.floor_mm)[:, None]
        steep = self.steep_per_mm * np.maximum(0.0, self.knee_mm - length)
        return steep + slope * (self.knot_mm - length)


def length_effect() -> LengthEffect:
    """The fitted one."""
    said: dict[str, Any] = dict(table("duration")["cervix"]["effect"])
    names = LengthEffect.__dataclass_fields__
    lists = {name: tuple(said.pop(name)) for name in ("gap_wk", "slope_per_mm")}
    return LengthEffect(**lists, **{name: said[name] for name in names if name in said})


@dataclass(frozen=True, kw_only=True, eq=False)
class Ratios:
    """Draws (draw,) of the ratios by which findings move hazards."""

    cervix_factor: Array
    related_share: Array
    late_ratio: Array
    late_ratio_early: Array
    nulliparous_ratio: Array
    fibronectin_near: Array
    fibronectin_far: Array


RATIOS = tuple(Ratios.__dataclass_fields__)


def ratios_at(deviates: Array) -> Ratios:
    """The ratios at standard normal `deviates` (draw, 7), in the order of `RATIOS`."""
    said = table("duration")["drawn"]
    drawn = {n: quoted(said[n]).at(z) for n, z in zip(RATIOS, deviates.T, strict=True)}
    drawn["related_share"] = np.clip(drawn["related_share"], 0.0, 1.0)
    return Ratios(**drawn)


def ratios(rng: np.random.Generator | None = None, count: int = 1, **held: float) -> Ratios:
    """The published values, or `count` draws from their intervals; `held` are as given."""
    shape = (count, len(RATIOS))
    drawn = ratios_at(np.zeros(shape) if rng is None else rng.standard_normal(shape))
    return replace(drawn, **{name: np.full(count, value) for name, value in held.items()})


def scores() -> tuple[Array, Array]:
    """Standard scores (cell,) of length, and their shares (cell,)."""
    z = np.arange(Z_ENDS[0], Z_ENDS[1] + Z_STEP / 2, Z_STEP)
    share = np.exp(-0.5 * z * z)
    return z, share / share.sum()


def length_mm(z: Array, *, week: float) -> Array:
    """Length at standard scores (cell,), in a population measured at `week`."""
    said = table("duration")["cervix"]
    known = np.array(said["percentile"]) / 100
    above = np.array([0.9, 0.95, 0.99])
    at = ndtri(np.concatenate([known, above]))
    mm = np.concatenate([said["percentile_mm"], said["mean_mm"] + said["sd_mm"] * ndtri(above)])
    inside = PchipInterpolator(at, mm)(np.clip(z, at[0], at[-1]))
    low = mm[0] + (z - at[0]) * (mm[1] - mm[0]) / (at[1] - at[0])
    high = mm[-1] + (z - at[-1]) * (mm[-1] - mm[-2]) / (at[-1] - at[-2])
    found = np.where(z < at[0], low, np.where(z > at[-1], high, inside))
    shift = (week - said["reference_wk"]) * said["change_mm_per_wk"]
    return np.maximum(0.0, found + shift)


def share_shorter(found_mm: float, *, week: float) -> float:
    """Share of the population that has a shorter cervix in this week."""
    z, share = scores()
    return float(np.sum(share[length_mm(z, week=week) < found_mm]))


def cervix_log_ratio(
    found_mm: Array,
    *,
    visit_wk: float,
    weeks: Array,
    by: Ratios,
    effect: LengthEffect | None = None,
) -> Array:
    """The first part of equation (2), (draw, length, week), for lengths (length,).

    `effect` is the fitted one unless another is given.
    """
    of = effect or length_effect()
    z, share = scores()
    lengths = length_mm(z, week=visit_wk)
    population = of.log_ratio(lengths, visit_wk=visit_wk, weeks=weeks)
    own = of.log_ratio(found_mm, visit_wk=visit_wk, weeks=weeks)
    factor, rho = by.cervix_factor[:, None, None], by.related_share[:, None, None]
    mean = np.sum(share[:, None] * np.exp(factor * population), axis=1, keepdims=True)
    log_ratio = np.log(1 - rho + rho * np.exp(factor * own) / mean)
    return np.where(weeks >= TERM_WK, 0.0, log_ratio)


def history_log_ratio(weeks: Array, *, by: Ratios) -> Array:
    """The logarithms (draw, history, week), in the order of `HISTORIES`; zero for term births."""
    said: dict[str, Any] = dict(table("duration")["history"])
    late = np.stack(
        [
            np.interp(weeks + 0.5, said["nodes_wk"], np.log([early, last]))
            for early, last in zip(by.late_ratio_early, by.late_ratio, strict=True)
        ]
    )
    earlier = np.interp(weeks + 0.5, said["nodes_wk"], said["log_23_to_27_over_later"])
    flat = np.ones_like(late)
    first = np.log(by.nulliparous_ratio)[:, None] * flat
    found = np.stack([first, 0.0 * flat, late, earlier * late], axis=1)
    return np.where(weeks >= TERM_WK, 0.0, found)


def fibronectin_log_ratio(weeks: Array, *, visit_wk: float, by: Ratios) -> Array:
    """The logarithms (draw, result, week) of a negative and a positive test."""
    nodes = table("duration")["fibronectin"]["gap_wk"]
    gap = weeks + 0.5 - visit_wk
    positive = np.stack(
        [
            np.interp(gap, nodes, np.log([near, far]))
            for near, far in zip(by.fibronectin_near, by.fibronectin_far, strict=True)
        ]
    )
    found = np.stack([np.zeros_like(positive), positive], axis=1)
    return np.where(weeks >= TERM_WK, 0.0, found)
