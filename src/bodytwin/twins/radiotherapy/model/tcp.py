r"""How likely does no cell survive that could make the tumour grow again?

With the clonogenic cells :math:`N_i` of voxels that receive the doses :math:`d_i`, and the shares
:math:`S_i` that survive (`laws.cell_survival`), the number that is left follows Poisson's law,

.. math::
    TCP = \exp\Big(-\sum_i N_i S_i\, 2^{(T - T_k)^+ / T_d}\Big).                   \tag{1}

Where cells divide at the rate b and die at the rate e while treatment goes on, the number left is
not Poisson's. With S(t) the share that survives the irradiation up to t (Zaider & Minerbo 2000),

.. math::
    TCP(t) = \Big[1 - \frac{S(t)\, e^{(b-e)t}}
             {1 + b\,S(t)\, e^{(b-e)t} \int_0^t \frac{dr}{S(r) e^{(b-e)r}}}\Big]^{N_0}, \tag{2}

which is a sum over fractions where they are short, S being constant between them.

A curve of a dose :math:`D_{50}` in 2 Gy fractions and a slope :math:`\gamma`, from which
:math:`\delta` a day is lost after :math:`T_0`, is (1) with

.. math::
    \sum_i N_i = e^{e\gamma} \ln 2, \quad \alpha\,(1 + 2 / (\alpha/\beta)) = e\gamma / D_{50}, \quad
    T_k = T_0, \quad T_d = \ln 2\; D_{50} / (e\gamma\,\delta).                      \tag{3}

Source: (1) Webb & Nahum 1993, Phys Med Biol 38:653, doi 10.1088/0031-9155/38/6/001;
(2) Zaider & Minerbo 2000, Phys Med Biol 45:279, doi 10.1088/0031-9155/45/2/303; (3) the form of
Källman, Ågren & Brahme 1992, Int J Radiat Biol 62:249, doi 10.1080/09553009214552071, written as
cells.

Arguments are numbers or draws (draws,); the result is one for each draw.

Not for: spread beyond the volume irradiated, and not for a patient's own sensitivity unless the
draws are that patient's.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.laws.cell_survival import course_log_survival
from bodytwin.laws.isoeffect import STANDARD_FRACTION_GY
from bodytwin.laws.possible import not_negative, positive
from bodytwin.laws.repopulation import log_regrowth
from bodytwin.twins.radiotherapy.model.delivered import Delivered
from bodytwin.twins.radiotherapy.model.dvh import Dvh

Array = NDArray[np.float64]
Draws = float | Array


@dataclass(frozen=True, eq=False, kw_only=True)
class Tumour:
    """Clonogenic cells spread evenly over the structure, and how they answer to dose and time."""

    clonogens: Draws
    alpha_per_gy: Draws
    alpha_beta_gy: Draws
    doubling_d: Draws = np.inf
    kick_off_d: Draws = 0.0
    _draws: list[Array] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        positive(clonogens=self.clonogens, alpha_per_gy=self.alpha_per_gy)
        positive(alpha_beta_gy=self.alpha_beta_gy, doubling_d=self.doubling_d)
        given = (
            self.clonogens,
            self.alpha_per_gy,
            self.alpha_beta_gy,
            self.doubling_d,
            self.kick_off_d,
        )
        object.__setattr__(self, "_draws", np.broadcast_arrays(*map(np.atleast_1d, given)))

    def control(self, dvh: Dvh, *, fractions: int, duration_d: float) -> Array:
        """Equation (1) for each draw, (draws,)."""
        share = dvh.volume_cm3 / dvh.total_cm3
        return np.array(
            [
                np.exp(-n * float(share @ np.exp(_left(dvh.dose_gy, fractions, a, r) + grown)))
                for n, a, r, grown in self._each(duration_d)
            ]
        )

    def control_of_uniform(self, dose_gy: float, *, fractions: int, duration_d: float) -> Array:
        """Equation (1) where every cell receives the same dose, (draws,)."""
        return np.array(
            [
                np.exp(-n * np.exp(_left(np.array(dose_gy), fractions, a, r) + grown))
                for n, a, r, grown in self._each(duration_d)
            ]
        )

    def control_of_course(self, given: Delivered, share: Array, *, duration_d: float) -> Array:
        """Equation (1), each draw given `share` (draws,) of the doses of a course, (draws,)."""
        n, alpha, ratio, doubling, start = (np.broadcast_to(x, share.shape) for x in self._draws)
        left = given.log_survival(share, alpha_per_gy=alpha, beta_per_gy2=alpha / ratio)
        grown = log_regrowth(duration_d, kick_off_d=start, doubling_d=doubling)
        return np.exp(-n * (np.exp(left + grown[:, None]) @ given.share))

    def _each(self, duration_d: float) -> list[tuple[float, float, float, float]]:
        clonogens, alpha, ratio, doubling, start = self._draws
        grown = log_regrowth(duration_d, kick_off_d=start, doubling_d=doubling)
        return list(zip(clonogens, alpha, ratio, grown, strict=True))


def of_curve(
    *, d50_gy: Draws, gamma50: Draws, alpha_beta_gy: Draws, lost_gy_per_d: Draws, within_d: Draws
) -> Tumour:
    """The cells of a curve, by (3); `d50_gy` is in 2 Gy fractions within `within_d` days."""
    d50, gamma, ratio, lost = positive(
        d50_gy=d50_gy, gamma50=gamma50, alpha_beta_gy=alpha_beta_gy, lost_gy_per_d=lost_gy_per_d
    )
    slope = np.e * gamma / d50
    return Tumour(
        clonogens=np.log(2.0) * np.exp(np.e * gamma),
        alpha_per_gy=slope / (1.0 + STANDARD_FRACTION_GY / ratio),
        alpha_beta_gy=ratio,
        doubling_d=np.log(2.0) / (slope * lost),
        kick_off_d=within_d,
    )


def _left(dose: Array, fractions: int, alpha: float, ratio: float) -> Array:
    return course_log_survival(
        dose, fractions=fractions, alpha_per_gy=alpha, beta_per_gy2=alpha / ratio
    )


def control_with_births(
    log_survival: Array,
    time_d: Array,
    *,
    clonogens: float,
    births_per_d: float,
    deaths_per_d: float,
    until_d: float,
) -> float:
    """Equation (2) for short fractions at times (fractions,), each leaving `log_survival`.

    Raises:
        InvalidInputError: times that do not rise from zero or more to `until_d`, or rates below
            zero.

    """
    t = np.concatenate([[0.0], np.asarray(time_d, dtype=np.float64), [until_d]])
    given = np.asarray(log_survival, dtype=np.float64)
    if given.shape != (len(t) - 2,) or np.any(np.diff(t) < 0.0):
        raise InvalidInputError(
            f"{len(given)} fractions need as many times that rise from 0 to until_d "
            f"({until_d:g} d)."
        )
    births, deaths, n = not_negative(
        births_per_d=births_per_d, deaths_per_d=deaths_per_d, clonogens=clonogens
    )
    net = float(births - deaths)
    log_s = np.concatenate([[0.0], np.cumsum(given)])
    lasts = np.diff(t)
    spans = lasts if net == 0.0 else -np.expm1(-net * lasts) / net
    log_alive = log_s[-1] + net * until_d
    # (2) over S e^{(b-e)t}: every term of the sum stays finite where few cells are left.
    waited = float(births) * float(np.sum(spans * np.exp(log_alive - log_s - net * t[:-1])))
    alive = np.exp(log_alive) / (1.0 + waited)
    return float(np.exp(n * np.log1p(-min(alive, 1.0)))) if alive < 1.0 else 0.0
