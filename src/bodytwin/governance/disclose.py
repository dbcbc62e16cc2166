r"""What may be said about many without saying it about one?

Research gets aggregates only. A group of fewer than ten is not described at
all; a larger one gets integer noise from the discrete Laplace distribution,

.. math::
    P(X = x) = \frac{1 - a}{1 + a}\, a^{|x|}, \qquad a = e^{-\varepsilon/\Delta},  \tag{1}

where :math:`\Delta` is the most that adding or removing one person can change
the answer. Whoever tries to tell from one release whether a person took part
has an area under the ROC curve of at most

.. math::
    \mathrm{AUC} \le \frac{e^{\varepsilon}}{1 + e^{\varepsilon}}.             \tag{2}

The noise is drawn with integers and fractions alone: no floating-point number
whose last bits could betray the true value is ever made.

Not covered by (2): whether a group was suppressed. That is decided on the true
size, so it says for certain on which side of ten the group stands, and whoever
knows nine of ten members learns of the tenth. The ten is a rule of disclosure
control, the noise a proof; neither replaces the other.

Source: Canonne, Kamath & Steinke, arXiv:2004.00010 (2020), algorithms 1 and 2.
(2) is the area under the best trade-off that Kairouz, Oh & Viswanath, IEEE
Trans. Inf. Theory 63:4037 (2017) allow.
"""

import hashlib
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Protocol

from bodytwin.errors import ConsentError, InvalidInputError

MINIMUM_CELL = 10
"""The smallest group of which anything is said."""
COVERAGE = Fraction(95, 100)
"""How often the interval of a release holds the answer without noise."""
Number = Fraction | float
"""A float means the decimal number it prints as: ten times 0.1 is 1."""


class Draw(Protocol):
    """Where chance comes from: `secrets.SystemRandom()`, or `random.Random(seed)` in a test."""

    def randrange(self, stop: int, /) -> int:
        """A whole number from 0 to stop - 1, all equally likely."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much may ever be said about one group of people, and how much has been."""

    epsilon_total: Fraction
    spent: Fraction = Fraction(0)

    @classmethod
    def of(cls, epsilon_total: Number) -> "Budget":
        """A budget of which nothing is spent yet."""
        return cls(epsilon_total=_positive("epsilon_total", epsilon_total))

    @property
    def left(self) -> Fraction:
        """What may still be spent."""
        return self.epsilon_total - self.spent


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """One aggregate as it may leave. `value` is None where the group is too small.

    `low` and `high` enclose the answer without noise with at least 95 %
    probability; they say nothing about how well the group stands for others.
    `n` is the size of the group in words.
    """

    value: float | None
    low: float | None
    high: float | None
    epsilon: float
    n: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryLog:
    """The groups about which something was released, as sets of pseudonyms."""

    cohorts: tuple[frozenset[str], ...] = ()

    def admit(self, members: Collection[str], *, k: int = MINIMUM_CELL) -> "QueryLog":
        """The log with one more group; raises where two answers could be subtracted."""
        cohort = frozenset(members)
        refuse_differencing(cohort, self.cohorts, k=k)
        return self if cohort in self.cohorts else QueryLog(cohorts=(*self.cohorts, cohort))


def spend(budget: Budget, epsilon: Number) -> Budget:
    """The budget after a release; raises `ConsentError` where too little is left."""
    cost = _positive("epsilon", epsilon)
    if cost > budget.left:
        raise ConsentError(
            f"This release needs epsilon {float(cost):g}, and {float(budget.left):g} of "
            f"{float(budget.epsilon_total):g} is left. No more may be asked about these people."
        )
    return replace(budget, spent=budget.spent + cost)


def membership_auc(epsilon: Number) -> float:
    """Equation (2): how well the best attacker tells whether one person took part."""
    return 1 / (1 + math.exp(-float(_positive("epsilon", epsilon))))


def cohort_digest(members: Iterable[str]) -> str:
    """A name for a group that does not depend on the order of its members."""
    hashed = hashlib.sha256()
    for member in sorted(set(members)):
        said = member.encode()
        hashed.update(len(said).to_bytes(8, "big") + said)
    return hashed.hexdigest()


def refuse_differencing(
    cohort: Collection[str], earlier: Iterable[Collection[str]], *, k: int = MINIMUM_CELL
) -> None:
    """Raise where a group differs from an earlier one by fewer than k people.

    Two groups are compared at a time. Differences made of three or more
    releases are not looked for: only the noise stands against those.
    """
    members = frozenset(cohort)
    for other in earlier:
        if 0 < len(members.symmetric_difference(other)) < k:
            raise ConsentError(
                f"This group differs from one already released by fewer than {k} people: the two "
                "answers together would describe those few. Ask about the same group again, or "
                "about one that differs by more."
            )


def noisy_count(
    members: Collection[str], *, epsilon: Number, budget: Budget, random: Draw
) -> tuple[Released, Budget]:
    """How many people, each counted once; the budget is charged also where nothing is said."""
    cost, left, n = _positive("epsilon", epsilon), spend(budget, epsilon), len(frozenset(members))
    if n < MINIMUM_CELL:
        return _suppressed(cost), left
    value = max(n + discrete_laplace(1 / cost, random), MINIMUM_CELL)
    width = _half_width(1 / cost, COVERAGE)
    released = Released(
        value=float(value),
        low=float(max(value - width, MINIMUM_CELL)),
        high=float(value + width),
        epsilon=float(cost),
        n=f"about {value}",
    )
    return released, left


