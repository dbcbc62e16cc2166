r"""Which concentration does a regimen make, and how much exposure has there been by any day?

The amount in the centre after a unit dose into 1 to 3 compartments is a sum of exponentials,

.. math::
    C(t) = D \sum_j w_j e^{-\lambda_j t},                                          \tag{1}

with :math:`\lambda_j` the eigenvalues of the compartments' rates M and
:math:`w_j = u_{j1}^2 / V_1`, where u are the eigenvectors of M made symmetric. Doses add up. An
infusion at the rate R over T gives

.. math::
    C(t) = R \sum_j \frac{w_j}{\lambda_j}
        \left(e^{-\lambda_j (t-T)^+} - e^{-\lambda_j t}\right),                    \tag{2}

an absorption of first order :math:`k_a`

.. math::
    C(t) = D \sum_j \frac{w_j k_a}{k_a - \lambda_j}
        \left(e^{-\lambda_j t} - e^{-k_a t}\right),                                \tag{3}

and a virtual exposure is one term with :math:`w = 1`: it stands for a drug whose levels nobody
measured, its amount in a place of effect that it leaves at the rate :math:`\lambda`. The integral
of all of them is exact (`numerics.ode.exponential_sum`).

Source: Gibaldi & Perrier 1982, Pharmacokinetics, 2nd ed., chapters 1 and 2; virtual exposure
Jacqmin et al. 2007, J Pharmacokinet Pharmacodyn 34:57, doi 10.1007/s10928-006-9035-z.

Not for: elimination that saturates, or drugs that change each other's levels.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from bodytwin.errors import InvalidInputError, InvalidPlanError
from bodytwin.laws.possible import not_negative, positive
from bodytwin.numerics.ode.exponential_sum import ExponentialSum

Array = NDArray[np.float64]
Numbers = float | Array
_CLOSEST = 1e-6


SECOND_D = 1.0 / 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """One dose: `infusion_d` 0 is at once, else a second or longer."""

    drug: str
    time_d: float
    amount_mg: float
    infusion_d: float = 0.0

    def __post_init__(self) -> None:
        lengths = (self.amount_mg, self.infusion_d)
        possible = isfinite(self.time_d) and all(isfinite(x) and x >= 0 for x in lengths)
        if not possible or 0 < self.infusion_d < SECOND_D:
            raise InvalidPlanError(
                f"A dose of {self.amount_mg:g} mg over {self.infusion_d:g} d at day "
                f"{self.time_d:g} cannot be given: amount and length must be zero or more, and an "
                "infusion lasts a second or longer."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugCycle:
    """One drug of a regimen: the same amount on the same days of every cycle, day 1 the first."""

    drug: str
    amount_mg: float
    days: tuple[int, ...]
    cycle_d: int
    cycles: int
    infusion_d: float = 0.0
    start_d: float = 0.0

    def __post_init__(self) -> None:
        within = all(1 <= day <= self.cycle_d for day in self.days)
        if not (self.days and within and self.cycles >= 1):
            raise InvalidPlanError(
                f"Days {self.days} of {self.cycles} cycles of {self.cycle_d} d cannot be given: "
                "give at least one cycle, and days from 1 to its length."
            )

    def doses(self) -> tuple[Dose, ...]:
        """Every dose, in the order of time."""
        return tuple(
            Dose(
                drug=self.drug,
                time_d=self.start_d + cycle * self.cycle_d + day - 1,
                amount_mg=self.amount_mg,
                infusion_d=self.infusion_d,
            )
            for cycle in range(self.cycles)
            for day in sorted(self.days)
        )


def regimen(drugs: Iterable[DrugCycle]) -> tuple[Dose, ...]:
    """All doses of all drugs in the order of time."""
    doses = [dose for drug in drugs for dose in drug.doses()]
    return tuple(sorted(doses, key=lambda d: (d.time_d, d.drug)))


@dataclass(frozen=True, kw_only=True, eq=False)
class Disposition:
    """Concentration after a unit dose, (1): `weight_per_l` and `rate_per_d`, both (draw, m)."""

    weight_per_l: Array
    rate_per_d: Array

    def __post_init__(self) -> None:
        if self.weight_per_l.shape != self.rate_per_d.shape or self.rate_per_d.ndim != 2:
            raise InvalidInputError("Weights and rates of a disposition are both (draw, terms).")
        positive(rate_per_d=self.rate_per_d)

    def absorbed(self, absorption_per_d: Numbers) -> "Disposition":
        """The same drug by mouth, equation (3); give amounts that reach the body.

        Raises:
            InvalidInputError: the rate of absorption equals one of the drug's own.

        """
        (ka,) = positive(absorption_per_d=absorption_per_d)
        k = np.broadcast_to(np.atleast_1d(ka)[:, None], (max(ka.size, len(self.rate_per_d)), 1))
        if np.any(np.abs(k - self.rate_per_d) < _CLOSEST * k):
            raise InvalidInputError(
                "The rate of absorption is that of a phase of elimination to within 1e-6; "
                "move one of them by more."
            )
        weight = self.weight_per_l * k / (k - self.rate_per_d)
        rate = np.broadcast_to(self.rate_per_d, weight.shape)
        return Disposition(
            weight_per_l=np.concatenate([weight, -weight.sum(axis=1, keepdims=True)], axis=1),
            rate_per_d=np.concatenate([rate, k], axis=1),
        )


def compartments(
    *,
    clearance_l_per_d: Numbers,
    central_volume_l: Numbers,
    peripheral: Sequence[tuple[Numbers, Numbers]] = (),
) -> Disposition:
    """Disposition of one compartment and up to two more, each as (flow in L/d, volume in L).

    Arguments are numbers or (draw,). See equation (1).

    Raises:
        InvalidInputError: a clearance or volume that is not above zero, a negative flow, or more
            than two other compartments.

    """
    if len(peripheral) > 2:
        raise InvalidInputError(f"At most two other compartments, got {len(peripheral)}.")
    cl, v = positive(clearance_l_per_d=clearance_l_per_d, central_volume_l=central_volume_l)
    flows = [not_negative(flow_l_per_d=q)[0] for q, _ in peripheral]
    volumes = [positive(volume_l=w)[0] for _, w in peripheral]
    cl, v, *others = np.broadcast_arrays(*(np.atleast_1d(x) for x in (cl, v, *flows, *volumes)))
    n = len(peripheral)
    m = np.zeros((len(cl), n + 1, n + 1))
    m[:, 0, 0] = cl / v
    for j, (q, w) in enumerate(zip(others[:n], others[n:], strict=True), start=1):
        m[:, 0, 0] += q / v
        m[:, j, j] = q / w
        m[:, 0, j] = m[:, j, 0] = -q / np.sqrt(v * w)
    rate, vector = np.linalg.eigh(m)
    reached = vector[:, 0, :] ** 2
    rate = np.where(reached > 0, np.abs(rate), (cl / v)[:, None])
    return Disposition(weight_per_l=reached / v[:, None], rate_per_d=rate)


def virtual(*, elimination_per_d: Numbers) -> Disposition:
    """A virtual exposure: the amount itself, leaving at one rate; its unit is that of the dose."""
    (k,) = positive(elimination_per_d=elimination_per_d)
    rate = np.atleast_1d(k)[:, None]
    return Disposition(weight_per_l=np.ones_like(rate), rate_per_d=rate)


def expose(doses: Sequence[Dose], disposition: Disposition, *, drug: str) -> ExponentialSum:
    """Concentration (mg/L) of one `drug` of a regimen over time (d), for each draw.

    Without a dose of it, nothing at all times.
    """
    given = [d for d in doses if d.drug == drug and d.amount_mg > 0]
    if not given:
        return _nothing(disposition)
    starts = np.unique([t for d in given for t in (d.time_d, d.time_d + d.infusion_d)])
    at_once, inflow = _events(given, starts)
    w, rate = disposition.weight_per_l, disposition.rate_per_d
    lasting = w / rate
    amounts = np.zeros((len(w), len(starts), w.shape[1]))
    state = np.zeros_like(w)
    for s, start in enumerate(starts):
        if s > 0:
            gap = rate * (start - starts[s - 1])
            state = state * np.exp(-gap) - inflow[s - 1] * lasting * np.expm1(-gap)
        state = state + at_once[s] * w
        amounts[:, s] = state
    return ExponentialSum(
        starts=starts,
        plateau=inflow[None, :] * lasting.sum(axis=1)[:, None],
        coefficient=amounts - inflow[None, :, None] * lasting[:, None, :],
        rate=rate,
    )


def _events(given: Sequence[Dose], starts: Array) -> tuple[Array, Array]:
    """What comes at once at each start, and what flows in (per day) from it on; both (s,)."""
    at_once, inflow = np.zeros(len(starts)), np.zeros(len(starts))
    for d in given:
        first = int(np.searchsorted(starts, d.time_d))
        if d.infusion_d > 0:
            last = int(np.searchsorted(starts, d.time_d + d.infusion_d))
            inflow[first:last] += d.amount_mg / d.infusion_d
        else:
            at_once[first] += d.amount_mg
    return at_once, inflow


def _nothing(disposition: Disposition) -> ExponentialSum:
    draws, terms = disposition.rate_per_d.shape
    return ExponentialSum(
        starts=np.zeros(1),
        plateau=np.zeros((draws, 1)),
        coefficient=np.zeros((draws, 1, terms)),
        rate=disposition.rate_per_d,
    )
