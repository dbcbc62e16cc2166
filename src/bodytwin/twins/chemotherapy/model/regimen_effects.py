r"""What does a regimen do for a patient's tumour, and what to the blood?

Of a size over time relative to the first, as a diameter :math:`\ell`, progression is the first
day on which

.. math::
    \ell(t) \ge (1 + p) \min_{s \le t} \ell(s),                                    \tag{1}

and a response is a diameter that was at least a share r below the first. A size in volume has
:math:`\ell = (V / V_0)^{1/3}`. Of the counts the nadir is asked for, and in which share of
patients it lies below a grade.

The effects of several drugs on the same cells add up, each in proportion to its own
concentration:

.. math::
    E(t) = \sum_i e_i C_i(t).                                                      \tag{2}

Source: (1) Eisenhauer et al. 2009, Eur J Cancer 45:228, doi 10.1016/j.ejca.2008.10.026, without its
5 mm; the limits come from the caller, who has them from `chemo_sets.limits`.

Not for: new lesions, fever with neutropenia, or other harm than to neutrophils.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError
from bodytwin.laws.myelosuppression import Marrow, Nadir, nadir, neutrophils_1e9_per_l
from bodytwin.numerics.ode.exponential_sum import ExponentialSum
from bodytwin.twins.chemotherapy.model.exposure import Disposition, Dose, expose
from bodytwin.twins.chemotherapy.model.simeoni import Growth, simeoni

Array = NDArray[np.float64]
VOLUME, DIAMETER = 1.0 / 3.0, 1.0
"""The power that makes a diameter of a size."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Counts below which neutropenia is severe or threatens life, and shares of a diameter."""

    severe_1e9_per_l: float
    life_threatening_1e9_per_l: float
    retreat_1e9_per_l: float
    progression: float
    response: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Drug:
    """One drug in each patient (draw,): where it goes, what it does to tumour and marrow.

    `tumour_effect` and `marrow_effect` are e of (2), per mg/L; the former also per day.
    """

    disposition: Disposition
    tumour_effect: Array
    marrow_effect: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Patients:
    """Draws of one patient, or many patients: their drugs, their tumour, their marrow.

    `growth` has a potency of 1 and `marrow` a slope of 1, which the drugs bring in themselves.
    """

    drugs: Mapping[str, Drug]
    growth: Growth
    marrow: Marrow


@dataclass(frozen=True, kw_only=True, eq=False)
class Response:
    """Of each draw (draw,): the least diameter over the first, when, and what came of it.

    `progression_d` is infinite where there is none in the time looked at.
    """

    least: Array
    least_d: Array
    responded: NDArray[np.bool_]
    progression_d: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Toxicity:
    """Of each draw (draw,): the nadir, and whether it was below the limits."""

    nadir: Nadir
    severe: NDArray[np.bool_]
    life_threatening: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Effects:
    """What a regimen does: paths (draw, time) and what is read from them."""

    size: Array
    neutrophils_1e9_per_l: Array
    response: Response
    toxicity: Toxicity


def effect_of(
    doses: Sequence[Dose], drugs: Mapping[str, tuple[Disposition, Array]]
) -> ExponentialSum:
    """Equation (2) for drugs given as disposition and effect (draw,).

    Raises:
        InvalidInputError: a dose of a drug that is not among them.

    """
    unknown = sorted({d.drug for d in doses} - set(drugs))
    if unknown or not drugs:
        raise InvalidInputError(
            f"The effects of {', '.join(unknown) or 'any drug'} are not known; known are: "
            f"{', '.join(sorted(drugs)) or 'none'}."
        )
    parts = [
        expose(doses, disposition, drug=name).scaled(effect)
        for name, (disposition, effect) in drugs.items()
    ]
    return reduce(ExponentialSum.plus, parts)


def regimen_effects(
    doses: Sequence[Dose], patients: Patients, times_d: Array, *, limits: Limits
) -> Effects:
    """Size by `simeoni` and counts by `myelosuppression` at increasing `times_d` from day 0 on.

    Under common draws of patients two regimens can be compared draw by draw. Times should be no
    further apart than a day, because nadir and progression are read between them.

    Raises:
        InvalidInputError: a drug whose effects are not known, or times that cannot be.

    """
    drugs = patients.drugs.items()
    on_tumour = effect_of(doses, {n: (d.disposition, d.tumour_effect) for n, d in drugs})
    on_marrow = effect_of(doses, {n: (d.disposition, d.marrow_effect) for n, d in drugs})
    size = simeoni(on_tumour, times_d, growth=patients.growth)
    counts = neutrophils_1e9_per_l(on_marrow, times_d, marrow=patients.marrow)
    return Effects(
        size=size,
        neutrophils_1e9_per_l=counts,
        response=response(times_d, size, power=VOLUME, limits=limits),
        toxicity=toxicity(times_d, counts, limits=limits),
    )


def response(times_d: Array, size: Array, *, power: float, limits: Limits) -> Response:
    """What is read from sizes (draw, time), the first of which is what all are relative to.

    `power` is VOLUME or DIAMETER, as the size is one. Progression is found between times on a
    straight line of the logarithm.
    """
    t = np.asarray(times_d, dtype=np.float64)
    log_diameter = power * np.log(size / size[:, :1])
    row, lowest = np.arange(len(size)), np.argmin(log_diameter, axis=1)
    line = np.minimum.accumulate(log_diameter, axis=1) + np.log1p(limits.progression)
    grown = log_diameter >= line
    first = np.argmax(grown, axis=1)
    before = np.maximum(first - 1, 0)
    low, high = log_diameter[row, before], log_diameter[row, first]
    rise = np.where(high > low, high - low, 1.0)
    share = np.clip((line[row, first] - low) / rise, 0.0, 1.0)
    crossed = t[before] + share * (t[first] - t[before])
    least = np.exp(log_diameter[row, lowest])
    return Response(
        least=least,
        least_d=t[lowest],
        responded=least <= 1.0 - limits.response,
        progression_d=np.where(grown.any(axis=1), crossed, np.inf),
    )


def toxicity(times_d: Array, counts_1e9_per_l: Array, *, limits: Limits) -> Toxicity:
    """What is read from counts (draw, time)."""
    found = nadir(times_d, counts_1e9_per_l, recovered_1e9_per_l=limits.retreat_1e9_per_l)
    return Toxicity(
        nadir=found,
        severe=found.count_1e9_per_l < limits.severe_1e9_per_l,
        life_threatening=found.count_1e9_per_l < limits.life_threatening_1e9_per_l,
    )