def noisy_sum(
    values: Mapping[str, float],
    *,
    low: Number,
    high: Number,
    step: Number,
    epsilon: Number,
    budget: Budget,
    random: Draw,
) -> tuple[Released, Budget]:
    """Sum over people, one value each, clamped to bounds that must not come from these data.

    `step` is how finely values are told apart; both bounds are multiples of it.
    """
    grid = _Grid.of(low, high, step)
    whole = grid.clamp(values)
    cost, left = _positive("epsilon", epsilon), spend(budget, epsilon)
    if len(values) < MINIMUM_CELL:
        return _suppressed(cost), left
    scale = max(abs(grid.low), abs(grid.high)) / cost
    value, width = sum(whole) + discrete_laplace(scale, random), _half_width(scale, COVERAGE)
    released = Released(
        value=float(value * grid.step),
        low=float((value - width) * grid.step),
        high=float((value + width) * grid.step),
        epsilon=float(cost),
        n=f"at least {MINIMUM_CELL}",
    )
    return released, left


def noisy_mean(
    values: Mapping[str, float],
    *,
    low: Number,
    high: Number,
    step: Number,
    epsilon: Number,
    budget: Budget,
    random: Draw,
) -> tuple[Released, Budget]:
    """Mean over people, one value each: half of epsilon for the sum about the middle of the
    bounds, half for how many they are. Bounds and step as in `noisy_sum`.
    """
    grid = _Grid.of(low, high, step)
    whole = grid.clamp(values)
    cost, left = _positive("epsilon", epsilon), spend(budget, epsilon)
    if len(values) < MINIMUM_CELL:
        return _suppressed(cost), left
    half, ends, both = cost / 2, grid.low + grid.high, (1 + COVERAGE) / 2
    scale = (grid.high - grid.low) / half
    total = sum(2 * w - ends for w in whole) + discrete_laplace(scale, random)
    n = max(len(values) + discrete_laplace(1 / half, random), MINIMUM_CELL)
    wide, few = _half_width(scale, both), _half_width(1 / half, both)

    def mean(s: int, m: int) -> float:
        inside = min(max((Fraction(s, m) + ends) / 2, grid.low), grid.high)
        return float(inside * grid.step)

    sizes = (max(n - few, MINIMUM_CELL), n + few)
    released = Released(
        value=mean(total, n),
        low=min(mean(total - wide, m) for m in sizes),
        high=max(mean(total + wide, m) for m in sizes),
        epsilon=float(cost),
        n=f"about {n}",
    )
    return released, left


def discrete_laplace(scale: Fraction, random: Draw) -> int:
    """One draw of (1), where `scale` is sensitivity over epsilon; exact."""
    t, s = scale.numerator, scale.denominator
    if t <= 0:
        raise InvalidInputError(f"The scale of the noise must be positive, got {scale}.")
    while True:
        u = random.randrange(t)
        if not _bernoulli_exp(u, t, random):
            continue
        v = 0
        while _bernoulli_exp(1, 1, random):
            v += 1
        size, negative = (u + t * v) // s, random.randrange(2)
        if not (negative and size == 0):
            return -size if negative else size


def _bernoulli_exp(part: int, whole: int, random: Draw) -> bool:
    """True with probability exp(-part / whole), for part <= whole."""
    k = 1
    while random.randrange(whole * k) < part:
        k += 1
    return k % 2 == 1


def _half_width(scale: Fraction, coverage: Fraction) -> int:
    """The smallest t for which (1) gives P(|X| <= t) at least the coverage."""
    a = math.exp(-1 / float(scale))
    missing = float(1 - coverage) * (1 + a) / 2
    return max(0, math.ceil(math.log(missing) * -float(scale) - 1 + 1e-9))


@dataclass(frozen=True, slots=True)
class _Grid:
    """Bounds in whole steps."""

    low: int
    high: int
    step: Fraction

    @classmethod
    def of(cls, low: Number, high: Number, step: Number) -> "_Grid":
        width, a, b = _positive("step", step), _exact("low", low), _exact("high", high)
        if not a < b or (a / width).denominator != 1 or (b / width).denominator != 1:
            raise InvalidInputError(
                f"Bounds run upwards and are multiples of the step, got {float(a):g} to "
                f"{float(b):g} in steps of {float(width):g}."
            )
        return cls(int(a / width), int(b / width), width)

    def clamp(self, values: Mapping[str, float]) -> list[int]:
        if not all(math.isfinite(v) for v in values.values()):
            raise InvalidInputError("A value is not a finite number. Leave out who has none.")
        return [min(max(round(_exact("value", v) / self.step), self.low), self.high)
                for v in values.values()]  # fmt: skip


def _suppressed(cost: Fraction) -> Released:
    said = f"fewer than {MINIMUM_CELL}"
    return Released(value=None, low=None, high=None, epsilon=float(cost), n=said)


def _exact(name: str, value: Number) -> Fraction:
    if isinstance(value, Fraction):
        return value
    if not math.isfinite(value):
        raise InvalidInputError(f"{name} must be a finite number, got {value}.")
    return Fraction(repr(float(value)))


def _positive(name: str, value: Number) -> Fraction:
    exact = _exact(name, value)
    if exact <= 0:
        raise InvalidInputError(f"{name} must be positive, got {value}.")
    return exact
